"""A county without leads: nothing loaded, nothing detected and nothing found are three different pages."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from fastapi.testclient import TestClient
from homes import Small
from page_samples import PASSWORDS, VILLAGE

from backend import accounts, leads
from backend.ledger import Ledger, open_ledger
from graph_loader import loading
from ui.app import create_app

DIVISIONS = {
    "行政区划": [{"村编码": VILLAGE, "村": "青石村", "乡镇编码": VILLAGE[:9], "乡镇": "锦溪镇", "县": "青溪县"}]
}


def office(small: Small) -> Ledger:
    """The ledger of the small home, with one investigator."""
    opened = open_ledger(small.home)
    with opened.writing() as session:
        accounts.create(session, accounts.OWNER, "security", "security_admin", PASSWORDS["wang"])
        guard = accounts.viewer_of(accounts.named(session, "security"))
        accounts.create(session, guard, "zhang", "investigator", PASSWORDS["zhang"])
    return opened


@pytest.fixture
def zhang(small: Small) -> Iterator[TestClient]:
    opened = office(small)
    app = create_app(small.home)
    with TestClient(app, base_url="http://county.test", headers={"origin": "http://county.test"}) as client:
        client.post("/signin", data={"name": "zhang", "password": PASSWORDS["zhang"]})
        yield client
    opened.close()


def test_nothing_was_delivered(small: Small, zhang: TestClient) -> None:
    loading.bring_up_to_date(small.home, small.driver)
    page = zhang.get("/leads").text
    assert "还没有交付任何数据表" in page and "guanxi load" in page
    assert "图中还没有数据" in zhang.get("/explore").text
    assert "还没有交付" in zhang.get("/data").text


def test_delivered_but_not_detected_then_detected_and_nothing_found(small: Small) -> None:
    small.load_tables(DIVISIONS)
    opened = office(small)
    app = create_app(small.home)
    with TestClient(app, base_url="http://county.test", headers={"origin": "http://county.test"}) as zhang:
        zhang.post("/signin", data={"name": "zhang", "password": PASSWORDS["zhang"]})
        page = zhang.get("/leads").text
        assert "数据已入库，但还没有运行过检测" in page and "guanxi detect" in page
        with opened.writing() as session:
            leads.record(session, "self_approved", [], date(2020, 6, 30))
        page = zhang.get("/leads").text
        assert "检测已运行，没有发现线索" in page and "2020-06-30" in page
        data = zhang.get("/data").text
        assert re.search(r"行政区划</th>\s*<td class=\"right\">\d", data)
        assert re.search(r"补贴发放</th>\s*<td class=\"absent\"[^>]*>未交付，需要它的查询不会运行", data)
        assert "OCDS" not in data and "身份核对</th>" not in data
        assert "缺 " in zhang.get("/queries").text
    opened.close()
