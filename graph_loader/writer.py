"""Writes the difference between two states of the graph over Bolt, each kind of node and relationship by one statement.

What is new is known beforehand, so it is created, never searched for: no MERGE.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from itertools import chain
from queue import Queue
from threading import Thread
from typing import Any

import duckdb
import neo4j

from graph_loader.ontology import Ontology
from graph_loader.state import Kind, kinds, mark_table, name, node_table

BATCH = 10_000
"""Rows a transaction: large enough that the round trip does not count, small enough for the engine's memory limit."""


@dataclass
class Written:
    """What was written: created, changed and deleted nodes and relationships."""

    created: int = 0
    changed: int = 0
    deleted: int = 0
    by_kind: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The same by (label or relationship type, `created`, `changed` or `deleted`)."""

    def add(self, kind: str, count: str, rows: int) -> None:
        setattr(self, count, getattr(self, count) + rows)
        self.by_kind[kind, count] += rows

    @property
    def total(self) -> int:
        return self.created + self.changed + self.deleted


@dataclass(frozen=True)
class Step:
    """One statement and the SQL of the rows it is run on."""

    what: str
    count: str
    statement: str
    rows: str
    table: str


def prepare(session: neo4j.Session, ontology: Ontology) -> None:
    """Makes constraints and indexes where they are missing and waits until they are there."""
    for statement in ontology.constraints():
        session.run(statement).consume()
    session.run("CALL db.awaitIndexes(300)").consume()


def wipe(session: neo4j.Session) -> None:
    """Removes every node and relationship."""
    session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS").consume()
    session.run("MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS").consume()


def write_difference(
    session: neo4j.Session,
    db: duckdb.DuckDBPyConnection,
    ontology: Ontology,
    before: str | None,
    progress: Callable[[str, str, int], None],
    tables: Container[str] | None = None,
) -> Written:
    """Brings the graph from the state in the attached database `before` (None: empty) to the state in `db`.

    `progress` is told what is being written and how many rows were. `tables`: those that differ, where that is known.
    """
    written = Written()
    for step in _steps(ontology, before):
        if tables is not None and step.table not in tables:
            continue
        for batch in _made_ready(_batches(db, step.rows)):
            session.run(step.statement, rows=batch).consume()
            written.add(step.what, step.count, len(batch))
            progress("written", step.what, len(batch))
    return written


def count_difference(db: duckdb.DuckDBPyConnection, ontology: Ontology, before: str | None) -> Written:
    """What `write_difference` would write."""
    written = Written()
    for step in _steps(ontology, before):
        found = db.execute(f"SELECT count(*) FROM ({step.rows})").fetchone()
        if found and found[0]:
            written.add(step.what, step.count, int(found[0]))
    return written


def _made_ready(batches: Iterator[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """The same batches; where there are many, the next one is made ready while the engine works on this one."""
    first = next(batches, None)
    if first is None:
        return iter(())
    if len(first) < BATCH:
        return chain([first], batches)
    return _ahead(chain([first], batches))


def _batches(db: duckdb.DuckDBPyConnection, sql: str) -> Iterator[list[dict[str, Any]]]:
    reader = db.cursor().sql(sql).to_arrow_reader(BATCH)
    for batch in reader:
        if batch.num_rows:
            yield batch.to_pylist()


def _ahead(batches: Iterator[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """The same batches, fetched by another thread."""
    ready: Queue[list[dict[str, Any]] | BaseException | None] = Queue(maxsize=2)

    def fill() -> None:
        try:
            for batch in batches:
                ready.put(batch)
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    Thread(target=fill, daemon=True).start()
    while (item := ready.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


def _steps(ontology: Ontology, before: str | None) -> Iterator[Step]:
    """First what goes, then nodes, then relationships, so that every end is there when it is needed."""
    if before:
        for kind in kinds(ontology):
            yield from _relationship_steps(ontology, kind, before, deletions=True)
        for mark in ontology.marks():
            yield _mark_step(mark.label, str(mark.marks), before, removed=True)
        for node in ontology.stored_nodes():
            table = name(node_table(node.label))
            yield Step(
                node.label,
                "deleted",
                f"UNWIND $rows AS row MATCH (n:{node.label} {{key: row.key}}) DETACH DELETE n",
                f"SELECT key FROM {before}.{table} ANTI JOIN {table} USING (key)",
                node_table(node.label),
            )
    for node in ontology.stored_nodes():
        of = node_table(node.label)
        table = name(of)
        new = f"SELECT n.* FROM {table} n" + (f" ANTI JOIN {before}.{table} USING (key)" if before else "")
        yield Step(node.label, "created", f"UNWIND $rows AS row CREATE (n:{node.label}) SET n = row", new, of)
        if before:
            differs = _differs(list(node.properties))
            changed = f"SELECT n.* FROM {table} n JOIN {before}.{table} o USING (key) WHERE {differs}"
            update = f"UNWIND $rows AS row MATCH (n:{node.label} {{key: row.key}}) SET n = row"
            yield Step(node.label, "changed", update, changed, of)
    for mark in ontology.marks():
        yield _mark_step(mark.label, str(mark.marks), before, removed=False)
    for kind in kinds(ontology):
        yield from _relationship_steps(ontology, kind, before, deletions=False)


def _mark_step(label: str, marked: str, before: str | None, removed: bool) -> Step:
    table = name(mark_table(label))
    old, new = (table, f"{before}.{table}") if removed else (f"{before}.{table}", table)
    rows = f"SELECT key FROM {new} n" + (f" ANTI JOIN {old} USING (key)" if before else "")
    verb = "REMOVE" if removed else "SET"
    statement = f"UNWIND $rows AS row MATCH (n:{marked} {{key: row.key}}) {verb} n:{label}"
    return Step(label, "changed", statement, rows, mark_table(label))


def _relationship_steps(ontology: Ontology, kind: Kind, before: str | None, deletions: bool) -> Iterator[Step]:
    relationship = ontology.relationships[kind.type]
    table, identity = name(kind.table), relationship.identity
    properties = list(relationship.properties)
    using = ", ".join(name(column) for column in ("start", "end", *identity))
    values = "{" + ", ".join(f"'{p}': n.{name(p)}" for p in properties) + "}"
    chosen = 'SELECT n."start" AS s, n."end" AS e' + (f", {values} AS p" if properties else "")
    ends = f"MATCH (a:{kind.start} {{key: row.s}}) MATCH (b:{kind.end} {{key: row.e}})"
    parallel = ", ".join(f"`{p}`: row.p.`{p}`" for p in identity)
    found = f"{ends} MATCH (a)-[r:{kind.type}{' {' + parallel + '}' if parallel else ''}]->(b)"
    if deletions:
        gone = f"{chosen} FROM {before}.{table} n ANTI JOIN {table} o USING ({using})"
        yield Step(kind.type, "deleted", f"UNWIND $rows AS row {found} DELETE r", gone, kind.table)
        return
    set_all = " SET r = row.p" if properties else ""
    new = f"{chosen} FROM {table} n" + (f" ANTI JOIN {before}.{table} o USING ({using})" if before else "")
    create = f"UNWIND $rows AS row {ends} CREATE (a)-[r:{kind.type}]->(b){set_all}"
    yield Step(kind.type, "created", create, new, kind.table)
    rest = [p for p in properties if p not in identity]
    if before and rest:
        changed = f"{chosen} FROM {table} n JOIN {before}.{table} o USING ({using}) WHERE {_differs(rest)}"
        yield Step(kind.type, "changed", f"UNWIND $rows AS row {found} SET r = row.p", changed, kind.table)


def _differs(properties: list[str]) -> str:
    return " OR ".join(f"n.{name(p)} IS DISTINCT FROM o.{name(p)}" for p in properties) or "FALSE"
