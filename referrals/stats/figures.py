"""Questions of 推介统计: one question, one function, one statement, plain rows (W1-10, W1-12)."""

from rmflow.workdays.models import BranchDay

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
    return rollup.ask(question, ("branch",)) if rollup.serves(question) else facts.ask(question, ("branch",))


def by_region(question):
    """A row for each unit the branches belong to: what a head office compares."""
    return rollup.ask(question, ("region",)) if rollup.serves(question) else facts.ask(question, ("region",))


def heat_of_branches(question):
    """The heat map of many branches, out of the roll-up."""
    return rollup.heat(question) if rollup.serves(question) else by_weekday_and_hour(question)


def days_of_branches(question):
    """By day over many branches, out of the roll-up: the trend of a region."""
    return rollup.ask(question, ("date",)) if rollup.serves(question) else by_day(question)


def total_of_branches(question):
    """The whole of many branches out of the roll-up."""
    if not rollup.serves(question):
        return total(question)
    return (rollup.ask(question, ()) or [empty()])[0]


def by_branch_and_month(question):
    """A year of a region, month by month."""
    if rollup.serves(question):
        return rollup.ask(question, ("branch", "month"))
    return facts.ask(question, ("branch", "month"))


def cohorts(question):
    """By the month a slip counts in, with every deal it brought until now, whenever that was."""
    return facts.ask(question, ("made_month",), cohort=True)


IN_TIME = f"""
    SELECT count(*) AS to_follow_up, count(*) FILTER (WHERE {facts.IN_TIME}) AS in_time
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
            "region": "(SELECT parent_id FROM staff_branch place WHERE place.id = day.branch_id)",
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
