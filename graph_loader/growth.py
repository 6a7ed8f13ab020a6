"""The quick way from one state to the next, for deliveries that only add or correct: a day's payments in a county of millions.

Which nodes and relationships new rows touch follows from the rows; each is made out again from all rows that speak of it. What
offices, kinship or the meaning of other rows rest on is left to the whole way: then there is no `Growth`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from graph_loader.derived import FOCUS_TYPES
from graph_loader.ontology import NodeType, Ontology
from graph_loader.resolution import resolve
from graph_loader.sources import Source
from graph_loader.state import (
    Kind,
    asserted,
    assertions_sql,
    complete_nodes,
    key_sql,
    kinds,
    mark_table,
    marks_sql,
    name,
    node_table,
    nodes_sql,
    one_row_a_key,
    one_row_a_relationship,
    relationship_specs,
    relationships_sql,
    text,
    when_sql,
)

MOST_ROWS = 50_000
"""Rows beyond which the whole way takes no longer."""

FAMILIES = ("residents", "marriages", "parentage", "declared_relatives")
"""Tables that kinship is derived from."""
SETTLING = ("divisions", "companies", "identifications")
"""Tables that say what rows of others mean."""
OFFICE_LABELS = ("Unit", "Town", "Village")
OFFICE_TYPES = ("HOLDS_POST", "CONTACT_FOR", "RUN_BY", "LEADS", "SIGNED", "CARRIES_OUT", "RUNS", "AT", "IN", "HELD_BY")
"""What being in charge is derived from, and whose account is whose, which says whose kin matter."""


@dataclass
class Growth:
    """A step between two states: `db` holds what is new of each table of `tables`, its schema `before` what was in its place."""

    db: duckdb.DuckDBPyConnection
    ontology: Ontology
    sources: dict[str, Source]
    before: dict[str, str]
    """Source id → SQL of the rows in force before."""
    arriving: list[str] = field(default_factory=list)
    tables: set[str] = field(default_factory=set)


def keep_rows(db: duckdb.DuckDBPyConnection, rows: dict[str, str]) -> None:
    """Notes in a whole state where its rows are found again: in the evidence or in a table of the state's own."""
    db.execute("CREATE TABLE rows_of (source VARCHAR, sql VARCHAR, own BOOLEAN)")
    for source, sql in rows.items():
        db.execute("INSERT INTO rows_of VALUES ($1, $2, $3)", [source, sql, sql.startswith('"')])


