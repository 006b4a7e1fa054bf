"""Filing a slip: what is written, where it goes, whom it tells, and taking it back."""

import datetime

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied

from clients.models import Client, TimelineEntry
from followups.models import FollowUp, PlanItem
from referrals import actions
from referrals.models import Referral
from referrals.rules import Card, End, Guidance, Reception, SourceChannel, Status
from rmflow.notices.models import Notice
from rmflow.staff.models import RoleHolding, User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock
from rmflow.workdays.actions import business_day
from rmflow.workflow import Conflict, Refused

pytestmark = pytest.mark.django_db

PHONE = {"phone": "13800005678", "basis": "consent"}


def days(n):
    return clock.today() + datetime.timedelta(days=n)


def handed_out(**fields):
    return {"end": End.CARD, "agreed_on": days(2), **PHONE, **fields}


def refusal(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    "person, channel, counted_as",
    [
        ("lobby", SourceChannel.LOBBY, Role.LOBBY_MANAGER),
        ("teller", SourceChannel.COUNTER, Role.TELLER),
        ("ebank", SourceChannel.E_BANK, Role.EBANK_MANAGER),
        ("marketing", SourceChannel.MARKETING, Role.MARKETING_MANAGER),
        ("colleague", SourceChannel.MANAGER, Role.WEALTH_MANAGER),
    ],
)
def test_each_role_files_under_its_own_channel(request, filed, person, channel, counted_as):
    slip = filed(by=request.getfixturevalue(person))
    assert (slip.source_channel, slip.referrer_role) == (channel, counted_as)


def test_the_credit_stays_what_it_was_when_filed(filed, teller, branches):
    slip = filed(by=teller)
    RoleHolding.objects.filter(user=teller).update(role=Role.BRANCH_HEAD)
    User.objects.filter(pk=teller.pk).update(home_branch=branches["second"])
    slip.refresh_from_db()
    assert slip.referrer_role == Role.TELLER
    assert (slip.home_branch, slip.sender_branch) == (branches["first"], branches["first"])
    assert slip.credit_share == 100


def test_a_person_with_two_roles_files_under_the_one_in_use(filed, teller, branches):
    RoleHolding.objects.create(
        user=teller, role=Role.LOBBY_MANAGER, branch=branches["first"], valid_from=datetime.date(2020, 1, 1)
    )
    assert filed(by=User.objects.get(pk=teller.pk)).referrer_role == Role.TELLER
    User.objects.filter(pk=teller.pk).update(role_in_use=Role.LOBBY_MANAGER)
    assert filed(by=User.objects.get(pk=teller.pk)).referrer_role == Role.LOBBY_MANAGER


def test_a_slip_belongs_to_the_open_business_day(filed, lobby, branches):
    with time_machine.travel("2026-03-04 17:00 +0800", tick=False):
        day = business_day(branches["first"], by=lobby)
    with time_machine.travel("2026-03-05 02:00 +0800", tick=False):
        assert filed().day == day  # the day goes on after midnight
    with time_machine.travel("2026-03-05 09:00 +0800", tick=False):
        assert filed().day.date == datetime.date(2026, 3, 5)


def test_duty_in_another_branch_counts_there_and_at_home(lobby, other_wealth, card, branches):
    User.objects.filter(pk=lobby.pk).update(duty_branch=branches["second"], duty_on=clock.today())
    slip = actions.file(card(manager_id=other_wealth.pk), by=User.objects.get(pk=lobby.pk))
    assert (slip.branch, slip.sender_branch, slip.home_branch) == (
        branches["second"],
        branches["second"],
        branches["first"],
    )
    assert slip.day.branch == branches["second"]


def test_a_card_for_another_branch_waits_in_its_duty_queue(
    lobby, other_wealth, other_lobby, wealth, card, branches, notice
):
    slip = actions.file(card(**handed_out(branch_id=branches["second"].pk)), by=lobby)
    assert (slip.branch, slip.sender_branch, slip.manager) == (branches["second"], branches["first"], None)
    assert slip.follow_up is None
    assert list(Referral.objects.unclaimed()) == [slip]
    told = set(Notice.objects.filter(kind="to_follow_up").values_list("recipient", flat=True))
    assert told == {other_wealth.pk, other_lobby.pk}


def test_the_first_to_take_it_has_it(lobby, other_wealth, hire, card, branches, notice):
    second = hire("100204", "高洁", Role.WEALTH_MANAGER, "second")
    slip = actions.file(card(**handed_out(branch_id=branches["second"].pk)), by=lobby)
    taken = actions.take(slip.pk, by=other_wealth)
    assert (taken.manager, taken.follow_up.manager) == (other_wealth, other_wealth)
    assert PlanItem.objects.get().plan_on == slip.agreed_on
    with pytest.raises(Conflict, match="杨帆"):
        actions.take(slip.pk, by=second)
    assert FollowUp.objects.count() == 1


