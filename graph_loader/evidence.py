"""The evidence: every delivery kept byte for byte, its rows in Parquet, its receipt beside them. Nothing here is ever changed.

`evidence/files/<sha256>` holds the bytes. A delivery `evidence/deliveries/<id>/` holds `receipt.json`, the raw rows of each
sheet (`rows/`), the clean rows of each table (`tables/`) and what was set aside (`quarantine.parquet`). A withdrawal is a
note beside them. Which rows are in force follows from the deliveries in their order: for each key, the latest.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq

from graph_loader import standing
from graph_loader.cells import masked_account, masked_id, masked_text
from graph_loader.cleaning import as_cells
from graph_loader.errors import GuanxiError
from graph_loader.notes import keep_note
from graph_loader.resolution import resolve
from graph_loader.sources import Source, load_sources
from graph_loader.standing import Given, TakenOver
from graph_loader.state import Kind, key_sql, name, text, texts, when_sql

ROW_COLUMNS = ("_delivery", "_file", "_sheet", "_row")
CONTRADICTED = "同一主键有内容不同的多行，请核实后只保留正确的一行再报送"
PLACE_COLUMNS = ("_of_delivery", "_of_file", "_of_sheet", "_of_row")
"""Of a row that stands for a delivered one (a mended row for the quarantined one): that row's place."""
ROWS_AN_ELEMENT = 50
"""So many source rows are given for one node or relationship; a programme's own row is one, not its 300,000 payments."""

QUARANTINE_COLUMNS = ("file", "sheet", "row", "column", "value", "reason")

BY_PROCESS = {
    "AWARDED_TO": ("ocds_suppliers", '"采购过程编号", "授标编号"', "中标人编号"),
    "LET_BY": ("ocds_processes", '"采购过程编号"', "采购人编号"),
}
"""Relationships of contracts that procurement data say of something else: the table that says it, the columns it shares with
contracts, and the column of the other end."""

KINSHIP = ("PARENT_OF", "SPOUSE_OF", "SIBLING_OF", "KIN")


@dataclass(frozen=True)
class Entry:
    """One table found in one sheet of one file of a delivery; counts are in rows, `read` is the sum of the others."""

    file: str
    sheet: str
    table: str
    read: int = 0
    loaded: int = 0
    unchanged: int = 0
    corrected: int = 0
    duplicate: int = 0
    quarantined: int = 0
    unknown_columns: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    """Position of a column in the sheet (from 0) → the table's column."""
    raw: str = ""
    """File of the raw rows under `rows/`: text columns "0", "1" … and `row`."""
    header: int = 0
    """Row of the header."""
    mends: bool = False
    """Whether its rows name delivered rows that they stand for."""
    layout: str = ""
    """The layout a person confirmed by which it was read; empty where the table was recognised without help."""
    scope: str = "additions"
    """`full`: a full list (全量) of the parts its rows lie in; it ends earlier rows of those parts that it does not name."""
    ended: int = 0
    """Earlier rows that it ended; no part of `read`."""
    kept_in: str = ""
    """Delivery with which the rows of a file with known bytes lie; empty for its own."""
    kept_file: str = ""
    """The file's name there."""


@dataclass(frozen=True)
class Waiting:
    """A sheet of a delivery that holds a table nobody recognised: it waits for a person to say what its columns are."""

    file: str
    sheet: str
    why: str
    raw: str
    """File of its rows under `rows/`, as for an entry."""


