"""Writes the difference between two states of the graph over Bolt, each kind of node and relationship by one statement.

What is new is known beforehand, so it is created, never searched for: no MERGE. A new node comes with its relationships to nodes
that are there, so that it is not looked up for each of them again.
"""

from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import duckdb
import neo4j

from graph_loader.ontology import Ontology
from graph_loader.state import Kind, kinds, mark_table, name, node_table

BATCH = 10_000
"""Rows a transaction: large enough that the round trip does not count, small enough for the engine's memory limit."""
MANY = BATCH
"""New nodes of a label from which on they come with their relationships: one statement more to plan, fewer look-ups."""
SESSIONS = 2
"""Transactions at the same time; two that wait for each other's nodes are run again by the driver."""


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
    driver: neo4j.Driver,
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

    def tell(kind: str, count: str, rows: int) -> None:
        written.add(kind, count, rows)
        progress("written", kind, rows)

    def run(steps: Iterable[Step]) -> None:
        for step in steps:
            if tables is None or step.table in tables:
                jobs = (_job(step, batch) for batch in _batches(db, step.rows))
                for rows in _at_once(driver, jobs):
                    tell(step.what, step.count, rows[step.what])

    if before:
        run(_removals(ontology, before))
    new = _count_new(db, ontology, before, tables)
    many = [label for label, count in new.items() if count >= MANY]
    owners = {kind: _owner(kind, many) for kind in kinds(ontology) if tables is None or kind.table in tables}
    for label in new:
        owned = [kind for kind, owner in owners.items() if owner == label]
        _number_new(db, label, owned, before)
        for rows in _at_once(driver, _creations(db, ontology, label, owned)):
            for what, number in rows.items():
                tell(what, "created", number)
    run(_node_changes(ontology, before))
    for kind, owner in owners.items():
        run(_relationship_steps(ontology, kind, before, owner))
    return written


def write_within(
    transaction: neo4j.Transaction,
    db: duckdb.DuckDBPyConnection,
    ontology: Ontology,
    before: str | None,
    tables: Container[str] | None = None,
) -> None:
    """Writes a difference in a transaction that somebody else ends: a draft, which is taken back."""
    for step in _steps(ontology, before):
        if tables is None or step.table in tables:
            for batch in _batches(db, step.rows):
                transaction.run(step.statement, rows=batch).consume()


def count_difference(db: duckdb.DuckDBPyConnection, ontology: Ontology, before: str | None) -> Written:
    """What `write_difference` would write."""
    written = Written()
    for step in _steps(ontology, before):
        ((found,),) = db.execute(f"SELECT count(*) FROM ({step.rows})").fetchall()
        if found:
            written.add(step.what, step.count, int(found))
    return written


@dataclass(frozen=True)
class _Job:
    """One transaction. `rows`: how many it writes of each label or type."""

    statement: str
    parameters: dict[str, Any]
    rows: dict[str, int]


def _job(step: Step, batch: list[dict[str, Any]]) -> _Job:
    return _Job(step.statement, {"rows": batch}, {step.what: len(batch)})


def _at_once(driver: neo4j.Driver, jobs: Iterator[_Job]) -> Iterator[dict[str, int]]:
    """Runs jobs, some at the same time while the next are made ready; gives what each has written, in their order."""

    def run(job: _Job) -> dict[str, int]:
        with driver.session() as session:
            session.execute_write(lambda tx: tx.run(job.statement, job.parameters).consume())
        return job.rows

    under_way: deque[Future[dict[str, int]]] = deque()
    with ThreadPoolExecutor(SESSIONS) as sessions:
        for job in jobs:
            under_way.append(sessions.submit(run, job))
            if len(under_way) > SESSIONS:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _batches(db: duckdb.DuckDBPyConnection, sql: str) -> Iterator[list[dict[str, Any]]]:
    for batch in db.sql(sql).to_arrow_reader(BATCH):
        if batch.num_rows:
            yield batch.to_pylist()


def _new(label: str) -> str:
    """The table of the new nodes of a label: `@at`, their number from 0, and their columns."""
    return name(f"new:{label}")


def _count_new(
    db: duckdb.DuckDBPyConnection, ontology: Ontology, before: str | None, tables: Container[str] | None
) -> dict[str, int]:
    """Label → new nodes, of those that have any, the fewest first."""
    counts = {}
    for node in ontology.stored_nodes():
        table = node_table(node.label)
        if tables is None or table in tables:
            ((count,),) = db.execute(f"SELECT count(*) FROM ({_new_nodes(table, before)})").fetchall()
            counts[node.label] = int(count)
    return {label: counts[label] for label in sorted(counts, key=lambda label: counts[label]) if counts[label]}


