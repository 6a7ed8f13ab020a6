"""What a run makes of the rows: one lead an identity, money counted once, what could not be looked at said so."""

from datetime import date, timedelta
from pathlib import Path

import neo4j
import pytest
from homes import Small

from backend.cases import read_case
from backend.detection import Detection, detect, latest_day
from backend.findings import Finding
from backend.packs import FOLDER, Packs, load_packs
from graph_loader.errors import GuanxiError
from graph_loader.sources import load_sources

PACKS = load_packs()
CADRE = "relative_favouring/cases/benefit_to_relative/hit_cadre_of_the_village.toml"


def load_case(small: Small, name: str = CADRE, everything: bool = True) -> None:
    tables = dict(read_case(FOLDER / name).tables)
    if everything:
        for source in load_sources().values():
            tables.setdefault(source.title, [])
    small.load_tables(tables)


def found_in(
    small: Small, query: str = "benefit_to_relative", packs: Packs = PACKS, **how: object
) -> tuple[Finding, ...]:
    run = detect(small.home, small.driver, packs, query=query, **how).queries[0]  # type: ignore[arg-type]
    assert run.status == "ran", run.reason
    return run.findings


def test_a_lead_is_whole(small: Small) -> None:
    load_case(small)
    (lead,) = found_in(small)
    assert lead.key.startswith("benefit_to_relative-") and len(lead.key) == len("benefit_to_relative-") + 16
    assert (lead.level, lead.amount, lead.first_day, lead.last_day) == (
        "high",
        600.0,
        date(2019, 3, 15),
        date(2019, 4, 15),
    )
    assert lead.title_zh == "青石镇石桥村村主任 张建国 的儿子 张小军 2019 年 3 月起领取农村低保 600 元"
    assert lead.title_en == (
        "张小军, 儿子 of 张建国 (青石镇石桥村村主任), has received 农村低保 since March 2019, 600 yuan in all"
    )
    assert [(party.role, party.name) for party in lead.persons] == [("official", "张建国"), ("relative", "张小军")]
    assert all(len(party.masked) == 18 and party.masked[6:14] == "********" for party in lead.persons)
    assert (lead.things[0].label, lead.things[0].key) == ("Programme", "低保")
    assert (lead.place, lead.town, lead.village) == ("青石镇石桥村", "青石镇", "431226901201")
    assert lead.parameters == {"max_degree": 4, "as_of": "2019-04-15"}
    rows = {row["table"] for row in lead.rows}
    assert {"payments", "village_cadres", "parentage", "programmes"} <= rows
    assert all(set(row) == {"table", "delivery", "file", "sheet", "row"} for row in lead.rows)


def test_the_network_holds_both_ends_of_every_edge_and_the_strong_path(small: Small) -> None:
    load_case(small)
    (lead,) = found_in(small)
    ids = {node["id"] for node in lead.network["nodes"]}
    assert all({edge["source"], edge["target"]} <= ids for edge in lead.network["edges"])
    strong = {edge["type"] for edge in lead.network["edges"] if edge["strong"]}
    assert strong == {"KIN", "TO", "IN_CHARGE"}
    assert {"HOLDS_POST", "UNDER"} <= {edge["type"] for edge in lead.network["edges"] if not edge["strong"]}


def test_the_same_evidence_gives_the_same_lead(small: Small) -> None:
    load_case(small)
    first = found_in(small)
    load_case(small)
    again = found_in(small)
    assert [(lead.key, lead.basis_hash, lead.network) for lead in first] == [
        (lead.key, lead.basis_hash, lead.network) for lead in again
    ]


def test_many_payments_are_one_node_that_lists_them(small: Small) -> None:
    case = read_case(FOLDER / CADRE)
    tables = dict(case.tables)
    first = tables["补贴发放"][0]
    tables["补贴发放"] = [
        {**first, "发放流水号": f"P{n:02d}", "发放日期": str(date(2019, 1, 15) + timedelta(days=31 * n))}
        for n in range(7)
    ]
    small.load_tables({source.title: tables.get(source.title, []) for source in load_sources().values()})
    (lead,) = found_in(small)
    (group,) = [node for node in lead.network["nodes"] if node["id"].startswith("group:")]
    assert (group["label"], group["count"], group["sum"]) == ("Payment", 7, 2100.0)
    assert (group["from"], group["to"]) == ("2019-01-15", "2019-07-20")
    assert [member["props"]["key"] for member in group["members"]] == [f"P{n:02d}" for n in range(7)]
    assert lead.amount == 2100.0
    (received,) = [edge for edge in lead.network["edges"] if edge["type"] == "TO"]
    assert (received["source"], received["count"]) == (group["id"], 7)
    assert len([row for row in lead.rows if row["table"] == "payments"]) == 7


