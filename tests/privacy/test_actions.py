"""The log's rows, and showing what is masked."""

import datetime
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from rmflow.privacy import actions, login_log
from rmflow.privacy.models import AccessEvent
from rmflow.workflow import Refused

from .canary import CANARY, assert_absent
from .test_fields import raw


def test_one_event_is_one_insert(wealth, client_of, rf, django_assert_num_queries):
    person, request = client_of(), rf.get("/", REMOTE_ADDR="10.1.2.3")
    assert wealth.branch_id
    with django_assert_num_queries(1):
        event = actions.log(
            "view", by=wealth, obj=person, fields=["phone"], item_key="plan:7", request=request
        )
    event.refresh_from_db()
    assert (event.object_type, event.object_id, event.fields) == ("clients.client", person.pk, ["phone"])
    assert (event.user, event.branch, event.ip) == (wealth, wealth.home_branch, "10.1.2.3")
    assert (event.seq, event.hash) == (None, "")


def test_an_event_without_a_person_is_kept(db, rf):
    assert actions.log("failure", by=None, request=rf.get("/", REMOTE_ADDR="")).ip is None


def test_the_event_goes_to_the_branch_worked_in(wealth, branches):
    wealth.duty_branch, wealth.duty_on = branches["second"], actions.bank_now().date()
    assert actions.log("login", by=wealth).branch == branches["second"]


@pytest.mark.parametrize("field", ["phone", "id_number", "address"])
def test_a_reveal_shows_one_field_and_is_logged_with_its_purpose(wealth, client_of, field):
    person = client_of()
    shown = actions.reveal(person, field, by=wealth, purpose="contact", branch=person.branch)
    assert shown.value == getattr(person, field)
    assert (shown.used, shown.left, shown.alert) == (1, 49, False)
    event = AccessEvent.objects.get()
    assert (event.kind, event.fields, event.purpose) == ("reveal", [field], "contact")
    assert_absent(*raw("privacy_accessevent"))


def test_a_role_without_reveals_is_refused(teller, client_of):
    with pytest.raises(PermissionDenied):
        actions.reveal(client_of(), "phone", by=teller, purpose="contact")
    assert not AccessEvent.objects.exists()


def test_a_reveal_in_another_branch_is_refused(wealth, client_of):
    person = client_of("second")
    with pytest.raises(PermissionDenied):
        actions.reveal(person, "phone", by=wealth, purpose="contact", branch=person.branch)


@pytest.mark.parametrize(
    ("purpose", "note", "field"),
    [
        ("", "", "purpose"),
        ("curiosity", "", "purpose"),
        ("other", "", "note"),
        ("other", "  \x00 ", "note"),
        ("contact", f"call {CANARY.phone}", "note"),
        ("other", "１３８ 1234 5678", "note"),
    ],
)
def test_a_reveal_needs_a_purpose_and_no_numbers_in_it(wealth, client_of, purpose, note, field):
    with pytest.raises(Refused) as refusal:
        actions.reveal(client_of(), "phone", by=wealth, purpose=purpose, note=note)
    assert refusal.value.field == field
    assert not AccessEvent.objects.exists()


@pytest.mark.parametrize("field", ["phone_hash", "nonsense", "branch", "password"])
def test_only_masked_fields_can_be_shown(wealth, client_of, field):
    with pytest.raises(Refused):
        actions.reveal(client_of(), field, by=wealth, purpose="contact")


def test_a_model_may_add_fields_that_are_masked_but_not_encrypted(client_of):
    person = client_of()
    person.REVEALABLE = ("name",)
    assert actions.revealable(person) == {"phone", "id_number", "address", "name"}


def test_the_head_is_told_once_and_the_cap_holds(wealth, client_of, settings):
    settings.PRIVACY_REVEALS_PER_DAY, settings.PRIVACY_REVEAL_ALERT = 4, 2
    person = client_of()
    shown = [actions.reveal(person, "phone", by=wealth, purpose="contact") for _ in range(4)]
    assert [one.alert for one in shown] == [False, False, True, False]
    assert [one.left for one in shown] == [3, 2, 1, 0]
    with pytest.raises(Refused) as refusal:
        actions.reveal(person, "phone", by=wealth, purpose="contact")
    assert refusal.value.code == "cap"
    assert AccessEvent.objects.filter(kind="reveal").count() == 4
    assert AccessEvent.objects.filter(kind="reveal_refused").count() == 1


def test_the_cap_is_per_person_and_day(wealth, colleague, client_of, settings):
    settings.PRIVACY_REVEALS_PER_DAY = 1
    person = client_of()
    yesterday = timezone.now() - datetime.timedelta(days=1)
    AccessEvent.objects.create(at=yesterday, user=wealth, kind="reveal")
    actions.reveal(person, "phone", by=wealth, purpose="contact")
    actions.reveal(person, "phone", by=colleague, purpose="contact")
    with pytest.raises(Refused):
        actions.reveal(person, "phone", by=wealth, purpose="contact")


@pytest.mark.django_db(transaction=True)
def test_five_requests_at_once_do_not_pass_the_cap(wealth, client_of, settings):
    settings.PRIVACY_REVEALS_PER_DAY = 2
    person, start, outcomes = client_of(), threading.Barrier(5), []

    def show():
        start.wait()
        try:
            outcomes.append(actions.reveal(person, "phone", by=wealth, purpose="contact").used)
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=show) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["1", "2", "cap", "cap", "cap"]


@pytest.mark.parametrize(
    "event", ["login", "logout", "failure", "lockout", "unlock", "password", "second_factor"]
)
def test_the_log_in_desk_is_on_record(wealth, rf, event):
    login_log.record(event, rf.get("/", REMOTE_ADDR="10.0.0.1"), user=wealth)
    assert AccessEvent.objects.get().kind == event


def test_an_unknown_employee_number_may_be_a_password_and_is_not_kept(db, rf):
    for text in ("hunter2-Secret", "hunter2-Secret", "someone"):
        login_log.record("failure", rf.get("/"), employee_no=text)
    keys = list(AccessEvent.objects.order_by("pk").values_list("item_key", flat=True))
    assert keys[0] == keys[1] != keys[2]
    assert all(key.startswith("unknown:") for key in keys)
    assert not any("hunter2" in row for row in raw("privacy_accessevent"))
