"""Pairs of records that may be one person: found by rules, confirmed by both branches, or dismissed (B-21)."""

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role, scope
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import duplicate_rules as rules
from ..duplicate_rules import PHONE_SHARED_BY, WEIGHT, Likeness, State
from ..models import Client, Duplicate, DuplicateConfirmation
from . import merges

# Each finder yields (one, other, likeness). No rule pairs two customer numbers (the core system joins
# those), two ID numbers of one kind, or two dates of birth.
_APART = """
    a.id < b.id AND a.merged_into_id IS NULL AND b.merged_into_id IS NULL
    AND (a.customer_no IS NULL OR b.customer_no IS NULL)
    AND NOT (a.id_hash <> '' AND b.id_hash <> '' AND a.id_kind = b.id_kind AND a.id_hash <> b.id_hash)
    AND (a.birth_date IS NULL OR b.birth_date IS NULL OR a.birth_date = b.birth_date)"""
_FINDERS = f"""
    SELECT a.id AS one, b.id AS other, CASE
             WHEN a.pinyin = b.pinyin AND a.pinyin <> '' THEN '{Likeness.PHONE_NAME}'
             WHEN left(a.name, 1) = left(b.name, 1) AND (a.name = '' OR starts_with(b.name, a.name)
                  OR starts_with(a.name, b.name)) THEN '{Likeness.PHONE_SURNAME}'
             ELSE '{Likeness.PHONE}' END AS reason
      FROM (SELECT phone_hash FROM clients_client WHERE phone_hash <> '' GROUP BY phone_hash
            HAVING count(*) BETWEEN 2 AND {PHONE_SHARED_BY}) shared
      JOIN clients_client a ON a.phone_hash = shared.phone_hash
      JOIN clients_client b ON b.phone_hash = shared.phone_hash AND {_APART}
     UNION ALL
    SELECT a.id, b.id, '{Likeness.NAME_BIRTH}'
      FROM clients_client a JOIN clients_client b
        ON b.pinyin = a.pinyin AND b.birth_date = a.birth_date AND length(a.name) > 1 AND length(b.name) > 1
       AND {_APART}
     UNION ALL
    SELECT least(n.id, k.id), greatest(n.id, k.id), '{Likeness.NAME_BRANCH}'
      FROM (SELECT branch_id, name, min(id) AS id FROM clients_client
             WHERE customer_no IS NOT NULL AND length(name) > 1
             GROUP BY branch_id, name HAVING count(*) = 1) k
      JOIN clients_client n ON n.branch_id = k.branch_id AND n.name = k.name AND n.customer_no IS NULL
       AND n.merged_into_id IS NULL AND n.created_by_id IS NOT NULL
      JOIN clients_client o ON o.id = k.id
     WHERE (n.phone_hash = '' OR o.phone_hash = '' OR n.phone_hash = o.phone_hash)
       AND NOT (n.id_hash <> '' AND o.id_hash <> '' AND n.id_kind = o.id_kind AND n.id_hash <> o.id_hash)
       AND (n.birth_date IS NULL OR o.birth_date IS NULL OR n.birth_date = o.birth_date)"""
_WEIGHED = "CASE reason " + " ".join(f"WHEN '{key}' THEN {weight}" for key, weight in WEIGHT.items()) + " END"
_PUT = f"""
    INSERT INTO clients_duplicate AS d (one_id, other_id, branch_of_one_id, branch_of_other_id, reasons, weight,
                                   state, keep, found_at, note)
    SELECT f.one, f.other, a.branch_id, b.branch_id, array_agg(DISTINCT reason), max({_WEIGHED}),
           'open', '{{}}', now(), ''
      FROM ({_FINDERS}) f JOIN clients_client a ON a.id = f.one JOIN clients_client b ON b.id = f.other
     WHERE %(everywhere)s OR a.branch_id = ANY(%(branches)s) OR b.branch_id = ANY(%(branches)s)
     GROUP BY f.one, f.other, a.branch_id, b.branch_id ORDER BY f.one, f.other
    ON CONFLICT (one_id, other_id) DO UPDATE SET reasons = excluded.reasons, weight = excluded.weight,
           branch_of_one_id = excluded.branch_of_one_id, branch_of_other_id = excluded.branch_of_other_id
     WHERE d.state = 'open' AND (d.reasons, d.weight, d.branch_of_one_id, d.branch_of_other_id)
           IS DISTINCT FROM (excluded.reasons, excluded.weight, excluded.branch_of_one_id,
                             excluded.branch_of_other_id)
    RETURNING (d.xmax = 0)"""
