"""Where the tables stand in a sheet, and their rows as records: one person, payment, bid … each.

Titles above a header, footers, totals and repeated headers are no records. A row with a column for each month, several bidders
or several people in a cell is as many records.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_loader.headers import HEADER_DEPTH, MONEY, NO_HEADER, Header, find_header, is_known, lines
from graph_loader.reading import Sheet
from graph_loader.sources import Unfold

TOTALS = r"[合总小共累][\s　]*计"
SIGNATURES = "制表|审核|复核|填表|填报|说明|编制|制单|盖章|签字|签章|签名|(?:单位|主要)?负责人"
SIGNERS = "分管领导|主管领导|经办人?|审批人?|经手人|会计|出纳|备?注|日期|联系人|联系电话"
FOOTER_WORDS = f"{TOTALS}|{SIGNATURES}|{SIGNERS}"
FOOTER = re.compile(
    rf"[（(]?(?:[本全各][页村组乡镇县月年季户])?(?:{TOTALS})(?:$|[^\u4e00-\u9fff]|金额|人数|户数|面积|[:：])"
    rf"|[（(]?(?:{SIGNATURES})|(?:{SIGNERS})(?:[（(].{{0,8}}[）)])?[:：]|.{{1,10}}(?:{TOTALS})[:：]?$"
)
"""How a row that is no data begins, `domain/dirty_habits.md` 3: totals, and lines for those who sign."""
TOTAL = rf"^\s*{TOTALS}\s*$"
TOTAL_CELL = re.compile(rf".{{0,10}}(?:{TOTALS})[:：]?(?:[^\u4e00-\u9fff]*)")
PLAIN_KEY = r"^[ -~]*[0-9][ -~]*$"
"""A cell that can only be data: numbers of people, vouchers, villages, dates in plain letters and digits."""
BLANKS = re.compile(r"\s+")
NOTHING = ["", "-", "--", "—", "——", "/", "无", "空", "0", "0.0", "0.00"]
"""What stands in a month in which nothing was paid."""
HEAD = 1_000
"""Rows in which an empty column is looked for before the whole sheet is."""
SERIAL_1904 = 1462
"""Days from the start of the 1900 date system to that of the 1904 one."""
BARE_DAY = re.compile(r"[1-9]\d{4}|295700[23]")
"""A day as its number; of seven digits the last of the year 9999, which stands for no end."""


@dataclass(frozen=True)
class Block:
    """One table in a sheet: the columns it spans (text columns "0", "1" … of all rows), its header, the rows below it."""

    cells: pa.Table
    left: int
    """Position of its first column in the sheet."""
    header: Header
    spans: tuple[tuple[int, int], ...]
    """Positions of its first row and the one after its last; several where the header is repeated."""
    from_1904: bool = False
    """Whether bare day numbers count from 1904."""

    def columns(self) -> dict[int, str]:
        """Position in the sheet → name of the table's column there."""
        return {self.left + at: column.name for at, column in sorted(self.header.match.all_columns().items())}


class Find(Protocol):
    """How a header is found among rows: `find_header`, or what knows more layouts."""

    def __call__(self, rows: Sequence[Sequence[str]], /, *, names: Sequence[str]) -> Header | None: ...


def blocks_of(sheet: Sheet, names: Sequence[str] = (), find: Find = find_header) -> list[Block]:
    """The tables of a sheet, side by side and below one another. `names`: of the sheet, the file and its folders, nearest first.

    None where no row is the header of a known table. Raises GuanxiError as `recognise` does.
    """
    strips = _strips(sheet.cells)
    if len(strips) > 1:
        above = [row for row in sheet.head() if sum(1 for cell in row if cell.strip()) <= 2]
        found = [find(_rows(cells, 0, HEADER_DEPTH + 1), names=names) for _, cells in strips]
        starts = [left for (left, _), header in zip(strips, found, strict=True) if header]
        if len(starts) > 1:
            ends = [*starts[1:], sheet.cells.num_columns]
            bounds = list(zip([0, *starts[1:]], ends, strict=True))
            return [
                replace(block, from_1904=sheet.from_1904)
                for left, right in bounds
                for block in _stacked(_columns(sheet.cells, left, right), left, [*lines(above), *names], find)
            ]
    return [replace(block, from_1904=sheet.from_1904) for block in _stacked(sheet.cells, 0, names, find)]


