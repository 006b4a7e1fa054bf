"""A closure from the counter to its end (W3-04 to W3-06): who is told, who may, what is recorded."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import TimelineEntry
from complaints.actions import closure_record, closures
from complaints.models import Closure, ClosureRule
from followups import actions as followups
from followups.models import DayEntry, PlanItem
from rmflow.notices.models import Delivery, Notice
from rmflow.workflow import Conflict, Refused
from tests.race import together

from .closures import NOON, TODAY, end, whole

pytestmark = pytest.mark.django_db
CHURN = {"movement": "closure", "suspicion": "churn"}


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False):
        yield NOON


class TestFlag:
    def test_the_manager_and_the_backup_are_told_at_once_with_the_time_to_claim(
        self, noon, vip, teller, wealth, colleague, head
    ):
        made, seen, new = closures.flag(vip().pk, by=teller, **CHURN)
        told = Notice.objects.filter(kind="closure")
        assert {notice.recipient for notice in told} == {wealth, colleague}
        assert all(n.urgent and n.link == f"/closures/{made.pk}/" for n in told)
        assert new and made.claim_due_at == NOON + datetime.timedelta(minutes=10)
        assert (made.aum_before, made.tier, seen.branch) == (800_000, "T3", teller.home_branch)

    def test_the_timer_is_the_branch_s_own_when_it_has_set_one(self, noon, vip, teller, branches):
        ClosureRule.objects.create(branch=branches["first"], claim_minutes=3)
        made, *_rest = closures.flag(vip().pk, by=teller, **CHURN)
        assert made.claim_due_at == NOON + datetime.timedelta(minutes=3)

    def test_it_stands_on_the_manager_s_day_and_only_the_case_settles_it(self, noon, case, wealth):
        made = case()
        item = PlanItem.objects.get(source_key=f"closure:{made.pk}")
        assert (item.owner, item.kind, item.plan_on, item.link) == (
            wealth,
            "closure",
            TODAY,
            f"/closures/{made.pk}/",
        )
        for attempt in (
            lambda: followups.done(item.pk, by=wealth),
            lambda: followups.drop(item.pk, by=wealth, note="x"),
            lambda: followups.postpone(item.pk, by=wealth, plan_on=TODAY + datetime.timedelta(days=1)),
            lambda: followups.record_contact(item.pk, by=wealth, result="met"),
        ):
            with pytest.raises(Refused):
                attempt()

    def test_it_stands_on_the_client_s_timeline_without_personal_data(self, noon, case):
        made = case()
        entry = TimelineEntry.objects.get(kind="closure")
        assert entry.data == {"number": made.number, "movement": "closure"}

    def test_the_e_mail_names_nobody(self, noon, vip, teller, wealth):
        wealth.email = "w@bank.example"
        wealth.save()
        closures.flag(vip().pk, by=teller, **CHURN)
        assert "client}" not in Delivery.objects.get().notice.outside_text

    def test_a_second_report_is_told_again_but_makes_no_second_case(self, case, teller, wealth, lobby):
        made = case(suspicion="ordinary")
        again, _seen, new = closures.flag(made.client_id, by=lobby, **CHURN)
        assert (again, new) == (made, False) and again.suspicion == "churn"
        assert [e.name for e in made.events.order_by("pk")] == ["flag", "again"]
        assert Notice.objects.filter(recipient=wealth, kind="closure").count() == 2

    def test_a_client_without_a_manager_is_told_to_the_managers_and_the_head_of_the_branch(
        self, vip, teller, wealth, colleague, head, other_wealth
    ):
        client = vip(owner=None, backup=None)
        made, *_rest = closures.flag(client.pk, by=teller, **CHURN)
        told = {n.recipient for n in Notice.objects.filter(kind="closure")}
        assert told == {wealth, colleague, head}
        closures.step("claim", made.pk, by=colleague)
        with pytest.raises(Conflict, match="陈志远"):
            closures.step("claim", made.pk, by=wealth)

    def test_who_is_not_premium_is_served_without_a_record(self, vip, teller):
        with pytest.raises(Refused) as refused:
            closures.flag(vip(type="ordinary", level="").pk, by=teller, **CHURN)
        assert refused.value.code == "premium" and not Closure.objects.exists()

    @pytest.mark.parametrize("field", ["movement", "suspicion"])
    def test_words_that_are_none_are_refused_beside_their_field(self, field, vip, teller):
        with pytest.raises(Refused) as refused:
            closures.flag(vip().pk, by=teller, **{**CHURN, field: "x"})
        assert refused.value.field == field and not Closure.objects.exists()

    def test_who_does_not_serve_clients_reports_nothing(self, vip, supervisor):
        with pytest.raises(PermissionDenied):
            closures.flag(vip().pk, by=supervisor, **CHURN)


class TestOtherBranches:
    def test_their_manager_and_head_are_told_and_the_counter_sees_its_part(
        self, vip, teller, other_wealth, hire, wealth, head
    ):
        other_head = hire("100204", "高建平", "branch_head", "second")
        client = vip(branch="second", owner=other_wealth)
        made, *_rest = closures.flag(client.pk, by=teller, **CHURN)
        assert {n.recipient for n in Notice.objects.filter(kind="closure")} == {other_wealth}
        closures.step("claim", made.pk, by=other_wealth)
        closures.step("churn", made.pk, by=other_wealth)
        closures.step("call_head", made.pk, by=other_wealth)
        assert Notice.objects.filter(recipient=other_head, kind="closure").exists()
        part = Closure.objects.visible_to(teller).get()
        assert not part.is_whole_for(teller) and part.is_whole_for(other_head)
        for stranger in (wealth, head):
            reached = Closure.objects.visible_to(stranger).filter(pk=made.pk)
            assert not any(row.is_whole_for(stranger) for row in reached)
        with pytest.raises(PermissionDenied):
            closures.step("claim", made.pk, by=wealth)  # the counter of wealth's branch saw it, no more


class TestHeads:
    def test_where_the_post_is_vacant_the_region_s_head_is_called_and_may_see_it_through(
        self, case, wealth, head, region_head, branches, hire
    ):
        hire("100399", "石岚", "region_head", "second")  # stands beside, not above
        made = case("retaining")
        head.is_active = False
        head.save()
        closures.step("call_head", made.pk, by=wealth)
        told = Notice.objects.filter(key__startswith=f"closure:{made.pk}:head")
        assert [notice.recipient for notice in told] == [region_head]
        assert closures.may("step_in", made, region_head) and not closures.may("claim", made, region_head)
        closures.step("step_in", made.pk, by=region_head)
        assert end(made, by=region_head).head == region_head

    def test_with_a_head_at_the_branch_the_region_hears_nothing(self, case, head, region_head):
        made = case("called")
        assert Notice.objects.filter(recipient=head, key__startswith=f"closure:{made.pk}:head").exists()
        assert not Notice.objects.filter(recipient=region_head).exists()

    def test_a_second_call_is_told_as_well(self, case, wealth, head):
        made = case("head")
        for name in ("normal", "churn", "call_head"):
            closures.step(name, made.pk, by=wealth)
        assert Notice.objects.filter(recipient=head, key__contains=":head:").count() == 2

    def test_a_claim_nobody_took_climbs_past_a_vacant_post(self, noon, case, head, region_head):
        made = case()
        head.is_active = False
        head.save()
        closures.climb(now=NOON + datetime.timedelta(hours=1))
        assert Notice.objects.get(key=f"closure:{made.pk}:climb").recipient == region_head


class TestGoingOn:
    """A lawful closure is never delayed: the counter goes on at any moment and the record shows both."""

    @pytest.mark.parametrize("state", ["flagged", "claimed", "serving", "retaining", "called", "head"])
    def test_the_counter_goes_on_whatever_the_state(self, case, state, teller, wealth):
        made = case(state)
        closures.go_on(made.pk, by=teller)
        seen = made.flags.get()
        assert (seen.went_on_by, made.events.filter(name="went_on").count()) == (teller, 1)
        assert seen.went_on_at >= seen.at
        made.refresh_from_db()
        assert made.state == state
        assert Notice.objects.filter(recipient=wealth, key__contains="went_on").count() == 1

    def test_also_after_the_case_has_ended_and_once_only(self, case, teller, wealth):
        made = case("called")
        end(made, by=wealth)
        first = closures.go_on(made.pk, by=teller).flags.get().went_on_at
        assert closures.go_on(made.pk, by=teller).flags.get().went_on_at == first
        assert made.events.filter(name="went_on").count() == 1

    def test_it_may_be_said_with_the_report_itself(self, vip, teller):
        _made, seen, _new = closures.flag(vip().pk, by=teller, went_on=True, **CHURN)
        assert seen.went_on_by == teller

    def test_a_counter_that_reported_nothing_has_nothing_to_go_on_with(self, case, wealth, other_wealth):
        made = case()
        made.flags.all().delete()
        with pytest.raises(Refused):
            closures.go_on(made.pk, by=wealth)
        with pytest.raises(Closure.DoesNotExist):
            closures.go_on(made.pk, by=other_wealth)


class TestLadder:
    def test_the_manager_claims_assesses_and_calls_the_head_who_steps_in(self, case, wealth, head, teller):
        made = case("head")
        assert (made.claimed_by, made.assessment, made.called, made.head) == (
            wealth,
            "churn",
            "cannot_hold",
            head,
        )
        names = ["flag", "claim", "churn", "call_head", "step_in"]
        assert list(made.events.order_by("pk").values_list("name", flat=True)) == names
        assert Notice.objects.filter(recipient=head, kind="closure").count() == 1
        assert Notice.objects.filter(recipient=teller, kind="closure").count() == 1  # who takes care

    def test_the_head_may_step_in_before_the_manager_has_claimed(self, case, head, wealth):
        made = closures.step("step_in", case().pk, by=head)
        assert (made.state, made.claimed_at, made.head) == ("head", None, head)
        assert Notice.objects.filter(recipient=wealth, key=f"closure:{made.pk}:step_in").exists()
        with pytest.raises(Conflict):
            closures.step("claim", made.pk, by=wealth)

    def test_an_ordinary_closure_is_served_quickly_and_the_counter_hears_so(self, case, teller):
        made = case("serving")
        assert made.assessment == "ordinary"
        assert Notice.objects.filter(recipient=teller, key=f"closure:{made.pk}:serve", urgent=True).exists()

    def test_a_second_claim_by_the_same_person_changes_nothing(self, case, wealth):
        made = case("claimed")
        closures.step("claim", made.pk, by=wealth)
        assert made.events.filter(name="claim").count() == 1

    @pytest.mark.parametrize("name", ["normal", "churn", "call_head"])
    def test_nothing_is_decided_before_the_claim(self, case, wealth, name):
        with pytest.raises(Conflict):
            closures.step(name, case().pk, by=wealth)

    def test_steps_are_the_manager_s_or_the_head_s(self, case, teller, supervisor, head, other_wealth):
        made = case()
        for person in (teller, supervisor):
            with pytest.raises(PermissionDenied):
                closures.step("claim", made.pk, by=person)
        with pytest.raises(PermissionDenied):
            closures.step("claim", made.pk, by=head)  # a head steps in instead
        with pytest.raises(Closure.DoesNotExist):
            closures.step("claim", made.pk, by=other_wealth)

    def test_a_manager_never_steps_in_for_the_head(self, case, wealth):
        with pytest.raises(PermissionDenied):
            closures.step("step_in", case("called").pk, by=wealth)

    @pytest.mark.parametrize("name", ["climb", "lose", "none"])
    def test_a_step_that_is_no_person_s_is_refused(self, case, wealth, name):
        with pytest.raises(Refused):
            closures.step(name, case().pk, by=wealth)

    def test_the_buttons_are_what_the_action_allows(self, case, wealth, head, teller, colleague):
        made = case()
        may = closures.may
        assert may("claim", made, wealth) and may("claim", made, colleague) and not may("claim", made, head)
        assert may("step_in", made, head) and not may("step_in", made, wealth)
        assert not may("normal", made, wealth) and not may("claim", made, teller)


class TestClimb:
    def test_a_claim_that_ran_out_goes_to_the_head_once(self, noon, case, head, wealth):
        made = case()
        assert closures.climb(now=NOON + datetime.timedelta(minutes=9)) == {"cases": 0}
        later = NOON + datetime.timedelta(minutes=10)
        assert closures.climb(now=later) == {"cases": 1}
        assert closures.climb(now=later) == {"cases": 0}
        made.refresh_from_db()
        assert (made.state, made.called, made.called_at) == ("called", "unclaimed", later)
        assert Notice.objects.filter(recipient=head, key=f"closure:{made.pk}:climb").count() == 1
        event = made.events.get(name="climb")
        assert (event.state_from, event.state_to, event.by) == ("flagged", "called", None)
        closures.step("claim", made.pk, by=wealth)  # late, but still the manager's

    def test_each_head_hears_of_the_own_branch_only(self, noon, vip, teller, head, hire, other_wealth):
        other_head = hire("100204", "高建平", "branch_head", "second")
        mine, *_rest = closures.flag(vip().pk, by=teller, **CHURN)
        client = vip(branch="second", owner=other_wealth)
        theirs, *_rest = closures.flag(client.pk, by=teller, **CHURN)
        closures.climb(now=NOON + datetime.timedelta(hours=1))
        keys = Notice.objects.filter(key__endswith=":climb").values_list("recipient", "key")
        assert set(keys) == {
            (head.pk, f"closure:{mine.pk}:climb"),
            (other_head.pk, f"closure:{theirs.pk}:climb"),
        }

    def test_its_queries_do_not_grow_with_the_cases(self, noon, case, vip, head, django_assert_num_queries):
        case(client=vip(name="陈一"))
        with CaptureQueriesContext(connection) as one:
            closures.climb(now=NOON + datetime.timedelta(hours=1))
        for number in range(5):
            case(client=vip(name=f"陈{number}"))
        with django_assert_num_queries(len(one)):
            closures.climb(now=NOON + datetime.timedelta(hours=2))


class TestRecord:
    def test_the_case_ends_with_a_whole_record_only_and_all_that_lacks_is_named(self, case, wealth):
        made = case("called")
        with pytest.raises(Refused) as refused:
            closure_record.end(made.pk, by=wealth, result="lost")
        lacking = ["account", "amount", "reason", "accurate", "first_time", "measures", "lost", "destination"]
        assert list(refused.value.errors) == lacking
        made.refresh_from_db()
        assert made.state == "called" and made.result == ""

    def test_no_client_is_lost_before_the_head_was_called(self, case, wealth, head, teller):
        made = case("retaining")
        with pytest.raises(Refused) as refused:
            end(made, by=wealth)
        assert refused.value.field == "result" and not made.measures.filter(closure__result="lost").exists()
        made.refresh_from_db()
        assert (made.state, made.result) == ("retaining", "")
        assert not Notice.objects.filter(recipient=head).exists()
        closures.go_on(made.pk, by=teller)  # the counter waits for none of this
        closures.step("call_head", made.pk, by=wealth)
        assert Notice.objects.filter(recipient=head, key__contains=":head:").count() == 1
        assert closure_record.end(made.pk, by=wealth, result="lost", **whole()).result == "lost"

    @pytest.mark.parametrize(
        "typed, kept",
        [
            ("6217000012346789", "6789"),
            ("6217 0000 1234 6789", "6789"),
            ("卡号６２１７０００１２３４５６", "卡号3456"),
            ("活期 尾号 6789", "活期 尾号 6789"),
            ("6789、1234", "6789、1234"),
            ("123-456", "123-456"),
        ],
    )
    def test_of_an_account_the_last_four_digits_are_kept(self, case, wealth, typed, kept):
        made = case("claimed")
        closure_record.keep_record(made.pk, by=wealth, account=typed)
        made.refresh_from_db()
        assert made.account == kept
        assert not made.history.filter(account__regex="[0-9]{7}").exists()

    def test_an_account_too_long_is_refused_beside_its_field(self, case, wealth):
        with pytest.raises(Refused) as refused:
            closure_record.keep_record(case("claimed").pk, by=wealth, account="x" * 41)
        assert refused.value.field == "account"

    @pytest.mark.parametrize(
        "result, saved, lost, arrow",
        [("lost", 0, 500, "lose"), ("kept", 500, 0, "keep"), ("partly", 300, 200, "keep_part")],
    )
    def test_what_stayed_and_what_left_is_kept(self, case, head, wealth, teller, result, saved, lost, arrow):
        made = end(case("head"), by=head, result=result, saved=saved, lost=lost)
        assert (made.state, made.result, made.saved, made.lost) == ("ended", result, saved, lost)
        assert made.events.latest("pk").name == arrow
        assert PlanItem.objects.get(source_key=f"closure:{made.pk}").state == "done"
        told = Notice.objects.filter(key=f"closure:{made.pk}:end").values_list("recipient", flat=True)
        assert {wealth.pk, teller.pk} <= set(told)
        assert DayEntry.objects.filter(user=head, kind="closure").exists()

    def test_an_ordinary_closure_is_served_and_ended(self, case, wealth):
        made = end(case("serving"), by=wealth, result="served", measure=False, destination=None)
        assert made.result == "served"
        with pytest.raises(Conflict):
            closure_record.keep_record(made.pk, by=wealth, note="x")

    @pytest.mark.parametrize(
        "state, result", [("serving", "lost"), ("retaining", "served"), ("claimed", "kept")]
    )
    def test_a_result_that_does_not_go_with_the_assessment_is_refused(self, case, wealth, state, result):
        made = case(state)
        with pytest.raises(Conflict):
            closure_record.end(made.pk, by=wealth, result=result, **whole())

    def test_the_record_may_be_kept_in_pieces(self, case, wealth):
        made = case("claimed")
        closure_record.keep_record(made.pk, by=wealth, reason="rates")
        closure_record.keep_record(made.pk, by=wealth, amount=5)
        made.refresh_from_db()
        assert (made.reason, made.amount) == ("rates", 5)
        assert made.history.filter(pgh_label="update").count() >= 2

    def test_nobody_writes_before_the_claim(self, case, wealth):
        with pytest.raises(Conflict):
            closure_record.keep_record(case().pk, by=wealth, reason="rates")

    def test_the_counter_and_the_supervisor_do_not_write_the_record(self, case, teller, supervisor):
        made = case("claimed")
        for person in (teller, supervisor):
            with pytest.raises(PermissionDenied):
                closure_record.keep_record(made.pk, by=person, reason="rates")

    def test_days_to_win_back_become_plans_of_the_manager_once(self, noon, case, wealth):
        made = case("retaining")
        day = TODAY + datetime.timedelta(days=30)
        closure_record.keep_record(made.pk, by=wealth, win_back=[day])
        closure_record.keep_record(made.pk, by=wealth, win_back=[day, None])
        item = PlanItem.objects.get(kind="win_back")
        assert (item.owner, item.plan_on, item.client) == (wealth, day, made.client)
        followups.record_contact(item.pk, by=wealth, result="met")  # an ordinary contact

    def test_who_wants_no_contact_is_not_planned(self, noon, case, wealth):
        made = case("retaining")
        made.client.do_not_contact = True
        made.client.save()
        with pytest.raises(Refused) as refused:
            closure_record.keep_record(made.pk, by=wealth, win_back=[TODAY + datetime.timedelta(days=3)])
        assert refused.value.field == "win_back"

    def test_measures_are_of_those_who_keep_the_client(self, case, wealth, head):
        made = case("retaining")
        closure_record.add_measure(made.pk, by=wealth, kind="rate", text="上浮 10 个基点")
        closure_record.add_measure(made.pk, by=head, kind="head_talk")
        assert [m.by for m in made.measures.all()] == [wealth, head]
        with pytest.raises(Refused):
            closure_record.add_measure(made.pk, by=wealth, kind="magic")

    def test_no_measure_without_a_client_to_keep(self, case, wealth):
        with pytest.raises(Conflict):
            closure_record.add_measure(case("serving").pk, by=wealth, kind="call")


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_managers_who_claim_at_once_one_wins_and_the_other_is_told_who(self, case, wealth, colleague):
        made = case()
        found = together(
            lambda: closures.step("claim", made.pk, by=wealth).claimed_by_id,
            lambda: closures.step("claim", made.pk, by=colleague).claimed_by_id,
        )
        assert sorted(name for name, _text in found) == ["Conflict", "done"]
        made.refresh_from_db()
        assert made.events.filter(name="claim").count() == 1
        assert made.claimed_by.name in next(text for name, text in found if name == "Conflict")

    def test_two_counters_that_report_at_once_make_one_case(self, vip, teller, lobby):
        client = vip()
        found = together(
            lambda: closures.flag(client.pk, by=teller, **CHURN)[2],
            lambda: closures.flag(client.pk, by=lobby, **CHURN)[2],
        )
        assert sorted(found) == [("done", "False"), ("done", "True")]
        made = Closure.objects.get()
        assert made.flags.count() == 2

    def test_two_workers_climb_each_case_once(self, case, head):
        case()
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        found = together(*[lambda: closures.climb(now=later)["cases"]] * 2)
        assert sorted(text for _name, text in found) == ["0", "1"]
        assert Notice.objects.filter(recipient=head, key__endswith=":climb").count() == 1
