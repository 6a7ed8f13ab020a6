"""One file of a drop, read into its tables: found in its sheets, turned into records, cleaned."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import file_digest
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_loader import ocds
from graph_loader.cleaning import Problem, clean
from graph_loader.errors import GuanxiError
from graph_loader.headers import Header, find_header, lacking, nearest
from graph_loader.layout import Block, blocks_of, records
from graph_loader.layouts import EXPLANATIONS, Layouts, likely_header, names_of
from graph_loader.reading import Sheet, sheets_of
from graph_loader.secret import Secret

STANDS_FOR = {
    "来源交付": "_of_delivery",
    "来源文件": "_of_file",
    "来源工作表": "_of_sheet",
    "来源行": "_of_row",
}
"""Columns by which a row names the delivered row it stands for (a mended row: the quarantined one); no values of the row itself."""


@dataclass(frozen=True)
class Found:
    """One table found in one sheet, cleaned."""

    sheet: Sheet
    source: str
    """Id of the table."""
    read: int
    """Records, those with a problem included."""
    unknown: tuple[str, ...]
    """Headers that no column of the table has."""
    columns: dict[int, str]
    """Position in the sheet, from 0 → the table's column."""
    header: int
    """Row of the header."""
    titles: str
    """What stands above the header."""
    layout: str
    """The layout a person confirmed that it was read by."""
    rows: pa.Table
    problems: list[Problem]
    stands_for: dict[int, dict[str, str | int | None]]
    """Of rows with a problem that name a delivered row: row → its place under the names of `STANDS_FOR`."""


@dataclass
class Contents:
    """What one file holds."""

    tables: list[Found] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    """Sheet without a table, "" for the whole file → why."""
    waiting: list[tuple[Sheet, str]] = field(default_factory=list)
    """Sheets that hold a table that nobody recognised, and why: for a person to say what their columns are."""
    refused: str = ""
    """Why nothing of the file is read, in one sentence."""


def contents_of(path: Path, file: str, secret: Secret, layouts: Layouts) -> Contents:
    """What a file holds, its tables cleaned. `file`: its name in the drop, folders included."""
    contents = Contents()
    try:
        if ocds.is_ocds(Path(file), path):
            return Contents([_of_releases(found, secret) for found in ocds.tables_of(path)])
        sheets = sheets_of(path)
        with path.open("rb") as stream:
            sha = file_digest(stream, "sha256").hexdigest()
        unknown: dict[str, str] = {}
        for sheet in sheets:
            if sheet.cells.num_rows == 0:
                contents.ignored[sheet.name] = "an empty sheet"
            else:
                why = _read_sheet(sheet, names_of(file, sheet.name), sha, secret, layouts, contents)
                if why:
                    unknown[sheet.name] = why
    except GuanxiError as error:
        return replace(contents, tables=[], refused=Path(file).name + str(error).removeprefix(path.name))
    if unknown and not contents.tables:
        contents.refused = f"{file}: {next(iter(unknown.values()))}. Check the header row."
    elif not contents.tables:
        contents.ignored = {"": "an empty file"}
    else:
        contents.ignored |= unknown
    return contents


def _read_sheet(
    sheet: Sheet, names: Sequence[str], sha: str, secret: Secret, layouts: Layouts, contents: Contents
) -> str:
    """Adds the tables of a sheet to the contents; gives why it holds none, or one that lacks something."""

    def find(rows: Sequence[Sequence[str]], names: Sequence[str]) -> Header | None:
        return layouts.find(rows, sha, names) or find_header(rows, names=names)

    blocks = blocks_of(sheet, names, find)
    incomplete = [lacking(block.header.match) for block in blocks if block.header.match.missing]
    contents.tables += _merged([_read(sheet, block, secret) for block in blocks if not block.header.match.missing])
    if blocks and not incomplete:
        return ""
    why = incomplete[0] if incomplete else nearest(sheet.head())
    if sheet.name != EXPLANATIONS and (blocks or likely_header(sheet.head())):
        contents.waiting.append((sheet, why))
    return why


def _read(sheet: Sheet, block: Block, secret: Secret) -> Found:
    match = block.header.match
    rows = _with_places(records(block))
    cleaned = clean(match.source, match, rows, secret)
    return Found(
        sheet,
        match.source.id,
        rows.num_rows,
        tuple(name for name in match.unknown if name not in STANDS_FOR),
        block.columns(),
        block.header.position + 1,
        "".join(cell for row in sheet.head()[: block.header.first] for cell in row),
        match.layout,
        cleaned.table,
        cleaned.problems,
        _places_of(rows, cleaned.problems),
    )


def _of_releases(found: ocds.Found, secret: Secret) -> Found:
    """The records of one table in a file of OCDS."""
    cleaned = clean(found.source, found.match, found.frame, secret)
    return Found(
        found.sheet,
        found.source.id,
        found.read,
        found.unknown,
        {position: column.name for position, column in found.match.columns.items()},
        0,
        "",
        "",
        cleaned.table,
        found.problems + cleaned.problems,
        {},
    )


def _merged(found: list[Found]) -> list[Found]:
    """Tables of one kind in one sheet as one, where no column stands for two things."""
    merged: list[Found] = []
    for one in found:
        for at, other in enumerate(merged):
            agree = all(other.columns.get(position, name) == name for position, name in one.columns.items())
            if other.source == one.source and agree:
                merged[at] = _together(other, one)
                break
        else:
            merged.append(one)
    return merged


def _together(one: Found, other: Found) -> Found:
    rows = other.rows.column("_record").to_numpy() + np.int32(one.read)
    later = other.rows.set_column(other.rows.column_names.index("_record"), "_record", pa.array(rows, pa.int32()))
    return replace(
        one,
        read=one.read + other.read,
        unknown=tuple(dict.fromkeys([*one.unknown, *other.unknown])),
        columns=one.columns | other.columns,
        rows=pa.concat_tables([one.rows, later], promote_options="default"),
        problems=one.problems + [replace(problem, record=problem.record + one.read) for problem in other.problems],
        stands_for=one.stands_for | other.stands_for,
    )


def _with_places(rows: pa.Table) -> pa.Table:
    """The rows with the columns of `STANDS_FOR` under their clean names, where a sheet has them all; else as they are."""
    if not STANDS_FOR.keys() <= set(rows.column_names):
        return rows
    for written, name in STANDS_FOR.items():
        cells = pc.utf8_trim_whitespace(rows[written].combine_chunks())
        if name == "_of_row":
            number = pc.match_substring_regex(cells, r"^\d{1,7}$")
            cells = pc.if_else(number, cells, None).cast(pa.int32())
        rows = rows.drop_columns([written]).append_column(name, cells)
    return rows


def _places_of(rows: pa.Table, problems: list[Problem]) -> dict[int, dict[str, str | int | None]]:
    if not problems or "_of_row" not in rows.column_names:
        return {}
    wrong = rows.filter(pc.is_in(rows["_row"], pa.array([problem.row for problem in problems], pa.int32())))
    places = wrong.select(["_row", *STANDS_FOR.values()]).to_pylist()
    return {place.pop("_row"): place for place in places}
