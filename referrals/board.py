"""What stands on the lobby desk for one member of staff: place, managers, figures, waiting clients, list."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.privacy.models import PrivacyNotice
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock, current
from rmflow.workflow import Refused

from . import rows, stats
from .post import Post
from .rules import Destination, waiting_minutes

PAGE = 11  # rows of today's list beside the card (design, lobby-desk.png)
SHOWS = ("all", "mine", "open")

_STATES = {
    User.Availability.FREE: ("met", "circle-check"),
    User.Availability.BUSY: ("ink", "user"),
    User.Availability.OUT: ("done", "walk"),
}


@dataclass
class Board:
    """Lazy parts, each one query; a fragment asks only for those it shows."""

    user: Any
    show: str = "all"
    number: Any = 1

    @cached_property
    def now(self):
        return clock.now()

    @property
    def branch(self):
        return self.user.branch

    @cached_property
    def is_outlet(self):
        """Whether one stands in an outlet today: only there clients are introduced and diverted."""
        return self.branch is not None and self.branch.kind == Branch.Kind.BRANCH

    def _may(self, permission):
        return self.is_outlet and scope(self.user, permission).covers(self.branch)

    @cached_property
    def sees_branch(self):
        return self._may(Permission.SEE_REFERRALS)

    @cached_property
    def may_divert(self):
        return self._may(Permission.DIVERT)

    @cached_property
    def may_patrol(self):
        return self._may(Permission.PATROL)

    @cached_property
    def may_route(self):
        return self._may(Permission.ROUTE_REFERRAL)

    @cached_property
    def post(self):
        """Who is on duty here and the call for help; None where there is no lobby."""
        return Post(self.user, self.branch) if self.is_outlet else None

    @cached_property
    def day(self):
        return stats.branch_day(self.branch, now=self.now) if self.is_outlet else None

    @property
    def may_open(self):
        """Whether the day waits to be opened, and by whom."""
        return self._may(Permission.OPEN_DAY) and self.day is None

    @cached_property
    def slips(self):
        return stats.slips_of_the_day(self.user, day=self.day, sees_branch=self.sees_branch, now=self.now)

    @cached_property
    def tallies(self):
        return stats.tallies(self.slips, self.user)

    @cached_property
    def longest(self):
        """The day's longest wait as mm:ss, "–" when nobody has waited."""
        wait = self.tallies["longest"]
        if wait is None:
            return "–"
        minutes, seconds = divmod(max(0, int(wait.total_seconds())), 60)
        return f"{minutes:02d}:{seconds:02d}"

    @cached_property
    def diverted(self):
        if not self.may_divert:
            return {}
        return stats.diverted(self.user, day=self.day, sees_branch=self.sees_branch, now=self.now)

    @property
    def diverted_total(self):
        return sum(self.diverted.values())

    @property
    def destinations(self):
        """Chips of the diversion: value, label, how many today."""
        return [(value, label, self.diverted.get(value, 0)) for value, label in Destination.choices]

    @cached_property
    def patrols(self):
        return stats.patrols(self.day) if self.day else {"count": 0, "last": None}

    @cached_property
    def people(self):
        return stats.managers(self.branch.pk, now=self.now) if self.is_outlet else []

    @cached_property
    def free(self):
        """The manager proposed: free with the fewest today, else one with a client; None when all are out."""
        return next((p for p in self.people if p.availability != User.Availability.OUT), None)

    def managers(self, *, chosen=None, order=()):
        """Cards of the managers; `order`, ids as they stand on the screen, keeps them under the finger."""
        places = {pk: at for at, pk in enumerate(order)}
        people = sorted(self.people, key=lambda p: places.get(p.pk, len(places))) if places else self.people
        if chosen is None and self.free:
            chosen = self.free.pk
        return [self._manager(person, checked=person.pk == chosen) for person in people]

    def _manager(self, person, *, checked):
        state, icon = _STATES[person.availability]
        return {
            "pk": person.pk,
            "name": person.name,
            "state": state,
            "icon": icon,
            "word": person.get_availability_display(),
            "is_out": person.availability == User.Availability.OUT,
            "note": self._note(person),
            "do": _("Introduce to {name} now").format(name=person.name),
            "checked": checked,
        }

    def _note(self, person):
        """The line under a manager's state: how many today, with whom, back when."""
        if person.availability == User.Availability.OUT:
            if person.back_at is None or person.back_at <= self.now:
                return _("Return not known")
            return pgettext("manager", "Back at {time}").format(
                time=f"{person.back_at.astimezone(clock.SHANGHAI):%H:%M}"
            )
        if person.availability == User.Availability.BUSY:
            since = person.client_since or person.availability_since
            minutes = waiting_minutes(since, self.now)
            if person.client_now:
                return _("{client} {minutes} min").format(client=person.client_now, minutes=minutes)
            return _("Since {minutes} min").format(minutes=minutes)
        return _("{count} received today").format(count=person.received_today)

    @cached_property
    def waiting(self):
        """Clients nobody has received yet, each with the managers who could be offered."""
        if not self.sees_branch:
            return []
        return [
            {"slip": slip, "badge": rows.badge(slip)} for slip in stats.waiting(self.user, self.branch.pk)
        ]

    @property
    def offers(self):
        """Whom a waiting client can be offered: those who are here."""
        return [p for p in self.people if p.availability != User.Availability.OUT]

    @cached_property
    def page(self):
        """One page of today's list, the newest first."""
        slips = self.slips.with_outcome().with_people()
        if self.show == "mine":
            slips = slips.filter(referrer=self.user)
        elif self.show == "open":
            slips = slips.filter(stats.UNSETTLED)
        return Paginator(slips.order_by("-filed_at", "-pk"), PAGE).get_page(self.number)

    @cached_property
    def lines(self):
        return [{"slip": slip, "badge": rows.badge(slip)} for slip in self.page]

    @property
    def filters(self):
        """Filter chips of the list: value, label, count."""
        if not self.sees_branch:
            return []
        labels = {"all": _("All"), "mine": _("Filed by me"), "open": _("Not settled")}
        counts = {"all": "rows", "mine": "mine", "open": "open"}
        return [(show, labels[show], self.tallies[counts[show]], show == self.show) for show in SHOWS]

    def changed(self, since):
        """Slips others have filed or moved since `since`, as rows."""
        found = stats.changed_since(self.slips, since, self.user).with_outcome().with_people()[:PAGE]
        return [{"slip": slip, "badge": rows.badge(slip)} for slip in found]

    @cached_property
    def notice(self):
        return PrivacyNotice.objects.in_force(self.now.date())

    @cached_property
    def outlets(self):
        """Branches a client may be sent to (deck 33): id and name."""
        return list(Branch.objects.outlets().values_list("pk", "name"))

    @cached_property
    def next_day(self):
        """The day proposed for the first contact: the next working day; None where no calendar says."""
        try:
            return current.calendar().add(self.now.date(), 1)
        except Refused:
            return None
