"""A slip's verdict, and all that follows from each type (W1-14, W1-15, deck 22-23, 28)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from clients.models import Archive, Verdict
from followups.models import DayEntry, FollowUp, PlanItem
from referrals import actions
from referrals.models import Diversion, Referral
from referrals.rules import Destination, End, Reception
from rmflow.notices.models import Notice
from rmflow.staff.models import User
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workflow import Conflict, Refused

pytestmark = pytest.mark.django_db

TYPES = ["existing_premium", "existing_potential", "prospective_premium", "ordinary"]


@pytest.mark.parametrize("type", TYPES)
def test_every_verdict_is_written_once_and_shows_as_the_slips_outcome(filed, teller, wealth, type):
    slip, verdict = actions.judge(filed(by=teller).pk, by=wealth, type=type, reason="面谈")
    assert (slip.reception, slip.manager) == (Reception.MET, wealth)
    assert Verdict.objects.get() == verdict
    assert (verdict.type, verdict.type_before, verdict.source_key) == (
        type,
        "unjudged",
        f"referral:{slip.pk}",
    )
    assert Referral.objects.with_outcome().get().outcome == type
    slip.client.refresh_from_db()
    assert slip.client.type == type
    assert [e.name for e in slip.events.order_by("pk")] == ["file", "accept", "meet"]
    assert DayEntry.objects.filter(kind=DayEntry.Kind.VERDICT, user=wealth).count() == 1


@pytest.mark.parametrize("type", TYPES)
def test_the_referrer_and_the_lobby_are_told_in_words_of_the_type(filed, teller, lobby, wealth, type):
    actions.judge(filed(by=teller).pk, by=wealth, type=type)
    told = Notice.objects.filter(kind="outcome")
    assert {n.recipient for n in told} == {teller, lobby}
    assert len({n.text for n in told}) == 1


def test_the_four_types_have_four_wordings():
    from followups.actions.verdicts import TOLD

    assert len(set(TOLD.values())) == len(TOLD) == len(TYPES)


@pytest.mark.parametrize("level", ["core", "regular"])
def test_premium_opens_an_archive_and_sets_the_owner(filed, wealth, level):
    slip, _verdict = actions.judge(filed().pk, by=wealth, type="existing_premium", level=level)
    client = Archive.objects.get().client
    assert client == slip.client
    assert (client.owner, client.level) == (wealth, level)
    assert not FollowUp.objects.exists()
    assert not Diversion.objects.exists()


@pytest.mark.parametrize("type", ["existing_potential", "prospective_premium"])
def test_who_may_become_premium_is_followed_up_from_the_next_working_day(filed, teller, wealth, type):
    slip, _verdict = actions.judge(filed(by=teller).pk, by=wealth, type=type)
    record, item = FollowUp.objects.get(), PlanItem.objects.get()
    assert (record.manager, record.referrer, slip.follow_up) == (wealth, teller, record)
    assert item.plan_on == calendar().add(clock.today(), 1)
    assert not Archive.objects.exists()


def test_the_first_contact_may_be_agreed_with_the_verdict(filed, wealth):
    day = clock.today() + datetime.timedelta(days=9)
    actions.judge(
        filed().pk, by=wealth, type="prospective_premium", agreed_on=day, agreed_at=datetime.time(9, 30)
    )
    item = PlanItem.objects.get()
    assert (item.plan_on, item.at) == (day, datetime.time(9, 30))


def test_a_first_contact_yesterday_is_refused_whole(filed, wealth):
    yesterday = clock.today() - datetime.timedelta(days=1)
    with pytest.raises(Refused) as caught:
        actions.judge(filed().pk, by=wealth, type="prospective_premium", agreed_on=yesterday)
    assert caught.value.field == "agreed_on"
    assert not Verdict.objects.exists()


def test_ordinary_is_diverted_once_and_counted_on_the_slips_day(filed, wealth):
    slip = filed(business="cash")
    actions.judge(slip.pk, by=wealth, type="ordinary", destination=Destination.MOBILE_BANK)
    actions.judge(slip.pk, by=wealth, type="ordinary")
    row = Diversion.objects.get()
    assert (row.destination, row.business, row.day, row.referral) == (
        "mobile_bank",
        "cash",
        slip.day,
        slip,
    )
    assert not FollowUp.objects.live().exists()


def test_ordinary_ends_what_was_planned(filed, wealth, notice):
    slip = filed(end=End.CARD, phone="13800005678", basis="consent", agreed_on=clock.today())
    actions.judge(slip.pk, by=wealth, type="ordinary")
    assert FollowUp.objects.get().status == "non_premium"
    assert not PlanItem.objects.open().exists()


def test_premium_converts_what_was_followed_up(filed, wealth, notice):
    slip = filed(end=End.CARD, phone="13800005678", basis="consent", agreed_on=clock.today())
    actions.judge(slip.pk, by=wealth, type="existing_premium", level="core")
    assert FollowUp.objects.get().status == "converted"
    assert not PlanItem.objects.open().exists()


def test_after_the_verdict_the_manager_is_free_again(filed, wealth):
    slip = filed()
    actions.perform("accept", slip.pk, by=wealth)
    actions.judge(slip.pk, by=wealth, type="ordinary")
    wealth.refresh_from_db()
    assert wealth.availability == User.Availability.FREE


def test_the_verdict_completes_the_person_and_overwrites_nothing(filed, wealth, notice):
    slip, _verdict = actions.judge(
        filed(name="刘").pk,
        by=wealth,
        type="prospective_premium",
        name="刘建华",
        phone="13800005678",
        basis="consent",
    )
    slip.client.refresh_from_db()
    assert (slip.client.name, slip.client.phone) == ("刘建华", "13800005678")
    actions.judge(slip.pk, by=wealth, type="prospective_premium", name="王五", phone="13900001111")
    slip.client.refresh_from_db()
    assert (slip.client.name, slip.client.phone) == ("刘建华", "13800005678")


@pytest.mark.parametrize(
    "given, field",
    [
        ({"type": "unjudged"}, "type"),
        ({"type": "rich"}, "type"),
        ({"type": "ordinary", "level": "core"}, "level"),
        ({"type": "existing_premium", "level": "best"}, "level"),
    ],
)
def test_a_verdict_that_is_none_is_refused_whole(filed, wealth, given, field):
    slip = filed()
    with pytest.raises(Refused) as caught:
        actions.judge(slip.pk, by=wealth, **given)
    assert caught.value.field == field
    slip.refresh_from_db()
    assert slip.reception == Reception.WAITING  # the meeting it would have written is gone too


def test_only_the_manager_who_received_decides(filed, wealth, colleague, lobby):
    slip = filed()
    actions.perform("accept", slip.pk, by=wealth)
    with pytest.raises(Conflict):
        actions.judge(slip.pk, by=colleague, type="ordinary")
    with pytest.raises(Conflict):
        actions.judge(filed(end=End.PRIORITY).pk, by=wealth, type="ordinary")


def test_roles_that_do_not_receive_do_not_decide(filed, lobby, head, supervisor):
    slip = filed()
    for person in (lobby, head, supervisor):
        with pytest.raises(PermissionDenied):
            actions.judge(slip.pk, by=person, type="ordinary")


def test_a_client_who_left_is_not_judged(filed, lobby, wealth):
    slip = filed()
    actions.perform("leave", slip.pk, by=lobby)
    with pytest.raises(Conflict):
        actions.judge(slip.pk, by=wealth, type="ordinary")


def test_a_client_someone_looks_after_keeps_the_owner(filed, wealth, colleague, lobby):
    from clients import actions as clients

    slip = filed()
    clients.set_owner(slip.client, owner=colleague, by=colleague)
    actions.judge(slip.pk, by=wealth, type="existing_premium", level="core")
    slip.client.refresh_from_db()
    assert slip.client.owner == colleague


# --- what the lobby counts ---


def test_a_diversion_is_one_tap_and_can_be_taken_back_for_a_minute(teller):
    row = actions.divert(by=teller, destination="self_service", business="cash", coached=True)
    assert (row.branch, row.by, row.coached) == (teller.branch, teller, True)
    assert actions.undo_diversion(row.pk, by=teller).undone_at
    with pytest.raises(Conflict):
        actions.undo_diversion(row.pk, by=teller)
    late = actions.divert(by=teller, destination="self_service")
    Diversion.objects.filter(pk=late.pk).update(at=clock.now() - datetime.timedelta(seconds=61))
    with pytest.raises(Conflict):
        actions.undo_diversion(late.pk, by=teller)


def test_a_diversion_is_ones_own(teller, lobby):
    row = actions.divert(by=teller, destination="self_service")
    with pytest.raises(Diversion.DoesNotExist):
        actions.undo_diversion(row.pk, by=lobby)


@pytest.mark.parametrize("given", [{"destination": "door"}, {"destination": "non_cash", "business": "x"}])
def test_a_diversion_to_nowhere_is_refused(teller, given):
    with pytest.raises(Refused):
        actions.divert(by=teller, **given)


def test_who_may_divert_and_who_ticks_rounds(
    teller, lobby, wealth, ebank, head, supervisor, marketing, phone_agent
):
    for person in (teller, lobby, wealth, ebank):
        actions.divert(by=person, destination="self_service")
    for person in (head, supervisor, marketing, phone_agent):
        with pytest.raises(PermissionDenied):
            actions.divert(by=person, destination="self_service")
    assert actions.tick_patrol(by=lobby).branch == lobby.branch
    for person in (teller, wealth, head):
        with pytest.raises(PermissionDenied):
            actions.tick_patrol(by=person)


def test_the_api_agrees_a_first_contact_with_the_verdict_as_the_page_does(filed, wealth):
    from rest_framework.test import APIClient

    door, slip, day = APIClient(), filed(), clock.today() + datetime.timedelta(days=3)
    door.force_login(wealth)
    body = {"type": "existing_potential", "agreed_on": str(day), "agreed_at": "14:30", "channel": "visit"}
    assert door.post(f"/api/v1/referrals/{slip.pk}/verdict/", body, format="json").status_code == 200
    item = PlanItem.objects.get()
    assert (item.plan_on, item.at, item.channel) == (day, datetime.time(14, 30), "visit")
    body["agreed_on"] = str(clock.today() - datetime.timedelta(days=1))
    answer = door.post(f"/api/v1/referrals/{filed().pk}/verdict/", body, format="json")
    assert (answer.status_code, list(answer.json())) == (400, ["agreed_on"])