def _columns(cells: pa.Table, left: int, right: int) -> pa.Table:
    return cells.select(range(left, right)).rename_columns([str(at) for at in range(right - left)])


def _strips(cells: pa.Table) -> list[tuple[int, pa.Table]]:
    """The parts of a sheet that empty columns separate: position of the first column, and the columns."""
    full = [not _is_blank_column(column) for column in cells.columns]
    starts = [at for at, here in enumerate(full) if here and not (at and full[at - 1])]
    return [
        (left, _columns(cells, left, right))
        for left, right in zip(starts, [*starts[1:], cells.num_columns], strict=True)
    ]


def _is_blank_column(column: pa.ChunkedArray) -> bool:
    return bool(pc.all(_is_empty(column.slice(0, HEAD))).as_py() and pc.all(_is_empty(column)).as_py())


def _rows(cells: pa.Table, start: int, stop: int) -> list[list[str]]:
    columns = [column.to_pylist() for column in cells.slice(start, stop - start).columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _stacked(cells: pa.Table, left: int, names: Sequence[str], find: Find) -> list[Block]:
    """The tables below one another: each begins with a header, and the title rows above that."""
    header = find(_rows(cells, 0, HEADER_DEPTH + 1), names=names)
    if header is None:
        return []
    blocks = [Block(cells, left, header, ((header.position + 1, len(cells)),))]
    said = [*lines(_rows(cells, 0, header.first)), *names]
    for place in _header_like(cells, header):
        block = blocks[-1]
        start = block.spans[-1][0]
        if place < start:
            continue
        top = place
        while top > max(start, place - HEADER_DEPTH) and _is_title(_rows(cells, top - 1, top)[0]):
            top -= 1
        found = find([*_rows(cells, top, place), *_rows(cells, place, place + 2)], names=said)
        if found is None or top + found.first != place:
            continue
        header = Header(top + found.position, found.match, found.written, place)
        blocks[-1] = replace(block, spans=(*block.spans[:-1], (start, top)))
        said = [*lines(_rows(cells, top, place)), *said]
        if header.match == block.header.match:
            blocks[-1] = replace(blocks[-1], spans=(*blocks[-1].spans, (header.position + 1, len(cells))))
        else:
            blocks.append(Block(cells, left, header, ((header.position + 1, len(cells)),)))
    return blocks


def _header_like(cells: pa.Table, header: Header) -> list[int]:
    """Rows below a header in which no cell of the key is plainly data, and two cells are headers of some table."""
    below = cells.slice(header.position + 1)
    suspect = np.ones(len(below), dtype=bool)
    for at in _key_places(header):
        suspect &= ~_flags(pc.match_substring_regex(below.column(at), PLAIN_KEY))
    places = np.flatnonzero(suspect)
    found = []
    for place, row in zip(places, _taken(below, places), strict=True):
        texts = [cell for cell in row if cell.strip()]
        if len(texts) > 1 and not any(NO_HEADER.search(text) for text in texts):
            known = sum(1 for text in texts if is_known(text))
            if known > 1 or (known and len(texts) > 2):
                found.append(int(place) + header.position + 1)
    return found


def _taken(cells: pa.Table, places: np.ndarray) -> list[tuple[str, ...]]:
    columns = cells.take(pa.array(places)).columns
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def _key_places(header: Header) -> list[int]:
    """Positions of the columns of the key that are always filled; of the required ones where the sheet has none of the key."""
    source = header.match.source
    required = [at for at, column in header.match.columns.items() if column.required]
    return [at for at in required if header.match.columns[at].name in source.key] or required


def _is_title(row: Sequence[str]) -> bool:
    """Whether a row above a header is no data of the table before it."""
    texts = [cell for cell in row if cell.strip()]
    return len(texts) <= 2 and not any(NO_HEADER.search(text) for text in texts)


# Records


def records(block: Block) -> pa.Table:
    """The records of a table: text columns under their canonical names, unknown ones under their own, `_row`, the row of the
    spreadsheet, and `_record`, the number of the record, from 0."""
    match = block.header.match
    written = block.header.written
    names: list[str] = []
    for position, cell in enumerate(written):
        column = match.columns.get(position)
        names.append(column.name if column else _own_name(cell, position, {*match.source.columns, *names}))
    spans = [block.cells.slice(start, stop - start) for start, stop in block.spans]
    numbers = np.concatenate([np.arange(start + 1, stop + 1, dtype=np.int32) for start, stop in block.spans])
    below = pa.concat_tables(spans).combine_chunks()
    data = _is_data(below, block.header)
    named = {at for at, cell in enumerate(written) if cell.strip()}
    table = below.rename_columns(names).append_column("_row", pa.array(numbers))
    if not data.all():
        table = table.filter(pa.array(data))
    table = _with_neighbouring_units(table, block, names)
    table = _with_serials_of_1904(table, block)
    table = _with_periods(table, block, names)
    for name, value in match.values.items():
        if name not in table.column_names:
            table = table.append_column(
                name, pa.array([value], pa.string()).take(pa.array(np.zeros(len(table), np.int32)))
            )
    table = _unfolded(table, block, names)
    dropped = {
        names[at]
        for at in range(len(names))
        if at not in named and at not in match.columns and _is_blank_column(table[names[at]])
    }
    table = table.select([name for name in table.column_names if name not in dropped])
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


def _flags(flags: pa.ChunkedArray) -> np.ndarray:
    return flags.combine_chunks().to_numpy(zero_copy_only=False)


def _is_data(below: pa.Table, header: Header) -> np.ndarray:
    """Which rows are data: something in a known column, and neither a footer, nor a line of text, nor the header again.

    Only rows with a cell of the key that is not plainly data are looked at one by one.
    """
    known = sorted(header.match.all_columns())
    key = _key_places(header)
    certain = np.ones(len(below), dtype=bool)
    for at in key:
        certain &= _flags(pc.match_substring_regex(below.column(at), PLAIN_KEY))
    for at in range(min(3, below.num_columns)):  # exports of databases put a code (00, 12) before the word 小计
        certain &= ~_flags(pc.match_substring_regex(below.column(at), TOTAL))
    data = np.ones(len(below), dtype=bool)
    places = np.flatnonzero(~certain)
    if len(below) and _counts_columns(_rows(below, 0, 1)[0]):
        data[0] = False
    if not len(places):
        return data
    doubtful = below.take(pa.array(places))
    blank = np.ones(len(places), dtype=bool)
    odd = np.zeros(len(places), dtype=bool)
    for at in key:
        cells = doubtful.column(at)
        empty = _flags(_is_empty(cells))
        blank &= empty
        odd |= (
            empty | _flags(pc.match_substring_regex(cells, FOOTER_WORDS)) | _flags(pc.equal(cells, header.written[at]))
        )
    for at in range(min(3, below.num_columns)):
        odd |= _flags(pc.match_substring_regex(doubtful.column(at), TOTAL))
    for at in known:
        if blank.any():
            blank &= _flags(_is_empty(doubtful.column(at)))
    data[places[blank]] = False
    looked_at = places[odd & ~blank]
    shown = [text for cell in header.written if (text := BLANKS.sub("", cell))]
    required = sum(1 for column in header.match.columns.values() if column.required)
    for place, row in zip(looked_at, _taken(below, looked_at), strict=True):
        texts = [BLANKS.sub("", cell) for cell in row]
        filled = [text for text in texts if text]
        empty_key = all(not texts[at] for at in key)
        lacks_key = any(not texts[at] or FOOTER.match(texts[at]) for at in key)
        data[place] = not (
            filled == shown
            or (lacks_key and any(FOOTER.match(text) for text in filled[:2]))
            or (any(re.fullmatch(TOTALS, text) for text in filled[:3]) and 2 * len(filled) <= len(texts))
            or (empty_key and any(TOTAL_CELL.fullmatch(text) for text in filled[:4]))
            or (empty_key and required > 2 and len(filled) == 1 and _is_line(filled[0], texts))
        )
    return data


def _is_line(text: str, texts: Sequence[str]) -> bool:
    """Whether the only filled cell of a row is a line of text across the sheet: a heading, a date line, a remark."""
    return texts[0] == text or len(text) > 8 or ":" in text or "：" in text


def _counts_columns(row: Sequence[str]) -> bool:
    """Whether a row counts the columns: 1, 2, 3 … or 甲, 乙, 1, 2 …."""
    texts = [cell.strip().strip("()（）") for cell in row if cell.strip()]
    numbers = [text for text in texts if text not in "甲乙丙丁"]
    return len(numbers) > 2 and numbers == [str(i + int(numbers[0] == "1")) for i in range(len(numbers))]


def _with_neighbouring_units(table: pa.Table, block: Block, names: Sequence[str]) -> pa.Table:
    """Amounts with the unit that stands in the cell right of them, or of their header: 5 and 万元 as 5万元. It counts before a
    unit line above the table."""
    match = block.header.match
    for at, column in match.all_columns().items():
        beside = at + 1
        if column.kind not in ("amount", "wan_amount") or beside >= len(names) or beside in match.all_columns():
            continue
        header = BLANKS.sub("", block.header.written[beside]).strip("()（）")
        if header not in ("", "单位", "计量单位", "金额单位", "币种", *MONEY):
            continue
        units = pc.utf8_trim_whitespace(table[names[beside]])
        distinct = set(pc.unique(units).to_pylist()) - {""}
        if distinct and distinct <= MONEY.keys():
            cells = pc.utf8_trim_whitespace(table[names[at]])
            bare = pc.match_substring_regex(cells, r"[0-9]$")
            with_unit = pc.if_else(bare, pc.binary_join_element_wise(cells, units, ""), cells)
            table = table.set_column(at, names[at], with_unit)
        elif not distinct and header in MONEY and "元" not in block.header.written[at]:
            cells = pc.utf8_trim_whitespace(table[names[at]])
            bare = pc.match_substring_regex(cells, r"[0-9]$")
            with_unit = pc.if_else(bare, pc.binary_join_element_wise(cells, header, ""), cells)
            table = table.set_column(at, names[at], with_unit)
    return table


def _with_serials_of_1904(table: pa.Table, block: Block) -> pa.Table:
    """Bare day numbers of a workbook that counts from 1904 as those of one that counts from 1900."""
    if not block.from_1904:
        return table
    for at, column in block.header.match.columns.items():
        if column.kind in ("date", "from_date", "to_date"):
            cells = [
                str(int(cell) + SERIAL_1904) if BARE_DAY.fullmatch(cell.strip()) else cell
                for cell in table[column.name].to_pylist()
            ]
            table = table.set_column(at, column.name, pa.array(cells, pa.string()))
    return table


DAY = r"\d{4}(?:年\d{1,2}月(?:份|\d{1,2}[日号]?)?|[-/.]\d{1,2}(?:[-/.]\d{1,2})?|\d{4})"
OPEN = "至今|长期|现任|在任|在职|永久|今"
PERIOD = re.compile(rf"[自从]?({DAY})(?:起?至|到|[-—–~～]+)({DAY}|{OPEN})?[止起]?")
MONTHS_OF_A_YEAR = re.compile(r"(\d{4})年(\d{1,2})月?(?:至|到|[-—–~～])(\d{1,2})月份?")


def period_of(cell: str) -> tuple[str, str] | None:
    """Start and end of a cell that holds both: 2017.3-2020.5, 2017年3月至今, 2018年7-12月; an open end is the empty text."""
    text = BLANKS.sub("", cell)
    if found := MONTHS_OF_A_YEAR.fullmatch(text):
        year, first, last = found.groups()
        return f"{year}年{first}月", f"{year}年{last}月"
    if found := PERIOD.fullmatch(text):
        start, end = found.groups()
        return start, "" if not end or re.fullmatch(OPEN, end) else end
    return None


def _with_periods(table: pa.Table, block: Block, names: Sequence[str]) -> pa.Table:
    """Cells with a start and an end as two columns; a start column may hold some too where the end is not given."""
    match = block.header.match
    period = match.source.period
    if not period:
        return table
    start, end = period["from"], period["to"]
    held = names[match.period] if match.period is not None else start
    if held not in table.column_names:
        return table
    cells = table[held].to_pylist()
    ends = table[end].to_pylist() if end in table.column_names else [""] * len(cells)
    starts = list(cells)
    for place, cell in enumerate(cells):
        if len(cell) > 7 and not ends[place].strip() and (both := period_of(cell)):
            starts[place], ends[place] = both
    for name, column in ((start, starts), (end, ends)):
        made = pa.array(column, pa.string())
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, made)
        elif name == start or any(column):
            table = table.append_column(name, made)
    return table


