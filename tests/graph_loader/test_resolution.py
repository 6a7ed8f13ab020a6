"""Villages by name, merged villages and companies by an old number lead where they must, whichever table came first."""

import csv
from itertools import permutations
from pathlib import Path
from typing import Any

import duckdb
import pytest
from stdnum.cn import ric, uscc

from graph_loader import custody, ontology, state
from graph_loader.cells import read_old_number
from graph_loader.evidence import Evidence
from graph_loader.intake import read_drop
from graph_loader.resolution import resolve
from graph_loader.secret import secret_of
from graph_loader.sources import load_sources

Rows = list[dict[str, Any]]

BLUESTONE, FLAT, BLUESTONE_WEST, OLD_TOWN = "431299100201", "431299100202", "431299101201", "431299100203"
COUNTY = {"县": "朝溪县"}
JINHE, XISHAN = {"乡镇编码": "431299100", "乡镇": "锦和镇"}, {"乡镇编码": "431299101", "乡镇": "西山乡"}
DIVISIONS: Rows = [
    {"村编码": BLUESTONE, "村": "青石村", **JINHE, **COUNTY},
    {"村编码": FLAT, "村": "大坪村", **JINHE, **COUNTY},
    {"村编码": BLUESTONE_WEST, "村": "青石村", **XISHAN, **COUNTY},
]
FIRM_17 = "91431299MA4L0001X"
FIRM = FIRM_17 + uscc.calc_check_digit(FIRM_17 + "0")


def person(first17: str) -> str:
    return first17 + str(ric.calc_check_digit(first17 + "0"))


