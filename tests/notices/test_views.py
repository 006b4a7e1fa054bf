"""One's own notices on the page and under the bell."""

import pytest

from rmflow.notices import actions
from rmflow.notices.models import Notice


@pytest.fixture
def news(wealth, colleague):
    """Two notices for the wealth manager and one for a colleague."""
    actions.notify([wealth], "test", "First <b>news</b>", key="a", link="/about/permissions")
    actions.notify([wealth], "test", "Second news", key="b", urgent=True)
    actions.notify([colleague], "test", "Not for her", key="c")
    return list(Notice.objects.visible_to(wealth).order_by("pk"))


@pytest.fixture
def browser(client, wealth):
    client.force_login(wealth)
    return client


@pytest.mark.parametrize("address", ["/notices/", "/notices/latest/", "/notices/?unread=1"])
def test_a_person_sees_his_own_newest_first(browser, news, address):
    page = browser.get(address).content.decode()
    assert page.index("Second news") < page.index("First &lt;b&gt;news")
    assert "Not for her" not in page


@pytest.mark.parametrize("address", ["/notices/", "/notices/latest/"])
def test_an_empty_list_says_so(browser, address):
    assert browser.get(address).status_code == 200


def test_opening_marks_as_read_and_leads_on(browser, news):
    answer = browser.get(f"/notices/{news[0].pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/about/permissions")
    assert Notice.objects.unread().filter(key="a").count() == 0
    assert browser.get(f"/notices/{news[1].pk}/")["Location"] == "/notices/"


def test_anothers_notice_is_not_there(browser, news):
    foreign = Notice.objects.get(key="c")
    assert browser.get(f"/notices/{foreign.pk}/").status_code == 404
    assert Notice.objects.unread().filter(key="c").exists()


def test_everything_on_the_screen_is_marked_read_at_once(browser, news):
    answer = browser.post("/notices/read/", {"newest": news[1].pk}, headers={"HX-Request": "true"})
    assert 'data-unread="0"' in answer.content.decode()
    assert {n.key for n in Notice.objects.unread()} == {"c"}


@pytest.mark.parametrize("newest", ["", "x", "-1", "9" * 30, "\x00"])
def test_a_broken_button_changes_nothing(browser, news, newest):
    assert browser.post("/notices/read/", {"newest": newest}).status_code < 500
    assert Notice.objects.unread().count() == 3


def test_marking_needs_a_post(browser, news):
    assert browser.get("/notices/read/").status_code == 405


@pytest.mark.parametrize("address", ["/notices/", "/notices/latest/", "/notices/1/", "/notices/poll/"])
def test_nobody_reads_notices_without_logging_in(client, db, address):
    assert client.get(address)["Location"].startswith("/login/")


def test_the_page_costs_the_same_for_one_and_for_many(browser, wealth, django_assert_max_num_queries):
    for n in range(30):
        actions.notify([wealth], "test", "News", key=str(n))
    browser.get("/notices/")
    with django_assert_max_num_queries(8):
        page = browser.get("/notices/")
    assert page.content.decode().count("data-row") >= 25


def test_the_bell_asks_more_often_for_those_who_wait(client, wealth, teller):
    for person, pace in ((wealth, 3), (teller, 30)):
        client.force_login(person)
        assert f'data-poll="{pace}"' in client.get("/notices/").content.decode()
