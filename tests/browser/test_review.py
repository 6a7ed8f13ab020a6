"""An investigator says in a real browser whom a row without a number means, and takes it back."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from homes import Small
from playwright.sync_api import Page, expect

User = Callable[..., Page]

TOWN, VILLAGE = "431299100", "431299100201"


def person(id: str, name: str, household: str) -> dict[str, str]:
    return {"公民身份号码": id, "姓名": name, "户号": household, "与户主关系": "户主", "村编码": VILLAGE, "组": "3组"}


TABLES: dict[str, list[dict[str, Any]]] = {
    "divisions": [{"村编码": VILLAGE, "村": "青石村", "乡镇编码": TOWN, "乡镇": "锦和镇", "县": "朝溪县"}],
    "residents": [person("431299196803120112", "张建国", "H1"), person("431299195511200554", "张健国", "H2")],
    "village_cadres": [
        {"姓名": "张建国", "村编码": VILLAGE, "职务": "会计", "任职日期": "2016-03-01"},
        {"姓名": "章剑", "村编码": VILLAGE, "职务": "文书", "任职日期": "2016-03-01"},
    ],
    "tips": [
        {"举报编号": "JB1", "日期": "2019-07-01", "被反映人": "张某国", "被反映人村编码": VILLAGE, "内容": "虚报亩数"}
    ],
    "bids": [{"项目编号": "P1", "招标方式": "询价", "投标人": "朝溪建筑队", "是否中标": "否"}],
}


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def picture(page: Page, name: str) -> None:
    """Kept where somebody wants to look at the page: `GUANXI_PICTURES`, a folder."""
    if folder := os.environ.get("GUANXI_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_who_is_meant_is_confirmed_and_taken_back(
    small: Small, office: Any, in_office: User, complaints: list[str]
) -> None:
    small.add_tables(TABLES, "drop")
    page = in_office("zhang")
    page.locator(".rail").get_by_role("link", name="核对").click()
    expect(page.locator("h1")).to_have_text("身份核对")
    item = page.locator("article", has=page.locator("dd", has_text="会计"))
    expect(item.locator(".candidate")).to_have_count(2)
    best = item.locator(".candidate").first
    expect(best).to_contain_text("431299********0112")
    expect(best).to_contain_text("当地只有一人叫这个名字")
    expect(page.locator("article", has_text="文书")).to_contain_text("本村没有姓名相近的人")
    accessible(page)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        picture(page, f"review-{width}")
    page.set_viewport_size({"width": 1440, "height": 900})

    best.get_by_role("button", name="确认是此人").click()
    expect(item).to_be_visible()
    item.get_by_label("理由").fill("与任职文件核对")
    best.get_by_role("button", name="确认是此人").click()
    expect(page.get_by_role("status")).to_contain_text("已确认“张建国”", timeout=60_000)
    expect(page.locator("article", has=page.locator("dd", has_text="会计"))).to_have_count(0)
    picture(page, "review-done")
    page.get_by_role("status").get_by_role("button", name="撤回").click()
    expect(page.locator("article", has=page.locator("dd", has_text="会计"))).to_have_count(1, timeout=60_000)
    expect(page.locator("#decided + p")).to_contain_text("还没有作出过决定")
    assert complaints == []
