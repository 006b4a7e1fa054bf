"""A real Chromium, people logged in by the form, on desk-size and phone-size screens.

`desk(user)` and `phone(user)` each give a fresh browser context in Chinese with that person logged in;
call them twice for two people side by side. A page that logs an error fails its test at the end.
"""

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import chromium
from tests.conftest import PASSWORD

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def chrome():
    """One browser for all tests of this process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chrome, live_server):
    """A function that opens an empty page: `open_page(DESK, has_touch=False)`."""
    contexts, errors = [], []

    def make(viewport, **options):
        options = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options}
        context = chrome.new_context(base_url=live_server.url, viewport=viewport, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda line: (
                errors.append(f"{line.text} {line.location['url']}") if line.type == "error" else None
            ),
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.errors = errors  # a test that expects one (a 422) clears it
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def log_in():
    """A function that logs a person in through the form, as they would."""

    def do(page, user, password=PASSWORD):
        page.goto("/login/")
        page.locator("#login-form input[name=username]").fill(user.employee_no)
        page.locator("#login-form input[name=password]").fill(password)
        page.locator("#login-form button[type=submit]").click()
        expect(page.locator("#login-form")).to_have_count(0)
        page.wait_for_load_state()  # a key pressed before the scripts run would be the browser's own
        return page

    return do


@pytest.fixture
def desk(transactional_db, open_page, log_in):
    """A function: this person's PC, logged in."""
    return lambda user: log_in(open_page(DESK), user)


@pytest.fixture
def phone(transactional_db, open_page, log_in):
    """A function: this person's phone, logged in."""
    return lambda user: log_in(open_page(PHONE, has_touch=True, is_mobile=True, device_scale_factor=2), user)


@pytest.fixture(params=["desk", "phone"])
def screen_of(request, desk, phone):
    """A function as `desk` and as `phone`: the test runs once on each size."""
    return {"desk": desk, "phone": phone}[request.param]
