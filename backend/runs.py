"""A run of the packs: the graph is brought up to date, the queries are run, what they find becomes leads in the ledger."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import neo4j
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import leads, ledger, tuning
from backend.detection import QueryRun, detect, latest_day, reading, told
from backend.gaps import CLEAR, Outlook, outlooks
from backend.packs import Packs, Query, load_packs
from backend.touching import Touching, windows
from graph_loader import loading, ontology
from graph_loader.changes import changed_since, dated_within, last_step
from graph_loader.evidence import Evidence


@dataclass(frozen=True)
class QueryOutcome:
    """What one query did: `ran`, `not_run` (with the tables it lacks) or `broken`; counts are in leads."""

    query: str
    status: str
    found: int = 0
    new: int = 0
    again: int = 0
    gone: int = 0
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    reason: str = ""
    outlook: Outlook = CLEAR

    @property
    def why(self) -> str:
        """Why it did not run, in one sentence; empty when it did."""
        return f"not delivered: {', '.join(self.missing)}" if self.missing else self.reason

    def as_json(self) -> dict[str, Any]:
        numbers = {key: getattr(self, key) for key in ("found", "new", "again", "gone")}
        told = {"query": self.query, "status": self.status, **numbers, "seconds": round(self.seconds, 3)}
        if self.missing:
            told["missing"] = list(self.missing)
        if self.reason:
            told["reason"] = self.reason
        return told | (self.outlook.as_json() if not self.outlook.is_clear else {})


@dataclass(frozen=True)
class Run:
    as_of: date
    queries: tuple[QueryOutcome, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "queries": [query.as_json() for query in self.queries],
            "seconds": round(self.seconds, 2),
        }


def run(
    home: Path,
    driver: neo4j.Driver,
    *,
    as_of: date | None = None,
    pack: str | None = None,
    query: str | None = None,
    folder: Path | None = None,
    full: bool = False,
) -> Run:
    """Runs all queries, those of one pack, or one, and keeps their findings. `folder`: the packs, else those of Guanxi.

    Each looks at what changed since it last looked, unless its text, parameters or tables did too; `full` looks at everything.
    A run as of a day earlier than the last one only reports. Raises GuanxiError for an unknown pack or query.
    """
    started = time.perf_counter()
    loading.bring_up_to_date_in_turn(home, driver)
    packs = load_packs(folder)
    packs.chosen(pack, query)
    as_of = as_of or latest_day(driver)
    kept = ledger.open_ledger(home)
    try:
        with kept.reading() as session:
            packs = tuning.in_force(session, packs)
        chosen = packs.chosen(pack, query)
        of_graph, about_leads = chosen.about_leads(False), chosen.about_leads(True)
        sights = _sights(home, driver, kept, of_graph, as_of, full)
        touched = {id: sight.anchors for id, sight in sights.items()}
        found = detect(home, driver, of_graph, as_of=as_of, touched=touched)
        with kept.writing() as session:
            outcomes = [_kept(session, one, as_of, sights.get(one.query)) for one in found.queries]
        if about_leads.queries:
            with kept.reading() as session:
                open_ones = list(open_leads(session, packs))
            found = detect(home, driver, about_leads, as_of=as_of, leads=open_ones)
            with kept.writing() as session:
                for one in found.queries:
                    resting = tuple(leads.resting_on(session, finding) for finding in one.findings)
                    outcomes.append(_kept(session, replace(one, findings=resting), as_of, None))
    finally:
        kept.close()
    looks = outlooks(Evidence(home), chosen)
    told = tuple(replace(one, outlook=looks.get(one.query, one.outlook)) for one in outcomes)
    return Run(as_of, told, time.perf_counter() - started)


def open_leads(session: Session, packs: Packs) -> Iterator[dict[str, Any]]:
    """The open leads of queries about the graph, as those about leads are given them."""
    for lead in leads.open_leads(session):
        query = packs.query(lead.query)
        if query and not query.is_about_leads:
            persons = [(person["role"], person["ref"], person["name"]) for person in lead.current.persons]
            things = [(thing["label"], thing["key"], thing["name"]) for thing in lead.current.things]
            yield told(query, lead.key, lead.level, persons, things, lead.current.identity, lead.village)


def _sights(
    home: Path, driver: neo4j.Driver, kept: ledger.Ledger, packs: Packs, as_of: date, full: bool
) -> dict[str, leads.Sight]:
    """Query id → what it is to look at."""
    step, delivered = last_step(home), Evidence(home).delivered()
    with kept.reading() as ledger_session:
        last = {query.id: leads.last_run(ledger_session, query.id) for query in packs.queries}
    looks: dict[tuple[int, date, frozenset[tuple[str, int]]], Touching | None] = {}
    sights = {}
    with reading(driver) as session:
        for query in packs.queries:
            before, terms = last[query.id], _terms(query, delivered)
            anchors = None
            if before and not full and _still_holds(before, query, terms, as_of):
                since = before.step, before.as_of, query.waits
                if since not in looks:
                    looks[since] = _looked_for(home, session, *since, as_of)
                touching = looks[since]
                anchors = touching.anchors(query) if touching else None
            sights[query.id] = leads.Sight(query.anchor, anchors, step, terms)
    return sights


def _still_holds(before: ledger.Run, query: Query, terms: str, as_of: date) -> bool:
    """Whether what an earlier run found still stands but for what the graph has changed since."""
    same_day = before.as_of == as_of or (before.as_of < as_of and not query.watches_the_clock)
    return before.step > 0 and before.terms == terms and same_day


def _looked_for(
    home: Path, session: neo4j.Session, step: int, day: date, waits: Iterable[tuple[str, int]], as_of: date
) -> Touching | None:
    """What changed since a step and a day, for those who wait some days or months; None for too much."""
    changed = changed_since(home, step)
    if changed is None:
        return None
    if day < as_of:
        with loading.one_at_a_time(home):
            changed |= dated_within(home, ontology.load(), windows(day, as_of, waits))
    return Touching(session, changed)


def _terms(query: Query, delivered: set[str]) -> str:
    tables = {table for choices in query.needs for table in choices} | set(query.uses)
    tables |= {check.table for check in query.checks.values() if check.table}
    told = [query.version, query.defaults, sorted(tables & delivered)]
    return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _kept(session: Session, one: QueryRun, as_of: date, sight: leads.Sight | None) -> QueryOutcome:
    if one.status != "ran":
        return QueryOutcome(one.query, one.status, seconds=one.seconds, missing=one.missing, reason=one.reason)
    counts = leads.record(session, one.query, one.findings, as_of, sight)
    again = counts.again + counts.changed
    return QueryOutcome(one.query, one.status, len(one.findings), counts.new, again, counts.gone, one.seconds)


def any_run(session: Session) -> bool:
    """Whether the packs ever ran, which tells "nothing found" from "never looked"."""
    return session.scalar(select(func.count()).select_from(ledger.Run)) != 0
