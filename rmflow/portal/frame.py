"""The shell around a page: navigation, day line, person, bell, watermark (docs/frontend.md).

`Shell` is what templates know as `shell`. Its drawn parts (`doors.drawn`) get `hollow`, the same thing with
holes for whatever differs between people in the same role, and `words` to fill the holes.
"""

from functools import cached_property
from types import SimpleNamespace

from django.conf import settings
from django.middleware.csrf import get_token
from django.utils.html import conditional_escape
from django.utils.translation import get_language

from rmflow.doors import drawn
from rmflow.doors.drawn import hole
from rmflow.notices import bell
from rmflow.staff.limits import IDLE
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock

from . import glance, navigation

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
    #: Where a page to be kept is kept; such a page is drawn with holes.
    kept_key = ""
    kept_near = None  # its pieces, when this process has them at hand

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
        return glance.kept(self.user, self.now, "" if self.kept_near else self.kept_key)

    @property
    def kept_page(self):
        """The pieces of the page, when it is kept."""
        return self.kept_near or self._kept.get(self.kept_key)

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
    def availability(self):
        """Free / with a client / out, for those who receive clients."""
        return self.user.availability if self.user and self.user.has(Permission.WORK_REFERRAL) else ""

    @property
    def answers_calls(self):
        return bool(self.user) and self.user.has(Permission.ANSWER_CALL)

    @property
    def watermark(self):
        return f"{self.user.employee_no} {self.now:%Y-%m-%d %H:%M}" if self.user else ""

    # drawn parts

    def part(self, template_name):
        """A part filled with this person's words; in a page to be kept, a hole for what is personal."""
        personal = template_name in KEYS or template_name in MARKED
        return hole(f"part {template_name}") if self.kept_key and personal else self.drawn(template_name)

    def drawn(self, template_name):
        key = KEYS[template_name](self) if template_name in KEYS else None
        return drawn.part(template_name, key, self._hollow, self.words)

    def _hollow(self):
        return {"shell": Hollow(self), "request": HOLLOW_REQUEST, "csrf_token": hole("csrf")}

    @cached_property
    def words(self):
        return Words(self)


#: What a part is told apart by, beside its language.
KEYS = {
    "shell/_topbar.html": lambda shell: (
        bool(shell.branch),
        shell.role,
        tuple(sorted(shell.user.roles)) if shell.user else (),
        shell.availability,
        min(shell.bell.unread, 100) if shell.bell else None,
    ),
    "shell/_rail.html": lambda shell: (
        shell.rail_keys,
        navigation.current(shell.rail_keys, shell.request.path),
    ),
    "shell/_tabbar.html": lambda shell: (
        shell.tab_keys,
        navigation.current(shell.tab_keys, shell.request.path),
    ),
    "shell/_body.html": lambda shell: (bool(shell.user), bool(shell.tab_keys)),
    "shell/_floats.html": lambda shell: bool(shell.user),
}


#: Told apart by nothing, yet with words of the person.
MARKED = {"shell/_watermark.html"}


class Words(dict):
    """What fills the holes, escaped; asked for one by one."""

    def __init__(self, shell):
        self.shell = shell

    def __missing__(self, name):
        word = self[name] = conditional_escape(self._word(name))
        return word

    def _word(self, name):
        kind, _space, rest = name.partition(" ")
        if kind == "part":
            return self.shell.drawn(rest)
        if kind == "count":
            return self.shell.counts.get(rest) or ""
        return WORDS[name](self.shell)


WORDS = {
    "csrf": lambda shell: get_token(shell.request),
    "path": lambda shell: shell.request.path,
    "full_path": lambda shell: shell.request.get_full_path(),
    "now": lambda shell: shell.now.isoformat(),
    "user": lambda shell: shell.user.pk,
    "name": lambda shell: shell.user.name,
    "number": lambda shell: shell.user.employee_no,
    "branch": lambda shell: shell.branch,
    "watermark": lambda shell: shell.watermark,
    "day_line": lambda shell: drawn.small("shell/_day_line.html", get_language(), **shell.day),
    "bell_version": lambda shell: shell.bell.version,
    "bell_seconds": lambda shell: shell.bell.poll_seconds,
}


class Hollow:
    """A shell with holes, for drawing a part."""

    urls = URLS
    idle_seconds = IDLE_SECONDS
    day_line, watermark, now = hole("day_line"), hole("watermark"), hole("now")

    def __init__(self, shell):
        self.shell = shell
        self.answers_calls = shell.answers_calls
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
        return navigation.entries(keys, self.shell.request.path, {key: hole(f"count {key}") for key in keys})

    @property
    def roles(self):
        role, held = self.shell.role, self.shell.user.roles if self.shell.user else ()
        return [{"value": r, "label": Role(r).label, "current": r == role} for r in sorted(held)]

    @property
    def availability(self):
        value = self.shell.availability
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
