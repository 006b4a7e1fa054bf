"""A client in the lobby: received, passed on, met, gone; who learns of it; who wins a race."""

import datetime

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied

from followups.models import DayEntry
from referrals import actions
from referrals.actions.steps import may
from referrals.models import Referral, ReferralEvent
from referrals.rules import TRANSITIONS, End, Guidance, Reception
from rmflow.notices.models import Notice
from rmflow.staff.models import User
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused
from tests.race import together

pytestmark = pytest.mark.django_db


def told(kind):
    return set(Notice.objects.filter(kind=kind).values_list("recipient__name", flat=True))


def test_to_receive_is_to_be_busy(filed, lobby, wealth):
    slip = actions.perform("accept", filed().pk, by=wealth)
    wealth.refresh_from_db()
    assert (slip.reception, slip.manager) == (Reception.ACCEPTED, wealth)
    assert slip.accepted_at is not None
    assert wealth.availability == User.Availability.BUSY
    assert told("reception") == {"周敏"}


def availability(user):
    return User.objects.get(pk=user.pk).availability


def test_a_manager_whose_client_has_left_is_free(filed, lobby, wealth):
    slip = actions.perform("accept", filed().pk, by=wealth)
    actions.perform("leave", slip.pk, by=lobby)
    assert availability(wealth) == User.Availability.FREE
    slip = actions.perform("accept", filed().pk, by=wealth)
    actions.perform("leave", slip.pk, by=wealth)
    assert availability(wealth) == wealth.availability == User.Availability.FREE


@pytest.mark.parametrize("end", ["leave", "meet", "judge"])
def test_a_manager_is_busy_while_another_client_is_with_him(filed, wealth, end):
    first, second = filed(), filed()
    for slip in (first, second):
        actions.perform("accept", slip.pk, by=wealth)
    for slip, then in ((first, User.Availability.BUSY), (second, User.Availability.FREE)):
        if end == "judge":
            actions.judge(slip.pk, by=wealth, type="ordinary")
        else:
            actions.perform(end, slip.pk, by=wealth)
        assert availability(wealth) == then


def test_a_client_forgotten_yesterday_keeps_nobody_busy_and_who_is_out_stays_out(filed, lobby, wealth):
    forgotten = actions.perform("accept", filed().pk, by=wealth)
    Referral.objects.filter(pk=forgotten.pk).update(accepted_at=clock.now() - datetime.timedelta(days=1))
    actions.perform("accept", (slip := filed()).pk, by=wealth)
    actions.perform("meet", slip.pk, by=wealth)
    assert availability(wealth) == User.Availability.FREE
    actions.perform("accept", (slip := filed()).pk, by=wealth)
    User.objects.filter(pk=wealth.pk).update(availability="out")
    actions.perform("leave", slip.pk, by=lobby)
    assert availability(wealth) == User.Availability.OUT


def test_a_free_colleague_may_receive_in_the_others_place(filed, lobby, wealth, colleague):
    slip = actions.perform("accept", filed().pk, by=colleague)
    assert slip.manager == colleague
    assert told("reception") == {"周敏", "林晓燕"}  # the lobby, and the manager who need not come


def test_met_is_written_with_its_times_and_in_the_work_log(filed, wealth):
    slip = actions.perform("meet", filed().pk, by=wealth)
    assert slip.accepted_at == slip.met_at
    assert DayEntry.objects.get().kind == DayEntry.Kind.RECEPTION
    other = filed()
    actions.perform("accept", other.pk, by=wealth)
    other = actions.perform("meet", other.pk, by=wealth)
    assert other.accepted_at < other.met_at


def test_declined_goes_back_to_the_lobby_at_once(filed, lobby, wealth, head):
    slip = actions.perform("decline", filed().pk, by=wealth, note="有客户")
    assert slip.reception == Reception.DECLINED
    assert list(Referral.objects.waiting()) == [slip]
    assert told("reception") == {"周敏"}
    assert Notice.objects.get(kind="reception").urgent


def test_declined_and_offered_on_in_one_go(filed, lobby, wealth, colleague):
    slip = actions.perform("decline", filed().pk, by=wealth, to=colleague.pk)
    assert (slip.reception, slip.manager) == (Reception.WAITING, colleague)
    assert told("waiting") == {"林晓燕", "陈志远"}
    event = ReferralEvent.objects.last()
    assert (event.name, event.state_from, event.state_to) == ("decline", "waiting", "waiting")


def test_the_lobby_offers_a_declined_client_to_another(filed, lobby, wealth, colleague):
    slip = filed()
    actions.perform("decline", slip.pk, by=wealth)
    slip = actions.perform("offer", slip.pk, by=lobby, to=colleague.pk)
    assert (slip.reception, slip.manager) == (Reception.WAITING, colleague)
    assert Notice.objects.filter(recipient=colleague, kind="waiting", urgent=True).count() == 1


def refused_to(slip, by, to, step="offer"):
    with pytest.raises(Refused) as caught:
        actions.perform(step, slip.pk, by=by, to=to)
    assert caught.value.field == "to"
    return str(caught.value)


