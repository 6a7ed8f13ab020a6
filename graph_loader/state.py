"""The graph as tables: what the evidence says now, one DuckDB table per node label and per kind of relationship.

`build` makes them from the sources' specs; the writer compares two of them and writes only the difference.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from graph_loader.errors import GuanxiError
from graph_loader.ontology import SQL_TYPES, NodeType, Ontology, RelationshipType
from graph_loader.sources import Key, NodeSpec, Property, RelationshipSpec, Source, When

if TYPE_CHECKING:
    import pandas as pd  # a third of a second, which those who read files do not need to wait for


@dataclass(frozen=True)
class Kind:
    """A kind of relationship: a type between two labels. Its table has the columns `start`, `end` and the properties."""

    type: str
    start: str
    end: str

    @property
    def table(self) -> str:
        return f"r:{self.type}:{self.start}:{self.end}"


def node_table(label: str) -> str:
    return f"n:{label}"


def mark_table(label: str) -> str:
    return f"m:{label}"


def name(identifier: str) -> str:
    """A name quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: Any) -> str:
    """A value as an SQL literal."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def texts(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> pa.Table:
    """Rows as a table of text columns that DuckDB can read; None stays empty."""
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pa.table(
        {
            column: pa.array([None if value is None else str(value) for value in given], pa.string())
            for column, given in zip(columns, values, strict=True)
        }
    )


def kinds(ontology: Ontology) -> list[Kind]:
    return [Kind(r.type, start, end) for r in ontology.relationships.values() for start, end in r.between]


def key_sql(key: Key) -> str:
    """SQL of a key expression over a source's clean rows: NULL where a part that must be filled is empty."""
    parts = []
    for part in key:
        columns = ", ".join(f"{name(column)}::VARCHAR" for column in part.columns)
        parts.append(f"coalesce({columns}, '')" if part.optional else f"coalesce({columns})")
    return " || '#' || ".join(parts)


def value_sql(value: Property) -> str:
    """SQL of where a property comes from."""
    if value.key is not None:
        return key_sql(value.key)
    return name(value.column) if value.column is not None else text(value.value)


def when_sql(when: When | None) -> str:
    """SQL of the rows in which something is asserted."""
    if when is None:
        return "TRUE"
    if when.filled is not None:
        return f"{name(when.column)} IS {'NOT ' if when.filled else ''}NULL"
    return f"{name(when.column)} IN ({', '.join(text(value) for value in when.values)})"