def _number_new(db: duckdb.DuckDBPyConnection, label: str, owned: list[Kind], before: str | None) -> None:
    """Numbers the new nodes of a label, neighbours of one node together: the engine then finds it at hand."""
    neighbours = {}
    for kind in owned:
        own, other = ("start", "end") if kind.start == label else ("end", "start")
        ((count,),) = db.execute(f"SELECT approx_count_distinct({name(other)}) FROM {name(kind.table)}").fetchall()
        neighbours[count, kind.table] = (
            f"SELECT {name(own)} AS key, min({name(other)}) FROM {name(kind.table)} GROUP BY ALL"
        )
    most = neighbours[max(neighbours)] if neighbours else "SELECT NULL, NULL LIMIT 0"
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE {_new(label)} AS "
        f'SELECT row_number() OVER (ORDER BY m.neighbour, n.key) - 1 AS "@at", n.* '
        f"FROM ({_new_nodes(node_table(label), before)}) n LEFT JOIN ({most}) m(key, neighbour) ON m.key = n.key "
        'ORDER BY "@at"'
    )


def _new_nodes(table: str, before: str | None) -> str:
    return f"SELECT n.* FROM {name(table)} n" + (f" ANTI JOIN {before}.{name(table)} USING (key)" if before else "")


def _owner(kind: Kind, many: list[str]) -> str | None:
    """The end whose new nodes come with their relationships of a kind: of labels with many, the one created later, when the
    other is there."""
    if kind.start == kind.end:
        return None
    return max((end for end in (kind.start, kind.end) if end in many), key=many.index, default=None)


def _creations(db: duckdb.DuckDBPyConnection, ontology: Ontology, label: str, owned: list[Kind]) -> Iterator[_Job]:
    """Transactions that create the new nodes of a label with their relationships of some kinds."""
    joined = []
    for kind in owned:
        own, other = ("start", "end") if kind.start == label else ("end", "start")
        table = name(f"joining:{kind.table}")
        db.execute(
            f'CREATE OR REPLACE TEMP TABLE {table} AS SELECT w."@at" AS place, n.{name(other)} AS other{_values(ontology, kind)} '
            f'FROM {name(kind.table)} n JOIN {_new(label)} w ON w.key = n.{name(own)} ORDER BY "@at"'
        )
        if db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall():
            joined.append((kind, table))
    statement = _creation(ontology, label, [kind for kind, _ in joined])
    start = 0
    while nodes := _columns(
        db, f'SELECT * EXCLUDE "@at" FROM {_new(label)} WHERE "@at" >= {start} AND "@at" < {start + BATCH}'
    ):
        rows = Counter({label: len(nodes["key"])})
        parameters = {"nodes": nodes}
        for number, (kind, table) in enumerate(joined):
            within = f"place >= {start} AND place < {start + BATCH}"
            parameters[f"r{number}"] = _columns(
                db, f"SELECT * REPLACE (place - {start} AS place) FROM {table} WHERE {within}"
            )
            rows[kind.type] += len(parameters[f"r{number}"].get("other", ()))
        yield _Job(statement, parameters, rows)
        start += BATCH


def _columns(db: duckdb.DuckDBPyConnection, sql: str) -> dict[str, list[Any]]:
    """Column → values: sent so, a row does not repeat the names of its columns. Empty without rows."""
    found = db.sql(sql).to_arrow_table()
    return {column: found[column].to_pylist() for column in found.column_names} if found.num_rows else {}


def _creation(ontology: Ontology, label: str, owned: list[Kind]) -> str:
    properties = ", ".join(f"`{p}`: $nodes.`{p}`[i]" for p in ("key", *ontology.nodes[label].properties))
    statement = (
        f"UNWIND range(0, size($nodes.key) - 1) AS i CREATE (n:{label} {{{properties}}}) WITH collect(n) AS nodes"
    )
    for number, kind in enumerate(owned):
        rows = f"$r{number}"
        outward = kind.start == label
        other = kind.end if outward else kind.start
        arrow = f"(n)-[r:{kind.type}]->(o)" if outward else f"(o)-[r:{kind.type}]->(n)"
        set_all = f" SET r = {rows}.p[j]" if ontology.relationships[kind.type].properties else ""
        statement += (
            f" CALL (nodes) {{ UNWIND range(0, coalesce(size({rows}.other), 0) - 1) AS j MATCH (o:{other} {{key: {rows}.other[j]}})"
            f" WITH nodes[{rows}.place[j]] AS n, o, j CREATE {arrow}{set_all} }}"
        )
    return statement + " FINISH"


