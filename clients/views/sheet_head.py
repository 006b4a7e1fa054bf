"""The head of a client's page: drawn once a process for each form it takes, then filled in (`doors.drawn`).

Half of what the page cost went into drawing the same links and labels again. What decides the form (which
links, which tags) is the key; what belongs to one client (names, numbers, days) is a word for a hole.
"""

from types import SimpleNamespace
from urllib.parse import urlencode

from django.middleware.csrf import get_token
from django.utils.html import conditional_escape
from django.utils.timezone import localtime

from rmflow.doors.drawn import hole, part
from rmflow.privacy.models import ConsentBasis
from rmflow.staff.permissions import Permission, scope

from ..profile_rules import ContactWay
from ..rules import ClientType, Level, Salutation
from ..sheet import tabs
from .reveal import fact

HOLLOW = SimpleNamespace(pk=hole("pk"))
MASKED = ("name", "phone")
#: What the card says of one client alone.
OWN = (*MASKED, "customer_no", "owner", "backup", "reached", "noticed", "file_no")
NOTHING = "–"


def parts(request, record, opening, chosen):
    """The drawn parts of the page, by the name the template knows them by."""
    client = record.client
    may = rights(record)
    masked = {field: fact(client, field, record.user) for field in MASKED}
    words = {
        **_words(client, masked),
        "csrf": get_token(request) if may["may_merge"] else "",
        "tab_url": _tab_url(request, client, chosen),
    }
    words = {name: conditional_escape(word) for name, word in words.items()}
    card = _shape(record, opening, masked, may_edit=may["may_edit"])
    merge = {"may_merge": may["may_merge"]}
    return {
        "actions": part("clients/_sheet_actions.html", tuple(may.values()), lambda: _hollow(may), words),
        "card": part("clients/_card.html", tuple(card.values()), lambda: _card(card), words),
        "waiting": part("clients/_tab_waiting.html", chosen, lambda: _waiting(chosen), words),
        "same_person": part(
            "clients/_sheet_same_person.html", may["may_merge"], lambda: _hollow(merge), words
        ),
    }


def rights(record):
    """What the reader may do from here."""
    client, user = record.client, record.user
    kept_at = client.archive.branch if getattr(client, "archive", None) else None
    lives = client.erased_at is None
    return {
        "may_edit": client.may_be_edited_by(user),
        "may_assign": scope(user, Permission.ASSIGN_CLIENT).covers(client.branch),
        "may_plan": user.has(Permission.WORK_FOLLOW_UP) and not client.do_not_contact,
        "may_merge": scope(user, Permission.MERGE_CLIENTS).covers(client.branch),
        "may_borrow": lives
        and kept_at is not None
        and scope(user, Permission.BORROW_ARCHIVE).covers(kept_at),
        "may_take_rights": lives and scope(user, Permission.TAKE_RIGHTS).covers(client.branch),
        "closed": record.closed,
    }


def _hollow(shape):
    return {"client": HOLLOW, "csrf_token": hole("csrf"), **shape}


def _waiting(chosen):
    return {"tab_url": hole("tab_url"), "tabs": tabs.bar(chosen, HOLLOW)}


def _tab_url(request, client, chosen):
    """Where the tab of the page comes from, at the length and kind the address says."""
    more = {name: request.GET[name] for name in ("kind", "shown") if request.GET.get(name)}
    return f"/clients/{client.pk}/?{urlencode({'tab': chosen, **more})}"


def _shape(record, opening, masked, *, may_edit):
    """What decides the form of the card: its tags, what is on record, what may be shown."""
    client = record.client
    return {
        "type": client.type,
        "level": client.level,
        "salutation": client.salutation if client.is_named else "",
        "tier_name": opening.tier_name,
        "unwanted": () if record.closed else tuple(opening.unwanted),
        "version": client.notice_version,
        "basis": client.notice_basis,
        **{f"{field}_may_show": masked[field]["may_show"] for field in MASKED},
        "may_edit": may_edit,
        "closed": record.closed,
    }


def _card(shape):
    """The card's context: codes in words, holes for what is the client's own."""
    return {
        **_hollow(shape),
        "of": {name: hole(name) for name in OWN},
        "judged": shape["type"] != ClientType.UNJUDGED,
        "core": shape["level"] == Level.CORE,
        "type": ClientType(shape["type"]).label,
        "level": shape["level"] and Level(shape["level"]).label,
        "salutation": shape["salutation"] and Salutation(shape["salutation"]).label,
        "basis": shape["basis"] and ConsentBasis(shape["basis"]).label,
        "unwanted": [ContactWay(way).label for way in shape["unwanted"]],
    }


def _words(client, masked):
    """What belongs to this client alone: OWN and its key."""
    archive = getattr(client, "archive", None)
    return {
        "pk": client.pk,
        **{field: found["value"] or NOTHING for field, found in masked.items()},
        "customer_no": client.customer_no or NOTHING,
        "owner": client.owner.name if client.owner else NOTHING,
        "backup": client.backup.name if client.backup else NOTHING,
        "reached": _day(client.last_contact_at),
        "noticed": _day(client.notice_at),
        "file_no": archive.file_no if archive else NOTHING,
    }


def _day(moment):
    return f"{localtime(moment):%Y-%m-%d}" if moment else NOTHING
