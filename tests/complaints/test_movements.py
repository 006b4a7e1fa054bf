"""The nightly watch (§7.4): what it finds, what it leaves alone, once whatever happens."""

import datetime

import pytest
import time_machine

from clients.models import Holding, MonthlyBalance, Product
from complaints.actions import closures, complaint_take, movements
from complaints.actions import complaint_reply as replies
from complaints.models import Closure, Complaint, MovementRule
from followups.models import PlanItem
from rmflow.doors.models import JobRun
from rmflow.notices.models import Notice
from rmflow.staff.models import BANK_TIME
from rmflow.workdays.current import calendar
from tests.race import together

from .conftest import intake
from .test_work import REPLY

pytestmark = pytest.mark.django_db
NIGHT = datetime.date(2026, 10, 9)  # a Friday; the evening before was the first working day after the holiday
NOW = datetime.datetime(2026, 10, 9, 5, 20, tzinfo=BANK_TIME)


def watch(night=NIGHT):
    with time_machine.travel(NOW, tick=False):
        return movements.watch(night=night, now=NOW, calendar=calendar())["cases"]


def contract(client, amount, *, opened="2026-01-05", ended=None, due=None, **fields):
    return Holding.objects.create(
        client=client,
        product=Product.objects.first(),
        contract_no=f"62170000{Holding.objects.count():08d}",
        amount=amount,
        opened_on=opened,
        ended_on=ended,
        matures_on=due,
        **fields,
    )


def balances(client, *amounts, last="2026-09-01", **fields):
    """The last months' averages, the newest last."""
    MonthlyBalance.objects.filter(client=client).delete()
    month = datetime.date.fromisoformat(last)
    for amount in reversed(amounts):
        MonthlyBalance.objects.create(client=client, month=month, amount=amount, **fields)
        month = (month - datetime.timedelta(days=1)).replace(day=1)


@pytest.fixture
def leaving(vip):
    """A client whose contract of 500,000 ended the day before."""
    client = vip(assets=5_000_000)
    contract(client, 500_000, ended="2026-10-08")
    return client


class TestDayOut:
    def test_half_a_million_gone_in_a_day_opens_a_case_that_waits_for_the_manager(
        self, leaving, wealth, colleague
    ):
        assert watch() == 1
        made = Closure.objects.get()
        assert (made.client, made.trigger, made.movement, made.amount) == (
            leaving,
            "day_out",
            "outflow",
            500_000,
        )
        assert (made.state, made.suspicion, made.found, made.found_on) == (
            "flagged",
            "churn",
            "system",
            NIGHT,
        )
        assert made.claim_due_at == datetime.datetime(2026, 10, 9, 12, tzinfo=BANK_TIME)
        assert (made.manager, made.backup, made.tier) == (wealth, colleague, "T3")
        told = Notice.objects.filter(kind="closure")
        assert {n.recipient for n in told} == {wealth, colleague}
        assert PlanItem.objects.get(source_key=f"closure:{made.pk}").owner == wealth
        assert made.events.get().name == "flag" and made.client.timeline.filter(kind="closure").exists()
        closures.step("claim", made.pk, by=wealth)

    def test_a_fifth_of_the_assets_is_enough_for_a_smaller_client(self, vip):
        small = vip(assets=500_000)
        contract(small, 100_000, ended="2026-10-08")
        contract(vip(assets=500_000), 99_999, ended="2026-10-08")
        assert watch() == 1 and Closure.objects.get().client == small

    def test_money_that_went_into_another_contract_did_not_leave(self, leaving):
        contract(leaving, 480_000, opened="2026-10-08")
        assert watch() == 0

    def test_a_missed_night_is_made_up_but_a_week_is_the_past(self, vip):
        recent, old = vip(assets=5_000_000), vip(assets=5_000_000)
        contract(recent, 600_000, ended="2026-10-05")
        contract(old, 600_000, ended="2026-10-03")
        assert watch() == 1 and Closure.objects.get().client == recent

    def test_today_s_contracts_are_for_the_next_night(self, vip):
        contract(vip(), 600_000, ended=NIGHT)
        assert watch() == 0


class TestOtherTriggers:
    def test_a_month_that_fell_by_three_tenths(self, vip):
        fell, held = vip(), vip()
        balances(fell, 100, 100, 100, 70)
        balances(held, 100, 100, 100, 71)
        assert watch() == 1
        made = Closure.objects.get()
        assert (made.client, made.trigger, made.amount, made.aum_before) == (fell, "month_drop", 30, 100)

    def test_three_months_before_are_needed(self, vip):
        balances(vip(), 100, 100, 10)
        assert watch() == 0

    def test_assets_a_tenth_below_the_floor_of_the_tier(self, vip):
        below, near = vip(), vip()
        balances(below, 500_000, point_amount=449_000)
        balances(near, 500_000, point_amount=451_000)
        assert watch() == 1
        made = Closure.objects.get()
        assert (made.client, made.trigger, made.movement) == (below, "below_tier", "downgrade")

    def test_a_contract_that_falls_due_and_for_which_nobody_has_a_plan(self, vip, wealth, branches):
        alone, planned, far = vip(), vip(), vip()
        row = contract(alone, 300_000, due="2026-10-15")
        contract(planned, 300_000, due="2026-10-15")
        contract(far, 300_000, due="2026-10-17")
        PlanItem.objects.create(
            owner=wealth,
            branch=branches["first"],
            client=planned,
            kind="contact",
            plan_on="2026-10-12",
            source_key="x",
        )
        assert watch() == 1
        made = Closure.objects.get()
        assert (made.client, made.movement, made.product_id) == (alone, "matured", row.product_id)
        assert made.account == f"****{row.contract_no[-4:]}"

    def test_thresholds_are_the_bank_s(self, leaving):
        MovementRule.objects.filter(trigger="day_out").update(amount=600_000)
        assert watch() == 0
        MovementRule.objects.filter(trigger="day_out").update(amount=400_000)
        assert watch() == 1

    def test_a_rule_that_is_switched_off_finds_nothing(self, leaving):
        MovementRule.objects.update(active=False)
        assert watch() == 0


