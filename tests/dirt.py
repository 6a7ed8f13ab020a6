"""Dirty drops with known truth: the rows of a small invented county, spread over files as departments really send them.

`clean_tables` gives the rows; `dirty_drop` spreads them over pages, lets habits (tests/habits.py) loose on each and binds the pages
into files (tests/dirty_pages.py). Every sheet knows how many records it holds and which rows must end in quarantine, and why.
"""

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

from dirty_pages import FORMATS, TEXTS, Book, Dice, Drop, Line, Noise, Page, Truth
from habits import HABITS

from graph_loader.sample import grow_county
from graph_loader.sample.drop import TABLES
from graph_loader.sample.payments import payment_tables
from graph_loader.sample.tables import HEADERS
from graph_loader.sources import Source, load_sources

Rows = list[dict[str, str]]

# The clean drop


@cache
def clean_tables() -> dict[str, Rows]:
    """Source id → rows under canonical headers, cut out of the sample county around the people of a few households."""
    county = grow_county("S", 1)
    titles = {source.title: source.id for source in load_sources().values()}
    whole = {titles[title]: [_texts(HEADERS[title], row) for row in rows(county)] for title, rows in TABLES.items()}
    whole["payments"] = [
        {name: cell or "" for name, cell in row.items()}
        for _, table in payment_tables(county)
        for row in table.to_pylist()
    ]
    households = list(dict.fromkeys(row["户号"] for row in whole["residents"]))[::20]
    people = {row["公民身份号码"] for row in whole["residents"] if row["户号"] in set(households)}
    officials = {row["身份证号"] for id in ("officials", "village_cadres") for row in whole[id][::3]}
    kept = {
        id: [row for row in rows if _about(id, row, people | officials) and not _ends_in_zeros(row)]
        for id, rows in whole.items()
    }
    paid = {row["申请编号"] for row in kept["applications"]}
    kept["payments"] = [row for row in kept["payments"] if not row["申请编号"] or row["申请编号"] in paid]
    few = {id for id, rows in kept.items() if len(rows) < 40}
    kept |= {id: [row for row in whole[id] if not _ends_in_zeros(row)] for id in few}
    tables = {id: _thinned(rows, 60 if id in few else 240) for id, rows in kept.items()}
    for id, rows in _belonging_together(tables).items():
        tables[id] = [*tables[id], *rows]
    return tables


TOGETHER = "together"
"""Begins the keys of rows that some layouts put into one row of a sheet: so they are not spread over files."""


def _belonging_together(tables: dict[str, Rows]) -> dict[str, Rows]:
    """Payments of a year, members of a household on one register, candidates of one tender: all equal but for what differs."""
    payments: Rows = []
    for number, row in enumerate(tables["payments"][:6]):
        same = {**dict.fromkeys(row, ""), **{name: row[name] for name in ("项目编码", "姓名", "身份证号", "账号")}}
        payments += [
            {
                **same,
                "发放流水号": f"{TOGETHER}{number}-2021-{month:02d}",
                "金额": f"{100 + month}.50",
                "发放日期": f"2021-{month:02d}-01",
            }
            for month in range(1, 13)
        ]
    registers: Rows = []
    for row in tables["residents"][:40]:
        name, number, village = row["姓名"], row["公民身份号码"], row["村编码"]
        registers.append({"名册": f"{TOGETHER}{row['户号']}", "身份证号": number, "姓名": name, "村编码": village,
                          "起始日期": "2019-03-01", "终止日期": "", "依据": "整户纳入"})  # fmt: skip
    bids: Rows = []
    empty = dict.fromkeys(tables["bids"][0], "")
    for tender in range(6):
        firms = list(dict.fromkeys(row["投标人"] for row in tables["bids"][tender * 30 :]))[:3]
        same = {"项目编号": f"{TOGETHER}{tender}", "标段": "1", "招标方式": "公开招标", "开标日期": "2021-05-06"}
        for rank, firm in enumerate(firms, 1):
            won = "否" if rank > 1 else "是"
            bids.append(
                {
                    **empty,
                    **same,
                    "投标人": firm,
                    "报价（元）": str(500_000 + rank),
                    "是否中标": won,
                    "候选排名": str(rank),
                }
            )
    return {"payments": payments, "registers": registers, "bids": bids}


def _texts(headers: Sequence[str], row: Sequence[object]) -> dict[str, str]:
    return {header: "" if cell is None else str(cell) for header, cell in zip(headers, row, strict=True)}


