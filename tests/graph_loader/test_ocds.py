"""Procurement data of the Open Contracting Data Standard: what becomes of a release, and that it is counted, corrected and withdrawn
like any table."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from homes import Small
from ocdsmerge import Merger

from graph_loader import loading, ocds, ontology
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.graph_hash import graph_hash
from graph_loader.testimony import conflicts, says_who

PACKAGE = Path(__file__).parent / "ocds_package.json"
CARDINAL = Path(__file__).parents[2].parent / "shared" / "data" / "cardinal" / "tests" / "fixtures" / "indicators"
FIXTURES = sorted(path.stem for path in CARDINAL.glob("*.jsonl"))
OCID = "ocds-zzzzzz-YX2019-1"


def put(small: Small, name: str, *documents: Any, file: str = "data.json") -> loading.Receipt:
    """Loads one more delivery: one document, or several as JSON Lines."""
    drop = small.home / name
    shutil.rmtree(drop, ignore_errors=True)
    drop.mkdir()
    if len(documents) == 1 and isinstance(documents[0], bytes):
        (drop / file).write_bytes(documents[0])
    else:
        lines = (json.dumps(document, ensure_ascii=False) for document in documents)
        (drop / file).write_text("\n".join(lines), encoding="utf-8")
    return loading.load(small.home, small.driver, drop)


def hash_of(small: Small) -> str:
    return graph_hash(small.driver, ontology.load())


def ask(small: Small, query: str, **parameters: Any) -> list[Any]:
    with small.driver.session() as session:
        return [tuple(record.values()) for record in session.run(query, **parameters)]


def tables(path: Path) -> dict[str, list[dict[str, str]]]:
    return {found.source.id: found.frame.to_pylist() for found in ocds.tables_of(path)}


def written(folder: Path, text: str | bytes, name: str = "data.jsonl") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def equation_holds(receipt: loading.Receipt) -> None:
    for entry in receipt.delivery.entries:
        parts = entry.loaded + entry.unchanged + entry.corrected + entry.duplicate + entry.quarantined
        assert entry.read == parts > 0, entry


# The way into the graph


def test_a_package_becomes_a_project_with_its_bids_awards_contracts_changes_and_payments(small: Small) -> None:
    small.empty()
    receipt = put(small, "package", PACKAGE.read_bytes())
    equation_holds(receipt)
    counts = {entry.table: (entry.read, entry.quarantined) for entry in receipt.delivery.entries}
    assert counts == {
        "ocds_processes": (3, 1),
        "ocds_lots": (2, 0),
        "ocds_bids": (4, 1),
        "ocds_bid_lots": (3, 0),
        "ocds_bidders": (4, 0),
        "ocds_awards": (2, 0),
        "ocds_suppliers": (2, 0),
        "ocds_contracts": (2, 0),
        "ocds_amendments": (2, 0),
        "ocds_transactions": (2, 1),
        "ocds_parties": (4, 0),
    }
    ((project,),) = ask(small, "MATCH (p:Project) RETURN properties(p)")
    assert project["key"] == OCID and project["name"] == "石桥村灌溉渠修复"
    assert (project["tender_status"], project["tenderers"]) == ("complete", 3), "the later release says so"
    assert project["procurement_method"] == "open" and project["method"] == "公开招标"
    assert (project["value"], project["currency"], project["amount"]) == (1_250_000, "CNY", 1_300_000)
    assert project["tender_days"] == 19, "one second is missing to the twentieth day"
    assert str(project["tender_to"]) == "2019-02-09" and project["tender_to_at"] == "2019-02-09T00:59:59Z"
    assert project["item_classes"] == ["CPV:45247100"]
    units = ask(small, "MATCH (u:Unit)-[r:BUYS|RUNS]->(:Project) RETURN u.key, type(r) ORDER BY type(r)")
    assert units == [("云溪县农业农村局", "BUYS"), ("云溪县农业农村局", "RUNS")], (
        "a unit with a credit code is known by name"
    )

    bids = "MATCH (c:Company)-[:PLACED]->(b:Bid)-[:FOR_LOT]->(l:Lot)-[:OF]->(:Project)"
    found = ask(
        small, f"{bids} RETURN c.key, l.key, b.status, b.value, b.currency, b.price, b.won ORDER BY c.key, l.key"
    )
    assert found == [
        ("91431299MA4L0001X9", f"{OCID}#1", "valid", 790_000, "CNY", 790_000, True),
        ("GB-COH:01234567", f"{OCID}#1", "disqualified", 110_000, "USD", None, False),
        ("GB-COH:01234567", f"{OCID}#2", "disqualified", 110_000, "USD", None, False),
        ("ocds-zzzzzz:c9", f"{OCID}#", "valid", 1_200_000, "CNY", 1_200_000, False),
        (f"名称:无名合伙({OCID})", f"{OCID}#1", "disqualified", 110_000, "USD", None, False),
        (f"名称:无名合伙({OCID})", f"{OCID}#2", "disqualified", 110_000, "USD", None, False),
    ]
    contracts = "MATCH (k:Contract)-[:FOLLOWS]->(a:Award)-[:AWARDED_TO]->(c:Company), (k)-[:AWARDED_TO]->(c)"
    assert ask(small, f"{contracts} RETURN k.key, k.amount, k.value, k.currency, a.status, c.key ORDER BY k.key") == [
        (f"{OCID}#k1", 790_000, 790_000, "CNY", "active", "91431299MA4L0001X9"),
        (f"{OCID}#k2", None, 40_000.5, "USD", "cancelled", "GB-COH:01234567"),
    ]
    changes = ask(small, "MATCH (x:ContractChange)-[:CHANGES]->(k:Contract) RETURN x.reason, k.key ORDER BY x.date")
    assert changes == [("增加涵洞", f"{OCID}#k1"), ("延长工期", f"{OCID}#k1")]
    paid = "MATCH (u:Unit)<-[:SPENT_BY]-(v:Voucher)-[:PAYS]->(c:Company), (v)-[:UNDER_CONTRACT]->(k:Contract)"
    assert ask(small, f"{paid} RETURN v.amount, c.key, k.key") == [(200_000, "91431299MA4L0001X9", f"{OCID}#k1")]


def test_what_cannot_be_read_waits_with_its_place_in_the_file(small: Small) -> None:
    small.empty()
    put(small, "package", PACKAGE.read_bytes())
    waiting = {(row["sheet"], row["row"]): (row["column"], row["value"]) for row in Evidence(small.home).quarantine()}
    assert waiting == {
        ("releases", 3): ("采购过程编号", ""),
        ("bids/details", 2): ("递交日期", "二月八日"),
        ("contracts/implementation/transactions", 2): ("支付金额（元）", "一笔"),
    }


def test_every_element_answers_says_who_and_shows_the_release(small: Small) -> None:
    small.empty()
    receipt = put(small, "package", PACKAGE.read_bytes())
    nodes = ask(small, "MATCH (n) RETURN labels(n)[0] + ':' + n.key")
    relationships = ask(
        small,
        "MATCH (a)-[r]->(b) RETURN type(r) + '|' + labels(a)[0] + ':' + a.key + '|' + labels(b)[0] + ':' + b.key",
    )
    evidence = Evidence(small.home)
    traced = evidence.sources_of([element for (element,) in [*nodes, *relationships]])
    assert all(traced.values()), [element for element, rows in traced.items() if not rows]
    contractor = traced[f"AWARDED_TO|Contract:{OCID}#k1|Company:91431299MA4L0001X9"]
    assert {row["table"] for row in contractor} == {"ocds_contracts", "ocds_suppliers"}
    (row,) = traced[f"Bid:{OCID}#b2"]
    assert (row["file"], row["sheet"], row["row"]) == ("data.json", "bids/details", 2)
    shown = evidence.original(receipt.delivery.id, row["file"], row["sheet"], row["row"])
    assert [line["header"] for line in shown] == [True, False, False, False, False]
    assert "value/amount" in shown[0]["cells"]
    (bid,) = [line["cells"] for line in shown if "b2" in line["cells"]]
    assert bid[0] == "/releases/1/bids/details/1" and "110000" in bid and "2019-02-09T01:30:00Z" in bid


def release(id: str = "", date: str = "2020-01-01T00:00:00Z", **content: Any) -> dict[str, Any]:
    return {"ocid": "ocds-zzzzzz-1", **({"id": id} if id else {}), "date": date, **content}


def test_releases_are_put_together_as_the_reference_library_merges_them(small: Small) -> None:
    """Field by field, whatever order and however many deliveries they come in; the compiled release alone gives the same graph."""
    releases = [
        release(
            "1", "2020-01-01T00:00:00Z",
            buyer={"id": "B", "name": "Town"},
            tender={"title": "School", "status": "planned", "value": {"amount": 10, "currency": "USD"}},
        ),
        release(
            "2", "2020-02-01T00:00:00+08:00",
            tender={"status": "active", "lots": [{"id": "1", "title": "Roof"}], "numberOfTenderers": 2},
            bids={"details": [
                {"id": "x", "status": "pending", "value": {"amount": 9, "currency": "USD"}, "tenderers": [{"id": "C1"}]},
                {"id": "y", "status": "pending", "value": {"amount": 8, "currency": "USD"}, "tenderers": [{"id": "C2"}]},
            ]},
        ),
        release(
            "3", "2020-02-02T00:00:00Z",
            tender={"status": "complete"},
            bids={"details": [{"id": "y", "status": "disqualified"}, {"id": "x", "status": "valid"}]},
            awards=[{"id": "a", "status": "active", "suppliers": [{"id": "C1"}]}],
            contracts=[{"id": "k", "awardID": "a", "status": "pending", "value": {"amount": 9, "currency": "USD"}}],
        ),
        release("4", "2020-03-01T00:00:00Z", contracts=[{"id": "k", "status": "active", "dateSigned": "2020-03-01T00:00:00Z"}]),
    ]  # fmt: skip
    merged = Merger(merge_rules={}).create_compiled_release(releases)
    assert merged["tender"]["status"] == "complete" and merged["contracts"][0]["value"]["amount"] == 9
    small.empty()
    put(small, "compiled", {"ocid": "ocds-zzzzzz-1", "compiledRelease": merged})
    wanted = hash_of(small)
    assert ask(small, "MATCH (b:Bid) RETURN b.status, b.won ORDER BY b.status") == [
        ("disqualified", False),
        ("valid", True),
    ]

    small.empty()
    put(small, "all", *releases, file="all.jsonl")
    assert hash_of(small) == wanted
    small.empty()
    for one in reversed(releases):
        put(small, f"release {one['id']}", {"releases": [one]})
    assert hash_of(small) == wanted
    small.empty()
    put(small, "record", {"records": [{"ocid": "ocds-zzzzzz-1", "releases": releases}]})
    assert hash_of(small) == wanted

    evidence = Evidence(small.home)
    assert conflicts(evidence) == ([], 0), "releases that go on from each other do not disagree"
    (status,) = says_who(evidence, "Project:ocds-zzzzzz-1", "tender_status")["properties"]
    assert (status["value"], [row["row"] for row in status["rows"]], status["others"]) == ("complete", [1], [])
    assert {one["value"] for one in status["earlier"]} == {"planned", "active"}


def test_resent_corrected_and_withdrawn_like_any_table(small: Small) -> None:
    def process(title: str, price: int) -> dict[str, Any]:
        bid = {"id": "b", "status": "valid", "value": {"amount": price, "currency": "CNY"}, "tenderers": [{"id": "W"}]}
        return {
            "ocid": f"ocds-zzzzzz-{title}",
            "tag": ["compiled"],
            "tender": {"title": title},
            "bids": {"details": [bid]},
        }

    small.empty()
    put(small, "a", process("A", 1), process("B", 1), file="a.jsonl")
    alone = hash_of(small)
    again = put(small, "again", {"releases": [process("A", 1), process("B", 1)]})
    assert again.delivery.total("unchanged") == again.delivery.total("read") and again.written.total == 0
    corrected = put(small, "b", process("A", 2), process("C", 3), file="b.jsonl")
    equation_holds(corrected)
    fates = {entry.table: (entry.loaded, entry.corrected, entry.unchanged) for entry in corrected.delivery.entries}
    assert fates == {"ocds_processes": (1, 0, 1), "ocds_bids": (1, 1, 0), "ocds_bidders": (1, 0, 1)}
    assert ask(small, "MATCH (b:Bid) RETURN b.price ORDER BY b.price") == [(1,), (2,), (3,)]
    loading.withdraw(small.home, small.driver, corrected.delivery.id, "tester")
    assert hash_of(small) == alone


def test_a_release_that_says_two_things_waits_and_the_same_twice_counts_once(small: Small) -> None:
    small.empty()
    one, other = release("1", tender={"title": "one"}), release("1", tender={"title": "other"})
    receipt = put(small, "two", one, other, release("2"), release("2"), file="two.jsonl")
    (entry,) = receipt.delivery.entries
    assert (entry.read, entry.loaded, entry.duplicate, entry.quarantined) == (4, 1, 1, 2)


def test_companies_of_other_tables_are_met_by_credit_code_only(small: Small) -> None:
    company = {
        "名称": "湖南龙海建设有限公司",
        "统一社会信用代码": "91431299MA4L0001X9",
        "成立日期": "2016-06-20",
        "经营状态": "存续",
    }
    small.load_tables({"经营主体": [company]})

    def tenderer(place: int, **party: Any) -> dict[str, Any]:
        return {"id": str(place), "tenderers": [party]}

    name = company["名称"]
    bids = [
        tenderer(1, id="1", name="Longhai", identifier={"scheme": "CN-USCC", "id": "91431299ma4l0001x9"}),
        tenderer(2, id="2", name=name, identifier={"scheme": "CN-USCC", "id": "91431299MA4L0001X8"}),
        tenderer(3, id="GB-COH-01234567", name=name),
        tenderer(4, id="4", name=name, identifier={"scheme": "XX-REG", "id": "91431299MA4L0001X9"}),
        tenderer(5, name=name),
        tenderer(6, id="431299197909010995", name="田志强"),
    ]
    put(small, "bids", {"ocid": "ocds-zzzzzz-1", "bids": {"details": bids}})
    keys = dict(ask(small, "MATCH (c:Company)-[:PLACED]->(b:Bid) RETURN split(b.key, '#')[1], c.key"))
    assert keys == {
        "1": "91431299MA4L0001X9",
        "2": "CN-USCC:91431299MA4L0001X8",
        "3": "GB-COH:01234567",
        "4": "XX-REG:91431299MA4L0001X9",
        "5": f"名称:{name}(ocds-zzzzzz-1)",
        "6": "名称:田志强(ocds-zzzzzz-1)",
    }
    assert ask(small, "MATCH (c:Company {key: '91431299MA4L0001X9'}) RETURN c.name, c.status") == [(name, "存续")]
    assert not ask(
        small, "MATCH (n) WHERE any(p IN keys(n) WHERE toString(n[p]) CONTAINS '431299197909010995') RETURN n"
    )


# The fixtures of the red flags


def documents(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def bids_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document.get("bids", {}).get("details", [])


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_fixture_is_taken_in_whole(fixture: str) -> None:
    path = CARDINAL / f"{fixture}.jsonl"
    sent = list(documents(path))
    found = tables(path)
    expected = Counter(
        ocds_processes=len(sent),
        ocds_bids=sum(len(bids_of(one)) for one in sent),
        ocds_bidders=sum(len(bid.get("tenderers", [])) for one in sent for bid in bids_of(one)),
        ocds_awards=sum(len(one.get("awards", [])) for one in sent),
        ocds_suppliers=sum(len(award.get("suppliers", [])) for one in sent for award in one.get("awards", [])),
    )
    assert {table: len(rows) for table, rows in found.items()} == {table: n for table, n in expected.items() if n}
    assert [row["采购过程编号"] for row in found["ocds_processes"]] == [one["ocid"] for one in sent]
    assert [row["_row"] for row in found["ocds_processes"]] == list(range(1, len(sent) + 1))
    prices = [str(bid.get("value", {}).get("amount", "")) for one in sent for bid in bids_of(one)]
    assert [row["报价原币金额"] for row in found.get("ocds_bids", [])] == prices
    statuses = [bid.get("status", "") for one in sent for bid in bids_of(one)]
    assert [row["状态"] for row in found.get("ocds_bids", [])] == statuses
    currencies = {bid.get("value", {}).get("currency", "") for one in sent for bid in bids_of(one)}
    assert {row["币种"] for row in found.get("ocds_bids", [])} == currencies


def expected_of(fixture: str, group: str, flag: str) -> set[str]:
    results = json.loads((CARDINAL / f"{fixture}.expected").read_text(encoding="utf-8"))
    return {key for key, flags in results.get(group, {}).items() if flag in flags}


def test_the_graph_holds_what_the_red_flags_need(small: Small) -> None:
    """One question over each kind of fixture, in Cypher, gives what the fixture expects."""

    def flagged(fixture: str, query: str) -> set[str]:
        small.empty()
        put(small, "fixture", (CARDINAL / f"{fixture}.jsonl").read_bytes(), file=f"{fixture}.jsonl")
        return {key.removeprefix("ocds:") for (key,) in ask(small, query)}

    short = "MATCH (p:Project) WHERE p.tender_days < 15 RETURN p.key"
    assert flagged("R003", short) == expected_of("R003", "OCID", "R003")
    single = "MATCH (p:Project) WHERE p.tenderers = 1 AND p.procurement_method IN ['open', 'selective'] RETURN p.key"
    assert flagged("R018", single) == expected_of("R018", "OCID", "R018")
    same = """
        MATCH (one:Company)-[:PLACED]->(b:Bid)-[:FOR_LOT]->(lot:Lot)<-[:FOR_LOT]-(o:Bid), (lot)-[:OF]->(p:Project)
        WHERE b.value = o.value AND b.currency = o.currency AND b.status IN ['valid', 'disqualified']
          AND o.status IN ['valid', 'disqualified'] AND b.key < o.key AND coalesce(p.tender_status, '') <> 'cancelled'
          AND NOT coalesce(p.procurement_method_details, '') IN ['NPC', 'EXC']
          AND NOT EXISTS { (one)-[:PLACED]->(o) } AND EXISTS { (:Company)-[:PLACED]->(o) }
        RETURN DISTINCT p.key"""
    assert flagged("R028", same) == expected_of("R028", "OCID", "R028")
    late = """
        MATCH (c:Company)-[:PLACED]->(b:Bid {status: 'valid'})-[:FOR_LOT]->(:Lot)-[:OF]->(p:Project)
        WHERE b.submitted_at > p.tender_to_at AND coalesce(p.tender_status, '') <> 'cancelled'
          AND EXISTS { (p)<-[:OF]-(:Award {status: 'active'})-[:AWARDED_TO]->(c) }
        RETURN DISTINCT p.key"""
    assert flagged("R030", late) == expected_of("R030", "OCID", "R030")
    ratio = """
        MATCH (u:Unit)-[:BUYS]->(p:Project)<-[:OF]-(:Lot)<-[:FOR_LOT]-(b:Bid)
        WHERE coalesce(p.tender_status, '') <> 'cancelled' AND b.status IN ['valid', 'disqualified', 'pending']
        WITH u, count(b) AS bids, sum(CASE b.status WHEN 'disqualified' THEN 1 ELSE 0 END) AS out
        WHERE 2 * out >= bids RETURN u.key"""
    assert flagged("R038", ratio) == expected_of("R038", "Buyer", "R038")
    runs = ratio.replace("BUYS", "RUNS")
    assert flagged("R038", runs) == expected_of("R038", "ProcuringEntity", "R038")
    variety = """
        MATCH (p:Project)<-[:OF]-(a:Award {status: 'active'})-[:AWARDED_TO]->(c:Company)
        WHERE coalesce(p.tender_status, '') <> 'cancelled' AND COUNT { (a)-[:AWARDED_TO]->() } = 1
        UNWIND a.item_classes AS class
        WITH c, count(DISTINCT left(split(class, ':')[-1], 2)) AS kinds WHERE kinds > 1 RETURN c.key"""
    fixture = "R048-minimum_contracting_processes-1"
    assert flagged(fixture, variety) == expected_of(fixture, "Tenderer", "R048")


# Forms and faults of files

FORMS = {
    "release": lambda one: one,
    "list": lambda one: [one],
    "release package": lambda one: {"uri": "x", "releases": [one]},
    "record package": lambda one: {"records": [{"ocid": one["ocid"], "releases": [one]}]},
    "record with its compiled release": lambda one: {"ocid": one["ocid"], "compiledRelease": one, "releases": []},
    "record package with compiled releases": lambda one: {"records": [{"ocid": one["ocid"], "compiledRelease": one}]},
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_document_holds_the_same_release(tmp_path: Path, form: str, indent: int | None) -> None:
    one = release("", tender={"title": "School"}, awards=[{"id": "a"}])
    path = written(tmp_path, json.dumps(FORMS[form](one), indent=indent), "data.json")
    found = tables(path)
    assert [(row["名称"], row["_row"]) for row in found["ocds_processes"]] == [("School", 1)]
    assert [row["授标编号"] for row in found["ocds_awards"]] == ["a"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_may_stand_on_a_line(tmp_path: Path, form: str) -> None:
    lines = [json.dumps(FORMS[form](release("", tender={"title": title}))) for title in ("A", "B")]
    path = written(tmp_path, "\n\n".join(lines) + "\n")
    assert [(row["名称"], row["_row"]) for row in tables(path)["ocds_processes"]] == [("A", 1), ("B", 3)]


def test_numbers_are_taken_as_written(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '{"ocid":"x","tender":{"value":{"amount":12345678901.10,"currency":"EUR"}},'
        '"awards":[{"id":12345678901234567890123,"value":{"amount":1.5E+3,"currency":"EUR"}},{"id":1,"value":{"amount":1e999}}]}',
    )
    found = tables(path)
    assert found["ocds_processes"][0]["估价"] == "12345678901.10"
    assert [row["授标编号"] for row in found["ocds_awards"]] == ["12345678901234567890123", "1"]
    assert [row["授标原币金额"] for row in found["ocds_awards"]] == ["1500", "1e999"]


@pytest.mark.parametrize(
    ("period", "days", "last"),
    [
        ({"startDate": "2020-01-01T18:00:00Z", "endDate": "2020-01-16T17:59:59Z"}, "14", "2020-01-16"),
        ({"startDate": "2020-01-01T18:00:00Z", "endDate": "2020-01-16T18:00:00Z"}, "15", "2020-01-16"),
        ({"startDate": "2020-01-01T00:00:00-05:00", "endDate": "2020-01-01T23:00:00-05:00"}, "0", "2020-01-01"),
        ({"startDate": "2020-01-01", "endDate": "2020-01-16"}, "15", "2020-01-16"),
        ({"startDate": "2020-01-01", "endDate": "2020-01-16T00:00:00Z"}, "", "2020-01-16"),
        ({"endDate": "2020-01-16T23:30:00-08:00", "durationInDays": 20}, "20", "2020-01-16"),
        ({"startDate": "soon", "endDate": "2020-13-01T00:00:00Z"}, "", "2020-13-01T00:00:00Z"),
    ],
)
def test_days_are_those_written_and_periods_are_in_whole_days(
    tmp_path: Path, period: dict[str, Any], days: str, last: str
) -> None:
    (row,) = tables(written(tmp_path, json.dumps(release(tender={"tenderPeriod": period}))))["ocds_processes"]
    assert (row["投标整天数"], row["投标截止"]) == (days, last)


def reasons(path: Path) -> list[tuple[str, int, str]]:
    return [(found.source.id, fault.row, fault.reason) for found in ocds.tables_of(path) for fault in found.problems]


def test_a_bad_line_waits_and_the_others_load(tmp_path: Path) -> None:
    good = json.dumps(release("1"))
    bad = ['{"ocid": "x", ', "[1]", good.replace("ocds", "\ud800").encode("utf-8", "surrogatepass"), "[" * 5_000]
    lines = [good, *bad, '{"ocid": "y", "tender": {"value": NaN}}', '{"releases": [{"url": "https://example.org/1"}]}']
    path = written(tmp_path, b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    found = [(row, reason) for table, row, reason in reasons(path) if table == "ocds_processes"]
    assert [row for row, _ in found] == [2, 3, 4, 5, 6, 7]
    for (_, reason), word in zip(found, ["JSON", "JSON对象", "UTF-8", "嵌套", "NaN", "网址"], strict=True):
        assert word in reason
    assert len(tables(path)["ocds_processes"]) == 1


def test_what_has_not_the_shape_of_the_standard_waits_record_by_record(tmp_path: Path) -> None:
    document = release(
        "1",
        tender={"title": {"en": "School"}},
        bids={"details": [{"id": "1", "value": 5}, "none", {"id": "3", "tenderers": ["W"]}]},
        awards={"id": "only", "suppliers": {"id": "S"}},
        contracts=[{"id": "k", "title": "x" * 40_000}],
    )
    path = written(tmp_path, json.dumps(document))
    kept = {table: len(rows) for table, rows in tables(path).items()}
    assert kept == {
        "ocds_awards": 1, "ocds_suppliers": 1, "ocds_bids": 1, "ocds_bidders": 0, "ocds_contracts": 0, "ocds_processes": 0,
    }  # fmt: skip
    assert Counter(table for table, _, _ in reasons(path)) == {
        "ocds_processes": 1, "ocds_bids": 2, "ocds_bidders": 1, "ocds_contracts": 1,
    }  # fmt: skip


def test_fields_that_are_not_taken_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(release(language="en", bids={"details": [{"id": "1", "documents": []}]})))
    unknown = {found.source.id: found.unknown for found in ocds.tables_of(path)}
    assert unknown == {"ocds_processes": ("language",), "ocds_bids": ("documents",)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"releases": [{"ocid": "x"}, ', "is not whole JSON"),
        ('{"releases": [{"ocid": "x"}]} {"releases": []}', "Extra data"),
        ('{"ocid": "x", "a": ' + "[" * 200_000, "nested deeper"),
        (b'{"ocid": "\xff\xfe"}', "not UTF-8"),
        ('"ocid"', "Expecting an object"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_in_one_sentence(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    path = written(tmp_path, text, "data.json")
    with pytest.raises(GuanxiError, match=sentence) as refusal:
        ocds.tables_of(path)
    assert str(refusal.value).startswith("data.json is n")


def test_a_document_too_large_to_hold_and_a_line_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocds, "MOST_DOCUMENT", 1_000)
    monkeypatch.setattr(ocds, "MOST_LINE", 2_000)
    big = json.dumps({"releases": [release(str(n), language="x" * 100) for n in range(30)]})
    with pytest.raises(GuanxiError, match="JSON Lines"):
        ocds.tables_of(written(tmp_path, big, "data.json"))
    lines = written(tmp_path, "\n".join([json.dumps(release("1")), big, json.dumps(release("2"))]))
    assert [(row, reason[:4]) for _, row, reason in reasons(lines)] == [(2, "一行超过")]
    assert [row["_row"] for row in tables(lines)["ocds_processes"]] == [1, 3]


def is_ocds(path: Path) -> bool:
    return ocds.is_ocds(path, path)


def test_json_that_is_no_procurement_is_ignored(tmp_path: Path) -> None:
    assert not is_ocds(written(tmp_path, '{"query": "paid_after_death", "kind": "wrong"}', "truth.jsonl"))
    assert not is_ocds(written(tmp_path, json.dumps(release()), "data.txt"))
    assert is_ocds(written(tmp_path, json.dumps(release()), "data.json"))
