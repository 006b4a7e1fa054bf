"""In the demo every page says that its data is invented; nowhere else does it."""

import pytest

WORDS, STRIP = "演示环境，数据均为虚构", 'class="demo-strip"'


@pytest.fixture
def demo(settings):
    settings.MODE = "demo"


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("lobby", "/desk/"),
        ("wealth", "/today/"),
        ("head", "/overview/"),
        ("auditor", "/privacy/log/"),
        ("teller", "/more/"),
    ],
)
def test_every_page_of_the_demo_says_so_once(client, request, demo, who, address):
    client.force_login(request.getfixturevalue(who))
    for _again in range(2):  # the second time from what is kept
        page = client.get(address).content.decode()
        assert page.count(STRIP) == page.count(WORDS) == 1


def test_the_log_in_page_says_so_too(client, db, demo):
    page = client.get("/login/").content.decode()
    assert page.count(STRIP) == page.count(WORDS) == 1


def test_a_bank_at_work_is_not_called_a_demonstration(client, lobby):
    client.force_login(lobby)
    for address in ("/desk/", "/login/"):
        assert WORDS not in client.get(address, follow=True).content.decode()


def test_it_is_hidden_at_no_size():
    from tests.sources import ROOT

    strips = [path.read_text() for path in (ROOT / "templates/shell").glob("_demo.html")]
    assert strips and not any("only-desk" in text or "only-phone" in text for text in strips)
