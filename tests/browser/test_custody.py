"""The archivist's main path in a real browser: file, lend, take back, destroy with two approvals, certificate."""

import datetime

import pytest
from playwright.sync_api import expect

from clients import actions
from clients.actions import archive as archive_actions
from clients.models import Archive, Client
from rmflow.workdays import clock


@pytest.fixture(autouse=True)
def _one_factor(settings):
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it


@pytest.fixture
def opened(transactional_db, wealth, notice):
    """A client whose relation ended more than ten years ago, with an archive nobody has filed yet."""
    pk = actions.enrol(by=wealth, name="陈美华", salutation="madam", phone="13812345678", basis="consent")
    archive = actions.open_archive(Client.objects.get(pk=pk), by=wealth)
    ended = clock.today() - datetime.timedelta(days=3700)
    archive_actions.change_profile(pk, by=wealth, relation_ended_on=ended)
    return archive


def test_from_the_cabinet_to_the_certificate(screen_of, opened, archivist, supervisor, head, wealth):
    page = screen_of(archivist)
    page.goto("/archives/?show=opened")
    page.get_by_role("link", name=opened.file_no).click()
    page.get_by_role("link", name="档案归档").click()
    page.get_by_label("存放位置").fill("A-01-03")
    page.get_by_role("button", name="档案归档").click()
    expect(page.locator("#where-title + .state")).to_contain_text("在柜")

    page.get_by_role("link", name="借出档案").click()
    page.get_by_label("借阅人").select_option(label="林晓燕")
    page.locator("textarea[name=purpose]").fill("年度回访")
    page.get_by_role("button", name="借出档案").click()
    expect(page.locator("#where-title + .state")).to_contain_text("已借出")
    page.goto("/archives/loans/")
    page.get_by_role("link", name="收回").click()
    page.get_by_role("button", name="收回档案").click()
    expect(page.locator("main")).not_to_contain_text(opened.file_no)

    page.goto("/archives/retention/")
    page.locator("input[name=archives]").check()
    page.locator("#list-reason").fill("保管期满")
    page.get_by_role("button", name="提请销毁").click()
    expect(page.locator("#page-title")).to_contain_text("销毁清册 XH-0817-")
    at = page.url

    for person, button in ((supervisor, "以主管身份批准"), (head, "以负责人身份批准")):
        theirs = screen_of(person)
        theirs.goto(at)
        theirs.get_by_role("button", name=button).click()
        asked = theirs.get_by_role("dialog")
        expect(asked).to_contain_text("销毁后无法恢复")
        asked.get_by_role("button", name=button).click()
        expect(theirs.get_by_role("button", name=button)).to_have_count(0)

    page.reload()
    page.get_by_role("link", name="执行销毁").click()
    page.get_by_label("监销人").select_option(label="林晓燕")
    page.get_by_role("button", name="执行销毁").click()
    expect(page.locator("main")).to_contain_text("等待监销人签字")

    theirs = screen_of(wealth)
    theirs.goto(at)
    theirs.get_by_role("button", name="我已到场，销毁").click()
    theirs.get_by_role("dialog").get_by_role("button", name="监销签字并销毁").click()
    expect(theirs.locator("main")).to_contain_text("已销毁")

    page.reload()
    page.get_by_role("link", name="销毁证明").click()
    sheet = page.locator(".form-sheet")
    for words in ("客户档案销毁证明", opened.file_no, "石磊", "林晓燕", "冯雪", "罗涛"):
        expect(sheet).to_contain_text(words)
    expect(sheet).not_to_contain_text("陈")
    assert Archive.objects.get(pk=opened.pk).state == "destroyed"
    assert Client.objects.get(pk=opened.client_id).phone == ""
