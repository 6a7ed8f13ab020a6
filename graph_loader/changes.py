"""What each step of the graph changed, kept for those who look only at what is new.

A step is one file under `graph/steps/`, numbered from 1; a step of which nobody noted the parts (a first load, an import, a
rebuild) is an empty one: whoever looks from before it looks at everything.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from graph_loader.ontology import Ontology
from graph_loader.state import kinds, mark_table, name, node_table, text

DRAFT = "next"
MOST = 200_000
"""Parts beyond which a step is not noted: looking at everything is faster then."""


@dataclass(frozen=True)
class Changed:
    """Nodes and relationships that changed between two steps. `nodes`: (label, key, `new`, `changed` or `gone`); `relationships`:
    (type, label and key of the start, label and key of the end, the same)."""

    nodes: frozenset[tuple[str, str, str]]
    relationships: frozenset[tuple[str, str, str, str, str, str]]

    def __or__(self, other: "Changed") -> "Changed":
        return Changed(self.nodes | other.nodes, self.relationships | other.relationships)


def last_step(home: Path) -> int:
    """The number of the latest step; 0 before the first."""
    return max((int(path.stem) for path in _folder(home).glob("[0-9]*.parquet")), default=0)


def changed_since(home: Path, step: int) -> Changed | None:
    """What changed after a step; None where only looking at everything will do."""
    rows: list[tuple[str, str, str, str, str, str]] = []
    with duckdb.connect() as db:
        for number in range(step + 1, last_step(home) + 1):
            path = _path(home, number)
            if step < 1 or not path.exists() or path.stat().st_size == 0:
                return None
            rows += db.execute(f"SELECT * FROM read_parquet({text(path)})").fetchall()
    return _changed(rows)


def dated_within(home: Path, ontology: Ontology, windows: Iterable[tuple[date, date]]) -> Changed:
    """Nodes and relationships with a date after the first and up to the last day of a window, as if they had changed; birthdays are
    no such dates. `home`: one whose graph is up to date, which nobody writes meanwhile."""
    within = [f"{{0}} > DATE {text(after)} AND {{0}} <= DATE {text(until)}" for after, until in windows]
    parts = []
    for node in ontology.stored_nodes():
        dates = [p.name for p in node.properties.values() if p.type == "date" and p.name != "birth"]
        parts.append((node_table(node.label), dates, f"NULL, {text(node.label)}, key, NULL, NULL"))
    for kind in kinds(ontology):
        dates = [p.name for p in ontology.relationships[kind.type].properties.values() if p.type == "date"]
        parts.append((kind.table, dates, f'{text(kind.type)}, {text(kind.start)}, "start", {text(kind.end)}, "end"'))
    selects = [
        f"SELECT {told}, 'changed' FROM {name(table)} WHERE {' OR '.join(w.format(name(day)) for day in dates for w in within)}"
        for table, dates, told in parts
        if dates
    ]
    with duckdb.connect(str(home / "graph" / "state.duckdb"), read_only=True) as db:
        return _changed(db.execute(" UNION ALL ".join(selects)).fetchall())


def prepare_step(
    home: Path,
    db: duckdb.DuckDBPyConnection,
    ontology: Ontology,
    before: str | None,
    tables: Container[str] | None = None,
) -> None:
    """Writes down what differs between the state attached as `before` and the one in `db`, before the graph is written.
    `tables`: those that differ, where that is known."""
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / DRAFT
    draft.unlink(missing_ok=True)
    if before is None or _note(db, ontology, before, tables) > MOST:
        draft.touch()
    else:
        db.execute(f"COPY step TO {text(draft)} (FORMAT parquet)")


def differences(
    db: duckdb.DuckDBPyConnection, ontology: Ontology, before: str, tables: Container[str] | None = None
) -> Changed | None:
    """What differs between two states; None for too much."""
    if _note(db, ontology, before, tables) > MOST:
        return None
    return _changed(db.execute("SELECT * FROM step").fetchall())


def _note(db: duckdb.DuckDBPyConnection, ontology: Ontology, before: str, tables: Container[str] | None) -> int:
    """Makes the table `step` of what differs, and counts it."""
    parts = " UNION ALL ".join(_parts(ontology, before, tables))
    columns = 't(what, start_label, "start", end_label, "end", change)'
    empty = "SELECT NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR, NULL::VARCHAR LIMIT 0"
    db.execute(f"CREATE OR REPLACE TEMP TABLE step AS SELECT * FROM ({parts or empty}) {columns} LIMIT {MOST + 1}")
    ((count,),) = db.execute("SELECT count(*) FROM step").fetchall()
    return int(count)


def _changed(rows: Iterable[tuple[str, str, str, str, str, str]]) -> Changed:
    nodes: set[tuple[str, str, str]] = set()
    relationships: set[tuple[str, str, str, str, str, str]] = set()
    for what, start_label, start, end_label, end, change in rows:
        if end is None:
            nodes.add((start_label, start, change))
        else:
            relationships.add((what, start_label, start, end_label, end, change))
    return Changed(frozenset(nodes), frozenset(relationships))


def keep_step(home: Path) -> None:
    """Gives the prepared step its number, once the graph is written."""
    draft = _folder(home) / DRAFT
    if draft.exists():
        draft.replace(_path(home, last_step(home) + 1))


def _parts(ontology: Ontology, before: str, tables: Container[str] | None) -> Iterator[str]:
    for node in ontology.stored_nodes():
        table = node_table(node.label)
        if tables is None or table in tables:
            yield from _differences(
                name(table), before, ["key"], list(node.properties), f"NULL, {text(node.label)}, key, NULL, NULL"
            )
    for mark in ontology.marks():
        table = mark_table(mark.label)
        if tables is None or table in tables:
            for one, other in ((name(table), f"{before}.{name(table)}"), (f"{before}.{name(table)}", name(table))):
                yield f"SELECT NULL, {text(str(mark.marks))}, key, NULL, NULL, 'changed' FROM {one} ANTI JOIN {other} USING (key)"
    for kind in kinds(ontology):
        if tables is None or kind.table in tables:
            relationship = ontology.relationships[kind.type]
            rest = [p for p in relationship.properties if p not in relationship.identity]
            yield from _differences(
                name(kind.table),
                before,
                ["start", "end", *relationship.identity],
                rest,
                f'{text(kind.type)}, {text(kind.start)}, "start", {text(kind.end)}, "end"',
            )


def _differences(table: str, before: str, identity: list[str], properties: list[str], told: str) -> Iterator[str]:
    using = ", ".join(name(column) for column in identity)
    yield f"SELECT {told}, 'new' FROM {table} ANTI JOIN {before}.{table} USING ({using})"
    yield f"SELECT {told}, 'gone' FROM {before}.{table} ANTI JOIN {table} USING ({using})"
    if properties:
        differs = " OR ".join(f"n.{name(p)} IS DISTINCT FROM o.{name(p)}" for p in properties)
        prefixed = told.replace('"start"', 'n."start"').replace('"end"', 'n."end"').replace(", key,", ", n.key,")
        yield f"SELECT {prefixed}, 'changed' FROM {table} n JOIN {before}.{table} o USING ({using}) WHERE {differs}"


def _folder(home: Path) -> Path:
    return home / "graph" / "steps"


def _path(home: Path, step: int) -> Path:
    return _folder(home) / f"{step:06d}.parquet"
