"""The auditor's page: who may read it, what it shows, and the button."""

import datetime
import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from rmflow.privacy import actions
from rmflow.privacy.models import AccessEvent
from rmflow.privacy.reading import _field_name

from .test_chain import tamper

LOG, VERIFY = "/privacy/log/", "/privacy/log/verify/"


def test_the_addresses_are_the_known_ones():
    assert (reverse("privacy:log"), reverse("privacy:verify")) == (LOG, VERIFY)


@pytest.mark.parametrize(
    ("who", "status"),
    [("auditor", 200), ("wealth", 403), ("head", 403), ("admin_user", 403), ("security_admin", 403)],
)
def test_only_the_auditor_reads_the_log(client, request, who, status):
    client.force_login(request.getfixturevalue(who))
    assert client.get(LOG).status_code == status
    assert client.post(VERIFY).status_code == status


def test_who_is_not_logged_in_is_asked_to(client, db):
    assert client.get(LOG).status_code == 302
    assert client.post(VERIFY).status_code == 401


@pytest.fixture
def reader(client, auditor):
    client.force_login(auditor)
    return client


def test_it_shows_who_did_what_when_and_what_for(reader, wealth, client_of):
    person = client_of()
    actions.reveal(person, "phone", by=wealth, purpose="complaint", note="回访")
    page = reader.get(LOG, headers={"accept-language": "en"}).content.decode()
    for text in (
        "林晓燕",
        "中山路支行",
        "回访",
        f"{person.pk}",
        'type="date"',
        f'value="{timezone.localdate()}"',
    ):
        assert text in page
    assert person.phone not in page


def test_reading_the_log_is_on_record(reader, auditor):
    reader.get(LOG)
    event = AccessEvent.objects.get(kind="audit")
    assert (event.user, event.item_key) == (auditor, "read")


def test_a_part_of_the_record_and_a_field_of_no_model_have_a_name(reader, wealth, client_of):
    actions.log("view", by=wealth, obj=client_of(), fields=["profile", "family", "no_such_field"])
    [event] = [e for e in reader.get(LOG).context["events"] if e["fields"]]
    profile, family, unknown = event["fields"].split("、")
    assert profile != "profile" and family != "family" and unknown == "no_such_field"


def rows(response):
    return [event["who"] for event in response.context["events"]]


def test_filters_narrow_by_day_person_kind_and_record(reader, wealth, colleague, client_of):
    person = client_of()
    actions.log("view", by=wealth, obj=person)
    actions.log("export", by=colleague, object_type="clients.client", rows=3)
    week_ago = timezone.now() - datetime.timedelta(days=7)
    AccessEvent.objects.create(at=week_ago, user=wealth, kind="print")
    day = timezone.localtime(week_ago).date()
    assert rows(reader.get(LOG, {"day": day})) == ["100103 林晓燕"]
    assert len(rows(reader.get(LOG, {"employee": "100103"}))) == 2
    assert rows(reader.get(LOG, {"kind": "export"})) == ["100104 陈志远"]
    assert rows(reader.get(LOG, {"object_id": person.pk})) == ["100103 林晓燕"]
    assert rows(reader.get(LOG, {"employee": "nobody"})) == []


@pytest.mark.parametrize(
    "question",
    [
        {"day": "yesterday"},
        {"kind": "'; DROP TABLE"},
        {"object_id": "9" * 30},
        {"page": "x"},
        {"employee": "😊"},
    ],
)
def test_strange_questions_get_an_answer(reader, question):
    assert reader.get(LOG, question).status_code == 200


def test_it_pages(reader, wealth):
    for _ in range(51):
        actions.log("view", by=wealth)
    assert len(rows(reader.get(LOG, {"kind": "view"}))) == 50
    assert len(rows(reader.get(LOG, {"kind": "view", "page": 2}))) == 1


def test_it_asks_as_much_for_one_row_as_for_fifty(reader, wealth):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for n in (1, 49):
        for _ in range(n):
            actions.log("view", by=wealth, object_type="clients.client")
        with CaptureQueriesContext(connection) as queries:
            reader.get(LOG, {"kind": "view"})
        ours = ("privacy_", "EXECUTE rmflow_insert")  # a sitting's upkeep varies
        counts.append(len([q for q in queries if any(name in q["sql"] for name in ours)]))
    assert counts == [3, 3]  # count, page, the note that the log was read


def test_the_button_says_that_all_holds(reader, chained):
    page = reader.post(VERIFY)
    assert (page.context["broken"], page.context["links"], page.context["chains"]) == ([], 3, 2)
    fragment = reader.post(VERIFY, headers={"hx-request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="verified"')


def test_the_button_names_the_broken_link(reader, chained, wealth):
    tamper("UPDATE privacy_accessevent SET note = 'x' WHERE seq = 2 AND branch_id = %s", wealth.branch_id)
    (found,) = reader.post(VERIFY).context["broken"]
    assert "中山路支行" in found["branch"]
    assert "2" in found["why"]


def test_what_was_looked_at_and_why_is_said_in_words(reader, wealth, client_of):
    fields = ["head", "phone", "family_income", "life_events"]
    actions.log("view", by=wealth, obj=client_of(), fields=fields, item_key="plan:312")
    page = reader.get(LOG).content.decode()
    assert "页首、电话、家庭年收入、生活事件" in page
    assert "跟进计划 312" in page


def test_every_part_that_the_code_logs_has_a_word():
    root = Path(__file__).resolve().parents[2]
    files = [path for room in ("clients", "complaints", "rmflow") for path in (root / room).rglob("*.py")]
    logged = set()
    for path in files:
        for call in re.findall(r"\blog\((?:[^()]|\([^()]*\))*\)", path.read_text()):
            logged |= set(re.findall(r'"(\w+)"', "".join(re.findall(r"fields=(\[[^\]]*\])", call))))
    assert {"masked", "tier", "register", "phone"} <= logged
    with translation.override("zh-hans"):
        unnamed = [
            part for part in logged if not re.search("[\u4e00-\u9fff]", _field_name("clients.client", part))
        ]
    assert not unnamed
