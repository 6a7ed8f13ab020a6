"""The quick way from one state to the next ends where the whole way ends, or says that it is not for it."""

import json
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
from homes import Small

from graph_loader import graph_update, growth, loading, ontology
from graph_loader.graph_hash import graph_hash

ZHANG, LI, WANG = "431226197001010030", "431226197202020024", "43122619800303003X"
BASE: dict[str, list[dict[str, Any]]] = {
    "行政区划": [
        {"村编码": "431226101203", "村": "黄家团村", "乡镇编码": "431226101", "乡镇": "锦和镇", "县": "麻阳县"}
    ],
    "户籍人口": [
        {"公民身份号码": ZHANG, "姓名": "张三", "户号": "H1", "与户主关系": "户主"},
        {"公民身份号码": LI, "姓名": "李四", "户号": "H1", "与户主关系": "妻"},
    ],
    "公职人员": [{"身份证号": ZHANG, "姓名": "张三", "单位": "民政局", "职务": "局长", "任职日期": "2018-01-01"}],
    "资金目录": [{"项目编码": "B1", "项目名称": "低保", "主管部门": "民政局"}],
    "银行账户": [{"账号": "6222020000000000001", "户名": "李四", "户主身份证号": LI}],
}


def payment(number: int, **more: str) -> dict[str, str]:
    return {
        "发放流水号": f"LS{number}",
        "项目编码": "B1",
        "姓名": "李四",
        "身份证号": LI,
        "账号": "6222020000000000001",
        "金额": "100",
        "发放日期": "2020-01-15",
        "村编码": "431226101203",
        "审批人身份证号": ZHANG,
        **more,
    }


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each further load went the quick way."""
    gone: list[bool] = []
    plain = growth.growth

    def noted(*arguments: Any) -> growth.Growth | None:
        found = plain(*arguments)
        gone.append(found is not None)
        return found

    monkeypatch.setattr(growth, "growth", noted)
    return gone


def same_as_the_whole_way(small: Small) -> bool:
    """Whether the graph and the kept state are those that everything built anew gives."""
    quick, tables = graph_hash(small.driver, ontology.load()), content(small.home)
    loading.rebuild(small.home, small.driver)
    return quick == graph_hash(small.driver, ontology.load()) and tables == content(small.home)


def content(home: Path) -> dict[str, list[str]]:
    with duckdb.connect(str(home / "graph" / "state.duckdb"), read_only=True) as db:
        names = [row[0] for row in db.execute("SELECT table_name FROM duckdb_tables()").fetchall() if ":" in row[0][:2]]
        return {
            name: sorted(json.dumps(row, default=str) for row in db.execute(f'FROM "{name}"').fetchall())
            for name in names
        }


def test_new_and_corrected_payments_go_the_quick_way(small: Small, ways: list[bool]) -> None:
    small.load_tables({**BASE, "补贴发放": [payment(1), payment(2)]})
    more = small.add_tables(
        {"补贴发放": [payment(2), payment(3, 金额="70"), payment(4, 账号="6222020000000000777")]}, "b"
    )
    assert more.written.by_kind["Payment", "created"] == 2
    assert (more.written.by_kind["Account", "created"], more.written.deleted) == (1, 0)
    small.add_tables({"补贴发放": [payment(1, 金额="88", 摘要="更正"), payment(5)]}, "c")
    assert ways == [True, True]
    assert same_as_the_whole_way(small)


def test_a_correction_takes_back_what_nothing_else_says(small: Small, ways: list[bool]) -> None:
    small.load_tables({**BASE, "补贴申请": [], "补贴发放": [payment(1, 申请编号="SQ1"), payment(2)]})
    corrected = small.add_tables({"补贴发放": [payment(1, 申请编号="SQ2")]}, "b")
    assert corrected.written.by_kind["Application", "deleted"] == 1
    assert ways == [True]
    assert same_as_the_whole_way(small)


@pytest.mark.parametrize(
    "more",
    [
        {"户籍人口": [{"公民身份号码": WANG, "姓名": "王五", "户号": "H1", "与户主关系": "女婿"}]},
        {"公职人员": [{"身份证号": LI, "姓名": "李四", "单位": "财政局", "职务": "科员", "任职日期": "2019-01-01"}]},
        {"补贴发放": [payment(7, 审批人身份证号=LI)]},
        {"补贴发放": [payment(1, 账号="6222020000000000777")]},
        {"补贴发放": [payment(7, 姓名="王五", 身份证号=WANG)]},
        {"房产": [{"不动产单元号": "F1", "权利人姓名": "张三", "权利人身份证号": ZHANG, "登记日期": "2019-01-01"}]},
    ],
)
def test_what_moves_offices_kinship_or_the_tables_delivered_goes_the_whole_way(
    small: Small, ways: list[bool], more: dict[str, list[dict[str, str]]]
) -> None:
    small.load_tables({**BASE, "补贴发放": [payment(1), payment(2)]})
    small.add_tables(more, "b")
    assert ways == [False]
    assert same_as_the_whole_way(small)


def test_a_county_day_by_day_is_the_county_at_once(small: Small, ways: list[bool]) -> None:
    draw = random.Random(5)
    small.load_tables({**BASE, "补贴发放": [payment(0)], "支出凭证": [voucher(0, draw)]})
    for day in range(4):
        small.add_tables(
            {
                "补贴发放": [payment(draw.randrange(12), 金额=str(draw.randrange(1, 900))) for _ in range(3)],
                "支出凭证": [voucher(draw.randrange(8), draw) for _ in range(2)],
            },
            f"day{day}",
        )
    assert any(ways)
    assert same_as_the_whole_way(small)


def voucher(number: int, draw: random.Random) -> dict[str, str]:
    return {
        "凭证号": f"PZ{number}",
        "村编码或单位": "431226101203",
        "日期": f"2020-02-{draw.randrange(10, 28)}",
        "摘要": "修路",
        "金额": str(draw.randrange(1, 900)),
        "收款人": "李四",
        "收款人证件号": LI,
    }


def test_an_interrupted_quick_way_is_finished_by_the_next_command(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.load_tables({**BASE, "补贴发放": [payment(1)]})
    with monkeypatch.context() as patch:
        patch.setattr(graph_update.growth, "absorb", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            small.add_tables({"补贴发放": [payment(2)]}, "b")
    loading.bring_up_to_date(small.home, small.driver)
    assert same_as_the_whole_way(small)