@dataclass(frozen=True)
class Delivery:
    """The receipt of a delivery. `files`: name → SHA-256; `ignored` and `refused`: name → one sentence."""

    id: str
    received: str
    by: str
    entries: tuple[Entry, ...]
    files: dict[str, str]
    ignored: dict[str, str]
    refused: dict[str, str]
    withdrawn: str | None = None
    withdrawn_by: str = ""
    withdrawn_why: str = ""
    note: str = ""
    """What the sender says about it."""
    waiting: tuple[Waiting, ...] = ()
    full_list: bool = False
    """Whether whoever loaded it said that its files are full lists."""
    definitions: str = ""
    """Names the specs and the code by which its rows were read and cleaned."""
    generation: str = ""
    """Folder under the delivery's own that holds its rows as last cleaned; empty as long as nothing changed since it came."""

    @property
    def number(self) -> int:
        """Its place in the order of arrival, from 1."""
        return number_of(self.id)

    def total(self, count: str) -> int:
        return sum(getattr(entry, count) for entry in self.entries)

    def tables(self) -> set[str]:
        return {entry.table for entry in self.entries}

    def as_receipt(self) -> dict[str, Any]:
        """The receipt as others rely on it."""
        counts = ("read", "loaded", "unchanged", "corrected", "duplicate", "quarantined")
        public = ("file", "sheet", "table", *counts, "scope", "ended")
        return {
            "delivery": self.id,
            "received": self.received,
            "by": self.by,
            "withdrawn": self.withdrawn,
            "note": self.note,
            "files": [
                {**{key: getattr(entry, key) for key in public}, "unknown_columns": list(entry.unknown_columns)}
                for entry in self.entries
            ],
            "ignored": [{"file": file, "why": why} for file, why in self.ignored.items()],
            "refused": [{"file": file, "why": why} for file, why in self.refused.items()],
        }


