"""The same card sent ten times at once: one referral, the same answer to everybody."""

import datetime

import pytest
from django.test import Client

from referrals.models import Diversion, Referral
from tests.race import together

pytestmark = pytest.mark.django_db(transaction=True)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def test_ten_equal_submits_at_once_make_one_referral(lobby, wealth, notice):
    client = browser(lobby)
    card = {
        "cues": ["vip_card"],
        "name": "刘",
        "salutation": "madam",
        "end": "introduce",
        "manager": wealth.pk,
    }
    card["idempotency_key"] = "ten-times"

    def submit():
        answer = client.post("/desk/file/", card, headers={"HX-Request": "true"})
        return answer.status_code, "desk:filed" in answer.headers.get("HX-Trigger", "")

    assert together(*[submit] * 10) == [("done", "(200, True)")] * 10
    assert Referral.objects.count() == 1


def test_a_tap_sent_twice_at_once_counts_once(lobby):
    client = browser(lobby)
    tap = {"destination": "self_service", "divert_key": "tap"}
    outcomes = together(
        *[lambda: client.post("/desk/divert/", tap, headers={"HX-Request": "true"}).status_code] * 2
    )
    assert outcomes == [("done", "200")] * 2
    assert Diversion.objects.count() == 1


def test_two_managers_who_accept_at_once_one_wins_and_the_other_is_told(lobby, wealth, colleague, filed):
    slip = filed()

    def accept(user):
        client = browser(user)
        return lambda: (
            client.post(f"/referrals/{slip.pk}/accept/", headers={"HX-Request": "true"}).status_code
        )

    outcomes = together(accept(wealth), accept(colleague))
    assert sorted(outcomes) == [("done", "204"), ("done", "422")]
    slip.refresh_from_db()
    assert slip.reception == "accepted" and slip.accepted_at > slip.waiting_since - datetime.timedelta(
        minutes=1
    )
