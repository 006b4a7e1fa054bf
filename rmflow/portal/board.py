"""晨会 / 夕会: the branch's board, made of panels (B-17). A panel is a function: later stages add theirs.

A panel answers for one branch and day with a title and lines of figures. Of clients it holds counts
only: the board hangs on a wall.
"""

import datetime
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import ExtractHour
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from complaints.models import Closure
from complaints.stats import closures as closure_stats
from complaints.stats import complaint as complaint_stats
from followups.models import Appointment, PlanItem
from referrals.actions import duty
from referrals.models import CrowdCall, Diversion, DutyShift, Referral
from referrals.rules import Reception, Status
from referrals.rules.duty import gaps, minutes
from referrals.stats import UNSETTLED
from rmflow.staff.models import BANK_TIME
from rmflow.workdays import current
from rmflow.workdays.models import BranchDay
from rmflow.workdays.rules import short_day
from rmflow.workflow import Refused

MORNING, EVENING = "morning", "evening"
NOON = datetime.time(13)


@dataclass(frozen=True)
class Moment:
    """Whose board, of which day, at what time, for which meeting."""

    branch: Any
    day: datetime.date
    now: datetime.datetime
    mode: str

    @property
    def begins(self):
        return datetime.datetime.combine(self.day, datetime.time(), tzinfo=BANK_TIME)


@dataclass
class Line:
    """One figure: what it counts, how many, its state (past, today, open, met, done)."""

    label: str
    figure: Any
    state: str = ""
    note: str = ""


@dataclass
class Panel:
    """One sheet of the board."""

    key: str
    title: str
    lines: list = field(default_factory=list)
    note: str = ""


def mode_of(now):
    """Which meeting it is time for."""
    return MORNING if now.time() < NOON else EVENING


def panels(moment):
    """What hangs on the wall now, in order."""
    return [panel(moment) for panel in PANELS]


def numbers(moment):
    """The last business day's figures in the morning, today's in the evening."""
    title, day = (
        (_("Last business day"), _last_day(moment)) if moment.mode == MORNING else (_("Today"), moment.day)
    )
    if day is None:
        return Panel("numbers", title, note=_("No business day before this one."))
    slips = Referral.objects.filter(sender_branch=moment.branch, day__date=day).exclude(
        status=Status.WITHDRAWN
    )
    found = slips.aggregate(
        total=Count("pk"),
        referred=Count("pk", filter=Q(status=Status.REFERRED)),
        to_follow_up=Count("pk", filter=Q(status=Status.TO_FOLLOW_UP)),
        met=Count("pk", filter=Q(reception=Reception.MET)),
    )
    diverted = Diversion.objects.filter(branch=moment.branch, day__date=day, undone_at=None).count()
    lines = [
        Line(_("Referrals"), found["total"]),
        Line(_("Referred"), found["referred"]),
        Line(_("To follow up"), found["to_follow_up"]),
        Line(_("Met"), found["met"], "met" if found["met"] else ""),
        Line(_("Diverted"), diverted),
    ]
    return Panel("numbers", title, lines, note=short_day(day))


def overdue(moment):
    """What lies behind: plans past their day, slips nobody took on, clients waiting now."""
    plans = PlanItem.objects.filter(branch=moment.branch).overdue(moment.day)
    late = plans.aggregate(count=Count("pk"), people=Count("owner", distinct=True))
    unclaimed = Referral.objects.filter(branch=moment.branch).unclaimed()
    queue = unclaimed.aggregate(count=Count("pk"), since=Min("filed_at"))
    waiting = Referral.objects.filter(branch=moment.branch).waiting().order_by()
    seen = waiting.aggregate(count=Count("pk"), since=Min("waiting_since"))
    lines = [
        _late(_("Plans overdue"), late["count"], _("of {n} managers").format(n=late["people"])),
        _late(_("Follow-ups nobody has taken on"), queue["count"], _since(queue["since"])),
        Line(_("Clients waiting now"), seen["count"], "today" if seen["count"] else "met"),
    ]
    return Panel("overdue", _("Overdue"), lines)


def on_duty(moment):
    """Who stands in the lobby since when, who stood there before, how long nobody did."""
    begins, ends = moment.begins, moment.begins + datetime.timedelta(days=1)
    shifts = DutyShift.objects.filter(branch=moment.branch).touching(begins, ends)
    shifts = list(shifts.select_related("person").order_by("began_at"))
    lines = []
    for shift in shifts:
        until = f"{shift.ended_at.astimezone(BANK_TIME):%H:%M}" if shift.ended_at else ""
        times = f"{shift.began_at.astimezone(BANK_TIME):%H:%M}–{until}"
        lines.append(Line(shift.person.name, times, "" if until else "met"))
    hours = current.opening(moment.branch).hours(moment.day)
    if hours is not None:
        opens, closes = (datetime.datetime.combine(moment.day, t, tzinfo=BANK_TIME) for t in hours)
        spans = [(shift.began_at, shift.ended_at) for shift in shifts]
        gone = sum(minutes(*gap) for gap in gaps(spans, opens, closes, moment.now))
        lines.append(Line(_("Minutes without anybody"), gone, "past" if gone else "met"))
    calls = CrowdCall.objects.filter(branch=moment.branch, at__range=(begins, ends))
    found = calls.aggregate(all=Count("pk"), answered=Count("pk", filter=Q(answered_at__isnull=False)))
    if found["all"]:
        note = _("{n} answered").format(n=found["answered"])
        lines.append(Line(pgettext("board", "Calls for help"), found["all"], note=note))
    return Panel("duty", _("Duty in the lobby"), lines)


