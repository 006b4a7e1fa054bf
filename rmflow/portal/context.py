"""The shell's variables on every page: navigation, day line, person, watermark (docs/frontend.md)."""

import datetime

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from complaints.models import Closure, Complaint, Extension
from followups.models import PlanItem
from referrals import closing
from referrals.models import Referral
from rmflow.staff.limits import IDLE
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock, current
from rmflow.workdays.rules import short_day, weekday

from . import navigation

COUNTS_KEPT = 10  # seconds; the bell brings news sooner
HOURS_KEPT = 60  # seconds

URLS = {
    "home": "/",
    "search": "/search/",
    "login": "/login/",
    "logout": "/logout/",
    "password": "/password/",
    "availability": "/staff/availability/",
    "role": "/staff/role/",
    "language": "/staff/language/",
    "permissions": "/about/permissions",
    "notices": "/notices/",
    "more": "/more/",
}

#: A language is offered in its own name, whatever language the page is in.
OWN_NAMES = {"zh-hans": "中文", "en": "English"}

ICONS = {
    User.Availability.FREE: "circle-check",
    User.Availability.BUSY: "user",
    User.Availability.OUT: "walk",
}
STATES = {User.Availability.FREE: "met", User.Availability.BUSY: "open", User.Availability.OUT: "done"}


def shell(request):
    """`{"shell": …}`, built only when a template asks for it."""
    return {"shell": SimpleLazyObject(lambda: build(request))}


def build(request):
    user = getattr(request, "user", None)
    base = {"staff": None, "demo": settings.MODE == "demo", "urls": URLS, "languages": _languages()}
    if user is None or not user.is_authenticated:
        return base
    role = navigation.role_in_use(user)
    now = clock.now()
    kept = cache.get_many([_counts_key(user), _hours_key(user.branch, now.date()), _late_key(user.branch)])
    counts = _counts(user, kept)
    return base | {
        "staff": {
            "name": user.name,
            "employee_no": user.employee_no,
            "role": Role(role).label if role else "",
        },
        "branch": user.branch.name if user.branch else "",
        "day": day_line(user.branch, now, kept),
        "rail": navigation.entries(navigation.rail_keys(user), request.path, counts),
        "tabs": navigation.entries(navigation.tab_keys(user), request.path, counts),
        "roles": [{"value": r, "label": Role(r).label, "current": r == role} for r in sorted(user.roles)],
        "availability": _availability(user),
        "watermark": f"{user.employee_no} {now:%Y-%m-%d %H:%M}",
        "idle_seconds": int(IDLE.total_seconds()),
        "answers_calls": user.has(Permission.ANSWER_CALL),
    }


def _languages():
    here = get_language()
    return [
        {"code": code, "label": OWN_NAMES.get(code, label), "current": code == here}
        for code, label in settings.LANGUAGES
    ]


def _availability(user):
    """Free / with a client / out, for those who receive clients."""
    if not user.has(Permission.WORK_REFERRAL):
        return None
    return {
        "value": user.availability,
        "label": user.get_availability_display(),
        "icon": ICONS[user.availability],
        "state": STATES[user.availability],
        "choices": [
            {"value": value, "label": label, "icon": ICONS[value], "current": value == user.availability}
            for value, label in User.Availability.choices
        ],
    }


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


def _counts(user, kept):
    """What waits, for the rail; kept ten seconds so that a page costs no query for it."""
    key = _counts_key(user)
    counts = kept.get(key)
    if counts is None:
        counts = {}
        if user.has(Permission.WORK_FOLLOW_UP):
            counts["today"] = PlanItem.objects.open().filter(owner=user, plan_on__lte=clock.today()).count()
        if user.has(Permission.SEE_REFERRALS) and user.branch_id:
            waiting = Referral.objects.waiting().filter(branch_id=user.branch_id)
            if user.has(Permission.WORK_REFERRAL):
                waiting = waiting.filter(Q(manager=user) | Q(manager__isnull=True))
            counts["referrals"] = waiting.count()
        if user.has(Permission.WORK_CLOSURE):
            counts["closures"] = Closure.objects.worked_by(user).open().count()
        if user.has(Permission.WORK_COMPLAINT):
            counts["complaints"] = Complaint.objects.running().filter(handler=user).count()
        if user.has(Permission.RULE_COMPLAINT):
            counts["extensions"] = Extension.objects.filter(decision="asked").count()
        cache.set(key, counts, COUNTS_KEPT)
    return counts
