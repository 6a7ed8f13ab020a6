"""The rows in force with what they refer to settled: villages written by name or by a code that is no more, companies by an old
number, tips by what people decided.

This happens where rows are put to use, not where they are read: the divisions, the register of companies and a decision may come
before or after the rows that they explain, and may change or be withdrawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from graph_loader.sources import Column, Source
from graph_loader.state import name, texts
from graph_loader.villages import Villages, villages_of

SQL_OF = {
    pa.string(): "VARCHAR",
    pa.date32(): "DATE",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.int64(): "BIGINT",
    pa.list_(pa.string()): "VARCHAR[]",
}


@dataclass
class _Settled:
    """How the rows of one table are read: joins, and clean columns that are put in place of those delivered."""

    joins: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)


def resolve(db: duckdb.DuckDBPyConnection, sources: dict[str, Source], rows: dict[str, str]) -> dict[str, str]:
    """Source id → SQL of its rows in force (a table expression) with references settled. `rows`: the same as delivered.

    Makes temporary tables in `db` that the SQL speaks of. A table in which nothing has to be settled is given back as it is.
    """
    whole = {source: _complete(db, sources[source], sql) for source, sql in rows.items()}
    villages = villages_of(db, whole.get("divisions"))
    merged = villages.merged()
    _put(db, "villages_today", ["code", "today"], list(merged.items()))
    _old_numbers(db, whole.get("companies"))
    resolved = {}
    for id, sql in whole.items():
        settled = _Settled()
        for column in sources[id].columns.values():
            if id != "divisions" and column.kind in ("village_code", "village_or_unit"):
                _settle_village(db, sources[id], column, sql, villages, settled)
            elif column.old_numbers:
                _settle_company(db, column, sql, settled)
        replaced = ", ".join(f"{value} AS {name(column)}" for column, value in settled.columns.items())
        if id == "identifications" and "tips" in whole:
            sql = _still_meant(sql, whole["tips"])
        resolved[id] = (
            f"(SELECT r.* REPLACE ({replaced}) FROM {sql} r {' '.join(settled.joins)})" if settled.columns else sql
        )
    return resolved


def _complete(db: duckdb.DuckDBPyConnection, source: Source, sql: str) -> str:
    """The rows with the columns that the table had not when they were read, empty."""
    there = {row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {sql}").fetchall()}
    lacking = {column: kind for column, kind in source.clean_columns().items() if column not in there}
    if not lacking:
        return sql
    empty = ", ".join(f"NULL::{SQL_OF[kind]} AS {name(column)}" for column, kind in lacking.items())
    return f"(SELECT *, {empty} FROM {sql})"


def _put(db: duckdb.DuckDBPyConnection, table: str, columns: list[str], rows: Sequence[tuple[object, ...]]) -> None:
    db.register("put", texts(columns, rows))
    kinds = ", ".join(f"{name(c)}::{'DATE' if c in ('since', 'until') else 'VARCHAR'} AS {name(c)}" for c in columns)
    db.execute(f"CREATE OR REPLACE TEMP TABLE {name(table)} AS SELECT {kinds} FROM put")
    db.unregister("put")


def _settle_village(
    db: duckdb.DuckDBPyConnection, source: Source, column: Column, sql: str, villages: Villages, settled: _Settled
) -> None:
    code = column.name if column.kind == "village_code" else f"{column.name}@village"
    number = len(settled.joins)
    ways = []
    if _holds(db, f"FROM {sql} SEMI JOIN villages_today t ON t.code = {name(code)}"):
        settled.joins.append(f"LEFT JOIN villages_today t{number} ON t{number}.code = r.{name(code)}")
        ways.append(f"t{number}.today")
    ways.append(f"r.{name(code)}")
    if table := _places_written(db, source, column, sql, villages):
        town, village, day = written_in(source, column)
        settled.joins.append(
            f"LEFT JOIN {name(table)} w{number} ON r.{name(code)} IS NULL AND w{number}.village = r.{name(village)}"
            f" AND w{number}.town IS NOT DISTINCT FROM {f'r.{name(town)}' if town else 'NULL'}"
            f" AND coalesce({f'r.{name(day)}' if day else 'NULL'} >= w{number}.since, w{number}.since = DATE '0001-01-01')"
            f" AND coalesce({f'r.{name(day)}' if day else 'NULL'} < w{number}.until, w{number}.until = DATE '9999-12-31')"
        )
        ways.append(f"w{number}.code")
        if column.kind == "village_or_unit":
            for unit in (f"{column.name}@unit", f"{column.name}@unit@initials"):
                settled.columns[unit] = f"CASE WHEN w{number}.code IS NULL THEN r.{name(unit)} END"
    if len(ways) > 1:
        settled.columns[code] = f"coalesce({', '.join(ways)})"
        if column.kind == "village_code":
            settled.columns[f"{code}@county"] = f"left({settled.columns[code]}, 6)"


def written_in(source: Source, column: Column) -> tuple[str | None, str, str | None]:
    """The clean columns in which a table writes town, village and day of a place; None where it has no such column."""
    if column.kind == "village_or_unit":
        return None, f"{column.name}@unit", None
    days = [
        one.name + ("@known" if one.kind == "from_date" else "")
        for one in source.columns.values()
        if one.kind in ("date", "from_date")
    ]
    return column.town_column, column.village_column or "", next(iter(days), None)


def places(db: duckdb.DuckDBPyConnection, source: Source, column: Column, sql: str) -> list[tuple[str | None, str]]:
    """Town and village as written in the rows that give no code."""
    town, village, _ = written_in(source, column)
    if not village:
        return []
    code = column.name if column.kind == "village_code" else f"{column.name}@village"
    return db.execute(
        f"SELECT DISTINCT {name(town) if town else 'NULL::VARCHAR'} AS town, {name(village)} AS village FROM {sql} "
        f"WHERE {name(code)} IS NULL AND {name(village)} IS NOT NULL ORDER BY ALL"
    ).fetchall()


def _places_written(
    db: duckdb.DuckDBPyConnection, source: Source, column: Column, sql: str, villages: Villages
) -> str | None:
    """Makes the table of what the places written in a column mean; None where there are none."""
    found = [
        (town, village, spell.since, spell.until, spell.code)
        for town, village in places(db, source, column, sql)
        for spell in villages.meant(town, village)
    ]
    if not found:
        return None
    table = f"places:{source.id}:{column.name}"
    _put(db, table, ["town", "village", "since", "until", "code"], found)
    return table


def _still_meant(decisions: str, tips: str) -> str:
    """Decisions about tips that still name whom they named when it was decided."""
    return (
        f"(SELECT i.* FROM {decisions} i ANTI JOIN {tips} t "
        'ON t."举报编号" = i."举报编号" AND t."被反映人" IS DISTINCT FROM i."姓名")'
    )


def _old_numbers(db: duckdb.DuckDBPyConnection, companies: str | None) -> None:
    """Old numbers that belong to one registered company only. The organisation code is characters 9–17 of the credit code
    (GB 32100-2015, 4.4)."""
    rows = companies or "(SELECT NULL AS 统一社会信用代码, NULL AS 工商注册号 LIMIT 0)"
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE old_numbers AS
        SELECT written, min(code) AS code FROM (
            SELECT '组织机构代码:' || substr("统一社会信用代码", 9, 9) AS written, "统一社会信用代码" AS code FROM {rows}
            UNION SELECT '注册号:' || "工商注册号", "统一社会信用代码" FROM {rows} WHERE "工商注册号" IS NOT NULL)
        GROUP BY written HAVING count(DISTINCT code) = 1
    """)


def _settle_company(db: duckdb.DuckDBPyConnection, column: Column, sql: str, settled: _Settled) -> None:
    """An old number that leads to one company is that company's code; any other says nothing, and the name remains."""
    old = f"contains(r.{name(column.name)}, ':')"
    if not _holds(db, f"FROM {sql} r WHERE {old}"):
        return
    number = len(settled.joins)
    settled.joins.append(f"LEFT JOIN old_numbers o{number} ON o{number}.written = r.{name(column.name)}")
    settled.columns[column.name] = f"CASE WHEN {old} THEN o{number}.code ELSE r.{name(column.name)} END"
    if column.kind == "person_or_company_id":
        company = f"{column.name}@company"
        settled.columns[company] = f"coalesce(r.{name(company)}, o{number}.code)"


def _holds(db: duckdb.DuckDBPyConnection, rows: str) -> bool:
    return bool(db.execute(f"SELECT 1 {rows} LIMIT 1").fetchall())
