"""What was delivered for which town and year: rows of each table, so that "not delivered" is never read as "nothing found".

Which column says town and year stands in each table's spec (`coverage` in `source.toml`).
"""

from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import duckdb

from graph_loader.evidence import Evidence
from graph_loader.notes import keep_note, note_in
from graph_loader.sources import Source, departmental

TOWN_DIGITS = 9
"""A village's code begins with its town's."""


@dataclass(frozen=True)
class Covered:
    """Rows of one table for one town (code of 9 digits; empty: no town is stated) and year (None: the table has none)."""

    table: str
    town: str
    year: int | None
    rows: int


def covered(evidence: Evidence) -> tuple[Covered, ...]:
    """What the rows in force cover, whole county; counted once for each state of the evidence and kept beside the graph."""
    path = evidence.home / "graph" / "coverage.json"
    state = sha256(
        (evidence.version() + "".join(source.fingerprint for source in evidence.sources.values())).encode()
    ).hexdigest()
    kept = note_in(path)
    if kept.get("state") == state:
        return tuple(Covered(*each) for each in kept["covered"])
    rows = evidence.rows_in_force()
    found = _count(evidence, rows, rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_note(path, {"state": state, "covered": [astuple(each) for each in found]})
    return found


def tables_of(evidence: Evidence) -> dict[str, str]:
    """Id → title of the tables that a county is expected to deliver, and of others (OCDS) that it did."""
    expected, delivered = departmental(), evidence.delivered()
    return {
        id: source.title
        for id, source in evidence.sources.items()
        if id in expected or (id in delivered and not source.decided_here)
    }


def covered_by(evidence: Evidence, delivery: str) -> tuple[Covered, ...]:
    """What the rows of one delivery cover, whether or not a later one has corrected them."""
    return _covered_by(evidence.home, delivery, evidence.version())


@lru_cache(maxsize=200)
def _covered_by(home: Path, delivery: str, version: str) -> tuple[Covered, ...]:
    evidence = Evidence(home)
    own = {}
    for table in evidence.delivery(delivery).tables():
        if rows := evidence.rows_of(delivery, table):
            own[table] = rows
    return _count(evidence, own, own | evidence.rows_in_force())


def town_names(evidence: Evidence) -> dict[str, str]:
    """Code → name of the towns that the divisions in force list, in the order of their codes."""
    rows = evidence.rows_in_force().get("divisions")
    if not rows:
        return {}
    with duckdb.connect() as db:
        found = db.execute(f'SELECT DISTINCT "乡镇编码", "乡镇" FROM {rows} WHERE "乡镇编码" IS NOT NULL ORDER BY ALL')
        return dict(found.fetchall())


def _count(evidence: Evidence, counted: dict[str, str], known: dict[str, str]) -> tuple[Covered, ...]:
    """Counts the rows of the tables in `counted`; what they refer to is looked up in `known` (source id → SQL)."""
    places = _Places(evidence.sources, known)
    found: list[Covered] = []
    with places.db as db:
        for id, rows in sorted(counted.items()):
            source = evidence.sources[id]
            day = source.coverage.day
            year = f"CAST(year(r.{_name(day)}) AS INTEGER)" if day else "CAST(NULL AS INTEGER)"
            town, joined = places.town_of(source)
            counts = db.execute(
                f"SELECT coalesce({town}, '') AS town, {year} AS year, count(*) FROM {rows} r {joined} GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            found += [Covered(id, *each) for each in counts]
    return tuple(found)


class _Places:
    """In which town a row is: by its own code, by where its person is registered, or by what it belongs to."""

    def __init__(self, sources: dict[str, Source], rows: dict[str, str]) -> None:
        self.sources = sources
        self.rows = rows
        self.db = duckdb.connect()
        self.made: set[str] = set()

    def town_of(self, source: Source) -> tuple[str, str]:
        """SQL of the town of a row `r` of the table, and the joins it needs."""
        place = source.coverage.place
        if place is None:
            return "NULL", ""
        column = source.columns[place]
        if column.kind == "town_code":
            return f"r.{_name(place)}", ""
        if column.kind in ("village_code", "village_or_unit"):
            code = place if column.kind == "village_code" else f"{place}@village"
            return self._by_code_or_name(source, f"left(r.{_name(code)}, {TOWN_DIGITS})")
        if column.kind in ("person_id", "person_or_company_id"):
            ref = f"{place}@ref" if column.kind == "person_id" else f"{place}@person@ref"
            return self._looked_up("residents", "公民身份号码@ref", ref)
        other = next((each for each in self.sources.values() if each.key == (place,) and each is not source), None)
        return self._looked_up(other.id, place, place) if other else ("NULL", "")

    def _by_code_or_name(self, source: Source, code: str) -> tuple[str, str]:
        """The code's town; where only the town's name is given, the town of that name."""
        if "乡镇" not in source.columns or source.id == "divisions" or "divisions" not in self.rows:
            return code, ""
        if "town_names" not in self.made:
            self.made.add("town_names")
            self.db.execute(
                'CREATE TEMP TABLE town_names AS SELECT "乡镇" AS name, min("乡镇编码") AS town '
                f'FROM {self.rows["divisions"]} GROUP BY 1 HAVING count(DISTINCT "乡镇编码") = 1'
            )
        return f"coalesce({code}, named.town)", 'LEFT JOIN town_names named ON named.name = r."乡镇"'

    def _looked_up(self, table: str, key: str, column: str) -> tuple[str, str]:
        if table not in self.rows:
            return "NULL", ""
        places = f"places_{table}"
        if places not in self.made:
            self.made.add(places)
            town, joined = self.town_of(self.sources[table])
            self.db.execute(
                f"CREATE TEMP TABLE {places} AS SELECT r.{_name(key)} AS key, min({town}) AS town "
                f"FROM {self.rows[table]} r {joined} GROUP BY 1"
            )
        return "placed.town", f"LEFT JOIN {places} placed ON placed.key = r.{_name(column)}"


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
