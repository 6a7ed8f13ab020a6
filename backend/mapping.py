"""Sheets that wait for a person to say what their columns are: what waits, what is suggested, what the first rows would become,
and the confirmation that is remembered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from backend.accounts import NotAllowed, Viewer, may
from backend.deliveries import Arriving, Work, may_see
from backend.mending import KIND_NOTES, SECRET_KINDS, choices_of
from graph_loader.cells import masked_text
from graph_loader.cleaning import as_cells, clean
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence, masked_cell
from graph_loader.headers import Header, Match, signature
from graph_loader.layout import blocks_of, records
from graph_loader.layouts import Layout, Layouts, candidates, head_of, likely_header, names_of, reads_anew
from graph_loader.reading import Sheet
from graph_loader.secret import Secret
from graph_loader.sources import load_sources
from graph_loader.suggestions import Suggestion, suggest
from graph_loader.tables import STANDS_FOR

SHOWN_ROWS = 8
SAMPLE_ROWS = 200
NOT_ASKED = {"序号", "序", "行号", "编号", "备注", *STANDS_FOR}
"""Headers that say nothing a table has, or that stand for another row: a sheet does not wait for them alone."""


@dataclass(frozen=True)
class Place:
    """Where a waiting sheet was delivered."""

    delivery: str
    by: str
    received: str
    file: str
    sheet: str
    sha: str
    path: Path
    """Its raw rows."""


@dataclass(frozen=True)
class Pending:
    """Sheets under the same headers that wait. `table`: id of the table that was recognised, empty where none was; `unknown`:
    headers that no column names; `asked`: columns for which a confirmed layout needs a value in each file."""

    signature: str
    written: tuple[str, ...]
    places: list[Place] = field(default_factory=list)
    table: str = ""
    unknown: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    why: str = ""

    @cached_property
    def files(self) -> list[str]:
        return list(dict.fromkeys(place.file for place in self.places))


def pending(evidence: Evidence, viewer: Viewer | None = None) -> list[Pending]:
    """What waits of the deliveries the viewer may see (None: the machine's owner, all), tables nobody recognised first."""
    layouts = Layouts(evidence.folder)
    found: dict[str, Pending] = {}
    for place, table, why in _waiting(evidence, viewer):
        head, names = head_of(place.path), names_of(place.file, place.sheet)
        header = layouts.find(head, place.sha, names) or likely_header(head, names)
        if header is None:
            continue
        match = header.match
        unknown = tuple(cell for cell in (match.unknown if match else header.written) if cell.strip() not in NOT_ASKED)
        if table and (not unknown or (match and match.layout)):
            continue
        asked = match.missing if match and match.layout else ()
        name = signature(header.written)
        known = match.source.id if match else ""
        found.setdefault(name, Pending(name, header.written, [], known, unknown, asked, why)).places.append(place)
    return sorted(found.values(), key=lambda one: (bool(one.table and not one.asked), one.places[0].received))


def _waiting(evidence: Evidence, viewer: Viewer | None) -> Iterator[tuple[Place, str, str]]:
    """Each sheet nobody recognised, and each with columns that no table names: place, recognised table, why. Bytes that were read
    again since then count as they were read last."""
    deliveries = [delivery for delivery in evidence.in_force() if viewer is None or may_see(viewer, delivery)]
    last: dict[str, str] = {}
    for delivery in deliveries:
        for file in {*(sheet.file for sheet in delivery.waiting), *(e.file for e in delivery.entries if not e.kept_in)}:
            last[delivery.files[file]] = delivery.id
    for delivery in deliveries:
        rows = evidence.content_of(delivery.id) / "rows"
        sheets = [(sheet.file, sheet.sheet, sheet.raw, "", sheet.why) for sheet in delivery.waiting]
        sheets += [
            (e.file, e.sheet, e.raw, e.table, "")
            for e in delivery.entries
            if not e.kept_in and e.unknown_columns and not e.layout
        ]
        for file, sheet, raw, table, why in sheets:
            sha = delivery.files[file]
            if last[sha] == delivery.id:
                place = Place(delivery.id, delivery.by, delivery.received, file, sheet, sha, rows / raw)
                yield place, table, why


def one(evidence: Evidence, name: str, viewer: Viewer | None = None) -> Pending:
    """What waits under headers of that signature. Raises GuanxiError when nothing does."""
    for waiting in pending(evidence, viewer):
        if waiting.signature == name:
            return waiting
    raise GuanxiError(
        f"No sheet waits under {name}: it was confirmed, or its delivery withdrawn. `guanxi map` lists what waits."
    )


# One of them


@dataclass(frozen=True)
class Column:
    """A column of a waiting sheet. `cells`: its first cells, numbers masked; `fixed`: the column it is read as without help, as
    it holds one month's amounts or the like."""

    position: int
    header: str
    cells: list[str]
    fixed: str = ""


@dataclass(frozen=True)
class Answer:
    """What a person says: the table, the column for each position, values for all rows, and which of these hold for every sheet
    under these headers (`always`), not for this file only."""

    table: str
    columns: dict[int, str]
    values: dict[str, str] = field(default_factory=dict)
    always: frozenset[str] = frozenset()

    def layout(self, waiting: Pending) -> Layout:
        once = {name: value for name, value in self.values.items() if name not in self.always}
        return Layout(
            headers=waiting.written,
            table=self.table,
            columns=self.columns,
            always={name: value for name, value in self.values.items() if name in self.always},
            once={place.sha: once for place in waiting.places} if once else {},
        )


class Waiting:
    """The first of the sheets that wait under the same headers, opened."""

    def __init__(self, evidence: Evidence, waiting: Pending) -> None:
        self.evidence = evidence
        self.waiting = waiting
        self.place = waiting.places[0]
        with pq.ParquetFile(self.place.path) as kept:
            self.cells: pa.Table = pa.Table.from_batches([next(kept.iter_batches(SAMPLE_ROWS))]).drop_columns(["row"])
        rows = [list(row) for row in zip(*(column.to_pylist() for column in self.cells.columns), strict=True)]
        names = names_of(self.place.file, self.place.sheet)
        header = next(each for each in candidates(rows, names) if signature(each.written) == waiting.signature)
        self.position, self.match = header.position, header.match
        self.below = [row for row in rows[header.position + 1 :] if any(cell.strip() for cell in row)]

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        return suggest(self.waiting.written, self.below)

    def proposed(self, table: str = "") -> Answer:
        """The mapping to start from: what was confirmed before or recognised, else what is suggested for the table, the likeliest
        where none is named."""
        held = Layouts(self.evidence.folder).held.get(self.waiting.signature)
        if held and table in ("", held.table):
            return Answer(held.table, held.columns, dict(held.always), frozenset(held.always))
        table = table or self.waiting.table or self.suggestions[0].table
        recognised = self.match.columns if self.match and self.match.source.id == table else {}
        columns = {at: column.name for at, column in recognised.items()}
        guesses = next(one.guesses for one in self.suggestions if one.table == table)
        taken = {*columns.values(), *(self.match.values if recognised and self.match else ())}
        fixed = self._fixed(table)
        for at, guess in guesses.items():
            if at not in columns and at not in fixed and guess.column not in taken:
                columns[at] = guess.column
        return Answer(table, columns)

    def columns(self, answer: Answer) -> list[Column]:
        fixed = self._fixed(answer.table)
        kinds = {at: load_sources()[answer.table].columns[name].kind for at, name in answer.columns.items()}
        return [
            Column(
                at,
                header,
                [masked_cell(row[at], kinds.get(at) in SECRET_KINDS) for row in self.below[:SHOWN_ROWS]],
                fixed.get(at, ""),
            )
            for at, header in enumerate(self.waiting.written)
            if header.strip() or any(row[at].strip() for row in self.below)
        ]

    def _fixed(self, table: str) -> dict[int, str]:
        """Positions that are read without a mapping: a month's amounts, a period, a further record of the row."""
        if self.match is None or self.match.source.id != table:
            return {}
        own = self.match.columns
        return {at: column.name for at, column in self.match.all_columns().items() if at not in own}

    def read(self, answer: Answer) -> Match:
        """How the sheet would be read; `missing`: required columns that nothing gives."""
        return answer.layout(self.waiting).match(self.match, self.place.sha)

    def preview(self, answer: Answer, secret: Secret) -> list[dict[str, Any]]:
        """What the first rows would become: `row`, `cells` (column → as read, numbers masked), `faults` (column → what is wrong)."""
        match = self.read(answer)
        source = match.source
        sheet = Sheet(self.place.sheet, self.cells.slice(0, self.position + 1 + 2 * SHOWN_ROWS))

        def find(rows: Sequence[Sequence[str]], *, names: Sequence[str]) -> Header | None:
            for found in candidates(rows, names):
                if signature(found.written) == self.waiting.signature:
                    return Header(found.position, match, found.written, found.first)
            return None

        frame = records(blocks_of(sheet, names_of(self.place.file, self.place.sheet), find)[0])
        cleaned = clean(source, match, frame, secret)
        shown: dict[int, dict[str, Any]] = {}
        for row in cleaned.table.to_pylist():
            cells = {
                name: row.get(f"{name}@masked") or masked_text(cell) for name, cell in as_cells(source, row).items()
            }
            shown[row["_record"]] = {"row": row["_row"], "cells": cells, "faults": {}}
        for problem in cleaned.problems:
            cells = {
                name: masked_cell(cell, source.columns[name].kind in SECRET_KINDS)
                for name, cell in problem.cells.items()
            }
            faults = {name: masked_text(fault) for name, fault in problem.faults.items()}
            shown[problem.record] = {"row": problem.row, "cells": cells, "faults": faults}
        return [shown[record] for record in sorted(shown)][:SHOWN_ROWS]


def confirm(evidence: Evidence, waiting: Pending, answer: Answer, by: str) -> Layout:
    """Remembers the layout. Raises GuanxiError when a column is named twice, or a required one is given by nothing."""
    layout = answer.layout(waiting)
    match = layout.match(Waiting(evidence, waiting).match, waiting.places[0].sha)
    if match.missing:
        title = match.source.title
        raise GuanxiError(
            f"{title} lacks {'、'.join(match.missing)}: choose a column for each, or give a value for all rows."
        )
    return Layouts(evidence.folder).confirm(layout, by)


def kept_bytes(evidence: Evidence, waiting: Pending) -> Mapping[str, Path]:
    """The files to be read again: name → where their bytes are kept. Others of the same name are put into folders of their own."""
    named: dict[str, list[str]] = {}
    for place in waiting.places:
        if place.sha not in named.setdefault(place.file, []):
            named[place.file].append(place.sha)
    return {
        f"第{number}份/{file}" if number > 1 else file: evidence.folder / "files" / sha
        for file, shas in named.items()
        for number, sha in enumerate(shas, 1)
    }


def read_again(home: Path, viewer: Viewer, waiting: Pending) -> Work:
    """Hands in the kept bytes once more, to be read by the layout that was confirmed."""
    evidence = Evidence(home)
    arriving = Arriving(home, viewer)
    try:
        for file, path in kept_bytes(evidence, waiting).items():
            arriving.begin(file)
            with path.open("rb") as content:
                while part := content.read(1 << 20):
                    arriving.write(part)
        full = evidence.delivery(waiting.places[0].delivery).full_list
        return arriving.complete("按确认的表头重新读取", full)
    except BaseException:
        arriving.give_up()
        raise


def is_read_anew(home: Path, waiting: Pending) -> bool:
    """Whether the confirmed layout reads anything that was not read before: columns that are not needed change nothing."""
    evidence = Evidence(home)
    return any(reads_anew(evidence, Layouts(evidence.folder), place.sha) for place in waiting.places)


# What the pages ask for


def columns_of(table: str) -> dict[str, bool]:
    """The columns of a table → whether they are always filled."""
    return {column.name: column.required for column in load_sources()[table].columns.values()}


GIVEN_KINDS = {
    "code", "text", "title", "unit", "company_name", "date", "from_date", "yes_no", "choice", "village_code", "town_code",
    "village_or_unit", "amount", "wan_amount", "number", "percent", "integer",
}  # fmt: skip
"""Kinds of columns that may have one value for all rows; people, their numbers and accounts differ from row to row."""


def may_be_given(table: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Required columns of a table that may have one value for all rows → an example, and the values to choose from."""
    source = load_sources()[table]
    lone = source.key if len(source.key) == 1 else ()
    return {
        column.name: (KIND_NOTES[column.kind][1], choices_of(column))
        for column in source.columns.values()
        if column.required and column.kind in GIVEN_KINDS and column.name not in lone
    }


def confirmed(evidence: Evidence) -> list[tuple[Layout, list[str]]]:
    """The layouts that hold, the newest first, each with the deliveries in force that were read by it."""
    deliveries = evidence.in_force()
    return [
        (layout, [one.id for one in deliveries if any(entry.layout == layout.mark for entry in one.entries)])
        for layout in reversed(list(Layouts(evidence.folder).held.values()))
    ]


def take_back(evidence: Evidence, name: str, viewer: Viewer) -> Layout:
    """Forgets a layout for what comes from now on: by whoever confirmed it, or who sees all deliveries. Raises NotAllowed."""
    layouts = Layouts(evidence.folder)
    held = layouts.held.get(name)
    if held and held.by != viewer.name and not may(viewer, "see_leads"):
        raise NotAllowed("not_yours", "只能收回自己确认的表头。", "You can only take back a layout that you confirmed.")
    return layouts.take_back(name, viewer.name)
