"""Puts what was read into the evidence: bytes, raw and clean rows, what is quarantined, and the receipt. Whole or not at all."""

import json
import os
import shutil
from collections import Counter
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from graph_loader.cleaning import Problem
from graph_loader.errors import GuanxiError
from graph_loader.evidence import PLACE_COLUMNS, Delivery, Entry, Evidence, Waiting, contradictions, write_receipt
from graph_loader.intake import Drop, Known, Progress, Table, definitions, known_by, names_in, read_drop
from graph_loader.reading import Sheet
from graph_loader.secret import Secret
from graph_loader.sources import Source
from graph_loader.standing import Given, in_force
from graph_loader.state import text


def keep(evidence: Evidence, drop: Drop, folder: Path, by: str, note: str = "") -> Delivery:
    """Puts a delivery into the evidence, by one rename at the end. `note`: what the sender says about it."""
    number = max((one.number for one in evidence.deliveries()), default=0) + 1
    content = sha256("".join(sorted(drop.files.values())).encode()).hexdigest()
    delivery = Delivery(
        id=f"d{number:04d}-{content[:8]}",
        received=datetime.now().astimezone().isoformat(timespec="microseconds"),
        by=by,
        entries=(),
        files=drop.files,
        ignored=drop.ignored,
        refused=drop.refused,
        note=note,
        full_list=drop.full_list,
        definitions=drop.definitions,
    )
    draft = evidence.folder / "deliveries" / f".{delivery.id}"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        _keep_bytes(evidence, drop, folder)
        write_receipt(draft, _kept(evidence, evidence.given(), drop, delivery, draft))
        draft.rename(evidence.folder_of(delivery.id))
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise GuanxiError(
            f"The delivery cannot be kept under {evidence.folder} ({error.strerror}): free some disk space and load it again."
        ) from error
    return evidence.delivery(delivery.id)


def clean_again(evidence: Evidence, secret: Secret, progress: Progress) -> None:
    """Reads the kept bytes of each delivery again where specs, code or key changed since, into a new generation of its rows
    beside the old one, as if it had arrived now."""
    wanted = definitions(evidence, secret)
    for delivery in evidence.deliveries():
        if delivery.definitions != wanted:
            progress("read", delivery.id, 0)
            _clean_again(evidence, delivery, secret, wanted)


def is_clean(evidence: Evidence, secret: Secret) -> bool:
    """Whether every delivery was read by the specs, code and key of today."""
    wanted = definitions(evidence, secret)
    return all(delivery.definitions == wanted for delivery in evidence.deliveries())


def _clean_again(evidence: Evidence, delivery: Delivery, secret: Secret, wanted: str) -> None:
    home = evidence.folder_of(delivery.id)
    old = evidence.content_of(delivery.id)
    generation = f"again-{len(list(home.glob('again-*'))) + 1:04d}"
    draft, bytes_again = home / f".{generation}", home / ".bytes"
    for folder in (draft, bytes_again):
        shutil.rmtree(folder, ignore_errors=True)
    for file, sha in delivery.files.items():
        (bytes_again / file).parent.mkdir(parents=True, exist_ok=True)
        os.link(evidence.folder / "files" / sha, bytes_again / file)
    known = _known_then(evidence, delivery)
    drop = read_drop(evidence, bytes_again, secret, lambda *_: None, delivery.full_list, known)
    _leave_waiting(drop, delivery)
    read = {(table.entry.file, table.entry.sheet) for table in drop.tables}
    lost = [entry for entry in delivery.entries if not entry.kept_in and (entry.file, entry.sheet) not in read]
    if lost:
        # A layout that was taken back since, or a spec that no longer knows the table: what was read stays.
        shutil.copytree(old, draft, copy_function=os.link, ignore=shutil.ignore_patterns("again-*", ".*", "*.json"))
        again = delivery
    else:
        given = {
            table: [one for one in found if one.number < delivery.number] for table, found in evidence.given().items()
        }
        drop.ignored = delivery.ignored | drop.ignored
        again = _kept(evidence, {table: found for table, found in given.items() if found}, drop, delivery, draft)
    write_receipt(draft, replace(again, definitions=wanted, generation="", withdrawn=None))
    draft.rename(home / generation)
    shutil.rmtree(bytes_again)


def _leave_waiting(drop: Drop, delivery: Delivery) -> None:
    """What waited when it came, and is known by a layout confirmed since, came again as a delivery of its own."""
    by_layout = {(entry.file, entry.sheet) for entry in delivery.entries if entry.layout}
    waited = {(sheet.file, sheet.sheet): sheet.why for sheet in delivery.waiting}
    for table in list(drop.tables):
        place = table.entry.file, table.entry.sheet
        if table.entry.layout and place not in by_layout:
            drop.tables.remove(table)
            if place in waited:
                drop.waiting.append((table.entry.file, table.sheet, waited[place]))


