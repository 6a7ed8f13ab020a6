"""A lead looked for again on its own evidence and on today's, and what became of its basis."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from homes import Small

from backend import leads, replay, runs
from backend.accounts import OWNER
from backend.cases import read_case
from backend.differences import difference
from backend.ledger import Lead, LeadVersion, open_ledger
from backend.packs import Query, load_packs
from backend.trial import tables_for
from graph_loader.errors import GuanxiError

PACKS = load_packs()


def query(id: str) -> Query:
    found = PACKS.query(id)
    assert found is not None
    return found


def loaded(small: Small, id: str, name: str) -> dict[str, list[dict[str, str]]]:
    """The tables of a case, loaded and looked at by its query."""
    (path,) = [path for path in query(id).cases if path.stem == name]
    case = read_case(path)
    tables = tables_for([case], query(id))
    small.load_tables(tables)
    runs.run(small.home, small.driver, query=id)
    return tables


@contextmanager
def the_lead(small: Small) -> Iterator[tuple[Any, Lead, LeadVersion]]:
    ledger = open_ledger(small.home)
    try:
        with ledger.writing() as session:
            (lead,) = session.query(Lead).all()
            yield session, lead, leads.version(session, OWNER, lead.key, lead.number)
    finally:
        ledger.close()


def test_a_lead_whose_basis_went_is_found_on_its_own_evidence_and_told_why_not_today(small: Small) -> None:
    tables = loaded(small, "self_approved", "hit_approved_for_oneself")
    with the_lead(small) as (_, lead, version):
        assert replay.on_todays_evidence(small.home, small.driver, query(lead.query), version).same
    small.add_tables({"补贴申请": [{**row, "审批结果": "不同意"} for row in tables["补贴申请"]]}, "corrected")
    runs.run(small.home, small.driver, query="self_approved")
    with the_lead(small) as (session, lead, version):
        assert lead.basis == "gone"
        assert replay.on_todays_evidence(small.home, small.driver, query(lead.query), version).finding is None
        became = replay.basis(small.home, small.driver, session, PACKS, lead)
        assert [clear.says["zh"] for clear in became.cleared] == ["所签的申请没有获批"] and not became.query_changed
        (change,) = became.facts.changed
        assert (change.property, change.before, change.after) == ("result", "同意", "不同意")
        assert not became.facts.gone and not became.facts.came
        frozen = replay.on_its_own_evidence(small.home, query(lead.query), version)
    assert frozen.same and frozen.finding is not None and frozen.finding.level == "high"


def test_what_changed_since_the_decision_is_told(small: Small) -> None:
    tables = loaded(small, "age_mismatch", "hit_too_young")
    small.add_tables({"补贴发放": [{**row, "金额": "999"} for row in tables["补贴发放"][:1]]}, "corrected")
    runs.run(small.home, small.driver, query="age_mismatch")
    with the_lead(small) as (session, lead, version):
        assert lead.basis == "changed" and version.number == 2
        became = replay.basis(small.home, small.driver, session, PACKS, lead)
        assert [(one.property, one.after) for one in became.facts.changed] == [("amount", 999.0)]


def node(id: str, **props: Any) -> dict[str, Any]:
    return {
        "id": id,
        "label": id.split(":")[0],
        "labels": [id.split(":")[0]],
        "name": id,
        "props": props,
        "strong": True,
    }


def edge(type: str, source: str, target: str) -> dict[str, Any]:
    id = f"{type}|{source}|{target}"
    return {"id": id, "source": source, "target": target, "type": type, "props": {}, "strong": True}


def test_folds_are_compared_one_by_one_and_relations_of_what_went_are_not_named_beside_it() -> None:
    person, first, second = node("Person:a", died=None), node("Payment:1", amount=1.0), node("Payment:2", amount=2.0)
    fold = node("group:x") | {"members": [first, second]}
    before = {
        "nodes": [person, fold, node("Village:v")],
        "edges": [edge("TO", "group:x", "Person:a"), edge("IN", "Person:a", "Village:v")],
    }
    after = {
        "nodes": [node("Person:a", died="2020-01-01"), first, node("Village:v"), node("Death:d")],
        "edges": [edge("OF", "Death:d", "Person:a")],
    }
    found = difference(before, after)
    assert [one["id"] for one in found.gone] == ["Payment:2", "IN|Person:a|Village:v"]
    assert [one["id"] for one in found.came] == ["Death:d"], "what ties it follows from it"
    (change,) = found.changed
    assert (change.element["id"], change.property, change.before, change.after) == (
        "Person:a",
        "died",
        None,
        "2020-01-01",
    )
    assert difference(before, before).is_none


def test_a_lead_about_leads_is_not_replayed_by_itself() -> None:
    with pytest.raises(GuanxiError, match="looks at other leads"):
        replay._alone(query("cluster_of_findings"))
