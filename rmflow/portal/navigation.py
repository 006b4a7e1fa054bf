"""The rail and the tabs of each role, and where each role begins (design.md §3).

One table: what a role may not do is absent, not grey. Several roles: one rail, items merged, the home
of the role chosen last.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Role


@dataclass(frozen=True)
class Item:
    """One place of the house: its word on the rail (two or three characters), icon and address."""

    label: Any
    icon: str
    url: str


ITEMS = {
    "today": Item(pgettext_lazy("rail", "Today"), "sun", "/today/"),
    "desk": Item(pgettext_lazy("rail", "Lobby desk"), "building-bank", "/desk/"),
    "file": Item(pgettext_lazy("rail", "File"), "circle-plus", "/desk/"),
    "overview": Item(pgettext_lazy("rail", "Overview"), "layout-dashboard", "/overview/"),
    "clients": Item(pgettext_lazy("rail", "Clients"), "users", "/clients/"),
    "find": Item(pgettext_lazy("rail", "Find"), "search", "/search/"),
    "follow_ups": Item(pgettext_lazy("rail", "Follow-ups"), "notebook", "/followups/"),
    "referrals": Item(pgettext_lazy("rail", "Referrals"), "user-share", "/referrals/"),
    "mine": Item(pgettext_lazy("rail", "My referrals"), "user-check", "/referrals/mine/"),
    "work_log": Item(pgettext_lazy("rail", "Work log"), "book", "/worklog/"),
    "people": Item(pgettext_lazy("rail", "Staff"), "users", "/staff/people/"),
    "reviews": Item(pgettext_lazy("rail", "Review of roles"), "user-check", "/staff/reviews/"),
    "access_log": Item(pgettext_lazy("rail", "Access log"), "shield-lock", "/privacy/log/"),
    "changes": Item(pgettext_lazy("rail", "Change history"), "history", "/privacy/changes/"),
    "jobs": Item(pgettext_lazy("rail", "Jobs"), "activity", "/jobs/"),
    "duty": Item(pgettext_lazy("rail", "Duty"), "clipboard-list", "/desk/duty/"),
    "board": Item(pgettext_lazy("rail", "Board"), "layout-list", "/board/"),
    "screens": Item(pgettext_lazy("rail", "Screens"), "layout-list", "/board/screens/"),
    "closing": Item(pgettext_lazy("rail", "Closing"), "clipboard-check", "/closing/"),
    "closing_mine": Item(pgettext_lazy("rail", "My closing"), "clipboard-check", "/closing/mine/"),
    "inspections": Item(pgettext_lazy("rail", "Inspections"), "shield-check", "/closing/inspections/"),
    "statistics": Item(pgettext_lazy("rail", "Statistics"), "chart-bar", "/statistics/"),
    "tiers": Item(pgettext_lazy("rail", "Tiers"), "stairs-up", "/tiers/"),
    "scorecards": Item(pgettext_lazy("rail", "Scorecards"), "adjustments", "/tiers/cards/"),
    "loads": Item(pgettext_lazy("rail", "Files"), "file-spreadsheet", "/loads/"),
    "products": Item(pgettext_lazy("rail", "Products"), "category", "/clients/products/"),
    "archives": Item(pgettext_lazy("rail", "Archives"), "archive", "/archives/"),
    "loans": Item(pgettext_lazy("rail", "Lending"), "arrows-exchange", "/archives/loans/"),
    "checks": Item(pgettext_lazy("rail", "Checks"), "checklist", "/archives/checks/"),
    "retention": Item(pgettext_lazy("rail", "Retention"), "hourglass", "/archives/retention/"),
    "destructions": Item(pgettext_lazy("rail", "Destruction"), "trash", "/archives/destructions/"),
    "rights": Item(pgettext_lazy("rail", "Data rights"), "shield-lock", "/rights/"),
    "calendar": Item(pgettext_lazy("rail", "Calendar"), "calendar", "/workdays/"),
    "reference": Item(pgettext_lazy("rail", "Reference data"), "settings", "/admin/"),
    "closures": Item(pgettext_lazy("rail", "Closures"), "door-enter", "/closures/"),
    "closure_analysis": Item(pgettext_lazy("rail", "Closure analysis"), "chart-line", "/closures/analysis/"),
    "openings": Item(pgettext_lazy("rail", "Openings"), "wallet", "/openings/"),
    "recognise": Item(pgettext_lazy("rail", "Recognise"), "star", "/priority/"),
    "guides": Item(pgettext_lazy("rail", "Led first"), "clipboard-list", "/priority/register/"),
    "complaints": Item(pgettext_lazy("rail", "Complaints"), "message-report", "/complaints/"),
    "complaint_desk": Item(pgettext_lazy("rail", "Complaint desk"), "layout-dashboard", "/complaints/desk/"),
    "extensions": Item(pgettext_lazy("rail", "Extensions"), "calendar-plus", "/complaints/extensions/"),
    "complaint_report": Item(pgettext_lazy("rail", "Analysis"), "chart-bar", "/complaints/desk/report/"),
    "chances": Item(pgettext_lazy("rail", "Chances"), "coin", "/followups/chances/"),
    "complaint_retention": Item(
        pgettext_lazy("rail", "Complaints past"), "file-off", "/complaints/retention/"
    ),
    "complaint_files": Item(pgettext_lazy("rail", "Filed"), "archive", "/complaints/?show=over"),
    "more": Item(pgettext_lazy("rail", "More"), "list", "/more/"),
}

#: role → its rail in order; the first is its home.
RAIL = {
    Role.TELLER: ("file", "mine", "closures", "complaints", "openings", "calendar"),
    Role.LOBBY_MANAGER: (
        "desk",
        "referrals",
        "clients",
        "closing",
        "complaints",
        "statistics",
        "recognise",
        "guides",
        "mine",
        "rights",
        "board",
        "calendar",
    ),
    Role.WEALTH_MANAGER: (
        *("today", "clients", "follow_ups", "referrals", "file"),
        *("complaints", "closures", "openings", "chances", "tiers", "closing_mine", "work_log", "rights"),
        "calendar",
    ),
    Role.MARKETING_MANAGER: ("today", "clients", "follow_ups", "file", "mine", "complaints", "work_log"),
    Role.BRANCH_HEAD: (
        *("overview", "statistics", "referrals", "tiers", "complaints", "closures", "follow_ups", "clients"),
        *("closing", "openings", "inspections", "archives", "rights", "duty", "guides", "board", "calendar"),
    ),
    Role.SUPERVISOR: (
        *("follow_ups", "closure_analysis", "overview", "statistics", "referrals", "tiers", "clients"),
        *(
            "closures",
            "complaints",
            "openings",
            "inspections",
            "archives",
            "rights",
            "duty",
            "guides",
            "board",
        ),
        "calendar",
    ),
    Role.ARCHIVIST: (
        *("archives", "loans", "checks", "retention", "complaint_retention", "destructions"),
        *("clients", "complaints", "calendar"),
    ),
    Role.COMPLAINT_OFFICE: (
        *("complaint_desk", "extensions", "complaint_report", "complaint_files", "complaints"),
        *("find", "calendar"),
    ),
    Role.REGION_HEAD: (
        "overview",
        "statistics",
        "referrals",
        "tiers",
        "closures",
        "closure_analysis",
        "complaints",
        "complaint_desk",
        "follow_ups",
        "clients",
        "duty",
        "board",
        "calendar",
    ),
    Role.PHONE_AGENT: ("file", "complaints", "mine", "find", "calendar"),
    Role.EBANK_MANAGER: ("file", "mine", "complaints", "clients", "calendar"),
    Role.ADMIN: ("jobs", "loads", "people", "scorecards", "products", "reference", "screens", "calendar"),
    Role.SECURITY_ADMIN: ("people", "reviews", "calendar"),
    Role.AUDITOR: ("access_log", "changes", "jobs", "calendar"),
}

#: On a phone: at most five, under the thumb; the lobby desk has none (its ends take that place).
TABS = {
    Role.WEALTH_MANAGER: ("today", "clients", "file", "referrals", "more"),
    Role.MARKETING_MANAGER: ("today", "file", "follow_ups", "clients", "more"),
    Role.LOBBY_MANAGER: ("desk", "referrals", "closing", "clients", "more"),
    Role.BRANCH_HEAD: ("overview", "statistics", "referrals", "clients", "more"),
    Role.SUPERVISOR: ("follow_ups", "overview", "referrals", "clients", "more"),
    Role.ARCHIVIST: ("archives", "loans", "checks", "retention", "more"),
}
MOST_TABS = 5


def role_in_use(user):
    """The role whose home opens first: the one chosen last, else the first held."""
    held = [holding.role for holding in user.holdings]
    return user.role_in_use if user.role_in_use in held else (held[0] if held else "")


def home_url(user):
    """Where `user` begins."""
    role = role_in_use(user)
    return ITEMS[RAIL[role][0]].url if role else "/about/permissions"


def rail_keys(user):
    """The merged rail of all roles held, the role in use first, each place once."""
    return list(_rail(role_in_use(user), tuple(holding.role for holding in user.holdings)))


@lru_cache(maxsize=500)
def _rail(first, held):
    roles = [first, *(role for role in held if role != first)] if first else []
    keys = dict.fromkeys(key for role in roles for key in RAIL[role])
    if "desk" in keys:
        keys.pop("file", None)
    return tuple(keys)


def tab_keys(user):
    """The tabs of the role in use."""
    role = role_in_use(user)
    if not role:
        return []
    usual = RAIL[role]
    fits = usual if len(usual) <= MOST_TABS else (*usual[: MOST_TABS - 1], "more")
    return list(TABS.get(role, fits))


def current(keys, path):
    """Address of the place among `keys` that the page at `path` belongs to, "" for none."""
    return max((ITEMS[key].url for key in keys if path.startswith(ITEMS[key].url)), key=len, default="")


def entries(keys, path, counts):
    """What the shell draws: label, icon, url, count, whether it is the current page."""
    best = current(keys, path)
    return [
        {
            "key": key,
            "label": ITEMS[key].label,
            "icon": ITEMS[key].icon,
            "url": ITEMS[key].url,
            "count": counts.get(key),
            "current": ITEMS[key].url == best,
        }
        for key in keys
    ]
