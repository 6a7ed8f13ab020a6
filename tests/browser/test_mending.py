"""As a new clerk would: a folder with one wrong ID number, one column nobody knows and one unreadable date, mended with only what the
pages say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
from axe_playwright_python.sync_playwright import Axe
from mending_samples import GOOD, OTHER, WRONG, write
from playwright.sync_api import Page, expect

User = Callable[..., Page]
LOADED = 120_000
"""Milliseconds a load of a few rows may take while the engine and everything else starts."""


def test_a_new_clerk_mends_a_folder_with_only_what_the_pages_say(
    in_office: User, office: Any, tmp_path: Path, complaints: list[str]
) -> None:
    drop = tmp_path / "三月报送"
    header = ["名册", "身份证号", "姓名", "起始日期"]
    write(drop, "低保名册.csv", header, ["低保", GOOD, "甄玉兰", "2019-01-01"], ["低保", WRONG, "甄立夏", "去年冬天"])
    odd = ["名册", "身份证号", "姓名", "打从何时"]
    write(drop, "特困名册.csv", odd, ["特困", OTHER, "甄立冬", "2020-03-01"])

    page = in_office("clerk")
    page.goto(f"{office.url}/deliveries/new")
    page.get_by_label("选择整个文件夹").set_input_files(drop)
    page.get_by_role("button", name="上传并入库").click()
    page.get_by_role("link", name="看回执").click(timeout=LOADED)

    # The receipt says that one table was not recognised, and where to go.
    page.locator("#waiting").get_by_role("link", name="去认列").click()
    expect(page.locator(".waiting li")).to_have_count(1)
    looked_at(page)
    page.get_by_role("link", name="去认列").click()
    expect(page.locator("h1")).to_contain_text("特困名册.csv")
    expect(page.get_by_label("打从何时")).to_have_value("起始日期")
    assert OTHER not in page.content()
    looked_at(page)
    page.get_by_role("button", name="预览前几行").click()
    expect(page.locator("#preview ~ .scroll")).to_contain_text("2020-03-01")
    looked_at(page)
    page.get_by_role("button", name="确认并读入").click()
    expect(page.locator("#progress")).to_contain_text("读取 1 = 入库 1", timeout=LOADED)

    # The quarantine says what is wrong, gives a workbook, and says to hand it in again.
    page.get_by_role("link", name="待修数据").click()
    expect(page.locator(".wrong-row")).to_have_count(1)
    expect(page.locator(".faults")).to_contain_text("第18位校验码不符")
    expect(page.locator("td.wrong")).to_have_count(2)
    looked_at(page)
    with page.expect_download() as taken:
        page.get_by_role("link", name=re.compile("下载待修表")).click()
    path = tmp_path / "改好" / taken.value.suggested_filename
    path.parent.mkdir()
    taken.value.save_as(path)
    book = openpyxl.load_workbook(path)
    for row in book["特殊对象名册"].iter_rows(min_row=3):
        for cell in row:
            if cell.comment and "校验码" in cell.comment.text:
                cell.value = WRONG[:-1] + cell.comment.text.split("应为 ")[1][0]
            elif cell.comment:
                cell.value = "2019-12-01"
    book.save(path)
    page.locator(".note").get_by_role("link", name="上传数据表").click()
    page.get_by_label("选择文件（可多选）").set_input_files(path)
    page.get_by_role("button", name="上传并入库").click()
    expect(page.get_by_role("link", name="看回执")).to_be_visible(timeout=LOADED)
    page.get_by_role("link", name="待修数据").click()
    expect(page.locator(".empty")).to_contain_text("没有待修数据")
    page.get_by_role("link", name="待认的表").click()
    expect(page.locator("main")).to_contain_text("没有等着认的表")
    expect(page.locator("#confirmed ~ .scroll")).to_contain_text("打从何时 → 起始日期")
    looked_at(page)
    page.get_by_role("link", name="空白模板", exact=True).click()
    looked_at(page)
    assert complaints == []


def looked_at(page: Page) -> None:
    """Readable by anybody, and nothing beside the screen of a desk or a phone."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)