# Several records in a row


def _unfolded(table: pa.Table, block: Block, names: Sequence[str]) -> pa.Table:
    """The table with each row's months, bidders or people as records of their own, those of one row together."""
    match = block.header.match
    parts = [_month(table, block, names, at, month) for at, month in match.months.items()]
    people = [unfold for unfold in match.source.unfolds if unfold.packed]
    if not parts and not match.unfolds and not people:
        return table
    for unfold, columns in match.unfolds:
        given = {column.name: names[at] for at, column in columns.items()}
        parts.append(_several(table, given) if unfold.packed else _beside(table, unfold, given))
    if all(unfold.packed for unfold, _ in match.unfolds) and not match.months:
        for unfold in people:
            own = {name: name for name in unfold.columns if name in table.column_names}
            packed = _flags(pc.match_substring_regex(table[next(iter(own))], SEVERAL_NUMBERS))
            if packed.any():
                parts.append(_several(table.filter(pa.array(packed)), own))
                table = table.filter(pa.array(~packed))
        parts.insert(0, table)
    together = pa.concat_tables(parts, promote_options="default")
    return together.take(pa.array(np.argsort(together["_row"].to_numpy(), kind="stable")))


def _month(table: pa.Table, block: Block, names: Sequence[str], at: int, month: str) -> pa.Table:
    """One month's payments: dated on its first day, numbered by the row's number and the month; months of nothing left out.

    The number is the same whenever the row comes again: `<number>-2018-03`. Rows without a number get theirs in cleaning.
    """
    match = block.header.match
    number, amount, day = match.source.key[0], match.source.months["amount"], match.source.months["date"]
    cells = pc.utf8_trim_whitespace(table[names[at]])
    part = table.filter(pc.invert(pc.is_in(cells, pa.array(NOTHING))))
    part = part.drop_columns([names[place] for place in match.months])
    part = part.append_column(amount, cells.filter(pc.invert(pc.is_in(cells, pa.array(NOTHING)))))
    if match.year is None:
        months = pa.array([month] * len(part), pa.string())
    else:
        years = [cell.strip().removesuffix("度").removesuffix("年") for cell in part[names[match.year]].to_pylist()]
        months = pa.array([f"{year}{month}" if month.startswith("-") else month for year in years], pa.string())
    if number in part.column_names:
        numbers = pc.binary_join_element_wise(pc.utf8_trim_whitespace(part[number]), months, "-")
        part = part.set_column(part.column_names.index(number), number, numbers)
    if day in part.column_names:
        part = part.drop_columns([day])
    return part.append_column(day, pc.binary_join_element_wise(months, "01", "-"))


