"""A client's page as a browser has it: the head, and the tab that follows by itself."""

import html
import re

FOLLOWS = re.compile(r'id="client-tab"[^>]* hx-get="([^"]+)" hx-trigger="load"')


def page(browser, url, *, headers=None):
    """The page, and on a client's the tab that follows it."""
    response = browser.get(url, headers=headers or {})
    assert response.status_code == 200, (url, response.status_code)
    text = response.content.decode()
    follows = FOLLOWS.search(text)
    return text + tab(browser, html.unescape(follows[1])) if follows else text


def tab(browser, url):
    """One tab of a client's page, as the page asks for it."""
    response = browser.get(url, headers={"HX-Request": "true", "HX-Target": "client-tab"})
    assert response.status_code == 200, (url, response.status_code)
    return response.content.decode()