def rows_before(db: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Source id → SQL of the rows that the state attached as `kept` was made from."""
    found = db.execute("SELECT source, CASE WHEN own THEN 'kept.' ELSE '' END || sql FROM kept.rows_of").fetchall()
    tables = db.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'kept'").fetchall()
    grown = {table for (table,) in tables}
    rows = {}
    for source, whole in found:
        if f"grown:{source}" in grown:
            more = f"kept.{name(f'grown:{source}')}"
            whole = f"(SELECT * FROM {whole} WHERE _key NOT IN (SELECT _key FROM {more}) UNION ALL BY NAME SELECT * FROM {more})"
        rows[source] = whole
    return rows


def growth(
    db: duckdb.DuckDBPyConnection, ontology: Ontology, sources: dict[str, Source], arriving: dict[str, str]
) -> Growth | None:
    """What the rows of new deliveries change in the state attached to `db` as `kept`; None where only the whole way will do.

    `arriving`: source id → SQL of the rows that the new deliveries alone would put in force.
    """
    before = rows_before(db)
    if not arriving.keys() <= before.keys() or arriving.keys() & {*FAMILIES, *SETTLING}:
        return None
    if "tips" in arriving and "identifications" in before:  # a changed tip may no longer mean whom somebody decided on
        return None
    settling = {source: sql for source, sql in before.items() if source in SETTLING}
    resolved = resolve(db, sources, settling | arriving)
    arriving = {source: resolved[source] for source in arriving}
    grown = Growth(db, ontology, sources, before, list(arriving))
    db.execute("CREATE SCHEMA before")
    if not _take_in(grown, arriving):
        return None
    rows = before | {source: _rows_now(source, before[source]) for source in arriving}
    delivered = [source for source in sources.values() if source.id in before]
    for node in ontology.stored_nodes():
        _touch_nodes(grown, node.label, delivered, rows)
    for mark in ontology.marks():
        _touch_marks(grown, mark.label, delivered, rows)
    for kind in kinds(ontology):
        _touch_relationships(grown, kind, delivered, rows)
    return None if _moves_offices_or_families(grown) else grown


def absorb(grown: Growth, state: Path, meaning: str) -> None:
    """Puts what a growth changes into the kept state, whole or not at all."""
    db = grown.db
    db.execute("DETACH kept")
    db.execute(f"ATTACH {text(state)} AS kept")
    db.execute("BEGIN")
    for table in sorted(grown.tables):
        same = " AND ".join(f"k.{name(c)} IS NOT DISTINCT FROM o.{name(c)}" for c in _identity(grown.ontology, table))
        db.execute(f"DELETE FROM kept.{name(table)} k USING before.{name(table)} o WHERE {same}")
        db.execute(f"INSERT INTO kept.{name(table)} BY NAME SELECT * FROM {name(table)}")
    for source in grown.arriving:
        rows, more = name(f"arriving:{source}"), f"kept.{name(f'grown:{source}')}"
        db.execute(f"CREATE TABLE IF NOT EXISTS {more} AS SELECT * FROM {rows} LIMIT 0")
        db.execute(f"DELETE FROM {more} WHERE _key IN (SELECT _key FROM {rows})")
        db.execute(f"INSERT INTO {more} BY NAME SELECT * FROM {rows}")
    db.execute("UPDATE kept.meaning SET meaning = $1", [meaning])
    db.execute("COMMIT")
    db.execute("DETACH kept")


def _take_in(grown: Growth, arriving: dict[str, str]) -> bool:
    """Makes tables of what arrives and of what it replaces, less what stays the same; False when it is too much."""
    db, total = grown.db, 0
    for source, sql in arriving.items():
        new, old = name(f"arriving:{source}"), name(f"replaced:{source}")
        wanted = ", ".join(name(c) for c in (*grown.sources[source].clean_columns(), "_key", "_hash"))
        db.execute(f"CREATE TABLE {new} AS SELECT {wanted} FROM {sql} LIMIT {MOST_ROWS + 1}")
        total += _count(db, new)
        if total > MOST_ROWS:
            return False
        db.execute(
            f"CREATE TABLE {old} AS SELECT {wanted} FROM {grown.before[source]} WHERE _key IN (SELECT _key FROM {new})"
        )
        same = f"SELECT _key FROM {new} JOIN {old} USING (_key, _hash)"
        db.execute(f"CREATE OR REPLACE TEMP TABLE same AS {same}")
        for table in (new, old):
            db.execute(f"DELETE FROM {table} WHERE _key IN (SELECT _key FROM same)")
    return True


def _rows_now(source: str, before: str) -> str:
    new, old = name(f"arriving:{source}"), name(f"replaced:{source}")
    return f"(SELECT * FROM {before} WHERE _key NOT IN (SELECT _key FROM {old}) UNION ALL BY NAME SELECT * FROM {new})"


def _touched(grown: Growth, columns: str, specs: Iterable[tuple[Source, list[str], str]]) -> bool:
    """Makes the table `touched` of what specs assert in rows that arrive or are replaced; False when that is nothing."""
    selects = [
        f"SELECT {', '.join(keys)} FROM {name(f'{part}:{source.id}')} WHERE {when}"
        for source, keys, when in specs
        for part in ("arriving", "replaced")
    ]
    if not selects:
        return False
    filled = " AND ".join(f"{column} IS NOT NULL" for column in columns.split(", "))
    grown.db.execute(
        f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT * FROM ({' UNION '.join(selects)}) t({columns}) WHERE {filled}"
    )
    return True


def _arriving(grown: Growth) -> list[Source]:
    return [grown.sources[source] for source in grown.arriving]


def _touch_nodes(grown: Growth, label: str, delivered: list[Source], rows: dict[str, str]) -> None:
    db, node, table = grown.db, grown.ontology.nodes[label], name(node_table(label))
    specs = [
        (source, [key_sql(s.key)], when_sql(s.when)) for source in _arriving(grown) for s in asserted(source, label)
    ]
    copies = [p for p in node.properties.values() if p.copy and node_table(p.copy.label) in grown.tables]
    if not specs and not copies:
        return
    if _touched(grown, "key", specs):
        _leave_out_confirmed(grown, node)
    else:
        db.execute("CREATE OR REPLACE TEMP TABLE touched AS SELECT NULL::VARCHAR AS key LIMIT 0")
    for one in copies:
        assert one.copy
        origin = name(node_table(one.copy.label))
        for keys in (f"SELECT key FROM {origin}", f"SELECT key FROM before.{origin}"):
            db.execute(f"INSERT INTO touched SELECT key FROM kept.{table} WHERE {name(one.copy.through)} IN ({keys})")
    if not _count(db, "touched"):
        return
    db.execute(f"CREATE TABLE before.{table} AS SELECT * FROM kept.{table} WHERE key IN (SELECT key FROM touched)")
    speaking = rows
    if one_row_a_key(delivered, label):  # no other row than the one that arrived can speak of it
        speaking = rows | {source: name(f"arriving:{source}") for source in grown.arriving}
    db.execute(f"CREATE TABLE {table} AS {nodes_sql(node, delivered, speaking, only='touched')}")
    complete_nodes(db, node, f"main.{table}", lambda origin: _nodes_now(grown, origin))
    if label == "Unit":  # which town's government a unit is was derived
        db.execute(f"UPDATE {table} SET town = o.town FROM before.{table} o WHERE o.key = {table}.key")
    _keep_differences(grown, node_table(label), ["key"], list(node.properties))


def _leave_out_confirmed(grown: Growth, node: NodeType) -> None:
    """Takes out of `touched` the nodes that are there and of which rows that arrive only say what is known: whichever row a
    value is taken from, one more that says the same changes nothing."""
    arriving = {source: name(f"arriving:{source}") for source in grown.arriving}
    replaced = {source: name(f"replaced:{source}") for source in grown.arriving}
    said = " UNION ALL ".join(assertions_sql(node, _arriving(grown), arriving))
    said_before = " UNION ALL ".join(assertions_sql(node, _arriving(grown), replaced))
    news = " OR ".join(
        ["k.key IS NULL"]
        + [f"s.{name(p.name)} IS NOT NULL" + ("" if p.combine == "count" else f" AND s.{name(p.name)} IS DISTINCT FROM k.{name(p.name)}")
           for p in node.properties.values()]
    )  # fmt: skip
    grown.db.execute(
        f"DELETE FROM touched WHERE key NOT IN (SELECT s.key FROM ({said}) s "
        f"LEFT JOIN kept.{name(node_table(node.label))} k ON k.key = s.key WHERE {news}) "
        f"AND key NOT IN (SELECT key FROM ({said_before}))"
    )


def _nodes_now(grown: Growth, label: str) -> str:
    table = name(node_table(label))
    if node_table(label) not in grown.tables:
        return f"kept.{table}"
    kept = f"SELECT * FROM kept.{table} WHERE key NOT IN (SELECT key FROM before.{table})"
    return f"({kept} UNION ALL BY NAME SELECT * FROM main.{table})"


def _touch_marks(grown: Growth, label: str, delivered: list[Source], rows: dict[str, str]) -> None:
    specs = [
        (source, [key_sql(s.key)], "TRUE") for source in _arriving(grown) for s in source.nodes if label in s.marks
    ]
    if _touched(grown, "key", specs):
        table = name(mark_table(label))
        grown.db.execute(
            f"CREATE TABLE before.{table} AS SELECT * FROM kept.{table} WHERE key IN (SELECT key FROM touched)"
        )
        marked = marks_sql(grown.ontology.nodes[label], delivered, rows, only="touched")
        grown.db.execute(f"CREATE TABLE {table} AS {marked}")
        _keep_differences(grown, mark_table(label), ["key"], [])


def _touch_relationships(grown: Growth, kind: Kind, delivered: list[Source], rows: dict[str, str]) -> None:
    relationship, table = grown.ontology.relationships[kind.type], name(kind.table)
    specs = [
        (source, [key_sql(spec.start.key), key_sql(spec.end.key)], when_sql(spec.when))
        for source, spec in relationship_specs(_arriving(grown), kind)
    ]
    if not _touched(grown, '"start", "end"', specs):
        return
    if one_row_a_relationship(relationship_specs(delivered, kind)):
        rows = rows | {source: name(f"arriving:{source}") for source in grown.arriving}
    ends = 'SELECT ("start", "end") FROM touched'
    grown.db.execute(f'CREATE TABLE before.{table} AS SELECT * FROM kept.{table} WHERE ("start", "end") IN ({ends})')
    grown.db.execute(
        f"CREATE TABLE {table} AS {relationships_sql(relationship, kind, delivered, rows, only='touched')}"
    )
    rest = [p for p in relationship.properties if p not in relationship.identity]
    _keep_differences(grown, kind.table, ["start", "end", *relationship.identity], rest)


def _identity(ontology: Ontology, table: str) -> list[str]:
    if not table.startswith("r:"):
        return ["key"]
    return ["start", "end", *ontology.relationships[table.split(":")[1]].identity]


def _keep_differences(grown: Growth, table: str, identity: list[str], properties: list[str]) -> None:
    """Leaves in the new and the old table only what differs between them."""
    db, quoted = grown.db, name(table)
    alike = " AND ".join(f"n.{name(c)} IS NOT DISTINCT FROM o.{name(c)}" for c in (*identity, *properties))
    columns = ", ".join(f"n.{name(c)}" for c in identity)
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE alike AS SELECT {columns} FROM main.{quoted} n JOIN before.{quoted} o ON {alike}"
    )
    same = " AND ".join(f"t.{name(c)} IS NOT DISTINCT FROM a.{name(c)}" for c in identity)
    left = 0
    for side in ("main", "before"):
        db.execute(f"DELETE FROM {side}.{quoted} t USING alike a WHERE {same}")
        left += _count(db, f"{side}.{quoted}")
    if left:
        grown.tables.add(table)
    else:
        db.execute(f"DROP TABLE main.{quoted}")
        db.execute(f"DROP TABLE before.{quoted}")


def _moves_offices_or_families(grown: Growth) -> bool:
    """Whether something changes that being in charge, kinship or the choice of people whose kin matter is derived from."""
    touched = {table.split(":")[1] for table in grown.tables}
    if touched & {*OFFICE_LABELS, *OFFICE_TYPES}:
        return True
    if _holds(grown, _lost_people(grown)):
        return True
    lost = [table for table in grown.tables if table.split(":")[1] in ("TO", "INTO", *FOCUS_TYPES)]
    return any(_holds(grown, f"SELECT 1 FROM before.{name(table)}") for table in lost) or _holds(
        grown, _new_focus(grown)
    )


def _lost_people(grown: Growth) -> str:
    table = name(node_table("Person"))
    if node_table("Person") not in grown.tables:
        return "SELECT 1 WHERE FALSE"
    return (
        f"SELECT 1 FROM before.{table} o LEFT JOIN main.{table} n USING (key) "
        "WHERE n.key IS NULL OR n.sex IS DISTINCT FROM o.sex OR n.birth IS DISTINCT FROM o.birth"
    )


def _new_focus(grown: Growth) -> str:
    """SQL of people who begin to matter: with a first signature or role, or with another's payment on their account."""
    selects = [
        f'SELECT "start" AS ref FROM main.{name(kind.table)}'
        for kind in kinds(grown.ontology)
        if kind.start == "Person" and kind.type in FOCUS_TYPES and kind.table in grown.tables
    ]
    into, to = Kind("INTO", "Payment", "Account").table, Kind("TO", "Payment", "Person").table
    held = name(Kind("HELD_BY", "Account", "Person").table)
    if into in grown.tables or to in grown.tables:

        def now(table: str) -> str:
            new = f'SELECT "start", "end" FROM main.{name(table)}' if table in grown.tables else ""
            return f'(SELECT "start", "end" FROM kept.{name(table)} WHERE "start" IN (SELECT "start" FROM paid)' + (
                f" UNION {new})" if new else ")"
            )

        paid = " UNION ".join(f'SELECT "start" FROM main.{name(t)}' for t in (into, to) if t in grown.tables)
        selects.append(
            f'SELECT h."end" AS ref FROM (WITH paid AS ({paid}) SELECT i."start", i."end" AS account, t."end" AS person '
            f'FROM {now(into)} i JOIN {now(to)} t ON t."start" = i."start") p '
            f'JOIN kept.{held} h ON h."start" = p.account AND h."end" <> p.person'
        )
    if not selects:
        return "SELECT 1 WHERE FALSE"
    return f"SELECT ref FROM ({' UNION '.join(selects)}) WHERE ref NOT IN (SELECT ref FROM kept.focus)"


def _holds(grown: Growth, sql: str) -> bool:
    return bool(grown.db.execute(f"{sql} LIMIT 1").fetchall())


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    ((count,),) = db.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(count)
