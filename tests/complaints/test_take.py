"""Taking a complaint: anybody, once, with its number, both clocks, recusals and a handler."""

import datetime

import pytest

from clients.models import Hold, TimelineEntry
from complaints.actions import complaint_core as core
from complaints.actions import complaint_hand as hand
from complaints.actions import complaint_take
from complaints.actions import complaint_work as work
from complaints.models import Complaint, ComplaintEvent, LadderStep, Recusal
from followups.models import PlanItem
from rmflow.notices.models import Notice
from rmflow.staff import person
from rmflow.staff.models import Branch, RoleHolding, User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock
from rmflow.workflow import Refused
from tests.race import together

from .conftest import FRIDAY, at, fresh, intake

pytestmark = pytest.mark.django_db


def test_a_complaint_gets_a_number_both_clocks_and_the_lobby_manager(friday, taken, teller, lobby):
    made = taken(by=teller)
    assert made.number == "TS-20260213-01"
    assert (made.normal_on, made.extended_on) == (datetime.date(2026, 2, 25), datetime.date(2026, 3, 2))
    assert (made.law_on, made.due_on) == (datetime.date(2026, 2, 28), datetime.date(2026, 2, 25))
    assert made.due_at == at("2026-02-25 17:30")
    assert (made.status, made.handler) == ("working", lobby)
    assert [event.name for event in made.events.order_by("pk")] == ["take", "assign"]
    told = Notice.objects.get(recipient=lobby)
    assert told.params["number"] == made.number
    assert "马" not in str(told.params)


def test_numbers_run_by_branch_and_day_without_gaps(friday, taken, lobby, other_lobby):
    assert [taken().number, taken().number] == ["TS-20260213-01", "TS-20260213-02"]
    with pytest.raises(Refused):
        taken(title="")
    assert taken().number == "TS-20260213-03"
    assert taken(by=other_lobby).number == "TS-20260213-01"
    assert taken(received_at=at("2026-02-12 09:00")).number == "TS-20260212-01"


@pytest.mark.parametrize(
    "who", ["teller", "lobby", "wealth", "marketing", "head", "supervisor", "archivist", "ebank"]
)
def test_every_employee_of_the_branch_can_take_one(friday, taken, request, who):
    person = request.getfixturevalue(who)
    assert taken(by=person).taken_by == person


def test_the_hour_of_the_deadline_and_of_the_morning_are_settings(friday, taken, settings):
    settings.COMPLAINT_DUE, settings.COMPLAINT_OPENS = "16:00", "09:15"
    made = taken()
    assert made.due_at == at("2026-02-25 16:00")
    steps = dict(made.steps.values_list("step", "at"))
    assert (steps["day"], steps["due"]) == (at("2026-02-25 09:15"), at("2026-02-25 16:00"))


def test_the_phone_agent_takes_one_for_a_branch_and_must_say_which(friday, taken, phone_agent, branches):
    assert taken(by=phone_agent, branch_id=branches["second"].pk, way="phone").branch == branches["second"]
    with pytest.raises(Refused) as refused:
        taken(by=phone_agent, way="phone")
    assert refused.value.field == "branch"


def test_a_teller_takes_none_for_another_branch(friday, taken, teller, branches):
    with pytest.raises(Refused) as refused:
        taken(by=teller, branch_id=branches["second"].pk)
    assert refused.value.field == "branch"


def test_every_input_at_fault_is_named_at_once(friday, taken):
    with pytest.raises(Refused) as refused:
        taken(title=" ", request="", name="", way="dove", phone="138", people=0)
    assert set(refused.value.errors) == {"title", "request", "name", "way", "phone", "people"}
    assert not Complaint.objects.exists()


def test_the_subject_takes_no_number_of_a_person(friday, taken):
    with pytest.raises(Refused) as refused:
        taken(title="请回电 138 0000 6620")
    assert refused.value.field == "title"


def test_a_receipt_of_the_future_or_long_ago_is_refused(friday, taken):
    for moment in (FRIDAY + datetime.timedelta(hours=1), FRIDAY - datetime.timedelta(days=31)):
        with pytest.raises(Refused) as refused:
            taken(received_at=moment)
        assert refused.value.field == "received_at"


def test_receipt_at_the_last_second_of_a_holiday_counts_from_that_day(friday, taken):
    friday("2026-02-24 09:00")
    made = taken(received_at=at("2026-02-18 23:59:59"))
    assert made.normal_on == datetime.date(2026, 2, 26)
    assert made.number.startswith("TS-20260218-")


def test_into_a_provisional_year_it_is_counted_and_marked(friday, taken):
    friday("2026-12-30 10:00")
    made = taken()
    assert (made.due_on, made.provisional_year) == (datetime.date(2027, 1, 5), 2027)


