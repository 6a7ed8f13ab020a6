"""Runs on what changed leave the same leads as one run on everything.

Tiny drops from the cases of all queries come in random pieces, some of them corrected or withdrawn; after each the packs run on
what changed, on days that move on.
"""

import csv
import os
import shutil
from datetime import date
from functools import cache
from pathlib import Path

from homes import Small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend import runs
from backend.cases import RELEASES, Case, Rows, batches, read_case
from backend.detection import detect
from backend.ledger import Lead, open_ledger
from backend.packs import load_packs
from backend.trial import tables_for, write_releases
from graph_loader import loading
from graph_loader.sources import load_sources

EXAMPLES = int(os.environ.get("GUANXI_PROOF_EXAMPLES", "2"))
DAYS = [
    date(2016, 6, 1),
    date(2018, 6, 1),
    *(date(2019, month, 15) for month in range(2, 13)),
    date(2020, 1, 1),
    date(2024, 1, 1),
]
PACKS = load_packs()
TITLES = {source.title: source for source in load_sources().values()}


@cache
def groups() -> list[list[Case]]:
    """Cases of all queries that can be loaded together."""
    cases = [read_case(path) for query in PACKS.queries for path in query.cases]
    return [group for group in batches(one for one in cases if not one.absent) if len(group) > 1]


BEFORE = ("行政区划", "资金目录")
"""What is there from the start, as a rule: when one of these changes, most queries look at everything."""


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, dict[str, Rows], int]]:
    """Steps: `load` with some rows of tables, or `withdraw` with the number of an earlier load; the first is what is there before."""
    group = draw(st.sampled_from(groups()))
    chosen = draw(st.lists(st.sampled_from(group), min_size=2, max_size=6, unique_by=lambda case: case.path))
    tables = tables_for(chosen)
    there = {title: tables.pop(title) for title in BEFORE if draw(st.integers(0, 9)) and title in tables}
    rows = [(title, row) for title, some in tables.items() for row in some]
    pieces = draw(st.integers(2, 4))
    fates = draw(st.lists(st.integers(0, pieces - 1), min_size=len(rows), max_size=len(rows)))
    steps: list[tuple[str, dict[str, Rows], int]] = [("load", there, 0)]
    for piece in range(pieces):
        some: dict[str, Rows] = {}
        for (title, row), fate in zip(rows, fates, strict=True):
            if fate == piece:
                some.setdefault(title, []).append(row)
        if some:
            steps.append(("load", some, 0))
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            steps.append(("withdraw", {}, draw(st.integers(1, len(steps) - 1))))
        else:
            steps.append(("load", corrected(draw, rows), 0))
    return steps


def corrected(draw: st.DrawFn, rows: list[tuple[str, dict[str, str]]]) -> dict[str, Rows]:
    """Some rows again with another value in one cell: that of another row of the table, or none."""
    some: dict[str, Rows] = {}
    tabular = [(title, row) for title, row in rows if title in TITLES]
    for title, row in (
        draw(st.lists(st.sampled_from(tabular), min_size=1, max_size=4, unique_by=repr)) if tabular else ()
    ):
        source = TITLES[title]
        free = [name for name in row if name not in source.key]
        if free:
            column = draw(st.sampled_from(sorted(free)))
            values = {other.get(column, "") for one, other in rows if one == title}
            if not source.columns[column].required:
                values.add("")
            some.setdefault(title, []).append(row | {column: draw(st.sampled_from(sorted(values)))})
    return some


def write(folder: Path, tables: dict[str, Rows]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for title, rows in tables.items():
        if title == RELEASES:
            write_releases(folder, rows)
            continue
        with (folder / f"{title}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(TITLES[title].columns))
            writer.writeheader()
            writer.writerows(rows)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(stories(), st.lists(st.sampled_from(DAYS), min_size=8, max_size=8).map(sorted))
def test_runs_on_what_changed_leave_what_one_run_on_everything_finds(
    small_engine: Small, story: list[tuple[str, dict[str, Rows], int]], days: list[date]
) -> None:
    small = small_engine
    empty = {title: [] for title in TITLES if not TITLES[title].decided_here and not TITLES[title].ocds}
    small.load_tables(empty | story[0][1])
    runs.run(small.home, small.driver, as_of=days[0])
    loaded: list[str] = []
    day = days[0]
    for day, (step, tables, number) in zip(days[1:], story[1:], strict=False):
        if step == "load" and tables:
            write(small.home / "drop", tables)
            loaded.append(loading.load(small.home, small.driver, small.home / "drop").delivery.id)
        elif step == "withdraw" and loaded:
            loading.withdraw(small.home, small.driver, loaded[number % len(loaded)], by="clerk")
        runs.run(small.home, small.driver, as_of=day)
    whole = detect(small.home, small.driver, PACKS, as_of=day)
    expected = {lead.key: lead.basis_hash for run in whole.queries for lead in run.findings}
    ledger = open_ledger(small.home)
    with ledger.reading() as session:
        kept = dict(session.execute(select(Lead.key, Lead.basis_hash).where(Lead.basis != "gone")).tuples().all())
    ledger.close()
    assert kept == expected
