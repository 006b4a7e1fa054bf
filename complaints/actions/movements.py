"""The nightly watch (§7.4): movements in balances and contracts open cases, set-based, branch by branch.

A fact opens one case for good (`source_key`), and none while the client has one open: both are unique in the
database, so a second run, two workers, or a counter at the same moment change nothing more.
"""

import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from clients.models import Scorecard, TimelineEntry
from clients.rules import TimelineKind
from followups.models import PlanItem
from followups.rules import PlanKind
from rmflow.notices.actions import notify_each
from rmflow.staff.models import BANK_TIME, Branch, User
from rmflow.staff.permissions import Role

from ..models import Closure, ClosureEvent, ClosureRule, MovementRule
from ..rules import closures as rules
from ..rules.closures import MOVES, State, Trigger
from ..rules.complaint import RUNNING

UNSETTLED = gettext_noop(
    "{client}: a complaint is not settled, the client may leave. Claim the case by {due}."
)
FOUND = gettext_noop("{client}: {movement}, {amount} × 10,000 yuan. Claim the case by {due}.")
WAN = 10_000
#: Days for which an answer that did not satisfy the client counts as a complaint not settled.
UNHAPPY = 30
#: Why the client moves, where the fact says so by itself.
REASONS = {Trigger.COMPLAINT: "complaint"}
#: The newest assets of a client.
ASSETS = """LEFT JOIN LATERAL (
        SELECT COALESCE(b.point_amount, b.amount) AS aum FROM clients_monthlybalance b
         WHERE b.client_id = c.id ORDER BY b.month DESC LIMIT 1) assets ON true"""

#: Trigger → (client, key, amount, account, product) of each fact that passes its thresholds.
FACTS = {
    Trigger.DAY_OUT: f"""
        SELECT c.id AS client_id, 'day_out:' || c.id || ':' || gone.day AS key, gone.amount, assets.aum,
               '' AS account, NULL::bigint AS product_id
          FROM clients_client c
          JOIN (SELECT client_id, day, sum(amount) AS amount FROM (
                    SELECT h.client_id, h.ended_on AS day, h.amount FROM clients_holding h
                     WHERE h.ended_on >= %(night)s - %(days)s AND h.ended_on < %(night)s
                    UNION ALL
                    SELECT h.client_id, h.opened_on, -h.amount FROM clients_holding h
                      JOIN clients_client o ON o.id = h.client_id AND o.branch_id = %(branch)s
                     WHERE h.opened_on >= %(night)s - %(days)s AND h.opened_on < %(night)s) moves
                 GROUP BY client_id, day) gone ON gone.client_id = c.id
          {ASSETS}
         WHERE gone.amount > 0 AND (gone.amount >= %(amount)s OR gone.amount >= assets.aum * %(share)s / 100)""",
    Trigger.MONTH_DROP: """
        SELECT c.id AS client_id, 'month_drop:' || c.id || ':' || now_.month AS key,
               before.amount - now_.amount AS amount, before.amount AS aum, '' AS account,
               NULL::bigint AS product_id
          FROM clients_client c
          JOIN clients_monthlybalance now_ ON now_.client_id = c.id AND now_.month = %(month)s
          JOIN LATERAL (
            SELECT avg(b.amount) AS amount, count(*) AS months FROM clients_monthlybalance b
             WHERE b.client_id = c.id AND b.month < %(month)s
               AND b.month >= %(month)s - interval '3 months') before ON before.months = 3
         WHERE now_.amount <= before.amount * (100 - %(share)s) / 100
           AND (%(amount)s IS NULL OR before.amount - now_.amount >= %(amount)s)""",
    Trigger.BELOW_TIER: """
        SELECT c.id AS client_id, 'below_tier:' || c.id || ':' || now_.month AS key,
               tier.minimum - now_.point_amount AS amount, now_.amount AS aum, '' AS account,
               NULL::bigint AS product_id
          FROM clients_client c
          JOIN clients_tierrule tier ON tier.scorecard_id = %(scorecard)s AND tier.code = c.tier AND tier.premium
          JOIN clients_monthlybalance now_ ON now_.client_id = c.id AND now_.month = %(month)s
         WHERE now_.point_amount < tier.minimum
           AND (%(share)s IS NULL OR tier.minimum - now_.point_amount >= tier.minimum * %(share)s / 100)
           AND (%(amount)s IS NULL OR tier.minimum - now_.point_amount >= %(amount)s)""",
    Trigger.MATURING: f"""
        SELECT c.id AS client_id, 'maturing:' || h.id AS key, h.amount, assets.aum, '****' || h.tail AS account,
               h.product_id
          FROM clients_client c
          JOIN clients_holding h ON h.client_id = c.id AND h.ended_on IS NULL
           AND h.matures_on BETWEEN %(night)s AND %(night)s + %(days)s
          {ASSETS}
         WHERE (%(amount)s IS NULL OR h.amount >= %(amount)s)
           AND NOT EXISTS (SELECT 1 FROM followups_planitem p WHERE p.client_id = c.id AND p.state = 'open'
                           AND p.plan_on <= h.matures_on)""",
    Trigger.COMPLAINT: f"""
        SELECT c.id AS client_id, 'complaint:' || k.id AS key, NULL::numeric AS amount, assets.aum, '' AS account,
               k.product_id
          FROM clients_client c
          JOIN complaints_complaint k ON k.client_id = c.id
           AND (k.status = ANY(%(running)s) AND k.due_on + %(days)s < %(night)s
                OR k.satisfaction = 'not' AND k.replied_at >= %(night)s - {UNHAPPY})
           AND NOT EXISTS (SELECT 1 FROM complaints_recusal r WHERE r.complaint_id = k.id)
          {ASSETS}""",
}  # fmt: skip
OPEN_CASES = """
    INSERT INTO complaints_closure (client_id, branch_id, manager_id, backup_id, tier, level, movement,
        suspicion, found, found_at, found_on, trigger, source_key, state, claim_due_at, assessment, called,
        account, product_id, amount, aum_before, reason, reason_note, note, result)
    SELECT c.id, c.branch_id, c.owner_id, c.backup_id, c.tier, c.level, %(movement)s, 'churn', 'system',
        %(now)s, %(night)s, %(trigger)s, fact.key, 'flagged', %(due)s, '', '', fact.account, fact.product_id,
        round(fact.amount, 2), fact.aum, %(reason)s, '', '', ''
      FROM ({facts}) fact JOIN clients_client c ON c.id = fact.client_id
     WHERE c.branch_id = %(branch)s AND c.type = 'existing_premium'
       AND NOT EXISTS (SELECT 1 FROM complaints_closure o WHERE o.client_id = c.id AND o.state <> 'ended')
     ORDER BY c.id, fact.amount DESC
    ON CONFLICT DO NOTHING RETURNING id"""


