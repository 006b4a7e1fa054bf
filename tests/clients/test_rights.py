"""Requests of clients about their data: clock, outcome, what really stops, proof (B-22)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from clients import actions
from clients.actions import archive as archive_actions
from clients.actions import evaluation, rights
from clients.models import (
    Client,
    Consent,
    Evaluation,
    FamilyMember,
    Hold,
    RightsEvent,
    RightsRequest,
    Scorecard,
)
from clients.rights_rules import (
    RIGHTS_TRANSITIONS,
    Ground,
    Outcome,
    Right,
    RightsState,
    check_outcome,
)
from followups.models import PlanItem
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock, current
from rmflow.workflow import Conflict, Refused
from tests.privacy.canary import CANARY
from tests.race import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(person, wealth):
    return person(owner=wealth, salutation="madam")


@pytest.fixture
def take(client, lobby):
    """A function: a request of the client, taken by the lobby manager."""

    def make(kind=Right.SEE, by=None, **more):
        usual = {"applicant": "self", "identity": "document", "wish": "想看看", "received_on": clock.today()}
        return rights.take(client.pk, by=by or lobby, kind=kind, **{**usual, **more})

    return make


@pytest.mark.parametrize("state", list(RightsState))
@pytest.mark.parametrize("name", ["settle", "answer", "drop"])
def test_each_step_starts_only_where_it_may(name, state):
    meant = {"settle": RightsState.RECEIVED, "answer": RightsState.SETTLED, "drop": RightsState.RECEIVED}
    assert RIGHTS_TRANSITIONS[name].allows(state) == (state == meant[name])


@pytest.mark.parametrize(
    ("kind", "outcome", "ground", "fits"),
    [
        ("delete", "granted", "", True),
        ("delete", "granted", "kept_by_law", False),
        ("delete", "restricted", "kept_by_law", True),
        ("delete", "restricted", "", False),
        ("delete", "refused", "hold", True),
        ("delete", "refused", "", False),
        ("delete", "partly", "hold", False),
        ("see", "restricted", "", False),
        ("see", "partly", "", True),
        ("see", "strange", "", False),
        ("withdraw", "granted", "", True),
        ("withdraw", "refused", "", False),
    ],
)
def test_an_outcome_fits_the_request_and_the_law(kind, outcome, ground, fits):
    if fits:
        check_outcome(kind, outcome, ground)
    else:
        with pytest.raises(Refused):
            check_outcome(kind, outcome, ground)


def test_a_request_has_fifteen_working_days_and_holds_the_data(take, head, supervisor, client):
    row = take()
    assert row.due_on == current.calendar().add(clock.today(), 15)
    assert Hold.objects.in_force().get(client=client).source_key == f"rights:{row.pk}"
    told = Notice.objects.filter(key=f"rights:{row.pk}:came")
    assert set(told.values_list("recipient", flat=True)) == {head.pk, supervisor.pk}
    assert client.timeline.filter(kind="rights").get().data == {"right": "see", "step": "take"}
    with pytest.raises(Conflict):
        take()
    assert take(Right.EXPLAIN).pk


def test_the_number_of_days_is_a_setting(take, settings):
    settings.RIGHTS_WORKING_DAYS = 7
    assert take().due_on == current.calendar().add(clock.today(), 7)


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("kind", {"kind": "x"}),
        ("applicant", {"applicant": ""}),
        ("identity", {"identity": ""}),
        ("wish", {"wish": "  "}),
        ("received_on", {"received_on": datetime.date(2099, 1, 1)}),
        ("received_on", {"received_on": datetime.date(2020, 1, 1)}),
        ("purposes", {"kind": "withdraw"}),
    ],
)
def test_what_is_missing_is_told_beside_its_field(take, field, more):
    with pytest.raises(Refused) as refused:
        take(**more)
    assert field in refused.value.errors


def test_who_may_take_and_who_may_settle(take, teller, other_lobby, lobby, wealth, head):
    with pytest.raises(Client.DoesNotExist):
        take(by=other_lobby)
    with pytest.raises(Client.DoesNotExist):
        take(by=teller)
    row = take(by=wealth)
    for nobody in (lobby, wealth):
        with pytest.raises(PermissionDenied):
            rights.settle(row.pk, by=nobody, outcome="granted")
    with pytest.raises(RightsRequest.DoesNotExist):
        rights.settle(row.pk, by=other_lobby, outcome="granted")
    assert rights.settle(row.pk, by=head, outcome="granted").settled_by == head


def test_the_way_of_a_request_is_on_record(take, head, lobby, client):
    row = take()
    rights.settle(row.pk, by=head, outcome="granted")
    with pytest.raises(Conflict):
        rights.settle(row.pk, by=head, outcome="granted")
    with pytest.raises(Refused):
        rights.answer(row.pk, by=lobby, way="")
    rights.answer(row.pk, by=lobby, way="counter")
    assert list(RightsEvent.objects.filter(request=row).values_list("name", "state_to")) == [
        ("take", "received"),
        ("settle", "settled"),
        ("answer", "answered"),
    ]
    assert not Hold.objects.in_force().filter(client=client).exists()


def test_a_refusal_needs_its_reasons(take, head):
    row = take()
    with pytest.raises(Refused) as refused:
        rights.settle(row.pk, by=head, outcome="refused")
    assert refused.value.field == "reasons"


def test_the_client_may_take_it_back(take, lobby, client):
    row = take()
    assert rights.drop(row.pk, by=lobby, why="已自行查看").state == RightsState.DROPPED
    assert not Hold.objects.in_force().filter(client=client).exists()


def test_somebody_nothing_keeps_is_deleted(take, head, client):
    Client.objects.filter(pk=client.pk).update(owner=None)
    row = take(Right.DELETE)
    rights.settle(row.pk, by=head, outcome="granted")
    client.refresh_from_db()
    assert (client.name, client.phone, client.erased_at is None) == ("", "", False)
    assert RightsRequest.objects.get(pk=row.pk).wish == "–"


@pytest.mark.parametrize("ground", ["kept_by_law", "hold", "open_work", "contract"])
def test_what_keeps_the_data_is_found_and_the_deletion_refused(
    take, head, client, ground, wealth, branches, db
):
    from clients.actions import holds
    from clients.models import Holding, Product

    if ground == "kept_by_law":
        actions.open_archive(client, by=wealth)
    elif ground == "hold":
        holds.place_hold(client.pk, kind="complaint", source_key="complaint:1", reason="投诉")
    elif ground == "open_work":
        plan(client, wealth)
    else:
        Holding.objects.create(
            client=client,
            product=Product.objects.first(),
            contract_no="1",
            amount=1,
            opened_on=datetime.date(2020, 1, 1),
        )
    row = take(Right.DELETE)
    assert rights.ground_for(client, but=row) == ground
    with pytest.raises(Refused):
        rights.settle(row.pk, by=head, outcome="granted")
    client.refresh_from_db()
    assert client.name


def plan(client, wealth):
    return PlanItem.objects.create(
        owner=wealth,
        branch=client.branch,
        client=client,
        kind="contact",
        plan_on=clock.today(),
        source_key="x",
    )


def test_kept_by_law_the_use_is_restricted_and_that_bites(take, head, client, wealth):
    actions.open_archive(client, by=wealth)
    archive_actions.give_consent(client.pk, by=wealth, purpose="marketing", basis="consent")
    item = plan(client, wealth)
    row = take(Right.DELETE)
    rights.settle(row.pk, by=head, outcome="restricted", reasons="反洗钱法要求保存")
    client.refresh_from_db()
    assert client.restricted_at
    assert client.do_not_contact
    assert client.profile.secrecy == "managers"
    assert PlanItem.objects.get(pk=item.pk).state == "dropped"
    assert RightsRequest.objects.get(pk=row.pk).ground == Ground.KEPT_BY_LAW
    for change in (
        lambda: actions.change(client.pk, by=wealth, occupation="教师"),
        lambda: archive_actions.give_consent(client.pk, by=wealth, purpose="marketing", basis="consent"),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.code == "restricted"
    assert results(client) == 0


def results(client):
    """How many results a run gives this client."""
    evaluation.evaluate_clients([client.pk], cause="manual", by=None)
    return Evaluation.objects.filter(client=client).count()


def test_a_withdrawn_consent_really_stops_the_use(take, head, client, wealth, notice):
    assert Scorecard.objects.in_force().exists()
    for purpose in ("marketing", "evaluation", "family"):
        archive_actions.give_consent(client.pk, by=wealth, purpose=purpose, basis="consent")
    archive_actions.put_member(client.pk, by=wealth, relation="spouse", name="李强")
    item = plan(client, wealth)
    assert results(client) == 1
    row = take(Right.WITHDRAW, purposes=["marketing", "evaluation", "family"])
    rights.settle(row.pk, by=head, outcome="granted")
    client.refresh_from_db()
    assert not Consent.objects.filter(client=client, withdrawn_at__isnull=True).exists()
    assert (client.do_not_contact, client.no_profiling) == (True, True)
    assert PlanItem.objects.get(pk=item.pk).state == "dropped"
    assert not FamilyMember.objects.filter(client=client).exists()
    assert not FamilyMember.history.rel.related_model.objects.filter(client=client).exists()
    assert results(client) == 1, "no new result"


def test_a_consent_given_anew_lifts_what_its_withdrawal_stopped(client, wealth):
    row = archive_actions.give_consent(client.pk, by=wealth, purpose="evaluation", basis="consent")
    archive_actions.withdraw_consent(client.pk, row.pk, by=wealth)
    assert Client.objects.get(pk=client.pk).no_profiling
    archive_actions.give_consent(client.pk, by=wealth, purpose="evaluation", basis="consent")
    assert not Client.objects.get(pk=client.pk).no_profiling


def test_a_correction_is_granted_only_after_something_was_corrected(take, head, client, wealth):
    row = take(Right.CORRECT)
    with pytest.raises(Refused):
        rights.settle(row.pk, by=head, outcome="granted")
    actions.change(client.pk, by=wealth, occupation="教师")
    assert rights.settle(row.pk, by=head, outcome="granted").outcome == Outcome.GRANTED


def test_a_child_s_data_need_the_guardian_still(client, wealth):
    child = {"relation": "child", "name": "小明", "birth_date": clock.today().replace(day=1)}
    with pytest.raises(Refused) as refused:
        archive_actions.put_member(client.pk, by=wealth, **child)
    assert refused.value.field == "guardian"


def test_near_and_late_answers_are_told(take, head, supervisor, lobby):
    row = take()
    assert rights.remind(today=clock.today()) == {"late": 0, "near": 0}
    near = row.due_on - datetime.timedelta(days=1)
    assert rights.remind(today=near) == rights.remind(today=near) == {"late": 0, "near": 1}
    assert Notice.objects.filter(key=f"rights:{row.pk}:near").count() == 3
    late = row.due_on + datetime.timedelta(days=1)
    assert rights.remind(today=late) == rights.remind(today=late) == {"late": 1, "near": 0}
    assert Notice.objects.filter(key=f"rights:{row.pk}:late:{late}").count() == 3


def test_two_settle_at_once_and_one_is_told(transactional_db, take, head, supervisor):
    row = take()
    calls = [
        lambda who=who: rights.settle(row.pk, by=who, outcome="granted").pk for who in (head, supervisor)
    ]
    assert sorted(name for name, _text in together(*calls)) == ["Conflict", "done"]


# -- doors ---------------------------------------------------------------------------------------------


def test_the_copy_shows_everything_once_granted_and_is_on_record(take, head, lobby, canary, door, wealth):
    row = rights.take(
        canary.pk,
        by=lobby,
        kind="see",
        applicant="self",
        identity="document",
        wish="查阅",
        received_on=clock.today(),
    )
    browser = door(lobby)
    assert browser.post(f"/rights/{row.pk}/copy/").status_code == 422
    rights.settle(row.pk, by=head, outcome="granted")
    answer = browser.post(f"/rights/{row.pk}/copy/")
    text = answer.content.decode()
    for secret in (CANARY.name, CANARY.phone, CANARY.id_number, CANARY.address):
        assert secret in text
    assert "no-store" in answer["Cache-Control"]
    event = AccessEvent.objects.get(kind="export")
    assert (event.user, event.object_id, event.item_key) == (lobby, canary.pk, f"rights:{row.pk}")
    sheet = browser.get(f"/rights/{row.pk}/answer/").content.decode()
    assert CANARY.phone not in sheet
    assert CANARY.name not in sheet


def test_the_answer_explains_the_tier_to_who_asks(take, head, client, door):
    evaluation.evaluate_clients([client.pk], cause="manual", by=None)
    row = take(Right.EXPLAIN)
    rights.settle(row.pk, by=head, outcome="granted")
    text = door(head).get(f"/rights/{row.pk}/answer/").content.decode()
    card = Scorecard.objects.in_force().get()
    for dimension in card.dimensions.all():
        assert dimension.name in text


def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(door, lobby, client):
    typed = {"kind": "withdraw", "applicant": "self", "identity": "document", "wish": "不再接电话"}
    answer = door(lobby).post(f"/rights/take/{client.pk}/", {**typed, "received_on": clock.today()})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose which consents are withdrawn." in text
    assert "不再接电话" in text


def test_a_request_through_the_page(door, lobby, head, client):
    typed = {"kind": "delete", "applicant": "self", "identity": "document", "wish": "删除"}
    answer = door(lobby).post(f"/rights/take/{client.pk}/", {**typed, "received_on": clock.today()})
    row = RightsRequest.objects.get()
    assert answer["Location"] == f"/rights/{row.pk}/"
    Client.objects.filter(pk=client.pk).update(customer_no="C1")
    page = door(head).get(f"/rights/{row.pk}/").content.decode()
    assert "Deletion is not allowed now" in page
    settled = door(head).post(
        f"/rights/{row.pk}/step/settle/", {"outcome": "restricted", "reasons": "依法保存"}
    )
    assert settled.status_code == 303
    assert door(lobby).post(f"/rights/{row.pk}/step/answer/", {"way": "counter"}).status_code == 303
    row.refresh_from_db()
    assert row.state == RightsState.ANSWERED


def test_the_list_asks_the_same_queries_for_one_row_and_fifteen(
    door, lobby, person, wealth, django_assert_max_num_queries
):
    from .test_views import queries

    def add(count):
        for number in range(count):
            one = person(f"陈{number}", phone="", owner=wealth)
            rights.take(
                one.pk,
                by=lobby,
                kind="see",
                applicant="self",
                identity="document",
                wish="x",
                received_on=clock.today(),
            )

    add(1)
    browser = door(lobby)
    browser.get("/rights/")
    one = queries(browser, "/rights/")
    add(14)
    assert queries(browser, "/rights/") == one
