"""Files as departments send them, read into sheets of text cells with the row numbers a spreadsheet shows."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from python_calamine import CalamineError, CalamineWorkbook

from graph_loader.errors import GuanxiError
from graph_loader.headers import HEADER_DEPTH, Header, find_header

WORKBOOKS = (".xlsx", ".xls")
TEXTS = (".csv", ".txt")

MOST_CELLS = 60_000_000
"""Cells a sheet may span: 1,048,576 rows of 57 columns. A workbook of a kilobyte may claim 17 billion."""
MOST_BYTES = 2_000_000_000
"""Bytes the parts of a workbook may unpack to."""
MOST_RATIO = 1_000
"""Times a part of a workbook may grow when unpacked; the densest real sheets stay below 100."""

FLOAT_DIGITS = 1e15
"""A number cell of 16 or more digits has lost the last ones: a spreadsheet keeps 15."""

Cell = str | float | int | bool | date | datetime | time | timedelta | None

TOTALS = "[合总小共累][\\s　]*计"
SIGNATURES = "制表|审核|复核|填表|说明|编制|制单|盖章|签字|签章|(?:单位|主要)?负责人|经办人?[:：]|审批人?[:：]|注[:：]"
FOOTER_WORDS = f"{TOTALS}|{SIGNATURES}"
FOOTER = re.compile(
    rf"(?:[本全各][页村组乡镇县月年季户])?(?:{TOTALS})(?:$|[^\u4e00-\u9fff]|金额|人数|户数|面积|[:：])|(?:{SIGNATURES})"
    rf"|.{{1,10}}(?:{TOTALS})[:：]?$"
)
"""How a row that is no data begins, `domain/dirty_habits.md` 3: totals (本页合计, 云溪镇小计), and lines for those who sign."""
TOTAL = rf"^[\s　]*{TOTALS}[\s　]*$"
BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Sheet:
    """One sheet. `cells`: text columns "0", "1" …, empty cells as "". The row at position i is row i + 1 of the spreadsheet."""

    name: str
    cells: pa.Table

    def head(self, rows: int = HEADER_DEPTH) -> list[list[str]]:
        """The first rows, each a list of cells."""
        columns = [column.to_pylist() for column in self.cells.slice(0, rows).columns]
        return [list(row) for row in zip(*columns, strict=True)]


def kind_of(path: Path) -> Literal["table", "ignored"]:
    """Whether a file of a drop is a departmental table, by its name; a .txt is one only if it holds a known header."""
    suffix = path.suffix.lower()
    if path.name.startswith(("~$", ".", "._")) or suffix not in (*WORKBOOKS, *TEXTS):
        return "ignored"
    if suffix == ".txt":
        try:
            return "table" if find_header(sheets_of(path)[0].head()) else "ignored"
        except GuanxiError:
            return "ignored"
    return "table"


def sheets_of(path: Path) -> list[Sheet]:
    """The sheets of a CSV, XLSX or XLS file; a CSV is one sheet without a name. Empty sheets are left out.

    Raises GuanxiError with one sentence for a file that cannot be read.
    """
    try:
        sheets = list(_workbook(path) if path.suffix.lower() in WORKBOOKS else _text(path))
    except OSError as error:
        raise GuanxiError(f"{path.name} cannot be opened ({error.strerror}): see to its permissions.") from error
    if not sheets:
        raise GuanxiError(f"{path.name} is empty: ask the sender for the file again.")
    return sheets


def records(sheet: Sheet, header: Header) -> pa.Table:
    """The data rows below a header: text columns under their canonical names, unknown ones under their own, `_row`, the row
    of the spreadsheet, and `_record`, the number of the record among those of the sheet, from 0.

    Blank rows, totals, lines for signatures and repeated headers are no data and left out.
    """
    below = sheet.cells.slice(header.position + 1).combine_chunks()
    written = [column[header.position].as_py() for column in sheet.cells.columns]
    names: list[str] = []
    for position, cell in enumerate(written):
        column = header.match.columns.get(position)
        names.append(column.name if column else _own_name(cell, position, {*header.match.source.columns, *names}))
    table = below.rename_columns(names)
    numbers = np.arange(header.position + 2, header.position + 2 + len(table), dtype=np.int32)
    table = table.append_column("_row", pa.array(numbers))
    named = {name for name, cell in zip(names, written, strict=True) if cell.strip()}
    filled = [
        name
        for name in table.column_names
        if name == "_row" or name in named or not pc.all(_is_empty(table[name])).as_py()
    ]
    table = table.select(filled).filter(_is_data(table, header, written))
    return table.append_column("_record", pa.array(np.arange(len(table), dtype=np.int32)))


def _own_name(cell: str, position: int, taken: set[str]) -> str:
    """A name for a column that the table does not know: its header, else its place; never one that is taken."""
    name = BLANKS.sub("", cell).lstrip("_") or f"第{position + 1}列"
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}({number})"
        number += 1
    return unique


def _is_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.equal(pc.utf8_trim_whitespace(column), "")


def _is_data(table: pa.Table, header: Header, written: Sequence[str]) -> pa.Array:
    """Which rows are data: something in a known column, and neither a footer nor the header again.

    Only rows whose key lacks a part, or holds a footer's word or its own header, are looked at one by one.
    """
    source = header.match.source
    columns = {column.name: position for position, column in header.match.columns.items()}
    required = [name for name in columns if source.columns[name].required]
    key = [name for name in required if name in source.key] or required
    blank = np.ones(len(table), dtype=bool)
    suspect = np.zeros(len(table), dtype=bool)
    for name in key:
        cells = table[name]
        empty = _flags(_is_empty(cells))
        footer = pc.match_substring_regex(cells, FOOTER_WORDS)
        suspect |= empty | _flags(footer) | _flags(pc.equal(cells, written[columns[name]]))
        blank &= empty
    # Exports of databases put a code (00, 12) before the word 小计.
    for name in table.column_names[:3]:
        if name != "_row":
            suspect |= _flags(pc.match_substring_regex(table[name], TOTAL))
    for name in columns:
        if blank.any():
            blank &= _flags(_is_empty(table[name]))
    data = ~blank
    shown = [text for cell in written if (text := BLANKS.sub("", cell))]
    places = np.flatnonzero(suspect & ~blank)
    for place, row in zip(places, table.drop_columns(["_row"]).take(pa.array(places)).to_pylist(), strict=True):
        texts = {name: BLANKS.sub("", cell) for name, cell in row.items()}
        filled = [text for text in texts.values() if text]
        lacks_key = any(not texts[name] or FOOTER.match(texts[name]) for name in key)
        total = any(re.fullmatch(TOTALS, text) for text in filled[:3]) and 2 * len(filled) <= len(texts)
        data[place] = not (filled == shown or total or (lacks_key and any(FOOTER.match(text) for text in filled[:2])))
    return pa.array(data)


def _flags(flags: pa.ChunkedArray) -> np.ndarray:
    return flags.combine_chunks().to_numpy(zero_copy_only=False)


# CSV


def _text(path: Path) -> Iterator[Sheet]:
    text = _decoded(path)
    if text.strip():
        try:
            yield Sheet("", _cells(text))
        except csv.Error as error:
            raise GuanxiError(
                f"{path.name} has a cell that cannot be read ({error}): save it as UTF-8 CSV and send it again."
            ) from error


def _decoded(path: Path) -> str:
    """The whole file as text: UTF-8 with or without a mark, else GB18030, each strictly."""
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise GuanxiError(f"{path.name} is neither UTF-8 nor GB18030 text: save it as UTF-8 CSV and send it again.")


def _cells(text: str) -> pa.Table:
    """The records of a CSV; the fast parser where every record has the same number of cells, else the thorough one."""
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    first = next(reader)
    width = len(first)
    try:
        table = pacsv.read_csv(
            pa.BufferReader(text.encode("utf-8")),
            read_options=pacsv.ReadOptions(column_names=[str(i) for i in range(width)], block_size=1 << 24),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values='"' in text, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={str(i): pa.string() for i in range(width)}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return _table([first, *reader])
    return table


def _delimiter(text: str) -> str:
    """The comma, tab or semicolon that the first lines hold most of."""
    first = "".join(text[:20_000].splitlines(keepends=True)[:HEADER_DEPTH])
    return max(",\t;", key=first.count)


def _table(rows: Sequence[Sequence[str]]) -> pa.Table:
    """Rows of any length as columns of one length."""
    width = max((len(row) for row in rows), default=0)
    columns = [pa.array([row[i] if i < len(row) else "" for row in rows], pa.string()) for i in range(width)]
    return pa.table(columns, names=[str(i) for i in range(width)])


# Workbooks


def _workbook(path: Path) -> Iterator[Sheet]:
    if zipfile.is_zipfile(path):
        _look_before_reading(path)
    try:
        workbook = CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if rows:
                yield Sheet(name, _table([[_shown(cell) for cell in row] for row in rows]))
    except CalamineError as error:
        raise GuanxiError(
            f"{path.name} cannot be read as a workbook ({error}): open it, remove any password and save it again as .xlsx."
        ) from error


def _shown(cell: Cell) -> str:
    """A cell as text. A number of 16 digits or more is written with E+, as it has lost digits."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        if abs(cell) >= FLOAT_DIGITS:
            return f"{cell:.14E}"
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="seconds")
    return str(cell)


