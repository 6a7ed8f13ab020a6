"""Queries of the packs beside plain SQL that gives the same answers, run by DuckDB over the same evidence in the same process.

`sql_answers/<query>.sql` reads tables named after the sources: their clean rows in force, references settled. It takes the query's own
parameters and `$as_of`, and returns the query's identity, a row each. An OCDS table is not asked: a county without them is meant.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import neo4j

from backend.detection import QueryRun, detect, latest_day
from backend.packs import Packs, Query, load_packs
from graph_loader.evidence import Evidence
from graph_loader.graph_update import rows_once
from graph_loader.state import name

FOLDER = Path(__file__).parent / "sql_answers"

Answers = set[tuple[str, ...]]
"""The identities of a query's leads, each in the order of `Query.identity`."""


@dataclass(frozen=True)
class Side:
    """One query and its SQL. `ours`: seconds through `detect` alone, checking, leads and source rows with it; of these `cypher` for the
    query and its rows. `sql`: seconds of the SQL, its rows fetched. `answers`: leads. `missed` and `beyond`: identities that only the
    query, only the SQL gives."""

    query: str
    ours: float
    cypher: float
    sql: float
    answers: int
    missed: Answers
    beyond: Answers

    @property
    def same(self) -> bool:
        return not self.missed and not self.beyond


@dataclass(frozen=True)
class Comparison:
    """All that have an SQL, warm. `ours`: seconds of those with the same answers in one run of `detect`. `whole`: of a full run of all
    packs; `shares`: query → its part of that (1 is all)."""

    sides: tuple[Side, ...]
    ours: float
    whole: float
    shares: dict[str, float]

    @property
    def alike(self) -> tuple[Side, ...]:
        return tuple(side for side in self.sides if side.same)

    @property
    def sql(self) -> float:
        return sum(side.sql for side in self.alike)


def compare(home: Path, driver: neo4j.Driver) -> Comparison:
    """Measures a second run of all packs, then each query that has an SQL beside it, then those that agree in one run."""
    packs, as_of = load_packs(), latest_day(driver)
    whole = [detect(home, driver, packs, as_of=as_of) for _ in range(2)][1]
    shares = {run.query: run.seconds / whole.seconds for run in whole.queries}
    with tables(home) as db:
        sides = tuple(_side(home, driver, db, packs, query, as_of) for query in answered(packs))
    alike = {side.query for side in sides if side.same}
    chosen = Packs(packs.packs, tuple(query for query in packs.queries if query.id in alike), ())
    ours = detect(home, driver, chosen, as_of=as_of)
    return Comparison(sides, ours.seconds, whole.seconds, shares)


def answered(packs: Packs) -> list[Query]:
    """The queries that have an SQL, in the order of the packs. Raises KeyError for an SQL of no query."""
    queries = {query.id: query for query in packs.queries}
    wanted = {queries[path.stem].id for path in FOLDER.glob("*.sql")}
    return [query for query in packs.queries if query.id in wanted]


@contextmanager
def tables(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with a view for each table of the evidence. Where rows in force take a choice or a join, these are made beforehand."""
    with duckdb.connect() as db:
        for source, rows in rows_once(db, Evidence(home)).items():
            db.execute(f"CREATE VIEW {name(source)} AS SELECT * FROM {rows}")
        yield db


def answers_by_sql(db: duckdb.DuckDBPyConnection, query: Query, as_of: date) -> Answers:
    """What the SQL of a query gives with the parameters' defaults."""
    text = (FOLDER / f"{query.id}.sql").read_text(encoding="utf-8")
    given = {**query.defaults, "as_of": as_of}
    found = db.execute(text, {one: given[one] for one in set(re.findall(r"\$(\w+)", text))})
    columns = [column[0] for column in found.description or ()]
    order = [columns.index(one) for one in query.identity]
    return {tuple(str(row[at]) for at in order) for row in found.fetchall()}


def answers_of(query: Query, run: QueryRun) -> Answers:
    """The identities of what a query found."""
    return {tuple(finding.identity[one] for one in query.identity) for finding in run.findings}


def _side(
    home: Path, driver: neo4j.Driver, db: duckdb.DuckDBPyConnection, packs: Packs, query: Query, as_of: date
) -> Side:
    found = detect(home, driver, packs, as_of=as_of, query=query.id)
    answers_by_sql(db, query, as_of)
    started = time.perf_counter()
    by_sql = answers_by_sql(db, query, as_of)
    seconds = time.perf_counter() - started
    ours = answers_of(query, found.queries[0])
    return Side(query.id, found.seconds, found.queries[0].seconds, seconds, len(ours), ours - by_sql, by_sql - ours)
