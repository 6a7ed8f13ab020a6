"""Everything known about one person, company, village or project: facts, relations, money, leads, and what each query says of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neo4j import Driver
from sqlalchemy.orm import Session

from backend import leads
from backend.accounts import Viewer
from backend.detection import QueryRun, detect, latest_day, reading
from backend.exploration import Element, neighbour_counts, neighbours, node, search, vocabulary
from backend.findings import Finding
from backend.packs import Clear, Packs, Query
from backend.touching import Touching
from graph_loader.changes import Changed
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.secret import Secret

LISTED = 200
"""Neighbours of one kind that are listed; more are counted."""
FOLDED = frozenset({"TO", "INTO", "FOR", "UNDER", "PAYS"})
"""Kinds of relationships of single payments: they are summed up instead."""
NUMBER = re.compile(r"\d{17}[\dXx]")

PAID = """
MATCH (p:Person {key: $key})<-[:TO]-(payment:Payment)
OPTIONAL MATCH (payment)-[:UNDER]->(programme:Programme)
RETURN payment.programme AS programme, head(collect(programme.name)) AS name, count(payment) AS payments,
       round(sum(payment.amount), 2) AS amount, toString(min(payment.date)) AS first, toString(max(payment.date)) AS last
ORDER BY amount DESC, programme
"""


@dataclass(frozen=True)
class Asked:
    """What one query says of a subject: `leads` (its findings), `clear`, `not_run` (`missing` tables), `broken`, or `not_asked` where
    looking would mean looking at the whole county."""

    query: str
    status: str
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()


def people_named(driver: Driver, secret: Secret, text: str) -> list[Element]:
    """The people with a full ID number or exactly a name."""
    found = search(driver, text, kinds=("Person",), limit=50, secret=secret)
    return found if NUMBER.fullmatch(text.strip()) else [one for one in found if one["name"] == text.strip()]


def known_about(driver: Driver, node_id: str) -> dict[str, Any]:
    """`{"id", "label", "name", "facts", "relations": [{"type", "zh", "direction", "count", "listed": [...]}], "benefits": [...]}`.
    Raises NotThere."""
    centre = node(driver, node_id)
    words = vocabulary()
    relations = []
    for kind in neighbour_counts(driver, node_id):
        if kind["type"] in FOLDED and kind["count"] > LISTED // 10:
            listed: list[dict[str, Any]] = []
        else:
            listed = _listed(neighbours(driver, node_id, kind["type"], kind["direction"], LISTED))
        relations.append({**kind, "zh": words["types"][kind["type"]][0], "listed": listed})
    key = centre["props"]["key"]
    with reading(driver) as session:
        paid = [record.data() for record in session.run(PAID, key=key)] if centre["label"] == "Person" else []
    facts = {name: value for name, value in centre["props"].items() if name not in ("key", "initials")}
    return {
        "id": centre["id"],
        "label": centre["label"],
        "name": centre["name"],
        "facts": facts,
        "relations": relations,
        "benefits": paid,
    }


def _listed(found: dict[str, list[Element]]) -> list[dict[str, Any]]:
    nodes = {one["id"]: one for one in found["nodes"]}
    told = []
    for edge in found["edges"]:
        other = nodes.get(edge["target"]) or nodes.get(edge["source"])
        if other:
            about = {name: value for name, value in edge.get("props", {}).items() if value not in (None, "")}
            told.append({"label": other["label"], "id": other["id"], "name": other["name"], **about})
    return told


def leads_of(session: Session, viewer: Viewer, key: str) -> list[dict[str, Any]]:
    """The leads on the ledger that name the subject, as the contract has them."""
    return [
        leads.as_contract(lead)
        for lead in leads.in_order(session, viewer)
        if key in lead.current.identity.values() or any(person["ref"] == key for person in lead.current.persons)
    ]


def asked_of_all(home: Path, driver: Driver, packs: Packs, node_id: str) -> list[Asked]:
    """Asks every query about the graph of one subject. Raises NotThere."""
    delivered = Evidence(home).delivered()
    wanted = packs.about_leads(False)
    near = _near(driver, wanted, node_id)
    runs = {run.query: run for run in detect(home, driver, wanted, as_of=latest_day(driver), touched=near).queries}
    told = []
    for query in wanted.queries:
        run = runs.get(query.id)
        if missing := query.missing(delivered):
            told.append(Asked(query.id, "not_run", missing=missing))
        elif query.id not in near or run is None:
            told.append(Asked(query.id, "not_asked"))
        elif run.status == "broken":
            told.append(Asked(query.id, "broken"))
        else:
            mine = _about(run, node_id)
            told.append(Asked(query.id, "leads" if mine else "clear", mine))
    return told


@dataclass(frozen=True)
class Cleared:
    """A suspicion that is no lead: how it would read, and what clears it, each alone enough."""

    finding: Finding
    by: tuple[Clear, ...]


def cleared(home: Path, driver: Driver, packs: Packs, query: Query, node_id: str) -> list[Cleared]:
    """Why a query has no (other) lead on a subject: what it would find if it overlooked one of the reasons that clear.

    Empty where it would find nothing even so, or where looking would mean looking at the whole county. Raises NotThere."""
    alone = Packs(packs.packs, (query,), ())
    near, as_of = _near(driver, alone, node_id), latest_day(driver)
    if not near:
        return []

    def found(text: str) -> dict[str, Finding]:
        changed = Packs(packs.packs, (replace(query, text=text),), ())
        run = detect(home, driver, changed, as_of=as_of, touched=near).queries[0]
        return {finding.key: finding for finding in _about(run, node_id) if finding.key not in known}

    known: set[str] = set()
    known = set(found(query.text))
    single = [(clear, found(clear.text)) for clear in query.clears]
    suspected = {key: finding for _, some in single for key, finding in some.items()}
    by = {key: [clear for clear, some in single if key in some] for key in suspected}
    return [Cleared(finding, tuple(by[key])) for key, finding in sorted(suspected.items())]


def _near(driver: Driver, packs: Packs, node_id: str) -> dict[str, frozenset[str]]:
    """Query → the anchors from which it sees a subject; without those that would look at the whole county."""
    label, key = node_id.split(":", 1)
    node(driver, node_id)
    with reading(driver) as session:
        touching = Touching(session, Changed(frozenset({(label, key, "changed")}), frozenset()))
        anchors = {query.id: touching.anchors(query) for query in packs.queries}
    return {id: keys for id, keys in anchors.items() if keys is not None}


def _about(run: QueryRun, node_id: str) -> tuple[Finding, ...]:
    key = node_id.split(":", 1)[1]
    return tuple(finding for finding in run.findings if _names(finding, key))


def _names(finding: Finding, key: str) -> bool:
    return (
        key in finding.identity.values()
        or any(person.ref == key for person in finding.persons)
        or any(thing.key == key for thing in finding.things)
    )


def only(found: Iterable[Element], text: str) -> Element:
    """The one that was found. Raises GuanxiError for none, or for several of one name, who are told apart by their numbers."""
    people = list(found)
    if not people:
        raise GuanxiError(f"Nobody called {text} is in the graph: check the name, or give the full ID number.")
    if len(people) > 1:
        masked = ", ".join(sorted(str(one["props"].get("id_masked") or "without a number") for one in people))
        raise GuanxiError(f"{len(people)} people are called {text} ({masked}): give the full ID number.")
    return people[0]
