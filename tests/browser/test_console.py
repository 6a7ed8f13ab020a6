"""An analyst writes, runs, draws, saves and shares a query, runs it with other parameters and takes it out; a runaway is stopped."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

User = Callable[..., Page]
TEXT = (
    "MATCH (o:Official)-[post:HOLDS_POST]->(v:Village) WHERE post.title = $title "
    "RETURN o AS cadre, v, post.title AS title LIMIT toInteger($most)"
)
ENDLESS = (
    "MATCH (a:Person), (b:Person), (c:Person), (d:Person) WHERE a.name + b.name + c.name = d.name + '?' RETURN count(*)"
)


def write(page: Page, text: str, **values: str) -> None:
    page.get_by_label("Cypher 查询").fill(text)
    for name, value in values.items():
        page.locator(f"#value-{name}").fill(value)


def test_a_query_is_run_drawn_saved_shared_and_exported(as_user: User, web: Any) -> None:
    page = as_user("chen")
    page.goto(f"{web.url}/queries")
    page.get_by_role("link", name="控制台").click()
    write(page, TEXT, title="村主任", most="5")
    expect(page.get_by_label("参数 title 的类型")).to_have_value("text")
    expect(page.get_by_label("参数 most 的类型")).to_have_value("integer")
    page.get_by_label("Cypher 查询").press("Control+Enter")
    expect(page.locator("#result")).to_contain_text("5 行")
    expect(page.locator("#result tbody tr")).to_have_count(5)
    page.locator("#result details summary").click()
    expect(page.locator("#result .network[data-drawn]")).to_be_visible()

    page.locator("#value-most").fill("3")
    page.get_by_role("button", name="运行").click()
    expect(page.locator("#result tbody tr")).to_have_count(3)
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(io.StringIO(taken.value.path().read_text("utf-8-sig"))))
    assert rows[0] == ["cadre", "v", "title"] and len(rows) == 4
    with page.expect_download() as taken:
        page.get_by_role("button", name="JSON").click()
    assert len(json.loads(taken.value.path().read_text("utf-8"))["rows"]) == 3

    page.get_by_text("保存这条查询").click()
    page.get_by_label("名称").fill("村主任名单")
    page.get_by_label("说明").fill("各村的村主任")
    page.get_by_label("共享给其他分析员").check()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("heading", name="村主任名单")).to_be_visible()
    address = page.url

    other = as_user("zhou")
    other.goto(address)
    expect(other.get_by_label("Cypher 查询")).to_have_value(TEXT)
    other.locator("#value-most").fill("2")
    other.get_by_role("button", name="运行").click()
    expect(other.locator("#result tbody tr")).to_have_count(2)
    expect(other.get_by_role("button", name="删除这条保存的查询")).to_have_count(0)


def test_a_runaway_is_stopped_while_somebody_else_reads_a_lead(
    as_user: User, web: Any, by_query: dict[str, list[str]]
) -> None:
    page, reader = as_user("chen"), as_user("zhang")
    page.goto(f"{web.url}/console")
    write(page, ENDLESS)
    page.get_by_role("button", name="运行").click()
    reader.goto(f"{web.url}/leads/{by_query['own_company_contract'][0]}")
    expect(reader.locator(".canvas").first).to_be_visible()
    page.get_by_role("button", name="停止").click()
    expect(page.get_by_role("alert")).to_contain_text("已经结束")


def test_what_is_refused_says_why(as_user: User, web: Any) -> None:
    page = as_user("chen")
    page.goto(f"{web.url}/console")
    write(page, "MATCH (p:Person) SET p.name = '' RETURN p")
    page.get_by_role("button", name="运行").click()
    expect(page.get_by_role("alert")).to_contain_text("不只是读取")
    write(page, "RETURN $day", day="昨天")
    page.get_by_label("参数 day 的类型").select_option("date")
    page.get_by_role("button", name="运行").click()
    expect(page.get_by_role("alert")).to_contain_text("不是日期")


def test_a_query_of_a_pack_is_run_from_its_page(as_user: User, web: Any) -> None:
    page = as_user("chen")
    page.goto(f"{web.url}/queries/own_company_contract")
    page.get_by_text("查询文本").click()
    page.get_by_role("link", name="在控制台打开").click()
    page.get_by_role("button", name="运行").click()
    expect(page.locator("#result tbody tr").first).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_console_is_accessible_and_fits(as_user: User, web: Any, width: int) -> None:
    page = as_user("chen")
    page.set_viewport_size({"width": width, "height": 900})
    for address in ("/console", "/console/pack/own_company_contract", "/queries/benefit_to_relative"):
        page.goto(web.url + address)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
        assert found.violations_count == 0, (address, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
