"""The branch's referrals, and what became of one's own (B-20)."""

import datetime

from django.core.paginator import Paginator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from .. import rows, stats
from ..forms import FilterForm
from ..models import Referral

PAGE = 25
DAYS = {"today": 1, "week": 7, "month": 30}
QUEUE = 10  # slips of the duty queue shown above the list


@require_GET
def branch(request):
    """Slips sent to or filed in the branches one sees; the duty queue above them."""
    user = request.user
    permissions.require(user, Permission.SEE_REFERRALS)
    own = user.branch if user.branch is not None and user.branch.kind == Branch.Kind.BRANCH else None
    now = clock.now()
    people = stats.managers(own.pk, now=now) if own else []
    form = FilterForm.with_managers(request.GET, people)
    chosen = form.values()
    slips = Referral.objects.visible_to(user).with_people().with_outcome().order_by("-filed_at", "-pk")
    page = Paginator(_filtered(slips, chosen, user=user, now=now), PAGE).get_page(request.GET.get("page"))
    queue = list(stats.unclaimed(user, own.pk)[:QUEUE]) if own else []
    context = {
        "form": form,
        "page": page,
        "lines": _lines(page, user),
        "periods": _periods(request.GET, _period(chosen)),
        "is_filtered": any(chosen.get(name) for name in ("day", "status", "reception", "manager", "mine")),
        "queue": queue,
        "may_take": bool(own) and scope(user, Permission.WORK_REFERRAL).covers(own),
        "several": not own,
    }
    return htmx.render(request, "referrals/list.html", "referrals/_slips.html", context)


def _period(chosen):
    return chosen.get("period") or "week"


def _filtered(slips, chosen, *, user, now):
    """The slips the filters leave: one day wins over a period."""
    day = chosen.get("day")
    if day:
        start = datetime.datetime.combine(day, datetime.time(), tzinfo=clock.SHANGHAI)
        slips = slips.filter(filed_at__gte=start, filed_at__lt=start + datetime.timedelta(days=1))
    elif _period(chosen) in DAYS:
        since = stats.midnight(now) - datetime.timedelta(days=DAYS[_period(chosen)] - 1)
        slips = slips.filter(filed_at__gte=since)
    for name in ("status", "reception"):
        if chosen.get(name):
            slips = slips.filter(**{name: chosen[name]})
    if chosen.get("manager"):
        slips = slips.filter(manager_id=chosen["manager"])
    return slips.filter(referrer=user) if chosen.get("mine") else slips


def _lines(page, user):
    return [
        {
            "slip": slip,
            "badge": rows.badge(slip),
            "name": rows.name(slip, user),
            "outcome": rows.outcome(slip),
        }
        for slip in page
    ]


def _periods(query, current):
    """Filter chips of the period; the other filters of the address stay."""
    kept = {name: value for name, value in query.items() if name not in ("period", "page", "day")}
    return [
        {
            "label": label,
            "url": "?" + urlencode({**kept, "period": value}),
            "current": value == current and not query.get("day"),
        }
        for value, label in FilterForm.PERIODS
    ]


@require_GET
def mine(request):
    """What became of every slip one has filed, without asking; renewed when news come."""
    user = request.user
    permissions.require(user, Permission.FILE_REFERRAL)
    slips = (
        Referral.objects.made_by(user)
        .select_related("manager", "branch", "follow_up", "client")
        .with_outcome()
    )
    page = Paginator(slips.order_by("-filed_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    lines = [
        {"slip": slip, "badge": rows.badge(slip), "story": rows.story(slip), "name": rows.name(slip, user)}
        for slip in page
    ]
    context = {"page": page, "lines": lines, "unit": _("referrals")}
    return htmx.render(request, "referrals/mine.html", "referrals/_mine.html", context)