def test_only_managers_of_the_receiving_branch_take_it(lobby, wealth, other_lobby, card, branches, notice):
    slip = actions.file(card(**handed_out(branch_id=branches["second"].pk)), by=lobby)
    with pytest.raises(PermissionDenied):
        actions.take(slip.pk, by=other_lobby)
    with pytest.raises(PermissionDenied):  # sees it as the sender's colleague, does not receive there
        actions.take(slip.pk, by=wealth)


def test_a_slip_that_needs_nobody_cannot_be_taken(filed, wealth):
    slip = filed(end=End.PRIORITY)
    with pytest.raises(Conflict):
        actions.take(slip.pk, by=wealth)


def test_another_branch_cannot_receive_on_the_spot(lobby, other_wealth, card, branches):
    far = card(branch_id=branches["second"].pk, manager_id=other_wealth.pk)
    assert refusal(actions.file, far, by=lobby).field == "end"


def test_a_region_serves_no_clients(lobby, card, branches):
    far = card(end=End.PRIORITY, branch_id=branches["region"].pk)
    assert refusal(actions.file, far, by=lobby).field == "branch"


def test_the_phone_bank_names_the_branch(phone_agent, card, branches, notice):
    assert refusal(actions.file, card(**handed_out()), by=phone_agent).field == "branch"
    slip = actions.file(card(**handed_out(branch_id=branches["first"].pk)), by=phone_agent)
    assert (slip.sender_branch, slip.source_channel) == (branches["first"], SourceChannel.PHONE_BANK)


@pytest.mark.parametrize(
    "end, guidance",
    [(End.PRIORITY, Guidance.PRIORITY_COUNTER), (End.E_CHANNEL, Guidance.E_CHANNEL)],
)
def test_counter_and_channel_need_no_manager(filed, end, guidance):
    slip = filed(end=end)
    assert (slip.guidance, slip.manager, slip.reception) == (guidance, None, Reception.NONE)
    assert slip.status == Status.REFERRED
    assert not Notice.objects.exists()


def test_an_introduction_names_a_manager_of_the_branch(filed, other_wealth, lobby, wealth):
    assert refusal(filed, manager_id=None).field == "manager"
    assert refusal(filed, manager_id=other_wealth.pk).field == "manager"
    assert refusal(filed, manager_id=lobby.pk).field == "manager"
    assert not Referral.objects.exists()


def test_a_manager_who_went_out_a_second_ago_is_refused_by_name(filed, wealth):
    User.objects.filter(pk=wealth.pk).update(availability=User.Availability.OUT)
    problem = refusal(filed)
    assert problem.field == "manager"
    assert "林晓燕" in str(problem)
    assert not Client.objects.exists()  # nothing half-written


def test_a_manager_outside_any_branch_receives_nobody(filed, hire):
    nowhere = hire("100999", "无所属", Role.WEALTH_MANAGER)
    RoleHolding.objects.filter(user=nowhere).delete()
    User.objects.filter(pk=nowhere.pk).update(home_branch=None)
    assert refusal(filed, manager_id=nowhere.pk).field == "manager"


def test_a_referrer_without_a_branch_names_one(card, hire, wealth):
    drifter = hire("100998", "借调员", Role.TELLER)
    User.objects.filter(pk=drifter.pk).update(home_branch=None)
    assert refusal(actions.file, card(), by=User.objects.get(pk=drifter.pk)).field == "branch"


def test_a_client_of_another_branch_is_not_chosen_from_a_list(filed, other_lobby, other_wealth, lobby):
    theirs = filed(by=other_lobby, manager_id=other_wealth.pk).client
    assert refusal(filed, client_id=theirs.pk).field == "client"


def test_nobody_files_without_the_permission(card, head, wealth, supervisor, archivist, auditor):
    for person in (head, supervisor, archivist, auditor):
        with pytest.raises(PermissionDenied):
            actions.file(card(manager_id=wealth.pk), by=person)


def test_filing_leaves_an_event_a_line_and_a_business_day(filed, lobby, wealth):
    slip = filed(note="想了解存款")
    event = slip.events.get()
    assert (event.name, event.state_to, event.by, event.manager) == ("file", "referred", lobby, wealth)
    assert set(TimelineEntry.objects.values_list("kind", flat=True)) == {"registered", "referred"}
    assert slip.day.branch == slip.branch
    assert slip.number == f"TJ{slip.pk:08d}"
    assert slip.waiting_since == slip.referred_at


def test_a_card_becomes_a_record_with_nothing_retyped(filed, lobby, wealth, notice):
    slip = filed(**handed_out(agreed_at=datetime.time(15, 30), agreed_channel="wechat", needs=["fund"]))
    item = PlanItem.objects.get()
    assert (item.owner, item.plan_on, item.at, item.channel) == (
        wealth,
        days(2),
        datetime.time(15, 30),
        "wechat",
    )
    assert slip.follow_up.referrer == lobby
    assert item.record == slip.follow_up
    assert Notice.objects.get(kind="to_follow_up").recipient == wealth


