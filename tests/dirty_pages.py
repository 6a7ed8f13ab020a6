"""Pages and files of a dirty drop: rows of a table as they stand in a sheet, with what must become of them, and how files are written."""

import io
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import xlsxwriter
import xlwt

from graph_loader.sources import Column, Source

Cell = str | int | float | date
Dice = random.Random

# Pages


@dataclass
class Line:
    """One row of data: its cells by column. `wrong`: the column for which it must end in quarantine; `records`: how many it holds."""

    cells: dict[str, Cell]
    wrong: str | None = None
    records: int = 1


HEADER = "header"
"""Stands among the lines where the header is repeated."""
Noise = list[Cell]
"""A row that is no data."""


@dataclass
class Page:
    """One table in one sheet. `order`: the columns as they stand; `headers`: how they are written; `groups`: words above
    headers that stand in a second row."""

    source: Source
    order: list[str]
    lines: list[Line | Noise | str]
    format: str
    town: str = ""
    year: str = ""
    name: str = "Sheet1"
    from_1904: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    above: list[Noise] = field(default_factory=list)
    below: list[Noise] = field(default_factory=list)
    restyled: set[str] = field(default_factory=set)

    def data(self) -> list[Line]:
        return [line for line in self.lines if isinstance(line, Line)]

    def sound(self) -> list[Line]:
        return [line for line in self.data() if line.wrong is None]

    def columns(self, *kinds: str) -> list[Column]:
        """Columns of these kinds that stand on the page and that no habit has written otherwise yet."""
        known = [self.source.columns[name] for name in self.order if name in self.source.columns]
        return [column for column in known if column.kind in kinds and column.name not in self.restyled]

    def restyle(self, name: str, write: Callable[[str], Cell | None]) -> bool:
        """Writes the filled cells of a column otherwise; where `write` gives None, or the row is wrong there, the cell stays."""
        changed = False
        for line in self.data():
            cell = line.cells.get(name, "")
            written = write(cell) if isinstance(cell, str) and cell and line.wrong != name else None
            if written is not None:
                line.cells[name] = written
                changed = True
        if changed:
            self.restyled.add(name)
        return changed

    def grid(self) -> list[tuple[Noise, Line | None]]:
        """The rows as they are written, each with the data it holds."""
        rows: list[tuple[Noise, Line | None]] = [(row, None) for row in self.above]
        rows += [(row, None) for row in self.header_rows()]
        for line in self.lines:
            if isinstance(line, Line):
                rows.append(([line.cells.get(name, "") for name in self.order], line))
            elif line == HEADER:
                rows += [(row, None) for row in self.header_rows()]
            else:
                rows.append((list(line), None))
        return rows + [(row, None) for row in self.below]

    def header_rows(self) -> list[Noise]:
        written = [self.headers.get(name, name) for name in self.order]
        if not self.groups:
            return [list(written)]
        upper: Noise = []
        for at, name in enumerate(self.order):
            group = self.groups.get(name)
            same = group is not None and at > 0 and self.groups.get(self.order[at - 1]) == group
            upper.append("" if same else group or written[at])
        return [upper, [text if name in self.groups else "" for name, text in zip(self.order, written, strict=True)]]


@dataclass
class Book:
    """One file: its pages, a sheet each or stacked in one, and sheets that hold no table."""

    path: str
    format: str
    pages: list[Page]
    stacked: bool = False
    others: list[str] = field(default_factory=list)
    merged_titles: bool = False

    def sheets(self) -> dict[str, list[tuple[Noise, Line | None]]]:
        if not self.stacked:
            return {page.name: page.grid() for page in self.pages}
        rows: list[tuple[Noise, Line | None]] = []
        for page in self.pages:
            rows += [*page.grid(), ([], None), ([], None)]
        return {self.pages[0].name: rows}

    def bytes(self) -> bytes:
        return FORMATS[self.format](self)


