"""The pages as a signed-in person gets them: what they say, what their addresses hold, and what they refuse."""

import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from page_samples import PASSWORDS, finding, record

from backend import accounts, exploration, leads
from backend.accounts import viewer_of
from backend.ledger import Ledger, LedgerLost
from graph_loader.errors import GuanxiError
from ui import desk

LEAD = finding().key
User = Callable[..., TestClient]


def test_the_county_is_named_where_its_facts_are_there(as_user: User, listed: Ledger, home: Path) -> None:
    (home / "county.toml").write_text('name = "清漪县"\n', encoding="utf-8")
    assert '<span class="muted county">清漪县</span>' in as_user("zhang").get("/leads").text


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page_and_back(as_user: User, listed: Ledger) -> None:
    stranger = as_user()
    sent = stranger.get(f"/leads/{LEAD}", follow_redirects=False)
    assert sent.status_code == 303 and sent.headers["location"] == f"/signin?next=/leads/{LEAD}"
    form = {"name": "zhang", "password": PASSWORDS["zhang"], "next": f"/leads/{LEAD}"}
    back = stranger.post("/signin", data=form, follow_redirects=False)
    assert back.headers["location"] == f"/leads/{LEAD}"
    cookie = back.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert stranger.get("/leads.json").status_code == 200


def test_a_fresh_sign_in_never_leads_out_of_the_workbench(as_user: User, ledger: Ledger) -> None:
    for elsewhere in ("https://example.org/", "//example.org/", "/\\example.org"):
        form = {"name": "zhang", "password": PASSWORDS["zhang"], "next": elsewhere}
        assert as_user().post("/signin", data=form, follow_redirects=False).headers["location"] == "/"


def test_a_wrong_password_is_said_in_one_sentence_and_too_many_are_stopped(as_user: User, ledger: Ledger) -> None:
    stranger = as_user()
    for _ in range(accounts.TRIES_BY_NAME):
        answer = stranger.post("/signin", data={"name": "zhang", "password": "not-the-password"})
        assert answer.status_code == 401 and "账号或密码不正确" in answer.text and "not-the-password" not in answer.text
    stopped = stranger.post("/signin", data={"name": "zhang", "password": PASSWORDS["zhang"]})
    assert stopped.status_code == 429 and "尝试次数过多" in stopped.text