#: Pairs whose likeness is gone: nobody has spoken yet, so nothing is lost.
_DROP = f"""
    DELETE FROM clients_duplicate d WHERE d.state = 'open' AND NOT EXISTS
        (SELECT FROM ({_FINDERS}) f WHERE f.one = d.one_id AND f.other = d.other_id)
       AND NOT EXISTS (SELECT FROM clients_duplicateconfirmation c WHERE c.pair_id = d.id)
       AND NOT EXISTS (SELECT FROM clients_mergestep m WHERE m.pair_id = d.id)"""
FIND_LOCK = 7305  # advisory lock: two looks take turns, and the second finds nothing more


@transaction.atomic
def find(*, by=None):
    """Look through the base for pairs, all of it at night, or what touches one's own branches; the counts.

    One statement; a second look finds nothing new. Dismissed pairs stay dismissed.
    """
    reach = None
    if by is not None:
        permissions.require(by, Permission.MERGE_CLIENTS)
        reach = scope(by, Permission.MERGE_CLIENTS)
        log(AccessEvent.Kind.REPEAT_CHECK, by=by, object_type="clients.duplicate")
    values = {"everywhere": reach is None, "branches": list(reach.branch_ids) if reach else []}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FIND_LOCK])
        gone = 0
        if reach is None:
            cursor.execute(_DROP)
            gone = cursor.rowcount
        cursor.execute(_PUT, values)
        found = [new for (new,) in cursor.fetchall()]
    return {"found": sum(found), "gone": gone}


def pair_for(pair_id, *, by):
    """The pair in scope, locked; DoesNotExist (404) otherwise."""
    return (
        Duplicate.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("one__branch", "other__branch")
        .get(pk=pair_id)
    )


def require(pair, name, *, by):
    """403 without the permission, 409 when the pair has moved on."""
    permissions.require(by, Permission.MERGE_CLIENTS)
    rules.TRANSITIONS[name].check(pair.state)


def own_branch(pair, by):
    """The branch of the pair `by` speaks for: one that has not spoken yet, if there is a choice."""
    reach = scope(by, Permission.MERGE_CLIENTS)
    spoken = {row.branch_id for row in pair.confirmations.all()}
    mine = [c.branch for c in (pair.one, pair.other) if reach.covers(c.branch)]
    return next((branch for branch in mine if branch.pk not in spoken), mine[0])


@transaction.atomic
def confirm(pair_id, *, by, keep):
    """Say that both are one person, and whose values are kept; the last word merges them.

    `keep` maps fields to "winner" or "loser". Whoever chooses otherwise than the first branch did
    becomes the first: the other one is asked again.
    """
    pair = pair_for(pair_id, by=by)
    require(pair, "confirm", by=by)
    winner, loser = merges.both(pair, by=by)
    keep = _known(keep, winner, loser)
    if pair.keep != keep and pair.state == State.CONFIRMED:
        pair.confirmations.all().delete()
    branch = own_branch(pair, by)
    if pair.confirmations.filter(branch=branch).exists():
        raise Conflict(_("Your branch has confirmed already; the other branch is to speak now."))
    if pair.confirmations.filter(by=by).exists():
        raise Refused(_("Nobody confirms for two branches."), code="two_persons")
    DuplicateConfirmation.objects.create(pair=pair, branch=branch, by=by)
    pair.keep, pair.state = keep, State.CONFIRMED
    pair.branch_of_one, pair.branch_of_other = pair.one.branch, pair.other.branch
    pair.save(update_fields=["keep", "state", "branch_of_one", "branch_of_other"])
    log(AccessEvent.Kind.CHANGE, by=by, obj=pair, fields=["confirm"])
    rest = still_missing(pair)
    if rest:
        _ask(pair, rest, by)
        return pair
    return merges.merge(pair, winner, loser, by=by)