def test_a_client_is_offered_to_who_can_come_only(filed, lobby, wealth, colleague, other_wealth, teller):
    slip = filed()
    actions.perform("decline", slip.pk, by=wealth)
    refused_to(slip, lobby, None)
    refused_to(slip, lobby, other_wealth.pk)
    refused_to(slip, lobby, teller.pk)
    assert "林晓燕" in refused_to(slip, lobby, wealth.pk)  # has declined
    User.objects.filter(pk=colleague.pk).update(availability=User.Availability.OUT)
    assert "陈志远" in refused_to(slip, lobby, colleague.pk)
    slip.refresh_from_db()
    assert slip.reception == Reception.DECLINED


def test_nobody_declines_to_himself(filed, wealth):
    slip = filed()
    refused_to(slip, wealth, wealth.pk, step="decline")


def test_the_manager_offers_on_without_the_lobbys_permission(filed, wealth, colleague):
    slip = actions.perform("offer", filed().pk, by=wealth, to=colleague.pk)
    assert slip.manager == colleague
    with pytest.raises(PermissionDenied):
        actions.perform("offer", slip.pk, by=wealth, to=colleague.pk)  # no longer the manager


@pytest.mark.parametrize("before", [(), ("accept",), ("decline",)])
def test_a_client_may_leave_at_any_time_before_the_meeting(filed, lobby, wealth, before):
    slip = filed()
    for name in before:
        actions.perform(name, slip.pk, by=wealth)
    slip = actions.perform("leave", slip.pk, by=lobby)
    assert slip.reception == Reception.LEFT
    assert "林晓燕" in told("reception")  # need not wait
    assert not may("accept", slip, wealth)


def test_who_comes_second_learns_who_was_first(filed, wealth, colleague):
    slip = filed()
    actions.perform("accept", slip.pk, by=wealth)
    for name in ("accept", "decline", "meet"):
        with pytest.raises(Conflict, match="林晓燕") as caught:
            actions.perform(name, slip.pk, by=colleague)
        assert caught.value.code == "taken"


def test_a_client_offered_to_another_is_not_met_or_declined_for_him(filed, wealth, colleague):
    slip = filed()
    for name in ("decline", "meet"):
        with pytest.raises(Conflict, match="林晓燕"):
            actions.perform(name, slip.pk, by=colleague)
        assert not may(name, slip, colleague)


def test_accepting_twice_is_refused(filed, wealth):
    slip = filed()
    actions.perform("accept", slip.pk, by=wealth)
    with pytest.raises(Conflict):
        actions.perform("accept", slip.pk, by=wealth)
    assert ReferralEvent.objects.filter(name="accept").count() == 1


def test_each_step_leaves_one_event_and_one_line(filed, lobby, wealth):
    slip = filed()
    for name in ("accept", "meet"):
        actions.perform(name, slip.pk, by=wealth, note="备注")
    steps = [(e.name, e.state_from, e.state_to, e.by) for e in slip.events.order_by("pk")]
    assert steps[1:] == [("accept", "waiting", "accepted", wealth), ("meet", "accepted", "met", wealth)]
    lines = slip.client.timeline.order_by("pk").values_list("kind", flat=True)
    assert list(lines) == ["registered", "referred", "accepted", "met"]


def test_the_sender_follows_each_step(filed, teller, lobby, wealth):
    slip = filed(by=teller)
    actions.perform("accept", slip.pk, by=wealth)
    actions.perform("meet", slip.pk, by=wealth)
    assert Notice.objects.filter(recipient=teller, kind="reception").count() == 2
    assert Notice.objects.filter(recipient=lobby, kind="reception").count() == 2
    assert not Notice.objects.filter(recipient=wealth, kind="reception").exists()


def test_a_notice_names_a_client_by_salutation_only(filed, lobby, wealth):
    slip = filed(name="刘建华")
    actions.perform("accept", slip.pk, by=wealth)
    for notice in Notice.objects.all():
        assert "建华" not in notice.sentence
        assert "建华" not in str(notice.params)
    assert "刘女士" in Notice.objects.get(kind="waiting").sentence


@pytest.mark.parametrize("name", TRANSITIONS)
def test_a_slip_of_another_branch_is_not_there(filed, other_wealth, other_lobby, name):
    slip = filed()
    for stranger in (other_wealth, other_lobby):
        with pytest.raises(ObjectDoesNotExist):
            actions.perform(name, slip.pk, by=stranger, to=stranger.pk)


DEEDS = {
    "withdraw": lambda pk, by: actions.withdraw(pk, by=by, reason="x"),
    "take": actions.take,
    "judge": lambda pk, by: actions.judge(pk, by=by, type="ordinary"),
    "guide_on": lambda pk, by: actions.guide_on(pk, by=by, onward="e_channel"),
}


def perform(name, colleague):
    return lambda pk, by: actions.perform(name, pk, by=by, to=colleague.pk if name == "offer" else None)


