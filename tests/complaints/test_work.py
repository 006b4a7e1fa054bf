"""Handling a complaint: assigning, passing on, extensions, suspension, reply, closing, what follows."""

import datetime

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied

from clients.models import Profile, RetentionRule, TimelineEntry
from complaints.actions import complaint_deadline as deadline
from complaints.actions import complaint_hand as hand
from complaints.actions import complaint_improve as improve
from complaints.actions import complaint_reply as replies
from complaints.actions import complaint_review as reviews
from complaints.actions import complaint_work as work
from complaints.models import Complaint, Extension, LadderStep, PassOn
from complaints.rules.complaint import TRANSITIONS, Status
from followups.models import PlanItem, SalesChance
from rmflow.notices.models import Notice
from rmflow.staff.models import User
from rmflow.workflow import Conflict, Refused

from .conftest import DAY, at, fresh

pytestmark = pytest.mark.django_db

REPLY = {"way": "phone", "text": "已向客户说明到账规则", "basis": "产品说明书第 3 条", "finding": "partly"}
DUE = datetime.date(2026, 2, 25)


def answered(complaint, by, **fields):
    return replies.reply(complaint.pk, by=by, **{**REPLY, **fields})


def ready(complaint, by, codes):
    """Answered and everything else that closing asks for."""
    work.classify(complaint.pk, by=by, **codes)
    answered(complaint, by)
    replies.call_back(complaint.pk, by=by, satisfaction="satisfied")
    replies.trace(complaint.pk, by=by, root_cause="短信模板未写明到账日")


class TestAssign:
    def test_another_handler_gets_the_plan_and_the_clock_stays(self, made, lobby, wealth):
        hand.assign(made.pk, by=lobby, handler_id=wealth.pk)
        now = fresh(made)
        assert (now.handler, now.due_on) == (wealth, DUE)
        assert PlanItem.objects.open().get(kind="complaint").owner == wealth
        assert Notice.objects.filter(recipient=wealth, kind="complaint").count() == 1

    def test_nobody_named_nor_below_may_handle(self, friday, taken, teller, head, lobby, wealth, region_head):
        made = taken(by=teller, named=[head.pk])
        for person in (lobby, wealth, head):
            with pytest.raises(Refused, match="回避|keep out"):
                hand.assign(made.pk, by=region_head, handler_id=person.pk)
        hand.assign(made.pk, by=region_head, handler_id=region_head.pk)
        assert fresh(made).handler == region_head

    def test_against_a_head_nobody_of_another_branch_handles_either(
        self, friday, taken, teller, head, other_lobby, region_head
    ):
        made = taken(by=teller, named=[head.pk])
        with pytest.raises(Refused):
            hand.assign(made.pk, by=region_head, handler_id=other_lobby.pk)

    def test_candidates_leave_out_who_must_keep_out(self, friday, taken, teller, lobby, wealth, colleague):
        made = taken(by=teller, named=[wealth.pk])
        names = set(hand.candidates(made))
        assert {lobby, colleague} <= names
        assert wealth not in names
        assert teller not in names

    def test_a_handler_with_an_interest_steps_back_and_sees_nothing(self, made, lobby, wealth, head):
        hand.step_back(made.pk, by=lobby, note="投诉人是我的亲戚")
        now = fresh(made)
        assert (now.handler, now.status) == (None, "taken")
        assert not Complaint.objects.visible_to(lobby).exists()
        assert not PlanItem.objects.open().filter(owner=lobby).exists()
        assert Notice.objects.filter(recipient=head, text__contains="another handler").exists()

    def test_naming_the_handler_later_takes_it_from_him(self, made, lobby, head):
        hand.name_person(made.pk, by=head, person_id=lobby.pk)
        assert fresh(made).handler is None
        assert not Complaint.objects.visible_to(lobby).exists()

    def test_a_recusal_takes_the_line_off_the_timeline(self, friday, taken, teller, premium, lobby, wealth):
        made = taken(by=teller)
        assert TimelineEntry.objects.filter(kind="complaint").exists()
        hand.name_person(made.pk, by=lobby, person_id=wealth.pk)
        assert not TimelineEntry.objects.filter(kind="complaint").exists()

    def test_when_the_handler_resigns_another_can_be_assigned(self, made, lobby, wealth, head):
        User.objects.filter(pk=lobby.pk).update(is_active=False)
        hand.assign(made.pk, by=head, handler_id=wealth.pk)
        assert fresh(made).handler == wealth
        assert PlanItem.objects.open().get(kind="complaint").owner == wealth

    def test_only_who_assigns_assigns(self, made, wealth, lobby, teller, other_lobby):
        hand.assign(made.pk, by=lobby, handler_id=wealth.pk)
        for person in (wealth, teller):
            with pytest.raises(PermissionDenied):
                hand.assign(made.pk, by=person, handler_id=lobby.pk)
        with pytest.raises(ObjectDoesNotExist):
            hand.assign(made.pk, by=other_lobby, handler_id=other_lobby.pk)


