"""A scorecard from the editor into force, and a month's run from the preview to its signature (C-03, B-11)."""

import datetime
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from clients.actions import evaluation
from clients.models import Client, MonthlyBalance, RunPart, Scorecard
from clients.scoring.months import first_of
from clients.scoring.rules import CardState, PartState
from rmflow.workdays import clock

from .words import say


@pytest.fixture
def base(transactional_db, settings, branches, wealth, notice):
    """One client whom the last month lifts, one who stays."""
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it
    month, made, people = first_of(clock.today(), back=1), clock.now() - datetime.timedelta(days=400), {}
    for name, amount in (("陈美华", 600_000), ("赵国强", 320_000)):
        client = Client(
            branch=branches["first"], owner=wealth, salutation="madam", tier="T2", created_at=made
        )
        client.put_name(name)
        client.save()
        MonthlyBalance.objects.create(client=client, month=month, amount=Decimal(amount))
        people[name] = client
    return people


def test_a_draft_is_edited_simulated_and_published(desk, base, admin_user):
    page = desk(admin_user)
    page.goto("/tiers/cards/")
    page.get_by_role("button", name=say("Copy as a draft")).first.click()
    page.wait_for_url("**/edit/")
    page.locator("input[name=note]").fill("潜质门槛降到三十五分")
    page.locator("input[name=potential_from]").fill("35")
    page.get_by_role("button", name=say("Save the draft")).click()
    expect(page.locator("main")).to_contain_text(say("A draft: simulate it, then publish it."))
    draft = Scorecard.objects.get(state=CardState.DRAFT)
    assert draft.potential_from == 35
    page.get_by_role("button", name=say("Simulate over the whole base")).click()
    expect(page.locator("#simulation")).to_contain_text(say("Simulated: nothing was written"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name=say("Publish")).click()
    page.locator("dialog[open]").get_by_role("button", name=say("Publish")).click()
    page.wait_for_url(f"**/tiers/cards/{draft.pk}/")
    assert Scorecard.objects.in_force().get() == draft


def test_the_head_reads_why_and_signs_and_the_manager_sees_it(desk, base, head, wealth):
    run = evaluation.start(first_of(clock.today(), back=1))
    evaluation.run_now(run)
    page = desk(head)
    page.goto("/tiers/?list=up")
    page.locator("#rows a[data-row]").first.click()
    expect(page.locator("#tier")).to_contain_text(say("Monthly average reached the threshold"))
    page.goto("/tiers/")
    page.locator("[data-primary][data-open=sign-tiers]").click()
    box = page.locator("dialog[open]")
    box.locator("textarea").fill("已核对")
    box.locator("button[type=submit]").click()
    expect(page.locator("main")).to_contain_text(say("Signed"))
    part = RunPart.objects.get(run=run)
    assert (part.state, part.opinion) == (PartState.SIGNED, "已核对")
    mine = desk(wealth)
    mine.goto(f"/tiers/client/{base['陈美华'].pk}/")
    expect(mine.locator("#tier .figure-big")).to_have_text("白金")


def test_what_is_sent_back_waits_in_sight_of_head_and_administrator(screen_of, desk, base, head, admin_user):
    run = evaluation.start(first_of(clock.today(), back=1))
    evaluation.run_now(run)
    page = screen_of(head)
    page.goto("/tiers/")
    page.locator("[data-open=send-back]").click()
    box = page.locator("dialog[open]")
    box.locator("textarea").fill("月日均文件是上月的")
    box.locator("button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("月日均文件是上月的")
    expect(page.locator("[data-open=sign-tiers]")).to_have_count(0)
    expect(page.get_by_role("button", name=say("The data are right: compute anew"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    admin = desk(admin_user)
    admin.goto("/tiers/cards/")
    expect(admin.locator("main")).to_contain_text("月日均文件是上月的")
    expect(admin.get_by_role("button", name=say("The data are right: compute anew"))).to_be_visible()
