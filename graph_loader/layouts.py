"""Layouts that a person confirmed: what the columns of a sheet are that the headers alone do not say.

Each is one file `evidence/layouts/<signature>.json` in the home, named by the sheet's headers, with who confirmed it and when. A
sheet under the same headers is read by it from then on, until it is taken back.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath

import pyarrow.parquet as pq

from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.headers import HEADER_DEPTH, Header, Match, find_header, joined, money_factors, signature
from graph_loader.notes import keep_note
from graph_loader.sources import load_sources

EXPLANATIONS = "填写说明"
"""The sheet of an empty workbook (`guanxi template`) that explains its columns: no table."""
FEWEST_COLUMNS = 3
"""A sheet with fewer columns is a remark, not a table that waits for somebody."""


@dataclass(frozen=True)
class Layout:
    """What a person said about the sheets under a row of headers."""

    headers: tuple[str, ...]
    """As written, by position; of a header of two rows, the two put together."""
    table: str
    columns: dict[int, str]
    """Position in the sheet → the table's column; what is left out is not needed."""
    always: dict[str, str] = field(default_factory=dict)
    """Columns the sheet does not have → the cell for all rows of every sheet of this layout."""
    once: dict[str, dict[str, str]] = field(default_factory=dict)
    """SHA-256 of a file → such cells for that file alone: a date of payment is another one next month."""
    by: str = ""
    at: str = ""
    taken_back_by: str = ""
    taken_back_at: str = ""

    @property
    def signature(self) -> str:
        return signature(self.headers)

    @property
    def mark(self) -> str:
        """Names this confirmation: another one of the same headers has another mark."""
        return f"{self.signature} {self.at}"

    def match(self, base: Match | None, sha: str) -> Match:
        """How a sheet under these headers is read in a file of these bytes. `base`: what its headers and titles say by themselves.
        Required columns that nothing says, and those that every file must be given a value for, are in `missing`."""
        source = load_sources()[self.table]
        if base is None or base.source.id != self.table:
            base = Match(source, {}, {}, (), 0.0)
        columns = {position: source.columns[name] for position, name in self.columns.items()}
        given = self.always | self.once.get(sha, {})
        match = replace(
            base,
            columns=columns,
            factors=base.factors | money_factors(self.headers, columns),
            score=1.0,
            values={name: said for name, said in base.values.items() if name not in self.columns.values()} | given,
            layout=self.mark,
        )
        read = {*match.all_columns(), match.year}
        unknown = tuple(cell for at, cell in enumerate(self.headers) if cell.strip() and at not in read)
        asked = {column for values in self.once.values() for column in values}
        return replace(match, unknown=unknown, missing=tuple(sorted(_missing(match) | (asked - given.keys()))))


def _missing(match: Match) -> set[str]:
    """Required columns that neither a column of the sheet nor a value for all rows gives."""
    source = match.source
    said = {column.name for column in match.all_columns().values()} | match.values.keys()
    said |= set(source.key) if source.numbered_by else set()
    said |= {source.months["date"]} if match.months else set()
    said |= {source.period["from"], source.period["to"]} if match.period is not None else set()
    return {column.name for column in source.columns.values() if column.required} - said


class Layouts:
    """The layouts of a home that hold, by signature."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the evidence."""
        self.folder = folder / "layouts"

    @cached_property
    def held(self) -> Mapping[str, Layout]:
        return {layout.signature: layout for layout in self.all() if not layout.taken_back_at}

    def all(self) -> list[Layout]:
        """Every layout, those taken back too, in the order of their confirmation."""
        return sorted((_read(path) for path in self.folder.glob("*.json")), key=lambda layout: layout.at)

    def find(self, head: Sequence[Sequence[str]], sha: str, names: Sequence[str] = ()) -> Header | None:
        """The header among a sheet's first rows that a layout knows, in a file of these bytes; `names` as for `find_header`."""
        if not self.held:
            return None
        for candidate in candidates(head, names):
            layout = self.held.get(signature(candidate.written))
            if layout:
                match = layout.match(candidate.match, sha)
                return Header(candidate.position, match, candidate.written, candidate.first)
        return None

    def confirm(self, layout: Layout, by: str) -> Layout:
        """Keeps a layout with who confirmed it and when; one of the same headers is replaced.

        Raises GuanxiError when the table or one of its columns does not exist, or a column is named twice.
        """
        _checked(layout)
        old = self.held.get(layout.signature)
        if old and (old.table, old.columns, old.always) == (layout.table, layout.columns, layout.always):
            layout = replace(layout, once=old.once | layout.once)
        return self._keep(replace(layout, by=by, at=_now()))

    def take_back(self, signature: str, by: str) -> Layout:
        """From now on no sheet is read by it; what was read stays until its delivery is withdrawn. Raises GuanxiError."""
        layout = self.held.get(signature)
        if layout is None:
            raise GuanxiError(f"There is no confirmed layout {signature}: `guanxi map --list` lists those that are.")
        return self._keep(replace(layout, taken_back_by=by, taken_back_at=_now()))

    def _keep(self, layout: Layout) -> Layout:
        path = self.folder / f"{layout.signature}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            keep_note(path, asdict(layout))
        except OSError as error:
            raise GuanxiError(
                f"{path} cannot be written ({error.strerror}): see to the disk, then confirm again."
            ) from error
        self.__dict__.pop("held", None)
        return layout


