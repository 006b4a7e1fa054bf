"""The roll-up against the raw count, on random data and random changes (house.md: provably equal)."""

import datetime
import random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Verdict
from followups.actions import open_record
from followups.models import Contact, PlanItem
from referrals.actions import deals
from referrals.models import DealCredit, Referral, StaleDay
from referrals.stats import facts, rollup
from rmflow.staff.permissions import Permission, Role, scope
from rmflow.workdays import freeze
from tests.referrals.counted import a_day, at, deal, lock, reopen, slip

FIRST = datetime.date(2026, 9, 1)
CHECKS = ("matched", "matched", "corrected", "repeat", "invalid", "unchecked")
TYPES = ("existing_premium", "existing_potential", "prospective_premium", "ordinary", None)


class World:
    """Random days of two branches, and what may happen to them."""

    def __init__(self, seed, branches, lobby, wealth, other_lobby, other_wealth):
        self.rng = random.Random(seed)
        self.people = {branches["first"]: (lobby, wealth), branches["second"]: (other_lobby, other_wealth)}
        self.days, self.slips = [], []
        for branch in self.people:
            for n in range(3):
                self.days.append(a_day(branch, FIRST + datetime.timedelta(n)))
        for _n in range(12):
            self.file()

    def open_days(self):
        return [day for day in self.days if day.closed_at is None]

    def file(self):
        day = self.pick(self.open_days())
        if day:
            sender, manager = self.people[day.branch]
            self.slips.append(
                slip(
                    day, sender, Role.LOBBY_MANAGER, manager,
                    status=self.rng.choice(("referred", "to_follow_up")),
                    check=self.rng.choice(CHECKS), said=self.rng.choice(TYPES),
                    when=at(day.date, self.rng.choice((9, 10, 16, 23))),
                )
            )  # fmt: skip

    def follow(self):
        """A slip to follow up gets its record and the first day it is to be called by."""
        made = self.pick([made for made in self.slips if made.status == "to_follow_up"])
        if made and made.follow_up_id is None:
            made.follow_up = open_record(
                made.client, made.manager, by=made.manager, branch=made.branch,
                source_key=f"referral:{made.pk}",
            )  # fmt: skip
            Referral.objects.filter(pk=made.pk).update(follow_up=made.follow_up)

    def talk(self):
        made = self.pick([made for made in self.slips if made.follow_up_id])
        if made:
            Contact.objects.create(
                client=made.client, record=made.follow_up, branch=made.branch, by=made.manager, channel="phone",
                result=self.rng.choice(("met", "no_answer", "reached")),
                at=at(FIRST + datetime.timedelta(self.rng.randint(0, 9)), 17),
            )  # fmt: skip

    def move(self):
        """The last day of a first contact is recomputed, as after a change of the calendar."""
        items = list(PlanItem.objects.filter(source_key__endswith=":first"))
        if items:
            moved = FIRST + datetime.timedelta(self.rng.randint(1, 6))
            PlanItem.objects.filter(pk=self.pick(items).pk).update(must_by=moved, plan_on=moved)

    def untalk(self):
        made = self.pick(list(Contact.objects.all()))
        if made:
            Contact.objects.filter(pk=made.pk).update(result="wrong_number")

    def receive(self):
        """Only while the day is open; a locked one lets nothing of it change."""
        open_days = {day.pk for day in self.open_days()}
        made = self.pick([m for m in self.slips if m.status == "referred" and m.day_id in open_days])
        if made:
            Referral.objects.filter(pk=made.pk).update(reception=self.rng.choice(("met", "left")))

    def sell(self):
        made, day = self.pick(self.slips), self.pick(self.open_days())
        if made and day:
            deal(made, day, self.rng.randint(1, 99) * 1000, manager=made.manager)

    def judge(self):
        made = self.pick(self.slips)
        if made:
            Verdict.objects.create(
                client=made.client, type=self.rng.choice(TYPES[:4]), type_before="unjudged", branch=made.branch,
                by=made.manager, at=at(FIRST + datetime.timedelta(self.rng.randint(0, 9)), 16),
            )  # fmt: skip

    def lock(self):
        day = self.pick(self.open_days())
        if day:
            lock(day)

    def reopen(self):
        day = self.pick([day for day in self.days if day.closed_at])
        if day:
            reopen(day)
            day.refresh_from_db()

    def merge(self):
        one, other = self.pick(self.slips), self.pick(self.slips)
        if one:
            with freeze.passing("merge"):
                Referral.objects.filter(pk=one.pk).update(client=other.client)

    def recredit(self):
        made = self.pick(self.slips)
        if made and DealCredit.objects.filter(referral=made).exists():
            deals.recredit(made)

    def refresh(self):
        rollup.refresh()

    def pick(self, things):
        return self.rng.choice(things) if things else None


STEPS = (
    *("file", "sell", "judge", "lock", "reopen", "merge", "recredit", "refresh"),
    *("follow", "follow", "talk", "talk", "move", "untalk", "receive"),
)


def raw(question, by):
    return facts.ask(question, by, reached=True, in_time=True)


def raw_heat(question):
    cells = facts.ask(question, ("weekday", "hour"))
    return [{name: cell[name] for name in ("weekday", "hour", "total")} for cell in cells if cell["total"]]


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), steps=st.lists(st.sampled_from(STEPS), min_size=8, max_size=30))
def test_the_roll_up_equals_the_raw_count(
    seed, steps, branches, lobby, wealth, other_lobby, other_wealth, region_head
):
    with transaction.atomic():
        world = World(seed, branches, lobby, wealth, other_lobby, other_wealth)
        question = facts.Question(
            scope(region_head, Permission.SEE_STATISTICS), FIRST, FIRST + datetime.timedelta(30)
        )
        for step in steps:
            getattr(world, step)()
            assert rollup.ask(question, ("branch",)) == raw(question, ("branch",)), step
            assert rollup.heat(question) == raw_heat(question), step
        rollup.refresh()
        for by in (("branch", "month"), ("region",), ("date",), ()):
            assert rollup.ask(question, by) == raw(question, by), by
        assert rollup.heat(question) == raw_heat(question)
        transaction.set_rollback(True)


def test_a_counted_slip_makes_its_day_stale_and_an_uncounted_one_none(branches, lobby, wealth):
    day = a_day(branches["first"], FIRST)
    slip(day, lobby, "lobby_manager", wealth, check="unchecked")
    assert not StaleDay.objects.exists()
    counted = slip(day, lobby, "lobby_manager", wealth)
    assert [row.day_id for row in StaleDay.objects.all()] == [day.pk]
    StaleDay.objects.all().delete()
    counted.delete()
    assert [row.day_id for row in StaleDay.objects.all()] == [day.pk]
