"""Slips that waited on a device: once each, with their true time, under their own person only (B-02)."""

import datetime
import json
import re

import pytest
import time_machine
from django.contrib.staticfiles import finders

from referrals.models import OfflineArrival, OfflineDiscard, Referral
from referrals.rules.offline import true_time
from rmflow.notices.models import Notice
from rmflow.workdays import clock
from rmflow.workdays.actions import business_day
from rmflow.workdays.models import BranchDay

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 10, 8)


def at(hour, minute=0, day=DAY):
    return datetime.datetime.combine(day, datetime.time(hour, minute), tzinfo=clock.SHANGHAI)


def post(client, user, manager, *, filed, sent, key="k1", **fields):
    data = {"cues": ["vip_card"], "name": "刘", "end": "introduce", "manager": manager.pk, **fields}
    way = {"owner": user.pk, "offline_at": filed.isoformat(), "sent_at": sent.isoformat()}
    headers = {"Idempotency-Key": key, "X-Requested-With": "fetch"}
    return client.post("/desk/offline/send/", {**way, **data}, headers=headers)


@pytest.fixture
def tablet(client, lobby, notice):
    """The lobby manager's tablet at half past ten."""
    with time_machine.travel(at(10, 30), tick=False):
        client.force_login(lobby)
        yield client


def test_the_true_time_is_ours_whatever_the_devices_clock_says():
    slow = datetime.timedelta(minutes=47)
    assert true_time(at(10) - slow, at(10, 25) - slow, at(10, 30)) == at(10, 5)
    assert true_time(at(11), at(10), at(10, 30)) == at(10, 30)  # a clock put back meanwhile


def test_a_late_slip_keeps_both_clocks_and_waits_since_its_true_time(tablet, lobby, wealth):
    answer = post(tablet, lobby, wealth, filed=at(9, 58), sent=at(10, 28))
    slip = Referral.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"id": slip.pk})
    assert (slip.referred_at, slip.filed_at, slip.waiting_since) == (at(10), at(10, 30), at(10))
    late = slip.offline
    assert (late.device_at, late.device_sent_at, late.arrived_at) == (at(9, 58), at(10, 28), at(10, 30))


def test_sent_ten_times_it_is_one(tablet, lobby, wealth):
    answers = {
        post(tablet, lobby, wealth, filed=at(10), sent=at(10, 25 + n % 5)).json()["id"] for n in range(10)
    }
    assert len(answers) == Referral.objects.count() == OfflineArrival.objects.count() == 1


def test_a_card_whose_answer_was_lost_is_not_filed_again_and_not_late(tablet, lobby, wealth):
    card = {"cues": ["vip_card"], "name": "刘", "end": "introduce", "manager": wealth.pk}
    tablet.post("/desk/file/", {**card, "idempotency_key": "k1"}, headers={"HX-Request": "true"})
    assert post(tablet, lobby, wealth, filed=at(10, 30), sent=at(10, 30)).status_code == 201
    assert Referral.objects.count() == 1 and not OfflineArrival.objects.exists()


def test_the_same_key_with_another_card_is_a_conflict(tablet, lobby, wealth):
    post(tablet, lobby, wealth, filed=at(10), sent=at(10, 30))
    answer = post(tablet, lobby, wealth, filed=at(10), sent=at(10, 30), name="王")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_another_person_does_not_send_it(tablet, lobby, ebank, wealth):
    tablet.force_login(ebank)
    answer = post(tablet, lobby, wealth, filed=at(10), sent=at(10, 30))
    assert (answer.status_code, answer.json()["code"]) == (409, "other_user")
    assert not Referral.objects.exists()


def test_without_a_session_it_is_told_to_log_in(tablet, lobby, wealth):
    tablet.logout()
    answer = post(tablet, lobby, wealth, filed=at(10), sent=at(10, 30))
    assert answer.status_code == 401 and answer["HX-Login"] == "1"


