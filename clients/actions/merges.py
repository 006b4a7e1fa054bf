"""Folding one record of a person into another, and taking it apart again (B-21).

What is whose afterwards, in one place:
- the person with the customer number stays; else the one with an archive; else the older record;
- every pointer moves (`merge_map`); rows that have their like at the other stay behind, or refuse;
- the type is the higher of the two, with its level; tier and watch are those of the one who stays, unless empty;
- the manager is chosen; the other manager becomes the backup where there is none;
- "do not contact", no profiling, a restriction and a refused way of contact outweigh a wish;
- the folded record keeps nothing but the way to the one who stays.
"""

import datetime
import json
from decimal import Decimal

import pghistory
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock, freeze
from rmflow.workdays.actions import custody
from rmflow.workflow import Conflict, Refused

from .. import duplicate_rules as rules
from .. import merge_map
from ..duplicate_rules import UNDO_DAYS, State
from ..importing import load
from ..models import Archive, Client, ContactWish, Duplicate, MergeStep, Profile
from ..rules import TimelineKind
from .timeline import note

#: Columns a merge leaves as they are, on both sides; the last follows type and manager by a trigger.
UNTOUCHED = ("id", "branch_id", "created_at", "created_by_id", "erased_at", "unmanaged_since")
#: What a folded record is left with.
EMPTY = {
    "customer_no": None, "name": "", "pinyin": "", "initials": "", "salutation": "", "birth_date": None,
    "occupation": "", "education": "", "marital_status": "", "id_kind": "", "id_number": "", "id_hash": "",
    "phone": "", "phone_hash": "", "phone_tail": "", "address": "", "notice_version": "", "notice_at": None,
    "notice_basis": "", "do_not_contact": True, "no_profiling": True, "type": "unjudged", "level": "", "tier": "",
    "tier_since": None, "watch_since": None, "owner_id": None, "backup_id": None, "household_id": None,
    "introducer_id": None, "last_contact_at": None, "restricted_at": None,
}  # fmt: skip


def with_archive(client):
    """The client with `has_archive`, by which the one who stays is chosen."""
    client.has_archive = Archive.objects.filter(client=client).exists()
    return client


def locked_pair(*client_ids):
    """Both persons in the order of their keys, locked so that nobody adds a row to either meanwhile.

    Loads of files are kept off first: they lock the same rows in an order of their own.
    """
    if not load.keep_off():
        text = _("A file of the core system is being loaded; try again in a few minutes.")
        raise Refused(text, code="loading")
    rows = Client.objects.select_for_update(of=("self",)).filter(pk__in=client_ids).order_by("pk")
    return list(
        rows.annotate(has_archive=Exists(Archive.objects.filter(client=OuterRef("pk")))).select_related(
            "branch"
        )
    )


def both(pair, *, by):
    """(who stays, who is folded in), locked and checked."""
    one, other = locked_pair(pair.one_id, pair.other_id)
    if one.merged_into_id or other.merged_into_id:
        raise Conflict(_("One of the two was merged with somebody else meanwhile."), code="merged")
    pair.one, pair.other = one, other
    winner, loser = rules.winner_of(one, other)
    for branch_id in {one.branch_id, other.branch_id}:
        custody.require_unsealed(branch_id)
    rules.check(winner, loser)
    model = merge_map.tied(one.pk, other.pk)
    if model:
        text = _("One of the two is on record beside the other ({kind}): these are two persons.")
        raise Refused(text.format(kind=model._meta.verbose_name), code="tied")
    return winner, loser


def profile_groups():
    """Fields of the profile, those that belong together as one."""
    covered = {column for columns in rules.TOGETHER.values() for column in columns}
    alone = [f.attname for f in Profile._meta.concrete_fields]
    alone = [name for name in alone if name not in covered and name not in rules.SILENT]
    return {**{f"profile.{name}": (name,) for name in alone},
            **{f"profile.{key}": columns for key, columns in rules.TOGETHER.items()}}  # fmt: skip


def compared(winner, loser, chosen):
    """Every line of the comparison: of the persons, and of their profiles where both have one."""
    lines = rules.lines(winner, loser, rules.PERSON, chosen)
    profiles = {row.client_id: row for row in Profile.objects.filter(client__in=[winner, loser])}
    if len(profiles) == 2:
        pair = profiles[winner.pk], profiles[loser.pk]
        lines += rules.lines(*pair, profile_groups(), chosen)
    return lines


