"""销售机会: chances seen in complaints, reviews and contacts; worked by the client's manager (W3-09)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from clients.scoring.words import wan
from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workdays.rules import chip

from ..actions import chances as actions
from ..models import ChanceState, SalesChance

PAGE = 25
OPEN = ChanceState.OPEN
SHOWS = {
    "open": Q(state=OPEN),
    "new": Q(state=OPEN, taken_at__isnull=True),
    "taken": Q(state=OPEN, taken_at__isnull=False),
    "won": Q(state=ChanceState.WON),
    "lost": Q(state=ChanceState.LOST),
    "all": Q(),
}
SORTS = {
    "expected": ("expected_on", "pk"),
    "amount": ("-amount", "pk"),
    "newest": ("-at", "-pk"),
}
STATES = {OPEN: "open", ChanceState.WON: "met", ChanceState.LOST: "done"}
#: Where a chance was seen: the beginning of its key → its page, and who may open that.
SOURCES = {"complaint": ("/complaints/{}/", Permission.SEE_COMPLAINTS)}


@never_cache
@require_GET
def page(request):
    """One's own chances, for those who inspect the branch's; state and order stand in the address."""
    user = request.user
    if not user.has(Permission.SEE_FOLLOW_UPS):
        permissions.require(user, Permission.WORK_FOLLOW_UP)
    show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
    show, sort = (show if show in SHOWS else "open"), (sort if sort in SORTS else "expected")
    rows = SalesChance.objects.visible_to(user)
    counts = rows.order_by().aggregate(
        amount_open=Sum("amount", filter=SHOWS["open"]),
        **{name: Count("pk", filter=condition) for name, condition in SHOWS.items()},
    )
    found = rows.filter(SHOWS[show]).with_names().order_by(*SORTS[sort])
    listed = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": listed,
        "lines": [_line(row, user) for row in listed],
        "filters": [
            {
                "label": label,
                "count": counts[name],
                "current": name == show,
                "url": "?" + urlencode({"show": name, "sort": sort}),
            }
            for name, label in _words().items()
        ],
        "sorts": [
            {"label": label, "current": name == sort, "url": "?" + urlencode({"show": show, "sort": name})}
            for name, label in _orders().items()
        ],
        "amount": wan(counts["amount_open"] or 0),
        "several": user.has(Permission.SEE_FOLLOW_UPS),
        "filtered": show != "open",
        "unit": pgettext("unit", "chances"),
    }
    return htmx.render(request, "followups/chances.html", "followups/_chances.html", context)


def _words():
    return {
        "open": pgettext("sales chance", "Open"),
        "new": pgettext("sales chance", "Not taken on"),
        "taken": pgettext("sales chance", "Taken on"),
        "won": pgettext("sales chance", "Won"),
        "lost": pgettext("sales chance", "Dropped"),
        "all": pgettext("filter", "All"),
    }


def _orders():
    return {"expected": _("By expected day"), "amount": _("By amount"), "newest": _("Newest first")}


def _line(row, user):
    today = clock.today()
    due = chip(row.expected_on, today, calendar()) if row.expected_on and row.state == OPEN else None
    mine = row.owner_id == user.pk and row.state == OPEN and user.has(Permission.WORK_FOLLOW_UP)
    return {
        "row": row,
        "name": row.client.name_for(user),
        "url": f"/clients/{row.client_id}/",
        "amount": wan(row.amount) if row.amount else "",
        "due": due,
        "source": row.origin,
        "source_url": _source(row, user),
        "state": "today" if row.state == OPEN and row.taken_at is None else STATES[row.state],
        "words": _state(row),
        "may_take": mine and row.taken_at is None,
        "may_settle": mine,
    }


def _source(row, user):
    """The page on which the chance was seen, for who may open it: nobody is led to a page he has not."""
    kind, _colon, number = row.source_key.partition(":")
    if not row.origin or kind not in SOURCES or not number.isdecimal():
        return ""
    address, permission = SOURCES[kind]
    return address.format(number) if permissions.scope(user, permission).covers(row.branch) else ""


def _state(row):
    """An open one says whether it is taken on."""
    if row.state != OPEN:
        return row.get_state_display()
    if row.taken_at is None:
        return pgettext("sales chance", "Not taken on")
    return pgettext("sales chance", "Taken on")


@require_POST
def step(request, pk, name):
    """Take on, won, or dropped with its reason."""
    if name not in ("take", "win", "drop"):
        raise SalesChance.DoesNotExist
    more = {"reason": request.POST.get("note", "")} if name == "drop" else {}
    getattr(actions, name)(pk, by=request.user, **more)
    said = {
        "take": _("On the plan of the next working day"),
        "win": _("Noted as won; enter the deal in the follow-up record"),
        "drop": _("Dropped"),
    }
    messages.success(request, said[name], extra_tags="met")
    return htmx.redirect(request, reverse("followups:chances"))