def filled(db: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Tables that hold rows in a state or in the one attached to it. One that is empty in both needs no comparing; the engine
    counts deleted rows too, so a table may be named for nothing but never left out."""
    found = db.execute("SELECT DISTINCT table_name FROM duckdb_tables() WHERE estimated_size > 0").fetchall()
    return frozenset(table for (table,) in found)


def build(db: duckdb.DuckDBPyConnection, ontology: Ontology, sources: dict[str, Source], rows: dict[str, str]) -> None:
    """Makes every node, mark and asserted relationship table in `db`. `rows`: source id → SQL of its rows in force."""
    delivered = [source for source in sources.values() if source.id in rows]
    for node in ontology.stored_nodes():
        _build_nodes(db, ontology, node, delivered, rows)
    for mark in ontology.marks():
        db.execute(f"CREATE TABLE {name(mark_table(mark.label))} AS {marks_sql(mark, delivered, rows)}")
    for kind in kinds(ontology):
        asserted_ones = relationships_sql(ontology.relationships[kind.type], kind, delivered, rows)
        db.execute(f"CREATE TABLE {name(kind.table)} AS {asserted_ones}")


def marks_sql(mark: NodeType, delivered: list[Source], rows: dict[str, str], only: str | None = None) -> str:
    """SQL of the keys of the nodes that carry a mark. `only`: a table of the keys wanted."""
    selects = [
        f"SELECT DISTINCT {key_sql(spec.key)} AS key FROM {rows[source.id]}"
        + (f" WHERE {key_sql(spec.key)} IN (SELECT key FROM {only})" if only else "")
        for source in delivered
        for spec in source.nodes
        if mark.label in spec.marks
    ]
    union = " UNION ".join(selects) or "SELECT NULL::VARCHAR AS key"
    return f"SELECT key FROM ({union}) WHERE key IS NOT NULL"


def check_specs(ontology: Ontology, sources: Iterable[Source]) -> None:
    """Refuses a source whose spec speaks of labels, types or properties that the ontology does not know."""
    for source in sources:
        for spec in source.nodes:
            node = ontology.nodes.get(spec.label)
            if node is None or node.marks:
                raise GuanxiError(f"{source.id}/source.toml: no node label `{spec.label}`: add it to ontology/nodes.")
            _known(source, spec.label, spec.properties, node.properties)
            for mark in spec.marks:
                if mark not in ontology.nodes or ontology.nodes[mark].marks != spec.label:
                    raise GuanxiError(
                        f"{source.id}/source.toml: `{mark}` does not mark {spec.label}: see ontology/nodes."
                    )
        for rel in source.relationships:
            known = ontology.relationships.get(rel.type)
            if known is None or (rel.start.label, rel.end.label) not in known.between:
                raise GuanxiError(
                    f"{source.id}/source.toml: no ({rel.start.label})-[:{rel.type}]->({rel.end.label}) "
                    "in the ontology: add the type or the pair to ontology/relationships."
                )
            _known(source, rel.type, rel.properties, known.properties)


def _known(source: Source, what: str, given: Iterable[str], known: Iterable[str]) -> None:
    for prop in set(given) - set(known):
        raise GuanxiError(f"{source.id}/source.toml: {what} has no property `{prop}`: add it to its file in ontology/.")


def _build_nodes(
    db: duckdb.DuckDBPyConnection, ontology: Ontology, node: NodeType, delivered: list[Source], rows: dict[str, str]
) -> None:
    table = name(node_table(node.label))
    db.execute(f"CREATE TABLE {table} AS {nodes_sql(node, delivered, rows)}")
    complete_nodes(db, node, table, lambda label: name(node_table(label)))


def nodes_sql(node: NodeType, delivered: list[Source], rows: dict[str, str], only: str | None = None) -> str:
    """SQL of the nodes of a label as the rows give them, before `complete_nodes`. `only`: a table of the keys wanted."""
    own = list(node.properties.values())
    selects = assertions_sql(node, delivered, rows, only)
    if not selects:
        empty = "".join(f", NULL::{SQL_TYPES[p.type]} AS {name(p.name)}" for p in own)
        return f"SELECT NULL::VARCHAR AS key{empty} LIMIT 0"
    if one_row_a_key(delivered, node.label):
        plain = "".join(f", {name(p.name)}" for p in own)
        return f"SELECT key{plain} FROM ({selects[0].replace('DISTINCT ', '', 1)})"
    columns = "".join(f", {_combined(p.name, p.combine, p.type)} AS {name(p.name)}" for p in own)
    return f"SELECT key{columns} FROM ({' UNION ALL '.join(selects)}) GROUP BY key"


def assertions_sql(node: NodeType, delivered: list[Source], rows: dict[str, str], only: str | None = None) -> list[str]:
    """SQL, one for each way of asserting nodes of a label, of `key`, `@rank` and the values asserted. `only`: as for `nodes_sql`."""
    types = {p.name: "VARCHAR" if p.combine == "count" else SQL_TYPES[p.type] for p in node.properties.values()}
    selects = []
    for source in delivered:
        place = rank(node.precedence, source.id)
        for spec in asserted(source, node.label):
            values = {p: value_sql(v) for p, v in spec.properties.items()}
            for prop, suffix in node.from_key.items():
                values.setdefault(prop, name(f"{spec.key[0].columns[0].removesuffix('@ref')}@{suffix}"))
            columns = ", ".join(f"CAST({values.get(p, 'NULL')} AS {types[p]}) AS {name(p)}" for p in types)
            wanted = f" AND {key_sql(spec.key)} IN (SELECT key FROM {only})" if only else ""
            selects.append(
                f'SELECT DISTINCT {key_sql(spec.key)} AS key, {text(place)} AS "@rank", {columns} '
                f"FROM {rows[source.id]} WHERE {key_sql(spec.key)} IS NOT NULL AND {when_sql(spec.when)}{wanted}"
            )
    return selects


def complete_nodes(db: duckdb.DuckDBPyConnection, node: NodeType, table: str, nodes_of: Callable[[str], str]) -> None:
    """Fills in what follows from a node's key or is copied from another node. `nodes_of`: label → SQL of its nodes."""
    if node.unidentified_prefix and "identified" in node.properties:
        db.execute(f"UPDATE {table} SET identified = NOT starts_with(key, {text(node.unidentified_prefix)})")
    for one in node.properties.values():
        if one.copy is not None:
            taken = name(one.copy.property)
            db.execute(
                f"UPDATE {table} SET {name(one.name)} = o.{taken} FROM {nodes_of(one.copy.label)} o "
                f"WHERE o.key = {table}.{name(one.copy.through)} AND o.{taken} IS NOT NULL"
            )


def rank(precedence: tuple[str, ...], source_id: str) -> str:
    """Sorts listed sources in their order, the others after them by name."""
    return f"{precedence.index(source_id):03d}" if source_id in precedence else f"999{source_id}"


def _combined(prop: str, combine: str, kind: str) -> str:
    column = name(prop)
    if combine == "max":
        return f"max({column})"
    if combine == "count":
        return f"nullif(count(DISTINCT {column}), 0)"
    # Smallest rank first; among equal ranks the order of the values decides, never the order of arrival.
    plain = f"array_to_string({column}, ';')" if kind == "list" else f"{column}::VARCHAR"
    return f'arg_min({column}, ("@rank", {plain})) FILTER (WHERE {column} IS NOT NULL)'


def asserted(source: Source, label: str) -> list[NodeSpec]:
    """All the ways in which rows of a source assert nodes of a label: said outright, or as the end of a relationship."""
    said = [spec for spec in source.nodes if spec.label == label]
    keys = {(spec.key, spec.when) for spec in said}
    for rel in source.relationships:
        for end in (rel.start, rel.end):
            if end.label == label and (end.key, rel.when) not in keys and (end.key, None) not in keys:
                keys.add((end.key, rel.when))
                said.append(NodeSpec(label=label, key=end.key, properties={}, home=False, marks=(), when=rel.when))
    return said


def one_row_a_key(delivered: list[Source], label: str) -> bool:
    """Whether a label is asserted by one spec only and its key is the row's own, so that no grouping is needed."""
    specs = [(source, spec) for source in delivered for spec in asserted(source, label)]
    if len(specs) != 1:
        return False
    source, spec = specs[0]
    return _is_row_key(source, spec.key)


def _is_row_key(source: Source, key: Key) -> bool:
    return [part.columns for part in key] == [(column,) for column in source.key]


def relationship_specs(delivered: list[Source], kind: Kind) -> list[tuple[Source, RelationshipSpec]]:
    return [
        (source, spec)
        for source in delivered
        for spec in source.relationships
        if (spec.type, spec.start.label, spec.end.label) == (kind.type, kind.start, kind.end)
    ]


def relationships_sql(
    relationship: RelationshipType,
    kind: Kind,
    delivered: list[Source],
    rows: dict[str, str],
    only: str | None = None,
) -> str:
    """SQL of the asserted relationships of a kind. `only`: a table of the ends wanted, `start` and `end`."""
    types = {p.name: SQL_TYPES[p.type] for p in relationship.properties.values()}
    specs = relationship_specs(delivered, kind)
    if not specs:
        empty = "".join(f", NULL::{sql} AS {name(p)}" for p, sql in types.items())
        return f'SELECT NULL::VARCHAR AS "start", NULL::VARCHAR AS "end"{empty} LIMIT 0'
    selects = []
    for source, spec in specs:
        values = {p: value_sql(v) for p, v in spec.properties.items()}
        columns = "".join(f", CAST({values.get(p, 'NULL')} AS {types[p]}) AS {name(p)}" for p in types)
        ends = f"{key_sql(spec.start.key)}, {key_sql(spec.end.key)}"
        wanted = f' AND ({ends}) IN (SELECT ("start", "end") FROM {only})' if only else ""
        selects.append(
            f'SELECT {rank((), source.id)!r} AS "@rank", {key_sql(spec.start.key)} AS "start", '
            f'{key_sql(spec.end.key)} AS "end"{columns} '
            f"FROM {rows[source.id]} WHERE {when_sql(spec.when)}{wanted}"
        )
    union = " UNION ALL ".join(selects)
    filled = '"start" IS NOT NULL AND "end" IS NOT NULL'
    if one_row_a_relationship(specs):
        plain = "".join(f", {name(p)}" for p in types)
        return f'SELECT "start", "end"{plain} FROM ({union}) WHERE {filled}'
    group = ", ".join(['"start"', '"end"', *(name(p) for p in relationship.identity)])
    others = "".join(
        f", {name(p)}"
        if p in relationship.identity
        else f", {_combined(p, 'first', relationship.properties[p].type)} AS {name(p)}"
        for p in types
    )
    return f'SELECT "start", "end"{others} FROM ({union}) WHERE {filled} GROUP BY {group}'


def one_row_a_relationship(specs: list[tuple[Source, RelationshipSpec]]) -> bool:
    """Whether one spec alone gives this kind and one of its ends is the row's own node, so that no two rows can meet."""
    if len(specs) != 1:
        return False
    source, spec = specs[0]
    row_keys = [spec.start.key, spec.end.key]
    return any(_is_row_key(source, key) for key in row_keys)


def put_relationships(
    db: duckdb.DuckDBPyConnection, relationship: RelationshipType, kind: Kind, frame: "pd.DataFrame"
) -> None:
    """Fills the table of a derived kind from a frame with `start`, `end` and the type's properties."""
    if frame.empty:
        return
    columns = ", ".join(
        [f"{name(c)}::VARCHAR" for c in ("start", "end")]
        + [f"{name(p.name)}::{SQL_TYPES[p.type]}" for p in relationship.properties.values()]
    )
    db.register("derived", frame)
    db.execute(f"INSERT INTO {name(kind.table)} SELECT {columns} FROM derived")
    db.unregister("derived")
