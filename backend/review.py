"""The review list as an account sees it: whom rows without a number may mean, and who may say so.

Investigators, supervisors and analysts decide (right `identify`): they may see the graph, and answer for what they conclude from it.
A clerk may not, who sees no people; nor may anybody about a row for which they are a candidate themselves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import neo4j

from backend import audit
from backend.accounts import NotAllowed, Viewer, require
from backend.ledger import Ledger
from graph_loader import identity, loading
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.identity import Item, Review
from graph_loader.identity_reports import Report, identity_reports


@contextmanager
def opened(home: Path) -> Iterator[Review]:
    """The review list as it stands now."""
    review = Review(home)
    try:
        yield review
    finally:
        review.close()


def note_opening(ledger: Ledger, viewer: Viewer) -> None:
    """Writes to the log that somebody looked at the people of the list."""
    with ledger.writing() as session:
        audit.append(session, viewer.name, "review.open", "review")


def waiting(review: Review, viewer: Viewer) -> list[Item]:
    """The items of the viewer's towns."""
    return [item for item in review.items if not viewer.towns or item.town in viewer.towns]


def reports(home: Path, viewer: Viewer) -> dict[str, Report]:
    """What disagrees about identity; only for those who look after the whole county, since people move between towns."""
    return {} if viewer.towns else identity_reports(Evidence(home))


def as_json(review: Review, items: list[Item], reports: dict[str, Report]) -> dict[str, Any]:
    """Items with their candidates, decisions, and what disagrees about identity."""
    return {
        "items": [
            {
                **{key: getattr(item, key) for key in ("id", "table", "name", "village", "village_name", "town")},
                "rows": list(item.places),
                "told": dict(item.told()),
                "candidates": [asdict(candidate) for candidate in review.candidates(item)],
            }
            for item in items
        ],
        "decisions": [asdict(decision) for decision in review.decisions],
        "identity_reports": reports,
    }


def decide(
    home: Path, driver: neo4j.Driver, ledger: Ledger, viewer: Viewer, item_id: str, ref: str | None, reason: str
) -> str:
    """Confirms a candidate of an item, or with no `ref` that none is meant. Gives the delivery that `take_back` withdraws.

    The log tells of it first. Raises NotAllowed, and GuanxiError where nothing waits under that id.
    """
    require(viewer, "identify")
    with opened(home) as review:
        item = review.item(item_id)
        if viewer.towns and item.town not in viewer.towns:
            raise _not_theirs()
        candidates = {candidate.ref: candidate for candidate in review.candidates(item)}
    if viewer.person_ref in candidates:
        raise NotAllowed(
            "interested",
            "候选人中有您本人，请由他人核对。",
            "You are one of the candidates: somebody else must decide.",
        )
    if ref is not None and ref not in candidates:
        raise GuanxiError("This person is no candidate of the row (any more): look at it again.")
    if len(reason.strip()) < 2:
        raise NotAllowed("reason_needed", "请写明理由。", "Give a reason.")
    with ledger.writing() as session:
        step = "identity.none" if ref is None else "identity.confirm"
        told = {"table": item.table, "person": ref or "", "reason": reason, "row": item.places[0]}
        audit.append(session, viewer.name, step, item.id, told)
    by = viewer.display_name or viewer.name
    if ref is None:
        return identity.none_of_these(home, driver, item, by, reason)
    return identity.confirm(home, driver, item, candidates[ref], by, reason)


def take_back(home: Path, driver: neo4j.Driver, ledger: Ledger, viewer: Viewer, delivery: str) -> None:
    """Withdraws a decision. Raises NotAllowed, and GuanxiError where the delivery is no decision in force."""
    require(viewer, "identify")
    with opened(home) as review:
        found = next((decision for decision in review.decisions if decision.delivery == delivery), None)
    if found is None:
        raise GuanxiError(f"{delivery} is no decision in force: look at the list again.")
    with ledger.writing() as session:
        audit.append(session, viewer.name, "identity.take_back", found.item, {"delivery": delivery})
    loading.withdraw(home, driver, delivery, viewer.display_name or viewer.name)


def _not_theirs() -> NotAllowed:
    return NotAllowed("not_your_town", "该行不在您负责的乡镇。", "This row is of a town that is not yours.")