def merge(pair, winner, loser, *, by):
    """Fold `loser` into `winner`; both are locked, both branches have spoken."""
    with transaction.atomic(), pghistory.context(user=by.pk, merge=pair.pk):
        lines = compared(winner, loser, pair.keep)
        _keep_wishes(pair, winner, loser)
        _keep_profile(pair, winner, loser, [line for line in lines if line.key.startswith("profile.")])
        with freeze.passing("merge"):
            move(pair, loser.pk, winner.pk)
        _keep_person(pair, winner, loser, [line for line in lines if not line.key.startswith("profile.")])
        now = clock.now()
        pair.state, pair.winner, pair.settled_at, pair.settled_by = State.MERGED, winner, now, by
        pair.undo_until = now + datetime.timedelta(days=UNDO_DAYS)
        pair.save(update_fields=["state", "winner", "settled_at", "settled_by", "undo_until"])
        for client in (winner, loser):
            log(
                AccessEvent.Kind.CHANGE, by=by, obj=client, fields=["merged"], item_key=f"duplicate:{pair.pk}"
            )
        note(
            winner, TimelineKind.MERGED, by=by, data={"pair": pair.pk}, link=f"/clients/duplicates/{pair.pk}/"
        )
        _tell(pair, winner, by, gettext_noop("Two records of {client} were merged by {who}."), "merged")
    return pair


def move(pair, loser_id, winner_id, *, strict=True):
    """Let every row that points to the loser point to the winner; journal what moved. May run again."""
    moved = 0
    for pointer in merge_map.moving():
        clashes = pointer.clashes(loser_id, winner_id)
        if clashes and strict and pointer.name not in merge_map.STAYS:
            text = _("Both have such a record, which cannot be joined ({kind}); settle one of them first.")
            raise Refused(text.format(kind=pointer.model._meta.verbose_name), code="clash")
        rows = pointer.of(loser_id).exclude(pk__in=clashes)
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        if keys:
            # A primary key that is the pointer itself (the profile) changes with it.
            rows.filter(pk__in=keys).update(**{pointer.field.attname: winner_id})
            MergeStep.objects.create(
                pair=pair, model=pointer.model._meta.label_lower, field=pointer.field.name, rows=keys
            )
            moved += len(keys)
    return moved


