"""The lobby card without a network: filed, kept sealed through a restart of the browser, sent exactly once."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from referrals.models import OfflineArrival, OfflineDiscard, Referral
from rmflow.staff import sittings
from tests import chromium
from tests.browser.conftest import DESK
from tests.browser.words import say
from tests.conftest import PASSWORD

pytestmark = pytest.mark.usefixtures("wealth", "notice")
CUE = say("Showed a VIP card")
NAME = say("Name or surname")
TYPED = ("欧阳晓梅", "13908571234")
STRIP = "#desk-offline"

#: Everything the browser keeps of us, as text: each value of each store, each cached answer, each item.
KEPT = """async () => {
  const parts = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}), document.cookie];
  const show = (value) => value instanceof ArrayBuffer
    ? ["utf-8", "utf-16le", "latin1"].map((code) => new TextDecoder(code).decode(value)).join("")
    : value instanceof CryptoKey ? `key extractable=${value.extractable}`
    : value && typeof value === "object" ? Object.entries(value).map(([k, v]) => k + "=" + show(v)).join(";")
    : String(value);
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((yes, no) => {
      const ask = indexedDB.open(name); ask.onsuccess = () => yes(ask.result); ask.onerror = no;
    });
    for (const store of db.objectStoreNames) {
      const rows = await new Promise((yes) => {
        const ask = db.transaction(store).objectStore(store).getAll(); ask.onsuccess = () => yes(ask.result);
      });
      parts.push(store + ":" + rows.map(show).join("|"));
    }
    db.close();
  }
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      parts.push(request.url + " " + await (await (await caches.open(name)).match(request)).text());
  return parts.join("\\n");
}"""


@pytest.fixture
def tablet(chrome_home, tmp_path, live_server, transactional_db, log_in):
    """A function: the lobby's tablet with a profile on disk; called again after `close()`, it has restarted."""
    contexts = []

    def start(offline=False):
        context = chrome_home.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium.find(),
            args=chromium.FLAGS,
            base_url=live_server.url,
            viewport=DESK,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        context.set_offline(offline)
        return context.pages[0] if context.pages else context.new_page()

    yield start
    for context in contexts:
        context.close()


@pytest.fixture
def chrome_home(chrome):
    """The browser type behind the session's browser, for profiles of their own."""
    return chrome.browser_type


