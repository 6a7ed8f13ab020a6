"""Who says so: the delivered rows behind each property of a node or relationship, those that say otherwise, and what held before."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from graph_loader import ocds, ontology, standing
from graph_loader.errors import GuanxiError
from graph_loader.evidence import ROW_COLUMNS, ROWS_AN_ELEMENT, Evidence
from graph_loader.ontology import NodeType, Ontology, Property, RelationshipType
from graph_loader.resolution import resolve
from graph_loader.sources import Key, Source
from graph_loader.state import Kind, asserted, key_sql, kinds, name, node_table, rank, text, value_sql, when_sql

Row = dict[str, Any]
"""A delivered row: `{"table", "delivery", "file", "sheet", "row"}`."""

CONFLICTS = 1_000
"""So many conflicts are listed at most; all are counted."""


@dataclass(frozen=True)
class Assertion:
    """One way in which the rows of a table assert elements of a kind. `keys`: SQL of what identifies one; `values`: of its
    properties; `one_row`: no two rows in force can speak of the same element."""

    source: Source
    keys: tuple[str, ...]
    when: str
    values: dict[str, str]
    rank: str
    one_row: bool


@dataclass(frozen=True)
class Told:
    """What one row says about one property."""

    value: Any
    rank: str
    row: Row
    now: bool
    """Whether the row is in force; else a later delivery corrected or ended it."""
    received: str


def says_who(evidence: Evidence, element: str, property: str | None = None) -> dict[str, Any]:
    """Who says what about a node (`Label:key`) or relationship (`TYPE|Label:key|Label:key|…`), as the evidence has it (one made
    with `at` answers for that day).

    Gives `{"element", "there", "properties": [{"property", "zh", "value", "rows", "others", "earlier"}]}`: the value held, the
    rows that assert it, values of other rows in force (`{"value", "rows"}`), and values that were corrected or ended since
    (`{"value", "rows", "received"}`). Raises GuanxiError for what is no element or has no such property.
    """
    with duckdb.connect() as db:
        return _Testimony(evidence, db).of(element, property)


def conflicts(evidence: Evidence, limit: int = CONFLICTS) -> tuple[list[dict[str, Any]], int]:
    """Properties on which rows in force disagree: at most `limit`, by element, and how many there are in all.

    Each is `{"element", "property", "zh", "value", "rows", "others": [{"value", "rows"}], "rule"}`; `rule` says in Chinese why
    the value held is held.
    """
    with duckdb.connect() as db:
        return _Conflicts(evidence, limit, db).listed()


def assertions(known: Ontology, sources: Iterable[Source], node: NodeType) -> list[Assertion]:
    """All the ways in which tables assert nodes of a label."""
    found = []
    for source in sources:
        for spec in asserted(source, node.label):
            values = {p: value_sql(v) for p, v in spec.properties.items()}
            for prop, suffix in node.from_key.items():
                values.setdefault(prop, name(f"{spec.key[0].columns[0].removesuffix('@ref')}@{suffix}"))
            found.append(
                Assertion(
                    source,
                    (key_sql(spec.key),),
                    when_sql(spec.when),
                    values,
                    rank(node.precedence, source.id),
                    _is_row_key(source, spec.key),
                )
            )
    return found


def relations(sources: Iterable[Source], relationship: RelationshipType, kind: Kind) -> list[Assertion]:
    """All the ways in which tables assert relationships of a kind; what tells parallel ones apart is among the keys."""
    found = []
    for source in sources:
        for spec in source.relationships:
            if (spec.type, spec.start.label, spec.end.label) != (kind.type, kind.start, kind.end):
                continue
            values = {p: value_sql(v) for p, v in spec.properties.items()}
            identity = tuple(f"coalesce(({values.get(p, 'NULL')})::VARCHAR, '')" for p in relationship.identity)
            found.append(
                Assertion(
                    source,
                    (key_sql(spec.start.key), key_sql(spec.end.key), *identity),
                    when_sql(spec.when),
                    values,
                    rank((), source.id),
                    _is_row_key(source, spec.start.key) or _is_row_key(source, spec.end.key),
                )
            )
    return found


def _is_row_key(source: Source, key: Key) -> bool:
    return [part.columns for part in key] == [(column,) for column in source.key]


def rule_of(prop: Property, told: Iterable[Told], titles: dict[str, str]) -> str:
    """Why the value held among what rows say is held, in Chinese."""
    if prop.combine == "max":
        return "取最晚（最大）的一个"
    order = list(dict.fromkeys(titles[one.row["table"]] for one in sorted(told, key=_order)))
    if len(order) > 1:
        return f"按表的优先顺序：{' > '.join(order)}"
    return "同一张表，取排序在前的值，与报送先后无关"


class _Testimony:
    def __init__(self, evidence: Evidence, db: duckdb.DuckDBPyConnection) -> None:
        self.evidence = evidence
        self.known = ontology.load()
        self.given = evidence.given()
        self.received = {one.id: one.received for one in evidence.deliveries()}
        self.db = db

    def of(self, element: str, property: str | None) -> dict[str, Any]:
        sources = [self.evidence.sources[table] for table in self.given]
        properties, node, ways, keys = self._taken_apart(element, sources)
        if property is not None and property not in properties:
            raise GuanxiError(f"{element} has no property `{property}`: it has {', '.join(properties)}.")
        wanted = [prop for prop in properties.values() if property in (None, prop.name)]
        rows = self.evidence.sources_of([element])[element]
        return {
            "element": element,
            "there": bool(rows),
            "rows": rows,
            "properties": [self._property(element, prop, node, ways, keys, rows) for prop in wanted],
        }

    def _taken_apart(
        self, element: str, sources: Sequence[Source]
    ) -> tuple[dict[str, Property], NodeType | None, list[Assertion], tuple[str, ...]]:
        """Its possible properties, its label's definition, who may assert it, and its keys."""
        if "|" not in element:
            label, _, key = element.partition(":")
            node = self.known.nodes.get(label)
            if node is None or not key:
                raise GuanxiError(f"{element!r} is no element: name it as `Label:key` or `TYPE|Label:key|Label:key`.")
            return node.properties, node, assertions(self.known, sources, node), (key,)
        type, *ends = element.split("|")
        relationship = self.known.relationships.get(type)
        if relationship is None or len(ends) < 2:
            raise GuanxiError(f"{element!r} is no element: name it as `Label:key` or `TYPE|Label:key|Label:key`.")
        (start_label, _, start), (end_label, _, end) = (text.partition(":") for text in ends[:2])
        identity = tuple("" if part == "None" else part for part in ends[2:])
        keys = (start, end, *identity, *[""] * (len(relationship.identity) - len(identity)))
        ways = relations(sources, relationship, Kind(type, start_label, end_label))
        return relationship.properties, None, ways, keys

    def _property(
        self,
        element: str,
        prop: Property,
        node: NodeType | None,
        ways: list[Assertion],
        keys: tuple[str, ...],
        rows: list[Row],
    ) -> dict[str, Any]:
        told = [one for way in ways if prop.name in way.values for one in self._told(way, prop, keys)]
        answer = answered(prop, told)
        if prop.copy and node:
            answer = self._copied(prop, node, ways, keys, answer)
        if not answer["rows"]:
            # Nobody says it outright: it follows from the element itself, or was derived.
            answer |= {"value": self._kept(element, prop, node, keys), "rows": rows}
        return {"property": prop.name, "zh": prop.zh, **answer}

    def _told(self, way: Assertion, prop: Property, keys: tuple[str, ...]) -> list[Told]:
        """What the rows of a table on record say about a property of an element."""
        same = " AND ".join(f"{sql} = {text(key)}" for sql, key in zip(way.keys, keys, strict=True))
        given = self.given[way.source.id]
        columns = ", ".join(ROW_COLUMNS)
        said = (
            f"SELECT {way.values[prop.name]} AS value, {columns}, _key, _hash FROM {standing.on_record(given)} "
            f"WHERE {same} AND {way.when}"
        )
        in_force, deciding = standing.in_force(way.source, given), ocds.latest(way.source, way.values[prop.name])
        found = self.db.execute(
            f"SELECT s.value, {', '.join('s.' + c for c in ROW_COLUMNS)}, n._key IS NOT NULL FROM ({said}) s "
            f"LEFT JOIN (SELECT _key, _hash FROM {in_force} WHERE {same} {deciding}) n ON n._key = s._key AND n._hash = s._hash "
            "WHERE s.value IS NOT NULL ORDER BY s._delivery, s._file, s._sheet, s._row"
        ).fetchall()
        return [
            Told(value, way.rank, _row(way.source.id, place), now, self.received[place[0]])
            for value, *place, now in found
        ]

    def _copied(
        self, prop: Property, node: NodeType, ways: list[Assertion], keys: tuple[str, ...], own: dict[str, Any]
    ) -> dict[str, Any]:
        """A property that another node has the last word on, where it is known."""
        assert prop.copy is not None
        through = self._property("", node.properties[prop.copy.through], node, ways, keys, [])["value"]
        origin = self.known.nodes[prop.copy.label]
        sources = [self.evidence.sources[table] for table in self.given]
        if through is None:
            return own
        told = [
            one
            for way in assertions(self.known, sources, origin)
            if prop.copy.property in way.values
            for one in self._told(way, origin.properties[prop.copy.property], (through,))
        ]
        answer = answered(origin.properties[prop.copy.property], told)
        if answer["value"] is None:
            return own
        differing = (
            [{"value": own["value"], "rows": own["rows"]}] if own["value"] not in (None, answer["value"]) else []
        )
        answer["others"] += [*differing, *own["others"]]
        return answer

    def _kept(self, element: str, prop: Property, node: NodeType | None, keys: tuple[str, ...]) -> Any:
        """The value in the graph's last state, of a property that no row says outright; None for an earlier day."""
        path = self.evidence.home / "graph" / "state.duckdb"
        if self.evidence.at is not None or not element or not path.exists():
            return None
        if node:
            table, places = node_table(node.label), {"key": keys[0]}
        else:
            type, start, end = (part.partition(":")[0] for part in element.split("|")[:3])
            table, places = Kind(type, start, end).table, {"start": keys[0], "end": keys[1]}
            places |= dict(zip(self.known.relationships[type].identity, keys[2:], strict=True))
        same = " AND ".join(f"coalesce({name(c)}::VARCHAR, '') = {text(value)}" for c, value in places.items())
        with duckdb.connect(str(path), read_only=True) as kept:
            found = kept.execute(f"SELECT {name(prop.name)} FROM {name(table)} WHERE {same} LIMIT 1").fetchone()
        return _plain(found[0]) if found else None


