"""A closure from the teller to the head to partly kept, and an opening, each on the other person's screen."""

import io
import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from clients.models import Client, Holding, MonthlyBalance, Product
from complaints.models import Closure, Opening
from tests.browser.words import say


@pytest.fixture
def holder(transactional_db, settings, branches, wealth, colleague, teller, head, notice):
    """A core client of the wealth manager whose card ends in 6789."""
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it
    client = Client(
        branch=branches["first"],
        owner=wealth,
        backup=colleague,
        salutation="madam",
        type="existing_premium",
        level="core",
        customer_no="081700000007",
    )
    client.put_name("陈美华")
    client.save()
    MonthlyBalance.objects.create(client=client, month="2026-01-01", amount=800_000)
    Holding.objects.create(
        client=client,
        product=Product.objects.get(code="CK0301"),
        contract_no="6217000012346789",
        amount=500_000,
        opened_on="2026-01-05",
    )
    return client


def recognise(page, text):
    """The teller's box: digits and Enter."""
    box = page.get_by_label(re.compile("识别客户"))
    box.fill(text)
    box.press("Enter")


def press(page, words, context=None):
    page.get_by_role(
        "button", name=re.compile(re.escape(say(words, context) if context else say(words)))
    ).first.click()


def test_a_closure_goes_from_the_teller_to_the_head_and_is_kept_in_part(
    holder, desk, phone, teller, wealth, head
):
    counter, manager, boss = phone(teller), desk(wealth), desk(head)
    counter.goto("/closures/")
    recognise(counter, "6789")
    expect(counter.locator("#recognised")).to_contain_text(wealth.name)
    press(counter, "May be leaving us: tell the manager")
    expect(counter.get_by_role("heading", name="陈女士")).to_be_visible()
    press(counter, "The counter goes on")
    expect(counter.locator(".counter-part")).to_contain_text(teller.name)

    manager.goto("/notices/")
    manager.get_by_text("陈女士").first.click()
    expect(manager.get_by_role("heading", name="陈美华")).to_be_visible()
    press(manager, "Claim")
    press(manager, "Leaving us: keep the client")
    manager.get_by_label(say("Better rate"), exact=True).click()
    press(manager, "Write down the measure")
    expect(manager.locator(".timeline").first).to_contain_text(say("Better rate"))
    press(manager, "Call in the head")
    expect(manager.locator(".slip-head")).to_contain_text(say("Head called in"))

    boss.goto("/closures/?show=called")
    boss.get_by_role("link", name="陈女士").click()
    press(boss, "Step in")
    press(boss, "End the case")  # nothing filled in: what lacks stands beside its field
    expect(boss.locator("#id_amount_error")).to_be_visible()
    boss.errors.clear()
    boss.get_by_label(re.compile("账户或卡号")).fill("尾号 6789")
    boss.get_by_label(re.compile("^涉及金额")).fill("500000")
    boss.get_by_label(re.compile("^原因$")).select_option("rates")
    boss.get_by_label(re.compile("^去向行$")).select_option(index=1)
    boss.get_by_label(re.compile("^留存金额")).fill("300000")
    boss.get_by_label(re.compile("^流失金额")).fill("200000")
    for group in ("accurate", "first_time"):
        boss.locator(f"#id_{group}").get_by_label(say("Yes", "answer"), exact=True).click()
    boss.get_by_label(say("Kept in part"), exact=True).click()
    press(boss, "End the case")
    expect(boss.locator(".slip-head")).to_contain_text(say("Kept in part"))

    made = Closure.objects.get()
    boss.goto(f"/closures/{made.pk}/print/")
    paper = PdfReader(io.BytesIO(boss.pdf(prefer_css_page_size=True)))
    text = "".join(page.extract_text() for page in paper.pages)
    assert len(paper.pages) == 1 and made.number in text

    counter.reload()
    expect(counter.locator(".slip-head")).to_contain_text(say("Kept in part"))
    expect(counter.locator("main")).not_to_contain_text("300,000")
    assert (made.result, made.saved, made.lost, made.head) == ("partly", 300_000, 200_000, head)
    assert made.flags.get().went_on_at is not None


def test_an_opening_is_prepared_by_the_manager_and_carried_out_by_the_teller(holder, desk, teller, wealth):
    manager, counter = desk(wealth), desk(teller)
    manager.goto("/openings/")
    recognise(manager, "081700000007")
    manager.get_by_role("link", name=say("Prepare an opening")).click()
    press(manager, "Lay out the kit")
    rows = manager.locator(".kit-row")
    expect(rows).to_have_count(5)
    for number in range(4):
        rows.nth(number).get_by_role("button").click()
        expect(rows.nth(number).locator(".state-met")).to_be_visible()
    manager.get_by_label(re.compile(say("Wants next"))).fill("教育金")
    press(manager, "Keep in the archive")
    offer = manager.locator(".offer-row").first
    offer.get_by_placeholder(re.compile("金额")).fill("50000")
    offer.get_by_role("button", name=say("Agreed", "offer"), exact=True).click()
    press(manager, "Kit is ready")
    press(manager, "Client sits down")
    expect(manager.locator(".slip-head")).to_contain_text(say("Client at the counter"))
    expect(manager.get_by_role("button", name=say("Carried out"))).to_have_count(0)

    counter.goto("/openings/")
    counter.get_by_role("link", name="陈女士").click()
    for group in ("accurate", "first_time"):
        counter.locator(f"#id_{group}").get_by_label(say("Yes", "answer"), exact=True).click()
    counter.get_by_role("button", name=re.compile(say("Carried out"))).click()
    expect(counter.locator(".slip-head")).to_contain_text(say("Opened", "opening"))
    made = Opening.objects.get()
    assert (made.executed_by, made.manager) == (teller, wealth)
    manager.reload()
    expect(manager.locator(".offer-row").first).to_contain_text(say("entered as a deal"))