def _known_then(evidence: Evidence, delivery: Delivery) -> Known:
    """The bytes that were known when a delivery came and are not its own."""
    own = {delivery.files[entry.file] for entry in delivery.entries if not entry.kept_in}
    earlier = [
        one
        for one in evidence.deliveries()
        if one.number < delivery.number and (one.withdrawn is None or one.withdrawn > delivery.received)
    ]
    return {mark: one for mark, one in known_by(earlier).items() if mark[0] not in own}


def _kept(evidence: Evidence, given: dict[str, list[Given]], drop: Drop, delivery: Delivery, draft: Path) -> Delivery:
    """Writes the rows of a delivery into a folder and gives it with its entries. `given`: what came before."""
    entries = _keep_rows(evidence, given, drop, delivery, draft) + _unchanged(drop)
    return replace(
        delivery,
        entries=tuple(sorted(entries, key=lambda entry: (entry.file, entry.sheet))),
        ignored=drop.ignored,
        refused=drop.refused,
        waiting=_keep_waiting(evidence, drop, draft),
    )


def _keep_bytes(evidence: Evidence, drop: Drop, folder: Path) -> None:
    store = evidence.folder / "files"
    store.mkdir(parents=True, exist_ok=True)
    for file, sha in drop.files.items():
        kept = store / sha
        if not kept.exists():
            shutil.copyfile(drop.paths[file], kept.with_suffix(".part"))
            kept.with_suffix(".part").replace(kept)


def _keep_waiting(evidence: Evidence, drop: Drop, draft: Path) -> tuple[Waiting, ...]:
    """Writes the raw rows of the sheets that nobody recognised, those of known bytes once more, and lists them."""
    kept: list[Waiting] = []
    for file, sheet, why in drop.waiting:
        kept.append(Waiting(file, sheet.name, why, f"waiting-{len(kept):04d}.parquet"))
        _write_raw(sheet, draft / "rows" / kept[-1].raw)
    for file, old in drop.known.items():
        for waited in old.waiting:
            if waited.file in names_in(old, drop.files[file])[:1]:
                kept.append(replace(waited, file=file, raw=f"waiting-{len(kept):04d}.parquet"))
                shutil.copyfile(evidence.content_of(old.id) / "rows" / waited.raw, draft / "rows" / kept[-1].raw)
    return tuple(kept)


def _write_raw(sheet: Sheet, path: Path) -> None:
    cells, numbers = sheet.cells, sheet.numbers
    if numbers is None:
        numbers = pa.array(range(1, cells.num_rows + 1), pa.int32())
    pq.write_table(cells.append_column("row", numbers), path, compression="zstd")


def delivered_before(drop: Drop) -> Delivery:
    """The old delivery of a drop whose every byte is known, with this time's receipt: nothing in it is new."""
    old = max(drop.known.values(), key=lambda one: one.number)
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
            ended=0,
            kept_in=entry.kept_in or old.id,
            kept_file=entry.kept_file or entry.file,
        )
        for file, old in drop.known.items()
        for entry in old.entries
        if entry.file in names_in(old, drop.files[file])[:1]
    ]


def _keep_rows(
    evidence: Evidence, given: dict[str, list[Given]], drop: Drop, delivery: Delivery, draft: Path
) -> list[Entry]:
    """Writes raw and clean rows and what is quarantined; gives the entries with their counts."""
    for part in ("rows", "tables"):
        (draft / part).mkdir(parents=True)
    for number, table in enumerate(drop.tables):
        mends = "_of_row" in table.rows.column_names
        table.entry = replace(table.entry, raw=f"{number:04d}.parquet", mends=mends)
        _write_raw(table.sheet, draft / "rows" / table.entry.raw)
    counts: dict[int, Counter[str]] = {number: Counter() for number in range(len(drop.tables))}
    quarantined = [_quarantined(table, problem) for table in drop.tables for problem in table.problems]
    for number, table in enumerate(drop.tables):
        counts[number]["quarantined"] += len({problem.record for problem in table.problems})
    with duckdb.connect() as db:
        for source in sorted({table.entry.table for table in drop.tables}):
            numbers = [number for number, table in enumerate(drop.tables) if table.entry.table == source]
            before = in_force(evidence.sources[source], given[source]) if source in given else None
            quarantined += _keep_table(db, evidence.sources[source], drop, delivery, numbers, before, draft, counts)
        if quarantined:
            pq.write_table(_as_table(quarantined), draft / "quarantine.parquet")
        for number, table in enumerate(drop.tables):
            if table.entry.scope == "full":
                counts[number]["ended"] = _ended(db, evidence, given, table.entry, delivery, draft)
    return [_counted(table.entry, counts[number]) for number, table in enumerate(drop.tables)]


def _counted(entry: Entry, counts: Counter[str]) -> Entry:
    return replace(
        entry,
        loaded=counts["loaded"],
        unchanged=counts["unchanged"],
        corrected=counts["corrected"],
        duplicate=counts["duplicate"],
        quarantined=counts["quarantined"],
        ended=counts["ended"],
    )


def _quarantined(table: Table, problem: Problem) -> dict[str, Any]:
    return {
        "table": table.entry.table,
        "file": table.entry.file,
        "sheet": table.entry.sheet,
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "reason": problem.reason,
        "faults": json.dumps(problem.faults, ensure_ascii=False),
        "cells": json.dumps(problem.cells, ensure_ascii=False),
        "conflict": False,
        "_key": problem.key,
        **table.stands_for.get(problem.row, {}),
    }


