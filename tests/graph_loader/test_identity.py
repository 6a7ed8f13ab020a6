"""Only a full, valid ID number identifies a person; names give candidates, and people decide."""

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from homes import Small
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

from graph_loader import identity, loading, ontology
from graph_loader.cleaning import clean
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.graph_hash import graph_hash
from graph_loader.headers import recognise
from graph_loader.identity import Review
from graph_loader.identity_reports import identity_reports
from graph_loader.secret import Secret
from graph_loader.sources import load_sources

SECRET = Secret(b"the key of the tests, 32 bytes ..")
SOURCES = load_sources()


def number(region: str, born: date, order: int) -> str:
    first = f"{region}{born:%Y%m%d}{order:03d}"
    return first + str(ric.calc_check_digit(first + "0"))


# What a number in a sheet may look like

numbers = st.builds(
    number,
    st.sampled_from(["431299", "431226", "110101"]),
    st.dates(date(1930, 1, 1), date(2015, 12, 31)),
    st.integers(1, 999),
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    """A number, and what a spreadsheet, a system or a clerk made of it; never a valid number of 18 again."""
    whole = draw(numbers)
    kind = draw(st.sampled_from(["float", "zeros", "short", "masked", "digit"]))
    if kind == "float":
        hurt = f"{int(whole[:17] + '0'):.{draw(st.integers(4, 14))}E}"
    elif kind == "zeros":
        hurt = whole[:15] + "000"
    elif kind == "short":
        hurt = whole[: draw(st.integers(8, 17))]
    elif kind == "masked":
        start, length = draw(st.integers(3, 14)), draw(st.integers(1, 8))
        hurt = whole[:start] + "*" * length + whole[start + length :]
    else:
        at, other = draw(st.integers(0, 16)), draw(st.sampled_from("0123456789"))
        assume(other != whole[at])
        hurt = whole[:at] + other + whole[at + 1 :]
    assume(hurt != whole)
    return whole, hurt


def refs(cells: list[tuple[str, str]]) -> list[str | None]:
    """Whom the payments to these names and numbers go to, in the rows that are loaded."""
    source = SOURCES["payments"]
    match = recognise(list(source.columns))
    assert match
    rows = [
        {
            "发放流水号": f"P{at}", "项目编码": "X", "姓名": name, "身份证号": written, "账号": "6222020012345678901", "金额": "1",
            "发放日期": "2019-05-17",
        }
        for at, (name, written) in enumerate(cells)
    ]  # fmt: skip
    frame = pa.table({name: pa.array([row.get(name, "") for row in rows], pa.string()) for name in source.columns})
    frame = frame.append_column("_row", pa.array(range(2, len(rows) + 2), pa.int32()))
    frame = frame.append_column("_record", pa.array(range(len(rows)), pa.int32()))
    loaded = {row["_record"]: row["身份证号@ref"] for row in clean(source, match, frame, SECRET).table.to_pylist()}
    return [loaded.get(at) for at in range(len(rows))]


@settings(deadline=None)
@given(damaged(), numbers)
def test_damaged_numbers_match_nobody(pair: tuple[str, str], other: str) -> None:
    """Neither its own owner nor anybody else, nor two rows with different names each other."""
    whole, hurt = pair
    # By chance a wrong number may be a right one: nobody can tell, and so can nothing here.
    assume(not (len(hurt) == 18 and hurt.isdigit() and hurt[-1] == ric.calc_check_digit(hurt)))
    owner, stranger, first, second = refs([("甲", whole), ("乙", other), ("甲", hurt), ("丙", hurt)])
    # A number that by itself ends in 000 is not believed beside one whose tail a spreadsheet lost.
    assert owner == SECRET.ref("person", whole) or (owner is None and whole.endswith("000"))
    assert first not in (owner, stranger) or first is None
    assert first is None or first != second


@settings(deadline=None)
@given(st.dates(date(1930, 1, 1), date(1999, 12, 31)), st.integers(1, 999))
def test_fifteen_digits_are_the_eighteen_they_became(born: date, order: int) -> None:
    whole = number("431299", born, order)
    old = whole[:6] + whole[8:17]
    long, short = refs([("甲", whole), ("甲", old)])
    assert long == short == SECRET.ref("person", whole)
    assert refs([("甲", old[:-1])]) == [None]


# The review list

TOWN, VILLAGE, NEXT = "431299100", "431299100201", "431299100202"
JIAN, JIANHUA, SHUN, DEAD = (
    number("431299", date(year, 3, 12), order) for year, order in ((1968, 11), (1971, 21), (1985, 31), (1940, 41))
)


def person(id: str, name: str, household: str, village: str = VILLAGE) -> dict[str, str]:
    return {"公民身份号码": id, "姓名": name, "户号": household, "与户主关系": "户主", "村编码": village}


def cadre(name: str, id: str = "", village: str = VILLAGE, **more: str) -> dict[str, str]:
    return {"身份证号": id, "姓名": name, "村编码": village, "职务": "会计", "任职日期": "2016-03-01", **more}


COUNTY: dict[str, list[dict[str, Any]]] = {
    "divisions": [
        {"村编码": code, "村": village, "乡镇编码": TOWN, "乡镇": "锦和镇", "县": "朝溪县"}
        for code, village in ((VILLAGE, "青石村"), (NEXT, "大坪村"))
    ],
    "residents": [
        person(JIAN, "张建国", "H1"),
        person(JIANHUA, "张建华", "H2"),
        person(SHUN, "吴德顺", "H3"),
        person(number("431299", date(1970, 1, 1), 51), "张健国", "H4", NEXT),
    ],
    "village_cadres": [cadre("张建国", JIAN, 任职日期="2011-01-01", 免职日期="2016-03-01")],
}


def load(small: Small, **more: list[dict[str, Any]]) -> Review:
    small.load_tables({id: [*COUNTY.get(id, []), *more.get(id, [])] for id in {*COUNTY, *more}})
    return Review(small.home)


def posts(small: Small) -> list[tuple[str, str]]:
    found = small.driver.execute_query(
        "MATCH (p:Person)-[h:HOLDS_POST]->(:Village) WHERE h.from = date('2016-03-01') RETURN p.key AS ref, h.title AS title"
    ).records
    return [(row["ref"], row["title"]) for row in found]


def test_a_cadre_without_a_number_becomes_a_fact_by_a_person_and_can_be_taken_back(small: Small) -> None:
    review = load(small, village_cadres=[cadre("张健国")])
    before = graph_hash(small.driver, ontology.load())
    (item,) = review.items
    assert (item.table, item.name, item.village_name) == ("village_cadres", "张健国", "锦和镇青石村")
    best, *others = review.candidates(item)
    assert best.name == "张建国" and best.household == "H1" and not others and posts(small) == []
    told = [argument.zh for argument in best.pro]
    assert any("同音" in zh for zh in told) and any("同一职务" in zh for zh in told) and best.score < 100

    with pytest.raises(GuanxiError, match="reason"):
        identity.confirm(small.home, small.driver, item, best, "沈立冬", " 无 ")
    delivery = identity.confirm(small.home, small.driver, item, best, "沈立冬", "与任职文件核对")
    assert posts(small) == [(best.ref, "会计")]
    assert Evidence(small.home).quarantine() == []
    after = Review(small.home)
    (decision,) = after.decisions
    assert after.items == [] and (decision.by, decision.confirmed, decision.reason) == (
        "沈立冬",
        True,
        "与任职文件核对",
    )
    (element,) = small.driver.execute_query(
        "MATCH (p:Person)-[h:HOLDS_POST]->(v:Village) WHERE h.from = date('2016-03-01') "
        "RETURN 'HOLDS_POST|Person:' + p.key + '|Village:' + v.key + '|' AS id"
    ).records
    assert [row["delivery"] for row in Evidence(small.home).sources_of([element["id"]])[element["id"]]][-1] == delivery

    loading.withdraw(small.home, small.driver, delivery, "沈立冬")
    assert graph_hash(small.driver, ontology.load()) == before
    assert [waiting.id for waiting in Review(small.home).items] == [item.id]
    assert len(Evidence(small.home).quarantine()) == 1


def test_none_of_these_is_kept_and_can_be_taken_back(small: Small) -> None:
    review = load(small, village_cadres=[cadre("张健国")])
    before = graph_hash(small.driver, ontology.load())
    delivery = identity.none_of_these(small.home, small.driver, review.items[0], "沈立冬", "此人是外县调入")
    assert graph_hash(small.driver, ontology.load()) == before
    after = Review(small.home)
    assert after.items == [] and [d.confirmed for d in after.decisions] == [False]
    assert len(Evidence(small.home).quarantine()) == 1, "the row still waits for its number"
    loading.withdraw(small.home, small.driver, delivery, "沈立冬")
    assert len(Review(small.home).items) == 1


def tip(state: str = "办理中", about: str = "吴某顺") -> dict[str, str]:
    return {"举报编号": "JB1", "日期": "2019-07-01", "被反映人": about, "被反映人村编码": VILLAGE, "办理状态": state}


def about(small: Small) -> list[str]:
    found = small.driver.execute_query("MATCH (:Tip)-[:ABOUT]->(p:Person) RETURN p.name AS name").records
    return [row["name"] for row in found]


def test_a_tip_is_about_whom_a_person_confirmed_also_after_its_state_was_corrected(small: Small) -> None:
    review = load(small, tips=[tip()])
    (item,) = review.items
    (candidate,) = review.candidates(item)
    assert (item.tip, candidate.name) == ("JB1", "吴德顺") and about(small) == []
    delivery = identity.confirm(small.home, small.driver, item, candidate, "沈立冬", "村中仅此一人相符")
    assert about(small) == ["吴德顺"]
    small.add_tables({"tips": [tip("已办结")]}, "second")
    assert about(small) == ["吴德顺"] and Review(small.home).items == []
    small.add_tables({"tips": [tip("已办结", "张建华")]}, "third")
    assert about(small) == [], "the tip names another person now"
    assert [waiting.name for waiting in Review(small.home).items] == ["张建华"]
    loading.withdraw(small.home, small.driver, delivery, "沈立冬")
    assert about(small) == []


def test_masked_numbers_and_dead_people_speak_against(small: Small) -> None:
    shown = f"{SHUN[:6]}{'*' * 8}{SHUN[-4:]}"
    twin = number("431299", date(1990, 5, 5), 77)
    review = load(
        small,
        residents=[person(twin, "吴得顺", "H9"), person(DEAD, "周大明", "H8")],
        deaths=[{"身份证号": DEAD, "姓名": "周大明", "死亡日期": "2010-01-01", "数据来源": "公安"}],
        village_cadres=[cadre("吴德顺", shown), cadre("周大明", 任职日期="2017-03-01")],
    )
    items = {item.name: item for item in review.items}
    best, *others = review.candidates(items["吴德顺"])
    assert best.name == "吴德顺" and any("可见部分相符" in argument.zh for argument in best.pro)
    assert not others, "the homophone's number differs from what can be read"
    (dead,) = review.candidates(items["周大明"])
    assert any("死亡" in argument.zh for argument in dead.con) and dead.score < 75


def test_damaged_numbers_and_rows_with_other_faults_are_not_for_review(small: Small) -> None:
    review = load(
        small,
        village_cadres=[cadre("张建国", "4.31299E+17"), cadre("张建华", 任职日期="去年"), cadre("吴德顺", village="")],
    )
    assert review.items == [] and len(Evidence(small.home).quarantine()) == 3


def test_one_row_in_two_deliveries_is_one_item(small: Small) -> None:
    load(small, village_cadres=[cadre("张健国")])
    small.add_tables({"village_cadres": [cadre("张健国"), cadre("吴德顺", SHUN)]}, "second")
    (item,) = Review(small.home).items
    assert len(item.places) == 2


def test_what_disagrees_about_identity_is_reported_and_never_merged(small: Small) -> None:
    twin = number("431299", date(1968, 3, 12), 99)
    load(
        small,
        residents=[person(twin, "张建国", "H7")],
        marriages=[
            {
                "登记证号": "J1", "男方姓名": "张建军", "男方身份证号": JIAN, "女方姓名": "龚新", "登记类型": "结婚",
                "女方身份证号": number("431299", date(1969, 1, 1), 2), "登记日期": "1990-01-01",
            }
        ],
        bids=[{"项目编号": "P1", "招标方式": "询价", "投标人": "朝溪建筑队", "是否中标": "否"}],
        projects=[
            {
                "项目编号": "P1", "项目名称": "村道", "乡镇": "锦和镇", "村": "青山村", "主管单位": "县交通局", "批复金额（元）": "1",
                "批复发包方式": "询价",
            }
        ],
    )  # fmt: skip
    reports = identity_reports(Evidence(small.home))
    json.dumps(reports)
    (named,) = reports["two_names"]
    assert [each["name"] for each in named["names"]] == ["张建军", "张建国"] or [
        each["name"] for each in named["names"]
    ] == ["张建国", "张建军"]
    (twins,) = reports["two_ids"]
    assert twins["name"] == "张建国" and twins["same_village"] and len(twins["people"]) == 2
    assert [company["name"] for company in reports["companies_by_name"]] == ["朝溪建筑队"]
    (place,) = reports["places"]
    assert place["village"] == "青山村" and place["villages"][0]["name"] == "锦和镇青石村"
    assert JIAN not in json.dumps(reports)
