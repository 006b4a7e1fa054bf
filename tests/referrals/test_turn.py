"""Who is served first (W1-03): VIP-card holders and known premium clients, then the longest waiting."""

import datetime

import pytest
from django.db import connection

from clients.models import Client
from referrals import stats
from referrals.models import Referral
from referrals.rules import End
from rmflow.portal import stats as overview
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(filed, branches):
    """Four who wait since 40, 30, 20 and 10 minutes: nothing known, a VIP card, premium, a VIP card."""
    names = [("赵", ["forex"]), ("钱", ["vip_card", "forex"]), ("孙", ["forex"]), ("李", ["vip_card"])]
    slips = [filed(name=name, cues=cues) for name, cues in names]
    for n, slip in enumerate(slips):
        since = clock.now() - datetime.timedelta(minutes=40 - 10 * n)
        Referral.objects.filter(pk=slip.pk).update(waiting_since=since)
    Client.objects.filter(pk=slips[2].client_id).update(type="existing_premium", level="regular")
    return slips


@pytest.fixture
def turn(queue):
    plain, card, premium, late_card = (slip.pk for slip in queue)
    return [card, premium, late_card, plain]


def test_card_holders_and_premium_clients_come_first_at_the_desk(turn, lobby, branches):
    assert [slip.pk for slip in stats.waiting(lobby, branches["first"].pk)] == turn


def test_the_manager_is_led_to_them_first(turn, wealth):
    assert [slip.pk for slip in stats.waiting_for(wealth)] == turn


def test_the_overview_names_them_in_the_same_order(turn, head):
    shown = overview.waiting(head)
    assert [row["pk"] for row in shown] == turn
    assert [row["served_first"] for row in shown] == [True, True, True, False]


def test_the_api_gives_those_waiting_in_turn_and_all_others_the_newest_first(turn, client, lobby, queue):
    client.force_login(lobby)
    rows = client.get("/api/v1/referrals/", {"reception": "waiting"}).json()["results"]
    assert [row["id"] for row in rows] == turn
    rows = client.get("/api/v1/referrals/").json()["results"]
    assert [row["id"] for row in rows] == [slip.pk for slip in reversed(queue)]


def test_both_pages_say_so_in_a_word(turn, client, lobby, wealth):
    client.force_login(lobby)
    assert client.get("/desk/").content.decode().count("优先</span>") == 3
    client.force_login(wealth)
    assert "优先</span>" in client.get("/referrals/waiting/").content.decode()


def test_nobody_is_marked_for_other_clues(filed, client, lobby):
    filed(cues=["asked_guard", "large_cash"])
    client.force_login(lobby)
    assert "优先</span>" not in client.get("/desk/").content.decode()


def test_the_index_of_those_waiting_still_finds_them(filed, branches):
    """Among slips that wait for nobody, which a branch has by the thousand; of an empty table any index would do."""
    filed(end=End.PRIORITY, manager_id=None)
    columns = ", ".join(field.column for field in Referral._meta.concrete_fields if not field.primary_key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO referrals_referral ({columns})"
            f" SELECT {columns} FROM referrals_referral, generate_series(1, 2000)"
        )
        cursor.execute("ANALYZE referrals_referral")
        plan = Referral.objects.filter(branch=branches["first"]).waiting()[:20].explain()
    assert "referral_waiting" in plan
