"""The matrix of what was delivered: tables by towns, and each table with days by towns and years."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from backend.coverage import Covered

MOST_YEARS = 14
"""Columns of years; earlier ones are counted together."""


@dataclass
class TableCover:
    """A line of the matrix. `towns`: code (empty: none stated) → rows; `years`: (code, year) → rows."""

    title: str
    total: int = 0
    towns: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    years: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    columns: tuple[int, ...] = ()
    """Years from the first to the last that any table has, as far as there is room."""
    earlier: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Town → rows before the first of `columns`."""

    @property
    def by_town(self) -> bool:
        return any(self.towns)

    @property
    def span(self) -> str:
        years = sorted({year for _, year in self.years})
        return "–".join(str(year) for year in dict.fromkeys((years[0], years[-1]))) if years else ""

    def years_of(self, town: str) -> str:
        years = sorted({year for code, year in self.years if code == town})
        return "–".join(str(year) for year in dict.fromkeys((years[0], years[-1]))) if years else ""


@dataclass(frozen=True)
class Matrix:
    towns: dict[str, str]
    """Code → name; the empty code last, where rows state no town."""
    tables: dict[str, TableCover]


def matrix(
    covered: Iterable[Covered],
    titles: Mapping[str, str],
    names: Mapping[str, str],
    nowhere: str,
    only: frozenset[str] = frozenset(),
) -> Matrix:
    """The matrix of the tables in `titles`, of some towns only where `only` names any. `nowhere`: heading of rows without a town."""
    tables = {id: TableCover(title) for id, title in titles.items()}
    for each in covered:
        if each.table not in tables or (only and each.town not in only):
            continue
        line = tables[each.table]
        line.total += each.rows
        line.towns[each.town] += each.rows
        if each.year is not None:
            line.years[each.town, each.year] += each.rows
    for line in tables.values():
        found = sorted({year for _, year in line.years})
        if found:
            line.columns = tuple(range(max(found[0], found[-1] - MOST_YEARS + 1), found[-1] + 1))
        for (town, year), rows in line.years.items():
            if line.columns and year < line.columns[0]:
                line.earlier[town] += rows
    used = {town for line in tables.values() if line.by_town for town in line.towns}
    shown = {code: name for code, name in names.items() if not only or code in only}
    shown |= {code: code for code in sorted(used - shown.keys()) if code}
    if "" in used:
        shown[""] = nowhere
    return Matrix(shown, tables)