def _set(pair, row, values):
    """Write columns of a row past its `save`, and journal what they said; equal values leave no trace."""
    before = {name: getattr(row, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return
    type(row)._base_manager.filter(pk=row.pk).update(**changed)
    for name, value in changed.items():
        setattr(row, name, value)
    MergeStep.objects.create(
        pair=pair,
        model=row._meta.label_lower,
        rows=[row.pk],
        before=_packed({name: before[name] for name in changed}),
        after=_packed(changed),
    )


def _packed(values):
    return json.dumps({name: _plain(value) for name, value in values.items()}, ensure_ascii=False)


def _plain(value):
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _unpacked(model, text):
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in json.loads(text).items()}


def _keep_wishes(pair, winner, loser):
    """A way of contact that either does not want is not wanted."""
    refused = set(ContactWish.objects.filter(client=loser, wanted=False).values_list("channel", flat=True))
    for wish in ContactWish.objects.filter(client=winner, wanted=True, channel__in=refused):
        _set(pair, wish, {"wanted": False})


def _keep_profile(pair, winner, loser, lines):
    taken = [column for line in lines if line.keep == "loser" for column in line.columns]
    if taken:
        mine, its = Profile.objects.get(client=winner), Profile.objects.get(client=loser)
        _set(pair, mine, {column: getattr(its, column) for column in taken})


def _keep_person(pair, winner, loser, lines):
    """The columns of both rows. The folded one gives up its numbers first: they are unique in the bank."""
    values = {
        column: getattr(loser, column) for line in lines if line.keep == "loser" for column in line.columns
    }
    type_, level = rules.higher_type(winner, loser)
    values |= {
        "customer_no": winner.customer_no or loser.customer_no,
        "type": type_,
        "level": level,
        "do_not_contact": winner.do_not_contact or loser.do_not_contact,
        "no_profiling": winner.no_profiling or loser.no_profiling,
        "restricted_at": min(filter(None, (winner.restricted_at, loser.restricted_at)), default=None),
        "household_id": winner.household_id or loser.household_id,
        "introducer_id": winner.introducer_id or loser.introducer_id,
        "last_contact_at": max(filter(None, (winner.last_contact_at, loser.last_contact_at)), default=None),
    }
    if not winner.tier:
        values |= {"tier": loser.tier, "tier_since": loser.tier_since, "watch_since": loser.watch_since}
    owner = values.get("owner_id", winner.owner_id)
    spare = [winner.backup_id, winner.owner_id, loser.owner_id, loser.backup_id]
    values["backup_id"] = (
        next((pk for pk in spare if pk and pk != owner), None) if owner else winner.backup_id
    )
    _set(pair, loser, {**EMPTY, "merged_into_id": winner.pk})
    _set(pair, winner, values)


def _tell(pair, winner, by, text, what):
    """Managers of both, and who confirmed."""
    people = {user.pk: user for user in (winner.owner, winner.backup) if user}
    people |= {row.by_id: row.by for row in pair.confirmations.select_related("by")}
    people.pop(by.pk, None)
    notify(
        list(people.values()),
        "duplicate",
        text,
        key=f"duplicate:{pair.pk}:{what}:{pair.settled_at:%Y%m%d%H%M%S}",
        link=f"/clients/{winner.pk}/",
        params={"who": by.name, "client": winner.addressed_as},
    )


# --- undone ---


def undo(pair, *, by, why):
    """Put everything back that a merge moved or changed, where nobody has changed it since."""
    if not why.strip():
        raise Refused(_("Say why."), field="note")
    winner, loser = _apart(pair)
    with transaction.atomic(), pghistory.context(user=by.pk, merge_undone=pair.pk):
        steps = list(pair.steps.order_by("-pk"))
        with freeze.passing("merge"):
            for step in steps:
                _back(step, winner.pk, loser.pk)
        pair.steps.all().delete()
        pair.confirmations.all().delete()
        pair.state, pair.note, pair.undo_until = State.UNDONE, why.strip()[:300], None
        pair.settled_at, pair.settled_by, pair.winner = clock.now(), by, None
        pair.save(update_fields=["state", "note", "undo_until", "settled_at", "settled_by", "winner"])
        for client in (winner, loser):
            log(
                AccessEvent.Kind.CHANGE,
                by=by,
                obj=client,
                fields=["unmerged"],
                item_key=f"duplicate:{pair.pk}",
            )
            note(client, TimelineKind.UNMERGED, by=by, text=pair.note)
        _tell(
            pair,
            winner,
            by,
            gettext_noop("The merge of {client} with another record was undone by {who}."),
            "undone",
        )
    return pair


def _apart(pair):
    """(who stayed, who comes back), locked; refused when it is too late or in the wrong order."""
    if pair.undo_until is None or clock.now() > pair.undo_until:
        raise Refused(
            _("A merge is undone within {n} days; these are over.").format(n=UNDO_DAYS), code="late"
        )
    rows = {client.pk: client for client in locked_pair(pair.one_id, pair.other_id)}
    winner, loser = rows[pair.winner_id], rows[pair.loser_id]
    if winner.merged_into_id:
        raise Conflict(_("Who stayed was merged further; undo that first."), code="order")
    for branch_id in {winner.branch_id, loser.branch_id}:
        custody.require_unsealed(branch_id)
    return winner, loser


def _back(step, winner_id, loser_id):
    pointer = next(
        (
            p
            for p in merge_map.moving()
            if p.model._meta.label_lower == step.model and p.field.name == step.field
        ),
        None,
    )
    if pointer:
        # The profile's key is the pointer itself: its row is found by where it stands now.
        own_key = pointer.field.primary_key
        rows = pointer.of(winner_id) if own_key else pointer.of(winner_id).filter(pk__in=step.rows)
        rows.update(**{pointer.field.attname: loser_id})
        return
    model = {m._meta.label_lower: m for m in (Client, Profile, ContactWish)}[step.model]
    row = model._base_manager.select_for_update().filter(pk__in=step.rows).first()
    if row is None:
        return
    before, after = _unpacked(model, step.before), _unpacked(model, step.after)
    since = {name for name in after if getattr(row, name) != after[name]}
    values = {name: value for name, value in before.items() if name not in since}
    if values:
        model._base_manager.filter(pk=row.pk).update(**values)


# --- by the clock ---


def settle(*, now):
    """Gather what was under way to a folded record, and close the undo of merges whose days are over."""
    fresh = Duplicate.objects.filter(state=State.MERGED, settled_at__gt=now - datetime.timedelta(days=1))
    gathered = sum(_gather(pk) for pk in fresh.values_list("pk", flat=True))
    with transaction.atomic():
        over = Duplicate.objects.select_for_update(skip_locked=True)
        over = list(over.filter(state=State.MERGED, undo_until__lt=now).values_list("pk", flat=True))
        MergeStep.objects.filter(pair__in=over).delete()
        closed = Duplicate.objects.filter(pk__in=over).update(state=State.CLOSED, undo_until=None)
    return {"gathered": gathered, "closed": closed}


@transaction.atomic
def _gather(pair_id):
    pair = Duplicate.objects.select_for_update().get(pk=pair_id)
    if pair.state != State.MERGED or not load.keep_off():
        return 0  # while a file is loaded the next look gathers
    rows = {client.pk: client for client in locked_pair(pair.one_id, pair.other_id)}
    winner = rows[pair.winner_id]
    if winner.merged_into_id:
        return 0
    with freeze.passing("merge"):
        return move(pair, pair.loser_id, winner.pk, strict=False)
