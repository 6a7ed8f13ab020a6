"""Which delivered rows count: for each key the latest word, less what a later full list of its part no longer names.

A pure function of the deliveries in force, in their order. A file counts where its bytes came first among them: sent again they
change nothing, and when the delivery that brought them first is withdrawn they count in the next one that holds them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graph_loader.sources import Source
from graph_loader.state import name, text

PART_SQL = {"": "{0}::VARCHAR", "town": "left({0}, 9)", "year": "year({0})::VARCHAR"}
"""SQL of a part of a clean column that tells what a full list covers: the town of a village's code, the year of a day."""


@dataclass(frozen=True)
class TakenOver:
    """A file whose bytes an earlier, now withdrawn delivery brought: its rows lie with that one and count in this one."""

    paths: tuple[Path, ...]
    file_there: str
    file: str


@dataclass(frozen=True)
class Given:
    """What one delivery gives for one table, as it counts. `full`: file and sheet of its full lists."""

    table: str
    number: int
    delivery: str
    standing: Path | None
    """Rows of its own files, one for a key: neither repeated nor contradicted within them."""
    rest: Path | None
    """The repeated and contradicted ones."""
    taken_over: tuple[TakenOver, ...] = ()
    full: tuple[tuple[str, str], ...] = ()
    unread: Path | None = None
    """What is quarantined: a full list names these keys too."""


def in_force(source: Source, given: Sequence[Given]) -> str:
    """SQL (a table expression) of the rows of a table in force."""
    lists = [one for one in given if one.full]
    rows = _latest(given)
    return _less_ended(source, rows, lists) if lists else rows


def on_record(given: Iterable[Given]) -> str:
    """SQL of all rows that some delivery in force asserts, also those that a later one corrected or ended."""
    return _union([_standing(one) for one in given])


def every_row(given: Given) -> str:
    """SQL of all rows of a delivery that could be read, also repeated and contradicted ones."""
    own = [path for path in (given.standing, given.rest) if path]
    parts = [_read(own)] if own else []
    parts += [
        f"(SELECT * REPLACE ({text(given.delivery)} AS _delivery, {given.number}::INTEGER AS _number, "
        f"{text(taken.file)} AS _file) FROM {_read(taken.paths)} WHERE _file = {text(taken.file_there)})"
        for taken in given.taken_over
    ]
    return _union(parts)


def contradicted(given: Given) -> str:
    """SQL of the rows of a delivery whose key stands there with other values too: no order of rows may decide between them."""
    return (
        f"(SELECT * FROM {every_row(given)} "
        "QUALIFY min(_hash) OVER (PARTITION BY _key) <> max(_hash) OVER (PARTITION BY _key))"
    )


def _standing(given: Given) -> str:
    if given.standing and not given.taken_over:
        return _read([given.standing])
    return (
        f"(SELECT * FROM {every_row(given)} "
        "QUALIFY min(_hash) OVER (PARTITION BY _key) = max(_hash) OVER (PARTITION BY _key) "
        "AND row_number() OVER (PARTITION BY _key ORDER BY _file, _sheet, _record) = 1)"
    )


def _latest(given: Sequence[Given]) -> str:
    if len(given) == 1:
        return _standing(given[0])
    plain = [one.standing for one in given if one.standing and not one.taken_over]
    parts = ([_read(plain)] if plain else []) + [_standing(one) for one in given if one.taken_over or not one.standing]
    rows = _union(parts)
    return f"(SELECT * FROM {rows} QUALIFY row_number() OVER (PARTITION BY _key ORDER BY _number DESC) = 1)"


def _less_ended(source: Source, rows: str, lists: Sequence[Given]) -> str:
    """Leaves out rows of a part that a later full list covers; a row the list names, even illegibly, is not ended by it."""
    parts = {f"@{at}": PART_SQL[part].format(name(column)) for at, (column, part) in enumerate(source.full_list)}
    aliased = "".join(f", {sql} AS {name(alias)}" for alias, sql in parts.items())
    filled = " AND ".join(f"{sql} IS NOT NULL" for sql in parts.values()) or "TRUE"
    covered = " UNION ".join(
        f"SELECT {one.number} AS number{aliased} FROM {every_row(one)} "
        f"WHERE (_file, _sheet) IN ({', '.join(f'({text(file)}, {text(sheet)})' for file, sheet in one.full)}) AND {filled}"
        for one in lists
    )
    illegible = (
        " UNION ALL ".join(
            [
                f"SELECT {one.number} AS number, _key FROM {contradicted(one)}"
                for one in lists
                if one.rest or one.taken_over
            ]
            + [
                f"SELECT {one.number} AS number, _key FROM read_parquet({text(one.unread)}) "
                f'WHERE _key IS NOT NULL AND "table" = {text(source.id)}'
                for one in lists
                if one.unread
            ]
        )
        or "SELECT NULL::INTEGER AS number, NULL::VARCHAR AS _key LIMIT 0"
    )
    columns = "".join(f", {name(alias)}" for alias in parts)
    grouped = f"GROUP BY {columns[2:]}" if parts else "HAVING count(*) > 0"
    same = " AND ".join(f"l.{name(alias)} = f.{name(alias)}" for alias in parts) or "TRUE"
    excluded = f" EXCLUDE ({columns[2:]})" if parts else ""
    return (
        f"(SELECT l.*{excluded} FROM (SELECT *{aliased} FROM {rows}) l "
        f"LEFT JOIN (SELECT list(number) AS numbers{columns} FROM ({covered}) {grouped}) f ON {same} "
        f"LEFT JOIN (SELECT _key, list(number) AS numbers FROM ({illegible}) GROUP BY _key) i ON i._key = l._key "
        "WHERE coalesce(len(list_filter(f.numbers, lambda n: n > l._number "
        "AND NOT coalesce(list_contains(i.numbers, n), FALSE))), 0) = 0)"
    )


def _read(paths: Iterable[Path]) -> str:
    return f"read_parquet([{', '.join(text(path) for path in paths)}], union_by_name = true)"


def _union(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"({' UNION ALL BY NAME '.join(f'SELECT * FROM {part}' for part in parts)})"