class TestPassOn:
    def test_the_unit_sees_it_answers_and_the_clock_stays(self, made, lobby, other_lobby, branches):
        passed = hand.pass_on(made.pk, by=lobby, unit_id=branches["second"].pk, question="请提供到账说明")
        assert fresh(made).due_on == DUE
        assert Complaint.objects.visible_to(other_lobby).get() == made
        assert Notice.objects.filter(recipient=other_lobby).count() == 1
        hand.answer_pass(made.pk, passed.pk, by=other_lobby, answer="系统当日清算，T+2 到账")
        assert PassOn.objects.get().answered_by == other_lobby
        with pytest.raises(Conflict):
            hand.answer_pass(made.pk, passed.pk, by=other_lobby, answer="再答")
        assert fresh(made).due_at == at("2026-02-25 17:30")

    def test_the_unit_does_not_work_the_rest(self, made, lobby, other_lobby, branches):
        hand.pass_on(made.pk, by=lobby, unit_id=branches["second"].pk, question="请提供到账说明")
        with pytest.raises(PermissionDenied):
            work.set_plan(made.pk, by=other_lobby, key_point="x")
        with pytest.raises(PermissionDenied):
            answered(made, other_lobby)

    def test_nothing_is_passed_on_to_the_branch_itself(self, made, lobby, branches):
        with pytest.raises(Refused):
            hand.pass_on(made.pk, by=lobby, unit_id=branches["first"].pk, question="x")


