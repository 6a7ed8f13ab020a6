"""The process that loads what was handed in, or withdraws a delivery: `python -m backend.delivery_work HOME WORK`."""

import logging
import sys
import time
from pathlib import Path
from typing import Any

from backend import audit, coverage, deliveries
from backend.ledger import open_ledger
from graph_loader import engine, loading
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence

TOLD_EVERY = 0.3
"""Seconds between two notes of progress within one stage."""

log = logging.getLogger("guanxi.delivery_work")


def main(home: Path, id: str) -> None:
    """Does the work and notes its outcome; a failure is one sentence there and the whole story in the log beside it."""
    try:
        outcome = _do(home, deliveries.read_work(home, id), _Told(home, id))
    except GuanxiError as error:
        outcome = {"state": "failed", "error": str(error)}
    except Exception:
        log.exception("work %s", id)
        outcome = {"state": "failed", "error": ""}
    deliveries.note_outcome(home, id, outcome)


def _do(home: Path, work: deliveries.Work, told: "_Told") -> dict[str, Any]:
    with engine.running(home) as driver:
        if work.kind == "withdraw":
            written = loading.withdraw(home, driver, work.delivery, work.by, told, reason=work.note)
            delivery, receipt = work.delivery, {"changes": written.total}
        else:
            files = deliveries.folder_of(home, work.id) / "files"
            loaded = loading.load(home, driver, files, work.by, told, work.note, work.full_list)
            delivery, receipt = loaded.delivery.id, loaded.as_json()
            kept = Evidence(home).delivery(delivery)
            its_own = kept.by == work.by and kept.received >= work.at  # also where an earlier try had kept it already
            if its_own:
                receipt |= kept.as_receipt() | {"new": True}
    ledger = open_ledger(home)
    try:
        with ledger.writing() as session:
            audit.append(session, work.by, f"delivery.{work.kind}", delivery, {"work": work.id, "note": work.note})
    finally:
        ledger.close()
    coverage.covered(Evidence(home))
    return {"state": "done", "delivery": delivery, "receipt": receipt}


class _Told:
    """Keeps what the loader tells where a page can read it."""

    def __init__(self, home: Path, id: str) -> None:
        self.home = home
        self.id = id
        self.stage = ""
        self.at = 0.0
        self.files: dict[str, int] = {}
        self.written = 0

    def __call__(self, stage: str, what: str, rows: int) -> None:
        if stage == "read" and what:
            self.files[what] = self.files.get(what, 0) + rows
        if stage == "written":
            self.written += rows
        if stage != self.stage or time.monotonic() - self.at > TOLD_EVERY:
            self.stage, self.at = stage, time.monotonic()
            told = {"stage": stage, "what": what, "files": self.files, "written": self.written}
            deliveries.note_progress(self.home, self.id, told)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main(Path(sys.argv[1]), sys.argv[2])
