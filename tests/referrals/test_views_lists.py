"""The branch's list, one's own slips, one slip: what stands there, for whom, at what cost."""

import datetime

import pytest

from clients.rules import ClientType
from referrals import actions
from referrals.models import Referral
from referrals.rules import End, Status
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db

HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def at_lobby(client, lobby, wealth, notice):
    client.force_login(lobby)
    return client


def test_the_list_holds_the_branch_and_not_the_neighbour(at_lobby, filed, other_lobby, other_wealth):
    filed(name="周", salutation="sir")
    filed(by=other_lobby, manager_id=other_wealth.pk, name="郑", salutation="sir")
    page = at_lobby.get("/referrals/").content.decode()
    assert "周先生" in page and "郑先生" not in page


def test_the_list_is_filtered_by_day_state_reception_manager_and_mine(at_lobby, filed, colleague, teller):
    filed(name="周", salutation="sir")
    filed(name="吴", salutation="sir", manager_id=colleague.pk, by=teller)
    old = filed(name="郑", salutation="sir")
    Referral.objects.filter(pk=old.pk).update(filed_at=clock.now() - datetime.timedelta(days=20))
    for query, shown, hidden in [
        ("", "周先生", "郑先生"),
        ("?period=all", "郑先生", "没有"),
        ("?period=month", "郑先生", "没有"),
        (f"?day={clock.today() - datetime.timedelta(days=20)}", "郑先生", "周先生"),
        (f"?manager={colleague.pk}", "吴先生", "周先生"),
        ("?mine=on", "周先生", "吴先生"),
        ("?reception=waiting", "周先生", "郑先生"),
    ]:
        rows = at_lobby.get(f"/referrals/{query}").content.decode()
        assert shown in rows and hidden not in rows, query
    assert "nothing" in at_lobby.get("/referrals/?status=withdrawn").content.decode()


@pytest.mark.parametrize(
    "query", ["?day=2026-02-31", "?manager=x", "?page=999", "?page=-1", "?status=zzz", "?period=q"]
)
def test_an_unreadable_filter_breaks_nothing(at_lobby, filed, query):
    filed()
    assert at_lobby.get(f"/referrals/{query}").status_code == 200


def test_the_list_has_25_rows_a_page(at_lobby, filed):
    for _ in range(26):
        filed()
    assert at_lobby.get("/referrals/").content.decode().count("<tr id=") == 25
    assert at_lobby.get("/referrals/?page=2").content.decode().count("<tr id=") == 1


def test_page_and_fragment_are_the_same_rows(at_lobby, filed):
    filed()
    page = at_lobby.get("/referrals/").content.decode()
    fragment = at_lobby.get("/referrals/", **HTMX).content.decode()
    row = fragment[fragment.index("<tr id") : fragment.index("</tr>")]
    assert fragment.lstrip().startswith('<section class="sheet" id="slips"') and row in page


@pytest.mark.parametrize("path", ["/referrals/", "/referrals/mine/"])
def test_lists_cost_the_same_for_one_row_and_for_fifteen(
    at_lobby, filed, path, django_assert_max_num_queries
):
    filed()
    at_lobby.get(path)
    with django_assert_max_num_queries(18) as one:
        at_lobby.get(path)
    cost = len(one)
    for _ in range(14):
        filed()
    at_lobby.get(path)
    with django_assert_max_num_queries(cost):
        at_lobby.get(path)


def test_who_does_not_see_the_branch_sees_own_slips_only(client, teller, filed, lobby, wealth):
    mine = filed(by=teller, name="宋", salutation="madam")
    other = filed(name="周", salutation="sir")
    client.force_login(teller)
    assert client.get("/referrals/").status_code == 403
    page = client.get("/referrals/mine/").content.decode()
    assert "宋女士" in page and "周先生" not in page
    assert client.get(f"/referrals/{mine.pk}/").status_code == 200
    assert client.get(f"/referrals/{other.pk}/").status_code == 404


def test_the_referrer_reads_what_became_of_each(client, teller, filed, wealth, notice):
    waiting = filed(by=teller, name="王", salutation="sir")
    judged = filed(by=teller, name="李", salutation="sir")
    filed(by=teller, name="赵", end=End.CARD, phone="13812345678", basis="consent", agreed_on=clock.today())
    actions.judge(judged.pk, by=wealth, type=ClientType.EXISTING_PREMIUM, level="core")
    client.force_login(teller)
    page = client.get("/referrals/mine/", **HTMX).content.decode()
    assert "rmflow:news" in page and "林晓燕" in page
    assert page.count('id="slip-') == 3 and f"/referrals/{waiting.pk}/" in page


def test_a_slip_shows_the_columns_of_the_form_and_its_history(at_lobby, filed, wealth, colleague):
    slip = filed(business="cash", needs=["fund"], assets="50-200", note="客户赶时间", place="2号洽谈室")
    actions.perform("offer", slip.pk, by=slip.referrer, to=colleague.pk)
    page = at_lobby.get(f"/referrals/{slip.pk}/").content.decode()
    for part in (slip.number, "周敏 100102", "刘女士", "客户赶时间", "2号洽谈室", "陈志远"):
        assert part in page
    assert page.count("<time datetime") == 2


def test_the_phone_on_a_slip_is_masked(at_lobby, filed):
    slip = filed(phone="13812345678", basis="consent")
    page = at_lobby.get(f"/referrals/{slip.pk}/").content.decode()
    assert "138****5678" in page and "13812345678" not in page


def test_buttons_follow_the_steps_a_person_may_make(client, filed, lobby, wealth, head):
    slip = filed()
    seen = {}
    for user in (lobby, wealth, head):
        client.force_login(user)
        page = client.get(f"/referrals/{slip.pk}/").content.decode()
        seen[user.name] = {
            step for step in ("accept", "meet", "leave", "withdraw") if f"/{slip.pk}/{step}/" in page
        }
    assert seen == {"周敏": {"leave", "withdraw"}, "林晓燕": {"accept", "meet", "leave"}, "罗涛": {"leave"}}


def test_a_slip_is_withdrawn_with_a_reason(at_lobby, filed):
    slip = filed()
    assert at_lobby.post(f"/referrals/{slip.pk}/withdraw/", {"note": " "}).status_code == 422
    assert at_lobby.post(f"/referrals/{slip.pk}/withdraw/", {"note": "客户有事离开"}).status_code == 303
    slip.refresh_from_db()
    assert slip.status == Status.WITHDRAWN