def test_a_slip_of_yesterday_after_yesterday_closed_goes_to_today_with_its_true_time(
    client, lobby, wealth, notice
):
    with time_machine.travel(at(9), tick=False):
        yesterday = business_day(lobby.branch, by=lobby)
    BranchDay.objects.filter(pk=yesterday.pk).update(ended_at=at(17, 30), closed_at=at(17, 30))
    tomorrow = DAY + datetime.timedelta(days=1)
    with time_machine.travel(at(9, 10, tomorrow), tick=False):
        client.force_login(lobby)
        assert post(client, lobby, wealth, filed=at(16, 50), sent=at(9, 10, tomorrow)).status_code == 201
        slip = Referral.objects.get()
        assert (slip.day.date, slip.referred_at) == (tomorrow, at(16, 50))
        assert not Referral.objects.filter(day=yesterday).exists()
        page = client.get(f"/referrals/{slip.pk}/").content.decode()
        assert "离线登记" in page and "16:50" in page
        assert "已补发" in client.get("/desk/").content.decode()


def test_a_manager_who_is_out_now_did_receive_the_client_then(tablet, lobby, wealth):
    wealth.availability = "out"
    wealth.save()
    assert post(tablet, lobby, wealth, filed=at(10), sent=at(10, 30)).status_code == 201


REFUSED = {
    "no clue": {"cues": []},
    "a card without a phone": {"end": "card", "card_open": "on"},
    "four days old": {"filed": at(10, day=DAY - datetime.timedelta(days=4))},
    "a phone nobody has": {"phone": "12"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_filed_comes_back_with_its_reason(tablet, lobby, wealth, name):
    fields = {"filed": at(10), "sent": at(10, 30), **REFUSED[name]}
    answer = post(tablet, lobby, wealth, **fields)
    assert (answer.status_code, answer.json()["code"]) == (422, "refused") and answer.json()["text"]
    assert not Referral.objects.exists()


@pytest.mark.parametrize("moment", ["", "x", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "10:00"])
def test_no_clock_breaks_the_door(tablet, lobby, wealth, moment):
    data = {"cues": ["vip_card"], "end": "introduce", "manager": wealth.pk, "owner": lobby.pk}
    answer = tablet.post("/desk/offline/send/", {**data, "offline_at": moment, "sent_at": moment})
    assert answer.status_code == 422


def test_throwing_away_is_on_record_once_and_the_head_is_told(tablet, lobby, head):
    for _n in "ab":
        data = {"count": 2, "oldest_at": at(9).isoformat()}
        answer = tablet.post("/desk/offline/discard/", data, headers={"Idempotency-Key": "d1"})
        assert answer.status_code == 201
    row = OfflineDiscard.objects.get()
    assert (row.by, row.count, row.oldest_at, row.branch) == (lobby, 2, at(9), lobby.branch)
    assert Notice.objects.get(recipient=head).params == {"name": "周敏", "count": 2}


@pytest.mark.parametrize("count", ["", "0", "-1", "x", "1000"])
def test_nothing_and_too_much_are_not_thrown_away(tablet, count):
    assert tablet.post("/desk/offline/discard/", {"count": count}).status_code == 422


def test_the_kept_page_knows_nobody(client, lobby, wealth, filed):
    filed(name="欧阳晓梅")
    client.force_login(lobby)
    logged_in = client.get("/desk/offline/").content.decode()
    client.logout()
    with time_machine.travel(clock.now() + datetime.timedelta(minutes=3), tick=False):
        assert client.get("/desk/offline/").content.decode() == logged_in
    for part in ("周敏", "林晓燕", "欧阳", "csrfmiddlewaretoken", "中山路"):
        assert part not in logged_in
    assert logged_in.count('name="cues"') == 13


def test_the_worker_keeps_every_file_the_page_names_and_nothing_else(client):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript") and answer["Service-Worker-Allowed"] == "/"
    assert answer["Cache-Control"] == "no-cache" and "script-src 'self'" in answer["Content-Security-Policy"]
    kept = json.loads(re.search(r"const KEPT = (\{.*\});", answer.content.decode())[1])
    page = client.get(kept["page"]).content.decode()
    assert set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page)) <= set(kept["assets"])
    assert all(url.startswith("/static/") and finders.find(url[len("/static/") :]) for url in kept["assets"])
    assert client.get("/sw.js").content == answer.content


def test_the_manifest_opens_the_desk(client):
    answer = client.get("/desk.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    assert (answer.json()["start_url"], answer.json()["scope"]) == ("/desk/", "/")
    assert finders.find(answer.json()["icons"][0]["src"][len("/static/") :])
