"""Who hears of a closure: bell, plan, work log, timeline. The manager at once, the head when called."""

from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.models import MonthlyBalance
from clients.rules import TimelineKind
from followups.actions import log, plans, sources
from followups.models import DayEntry
from followups.rules import PlanKind
from rmflow.notices.actions import notify, notify_each
from rmflow.staff.models import BANK_TIME, User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock

from ..rules.closures import Movement, Result, Suspicion

FLAGGED = gettext_noop("{client} at {branch}: {movement}, {judged}. Claim the case by {due}.")
FLAGGED_OUTSIDE = gettext_noop("A client of yours may be leaving; claim the case {number} by {due}.")
AGAIN = gettext_noop("{client} is at the counter of {branch} again: {movement}.")
WENT_ON = gettext_noop("{client}: the counter of {branch} went on as the client wished.")
CALLED = gettext_noop("{client}: {manager} cannot hold the client and asks you to step in.")
UNCLAIMED = gettext_noop("{client}: nobody claimed the case in time; please step in.")
CALLED_OUTSIDE = gettext_noop("You are called in for the case {number}.")
CLAIMED = gettext_noop("{name} takes care of {client}.")
STEPPED_IN = gettext_noop("{name} steps in for {client}.")
SERVE = gettext_noop("{client}: ordinary closure, please serve quickly.")
ENDED = gettext_noop("{client}: {result}.")


def link(closure):
    return f"/closures/{closure.pk}/"


def assets_of(client):
    """The newest balance on record: what the client had before; None when nothing is known."""
    newest = MonthlyBalance.objects.filter(client=client).order_by("-month").first()
    return newest and (newest.amount if newest.point_amount is None else newest.point_amount)


def looking_after(closure):
    """Whose case it is: manager and backup; where there is none, the managers of the branch."""
    people = [person for person in (closure.manager, closure.backup) if person is not None]
    return people or list(User.objects.holding_at(closure.branch_id, Role.WEALTH_MANAGER))


def heads(closure):
    """The head of the branch; where that post is vacant, the heads of the region above."""
    here = list(User.objects.holding_at(closure.branch_id, Role.BRANCH_HEAD))
    return here or list(User.objects.holding_above(closure.branch, Role.REGION_HEAD))


def counters(closure):
    """Those at the counter who reported the case."""
    return [flag.by for flag in closure.flags.select_related("by")]


def flagged(closure, seen, *, again):
    """The manager at once, with the time by which to claim; the head too when there is no manager."""
    people = looking_after(closure) + (heads(closure) if closure.manager_id is None else [])
    params = {
        "client": closure.client.addressed_as,
        "branch": seen.branch.name,
        "movement": Movement(seen.movement).label,
        "judged": Suspicion(seen.suspicion).label,
        "due": closure.claim_due_at,
        "number": closure.number,
    }
    others = [person for person in people if person.pk != seen.by_id]
    notify(
        others,
        "closure",
        AGAIN if again else FLAGGED,
        key=f"closure:{closure.pk}:flag:{seen.pk}",
        link=link(closure),
        channels=("bell",) if again else ("bell", "email"),
        urgent=True,
        params=params,
        outside="" if again else FLAGGED_OUTSIDE,
    )
    if not again:
        plan(closure)
        _noted(closure, by=seen.by, branch=seen.branch, data={"movement": seen.movement})


def plan(closure):
    """The case stands on the manager's day until it ends."""
    if closure.manager is None:
        return
    due = closure.claim_due_at.astimezone(BANK_TIME)
    plans.plan(
        owner=closure.manager,
        branch=closure.branch,
        client=closure.client,
        kind=PlanKind.CLOSURE,
        source_key=f"closure:{closure.pk}",
        plan_on=due.date(),
        at=due.time().replace(second=0, microsecond=0),
        must_by=due.date(),
        purpose=Movement(closure.movement).label,
        link=link(closure),
    )


def settle_plan(closure, *, by):
    """The case ended: its line goes off the manager's day in the same transaction."""
    sources.settle(f"closure:{closure.pk}", kind=PlanKind.CLOSURE, by=by)


def plan_win_back(closure, day, *, by, owner):
    plans.plan(
        owner=owner,
        branch=closure.branch,
        client=closure.client,
        kind=PlanKind.WIN_BACK,
        source_key=f"win:{closure.pk}",
        plan_on=day,
        channel="phone",
        purpose=PlanKind.WIN_BACK.label,
        link=link(closure),
    )


def _noted(closure, *, by, branch, data):
    clients.note(
        closure.client,
        TimelineKind.CLOSURE,
        by=by,
        branch=branch,
        data={"number": closure.number, **data},
        link=link(closure),
    )


def _say(people, closure, text, what, *, by, outside="", urgent=False, **params):
    people = [person for person in people if by is None or person.pk != by.pk]
    notify(
        people,
        "closure",
        text,
        key=f"closure:{closure.pk}:{what}",
        link=link(closure),
        channels=("bell", "email") if outside else ("bell",),
        urgent=urgent,
        params={"client": closure.client.addressed_as, "number": closure.number, **params},
        outside=outside,
    )


def went_on(closure, seen):
    """The manager knows that the client was served; the record shows both."""
    people = looking_after(closure)
    what = f"went_on:{seen.pk}"
    _say(people, closure, WENT_ON, what, by=seen.went_on_by, branch=seen.branch.name, urgent=True)


def moved(closure, name, *, by):
    """What each step tells, and to whom."""
    if name == "claim":
        log.enter(by, DayEntry.Kind.CLOSURE, client=closure.client, link=link(closure))
        people = counters(closure) + [p for p in (closure.manager, closure.backup) if p is not None]
        _say(people, closure, CLAIMED, "claim", by=by, name=by.name)
    elif name == "normal":
        _say(counters(closure), closure, SERVE, "serve", by=by, urgent=True)
    elif name == "call_head":
        called = {"by": by, "outside": CALLED_OUTSIDE, "urgent": True, "manager": by.name}
        calls = closure.events.filter(name="call_head").count()
        _say(heads(closure), closure, CALLED, f"head:{calls}", **called)
    elif name == "step_in":
        _say(looking_after(closure), closure, STEPPED_IN, "step_in", by=by, name=by.name)


def climbed(rows):
    """Each head hears of the cases of the branch nobody claimed: a few statements however many."""
    by_branch = {}
    for row in rows:
        if row.branch_id not in by_branch:
            by_branch[row.branch_id] = heads(row)
    messages = [
        (head, f"closure:{row.pk}:climb", _facts(row), link(row))
        for row in rows
        for head in by_branch[row.branch_id]
    ]
    channels = ("bell", "email")
    notify_each(messages, "closure", UNCLAIMED, channels=channels, urgent=True, outside=CALLED_OUTSIDE)


def _facts(row):
    return {"client": row.client.addressed_as, "number": row.number}


def ended(closure, *, by):
    """The counter and the manager hear how it ended; the client's timeline keeps it."""
    settle_plan(closure, by=by)
    log.enter(by, DayEntry.Kind.CLOSURE, client=closure.client, link=link(closure), on=clock.today())
    _noted(closure, by=by, branch=closure.branch, data={"result": closure.result})
    people = counters(closure) + looking_after(closure)
    _say(people, closure, ENDED, "end", by=by, result=Result(closure.result).label)