def answered(prop: Property, told: Iterable[Told]) -> dict[str, Any]:
    """The value held among what rows say, by the rule of the ontology, with the rows for it, against it and before it."""
    told = list(told)
    now = [one for one in told if one.now]
    if prop.combine == "count":
        value: Any = len({one.value for one in now}) or None
        return {"value": value, "rows": _rows(now), "others": [], "earlier": _grouped(o for o in told if not o.now)}
    value = None
    if now:
        best = max(now, key=lambda one: one.value) if prop.combine == "max" else min(now, key=_order)
        value = best.value
    return {
        "value": _plain(value),
        "rows": _rows(one for one in now if one.value == value),
        "others": _grouped(one for one in now if one.value != value),
        "earlier": _grouped(one for one in told if not one.now and one.value != value),
    }


def _order(one: Told) -> tuple[str, str]:
    """As `state` decides: the smallest rank, then the smallest value as text."""
    return one.rank, ";".join(one.value) if isinstance(one.value, list) else _as_sql_text(one.value)


def _as_sql_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _grouped(told: Iterable[Told]) -> list[dict[str, Any]]:
    by_value: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        by_value[json.dumps(_plain(one.value), ensure_ascii=False)].append(one)
    return [
        {"value": json.loads(value), "rows": _rows(alike), "received": max(one.received for one in alike)}
        for value, alike in by_value.items()
    ]


