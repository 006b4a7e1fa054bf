"""What the sheet of one plan item shows: the client, why to call, what was said, the form."""

import datetime
import re
import uuid
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from rmflow.privacy import actions as privacy
from rmflow.privacy import normal
from rmflow.privacy.masks import band_amount, mask_birthday
from rmflow.privacy.models import Purpose
from rmflow.workdays.rules import day_text, weekday

from .. import rules, stats
from ..forms import ContactForm, PrepareForm
from ..rules import Channel, PlanState, Result
from . import lines
from .rows import ICONS, row

CALENDAR_DAYS = 130  # days ahead of which the form knows whether they work

#: Results that end the record, said beside the chips before anybody saves.
ENDS = {
    Result.REFUSED: gettext_lazy("Without a next step the follow-up ends and the referrer is told."),
    Result.DO_NOT_CONTACT: gettext_lazy("All plans for this client end; nobody calls again."),
    Result.MET: gettext_lazy("A next step is optional."),
    Result.DEAL: gettext_lazy("A next step is optional."),
}


STOPPED = gettext_lazy("This client does not want to be contacted; no next step.")


def item_key(item):
    """How the access log names the occasion of a look."""
    return f"plan:{item.pk}"


def phone_is_due(item, today):
    """Whether the owner may see the phone: the item is open, due, and the client may be called.

    A plan of one's own outlives the client's change of manager; the phone does not.
    """
    client = item.client
    return bool(
        client is not None
        and item.state == PlanState.OPEN
        and item.plan_on <= today
        and not client.do_not_contact
        and client.phone
        and (item.record_id or stats.own_clients(item.owner).filter(pk=client.pk).exists())
    )


def shown_phone(item, *, request):
    """The phone of a due item, with the look on record; the item is the purpose."""
    privacy.log(
        privacy.Kind.VIEW,
        by=request.user,
        obj=item.client,
        fields=["phone"],
        purpose=Purpose.CONTACT,
        item_key=item_key(item),
        request=request,
    )
    return item.client.phone


def tel(phone):
    """The address a telephone dials."""
    return "tel:" + re.sub(r"[^\d+]", "", normal.without_extension(normal.shape("phone", phone)))


def context(item, moment, *, request, form=None, phone="", board):
    """Everything `followups/_sheet.html` prints for `item`."""
    client, record = item.client, item.record
    line = row(stats.one_item(request.user, item.pk), moment)
    seen = client is not None and client.is_seen_by(request.user)
    return {
        "item": item,
        "line": line,
        "client": client,
        "record": record,
        "seen": seen,
        "about": _about(client, moment) if seen else "",
        "facts": _facts(client, moment) if seen else [],
        "core": line["core"],
        "elsewhere": item.kind in rules.OWNED_ELSEWHERE,
        "phone": phone,
        "tel": tel(phone) if phone else "",
        "phone_due": phone_is_due(item, moment.today),
        "talks": lines.of_timeline(client, request.user, moment.today) if client else [],
        "prepare": PrepareForm(initial={"expected": item.expected, "answer": item.answer}),
        "later": later(item, moment),
        "board": board,
        "query": board.chosen.query(),
        **(form_context(item, moment, form) if _is_contact(item) else {}),
    }


def _is_contact(item):
    """Whether a contact may be recorded on the item."""
    owned = item.kind in rules.OWNED_ELSEWHERE
    return item.client_id is not None and item.state == PlanState.OPEN and not owned


def _about(client, moment):
    """Sex as said, age, occupation: one quiet line."""
    parts = [
        client.get_salutation_display() if client.salutation and client.is_named else "",
        mask_birthday(client.birth_date, today=moment.today),
        client.occupation,
    ]
    return " · ".join(str(part) for part in parts if part)


def _facts(client, moment):
    """Labels and values of the right column; an amount as its band unless the client is open to the reader."""
    balance = stats.newest_balance(client)
    facts = []
    if balance:
        month = pgettext("month of a balance", "{year}-{month}").format(
            year=balance.month.year, month=f"{balance.month.month:02d}"
        )
        amount = balance.amount
        shown = _money(amount) if client.is_open_to(moment.user) else band_amount(amount)
        facts.append((_("Monthly average {month}").format(month=month), shown))
    return facts


