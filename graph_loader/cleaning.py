"""Raw text cells into clean, typed columns: strictly, each distinct cell once. What cannot be read is set aside."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_loader.cells import (
    FIGURE,
    MISSING,
    TOWN_IN_FRONT,
    Unreadable,
    Values,
    is_blank,
    nothing_in,
    plain,
    read_cell,
    setting_of,
    squeezed,
)
from graph_loader.headers import MONEY, Match
from graph_loader.secret import Secret
from graph_loader.sources import KINDS, Column, Source

KEY_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Problem:
    """A record that was not loaded. `column`: the first that could not be read, `reason` covers all of them."""

    row: int
    record: int
    column: str
    value: str
    reason: str
    faults: dict[str, str] = field(default_factory=dict)
    """Each column that could not be read → what is wrong with it and how to mend it."""
    cells: dict[str, str] = field(default_factory=dict)
    """Canonical column → the filled cell as it was read, its unit beside an amount whose header names another than the table's:
    under the canonical headers it reads the same again."""
    key: str | None = None
    """The record's key, where all of that could be read."""


@dataclass(frozen=True)
class Cleaned:
    """`table`: clean columns of the rows without a problem, with `_row` and other columns of the frame that begin with `_`;
    `_key`: the business key, clean texts joined by U+001F; `_hash`: uint64 over all clean values."""

    table: pa.Table
    problems: list[Problem]


def clean(source: Source, match: Match, frame: pa.Table, secret: Secret) -> Cleaned:
    """Cleans the rows of one sheet.

    `frame`: text columns by canonical name (missing ones count as empty), `_row`, the spreadsheet row, and `_record`, which
    tells the records of one row apart. A record with a filled cell that cannot be read, or without a required one, is a Problem;
    all others are in the table.
    """
    count = len(frame)
    columns: dict[str, pa.Array] = {}
    key_texts: dict[str, pa.Array] = {}
    hashes = np.zeros(count, dtype=np.uint64)
    refused: dict[int, list[tuple[str, str]]] = {}
    unnumbered = source.key[0] if source.numbered_by and source.key[0] not in frame.column_names else None
    parts: dict[str, pa.Array] = {}
    for column in source.columns.values():
        if column.name == unnumbered:
            continue
        cells = _Cells(column, frame[column.name] if column.name in frame.column_names else None, count)
        cells.clean(secret, match.factors.get(column.name))
        for place, fault in cells.faults():
            refused.setdefault(place, []).append((column.name, fault))
        columns |= cells.columns()
        hashes += cells.hashes()
        if unnumbered and column.name in source.numbered_by:
            parts[column.name] = cells.texts()
        if column.name in source.key:
            key_texts[column.name] = cells.texts()
    for column in source.columns.values():
        if column.wrong_check:
            columns[f"{column.name}@ref"] = _unidentified(column, columns, secret)
        if column.village_column and column.required:
            _accept_named_places(column, columns, refused)
    if unnumbered:
        numbers = _numbers([parts[name] for name in source.numbered_by], secret)
        key_texts[unnumbered] = numbers
        columns = {name: columns.get(name, numbers) for name in source.clean_columns()}
    columns["_key"] = pc.binary_join_element_wise(*(key_texts[name] for name in source.key), KEY_SEPARATOR)
    columns["_hash"] = pa.array(hashes)
    columns |= {name: frame[name] for name in frame.column_names if name.startswith("_")}
    table = pa.table(columns)
    if refused:
        loaded = np.ones(count, dtype=bool)
        loaded[list(refused)] = False
        table = table.filter(pa.array(loaded))
    return Cleaned(table, _problems(source, match, frame, refused, columns["_key"]))


def _numbers(parts: list[pa.Array], secret: Secret) -> pa.Array:
    """Numbers for rows that have none: the same for the same parts, and nobody's ID or account can be read from them."""
    texts = pc.binary_join_element_wise(*parts, KEY_SEPARATOR).to_pylist()
    return pa.array([f"无号-{secret.ref('number', text)}" for text in texts], pa.string())


def _accept_named_places(
    column: Column, columns: dict[str, pa.Array], refused: dict[int, list[tuple[str, str]]]
) -> None:
    """Takes back that a village code is missing where town and village are named: see `graph_loader.villages`."""
    for place, faults in list(refused.items()):
        if (column.name, MISSING) not in faults:
            continue
        at = faults.index((column.name, MISSING))
        town, village = (columns[other or ""][place].as_py() for other in (column.town_column, column.village_column))
        if village and (town or TOWN_IN_FRONT.match(village)):
            del faults[at]
            if not faults:
                del refused[place]
        else:
            faults[at] = (column.name, "未填写，也未同时写明乡镇和村名（只有村名不能确定是哪个村），请补充后重新报送")


