"""销户分析: a month's closures by reason, product, destination, manager; Excel, paper, the supervisor's receipt."""

import datetime
import io
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.privacy.actions import Kind, log
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from .. import closure_book, closure_rows
from ..actions import closure_months
from ..closure_analysis import Analysis
from ..models import Closure, ClosureMonth
from .closures import case_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Asked:
    """Which month of which branch; what is not known counts as not given."""

    def __init__(self, request):
        self.user = request.user
        permissions.require(self.user, Permission.SEE_CASES)
        reach = scope(self.user, Permission.SEE_CASES)
        self.branches = list(Branch.objects.outlets().filter(reach.q("")).order_by("code"))
        given = request.GET if request.method == "GET" else request.POST
        self.today = clock.today()
        self.first = _month(given.get("month", "")) or self.today.replace(day=1)
        self.last = (self.first + datetime.timedelta(days=32)).replace(day=1) - datetime.timedelta(days=1)
        ids = {str(branch.pk): branch for branch in self.branches}
        only = self.branches[0] if len(self.branches) == 1 else None
        self.branch = ids.get(given.get("branch", "")) or only

    def rows(self):
        found = Closure.objects.filter(scope(self.user, Permission.SEE_CASES).q("branch"))
        return found.filter(branch=self.branch) if self.branch else found

    def url(self, path="/closures/analysis/", month=None):
        wanted = {"month": f"{month or self.first:%Y-%m}"}
        if self.branch:
            wanted["branch"] = self.branch.pk
        return f"{path}?{urlencode(wanted)}"

    def drill(self, **filters):
        """The address of the rows behind a figure of this month."""
        wanted = {"show": "all", "month": f"{self.first:%Y-%m}"}
        wanted |= {"branch": self.branch.pk} if self.branch else {}
        return f"/closures/?{urlencode({**wanted, **filters})}"

    @property
    def before(self):
        return (self.first - datetime.timedelta(days=1)).replace(day=1)

    @property
    def after(self):
        later = self.last + datetime.timedelta(days=1)
        return later if later <= self.today else None


def _month(text):
    try:
        return datetime.datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month has no zone
    except ValueError:
        return None


def _linked(asked, groups):
    """Each figure of each group leads to its rows."""
    for group in groups:
        for line in group["lines"]:
            key = {group["key"]: line["key"]}
            line["url"] = asked.drill(**key)
            line["held_url"] = asked.drill(**key, outcome="held")
            line["lost_url"] = asked.drill(**key, outcome="lost")
            line["saved_url"] = asked.drill(**key, outcome="saved")
            line["leak_url"] = asked.drill(**key, outcome="leak")
    return groups


@never_cache
@require_GET
def page(request):
    """Figures, groups, the month's set and its receipt."""
    asked = Asked(request)
    analysis = Analysis(asked.rows(), asked.first, asked.last, several=asked.branch is None)
    handed = (
        ClosureMonth.objects.visible_to(request.user)
        .filter(month=asked.first)
        .select_related("branch", "received_by")
    )
    if asked.branch:
        handed = handed.filter(branch=asked.branch)
    reach = scope(request.user, Permission.RECEIVE_CLOSURES)
    context = {
        "asked": asked,
        "month": f"{asked.first:%Y-%m}",
        "tiles": [
            tile | {"url": asked.drill(outcome=tile["drill"]) if tile.get("drill") else ""}
            for tile in analysis.tiles()
        ],
        "groups": _linked(asked, analysis.groups()),
        "trend": [
            row | {"url": asked.url(month=_month(row["month"]))} for row in analysis.trend(asked.rows())
        ],
        "service": analysis.service(request.user),
        "handed": _handed(handed.order_by("branch__code"), reach),
        "earlier": asked.url(month=asked.before),
        "later": asked.url(month=asked.after) if asked.after else "",
        "excel": asked.url("/closures/analysis/excel/"),
        "empty": analysis.total["cases"] == 0,
    }
    return render(request, "complaints/closure_analysis.html", context)


def _handed(sets, reach):
    """The month's sets, each with the records of earlier months that came with it."""
    late = {}
    records = Closure.objects.filter(handed__in=sets, found_on__lt=F("handed__month")).only("pk", "handed")
    for record in records.order_by("found_on", "pk"):
        late.setdefault(record.handed_id, []).append(record)
    return [{"row": row, "may": reach.covers(row.branch), "late": late.get(row.pk, ())} for row in sets]


@never_cache
@require_GET
def excel(request):
    """The same figures and the month's records as a workbook; amounts of clients are in bands."""
    asked = Asked(request)
    log(Kind.EXPORT, by=request.user, object_type="complaints.closure", request=request)
    with override("zh-hans"):
        analysis = Analysis(asked.rows(), asked.first, asked.last, several=asked.branch is None)
        data = io.BytesIO()
        closure_book.write(analysis, request.user).save(data)
        place = asked.branch.name if asked.branch else _("All branches")
        name = f"{_('Closure analysis')}_{place}_{asked.first:%Y-%m}.xlsx"
    response = HttpResponse(data.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = (
        f"attachment; filename=\"closures.xlsx\"; filename*=UTF-8''{quote(name)}"
    )
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def receive(request, pk):
    """The supervisor's receipt of the month's set."""
    made = closure_months.receive(pk, by=request.user)
    messages.success(request, _("Received and signed"), extra_tags="met")
    return htmx.redirect(request, f"/closures/analysis/?month={made.month:%Y-%m}&branch={made.branch_id}")


@never_cache
@require_GET
def form(request, pk):
    """优质客户异动销户记录表 on paper, its columns in the order of the form."""
    found = case_of(request, pk)
    if not found.is_whole_for(request.user):
        permissions.require(request.user, Permission.SEE_CASES, found.branch)
    log(Kind.PRINT, by=request.user, obj=found, request=request)
    signed, received = found.handed, ""  # the set that took this record, not the one of its month
    if signed is not None and signed.received_at:
        received = f"{signed.received_by.name} {closure_rows.at(signed.received_at)}"
        received += "" if signed.month == found.found_on.replace(day=1) else f" ({signed.month:%Y-%m})"
    context = {
        "case": found,
        "lines": closure_rows.form_lines(found, request.user, received=received),
        "now": clock.now(),
    }
    return render(request, "complaints/closure_print.html", context)