class TestExtension:
    def asked(self, made, lobby, **fields):
        return deadline.ask_extension(made.pk, by=lobby, reason="须总行出具到账说明", **fields)

    def test_the_office_agrees_with_its_reason_and_the_law_rules(self, made, lobby, complaint_office):
        asked = self.asked(made, lobby)
        deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=True, note="同意")
        now = fresh(made)
        assert (now.due_on, now.ruling, now.extended) == (datetime.date(2026, 2, 28), "law", True)
        event = now.events.get(name="grant_extension")
        assert (event.due_from, event.due_to) == (DUE, datetime.date(2026, 2, 28))
        assert PlanItem.objects.open().get(kind="complaint").plan_on == now.due_on

    def test_refused_the_deadline_stays(self, made, lobby, complaint_office):
        asked = self.asked(made, lobby)
        deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=False, note="理由不足")
        assert fresh(made).due_on == DUE
        assert Notice.objects.filter(recipient=lobby, text__contains="refused").exists()

    def test_only_the_office_decides(self, made, lobby, head, region_head):
        asked = self.asked(made, lobby)
        for person in (lobby, head, region_head):
            with pytest.raises(PermissionDenied):
                deadline.decide_extension(made.pk, asked.pk, by=person, grant=True, note="x")

    def test_nobody_decides_on_his_own_request(self, made, complaint_office):
        asked = self.asked(made, complaint_office)
        with pytest.raises(Refused):
            deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=True, note="x")

    def test_asked_on_the_last_day_it_may_be_agreed_to_after_it(self, friday, made, lobby, complaint_office):
        friday("2026-02-25 17:29")
        asked = self.asked(made, lobby)
        friday("2026-02-26 09:00")
        deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=True, note="同意")
        assert fresh(made).due_on == datetime.date(2026, 2, 28)

    def test_past_the_deadline_none_is_asked_for(self, friday, made, lobby):
        friday("2026-02-25 17:31")
        with pytest.raises(Refused):
            self.asked(made, lobby)

    def test_one_at_a_time_and_one_in_all(self, made, lobby, complaint_office):
        asked = self.asked(made, lobby)
        with pytest.raises(Conflict):
            self.asked(made, lobby)
        deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=True, note="同意")
        with pytest.raises(Conflict):
            deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=False, note="x")
        with pytest.raises(Conflict):
            self.asked(made, lobby)

    def test_complex_takes_thirty_days_and_may_be_extended_once_more_to_sixty(
        self, made, lobby, complaint_office
    ):
        with pytest.raises(Refused):
            self.asked(made, lobby, kind="law")
        deadline.make_complex(made.pk, by=complaint_office, note="涉及多个系统")
        assert fresh(made).law_on == datetime.date(2026, 3, 15)
        asked = self.asked(made, lobby, kind="law")
        deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=True, note="同意")
        now = fresh(made)
        assert (now.law_days, now.law_on) == (60, datetime.date(2026, 4, 14))
        assert now.due_on == DUE
        with pytest.raises(Refused):
            self.asked(made, lobby, kind="law")

    def test_complexity_is_for_the_office_and_once(self, made, lobby, head, complaint_office):
        with pytest.raises(PermissionDenied):
            deadline.make_complex(made.pk, by=head, note="x")
        deadline.make_complex(made.pk, by=complaint_office, note="x")
        with pytest.raises(Conflict):
            deadline.make_complex(made.pk, by=complaint_office, note="x")


class TestSuspension:
    def test_whole_days_of_an_appraisal_are_left_out_of_both_clocks(self, friday, made, lobby):
        friday("2026-02-14 09:00")
        deadline.suspend(made.pk, by=lobby, agency="司法鉴定中心", note="笔迹鉴定")
        assert fresh(made).status == "suspended"
        assert not LadderStep.objects.filter(fired_at__isnull=True).exists()
        assert not PlanItem.objects.open().filter(kind="complaint").exists()
        friday("2026-02-27 09:00")
        deadline.resume(made.pk, by=lobby)
        now = fresh(made)
        # 14 Feb 班 = 1; the 24th, 25th, 26th are left out; 27 = 2, 28 班 = 3
        assert (now.status, now.due_on) == ("working", datetime.date(2026, 2, 28))
        assert now.law_on == datetime.date(2026, 3, 12)
        assert LadderStep.objects.filter(fired_at__isnull=True).exists()
        assert PlanItem.objects.open().get(kind="complaint").plan_on == now.due_on

    def test_nothing_else_stops_the_clock(self, friday, made, lobby, wealth, codes, branches):
        work.set_plan(made.pk, by=lobby, key_point="购买时是否讲清 T+2", plan="调取录音")
        work.classify(made.pk, by=lobby, level="major", **codes)
        work.add_note(made.pk, by=lobby, note="已电话安抚客户")
        hand.assign(made.pk, by=lobby, handler_id=wealth.pk)
        hand.pass_on(made.pk, by=lobby, unit_id=branches["second"].pk, question="x")
        now = fresh(made)
        assert (now.due_on, now.law_on, now.due_at) == (made.due_on, made.law_on, made.due_at)


