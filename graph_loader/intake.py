"""A folder of departmental files, read into tables: which file holds which table, and what is no table at all."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from graph_loader import cleaning, headers, layout, ocds, reading, sources, tables
from graph_loader.cleaning import Problem
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Entry, Evidence, said_scope, scope_in
from graph_loader.layouts import Layouts, reads_anew
from graph_loader.reading import Sheet, is_lock_file, kind_of
from graph_loader.secret import Secret
from graph_loader.tables import Contents, Found, contents_of

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
    for module in (reading, headers, layout, tables, ocds, cleaning, sources, sys.modules[__name__]):
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
        if kind_of(path) == "ignored" and not ocds.is_ocds(path):
            lock = is_lock_file(path.name)
            drop.ignored[file] = "left by a spreadsheet that has the file open" if lock else "no departmental table"
            continue
        drop.files[file] = sha256(path.read_bytes()).hexdigest()
        old = seen.get((drop.files[file], said_scope(file, full_list)))
        if old and (known is not None or not reads_anew(evidence, layouts, drop.files[file])):
            drop.known[file] = old
            why = [old.refused[name] for name in names_in(old, drop.files[file]) if name in old.refused]
            if why:
                drop.refused[file] = why[0]
            continue
        contents = contents_of(path, file, secret, layouts)
        _keep(drop, file, contents)
        progress("read", file, sum(found.read for found in contents.tables))
    if not drop.files:
        raise GuanxiError(
            f"{folder} holds no departmental tables: .csv, .xlsx or .xls files, or .json and .jsonl of OCDS, are looked for."
        )
    return drop


def known_by(deliveries: Iterable[Delivery]) -> Known:
    """The bytes that deliveries brought. Sent as a full list after they came as additions, they say something new."""
    return {
        (sha, said_scope(file, delivery.full_list)): delivery
        for delivery in deliveries
        for file, sha in delivery.files.items()
    }


def _keep(drop: Drop, file: str, contents: Contents) -> None:
    """Puts what was found in a file into the drop."""
    drop.tables += [_table(file, found, drop.full_list) for found in contents.tables]
    drop.ignored |= {f"{file} [{sheet}]" if sheet else file: why for sheet, why in contents.ignored.items()}
    drop.waiting += [(file, sheet, why) for sheet, why in contents.waiting]
    if contents.refused:
        drop.refused[file] = contents.refused


def _table(file: str, found: Found, full_list: bool) -> Table:
    # What the sheet says of itself counts before what is said of the whole delivery; silent, it adds.
    scopes = [scope_in(words) for words in (found.titles, found.sheet.name, file)]
    entry = Entry(
        file=file,
        sheet=found.sheet.name,
        table=found.source,
        read=found.read,
        unknown_columns=found.unknown,
        columns={str(position): name for position, name in found.columns.items()},
        header=found.header,
        layout=found.layout,
        scope=next(filter(None, scopes), "full" if full_list else "additions"),
    )
    return Table(entry, found.sheet, found.rows, found.problems, found.stands_for)


def names_in(delivery: Delivery, sha: str) -> list[str]:
    """The names under which a file of these bytes came in a delivery."""
    return [name for name, kept in delivery.files.items() if kept == sha]
