"""临界名单: clients a little short of the next tier, worked as a list (B-11)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from clients.models import MonthlyBalance
from clients.scoring import stats
from clients.scoring.leads import leads
from clients.scoring.months import first_of
from clients.scoring.names import tier_names
from clients.scoring.words import wan
from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from ..actions import near as actions
from ..models import PlanItem

PAGE = 25
LEAST = 1_000  # yuan; less would read as nothing in units of 10,000


@require_GET
def page(request):
    """The nearest first; one's own for a manager, the branch's for the head."""
    user = request.user
    permissions.require(user, Permission.SEE_TIERS)
    run, rows = _rows(request)
    found = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = _lines(list(found.object_list), user)
    context = {
        "run": run,
        "page": found,
        "lines": lines,
        "unit": pgettext("unit", "clients"),
        "branch": request.GET.get("branch", ""),
        "may_plan": any(line["may"] for line in lines),
    }
    return htmx.render(request, "followups/near.html", "followups/_near.html", context)


def _rows(request):
    """The near rows of the newest run, of one's branches, or one's own."""
    user, run = request.user, stats.latest()
    if run is None:
        return None, []
    reach = scope(user, Permission.SEE_TIERS)
    branches = Branch.objects.filter(reach.q(""))
    asked = request.GET.get("branch", "") or request.POST.get("branch", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 12:
        branches = branches.filter(pk=asked)
    owner = user.pk if user.has(Permission.WORK_FOLLOW_UP) and not user.has(Permission.SIGN_TIERS) else ""
    return run, stats.rows(run, branches.values("pk"), which="near", owner=owner)


def _lines(rows, user):
    """Rows as they are shown, with the last three months and whether a plan stands: five queries a page."""
    if not rows:
        return []
    names, reach = tier_names(), scope(user, Permission.SIGN_TIERS)
    keys = [actions.source(row.run_id, row.client_id) for row in rows]
    planned = set(PlanItem.objects.filter(source_key__in=keys).values_list("source_key", flat=True))
    month = first_of(rows[0].month, back=3)
    before = MonthlyBalance.objects.filter(client__in=[row.client_id for row in rows], month=month)
    earlier = dict(before.values_list("client", "amount"))
    sources = leads([row.client for row in rows], user, today=clock.today())
    return [
        {
            "row": row,
            "name": row.client.name_for(user),
            "tier": names.get(row.tier, row.tier),
            "next": actions.above(names, row.tier),
            "short": wan(row.short) if row.short >= LEAST else _("below 0.1"),
            "trend": _trend(row, earlier.get(row.client_id)),
            "source": sources[row.client_id],
            "planned": actions.source(row.run_id, row.client_id) in planned,
            "may": actions.may_plan(row, user, reach),
        }
        for row in rows
    ]


def _trend(row, before):
    """What the average gained in three months."""
    if before is None or row.average is None:
        return ""
    change = (row.average - before) / actions.WAN
    return f"{change:+,.1f}".replace("-", "−")


@require_POST
def plan(request, client_id):
    """One client onto the manager's plan."""
    run = stats.latest()
    actions.plan(client_id, run.pk if run else 0, by=request.user)
    messages.success(request, _("On the plan for the next working day"), extra_tags="met")
    return htmx.redirect(request, _back(request))


@require_POST
def plan_all(request):
    """The whole list onto the plans, at most 200 at once."""
    permissions.require(request.user, Permission.SEE_TIERS)
    _run, rows = _rows(request)
    count = actions.plan_all(rows, by=request.user)
    messages.success(request, _("{n} clients put on the plan").format(n=count), extra_tags="met")
    return htmx.redirect(request, _back(request))


def _back(request):
    branch = request.POST.get("branch", "")
    suffix = f"?branch={branch}" if branch.isascii() and branch.isdigit() else ""
    return reverse("followups:near") + suffix
