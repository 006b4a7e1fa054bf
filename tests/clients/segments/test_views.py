"""The pages of segments: built without code, counted while building, listed, exported, copied, deleted."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from clients.actions import segments as actions
from clients.models import Client, Segment
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

pytestmark = pytest.mark.django_db
TEA = {"groups": [{"conditions": [{"field": "hobbies", "op": "any_of", "values": ["tea"]}]}]}
HTMX = {"HTTP_HX_REQUEST": "true"}
FORM = {
    "match": "all",
    "g0-match": "any",
    "g0c0-field": "hobbies",
    "g0c0-was": "hobbies",
    "g0c0-op": "any_of",
    "g0c0-value": ["tea", "travel"],
    "name": " 茶友  客户 ",
    "note": "品茶会",
    "shared": "1",
    "do": "save",
}


@pytest.fixture
def mine(wealth):
    return actions.save_segment(by=wealth, name="茶友", conditions=TEA)


def test_a_segment_is_built_saved_and_shown(door, cast, wealth):
    browser = door(wealth)
    answer = browser.post(reverse("clients:segment_new"), FORM)
    segment = Segment.objects.get()
    assert answer.headers["Location"] == reverse("clients:segment", args=[segment.pk])
    assert (segment.name, segment.shared, segment.branch) == ("茶友 客户", True, wealth.home_branch)
    page = browser.get(answer.headers["Location"]).content.decode()
    assert "王*" in page or "王五" in page
    assert "赵六" not in page and "2 " in page
    assert "品茶会" in page


def test_each_step_of_the_builder_keeps_what_was_typed(door, cast, wealth):
    browser = door(wealth)

    def step(what, **changes):
        data = {**FORM, "do": what, **changes}
        answer = browser.post(reverse("clients:segment_new"), data, **HTMX)
        assert answer.status_code == 200
        return answer.content.decode()

    grown = step("add-0")
    assert 'id="g0c1-field"' in grown and "checked" in grown and "品茶会" in grown
    assert 'id="g1c0-field"' in step("add-group")
    assert 'id="g0c0-field"' not in step("drop-0-0")
    other = step("choose", **{"g0c0-field": "balance"})
    assert 'name="g0c0-value"' in other and 'value="tea"' not in other
    assert '<b class="figure-big">2</b>' in step("choose")
    assert not Segment.objects.exists()
    for strange in ("add-9", "drop-7-7", "drop-group-8", "drop", "", "add-group-x", "add-٣"):
        step(strange)


def test_the_count_follows_and_says_what_is_missing(door, cast, wealth):
    browser = door(wealth)
    address = reverse("clients:segment_count")
    assert '<b class="figure-big">2</b>' in browser.post(address, FORM, **HTMX).content.decode()
    empty = browser.post(address, {**FORM, "g0c0-value": []}, **HTMX).content.decode()
    assert "Choose at least one" in empty
    assert "Add at least one condition" in browser.post(address, {}, **HTMX).content.decode()


def test_what_is_wrong_stands_beside_its_condition(door, cast, wealth):
    data = {
        **FORM,
        "g0c0-field": "age",
        "g0c0-was": "age",
        "g0c0-op": "at_least",
        "g0c0-value": ["old"],
        "name": "",
    }
    answer = door(wealth).post(reverse("clients:segment_new"), data, **HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="old"' in page and "A name has" in page
    answer = door(wealth).post(reverse("clients:segment_new"), {**data, "name": "x"}, **HTMX)
    assert "Write a whole number" in answer.content.decode() and 'id="g0c0-error"' in answer.content.decode()


def test_a_name_twice_is_said_beside_it_and_a_stale_form_is_a_conflict(door, wealth, mine):
    answer = door(wealth).post(reverse("clients:segment_new"), {**FORM, "name": "茶友"})
    assert answer.status_code == 422 and "already have" in answer.content.decode()
    address = reverse("clients:segment_edit", args=[mine.pk])
    answer = door(wealth).post(address, {**FORM, "changed_at": "2026-01-01T00:00:00+08:00"})
    assert answer.status_code == 409
    with pytest.raises(Conflict):
        actions.save_segment(by=wealth, pk=mine.pk, name="x", conditions=TEA, changed_at="yesterday")
    assert Segment.objects.get().name == "茶友"


def test_a_shared_segment_is_read_and_copied_but_not_changed(door, cast, wealth, colleague, other_wealth):
    segment = actions.save_segment(by=wealth, name="茶友", conditions=TEA, shared=True)
    own = actions.save_segment(by=wealth, name="私用", conditions=TEA)
    browser = door(colleague)
    assert browser.get(reverse("clients:segment", args=[segment.pk])).status_code == 200
    assert browser.get(reverse("clients:segment", args=[own.pk])).status_code == 404
    assert door(other_wealth).get(reverse("clients:segment", args=[segment.pk])).status_code == 404
    assert browser.post(reverse("clients:segment_edit", args=[segment.pk]), FORM).status_code == 403
    assert browser.post(reverse("clients:segment_delete", args=[segment.pk])).status_code == 403
    for name in ("Copy of 茶友", "Copy of 茶友 2"):
        browser.post(reverse("clients:segment_copy", args=[segment.pk]))
        assert Segment.objects.filter(owner=colleague, name=name, shared=False).exists()
    assert door(wealth).post(reverse("clients:segment_delete", args=[segment.pk])).status_code == 303
    assert not Segment.objects.filter(pk=segment.pk).exists()
    assert segment.history.model.objects.filter(pgh_label="delete").exists()


def test_a_segment_that_can_no_longer_be_read_says_so(door, wealth, mine):
    Segment.objects.update(conditions={"groups": [{"conditions": [{"field": "shoes", "op": "yes"}]}]})
    browser = door(wealth)
    for address in (reverse("clients:segments"), reverse("clients:segment", args=[mine.pk])):
        assert "no longer on offer" in browser.get(address).content.decode()
    assert browser.get(reverse("clients:segment_edit", args=[mine.pk])).status_code == 200
    assert browser.post(reverse("clients:segment_export", args=[mine.pk])).status_code == 422


def test_the_file_is_masked_marked_and_logged(door, cast, wealth, colleague):
    Client.objects.filter(pk=cast.wang.pk).update(occupation="=1+1")
    Client.objects.filter(pk=cast.far.pk).update(owner=None, unmanaged_since=clock.today())
    segment = actions.save_segment(by=wealth, name="茶友", conditions=TEA, shared=True)
    browser = door(colleague)
    answer = browser.get(browser.post(reverse("clients:segment_export", args=[segment.pk])).url)
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert colleague.employee_no in rows[0][0] and "2 clients" in rows[0][0]
    assert len(rows) == 4
    text = str(rows)
    assert "陈美华" not in text and "13812345678" not in text and "138****5678" in text and "'=1+1" in text
    event = AccessEvent.objects.get(kind="export")
    assert (event.user_id, event.rows, event.item_key) == (colleague.pk, 2, f"segment:{segment.pk}")


def test_one_or_fifteen_rows_cost_the_same_queries(door, person, wealth, django_assert_max_num_queries):
    segment = actions.save_segment(
        by=wealth, name="全部", conditions={"groups": [{"conditions": [{"field": "phone", "op": "yes"}]}]}
    )
    browser = door(wealth)
    counts = []
    for n in (1, 14):
        for _k in range(n):
            person(owner=wealth)
            actions.save_segment(by=wealth, name=f"{n}-{_k}", conditions=TEA)
        for address in (reverse("clients:segment", args=[segment.pk]), reverse("clients:segments")):
            browser.get(address)
            with django_assert_max_num_queries(30) as seen:
                assert browser.get(address).status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:]


def test_nobody_hoards_segments(wealth, monkeypatch, mine):
    monkeypatch.setattr(actions, "MOST_OF_ONE", 1)
    with pytest.raises(Refused, match="delete one"):
        actions.save_segment(by=wealth, name="y", conditions=TEA)


def test_the_api_keeps_the_same_rules(door, cast, wealth, colleague):
    browser, json = door(wealth), {"content_type": "application/json"}
    body = {"name": "茶友", "shared": True, "conditions": TEA}
    made = browser.post("/api/v1/segments/", body, **json)
    assert made.status_code == 201, made.content
    address = f"/api/v1/segments/{made.json()['id']}/"
    assert browser.post("/api/v1/segments/", body, **json).json() == {
        "name": ["You already have a segment of this name."]
    }
    assert browser.get(address + "clients/").json()["count"] == 2
    bad = {"groups": [{"conditions": [{"field": "age", "op": "at_least", "values": ["x"]}]}]}
    answer = browser.post("/api/v1/segments/count/", {"conditions": bad}, **json)
    assert (answer.status_code, list(answer.json())) == (400, ["g0c0"])
    assert browser.post("/api/v1/segments/count/", {"conditions": TEA}, **json).json() == {"count": 2}
    assert {"key", "operators", "codes"} <= set(browser.get("/api/v1/segments/fields/").json()[0])
    other = door(colleague)
    assert other.get(address).json()["name"] == "茶友"
    assert other.put(address, body, **json).status_code == 403
    assert other.delete(address).status_code == 403
    assert browser.put(address, {**body, "name": "茶友会"}, **json).json()["name"] == "茶友会"
    assert browser.delete(address).status_code == 204
