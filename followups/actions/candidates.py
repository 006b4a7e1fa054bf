"""First identification by data (W1-13): found by branch at night, taken or dismissed by a manager by day."""

import datetime

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, MonthlyBalance
from clients.rules import ORDINARY_SUPPRESSES_DAYS, ClientType
from clients.scoring.months import first_of
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import candidate_rules as rules
from ..models import Candidate, CandidateRule, FollowUp
from ..rules import LIVE
from . import records

#: Who is none of the rules' business: known types, do-not-contact, not to be evaluated, followed up already,
#: judged lately, at rest.
LEFT_OUT = """
    c.branch_id = %(branch)s AND c.merged_into_id IS NULL AND NOT c.do_not_contact AND NOT c.no_profiling
    AND c.restricted_at IS NULL AND c.erased_at IS NULL AND c.type <> ALL(%(known)s)
    AND NOT EXISTS (SELECT FROM followups_followup r WHERE r.client_id = c.id AND r.status = ANY(%(live)s))
    AND NOT EXISTS (SELECT FROM clients_verdict v WHERE v.client_id = c.id AND v.type = %(ordinary)s
        AND v.at > %(judged_after)s)
    AND NOT EXISTS (SELECT FROM followups_candidate d WHERE d.client_id = c.id
        AND d.rests_until >= %(today)s AND d.state IN ('taken', 'dismissed'))
"""
FIND = """
    WITH named AS ({parts}), best AS (
        SELECT client_id, array_agg(code ORDER BY place) AS rules, jsonb_object_agg(code, amount) AS figures,
            max(amount) AS amount, bool_or(suggests = 'premium') AS premium
          FROM named GROUP BY client_id)
    INSERT INTO followups_candidate (client_id, branch_id, rules, figures, suggests, amount, found_on, seen_on,
        state, reason, created_at)
    SELECT client_id, %(branch)s, rules, figures, CASE WHEN premium THEN 'premium' ELSE 'potential' END, amount,
        %(today)s, %(today)s, 'open', '', now()
      FROM best ORDER BY client_id
    ON CONFLICT (client_id) WHERE state = 'open' DO UPDATE SET branch_id = EXCLUDED.branch_id,
        rules = EXCLUDED.rules, figures = EXCLUDED.figures, suggests = EXCLUDED.suggests,
        amount = EXCLUDED.amount, seen_on = EXCLUDED.seen_on
"""
GONE = """
    UPDATE followups_candidate SET state = 'gone', settled_at = now()
     WHERE branch_id = %(branch)s AND state = 'open' AND seen_on < %(today)s
"""
LOCK = 7204  # advisory lock, with the number of the branch


@transaction.atomic
def find(branch_id, *, today) -> int:
    """Let the rules look at one branch: two statements, the same result however often they run."""
    used = list(CandidateRule.objects.filter(active=True).order_by("pk"))
    values = _values(branch_id, used, today)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, branch_id])
        named = 0
        if used:
            parts = " UNION ALL ".join(_part(place, rule) for place, rule in enumerate(used))
            cursor.execute(FIND.format(parts=parts), values)
            named = cursor.rowcount
        cursor.execute(GONE, values)
    return named


def _part(place, rule):
    amount, rest = rules.SOURCES[rule.code]
    return (
        f"SELECT c.id AS client_id, '{rule.code}' AS code, {place} AS place, '{rule.suggests}' AS suggests,"
        f" {amount} AS amount FROM clients_client c {rest} AND {LEFT_OUT}"
    )


def _values(branch_id, used, today):
    last = first_of(today, back=1)
    month = MonthlyBalance.objects.filter(month__lte=last).aggregate(newest=Max("month"))["newest"] or last
    maturing = next((rule.days for rule in used if rule.code == rules.RuleCode.MATURING), 0)
    return {
        "branch": branch_id,
        "today": today,
        "month": month,
        "before": first_of(month, back=1),
        "maturing_until": today + datetime.timedelta(days=maturing or 0),
        "known": list(rules.KNOWN_TYPES),
        "live": list(LIVE),
        "ordinary": ClientType.ORDINARY,
        "judged_after": clock.now() - datetime.timedelta(days=ORDINARY_SUPPRESSES_DAYS),
        **{rule.code: rule.threshold for rule in used},
    }


def _locked(pk, by):
    """An open candidate one may settle: one's own client's, or a pool client's of one's branch."""
    row = (
        Candidate.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("client", "branch")
        .get(pk=pk)
    )
    permissions.require(by, Permission.JUDGE_CLIENT)
    if row.client.owner_id and not row.client.is_looked_after_by(by):
        raise PermissionDenied(_("Only the client's manager or the backup works this client."))
    return row


@transaction.atomic
def take(pk, *, by) -> Candidate:
    """Open the follow-up record and put the first contact on the plan; whoever comes second is told."""
    row = _locked(pk, by)
    rules.TRANSITIONS["take"].check(row.state)
    client = Client.objects.select_for_update(of=("self",), no_key=True).get(pk=row.client_id)
    if client.do_not_contact:
        raise Refused(_("This client does not want to be contacted."))
    other = (
        FollowUp.objects.live().filter(client=client).exclude(manager=by).select_related("manager").first()
    )
    if other:
        raise Conflict(_("{name} follows this client up already.").format(name=other.manager.name))
    words = [str(rules.RuleCode(code).label) for code in row.rules]
    row.record = records.open_record(
        client,
        by,
        by=by,
        branch=row.branch,
        source_key=f"candidate:{row.pk}",
        purpose="；".join(words)[:200],
        needs="；".join(words)[:500],
    )
    return _settle(row, "take", by, rests_until=rules.rests_until(clock.today(), rules.REST_DAYS))


@transaction.atomic
def dismiss(pk, *, by, reason) -> Candidate:
    """Leave the client in peace for the set time, with a reason."""
    row = _locked(pk, by)
    rules.TRANSITIONS["dismiss"].check(row.state)
    row.reason = rules.check_reason(reason)
    kept = CandidateRule.objects.filter(code__in=row.rules).aggregate(days=Max("rest_days"))["days"]
    return _settle(row, "dismiss", by, rests_until=rules.rests_until(clock.today(), kept or rules.REST_DAYS))


def _settle(row, name, by, *, rests_until):
    row.state = rules.TRANSITIONS[name].target
    row.settled_at, row.settled_by, row.rests_until = timezone.now(), by, rests_until
    row.save(update_fields=["state", "settled_at", "settled_by", "rests_until", "reason", "record"])
    return row


def branches() -> list[int]:
    """Branches that have clients: the chunks of the nightly search."""
    return sorted(Client.objects.standing().values_list("branch_id", flat=True).distinct().order_by())
