"""The shell around a page: navigation, day line, person, bell, watermark (docs/frontend.md).

`Shell` is what templates know as `shell`. Its drawn parts (`portal.drawn`) get `hollow`, the same thing with
holes for whatever differs between people in the same role, and `words` to fill the holes.
"""

from functools import cached_property
from types import SimpleNamespace

from django.conf import settings
from django.middleware.csrf import get_token
from django.utils.html import conditional_escape
from django.utils.translation import get_language

from rmflow.notices import bell
from rmflow.staff.limits import IDLE
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock

from . import drawn, glance, navigation
from .drawn import hole

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
IDLE_SECONDS = int(IDLE.total_seconds())
HOLLOW_REQUEST = SimpleNamespace(
    path=hole("path"), get_full_path=hole("full_path"), user=SimpleNamespace(pk=hole("user"))
)


class Shell:
    """The shell of one answer; nothing is asked before a template shows it."""

    urls = URLS
    idle_seconds = IDLE_SECONDS
    hollow_request = HOLLOW_REQUEST

    def __init__(self, request):
        self.request = request
        user = getattr(request, "user", None)
        self.user = user if user is not None and user.is_authenticated else None
        self.now = clock.now()

    @property
    def demo(self):
        return settings.MODE == "demo"

    @cached_property
    def staff(self):
        user = self.user
        return user and {"name": user.name, "employee_no": user.employee_no, "role": self._role_word}

    @cached_property
    def role(self):
        return navigation.role_in_use(self.user) if self.user else ""

    @property
    def _role_word(self):
        return Role(self.role).label if self.role else ""

    @property
    def branch(self):
        return self.user.branch.name if self.user and self.user.branch else ""

    @cached_property
    def _kept(self):
        return glance.kept(self.user, self.now)

    @cached_property
    def day(self):
        return glance.day_line(self.user.branch, self.now, self._kept) if self.user else None

    @cached_property
    def bell(self):
        return bell.summary(self.user, self._kept) if self.user else None

    @cached_property
    def counts(self):
        return glance.counts(self.user, self._kept)

    @cached_property
    def rail_keys(self):
        return tuple(navigation.rail_keys(self.user)) if self.user else ()

    @cached_property
    def tab_keys(self):
        return tuple(navigation.tab_keys(self.user)) if self.user else ()

    @property
    def tabs(self):
        """For templates that ask whether there are any."""
        return self.tab_keys

    @property
    def availability_value(self):
        """Free / with a client / out, for those who receive clients."""
        return self.user.availability if self.user and self.user.has(Permission.WORK_REFERRAL) else ""

    @property
    def answers_calls(self):
        return bool(self.user) and self.user.has(Permission.ANSWER_CALL)

    @property
    def watermark(self):
        return f"{self.user.employee_no} {self.now:%Y-%m-%d %H:%M}" if self.user else ""

    # what the drawn parts are told apart by

    @property
    def top_key(self):
        unread = min(self.bell.unread, 100) if self.bell else None
        roles = tuple(sorted(self.user.roles)) if self.user else ()
        return bool(self.branch), self.role, roles, self.availability_value, unread, self.demo

    @property
    def rail_key(self):
        return self.rail_keys, navigation.current(self.rail_keys, self.request.path)

    @property
    def tabs_key(self):
        return self.tab_keys, navigation.current(self.tab_keys, self.request.path)

    @property
    def body_key(self):
        return bool(self.user), bool(self.tab_keys)

    @cached_property
    def hollow(self):
        return Hollow(self)

    @cached_property
    def words(self):
        """What fills the holes, escaped."""
        request = self.request
        words = {
            "csrf": get_token(request),
            "path": request.path,
            "full_path": request.get_full_path(),
            "now": self.now.isoformat(),
        }
        if self.user:
            day = drawn.small("shell/_day_line.html", get_language(), **self.day)
            words |= {
                "user": self.user.pk, "name": self.user.name, "number": self.user.employee_no,
                "branch": self.branch, "watermark": self.watermark, "day_line": day,
                "bell_version": self.bell.version, "bell_seconds": self.bell.poll_seconds,
                **{f"count:{key}": self.counts.get(key) or "" for key in (*self.rail_keys, *self.tab_keys)},
            }  # fmt: skip
        return {name: conditional_escape(word) for name, word in words.items()}


class Hollow:
    """A shell with holes, for drawing a part."""

    urls = URLS
    idle_seconds = IDLE_SECONDS
    day_line, watermark, now = hole("day_line"), hole("watermark"), hole("now")

    def __init__(self, shell):
        self.shell = shell
        self.demo, self.answers_calls = shell.demo, shell.answers_calls
        self.branch = hole("branch") if shell.branch else ""

    @property
    def staff(self):
        return self.shell.user and {
            "name": hole("name"), "employee_no": hole("number"), "role": self.shell._role_word,
        }  # fmt: skip

    @property
    def bell(self):
        found = self.shell.bell
        return found and {
            "version": hole("bell_version"), "unread": found.unread, "poll_seconds": hole("bell_seconds"),
        }  # fmt: skip

    @property
    def rail(self):
        return self._entries(self.shell.rail_keys)

    @property
    def tabs(self):
        return self._entries(self.shell.tab_keys)

    def _entries(self, keys):
        return navigation.entries(keys, self.shell.request.path, {key: hole(f"count:{key}") for key in keys})

    @property
    def roles(self):
        role, held = self.shell.role, self.shell.user.roles if self.shell.user else ()
        return [{"value": r, "label": Role(r).label, "current": r == role} for r in sorted(held)]

    @property
    def availability(self):
        value = self.shell.availability_value
        return value and {
            "value": value,
            "label": User.Availability(value).label,
            "icon": ICONS[value],
            "state": STATES[value],
            "choices": [
                {"value": other, "label": label, "icon": ICONS[other], "current": other == value}
                for other, label in User.Availability.choices
            ],
        }

    @property
    def languages(self):
        here = get_language()
        return [
            {"code": code, "label": OWN_NAMES.get(code, label), "current": code == here}
            for code, label in settings.LANGUAGES
        ]
