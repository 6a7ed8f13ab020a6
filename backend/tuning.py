"""Parameters of queries as people set them: tried out against what was found and decided before, then set with a reason.

A setting holds until the next; every lead keeps the parameters that made it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from neo4j import Driver
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import audit
from backend.accounts import NotAllowed, Viewer, require
from backend.detection import detect, latest_day
from backend.findings import Finding
from backend.ledger import Lead, Setting, now
from backend.packs import Packs, Parameter, Query
from graph_loader.cells import masked_text
from graph_loader.errors import GuanxiError


@dataclass(frozen=True)
class Difference:
    """What other parameters would change: findings that no open lead has, and leads that would not be found. `same`: found both ways."""

    more: tuple[Finding, ...]
    fewer: tuple[Lead, ...]
    same: int

    @property
    def right_lost(self) -> int:
        """Of those not found, the ones that people substantiated, wholly or in part."""
        return sum(lead.outcome in ("true", "partly") and lead.state == "closed" for lead in self.fewer)

    @property
    def wrong_lost(self) -> int:
        """Of those not found, the ones that turned out wrong."""
        return sum(lead.outcome in ("untrue", "data_error") and lead.state == "closed" for lead in self.fewer)


def in_force(session: Session, packs: Packs) -> Packs:
    """The packs with the parameters that were set last; a value that a changed query no longer allows falls back to its default."""
    newest = select(func.max(Setting.id)).group_by(Setting.query)
    settings = {one.query: one.parameters for one in session.scalars(select(Setting).where(Setting.id.in_(newest)))}
    if not settings:
        return packs
    queries = tuple(query.tuned(settings.get(query.id, {})) for query in packs.queries)
    return replace(packs, queries=queries)


def history(session: Session, query: str) -> list[Setting]:
    """What was set for a query, the last first."""
    return list(session.scalars(select(Setting).where(Setting.query == query).order_by(Setting.id.desc())))


def read_values(query: Query, typed: Mapping[str, str]) -> dict[str, Any]:
    """The values typed for a query's parameters. Raises NotAllowed naming the one that is of the wrong kind or out of bounds."""
    values = {}
    for name, parameter in query.parameters.items():
        value = _read(parameter, typed[name]) if name in typed else parameter.default
        low, high = parameter.min, parameter.max
        if (low is not None and value < low) or (high is not None and value > high):
            bounds = f"{'' if low is None else low}–{'' if high is None else high}"
            raise NotAllowed(
                "out_of_bounds", f"{name} 只能取 {bounds}，请改正。", f"{name} must be within {bounds}: mend it."
            )
        values[name] = value
    return values


def try_out(
    home: Path,
    driver: Driver,
    session: Session,
    query: Query,
    values: Mapping[str, Any],
    open_leads: Sequence[Mapping[str, Any]] = (),
) -> Difference:
    """What the query would find with these values, beside what is on the ledger; nothing is written. `open_leads`: for a query about
    leads, those of the others.

    Raises GuanxiError when the query cannot run."""
    tried = Packs((query.pack,), (query.tuned(_kept(values)),), ())
    (run,) = detect(home, driver, tried, as_of=latest_day(driver), query=query.id, leads=open_leads).queries
    if run.status != "ran":
        raise GuanxiError(f"{query.id} cannot run: {run.reason or 'tables are missing: ' + ', '.join(run.missing)}.")
    found = {finding.key: finding for finding in run.findings}
    kept = {
        lead.key: lead for lead in session.scalars(select(Lead).where(Lead.query == query.id, Lead.basis != "gone"))
    }
    return Difference(
        tuple(finding for key, finding in found.items() if key not in kept),
        tuple(lead for key, lead in kept.items() if key not in found),
        len(found.keys() & kept.keys()),
    )


def set_values(session: Session, viewer: Viewer, query: Query, values: Mapping[str, Any], reason: str) -> None:
    """Sets the parameters from the next run on. Raises NotAllowed for a role that may not, and without a reason."""
    require(viewer, "query")
    if not reason.strip():
        raise NotAllowed("no_reason", "请写明调整的理由。", "Say why the parameters are changed.")
    kept = _kept(values)
    session.add(
        Setting(
            query=query.id,
            query_version=query.version,
            parameters=kept,
            account_id=viewer.id,
            who=viewer.display_name,
            at=now(),
            reason=masked_text(reason.strip())[:500],
        )
    )
    audit.append(session, viewer.name, "query.tune", query.id, {"parameters": kept, "reason": reason.strip()[:500]})


READERS: dict[str, Callable[[str], Any]] = {"integer": int, "number": float, "text": str, "date": date.fromisoformat}


def _read(parameter: Parameter, text: str) -> Any:
    try:
        return READERS[parameter.type](text.strip())
    except ValueError:
        raise NotAllowed(
            "no_value",
            f"{parameter.name} 的值“{text[:40]}”不对，现在的值是 {parameter.default}，请照样填写。",
            f"The value “{text[:40]}” of {parameter.name} is of the wrong kind: write one like {parameter.default}.",
        ) from None


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