def test_buttons_and_checks_say_the_same(filed, lobby, wealth, colleague, teller, head, supervisor):
    """For every state and person: `may` is true exactly where the action does not refuse."""
    for way in ((), ("accept",), ("decline",), ("accept", "meet"), ("leave",)):
        for person in (lobby, wealth, colleague, teller, head, supervisor):
            for name in actions.STEPS:
                slip = filed(by=teller)
                for step in way:
                    actions.perform(step, slip.pk, by=lobby if step == "leave" else wealth)
                slip.refresh_from_db()
                shown = may(name, slip, person)
                try:
                    DEEDS.get(name, perform(name, colleague))(slip.pk, by=person)
                except (PermissionDenied, Refused, ObjectDoesNotExist):
                    assert not shown, (way, person.name, name)
                else:
                    assert shown, (way, person.name, name)


# --- guiding on ---


def test_the_manager_guides_on_to_counter_or_channel(filed, wealth, colleague, lobby):
    slip = filed()
    actions.perform("meet", slip.pk, by=wealth)
    slip = actions.guide_on(slip.pk, by=wealth, onward=Guidance.PRIORITY_COUNTER)
    assert slip.onward == Guidance.PRIORITY_COUNTER
    assert slip.events.last().name == "guide_on"
    with pytest.raises(Refused):
        actions.guide_on(slip.pk, by=wealth, onward="manager")
    with pytest.raises(Conflict):
        actions.guide_on(slip.pk, by=colleague, onward=Guidance.E_CHANNEL)
    with pytest.raises(PermissionDenied):
        actions.guide_on(slip.pk, by=lobby, onward=Guidance.E_CHANNEL)


def test_nobody_is_guided_on_before_the_meeting_nor_twice(filed, lobby, wealth):
    """A client who waits, has left, or whose slip was taken back is nobody's to guide."""
    waiting, left, withdrawn, met = (filed() for _n in range(4))
    actions.perform("leave", left.pk, by=lobby)
    actions.withdraw(withdrawn.pk, by=lobby, reason="x")
    for slip in (waiting, left, withdrawn):
        with pytest.raises(Conflict):
            actions.guide_on(slip.pk, by=wealth, onward=Guidance.E_CHANNEL)
        slip.refresh_from_db()
        assert (slip.onward, slip.events.filter(name="guide_on").count()) == ("", 0)
    actions.perform("meet", met.pk, by=wealth)
    for _n in range(2):
        assert actions.guide_on(met.pk, by=wealth, onward=Guidance.E_CHANNEL).onward == Guidance.E_CHANNEL
    with pytest.raises(Conflict):
        actions.guide_on(met.pk, by=wealth, onward=Guidance.PRIORITY_COUNTER)
    met.refresh_from_db()
    assert (met.onward, met.events.filter(name="guide_on").count()) == (Guidance.E_CHANNEL, 1)


def test_a_slip_counted_already_shows_no_way_back(filed, lobby):
    """The page offered to withdraw what the action refuses."""
    slip = filed()
    assert may("withdraw", slip, lobby)
    Referral.objects.filter(pk=slip.pk).update(counted_on=slip.day, check_result="matched")
    slip.refresh_from_db()
    assert not may("withdraw", slip, lobby)
    with pytest.raises(Refused):
        actions.withdraw(slip.pk, by=lobby, reason="x")


# --- races: two processes at one barrier ---


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_accept_at_once_one_wins_and_the_other_is_told(filed, wealth, colleague):
    slip = filed()
    outcomes = together(
        lambda: actions.perform("accept", slip.pk, by=wealth),
        lambda: actions.perform("accept", slip.pk, by=colleague),
    )
    assert sorted(outcome for outcome, _text in outcomes) == ["Conflict", "done"]
    slip.refresh_from_db()
    winner = wealth if outcomes[0][0] == "done" else colleague
    assert slip.manager == winner
    assert winner.name in next(text for outcome, text in outcomes if outcome == "Conflict")
    assert slip.events.filter(name="accept").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_take_a_card_at_once_one_has_it(lobby, wealth, colleague, card, notice):
    from followups.models import FollowUp
    from rmflow.workdays import clock

    slip = actions.file(
        card(end=End.CARD, phone="13800005678", basis="consent", agreed_on=clock.today()), by=lobby
    )
    outcomes = together(lambda: actions.take(slip.pk, by=wealth), lambda: actions.take(slip.pk, by=colleague))
    assert sorted(outcome for outcome, _text in outcomes) == ["Conflict", "done"]
    assert FollowUp.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_withdrawing_and_accepting_at_once_leave_one_truth(filed, lobby, wealth):
    slip = filed()
    outcomes = together(
        lambda: actions.withdraw(slip.pk, by=lobby, reason="x"),
        lambda: actions.perform("accept", slip.pk, by=wealth),
    )
    assert sum(outcome == "done" for outcome, _text in outcomes) == 1
    slip.refresh_from_db()
    assert (slip.status, slip.reception) in {("withdrawn", "left"), ("referred", "accepted")}
