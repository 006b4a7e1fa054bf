"""One line of a complaint's history in words."""

import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rmflow.staff.models import BANK_TIME
from rmflow.workdays.rules import day_text

from .rules.complaint import ExtensionKind, ReplyWay, ReviewOutcome, Satisfaction, Way
from .rules.complaint_ladder import Step

#: Events that a person did not do.
SYSTEM = frozenset({"warn", "escalate", "recount", "unassign"})

SENTENCES = {
    "take": gettext_lazy("took the complaint ({way})"),
    "assign": gettext_lazy("gave it to {handler}"),
    "hand_over": gettext_lazy("handed it over to {handler}"),
    "unassign": gettext_lazy("the handler must keep out or has left"),
    "classify": gettext_lazy("classified it"),
    "plan": gettext_lazy("wrote key point and plan"),
    "promise": gettext_lazy("told the client: answer by {at}"),
    "note": "",
    "pass_on": gettext_lazy("passed a question on to {unit}"),
    "unit_answer": gettext_lazy("answered for {unit}"),
    "ask_extension": gettext_lazy("asked for an extension: {kind}"),
    "grant_extension": gettext_lazy("agreed to the extension"),
    "refuse_extension": gettext_lazy("refused the extension"),
    "told": gettext_lazy("told the client of the extension and why"),
    "complex": gettext_lazy("classified it as complex"),
    "suspend": gettext_lazy("suspended it for an appraisal by {agency}"),
    "resume": gettext_lazy("went on after the appraisal"),
    "reply": gettext_lazy("replied to the client ({way})"),
    "call_back": gettext_lazy("called back: {said}"),
    "trace": gettext_lazy("wrote down the root cause"),
    "improve": gettext_lazy("set an improvement: {owner}, by {day}"),
    "improved": gettext_lazy("finished an improvement"),
    "close": gettext_lazy("closed the complaint"),
    "withdraw": gettext_lazy("noted that the client withdrew"),
    "merge": gettext_lazy("merged it into {into}"),
    "merged_in": gettext_lazy("merged {from} into it"),
    "restart": gettext_lazy("new facts: the clock counts anew"),
    "recuse": gettext_lazy("{person} keeps out"),
    "name": gettext_lazy("named {person} as complained of"),
    "ask_review": gettext_lazy("noted the client's request for a review, due {day}"),
    "decide_review": gettext_lazy("decided the review: {outcome}"),
    "told_review": gettext_lazy("told the client of the review ({way})"),
    "learn": gettext_lazy("noted a need on the archive"),
    "chance": gettext_lazy("noted a sales chance: {product}"),
    "attach": gettext_lazy("added a file"),
    "warn": gettext_lazy("Warning, {step}: told {told}"),
    "escalate": gettext_lazy("Escalated, {step}: told {told}"),
    "recount": gettext_lazy("The calendar changed; the deadline was recomputed"),
}


def line(event, *, files):
    """Time, who, what, note, and a moved deadline of one event."""
    data = dict(event.data)
    text = str(SENTENCES.get(event.name, event.name))
    file = files.get(data.get("file"))
    moved = event.due_from != event.due_to and event.due_to is not None
    return {
        "at": event.at,
        "who": event.by.name if event.by_id and event.name not in SYSTEM else "",
        "text": text.format_map(_Words(_values(event.name, data))),
        "note": event.note,
        "file": file,
        "moved": moved,
        "due_from": day_text(event.due_from) if moved and event.due_from else "",
        "due_to": day_text(event.due_to) if moved else "",
        "state": "today" if event.name in ("warn", "escalate") else "open",
    }


class _Words(dict):
    def __missing__(self, name):
        return "–"


def _values(name, data):
    """Codes as words, dates as a reader writes them."""
    values = {key: value for key, value in data.items() if isinstance(value, str)}
    values["told"] = _(", ").join(data.get("told", [])) or _("nobody")
    for key, words in (
        ("kind", ExtensionKind),
        ("said", Satisfaction),
        ("outcome", ReviewOutcome),
        ("step", Step),
    ):
        if data.get(key) in words.values:
            values[key] = str(words(data[key]).label)
    ways = ReplyWay if name in ("reply", "told_review") else Way
    if data.get("way") in ways.values:
        values["way"] = str(ways(data["way"]).label)
    if data.get("day"):
        values["day"] = day_text(datetime.date.fromisoformat(data["day"]))
    if data.get("at"):
        moment = datetime.datetime.fromisoformat(data["at"]).astimezone(BANK_TIME)
        values["at"] = f"{day_text(moment.date())} {moment:%H:%M}"
    return values
