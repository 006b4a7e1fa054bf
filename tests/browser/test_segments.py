"""客户分群 in a real browser: conditions are clicked together, the count follows, the list opens."""

import datetime

import pytest
from playwright.sync_api import expect

from clients import actions
from clients.models import Client, Profile, Segment


@pytest.fixture
def people(transactional_db, wealth, notice):
    """Three clients of `wealth`: two who like tea, one of them older than sixty."""
    for number, (name, born, hobbies) in enumerate(
        [("陈美华", 1960, ["tea"]), ("王建国", 1990, ["tea", "chess"]), ("赵敏", 1955, ["cars"])]
    ):
        pk = actions.enrol(
            by=wealth, name=name, salutation="madam", phone=f"1381234567{number}", basis="consent"
        )
        client = Client.objects.get(pk=pk)
        Client.objects.filter(pk=pk).update(birth_date=datetime.date(born, 5, 1), owner=wealth)
        Profile.objects.update_or_create(client=client, defaults={"hobbies": hobbies})


def test_a_segment_is_built_by_clicks(screen_of, people, wealth):
    page = screen_of(wealth)
    page.goto("/clients/segments/")
    page.locator("#page-title, .page-actions").first.wait_for()
    page.get_by_role("link", name="新建分群").first.click()
    first = page.locator("#g0c0")
    first.get_by_label("条件内容").select_option(label="兴趣爱好")
    first.get_by_label("茶", exact=True).check()
    expect(page.locator("#segment-count b")).to_have_text("2")
    page.get_by_role("button", name="添加条件").click()
    second = page.locator("#g0c1")
    second.get_by_label("条件内容").select_option(label="年龄")
    second.get_by_label("取值").fill("60")
    expect(page.locator("#segment-count b")).to_have_text("1")
    page.locator("#g0").get_by_label("满足任一").check()
    expect(page.locator("#segment-count b")).to_have_text("3")
    expect(second.get_by_label("取值")).to_have_value("60")
    page.get_by_role("button", name="保存分群").click()
    expect(page.locator("#builder")).to_contain_text("名称须为 1 至 40 个字")
    expect(second.get_by_label("取值")).to_have_value("60")
    page.errors.clear()  # the 422 is a line in the console
    page.get_by_label("分群名称", exact=True).fill("茶友与长者")
    page.get_by_role("button", name="保存分群").click()
    expect(page.locator("#segment-clients h2")).to_contain_text("3")
    expect(page.locator("#segment-clients")).to_contain_text("陈美华")
    assert Segment.objects.get().name == "茶友与长者"
    page.get_by_role("button", name="删除", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="删除").click()
    expect(page.locator("#segments")).to_contain_text("还没有分群")
