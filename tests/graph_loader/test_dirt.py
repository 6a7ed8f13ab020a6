"""Dirty drops with known truth: every record of every file is accounted for, and what can be read gives the clean drop's graph."""

import os
import random
import shutil
from collections import Counter
from pathlib import Path

import duckdb
from dirt import EVERY_HABIT, clean_drop, clean_tables, dirty_drop
from dirty_pages import FORMATS, Drop
from homes import Small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_loader import custody, derived, loading, ontology, state
from graph_loader.evidence import Delivery, Evidence
from graph_loader.graph_hash import graph_hash
from graph_loader.intake import read_drop
from graph_loader.resolution import resolve
from graph_loader.secret import secret_of
from graph_loader.sources import departmental

NOT_YET = {"zipped folder with GBK names"}
"""Habits that no reader copes with yet; it must shrink to nothing."""
ALLOWED = [name for name in EVERY_HABIT if name not in NOT_YET]


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for path, content in files.items():
        (folder / path).write_bytes(content)
    return folder


def keep(evidence: Evidence, folder: Path) -> Delivery:
    """Takes a folder in as `loading.load` does, but brings no graph after."""
    drop = read_drop(evidence, folder, secret_of(evidence.home), lambda *_: None)
    new = drop.files.keys() != drop.known.keys()
    return custody.keep(evidence, drop, folder, "") if new else custody.delivered_before(drop)


def check_receipts(drop: Drop, deliveries: list[Delivery], evidence: Evidence) -> None:
    """Every file is read, every record in it counted once, and just the planted rows are set aside, each for its column."""
    for number, (delivery, truths) in enumerate(zip(deliveries, drop.truths, strict=True), 1):
        assert delivery.refused == {}
        assert {(e.file, e.sheet, e.table) for e in delivery.entries} == truths.keys()
        for entry in delivery.entries:
            truth = truths[entry.file, entry.sheet, entry.table]
            parts = entry.loaded + entry.unchanged + entry.corrected + entry.duplicate + entry.quarantined
            assert entry.read == parts == truth.read, entry
            assert entry.quarantined == truth.wrong.total(), entry
        found = Counter((r["file"], r["sheet"], r["row"], r["column"]) for r in evidence.quarantine(delivery.id))
        planted: Counter[tuple[str, str, int, str]] = Counter()
        for (file, sheet, _), truth in truths.items():
            if (number, file) not in drop.resent:
                planted.update({(file, sheet, *place): count for place, count in truth.wrong.items()})
        assert found == planted
        assert delivery.total("corrected") == (drop.corrected if number > 1 else 0)


def graph_of(evidence: Evidence) -> dict[str, Counter[str]]:
    """The graph as the writer would be given it: table → its rows."""
    with duckdb.connect() as db:
        known, rows = ontology.load(), resolve(db, evidence.sources, evidence.rows_in_force())
        state.build(db, known, evidence.sources, rows)
        derived.derive(db, known, rows)
        tables = [name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {
            table: Counter(map(repr, db.execute(f"SELECT * FROM {state.name(table)}").fetchall()))
            for table in tables
            if table[:2] in ("n:", "m:", "r:")
        }


def test_a_drop_of_all_habits_gives_the_graph_of_the_clean_drop(small: Small, tmp_path: Path) -> None:
    drop = dirty_drop(clean_tables(), seed=3, files=240, allowed=ALLOWED)
    assert drop.files() >= 200
    assert {table for truths in drop.truths for _, _, table in truths} == departmental().keys()
    assert {name: drop.used[name] for name in ALLOWED if drop.used[name] < 3} == {}

    receipts = [loading.load(small.home, small.driver, folder) for folder in drop.write(tmp_path)]
    check_receipts(drop, [receipt.delivery for receipt in receipts], Evidence(small.home))
    dirty = graph_hash(small.driver, ontology.load())
    small.empty()
    clean = loading.load(small.home, small.driver, write(tmp_path / "clean", clean_drop(clean_tables())))
    assert clean.delivery.total("loaded") == clean.delivery.total("read")
    assert graph_hash(small.driver, ontology.load()) == dirty


@settings(
    max_examples=int(os.environ.get("GUANXI_PROOF_EXAMPLES", "4")),
    deadline=None,
    derandomize="GUANXI_PROOF_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), habits=st.sets(st.sampled_from(ALLOWED), max_size=30))
def test_any_mixture_of_habits_gives_the_state_of_the_clean_drop(tmp_path: Path, seed: int, habits: set[str]) -> None:
    shutil.rmtree(tmp_path)
    dice = random.Random(seed)
    tables = {id: dice.sample(rows, min(5, len(rows))) for id, rows in clean_tables().items()}
    formats = {name for name in habits if name in FORMATS} or {"UTF-8 .csv", ".xlsx"}
    drop = dirty_drop(tables, seed, files=30, allowed=habits | formats)

    dirty = Evidence(tmp_path / "dirty")
    dirty.home.mkdir(parents=True)
    (dirty.home / "secret.key").write_text("0123456789abcdef" * 4)
    check_receipts(drop, [keep(dirty, folder) for folder in drop.write(tmp_path)], dirty)
    clean = Evidence(tmp_path / "clean")
    clean.home.mkdir()
    (clean.home / "secret.key").write_text("0123456789abcdef" * 4)
    keep(clean, write(tmp_path / "drop", clean_drop(tables)))
    assert graph_of(dirty) == graph_of(clean)