class TestComplaint:
    """An unsettled complaint is a sign that a premium client may leave (§7.4)."""

    @pytest.fixture
    def complains(self, vip, lobby, head):
        def make(day="2026-09-24", **fields):
            client = vip(assets=800_000)
            with time_machine.travel(datetime.datetime.fromisoformat(f"{day}T10:00+08:00"), tick=False):
                return complaint_take.take(intake(client_id=client.pk, **fields), by=lobby)

        return make

    def test_one_day_past_its_deadline_it_opens_a_case_with_the_reason_written(self, complains, wealth):
        late = complains()
        complains("2026-10-08")
        assert late.due_on < NIGHT
        assert watch() == 1
        made = Closure.objects.get()
        assert (made.client, made.trigger, made.movement) == (late.client, "complaint", "sign")
        assert (made.reason, made.amount, made.aum_before) == ("complaint", None, 800_000)
        assert Notice.objects.get(kind="closure", recipient=wealth).text == movements.UNSETTLED
        closures.step("claim", made.pk, by=wealth)
        assert watch() == 0

    def test_the_bank_says_how_many_days_it_waits(self, complains):
        days = (NIGHT - complains().due_on).days
        MovementRule.objects.filter(trigger="complaint").update(days=days)
        assert watch() == 0
        MovementRule.objects.filter(trigger="complaint").update(days=days - 1)
        assert watch() == 1

    def test_an_answer_in_time_settles_it_unless_the_client_is_not_satisfied(self, complains, lobby):
        made = complains()
        with time_machine.travel(made.due_at - datetime.timedelta(hours=2), tick=False):
            replies.reply(made.pk, by=lobby, satisfaction="satisfied", **REPLY)
        assert watch() == 0
        Complaint.objects.filter(pk=made.pk).update(satisfaction="not")
        assert watch(NIGHT + datetime.timedelta(days=40)) == 0
        assert watch() == 1

    def test_who_is_complained_of_learns_nothing_from_the_night(self, complains, wealth):
        complains(named=[wealth.pk])
        assert watch() == 0


class TestOnce:
    def test_a_second_run_finds_nothing_more(self, leaving):
        assert (watch(), watch()) == (1, 0)
        assert Notice.objects.filter(kind="closure").count() == 2  # the manager and the backup, once

    def test_the_same_fact_opens_no_second_case_after_the_first_has_ended(self, leaving):
        watch()
        Closure.objects.all().delete()
        made = Closure.objects.create(
            client=leaving, branch=leaving.branch, movement="outflow", suspicion="churn", found="system",
            found_on=NIGHT, claim_due_at=NOW, source_key=f"day_out:{leaving.pk}:2026-10-08", state="ended",
            result="served", ended_at=NOW, account="x", amount=1, aum_before=1, reason="rates",
            accurate=True, first_time=True,
        )  # fmt: skip
        assert watch() == 0 and Closure.objects.get() == made

    def test_several_facts_of_one_client_are_one_case(self, leaving):
        balances(leaving, 100, 100, 100, 10)
        contract(leaving, 700_000, ended="2026-10-07")
        assert watch() == 1 and Closure.objects.get().amount == 700_000

    def test_who_has_an_open_case_from_the_counter_gets_no_second_one(self, leaving, case):
        case(client=leaving)
        assert watch() == 0

    def test_ordinary_clients_are_not_watched(self, vip):
        contract(vip(type="ordinary", level=""), 900_000, ended="2026-10-08")
        assert watch() == 0

    def test_a_client_without_a_manager_is_told_to_the_branch(
        self, vip, wealth, colleague, head, other_wealth
    ):
        contract(vip(owner=None, backup=None), 900_000, ended="2026-10-08")
        assert watch() == 1
        assert {n.recipient for n in Notice.objects.filter(kind="closure")} == {wealth, colleague, head}

    def test_the_statements_do_not_grow_with_the_cases(self, vip, django_assert_max_num_queries):
        for number in range(12):
            contract(vip(name=f"陈{number}"), 900_000, ended="2026-10-08")
        with django_assert_max_num_queries(50):
            assert watch() == 12


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    def test_two_nights_at_once_open_one_case(self, leaving):
        found = together(watch, watch)
        assert sorted(text for _name, text in found) == ["0", "1"]
        assert Closure.objects.count() == 1

    def test_the_jobs_run_in_a_worker(self, vip, head, case, celery_worker_process, eventually):
        from complaints import closure_tasks as tasks

        yesterday = datetime.datetime.now(BANK_TIME).date() - datetime.timedelta(days=1)
        client = vip(name="王芳")
        contract(client, 900_000, ended=yesterday)
        tasks.find_movements.delay()
        assert eventually(lambda: Closure.objects.filter(client=client, trigger="day_out").exists())
        late = case()
        Closure.objects.filter(pk=late.pk).update(claim_due_at=NOW)
        tasks.climb.delay()
        assert eventually(lambda: Closure.objects.get(pk=late.pk).state == "called")
        tasks.hand_in.delay()  # on a day off it finds that nothing is due, and says so
        assert eventually(
            lambda: JobRun.objects.filter(name="hand in the month's closures", ok=True).exists()
        )
