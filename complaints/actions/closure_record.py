"""Writing 优质客户异动销户记录表: measures, facts, days to win back, and the end of the case (W3-06)."""

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..models import Closure, ClosureMeasure, WinBack
from ..rules import account_tail
from ..rules import closures as rules
from ..rules.closures import CLOSURE_TRANSITIONS, ENDINGS, Measure, Result, State
from . import closure_news as news
from .closures import _event, locked, require

#: What `keep_record` may set.
FACTS = frozenset(
    {
        *("account", "product", "amount", "aum_before", "reason", "reason_note", "destination"),
        *("saved", "lost", "note", "accurate", "first_time"),
    }
)


@transaction.atomic
def add_measure(closure_id, *, by, kind, text=""):
    """Write down one thing that was done to keep the client."""
    closure = _writable(closure_id, by=by)
    if kind not in Measure.values:
        raise Refused(_("Choose the measure."), field="kind")
    if closure.state not in rules.KEEPING:
        raise Conflict(_("First decide that the client may be leaving us."), code="state")
    return ClosureMeasure.objects.create(closure=closure, kind=kind, text=text.strip(), by=by)


@transaction.atomic
def keep_record(closure_id, *, by, win_back=(), **facts):
    """Keep what is known so far; nothing has to be complete. Days to win back become plans."""
    closure = _writable(closure_id, by=by)
    _write(closure, facts, win_back, by=by)
    return closure


@transaction.atomic
def end(closure_id, *, by, result, win_back=(), **facts):
    """End the case: all that is missing stands beside its field, and nothing is written."""
    closure = _writable(closure_id, by=by)
    if result not in Result.values:
        _refuse_without_result(closure, facts, by=by)
    arrow = ENDINGS[result]
    require(arrow, closure, by=by)
    rules.check_heard(closure.state, result)
    CLOSURE_TRANSITIONS[arrow].check(closure.state)
    _write(closure, facts, win_back, by=by, save=False)
    _zeros(closure, result)
    wrong = rules.missing(closure, result, measures=closure.measures.exists())
    if wrong:
        raise Refused.many(wrong)
    before, closure.state, closure.result = closure.state, State.ENDED, result
    closure.ended_at, closure.ended_by = timezone.now(), by
    with pghistory.context(user=by.pk):
        closure.save()
    _event(closure, arrow, by=by, before=before, note="")
    news.ended(closure, by=by)
    return closure


def _refuse_without_result(closure, facts, *, by):
    """No result chosen: say so, together with what every record needs."""
    _write(closure, facts, (), by=by, save=False)
    wrong = rules.missing(closure, Result.SERVED, measures=True)
    raise Refused.many({**wrong, "result": _("Choose how the case ended.")})


def _zeros(closure, result):
    """What follows from the result by itself is not asked for."""
    if result == Result.KEPT and closure.lost is None:
        closure.lost = 0
    if result == Result.LOST and closure.saved is None:
        closure.saved = 0


def _writable(closure_id, *, by):
    closure = locked(closure_id, by=by)
    require("normal", closure, by=by)
    if closure.state == State.ENDED:
        raise Conflict(_("This case has ended; its record stays as it is."), code="state")
    if closure.claimed_at is None and closure.head_at is None:
        raise Conflict(_("Claim the case first."), code="state")
    return closure


def _write(closure, facts, win_back, *, by, save=True):
    unknown = set(facts) - FACTS
    if unknown:
        raise TypeError(f"A record has no {sorted(unknown)}.")
    rules.check_amounts({name: facts.get(name) for name in ("amount", "aum_before", "saved", "lost")})
    if "account" in facts:
        facts = {**facts, "account": account_tail.tail(facts["account"])}
    for name, value in facts.items():
        setattr(closure, name, value)
    if save:
        with pghistory.context(user=by.pk):
            closure.save()
    _plan_back(closure, win_back, by=by)


def _plan_back(closure, days, *, by):
    """Days that stand there already stay as they are."""
    days = sorted({day for day in days if day})
    there = set(closure.win_backs.values_list("on", flat=True))
    fresh = [day for day in days if day not in there]
    rules.check_win_back(fresh, today=clock.today())
    if fresh and closure.client.do_not_contact:
        raise Refused(_("This client does not want to be contacted."), field="win_back")
    owner = closure.manager or (by if by.has(Permission.WORK_FOLLOW_UP) else None)
    if fresh and owner is None:
        raise Refused(_("Name a manager for this client first; the day goes on a plan."), field="win_back")
    for day in fresh:
        WinBack.objects.create(closure=closure, on=day, by=by)
        news.plan_win_back(closure, day, by=by, owner=owner)


def reload(closure_id, *, by):
    """The case as a page shows it after a refusal."""
    return Closure.objects.visible_to(by).get(pk=closure_id)