def test_a_phone_is_kept_with_notice_and_basis_only(filed, notice):
    assert refusal(filed, phone="13800005678").field == "notice_basis"
    client = filed(**PHONE).client
    assert (client.phone, client.notice_version, client.notice_basis) == (
        "13800005678",
        notice.version,
        "consent",
    )


def test_no_phone_is_kept_without_a_notice_in_force(filed):
    from rmflow.privacy.models import PrivacyNotice

    PrivacyNotice.objects.update(effective_on=days(30))
    assert refusal(filed, **PHONE).field == "phone"


# --- taking it back ---


def test_a_slip_is_withdrawn_with_a_reason_and_the_manager_told(filed, lobby, wealth):
    slip = actions.withdraw(filed().pk, by=lobby, reason="客户改主意")
    assert (slip.status, slip.reception) == (Status.WITHDRAWN, Reception.LEFT)
    assert slip.events.last().note == "客户改主意"
    assert Notice.objects.filter(kind="withdrawn", recipient=wealth).count() == 1
    assert not Referral.objects.waiting().exists()


def test_a_reason_is_needed_to_withdraw(filed, lobby):
    assert refusal(actions.withdraw, filed().pk, by=lobby, reason="  ").field == "note"


def test_only_the_sender_withdraws(filed, teller, lobby, head, wealth):
    slip = filed(by=teller)
    for person in (lobby, head, wealth):
        with pytest.raises(ObjectDoesNotExist):
            actions.withdraw(slip.pk, by=person, reason="x")


def test_a_sender_who_lost_the_role_withdraws_nothing(filed, teller):
    slip = filed(by=teller)
    RoleHolding.objects.filter(user=teller).update(role=Role.ARCHIVIST)
    with pytest.raises(PermissionDenied):
        actions.withdraw(slip.pk, by=User.objects.get(pk=teller.pk), reason="x")


def test_a_received_client_is_not_withdrawn(filed, lobby, wealth):
    slip = filed()
    actions.perform("accept", slip.pk, by=wealth)
    refusal(actions.withdraw, slip.pk, by=lobby, reason="x")
    actions.perform("meet", slip.pk, by=wealth)
    refusal(actions.withdraw, slip.pk, by=lobby, reason="x")


def test_nothing_is_withdrawn_from_a_locked_day(filed, lobby):
    slip = filed()
    type(slip.day).objects.filter(pk=slip.day_id).update(
        ended_at=clock.now(), closed_at=clock.now(), closed_by=lobby
    )
    refusal(actions.withdraw, slip.pk, by=lobby, reason="x")


def test_nothing_is_withdrawn_twice(filed, lobby):
    slip = filed()
    actions.withdraw(slip.pk, by=lobby, reason="x")
    with pytest.raises(Conflict):
        actions.withdraw(slip.pk, by=lobby, reason="x")


@pytest.mark.parametrize("name", ["accept", "decline", "offer", "meet", "leave"])
def test_nothing_happens_to_a_withdrawn_slip(filed, lobby, wealth, name):
    slip = filed(by=wealth)
    actions.withdraw(slip.pk, by=wealth, reason="x")
    with pytest.raises(Conflict, match=r"withdrawn|撤"):
        actions.perform(name, slip.pk, by=wealth, to=wealth.pk)
    with pytest.raises(Conflict):
        actions.judge(slip.pk, by=wealth, type="ordinary")


def test_a_card_may_come_from_a_device_that_was_offline(filed):
    late = clock.now() - datetime.timedelta(hours=3)
    slip = filed(referred_at=late)
    assert (slip.referred_at, slip.waiting_since) == (late, late)
    assert slip.filed_at > late


def test_a_card_object_is_all_an_action_needs(lobby, wealth):
    assert actions.file(Card(end=End.INTRODUCE, cues=["forex"], manager_id=wealth.pk), by=lobby).pk


def test_the_manager_is_told_that_a_client_wants_no_contact_and_the_sender_is_not(filed, teller, wealth):
    """The plan stood there without a word, and could not be worked off."""
    from clients.models import Client

    given = {"end": "card", "phone": "13800005678", "basis": "consent", "agreed_on": clock.today()}
    first = filed(by=teller, **given)
    Client.objects.filter(pk=first.client_id).update(do_not_contact=True)
    filed(by=teller, repeat_reason="x", **given)
    texts = (
        Notice.objects.filter(recipient=wealth, kind="to_follow_up")
        .order_by("pk")
        .values_list("text", flat=True)
    )
    assert ["not to be contacted" in text for text in texts] == [False, True]
    assert not Notice.objects.filter(recipient=teller).exists()
