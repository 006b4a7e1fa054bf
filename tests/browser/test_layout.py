"""Each main page at a desk and on a phone, in both languages: what every screen owes its reader.

No sideways scrolling, one filled button at most, a title, a language, targets a thumb can hit,
one main heading, names for all controls; and, by the fixture, no error in the console (CSP included).
"""

import pytest
from playwright.sync_api import expect

from rmflow.staff.models import User

pytestmark = pytest.mark.django_db(transaction=True)

#: who → the main pages of that role; `{client}` and `{slip}` are those of the demonstration below.
PAGES = {
    "lobby": ["/desk/", "/referrals/", "/referrals/mine/", "/referrals/{slip}/", "/search/", "/more/"],
    "wealth": ["/today/", "/followups/", "/worklog/", "/referrals/waiting/", "/notices/", "/workdays/"],
    "marketing": ["/today/", "/desk/"],
    "auditor": ["/privacy/log/", "/jobs/"],
    "teller": ["/desk/", "/about/permissions"],
}
LANGUAGES = ("zh-hans", "en")
SMALLEST = 24  # px, WCAG 2.2 AA target size; a thumb's targets: 44 on the lobby desk (design.md)

CHECK = """
() => {
  const seen = (el) => el.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && el.getClientRects().length > 0;
  const said = (el) => (el.getAttribute("aria-label") || el.textContent || el.value || el.title || "").trim();
  const label = (el) => el.labels?.length || el.getAttribute("aria-label") || el.getAttribute("aria-labelledby");
  const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")];
  return {
    width: document.documentElement.scrollWidth,
    filled: [...document.querySelectorAll("main .btn-primary")].filter(seen).map(said),
    headings: [...document.querySelectorAll("h1")].filter(seen).length,
    unnamed: [...document.querySelectorAll("button, a[href]")]
      .filter((el) => seen(el) && !said(el) && !el.querySelector("[aria-label]"))
      .map((el) => el.outerHTML.slice(0, 120)),
    unlabelled: fields.filter((el) => seen(el) && !label(el)).map((el) => el.outerHTML.slice(0, 120)),
    doubled: [...document.querySelectorAll("[id]")].map((el) => el.id).filter((id, i, all) => all.indexOf(id) !== i),
    images: [...document.images].filter((img) => !img.complete || !img.naturalWidth).length,
    title: document.title,
    lang: document.documentElement.lang,
  };
}
"""


@pytest.fixture
def filled_branch(filed, marketing, auditor, teller, wealth, colleague):
    """A branch with something on every page."""
    slips = [filed(name=name) for name in ("刘", "王", "陈")]
    return {"slip": slips[0].pk}


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("role", PAGES)
def test_main_pages_keep_what_every_screen_owes(request, role, size, filled_branch):
    user = request.getfixturevalue(role)
    page = request.getfixturevalue(size)(user)
    wrong = []
    for language in LANGUAGES:
        User.objects.filter(pk=user.pk).update(language=language)
        for path in PAGES[role]:
            page.goto(path.format(**filled_branch))
            expect(page.locator("#page-title")).to_be_attached()
            wrong += [f"{path} {language}: {fault}" for fault in faults(page, language)]
    assert wrong == []


def faults(page, language):
    """What is wrong with the page on the screen, in words."""
    found = page.evaluate(CHECK)
    if found["width"] > page.viewport_size["width"]:
        yield f"{found['width']} px wide"
    if len(found["filled"]) > 1:
        yield f"filled buttons: {found['filled']}"
    if found["headings"] != 1:
        yield f"{found['headings']} main headings"
    for name in ("unnamed", "unlabelled", "doubled", "images"):
        if found[name]:
            yield f"{name}: {found[name]}"
    if not found["title"].split(" · ")[0].strip():
        yield "no title"
    if found["lang"] != {"zh-hans": "zh-Hans", "en": "en"}[language]:
        yield f"lang={found['lang']}"


def test_a_thumb_hits_every_target_of_the_lobby_desk(phone, lobby, wealth, colleague, notice):
    page = phone(lobby)
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main .choice, main .filter, main select")]
          .filter((el) => el.checkVisibility() && el.getClientRects().length)
          .map((el) => [el.textContent.trim().slice(0, 20) || el.id, el.getBoundingClientRect()])
          .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
          .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
    )
    assert small == []
