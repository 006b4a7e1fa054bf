"""How a closing reads on the screen: six steps, both columns, what blocks the lock (design, closing.png)."""

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.models import CustodyLine

from .actions.closing_day import may_stand_in
from .closing import Closing, unlocked_before
from .closing_lines import line, time_of
from .rules import Status
from .rules.closing import Finding, OpenKind, Ruling, Side, UnfiledRuling

SHOWN = 9  # matched rows shown at once (design)


class Page:
    """Everything the closing's screen shows to one person."""

    def __init__(self, closing: Closing, user, *, chosen="", everything=False):
        self.closing, self.user, self.day = closing, user, closing.day
        self.now = clock.now()
        self.is_locked = self.day.closed_at is not None
        self.everything = everything
        self.lines = [line(row, user, day=self.day) for row in closing.rows]
        for item in self.lines:
            item["rulings"] = self.rulings(item)
        self.differences = [item for item in self.lines if item["row"].is_difference]
        self.agreed = [item for item in self.lines if not item["row"].is_difference]
        self.unchecked = [item for item in self.agreed if item["row"].is_open]
        self.chosen = self._chosen(chosen)

    def _chosen(self, key):
        """The row that is open: the one asked for, else the first difference."""
        if self.is_locked:
            return None
        keys = [item["key"] for item in self.lines]
        if key in keys:
            return key
        if key.startswith("after-") and self.differences:
            waiting = [item["key"] for item in self.differences]
            last = key.removeprefix("after-")
            at = waiting.index(last) + 1 if last in waiting else 0
            return waiting[at % len(waiting)]
        return self.differences[0]["key"] if self.differences else None

    @cached_property
    def shown(self):
        found = self.agreed if self.everything else self.agreed[:SHOWN]
        if self.chosen and all(item["key"] != self.chosen for item in [*found, *self.differences]):
            found = [*found, *(item for item in self.agreed if item["key"] == self.chosen)]
        return found

    @property
    def more(self):
        return len(self.agreed) - len(self.shown)

    @property
    def repeats(self):
        return sum(item["row"].finding == Finding.REPEAT for item in self.agreed)

    @property
    def matched(self):
        return len(self.agreed) - self.repeats

    def may(self, permission):
        return scope(self.user, permission).covers(self.day.branch)

    @property
    def may_close(self):
        return not self.is_locked and self.may(Permission.CLOSE_DAY)

    @property
    def sees_statistics(self):
        return self.may(Permission.SEE_STATISTICS)

    @property
    def may_reopen(self):
        return self.is_locked and self.may(Permission.REOPEN_DAY)

    @property
    def may_release(self):
        sealed = self.day.sealed_at is not None and self.day.released_at is None
        return sealed and self.day.sealed_until > self.now and self.may(Permission.KEEP_CUSTODY)

    @cached_property
    def witnesses(self):
        """Who may have been present when the box was opened."""
        people = User.objects.active().filter(home_branch=self.day.branch_id).exclude(pk=self.user.pk)
        return list(people.order_by("employee_no"))

    @property
    def candidates(self):
        """Slips that may have been filed afterwards for a client without one: of the same day."""
        return [item for item in self.lines if item["slip"] is not None]

    def rulings(self, item):
        """Which rulings the row offers; the likely one first."""
        slip = item["slip"]
        if slip is None:
            return UnfiledRuling.choices
        offered = list(Ruling)
        if slip.status == Status.TO_FOLLOW_UP or slip.manager_id is None:
            offered.remove(Ruling.TO_FOLLOW_UP)
        if item["row"].finding == Finding.NO_RECORD:
            offered.remove(Ruling.SENDER)
        if item["row"].finding == Finding.REPEAT:
            offered.sort(key=lambda ruling: ruling != Ruling.REPEAT)
        return [(ruling.value, ruling.label) for ruling in offered]

    @cached_property
    def managers(self):
        """Every manager of the day: how many slips, signed or not, and who may sign instead."""
        counts = self.closing.picture.managers()
        people = {row.manager.pk: row.manager for row in self.closing.rows if row.manager}
        signed = {c.person_id: c for c in self.closing.confirmations if c.side == Side.MANAGER}
        missing = set(self.closing.picture.unsigned())
        found = []
        for pk, count in sorted(counts.items(), key=lambda pair: people[pair[0]].employee_no):
            silent = sum(
                item["row"].line.manager_id == pk
                and item["row"].finding in (Finding.MANAGER_MISSING, Finding.NO_RECORD)
                for item in self.differences
            )
            found.append(
                {
                    "person": people[pk],
                    "count": count,
                    "signature": None if pk in missing else signed.get(pk),
                    "silent": silent,
                    "may_stand_in": pk in missing and self.may_stand_in(Side.MANAGER, pk),
                }
            )
        return found

    def may_stand_in(self, side, person_id=None):
        """Whether the button is offered: the right to, and the half hour that has passed."""
        if self.is_locked or person_id == self.user.pk:
            return False
        if not may_stand_in(self.user, side, self.day.branch):
            return False
        holds_both = person_id in self.closing.both if person_id else bool(self.closing.both)
        return holds_both or self.now >= self.closing.stand_in_from

    @cached_property
    def absent_lobby(self):
        """For whom the head may sign the lobby's side."""
        if self.closing.picture.signed(Side.LOBBY) or not self.may_stand_in(Side.LOBBY):
            return []
        return list(User.objects.filter(pk__in=self.closing.lobby_ids).exclude(pk=self.user.pk))

    @property
    def lobby_signature(self):
        return next((c for c in self.closing.confirmations if c.side == Side.LOBBY), None)

    # The six steps

    @cached_property
    def steps(self):
        kinds = {str(kind) for kind, _keys in self.closing.matters}
        signed = sum(1 for item in self.managers if item["signature"])
        both = not kinds & {OpenKind.UNSIGNED, OpenKind.LOBBY}
        total = len(self.lines)
        box = self.closing.box
        return [
            self._step(
                _("Check the slips"),
                OpenKind.UNCHECKED not in kinds,
                ngettext("{n} slip, all in", "{n} slips, all in", total).format(n=total)
                if OpenKind.UNCHECKED not in kinds
                else _("{n} to check").format(n=len(self.unchecked)),
            ),
            self._step(
                _("Settle differences"),
                not self.differences,
                _("{n} left").format(n=len(self.differences)) if self.differences else _("none open"),
            ),
            self._step(
                _("Managers sign"),
                OpenKind.UNSIGNED not in kinds,
                _("{done} of {all}").format(done=signed, all=len(self.managers)),
            ),
            self._step(
                _("Look into the opinion box"),
                OpenKind.BOX not in kinds,
                _("{time}, {n} found").format(time=time_of(box.at), n=box.box_found + box.book_found)
                if box
                else _("not looked at"),
            ),
            self._step(_("Both sides sign"), both, _("signed") if both else _("not begun"), waits=not both),
            self._step(
                _("Lock the day"),
                self.is_locked,
                _("{time} by {name}").format(time=time_of(self.day.closed_at), name=self.day.closed_by.name)
                if self.is_locked
                else (_("ready") if kinds <= {OpenKind.LOBBY} else _("not ready yet")),
                waits=True,
            ),
        ]

    @staticmethod
    def _step(title, done, note, *, waits=False):
        state = "met" if done else "done" if waits else "today"
        icon = {"met": "check", "today": "clock", "done": "minus"}[state]
        return {"title": title, "state": state, "icon": icon, "note": note}

    # What blocks the lock

    @cached_property
    def blockers(self):
        """Everything that is open, each with a line that says where; the lobby's own signature comes with the lock."""
        found = []
        for kind, keys in self.closing.matters:
            if kind == OpenKind.LOBBY and self.may(Permission.SIGN_LOBBY):
                continue
            found.append(self._blocker(OpenKind(kind), keys))
        return found

    def _blocker(self, kind, keys):
        icons = {
            OpenKind.DISPUTED: "arrows-exchange",
            OpenKind.MANAGER_MISSING: "user-question",
            OpenKind.SENDER_MISSING: "file-unknown",
            OpenKind.NO_RECORD: "file-off",
            OpenKind.REPEAT: "copy",
            OpenKind.BOX: "mail-opened",
            OpenKind.UNSIGNED: "writing",
            OpenKind.LOBBY: "writing",
        }
        item = {
            "kind": str(kind),
            "title": kind.label,
            "count": len(keys),
            "icon": icons.get(kind, "checklist"),
        }
        if kind == OpenKind.UNSIGNED:
            names = [m["person"].name for m in self.managers if not m["signature"]]
            return item | {"detail": "、".join(names), "remind": keys}
        about = [i for i in self.differences if i["row"].finding == kind]
        item["detail"] = "、".join(f"{i['client']} {i['manager']}" for i in about[:3])
        if kind == OpenKind.MANAGER_MISSING:
            item["remind"] = sorted({i["row"].line.manager_id for i in about if i["row"].line.manager_id})
        if kind == OpenKind.NO_RECORD:
            item["open_records"] = [i["slip"].pk for i in about if i["slip"].manager_id]
        return item

    @property
    def is_ready(self):
        """Whether one press locks the day: all done, or all but the presser's own signature for the lobby."""
        return self.may_close and not self.blockers

    @property
    def opened_hour(self):
        return time_of(self.closing.stand_in_from)

    @cached_property
    def register(self):
        if self.day.sealed_at is None:
            return []
        return list(CustodyLine.objects.filter(day=self.day).select_related("by").order_by("at"))

    @cached_property
    def earlier(self):
        return unlocked_before(self.day)

    @property
    def note(self):
        """Late, and by how much; or the state of the day."""
        if self.is_locked:
            return pgettext("day", "Locked")
        late = self.now - self.closing.hours.reminder(self.day.date, clock.SHANGHAI)
        if late.total_seconds() < 0:
            return ""
        hours, minutes = divmod(int(late.total_seconds() // 60), 60)
        return (
            _("{minutes} min past closing time").format(minutes=minutes)
            if not hours
            else _("{hours} h {minutes} min past closing time").format(hours=hours, minutes=minutes)
        )