def watch(*, night, now, calendar):
    """Every branch in a transaction of its own; {"cases": n}."""
    watched = [rule for rule in MovementRule.objects.filter(active=True) if rule.trigger in FACTS]
    if not watched:
        return {"cases": 0}
    hours = dict(ClosureRule.objects.values_list("branch", "night_claim_at"))
    card = Scorecard.objects.in_force().first()
    count = 0
    for branch in Branch.objects.outlets().order_by("pk"):
        at = hours.get(branch.pk, rules.NIGHT_CLAIM_AT)
        due = rules.night_claim_due_at(night, at=at, calendar=calendar, zone=BANK_TIME)
        count += watch_branch(branch, watched, night=night, now=now, due=due, card=card)
    return {"cases": count}


@transaction.atomic
def watch_branch(branch, watched, *, night, now, due, card):
    """One statement a rule opens the cases of a branch; a few more tell of them. How many."""
    made, last = [], night.replace(day=1) - datetime.timedelta(days=1)
    order = list(FACTS)
    for rule in sorted(watched, key=lambda rule: order.index(rule.trigger)):
        values = {
            "branch": branch.pk,
            "night": night,
            "now": now,
            "due": due,
            "month": last.replace(day=1),
            "trigger": rule.trigger,
            "movement": MOVES[rule.trigger].value,
            "reason": REASONS.get(rule.trigger, ""),
            "days": rule.days or 0,
            "running": list(RUNNING),
            "share": rule.share,
            "amount": rule.amount,
            "scorecard": card and card.pk,
        }
        with connection.cursor() as cursor:
            cursor.execute(OPEN_CASES.format(facts=FACTS[rule.trigger]), values)
            made += [pk for (pk,) in cursor.fetchall()]
    if made:
        _tell(branch, made, now)
    return len(made)


def _tell(branch, made, now):
    """Events, timeline, plans and bells of many cases: one statement each."""
    rows = Closure.objects.filter(pk__in=made).select_related("client", "manager", "backup").order_by("pk")
    rows = list(rows)
    ClosureEvent.objects.bulk_create(
        ClosureEvent(closure=row, name="flag", state_to=State.FLAGGED, at=now) for row in rows
    )
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            client=row.client,
            kind=TimelineKind.CLOSURE,
            at=now,
            branch=branch,
            data={"number": row.number, "movement": row.movement},
            link=f"/closures/{row.pk}/",
        )
        for row in rows
    )
    PlanItem.objects.bulk_create(
        [_plan(row, branch) for row in rows if row.manager_id], ignore_conflicts=True
    )
    staff = _Staff(branch)
    for words, told in (
        (FOUND, [row for row in rows if row.trigger != Trigger.COMPLAINT]),
        (UNSETTLED, [row for row in rows if row.trigger == Trigger.COMPLAINT]),
    ):
        messages = [
            (person, f"closure:{row.pk}:flag", _facts(row), f"/closures/{row.pk}/")
            for row in told
            for person in staff.of(row)
        ]
        if messages:
            notify_each(messages, "closure", words)


class _Staff:
    """Who hears of a case of the night; the branch's people are read once."""

    def __init__(self, branch):
        self.managers = list(User.objects.holding_at(branch.pk, Role.WEALTH_MANAGER))
        self.heads = list(User.objects.holding_at(branch.pk, Role.BRANCH_HEAD))

    def of(self, row):
        people = [person for person in (row.manager, row.backup) if person is not None]
        return people or [*self.managers, *self.heads]


def _facts(row):
    amount = f"{(row.amount or 0) / WAN:,.2f}"
    movement = rules.Movement(row.movement).label
    return {
        "client": row.client.addressed_as,
        "movement": movement,
        "amount": amount,
        "due": row.claim_due_at,
    }


def _plan(row, branch):
    due = row.claim_due_at.astimezone(BANK_TIME)
    return PlanItem(
        owner=row.manager,
        branch=branch,
        client=row.client,
        kind=PlanKind.CLOSURE,
        source_key=f"closure:{row.pk}",
        plan_on=due.date(),
        at=due.time(),
        must_by=due.date(),
        purpose=str(rules.Movement(row.movement).label),
        link=f"/closures/{row.pk}/",
    )
