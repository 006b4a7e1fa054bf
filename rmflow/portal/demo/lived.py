"""The last days, lived through the actions themselves: filed, received, judged, followed up."""

import datetime
import random
from decimal import Decimal

from clients.models import Client, Product
from clients.rules import ClientType
from followups import actions as followups
from followups.models import PlanItem
from followups.rules import NextStep, Result, propose
from referrals import actions
from referrals.rules import Card, Cue, Destination, End
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Role
from rmflow.workdays.current import calendar, opening
from rmflow.workflow import Refused

from . import rhythm, words
from .moment import at

ENDS = {End.INTRODUCE: 58, End.CARD: 32, End.PRIORITY: 6, End.E_CHANNEL: 4}
TYPES = {
    ClientType.EXISTING_PREMIUM: 16,
    ClientType.EXISTING_POTENTIAL: 26,
    ClientType.PROSPECTIVE_PREMIUM: 18,
    ClientType.ORDINARY: 40,
}
RESULTS = {
    Result.INTERESTED: 20, Result.CONSIDERING: 20, Result.CALL_BACK: 8, Result.NO_ANSWER: 22,
    Result.APPOINTED: 12, Result.MET: 8, Result.REFUSED: 6, Result.DO_NOT_CONTACT: 2, Result.WRONG_NUMBER: 2,
}  # fmt: skip


class Day:
    """One branch on one day, hour by hour."""

    def __init__(self, branch: Branch, date: datetime.date, rng: random.Random, until: datetime.datetime):
        self.branch, self.date, self.rng, self.until = branch, date, rng, until
        hold = User.objects.holding_at
        self.senders = list(hold(branch.pk, Role.TELLER, Role.LOBBY_MANAGER).order_by("pk"))
        self.lobby = list(hold(branch.pk, Role.LOBBY_MANAGER).order_by("pk"))
        self.managers = list(hold(branch.pk, Role.WEALTH_MANAGER).order_by("pk"))
        self.products = list(Product.objects.on_sale())
        self.new = 0

    def live(self):
        """Everything of the day in the order of the clock."""
        times = sorted(self._moments())
        for moment in times:
            self._slip(moment)
        for number in range(self.rng.randint(3, 9) if len(self.managers) > 1 else 1):
            self._divert(times[0] + datetime.timedelta(minutes=number * 13) if times else None)
        for manager in self.managers:
            self._work(manager)

    def _moments(self):
        count = rhythm.slips_of(self.rng, self.branch.code, self.date)
        for _i in range(count):
            moment = rhythm.moment(self.rng, self.date)
            if moment + rhythm.LONGEST < self.until:
                yield moment

    def _slip(self, moment):
        end = self.rng.choices(list(ENDS), weights=list(ENDS.values()))[0]
        sender, manager = self.rng.choice(self.senders), self.rng.choice(self.managers)
        with at(moment):
            try:
                referral = actions.file(self._card(end, manager, moment), by=sender)
            except Refused:
                return  # a repeat: the real form warns and the sender lets it be
        if end == End.INTRODUCE:
            self._receive(referral, manager, moment)

    def _card(self, end, manager, moment):
        name, salutation = words.person(self.rng)
        known = self.rng.random() < 0.25
        client = self._known_client() if known else None
        day = calendar().add(self.date, self.rng.choice((1, 1, 2, 3)))
        self.new += 1
        serial = 50_000 + int(self.branch.code) * 1000 + self.date.toordinal() % 1000 * 60 + self.new
        has_phone = end == End.CARD or self.rng.random() < 0.3
        return Card(
            end=end,
            cues=rhythm.clues(self.rng),
            business=rhythm.business(self.rng),
            salutation=salutation,
            name=name if self.rng.random() < 0.4 else name[:1],
            phone=words.phone(serial) if has_phone and not client else "",
            basis="consent",
            needs=rhythm.needs(self.rng),
            client_id=client.pk if client else None,
            repeat_reason="客户主动到店咨询" if client else "",
            manager_id=manager.pk if end in (End.INTRODUCE, End.CARD) else None,
            agreed_on=day if end == End.CARD else None,
            agreed_at=datetime.time(self.rng.choice((9, 10, 14, 15)), self.rng.choice((0, 30))),
            agreed_channel="phone",
            place=f"{self.rng.randint(1, 3)}号洽谈室" if end == End.INTRODUCE else "",
        )

    def _known_client(self):
        lobby = self.lobby[0] if self.lobby else self.senders[0]
        if not lobby.has("see_clients"):
            return None
        return Client.objects.filter(branch=self.branch, type=ClientType.UNJUDGED).order_by("?").first()

    def _receive(self, referral, manager, moment):
        """Received after some minutes and judged; sometimes passed on, sometimes the client leaves."""
        fate = self.rng.random()
        soon = moment + datetime.timedelta(minutes=self.rng.randint(1, 9))
        others = [m for m in self.managers if m.pk != manager.pk]
        if fate < 0.08:
            with at(soon):
                actions.perform("leave", referral.pk, by=manager, note=self.rng.choice(words.REASONS))
            return
        if fate < 0.18 and others:
            other = self.rng.choice(others)
            with at(soon):
                actions.perform("decline", referral.pk, by=manager, to=other.pk, note="正在接待其他客户")
            manager, soon = other, soon + datetime.timedelta(minutes=3)
        with at(soon):
            actions.perform("accept", referral.pk, by=manager)
        kind = self.rng.choices(list(TYPES), weights=list(TYPES.values()))[0]
        with at(soon + datetime.timedelta(minutes=self.rng.randint(12, 30))):
            actions.judge(
                referral.pk,
                by=manager,
                type=kind,
                level="regular" if kind == ClientType.EXISTING_PREMIUM else "",
                reason=self.rng.choice(words.FINDINGS),
                destination=Destination.SELF_SERVICE if kind == ClientType.ORDINARY else "",
            )
            if kind != ClientType.ORDINARY and self.rng.random() < 0.3:
                self._sell(referral, manager)

    def _sell(self, referral, manager):
        """A deal on the spot, entered on the slip."""
        referral.refresh_from_db()
        actions.deals.record(
            referral,
            self.rng.choice(self.products),
            Decimal(self.rng.choice((20_000, 50_000, 100_000, 200_000, 500_000))),
            by=manager,
            key=f"demo:{referral.pk}",
        )

    def _divert(self, moment):
        if moment is None or not self.lobby or moment > self.until:
            return
        with at(moment):
            actions.divert(
                by=self.lobby[0],
                destination=self.rng.choice(list(Destination)),
                business=rhythm.business(self.rng),
                coached=self.rng.random() < 0.4,
            )

    def _work(self, manager):
        """The manager works most of the day's list; some of it stays for another day."""
        items = PlanItem.objects.filter(owner=manager).until(self.date).exclude(client=None)
        for item in items:
            moment = rhythm.moment(self.rng, self.date)
            if moment > self.until or self.rng.random() < 0.22:
                continue
            result = self.rng.choices(list(RESULTS), weights=list(RESULTS.values()))[0]
            with at(moment):
                try:
                    self._contact(item, manager, result, moment)
                except Refused:
                    continue  # the hour is taken, or the client wants no contact: left on the list

    def _contact(self, item, manager, result, moment):
        step = propose(result, today=self.date, calendar=calendar(), last_hour=moment.hour)
        if step and result == Result.APPOINTED:
            step = NextStep(step.channel, step.on, datetime.time(self.rng.randint(9, 16), 0))
        followups.record_contact(
            item.pk,
            by=manager,
            result=result,
            findings=self.rng.choice(words.FINDINGS) if result not in (Result.NO_ANSWER,) else "",
            next_step=step,
        )