def test_after_signing_out_the_old_cookie_opens_nothing(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    token = zhang.cookies[desk.COOKIE]
    zhang.post("/signout")
    thief = as_user()
    thief.cookies.set(desk.COOKIE, token)
    assert thief.get("/leads", follow_redirects=False).status_code == 303


def test_every_answer_carries_the_security_headers(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    for address in ("/leads", f"/leads/{LEAD}", "/signin", "/static/style.css", "/nowhere", "/healthz"):
        headers = zhang.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("origin", ["http://evil.test", "null", ""])
def test_a_write_from_another_page_is_refused(as_user: User, listed: Ledger, origin: str) -> None:
    zhang = as_user("zhang")
    zhang.headers.pop("origin")
    headers = {"origin": origin} if origin else {}
    for address in (f"/leads/{LEAD}/steps/note", "/signout", "/preferences", "/graph/counts", "/views", "/explore"):
        assert zhang.post(address, headers=headers).status_code == 403, address
    assert zhang.get("/leads").status_code == 200


def test_the_cookie_is_secure_on_https(as_user: User, ledger: Ledger) -> None:
    client = as_user(origin="https://county.test")
    client.base_url = "https://county.test"
    answer = client.post("/signin", data={"name": "zhang", "password": PASSWORDS["zhang"]}, follow_redirects=False)
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_the_list_shows_counts_and_narrows_by_its_address(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    everything = zhang.get("/leads").text
    assert "3 条" in everything and everything.count('class="row lone') == 3
    high = zhang.get("/leads", params={"level": "high"}).text
    assert "1 条 / 共 3 条" in high.replace("1 / 共", "1 条 / 共") and high.count('class="row lone') == 1
    nothing = zhang.get("/leads", params={"level": "high", "state": "closed"}).text
    assert "没有符合这些筛选条件的线索" in nothing and "共有 3 条线索" in nothing


def test_a_typed_name_stays_out_of_the_address(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    answer = zhang.post("/leads/find?level=high", data={"text": "田小满"})
    assert "1 / 共 3 条" in answer.text and "“田小满”" in answer.text
    assert "level=high" in str(answer.url) and "田" not in str(answer.url) and "%E7%94%B0" not in str(answer.url)
    assert zhang.get(str(answer.url)).text.count('class="row lone') == 1
    assert "没有符合" in zhang.post("/leads/find", data={"text": "无此人"}).text


def test_the_money_unit_and_the_language_stay_with_the_account(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    assert "1,800.00 元" in zhang.get("/leads").text
    assert "0.18 万元" in zhang.post("/preferences", data={"unit": "万元", "next": "/leads"}).text
    english = zhang.post("/preferences", data={"language": "en", "next": "/leads"}).text
    assert "Leads" in english and 'lang="en"' in english
    assert 'lang="en"' in as_user("zhang").get("/leads").text


def test_lists_and_leads_are_also_json_and_csv(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    everything = zhang.get("/leads.json").json()
    assert [lead["level"] for lead in everything] == ["high", "medium", "verify"]
    assert {lead["key"] for lead in zhang.get("/leads.json?level=medium").json()} == {finding(2).key}
    assert zhang.get("/leads.csv").text.startswith("\ufeffkey,") and LEAD in zhang.get(f"/leads/{LEAD}.csv").text
    one = zhang.get(f"/leads/{LEAD}.json").json()
    assert one["key"] == LEAD and one["persons"][0]["id"] == "431226********0017"
    network = zhang.get(f"/leads/{LEAD}/network.json").json()
    assert all({"id", "label", "name"} <= set(node) for node in network["nodes"])
    assert all({"source", "target", "type"} <= set(edge) for edge in network["edges"])


def test_the_page_of_a_lead_argues_both_ways(as_user: User, listed: Ledger) -> None:
    text = as_user("zhang").get(f"/leads/{LEAD}").text
    for said in (
        "沈立冬",
        "审批人是本人",
        "任前已申报亲属关系",
        "未交付房产表",
        "补贴发放_2019.csv",
        "2019-03-02",
        "431226********0025",
    ):
        assert said in text, said


def test_one_account_alone_cannot_close_a_lead(as_user: User, listed: Ledger) -> None:
    wang, zhang = as_user("wang"), as_user("zhang")
    steps = f"/leads/{LEAD}/steps"
    assert wang.post(f"{steps}/assign", data={"assignee": "zhang"}).status_code == 200
    assert zhang.post(f"{steps}/start_check").status_code == 200
    missing = zhang.post(f"{steps}/propose", data={"outcome": "true", "reason": " "})
    assert missing.status_code == 403 and "请写明理由" in missing.text
    assert "待办结" in zhang.post(f"{steps}/propose", data={"outcome": "true", "reason": "签字笔迹核对一致"}).text
    alone = zhang.post(f"{steps}/close")
    assert alone.status_code == 403 and "待办结" in alone.text
    closed = wang.post(f"{steps}/close").text
    assert '<span class="state closed" id="state">已结</span>' in closed and "签字笔迹核对一致" in closed


def test_several_leads_are_assigned_at_once_and_what_cannot_be_is_named(as_user: User, listed: Ledger) -> None:
    wang = as_user("wang")
    keys = [finding(1).key, finding(2).key]
    assert "Zhang" in wang.post("/leads/assign", data={"key": keys, "assignee": "zhang"}).text
    wrong = wang.post("/leads/assign", data={"key": keys, "assignee": "clerk"}).text
    assert keys[0] in wrong and keys[1] in wrong


def test_a_clerk_sees_the_data_but_no_leads(as_user: User, listed: Ledger) -> None:
    clerk = as_user("clerk")
    for address in ("/leads", f"/leads/{LEAD}", f"/leads/{LEAD}/network.json", "/leads.csv", "/explore"):
        assert clerk.get(address).status_code == 403, address
    assert "您的角色不能" in clerk.get("/leads").text
    assert clerk.get("/").url.path == "/data" and "还没有交付" in clerk.get("/data").text
    assert clerk.get("/queries").status_code == 200


def test_a_lead_of_another_town_does_not_exist_for_the_viewer(as_user: User, listed: Ledger) -> None:
    with listed.writing() as session:
        guard = viewer_of(accounts.named(session, "security"))
        accounts.set_towns(session, guard, "zhang", frozenset({"431226999"}))
    zhang = as_user("zhang")
    assert zhang.get(f"/leads/{LEAD}").status_code == 404 and "沈立冬" not in zhang.get(f"/leads/{LEAD}").text
    assert zhang.get(f"/leads/{LEAD}/network.json").status_code == 404


def test_seen_and_changed_leads_are_told_apart(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    zhang.get(f"/leads/{LEAD}")
    assert zhang.get("/leads").text.count("row lone seen") == 1
    record(
        listed, finding(1, basis_hash="other", amount=1000.0), finding(2, level="medium"), finding(3, level="verify")
    )
    after = zhang.get("/leads").text
    assert after.count("row lone seen") == 0 and "上次查看后有变化" in after and "依据有变" in after


def test_what_does_not_exist_says_where_to_go(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    for address in ("/nowhere", "/leads/no-such-lead", "/leads?page=abc", "/leads?find=0123", "/views/abc.json"):
        answer = zhang.get(address)
        assert answer.status_code in (404, 422), address
    assert "回到线索" in zhang.get("/nowhere").text and 'class="rail"' in zhang.get("/nowhere").text


def test_a_kept_view_has_the_same_opaque_address_every_time(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    canvas = {"lead": LEAD, "hidden": ["Company:名称:某某建筑队"], "at": {"Person:" + "a" * 20: [10, 20]}}
    first, again = (zhang.post("/views", json=canvas).json()["id"] for _ in range(2))
    assert first == again and len(first) == 20
    kept = zhang.get(f"/views/{first}.json").json()
    assert kept["canvas"]["hidden"] == canvas["hidden"] and kept["nodes"] == [] and kept["gone"] == 0


def test_a_lost_ledger_is_a_clear_page_and_no_empty_list(
    as_user: User, listed: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang = as_user("zhang")

    @contextmanager
    def lost(self: Ledger) -> Any:
        raise LedgerLost("disk full")
        yield

    monkeypatch.setattr(Ledger, "reading", lost)
    monkeypatch.setattr(Ledger, "writing", lost)
    for address in ("/leads", f"/leads/{LEAD}", "/explore", "/data"):
        answer = zhang.get(address)
        assert answer.status_code == 503 and "台账暂时打不开" in answer.text, address
    assert zhang.get("/leads.json").json()["error"].startswith("台账暂时打不开")
    assert zhang.get("/healthz").status_code == 200


def test_a_lost_engine_leaves_the_leads_readable_and_search_says_so(
    as_user: User, listed: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def gone(home: Path) -> Any:
        raise GuanxiError("the engine does not start")
        yield

    monkeypatch.setattr(exploration, "running", gone)
    zhang = as_user("zhang")
    assert zhang.get(f"/leads/{LEAD}").status_code == 200
    assert zhang.get(f"/leads/{LEAD}/network.json").status_code == 200
    page = zhang.get("/explore")
    assert page.status_code == 503 and "图数据库暂时连不上" in page.text and "重试" in page.text
    assert zhang.post("/graph/counts", json={"id": "Person:" + "a" * 20}).status_code == 503
    fragment = zhang.post("/search", data={"text": "田小满"}, headers={"HX-Request": "true"})
    assert "图数据库暂时连不上" in fragment.text and "<html" not in fragment.text


def test_an_unforeseen_error_is_a_page_with_a_number_and_no_details(
    as_user: User, listed: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang = as_user("zhang")

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("沈立冬 must not be shown")

    monkeypatch.setattr(leads, "find", broken)
    answer = zhang.get("/leads")
    assert answer.status_code == 500 and "页面出错了" in answer.text and "must not be shown" not in answer.text


def test_the_graph_tells_nothing_to_whoever_may_not_see_leads(as_user: User, ledger: Ledger) -> None:
    clerk = as_user("clerk")
    bodies: dict[str, dict[str, Any]] = {
        "/graph/counts": {"id": "Person:x"},
        "/graph/subject": {"id": "Person:x"},
        "/graph/neighbours": {"id": "Person:x", "type": "TO", "direction": "in"},
        "/graph/path": {"a": "Person:x", "b": "Person:y"},
        "/graph/sources": {"ids": ["Person:x"]},
        "/graph/original": {"delivery": "d", "file": "f", "sheet": "", "row": 1, "of": "Person:x"},
        "/views": {},
    }
    for address, body in bodies.items():
        assert clerk.post(address, json=body).status_code == 403, address


def test_every_search_and_opening_is_on_the_log_without_the_typed_name(as_user: User, listed: Ledger) -> None:
    zhang = as_user("zhang")
    zhang.get(f"/leads/{LEAD}")
    with listed.reading() as session:
        from backend import audit

        told = json.dumps([vars(line) for line in audit.lines(session)], ensure_ascii=False)
    assert "lead.view" in told and "田小满" not in told