def test_money_is_counted_once_however_many_ways_lead_to_it(small: Small) -> None:
    """Two posts, two bases of kinship: the rows multiply, the money does not; two equal payments are two."""
    load_case(small, "self_dealing/cases/official_on_benefit/hit_two_equal_payments_of_one_day.toml")
    (lead,) = found_in(small, "official_on_benefit")
    assert lead.amount == 20000.0
    assert lead.title_zh.startswith("县林业局科长、青石镇石桥村村主任 张建国 在任期间")


def test_rows_that_differ_say_for_how_many_they_hold(small: Small) -> None:
    load_case(small, "relative_favouring/cases/benefit_to_relative/hit_declared_too_late.toml")
    (lead,) = found_in(small)
    declared = {check.result: check.zh for check in lead.checks if check.id == "declared"}
    assert lead.level == "high"
    assert declared == {
        "for": "决定之日前未见这一亲属关系的备案（2 笔中的 1 笔）",
        "against": "这一亲属关系已于 2019-04-01 备案（2 笔中的 1 笔）",
    }


def test_as_of_an_earlier_day_later_payments_are_not_seen(small: Small) -> None:
    load_case(small)
    assert found_in(small, as_of=date(2019, 3, 31))[0].amount == 300.0
    assert found_in(small, as_of=date(2019, 3, 1)) == ()


def test_as_of_is_the_latest_day_of_the_evidence_but_not_after_today(small: Small) -> None:
    case = read_case(FOLDER / CADRE)
    tables = dict(case.tables)
    future = {**tables["补贴发放"][0], "发放流水号": "later", "发放日期": str(date.today() + timedelta(days=400))}
    tables["补贴发放"] = [*tables["补贴发放"], future]
    small.load_tables(tables)
    assert latest_day(small.driver) == date(2019, 4, 15)


def test_what_was_not_delivered_is_not_run(small: Small) -> None:
    load_case(small, everything=False)
    run: Detection = detect(small.home, small.driver, PACKS)
    by_query = {one.query: one for one in run.queries}
    assert by_query["benefit_to_relative"].status == "ran"
    assert (by_query["paid_after_death"].status, by_query["paid_after_death"].missing) == ("not_run", ("deaths",))
    assert by_query["approved_for_relative"].missing == ("applications",)
    assert by_query["paid_after_death"].findings == ()


@pytest.mark.parametrize(
    "before, after, said",
    [
        ("(signer:Person)", "(signer:Person WHERE", "the server refuses the text"),
        ("RETURN signer", "SET signer.seen = true RETURN signer", "the text writes"),
        ("RETURN signer,", "RETURN signer AS chief,", "RETURN lacks signer; RETURN has chief"),
        ("// Nothing but", "WITH signer, 1 / 0 AS n // Nothing but", "the server gave up: / by zero"),
    ],
)
def test_a_broken_query_is_named_and_the_others_run(
    small: Small, tmp_path: Path, before: str, after: str, said: str
) -> None:
    for path in (FOLDER / "shared.toml", *(FOLDER / "relative_favouring").glob("*.*")):
        to = tmp_path / path.relative_to(FOLDER)
        to.parent.mkdir(exist_ok=True)
        to.write_bytes(path.read_bytes())
    broken_one = tmp_path / "relative_favouring" / "approved_for_relative"
    text = broken_one.with_suffix(".cypher").read_text(encoding="utf-8")
    assert before in text
    broken_one.with_suffix(".cypher").write_text(text.replace(before, after), encoding="utf-8")
    metadata = broken_one.with_suffix(".toml").read_text(encoding="utf-8").split("[[clear]]")[0]
    broken_one.with_suffix(".toml").write_text(metadata, encoding="utf-8")
    load_case(small)
    run = detect(small.home, small.driver, load_packs(tmp_path))
    states = {one.query: one.status for one in run.queries}
    assert states.pop("approved_for_relative") == "broken"
    assert states["benefit_to_relative"] == "ran" and set(states.values()) <= {"ran", "not_run"}
    (broken,) = [one for one in run.queries if one.status == "broken"]
    assert said in broken.reason


def test_a_name_that_does_not_exist_is_refused_with_those_that_do(small: Small) -> None:
    with pytest.raises(GuanxiError, match=r"choose one of .*approved_for_relative"):
        detect(small.home, small.driver, PACKS, query="no_such_query")
    with pytest.raises(GuanxiError, match="choose one of contractor_swap"):
        detect(small.home, small.driver, PACKS, pack="no_such_pack")


def test_nothing_is_written(small: Small) -> None:
    load_case(small)
    before = small.driver.execute_query(
        "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n), count(r)"
    ).records
    detect(small.home, small.driver, PACKS)
    after = small.driver.execute_query(
        "MATCH (n) OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n), count(r)"
    ).records
    assert before == after
    with (
        small.driver.session(default_access_mode=neo4j.READ_ACCESS) as session,
        pytest.raises(neo4j.exceptions.ClientError),
    ):
        session.run("CREATE (:Person {key: 'x'})").consume()
