"""The tabs of a client's page, and what each of them shows."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..dates import day_words, next_time
from ..profile_rules import SERVICES
from ..rules import ProductCategory
from . import history, needs
from .groups import GROUPS

#: Tab → its name; the parts of each tab below.
TABS = {
    "overview": gettext_lazy("Overview"),
    "basic": gettext_lazy("Basic features"),
    "buying": gettext_lazy("Buying behaviour"),
    "account": gettext_lazy("Account features"),
    "needs": gettext_lazy("Service needs"),
    "family": gettext_lazy("Family and dates"),
    "consents": gettext_lazy("Consents and wishes"),
    "changes": gettext_lazy("Changes"),
}
FEW = 6  # contracts on the overview
PARTS = {
    "basic": ("basic",),
    "buying": ("buying",),
    "account": ("account",),
    "needs": ("needs",),
    "family": ("family", "dates", "life"),
    "consents": ("consents", "wishes", "admin"),
}


def bar(chosen, client):
    """The tabs as links: (key, label, address, whether it is the chosen one)."""
    return [(key, title, f"/clients/{client.pk}/?tab={key}", key == chosen) for key, title in TABS.items()]


def tab(record, key, *, shown=history.PAGE):
    """What one tab shows, besides head and timeline."""
    if record.closed and key != "overview":
        return {"tab": key, "closed": True}
    if key == "overview":
        return {"tab": key, **overview(record)}
    if key == "changes":
        changes, more = history.read(record, shown=shown)
        return {"tab": key, "changes": changes, "more": more, "next": shown + history.PAGE * 2}
    found = {"tab": key, "parts": [part(record, name) for name in PARTS[key]]}
    if key == "account":
        found |= {"holdings": holdings(record), "balances": balances(record), "own": record.own}
    return found


def overview(record):
    """Needs first, what to ask, what is held, the days ahead."""
    if record.closed:
        return {"needs": [], "holdings": [], "ahead": []}
    return {
        "needs": needs.rows(record),
        "holdings": holdings(record, most=FEW),
        "held": len(record.holdings),
        "ahead": needs.ahead(record),
        "balances": balances(record),
        "own": record.own,
    }


def holdings(record, *, most=None):
    """Contracts as lines: figure for the manager, band for others; the number by its last four."""
    return [
        {
            "name": row.product.name,
            "category": ProductCategory(row.product.category).label,
            "risk": row.product.risk,
            "figure": record.money(row.amount) if row.amount or row.product.category not in SERVICES else "",
            "number": f"*{row.contract_no[-4:]}",
            "opened": row.opened_on,
            "due": row.matures_on,
            "chip": needs.near_chip(record, row.matures_on),
            "overdue": row.overdue_days,
        }
        for row in record.holdings[:most]
    ]


def balances(record):
    return [
        {
            "month": row.month,
            "label": row.label,
            "figure": record.money(row.amount),
            "point": record.money(row.point_amount),
            "fees": record.money(row.fee_income),
        }
        for row in record.balances
    ]


def part(record, name):
    """One part that is changed in place."""
    client = record.client
    context = {
        "client": client,
        "part": name,
        "url": f"/clients/{client.pk}/part/{name}/",
        "may_edit": client.may_be_edited_by(record.user),
        "own": record.own,
    }
    if name in GROUPS:
        title, lines = GROUPS[name]
        return {**context, "title": title, "lines": lines(record), "may_introduce": name == "basic"}
    if name == "introducer":
        return part(record, "basic")
    return {**context, **ROWS[name](record)}


def _family(record):
    seen = {one.pk for one in record.household[0]}
    rows = [
        {
            "pk": row.pk,
            "head": row.get_relation_display(),
            "text": record.name_of(row),
            "url": f"/clients/{row.person_id}/" if row.person_id in seen else "",
            "more": [_born(record, row), row.occupation, _("banks here") if row.person_id else ""],
        }
        for row in record.family
    ]
    return {"title": _("Family"), "rows": rows, "add": _("Add a relative"), "home": _home(record)}


def _home(record):
    """The household: names as the reader may see them, links, how many are out of reach."""
    seen, more = record.household
    if not (seen or more):
        return None
    people = [{"name": one.name_for(record.user), "url": f"/clients/{one.pk}/"} for one in seen]
    return {"people": people, "more": more}


def _born(record, row):
    if row.birth_date is None:
        return ""
    if not record.own:
        return _("{n} years old").format(n=record.today.year - row.birth_date.year)
    kept = _("keeps the lunar birthday") if row.lunar else ""
    return " ".join(filter(None, (f"{row.birth_date:%Y-%m-%d}", kept)))


def _dates(record):
    rows = [
        {
            "pk": row.pk,
            "head": row.get_kind_display(),
            "text": row.label if record.own and row.label != row.get_kind_display() else "",
            "more": _when(record, row) if record.own else [],
        }
        for row in record.dates
    ]
    return {"title": _("Important dates"), "rows": rows, "add": _("Add a day")}


def _when(record, row):
    """The day as it is kept, the year it began, and the next time by the calendar on the wall."""
    following = next_time(row.month, row.day, lunar=row.lunar, today=record.today)
    return [
        day_words(row.month, row.day, lunar=row.lunar),
        _("since {year}").format(year=row.year) if row.year else "",
        _("next on {day}").format(day=f"{following:%Y-%m-%d}"),
    ]


def _life(record):
    told = record.own or record.may_show
    rows = [
        {
            "pk": row.pk,
            "head": row.get_kind_display(),
            "text": row.note if told else "",
            "more": [f"{row.on:%Y-%m-%d}", row.by.name if row.by_id else ""],
        }
        for row in record.life_events
    ]
    return {"title": _("Life events"), "rows": rows, "add": _("Record a life event")}


def _consents(record):
    rows = [
        {
            "pk": row.pk,
            "head": row.get_purpose_display(),
            "text": "",
            "state": "done" if row.withdrawn_at else "met",
            "state_text": _("withdrawn {day}").format(day=f"{row.withdrawn_at:%Y-%m-%d}")
            if row.withdrawn_at
            else _("in force"),
            "more": [f"{row.given_at:%Y-%m-%d}", row.get_basis_display(), row.version],
            "gone": bool(row.withdrawn_at),
        }
        for row in record.consents
    ]
    title = _("Consents")
    return {"title": title, "rows": rows, "add": _("Record a consent"), "off": _("Withdraw"), "fixed": True}


def _wishes(record):
    rows = [
        {
            "pk": row.pk,
            "head": row.get_channel_display(),
            "text": _("Welcome this way") if row.wanted else _("Not this way"),
            "more": [row.get_hours_display() if row.hours else "", row.note],
        }
        for row in record.wishes
    ]
    return {"title": _("Contact wishes"), "rows": rows, "add": _("Record a wish")}


ROWS = {"family": _family, "dates": _dates, "life": _life, "consents": _consents, "wishes": _wishes}
