"""Questions of 推介统计: one question, one function, one statement, plain rows (W1-10, W1-12)."""

from django.db.models import Q

from followups.models import Deal
from rmflow.workdays.models import BranchDay

from ..models import Referral
from ..rules import CheckResult, Status
from ..rules.credit import COUNTED
from ..rules.figures import empty
from . import facts, rollup


def total(question):
    """The whole: every deal once, whoever shares in it."""
    return (facts.ask(question, reached=True) or [empty()])[0]


def by_employee(question):
    """A row for each person, role and branch of that moment (B-04); 双算 gives both all of a deal."""
    return facts.ask(question, ("employee", "role", "branch"), people=True)


def by_role(question):
    return facts.ask(question, ("role",))


def by_channel(question):
    return facts.ask(question, ("channel",))


def by_hour(question):
    """By the hour a slip was made, in the bank's time."""
    return facts.ask(question, ("hour",))


def by_weekday_and_hour(question):
    """The heat map; the weekday is that of the business date."""
    return facts.ask(question, ("weekday", "hour"))


def by_day(question):
    return facts.ask(question, ("date",))


def by_month(question):
    return facts.ask(question, ("month",))


def by_branch(question):
    """A row for each branch one reaches, out of the roll-up while no filter needs the slips themselves."""
    return rollup.by_branch(question) if rollup.serves(question) else facts.ask(question, ("branch",))


def by_branch_and_month(question):
    """A year of a region, month by month."""
    if rollup.serves(question):
        return rollup.by_branch_and_month(question)
    return facts.ask(question, ("branch", "month"))


def cohorts(question):
    """By the month a slip counts in, with every deal it brought until now, whenever that was."""
    return facts.ask(question, ("made_month",), cohort=True)


IN_TIME = """
    SELECT count(*) AS to_follow_up, count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM followups_planitem item
                 JOIN followups_contact talk ON talk.record_id = slip.follow_up_id
                WHERE item.source_key = 'referral:' || slip.id || ':first' AND item.kind = 'follow_up'
                  AND (talk.at AT TIME ZONE 'Asia/Shanghai')::date <= coalesce(item.must_by, item.plan_on)
                  AND talk.at >= slip.filed_at)) AS in_time
      FROM workdays_branchday day
      JOIN referrals_referral slip ON slip.counted_on_id = day.id
     WHERE day.closed_at IS NOT NULL AND slip.status = 'to_follow_up'
       AND day.date BETWEEN %(first)s AND %(last)s
"""


def first_contacts(question):
    """首次联系及时率: slips to follow up whose first contact came by its last day."""
    sql, columns = (
        IN_TIME + facts.reach("day.branch_id"),
        {
            "employee": "slip.referrer_id",
            "role": "slip.referrer_role",
            "channel": "slip.source_channel",
            "branch": "day.branch_id",
        },
    )
    for name in question.only:
        if name in columns:
            sql += f" AND {columns[name]} = %(only_{name})s"
    return facts.rows(sql, facts.parameters(question))[0]


def days(question):
    """The business days of the period, by date and branch, and whether each is locked."""
    return list(
        BranchDay.objects.filter(question.scope.q("branch"), date__range=(question.first, question.last))
        .order_by("date", "branch__path")
        .values("pk", "date", "branch_id", "branch__name", "closed_at", "ended_at")
    )


#: What each measure counts, for the rows behind it.
VERDICTS = {
    "premium": "existing_premium",
    "potential": "existing_potential",
    "prospective": "prospective_premium",
    "ordinary": "ordinary",
}
TRUE = (CheckResult.MATCHED, CheckResult.CORRECTED)
SLIPS_OF = {
    "total": Q(),
    "referred": Q(status=Status.REFERRED),
    "to_follow_up": Q(status=Status.TO_FOLLOW_UP),
    "verified": Q(check_result__in=TRUE),
    "repeats": Q(check_result=CheckResult.REPEAT),
    "invalid": Q(check_result=CheckResult.INVALID),
    "good": Q(
        check_result__in=TRUE, outcome__in=("existing_premium", "existing_potential", "prospective_premium")
    ),
    **{name: Q(check_result__in=TRUE, outcome=value) for name, value in VERDICTS.items()},
}
DEALS_OF = {
    "deals": Q(),
    "spot_deals": Q(credit__referral__status=Status.REFERRED),
    "follow_deals": Q(credit__referral__status=Status.TO_FOLLOW_UP),
    "converted": Q(credit__referral__status=Status.TO_FOLLOW_UP, credit__is_first=True),
}


def slips(question, measure="total"):
    """The slips behind a figure, in the order they were made."""
    found = Referral.objects.filter(
        question.scope.q("counted_on__branch"),
        status__in=COUNTED,
        counted_on__closed_at__isnull=False,
        counted_on__date__range=(question.first, question.last),
    ).with_outcome()
    names = {"employee": "referrer_id", "role": "referrer_role", "channel": "source_channel",
             "branch": "counted_on__branch_id", "date": "counted_on__date", "hour": "referred_at__hour",
             "weekday": "counted_on__date__iso_week_day"}  # fmt: skip
    for name, value in question.only.items():
        found = found.filter(**{names[name]: value})
    return (
        found.filter(SLIPS_OF[measure])
        .with_people()
        .select_related("counted_on")
        .order_by("referred_at", "pk")
    )


def deals(question, measure="deals"):
    """The deals behind a figure. Of a person: those referred and, by 双算, those sold."""
    found = Deal.objects.filter(
        question.scope.q("credit__referral__sender_branch"),
        credit__isnull=False,
        day__closed_at__isnull=False,
        day__date__range=(question.first, question.last),
    )
    slip = "credit__referral__"
    names = {"role": f"{slip}referrer_role", "channel": f"{slip}source_channel", "branch": f"{slip}sender_branch_id",
             "date": "day__date", "hour": f"{slip}referred_at__hour", "weekday": "day__date__iso_week_day"}  # fmt: skip
    only = dict(question.only)
    person = only.pop("employee", None)
    if person is not None:
        role = only.pop("role", None)
        as_referrer = Q(credit__referrer_id=person)
        as_manager = Q(credit__manager_id=person) & ~Q(credit__referrer_id=person)
        if role:
            as_referrer &= Q(**{f"{slip}referrer_role": role})
            as_manager = as_manager if role == "wealth_manager" else Q(pk__in=[])
        found = found.filter(as_referrer | as_manager)
    for name, value in only.items():
        found = found.filter(**{names[name]: value})
    people = ("product", "client", "manager", "day", "branch", f"{slip}referrer")
    return found.filter(DEALS_OF[measure]).select_related(*people).order_by("done_on", "pk")
