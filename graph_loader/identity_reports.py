"""What people should look into about identity: nothing here is ever merged.

Two names under one ID number, two numbers under one name and birthday, companies known by a name only, places written by names
that lead to no village.
"""

from typing import Any

import duckdb

from graph_loader.evidence import Evidence
from graph_loader.names import is_masked
from graph_loader.resolution import resolve, written_in
from graph_loader.state import name, node_table, text
from graph_loader.villages import villages_of

Report = list[dict[str, Any]]


def identity_reports(evidence: Evidence) -> dict[str, Report]:
    """`two_names`, `two_ids`, `companies_by_name` and `places`, each a list of plain records; numbers are masked."""
    with duckdb.connect() as db:
        rows = resolve(db, evidence.sources, evidence.rows_in_force())
        reports = {"two_names": _two_names(db, evidence, rows), "places": _places(db, evidence, rows)}
        state = evidence.home / "graph" / "state.duckdb"
        if state.exists():
            db.execute(f"ATTACH {text(state)} AS state (READ_ONLY)")
        return {
            "two_names": reports["two_names"],
            "two_ids": _two_ids(db) if state.exists() else [],
            "companies_by_name": _companies_by_name(db) if state.exists() else [],
            "places": reports["places"],
        }


def _two_names(db: duckdb.DuckDBPyConnection, evidence: Evidence, rows: dict[str, str]) -> Report:
    """People whose number stands beside different names: `ref`, `id`, and `names` with the tables and a row for each."""
    selects = [
        f"SELECT {name(column + '@ref')} AS ref, {name(column + '@masked')} AS id, {name(named)} AS name, "
        f"'{source.title}' AS title, _delivery, _file, _sheet, min(_row) AS _row "
        f"FROM {rows[source.id]} WHERE {name(column + '@identified')} AND {name(named)} IS NOT NULL GROUP BY ALL"
        for source in evidence.sources.values()
        if source.id in rows
        for column, named in source.person_names.items()
    ]
    if not selects:
        return []
    found = db.execute(
        f"""
        WITH named AS ({" UNION ALL ".join(selects)}),
        several AS (SELECT ref FROM named GROUP BY ref HAVING count(DISTINCT name) > 1)
        SELECT ref, any_value(id), name, list_sort(list(DISTINCT title)),
               min({{'delivery': _delivery, 'file': _file, 'sheet': _sheet, 'row': _row}})
        FROM named SEMI JOIN several USING (ref) GROUP BY ref, name ORDER BY ref, name
        """
    ).fetchall()
    people: dict[str, dict[str, Any]] = {}
    for ref, number, known, titles, row in found:
        if not is_masked(known):
            one = people.setdefault(ref, {"ref": ref, "id": number, "names": []})
            one["names"].append({"name": known, "tables": titles, "row": row})
    return [one for one in people.values() if len(one["names"]) > 1]


def _two_ids(db: duckdb.DuckDBPyConnection) -> Report:
    """Different numbers with one name and birthday, those of one village first: `name`, `birth`, `same_village`, `people`."""
    found = db.execute(
        f"""
        SELECT name, birth::VARCHAR, coalesce(count(DISTINCT village) = 1 AND count(village) = count(*), FALSE) AS same,
               list({{'ref': key, 'id': id_masked, 'village': coalesce(town_name, '') || coalesce(village_name, ''),
                     'household': household}} ORDER BY key)
        FROM state.{name(node_table("Person"))} WHERE identified AND name IS NOT NULL AND birth IS NOT NULL
        GROUP BY name, birth HAVING count(*) > 1 ORDER BY same DESC, name, birth
        """
    ).fetchall()
    return [{"name": row[0], "birth": row[1], "same_village": row[2], "people": row[3]} for row in found]


def _companies_by_name(db: duckdb.DuckDBPyConnection) -> Report:
    """Companies without a credit code: `name`, and the registered ones that bear or bore that name."""
    table = f"state.{name(node_table('Company'))}"
    found = db.execute(
        f"""
        SELECT u.name, list({{'code': k.key, 'name': k.name, 'former': k.name <> u.name}} ORDER BY k.key)
                       FILTER (WHERE k.key IS NOT NULL)
        FROM {table} u LEFT JOIN (SELECT key, name, unnest(list_concat([name], coalesce(former_names, []))) AS known
                                  FROM {table} WHERE identified) k ON k.known = u.name
        WHERE NOT u.identified GROUP BY u.name ORDER BY count(k.key) = 0, u.name
        """
    ).fetchall()
    return [{"name": row[0], "registered": row[1] or []} for row in found]


def _places(db: duckdb.DuckDBPyConnection, evidence: Evidence, rows: dict[str, str]) -> Report:
    """Places written by names that lead to no village: `table`, `town`, `village`, `rows`, the first `row`, and near `villages`."""
    villages = villages_of(db, rows.get("divisions"))
    unresolved: Report = []
    for source in evidence.sources.values():
        for column in source.columns.values():
            if source.id not in rows or column.kind != "village_code" or not column.village_column:
                continue
            town, village, _ = written_in(source, column)
            found = db.execute(
                f"""
                SELECT {name(town or "")}, {name(village)}, count(*),
                       min({{'delivery': _delivery, 'file': _file, 'sheet': _sheet, 'row': _row}})
                FROM {rows[source.id]} WHERE {name(column.name)} IS NULL AND {name(village)} IS NOT NULL
                GROUP BY ALL ORDER BY ALL
                """
            ).fetchall()
            unresolved += [
                {
                    "table": source.id,
                    "town": row[0] or "",
                    "village": row[1],
                    "rows": row[2],
                    "row": row[3],
                    "villages": [
                        {"code": one.code, "name": f"{one.town_name}{one.name}", "likeness": score}
                        for one, score in villages.near(row[0], row[1])
                    ],
                }
                for row in found
            ]
    return unresolved
