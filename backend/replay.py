"""A lead looked for once more: on the evidence on which it was frozen, and on today's; and what became of its basis."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from neo4j import Driver
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from backend.detection import detect, detect_within, latest_day, reading
from backend.differences import Difference, difference
from backend.exploration import today
from backend.findings import Finding
from backend.ledger import Lead, LeadVersion
from backend.packs import Clear, Packs, Query
from graph_loader import engine
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.graph_update import bring_up_to_date
from graph_loader.secret import secret_of


@dataclass(frozen=True)
class Replayed:
    """What a query finds of a lead: None where it finds it no more. `same`: the facts are those of the frozen version."""

    finding: Finding | None
    same: bool
    as_of: date


@dataclass(frozen=True)
class Basis:
    """What became of a lead's basis. `cleared`: what of the query keeps it out today, by itself; `query_changed`: the query, or its
    parameters, are not those that made the version."""

    facts: Difference
    cleared: tuple[Clear, ...]
    query_changed: bool


def on_todays_evidence(
    home: Path, driver: Driver, query: Query, version: LeadVersion, as_of: date | None = None
) -> Replayed:
    """Looks for the lead in the graph as it is, with the parameters that made the version. `as_of`: today's day without one."""
    as_of = as_of or latest_day(driver)
    query = query.tuned(version.parameters)
    runs = detect(home, driver, _alone(query), as_of=as_of, touched=_anchor(query, version)).queries
    return _replayed(query, version, runs[0].findings, as_of)


def on_its_own_evidence(home: Path, query: Query, version: LeadVersion) -> Replayed:
    """Builds the graph that the evidence gave when the version was frozen, on an engine of its own, and looks for the lead there.

    Takes as long as a first load. Raises GuanxiError as a load does."""
    evidence = Evidence(home, at=version.recorded_at)
    query = query.tuned(version.parameters)
    with tempfile.TemporaryDirectory() as folder, engine.running(Path(folder)) as driver:
        bring_up_to_date(Path(folder), driver, evidence=evidence)
        with reading(driver) as session, session.begin_transaction() as transaction:
            runs = detect_within(
                transaction, evidence, secret_of(home), _alone(query), version.as_of, _anchor(query, version)
            )
    return _replayed(query, version, runs[0].findings, version.as_of)


def basis(home: Path, driver: Driver, session: Session, packs: Packs, lead: Lead) -> Basis:
    """What became of the basis of a lead: where it has changed, since it was last decided on; else, since it was last found."""
    current = _with_network(session, lead.key, lead.number)
    query = packs.query(lead.query)
    if lead.basis != "changed":
        facts = difference(current.network, today(driver, current.network))
        clears = _cleared(home, driver, query, current) if lead.basis == "gone" else ()
        return Basis(facts, clears, _is_changed(query, current))
    decided = session.scalars(
        select(LeadVersion.number)
        .where(
            LeadVersion.lead_key == lead.key,
            LeadVersion.basis_hash == lead.decided_hash,
            LeadVersion.number < lead.number,
        )
        .order_by(LeadVersion.number.desc())
    ).first()
    before = _with_network(session, lead.key, decided or max(1, lead.number - 1))
    facts = difference(before.network, current.network)
    return Basis(facts, (), before.query_version != current.query_version or _values(before) != _values(current))


def _cleared(home: Path, driver: Driver, query: Query | None, version: LeadVersion) -> tuple[Clear, ...]:
    if query is None:
        return ()
    as_of, near = latest_day(driver), _anchor(query, version)
    kept_out = []
    for clear in query.clears:
        run = detect(home, driver, _alone(replace(query, text=clear.text)), as_of=as_of, touched=near).queries[0]
        if any(finding.key == version.lead_key for finding in run.findings):
            kept_out.append(clear)
    return tuple(kept_out)


def _is_changed(query: Query | None, version: LeadVersion) -> bool:
    return query is None or query.version != version.query_version or query.defaults != _values(version)


def _values(version: LeadVersion) -> dict[str, Any]:
    return {name: value for name, value in version.parameters.items() if name != "as_of"}


def _with_network(session: Session, key: str, number: int) -> LeadVersion:
    return session.get_one(LeadVersion, (key, number), options=[undefer(LeadVersion.network)], populate_existing=True)


def _alone(query: Query) -> Packs:
    if query.is_about_leads:
        raise GuanxiError(f"{query.id} looks at other leads: replay those, each by its own key.")
    return Packs((query.pack,), (query,), ())


def _anchor(query: Query, version: LeadVersion) -> Mapping[str, list[str]]:
    return {query.id: [version.identity[query.anchor]]}


def _replayed(query: Query, version: LeadVersion, findings: tuple[Finding, ...], as_of: date) -> Replayed:
    found = next((finding for finding in findings if finding.key == version.lead_key), None)
    return Replayed(found, found is not None and found.basis_hash == version.basis_hash, as_of)
