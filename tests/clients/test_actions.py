"""Registering, changing, assigning, revealing: who may, what is written, what is refused."""

import datetime

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied

from clients import actions
from clients.models import Client, TimelineEntry
from clients.rules import TimelineKind
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock
from rmflow.workflow import Refused
from tests.privacy.canary import CANARY

pytestmark = pytest.mark.django_db


def kinds(client):
    return list(client.timeline.order_by("pk").values_list("kind", flat=True))


def refused(field=None, **kwargs):
    with pytest.raises(Refused) as caught:
        kwargs.pop("call")()
    assert caught.value.field == field
    return caught.value


# -- registering by hand -----------------------------------------------------------------------------


def test_a_manager_registers_a_person_and_looks_after_it(wealth, notice):
    pk = actions.enrol(by=wealth, name="单小明", salutation="sir", phone="13812345678", basis="consent")
    client = Client.objects.get(pk=pk)
    assert (client.owner, client.branch, client.pinyin) == (wealth, wealth.home_branch, "shanxiaoming")
    assert (client.notice_version, client.notice_basis) == (notice.version, "consent")
    assert kinds(client) == [TimelineKind.REGISTERED]
    assert AccessEvent.objects.filter(kind="repeat_check", user=wealth).count() == 1


@pytest.mark.parametrize("place", ["first", "second"])
def test_a_known_phone_is_warned_of_in_one_wording_wherever_it_is(wealth, person, place):
    person("王芳", place, phone="13812345678")
    given = {"by": wealth, "name": "王芳", "phone": "13812345678", "basis": "consent"}
    warning = refused("reason", call=lambda: actions.enrol(**given))
    assert (
        str(warning) == "May already be looked after or referred lately; to register all the same, say why."
    )
    assert AccessEvent.objects.filter(kind="repeat_check").count() == 1
    pk = actions.enrol(**given, reason="母女共用一部手机")
    assert Client.objects.get(pk=pk).timeline.get().note == "母女共用一部手机"


def test_one_id_number_stands_for_one_person_even_with_a_reason(wealth, person):
    person("金丝雀", "second", phone="", id_number=CANARY.id_number)
    given = {"by": wealth, "name": "金丝雀", "id_number": CANARY.id_number}
    refused("reason", call=lambda: actions.enrol(**given))
    refused("id_number", call=lambda: actions.enrol(**given, reason="本人到场"))
    assert Client.objects.count() == 1


def test_ten_equal_submits_make_one_person(wealth, notice):
    given = {"by": wealth, "key": "k-1", "name": "陈美华", "phone": "13812345678", "basis": "consent"}
    assert len({actions.enrol(**given) for _ in range(10)}) == 1
    assert Client.objects.count() == 1


def test_the_check_is_capped_so_that_it_is_no_directory(wealth, person):
    for _ in range(60):
        AccessEvent.objects.create(at=clock.now(), user=wealth, kind="repeat_check")
    refused(call=lambda: actions.enrol(by=wealth, name="x", phone="13812345678", basis="consent"))


def test_a_teller_registers_nobody(teller, notice):
    with pytest.raises(PermissionDenied):
        actions.enrol(by=teller, name="陈美华")


def test_a_manager_outside_any_branch_registers_nobody(wealth):
    wealth.home_branch = None
    refused(call=lambda: actions.enrol(by=wealth, name="陈美华"))


def test_a_child_s_phone_needs_a_guardian(wealth, notice):
    born = clock.today() - datetime.timedelta(days=365 * 10)
    given = {"by": wealth, "name": "陈小宝", "phone": "13812345678", "birth_date": born}
    refused("notice_basis", call=lambda: actions.enrol(**given, basis="consent"))
    assert actions.enrol(**given, basis="guardian_consent")


# -- changing -----------------------------------------------------------------------------------------


def test_the_manager_changes_facts_and_the_fields_are_written_down(person, wealth):
    client = person(owner=wealth)
    actions.change(client.pk, by=wealth, name="陈美华儿", occupation="教师", marital_status="")
    client.refresh_from_db()
    assert (client.name, client.pinyin, client.occupation) == ("陈美华儿", "chenmeihuaer", "教师")
    assert client.timeline.get().data == {"fields": ["name", "occupation"]}


def test_equal_values_leave_no_trace(person, wealth):
    client = person(owner=wealth, occupation="教师")
    actions.change(client.pk, by=wealth, occupation="教师")
    assert kinds(client) == []
    assert client.history.count() == 1


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "长" * 10_000}, None),
        ({"birth_date": datetime.date(2999, 1, 1)}, "birth_date"),
        ({"occupation": "x" * 31}, "occupation"),
        ({"salutation": "lord"}, "salutation"),
    ],
)
def test_bad_facts_are_refused_beside_their_field(person, wealth, facts, field):
    client = person(owner=wealth)
    refused(field, call=lambda: actions.change(client.pk, by=wealth, **facts))


def test_only_plain_facts_are_changed_this_way(person, wealth):
    with pytest.raises(TypeError):
        actions.change(person(owner=wealth).pk, by=wealth, type="existing_premium")


def test_a_colleague_changes_only_what_nobody_looks_after(person, wealth, colleague, head, other_wealth):
    owned, free = person(owner=wealth), person("王芳")
    refused(call=lambda: actions.change(owned.pk, by=colleague, occupation="教师"))
    actions.change(free.pk, by=colleague, occupation="教师")
    with pytest.raises(PermissionDenied):
        actions.change(free.pk, by=head, occupation="医生")
    with pytest.raises(ObjectDoesNotExist):
        actions.change(free.pk, by=other_wealth, occupation="医生")


def test_the_backup_changes_too(person, wealth, colleague):
    client = person(owner=wealth, backup=colleague)
    actions.change(client.pk, by=colleague, occupation="教师")