def test_into_a_year_without_a_calendar_it_is_taken_and_the_law_rules(friday, taken):
    friday("2028-12-29 10:00")
    made = taken()
    assert (made.normal_on, made.due_on, made.ruling) == (None, datetime.date(2029, 1, 13), "law")
    assert LadderStep.objects.filter(complaint=made).count() == 4


def test_personal_data_and_texts_are_ciphertext_in_the_table(friday, taken):
    from django.db import connection

    made = taken(facts="客户马建国称被误导")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM complaints_complaint WHERE id = %s", [made.pk])
        row = " ".join(str(value) for value in cursor.fetchone())
    assert "马建国" not in row
    assert "13800006620" not in row
    assert fresh(made).phone == "13800006620"


def test_the_only_client_with_this_phone_is_found(friday, taken, premium):
    made = taken()
    assert (made.client, made.is_premium) == (premium, True)
    line = TimelineEntry.objects.get(client=premium, kind="complaint")
    assert (line.data, line.note) == ({"number": made.number}, "")


def test_a_client_out_of_reach_is_refused(friday, taken, teller, premium):
    with pytest.raises(Refused) as refused:
        taken(by=teller, client_id=premium.pk)
    assert refused.value.field == "client"


def test_a_group_has_five_representatives_at_most_and_twenty_persons_are_major(friday, taken):
    five = [(f"代表{n}", "") for n in "一二三四五"]
    made = taken(people=20, representatives=five)
    assert (made.level, made.representatives.count()) == ("major", 5)
    with pytest.raises(Refused) as refused:
        taken(people=20, representatives=[*five, ("代表六", "")])
    assert refused.value.field == "representatives"


def test_a_proxy_needs_a_letter_of_authority(friday, taken):
    with pytest.raises(Refused) as refused:
        taken(proxy="马小军")
    assert refused.value.field == "proxy_authorised"
    assert taken(proxy="马小军", proxy_authorised=True).proxy == "马小军"


def test_the_handler_has_a_plan_with_the_number_and_nothing_else(friday, taken, wealth, lobby):
    made = taken()
    item = PlanItem.objects.get(kind="complaint")
    assert (item.owner, item.plan_on, item.must_by) == (lobby, made.due_on, made.due_on)
    assert (item.purpose, item.client, item.link) == (made.number, None, f"/complaints/{made.pk}/")
    assert not PlanItem.objects.visible_to(wealth).exists()


# -- recusal ----------------------------------------------------------------------------------------


def test_who_is_named_sees_nothing_and_does_not_handle(friday, taken, lobby, wealth, teller):
    made = taken(by=teller, named=[lobby.pk])
    assert made.handler is None
    assert made.status == "taken"
    assert not Complaint.objects.visible_to(lobby).exists()
    assert Complaint.objects.visible_to(teller).get() == made


def test_against_the_head_the_whole_branch_keeps_out_and_the_institution_above_is_told(
    friday, taken, teller, lobby, head, supervisor, region_head, complaint_office, other_lobby
):
    made = taken(by=teller, named=[head.pk])
    assert made.upper
    for who in (teller, lobby, head, supervisor, other_lobby):
        assert not Complaint.objects.visible_to(who).exists()
    for who in (region_head, complaint_office):
        assert Complaint.objects.visible_to(who).get() == made
    assert {notice.recipient for notice in Notice.objects.all()} == {region_head, complaint_office}


def test_against_the_supervisor_his_client_managers_keep_out_and_the_lobby_does_not(
    friday, taken, wealth, marketing, lobby, supervisor, teller
):
    taken(by=wealth, named=[supervisor.pk])
    assert not Complaint.objects.visible_to(wealth).exists()
    assert not Complaint.objects.visible_to(supervisor).exists()
    assert Complaint.objects.visible_to(lobby).exists()


@pytest.fixture
def tree(hire, branches):
    """A function: a person with a role at one branch of the tree and, if so, at home at another."""

    def make(number, role, branch, home=None):
        who = hire(number, number, role, branch)
        if home is not None:
            User.objects.filter(pk=who.pk).update(home_branch=home)
        return person.load(who.pk)

    return make


def keeps_out(made, who):
    """Whether scope and choice of handlers agree that this person keeps out."""
    sees = Complaint.objects.visible_to(who).filter(pk=made.pk).exists()
    chosen = who in core.without_recused(made, [who])
    assert not (sees and not chosen), "he sees what he may not handle"
    return not chosen


def test_against_the_head_of_a_region_everybody_in_the_branches_below_keeps_out(
    friday, taken, teller, lobby, head, wealth, other_lobby, region_head, complaint_office
):
    made = taken(by=teller, named=[region_head.pk])
    for who in (teller, lobby, head, wealth, other_lobby, region_head):
        assert keeps_out(made, who), who.name
    assert not keeps_out(made, complaint_office)
    assert hand.candidates(made) == [complaint_office]


