"""What each query says of one subject: leads, no leads, and on request why there is none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from homes import Small

from backend import accounts
from backend.accounts import viewer_of
from backend.ledger import Ledger
from graph_loader.secret import secret_of

VILLAGE = "431226101203"
FATHER, SON = "431226197001010014", "431226199505060014"
TABLES = {
    "行政区划": [
        {"村编码": VILLAGE, "村": "老屋村", "乡镇编码": VILLAGE[:9], "乡镇": "锦和镇", "县": "麻阳县"},
    ],
    "户籍人口": [
        {"公民身份号码": FATHER, "姓名": "沈立冬", "户号": "1", "与户主关系": "户主", "村编码": VILLAGE},
        {"公民身份号码": SON, "姓名": "沈小满", "户号": "2", "与户主关系": "户主", "村编码": VILLAGE}
        | {"户籍状态": "迁出", "状态日期": "2018-01-01"},
    ],
    "亲子关系": [{"子女身份证号": SON, "父亲身份证号": FATHER}],
    "村干部": [{"身份证号": FATHER, "姓名": "沈立冬", "村编码": VILLAGE, "职务": "村主任", "任职日期": "2017-01-01"}],
    "资金目录": [{"项目编码": "P02", "项目名称": "耕地地力保护补贴", "主管部门": "农业农村局", "发放方式": "普惠"}],
    "补贴发放": [
        {"发放流水号": "F1", "项目编码": "P02", "姓名": "沈小满", "身份证号": SON, "金额": 120}
        | {"户名": "沈小满", "账号": "6217000000000000001", "发放日期": "2019-04-15", "村编码": VILLAGE},
    ],
}

User = Callable[..., TestClient]


@pytest.fixture(scope="module")
def loaded(small_engine: Small) -> Small:
    """The small home with these tables, loaded once for this file, which only reads."""
    small_engine.load_tables(TABLES)
    return small_engine


@pytest.fixture
def home(loaded: Small) -> Path:
    """The same home for each test, but with a ledger of its own."""
    for ledger in loaded.home.glob("ledger.db*"):
        ledger.unlink()
    return loaded.home


@pytest.fixture
def son(home: Path) -> str:
    return f"Person:{secret_of(home).ref('person', SON)}"


def test_queries_with_and_without_leads_are_listed(as_user: User, son: str) -> None:
    page = as_user("zhang").post("/explore/asked", data={"id": son}).text
    assert "有线索（1）" in page and "沈小满 户籍状态为迁出" in page
    assert 'name="why" value="benefit_to_relative"' in page, "asked, and no lead"
    assert 'name="why" value="left_county"' not in page, "what has a lead is not asked why it has none"
    assert "没法查，缺表" in page and 'href="/queries/mutually_exclusive"' in page
    assert SON not in page


def test_why_there_is_no_lead_is_told_with_the_suspicion(as_user: User, son: str) -> None:
    zhang = as_user("zhang")
    page = zhang.post("/explore/asked", data={"id": son, "why": "benefit_to_relative"}).text
    for told in ("为什么“干部亲属领取审核类补贴”没有列为线索", "未列为线索，因为：", "是普惠项目，人人都有"):
        assert told in page
    assert "沈小满" in page[page.index('id="why"') :].split("未列为线索")[0], "the suspicion is told as well"
    nothing = zhang.post("/explore/asked", data={"id": son, "why": "paid_after_death"}).text
    assert "没有可疑之处" in nothing and "发放在死亡当月或以前" in nothing, (
        "nothing suspicious: what would clear is listed"
    )


def test_who_is_not_there_is_said_in_a_sentence(as_user: User, ledger: Ledger) -> None:
    for id in ("Person:" + "0" * 20, "Nonsense:1", "nothing at all"):
        answer = as_user("zhang").post("/explore/asked", data={"id": id})
        assert answer.status_code == 404 and "Traceback" not in answer.text, id
        assert "没有" in answer.text or "不" in answer.text, id


def test_whoever_is_limited_to_another_town_is_refused(as_user: User, ledger: Ledger, son: str) -> None:
    with ledger.writing() as session:
        guard = viewer_of(accounts.named(session, "security"))
        accounts.set_towns(session, guard, "zhang", frozenset({"431299101"}))
    answer = as_user("zhang").post("/explore/asked", data={"id": son, "why": "benefit_to_relative"})
    assert answer.status_code == 404 and "不在您负责的乡镇" in answer.text
    assert "沈小满" not in answer.text


def test_whoever_may_not_see_leads_is_refused(as_user: User, son: str) -> None:
    answer = as_user("clerk").post("/explore/asked", data={"id": son})
    assert answer.status_code == 403 and "沈小满" not in answer.text
