"""The review page: whom rows without a number may mean, who may say so, and that it can be taken back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from homes import Small
from page_samples import PASSWORDS

from backend import accounts, audit
from backend.exploration import Exploration
from backend.ledger import Ledger
from graph_loader.evidence import Evidence
from ui.app import create_app

User = Callable[..., TestClient]

TOWN, VILLAGE = "431299100", "431299100201"
JIAN = "431299196803120112"


def person(id: str, name: str, household: str) -> dict[str, str]:
    return {"公民身份号码": id, "姓名": name, "户号": household, "与户主关系": "户主", "村编码": VILLAGE}


def cadre(name: str) -> dict[str, str]:
    return {"姓名": name, "村编码": VILLAGE, "职务": "会计", "任职日期": "2016-03-01"}


TABLES: dict[str, list[dict[str, Any]]] = {
    "divisions": [{"村编码": VILLAGE, "村": "青石村", "乡镇编码": TOWN, "乡镇": "锦和镇", "县": "朝溪县"}],
    "residents": [person(JIAN, "张建国", "H1"), person("431299195511200554", "邹平", "H2")],
    "village_cadres": [cadre("张健国")],
    "bids": [{"项目编号": "P1", "招标方式": "询价", "投标人": "朝溪建筑队", "是否中标": "否"}],
}


@pytest.fixture
def home(small: Small, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The small home with one cadre whose number is missing."""
    small.load_tables(TABLES)
    assert Evidence(small.home).deliveries()[0].total("quarantined") == 1
    monkeypatch.setattr(Exploration, "_opened", lambda self: small.driver)
    return small.home


def decision(page: str) -> tuple[str, str]:
    """Address of the first form of the page, and the first candidate in it."""
    address = re.search(r'action="(/review/items/[0-9a-f]+)"', page)
    candidate = re.search(r'name="person" value="([0-9a-f]{20})"', page)
    assert address and candidate
    return address[1], candidate[1]


def test_a_row_shows_its_candidates_side_by_side_with_what_speaks_for_and_against(as_user: User) -> None:
    page = as_user("zhang").get("/review").text
    for words in (
        "张健国",
        "村干部",
        "锦和镇青石村",
        "431299********0112",
        "户号 H1",
        "同音",
        "没有任职记录",
        "确认是此人",
        "均不是",
    ):
        assert words in page, words
    assert JIAN not in page and "邹平" not in page
    assert "朝溪建筑队" in page and "仅知名称的主体" in page
    told = as_user("zhang").get("/review.json").json()
    assert [item["name"] for item in told["items"]] == ["张健国"] and JIAN not in str(told)
    assert set(told["identity_reports"]) == {"two_names", "two_ids", "companies_by_name", "places"}


def test_confirming_is_logged_and_can_be_taken_back(as_user: User, ledger: Ledger, small: Small) -> None:
    zhang = as_user("zhang")
    address, candidate = decision(zhang.get("/review").text)
    refused = zhang.post(address, data={"person": candidate, "reason": " "})
    assert refused.status_code == 403 and "请写明理由" in refused.text
    done = zhang.post(address, data={"person": candidate, "reason": "与任职文件核对"})
    assert "已确认“张健国”" in done.text and "没有待核对的行" in done.text and "Zhang" in done.text
    posts = "MATCH (:Person {key: $key})-[h:HOLDS_POST]->(:Village) RETURN h.title AS title"
    assert [row["title"] for row in small.driver.execute_query(posts, key=candidate).records] == ["会计"]
    with ledger.reading() as session:
        (line,) = audit.lines(session, action="identity.confirm")
    assert line.who == "zhang" and line.detail["person"] == candidate

    back = re.search(r'action="(/review/decisions/[^"]+)"', done.text)
    assert back
    assert "张健国" in zhang.post(back[1]).text
    assert small.driver.execute_query(posts, key=candidate).records == []
    assert zhang.post(back[1]).status_code == 403, "nothing is left to take back"


def test_none_of_these_is_a_decision(as_user: User) -> None:
    wang = as_user("wang")
    address, _ = decision(wang.get("/review").text)
    done = wang.post(address, data={"person": "", "reason": "此人由外县调入"})
    assert "不是所列任何人" in done.text and "此人由外县调入" in done.text
    assert wang.post(address, data={"person": "", "reason": "再说一次"}).status_code == 403


def test_who_is_no_candidate_cannot_be_confirmed(as_user: User, small: Small) -> None:
    zhang = as_user("zhang")
    address, _ = decision(zhang.get("/review").text)
    answer = zhang.post(address, data={"person": "f" * 20, "reason": "没有这个人"})
    assert answer.status_code == 403 and "没有写入" in answer.text
    assert len(Evidence(small.home).deliveries()) == 1


def test_clerks_see_no_people_and_strangers_are_sent_to_sign_in(as_user: User, small: Small) -> None:
    address, candidate = decision(as_user("zhang").get("/review").text)
    clerk = as_user("clerk")
    assert clerk.get("/review").status_code == clerk.get("/review.json").status_code == 403
    assert clerk.post(address, data={"person": candidate, "reason": "文书说是他"}).status_code == 403
    assert "/review" not in clerk.get("/data").text
    assert as_user().get("/review", follow_redirects=False).status_code == 303
    foreign = as_user("zhang")
    foreign.headers["origin"] = "http://evil.test"
    assert foreign.post(address, data={"person": candidate, "reason": "别处来的"}).status_code == 403
    assert len(Evidence(small.home).deliveries()) == 1


def test_auditors_look_and_others_see_only_their_towns(home: Any, ledger: Ledger, as_user: User) -> None:
    with ledger.writing() as session:
        guard = accounts.viewer_of(accounts.named(session, "security"))
        accounts.create(session, guard, "auditor", "auditor", PASSWORDS["zhang"])
        accounts.set_towns(session, guard, "li", frozenset({"431299101"}))
    with TestClient(
        create_app(home), base_url="http://county.test", headers={"origin": "http://county.test"}
    ) as client:
        client.post("/signin", data={"name": "auditor", "password": PASSWORDS["zhang"]})
        page = client.get("/review").text
        assert "张健国" in page and "确认是此人" not in page and "您可以查看" in page
    address, candidate = decision(as_user("zhang").get("/review").text)
    li = as_user("li")
    assert "张健国" not in li.get("/review").text
    answer = li.post(address, data={"person": candidate, "reason": "不是我的乡镇"})
    assert answer.status_code == 403 and "不在您负责的乡镇" in answer.text


def test_whoever_is_a_candidate_does_not_decide(home: Any, ledger: Ledger, as_user: User) -> None:
    address, candidate = decision(as_user("zhang").get("/review").text)
    with ledger.writing() as session:
        guard = accounts.viewer_of(accounts.named(session, "security"))
        accounts.tie(session, guard, "zhang", candidate)
    answer = as_user("zhang").post(address, data={"person": candidate, "reason": "就是我本人"})
    assert answer.status_code == 403 and "由他人核对" in answer.text


def test_the_page_is_complete_in_english(as_user: User) -> None:
    zhang = as_user("zhang")
    zhang.post("/preferences", data={"language": "en", "next": "/review"})
    page = zhang.get("/review").text
    for words in ("Who is meant", "sound the same", "no post on record", "This is the person", "None of these"):
        assert words in page, words