def _about(id: str, row: dict[str, str], people: set[str]) -> bool:
    """Whether a row speaks of one of the people; tables that are not about people are kept whole."""
    numbers = [cell for name, cell in row.items() if load_sources()[id].columns[name].kind.startswith("person")]
    return not any(numbers) or any(number in people for number in numbers)


def _ends_in_zeros(row: dict[str, str]) -> bool:
    """Whether a number looks as if a spreadsheet had cut it, which is lawful where no other number of its column does."""
    return any(re.fullmatch(r"\d{15}0{3,}", cell) for cell in row.values())


def _thinned(rows: Rows, most: int) -> Rows:
    step = max(1, len(rows) // most)
    return rows[::step]


def clean_drop(tables: dict[str, Rows]) -> dict[str, bytes]:
    """One plain CSV a table under its canonical headers."""
    files = {}
    for id, rows in tables.items():
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        files[f"{load_sources()[id].title}.csv"] = text.getvalue().encode()
    return files


# The dirty drop

SEVERAL_SHEETS = "several sheets of one table"
SEVERAL_TABLES = "several tables in one workbook"
STACKED = "tables stacked in one sheet"
TOWN_SHEETS = "sheet named by its town"
EMPTY_SHEET = "empty sheet beside"
NOTES_SHEET = "sheet of notes beside"
MERGED_TITLES = "merged titles"
FROM_1904 = "days counted from 1904"
SAME_BYTES = "same bytes under a new name"
ROW_ELSEWHERE = "row again in another file"
LOCKED = "locked temporary file"
SYSTEM_FILES = "files of the system"
ZIPPED = "zipped folder with GBK names"
CORRECTIONS = "correction of a correction"

LAYOUTS = (SEVERAL_SHEETS, SEVERAL_TABLES, STACKED, TOWN_SHEETS, EMPTY_SHEET, NOTES_SHEET, MERGED_TITLES, FROM_1904)
FOLDERS = (SAME_BYTES, ROW_ELSEWHERE, LOCKED, SYSTEM_FILES, ZIPPED, CORRECTIONS)
EVERY_HABIT = (*HABITS, *FORMATS, *LAYOUTS, *FOLDERS)
"""Those of one sheet, of how a file is written, of a file, and of a folder or several."""

MUTABLE = ("amount", "wan_amount", "number", "date", "text")
"""Kinds of columns in which a row may be sent wrong first and corrected later."""


@dataclass
class Part:
    """Rows of one table that stand in one sheet, with the town and the year they belong to, where that is so."""

    source: Source
    town: str
    year: str
    rows: Rows
    copies: Rows = field(default_factory=list)


class Dirtier:
    """Makes one dirty drop of some tables. `allowed`: the habits it may use; those it used least so far come first."""

    def __init__(self, tables: dict[str, Rows], seed: int, allowed: Collection[str]) -> None:
        self.tables = tables
        self.dice = Dice(seed)
        self.allowed = set(allowed)
        self.drop = Drop()

    def drop_of(self, files: int) -> Drop:
        wrong: dict[str, Rows] = {}
        if CORRECTIONS in self.allowed:
            alone = {
                id: [row for row in rows if not _together(id, row)] for id, rows in self.tables.items() if _mutable(id)
            }
            wrong = {id: rows[:: max(1, len(rows) // 6)] for id, rows in alone.items() if rows}
        first = {
            id: [_altered(id, row, 1) if row in wrong.get(id, []) else row for row in rows]
            for id, rows in self.tables.items()
        }
        self.deliver(first, files * 3 // 4 if wrong else files)
        for version in (2, 0) if wrong else ():
            self.deliver({id: [_altered(id, row, version) for row in rows] for id, rows in wrong.items()}, files // 8)
            self.drop.used[CORRECTIONS] += sum(map(len, wrong.values()))
        self.drop.corrected = sum(map(len, wrong.values()))
        return self.drop

    def least_used(self, names: Collection[str], count: int = 1) -> list[str]:
        """Those allowed among these that were used least so far, equals by chance."""
        able = sorted(name for name in names if name in self.allowed)
        self.dice.shuffle(able)
        return sorted(able, key=lambda name: self.drop.used[name])[:count]

    def deliver(self, tables: dict[str, Rows], files: int) -> None:
        """One more delivery, of about so many files."""
        whole = sum(map(len, tables.values()))
        parts: list[Part] = []
        for id, rows in tables.items():
            # Half of the files in equal parts a table, half by its rows.
            count = max(1, round(files / len(tables) / 2 + files / 2 * len(rows) / whole))
            parts += self.parts(load_sources()[id], rows, count)
        if ROW_ELSEWHERE in self.allowed:
            self.copy_rows(parts)
        self.dice.shuffle(parts)
        delivered: dict[str, bytes] = {}
        truths: dict[tuple[str, str, str], Truth] = {}
        number = 0
        while parts:
            number += 1
            self.drop.put(self.book(number, parts), delivered, truths)
        self.drop.deliveries.append(delivered)
        self.drop.truths.append(truths)
        self.beside(delivered, truths)

    def parts(self, source: Source, rows: Rows, count: int) -> Iterator[Part]:
        """Rows in about `count` parts: per town, per year, or just cut."""
        towns = {row["乡镇编码"]: row["乡镇"] for row in clean_tables()["divisions"]}
        way = self.dice.choice(("year", "cut") if "乡镇" in rows[0] else ("town", "year", "cut"))
        village = next((c.name for c in source.columns.values() if c.kind == "village_code"), "")
        day = next((c.name for c in source.columns.values() if c.kind in ("date", "from_date") and c.required), "")
        groups: dict[tuple[str, str], Rows] = defaultdict(list)
        for row in rows:
            town = towns.get(row[village][:9], "") if village and way == "town" else ""
            year = row[day][:4] if day and way == "year" else ""
            groups[("", TOGETHER) if _together(source.id, row) else (town, year)].append(row)
        each = max(1, -(-len(rows) // count))
        for (town, year), group in sorted(groups.items()):
            if year == TOGETHER:
                few = {"payments": 12, "registers": 10, "bids": 3}[source.id]
                for at in range(0, len(group), few):
                    yield Part(source, "", "", group[at : at + few])
                continue
            self.dice.shuffle(group)
            for at in range(0, len(group), each):
                yield Part(source, town, year, group[at : at + each])

    def copy_rows(self, parts: list[Part]) -> None:
        for part in self.dice.sample(parts, len(parts) // 8):
            others = [
                o for o in parts if o.source is part.source and o is not part and not _together(o.source.id, o.rows[0])
            ]
            if others and not _together(part.source.id, part.rows[0]):
                self.dice.choice(others).copies.append(self.dice.choice(part.rows))
                self.drop.used[ROW_ELSEWHERE] += 1

    def book(self, number: int, parts: list[Part]) -> Book:
        """The next part, or the next few where the layout asks for them, as a file."""
        first = parts.pop()
        same = [part for part in parts if part.source is first.source][:2]
        others = [part for part in parts if part.source is not first.source][:1]
        beside = {SEVERAL_SHEETS: same, SEVERAL_TABLES: others, STACKED: others, TOWN_SHEETS: self.by_town(first)[1:]}
        able = [layout for layout in LAYOUTS if beside.get(layout, True)]
        layout = (self.least_used(able) or [""])[0] if self.dice.random() < 0.4 else ""
        bound = self.by_town(first) if layout == TOWN_SHEETS else [first, *beside.get(layout, [])]
        for part in bound[1:]:
            if part in parts:
                parts.remove(part)
        may_be_text = layout in ("", STACKED)
        format = (self.least_used([f for f in FORMATS if may_be_text or f not in TEXTS]) or [".xlsx"])[0]
        pages = [self.page(part, format, layout) for part in bound]
        for at, page in enumerate(pages, 1):
            page.name = page.town if layout == TOWN_SHEETS else f"{page.town or page.year or page.source.title}{at}"
        hint = "_".join(filter(None, (bound[0].source.title, bound[0].town, bound[0].year)))
        path = f"{self.dice.choice(('', '第一批/', '镇村报送/'))}{hint}_{number}{format[format.rindex('.') :]}"
        self.drop.used.update([format, *([layout] if layout else [])])
        sheets = {EMPTY_SHEET: ["Sheet2", "Sheet3"], NOTES_SHEET: ["填表说明"]}.get(layout, [])
        return Book(path, format, pages, layout == STACKED, sheets, layout == MERGED_TITLES)

    def by_town(self, part: Part) -> list[Part]:
        if "乡镇" not in part.rows[0]:
            return [part]
        towns = list(dict.fromkeys(row["乡镇"] for row in part.rows))
        return [Part(part.source, town, "", [row for row in part.rows if row["乡镇"] == town]) for town in towns]

    def page(self, part: Part, format: str, layout: str) -> Page:
        lines: list[Line | Noise | str] = [Line(dict(row)) for row in part.rows]
        lines += [Line(dict(row)) for row in part.copies]
        page = Page(part.source, list(part.rows[0]), lines, format, part.town, part.year, from_1904=layout == FROM_1904)
        if layout == TOWN_SHEETS:
            page.order.remove("乡镇")
        fitting = [name for name, habit in HABITS.items() if habit.fits(page)]
        wanted = self.least_used(fitting, 2 * self.dice.randint(1, 6))
        wanted += self.dice.sample([name for name in fitting if name in self.allowed], min(2, len(self.allowed) // 20))
        for name in sorted(dict.fromkeys(wanted), key=self.turn):
            if HABITS[name].apply(page, self.dice) is not False:
                self.drop.used[name] += 1
        return page

    def turn(self, name: str) -> tuple[int, int]:
        """Habits in the order they are listed in; of those after the same columns, which not all can have, the least used first."""
        kinds = HABITS[name].kinds
        place = next(
            at for at, other in enumerate(HABITS.values()) if other.name == name or (kinds and other.kinds == kinds)
        )
        return place, self.drop.used[name]

    def beside(self, files: dict[str, bytes], truths: dict[tuple[str, str, str], Truth]) -> None:
        """What lies in the folder besides: the same files again, files that are locked, files of the system."""
        if ZIPPED in self.allowed:
            packed = self.dice.sample(sorted(files), min(3, len(files)))
            name = "镇村报送.zip"
            files[name] = zipped({path: files.pop(path) for path in packed})
            for key in [key for key in truths if key[0] in packed]:
                truths[f"{name}/{key[0]}", *key[1:]] = truths.pop(key)
            self.drop.used[ZIPPED] += 1
        if SAME_BYTES in self.allowed:
            number = len(self.drop.deliveries)
            plain = sorted({file for file, _, _ in truths} & files.keys())
            for at, path in enumerate(self.dice.sample(plain, min(2, len(plain)))):
                self.again(f"副本{at}_{path.rpartition('/')[2]}", path, number, number)
            if number > 1:
                old = self.dice.choice(
                    sorted({file for file, _, _ in self.drop.truths[0]} & self.drop.deliveries[0].keys())
                )
                self.again(f"上月_{old.rpartition('/')[2]}", old, number, 1)
        if LOCKED in self.allowed:
            files["~$补贴发放.xlsx"] = b"\x05admin" + bytes(160)
            files["镇村报送/~$名册.xls"] = b"\x05admin" + bytes(160)
            self.drop.used[LOCKED] += 2
        if SYSTEM_FILES in self.allowed:
            files |= {
                "Thumbs.db": b"\xd0\xcf\x11\xe0",
                ".DS_Store": bytes(8),
                "报送说明.docx": b"PK",
                "desktop.ini": b"[x]",
            }
            self.drop.used[SYSTEM_FILES] += 4

    def again(self, path: str, old: str, number: int, of: int) -> None:
        files, truths = self.drop.deliveries[number - 1], self.drop.truths[number - 1]
        if path in files:
            return
        files[path] = self.drop.deliveries[of - 1][old]
        for (file, sheet, table), truth in list(self.drop.truths[of - 1].items()):
            if file == old:
                truths[path, sheet, table] = truth
        if of != number:
            self.drop.resent.add((number, path))
        self.drop.used[SAME_BYTES] += 1


def _together(id: str, row: dict[str, str]) -> bool:
    return row[load_sources()[id].key[0]].startswith(TOGETHER)


def _mutable(id: str) -> bool:
    return _mutable_column(id) is not None


def _mutable_column(id: str) -> str | None:
    source = load_sources()[id]
    names = [name for name in HEADERS[source.title] if name not in source.key and source.columns[name].kind in MUTABLE]
    return names[0] if names else None


def _altered(id: str, row: dict[str, str], version: int) -> dict[str, str]:
    """A row as it was sent first (1), corrected once, wrongly again (2), and as it is (0)."""
    name = _mutable_column(id)
    if name is None or version == 0:
        return row
    kind, cell = load_sources()[id].columns[name].kind, row[name]
    if kind == "text":
        wrong = f"{cell}第{version}稿"
    elif kind == "date":
        wrong = (date.fromisoformat(cell or "2020-01-01") + timedelta(days=version)).isoformat()
    else:
        wrong = str(float(cell or "0") + version)
    return {**row, name: wrong}


def dirty_drop(tables: dict[str, Rows], seed: int, files: int, allowed: Collection[str] = EVERY_HABIT) -> Drop:
    """About `files` files that say what the tables say, by the habits allowed, always the same for one seed."""
    return Dirtier(tables, seed, allowed).drop_of(files)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zipped folder as Windows packs it: names in GBK, without the mark of UTF-8."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(_GbkName(path), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


class _GbkName(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits & ~0x800