def _steps(ontology: Ontology, before: str | None) -> Iterator[Step]:
    """Every step from one state to the other."""
    if before:
        yield from _removals(ontology, before)
    for node in ontology.stored_nodes():
        table = node_table(node.label)
        create = f"UNWIND $rows AS row CREATE (n:{node.label}) SET n = row"
        yield Step(node.label, "created", create, _new_nodes(table, before), table)
    yield from _node_changes(ontology, before)
    for kind in kinds(ontology):
        yield from _relationship_steps(ontology, kind, before)


def _removals(ontology: Ontology, before: str) -> Iterator[Step]:
    """What goes, relationships first."""
    for kind in kinds(ontology):
        yield _removal(ontology, kind, before)
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


def _node_changes(ontology: Ontology, before: str | None) -> Iterator[Step]:
    for node in ontology.stored_nodes() if before else ():
        table = name(node_table(node.label))
        differs = _differs(list(node.properties))
        changed = f"SELECT n.* FROM {table} n JOIN {before}.{table} o USING (key) WHERE {differs}"
        update = f"UNWIND $rows AS row MATCH (n:{node.label} {{key: row.key}}) SET n = row"
        yield Step(node.label, "changed", update, changed, node_table(node.label))
    for mark in ontology.marks():
        yield _mark_step(mark.label, str(mark.marks), before, removed=False)


def _mark_step(label: str, marked: str, before: str | None, removed: bool) -> Step:
    table = name(mark_table(label))
    old, new = (table, f"{before}.{table}") if removed else (f"{before}.{table}", table)
    rows = f"SELECT key FROM {new} n" + (f" ANTI JOIN {old} USING (key)" if before else "")
    verb = "REMOVE" if removed else "SET"
    statement = f"UNWIND $rows AS row MATCH (n:{marked} {{key: row.key}}) {verb} n:{label}"
    return Step(label, "changed", statement, rows, mark_table(label))


def _removal(ontology: Ontology, kind: Kind, before: str) -> Step:
    gone = f"{_chosen(ontology, kind)} FROM {before}.{name(kind.table)} n ANTI JOIN {name(kind.table)} o USING ({_using(ontology, kind)})"
    return Step(kind.type, "deleted", f"UNWIND $rows AS row {_found(ontology, kind)} DELETE r", gone, kind.table)


def _relationship_steps(ontology: Ontology, kind: Kind, before: str | None, owner: str | None = None) -> Iterator[Step]:
    """New and changed relationships; without those that new nodes of the label `owner` came with."""
    table, properties = name(kind.table), list(ontology.relationships[kind.type].properties)
    chosen, using = _chosen(ontology, kind), _using(ontology, kind)
    new = f"{chosen} FROM {table} n" + (f" ANTI JOIN {before}.{table} o USING ({using})" if before else "")
    if owner:
        new += f" ANTI JOIN {_new(owner)} w ON w.key = n.{name('start' if kind.start == owner else 'end')}"
    set_all = " SET r = row.p" if properties else ""
    create = f"UNWIND $rows AS row {_ends(kind)} CREATE (a)-[r:{kind.type}]->(b){set_all}"
    yield Step(kind.type, "created", create, new, kind.table)
    rest = [p for p in properties if p not in ontology.relationships[kind.type].identity]
    if before and rest:
        changed = f"{chosen} FROM {table} n JOIN {before}.{table} o USING ({using}) WHERE {_differs(rest)}"
        update = f"UNWIND $rows AS row {_found(ontology, kind)} SET r = row.p"
        yield Step(kind.type, "changed", update, changed, kind.table)


def _chosen(ontology: Ontology, kind: Kind) -> str:
    return f'SELECT n."start" AS s, n."end" AS e{_values(ontology, kind)}'


def _values(ontology: Ontology, kind: Kind) -> str:
    properties = ontology.relationships[kind.type].properties
    return ", {" + ", ".join(f"'{p}': n.{name(p)}" for p in properties) + "} AS p" if properties else ""


def _using(ontology: Ontology, kind: Kind) -> str:
    return ", ".join(name(column) for column in ("start", "end", *ontology.relationships[kind.type].identity))


def _ends(kind: Kind) -> str:
    return f"MATCH (a:{kind.start} {{key: row.s}}) MATCH (b:{kind.end} {{key: row.e}})"


def _found(ontology: Ontology, kind: Kind) -> str:
    parallel = ", ".join(f"`{p}`: row.p.`{p}`" for p in ontology.relationships[kind.type].identity)
    return f"{_ends(kind)} MATCH (a)-[r:{kind.type}{' {' + parallel + '}' if parallel else ''}]->(b)"


def _differs(properties: list[str]) -> str:
    return " OR ".join(f"n.{name(p)} IS DISTINCT FROM o.{name(p)}" for p in properties) or "FALSE"
