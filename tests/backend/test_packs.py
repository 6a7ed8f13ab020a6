"""A broken query is refused by name with a sentence that mends it, and the others still run."""

from pathlib import Path

import neo4j
import pytest
from homes import Small

from backend.packs import COMMON, Packs, check_on_server, load_packs
from graph_loader.sources import load_sources

GOOD = """
title = { zh = "甲", en = "A" }
question = { zh = "谁？", en = "who?" }
sentence = { zh = "{person} 领取 {amount} 元[，在{village}]", en = "{person} got {amount} yuan[ in {village}]" }
status = "experimental"
why = { zh = "因为", en = "because" }
innocent_explanations = { zh = ["没事"], en = ["nothing"] }
needs = ["payments"]
anchor = "person"
identity = ["person"]
event = "payment"

[columns]
person = "Person"
payment = "Payment"
village = "Village"
amount = "amount"
day = "date"

[[param]]
name = "limit"
type = "number"
default = 100.0
min = 0.0
help = { zh = "多少元以上", en = "from how many yuan on" }

[[check]]
id = "much"
for = { zh = "{amount} 元", en = "{amount} yuan" }
"""
TEXT = """
// who got much
MATCH (person:Person)<-[r:TO]-(payment:Payment)
WHERE payment.amount >= $limit
OPTIONAL MATCH (village:Village {key: payment.village})
RETURN person, payment, village, payment.amount AS amount, payment.date AS day, 'medium' AS level,
       {much: 'for'} AS checks, [(person)<-[:TO]-(payment)] AS evidence, [] AS context
""".replace("[(person)<-[:TO]-(payment)] AS evidence", "[p = (person)<-[:TO]-(x) WHERE x = payment | p] AS evidence")


def folder_with(tmp_path: Path, metadata: str = GOOD, text: str = TEXT, name: str = "much_money") -> Path:
    pack = tmp_path / "some_pack"
    pack.mkdir(exist_ok=True)
    (pack / "pack.toml").write_text('title = {zh = "包", en = "pack"}\nsummary = {zh = "包", en = "pack"}\n')
    (pack / f"{name}.toml").write_text(metadata)
    (pack / f"{name}.cypher").write_text(text)
    return tmp_path


def reason_for(folder: Path) -> str:
    packs = load_packs(folder)
    assert len(packs.broken) == 1, packs
    return packs.broken[0].reason


def test_the_twelve_queries_are_whole() -> None:
    packs = load_packs()
    assert packs.broken == ()
    assert {query.id for query in packs.queries} >= {
        "benefit_to_relative", "approved_for_relative", "project_to_relative_company", "official_on_benefit",
        "self_approved", "own_company_contract", "payment_to_other_account", "winner_not_contractor",
        "contractor_changed", "payee_not_contractor", "swapped_to_connected", "paid_after_death",
    }  # fmt: skip
    assert [pack.id for pack in packs.packs] == [
        "relative_favouring",
        "self_dealing",
        "contractor_swap",
        "red_flags",
        "eligibility",
        "process",
    ]


@pytest.mark.parametrize("query", load_packs().queries, ids=lambda query: query.id)
def test_every_query_has_cases_and_no_needless_words(query) -> None:  # type: ignore[no-untyped-def]
    kinds = [path.name.split("_")[0] for path in query.cases]
    assert kinds.count("hit") >= 2 and kinds.count("miss") >= 1
    assert set(query.checks) <= {word for word in query.checks if word in query.text}, "a check the text never makes"
    assert all(table in load_sources() for table in query.uses)


@pytest.mark.parametrize("query", load_packs().queries, ids=lambda query: query.id)
def test_a_table_that_was_not_delivered_is_waited_for_by_name(query) -> None:  # type: ignore[no-untyped-def]
    everything = set(load_sources())
    assert query.missing(everything) == ()
    for choices in query.needs:
        assert query.missing(everything - set(choices)) == choices
        for one in choices[1:]:
            assert query.missing(everything - (set(choices) - {one})) == ()


def test_a_query_of_a_newcomer_is_taken(tmp_path: Path) -> None:
    packs = load_packs(folder_with(tmp_path))
    assert packs.broken == ()
    query = packs.queries[0]
    assert (query.id, query.pack.id, query.defaults) == ("much_money", "some_pack", {"limit": 100.0})


def test_the_version_follows_text_and_words(tmp_path: Path) -> None:
    def version(metadata: str = GOOD, text: str = TEXT) -> str:
        return load_packs(folder_with(tmp_path, metadata, text)).queries[0].version

    first = version()
    assert version() == first
    assert version(text=TEXT.replace("'medium'", "'high'")) != first
    assert version(metadata=GOOD.replace("因为", "正因为")) != first


