"""The auditor's change history: who may read it, what it names, and what it never shows."""

import datetime

import pghistory
import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from rmflow.privacy import history, history_words
from rmflow.privacy.models import AccessEvent
from rmflow.staff.models import Branch, RoleHolding, User, bank_today

from .canary import CANARY, assert_absent

PAGE, API = "/privacy/changes/", "/api/v1/changes/"
CLIENTS = {"kind": "clients.client"}


@pytest.fixture
def reader(client, auditor):
    client.force_login(auditor)
    return client


@pytest.fixture
def changed(client_of, wealth, colleague):
    """A client who got another manager and another phone, by the lobby's hand; returns the client."""
    person = client_of(owner=wealth)
    with pghistory.context(user=colleague.pk, url="/clients/x/"):
        person.owner = colleague
        person.put_phone("13900000017")
        person.save()
    return person


def found(answer):
    return answer.context["changes"]


def fields(change):
    return {part.field for part in change.parts}


@pytest.mark.parametrize(
    ("who", "status"),
    [("auditor", 200), ("wealth", 403), ("head", 403), ("admin_user", 403), ("security_admin", 403)],
)
def test_only_the_auditor_reads_it(client, request, who, status):
    client.force_login(request.getfixturevalue(who))
    assert client.get(PAGE).status_code == status
    assert client.get(API).status_code == status


def test_whoever_audits_nothing_finds_no_row_either(head, changed):
    assert not history.rows(head, "clients.client").exists()


def test_reading_it_is_on_record_once_for_all_pieces(reader, auditor, changed):
    reader.get(PAGE, CLIENTS)
    reader.get(PAGE, CLIENTS | {"before": 1})
    event = AccessEvent.objects.get(kind="audit")
    assert (event.user, event.object_type, event.item_key) == (auditor, "clients.client", "history")


def test_it_says_who_changed_which_fields_and_when(reader, changed):
    latest, first = found(reader.get(PAGE, CLIENTS))
    assert (latest.what, latest.who, latest.record) == ("update", "100104 陈志远", str(changed.pk))
    assert fields(latest) == {"owner", "phone"}
    assert latest.occasion == "/clients/x/"
    assert (first.what, first.who) == ("insert", "")


def test_a_new_manager_is_named_but_no_personal_value_stands_anywhere(reader, changed):
    with translation.override("zh-hans"):
        answers = [reader.get(PAGE, CLIENTS), reader.get(API, CLIENTS)]
    parts = {part["field"]: part for part in answers[1].json()["results"][0]["parts"]}
    assert (parts["owner"]["before"], parts["owner"]["after"]) == ("100103 林晓燕", "100104 陈志远")
    assert (parts["phone"]["before"], parts["phone"]["after"]) == ("", "")
    for answer in answers:
        assert_absent(answer.content)
        text = answer.content.decode()
        assert CANARY.name not in text and "13900000017" not in text


def test_what_was_only_stored_anew_is_no_change(reader, changed):
    changed.salutation = "女士"
    changed.save()  # every encrypted text gets another token
    assert fields(found(reader.get(PAGE, CLIENTS))[0]) == {"salutation"}


def test_a_deleted_record_stays_and_tells_what_everybody_may_know(reader, teller, branches):
    held = RoleHolding.objects.create(user=teller, role="head", branch=branches["first"])
    number = held.pk
    held.delete()
    gone, new = found(reader.get(PAGE, {"record": number}))
    assert (gone.what, new.what) == ("delete", "insert")
    assert {part.field: part.before for part in gone.parts}["user"] == "100101 何丽萍"
    assert {part.field: part.after for part in new.parts}["branch"].startswith(branches["first"].code)


def test_a_change_whose_version_before_is_gone_says_so(reader, changed):
    event = history.kinds()["clients.client"]
    event.objects.filter(pgh_label="insert").delete()
    [only] = found(reader.get(PAGE, CLIENTS))
    assert (only.first_kept, only.parts) == (True, ())