class TestPromise:
    def test_a_promise_within_the_deadline_is_kept_with_its_time(self, made, lobby):
        work.promise(made.pk, by=lobby, at=at("2026-02-25 17:00"))
        now = fresh(made)
        assert (now.promised_at, now.told_at) == (at("2026-02-25 17:00"), at("2026-02-13 10:00"))

    @pytest.mark.parametrize("moment", ["2026-02-25 17:31", "2026-02-13 09:59"])
    def test_none_behind_the_deadline_nor_in_the_past(self, made, lobby, moment):
        with pytest.raises(Refused) as refused:
            work.promise(made.pk, by=lobby, at=at(moment))
        assert refused.value.field == "at"


class TestReply:
    def test_the_reply_meets_the_deadline_and_stops_the_warnings(self, friday, made, lobby):
        friday("2026-02-25 16:00")
        answered(made, lobby)
        now = fresh(made)
        assert (now.status, now.replied_by, now.reply) == ("replied", lobby, REPLY["text"])
        assert not LadderStep.objects.filter(fired_at__isnull=True).exists()
        open_ = PlanItem.objects.open().get(kind="complaint")
        assert (open_.source_key, open_.plan_on) == (
            f"complaint:{made.pk}:callback",
            datetime.date(2026, 2, 28),
        )

    def test_whoever_took_it_may_answer_on_the_spot_but_not_the_next_day(self, friday, taken, teller, lobby):
        made, later = taken(by=teller), taken(by=teller)
        answered(made, teller, satisfaction="very")
        assert fresh(made).events.get(name="reply").data["on_spot"] is True
        friday("2026-02-14 09:00")
        with pytest.raises(PermissionDenied):
            answered(later, teller)

    @pytest.mark.parametrize(
        "wrong",
        [{"text": " "}, {"way": "dove"}, {"finding": ""}, {"basis": ""}, {"at": at("2026-02-12 09:00")}],
    )
    def test_an_answer_without_its_parts_is_refused(self, made, lobby, wrong):
        with pytest.raises(Refused):
            answered(made, lobby, **wrong)
        assert fresh(made).status == "working"

    def test_a_second_reply_conflicts(self, made, lobby):
        answered(made, lobby)
        with pytest.raises(Conflict):
            answered(made, lobby)


class TestClose:
    def test_nothing_is_closed_without_the_reply(self, made, lobby):
        with pytest.raises(Refused) as refused:
            replies.close(made.pk, by=lobby)
        assert refused.value.code == "no_reply"

    def test_each_step_left_open_is_named(self, made, lobby, codes):
        answered(made, lobby)
        with pytest.raises(Refused):
            replies.close(made.pk, by=lobby)
        work.classify(made.pk, by=lobby, **codes)
        replies.call_back(made.pk, by=lobby, satisfaction="unreached")
        with pytest.raises(Refused):
            replies.close(made.pk, by=lobby)
        replies.trace(made.pk, by=lobby, root_cause="未写明")
        assert replies.close(made.pk, by=lobby).status == "closed"

    def test_an_extension_that_nobody_told_the_client_keeps_it_open(
        self, made, lobby, complaint_office, codes
    ):
        asked = deadline.ask_extension(made.pk, by=lobby, reason="x")
        deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=True, note="同意")
        ready(made, lobby, codes)
        with pytest.raises(Refused):
            replies.close(made.pk, by=lobby)
        deadline.told_of_extension(made.pk, asked.pk, by=lobby)
        assert Extension.objects.get().told_at
        replies.close(made.pk, by=lobby)

    def test_the_file_is_numbered_and_kept_five_years(self, made, lobby, codes):
        ready(made, lobby, codes)
        replies.close(made.pk, by=lobby)
        now = fresh(made)
        assert (now.archive_no, now.keep_until) == ("0817-TS-20260213-01", datetime.date(2031, 2, 13))
        assert not PlanItem.objects.open().exists()

    def test_the_file_is_kept_as_long_as_the_period_in_force_says(self, made, lobby, codes):
        RetentionRule.objects.filter(record="complaint").update(years=7)
        ready(made, lobby, codes)
        replies.close(made.pk, by=lobby)
        RetentionRule.objects.filter(record="complaint").update(years=8)
        assert fresh(made).keep_until == datetime.date(2033, 2, 13)