def live(branches, rng, today, now):
    """The last days of every branch, oldest first, up to `now`."""
    for back in range(rhythm.LIVED - 1, -1, -1):
        date = today - datetime.timedelta(days=back)
        for code, branch in branches.items():
            if code.isdigit() and opening(branch).is_open(date):
                Day(branch, date, rng, now).live()


def this_moment(branches, rng, now):
    """What makes the first look lively: clients waiting and being received right now.

    The days before are locked by then, so that even at night their slips belong to a day of their own.
    """
    first = branches["0817"]
    day = Day(first, now.date(), rng, now)
    came = list(rhythm.in_the_lobby(now))
    latest = max((moment for moment, _manager, _far in came), default=None)
    for moment, manager, far in came:
        with at(moment):
            try:
                card = day._card(End.INTRODUCE, day.managers[manager % len(day.managers)], moment)
                card.client_id, card.repeat_reason = None, ""
                card.cues = [Cue.VIP_CARD] if moment == latest else [Cue.QUEUE_HINT]  # one is served first
                referral = actions.file(card, by=rng.choice(day.senders))
            except Refused:
                continue
        if far == "received":
            day._receive(referral, day.managers[manager % len(day.managers)], moment)
        elif far == "accepted":
            with at(moment + datetime.timedelta(minutes=2)):
                actions.perform("accept", referral.pk, by=day.managers[manager % len(day.managers)])
