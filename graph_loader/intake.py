"""A folder of departmental files, read into tables: which file holds which table, and what is no table at all."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from graph_loader import cleaning, headers, reading, sources
from graph_loader.cleaning import Problem, clean
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Entry, Evidence, said_scope, scope_in
from graph_loader.headers import Header, find_header, lacking, nearest
from graph_loader.layouts import EXPLANATIONS, Layouts, likely_header, names_of, reads_anew, with_values
from graph_loader.reading import Sheet, kind_of, records, sheets_of
from graph_loader.secret import Secret

STANDS_FOR = {
    "来源交付": "_of_delivery",
    "来源文件": "_of_file",
    "来源工作表": "_of_sheet",
    "来源行": "_of_row",
}
"""Columns by which a row names the delivered row it stands for (a mended row: the quarantined one); no values of the row itself."""

Progress = Callable[[str, str, int], None]
"""Told the stage (one of `STAGES`), what of it is worked on (a file, a kind of node or relationship; may be empty) and how
many more rows of it are done."""

STAGES = ("waiting", "read", "kept", "state", "written")
"""Waiting for another load to end; files read; rows kept as evidence; the graph's new state made out; the graph written."""


@dataclass
class Table:
    """One table found in one sheet, cleaned."""

    entry: Entry
    sheet: Sheet
    rows: pa.Table
    problems: list[Problem]
    stands_for: dict[int, dict[str, str | int | None]] = field(default_factory=dict)
    """Of rows with a problem that name a delivered row: row → its place under the names of `STANDS_FOR`."""


@dataclass
class Drop:
    """What was found in a folder: tables of files not seen before, and files by what became of them."""

    tables: list[Table] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    known: dict[str, Delivery] = field(default_factory=dict)
    waiting: list[tuple[str, Sheet, str]] = field(default_factory=list)
    """File, sheet and why: tables that nobody recognised, for a person to say what their columns are."""
    full_list: bool = False
    """Whether whoever loads it says that its files are full lists."""
    definitions: str = ""
    """Names the specs, the code and the key by which it was read and cleaned."""


Known = dict[tuple[str, str], Delivery]
"""SHA-256 of a file and the scope said of it without opening it → the delivery that brought these bytes."""


def definitions(evidence: Evidence, secret: Secret) -> str:
    """Names everything besides the bytes that decides what is read from a file: rows read under another name of it are read
    again."""
    told = sha256(repr([source.reading() for source in evidence.sources.values()]).encode())
    for module in (reading, headers, cleaning, sources, sys.modules[__name__]):
        told.update(Path(module.__file__ or "").read_bytes())
    told.update(secret.ref("definitions", "").encode())
    return told.hexdigest()[:16]


def read_drop(
    evidence: Evidence,
    folder: Path,
    secret: Secret,
    progress: Progress,
    full_list: bool = False,
    known: Known | None = None,
) -> Drop:
    """Reads a folder. `known`: bytes that are not read again; without it those of the deliveries in force.

    Raises GuanxiError when the folder holds no departmental table.
    """
    if not folder.is_dir():
        raise GuanxiError(f"{folder} is no folder: name the folder that holds the tables.")
    drop = Drop(full_list=full_list, definitions=definitions(evidence, secret))
    layouts = Layouts(evidence.folder)
    seen = known_by(evidence.in_force()) if known is None else known
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        file = path.relative_to(folder).as_posix()
        if kind_of(path) == "ignored":
            drop.ignored[file] = "no departmental table"
            continue
        drop.files[file] = sha256(path.read_bytes()).hexdigest()
        old = seen.get((drop.files[file], said_scope(file, full_list)))
        if old and (known is not None or not reads_anew(evidence, layouts, drop.files[file])):
            drop.known[file] = old
            why = [old.refused[name] for name in names_in(old, drop.files[file]) if name in old.refused]
            if why:
                drop.refused[file] = why[0]
            continue
        try:
            found = list(_read_file(path, file, secret, drop, layouts))
        except GuanxiError as error:
            drop.refused[file] = str(error)
            continue
        drop.tables += found
        progress("read", file, sum(table.entry.read for table in found))
    if not drop.files:
        raise GuanxiError(f"{folder} holds no departmental tables: .csv, .xlsx or .xls files are looked for.")
    return drop


def known_by(deliveries: Iterable[Delivery]) -> Known:
    """The bytes that deliveries brought. Sent as a full list after they came as additions, they say something new."""
    return {
        (sha, said_scope(file, delivery.full_list)): delivery
        for delivery in deliveries
        for file, sha in delivery.files.items()
    }


def _read_file(path: Path, file: str, secret: Secret, drop: Drop, layouts: Layouts) -> Iterator[Table]:
    recognised = False
    unknown: dict[str, str] = {}
    for sheet in sheets_of(path):
        names = names_of(file, sheet.name)
        header = layouts.find(sheet.head(), drop.files[file], names) or find_header(sheet.head())
        if header is None:
            unknown[sheet.name] = nearest(sheet.head())
            if sheet.name != EXPLANATIONS and likely_header(sheet.head()):
                drop.waiting.append((file, sheet, unknown[sheet.name]))
            continue
        if header.match.missing:
            unknown[sheet.name] = lacking(header.match)
            drop.waiting.append((file, sheet, unknown[sheet.name]))
            continue
        recognised = True
        yield _read_sheet(file, sheet, header, secret, drop)
    for name, why in unknown.items():
        if not recognised:
            raise GuanxiError(f"{file}: {why}. Check the header row.")
        drop.ignored[f"{file} [{name}]"] = why


def _read_sheet(file: str, sheet: Sheet, header: Header, secret: Secret, drop: Drop) -> Table:
    source = header.match.source
    rows = _with_places(with_values(records(sheet, header), header.match.values))
    cleaned = clean(source, header.match, rows, secret)
    entry = Entry(
        file=file,
        sheet=sheet.name,
        table=source.id,
        read=rows.num_rows,
        unknown_columns=tuple(name for name in header.match.unknown if name not in STANDS_FOR),
        columns={str(position): column.name for position, column in header.match.columns.items()},
        header=header.position + 1,
        layout=header.match.layout,
        scope=_scope_of(sheet, header, file, drop.full_list),
    )
    return Table(entry, sheet, cleaned.table, cleaned.problems, _places_of(rows, cleaned.problems))


def _scope_of(sheet: Sheet, header: Header, file: str, full_list: bool) -> str:
    """What the sheet says of itself counts before what is said of the whole delivery; silent, it adds."""
    titles = [cell for row in sheet.head()[: header.position] for cell in row]
    said = [scope_in(words) for words in ("".join(titles), sheet.name, file)]
    return next(filter(None, said), "full" if full_list else "additions")


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


def names_in(delivery: Delivery, sha: str) -> list[str]:
    """The names under which a file of these bytes came in a delivery."""
    return [name for name, kept in delivery.files.items() if kept == sha]