def _beside(table: pa.Table, unfold: Unfold, given: dict[str, str]) -> pa.Table:
    """The records of one place in the row, such as the second candidate; rows where it is empty left out."""
    first = given[next(iter(unfold.columns))]
    part = table.filter(pc.invert(_is_empty(table[first])))
    for name, header in given.items():
        part = _with(part, name, part[header])
    for name, value in unfold.values.items():
        part = _with(part, name, pa.array([value] * len(part), pa.string()))
    return part


def _with(table: pa.Table, name: str, cells: pa.ChunkedArray | pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, cells)
    return table.append_column(name, cells)


SEVERAL_NUMBERS = r"\d{15}.*[^0-9Xx].*\d{15}"
"""A cell with more than one ID number."""


def _several(table: pa.Table, given: dict[str, str]) -> pa.Table:
    """The people who share the cells of a row, each a record; where names and numbers differ in count, one that cannot be read."""
    cells = {name: table[header].to_pylist() for name, header in given.items()}
    places: list[int] = []
    people: dict[str, list[str]] = {name: [] for name in given}
    for place in range(len(table)):
        split = {name: _split(column[place]) for name, column in cells.items()}
        counts = {len(parts) for parts in split.values()}
        if counts == {0}:
            continue
        for number in range(counts.pop()) if len(counts) == 1 else [None]:
            places.append(place)
            for name, parts in split.items():
                people[name].append(cells[name][place] if number is None else parts[number])
    part = table.take(pa.array(places, pa.int32()))
    for name, column in people.items():
        part = _with(part, name, pa.array(column, pa.string()))
    return part


def _split(cell: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"[、,，;；/\n\r]+", cell) if part.strip()]
    return parts if len(parts) != 1 or BETWEEN_CHARACTERS.fullmatch(parts[0]) else parts[0].split()


BETWEEN_CHARACTERS = re.compile(r"[\u4e00-\u9fff]\s+[\u4e00-\u9fff]")
"""A name of two characters drawn apart: 张　三."""
