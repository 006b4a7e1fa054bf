"""The two screen sizes, and a person logged in by the form."""

from playwright.sync_api import expect


def test_a_person_logs_in_and_sees_their_own_page_without_sideways_scrolling(screen_of, wealth):
    page = screen_of(wealth)
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]
