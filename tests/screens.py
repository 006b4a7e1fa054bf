"""`make screens`: the main pages of the demo as each role sees them, at a desk and on a phone.

Seeds the demo in the private servers of the run, serves it, and writes PNGs to test-results/screens/.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["RMFLOW_MODE"] = "demo"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from rmflow.portal.demo.people import PASSWORD  # noqa: E402
from tests import chromium  # noqa: E402
from tests.bench import site  # noqa: E402

FOLDER = ROOT / "test-results" / "screens"
SIZES = {"1280": (1280, 900), "390": (390, 844)}
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
OWN_CLIENT = "client"  # no address of its own: the first premium client of one's own list
PAGES = {
    "lobby1": {
        "desk": "/desk/",
        "referrals": "/referrals/",
        "closing": "/closing/",
        "complaints": "/complaints/",
        "take": "/complaints/new/",
    },
    "complaints1": {"complaint-desk": "/complaints/desk/", "extensions": "/complaints/extensions/"},
    "wealth1": {
        "today": "/today/",
        "clients": "/clients/",
        "followups": "/followups/",
        "worklog": "/worklog/",
        "client": OWN_CLIENT,
    },
    "teller1": {"mine": "/referrals/mine/", "closures": "/closures/"},
    "head1": {"overview": "/overview/", "statistics": "/statistics/", "table": "/statistics/table/"},
    "supervisor1": {"closure-analysis": "/closures/analysis/"},
    "admin1": {"jobs": "/jobs/", "calendar": "/workdays/", "permissions": "/about/permissions"},
    "security1": {"people": "/staff/people/"},
    "auditor1": {"log": "/privacy/log/"},
}


def main():
    problem = chromium.provide()
    if problem:
        sys.exit(problem)
    FOLDER.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("seed_demo")
    connections.close_all()
    with site.serving() as port, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS.split())
        for number, pages in PAGES.items():
            for size, (width, height) in SIZES.items():
                _pictures(browser, port, number, pages, size, width, height)
        browser.close()


def _pictures(browser, port, number, pages, size, width, height):
    """Log in once by the form, then a picture of each page."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    page, base = context.new_page(), f"http://127.0.0.1:{port}"
    page.goto(f"{base}/login/")
    page.fill("input[name=username]", number)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    for name, path in pages.items():
        if path == OWN_CLIENT:
            page.goto(f"{base}/clients/?type=existing_premium")
            path = page.locator("[data-list] [data-row]").first.get_attribute("href")
        page.goto(f"{base}{path}", wait_until="networkidle")
        page.screenshot(path=FOLDER / f"{name}-{size}.png")
    context.close()


if __name__ == "__main__":
    main()
