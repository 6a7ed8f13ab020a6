"""Files as departments send them, read into sheets of text cells with the row numbers a spreadsheet shows.

What a file is, its content says and not its name. Only cached values of a workbook are read: its formulas, macros and external
links are never run, and XML that declares entities is refused. What would fill the memory is refused before it is unpacked.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

from graph_loader.errors import GuanxiError
from graph_loader.headers import HEADER_DEPTH

WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".et")
TEXTS = (".csv", ".txt")
ARCHIVES = (".zip",)

MOST_CELLS = 60_000_000
"""Cells a sheet may span: 1,048,576 rows of 57 columns. A workbook of a kilobyte may claim 17 billion."""
MOST_EMPTY = 50
"""Times as many cells as are written that a large sheet may span; a cell in the far corner makes it millions."""
SMALL_SPAN = 1_000_000
"""Cells that any sheet may span."""
MOST_BYTES = 2_000_000_000
"""Bytes the parts of a workbook may unpack to."""
MOST_RATIO = 200
"""Times a large part of a workbook may grow when unpacked; the densest real sheets stay below 100."""
LONGEST_CELL = 262_144
"""Bytes of a cell: a spreadsheet keeps 32,767 characters, each up to eight bytes as XML writes it."""
LONGEST_LINE = 64 * LONGEST_CELL
"""Bytes of a line of text."""

FLOAT_DIGITS = 1e15
"""A number cell of 16 or more digits has lost the last ones: a spreadsheet keeps 15."""
ROWS_AT_ONCE = 20_000
"""Rows of a workbook turned into columns at a time."""

Cell = str | float | int | bool | date | datetime | time | timedelta | None


@dataclass(frozen=True)
class Sheet:
    """One sheet. `cells`: text columns "0", "1" …, empty cells as "". The row at position i is row i + 1 of the spreadsheet,
    or has the number that `numbers` gives it."""

    name: str
    cells: pa.Table
    from_1904: bool = False
    """Whether bare day numbers count from 1904."""
    numbers: pa.Array | None = None

    def head(self, rows: int = HEADER_DEPTH + 1) -> list[list[str]]:
        """The first rows, each a list of cells."""
        columns = [column.to_pylist() for column in self.cells.slice(0, rows).columns]
        return [list(row) for row in zip(*columns, strict=True)]


def kind_of(path: Path) -> Literal["table", "archive", "ignored"]:
    """What a file of a drop is, by its name."""
    suffix = path.suffix.lower()
    if is_lock_file(path.name) or path.name.startswith("."):
        return "ignored"
    if suffix in ARCHIVES:
        return "archive"
    return "table" if suffix in (*WORKBOOKS, *TEXTS) else "ignored"


def is_lock_file(name: str) -> bool:
    """Whether a file is what a spreadsheet program leaves beside a workbook while it is open."""
    return name.startswith(("~$", ".~"))


NO_TABLES = {
    b"%PDF": "a PDF",
    b"{\\rtf": "a text document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|table|meta|head|\?xml|div|style)", re.IGNORECASE)


def sheets_of(path: Path) -> list[Sheet]:
    """The sheets of a table's file; text is one sheet without a name. An empty file has none, an empty sheet no rows.

    Raises GuanxiError with one sentence for a file that cannot be read.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
        if start.startswith(b"PK"):
            return list(_workbook(path, _look_before_reading(path)))
        if start.startswith(OLE):
            return list(_workbook(path, _counts_from_1904(path)))
        what = next((what for magic, what in NO_TABLES.items() if start.startswith(magic)), None)
        if what or MARKUP.match(start):
            raise GuanxiError(
                f"{path.name} is {what or 'a web page or XML'} and no table: open it in a spreadsheet and save it as .xlsx."
            )
        return list(_text(path))
    except OSError as error:
        raise GuanxiError(f"{path.name} cannot be opened ({error.strerror}): see to its permissions.") from error


# Text


def _text(path: Path) -> Iterator[Sheet]:
    _refuse_long_cells(path)
    content = _as_utf8(path)
    if content.strip():
        try:
            yield Sheet("", _cells(content))
        except csv.Error as error:
            raise GuanxiError(
                f"{path.name} has a cell that cannot be read ({error}): save it as UTF-8 CSV and send it again."
            ) from error


