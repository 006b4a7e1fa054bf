"""Contacts, plans, records and verdicts, against the real database."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from clients.models import Archive
from followups import actions
from followups.models import Appointment, Contact, DayEntry, FollowUp, FollowUpEvent, PlanEvent, PlanItem
from followups.rules import NextStep
from rmflow.notices.models import Notice
from rmflow.workflow import Conflict, Refused

from .conftest import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("thursday")]
DAY = datetime.timedelta(days=1)


def call(item, by, result="considering", on=TODAY + 7 * DAY, at=None, **fields):
    step = NextStep("phone", on, at) if on else None
    return actions.record_contact(item.pk, by=by, result=result, next_step=step, **fields)


def test_a_contact_settles_its_item_and_plans_the_next(record, wealth):
    made = record()
    contact = call(made.first, wealth, findings="要等女儿意见")
    made.first.refresh_from_db()
    assert made.first.state == "done"
    following = PlanItem.objects.open().get()
    assert (following.plan_on, following.record, following.purpose) == (
        TODAY + 7 * DAY,
        made,
        "定期到期，约续作",
    )
    assert contact.next_on == TODAY + 7 * DAY
    assert DayEntry.objects.filter(user=wealth, kind="contact", on=TODAY).count() == 1
    assert made.client.timeline.filter(kind="contact", note="要等女儿意见").count() == 1


def test_a_second_contact_on_the_same_item_loses(record, wealth):
    made = record()
    call(made.first, wealth)
    with pytest.raises(Conflict):
        call(made.first, wealth)
    assert Contact.objects.count() == 1


def test_a_long_to_do_becomes_a_purpose_that_fits(record, wealth):
    call(record().first, wealth, todo="长" * 500)
    assert len(PlanItem.objects.open().get().purpose) == 200


def test_an_unknown_way_is_refused(record, wealth):
    with pytest.raises(Refused):
        call(record().first, wealth, channel="pigeon")


@pytest.mark.parametrize(
    ("result", "on", "status"),
    [
        ("interested", TODAY + DAY, "open"),
        ("no_answer", TODAY + DAY, "open"),
        ("met", None, "open"),
        ("refused", None, "abandoned"),
        ("refused", TODAY + DAY, "open"),
        ("do_not_contact", None, "do_not_contact"),
    ],
)
def test_a_result_moves_the_record(record, wealth, result, on, status):
    made = record()
    call(made.first, wealth, result=result, on=on)
    made.refresh_from_db()
    assert made.status == status
    assert made.is_live == (PlanItem.objects.open().filter(record=made).exists() or result == "met")
    last = FollowUpEvent.objects.filter(record=made).order_by("-pk").first()
    assert last.status_to == status


def test_who_wants_no_more_contact_is_left_in_peace(record, planned, wealth):
    made = record()
    other = planned(TODAY + DAY, client=made.client)
    call(made.first, wealth, result="do_not_contact", on=None)
    other.refresh_from_db()
    made.client.refresh_from_db()
    assert (other.state, made.client.do_not_contact) == ("dropped", True)
    with pytest.raises(Refused):
        actions.add_plan(by=wealth, client=made.client, plan_on=TODAY, purpose="再试")


def test_three_failures_on_two_days_flag_the_record(record, wealth, freeze_on):
    made = record()
    for number in range(3):
        with freeze_on(TODAY + number * DAY):
            item = made.items.get(state="open")
            call(item, wealth, result="no_answer", on=TODAY + (number + 1) * DAY)
        made.refresh_from_db()
        assert made.flagged == (number == 2)


@pytest.fixture
def freeze_on():
    """A function that moves to ten o'clock of another day."""
    import time_machine

    def move(day):
        return time_machine.travel(datetime.datetime(day.year, day.month, day.day, 2, tzinfo=datetime.UTC))

    return move


@pytest.fixture
def meeting(record, wealth):
    """An appointment agreed for Monday 14:30, and its plan item."""
    made = record()
    call(made.first, wealth, result="appointed", on=datetime.date(2026, 10, 12), at=datetime.time(14, 30))
    return Appointment.objects.get()


def test_an_appointment_stands_in_the_log_of_its_day(meeting, wealth):
    assert FollowUp.objects.get().status == "appointed"
    assert DayEntry.objects.get(kind="appointment").on == datetime.date(2026, 10, 12)
    assert meeting.item.kind == "appointment"


def test_an_appointment_in_the_past_is_refused(record, wealth):
    with pytest.raises(Refused) as refused:
        call(record().first, wealth, result="appointed", on=TODAY, at=datetime.time(9))
    assert refused.value.field == "next_at"


@pytest.mark.parametrize(
    ("result", "state"), [("met", "kept"), ("no_answer", "missed"), ("call_back", "cancelled")]
)
def test_the_contact_says_what_became_of_the_meeting(meeting, wealth, result, state):
    call(meeting.item, wealth, result=result, on=TODAY + 7 * DAY)
    meeting.refresh_from_db()
    assert meeting.state == state