def _read(path: Path) -> Layout:
    content = json.loads(path.read_text(encoding="utf-8"))
    content["headers"] = tuple(content["headers"])
    content["columns"] = {int(position): name for position, name in content["columns"].items()}
    return Layout(**content)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="microseconds")


def _checked(layout: Layout) -> None:
    source = load_sources().get(layout.table)
    if source is None:
        raise GuanxiError(f"There is no table {layout.table!r}: choose one of {', '.join(load_sources())}.")
    given = {name for values in (layout.always, *layout.once.values()) for name in values}
    named = [*layout.columns.values(), *given]
    for name in named:
        if name not in source.columns:
            raise GuanxiError(f"{source.title} has no column {name!r}: choose one of {'、'.join(source.columns)}.")
        if named.count(name) > 1:
            raise GuanxiError(f"{name} of {source.title} is given twice: leave it to one column.")


# What may be a header


@dataclass(frozen=True)
class Candidate:
    """A row of a sheet, or two put together, that may be its header; `match` where a table is recognised in it."""

    first: int
    position: int
    written: tuple[str, ...]
    match: Match | None = None


def candidates(head: Sequence[Sequence[str]], names: Sequence[str] = ()) -> Iterator[Candidate]:
    """The header that is recognised, then each of a sheet's first rows, alone and with the one below it."""
    try:
        found = find_header(head, names=names)
    except GuanxiError:
        found = None
    if found:
        yield Candidate(found.first, found.position, found.written, found.match)
    rows = head[:HEADER_DEPTH]
    for position, row in enumerate(rows):
        yield Candidate(position, position, tuple(row))
        if position + 1 < len(rows):
            yield Candidate(position, position + 1, joined(row, rows[position + 1]))


def likely_header(head: Sequence[Sequence[str]], names: Sequence[str] = ()) -> Candidate | None:
    """What is most likely a sheet's header: what is recognised, else the first row of words in at least three columns that is
    nearly as wide as the widest and has such a row below it. None for a sheet that holds no table."""
    recognised = next(candidates(head, names), None)
    if recognised and recognised.match:
        return recognised
    rows = [[cell.strip() for cell in row] for row in head[:HEADER_DEPTH]]
    filled = [sum(1 for cell in row if cell) for row in rows]
    widest = max(filled, default=0)
    for position, row in enumerate(rows[:-1]):
        wide = filled[position] >= max(FEWEST_COLUMNS, widest * 0.6)
        words = sum(1 for cell in row if cell and not cell[0].isdigit())
        followed = max(filled[position + 1 :]) >= FEWEST_COLUMNS
        if wide and followed and words >= filled[position] * 0.8 and len({*row} - {""}) > filled[position] / 2:
            return Candidate(position, position, tuple(head[position]))
    return None


# Reading by a layout


def reads_anew(evidence: Evidence, layouts: Layouts, sha: str) -> bool:
    """Whether a layout confirmed since then reads something in a delivered file of these bytes that was not read so."""
    if not layouts.held:
        return False
    for delivery in reversed(evidence.in_force()):
        files = {name for name, kept in delivery.files.items() if kept == sha}
        read: list[tuple[str, str, str, dict[str, str], str]] = [
            (sheet.raw, sheet.file, sheet.sheet, {}, "") for sheet in delivery.waiting if sheet.file in files
        ]
        read += [
            (e.raw, e.file, e.sheet, e.columns, e.layout) for e in delivery.entries if e.file in files and not e.kept_in
        ]
        rows = evidence.content_of(delivery.id) / "rows"
        for raw, file, sheet, columns, layout in read:
            header = layouts.find(head_of(rows / raw), sha, names_of(file, sheet))
            if header is None or header.match.missing or header.match.layout == layout:
                continue
            same = {str(at): column.name for at, column in header.match.columns.items()} == columns
            if not (same and not header.match.values):
                return True
        if read:
            return False
    return False


def names_of(file: str, sheet: str) -> tuple[str, ...]:
    """The names that may say what a header lacks, the nearest first: of the sheet, the file, its folders."""
    path = PurePosixPath(file)
    return (sheet, path.stem, *reversed(path.parent.parts))


def head_of(path: Path) -> list[list[str]]:
    """The first rows of a kept sheet, each a list of cells."""
    with pq.ParquetFile(path) as kept:
        first = next(kept.iter_batches(HEADER_DEPTH + 1)).drop_columns(["row"]).to_pydict()
    return [list(row) for row in zip(*first.values(), strict=True)]
