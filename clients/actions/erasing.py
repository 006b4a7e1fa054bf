"""Making persons anonymous: the rows stay and count, nobody can be known from them (B-13, PIPL 47).

One statement a table for all of them. It reaches rows, their histories, the tables of the apps above, locked
days and the outbox; numbers, dates of dealings, types, tiers and balances stay, so every statistic is the
same before and after.
"""

import pgtrigger
from django.db import connection, transaction
from django.db.models import Q

from rmflow.notices.actions import forget
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock, freeze

from .. import erasing, neighbours
from ..duplicate_rules import State
from ..models import Client, Duplicate, FamilyMember, Household, Override, Verdict
from ..models.person import NAMELESS
from ..rules import TimelineKind
from .timeline import note

#: What of the client's own row is emptied; the row's history alike.
_EMPTY = (*NAMELESS, "education", "marital_status", "id_kind", "id_number", "phone", "address")
_EMPTY_NOTICE = ("notice_version", "notice_basis")
_NONE = ("customer_no", "birth_date", "notice_at", "household_id", "introducer_id")


@transaction.atomic
def erase(client_ids, *, by=None, why):
    """Make these persons anonymous; who is so already stays as it is. Returns how many.

    The caller has the right and has checked holds. `why`: "destruction", "retention" or "request".
    """
    rows = Client.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in=_with_folded(client_ids), erased_at__isnull=True
    )
    clients = list(rows.select_related("branch").order_by("pk"))
    ids = [client.pk for client in clients]
    if not ids:
        return 0
    forget(_notice_keys(ids))
    pairs = Duplicate.objects.filter(Q(one__in=ids) | Q(other__in=ids), state=State.MERGED)
    pairs.update(undo_until=clock.now())  # what a merge would bring back is gone
    with freeze.passing("anonymise"), pgtrigger.ignore(), connection.cursor() as cursor:
        _households(cursor, ids)
        _holdings(cursor, ids)
        _clients(cursor, ids)
        for traces in erasing.tables():
            _table(cursor, traces, ids)
    for client in clients:
        log(
            AccessEvent.Kind.ERASE,
            by=by,
            obj=client,
            fields=["all"],
            note=why,
            branch_id=client.branch_id,
        )
        note(client, TimelineKind.ERASED, by=by, branch=client.branch, data={"why": why})
    return len(ids)


def _with_folded(client_ids):
    """The persons and the records that were merged into them, of whatever generation."""
    found, last = set(client_ids), set(client_ids)
    while last:
        last = set(Client.objects.filter(merged_into__in=last).values_list("pk", flat=True)) - found
        found |= last
    return found


def _notice_keys(ids):
    """Notices of this floor and of those above that may hold a form of address."""
    overrides = Override.objects.filter(client__in=ids).values_list("pk", flat=True)
    verdicts = Verdict.objects.filter(client__in=ids).values_list("pk", flat=True)
    own = [f"override:{pk}" for pk in overrides] + [f"override:{pk}:" for pk in overrides]
    return own + [f"verdict:{pk}" for pk in verdicts] + neighbours.notice_keys(ids)


def _table(cursor, traces, ids):
    if traces.removed:
        table = connection.ops.quote_name(traces.model._meta.db_table)
        condition, values = erasing.where(traces, ids)
        cursor.execute(f"DELETE FROM {table} WHERE {condition}", values)
    else:
        cursor.execute(*erasing.blank(traces, ids))


def _clients(cursor, ids):
    """The client's row and every version of it."""
    empty = [f"\"{name}\" = ''" for name in (*_EMPTY, *_EMPTY_NOTICE)]
    none = [f'"{name}" = NULL' for name in _NONE]
    sets = ", ".join([*empty, *none, "do_not_contact = true", "no_profiling = true"])
    history = Client.history.rel.related_model._meta.db_table
    cursor.execute(f'UPDATE "{history}" SET {sets} WHERE id = ANY(%s) OR pgh_obj_id = ANY(%s)', [ids, ids])
    cursor.execute(
        f'UPDATE "{Client._meta.db_table}" SET {sets}, erased_at = %s WHERE id = ANY(%s)', [clock.now(), ids]
    )
    family = FamilyMember._meta.db_table
    for table in (family, FamilyMember.history.rel.related_model._meta.db_table):
        cursor.execute(f'UPDATE "{table}" SET person_id = NULL WHERE person_id = ANY(%s)', [ids])


def _households(cursor, ids):
    """A household is called by the name of a member; it keeps none of theirs."""
    homes = (Household._meta.db_table, "id"), (Household.history.rel.related_model._meta.db_table, "id")
    for table, key in homes:
        cursor.execute(
            f'UPDATE "{table}" h SET name = %s FROM clients_client c'
            f" WHERE c.id = ANY(%s) AND c.household_id = h.{key} AND h.name = c.name",
            [erasing.DASH, ids],
        )


def _holdings(cursor, ids):
    """Contract numbers lead to a person in the core system; amounts and dates stay."""
    cursor.execute("UPDATE clients_holding SET contract_no = 'X' || id WHERE client_id = ANY(%s)", [ids])
    cursor.execute(
        "UPDATE clients_replaced r SET before = r.before - 'contract_no' FROM clients_holding h"
        " WHERE r.kind = 'holdings' AND r.row_id = h.id AND h.client_id = ANY(%s)",
        [ids],
    )
