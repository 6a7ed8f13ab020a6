"""Looking around in a real graph: search by name, initials and code, neighbours with counts and pages, paths, hubs."""

from typing import Any

import pytest
from homes import Small

from backend import exploration
from backend.exploration import NotThere
from graph_loader.secret import secret_of

VILLAGE = "431226104203"
HEAD, WIFE, BROTHER = "431226197001010014", "431226197202020021", "431226197503030031"


def checked(number: str) -> str:
    """An invented ID number with the check digit it must have (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return (
        number[:17]
        + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number[:17], weights, strict=True)) % 11]
    )


HEAD, WIFE, BROTHER = checked(HEAD), checked(WIFE), checked(BROTHER)


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, Any]]]:
    payments = [
        {"发放流水号": f"F{n:04}", "项目编码": "P01", "姓名": "田小满", "身份证号": BROTHER, "户名": "田小满",
         "账号": "6217000000000000017", "金额": 300, "发放日期": f"2019-{n % 12 + 1:02}-15", "村编码": VILLAGE}
        for n in range(1, 121)
    ]  # fmt: skip
    return {
        "行政区划": [{"村编码": VILLAGE, "村": "青石村", "乡镇编码": VILLAGE[:9], "乡镇": "锦溪镇", "县": "青溪县"}],
        "户籍人口": [
            {
                "公民身份号码": HEAD,
                "姓名": "沈立冬",
                "性别": "男",
                "户号": "1",
                "与户主关系": "户主",
                "村编码": VILLAGE,
            },
            {"公民身份号码": WIFE, "姓名": "田谷雨", "性别": "女", "户号": "1", "与户主关系": "妻", "村编码": VILLAGE},
            {
                "公民身份号码": BROTHER,
                "姓名": "田小满",
                "性别": "男",
                "户号": "2",
                "与户主关系": "户主",
                "村编码": VILLAGE,
            },
        ],
        "村干部": [{"身份证号": HEAD, "姓名": "沈立冬", "村编码": VILLAGE, "职务": "村主任", "任职日期": "2017-01-01"}],
        "资金目录": [{"项目编码": "P01", "项目名称": "农村低保", "主管部门": "青溪县民政局", "发放方式": "审核"}],
        "补贴发放": payments,
    }


@pytest.fixture(scope="module")
def small(small_engine: Small, tables: dict[str, list[dict[str, Any]]]) -> Small:
    """The small home with these tables, loaded once for this file, which only reads."""
    small_engine.load_tables(tables)
    return small_engine


@pytest.fixture
def driver(small: Small) -> Any:
    return small.driver


def person(small: Small, number: str) -> str:
    return f"Person:{secret_of(small.home).ref('person', number)}"


def names(found: list[dict[str, Any]]) -> list[str]:
    return [hit["name"] for hit in found]


def test_search_finds_people_by_name_surname_initials_and_number(small: Small, driver: Any) -> None:
    assert names(exploration.search(driver, "沈立冬")) == ["沈立冬"]
    assert sorted(names(exploration.search(driver, "田"))) == ["田小满", "田谷雨"]
    assert names(exploration.search(driver, "txm")) == ["田小满"]
    assert names(exploration.search(driver, HEAD, secret=secret_of(small.home))) == ["沈立冬"]
    assert exploration.search(driver, HEAD) == []
    for hostile in ("*", '"', "沈 AND (", "\\", "   ", "a:b~"):
        exploration.search(driver, hostile)


def test_search_finds_things_and_says_where_an_official_sits(small: Small, driver: Any) -> None:
    assert names(exploration.search(driver, "青石村")) == ["青石村"]
    assert names(exploration.search(driver, "低保")) == ["农村低保"]
    assert names(exploration.search(driver, VILLAGE[:9])) == ["青石村"]
    assert exploration.search(driver, "沈立冬")[0]["props"]["post"] == "青石村村主任"


def test_neighbours_are_counted_by_kind_and_fetched_page_by_page(small: Small, driver: Any) -> None:
    brother = person(small, BROTHER)
    counts = {
        (kind["type"], kind["direction"]): kind["count"] for kind in exploration.neighbour_counts(driver, brother)
    }
    assert counts["TO", "in"] == 120 and counts["MEMBER_OF", "out"] == 1
    first = exploration.neighbours(driver, brother, "TO", "in", 100, 0)
    rest = exploration.neighbours(driver, brother, "TO", "in", 100, 100)
    assert len(first["nodes"]) == 100 and len(rest["nodes"]) == 20
    assert not {node["id"] for node in first["nodes"]} & {node["id"] for node in rest["nodes"]}
    assert first["nodes"][0]["props"]["date"] == "2019-12-15"
    march = exploration.neighbours(driver, brother, "TO", "in", 100, 0, "2019-03")
    assert len(march["nodes"]) == 10


def test_a_subject_opens_with_its_small_kinds_and_leaves_crowds_folded(small: Small, driver: Any) -> None:
    network = exploration.subject(driver, person(small, BROTHER))
    assert "Household" in {node["label"] for node in network["nodes"]}
    assert "Payment" not in {node["label"] for node in network["nodes"]}


def test_new_nodes_are_tied_to_what_is_drawn(small: Small, driver: Any) -> None:
    found = exploration.relations(driver, [person(small, HEAD)], [f"Village:{VILLAGE}", person(small, WIFE)])
    assert {"HOLDS_POST", "SPOUSE_OF"} <= {edge["type"] for edge in found}
    ends = {end for edge in found for end in (edge["source"], edge["target"])}
    assert ends == {person(small, HEAD), person(small, WIFE), f"Village:{VILLAGE}"}


def test_a_path_never_leads_through_a_village_or_a_programme(small: Small, driver: Any) -> None:
    near = exploration.path(driver, person(small, HEAD), person(small, WIFE))
    assert names(near["nodes"])[:1] and "SPOUSE_OF" in {edge["type"] for edge in near["edges"]}
    assert exploration.path(driver, person(small, HEAD), person(small, BROTHER))["nodes"] == []


def test_elements_come_back_by_their_ids_and_the_lost_are_left_out(small: Small, driver: Any) -> None:
    kept = exploration.elements(driver, [person(small, HEAD), "Person:" + "0" * 20])
    assert names(kept["nodes"]) == ["沈立冬"]


@pytest.mark.parametrize(
    "wrong", ["", "Person", "Person:", "Nobody:1", "Person) DETACH DELETE (n:1", "Person:" + "0" * 20]
)
def test_an_id_that_is_none_is_refused(driver: Any, wrong: str) -> None:
    with pytest.raises(NotThere):
        exploration.node(driver, wrong)


def test_every_element_is_traced_to_its_source_rows(small: Small, driver: Any) -> None:
    rooms = exploration.Exploration(small.home)
    network = rooms.ask(exploration.subject, person(small, HEAD))
    rows = rooms.evidence.sources_of([element["id"] for element in (*network["nodes"], *network["edges"])])
    rooms.close()
    assert all(rows.values()), [element for element, found in rows.items() if not found]
