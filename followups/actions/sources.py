"""Plan items that another sub-process owns (a complaint to answer): kept, moved and settled by the source.

Called inside the source's transaction. The item carries a number and a link, no text of the case.
"""

from django.utils import timezone

from ..models import PlanEvent, PlanItem
from ..rules import PlanState


def keep(source_key, *, owner, branch, kind, plan_on, purpose, link, by):
    """Let `owner` have exactly one open item for the source: made, moved to another day or person."""
    items = list(PlanItem.objects.filter(source_key=source_key, kind=kind).select_for_update(of=("self",)))
    wanted = {"owner": owner, "branch": branch, "plan_on": plan_on, "must_by": plan_on, "purpose": purpose}
    standing = next((item for item in items if item.state == PlanState.OPEN), None)
    known = next((item for item in items if item.plan_on == plan_on), None)
    if standing is not None and known not in (None, standing):
        _put(standing, PlanState.DROPPED, by=by)
        standing = None
    item = standing or known
    if item is None:
        return PlanItem.objects.create(source_key=source_key, kind=kind, link=link, **wanted)
    before = (item.state, item.plan_on)
    for name, value in wanted.items():
        setattr(item, name, value)
    item.state, item.settled_at = PlanState.OPEN, None
    item.save(update_fields=[*wanted, "state", "settled_at"])
    if before != (item.state, item.plan_on):
        _note(item, before, by=by)
    return item


def settle(source_key, *, kind, by, done=True):
    """The source is settled: its open item is done, or dropped."""
    items = PlanItem.objects.open().filter(source_key=source_key, kind=kind)
    for item in items.select_for_update(of=("self",)):
        _put(item, PlanState.DONE if done else PlanState.DROPPED, by=by)


def _put(item, state, *, by):
    before = (item.state, item.plan_on)
    item.state, item.settled_at = state, timezone.now()
    item.save(update_fields=["state", "settled_at"])
    _note(item, before, by=by)


def _note(item, before, *, by):
    PlanEvent.objects.create(
        item=item,
        name="source",
        state_from=before[0],
        state_to=item.state,
        on_from=before[1],
        on_to=item.plan_on,
        by=by,
    )
