"""Two records side by side, as one reader may see them: masked, what differs marked (B-21)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from rmflow.privacy import masks
from rmflow.staff.models import BANK_TIME, User
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from . import duplicate_rules as rules
from . import merge_map
from .actions import duplicates, merges
from .duplicate_rules import Likeness, State
from .models import Archive, Client, Duplicate, Profile
from .rules import ClientType, Level
from .scoring.names import tier_names
from .sheet.groups import words
from .sheet.record import SECRET, mask

OWN_WORDS = {
    "birth_date": gettext_lazy("Date of birth"),
    "owner": pgettext_lazy("client", "Manager"),
}


@dataclass(frozen=True)
class Line:
    """One line of the page; `open` ones are chosen, the others follow a rule."""

    key: str
    label: object
    winner: str
    loser: str
    differs: bool
    open: bool = False
    keep: str = "winner"
    rule: str = ""

    @property
    def mark(self) -> str:
        """What the eye should find: both known and different, or filled in from the other."""
        if not self.differs:
            return ""
        if self.winner and self.loser:
            return _("differs")
        return _("filled in") if self.loser else ""


def pairs(user, state):
    """The pairs of one chip, in working order."""
    rows = Duplicate.objects.visible_to(user)
    rows = rows.waiting() if state == State.OPEN else rows.filter(state__in=_chip(state))
    order = ("-weight", "-pk") if state == State.OPEN else ("-settled_at", "-pk")
    return rows.select_related("one__branch", "other__branch", "settled_by").order_by(*order)


def _chip(state):
    return (State.MERGED, State.CLOSED) if state == State.MERGED else (state,)


def line(pair, user, reach):
    """What a row of the list shows."""
    spoken = {row.branch_id for row in pair.confirmations.all()}
    mine = {c.branch_id for c in (pair.one, pair.other) if reach.covers(c.branch)}
    return {
        "pair": pair,
        "people": [_person(client, user, reach) for client in (pair.one, pair.other)],
        "reasons": [Likeness(code).label for code in pair.reasons],
        "state": State(pair.state).label,
        "yours": pair.state in rules.WAITING and bool(mine - spoken),
        "theirs": pair.state == State.CONFIRMED and not mine - spoken,
        "asked": pair.state == State.CONFIRMED and bool(mine - spoken),
    }


def _person(client, user, reach):
    return {
        "name": client.name_for(user) if client.name else _("Merged record"),
        "number": _number(client, reach),
        "branch": client.branch.name,
    }


def _number(client, reach):
    """The customer number inside one's scope; elsewhere only whether there is one."""
    if not client.customer_no:
        return ""
    return client.customer_no if reach.covers(client.branch) else _("has a number")


def page(pair, user):
    """Everything the comparison shows."""
    reach = scope(user, Permission.MERGE_CLIENTS)
    one, other = (merges.with_archive(client) for client in (pair.one, pair.other))
    waits = pair.state in rules.WAITING and not (one.merged_into_id or other.merged_into_id)
    winner, loser = rules.winner_of(one, other) if pair.winner_id is None else _settled(pair, one, other)
    told = {
        "pair": pair,
        "winner": winner,
        "loser": loser,
        "waits": waits,
        "reasons": [Likeness(code).label for code in pair.reasons],
        "state": State(pair.state).label,
        "confirmations": list(pair.confirmations.select_related("branch", "by")),
        "may_undo": pair.state == State.MERGED and pair.undo_until > clock.now(),
        "sides": [_side(client, user, reach) for client in (winner, loser)],
        "lines": [],
        "moves": merge_map.moved(pair),
    }
    if waits:
        told |= _question(pair, winner, loser, user, reach)
    return told


def _settled(pair, one, other):
    return (one, other) if pair.winner_id == one.pk else (other, one)


def _side(client, user, reach):
    known = Client.objects.visible_to(user).filter(pk=client.pk).exists()
    return {**_person(client, user, reach), "url": f"/clients/{client.pk}/" if known else ""}


