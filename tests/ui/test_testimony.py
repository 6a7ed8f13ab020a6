"""The pages that say who says so, and what departments disagree on."""

from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from homes import Shelf

from backend.ledger import Ledger

User = Callable[..., TestClient]
PERSON = "431226197001010030"


def test_a_disagreement_is_listed_with_both_rows_and_the_rule(as_user: User, ledger: Ledger, home: Path) -> None:
    zhang = as_user("zhang")
    assert "各部门的说法没有出入" in zhang.get("/data/conflicts").text
    resident = {"公民身份号码": PERSON, "姓名": "张三", "户号": "H1", "与户主关系": "户主"}
    official = {"身份证号": PERSON, "姓名": "张山", "单位": "民政局", "职务": "局长", "任职日期": "2015-01-01"}
    Shelf(home).add({"户籍": [resident], "任职": [official]})
    page = zhang.get("/data/conflicts").text
    for told in ("张三", "张山", "户籍.csv", "任职.csv", "按表的优先顺序"):
        assert told in page
    assert PERSON not in page


def test_a_subject_says_who_says_so_now_and_on_an_earlier_day(as_user: User, ledger: Ledger, home: Path) -> None:
    village = {"村编码": "431226101203", "村": "老屋村", "乡镇编码": "431226101", "乡镇": "锦和镇", "县": "麻阳县"}
    shelf = Shelf(home)
    shelf.add({"区划": [village]})
    shelf.add({"更正": [village | {"村": "新屋村"}]})
    zhang = as_user("zhang")
    page = zhang.post("/explore/says", data={"id": "Village:431226101203", "at": ""}).text
    for told in ("新屋村", "更正.csv", "老屋村", "区划.csv", "更早"):
        assert told in page
    before = zhang.post("/explore/says", data={"id": "Village:431226101203", "at": "2001-01-01"})
    assert "请换一个更晚的日期" in before.text
