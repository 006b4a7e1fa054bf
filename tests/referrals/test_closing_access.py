"""Who may do what to a day: every step × every role, through the action and the API (B-03)."""

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from rest_framework.test import APIClient

from referrals.actions import closing as slips
from referrals.actions import closing_day as days
from referrals.actions import statements
from rmflow.workdays.actions import custody

from .closing import at, day_of, locked, met, ready
from .test_access import PEOPLE

pytestmark = pytest.mark.django_db
# 2 = done, 3 = forbidden (403), 4 = not there (404), 9 = refused by a rule (only the person decides)
# teller, lobby, wealth (named), colleague, marketing, head, supervisor, archivist, e-banking,
# region, phone bank, complaints, three administrators, the other branch's lobby and wealth manager
ACCESS = {
    #             t l w c m h s a e r p c a s u o o
    "check":     "4 2 3 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "settle":    "4 2 3 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "carry":     "4 2 3 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "uncheck":   "4 2 3 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "box":       "4 2 3 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "state":     "3 3 2 9 3 3 3 3 3 3 3 3 3 3 3 3 4",
    "sign_lobby": "4 2 3 3 4 3 3 4 4 3 4 4 4 4 4 4 4",
    "sign_manager": "4 3 2 9 4 3 3 4 4 3 4 4 4 4 4 4 4",
    "stand_in":  "4 3 9 2 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "lock":      "4 2 3 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "reopen":    "4 3 3 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "release":   "3 3 3 3 3 2 3 2 3 3 3 3 3 3 3 3 3",
}  # fmt: skip
SQUARES = [
    (name, person, code)
    for name, row in ACCESS.items()
    for person, code in zip(PEOPLE, row.split(), strict=True)
]


@pytest.fixture(autouse=True)
def evening():
    with time_machine.travel(at(18, 30), tick=False):
        yield


def prepared(name, filed, lobby, wealth, head, branch):
    """A day on which only the person decides whether the step is possible; (day, slip, step, API call)."""
    slip = filed(by=lobby) if name in ("settle", "carry", "state") else met(filed, wealth, by=lobby)
    day = day_of(branch)
    if name in ("settle", "carry"):
        statements.state(slip.pk, by=wealth, received=False)
    if name in ("uncheck", "sign_lobby"):
        ready(day, lobby=lobby)
    if name == "lock":
        ready(day, lobby=lobby, managers=[wealth])
        days.confirm_side(day.pk, by=lobby, side="lobby")
    if name in ("reopen", "release"):
        locked(day, lobby=lobby, managers=[wealth])
    steps = {
        "check": (lambda by: slips.check_matched(day.pk, by=by), "check", {}),
        "settle": (
            lambda by: slips.settle(day.pk, slip.pk, by=by, ruling="invalid", note="x"),
            "settle",
            {"referral": slip.pk, "ruling": "invalid", "note": "x"},
        ),
        "carry": (
            lambda by: slips.carry_over(day.pk, slip.pk, by=by, note="x"),
            "settle",
            {"referral": slip.pk, "ruling": "carry_over", "note": "x"},
        ),
        "uncheck": (lambda by: slips.uncheck(day.pk, slip.pk, by=by, note="x"), None, {}),
        "box": (lambda by: days.look_into_box(day.pk, by=by), "opinion-box", {}),
        "state": (
            lambda by: statements.state(slip.pk, by=by, received=True, met=True),
            "state",
            {"referral": slip.pk, "received": True, "met": True},
        ),
        "sign_lobby": (
            lambda by: days.confirm_side(day.pk, by=by, side="lobby"),
            "confirm",
            {"side": "lobby"},
        ),
        "sign_manager": (
            lambda by: days.confirm_side(day.pk, by=by, side="manager"),
            "confirm",
            {"side": "manager"},
        ),
        "stand_in": (
            lambda by: days.stand_in(day.pk, by=by, side="manager", person_id=wealth.pk, reason="x"),
            "confirm",
            {"side": "manager", "person": wealth.pk, "reason": "x"},
        ),
        "lock": (lambda by: days.lock(day.pk, by=by), "lock", {}),
        "reopen": (lambda by: days.reopen(day.pk, by=by, reason="x"), "reopen", {"reason": "x"}),
        "release": (lambda by: custody.release(day.pk, by=by), None, {}),
    }
    return day, *steps[name]


def outcome(call):
    try:
        call()
    except PermissionDenied:
        return "3"
    except ObjectDoesNotExist:
        return "4"
    except Exception as refusal:
        return "9" if type(refusal).__name__ in ("Refused", "Conflict", "DayOpen") else repr(refusal)
    return "2"


@pytest.mark.parametrize(("name", "person", "code"), SQUARES)
def test_the_action_lets_in_whom_the_table_says(
    name, person, code, request, filed, lobby, wealth, head, branches
):
    by = request.getfixturevalue(person)
    _day, step, _path, _body = prepared(name, filed, lobby, wealth, head, branches["first"])
    assert outcome(lambda: step(by)) == code


@pytest.mark.parametrize(
    ("name", "person", "code"), [s for s in SQUARES if s[0] not in ("uncheck", "release")]
)
def test_the_api_answers_the_same(name, person, code, request, filed, lobby, wealth, head, branches):
    by = request.getfixturevalue(person)
    day, _step, path, body = prepared(name, filed, lobby, wealth, head, branches["first"])
    api = APIClient()
    api.force_authenticate(by)
    answer = api.post(f"/api/v1/closing/{day.pk}/{path}/", body, format="json")
    expected = {"2": {200}, "3": {403}, "4": {404}, "9": {400, 409}}[code]
    assert answer.status_code in expected, answer.content


def test_the_api_tells_how_a_day_stands(filed, lobby, wealth, branches):
    slip = filed()
    api = APIClient()
    api.force_authenticate(lobby)
    found = api.get("/api/v1/closing/").json()[0]
    assert (found["sent"], found["received"], found["gap"]) == (1, 0, 1)
    assert found["lines"][0]["referral"] == slip.pk
    assert [matter["kind"] for matter in found["open"]] == ["manager_missing", "box", "unsigned", "lobby"]
    refused = api.post(f"/api/v1/closing/{found['id']}/lock/")
    assert refused.status_code == 400 and len(refused.json()["detail"]) == 5