def _known(keep, winner, loser):
    """The choice with every open line in it; anything that is no line of this pair is refused."""
    lines = merges.compared(winner, loser, keep)
    unknown = set(keep) - {line.key for line in lines}
    if unknown or not set(keep.values()) <= {"winner", "loser"}:
        raise Refused(_("Choose for each line whose value is kept."), code="keep")
    return {line.key: line.keep for line in lines if line.is_open}


def still_missing(pair):
    """Ids of the branches that have not spoken."""
    spoken = [(row.branch_id, row.by_id) for row in pair.confirmations.all()]
    return rules.missing({pair.one.branch_id, pair.other.branch_id}, spoken)


def _ask(pair, branches, by):
    people = {
        u for branch in branches for u in User.objects.holding_at(branch, Role.BRANCH_HEAD, Role.SUPERVISOR)
    }
    notify(
        sorted(people, key=lambda user: user.pk),
        "duplicate",
        gettext_noop("{who} has confirmed that two records are one person; your branch is to agree."),
        key=f"duplicate:{pair.pk}:{pair.confirmations.count()}:{by.pk}",
        link=f"/clients/duplicates/{pair.pk}/",
        params={"who": by.name},
    )


@transaction.atomic
def dismiss(pair_id, *, by, note):
    """Say that these are two persons, and why; the pair is not proposed again."""
    pair = pair_for(pair_id, by=by)
    require(pair, "dismiss", by=by)
    if not note.strip():
        raise Refused(_("Say why."), field="note")
    pair.confirmations.all().delete()
    pair.state, pair.note = State.DISMISSED, note.strip()[:300]
    pair.settled_at, pair.settled_by = clock.now(), by
    pair.save(update_fields=["state", "note", "settled_at", "settled_by"])
    return pair


@transaction.atomic
def reopen(pair_id, *, by):
    """Put a pair that was dismissed or undone back on the list."""
    pair = pair_for(pair_id, by=by)
    require(pair, "reopen", by=by)
    if pair.one.merged_into_id or pair.other.merged_into_id:
        raise Conflict(_("One of the two was merged with somebody else meanwhile."))
    pair.confirmations.all().delete()
    pair.state, pair.keep, pair.note = State.OPEN, {}, ""
    pair.save(update_fields=["state", "keep", "note"])
    return pair


@transaction.atomic
def propose(one_id, customer_no, *, by):
    """A pair that no rule found: a person of one's own branches, and another by customer number."""
    permissions.require(by, Permission.MERGE_CLIENTS)
    one = Client.objects.visible_to(by).get(pk=one_id)
    other = Client.objects.visible_to(by).filter(customer_no=customer_no.strip()).exclude(pk=one.pk).first()
    if not customer_no.strip() or other is None:
        raise Refused(_("No client of yours has this customer number."), field="customer_no")
    winner, loser = rules.winner_of(merges.with_archive(one), merges.with_archive(other))
    rules.check(winner, loser)
    first, second = sorted((one, other), key=lambda client: client.pk)
    pair, _made = Duplicate.objects.get_or_create(
        one=first,
        other=second,
        defaults={"branch_of_one_id": first.branch_id, "branch_of_other_id": second.branch_id},
    )
    return pair


@transaction.atomic
def undo(pair_id, *, by, note):
    """Take a merge apart again, within its days."""
    pair = pair_for(pair_id, by=by)
    require(pair, "undo", by=by)
    return merges.undo(pair, by=by, why=note)