def test_against_the_head_of_a_branch_the_next_branch_does_not_keep_out(
    friday, taken, teller, head, other_lobby, other_wealth, region_head
):
    made = taken(by=teller, named=[head.pk])
    assert keeps_out(made, teller)
    assert not any(keeps_out(made, who) for who in (other_lobby, other_wealth, region_head))


def test_who_is_at_home_under_the_head_keeps_out_wherever_he_holds_a_role(
    friday, taken, teller, head, lobby, branches, tree
):
    made = taken(by=teller, named=[head.pk])
    guest = tree("LEND1", Role.LOBBY_MANAGER, "second", home=branches["first"])
    assert keeps_out(made, guest)


def test_who_works_under_the_head_today_keeps_out_today(friday, taken, teller, head, other_lobby, branches):
    made = taken(by=teller, named=[head.pk])
    for day, out in ((clock.today(), True), (clock.today() - datetime.timedelta(days=1), False)):
        User.objects.filter(pk=other_lobby.pk).update(duty_branch=branches["first"], duty_on=day)
        lent = person.load(other_lobby.pk)
        assert keeps_out(made, lent) is out


def test_against_a_supervisor_of_the_region_client_managers_below_keep_out_and_tellers_do_not(
    friday, taken, teller, wealth, other_wealth, lobby, region_head, tree
):
    chief = tree("SUPER9", Role.SUPERVISOR, "region")
    made = taken(by=teller, named=[chief.pk])
    assert keeps_out(made, wealth) and keeps_out(made, other_wealth)
    assert not keeps_out(made, teller) and not keeps_out(made, lobby)


def test_who_becomes_head_after_he_was_named_has_his_branch_keep_out_the_next_morning(
    friday, taken, teller, lobby, wealth, branches, region_head, complaint_office
):
    made = taken(by=teller, named=[wealth.pk])
    assert made.handler == lobby
    assert hand.refresh_lines() == {"lines": 0}
    RoleHolding.objects.create(
        user=wealth, role=Role.BRANCH_HEAD, branch=branches["first"], valid_from=clock.today()
    )
    assert hand.refresh_lines() == {"lines": 1}
    now = fresh(made)
    assert now.upper and now.handler is None and keeps_out(now, lobby)
    assert hand.refresh_lines() == {"lines": 0}


def test_a_complaint_that_names_somebody_leaves_no_line_he_could_read(friday, taken, premium, wealth, teller):
    taken(by=teller, named=[wealth.pk])
    assert not TimelineEntry.objects.filter(client=premium, kind="complaint").exists()
    assert Recusal.objects.get().person == wealth


def test_a_stranger_named_is_refused(friday, taken):
    with pytest.raises(Refused) as refused:
        taken(named=[999_999])
    assert refused.value.field == "named"


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_is_one_complaint(lobby, head):
    def send():
        return complaint_take.take_once(intake(), by=lobby, key="k1", body={"a": 1}).pk

    outcomes = together(send, send)
    assert [name for name, _text in outcomes] == ["done", "done"]
    assert len({text for _name, text in outcomes}) == 1
    assert Complaint.objects.count() == 1
    assert ComplaintEvent.objects.filter(name="take").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_get_two_numbers(lobby, teller, head):
    together(
        lambda: complaint_take.take(intake(), by=lobby).pk,
        lambda: complaint_take.take(intake(), by=teller).pk,
    )
    numbers = sorted(Complaint.objects.values_list("number", flat=True))
    assert [number[-2:] for number in numbers] == ["01", "02"]
    assert Branch.objects.filter(code="0817").exists()


# -- the hold on the archive ------------------------------------------------------------------------


def held(client):
    return list(Hold.objects.in_force().filter(client=client).values_list("kind", flat=True))


def test_an_open_complaint_holds_the_client_s_archive_until_it_ends(friday, taken, premium, lobby):
    made = taken()
    assert held(premium) == ["complaint"]
    work.withdraw(made.pk, by=lobby, note="客户来电撤诉")
    assert held(premium) == []
    work_again = taken()
    hand.name_person(work_again.pk, by=lobby, person_id=premium.owner_id)
    assert held(premium) == ["complaint"]
    lines = TimelineEntry.objects.filter(client=premium, data__kind="complaint")
    assert not lines.exists()


def test_where_somebody_keeps_out_the_hold_does_not_say_for_what(friday, taken, premium, wealth, teller):
    taken(by=teller, named=[wealth.pk])
    assert held(premium) == ["other"]
    assert not TimelineEntry.objects.filter(client=premium, data__kind="complaint").exists()
    assert "TS-" not in Hold.objects.get().reason