def ready(page):
    """The desk is open and the device has kept the card."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("async () => (await caches.keys()).length > 0")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def cut(page, off=True):
    page.context.set_offline(off)


def introduce(page, name, manager):
    page.get_by_label(CUE).click()
    page.get_by_label(NAME).fill(name)
    page.get_by_role("button", name=say("Introduce to {name} now", name=manager.name)).click()


def waiting(number):
    return say("Waiting to send: {n}", n=number)


def test_two_cards_filed_without_a_network_survive_a_restart_and_arrive_once(
    tablet, desk, log_in, lobby, wealth
):
    page = tablet()
    log_in(page, lobby)
    ready(page)
    cut(page)
    introduce(page, TYPED[0], wealth)
    expect(page.locator(STRIP)).to_contain_text(waiting(1))
    expect(page.get_by_label(NAME)).to_have_value("")
    page.reload()  # the kept card, without a network
    expect(page.locator(STRIP)).to_contain_text(waiting(1))
    expect(page.get_by_role("radio", name=re.compile(wealth.name))).to_be_visible()
    page.get_by_label(CUE).click()
    page.get_by_label(NAME).fill("慕容雪")
    page.get_by_label(re.compile(say("Phone number"))).fill(TYPED[1])
    page.get_by_label(say("Told and agreed")).click()
    page.get_by_role("button", name=say("Priority counter")).click()
    expect(page.locator(STRIP)).to_contain_text(waiting(2))
    kept = page.evaluate(KEPT)
    assert "queue:" in kept and "key extractable=false" in kept
    for secret in (*TYPED, "慕容雪", "1234"):
        assert secret not in kept.replace("/", "")
    page.context.close()

    page = tablet(offline=True)  # the browser was closed and opened again, still without a network
    page.goto("/desk/")
    expect(page.locator(STRIP)).to_contain_text(waiting(2))
    assert not Referral.objects.exists()
    cut(page, off=False)
    expect(page.locator("#desk-list")).to_contain_text("欧阳", timeout=30_000)
    expect(page.locator("#desk-list")).to_contain_text("慕容")
    expect(page.locator(STRIP)).not_to_contain_text(say("Waiting to be sent"))
    page.reload()
    assert sorted(Referral.objects.values_list("client__name", flat=True)) == sorted([TYPED[0], "慕容雪"])
    assert OfflineArrival.objects.count() == 2
    for slip in Referral.objects.select_related("offline"):
        assert slip.referred_at < slip.filed_at == slip.offline.arrived_at
    manager = desk(wealth)
    expect(manager.locator("#waiting-strip")).to_contain_text("欧阳")


def test_a_dropped_network_is_said_and_a_card_waits_until_it_is_back(desk, lobby, wealth):
    page = desk(lobby)
    ready(page)
    cut(page)
    introduce(page, "上官云", wealth)
    expect(page.locator(STRIP)).to_contain_text(say("Network lost"))
    expect(page.locator(STRIP)).to_contain_text(waiting(1))
    assert not Referral.objects.exists()
    cut(page, off=False)
    expect(page.locator("#desk-list")).to_contain_text("上官", timeout=20_000)
    expect(page.locator(STRIP)).to_be_empty()
    assert Referral.objects.count() == 1
    page.errors.clear()


def test_a_card_that_is_not_complete_is_not_taken_and_keeps_its_text(desk, lobby, wealth):
    page = desk(lobby)
    ready(page)
    cut(page)
    page.get_by_label(NAME).fill("上官云")
    page.get_by_role("button", name=say("Introduce to {name} now", name=wealth.name)).click()
    expect(page.locator("#toasts")).to_contain_text(say("Choose at least one clue."))
    expect(page.get_by_label(NAME)).to_have_value("上官云")
    expect(page.locator(STRIP)).not_to_contain_text(say("Waiting to be sent"))
    cut(page, off=False)
    page.errors.clear()


def test_after_the_session_is_over_a_card_stays_and_asks_for_a_log_in(desk, lobby, wealth):
    page = desk(lobby)
    ready(page)
    cut(page)
    introduce(page, "上官云", wealth)
    expect(page.locator(STRIP)).to_contain_text(waiting(1))
    sittings.end_all(lobby, "idle")
    cache.clear()
    page.reload()
    cut(page, off=False)
    link = page.get_by_role("link", name=say("Log in to send them"))
    expect(link).to_be_visible(timeout=30_000)
    assert not Referral.objects.exists()
    link.click()
    page.locator("#login-form input[name=username]").fill(lobby.employee_no)
    page.locator("#login-form input[name=password]").fill(PASSWORD)
    page.locator("#login-form button[type=submit]").click()
    expect(page.locator("#desk-list")).to_contain_text("上官", timeout=20_000)
    assert Referral.objects.count() == 1
    page.errors.clear()


def test_another_person_on_the_device_neither_sends_nor_reads_it(desk, log_in, lobby, ebank, wealth):
    page = desk(lobby)
    ready(page)
    cut(page)
    introduce(page, "上官云", wealth)
    expect(page.locator(STRIP)).to_contain_text(waiting(1))
    sittings.end_all(lobby, "idle")
    cache.clear()
    page.goto("about:blank")  # the first person has gone; no look of that page is under way any more
    cut(page, off=False)
    page.context.clear_cookies()
    log_in(page, ebank)
    page.goto("/desk/")
    others = say("{n} more wait on this device for the log-in of the colleague who filed them", n=1)
    expect(page.locator(STRIP)).to_contain_text(others)
    expect(page.locator(STRIP)).not_to_contain_text("上官")
    assert not Referral.objects.exists()
    page.errors.clear()


def test_logging_out_with_an_unsent_card_asks_and_throwing_it_away_is_on_record(desk, lobby, wealth):
    page = desk(lobby)
    ready(page)
    page.route("**/desk/offline/send/", lambda route: route.abort())
    page.route("**/desk/file/", lambda route: route.abort())
    introduce(page, "上官云", wealth)
    expect(page.locator(STRIP)).to_contain_text(say("Waiting to be sent"))
    page.locator("#person-menu summary").click()
    page.get_by_role("button", name=say("Log out"), exact=True).click()
    dialog = page.locator("#unsent-dialog")
    expect(dialog).to_contain_text("1")
    dialog.get_by_role("button", name=say("Stay logged in")).click()
    page.get_by_role("button", name=say("Log out"), exact=True).click()
    dialog.get_by_role("button", name=say("Throw away and log out")).click()
    expect(page.locator("#login-form")).to_be_visible()
    row = OfflineDiscard.objects.get()
    assert (row.by, row.count) == (lobby, 1) and row.oldest_at
    assert not Referral.objects.exists()
    assert "queue:\n" in page.evaluate(KEPT) + "\n"
    page.errors.clear()


def test_a_refused_card_is_put_back_into_the_form_with_its_reason(desk, lobby, wealth, filed):
    filed(phone=TYPED[1], basis="consent", name="上官云")
    page = desk(lobby)
    ready(page)
    cut(page)
    page.get_by_label(re.compile(say("Phone number"))).fill(TYPED[1])
    page.get_by_label(say("Told and agreed")).click()
    page.wait_for_timeout(1000)  # the question asked half a second after typing finds no network
    introduce(page, "上官云", wealth)
    expect(page.locator(STRIP)).to_contain_text(say("Waiting to be sent"))
    cut(page, off=False)
    expect(page.locator(STRIP)).to_contain_text(say("Needs you"), timeout=20_000)
    assert Referral.objects.count() == 1
    page.locator(STRIP).get_by_role("button", name=say("Open")).click()
    expect(page.get_by_label(NAME)).to_have_value("上官云")
    page.get_by_label(say("Reason for referring again")).fill("客户再次到店")
    page.get_by_role("button", name=say("Introduce to {name} now", name=wealth.name)).click()
    expect(page.locator(STRIP)).to_be_empty()
    second = Referral.objects.latest("pk")
    assert second.repeat_reason and second.offline.device_at
    page.errors.clear()
