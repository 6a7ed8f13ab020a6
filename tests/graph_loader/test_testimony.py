"""Says who: for each property the rows that assert it, those that say otherwise, what held on an earlier day; and conflicts."""

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from homes import Shelf

from graph_loader import ontology, state
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.secret import secret_of
from graph_loader.sources import FOLDER, load_sources
from graph_loader.testimony import conflicts, says_who

ID = "431226197001010030"
VILLAGE = "431226101203"
RESIDENT = {"公民身份号码": ID, "姓名": "张三", "户号": "H1", "与户主关系": "户主", "村编码": VILLAGE, "村": "老屋"}
OFFICIAL = {"身份证号": ID, "姓名": "张山", "单位": "民政局", "职务": "局长", "职级": "正科", "任职日期": "2015-01-01"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def payment(amount: str = "100", **more: str) -> dict[str, str]:
    return {
        "发放流水号": "LS1",
        "项目编码": "B1",
        "姓名": "张三",
        "身份证号": ID,
        "账号": "6222020000000000001",
        "金额": amount,
        "发放日期": "2020-01-15",
        **more,
    }


def told(evidence: Evidence, element: str, property: str) -> dict[str, object]:
    (answer,) = says_who(evidence, element, property)["properties"]
    return answer


def files(rows: object) -> list[str]:
    assert isinstance(rows, list)
    return [row["file"] for row in rows]


def test_a_property_names_the_rows_that_assert_it_and_what_held_before(shelf: Shelf) -> None:
    shelf.add({"一月": [payment()]})
    shelf.add({"更正": [payment("200")]})
    third = shelf.add({"重报": [payment("200", 摘要="又报")]})
    amount = told(shelf.evidence, "Payment:LS1", "amount")
    assert (amount["value"], files(amount["rows"]), amount["others"]) == (200, ["重报.csv"], [])
    assert [(one["value"], files(one["rows"])) for one in amount["earlier"]] == [(100, ["一月.csv"])]  # type: ignore[attr-defined]
    shelf.withdraw(third)
    assert files(told(shelf.evidence, "Payment:LS1", "amount")["rows"]) == ["更正.csv"]


def test_an_unchanged_row_sent_again_asserts_it_too(shelf: Shelf) -> None:
    shelf.add({"一月": [payment()]})
    shelf.add({"二月": [payment(), payment(发放流水号="LS2")]})
    assert files(told(shelf.evidence, "Payment:LS1", "amount")["rows"]) == ["二月.csv", "一月.csv"]


def test_on_an_earlier_day_that_holds_what_was_delivered_and_not_yet_withdrawn(shelf: Shelf) -> None:
    first = shelf.add({"一月": [payment()]})
    second = shelf.add({"更正": [payment("200")]})
    between = datetime.now().astimezone()
    shelf.withdraw(second)
    then = datetime.fromisoformat(first.received)
    values = [told(Evidence(shelf.home, at=at), "Payment:LS1", "amount")["value"] for at in (then, between, None)]
    assert values == [100, 200, 100]
    before = says_who(Evidence(shelf.home, at=datetime.fromisoformat("2001-01-01T00:00:00+00:00")), "Payment:LS1")
    assert not before["there"]


def test_departments_that_disagree_are_both_kept_and_the_conflict_is_listed(shelf: Shelf) -> None:
    shelf.add({"任职": [OFFICIAL]})
    shelf.add({"户籍": [RESIDENT]})
    person = f"Person:{secret_of(shelf.home).ref('person', ID)}"
    name = told(shelf.evidence, person, "name")
    assert (name["value"], files(name["rows"])) == ("张三", ["户籍.csv"])
    assert [(one["value"], files(one["rows"])) for one in name["others"]] == [("张山", ["任职.csv"])]  # type: ignore[attr-defined]
    listed, count = conflicts(shelf.evidence)
    (conflict,) = listed
    assert count == 1
    assert (conflict["element"], conflict["property"], conflict["value"]) == (person, "name", "张三")
    assert conflict["others"][0]["rows"][0]["table"] == "officials"
    assert conflict["rule"].startswith("按表的优先顺序：户籍人口 > 公职人员")


def test_sources_of_a_death_that_disagree_are_a_conflict_of_which_the_later_day_holds(shelf: Shelf) -> None:
    death = {"身份证号": ID, "姓名": "张三", "死亡日期": "2020-01-02", "数据来源": "公安"}
    shelf.add({"死亡": [death, {**death, "死亡日期": "2020-01-05", "数据来源": "民政"}]})
    person = f"Person:{secret_of(shelf.home).ref('person', ID)}"
    assert told(shelf.evidence, person, "died")["value"] == "2020-01-05"
    assert told(shelf.evidence, person, "death_sources")["value"] == 2
    (conflict,), _ = conflicts(shelf.evidence)
    assert (conflict["property"], conflict["others"][0]["value"]) == ("died", "2020-01-02")


def test_a_name_that_another_table_has_the_last_word_on_names_its_row(shelf: Shelf) -> None:
    shelf.add({"户籍": [RESIDENT]})
    person = f"Person:{secret_of(shelf.home).ref('person', ID)}"
    assert told(shelf.evidence, person, "village_name")["value"] == "老屋"
    division = {"村编码": VILLAGE, "村": "新屋村", "乡镇编码": VILLAGE[:9], "乡镇": "锦和镇", "县": "麻阳县"}
    shelf.add({"区划": [division]})
    village = told(shelf.evidence, person, "village_name")
    assert (village["value"], files(village["rows"])) == ("新屋村", ["区划.csv"])
    assert [(one["value"], files(one["rows"])) for one in village["others"]] == [("老屋", ["户籍.csv"])]  # type: ignore[attr-defined]


def test_a_relationship_answers_for_each_of_its_properties(shelf: Shelf) -> None:
    shelf.add({"任职": [OFFICIAL]})
    person = f"Person:{secret_of(shelf.home).ref('person', ID)}"
    element = f"HOLDS_POST|{person}|Unit:民政局|局长|2015-01-01"
    answers = {one["property"]: one for one in says_who(shelf.evidence, element)["properties"]}
    assert {name: answer["value"] for name, answer in answers.items()} == {
        "title": "局长",
        "rank": "正科",
        "duty": None,
        "from": "2015-01-01",
        "to": "9999-12-31",
    }
    assert all(files(answer["rows"]) == ["任职.csv"] for answer in answers.values())


def test_what_is_no_element_is_said_in_a_sentence(shelf: Shelf) -> None:
    shelf.add({"一月": [payment()]})
    with pytest.raises(GuanxiError, match="is no element"):
        says_who(shelf.evidence, "Nobody")
    with pytest.raises(GuanxiError, match="no property `colour`"):
        says_who(shelf.evidence, "Payment:LS1", "colour")


def test_every_property_of_every_kind_of_element_says_what_the_graph_holds(shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    folder.mkdir()
    for source in load_sources():
        shutil.copy(FOLDER / source / "sample.csv", folder / f"{source}.csv")
    shelf.take_in(folder)
    known, evidence = ontology.load(), shelf.evidence
    held: dict[str, dict[str, object]] = {}
    with duckdb.connect() as db:
        rows = evidence.rows_in_force()
        state.build(db, known, evidence.sources, rows)
        for node in known.stored_nodes():
            for line in db.execute(f"FROM {state.name(state.node_table(node.label))} ORDER BY key LIMIT 1").fetchall():
                held[f"{node.label}:{line[0]}"] = dict(zip(node.properties, line[1:], strict=True))
        for kind in state.kinds(known):
            relationship = known.relationships[kind.type]
            for start, end, *values in db.execute(f"FROM {state.name(kind.table)} LIMIT 1").fetchall():
                properties = dict(zip(relationship.properties, values, strict=True))
                tail = [str(properties[name] or "") for name in relationship.identity]
                held["|".join([kind.type, f"{kind.start}:{start}", f"{kind.end}:{end}", *tail])] = properties
    assert len(held) > 60
    for element, properties in held.items():
        answers = {one["property"]: one for one in says_who(evidence, element)["properties"]}
        for name, value in properties.items():
            plain = value.isoformat() if isinstance(value, date) else value
            if element.startswith("Company:") and name == "identified":
                continue  # follows from the key, and the graph's kept state says it: there is none here
            assert answers[name]["value"] == plain, (element, name)
            assert value is None or answers[name]["rows"], (element, name)