def test_a_phone_comes_with_notice_and_basis(person, wealth, notice):
    client = person(owner=wealth, phone="")
    actions.change_contact(client.pk, by=wealth, phone="０１０－８８８８６６６６转802", basis="contract")
    client.refresh_from_db()
    assert (client.phone, client.notice_basis) == ("010-88886666-802", "contract")
    assert client.timeline.get().data == {"basis": "contract", "version": notice.version}
    refused(
        "notice_basis",
        call=lambda: actions.change_contact(client.pk, by=wealth, phone="13812345678", basis=""),
    )


def test_without_a_notice_in_force_no_phone_is_kept(person, wealth, notice):
    client = person(owner=wealth, phone="")
    type(notice).objects.update(effective_on=clock.today() + datetime.timedelta(days=1))
    refused(
        "phone",
        call=lambda: actions.change_contact(client.pk, by=wealth, phone="13812345678", basis="consent"),
    )


def test_an_id_card_tells_the_birthday_and_belongs_to_one_person(person, wealth):
    client, other = person(owner=wealth), person("王芳", owner=wealth)
    actions.change_identity(client.pk, by=wealth, kind="resident", number=CANARY.id_number)
    client.refresh_from_db()
    assert client.birth_date == datetime.date(1988, 11, 17)
    number = CANARY.id_number
    refused(
        "id_number", call=lambda: actions.change_identity(other.pk, by=wealth, kind="resident", number=number)
    )
    with pytest.raises(Refused):
        actions.change_identity(other.pk, by=wealth, kind="resident", number=number[:-1] + "0")


# -- manager and backup -------------------------------------------------------------------------------


def test_head_and_supervisor_assign_within_the_branch(
    person, wealth, colleague, head, supervisor, other_wealth
):
    client = person()
    actions.assign(client.pk, owner=wealth, backup=colleague, by=head)
    client.refresh_from_db()
    assert (client.owner, client.backup) == (wealth, colleague)
    actions.assign(client.pk, owner=colleague, by=supervisor)
    client.refresh_from_db()
    assert (client.owner, client.backup) == (colleague, None)
    assert kinds(client) == [TimelineKind.OWNER] * 3
    refused("owner", call=lambda: actions.assign(client.pk, owner=other_wealth, by=head))
    refused("backup", call=lambda: actions.assign(client.pk, owner=wealth, backup=wealth, by=head))


def test_a_manager_assigns_nobody(person, wealth):
    with pytest.raises(PermissionDenied):
        actions.assign(person(owner=wealth).pk, owner=wealth, by=wealth)


# -- last contact -------------------------------------------------------------------------------------


def test_only_a_contact_that_reached_the_client_counts(person, wealth):
    client = person()
    actions.note(client, TimelineKind.CONTACT, by=wealth, data={"result": "no_answer"})
    client.refresh_from_db()
    assert client.last_contact_at is None
    entry = actions.note(client, TimelineKind.CONTACT, by=wealth, data={"result": "interested"})
    earlier = entry.at - datetime.timedelta(days=3)
    actions.note(client, TimelineKind.MET, by=wealth, at=earlier)
    client.refresh_from_db()
    assert client.last_contact_at == entry.at
    assert client.history.count() == 1


# -- showing what is masked ---------------------------------------------------------------------------

MAY_SHOW = [
    # who, own client, a colleague's, nobody's
    ("wealth", True, False, True),
    ("head", True, True, True),
    ("supervisor", True, True, True),
    ("marketing", False, False, False),
    ("lobby", False, False, False),
    ("archivist", False, False, False),
    ("region_head", False, False, False),
    ("other_wealth", None, None, None),
    ("teller", None, None, None),
    ("phone_agent", None, None, None),
]


@pytest.mark.parametrize(("who", "own", "colleagues", "nobodys"), MAY_SHOW)
def test_who_may_ask_for_masked_data(request, person, wealth, colleague, who, own, colleagues, nobodys):
    by = request.getfixturevalue(who)
    for owner, expected in ((wealth, own), (colleague, colleagues), (None, nobodys)):
        client = person(owner=owner)
        if expected:
            assert actions.reveal(client.pk, "phone", by=by, purpose="contact").value == "13812345678"
        else:
            with pytest.raises(ObjectDoesNotExist if expected is None else PermissionDenied):
                actions.reveal(client.pk, "phone", by=by, purpose="contact")


def test_a_reveal_is_logged_with_its_purpose(person, wealth):
    client = person(owner=wealth)
    actions.reveal(client.pk, "phone", by=wealth, purpose="contact")
    event = AccessEvent.objects.get(kind="reveal")
    assert (event.user, event.object_id, event.fields, event.purpose) == (
        wealth,
        client.pk,
        ["phone"],
        "contact",
    )


def test_the_head_is_told_once_of_more_than_thirty_and_fifty_is_the_end(person, wealth, head):
    client = person(owner=wealth)
    for _ in range(50):
        actions.reveal(client.pk, "phone", by=wealth, purpose="contact")
    told = Notice.objects.get(recipient=head)
    assert told.params["n"] == 31 or "31" in str(told.params)
    with pytest.raises(Refused):
        actions.reveal(client.pk, "phone", by=wealth, purpose="contact")
    assert AccessEvent.objects.filter(kind="reveal_refused").count() == 1


def test_the_timeline_holds_no_personal_data(canary, wealth, notice):
    actions.change_contact(canary.pk, by=wealth, phone=CANARY.phone, basis="consent")
    actions.change_identity(canary.pk, by=wealth, kind="resident", number=CANARY.id_number)
    from tests.privacy.canary import assert_absent

    assert_absent(*(str(row) for row in TimelineEntry.objects.values()), where="the timeline")
