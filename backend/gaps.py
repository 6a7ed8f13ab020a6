"""What a query could not look at: tables, towns and years that nobody handed in, and columns it reads that are often empty.

"Found nothing" is only said of what was looked at; what is listed here was not.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import duckdb

from backend.coverage import Covered, covered, town_names
from backend.packs import Packs, Query
from graph_loader.evidence import Evidence
from graph_loader.notes import keep_note, note_in
from graph_loader.sources import Column, Source

EXPECTED_ROWS = 10
"""A town or year is missed where, did it have as many rows as the others have on average, so many were expected: none at all then
comes by chance once in 20,000 times (Poisson)."""
OFTEN_EMPTY = 0.3
"""Share of a column's rows that are empty from which on a query that reads it is weakened (the issue's own example: 30 % of handlers)."""


@dataclass(frozen=True)
class Gap:
    """A table of which nothing is there for some towns (codes) or years; for nothing at all, both are empty. `needed`: the query
    does not run without the table; else some of its checks cannot be made."""

    table: str
    towns: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    needed: bool = False


@dataclass(frozen=True)
class Weakness:
    """A column that the query reads, and the share of its table's rows in which it is empty."""

    table: str
    column: str
    share: float


@dataclass(frozen=True)
class Outlook:
    gaps: tuple[Gap, ...] = ()
    weaknesses: tuple[Weakness, ...] = ()

    @property
    def told(self) -> str:
        """Both in one line for a terminal: tables and columns by their ids and names, towns by their codes."""
        said = []
        for gap in self.gaps:
            of = ", ".join([*gap.towns, *map(str, gap.years)])
            said.append(f"{gap.table}: {'no rows of ' + of if of else 'not delivered'}")
        said += [f"{one.table}.{one.column} is empty in {one.share:.0%}" for one in self.weaknesses]
        return "; ".join(said)

    @property
    def is_clear(self) -> bool:
        return not self.gaps and not self.weaknesses

    def as_json(self) -> dict[str, Any]:
        return {"gaps": [asdict(gap) for gap in self.gaps], "weaknesses": [asdict(one) for one in self.weaknesses]}


CLEAR = Outlook()
"""Everything was there."""


def outlooks(evidence: Evidence, packs: Packs) -> dict[str, Outlook]:
    """Query id → what it could not look at in the evidence in force."""
    seen, towns, empty = covered(evidence), tuple(town_names(evidence)), _empty_shares(evidence)
    return {
        query.id: Outlook(
            tuple(_gaps(query, evidence.delivered(), seen, towns)), tuple(_weaknesses(query, evidence.sources, empty))
        )
        for query in packs.queries
    }


def tables_of(query: Query) -> list[str]:
    """The tables that a query needs or uses, the needed ones first."""
    return list(dict.fromkeys([*(table for choices in query.needs for table in choices), *query.uses]))


def _gaps(query: Query, delivered: set[str], seen: Iterable[Covered], towns: tuple[str, ...]) -> Iterator[Gap]:
    counts = {table: [each for each in seen if each.table == table] for table in tables_of(query)}
    years = _years_asked([counts[table] for choices in query.needs for table in choices])
    for choices in query.needs:
        if not delivered & set(choices):
            yield from (Gap(table, needed=True) for table in choices)
    for table, rows in counts.items():
        alternatives = next((choices for choices in query.needs if table in choices), (table,))
        if table not in delivered:
            if delivered & set(alternatives) or table in query.uses:
                yield Gap(table)
            continue
        total = sum(each.rows for each in rows)
        at = {each.town for each in rows if each.town}
        on = {each.year for each in rows if each.year is not None}
        no_towns = tuple(town for town in towns if town not in at) if at and total >= EXPECTED_ROWS * len(at) else ()
        no_years = tuple(year for year in years if year not in on) if on and total >= EXPECTED_ROWS * len(on) else ()
        if no_towns or no_years:
            yield Gap(table, no_towns, no_years, needed=table not in query.uses and len(alternatives) == 1)


def _years_asked(needed: Iterable[list[Covered]]) -> range:
    """The years that all dated tables a query needs should have: from the latest first year of any to the latest year of any."""
    spans = [sorted({each.year for each in rows if each.year is not None}) for rows in needed]
    spans = [years for years in spans if years]
    return range(max(years[0] for years in spans), max(years[-1] for years in spans) + 1) if spans else range(0)


def _weaknesses(
    query: Query, sources: Mapping[str, Source], empty: Mapping[str, Mapping[str, float]]
) -> Iterator[Weakness]:
    words = frozenset(re.findall(r"\w+", query.text))
    for table in tables_of(query):
        for column in _columns_read(sources[table], words):
            share = empty.get(table, {}).get(column, 0.0)
            if share >= OFTEN_EMPTY:
                yield Weakness(table, column, share)


@cache
def _columns_read(source: Source, words: frozenset[str]) -> tuple[str, ...]:
    """The optional columns behind the relationships and properties that a query's text names."""
    read: dict[str, None] = {}
    for relationship in source.relationships:
        if relationship.type in words and relationship.when is None:
            for end in (relationship.start, relationship.end):
                read.update(dict.fromkeys(part for key in end.key for part in key.columns))
    for node in source.nodes:
        if node.label in words and node.home and node.when is None:
            read.update((told.column, None) for name, told in node.properties.items() if told.column and name in words)
    plain = dict.fromkeys(name.split("@")[0] for name in read)
    return tuple(name for name in plain if name in source.columns and not source.columns[name].required)


def _empty_shares(evidence: Evidence) -> dict[str, dict[str, float]]:
    """Table → optional column → share of its rows in force that leave it empty; counted once for each state of the evidence."""
    path = evidence.home / "graph" / "empty.json"
    told = evidence.version() + "".join(source.fingerprint for source in evidence.sources.values())
    state = sha256(told.encode()).hexdigest()
    kept = note_in(path)
    if kept.get("state") == state:
        return dict(kept["empty"])
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    with duckdb.connect() as db:
        for table, rows in sorted(evidence.rows_in_force().items()):
            optional = [column for column in evidence.sources[table].columns.values() if not column.required]
            if optional:
                counted = ", ".join(f"1 - count({_clean(column)}) / nullif(count(*), 0)" for column in optional)
                found = db.execute(f"SELECT {counted} FROM {rows}").fetchone() or ()
                shares[table] = {
                    column.name: round(share, 3) for column, share in zip(optional, found, strict=True) if share
                }
    path.parent.mkdir(parents=True, exist_ok=True)
    keep_note(path, {"state": state, "empty": shares})
    return shares


def _clean(column: Column) -> str:
    known = "@known" if column.kind in ("from_date", "to_date") else ""
    return '"' + (column.name + known).replace('"', '""') + '"'