def _refuse_long_cells(path: Path) -> None:
    """Refuses text with a line or a quoted cell longer than any spreadsheet writes, before it is held in memory."""
    line = quoted = 0
    inside = False
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 22):
            line = _longest_run(chunk, b"\n", line, LONGEST_LINE)
            if b'"' in chunk or inside:
                places = np.flatnonzero(np.frombuffer(chunk, np.uint8) == 34)
                bounds = np.concatenate([[-1 - quoted if inside else -1], places, [len(chunk)]])
                runs = np.diff(bounds) - 1
                held = runs[(0 if inside else 1) :: 2]
                inside = inside != bool(len(places) % 2)
                quoted = int(runs[-1]) if inside else 0
                if len(held) and held.max() > LONGEST_CELL:
                    line = LONGEST_LINE + 1
            if line > LONGEST_LINE:
                raise GuanxiError(
                    f"{path.name} has a cell longer than a spreadsheet can hold: delete it and send the file again."
                )


def _longest_run(chunk: bytes, mark: bytes, carried: int, limit: int) -> int:
    """The longest run of bytes without a mark; the open one at the end of the chunk where none is above the limit.

    `carried`: the length of the run that was open before the chunk.
    """
    places = np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord(mark))
    if not len(places):
        return carried + len(chunk)
    longest = max(carried + int(places[0]), int(np.diff(places).max(initial=0)))
    return longest if longest > limit else len(chunk) - int(places[-1])