def to_close(moment):
    """Days that still wait for their lock, and what of the open day is not settled."""
    waiting = BranchDay.objects.filter(branch=moment.branch, date__lt=moment.day).unlocked()
    dates = list(waiting.order_by("date").values_list("date", flat=True))
    today = BranchDay.objects.filter(branch=moment.branch, date=moment.day).first()
    unsettled = (
        Referral.objects.filter(sender_branch=moment.branch, day=today)
        .with_outcome()
        .filter(UNSETTLED)
        .count()
        if today
        else 0
    )
    note = "、".join(short_day(date) for date in dates[-3:])
    lines = [
        Line(_("Earlier days not locked"), len(dates), "past" if dates else "met", note),
        Line(_("Today's slips not settled"), unsettled, "today" if unsettled else "met"),
        Line(pgettext("board", "Today"), _state_of(today), "done" if today and today.closed_at else "open"),
    ]
    return Panel("closing", _("To be closed"), lines)


def appointments(moment):
    """How many appointments and plans each hour brings: today's in the morning, tomorrow's in the evening."""
    title, day = _("Appointments today"), moment.day
    if moment.mode == EVENING:
        title, day = _("Appointments on the next working day"), _next_day(moment)
    if day is None:
        return Panel("appointments", title, note=_("No calendar for the next day."))
    begins = datetime.datetime.combine(day, datetime.time(), tzinfo=BANK_TIME)
    booked = Appointment.objects.filter(
        branch=moment.branch, starts_at__gte=begins, starts_at__lt=begins + datetime.timedelta(days=1)
    ).exclude(state="cancelled")
    hours = booked.annotate(hour=ExtractHour("starts_at", tzinfo=BANK_TIME)).order_by("hour")
    by_hour = hours.values("hour").annotate(count=Count("pk"))
    lines = [Line(f"{row['hour']:02d}:00", row["count"], "open") for row in by_hour]
    plans = PlanItem.objects.open().filter(branch=moment.branch, plan_on=day).count()
    lines.append(Line(_("Contacts planned"), plans))
    return Panel("appointments", title, lines, note=short_day(day))


def complaints(moment):
    """Complaints nobody of the branch must keep out of: open, due today, past their deadline."""
    found = complaint_stats.on_the_wall(moment.branch, now=moment.now)
    lines = [
        Line(_("Overdue"), found["overdue"], "past" if found["overdue"] else "met"),
        Line(_("Due today"), found["today"], "today" if found["today"] else "met"),
        Line(pgettext("board", "Without a handler"), found["nobody"], "today" if found["nobody"] else "met"),
        Line(pgettext("complaint", "Open"), found["open"], "open" if found["open"] else ""),
    ]
    return Panel("complaints", _("Complaints"), lines)


def closures(moment):
    """Clients who may leave: cases by what they wait for, found today, and openings under way."""
    states = closure_stats.waiting(moment.branch)
    unclaimed, called = states.get("flagged", 0), states.get("called", 0)
    found = Closure.objects.filter(branch=moment.branch, found_on=moment.day).count()
    opening = sum(closure_stats.openings_waiting(moment.branch).values())
    lines = [
        Line(_("Wait for a claim"), unclaimed, "today" if unclaimed else "met", _until(moment, unclaimed)),
        Line(_("Head called in"), called, "past" if called else "met"),
        Line(_("Being kept or served"), sum(states.values()) - unclaimed - called, "open"),
        Line(_("Found today"), found),
        Line(_("Openings under way"), opening),
    ]
    return Panel("closures", _("Closures and openings"), lines)


#: The board, in reading order; a later stage adds its panel here.
PANELS = [numbers, overdue, on_duty, to_close, complaints, closures, appointments]


def _late(label, count, note):
    return Line(label, count, "past" if count else "met", note if count else "")


def _since(moment):
    return _("since {day}").format(day=short_day(moment.astimezone(BANK_TIME).date())) if moment else ""


def _until(moment, unclaimed):
    """By when the next case is to be claimed."""
    rows = Closure.objects.filter(branch=moment.branch)
    first = closure_stats.claim_until(rows) if unclaimed else None
    if first is None:
        return ""
    first = first.astimezone(BANK_TIME)
    day = "" if first.date() == moment.day else f"{short_day(first.date())} "
    return _("by {time}").format(time=f"{day}{first:%H:%M}")


def _last_day(moment):
    days = BranchDay.objects.filter(branch=moment.branch, date__lt=moment.day)
    return days.order_by("-date").values_list("date", flat=True).first()


def _next_day(moment):
    try:
        return current.calendar().add(moment.day, 1)
    except Refused:
        return None


def _state_of(day):
    if day is None:
        return _("not opened")
    if day.closed_at:
        return _("locked")
    return _("waits for its lock") if day.ended_at else _("open for business")


def who(branch):
    """Name of who is on duty, for the head of the board; "" when nobody is."""
    person = duty.on_duty(branch)
    return person.name if person else ""