def test_a_postponed_meeting_moves_with_its_item_and_back(meeting, wealth):
    actions.postpone(meeting.item_id, by=wealth, plan_on=datetime.date(2026, 10, 13))
    meeting.refresh_from_db()
    assert meeting.starts_at == datetime.datetime(2026, 10, 13, 6, 30, tzinfo=datetime.UTC)
    actions.restore(meeting.item_id, by=wealth)
    meeting.refresh_from_db()
    assert meeting.starts_at == datetime.datetime(2026, 10, 12, 6, 30, tzinfo=datetime.UTC)


def test_a_dropped_meeting_is_cancelled_and_its_hour_free(meeting, wealth, planned):
    actions.drop(meeting.item_id, by=wealth, note="客户取消")
    meeting.refresh_from_db()
    assert meeting.state == "cancelled"
    call(planned(TODAY), wealth, result="appointed", on=datetime.date(2026, 10, 12), at=datetime.time(14, 30))
    assert Appointment.objects.filter(state="agreed").count() == 1


def test_two_meetings_at_once_are_refused_and_nothing_is_half_done(meeting, wealth, planned):
    item = planned(TODAY)
    with pytest.raises(Refused):
        call(item, wealth, result="appointed", on=datetime.date(2026, 10, 12), at=datetime.time(15))
    item.refresh_from_db()
    assert item.state == "open"
    assert Contact.objects.filter(item=item).count() == 0


def test_postponing_leaves_an_event_and_a_line(planned, wealth):
    item = planned(TODAY)
    actions.postpone(item.pk, by=wealth, plan_on=TODAY + DAY)
    event = PlanEvent.objects.get(item=item)
    assert (event.name, event.on_from, event.on_to) == ("postpone", TODAY, TODAY + DAY)
    assert DayEntry.objects.get(kind="plan").data["to"] == str(TODAY + DAY)


def test_a_first_contact_is_not_postponed_past_its_last_day(record, wealth):
    made = record()
    with pytest.raises(Refused):
        actions.postpone(made.first.pk, by=wealth, plan_on=made.first.must_by + DAY)


def test_undo_is_a_second_event_and_never_takes_a_contact_back(planned, wealth):
    item = planned(TODAY)
    with pytest.raises(Conflict):
        actions.restore(item.pk, by=wealth)
    actions.drop(item.pk, by=wealth, note="不再需要")
    actions.restore(item.pk, by=wealth)
    assert [e.name for e in item.events.order_by("pk")] == ["drop", "restore"]
    call(item, wealth)
    with pytest.raises(Conflict):
        actions.restore(item.pk, by=wealth)


def test_plans_of_a_closed_record_stay_off(record, wealth):
    made = record()
    actions.abandon(made.pk, by=wealth, reason="多次未接通")
    with pytest.raises(Conflict):
        actions.restore(made.first.pk, by=wealth)


def test_a_settled_item_is_not_prepared_any_more(planned, wealth):
    item = planned(TODAY)
    actions.prepare(item.pk, by=wealth, expected=" 嫌利率低 ", answer="")
    call(item, wealth)
    item.refresh_from_db()
    assert item.expected == "嫌利率低"
    with pytest.raises(Conflict):
        actions.prepare(item.pk, by=wealth, expected="", answer="")


def test_giving_up_tells_the_referrer(record, wealth, lobby):
    made = record()
    actions.abandon(made.pk, by=wealth, reason="多次未接通")
    assert Notice.objects.get(recipient=lobby, kind="outcome").params == {"client": made.client.addressed_as}
    made.first.refresh_from_db()
    assert made.first.state == "dropped"


def test_only_the_records_manager_works_it(record, colleague, supervisor):
    made = record()
    with pytest.raises(FollowUp.DoesNotExist):
        actions.abandon(made.pk, by=colleague, reason="x")
    with pytest.raises(PlanItem.DoesNotExist):
        call(made.first, colleague)
    for deed in (
        lambda: actions.abandon(made.pk, by=supervisor, reason="x"),
        lambda: call(made.first, supervisor),
        lambda: actions.prepare(made.first.pk, by=supervisor, expected="", answer=""),
        lambda: actions.change_analysis(made.pk, by=supervisor, strength="", character="", needs=""),
    ):
        with pytest.raises(PermissionDenied):
            deed()


@pytest.mark.parametrize(
    ("type", "status"),
    [
        ("existing_premium", "converted"),
        ("existing_potential", "open"),
        ("prospective_premium", "open"),
        ("ordinary", "non_premium"),
    ],
)
def test_a_verdict_has_its_consequences(record, wealth, type, status):
    made = record()
    actions.judge(made.client_id, by=wealth, type=type, branch=made.branch)
    made.refresh_from_db()
    assert made.status == status
    assert Archive.objects.exists() == (type == "existing_premium")
    assert PlanItem.objects.open().filter(record=made).exists() == (status == "open")


def test_a_marketing_manager_judges_nobody(record, marketing):
    made = record(manager=marketing)
    with pytest.raises(PermissionDenied):
        actions.judge(made.client_id, by=marketing, type="ordinary", branch=made.branch)


def test_a_plan_for_a_client_one_follows_up_belongs_to_the_record(record, wealth, thursday):
    mine = record()
    item = actions.add_plan(by=wealth, client=mine.client, plan_on=thursday, purpose="送理财手册")
    assert item.record == mine
    actions.abandon(mine.pk, by=wealth, reason="x")
    item.refresh_from_db()
    assert item.state != "open"
