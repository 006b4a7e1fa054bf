"""What an address narrows a list to, as chips one takes away one by one: complaints and closures (§3.3)."""

from django.utils.dateformat import format as format_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from .complaint_desk import COLUMNS, DIMENSIONS, quarter_name
from .rules.closures import Movement, Reason, Result
from .rules.complaint import Level, Sensitivity, Way
from .stats import closures, complaint

OUTCOMES = {
    "churn": gettext_lazy("Leaving us"),
    "held": gettext_lazy("Kept, wholly or in part"),
    "lost": Result.LOST.label,
    "served": Result.SERVED.label,
    "leak": gettext_lazy("Left us"),
    "saved": gettext_lazy("Stayed with us"),
}
CODES = {"way": Way, "level": Level, "sensitivity": Sensitivity, "reason": Reason, "movement": Movement}
HEADS = {
    **DIMENSIONS,
    "level": pgettext_lazy("complaint", "Level"),
    "sensitivity": gettext_lazy("Sensitivity"),
    "reason": gettext_lazy("Reason"),
    "movement": gettext_lazy("Kind of movement"),
    "destination": gettext_lazy("Destination"),
    "manager": pgettext_lazy("client", "Manager"),
}


def of_complaints(rows, asked, kept):
    """Chips of the complaint list; `rows` are those in reach: a typed address names nobody else."""
    groups = {name: complaint.GROUPS.get(name) for name in complaint.DRILLS}
    return _chips(rows, asked, kept, groups, nothing=_("Not classified"))


def of_closures(rows, asked, kept):
    """Chips of the list of closures."""
    groups = {name: (column, closures.GROUPS[name][0]) for name, column in closures.DRILLS.items()}
    return _chips(rows, asked, kept, {"month": None, "outcome": None, **groups}, nothing=_("Not said"))


def _chips(rows, asked, kept, groups, *, nothing):
    """Each chip's address keeps all but its own filter; a value that filters nothing has no chip."""
    words = {name: _word(rows, name, asked.get(name, ""), group, nothing) for name, group in groups.items()}
    return [
        {"label": word, "url": "?" + urlencode({key: value for key, value in kept.items() if key != name})}
        for name, word in words.items()
        if word
    ]


def _word(rows, name, value, group, nothing):
    if not value:
        return ""
    if name in ("month", "quarter", "year"):
        return _period(name, value)
    if name == "fact":
        return str(COLUMNS[value][0]) if value in COLUMNS else ""
    if name == "outcome":
        return str(OUTCOMES.get(value, ""))
    word = _coded(name, value) if name in CODES else _titled(rows, name, value, group, nothing)
    return _("{head}: {word}").format(head=HEADS[name], word=word) if word else ""


def _coded(name, value):
    if value == "none":
        return _("Not said yet")
    return str(CODES[name](value).label) if value in CODES[name].values else value[:10]


def _titled(rows, name, value, group, nothing):
    """The name behind a number, by one row that bears it."""
    key, title = group
    if value == "none":
        return _("Without a handler") if name == "handler" else nothing
    if not complaint.is_key(value):
        return ""
    return rows.order_by().filter(**{key: int(value)}).values_list(title, flat=True).first() or "–"


def _period(name, value):
    if name == "year":
        return _("{year}").format(year=value) if complaint.year_of(value) else ""
    if name == "quarter":
        return quarter_name(complaint.quarter_of(value))
    first = complaint.month_of(value)
    return format_date(first, pgettext("date format: month and year", "F Y")) if first else ""