def _as_utf8(path: Path) -> bytes:
    """The whole text in UTF-8 without a mark. It is read strictly: as UTF-8, else GB18030, else UTF-16 with or without a mark."""
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content:
        zeros = np.flatnonzero(np.frombuffer(content, np.uint8)[:100_000] == 0)
        encodings = ["utf-16-le" if (zeros % 2).mean() > 0.5 else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8-sig":
            return content.removeprefix(b"\xef\xbb\xbf")
        if "\0" not in text and (encoding == "gb18030" or re.search("[\n,;\t]", text)):
            return text.encode("utf-8")
    raise GuanxiError(
        f"{path.name} is neither UTF-8 nor GB18030 nor UTF-16 text: save it as UTF-8 CSV and send it again."
    )


def _cells(content: bytes) -> pa.Table:
    """The records of a CSV; the fast parser where every record has the same number of cells, else the thorough one."""
    delimiter = _delimiter(content[:40_000].decode("utf-8", "ignore"))
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), delimiter=delimiter, strict=True)
    first = next(reader)
    width = len(first)
    try:
        return pacsv.read_csv(
            pa.BufferReader(content),
            read_options=pacsv.ReadOptions(column_names=[str(i) for i in range(width)], block_size=1 << 24),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=b'"' in content, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={str(i): pa.string() for i in range(width)}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return _table([first, *reader])


def _delimiter(start: str) -> str:
    """The comma, tab or semicolon that the first lines hold most of."""
    first = "".join(start.splitlines(keepends=True)[:HEADER_DEPTH])
    return max(",\t;", key=first.count)


def _table(rows: Sequence[Sequence[str]]) -> pa.Table:
    """Rows of any length as columns of one length."""
    width = max((len(row) for row in rows), default=0)
    columns = [pa.array([row[i] if i < len(row) else "" for row in rows], pa.string()) for i in range(width)]
    return pa.table(columns, names=[str(i) for i in range(width)])


# Workbooks


def _workbook(path: Path, from_1904: bool) -> Iterator[Sheet]:
    try:
        with path.open("rb") as stream:
            workbook = CalamineWorkbook.from_filelike(stream)
            for about in workbook.sheets_metadata:
                if about.typ != SheetTypeEnum.WorkSheet:
                    continue
                rows = iter(workbook.get_sheet_by_name(about.name).iter_rows())
                yield Sheet(about.name, _joined(rows), from_1904)
    except CalamineError as error:
        raise GuanxiError(
            f"{path.name} cannot be read as a workbook ({error}): open it, remove any password and save it again as .xlsx."
        ) from error


def _joined(rows: Iterator[Iterable[Cell]]) -> pa.Table:
    """The rows of a workbook as columns, some thousands at a time."""
    parts = []
    while some := list(islice(rows, ROWS_AT_ONCE)):
        parts.append(_table([[_shown(cell) for cell in row] for row in some]))
    return pa.concat_tables(parts) if parts else pa.table({})


def _shown(cell: Cell) -> str:
    """A cell as text. A number of 16 digits or more is written with E+, as it has lost digits."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float | int):
        if abs(cell) >= FLOAT_DIGITS:
            return f"{cell:.14E}"
        return str(int(cell)) if isinstance(cell, int) or cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="seconds")
    return str(cell)


def _counts_from_1904(path: Path) -> bool:
    """Whether an old workbook says so: its record DATEMODE stands among the first ones."""
    with path.open("rb") as stream:
        return b"\x22\x00\x02\x00\x01\x00" in stream.read(65_536)


def _look_before_reading(path: Path) -> bool:
    """Whether days count from 1904. Refuses a workbook that would fill the memory or that declares entities.

    Each part is unpacked a little at a time: what it really grows to counts, not what it says.
    """
    try:
        with zipfile.ZipFile(path) as parts:
            names = {part.filename.lower() for part in parts.infolist()}
            if not any(name.startswith("xl/") for name in names):
                raise GuanxiError(f"{path.name} is an archive and no workbook: name it .zip if it holds tables.")
            if sum(part.file_size for part in parts.infolist()) > MOST_BYTES:
                raise GuanxiError(_too_large(path))
            for part in parts.infolist():
                if part.file_size > 1_000_000 and part.file_size > MOST_RATIO * part.compress_size:
                    raise GuanxiError(_too_large(path))
                with parts.open(part) as stream:
                    if part.filename.lower().endswith((".xml", ".rels")):
                        _look_at(path, stream, part.file_size)
            about = next((part for part in parts.infolist() if part.filename.lower() == "xl/workbook.xml"), None)
            return about is not None and re.search(rb'date1904="(?:1|true)"', parts.read(about)) is not None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise GuanxiError(f"{path.name} is damaged or locked ({error}): ask the sender for the file again.") from error


def _too_large(path: Path) -> str:
    return f"{path.name} unpacks to far more than it is: it is not read; ask the sender for a plain CSV."


CELL = re.compile(rb'<(?:\w+:)?(?:row|c)\s[^>]*?\br="([A-Z]{0,3})(\d{1,8})"')
ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\0!\0(?:D\0O\0C|E\0N\0T)|\0<\0!\0(?:D\0O|E\0N)", re.IGNORECASE)


def _look_at(path: Path, stream: IO[bytes], size: int) -> None:
    """Refuses a part whose cells span too much from A1 to the farthest, hold too much, or that declares entities."""
    last_row, letters, rest, written, run, unpacked = 0, {b"A"}, b"", 0, 0, 0
    while chunk := stream.read(1 << 22):
        unpacked += len(chunk)
        run = _longest_run(chunk, b"<", run, LONGEST_CELL)
        if run > LONGEST_CELL:
            raise GuanxiError(
                f"{path.name} has a cell longer than a spreadsheet can hold: delete it and send the file again."
            )
        if unpacked > size:
            raise GuanxiError(_too_large(path))
        text = rest + chunk
        if ENTITIES.search(text):
            raise GuanxiError(
                f"{path.name} declares XML entities, which no spreadsheet does: ask the sender for a plain CSV."
            )
        found = CELL.findall(text)
        letters.update(column for column, _ in found)
        last_row = max(last_row, max((int(row) for row in {row for _, row in found}), default=0))
        written += len(found)
        rest = text[-200:]
    columns = max(_column_number(column) for column in letters)
    span = last_row * columns
    if span > MOST_CELLS or span > max(SMALL_SPAN, MOST_EMPTY * written):
        raise GuanxiError(
            f"{path.name} claims {last_row:,} rows of {columns:,} columns: delete the empty rows and columns "
            "around the table and send it again."
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