class TestAfter:
    def test_withdrawn_it_ends_the_same_day(self, made, teller):
        work.withdraw(made.pk, by=teller, note="客户来电撤诉")
        now = fresh(made)
        assert (now.status, now.over_at) == ("withdrawn", at("2026-02-13 10:00"))
        assert not LadderStep.objects.filter(fired_at__isnull=True).exists()
        assert not PlanItem.objects.open().exists()

    def test_a_repeat_is_merged_into_the_earlier_one_whose_clock_stays(self, friday, made, taken, lobby):
        friday("2026-02-14 09:00")
        repeat = taken()
        with pytest.raises(Refused):
            work.merge(made.pk, by=lobby, into_id=repeat.pk)
        work.merge(repeat.pk, by=lobby, into_id=made.pk)
        assert (fresh(repeat).status, fresh(repeat).merged_into) == ("merged", made)
        assert fresh(made).due_on == DUE
        with pytest.raises(Refused):
            work.merge(made.pk, by=lobby, into_id=made.pk)

    def test_new_facts_count_anew(self, friday, made, lobby, codes):
        ready(made, lobby, codes)
        replies.close(made.pk, by=lobby)
        friday("2026-03-02 09:00")
        work.restart(made.pk, by=lobby, facts="客户补交录音")
        now = fresh(made)
        assert (now.status, now.due_on) == ("working", datetime.date(2026, 3, 5))
        assert now.replied_at is None
        event = now.events.get(name="restart")
        assert (event.due_from, event.due_to) == (DUE, datetime.date(2026, 3, 5))
        assert LadderStep.objects.filter(complaint=made, fired_at__isnull=True).count() == 4

    def test_a_review_is_asked_for_within_thirty_days_and_decided_by_another(
        self, friday, made, lobby, complaint_office
    ):
        answered(made, lobby)
        friday("2026-03-16 09:00")
        with pytest.raises(Refused):
            reviews.ask_review(made.pk, by=lobby, asked_on=datetime.date(2026, 3, 16), reason="不服")
        asked = reviews.ask_review(made.pk, by=lobby, asked_on=datetime.date(2026, 3, 15), reason="不服")
        assert asked.due_on == datetime.date(2026, 4, 14)
        with pytest.raises(PermissionDenied):
            reviews.decide_review(made.pk, asked.pk, by=lobby, outcome="confirmed", findings="x")
        reviews.decide_review(made.pk, asked.pk, by=complaint_office, outcome="confirmed", findings="维持")
        with pytest.raises(Conflict):
            reviews.decide_review(made.pk, asked.pk, by=complaint_office, outcome="changed", findings="x")

    def test_the_office_does_not_review_what_it_handled(self, made, complaint_office, lobby):
        hand.assign(made.pk, by=lobby, handler_id=complaint_office.pk)
        answered(made, complaint_office)
        asked = reviews.ask_review(made.pk, by=lobby, asked_on=datetime.date(2026, 2, 13), reason="不服")
        with pytest.raises(PermissionDenied):
            reviews.decide_review(made.pk, asked.pk, by=complaint_office, outcome="confirmed", findings="x")

    def test_an_improvement_has_an_owner_and_a_date_and_stands_on_his_plan(self, made, lobby, wealth):
        day = datetime.date(2026, 3, 31)
        one = replies.improve(made.pk, by=lobby, text="修改短信模板", owner_id=wealth.pk, due_on=day)
        item = PlanItem.objects.open().get(owner=wealth)
        assert (item.plan_on, item.purpose) == (day, made.number)
        with pytest.raises(Refused):
            replies.improve(made.pk, by=lobby, text="x", owner_id=wealth.pk, due_on=at("2026-02-12").date())
        assert PlanItem.objects.get(source_key=f"improvement:{one.pk}").link == improve.address(one)
        replies.improved(made.pk, one.pk, by=lobby)
        assert not PlanItem.objects.open().filter(owner=wealth).exists()
        with pytest.raises(Conflict):
            replies.improved(made.pk, one.pk, by=lobby)

    def test_a_sales_chance_never_before_closing(self, friday, taken, premium, lobby, codes, wealth):
        from clients.models import Product

        made = taken()
        product = Product.objects.first()
        ready(made, lobby, codes)
        with pytest.raises(Conflict):
            replies.open_chance(made.pk, by=lobby, product_id=product.pk)
        assert not SalesChance.objects.exists()
        replies.close(made.pk, by=lobby)
        replies.open_chance(made.pk, by=lobby, product_id=product.pk, note="有稳健理财意向")
        assert SalesChance.objects.get().owner == wealth
        with pytest.raises(Conflict):
            replies.open_chance(made.pk, by=lobby, product_id=product.pk)

    def test_what_it_teaches_of_a_premium_client_goes_to_his_archive(self, friday, taken, premium, lobby):
        made = taken()
        replies.learn(made.pk, by=lobby, text="看重到账速度")
        replies.learn(made.pk, by=lobby, text="偏好当面说明")
        assert Profile.objects.get(client=premium).wants == "看重到账速度 · 偏好当面说明"
        premium.type = "ordinary"
        premium.level = ""
        premium.save()
        with pytest.raises(Refused):
            replies.learn(made.pk, by=lobby, text="x")


