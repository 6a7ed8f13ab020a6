"""A folder of departmental files, read into tables: which file holds which table, and what is no table at all."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pyarrow as pa

from graph_loader import cells, cleaning, headers, layout, ocds, reading, sources, tables
from graph_loader.cleaning import Problem
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Entry, Evidence, said_scope, scope_in
from graph_loader.layouts import Layouts, reads_anew
from graph_loader.reader import READERS, Reader, make_ready, with_reader
from graph_loader.reading import Sheet, is_lock_file, kind_of
from graph_loader.secret import Secret
from graph_loader.tables import Contents, Found

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
    paths: dict[str, Path] = field(default_factory=dict)
    """File → where its bytes are."""
    spool: TemporaryDirectory[str] = field(default_factory=TemporaryDirectory)
    """Holds what is read until the drop is kept."""
    definitions: str = ""
    """Names the specs, the code and the key by which it was read and cleaned."""


NO_TABLE = "no departmental table"

Known = dict[tuple[str, str], Delivery]
"""SHA-256 of a file and the scope said of it without opening it → the delivery that brought these bytes."""


def definitions(evidence: Evidence, secret: Secret) -> str:
    """Names everything besides the bytes that decides what is read from a file: rows read under another name of it are read
    again."""
    told = sha256(repr([source.reading() for source in evidence.sources.values()]).encode())
    for module in (reading, headers, layout, tables, ocds, cleaning, cells, sources, sys.modules[__name__]):
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
    drop, unread = look_over(evidence, folder, secret, full_list, known)
    layouts = Layouts(evidence.folder)

    def read(file: str) -> Contents:
        results = Path(drop.spool.name) / f"file-{unread.index(file)}"
        return with_reader(lambda reader: reader.contents(drop.paths[file], file, results, secret, layouts))

    with ThreadPoolExecutor(READERS) as readers:
        for file, contents in zip(unread, readers.map(read, unread), strict=True):
            _keep(drop, file, contents)
            progress("read", file, sum(found.read for found in contents.tables))
    if not drop.files and drop.refused:
        raise GuanxiError(next(iter(drop.refused.values())))
    if not drop.files:
        raise GuanxiError(
            f"{folder} holds no departmental tables: .csv, .xlsx or .xls files, or .json and .jsonl of OCDS, are looked for."
        )
    return drop


def look_over(
    evidence: Evidence, folder: Path, secret: Secret, full_list: bool = False, known: Known | None = None
) -> tuple[Drop, list[str]]:
    """A drop as its bytes show it, and the files whose bytes are not known and are to be read. `known`: as for `read_drop`."""
    if not folder.is_dir():
        raise GuanxiError(f"{folder} is no folder: name the folder that holds the tables.")
    drop = Drop(full_list=full_list, definitions=definitions(evidence, secret), spool=_spool(evidence))
    layouts = Layouts(evidence.folder)
    seen = known_by(evidence.in_force()) if known is None else known
    _list_files(drop, folder)
    unread = []
    for file, path in drop.paths.items():
        with path.open("rb") as stream:
            drop.files[file] = file_digest(stream, "sha256").hexdigest()
        old = seen.get((drop.files[file], said_scope(file, full_list)))
        if old and (known is not None or not reads_anew(evidence, layouts, drop.files[file])):
            drop.known[file] = old
            why = [old.refused[name] for name in names_in(old, drop.files[file]) if name in old.refused]
            if why:
                drop.refused[file] = why[0]
        else:
            unread.append(file)
    make_ready(len(unread))
    return drop, unread


def _spool(evidence: Evidence) -> TemporaryDirectory[str]:
    """A folder for what is read until it is kept; those of processes that are gone are removed."""
    evidence.folder.mkdir(parents=True, exist_ok=True)
    for left in evidence.folder.glob(".reading-*"):
        if not psutil.pid_exists(int(left.name.split("-")[1])):
            shutil.rmtree(left, ignore_errors=True)
    return TemporaryDirectory(prefix=f".reading-{os.getpid()}-", dir=evidence.folder, ignore_cleanup_errors=True)


def _list_files(drop: Drop, folder: Path) -> None:
    """Notes where each table's file is, those in archives copied out, and what is no table."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        file = path.relative_to(folder).as_posix()
        if kind_of(path) != "archive":
            _list_file(drop, file, path)
            continue
        results = Path(drop.spool.name) / f"archive-{len(drop.paths)}"
        try:
            members = with_reader(partial(Reader.members, path=path, file=file, results=results))
        except GuanxiError as error:
            drop.refused[file] = str(error)
            continue
        for member in members:
            if member.path:
                _list_file(drop, f"{file}/{member.name}", member.path)
            else:
                drop.refused[f"{file}/{member.name}"] = f"{file}/{member.name}: {member.why}."


def _list_file(drop: Drop, file: str, path: Path) -> None:
    name = Path(file)
    if kind_of(name) == "table" or ocds.is_ocds(name, path):
        drop.paths[file] = path
    else:
        lock = is_lock_file(name.name)
        drop.ignored[file] = "left by a spreadsheet that has the file open" if lock else NO_TABLE


def known_by(deliveries: Iterable[Delivery]) -> Known:
    """The bytes that deliveries brought. Sent as a full list after they came as additions, they say something new."""
    return {
        (sha, said_scope(file, delivery.full_list)): delivery
        for delivery in deliveries
        for file, sha in delivery.files.items()
    }


def _keep(drop: Drop, file: str, contents: Contents) -> None:
    """Puts what was found in a file into the drop. A text without a table is a remark, a file that holds nothing no table."""
    nothing = not contents.tables and not contents.waiting
    if nothing and (contents.ignored or file.lower().endswith(".txt")):
        del drop.files[file]
        drop.ignored[file] = contents.ignored.get("", NO_TABLE)
        return
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
