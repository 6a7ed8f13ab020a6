"""Puts what was read into the evidence: bytes, raw and clean rows, what is quarantined, and the receipt. Whole or not at all."""

import json
import shutil
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graph_loader.cleaning import as_cells
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Entry, Evidence, Waiting, write_receipt
from graph_loader.intake import STANDS_FOR, Drop, names_in
from graph_loader.reading import Sheet
from graph_loader.sources import load_sources
from graph_loader.state import text


def keep(evidence: Evidence, drop: Drop, folder: Path, by: str, note: str = "") -> Delivery:
    """Puts a delivery into the evidence, by one rename at the end. `note`: what the sender says about it."""
    number = max((int(one.id[1:5]) for one in evidence.deliveries()), default=0) + 1
    content = sha256("".join(sorted(drop.files.values())).encode()).hexdigest()
    id = f"d{number:04d}-{content[:8]}"
    draft = evidence.folder / "deliveries" / f".{id}"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        for part in ("rows", "tables"):
            (draft / part).mkdir(parents=True)
        _keep_bytes(evidence, drop, folder)
        entries = _keep_rows(evidence, drop, id, draft)
        entries += _unchanged(drop)
        delivery = Delivery(
            id=id,
            received=datetime.now().astimezone().isoformat(timespec="seconds"),
            by=by,
            entries=tuple(sorted(entries, key=lambda entry: (entry.file, entry.sheet))),
            files=drop.files,
            ignored=drop.ignored,
            refused=drop.refused,
            note=note,
            waiting=_keep_waiting(drop, draft),
        )
        write_receipt(draft, delivery)
        draft.rename(evidence.folder_of(id))
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise GuanxiError(
            f"The delivery cannot be kept under {evidence.folder} ({error.strerror}): free some disk space and load it again."
        ) from error
    return delivery


def _keep_bytes(evidence: Evidence, drop: Drop, folder: Path) -> None:
    store = evidence.folder / "files"
    store.mkdir(parents=True, exist_ok=True)
    for file, sha in drop.files.items():
        kept = store / sha
        if not kept.exists():
            shutil.copyfile(folder / file, kept.with_suffix(".part"))
            kept.with_suffix(".part").replace(kept)


def _keep_waiting(drop: Drop, draft: Path) -> tuple[Waiting, ...]:
    """Writes the raw rows of the sheets that nobody recognised, and lists them."""
    kept = []
    for number, (file, sheet, why) in enumerate(drop.waiting):
        raw = f"waiting-{number:04d}.parquet"
        _write_raw(sheet, draft / "rows" / raw)
        kept.append(Waiting(file, sheet.name, why, raw))
    return tuple(kept)


def _write_raw(sheet: Sheet, path: Path) -> None:
    cells = sheet.cells
    numbered = cells.append_column("row", pa.array(range(1, cells.num_rows + 1), pa.int32()))
    pq.write_table(numbered, path, compression="zstd")


def delivered_before(drop: Drop) -> Delivery:
    """The old delivery of a drop whose every byte is known, with this time's receipt: nothing in it is new."""
    old = max(drop.known.values(), key=lambda one: one.id)
    return replace(old, entries=tuple(_unchanged(drop)), ignored=drop.ignored, refused=drop.refused)


def _unchanged(drop: Drop) -> list[Entry]:
    """What was found in the files with known bytes when they came first, whatever their names were then."""
    return [
        replace(
            entry,
            file=file,
            loaded=0,
            corrected=0,
            unchanged=entry.loaded + entry.unchanged + entry.corrected,
            columns={},
            raw="",
        )
        for file, old in drop.known.items()
        for entry in old.entries
        if entry.file in names_in(old, drop.files[file])[:1]
    ]


def _keep_rows(evidence: Evidence, drop: Drop, id: str, draft: Path) -> list[Entry]:
    """Writes raw and clean rows and what is quarantined; gives the entries with their counts."""
    for number, table in enumerate(drop.tables):
        mends = "_of_row" in table.rows.column_names
        table.entry = replace(table.entry, raw=f"{number:04d}.parquet", mends=mends)
        _write_raw(table.sheet, draft / "rows" / table.entry.raw)
    in_force = evidence.rows_in_force()
    quarantined: list[dict[str, Any]] = []
    counts: dict[int, dict[str, int]] = {number: {} for number in range(len(drop.tables))}
    with duckdb.connect() as db:
        for source in sorted({table.entry.table for table in drop.tables}):
            numbers = [number for number, table in enumerate(drop.tables) if table.entry.table == source]
            _keep_table(db, drop, id, numbers, in_force.get(source), draft / "tables" / f"{source}.parquet", counts)
            quarantined += _conflicting(db, drop)
            db.execute("DROP TABLE kept; DROP TABLE given")
    for number, table in enumerate(drop.tables):
        for problem in table.problems:
            quarantined.append(
                {
                    "table": table.entry.table,
                    "file": table.entry.file,
                    "sheet": table.entry.sheet,
                    "row": problem.row,
                    "column": problem.column,
                    "value": problem.value,
                    "reason": problem.reason,
                    "faults": json.dumps(problem.faults, ensure_ascii=False),
                    "cells": json.dumps(problem.cells, ensure_ascii=False),
                    **table.stands_for.get(problem.row, {}),
                }
            )
        bad = len({problem.record for problem in table.problems})
        counts[number]["quarantined"] = counts[number].get("quarantined", 0) + bad
    if quarantined:
        pq.write_table(_as_table(quarantined), draft / "quarantine.parquet")
    return [_counted(table.entry, counts[number]) for number, table in enumerate(drop.tables)]


