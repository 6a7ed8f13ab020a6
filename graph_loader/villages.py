"""Which village a row means that writes town and village by name, and which village an older code or name leads to today.

A village is known by town and name together: a name alone, even one that is unique in the county, leads nowhere. Names that a
village had before, and villages that were merged into others, lead to the village of today.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import duckdb
from rapidfuzz import fuzz

ALWAYS = (date(1, 1, 1), date(9999, 12, 31))
COMMITTEE = re.compile(r"(?:(?<=村)(?:民委员会|委员会|委会|委)|(?<=社区)(?:居民委员会|居委会|委员会))$")
"""What a sheet writes behind the name of a village when it means its committee."""
ENDING = re.compile(r"(?<=.)(?:行政村|村|社区|居民委员会|居委会)$")
TOWN_ENDING = re.compile(r"(?<=.)(?:镇|乡|街道办事处|街道|办事处)$")
NEAR = 60
"""So alike (0–100) must a written name be to that of a village to be offered as what may be meant."""


@dataclass(frozen=True)
class Village:
    """A row of the divisions in force. `former`: names it had until `renamed`; `into`: the code it was merged into, on `merged`."""

    code: str
    name: str
    town: str
    town_name: str
    county: str
    former: tuple[str, ...] = ()
    renamed: date | None = None
    into: str | None = None
    merged: date | None = None


@dataclass(frozen=True)
class Spell:
    """The village of today that a written place means on the days `since <= day < until`."""

    code: str
    since: date = ALWAYS[0]
    until: date = ALWAYS[1]


@dataclass
class Villages:
    """The villages of the divisions in force."""

    all: dict[str, Village]
    _towns: dict[str, set[str]] = field(default_factory=dict)
    _by_town: dict[str, list[Village]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for village in self.all.values():
            for written in {village.town_name, village.county + village.town_name, _town_stem(village.town_name)}:
                self._towns.setdefault(written, set()).add(village.town)
            self._towns.setdefault(village.town, set()).add(village.town)
            self._by_town.setdefault(village.town, []).append(village)

    def today(self, code: str) -> str:
        """The village that a code leads to: itself, or the last one it was merged into."""
        seen = {code}
        while (village := self.all.get(code)) and village.into and village.into not in seen:
            code = village.into
            seen.add(code)
        return code

    def merged(self) -> dict[str, str]:
        """Codes of villages that are no more → the village of today."""
        return {code: today for code in self.all if (today := self.today(code)) != code}

    def towns(self, written: str | None) -> set[str]:
        """Codes of the towns that a text names: its name, with the county before it or without 镇/乡 behind it, or its code."""
        text = _bare(written)
        return self._towns.get(text, set()) or self._towns.get(text[:9] if text.isdigit() else _town_stem(text), set())

    def meant(self, town: str | None, village: str) -> list[Spell]:
        """The villages that a town and a village name mean, on days that do not overlap; empty when no town is known or
        several villages could be meant."""
        found: dict[Spell, None] = {}
        for towns, rest in self._taken_apart(town, village):
            there = [one for code in sorted(towns) for one in self._by_town[code]]
            spells = self._named(there, COMMITTEE.sub("", rest), whole=True)
            found |= dict.fromkeys(spells or self._named(there, COMMITTEE.sub("", rest), whole=False))
        return _apart(list(found))

    def near(self, town: str | None, village: str, most: int = 5) -> list[tuple[Village, int]]:
        """Villages whose names come near to what is written, with the likeness of 0–100; those of the town written first."""
        towns, name = self.towns(town), COMMITTEE.sub("", _bare(village))
        scored = [
            (one, round(max(fuzz.ratio(name, known) for known in (one.name, one.town_name + one.name, *one.former))))
            for one in self.all.values()
        ]
        likely = [(one, score) for one, score in scored if score >= NEAR]
        return sorted(likely, key=lambda pair: (pair[0].town not in towns, -pair[1], pair[0].code))[:most]

    def _taken_apart(self, town: str | None, village: str) -> list[tuple[set[str], str]]:
        """Towns and village name: of two cells, or of one cell that holds both."""
        village = _bare(village)
        apart = [(self.towns(town), village)] if self.towns(town) else []
        for name, towns in self._towns.items():
            agree = apart[0][0] & towns if apart else towns
            if agree and TOWN_ENDING.search(name) and village.startswith(name) and len(village) > len(name):
                apart.append((agree, village[len(name) :]))
        return apart

    def _named(self, there: Iterable[Village], name: str, whole: bool) -> list[Spell]:
        def same(known: str) -> bool:
            return known == name if whole else _stem(known) == _stem(name)

        spells = []
        for one in there:
            today = self.today(one.code)
            if same(one.name):
                until = one.merged if one.into and one.merged else ALWAYS[1]
                spells.append(Spell(today, one.renamed or ALWAYS[0], until))
            if any(same(former) for former in one.former):
                spells.append(Spell(today, ALWAYS[0], one.renamed or ALWAYS[1]))
        return spells


def villages_of(db: duckdb.DuckDBPyConnection, divisions: str | None) -> Villages:
    """The villages of the divisions' rows in force, given as SQL of a table."""
    if divisions is None:
        return Villages({})
    found = db.execute(
        f'SELECT "村编码", "村", "乡镇编码", "乡镇", "县", "曾用名", "更名日期", "并入村编码", "撤并日期" FROM {divisions} ORDER BY 1'
    ).fetchall()
    return Villages(
        {
            row[0]: Village(row[0], _bare(row[1]), row[2], _bare(row[3]), _bare(row[4]), tuple(row[5] or ()), *row[6:])
            for row in found
        }
    )


def _bare(text: str | None) -> str:
    return re.sub(r"\s", "", text or "")


def _stem(name: str) -> str:
    return ENDING.sub("", name)


def _town_stem(name: str) -> str:
    return TOWN_ENDING.sub("", name)


def _apart(spells: list[Spell]) -> list[Spell]:
    """Spells that do not overlap. A name that only one village ever had means it on every day, since sheets keep old names;
    one that several had means whichever alone had it on the day."""
    codes = {spell.code for spell in spells}
    if len(codes) == 1:
        return [Spell(codes.pop())]
    bounds = sorted({*ALWAYS, *(day for spell in spells for day in (spell.since, spell.until))})
    apart = []
    for since, until in pairwise(bounds):
        there = {spell.code for spell in spells if spell.since <= since < spell.until}
        if len(there) == 1:
            apart.append(Spell(there.pop(), since, until))
    return apart
