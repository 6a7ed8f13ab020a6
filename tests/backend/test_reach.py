"""Which anchors a change touches, read off a query's text."""

from backend.packs import load_packs
from backend.reach import Hop, reach

KIN_BACK = Hop(("KIN",), False)
PAID = Hop(("TO",), True)


def test_a_payment_leads_over_its_beneficiary_to_the_official() -> None:
    found = reach(
        "MATCH (official:Official) MATCH (official)-[kin:KIN]->(relative)<-[:TO]-(payment:Payment) RETURN 1", "official"
    )
    assert found.relationships["TO"] == {("end", (KIN_BACK,))}
    assert found.relationships["KIN"] == {("start", ())}
    assert found.nodes["Payment"] == {(PAID, KIN_BACK)}
    assert found.nodes["Person"] == {(), (KIN_BACK,)}
    assert found.unreached == frozenset()


def test_what_no_pattern_ties_to_the_anchor_makes_a_full_run() -> None:
    found = reach(
        "MATCH (person:Person)<-[:TO]-(p:Payment) MATCH (programme:Programme {key: p.programme}) RETURN 1", "person"
    )
    assert found.unreached == {"Programme"}


def test_a_pattern_of_several_steps_is_walked_from_any_of_them() -> None:
    found = reach("MATCH (a:Company)-[:HAS_ROLE|SPOUSE_OF*1..3]-(b:Person) RETURN 1", "a")
    back = Hop(("HAS_ROLE", "SPOUSE_OF"), None, 0, 2)
    assert found.relationships["SPOUSE_OF"] == {("start", (back,)), ("end", (back,))}
    assert found.nodes["Person"] == {(Hop(("HAS_ROLE", "SPOUSE_OF"), None, 1, 3),)}


def test_an_optional_pattern_is_no_short_cut() -> None:
    """`c` is there without the optional relationship: it is reached as it was bound."""
    text = "MATCH (a:Person)-[:MEMBER_OF]->(b)<-[:MEMBER_OF]-(c:Person) OPTIONAL MATCH (a)-[:KIN]->(c) RETURN 1"
    assert (Hop(("MEMBER_OF",), True), Hop(("MEMBER_OF",), False)) in reach(text, "a").nodes["Person"]
    assert (Hop(("KIN",), False),) not in reach(text, "a").nodes["Person"]


def test_a_later_pattern_ties_what_was_matched_before() -> None:
    text = "MATCH (a:Person) MATCH (c:Company)<-[:AWARDED_TO]-(k:Contract) MATCH (a)-[:HAS_ROLE]->(c) RETURN 1"
    assert reach(text, "a").relationships["AWARDED_TO"] == {("end", (Hop(("HAS_ROLE",), False),))}


def test_a_name_inside_brackets_is_that_brackets_own() -> None:
    text = (
        "MATCH (a:Person) WITH a, [(a)-[:DECLARED]->(who) | who] AS told, "
        "[(a)<-[:TO]-(p)<-[:APPROVED]-(who) | who] AS signed, EXISTS { (a)-[:MEMBER_OF]->(h) } AS housed // (a)-[:KIN]->(x)\n"
        "WHERE a.name <> '(a)-[:OWNS]->()' RETURN 1"
    )
    found = reach(text, "a")
    assert found.relationships["APPROVED"] == {("end", (PAID,))}
    assert found.relationships["DECLARED"] == {("start", ())}
    assert found.relationships["MEMBER_OF"] == {("start", ())}
    assert "KIN" not in found.relationships and "OWNS" not in found.relationships


def test_every_pack_query_is_tied_to_its_anchor_but_for_hubs() -> None:
    """A day's payments or papers never make a full run: only what is looked up by a key does. Two queries look payments up by their
    programme; they are quick, for they start from what was granted."""
    daily = {
        "Payment",
        "Voucher",
        "Application",
        "Transfer",
        "Posting",
        "TO",
        "INTO",
        "FOR",
        "PAYS",
        "HANDLED",
        "APPROVED",
        "REVIEWED",
    }
    for query in load_packs().queries:
        if not query.is_about_leads and query.id not in ("funds_idle", "compensation_diverted"):
            assert not reach(query.text, query.anchor).unreached & daily, query.id
