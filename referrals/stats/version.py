"""Whether the figures of a branch may have changed: a few values that do when they do.

A day locked or reopened, a slip checked anew, a verdict, a contact, a deal and a merge put the day on the list of
stale days (`counted`), and folding the list in counts up. Not in it: names of staff, for which a kept page is
simply not kept longer than a minute.
"""

from rmflow.doors.rows import Prepared

_STATEMENT = Prepared(
    "figures_version",
    "bigint[]",
    """
    SELECT (SELECT sum(times) FROM referrals_figuresfolded WHERE branch_id = ANY($1)),
           (SELECT max(stale.id) FROM referrals_staleday stale JOIN workdays_branchday day ON day.id = stale.day_id
             WHERE day.branch_id = ANY($1)),
           (SELECT max(date) FROM workdays_branchday WHERE branch_id = ANY($1)),
           (SELECT (count(*), max(compiled_at), max(signed_at), max(changed_at)) FROM referrals_monthreport
             WHERE branch_id = ANY($1))::text
    """,
)


def of(branch_ids):
    """The version of these branches' figures; anything that compares equal while nothing changed."""
    [row] = _STATEMENT.rows(sorted(branch_ids))
    return tuple(row)