class Evidence:
    """The evidence of a home. Reading only, but for `keep_withdrawal`; deliveries are put in by `loading`."""

    def __init__(self, home: Path, sources: dict[str, Source] | None = None, at: datetime | None = None) -> None:
        """`at`: the evidence as it was then: what came later is not there, what was withdrawn later is in force."""
        self.home = home
        self.folder = home / "evidence"
        self.sources = sources or load_sources()
        self.at = at

    def deliveries(self) -> list[Delivery]:
        """All deliveries in the order of their arrival, withdrawn ones included."""
        folders = [path.parent for path in (self.folder / "deliveries").glob("d*/receipt.json")]
        found = [_read_delivery(folder) for folder in sorted(folders, key=lambda folder: number_of(folder.name))]
        return found if self.at is None else _as_of(found, self.at)

    def delivery(self, id: str) -> Delivery:
        """One delivery by its id. Raises GuanxiError when there is none."""
        folder = self.folder_of(id)
        if not re.fullmatch(r"d\d+-[0-9a-f]+", id) or not (folder / "receipt.json").exists():
            raise GuanxiError(f"There is no delivery {id}: `guanxi deliveries` lists those that are.")
        return _read_delivery(folder)

    def in_force(self) -> list[Delivery]:
        return [delivery for delivery in self.deliveries() if delivery.withdrawn is None]

    def delivered(self) -> set[str]:
        """Ids of the tables of which some delivery in force holds rows or at least a header; a table of OCDS counts as the
        departmental one that it is another source of, too."""
        tables = {table for delivery in self.in_force() for table in delivery.tables()}
        return tables | {ocds.like for table in tables if (ocds := self.sources[table].ocds) and ocds.like}

    def version(self) -> str:
        """Names what the evidence holds; the same version gives the same graph."""
        return json.dumps([[delivery.id, delivery.generation] for delivery in self.in_force()])

    def folder_of(self, delivery: str) -> Path:
        return self.folder / "deliveries" / delivery

    def content_of(self, id: str) -> Path:
        """Where the rows of a delivery lie: as they came, or as last cleaned under changed definitions."""
        return self.folder_of(id) / self.delivery(id).generation

    def rows_of(self, delivery: str, table: str) -> str | None:
        """SQL of the standing rows of a table that a delivery brought, and of those in files whose bytes an earlier one had
        brought; withdrawn or corrected since, they are given all the same. None without any."""
        entries = [entry for entry in self.delivery(delivery).entries if entry.table == table]
        parts = []
        for holder, file in sorted({(entry.kept_in or delivery, entry.kept_file) for entry in entries}):
            path = self.content_of(holder) / "tables" / f"{table}.parquet"
            if path.exists():
                chosen = f" WHERE _file = {text(file)}" if holder != delivery else ""
                parts.append(f"SELECT * FROM read_parquet({text(path)}){chosen}")
        return f"({' UNION ALL BY NAME '.join(dict.fromkeys(parts))})" if parts else None

    def rows_in_force(self) -> dict[str, str]:
        """Source id → SQL (a table expression) of its clean rows in force, with `_key`, `_hash` and the `ROW_COLUMNS`."""
        return {table: standing.in_force(self.sources[table], given) for table, given in self.given().items()}

    def given(self) -> dict[str, list[Given]]:
        """What the deliveries in force give for each table, in their order."""
        given: dict[str, list[Given]] = defaultdict(list)
        seen: set[tuple[str, str]] = set()
        for one in self.in_force():
            marks = {file: (sha, said_scope(file, one.full_list)) for file, sha in one.files.items()}
            for table, alike in sorted(_by_first((entry.table, entry) for entry in one.entries).items()):
                counted = [entry for entry in alike if not entry.kept_in or marks[entry.file] not in seen]
                if counted:
                    given[table].append(self._given_by(one, table, counted))
            seen.update(marks[entry.file] for entry in one.entries)
        return {table: found for table, found in given.items() if any(one.standing or one.taken_over for one in found)}

    def _given_by(self, delivery: Delivery, table: str, entries: list[Entry]) -> Given:
        def kept(id: str, file: str) -> Path | None:
            path = self.content_of(id) / file
            return path if path.exists() else None

        taken_over = []
        for there, file_there, file in sorted({(e.kept_in, e.kept_file, e.file) for e in entries if e.kept_in}):
            paths = [kept(there, f"tables/{table}{part}.parquet") for part in ("", ".rest")]
            taken_over.append(TakenOver(tuple(path for path in paths if path), file_there, file))
        return Given(
            table=table,
            number=delivery.number,
            delivery=delivery.id,
            standing=kept(delivery.id, f"tables/{table}.parquet"),
            rest=kept(delivery.id, f"tables/{table}.rest.parquet"),
            taken_over=tuple(taken for taken in taken_over if taken.paths),
            full=tuple((entry.file, entry.sheet) for entry in entries if entry.scope == "full"),
            unread=kept(delivery.id, "quarantine.parquet"),
        )

    def keep_withdrawal(self, id: str, by: str, why: str = "") -> None:
        """Notes that a delivery is withdrawn; its rows stay on record but assert nothing."""
        note = {"withdrawn": datetime.now().astimezone().isoformat(timespec="microseconds"), "by": by, "why": why}
        keep_note(self.folder_of(id) / "withdrawn.json", note)

    def quarantine(self, delivery: str | None = None) -> list[dict[str, Any]]:
        """Quarantined cells of the deliveries in force: `delivery, file, sheet, row, column, value, reason`.

        A row for which a mended one is in force is left out. One whose mended row is wrong again stands there once: in its own
        place, with what is wrong now. Of bytes that were read again by a confirmed layout, the last reading counts.
        """
        public = ("delivery", *QUARANTINE_COLUMNS)
        return [{key: record[key] for key in public} for record in self.quarantined(delivery)]

    def quarantined(self, delivery: str | None = None) -> list[dict[str, Any]]:
        """The same records with what mends them: `table` (id), `faults` (column → what is wrong with it) and `cells` (canonical
        column → the cell as it came, in full)."""
        found: dict[_Place, list[_Quarantined]] = defaultdict(list)
        deliveries = self.in_force()
        last = {one.files[entry.file]: one.id for one in deliveries for entry in one.entries if not entry.kept_in}
        counted: dict[str, list[Given]] = defaultdict(list)
        for given in self.given().values():
            for one_table in given:
                if one_table.taken_over:
                    counted[one_table.delivery].append(one_table)
        for one in deliveries:
            for row in self._quarantined_by(one, counted[one.id]):
                if last.get(one.files[row["file"]], one.id) == one.id:
                    wrong = _Quarantined(one.id, row)
                    found[wrong.place].append(wrong)
        waiting = _not_mended(found, _settled_together(found, self._mended()))
        return [
            {**wrong.row, **{key: json.loads(wrong.row[key]) for key in ("faults", "cells")}, **place._asdict()}
            for place, wrongs in waiting.items()
            for wrong in wrongs
            if delivery in (None, place.delivery)
        ]

    def _quarantined_by(self, delivery: Delivery, taken_over: list[Given]) -> list[dict[str, Any]]:
        """What a delivery in force cannot assert, as kept; found out again in the tables that it took over from a withdrawn one."""
        rows = _kept_quarantine(self.content_of(delivery.id))
        if not taken_over:
            return rows
        rows = [row for row in rows if not row["conflict"] or row["table"] not in {one.table for one in taken_over}]
        entries = {(entry.kept_in, entry.kept_file, entry.file) for entry in delivery.entries if entry.kept_in}
        for there, file_there, file in sorted(entries):
            if any(taken.file == file for given in taken_over for taken in given.taken_over):
                rows += [
                    {**row, "file": file}
                    for row in _kept_quarantine(self.content_of(there))
                    if row["file"] == file_there and not row["conflict"]
                ]
        with duckdb.connect() as db:
            for given in taken_over:
                found = db.sql(f"SELECT * FROM {standing.contradicted(given)} ORDER BY _file, _sheet, _record")
                rows += contradictions(self.sources[given.table], found.to_arrow_table().to_pylist())
        return rows

    def _mended(self) -> "dict[_Place, dict[str, str]]":
        """Delivered rows for which others stand now: place → key of each row that stands for it and its delivery."""
        mended: dict[_Place, dict[str, str]] = defaultdict(dict)
        mending = {(one.id, entry.table) for one in self.in_force() for entry in one.entries if entry.mends}
        if not mending:
            return mended
        with duckdb.connect() as db:
            for table, given in self.given().items():
                for one in given:
                    if (one.delivery, table) in mending:
                        rows = db.execute(
                            "SELECT _of_delivery, _of_file, _of_sheet, _of_row, _key "
                            f"FROM {standing.every_row(one)} WHERE _of_row IS NOT NULL "
                            "AND _key NOT IN (SELECT _key FROM " + standing.contradicted(one) + ")"
                        ).fetchall()
                        for *place, key in rows:
                            mended[_Place(*place)][key] = one.delivery
        return mended

    def original(self, delivery: str, file: str, sheet: str, row: int, around: int = 10) -> list[dict[str, Any]]:
        """Raw rows of a sheet around a row: `{"row": number, "cells": [text], "here": bool}`, numbers that identify masked.

        The header row comes first. Raises GuanxiError when there is no such sheet.
        """
        receipt = self.delivery(delivery)
        entries = [entry for entry in receipt.entries if entry.file == file and entry.sheet == sheet]
        if not entries:
            raise GuanxiError(f"Delivery {delivery} holds no sheet {sheet!r} of {file!r}.")
        path = self.content_of(entries[0].kept_in or delivery) / "rows" / entries[0].raw
        secret_columns = {
            int(position)
            for entry in entries
            for position, column in entry.columns.items()
            if self.sources[entry.table].columns[column].kind
            in ("person_id", "person_or_company_id", "account", "phone")
        }
        header = entries[0].header
        with duckdb.connect() as db:
            found = db.execute(
                f"SELECT * FROM read_parquet({text(path)}) WHERE row BETWEEN $1 AND $2 OR row = $3 ORDER BY row",
                [max(row - around, header), row + around, header],
            )
            at_row = [column[0] for column in found.description or ()].index("row")
            lines = found.fetchall()
        return [
            {
                "row": line[at_row],
                "header": line[at_row] == header,
                "here": line[at_row] == row,
                "cells": [
                    masked_cell(cell, at in secret_columns and line[at_row] != header)
                    for at, cell in enumerate(line[:at_row])
                ],
            }
            for line in lines
        ]

    def sources_of(self, elements: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """The source rows of nodes and relationships: element id → `{"table","delivery","file","sheet","row"}`, at most
        `ROWS_AN_ELEMENT` each. A node is traced to the table that describes it, else to those that name it."""
        return _Lookup(self).rows_of(list(dict.fromkeys(elements)))


def _kept_quarantine(folder: Path) -> list[dict[str, Any]]:
    path = folder / "quarantine.parquet"
    return pq.read_table(path).to_pylist() if path.exists() else []


def contradictions(source: Source, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Clean rows with one key and different values in one delivery, as they are quarantined: no order of rows may decide
    which holds."""
    return [
        {
            "table": source.id,
            "file": row["_file"],
            "sheet": row["_sheet"],
            "row": row["_row"],
            "column": "、".join(source.key),
            "value": row["_key"].replace("\x1f", " "),
            "reason": f"同一交付内主键重复：{CONTRADICTED}",
            "faults": json.dumps(dict.fromkeys(source.key, CONTRADICTED), ensure_ascii=False),
            "cells": json.dumps(as_cells(source, row), ensure_ascii=False),
            "conflict": True,
            "_key": row["_key"],
            **{name: row[name] for name in PLACE_COLUMNS if name in row},
        }
        for row in rows
    ]


class _Place(NamedTuple):
    """A row as it was delivered."""

    delivery: str
    file: str
    sheet: str
    row: int


@dataclass(frozen=True)
class _Quarantined:
    delivery: str
    row: dict[str, Any]

    @property
    def place(self) -> _Place:
        return _Place(self.delivery, self.row["file"], self.row["sheet"], self.row["row"])

    @property
    def stands_for(self) -> _Place | None:
        """The delivered row that this one was to mend."""
        if self.row.get("_of_row") is None:
            return None
        return _Place(*(self.row[f"_of_{part}"] for part in _Place._fields))


def _settled_together(
    found: dict[_Place, list[_Quarantined]], mended: dict[_Place, dict[str, str]]
) -> dict[_Place, dict[str, str]]:
    """With one row of a key mended, the rows it contradicted are settled too: only the right one was to be sent again."""
    alike: dict[tuple[str, str, str], list[_Place]] = defaultdict(list)
    for place, wrongs in found.items():
        for wrong in wrongs:
            if wrong.row["conflict"]:
                alike[wrong.delivery, wrong.row["table"], wrong.row["value"]].append(place)
    for places in alike.values():
        keys = {key: sent for place in places for key, sent in mended[place].items()}
        for place in places:
            mended[place] |= keys
    return mended


def _not_mended(
    found: dict[_Place, list[_Quarantined]], mended: dict[_Place, dict[str, str]]
) -> dict[_Place, list[_Quarantined]]:
    """What still waits in quarantine, by the place where it first went wrong, with what is wrong with it now."""
    first: dict[_Place, _Place] = {}
    tries: dict[_Place, list[_Quarantined]] = defaultdict(list)
    for place, wrongs in found.items():
        named = wrongs[0].stands_for
        if named in found and named != place:
            first[place] = first.get(named, named)
            tries[first[place]] += wrongs
    done: dict[_Place, dict[str, str]] = defaultdict(dict)
    for place, keys in mended.items():
        done[first.get(place, place)] |= keys
    waiting: dict[_Place, list[_Quarantined]] = {}
    for place, wrongs in found.items():
        if place in first:
            continue
        tried, keys = tries[place], done[place]
        if len(keys) >= len(wrongs):
            # What was sent after the row that stands for it, and is wrong, waits in its own place.
            waiting |= {one.place: [one] for one in tried if one.delivery > max(keys.values())}
            continue
        last = max((one.delivery for one in tried), default="")
        again = [one for one in tried if one.delivery == last]
        # Of several records of one row it is not known which one was mended: none of them may be lost.
        waiting[place] = again if len(keys) + len(again) >= len(wrongs) else wrongs + again
    return waiting


def masked_cell(cell: str | None, secret: bool) -> str:
    """A raw cell as it may be shown: numbers of people, accounts and phones keep only their ends."""
    plain = (cell or "").strip()
    if not secret or not plain.isalnum():
        return masked_text(plain)
    return masked_id(plain) if len(plain) == 18 else masked_account(plain)


def number_of(delivery: str) -> int:
    """The number in a delivery's id."""
    return int(delivery[1:].partition("-")[0])


def said_scope(file: str, full_list: bool) -> str:
    """What is said about a file of a delivery without opening it: `full`, `additions`, or nothing."""
    scope = scope_in(file)
    return scope or ("full" if full_list else "")


def scope_in(words: str) -> str:
    """The scope that the words of a file's name, a sheet's name or a title state."""
    if "增量" in words:
        return "additions"
    return "full" if "全量" in words else ""


def _as_of(deliveries: list[Delivery], at: datetime) -> list[Delivery]:
    there = [one for one in deliveries if datetime.fromisoformat(one.received) <= at]
    return [
        replace(one, withdrawn=None, withdrawn_by="", withdrawn_why="")
        if one.withdrawn and datetime.fromisoformat(one.withdrawn) > at
        else one
        for one in there
    ]


def _read_delivery(folder: Path) -> Delivery:
    generation = max((path.parent.name for path in folder.glob("again-*/receipt.json")), default="")
    receipt = folder / generation / "receipt.json"
    delivery = _read_receipt(receipt, receipt.stat().st_mtime_ns)
    note = folder / "withdrawn.json"
    if note.exists():
        told = json.loads(note.read_text(encoding="utf-8"))
        delivery = replace(
            delivery, withdrawn=told["withdrawn"], withdrawn_by=told["by"], withdrawn_why=told.get("why", "")
        )
    return replace(delivery, generation=generation)


@lru_cache(10_000)
def _read_receipt(path: Path, written: int) -> Delivery:
    """Receipts never change: each is read once."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["entries"] = tuple(
        Entry(**{**entry, "unknown_columns": tuple(entry["unknown_columns"])}) for entry in content["entries"]
    )
    content["waiting"] = tuple(Waiting(**sheet) for sheet in content.get("waiting", ()))
    return Delivery(**content)


def write_receipt(folder: Path, delivery: Delivery) -> None:
    (folder / "receipt.json").write_text(json.dumps(asdict(delivery), ensure_ascii=False, indent=1), encoding="utf-8")


class _Lookup:
    """One batch of "says who?": which rows in force assert these elements."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.db = duckdb.connect()
        self.rows = resolve(self.db, evidence.sources, evidence.rows_in_force())
        self.found: dict[str, dict[tuple[Any, ...], None]] = defaultdict(dict)

    def rows_of(self, elements: list[str]) -> dict[str, list[dict[str, Any]]]:
        nodes = [self._node(element) for element in elements if "|" not in element]
        relationships = [self._relationship(element) for element in elements if "|" in element]
        self._nodes(nodes, home=True)
        self._nodes([node for node in nodes if node[0] not in self.found], home=False)
        self._asserted([rel for rel in relationships if rel[1] not in (*KINSHIP, "IN_CHARGE")])
        self._kinship([rel for rel in relationships if rel[1] in KINSHIP])
        self._in_charge([rel for rel in relationships if rel[1] == "IN_CHARGE"])
        return {
            element: [
                {"table": row[0], "delivery": row[1], "file": row[2], "sheet": row[3], "row": row[4]}
                for row in sorted(self.found.get(element, {}))
            ]
            for element in elements
        }

    @staticmethod
    def _node(element: str) -> tuple[str, str, str]:
        label, _, key = element.partition(":")
        return element, label, key

    @staticmethod
    def _relationship(element: str) -> tuple[str, str, str, str, str, str]:
        type, start, end = element.split("|")[:3]
        start_label, _, start_key = start.partition(":")
        end_label, _, end_key = end.partition(":")
        return element, type, start_label, start_key, end_label, end_key

    def _nodes(self, nodes: list[tuple[str, str, str]], home: bool) -> None:
        wanted = _by_first([(label, (key, element)) for element, label, key in nodes])
        for source in self._delivered():
            for spec in source.nodes:
                if spec.label in wanted and spec.home == home:
                    self._match(source, [key_sql(spec.key)], when_sql(spec.when), wanted[spec.label])
            if home:
                continue
            for rel in source.relationships:
                for end in (rel.start, rel.end):
                    if end.label in wanted:
                        self._match(source, [key_sql(end.key)], when_sql(rel.when), wanted[end.label])

    def _asserted(self, relationships: list[tuple[str, str, str, str, str, str]]) -> None:
        wanted = _by_first([((r[1], r[2], r[4]), (r[3], r[5], r[0])) for r in relationships])
        for source in self._delivered():
            for spec in source.relationships:
                ends = wanted.get((spec.type, spec.start.label, spec.end.label))
                if ends:
                    keys = [key_sql(spec.start.key), key_sql(spec.end.key)]
                    self._match(source, keys, when_sql(spec.when), ends)
        for (type, label, _), pairs in wanted.items():
            if type in BY_PROCESS and label == "Contract":
                self._by_process(*BY_PROCESS[type], [pair for pair in pairs if pair[2] not in self.found])

    def _by_process(self, other: str, shared: str, end: str, contracts: list[tuple[str, str, str]]) -> None:
        """Who a contract of procurement data is between rests on its row and on that of its award or process."""
        if not contracts or not {"ocds_contracts", other} <= self.rows.keys():
            return
        joined = f"{self.rows['ocds_contracts']} c JOIN {self.rows[other]} o USING ({shared})"
        keys = ['"采购过程编号" || \'#\' || c."合同编号"', f"o.{name(end)}"]
        for source, alias in (("ocds_contracts", "c"), (other, "o")):
            self._match(self.evidence.sources[source], keys, "TRUE", contracts, joined, alias)

    def _kinship(self, relationships: list[tuple[str, str, str, str, str, str]]) -> None:
        """Kinship rests on rows that name two of the people along its path, not always neighbours on it."""
        pairs = []
        via = self._via([rel for rel in relationships if rel[1] == "KIN"])
        for element, _, _, start, _, end in relationships:
            path = via.get(element, [start, end])
            pairs += [(a, b, element) for a, b in permutations(path, 2)]
        if "residents" in self.rows and pairs:
            people = self.rows["residents"]
            source = self.evidence.sources["residents"]
            self._match(
                source,
                ['r."公民身份号码@ref"', 'o."公民身份号码@ref"'],
                "TRUE",
                pairs,
                f'{people} r JOIN {people} o ON r."户号" = o."户号" AND r._key <> o._key',
            )
        for table, first, second in (
            ("marriages", "男方身份证号@ref", "女方身份证号@ref"),
            ("declared_relatives", "干部身份证号@ref", "亲属身份证号@ref"),
            ("parentage", "父亲身份证号@ref", "子女身份证号@ref"),
            ("parentage", "母亲身份证号@ref", "子女身份证号@ref"),
        ):
            if table in self.rows and pairs:
                self._match(self.evidence.sources[table], [name(first), name(second)], "TRUE", pairs)
        if "parentage" in self.rows and pairs:
            rows = self.rows["parentage"]
            shared = " OR ".join(f'r."{p}身份证号@ref" = o."{p}身份证号@ref"' for p in ("父亲", "母亲"))
            self._match(
                self.evidence.sources["parentage"],
                ['r."子女身份证号@ref"', 'o."子女身份证号@ref"'],
                "TRUE",
                pairs,
                f"{rows} r JOIN {rows} o ON r._key <> o._key AND ({shared})",
            )

    def _via(self, kin: list[tuple[str, str, str, str, str, str]]) -> dict[str, list[str]]:
        path = self.evidence.home / "graph" / "state.duckdb"
        if not kin or not path.exists():
            return {}
        self.db.execute(f"ATTACH {text(path)} AS kept (READ_ONLY)")
        self.db.register("wanted", texts(["element", "s", "e"], [(r[0], r[3], r[5]) for r in kin]))
        table = name(Kind("KIN", "Person", "Person").table)
        found = self.db.execute(
            f'SELECT w.element, k.via FROM wanted w JOIN kept.{table} k ON k."start" = w.s AND k."end" = w.e '
            "AND w.element LIKE '%|' || k.term || '|%'"
        ).fetchall()
        self.db.unregister("wanted")
        self.db.execute("DETACH kept")
        return dict(found)

    def _in_charge(self, relationships: list[tuple[str, str, str, str, str, str]]) -> None:
        """Being in charge rests on the person's posts and on the row of the thing itself."""
        people = [(r[3], r[0]) for r in relationships]
        for table in ("officials", "village_cadres"):
            if table in self.rows and people:
                self._match(self.evidence.sources[table], ['"身份证号@ref"'], "TRUE", people)
        self._nodes([(r[0], r[4], r[5]) for r in relationships if r[4] != "Village"], home=True)

    def _match(
        self, source: Source, keys: list[str], when: str, wanted: list[Any], rows: str | None = None, alias: str = "r"
    ) -> None:
        names = [f"k{at}" for at in range(len(keys))]
        self.db.register("wanted", texts([*names, "element"], wanted))
        same = " AND ".join(f"{key} = w.{column}" for key, column in zip(keys, names, strict=True))
        prefix = f"{alias}." if rows else ""
        found = self.db.execute(
            f"SELECT DISTINCT w.element, {', '.join(prefix + column for column in ROW_COLUMNS)} "
            f"FROM {rows or self.rows[source.id]} JOIN wanted w ON {same} WHERE {when}"
        ).fetchall()
        self.db.unregister("wanted")
        for element, delivery, file, sheet, row in found:
            if len(self.found[element]) < ROWS_AN_ELEMENT:
                self.found[element][(source.id, delivery, file, sheet, row)] = None

    def _delivered(self) -> list[Source]:
        return [source for source in self.evidence.sources.values() if source.id in self.rows]


def _by_first(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    grouped: dict[Any, list[Any]] = defaultdict(list)
    for first, second in pairs:
        grouped[first].append(second)
    return grouped
