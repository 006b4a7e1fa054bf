"""Each main page at a desk and on a phone, in both languages: what every screen owes its reader.

No sideways scrolling, one filled button at most, a title, a language, targets a thumb can hit,
one main heading, names for all controls; and, by the fixture, no error in the console (CSP included).
"""

import datetime

import pytest
from playwright.sync_api import expect

from followups.models import PlanItem
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db(transaction=True)

#: who → the main pages of that role; `{slip}`, `{client}`, `{item}` are those of `filled_branch`.
PAGES = {
    "lobby": ["/desk/", "/referrals/", "/referrals/mine/", "/referrals/{slip}/", "/search/", "/more/"],
    "wealth": [
        "/today/",
        "/today/{item}/",
        "/today/new/",
        "/followups/",
        "/followups/{record}/",
        "/worklog/",
        "/referrals/waiting/",
        "/clients/",
        "/clients/new/",
        "/clients/{client}/",
        "/notices/",
        "/workdays/",
    ],
    "head": ["/overview/", "/referrals/", "/followups/", "/clients/", "/clients/duplicates/", "/staff/duty/"],
    "teller": ["/desk/", "/about/permissions"],
    "security_admin": ["/staff/people/", "/unlock/"],
    "admin_user": ["/jobs/", "/staff/people/new/"],
    "auditor": ["/privacy/log/"],
}
LANGUAGES = {"zh-hans": "zh-Hans", "en": "en"}

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
    unnamed: [...document.querySelectorAll("button, a[href], summary")]
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
#: Everything a thumb may press, 44 px each way (design.md). A link within a sentence is text, as in WCAG 2.5.8;
#: a check box is as big as its label, the link of a row or a tile as big as that (its ::after lies over it).
SMALL = """
() => [...document.querySelectorAll("a[href], button, select, summary, textarea, input:not([type=hidden])")]
  .map((el) => (el.matches("[type=checkbox], [type=radio]") && el.labels[0]) || el)
  .filter((el) => el.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .filter((el) => !(getComputedStyle(el).display === "inline" && !el.parentElement.matches("td, li")))
  .map((el) => {
    const over = getComputedStyle(el, "::after");
    const laid = over.content !== "none" && over.position === "absolute" && el.closest("tr, .tile");
    return [el, (laid || el).getBoundingClientRect()];
  })
  .filter(([, box]) => box.width > 1 && box.height > 1 && (box.height < 43.5 || box.width < 43.5))
  .map(([el, box]) => [el.className, el.textContent.trim().slice(0, 20), Math.round(box.width), Math.round(box.height)])
  .map((words) => words.join(" "))
"""


@pytest.fixture
def filled_branch(filed, wealth, colleague, teller):
    """A branch with something on every page."""
    tomorrow = clock.today() + datetime.timedelta(days=1)
    slips = [filed(name=name) for name in ("刘", "王", "陈")]
    card = filed(name="陈美华", end="card", phone="13908571234", basis="consent", agreed_on=tomorrow)
    item = PlanItem.objects.get(client=card.client)
    return {
        "slip": slips[0].pk,
        "client": card.client_id,
        "record": card.follow_up_id,
        "item": item.pk,
    }


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("role", PAGES)
def test_main_pages_keep_what_every_screen_owes(request, settings, role, size, filled_branch):
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it
    user = request.getfixturevalue(role)
    page = request.getfixturevalue(size)(user)
    wrong = []
    for language, tag in LANGUAGES.items():
        if language != "zh-hans":
            choose(page, language)
        for path in PAGES[role]:
            page.goto(path.format(**filled_branch))
            expect(page.locator("#page-title")).to_be_attached()
            wrong += [f"{path} {language}: {fault}" for fault in faults(page, tag, thumb=size == "phone")]
    assert not wrong, "\n".join(wrong)


def choose(page, language):
    """Another language, by the person's own menu."""
    page.locator("#person-menu > summary").click()
    page.locator(f"#person-menu button[name=language][value={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", LANGUAGES[language])


def faults(page, tag, *, thumb):
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
    if found["lang"] != tag:
        yield f"lang={found['lang']}"
    if thumb and (small := page.evaluate(SMALL)):
        yield f"too small for a thumb: {small}"