def _rows(told: Iterable[Told]) -> list[Row]:
    """Rows, each once, the latest delivered first."""
    latest = sorted(told, key=lambda one: one.received, reverse=True)
    unique = {tuple(one.row.values()): one.row for one in latest}
    return list(unique.values())[:ROWS_AN_ELEMENT]


def _row(table: str, place: Sequence[Any]) -> Row:
    return dict(zip(("table", "delivery", "file", "sheet", "row"), (table, *place), strict=True))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


class _Conflicts:
    def __init__(self, evidence: Evidence, limit: int, db: duckdb.DuckDBPyConnection) -> None:
        self.limit = limit
        self.known = ontology.load()
        self.sources = evidence.sources
        self.titles = {source.id: source.title for source in evidence.sources.values()}
        self.db = db
        in_force = {table: ocds.compiled(self.sources[table], sql) for table, sql in evidence.rows_in_force().items()}
        self.rows = resolve(self.db, self.sources, in_force)

    def listed(self) -> tuple[list[dict[str, Any]], int]:
        delivered = [self.sources[table] for table in self.rows]
        found: list[dict[str, Any]] = []
        total = 0
        for node in self.known.stored_nodes():
            ways = assertions(self.known, delivered, node)
            for prop in node.properties.values():
                if prop.name not in node.from_key and not prop.copy and prop.combine != "count":
                    some, count = self._of_property(ways, prop, [node.label])
                    found, total = found + some, total + count
        for kind in kinds(self.known):
            relationship = self.known.relationships[kind.type]
            ways = relations(delivered, relationship, kind)
            for prop in relationship.properties.values():
                if prop.name not in relationship.identity:
                    some, count = self._of_property(ways, prop, [kind.type, kind.start, kind.end])
                    found, total = found + some, total + count
        return found[: self.limit], total

    def _of_property(
        self, ways: list[Assertion], prop: Property, labels: list[str]
    ) -> tuple[list[dict[str, Any]], int]:
        ways = [way for way in ways if prop.name in way.values and not way.values[prop.name].endswith('@initials"')]
        if not ways or (len(ways) == 1 and ways[0].one_row):
            return [], 0
        keys = [f"k{at}" for at in range(len(ways[0].keys))]
        said = " UNION ALL BY NAME ".join(
            f"SELECT {', '.join(f'{sql} AS {key}' for sql, key in zip(way.keys, keys, strict=True))}, "
            f"{way.values[prop.name]} AS value, {text(way.rank)} AS rank, {text(way.source.id)} AS source, "
            f"{', '.join(ROW_COLUMNS)} FROM {self.rows[way.source.id]} "
            f"WHERE {way.when} AND {way.values[prop.name]} IS NOT NULL"
            for way in ways
        )
        columns = ", ".join(keys)
        filled = " AND ".join(f"{key} IS NOT NULL" for key in keys)
        self.db.execute(
            f"CREATE OR REPLACE TEMP TABLE conflicting AS SELECT {columns} FROM ({said}) WHERE {filled} "
            f"GROUP BY {columns} HAVING min(value) <> max(value)"
        )
        total = int(self.db.execute("SELECT count(*) FROM conflicting").fetchall()[0][0])
        if not total:
            return [], 0
        told: dict[tuple[str, ...], list[Told]] = defaultdict(list)
        found = self.db.execute(
            f"SELECT {columns}, value, rank, source, {', '.join(ROW_COLUMNS)} FROM ({said}) "
            f"JOIN (SELECT * FROM conflicting ORDER BY {columns} LIMIT {self.limit}) USING ({columns}) "
            f"QUALIFY row_number() OVER (PARTITION BY {columns}, value, rank ORDER BY _delivery, _file, _sheet, _row) "
            f"<= {ROWS_AN_ELEMENT} ORDER BY {columns}, rank, _delivery, _file, _sheet, _row"
        ).fetchall()
        width = len(keys)
        for line in found:
            value, rank_of, source, *place = line[width:]
            told[line[:width]].append(Told(value, rank_of, _row(source, place), True, ""))
        return [
            {
                "element": _element(labels, key),
                "property": prop.name,
                "zh": prop.zh,
                **{part: of for part, of in answered(prop, alike).items() if part != "earlier"},
                "rule": rule_of(prop, alike, self.titles),
            }
            for key, alike in told.items()
        ], total


def _element(labels: list[str], key: tuple[str, ...]) -> str:
    if len(labels) == 1:
        return f"{labels[0]}:{key[0]}"
    type, start, end = labels
    return "|".join([type, f"{start}:{key[0]}", f"{end}:{key[1]}", *key[2:]])