def test_filters_narrow_by_kind_days_person_and_record(reader, changed, client_of):
    other = client_of(phone="13800000015", id_number="11010519491231002X")
    event = history.kinds()["clients.client"]
    month_ago = timezone.now() - datetime.timedelta(days=30)
    event.objects.filter(pgh_obj_id=other.pk).update(pgh_created_at=month_ago)
    day = timezone.localtime(month_ago).date()

    def records(**more):
        return [int(change.record) for change in found(reader.get(PAGE, CLIENTS | more))]

    assert records() == [changed.pk, changed.pk]  # this week
    assert records(first=day, last=day) == [other.pk]
    assert records(employee="100104") == [changed.pk]
    assert records(employee="nobody") == []
    assert records(record=other.pk) == [other.pk]
    assert {change.what for change in found(reader.get(PAGE, {"kind": "staff.branch"}))} == {"insert"}


def test_a_calendar_day_is_found_by_its_date(reader):
    from rmflow.workdays.models import CalendarDay

    day = CalendarDay.objects.first()
    day.label = "测试"
    day.save()
    shown = found(reader.get(PAGE, {"kind": "workdays.calendarday", "record": f"{day.pk}"}))
    assert shown[0].record == f"{day.pk}" and fields(shown[0]) == {"label"}


@pytest.mark.parametrize(
    "question",
    [
        {"kind": "'; DROP TABLE"},
        {"kind": "privacy.accessevent"},
        {"record": "9" * 20},
        {"record": "x"},
        {"first": "yesterday", "last": "2026-01-01"},
        {"first": "2026-01-01"},
        {"first": "2026-02-01", "last": "2026-01-01"},
        {"first": "2026-01-01", "last": "2026-12-31"},
        {"before": "-3"},
    ],
)
def test_strange_questions_get_a_plain_answer(reader, question):
    answer = reader.get(PAGE, question)
    assert (answer.status_code, list(found(answer))) == (200, [])
    assert answer.context["form"].errors
    assert reader.get(API, question).status_code == 400


def test_a_page_goes_on_where_the_one_before_ended(reader, client_of):
    person = client_of()
    for n in range(30):
        person.salutation = f"{n}"
        person.save()
    first = reader.get(PAGE, CLIENTS)
    second = reader.get(PAGE, CLIENTS | {"before": first.context["after"]})
    seen = [change.pk for change in (*found(first), *found(second))]
    assert len(seen) == len(set(seen)) == 31 and seen == sorted(seen, reverse=True)
    assert second.context["after"] is None
    assert reader.get(API, CLIENTS).json()["next"] == first.context["after"]


def test_it_asks_as_much_for_one_row_as_for_fifteen(reader, client_of, wealth, colleague):
    person, counts = client_of(), []
    for n in (1, 14):
        for _ in range(n):
            with pghistory.context(user=colleague.pk):
                person.owner = wealth if person.owner == colleague else colleague
                person.save()
        with CaptureQueriesContext(connection) as queries:
            reader.get(PAGE, CLIENTS)
        ours = ("history", "pghistory", "staff_branch", "EXECUTE rmflow_insert")
        counts.append(len([q for q in queries if any(name in q["sql"] for name in ours)]))
    assert counts[0] == counts[1] <= 7


def test_a_day_of_any_history_has_an_index(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%USING brin (pgh_created_at)%'")
        indexed = {name for (name,) in cursor.fetchall()}
    assert {model._meta.db_table for model in history.kinds().values()} == indexed


def test_shown_values_are_states_days_branches_and_staff():
    for kind, event in history.kinds().items():
        for field in apps.get_model(kind)._meta.concrete_fields:
            if field.name in history.OPEN and field.name in {f.name for f in event._meta.concrete_fields}:
                harmless = field.related_model in (Branch, User) or field.choices
                assert harmless or isinstance(field, models.BooleanField | models.DateField), (
                    kind,
                    field.name,
                )


def test_every_field_has_a_chinese_name():
    with translation.override("zh-hans"):
        for kind, event in history.kinds().items():
            tracked = {field.name for field in event._meta.concrete_fields} - history.SILENT
            for field in apps.get_model(kind)._meta.concrete_fields:
                if field.name in tracked and not field.primary_key:
                    assert not history_words.name(field).isascii(), (kind, field.name)


def test_today_is_the_last_day_of_a_first_visit(reader):
    given = reader.get(PAGE).context["form"].cleaned_data
    assert (given["kind"], given["last"]) == (history.FIRST, bank_today())
