"""Writes a whole graph by the engine's offline importer: for an empty graph, one to be rebuilt, and one that grows manifold.

The state's tables go out as CSV files and the importer builds the store from them; constraints and indexes follow.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import neo4j

from graph_loader import engine, writer
from graph_loader.ontology import Ontology, Property
from graph_loader.state import Kind, kinds, mark_table, name, node_table, text

IMPORT_TYPES = {
    "string": "string",
    "integer": "long",
    "float": "double",
    "boolean": "boolean",
    "date": "date",
    "list": "string[]",
}
"""Property types of the ontology in the words of the importer's headers."""

LIST_DELIMITER = "\x1f"
"""Between the values of a list: cleaned texts never hold a control character."""

FIXED_SECONDS, IMPORTED_A_SECOND, WRITTEN_A_SECOND = 20, 150_000, 15_000
"""What a stop, an import and a start cost, and elements a second by each way, on 2 cores (docs/benchmarks.md)."""


def is_faster(total: int, changes: int) -> bool:
    """Whether importing all elements anew takes less time than writing so many changes over Bolt."""
    return FIXED_SECONDS + total / IMPORTED_A_SECOND < changes / WRITTEN_A_SECOND


def elements(db: duckdb.DuckDBPyConnection, ontology: Ontology, database: str | None = None) -> int:
    """How many nodes and relationships a state holds, or an attached one, by the engine's own account (deleted rows count)."""
    tables = [node_table(node.label) for node in ontology.stored_nodes()] + [kind.table for kind in kinds(ontology)]
    sizes = "SELECT sum(estimated_size) FROM duckdb_tables() WHERE database_name = coalesce($1, current_database())"
    ((count,),) = db.execute(f"{sizes} AND list_contains($2, table_name)", [database, tables]).fetchall()
    return int(count or 0)


def write_whole(
    home: Path,
    driver: neo4j.Driver,
    db: duckdb.DuckDBPyConnection,
    ontology: Ontology,
    progress: Callable[[str, str, int], None],
) -> None:
    """Replaces the engine's graph by the state in `db`. The engine is stopped for it and started again.

    Raises GuanxiError when the importer fails: the graph is empty then.
    """
    folder = home.resolve() / "graph" / "import"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        arguments = [*_export(db, ontology, folder, progress), *_options(db, ontology)]
        progress("written", "import", 0)
        engine.import_offline(home, arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _forget_bookmarks(driver)
    progress("written", "indexes", 0)
    with driver.session() as session:
        writer.prepare(session, ontology)


def _forget_bookmarks(driver: neo4j.Driver) -> None:
    """Bookmarks name transactions of the store that was: the new one would wait for them in vain."""
    manager = driver.execute_query_bookmark_manager
    with suppress(neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError), driver.session() as session:
        session.run("RETURN 1").consume()
        manager.update_bookmarks(manager.get_bookmarks(), session.last_bookmarks().raw_values)


def _options(db: duckdb.DuckDBPyConnection, ontology: Ontology) -> list[str]:
    return [
        f"--array-delimiter={LIST_DELIMITER}",
        f"--multiline-fields={'true' if _has_line_breaks(db, ontology) else 'false'}",
        "--bad-tolerance=0",
    ]


def _export(
    db: duckdb.DuckDBPyConnection, ontology: Ontology, folder: Path, progress: Callable[[str, str, int], None]
) -> list[str]:
    """Writes a CSV file and a header for each filled table; gives the importer's arguments."""
    arguments = []
    for node in ontology.stored_nodes():
        properties = list(node.properties.values())
        labels = text(node.label)
        joins = ""
        for number, mark in enumerate(mark for mark in ontology.marks() if mark.marks == node.label):
            joins += f" LEFT JOIN {name(mark_table(mark.label))} m{number} ON m{number}.key = n.key"
            labels += f" || CASE WHEN m{number}.key IS NULL THEN '' ELSE {text(LIST_DELIMITER + mark.label)} END"
        values = ", ".join(["n.key", *(_value(p) for p in properties), labels])
        header = [f"key:ID({node.label})", *_heads(properties), ":LABEL"]
        table = node_table(node.label)
        file = _file(db, folder, table, header, f"SELECT {values} FROM {name(table)} n{joins}")
        if file:
            arguments.append(f"--nodes={file}")
            progress("written", node.label, _count(db, table))
    for kind in kinds(ontology):
        properties = list(ontology.relationships[kind.type].properties.values())
        values = ", ".join(['n."start"', 'n."end"', *(_value(p) for p in properties)])
        header = [f":START_ID({kind.start})", f":END_ID({kind.end})", *_heads(properties)]
        file = _file(db, folder, kind.table, header, f"SELECT {values} FROM {name(kind.table)} n{_ends(kind)}")
        if file:
            arguments.append(f"--relationships={kind.type}={file}")
            progress("written", kind.type, _count(db, kind.table))
    return arguments


def _ends(kind: Kind) -> str:
    """Leaves out what has no node at one of its ends, as the writer over Bolt does."""
    return (
        f' SEMI JOIN {name(node_table(kind.start))} s ON s.key = n."start"'
        f' SEMI JOIN {name(node_table(kind.end))} e ON e.key = n."end"'
    )


def _heads(properties: list[Property]) -> list[str]:
    return [f"{p.name}:{IMPORT_TYPES[p.type]}" for p in properties]


def _value(prop: Property) -> str:
    value = f"n.{name(prop.name)}"
    return f"array_to_string({value}, {text(LIST_DELIMITER)})" if prop.type == "list" else value


def _file(db: duckdb.DuckDBPyConnection, folder: Path, table: str, header: list[str], rows: str) -> str | None:
    """Writes the rows; gives `header file,data file` for the importer, None for an empty table."""
    if not _count(db, table):
        return None
    stem = table.replace(":", "_")
    head, data = folder / f"{stem}.header.csv", folder / f"{stem}.csv"
    head.write_text(",".join(header) + "\n", encoding="utf-8")
    db.execute(f"COPY ({rows}) TO {text(data)} (FORMAT csv, HEADER false)")
    return f"{head},{data}"


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    found = db.execute(f"SELECT count(*) FROM {name(table)}").fetchone()
    return int(found[0]) if found else 0


def _has_line_breaks(db: duckdb.DuckDBPyConnection, ontology: Ontology) -> bool:
    """Whether any text spans lines: the importer reads files without such texts in parallel."""
    tables = {node_table(node.label): node.properties for node in ontology.stored_nodes()}
    tables |= {kind.table: ontology.relationships[kind.type].properties for kind in kinds(ontology)}
    for table, properties in tables.items():
        for prop in properties.values():
            if prop.type not in ("string", "list"):
                continue
            found = db.execute(
                f"SELECT 1 FROM {name(table)} n WHERE regexp_matches({_value(prop)}, '[\\r\\n]') LIMIT 1"
            ).fetchone()
            if found:
                return True
    return False