@dataclass
class Truth:
    """What must become of one sheet of one file."""

    read: int = 0
    wrong: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Row of the sheet and column that keeps it out."""


@dataclass
class Drop:
    """Deliveries in their order: path → bytes. `truths`: for each, (file, sheet, table) → what must become of it."""

    deliveries: list[dict[str, bytes]] = field(default_factory=list)
    truths: list[dict[tuple[str, str, str], Truth]] = field(default_factory=list)
    corrected: int = 0
    """Rows that each delivery after the first corrects."""
    resent: set[tuple[int, str]] = field(default_factory=set)
    """Number of a delivery and path of a file in it that an earlier delivery held under another name."""
    used: Counter[str] = field(default_factory=Counter)

    def files(self) -> int:
        """How many files of tables there are."""
        return sum(len({file for file, _, _ in truths}) for truths in self.truths)

    def write(self, folder: Path) -> list[Path]:
        """Puts each delivery into a folder of its own."""
        folders = []
        for number, files in enumerate(self.deliveries, 1):
            target = folder / f"delivery-{number}"
            for path, content in files.items():
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_bytes(content)
            folders.append(target)
        return folders

    def put(self, book: Book, files: dict[str, bytes], truths: dict[tuple[str, str, str], Truth]) -> None:
        files[book.path] = book.bytes()
        for name, rows in book.sheets().items():
            sheet = "" if book.format in TEXTS else name
            for page in book.pages:
                if page.name == name or book.stacked:
                    truths.setdefault((book.path, sheet, page.source.id), Truth())
            owner = {id(line): page.source.id for page in book.pages for line in page.data()}
            for number, (_, line) in enumerate(rows, 1):
                if line is not None:
                    truth = truths[book.path, sheet, owner[id(line)]]
                    truth.read += line.records
                    if line.wrong:
                        truth.wrong[number, line.wrong] += line.records


# Formats


def _csv(encoding: str, separator: str = ",") -> Callable[[Book], bytes]:
    def write(book: Book) -> bytes:
        (rows,) = book.sheets().values()
        lines = [separator.join(_quoted(cell, separator) for cell in row) for row, _ in rows]
        return ("\r\n".join(lines) + "\r\n").encode(encoding)

    return write


def _quoted(cell: Cell, separator: str) -> str:
    text = _text(cell)
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in (separator, '"', "\n", "\r")) else text


def _text(cell: Cell) -> str:
    return f"{cell:%Y/%-m/%-d}" if isinstance(cell, date) else str(cell)


def _xlsx(book: Book) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "date_1904": book.pages[0].from_1904}) as workbook:
        day = workbook.add_format({"num_format": "yyyy/m/d"})
        for name, rows in book.sheets().items():
            sheet = workbook.add_worksheet(name)
            width = max((len(row) for row, _ in rows), default=1)
            for at, (row, _) in enumerate(rows):
                if book.merged_titles and len(row) == 1 and width > 1 and row[0] != "":
                    sheet.merge_range(at, 0, at, width - 1, row[0])
                    continue
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, place, cell, day)
                    elif isinstance(cell, str):
                        if cell:
                            sheet.write_string(at, place, cell)
                    else:
                        sheet.write_number(at, place, cell)
        for name in book.others:
            sheet = workbook.add_worksheet(name)
            if name == "填表说明":
                sheet.write_string(0, 0, "一、请各乡镇于每月10日前报送；二、身份证号一律填18位。")
    return stream.getvalue()


def _xls(book: Book) -> bytes:
    workbook = xlwt.Workbook(encoding="utf-8")
    workbook.dates_1904 = book.pages[0].from_1904
    day = xlwt.easyxf(num_format_str="yyyy/m/d")
    for name, rows in book.sheets().items():
        sheet = workbook.add_sheet(name)
        for at, (row, _) in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write(at, place, cell, day)
                elif cell != "":
                    sheet.write(at, place, cell)
    for name in book.others:
        workbook.add_sheet(name)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


FORMATS: dict[str, Callable[[Book], bytes]] = {
    "UTF-8 .csv": _csv("utf-8"),
    "UTF-8 with mark .csv": _csv("utf-8-sig"),
    "GB18030 .csv": _csv("gb18030"),
    "UTF-16 .csv": _csv("utf-16"),
    "tabs .txt": _csv("utf-8", "\t"),
    "GB18030 .txt": _csv("gb18030"),
    ".xlsx": _xlsx,
    ".xlsm": _xlsx,
    ".xls": _xls,
    ".et": _xls,
}
"""How a file is written, by name; the name ends with the suffix. All are habits of their own."""
TEXTS = {name for name in FORMATS if not name.startswith(".")}
