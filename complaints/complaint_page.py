"""What the page of one complaint shows: deadline with its reason, day strip, steps, ladder, history."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.privacy import masks
from rmflow.staff.models import BANK_TIME
from rmflow.workdays.current import calendar
from rmflow.workdays.rules import chip, day_text, provisional_text, short_day, weekday

from . import complaint_words as words
from .actions import complaint_core as core
from .complaint_steps import STEPS, open_steps
from .rules import complaint_clock as clocks
from .rules.complaint import Decision, Level, Status, remedies
from .rules.complaint_clock import Ruling
from .rules.complaint_ladder import ORDER, rungs
from .rules.complaint_ladder import Step as Rung
from .stats.repeats import likely_repeats

STATES = {
    Status.TAKEN: "today",
    Status.WORKING: "today",
    Status.SUSPENDED: "done",
    Status.REPLIED: "met",
    Status.CLOSED: "done",
    Status.WITHDRAWN: "done",
    Status.MERGED: "done",
}


class Page:
    """One complaint as `user` sees it at `now`."""

    def __init__(self, complaint, user, *, now):
        self.complaint, self.user, self.now = complaint, user, now
        self.today = now.date()
        self.calendar = calendar()
        self.clock = clocks.held(core.reckon(complaint), due_on=complaint.due_on, today=self.today)
        self.open = open_steps(complaint, user)

    def context(self):
        """Everything `complaints/complaint.html` prints."""
        complaint = self.complaint
        return {
            "complaint": complaint,
            "badge": {"state": STATES[complaint.status], "text": complaint.get_status_display()},
            "level_state": "past" if complaint.level == Level.MAJOR else "",
            "deadline": self.deadline(),
            "strip": self.strip(),
            "steps": self.steps(),
            "primary": self.primary(),
            "others": self.others(),
            "content": self.content(),
            "recusal": self.recusal(),
            "ladder": self.ladder(),
            "history": self.history(),
            "moves": sum(1 for line in self.history() if line["moved"]),
            "improvements": list(complaint.improvements.all()),
            "passes": list(complaint.passes.all()),
            "reviews": list(complaint.reviews.all()),
            "attachments": list(complaint.attachments.all()),
            "repeats": self.repeats(),
            "may_note": "note" in self.open,
            "may_attach": "note" in self.open,
            "remedies": remedies(),
        }

    def repeats(self):
        """Earlier complaints this one likely repeats, for who may merge it."""
        found = likely_repeats(self.complaint, self.user) if "merge" in self.open else []
        url = reverse("complaints:step", args=[self.complaint.pk, "merge"])
        return [
            {
                "number": r.number,
                "title": r.title,
                "received_at": r.received_at,
                "merge_url": f"{url}?into={r.number}",
            }
            for r in found
        ]

    # -- the deadline -------------------------------------------------------------------------------

    def deadline(self):
        """The ruling date, its chip, and one sentence why it is this one."""
        complaint = self.complaint
        done_on = complaint.replied_at.astimezone(BANK_TIME).date() if complaint.replied_at else None
        if complaint.status in (Status.WITHDRAWN, Status.MERGED):
            done_on = complaint.over_at.astimezone(BANK_TIME).date()
        shown = chip(
            complaint.due_on,
            self.today,
            self.calendar,
            due_at=complaint.due_at,
            now=self.now,
            done_on=done_on,
        )
        return {
            "date": f"{day_text(complaint.due_on, self.today)} {weekday(complaint.due_on)}",
            "chip": shown,
            "why": self.why(),
            "suspended": complaint.status == Status.SUSPENDED,
            "due_at": complaint.due_at,
            "provisional": provisional_text(complaint.provisional_year) if complaint.provisional_year else "",
        }

    def why(self):
        """法定 15 日先到，内部延期限 10月12日不再适用。"""
        complaint, clock = self.complaint, self.clock
        if complaint.status == Status.SUSPENDED:
            return _("Suspended for an external appraisal; the clocks stand still.")
        law = {"days": complaint.law_days, "law": day_text(complaint.law_on, self.today)}
        if clock.missing_year and complaint.ruling == Ruling.LAW:
            return _("{year} has no calendar; the law's {days} days rule.").format(
                year=clock.missing_year, **law
            )
        if complaint.ruling == Ruling.LAW:
            inner = complaint.extended_on if complaint.extended else complaint.normal_on
            return _(
                "The law's {days} days come first; the bank's own date {inner} no longer applies."
            ).format(inner=day_text(inner, self.today), **law)
        if complaint.extended:
            return _("7 working days with the office's consent; the law's {days} days end {law}.").format(
                **law
            )
        return _("3 working days; the law's {days} days end {law}.").format(**law)

    def strip(self):
        """A cell a day, both clocks numbered (design.md, day strip)."""
        months, cells = None, []
        for line in clocks.count_days(self.clock, self.calendar):
            first = months != line.date.month
            months = line.date.month
            marks = set(line.marks)
            cells.append(
                {
                    "line": line,
                    "weekday": str(weekday(line.date))[-1],
                    "date": f"{line.date.month}/{line.date.day}" if first else str(line.date.day),
                    "iso": line.date.isoformat(),
                    "sign": SIGNS[line.kind]() if line.kind in SIGNS else "",
                    "boxed": line.kind == "make_up",
                    "off": line.kind in ("weekend", "holiday", "paused", "unknown"),
                    "today": line.date == self.today,
                    "effective": line.date == self.complaint.due_on,
                    "working": _("taken") if line.kind == "receipt" else line.working,
                    "law": line.law,
                    "foot": self.foot(marks, line.date),
                }
            )
        return cells

    def foot(self, marks, day):
        """Words under a cell: what ends there."""
        found = [pgettext("deadline", "Today")] if day == self.today else []
        if "normal" in marks:
            found += [_("3 working days"), short_day(day)]
        if "extended" in marks:
            found += [_("7 working days"), short_day(day)]
        if "law" in marks:
            found += [_("law, {n} days").format(n=self.complaint.law_days), short_day(day)]
        return found

    # -- steps ----------------------------------------------------------------------------------------

    def steps(self):
        """下一步: what is done, what is next, what comes later."""
        rows = [*self._early_steps(), *self._late_steps()]
        nxt = next((row for row in rows if not row["done"] and row["name"] in self.open), None)
        for row in rows:
            row["now"] = row is nxt
            if row["name"] in self.open:
                row["url"] = reverse("complaints:step", args=[self.complaint.pk, row["name"]])
        return rows

    def _early_steps(self):
        c = self.complaint
        yield _row("plan", bool(c.key_point), _("Find out the facts"), c.key_point or _("Key point and plan"))
        codes = [str(code) for code in (c.business, c.cause, c.channel) if code]
        classified = all((c.channel_id, c.business_id, c.cause_id))
        yield _row(
            "classify", classified, _("Classify"), " · ".join(codes) or _("Channel, business and cause")
        )
        told = f"{c.promised_at.astimezone(BANK_TIME):%Y-%m-%d %H:%M}" if c.promised_at else ""
        yield _row("promise", bool(c.told_at), _("Tell the client a time"), told or _("Before the deadline"))
        for extension in c.extensions.all():
            yield self._extension(extension)

    def _extension(self, extension):
        if extension.decision == Decision.ASKED:
            text = _("{name} asks: {reason}").format(name=extension.asked_by.name, reason=extension.reason)
            return _row("decide_extension", False, _("Extension waits for the office"), text)
        if extension.decision == Decision.LAPSED:
            return _row(
                "", True, _("Extension not needed any more"), extension.reason, at=extension.decided_at
            )
        text = f"{extension.decided_by.name}: {extension.note}"
        if extension.decision == Decision.REFUSED:
            return _row("", True, _("Extension refused"), text)
        title = _("Extension agreed; tell the client")
        return _row("told", extension.told_at is not None, title, text, at=extension.told_at)

    def _late_steps(self):
        c = self.complaint
        say = _("Way, time, content, basis and remedies all go on record.")
        due = _("before {day}").format(day=day_text(c.due_on, self.today))
        yield _row(
            "reply", c.replied_at is not None, _("Reply to the client"), say, at=c.replied_at, right=due
        )
        said = c.get_satisfaction_display() if c.satisfaction else _("Within 3 working days of the reply")
        yield _row("call_back", bool(c.satisfaction), _("Satisfaction call-back"), said, at=c.called_back_at)
        cause = c.root_cause or _("Responsibility, measures, owner and date")
        yield _row("trace", bool(c.root_cause), _("Cause and improvement"), cause)
        yield _row("close", c.status == Status.CLOSED, _("Close the complaint"), c.archive_no, at=c.over_at)

    def primary(self):
        """The one filled button: the next open step, or the reply while it is owed."""
        names = [row["name"] for row in self.steps() if not row["done"] and row["name"] in self.open]
        for name in ("decide_extension", "unit_answer", "decide_review", "told_review", "resume"):
            if name in self.open:
                return self._button(name)
        if "reply" in self.open and (self.complaint.key_point or self.complaint.told_at):
            return self._button("reply")
        return self._button(names[0]) if names else None

    def others(self):
        """Every other step one may take now."""
        first = self.primary()
        listed = {"note", *(row["name"] for row in self.steps())}
        return [
            self._button(name)
            for name in self.open
            if name not in listed and (first is None or name != first["name"])
        ]

    def _button(self, name):
        step = STEPS[name]
        url = reverse("complaints:step", args=[self.complaint.pk, name])
        return {"name": name, "label": step.label, "icon": step.icon, "url": url, "hint": step.hint}

    # -- what it is about -------------------------------------------------------------------------------

    def content(self):
        """投诉内容: labels and values."""
        c = self.complaint
        codes = " · ".join(str(code) for code in (c.business, c.cause, c.channel) if code)
        promised = ""
        if c.promised_at:
            promised = f"{c.promised_at.astimezone(BANK_TIME):%Y-%m-%d %H:%M}"
        rows = [
            (_("Request"), c.request),
            (_("Main facts"), c.facts),
            (_("Grounds"), c.basis),
            (_("Key point"), c.key_point),
            (_("Plan"), c.plan),
            (_("Investigation"), c.findings),
            (_("Complained of"), _(", ").join(self.named()) or c.against),
            (_("Classification"), codes),
            (
                _("Representatives"),
                _(", ").join(filter(None, (row.masked for row in c.representatives.all()))),
            ),
            (_("Proxy"), masks.mask_name(c.proxy) if c.proxy else ""),
            (_("Product"), str(c.product) if c.product else ""),
            (_("Promised by"), promised),
            (_("Reply"), c.reply),
            (_("Basis and reasons"), c.reply_basis),
            (_("Responsibility"), c.responsibility),
        ]
        return [(label, value) for label, value in rows if value]

    def named(self):
        """Names of those complained of."""
        return [row.person.name for row in self.rows_of_recusal() if row.basis == "named"]

    def rows_of_recusal(self):
        return [row for row in self.complaint.recusals.all() if not row.below_path]

    def recusal(self):
        """回避: the handler's state, then those who keep out, and how many stand under them."""
        c = self.complaint
        return {
            "handler": c.handler,
            "rows": [
                {"name": row.person.name, "why": row.note or self._basis(row)}
                for row in self.rows_of_recusal()
            ],
            "below": any(row.below_path for row in c.recusals.all()),
            "upper": c.upper,
        }

    @staticmethod
    def _basis(row):
        from .rules.complaint_recusal import Basis

        return str(Basis(row.basis).label)

    # -- ladder and history ---------------------------------------------------------------------------

    def ladder(self):
        """逐级上报: each rung with who was told, or when it stands ahead."""
        from rmflow.staff.permissions import Role

        rows = sorted(self.complaint.steps.all(), key=lambda row: (row.at, ORDER.index(row.step)))
        shown = []
        for row in rows:
            roles = [str(Role(role).label) for role in rungs(row.step, upper=self.complaint.upper)]
            shown.append(
                {
                    "step": str(Rung(row.step).label),
                    "who": _(", ").join(each["name"] for each in row.told) or _(", ").join(roles),
                    "at": row.fired_at or row.at,
                    "fired": row.fired_at is not None,
                    "late": row.fired_at is None and row.at <= self.now,
                }
            )
        return shown

    def history(self):
        """处理经过, newest first."""
        if not hasattr(self, "_lines"):
            files = {row.pk: row for row in self.complaint.attachments.all()}
            events = self.complaint.events.select_related("by").order_by("-at", "-pk")
            self._lines = [words.line(event, files=files) for event in events]
        return self._lines


def _row(name, done, title, text, *, at=None, right=""):
    moment = f"{at.astimezone(BANK_TIME):%m-%d %H:%M}" if at else ""
    return {"name": name, "done": done, "title": title, "text": text, "right": moment or right, "url": ""}


SIGNS = {
    "make_up": lambda: pgettext("calendar mark", "make-up"),
    "weekend": lambda: pgettext("calendar mark", "off"),
    "holiday": lambda: pgettext("calendar mark", "off"),
    "paused": lambda: pgettext("calendar mark", "stop"),
}