def deliver(home: Path, tables: dict[str, Rows], name: str) -> str:
    """Puts tables under their canonical headers into the evidence of a home, without a graph."""
    drop = home / name
    drop.mkdir(parents=True)
    for id, rows in tables.items():
        with (drop / f"{id}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(load_sources()[id].columns))
            writer.writeheader()
            writer.writerows(rows)
    evidence = Evidence(home)
    return custody.keep(evidence, read_drop(evidence, drop, secret_of(home), lambda *_: None), drop, "").id


def state_of(home: Path) -> duckdb.DuckDBPyConnection:
    """The nodes and relationships that the evidence of a home gives."""
    evidence, db = Evidence(home), duckdb.connect()
    state.build(db, ontology.load(), evidence.sources, resolve(db, evidence.sources, evidence.rows_in_force()))
    return db


def relations(home: Path, type: str, start: str, end: str) -> list[tuple[str, str]]:
    table = state.name(state.Kind(type, start, end).table)
    return state_of(home).execute(f'SELECT "start", "end" FROM {table} ORDER BY ALL').fetchall()


def project(number: str, town: str, village: str, day: str = "2019-05-17") -> dict[str, str]:
    return {
        "项目编号": number, "项目名称": "村道硬化", "乡镇": town, "村": village, "主管单位": "县交通局",
        "批复金额（元）": "90000", "批复发包方式": "一事一议", "批复日期": day,
    }  # fmt: skip


WRITTEN = [
    ("锦和镇", "青石村", BLUESTONE),
    ("锦和", "青石", BLUESTONE),
    ("朝溪县锦和镇", "青石村民委员会", BLUESTONE),
    ("锦和镇", "锦和镇青石村", BLUESTONE),
    ("", "锦和镇青石村", BLUESTONE),
    ("西山乡", "青石村", BLUESTONE_WEST),
    ("锦和镇", "大坪村", FLAT),
]
NOT_KNOWN = [("锦和镇", "青山村"), ("西山乡", "大坪村"), ("东山镇", "大坪村"), ("锦和镇", "西山乡青石村")]


@pytest.mark.parametrize("divisions_first", [True, False])
def test_town_and_village_name_lead_to_the_village_in_any_order(tmp_path: Path, divisions_first: bool) -> None:
    named = [project(f"X{at}", town, village) for at, (town, village, _) in enumerate(WRITTEN)]
    named += [project(f"Y{at}", town, village) for at, (town, village) in enumerate(NOT_KNOWN)]
    drops = [{"divisions": DIVISIONS}, {"projects": named}]
    for at, tables in enumerate(drops if divisions_first else reversed(drops)):
        deliver(tmp_path, tables, f"drop{at}")
    assert dict(relations(tmp_path, "AT", "Project", "Village")) == {
        f"X{at}": code for at, (_, _, code) in enumerate(WRITTEN)
    }


def test_a_village_name_without_its_town_is_no_place(tmp_path: Path) -> None:
    """大坪村 is unique in the county, and still not enough: which villages there are changes with every delivery."""
    deliver(tmp_path, {"divisions": DIVISIONS, "projects": [project("X", "", "大坪村")]}, "drop")
    (problem,) = Evidence(tmp_path).quarantine()
    assert problem["column"] == "村编码" and "乡镇" in problem["reason"]


def test_old_names_and_codes_lead_to_the_village_of_today(tmp_path: Path) -> None:
    divisions = [
        {**DIVISIONS[0], "曾用名": "石板村", "更名日期": "2016-07-01"},
        {"村编码": FLAT, "村": "大坪村", **JINHE, **COUNTY, "并入村编码": OLD_TOWN, "撤并日期": "2017-03-01"},
        {"村编码": OLD_TOWN, "村": "老街村", **JINHE, **COUNTY, "并入村编码": BLUESTONE, "撤并日期": "2020-01-01"},
        {"村编码": BLUESTONE_WEST, "村": "石板村", **JINHE, **COUNTY},
    ]
    projects = [
        {**project("code", "", ""), "村编码": FLAT},
        project("name", "锦和镇", "大坪村", "2019-01-01"),
        project("before", "锦和镇", "石板村", "2015-01-01"),
        project("after", "锦和镇", "石板村", "2018-01-01"),
    ]
    deliver(tmp_path, {"projects": projects}, "first")
    deliver(tmp_path, {"divisions": divisions}, "second")
    # Before it was renamed two villages may have been called 石板村: the row stays without a village.
    assert dict(relations(tmp_path, "AT", "Project", "Village")) == {
        "code": BLUESTONE,
        "name": BLUESTONE,
        "after": BLUESTONE_WEST,
    }
    assert relations(tmp_path, "MERGED_INTO", "Village", "Village") == [(FLAT, OLD_TOWN), (OLD_TOWN, BLUESTONE)]
    names = state_of(tmp_path).execute('SELECT name, former_names FROM "n:Village" WHERE key = $1', [BLUESTONE])
    assert names.fetchall() == [("青石村", ["石板村"])]


def test_a_withdrawn_merger_gives_the_old_village_back(tmp_path: Path) -> None:
    deliver(tmp_path, {"divisions": DIVISIONS, "projects": [{**project("X", "", ""), "村编码": FLAT}]}, "drop")
    merged = deliver(tmp_path, {"divisions": [{**DIVISIONS[1], "并入村编码": BLUESTONE}]}, "merger")
    assert relations(tmp_path, "AT", "Project", "Village") == [("X", BLUESTONE)]
    Evidence(tmp_path).keep_withdrawal(merged, "")
    assert relations(tmp_path, "AT", "Project", "Village") == [("X", FLAT)]


def test_villages_that_merge_into_each_other_end_somewhere(tmp_path: Path) -> None:
    circle = [{**DIVISIONS[0], "并入村编码": FLAT}, {**DIVISIONS[1], "并入村编码": BLUESTONE}]
    deliver(tmp_path, {"divisions": circle, "projects": [{**project("X", "", ""), "村编码": FLAT}]}, "drop")
    assert len(relations(tmp_path, "AT", "Project", "Village")) == 1


def test_a_committee_that_spends_is_its_village(tmp_path: Path) -> None:
    def voucher(number: str, where: str) -> dict[str, str]:
        return {
            "凭证号": number, "村编码或单位": where, "日期": "2019-05-17", "摘要": "办公", "金额": "100", "收款人": "邹某",
        }  # fmt: skip

    vouchers = [voucher("V1", "锦和镇青石村民委员会"), voucher("V2", "锦和镇青石村小学"), voucher("V3", BLUESTONE)]
    deliver(tmp_path, {"vouchers": vouchers, "divisions": DIVISIONS}, "drop")
    assert relations(tmp_path, "SPENT_BY", "Voucher", "Village") == [("V1", BLUESTONE), ("V3", BLUESTONE)]
    assert relations(tmp_path, "SPENT_BY", "Voucher", "Unit") == [("V2", "锦和镇青石村小学")]


# Companies

REGISTERED = "431299000012345"
REGISTERED = next(n for i in range(10) if read_old_number(n := REGISTERED[:14] + str(i)))


def company(code: str, name: str, **more: str) -> dict[str, str]:
    return {"统一社会信用代码": code, "名称": name, "成立日期": "2015-01-01", "经营状态": "存续", **more}


def bid(number: str, code: str, who: str = "朝溪县某某建筑队") -> dict[str, str]:
    return {"项目编号": number, "招标方式": "公开招标", "投标人": who, "投标人信用代码": code, "是否中标": "否"}


def with_organisation_code(first8: str) -> str:
    return next(n for letter in "0123456789X" if (n := first8 + letter) and read_old_number(n))


@pytest.mark.parametrize("order", list(permutations(["companies", "bids"])))
def test_an_old_number_leads_to_the_one_company_that_has_it(tmp_path: Path, order: tuple[str, ...]) -> None:
    own = "91431299" + with_organisation_code("MA4L7777")
    own += uscc.calc_check_digit(own + "0")
    tables = {
        "companies": [
            company(own, "朝溪建筑有限公司", 工商注册号=REGISTERED),
            company(FIRM, "朝溪商贸有限公司"),
        ],
        "bids": [
            bid("P1", f"{own[8:16]}-{own[16]}"),
            bid("P2", REGISTERED),
            bid("P3", with_organisation_code("87654321")),
        ],
    }
    for at, id in enumerate(order):
        deliver(tmp_path, {id: tables[id]}, f"drop{at}")
    placed = {end.split("#")[0]: start for start, end in relations(tmp_path, "PLACED", "Company", "Bid")}
    assert placed == {"P1": own, "P2": own, "P3": "名称:朝溪县某某建筑队"}


def test_an_organisation_code_that_two_companies_have_leads_to_neither(tmp_path: Path) -> None:
    body = with_organisation_code("MA4L7777")
    twins = [front + body + uscc.calc_check_digit(front + body + "0") for front in ("91431299", "92431299")]
    deliver(
        tmp_path, {"companies": [company(twins[0], "甲"), company(twins[1], "乙")], "bids": [bid("P", body)]}, "drop"
    )
    assert [start for start, _ in relations(tmp_path, "PLACED", "Company", "Bid")] == ["名称:朝溪县某某建筑队"]


def test_fifteen_digits_that_may_be_a_persons_or_a_companys_are_asked_about(tmp_path: Path) -> None:
    both = next(n for i in range(10) if read_old_number(n := f"43129968031201{i}"))
    voucher = {
        "凭证号": "V",
        "村编码或单位": "县交通局",
        "日期": "2019-05-17",
        "摘要": "材料",
        "金额": "1",
        "收款人": "某",
    }
    deliver(tmp_path, {"vouchers": [{**voucher, "收款人证件号": both}]}, "drop")
    (problem,) = Evidence(tmp_path).quarantine()
    assert "工商注册号" in problem["reason"]
