"""导入 in a real browser: a file is sent, its columns are guessed and mended, it is loaded and taken back."""

import pytest
from playwright.sync_api import expect

from clients.actions import drop
from clients.models import Client, FileLoad, MonthlyBalance

ROWS = "客户编号,数据月份,日均余额,备注\nC001,2026-10,86400.10,甲\nC002,2026-10,5,乙\nC009,2026-10,5,丙\n"


@pytest.fixture
def two(transactional_db, branches, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.SECOND_FACTOR_REQUIRED = False
    for number in ("C001", "C002"):
        Client.objects.create(name="陈", branch=branches["first"], customer_no=number)


def test_a_file_is_previewed_mended_loaded_and_undone(screen_of, two, admin_user, tmp_path):
    path = tmp_path / "月日均.csv"
    path.write_text(ROWS, encoding="gbk")
    page = screen_of(admin_user)
    page.goto("/loads/")
    page.locator("#load-file").set_input_files(str(path))
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator("#preview")).to_contain_text("客户编号")
    page.locator("#kind-balances").check()
    expect(page.locator("#field-customer_no")).to_have_value("客户编号")
    expect(page.locator("#field-month")).to_have_value("数据月份")
    expect(page.locator("#preview")).to_contain_text("尚未指定")
    page.locator("#field-amount").select_option("日均余额")
    page.get_by_role("button", name="按所选列重试").click()
    expect(page.locator("#preview")).to_contain_text("试读前 3 行，全部可读")
    expect(page.locator("#preview")).to_contain_text("99999.99")
    expect(page.locator("#preview")).not_to_contain_text("86400")
    page.get_by_label("另存为列对照").fill("月日均下发")
    page.get_by_role("button", name="开始导入").click()
    expect(page.locator("#load")).to_contain_text("排队")
    drop.work(FileLoad.objects.get().pk)
    expect(page.locator("#load .tiles")).to_contain_text("2")
    expect(page.locator("#load")).to_contain_text("客户编号")
    assert MonthlyBalance.objects.count() == 2
    page.reload()
    page.get_by_role("button", name="撤销本次导入").click()
    page.get_by_role("dialog").get_by_role("button", name="撤销").click()
    expect(page.locator("#load")).to_contain_text("删除 2 行")
    assert not MonthlyBalance.objects.exists()
