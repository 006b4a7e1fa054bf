"""Two branches look at one pair, each on its own screen, and agree (B-21)."""

import re

import pytest
from playwright.sync_api import expect

from clients.actions import duplicates
from clients.models import Client, Duplicate
from rmflow.privacy.models import PrivacyNotice
from rmflow.staff.permissions import Role

PHONE = "13812345678"


@pytest.fixture
def pair(transactional_db, settings, branches, wealth, notice):
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it
    assert PrivacyNotice.objects.exists()
    for place, number, job in (("first", "C100", "教师"), ("second", None, "医生")):
        client = Client(branch=branches[place], customer_no=number, occupation=job, salutation="madam")
        client.put_name("刘敏")
        client.put_phone(PHONE)
        client.notice_version, client.notice_basis, client.notice_at = "2026-1", "consent", client.created_at
        client.owner = wealth if number else None
        client.save()
    duplicates.find()
    return Duplicate.objects.get()


def test_both_heads_confirm_and_the_old_link_leads_on(desk, hire, head, wealth, pair):
    other = hire("100206", "宋佳", Role.BRANCH_HEAD, "second")
    first = desk(head)
    first.goto("/clients/")
    first.get_by_role("link", name=re.compile("重复客户")).click()
    first.locator(f"#pair-{pair.pk} a").click()
    expect(first.get_by_role("heading", name="是同一个人吗")).to_be_visible()
    first.get_by_label("医生").check()
    first.get_by_role("button", name="是同一人，请对方网点确认").click()
    expect(first.get_by_text("本网点已确认，等待对方网点答复")).to_be_visible()

    second = desk(other)
    second.goto(f"/clients/duplicates/{pair.pk}/")
    expect(second.get_by_label("医生")).to_be_checked()
    second.get_by_role("button", name="是同一人，立即合并").click()
    expect(second.get_by_text("可撤销")).not_to_have_count(0)

    first.reload()
    expect(first.get_by_role("button", name="撤销合并")).not_to_have_count(0)
    manager = desk(wealth)
    manager.goto(f"/clients/{pair.other_id}/?tab=basic")
    manager.wait_for_url(re.compile(f"/clients/{pair.one_id}/"))
    expect(manager.locator("main")).to_contain_text("医生")

    first.get_by_role("button", name="撤销合并").first.click()
    first.locator("dialog[open] textarea").fill("核实为两人")
    first.locator("dialog[open]").get_by_role("button", name="撤销合并").click()
    expect(first.get_by_text("核实为两人")).to_be_visible()
    manager.goto(f"/clients/{pair.one_id}/?tab=basic")
    expect(manager.locator("main")).to_contain_text("教师")