def _problems(
    source: Source, match: Match, frame: pa.Table, refused: dict[int, list[tuple[str, str]]], keys: pa.Array
) -> list[Problem]:
    named = [name for name in source.columns if name in frame.column_names]
    places = sorted(refused)
    rows = frame.select(named).take(pa.array(places, pa.int64())).to_pylist()
    given = {place: _as_given(source, match, row) for place, row in zip(places, rows, strict=True)}
    problems = []
    for place in sorted(refused):
        first = refused[place][0][0]
        value = frame[first][place].as_py() if first in frame.column_names else ""
        reason = "；".join(name + fault for name, fault in refused[place])
        row, record = frame["_row"][place].as_py(), frame["_record"][place].as_py()
        key = None if any(name in source.key for name, _ in refused[place]) else keys[place].as_py()
        problems.append(Problem(row, record, first, value or "", reason, dict(refused[place]), given[place], key))
    return problems


def _as_given(source: Source, match: Match, row: dict[str, str | None]) -> dict[str, str]:
    """The filled cells of a record, so that they read the same under canonical headers."""
    cells = {name: cell for name, cell in row.items() if cell and cell.strip()}
    units = {factor: unit for unit, factor in MONEY.items() if unit != "人民币"}
    for name, factor in match.factors.items():
        default = MONEY["万元"] if source.columns[name].kind == "wan_amount" else 1
        if factor != default and FIGURE.fullmatch(squeezed(plain(cells.get(name, "")))):
            cells[name] += units[factor]
    return cells


def as_cells(source: Source, row: dict[str, Any]) -> dict[str, str]:
    """A clean row written so that it reads the same under canonical headers; empty cells left out."""
    cells = {}
    for name, column in source.columns.items():
        value = row.get(f"{name}@known" if column.kind in ("from_date", "to_date") else name)
        if value is None or value == []:
            continue
        text = ("是" if value else "否") if isinstance(value, bool) else _as_text(value).removesuffix(".0")
        cells[name] = text + {"wan_amount": "元", "percent": "%"}.get(column.kind, "")
    return cells


def _unidentified(column: Column, columns: dict[str, pa.Array], secret: Secret) -> pa.Array:
    """The refs of a column with those of unidentified persons put in: known by number and name as written."""
    refs = columns[f"{column.name}@ref"]
    flags = columns[f"{column.name}@identified"]
    places = np.flatnonzero(pc.fill_null(pc.invert(flags), False).to_numpy(zero_copy_only=False))
    if not len(places):
        return refs
    texts = refs.to_pylist()
    for place in places:
        number, name = columns[column.name][place].as_py(), columns[column.name_column or ""][place].as_py()
        texts[place] = secret.ref("unidentified", f"{number}|{name or ''}")
    return pa.array(texts, pa.string())


class _Cells:
    """The cells of one column: distinct texts, and for each row which of them it holds."""

    def __init__(self, column: Column, cells: pa.ChunkedArray | None, count: int) -> None:
        self.column = column
        if cells is None:
            self.raw, self.codes = [""], np.zeros(count, dtype=np.int32)
        else:
            encoded = pc.dictionary_encode(pc.fill_null(cells, "")).combine_chunks()
            if isinstance(encoded, pa.ChunkedArray):
                encoded = pa.concat_arrays(encoded.chunks) if encoded.num_chunks else pa.array([], encoded.type)
            self.raw = encoded.dictionary.to_pylist()
            self.codes = encoded.indices.to_numpy(zero_copy_only=False)
        self.values: list[Values] = []
        self.fault_of: list[str | None] = []
        self.empty: list[bool] = []

    def clean(self, secret: Secret, factor: int | None) -> None:
        column = self.column
        texts = [plain(cell) for cell in self.raw]
        setting = setting_of(column, texts, secret, factor)
        nothing = nothing_in(column.kind)
        for text in texts:
            fault = None
            values = nothing
            empty = is_blank(text, column)
            if setting.ticked and not text:
                values, empty = (False,), False
            elif not empty:
                try:
                    values = read_cell(text, setting)
                except Unreadable as refusal:
                    fault = str(refusal)
            elif column.required:
                fault = MISSING
            self.values.append(values)
            self.fault_of.append(fault)
            self.empty.append(empty)

    def faults(self) -> Iterable[tuple[int, str]]:
        """Place and fault of every row whose cell is refused."""
        bad = np.array([fault is not None for fault in self.fault_of], dtype=bool)
        if bad.any():
            for place in np.flatnonzero(bad[self.codes]):
                yield int(place), self.fault_of[self.codes[place]] or ""

    def columns(self) -> dict[str, pa.Array]:
        codes = pa.array(self.codes)
        return {
            self.column.name + suffix: pa.array([values[i] for values in self.values], kind).take(codes)
            for i, (suffix, kind) in enumerate(KINDS[self.column.kind].items())
        }

    def _distinct_texts(self) -> list[str]:
        return [_as_text(values[0]) for values in self.values]

    def texts(self) -> pa.Array:
        """The clean values as text, the empty text for none."""
        return pa.array(self._distinct_texts(), pa.string()).take(pa.array(self.codes))

    def hashes(self) -> np.ndarray:
        """A 64-bit hash of each row's clean value and its column; 0 for an empty cell, as for a column that is not there."""
        distinct = np.zeros(len(self.raw), dtype=np.uint64)
        for i, text in enumerate(self._distinct_texts()):
            if not self.empty[i]:
                digest = blake2b(f"{self.column.name}{KEY_SEPARATOR}{text}".encode(), digest_size=8).digest()
                distinct[i] = int.from_bytes(digest, "little")
        return distinct[self.codes]


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)
