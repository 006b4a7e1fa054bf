"""The keyboard's way about: the palette finds a client and a place, held Alt shows keys, "?" lists them."""

import re

from playwright.sync_api import expect

from tests.browser.words import say


def test_the_palette_finds_and_the_keys_are_shown(desk, wealth, filed):
    slip = filed(name="欧阳")
    page = desk(wealth)
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    expect(palette).to_be_visible()
    page.keyboard.type("欧阳")
    expect(palette.locator(f'#palette-found a[href="/clients/{slip.client_id}/"]')).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()

    page.keyboard.down("Alt")
    expect(page.locator("html")).to_have_class(re.compile("show-keys"))
    page.keyboard.up("Alt")
    expect(page.locator("html")).not_to_have_class(re.compile("show-keys"))

    page.keyboard.press("?")
    expect(page.locator("#key-help")).to_contain_text(say("Hold to see each key on its button"))
    page.keyboard.press("Escape")

    page.keyboard.press("Control+k")
    page.keyboard.type(say("Calendar", "rail"))
    palette.get_by_role("link", name=say("Calendar", "rail")).click()
    expect(page).to_have_url(re.compile(r"/workdays/"))
