"""First identification under real hands: one is taken, one left off with a reason and not shown again (W1-13)."""

import datetime
import re

import pytest
from playwright.sync_api import expect

from clients.models import Client, MonthlyBalance
from clients.scoring.months import first_of
from followups.actions import candidates
from followups.models import Candidate, FollowUp
from rmflow.workdays import clock

LIST = "/followups/candidates/"
WHY = "查无其人的账户，资金为过账"


@pytest.fixture
def named(transactional_db, settings, branches, wealth, notice):
    """Two clients of the manager whose balances name them, and one of another branch."""
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it
    today, people = clock.today(), {}
    for name, place, owner in (
        ("陈美华", "first", wealth),
        ("赵国强", "first", wealth),
        ("孙丽", "second", None),
    ):
        client = Client(branch=branches[place], owner=owner, salutation="madam")
        client.put_name(name)
        client.save()
        for back, amount in ((1, 268_000), (2, 31_000)):
            MonthlyBalance.objects.create(client=client, month=first_of(today, back=back), amount=amount)
        people[name] = client
    for branch in branches.values():
        candidates.find(branch.pk, today=today)
    return people


def test_one_is_taken_and_one_left_off_for_a_time(screen_of, desk, named, branches, wealth, head):
    page = screen_of(wealth)
    page.goto(LIST)
    rows = page.locator("tr[id^=candidate-]")
    expect(rows).to_have_count(2)
    expect(page.locator("main")).not_to_contain_text("孙丽")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    rows.filter(has_text="陈美华").get_by_role("button", name="跟进").click()
    page.wait_for_load_state()
    record = FollowUp.objects.get(client=named["陈美华"])
    assert record.manager == wealth and record.items.count() == 1

    page.goto(LIST)
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name="排除").click()
    box = page.locator("dialog[open]")
    expect(box).to_contain_text("赵国强")
    box.get_by_role("button", name="排除").click()
    expect(box, "without a reason it stays").to_be_visible()
    box.locator("textarea").fill(WHY)
    box.get_by_role("button", name="排除").click()
    page.wait_for_load_state()
    page.goto(LIST)
    expect(rows).to_have_count(0)

    candidates.find(branches["first"].pk, today=clock.today() + datetime.timedelta(days=1))
    page.reload()
    expect(rows).to_have_count(0)
    left = Candidate.objects.get(client=named["赵国强"])
    assert (left.reason, Candidate.objects.open().filter(client__branch=branches["first"]).exists()) == (
        WHY,
        False,
    )

    over = desk(head)
    over.goto(LIST)
    counted = over.locator("tr").filter(has_text=re.compile(wealth.name)).locator("td.num")
    assert counted.all_inner_texts() == ["0", "1", "1"]