def _as_table(quarantined: list[dict[str, Any]]) -> pa.Table:
    types = {"row": pa.int32(), "_of_row": pa.int32(), "conflict": pa.bool_()}
    names = dict.fromkeys([*(name for row in quarantined for name in row), *PLACE_COLUMNS])
    schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
    return pa.Table.from_pylist(quarantined, schema)


def _keep_table(
    db: duckdb.DuckDBPyConnection,
    source: Source,
    drop: Drop,
    delivery: Delivery,
    numbers: list[int],
    before: str | None,
    draft: Path,
    counts: dict[int, Counter[str]],
) -> list[dict[str, Any]]:
    """Sorts the rows of one table into loaded, unchanged, corrected, duplicate and contradicted, and keeps them: those that
    stand, and the rest beside them. Gives the contradicted ones as they are quarantined."""
    parts = []
    for number in numbers:
        table = drop.tables[number]
        rows = table.rows
        for column, value in {"_delivery": delivery.id, "_file": table.entry.file, "_sheet": table.entry.sheet}.items():
            rows = rows.append_column(
                column, pa.array([value], pa.string()).dictionary_encode().take(_zeros(rows.num_rows))
            )
        for column, place in {"_number": delivery.number, "_part": number}.items():
            rows = rows.append_column(column, pa.array([place], pa.int32()).take(_zeros(rows.num_rows)))
        for column in PLACE_COLUMNS:
            if column not in rows.column_names:
                kind = pa.int32() if column == "_of_row" else pa.string()
                rows = rows.append_column(column, pa.nulls(rows.num_rows, kind))
        parts.append(rows)
    db.register("arriving", pa.concat_tables(parts, promote_options="default"))
    db.execute("""
        CREATE TEMP TABLE given AS
        SELECT _key, _hash, _part, _record,
               row_number() OVER (PARTITION BY _key ORDER BY _part, _record) AS place,
               min(_hash) OVER (PARTITION BY _key) <> max(_hash) OVER (PARTITION BY _key) AS conflicts
        FROM arriving
    """)
    old = f"SELECT _key, _hash FROM {before}" if before else "SELECT NULL::VARCHAR AS _key, NULL AS _hash LIMIT 0"
    db.execute(f"""
        CREATE TEMP TABLE kept AS
        SELECT g.*, CASE WHEN conflicts THEN 'quarantined' WHEN place > 1 THEN 'duplicate'
                         WHEN o._key IS NULL THEN 'loaded' WHEN o._hash = g._hash THEN 'unchanged' ELSE 'corrected' END AS fate
        FROM given g LEFT JOIN ({old}) o USING (_key)
    """)
    fates: Counter[str] = Counter()
    for part, fate, count in db.execute("SELECT _part, fate, count(*) FROM kept GROUP BY ALL").fetchall():
        counts[part][fate] += count
        fates[fate] += count
    stands = "fate IN ('loaded', 'unchanged', 'corrected')"
    for condition, ending in ((stands, ""), (f"NOT {stands}", ".rest")):
        if not ending or fates["duplicate"] or fates["quarantined"]:
            db.execute(f"""
                COPY (SELECT a.* EXCLUDE (_part) FROM arriving a JOIN kept k USING (_part, _record)
                      WHERE {condition} ORDER BY _part, _record)
                TO {text(draft / "tables" / f"{source.id}{ending}.parquet")} (FORMAT parquet, COMPRESSION zstd)
            """)
    contradicted = db.sql("""
        SELECT a.* FROM arriving a JOIN kept k USING (_part, _record) WHERE fate = 'quarantined' ORDER BY _part, _record
    """).to_arrow_table()
    db.unregister("arriving")
    db.execute("DROP TABLE kept; DROP TABLE given")
    return contradictions(source, contradicted.to_pylist())


def _zeros(count: int) -> pa.Array:
    return pa.array([0], pa.int32()).take(pa.nulls(count, pa.int32()).fill_null(0))


def _ended(
    db: duckdb.DuckDBPyConnection,
    evidence: Evidence,
    given: dict[str, list[Given]],
    entry: Entry,
    delivery: Delivery,
    draft: Path,
) -> int:
    """How many rows in force a full list ends."""
    if entry.table not in given:
        return 0
    source, earlier = evidence.sources[entry.table], given[entry.table]
    paths = [draft / "tables" / f"{entry.table}{ending}.parquet" for ending in ("", ".rest")]
    paths.append(draft / "quarantine.parquet")
    standing, rest, unread = (path if path.exists() else None for path in paths)
    this = Given(entry.table, delivery.number, delivery.id, standing, rest, (), ((entry.file, entry.sheet),), unread)
    found = db.execute(
        f"SELECT count(*) FROM {in_force(source, earlier)} b "
        f"ANTI JOIN {in_force(source, [*earlier, this])} a ON a._key = b._key"
    ).fetchone()
    return found[0] if found else 0
