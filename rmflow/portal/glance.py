"""What the shell shows beside a page: what waits for the person, and how the branch's day stands.

All of it is asked of Valkey in one trip and kept there for some seconds, so that a page costs no query for it.
"""

import datetime

from django.core.cache import cache
from django.db.models import Q
from django.utils.translation import gettext as _

from complaints.models import Closure, Complaint
from complaints.stats.complaint import extensions
from followups.models import PlanItem
from referrals import closing
from referrals.models import Referral
from rmflow.notices import bell
from rmflow.staff.models import Branch, RoleHolding
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock, current
from rmflow.workdays.rules import short_day, weekday

COUNTS_KEPT = 10  # seconds; the bell brings news sooner
HOURS_KEPT = 60  # seconds


def kept(user, now, further=""):
    """What Valkey still knows, for the functions below, and under a `further` key."""
    mine = [_counts_key(user), *bell.keys(user.pk)]
    ours = [_hours_key(user.branch, now.date()), _late_key(user.branch)]
    return cache.get_many([*mine, *ours, *([further] if further else [])])


def day_line(branch, now, kept):
    """Date, weekday, 班 when so, open or closed, time to closing; amber when closing is late."""
    today = now.date()
    calendar = current.calendar()
    line = {
        "date": f"{short_day(today)} {weekday(today)}",
        "make_up": today.weekday() >= 5 and _is_working(calendar, today),
        "state": "",
        "note": "",
        "late": False,
    }
    if branch is None or branch.kind != Branch.Kind.BRANCH:
        return line
    hours = _hours(branch, today, kept)
    if hours is None:
        return line | {"state": _("Closed today")}
    opens, closes = hours
    if _is_late(branch, now, kept):
        return line | {"state": _("After closing time"), "note": _("the day is not locked"), "late": True}
    if now.time() < opens:
        return line | {"state": _("Opens at {time}").format(time=f"{opens:%H:%M}")}
    if now.time() >= closes:
        return line | {"state": _("After closing time")}
    left = datetime.datetime.combine(today, closes) - datetime.datetime.combine(today, now.time())
    hour, minute = divmod(int(left.total_seconds() // 60), 60)
    note = _("{hour} h {minute} min to closing").format(hour=hour, minute=minute)
    return line | {"state": _("Open for business"), "note": note}


def _is_working(calendar, day):
    return calendar.days.get(day, ("",))[0] == "work"


def _hours_key(branch, day):
    return f"hours:{branch.pk if branch else 0}:{day}"


def _hours(branch, day, kept):
    """Opening and closing time of `day`, from what the cache `kept`, else from the table."""
    key = _hours_key(branch, day)
    found = kept.get(key)
    if found is None:
        found = current.opening(branch).hours(day) or ()
        cache.set(key, found, HOURS_KEPT)
    return found or None


def _late_key(branch):
    return f"late:{branch.pk if branch else 0}"


def _is_late(branch, now, kept):
    """Whether a day of the branch waits to be locked past its hour; looked at once a minute."""
    found = kept.get(_late_key(branch))
    if found is None:
        found = closing.is_late(branch, now=now)
        cache.set(_late_key(branch), found, HOURS_KEPT)
    return found


def _counts_key(user):
    return f"rail:{user.pk}"


def counts(user, kept):
    """What waits, for the rail; kept ten seconds so that a page costs no query for it."""
    key = _counts_key(user)
    found = kept.get(key)
    if found is None:
        found = {}
        if user.has(Permission.WORK_FOLLOW_UP):
            found["today"] = PlanItem.objects.open().filter(owner=user, plan_on__lte=clock.today()).count()
        if user.has(Permission.SEE_REFERRALS) and user.branch_id:
            waiting = Referral.objects.waiting().filter(branch_id=user.branch_id)
            if user.has(Permission.WORK_REFERRAL):
                waiting = waiting.filter(Q(manager=user) | Q(manager__isnull=True))
            found["referrals"] = waiting.count()
        if user.has(Permission.WORK_CLOSURE):
            found["closures"] = Closure.objects.worked_by(user).open().count()
        if user.has(Permission.WORK_COMPLAINT):
            found["complaints"] = Complaint.objects.running().filter(handler=user).count()
        if user.has(Permission.RULE_COMPLAINT):
            found["extensions"] = extensions(user).count()
        if user.has(Permission.MANAGE_ROLES):
            held = RoleHolding.objects.visible_to(user).current(clock.today())
            found["reviews"] = held.due_for_review(clock.today()).count()
        cache.set(key, found, COUNTS_KEPT)
    return found
