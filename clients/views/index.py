"""The list of clients: one's own, the branch's, those nobody looks after."""

from django.core.paginator import Paginator
from django.db.models import F
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.rules import day_text

from .. import stats
from ..models import Client, Duplicate
from ..rules import ClientType, Level
from ..search import LONGEST, find_on_record

PAGE = 25
SORTS = {
    "name": ("pinyin", "pk"),
    "contact": (F("last_contact_at").asc(nulls_first=True), "pk"),
    "recent": ("-pk",),
}
TITLES = {
    "name": gettext_lazy("By name"),
    "contact": gettext_lazy("Longest without contact first"),
    "recent": gettext_lazy("Newest first"),
}


class _Counted(Paginator):
    """Pages of rows that were counted already, with the chips."""

    def __init__(self, rows, per_page, count):
        super().__init__(rows, per_page)
        self.__dict__["count"] = count


@require_GET
def index(request):
    """The list; filters, sort and page stand in the address."""
    user = request.user
    permissions.require(user, Permission.SEE_CLIENTS)
    chosen = _chosen(request)
    counts = stats.by_type(user, chosen["whose"])
    rows = stats.of(user, chosen["whose"])
    if chosen["type"]:
        rows = rows.filter(type=chosen["type"])
    count = counts.get(chosen["type"], 0) if chosen["type"] else sum(counts.values())
    rows = rows.select_related("owner", "branch").order_by(*SORTS[chosen["sort"]])
    page = _Counted(rows, PAGE, count).get_page(request.GET.get("page"))
    reach = scope(user, Permission.SEE_CLIENTS)
    several = bool(reach.paths) or reach.everywhere or len(reach.branch_ids) > 1
    context = {
        "page": page,
        "lines": [line(client, user) for client in page.object_list],
        "whose": _whose(chosen, user, several=several),
        "types": _types(chosen, counts),
        "sorts": [_chip(chosen, title, sort=key) for key, title in TITLES.items()],
        "several": several,
        "may_register": user.has(Permission.EDIT_CLIENT) and user.branch is not None,
        "may_segment": user.has(Permission.USE_SEGMENTS),
        "may_merge": user.has(Permission.MERGE_CLIENTS),
        "pairs": _pairs(user),
        "filtered": bool(chosen["type"]) or chosen["whose"] != "all",
        "longest": LONGEST,
    }
    return htmx.render(request, "clients/index.html", "clients/_list.html", context)


@require_POST
def find_client(request):
    """The list's own box: rows found by number, name, initials or phone; posted and logged."""
    user = request.user
    permissions.require(user, Permission.SEE_CLIENTS)
    text = request.POST.get("q", "").strip()[:LONGEST]
    found = find_on_record(user, text, limit=PAGE, request=request)
    reach = scope(user, Permission.SEE_CLIENTS)
    context = {
        "q": text,
        "lines": [line(client, user, reach) for client in found],
        "several": True,
        "found": True,
        "longest": LONGEST,
    }
    return htmx.render(request, "clients/index.html", "clients/_list.html", context)


def _pairs(user):
    """How many pairs wait; asked only for who may settle them."""
    return Duplicate.objects.visible_to(user).waiting().count() if user.has(Permission.MERGE_CLIENTS) else 0


def line(client, user, reach=None):
    """What a row shows; `reach` is given where a row may lie outside one's scope and have no sheet."""
    visible = reach is None or client.is_looked_after_by(user) or reach.covers(client.branch)
    last = client.last_contact_at
    return {
        "pk": client.pk,
        "url": f"/clients/{client.pk}/" if visible else "",
        "name": client.name_for(user),
        "number": client.customer_no or "" if visible else "",
        "type": ClientType(client.type).label if client.type != ClientType.UNJUDGED else "",
        "level": client.level == Level.CORE,
        "phone": client.masked_phone,
        "occupation": client.occupation if visible else "",
        "owner": client.owner.name if client.owner_id else "",
        "branch": client.branch.name,
        "last": day_text(last.astimezone(BANK_TIME).date(), clock.today()) if last and visible else "",
        "quiet": client.do_not_contact,
    }


def _chosen(request):
    """The filters of the address; what is not known counts as not given."""
    whose, kind, sort = (request.GET.get(name, "") for name in ("whose", "type", "sort"))
    mine = request.user.has(Permission.EDIT_CLIENT)
    return {
        "whose": whose if whose in stats.WHOSE else ("mine" if mine else "all"),
        "type": kind if kind in ClientType.values else "",
        "sort": sort if sort in SORTS else "name",
    }


def _chip(chosen, label, count=None, **change):
    """A filter chip: the address with `change`, the rest kept, back on the first page."""
    wanted = {**chosen, **change}
    return {
        "label": label,
        "count": count,
        "url": "?" + urlencode({name: value for name, value in wanted.items() if value}),
        "current": wanted == chosen,
    }


def _whose(chosen, user, *, several):
    labels = {
        "all": _("All in my reach") if several else _("All of the branch"),
        "none": _("Without a manager"),
    }
    if user.has(Permission.ASSIGN_CLIENT):
        labels["unmanaged"] = _("Premium without a manager")
    if user.has(Permission.EDIT_CLIENT):
        labels = {"mine": pgettext("clients", "Mine"), **labels}
    return [_chip(chosen, label, whose=key, type="") for key, label in labels.items()]


def _types(chosen, counts):
    every = _chip(chosen, pgettext("clients", "All types"), sum(counts.values()), type="")
    return [
        every,
        *(_chip(chosen, label, counts.get(value, 0), type=value) for value, label in ClientType.choices),
    ]


def visible(request, pk):
    """The client of an address, with what every fragment shows; 404 outside the scope."""
    rows = Client.objects.visible_to(request.user)
    return rows.select_related(
        *("owner", "backup", "branch", "introducer", "household"),
        *("archive__opened_by", "archive__branch", "profile__updated_by"),
    ).get(pk=pk)