#: name → how it is called; each from every state it does not allow must conflict or be refused.
CALLS = {
    "assign": lambda pk, by: hand.assign(pk, by=by, handler_id=by.pk),
    "complex": lambda pk, by: deadline.make_complex(pk, by=by, note="x"),
    "suspend": lambda pk, by: deadline.suspend(pk, by=by, agency="x", note="x"),
    "resume": lambda pk, by: deadline.resume(pk, by=by),
    "reply": lambda pk, by: replies.reply(pk, by=by, **REPLY),
    "close": lambda pk, by: replies.close(pk, by=by),
    "withdraw": lambda pk, by: work.withdraw(pk, by=by, note="x"),
    "restart": lambda pk, by: work.restart(pk, by=by, facts="x"),
    "merge": lambda pk, by: work.merge(pk, by=by, into_id=_earlier(pk)),
}


def _earlier(pk):
    return Complaint.objects.exclude(pk=pk).filter(status="working").order_by("pk")[0].pk


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", Status.values)
def test_every_arrow_from_every_state(made, complaint_office, lobby, taken, codes, name, status):
    """What the table allows goes through, what it does not is refused, and nothing is written then."""
    if name == "merge":
        taken(received_at=made.received_at - 2 * DAY)
    state(made, status, lobby, complaint_office, taken, codes)
    allowed = status in TRANSITIONS[name].sources
    before = fresh(made).events.count()
    if allowed:
        CALLS[name](made.pk, complaint_office)
        assert fresh(made).status == TRANSITIONS[name].target
        assert fresh(made).events.filter(name=name).exists()
        return
    with pytest.raises(Refused):
        CALLS[name](made.pk, complaint_office)
    assert fresh(made).events.count() == before


def state(made, status, lobby, office, taken, codes):
    """Bring a complaint into `status` by its actions."""
    if status == "taken":
        Complaint.objects.filter(pk=made.pk).update(status="taken", handler=lobby)
    elif status == "suspended":
        deadline.suspend(made.pk, by=lobby, agency="x", note="x")
    elif status in ("replied", "closed"):
        ready(made, lobby, codes)
        if status == "closed":
            replies.close(made.pk, by=lobby)
    elif status == "withdrawn":
        work.withdraw(made.pk, by=lobby, note="x")
    elif status == "merged":
        other = taken(received_at=made.received_at - DAY)
        work.merge(made.pk, by=lobby, into_id=other.pk)