def _question(pair, winner, loser, user, reach):
    rest = duplicates.still_missing(pair)
    mine = {c.branch_id for c in (winner, loser) if reach.covers(c.branch)}
    refusal = ""
    try:
        rules.check(winner, loser)
        model = merge_map.tied(winner.pk, loser.pk)
        if model:
            text = _("One of the two is on record beside the other ({kind}): these are two persons.")
            refusal = text.format(kind=model._meta.verbose_name)
    except rules.Refused as error:
        refusal = str(error)
    return {
        "lines": [*_fixed(winner, loser, reach), *_chosen(pair, winner, loser, user)],
        "moves": merge_map.counts(loser.pk),
        "refusal": refusal,
        "yours": not refusal
        and bool(rest & mine)
        and not any(c.by_id == user.pk for c in pair.confirmations.all()),
        "last": len(rest) == 1,
        "two_branches": winner.branch_id != loser.branch_id,
    }


def _fixed(winner, loser, reach):
    """Lines a rule decides."""
    names, files = (
        tier_names(),
        dict(Archive.objects.filter(client__in=[winner, loser]).values_list("client", "file_no")),
    )
    kept_type, kept_level = rules.higher_type(winner, loser)

    def type_of(row):
        return " · ".join(
            str(label)
            for label in (ClientType(row.type).label, row.level and Level(row.level).label)
            if label
        )

    def made(row):
        day = row.created_at.astimezone(BANK_TIME).date()
        how = _("by a referral or by hand") if row.created_by_id else _("by a file of the core system")
        return f"{day} · {how}"

    def of(key, label, read, rule):
        values = [read(row) for row in (winner, loser)]
        return Line(key, label, *values, differs=values[0] != values[1], rule=rule)

    kept_words = " · ".join(
        str(label) for label in (ClientType(kept_type).label, kept_level and Level(kept_level).label) if label
    )
    return [
        of(
            "customer_no",
            _("Customer number"),
            lambda row: _number(row, reach),
            _("who has the number stays"),
        ),
        of("branch", _("Branch"), lambda row: row.branch.name, _("the branch of who stays")),
        of("type", _("Type"), type_of, kept_words),
        of("tier", _("Tier"), lambda row: names.get(row.tier, row.tier), _("of who stays, unless empty")),
        of(
            "archive",
            _("Archive"),
            lambda row: files.get(row.pk, ""),
            _("the other file stays a closed volume"),
        ),
        of(
            "quiet",
            _("Do not contact"),
            lambda row: _("Yes") if row.do_not_contact else _("No"),
            _("a refusal counts"),
        ),
        of("made", _("Registered"), made, ""),
    ]


def _chosen(pair, winner, loser, user):
    profiles = {row.client_id: row for row in Profile.objects.filter(client__in=[winner, loser])}
    owners = dict(
        User.objects.filter(pk__in=filter(None, (winner.owner_id, loser.owner_id))).values_list("pk", "name")
    )
    for found in merges.compared(winner, loser, pair.keep):
        if rules.blank(found.winner) and rules.blank(found.loser):
            continue
        shown = [_shown(found.key, row, profiles.get(row.pk), user, owners) for row in (winner, loser)]
        yield Line(
            found.key, _label(found.key), *shown, differs=found.differs, open=found.is_open, keep=found.keep
        )


def _label(key):
    if key in OWN_WORDS:
        return OWN_WORDS[key]
    model, name = (Profile, key.removeprefix("profile.")) if key.startswith("profile.") else (Client, key)
    return model._meta.get_field(name).verbose_name


def _shown(key, client, profile, user, owners):
    if key == "name":
        return client.name_for(user)
    if key == "owner":
        return owners.get(client.owner_id, "")
    if key == "birth_date":
        return masks.mask_birthday(client.birth_date, today=clock.today())
    if key.startswith("profile."):
        name = key.removeprefix("profile.")
        if name in SECRET:
            return mask(name, getattr(profile, name))
        if name in ("family_income", "other_bank_assets"):
            return masks.band_amount(getattr(profile, name))
        return words(profile, name)
    if key in ("phone", "id_number", "address"):
        return mask(key, getattr(client, key))
    return words(client, key)
