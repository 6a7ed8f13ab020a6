"""A clerk hands in a folder in a real browser, watches it being loaded and reads the receipt."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

User = Callable[..., Page]
LOADED = 120_000
"""Milliseconds a load of a few rows may take while the engine and everything else starts."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files with one wrong row: an ID number whose check digit is wrong."""
    drop = tmp_path / "十月报送"
    (drop / "民政").mkdir(parents=True)
    (drop / "民政" / "行政区划.csv").write_text(
        "村编码,村,乡镇编码,乡镇,县\n431226101203,黄家团村,431226101,锦和镇,麻阳县\n", encoding="utf-8"
    )
    (drop / "户籍人口.csv").write_text(
        "公民身份号码,姓名,性别,户号,与户主关系,村编码\n"
        "431226198001010019,田小满,男,H1,户主,431226101203\n"
        "431226198001010010,田大雪,女,H1,配偶,431226101203\n",
        encoding="gb18030",
    )
    (drop / "群众举报.csv").write_text(
        "举报编号,日期,被反映人,被反映人村编码,涉及项目,内容,办理状态\nT1,2019-03-02,张某,431226101203,低保,反映,已办\n",
        encoding="utf-8",
    )
    return drop


def test_a_folder_is_handed_in_watched_and_read_in_the_receipt(
    in_office: User, office: Any, folder: Path, complaints: list[str]
) -> None:
    page = in_office("clerk")
    page.goto(f"{office.url}/deliveries")
    expect(page.locator(".empty")).to_contain_text("先交这几张：行政区划")
    page.locator(".empty").get_by_role("link", name="上传数据表").click()
    accessible(page)
    page.get_by_label("选择整个文件夹").set_input_files(folder)
    expect(page.locator("#chosen")).to_contain_text("已选 3 个文件")
    expect(page.locator("#list")).to_contain_text("十月报送/民政/行政区划.csv")
    page.get_by_label("报送说明").fill("十月报送")
    page.get_by_role("button", name="上传并入库").click()
    expect(page).to_have_url(re.compile(r"/deliveries/work/\d{14}-[0-9a-f]{8}$"))
    expect(page.locator(".stages li").first).to_contain_text("已收到")
    accessible(page)
    expect(page.get_by_role("link", name="看回执")).to_be_visible(timeout=LOADED)
    expect(page.locator("#progress")).to_contain_text("读取 4 = 入库 3 + 未变 0 + 更正 0 + 重复 0 + 待修 1")
    expect(page.locator(".stages li.past")).to_have_count(5)
    accessible(page)

    page.get_by_role("link", name="看回执").click()
    expect(page.locator("h1")).to_contain_text("回执")
    line = page.locator(".equation tbody tr", has_text="户籍人口.csv")
    assert line.locator("td").nth(3).inner_text() == "2" and line.locator("td").nth(8).inner_text() == "1"
    total = page.locator(".equation tfoot td").all_inner_texts()
    assert total[:6] == ["4", "3", "0", "0", "0", "1"]
    expect(page.locator(".coverage").first).to_contain_text("锦和镇")
    accessible(page)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})

    page.get_by_role("link", name="撤回这次交付").click()
    expect(page.locator("table")).to_contain_text("群众举报")
    accessible(page)
    page.get_by_label("理由").fill("报错了月份")
    page.get_by_role("button", name="撤回这次交付").click()
    expect(page.locator("#progress")).to_contain_text("已撤回", timeout=LOADED)
    page.goto(f"{office.url}/deliveries")
    expect(page.locator("tbody tr")).to_contain_text("已撤回")
    accessible(page)
    assert complaints == []


def test_what_is_chosen_can_be_taken_out_and_too_much_is_said_before_it_is_sent(in_office: User, office: Any) -> None:
    page = in_office("clerk")
    page.goto(f"{office.url}/deliveries/new")
    page.get_by_role("button", name="上传并入库").click()
    expect(page.get_by_role("alert")).to_contain_text("请先选择文件")
    field = page.get_by_label("选择文件")
    field.set_input_files([{"name": f"{n}.csv", "mimeType": "text/csv", "buffer": b"x"} for n in ("甲", "乙")])
    field.set_input_files({"name": "丙.csv", "mimeType": "text/csv", "buffer": b"x"})
    expect(page.locator("#list li")).to_have_count(3)
    page.get_by_role("button", name="去掉 甲.csv").click()
    expect(page.locator("#list li")).to_have_count(2)
    page.locator("#handin").evaluate("(form) => { form.dataset.mostBytes = '1'; }")
    page.get_by_role("button", name="上传并入库").click()
    expect(page.get_by_role("alert")).to_contain_text("请分几次上传")
    assert page.url.endswith("/deliveries/new")


def accessible(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()
