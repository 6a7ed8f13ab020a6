"""Takes deliveries in and keeps the graph what the evidence says: load, withdraw, rebuild.

A delivery is first put into the evidence, whole or not at all; then the graph is brought to the state the evidence gives.
Interrupted in between, the next command brings the graph after.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import neo4j

from graph_loader import custody, writer
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Evidence
from graph_loader.graph_update import bring_up_to_date, is_up_to_date
from graph_loader.intake import Progress, look_over, read_drop
from graph_loader.notes import keep_note, note_in
from graph_loader.secret import secret_of

__all__ = [
    "Progress",
    "Receipt",
    "bring_up_to_date",
    "bring_up_to_date_in_turn",
    "changes_of",
    "load",
    "nothing_new",
    "one_at_a_time",
    "rebuild",
    "withdraw",
]

TURN_SECONDS = 3600
"""How long a second load waits for the first to end."""


@dataclass
class Receipt:
    """What a load did: the delivery (an old one if nothing was new), whether it is new, what was written, how long it took."""

    delivery: Delivery
    new: bool
    written: writer.Written
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            **self.delivery.as_receipt(),
            "new": self.new,
            "graph": {key: getattr(self.written, key) for key in ("created", "changed", "deleted")},
            "seconds": round(self.seconds, 2),
        }


@contextmanager
def one_at_a_time(home: Path, progress: Progress = lambda *_: None) -> Iterator[None]:
    """Holds the home's turn to change evidence and graph, telling `progress` when another has it.

    Raises GuanxiError when another keeps it for an hour.
    """
    lock = filelock.FileLock(home / "load.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        progress("waiting", "", 0)
        try:
            lock.acquire(timeout=TURN_SECONDS)
        except filelock.Timeout as error:
            raise GuanxiError(
                "Another load has been running for an hour: wait for it to end, then try again."
            ) from error
    try:
        yield
    finally:
        lock.release()


def load(
    home: Path,
    driver: neo4j.Driver,
    folder: Path,
    by: str = "",
    progress: Progress = lambda *_: None,
    note: str = "",
    full_list: bool = False,
) -> Receipt:
    """Takes in a folder of departmental tables and brings the graph up to date. `note`: what the sender says about it;
    `full_list`: that its files are full lists of the parts they cover, not additions.

    The same bytes again make no new delivery. Raises GuanxiError when the folder holds no table at all.
    """
    started = time.perf_counter()
    with one_at_a_time(home, progress):
        evidence, secret = Evidence(home), secret_of(home)
        custody.clean_again(evidence, secret, progress)
        drop = read_drop(evidence, folder, secret, progress, full_list)
        new = drop.files.keys() != drop.known.keys()
        progress("kept", "", 0)
        delivery = custody.keep(evidence, drop, folder, by, note) if new else custody.delivered_before(drop)
        written = bring_up_to_date(home, driver, progress)
        receipt = Receipt(delivery, new, written, time.perf_counter() - started)
        if new or (written.total and not changes_of(home, delivery.id)):  # the load before this one was interrupted
            _note_changes(home, receipt.delivery.id, "loaded", written, receipt.seconds)
    return receipt


def nothing_new(home: Path, folder: Path, full_list: bool = False) -> Receipt | None:
    """The receipt of a folder that holds only known bytes, where the graph is what the evidence says: told without the engine.
    None where there is, or may be, something to do."""
    started = time.perf_counter()
    with one_at_a_time(home):
        evidence, secret = Evidence(home), secret_of(home)
        drop, unread = look_over(evidence, folder, secret, full_list)
        if unread or not drop.known or not custody.is_clean(evidence, secret) or not is_up_to_date(home, evidence):
            return None
        return Receipt(custody.delivered_before(drop), False, writer.Written(), time.perf_counter() - started)


def withdraw(
    home: Path,
    driver: neo4j.Driver,
    delivery: str,
    by: str,
    progress: Progress = lambda *_: None,
    reason: str = "",
) -> writer.Written:
    """Takes back what only this delivery asserted. Raises GuanxiError when there is no such delivery."""
    started = time.perf_counter()
    with one_at_a_time(home, progress):
        evidence = Evidence(home)
        new = evidence.delivery(delivery).withdrawn is None
        if new:
            evidence.keep_withdrawal(delivery, by, reason)
        custody.clean_again(evidence, secret_of(home), progress)
        written = bring_up_to_date(home, driver, progress)
        if new or (written.total and "withdrawn" not in changes_of(home, delivery)):
            _note_changes(home, delivery, "withdrawn", written, time.perf_counter() - started)
    return written


def rebuild(home: Path, driver: neo4j.Driver, progress: Progress = lambda *_: None) -> writer.Written:
    """Drops the graph and builds it again from the evidence."""
    with one_at_a_time(home, progress):
        custody.clean_again(Evidence(home), secret_of(home), progress)
        return bring_up_to_date(home, driver, progress, anew=True)


def bring_up_to_date_in_turn(home: Path, driver: neo4j.Driver) -> writer.Written:
    """The same for those who only read the graph: finishes what an interrupted load left, when no other load is running."""
    with one_at_a_time(home):
        custody.clean_again(Evidence(home), secret_of(home), lambda *_: None)
        return bring_up_to_date(home, driver)


def changes_of(home: Path, delivery: str) -> dict[str, Any]:
    """What a delivery changed in the graph: `{"loaded": {"created": {kind: count}, "changed": …, "deleted": …,
    "seconds": number}, "withdrawn": …}`; a step is absent where it was interrupted and made up for by a later command."""
    return note_in(_changes_path(home, delivery))


def _note_changes(home: Path, delivery: str, step: str, written: writer.Written, seconds: float) -> None:
    """Keeps what was changed beside the graph: the evidence holds what was delivered and is never changed."""
    counts: dict[str, Any] = {"created": {}, "changed": {}, "deleted": {}}
    for (kind, count), rows in written.by_kind.items():
        counts[count][kind] = rows
    noted = changes_of(home, delivery) | {step: {**counts, "seconds": round(seconds, 2)}}
    path = _changes_path(home, delivery)
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_note(path, noted)


def _changes_path(home: Path, delivery: str) -> Path:
    return home / "graph" / "changes" / f"{delivery}.json"