@pytest.mark.parametrize(
    ("metadata", "text", "said"),
    [
        (GOOD.replace('status = "experimental"', 'status = "new"'), TEXT, "`status` is 'new': use one of"),
        (GOOD.replace('why = { zh = "因为", en = "because" }\n', ""), TEXT, "`why` is missing: add it"),
        (GOOD.replace(', en = "because"', ""), TEXT, "`why` needs a text in both zh and en"),
        (
            GOOD.replace('{ zh = ["没事"], en = ["nothing"] }', "{ zh = [], en = [] }"),
            TEXT,
            "`innocent_explanations` is empty",
        ),
        (GOOD.replace("{person} 领取", "{who} 领取"), TEXT, "asks for {who}, which is no column"),
        (GOOD.replace("领取 {amount} 元[", "领取 {amount} 元"), TEXT, "stands alone: close it"),
        (GOOD.replace('identity = ["person"]', 'identity = ["payment"]'), TEXT, "the anchor `person` is not among"),
        (GOOD.replace('village = "Village"', 'village = "Vilage"'), TEXT, "has the unknown type 'Vilage'"),
        (GOOD.replace('needs = ["payments"]', 'needs = ["payment"]'), TEXT, "there is no table `payment`"),
        (GOOD.replace("default = 100.0", "default = -1.0"), TEXT, "lies outside its own bounds"),
        (GOOD + "\nnotes = 1\n", TEXT, "`notes` is unknown"),
        ("title = ", TEXT, "is not valid TOML"),
        (GOOD, TEXT.replace("MATCH (person:Person)", "MATCH (p:Person)"), "does not start with MATCH (person"),
        (GOOD, TEXT.replace("$limit", "$least"), "uses $least, which is no parameter"),
        (GOOD, TEXT.replace(">= $limit", "> 0"), "`limit` is not used"),
        (GOOD, TEXT + ";\nMATCH (n) RETURN n", "more than one statement"),
    ],
)
def test_a_fault_is_named_with_its_mend(tmp_path: Path, metadata: str, text: str, said: str) -> None:
    if "\nnotes = 1\n" in metadata:
        metadata = "notes = 1\n" + metadata.replace("\nnotes = 1\n", "")
    assert said in reason_for(folder_with(tmp_path, metadata, text))


def test_a_missing_half_is_named_and_the_other_query_stays(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "some_pack" / "alone.toml").write_text(GOOD)
    packs = load_packs(folder)
    assert [query.id for query in packs.queries] == ["much_money"]
    assert [(broken.id, broken.reason) for broken in packs.broken] == [
        ("alone", "alone.cypher is not there: write it beside alone.toml")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT.replace("WHERE payment", "WERE payment"), "the server refuses the text"),
        (TEXT.replace("RETURN", "SET payment.amount = 0 RETURN"), "the text writes"),
        (TEXT.replace(" AS day", " AS date"), "RETURN lacks day; RETURN has date"),
    ],
)
def test_the_server_is_asked_as_well(small: Small, tmp_path: Path, text: str, said: str) -> None:
    query = load_packs(folder_with(tmp_path, text=text)).queries[0]
    with small.driver.session() as session:
        broken = check_on_server(session, query)
    assert broken is not None and said in broken.reason
    assert broken.file == "some_pack/much_money.cypher"


def test_the_twelve_pass_the_server(small: Small) -> None:
    with small.driver.session() as session:
        assert [broken for query in load_packs().queries if (broken := check_on_server(session, query))] == []


def operators(plan: dict) -> set[str]:  # type: ignore[type-arg]
    below = [operators(child) for child in plan.get("children", [])]
    return {plan["operatorType"].split("@")[0]}.union(*below)


@pytest.mark.parametrize("touched", [False, True], ids=["full", "touched"])
def test_no_plan_looks_at_everything(county, touched: bool) -> None:  # type: ignore[no-untyped-def]
    packs: Packs = load_packs()
    with county.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for query in packs.queries:
            given = {**query.defaults, "as_of": county.run.as_of, "touched": []}
            plan = session.run("EXPLAIN " + query.statement(touched), given).consume().plan
            assert plan is not None
            assert not operators(plan) & {"AllNodesScan", "CartesianProduct"}, query.id


def test_common_columns_are_never_declared() -> None:
    assert not any(set(query.columns) & set(COMMON) for query in load_packs().queries)