def _look_before_reading(path: Path) -> None:
    """Refuses a workbook that would fill the memory: by what it unpacks to, and by the rows and columns its cells span."""
    try:
        with zipfile.ZipFile(path) as parts:
            sizes = parts.infolist()
            grown = [
                part
                for part in sizes
                if part.file_size > 1_000_000 and part.file_size > MOST_RATIO * part.compress_size
            ]
            if grown or sum(part.file_size for part in sizes) > MOST_BYTES:
                raise GuanxiError(
                    f"{path.name} unpacks to far more than it is: it is not read; ask the sender for a plain CSV."
                )
            for part in sizes:
                if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename, re.IGNORECASE):
                    continue
                rows, columns = _span(parts, part)
                if rows * columns > MOST_CELLS:
                    raise GuanxiError(
                        f"{path.name} claims {rows:,} rows of {columns:,} columns: delete the empty rows and columns "
                        "around the table and send it again."
                    )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise GuanxiError(f"{path.name} is damaged or locked ({error}): ask the sender for the file again.") from error


CELL = re.compile(rb'<(?:\w+:)?(?:row|c)\s[^>]*?\br="([A-Z]{0,3})(\d{1,8})"')


def _span(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[int, int]:
    """Rows and columns from A1 to the farthest cell of a sheet."""
    last_row, letters, rest = 0, {b"A"}, b""
    with parts.open(part) as stream:
        while chunk := stream.read(1 << 22):
            text = rest + chunk
            found = CELL.findall(text)
            letters.update(column for column, _ in found)
            last_row = max(last_row, max((int(row) for row in {row for _, row in found}), default=0))
            rest = text[-200:]
    return last_row, max(_column_number(column) for column in letters)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