def _as_table(quarantined: list[dict[str, Any]]) -> pa.Table:
    numbers = {"row", "_of_row"}
    names = dict.fromkeys([*(name for row in quarantined for name in row), *STANDS_FOR.values()])
    schema = pa.schema([(name, pa.int32() if name in numbers else pa.string()) for name in names])
    return pa.Table.from_pylist(quarantined, schema)


def _counted(entry: Entry, counts: dict[str, int]) -> Entry:
    return replace(
        entry,
        loaded=counts.get("loaded", 0),
        unchanged=counts.get("unchanged", 0),
        corrected=counts.get("corrected", 0),
        duplicate=counts.get("duplicate", 0),
        quarantined=counts.get("quarantined", 0),
    )


def _keep_table(
    db: duckdb.DuckDBPyConnection,
    drop: Drop,
    id: str,
    numbers: list[int],
    in_force: str | None,
    path: Path,
    counts: dict[int, dict[str, int]],
) -> None:
    """Sorts the rows of one table into loaded, unchanged, corrected, duplicate and conflicting, and keeps the first three."""
    parts = []
    for number in numbers:
        table = drop.tables[number]
        constant = {"_delivery": id, "_file": table.entry.file, "_sheet": table.entry.sheet}
        rows = table.rows
        for column, value in constant.items():
            rows = rows.append_column(
                column, pa.array([value], pa.string()).dictionary_encode().take(_zeros(rows.num_rows))
            )
        parts.append(rows.append_column("_part", pa.array([number], pa.int32()).take(_zeros(rows.num_rows))))
    given = pa.concat_tables(parts, promote_options="default")
    db.register("arriving", given)
    db.execute("""
        CREATE TEMP TABLE given AS
        SELECT _key, _hash, _part, _row, _record,
               row_number() OVER (PARTITION BY _key ORDER BY _part, _record) AS place,
               min(_hash) OVER (PARTITION BY _key) <> max(_hash) OVER (PARTITION BY _key) AS conflicts
        FROM arriving
    """)
    old = f"SELECT _key, _hash FROM {in_force}" if in_force else "SELECT NULL::VARCHAR AS _key, NULL AS _hash LIMIT 0"
    db.execute(f"""
        CREATE TEMP TABLE kept AS
        SELECT g.*, CASE WHEN conflicts THEN 'quarantined' WHEN place > 1 THEN 'duplicate'
                         WHEN o._key IS NULL THEN 'loaded' WHEN o._hash = g._hash THEN 'unchanged' ELSE 'corrected' END AS fate
        FROM given g LEFT JOIN ({old}) o USING (_key)
    """)
    for part, fate, count in db.execute("SELECT _part, fate, count(*) FROM kept GROUP BY ALL").fetchall():
        counts[part][fate] = count
    db.execute(f"""
        COPY (SELECT a.* EXCLUDE (_part) FROM arriving a JOIN kept k USING (_part, _record)
              WHERE fate IN ('loaded', 'unchanged', 'corrected') ORDER BY _part, _record)
        TO {text(path)} (FORMAT parquet, COMPRESSION zstd)
    """)
    db.unregister("arriving")


def _zeros(count: int) -> pa.Array:
    return pa.array([0], pa.int32()).take(pa.nulls(count, pa.int32()).fill_null(0))


def _conflicting(db: duckdb.DuckDBPyConnection, drop: Drop) -> list[dict[str, Any]]:
    """Rows with one key and different values in one delivery: no order of rows may decide which holds."""
    found = db.execute(
        "SELECT _part, _record, _key FROM kept WHERE fate = 'quarantined' ORDER BY _part, _record"
    ).fetchall()
    sources = load_sources()
    fault = "同一主键有内容不同的多行，请核实后只保留正确的一行再报送"
    conflicting: list[dict[str, Any]] = []
    for part, alike in groupby(found, key=itemgetter(0)):
        table = drop.tables[part]
        source = sources[table.entry.table]
        keys = {record: key for _, record, key in alike}
        rows = table.rows.filter(pc.is_in(table.rows["_record"], pa.array(list(keys), pa.int32())))
        conflicting += [
            {
                "table": source.id,
                "file": table.entry.file,
                "sheet": table.entry.sheet,
                "row": row["_row"],
                "column": "、".join(source.key),
                "value": keys[row["_record"]].replace("\x1f", " "),
                "reason": f"同一交付内主键重复：{fault}",
                "faults": json.dumps({name: fault for name in source.key}, ensure_ascii=False),
                "cells": json.dumps(as_cells(source, row), ensure_ascii=False),
                **{name: row[name] for name in STANDS_FOR.values() if name in row},
            }
            for row in rows.to_pylist()
        ]
    return conflicting
