"""The workbench in the hands of an investigator and a supervisor, in a real browser on the sample county."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from canvas import Canvas
from playwright.sync_api import Page, expect

User = Callable[..., Page]


def test_an_investigator_goes_from_the_list_to_the_source_row(as_user: User, web: Any, complaints: list[str]) -> None:
    page = as_user("zhang")
    everything = page.locator("#rows .row").count()
    page.locator(".facets").get_by_role("link", name=re.compile("干部亲属领取审核类补贴")).click()
    expect(page.locator(".chip")).to_contain_text("干部亲属领取审核类补贴")
    assert 0 < page.locator("#rows .row").count() < everything and "query=benefit_to_relative" in page.url

    page.locator("#rows .row.here").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("k")
    sentence = page.locator("#rows .row.here a.sentence").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(sentence)

    canvas = Canvas(page)
    before = (canvas.nodes(), canvas.edges())
    official = canvas.first("Official")
    canvas.click(official, button="right")
    kin = page.get_by_role("menuitem", name=re.compile("^亲属 · 人"))
    expect(kin).to_be_visible()
    assert int(kin.locator(".n").inner_text()) >= 1
    kin.click()
    expect(page.locator(".network .toast")).to_contain_text("新增")
    expanded = (canvas.nodes(), canvas.edges())
    assert set(before[0]) < set(expanded[0])
    canvas.settled()
    permalink = page.url
    assert re.search(r"\?view=[0-9a-f]{20}$", permalink)

    page.keyboard.press("Control+z")
    assert (canvas.nodes(), canvas.edges()) == before
    page.keyboard.press("Control+Shift+z")
    assert (canvas.nodes(), canvas.edges()) == expanded

    page.goto(f"{web.url}/leads")
    page.goto(permalink)
    again = Canvas(page)
    assert set(again.nodes()) ^ set(expanded[0]) == set()
    assert set(again.edges()) ^ set(expanded[1]) == set()

    page.get_by_role("tab", name=re.compile("来源")).click()
    row = page.locator("#panel-sources tbody tr", has_text="补贴发放").first
    number = row.locator("td").nth(3).inner_text()
    row.get_by_role("button", name="看原表").click()
    here = page.locator("#original tr.here")
    expect(here).to_contain_text(number)
    assert re.search(r"\d{6}\*{8}\d{3}[\dX]", here.inner_text())
    assert complaints == []


def test_a_lead_is_closed_by_two_people_and_never_by_one(
    as_user: User, web: Any, by_query: dict[str, list[str]]
) -> None:
    address = f"{web.url}/leads/{by_query['self_approved'][0]}"
    wang, zhang = as_user("wang"), as_user("zhang")
    zhang.goto(address)
    assert zhang.locator("#assign").count() == 0
    wang.goto(address)
    wang.keyboard.press("a")
    wang.get_by_label("分派给").select_option("zhang")
    wang.locator("#assign form").get_by_role("button").click()
    expect(wang.locator("#state")).to_have_text("已分派")

    zhang.goto(address)
    zhang.get_by_role("button", name="开始核查").click()
    expect(zhang.locator("#state")).to_have_text("核查中")
    zhang.locator("#propose summary").click()
    zhang.get_by_label("结论", exact=True).select_option(label="属实")
    zhang.locator("#propose textarea").fill("已调阅申请表，签字为本人")
    zhang.locator("#propose form").get_by_role("button").click()
    expect(zhang.locator("#state")).to_have_text("待办结")
    assert zhang.locator("#close").count() == 0
    refused = zhang.evaluate("async () => (await fetch(location.pathname + '/steps/close', { method: 'POST' })).status")
    assert refused == 403
    zhang.reload()
    expect(zhang.locator("#state")).to_have_text("待办结")

    wang.goto(address)
    wang.get_by_text("办结", exact=True).first.click()
    wang.locator("#close form").get_by_role("button").click()
    expect(wang.locator("#state")).to_have_text("已结")
    wang.get_by_role("tab", name="记录").click()
    expect(wang.locator("#panel-record")).to_contain_text("签字为本人")


def test_small_networks_read_at_first_sight(
    as_user: User, web: Any, by_query: dict[str, list[str]], complaints: list[str]
) -> None:
    page = as_user("zhang")
    looked_at = 0
    for query, keys in by_query.items():
        page.goto(f"{web.url}/leads/{keys[0]}")
        canvas = Canvas(page)
        assert len(canvas.nodes()) >= 2, query
        assert all(canvas.ask("(n) => n.cy.edges().map((edge) => !Number.isNaN(edge.targetEndpoint().x))")), query
        if len(canvas.nodes()) < 12:
            looked_at += 1
            assert canvas.overlaps() == [], query
    assert looked_at >= 8 and complaints == []


def test_the_picture_reads_from_power_to_money(as_user: User, web: Any, by_query: dict[str, list[str]]) -> None:
    page = as_user("zhang")
    page.goto(f"{web.url}/leads/{by_query['benefit_to_relative'][0]}")
    canvas = Canvas(page)
    left_to_right = canvas.ask(
        """(n) => {
            const kin = n.cy.edges('.kin.strong')[0];
            const paid = n.cy.edges('.money.strong').filter((edge) => edge.target().same(kin.target()))[0];
            return [kin.source(), kin.target(), paid.source()].map((node) => node.position('x'));
        }"""
    )
    assert left_to_right == sorted(left_to_right) and len(set(left_to_right)) == 3


def test_the_legend_filters_the_table_shows_the_same_and_hidden_comes_back(
    as_user: User, web: Any, by_query: dict[str, list[str]]
) -> None:
    page = as_user("zhang")
    page.goto(f"{web.url}/leads/{by_query['benefit_to_relative'][0]}")
    canvas = Canvas(page)
    everything = canvas.nodes()
    programme = page.locator('.legend button[data-kind="Programme"]')
    programme.click()
    assert not any(node.startswith("Programme:") for node in canvas.nodes())
    expect(programme).to_have_attribute("aria-pressed", "false")
    programme.click()
    assert canvas.nodes() == everything
    canvas.click(canvas.first("Programme"))
    expect(page.locator(".card")).to_contain_text("主管部门")
    page.keyboard.press("Delete")
    assert len(canvas.nodes()) == len(everything) - 1
    page.keyboard.press("Control+z")
    assert canvas.nodes() == everything
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator(".grid-view tbody tr")).to_have_count(len(canvas.edges()))
    page.keyboard.press("t")
    expect(page.locator(".canvas")).to_be_visible()


def test_the_network_is_worked_with_the_keyboard_alone(as_user: User, web: Any, by_query: dict[str, list[str]]) -> None:
    page = as_user("zhang")
    page.goto(f"{web.url}/leads/{by_query['benefit_to_relative'][0]}")
    canvas = Canvas(page)
    page.locator(".canvas").focus()
    page.keyboard.press("ArrowRight")
    first = canvas.ask("(n) => n.cy.nodes(':selected').map((node) => node.id())")
    page.keyboard.press("ArrowRight")
    second = canvas.ask("(n) => n.cy.nodes(':selected').map((node) => node.id())")
    assert len(first) == len(second) == 1 and first != second
    expect(page.locator("[data-said]")).to_contain_text("已选中")
    page.keyboard.press("Shift+F10")
    expect(page.locator(".menu button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".canvas")).to_be_focused()
    expect(page.locator(".menu")).to_be_hidden()


def test_a_crowd_of_neighbours_asks_which(as_user: User, web: Any, by_query: dict[str, list[str]]) -> None:
    page = as_user("zhang")
    page.goto(f"{web.url}/leads/{by_query['payment_to_other_account'][0]}")
    canvas = Canvas(page)
    before = canvas.nodes()
    canvas.click(canvas.first("Programme"), button="right")
    page.locator(".menu button", has_text="所属资金").click()
    dialog = page.locator("dialog.pick")
    expect(dialog).to_contain_text("请选择要加入图中的")
    expect(dialog.locator(".list label").nth(50)).to_be_attached()
    assert canvas.nodes() == before
    dialog.locator(".list input").nth(0).check()
    dialog.locator(".list input").nth(1).check()
    dialog.get_by_role("button", name="加入图中").click()
    expect(page.locator(".network .toast")).to_contain_text("新增")
    assert len(canvas.ask("(n) => [...n.state.nodes]")) == len(before) + 2


def test_a_lead_is_looked_for_again_and_other_leads_meet_on_its_canvas(
    as_user: User, web: Any, by_query: dict[str, list[str]], complaints: list[str]
) -> None:
    page = as_user("zhang")
    page.goto(f"{web.url}/leads/{by_query['benefit_to_relative'][0]}")
    page.get_by_role("link", name="依据今天怎样").click()
    expect(page.locator("#again")).to_contain_text("仍然列出，事实与记录的一致")
    expect(page.locator("#facts")).to_contain_text("所依据的事实都在")
    page.goto(f"{web.url}/leads/{by_query['cluster_of_findings'][0]}")
    canvas = Canvas(page)
    assert max(canvas.ask("(n) => n.cy.nodes().map((node) => node.data('meets') || 0)")) >= 3
    canvas.ask("(n) => n.card(n.cy.nodes().filter((node) => node.data('meets') >= 3)[0])")
    expect(page.locator(".card .met a").first).to_have_attribute("href", re.compile("/leads/"))
    assert complaints == []


def test_a_path_between_two_people_is_found(as_user: User, web: Any, by_query: dict[str, list[str]]) -> None:
    page = as_user("zhang")
    page.goto(f"{web.url}/leads/{by_query['approved_for_relative'][0]}")
    canvas = Canvas(page)
    page.keyboard.press("p")
    expect(page.locator(".network .toast")).to_contain_text("先选中两个对象")
    canvas.ask("(n) => { n.cy.edges('.kin.strong')[0].connectedNodes().select(); }")
    page.keyboard.press("p")
    expect(page.locator(".network .toast")).to_contain_text(re.compile("新增|已全部在图中"))


def test_a_lead_with_four_hundred_nodes_looks_intended(as_user: User, web: Any) -> None:
    page = as_user("zhang")
    page.goto(f"{web.url}/leads/{web.crowded}")
    canvas = Canvas(page)
    expect(page.locator(".over")).to_contain_text("共 400 个对象")
    assert len(canvas.nodes()) < 30
    page.locator(".over").get_by_role("button", name="逐个显示").click()
    assert len(canvas.nodes()) == 400
    expect(page.locator(".over")).to_contain_text("太多会看不清")
    page.locator(".over").get_by_role("button", name="合并同类对象").click()
    assert len(canvas.nodes()) < 30


def test_the_search_finds_by_initials_and_opens_a_network(as_user: User, complaints: list[str]) -> None:
    page = as_user("zhang")
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.locator("#lookup")).to_be_focused()
    page.keyboard.type("村", delay=20)
    expect(page.locator("#hits a").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#hits a")).to_have_count(0)
    page.goto(page.url.replace("/leads", "/explore"))
    page.locator("#find").fill("李")
    page.get_by_role("button", name="搜索", exact=True).click()
    expect(page.locator(".found a").first).to_be_visible()
    assert re.search(r"/explore\?find=[0-9a-f]{20}$", page.url)
    name = page.locator(".found a .name").first.inner_text()
    page.locator(".found a").first.click()
    expect(page.locator("h1")).to_contain_text(name)
    canvas = Canvas(page)
    assert len(canvas.nodes()) > 1
    page.go_back()
    expect(page.locator(".found a").first).to_be_visible()
    assert complaints == []


def test_composing_chinese_triggers_no_shortcut_and_no_search(as_user: User) -> None:
    page = as_user("zhang")
    page.locator("#rows .row.here").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/search") else None)
    here = page.locator("#rows .row.here").get_attribute("data-key")
    compose = """(key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, isComposing: true }))"""
    for key in ("j", "?", "/", "e"):
        page.evaluate(compose, key)
    assert page.locator("#rows .row.here").get_attribute("data-key") == here
    expect(page.locator("#keys")).to_be_hidden()
    page.evaluate(
        """() => {
            const field = document.getElementById('lookup');
            field.value = 'shen';
            field.dispatchEvent(new InputEvent('input', { bubbles: true, isComposing: true }));
        }"""
    )
    page.evaluate(
        "() => document.getElementById('lookup').dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }))"
    )
    expect(page.locator("#hits")).not_to_be_empty()
    assert len(asked) == 1


def test_a_picture_is_saved(as_user: User, web: Any, by_query: dict[str, list[str]]) -> None:
    page = as_user("zhang")
    page.goto(f"{web.url}/leads/{by_query['own_company_contract'][0]}")
    Canvas(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="存为图片").click()
    content = saved.value.path().read_bytes()
    assert content.startswith(b"\x89PNG") and len(content) > 10_000


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_accessible_and_fit(as_user: User, web: Any, by_query: dict[str, list[str]], width: int) -> None:
    page = as_user("zhang")
    page.set_viewport_size({"width": width, "height": 900})
    axe = Axe()
    for address in (
        "/leads",
        f"/leads/{by_query['benefit_to_relative'][0]}",
        "/explore",
        "/data",
        "/queries",
        "/nowhere",
    ):
        page.goto(web.url + address)
        if "/leads/" in address:
            Canvas(page)
        found = axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
        assert found.violations_count == 0, (address, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_the_sign_in_page_is_accessible(page: Page, web: Any) -> None:
    page.goto(web.url)
    assert Axe().run(page).violations_count == 0
