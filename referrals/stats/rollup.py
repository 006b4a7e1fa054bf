"""The roll-up of locked days: a region's year is a sum of 73,000 rows, not of a million slips.

It is never trusted blindly. Triggers put every day into `StaleDay` whose sums something may have
changed: locked, reopened, a verdict, a deal, a merge. Those days are counted from the slips in the
same statement that reads the others here, so the answer always equals the raw count; `refresh`
folds them in, set-based, and empties the list.
"""

from django.db import connection, transaction

from ..rules.figures import MEASURES
from . import facts

MEASURED = (*MEASURES, "in_time")
#: Slips by the hour they were made in: a column each, since 24 sums of a row cost less than 24 rows.
HOURS = tuple(f"h{hour:02d}" for hour in range(24))
_COUNTED = {name: f"(total * (hour = {hour})::int)" for hour, name in enumerate(HOURS)}
_SUMS = ", ".join(
    (facts.sums(MEASURED), *(f"sum({counted})::int AS {name}" for name, counted in _COUNTED.items()))
)
LOCK = 7301  # advisory: one refresh at a time

#: Every branch whose rows go or come: those of the days, and those that deals of the days credit.
_FOLDED = """
    INSERT INTO referrals_figuresfolded (branch_id, times)
    SELECT branch_id, 1 FROM workdays_branchday WHERE id = ANY(%(days)s)
     UNION SELECT branch_id, 1 FROM referrals_dayfigure WHERE day_id = ANY(%(days)s)
     UNION SELECT slip.sender_branch_id, 1 FROM followups_deal deal
             JOIN referrals_dealcredit credit ON credit.deal_id = deal.id
             JOIN referrals_referral slip ON slip.id = credit.referral_id WHERE deal.day_id = ANY(%(days)s)
    ON CONFLICT (branch_id) DO UPDATE SET times = referrals_figuresfolded.times + 1
"""
_OF_DAYS = " AND day.id = ANY(%(days)s)"


def serves(question):
    """Whether the roll-up can answer: it knows branches, their regions and days only."""
    return set(question.only) <= {"branch", "region"}


def _source(columns=MEASURED):
    """Sums of the roll-up, and the slips of days it no longer speaks for."""
    names = ", ".join(columns)
    counted = ", ".join(f"{_COUNTED[name]} AS {name}" if name in _COUNTED else name for name in columns)
    reach = facts.reach("kept.branch_id")
    stale = " AND day.id IN (SELECT day_id FROM referrals_staleday)"
    of_slips = facts.facts(reached=True, in_time=True, where=stale)
    return f"""
        SELECT kept.branch_id, kept.date, {names} FROM referrals_dayfigure kept
         WHERE kept.date BETWEEN %(first)s AND %(last)s {reach}
           AND kept.day_id NOT IN (SELECT day_id FROM referrals_staleday)
         UNION ALL
        SELECT branch_id, date, {counted} FROM ({of_slips}) anew
    """


def ask(question, by):
    """Rows of the roll-up, told apart by branch, region, date or month."""
    sql = facts.grouped(_source(), by, only=question.only, measures=MEASURED)
    return facts.rows(sql, facts.parameters(question))


def heat(question):
    """Slips by weekday and hour: cells that hold any."""
    sql = facts.grouped(_source(HOURS), ("weekday",), only=question.only, measures=HOURS)
    return [
        {"weekday": row["weekday"], "hour": hour, "total": row[name]}
        for row in facts.rows(sql, facts.parameters(question))
        for hour, name in enumerate(HOURS)
        if row[name]
    ]


@transaction.atomic
def refresh():
    """Count the stale days anew and empty the list; returns how many days there were.

    Each statement sees what was committed before it: a day that turns stale meanwhile stays listed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("DELETE FROM referrals_staleday RETURNING day_id")
        days = sorted({day for (day,) in cursor.fetchall()})
        if days:
            _count(cursor, days)
    return len(days)


def rebuild():
    """Everything anew: after data came in past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO referrals_staleday (day_id) SELECT id FROM workdays_branchday")
    return refresh()


def _count(cursor, days):
    names = ", ".join((*MEASURED, *HOURS))
    of_slips = facts.facts(reached=True, in_time=True, where=_OF_DAYS)
    cursor.execute(_FOLDED, {"days": days})
    cursor.execute("DELETE FROM referrals_dayfigure WHERE day_id = ANY(%s)", [days])
    everywhere = {
        "everywhere": True, "branches": [], "paths": [], "days": days,
        "first": "-infinity", "last": "infinity",
    }  # fmt: skip
    cursor.execute(
        f"INSERT INTO referrals_dayfigure (day_id, branch_id, date, {names})"
        f" SELECT day_id, branch_id, date, {_SUMS} FROM ({of_slips}) facts"
        " GROUP BY day_id, branch_id, date",
        everywhere,
    )