def _money(amount):
    return _("{amount} × 10,000 yuan").format(amount=f"{amount / 10_000:,.2f}")


def later(item, moment):
    """Days offered for a postponement: the next working day and a week on, as far as allowed."""
    start = max(item.plan_on, moment.today)
    days = dict.fromkeys(
        [moment.calendar.add(moment.today, 1), moment.calendar.add(start, 1), week_on(moment)]
    )
    return [
        {"value": day.isoformat(), "label": f"{day_text(day, moment.today)} {weekday(day)}"}
        for day in days
        if day != item.plan_on and (item.must_by is None or day <= item.must_by)
    ]


def week_on(moment):
    """The working day a week from now, or the next one."""
    return moment.calendar.on_or_after(moment.today + datetime.timedelta(days=7))


def form_context(item, moment, form=None):
    """What `followups/_record.html` prints: results with their proposals, day chips, the calendar."""
    tomorrow = moment.calendar.add(moment.today, 1)
    second, week = moment.calendar.add(moment.today, 2), week_on(moment)
    bound = form is not None and form.is_bound
    return {
        "item": item,
        "form": form or ContactForm(initial={"channel": item.channel or Channel.PHONE}),
        "results": results(item, moment, chosen=form.data.get("result", "") if bound else ""),
        "ways": [{"value": v, "label": moment.channels[v], "icon": ICONS[v]} for v in Channel.values],
        "way": (form.data.get("channel", "") if bound else "") or item.channel or Channel.PHONE,
        "next_way": form.data.get("next_channel", "") if bound else "",
        "days": [
            {
                "value": day.isoformat(),
                "label": label,
                "text": day_text(day, moment.today),
                "mark": mark(day, moment),
            }
            for day, label in (
                (tomorrow, _near(tomorrow, moment)),
                (second, weekday(second)),
                (week, _("In a week")),
            )
        ],
        "today_iso": moment.today.isoformat(),
        "calendar_marks": calendar_marks(moment.calendar, moment.today),
        "weekdays": " ".join(
            weekday(datetime.date(2026, 10, 5) + datetime.timedelta(days=n)) for n in range(7)
        ),
        "last_day": (moment.today + datetime.timedelta(days=366)).isoformat(),
        "key": uuid.uuid4().hex,
        "said_today": f"{day_text(moment.today)} {moment.now:%H:%M}",
        "way_word": moment.channels[item.channel or Channel.PHONE],
    }


def _near(day, moment):
    """明天, or the weekday of the next working day."""
    return _("Tomorrow") if (day - moment.today).days == 1 else weekday(day)


def mark(day, moment):
    """班 on a weekend that works, 休 on a day off, nothing on others."""
    works = moment.calendar.is_working(day)
    if works and day.weekday() >= 5:
        return pgettext("calendar mark", "make-up")
    return "" if works else pgettext("calendar mark", "off")


def results(item, moment, *, chosen=""):
    """The result chips, each with the step it proposes, so that choosing one needs no request."""
    last_hour = item.at.hour if item.at else moment.now.hour
    chips = []
    stopped = item.client is not None and item.client.do_not_contact
    for number, result in enumerate(Result, 1):
        step = None
        if not stopped:
            step = rules.propose(result, today=moment.today, calendar=moment.calendar, last_hour=last_hour)
        chips.append(
            {
                "value": result.value,
                "label": moment.results[result],
                "digit": number if number < 10 else "",
                "chosen": result.value == chosen,
                "way": step.channel if step else "",
                "on": step.on.isoformat() if step else "",
                "at": f"{step.at:%H:%M}" if step and step.at else "",
                "needs": result in rules.NEEDS_NEXT and not stopped,
                "closed": stopped or result == Result.DO_NOT_CONTACT,
                "says": str(STOPPED if stopped else ENDS.get(result, "")),
            }
        )
    return chips


@lru_cache(maxsize=8)
def calendar_marks(calendar, today):
    """One letter a day from `today`: w works, o off, m make-up; "?" where the year has no rows."""
    letters = []
    for number in range(CALENDAR_DAYS):
        day = today + datetime.timedelta(days=number)
        if day.year not in calendar.years:
            letters.append("?")
        elif calendar.is_working(day):
            letters.append("m" if day.weekday() >= 5 else "w")
        else:
            letters.append("o")
    return "".join(letters)
