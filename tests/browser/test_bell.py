"""The bell on the screen of somebody who waits: live, counted, quiet in a hidden tab."""

import pytest
from playwright.sync_api import expect

from rmflow.notices import actions
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
LIVE = 5000  # milliseconds from the action to the screen (house: bell)


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desk", "phone"])
def page(chrome, live_server, request, wealth):
    """The wealth manager, logged in and looking at an empty list, at a desk and on a phone."""
    wealth.language = "en"
    wealth.save()
    width, height = request.param
    context = chrome.new_context(
        locale="en", base_url=live_server.url, viewport={"width": width, "height": height}
    )
    context.add_cookies([{"name": "django_language", "value": "en", "url": live_server.url}])
    page = context.new_page()
    page.wrong, page.polls = [], []
    page.on("console", lambda line: page.wrong.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("request", lambda asked: page.polls.append(asked.url) if "/poll/" in asked.url else None)
    page.goto("/notices/")
    page.get_by_label("Employee number").fill(wealth.employee_no)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Notices")).to_be_visible()
    yield page
    assert page.wrong == []
    context.close()


def hide(page, hidden):
    """What the browser says when the tab goes to the back or comes to the front."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_news_appears_without_reloading_and_is_read_under_the_bell(page, wealth):
    page.evaluate("document.body.addEventListener('rmflow:news', () => (window.heard = true))")
    actions.notify([wealth], "test", "A client waits in the lobby", key="a", urgent=True)
    count = page.locator(".bell-count")
    expect(count).to_have_text("1", timeout=LIVE)
    expect(page).to_have_title("(1) Notices · Client manager workbench")
    expect(page.locator("#bell-live")).to_have_text("A client waits in the lobby")
    assert page.evaluate("window.heard")
    page.locator("#bell-menu summary").click()
    panel = page.locator("#bell-panel")
    expect(panel.get_by_role("link", name="A client waits in the lobby")).to_be_visible()
    box = panel.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    panel.get_by_role("button", name="Mark all as read").click()
    expect(count).to_have_text("")
    expect(page).to_have_title("Notices · Client manager workbench")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_hidden_tab_asks_nothing_and_catches_up_when_it_is_seen(page, wealth):
    hide(page, True)
    page.polls.clear()
    actions.notify([wealth], "test", "A client waits in the lobby", key="a")
    page.wait_for_timeout(LIVE)
    assert page.polls == []
    hide(page, False)
    expect(page.locator(".bell-count")).to_have_text("1", timeout=1000)
