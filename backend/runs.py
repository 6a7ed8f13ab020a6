"""A run of the packs: the graph is brought up to date, the queries are run, what they find becomes leads in the ledger."""

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import neo4j
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import leads, ledger
from backend.detection import QueryRun, detect
from backend.packs import load_packs
from graph_loader import loading


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
        return told


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
) -> Run:
    """Runs all queries, those of one pack, or one, and keeps their findings. `folder`: the packs, else those of Guanxi.

    A run as of a day earlier than the last one only reports. Raises GuanxiError for an unknown pack or query.
    """
    started = time.perf_counter()
    loading.bring_up_to_date_in_turn(home, driver)
    detection = detect(home, driver, load_packs(folder), as_of=as_of, pack=pack, query=query)
    kept = ledger.open_ledger(home)
    try:
        with kept.writing() as session:
            outcomes = tuple(_kept(session, one, detection.as_of) for one in detection.queries)
    finally:
        kept.close()
    return Run(detection.as_of, outcomes, time.perf_counter() - started)


def _kept(session: Session, one: QueryRun, as_of: date) -> QueryOutcome:
    if one.status != "ran":
        return QueryOutcome(one.query, one.status, seconds=one.seconds, missing=one.missing, reason=one.reason)
    counts = leads.record(session, one.query, one.findings, as_of)
    again = counts.again + counts.changed
    return QueryOutcome(one.query, one.status, len(one.findings), counts.new, again, counts.gone, one.seconds)


def any_run(session: Session) -> bool:
    """Whether the packs ever ran, which tells "nothing found" from "never looked"."""
    return session.scalar(select(func.count()).select_from(ledger.Run)) != 0
