"""The complaint desk, requests for extension, the month's report, the workbook (W3-12)."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from rmflow.doors import htmx
from rmflow.privacy.actions import Kind, log
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workdays.rules import chip

from .. import complaint_desk as desk
from .. import complaint_workbook as workbook
from ..complaint_rows import line
from ..stats import complaint as stats
from ..stats.pressing import pressing
from ..stats.reviews import count_reviews, open_reviews

PAGE = 25
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _shown(asked):
    """What the desk's figures and the month report share."""
    period = asked.period()
    causes = stats.by(period, "cause", today=asked.today)
    total = stats.together(causes)
    chosen = causes if asked.dimension == "cause" else stats.by(period, asked.dimension, today=asked.today)
    return {
        "asked": asked,
        "total": total,
        "tiles": desk.tiles(asked, total),
        "heads": [*(head for head, _of in desk.COLUMNS.values()), _("Of 1,000 clients")],
        "rows": desk.table(asked, chosen),
        "sum": desk.table(asked, [{**total, "key": None, "heading": _("Total")}])[0] if chosen else {},
        "pareto": desk.pareto(asked, causes),
        "dimension": desk.DIMENSIONS[asked.dimension],
    }


@require_GET
def index(request):
    """The nearest deadlines of all branches at once; what is at risk and the figures follow by htmx."""
    asked = desk.Asked.of(request)
    return render(request, "complaints/desk.html", _nearest(asked))


@never_cache
@require_GET
def risk(request):
    """How many need somebody today: asked for with the page, and again with every news."""
    asked = desk.Asked.of(request)
    context = {"asked": asked, "risk": stats.at_risk(asked.rows, now=clock.now())}
    if request.user.has(Permission.RULE_COMPLAINT):
        context["reviews"] = count_reviews(request.user, today=asked.today)
    return render(request, "complaints/_desk_risk.html", context)


@require_GET
def figures(request):
    """Figures of a period by any dimension, Pareto, trend: a piece for htmx, else the whole desk."""
    asked = desk.Asked.of(request)
    found = _figures(asked)
    if not htmx.wants_fragment(request):
        found |= {**_nearest(asked), "risk": stats.at_risk(asked.rows, now=clock.now())}
    return htmx.render(request, "complaints/desk.html", "complaints/_desk_figures.html", found)


def _nearest(asked):
    now, rules = clock.now(), asked.user.has(Permission.RULE_COMPLAINT)
    found, waiting = pressing(asked.user, asked.reach, branch=asked.branch, rules=rules)
    lines = [line(complaint, now, several=True) for complaint in found]
    return {"asked": asked, "lines": lines, "rules": rules, "waiting": waiting, "now": now}


def _figures(asked):
    return {
        **_shown(asked),
        "trend": desk.trend(asked),
        "branches": list(stats.outlets(asked.reach)),
        "dimensions": [
            {"label": label, "url": asked.query(by=name), "current": name == asked.dimension}
            for name, label in desk.DIMENSIONS.items()
        ],
        "spans": [
            {"label": label, "url": asked.query(**span), "current": current}
            for label, span, current in asked.spans()
        ],
        "before": asked.query(**asked.moved(-1)),
        "after": asked.query(**asked.moved(1)),
    }


@require_GET
def report(request):
    """The month's report on paper: figures, by cause, branch and product, with the Pareto of causes."""
    asked = desk.Asked.of(request)
    log(Kind.PRINT, by=request.user, object_type="complaints.complaint", rows=0, request=request)
    parts = []
    for dimension in ("branch", "cause", "business", "product", "handler"):
        rows = stats.by(asked.period(), dimension, today=asked.today)
        asked.dimension = dimension
        parts.append({"label": desk.DIMENSIONS[dimension], "rows": desk.table(asked, rows)})
    context = {**_shown(asked), "parts": parts, "now": clock.now()}
    return render(request, "complaints/report_print.html", context)


@require_GET
def excel(request):
    """The workbook of the question the desk shows; each export is on record."""
    asked = desk.Asked.of(request)
    content = workbook.write(asked)
    log(Kind.EXPORT, by=request.user, object_type="complaints.complaint", rows=len(content), request=request)
    response = HttpResponse(content, content_type=XLSX)
    name = _("Complaints {period}.xlsx").format(period=asked.code)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@never_cache
@require_GET
def extensions(request):
    """Requests that wait for the office, oldest first."""
    permissions.require(request.user, Permission.RULE_COMPLAINT)
    now = clock.now()
    page = Paginator(stats.extensions(request.user), PAGE).get_page(request.GET.get("page"))
    lines = [
        {
            "row": row,
            "chip": chip(row.complaint.due_on, now.date(), calendar(), due_at=row.complaint.due_at, now=now),
        }
        for row in page
    ]
    context = {"page": page, "lines": lines, "unit": _("requests")}
    return htmx.render(request, "complaints/extensions.html", "complaints/_extensions.html", context)


@never_cache
@require_GET
def reviews(request):
    """Reviews that wait for the office, the nearest day first."""
    permissions.require(request.user, Permission.RULE_COMPLAINT)
    today = clock.today()
    page = Paginator(open_reviews(request.user), PAGE).get_page(request.GET.get("page"))
    lines = [
        {
            "row": row,
            "chip": chip(row.due_on, today, calendar()),
            "mine": request.user.pk in (row.complaint.handler_id, row.complaint.replied_by_id),
        }
        for row in page
    ]
    context = {"page": page, "lines": lines, "unit": _("requests")}
    return htmx.render(request, "complaints/reviews.html", "complaints/_reviews.html", context)
