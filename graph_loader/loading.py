"""Takes deliveries in and keeps the graph what the evidence says: load, withdraw, rebuild.

A delivery is first put into the evidence, whole or not at all; then the graph is brought to the state the evidence gives.
Interrupted in between, the next command brings the graph after.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import filelock
import neo4j
import pyarrow as pa
import pyarrow.parquet as pq

from graph_loader import derived, ontology, state, writer
from graph_loader.cleaning import Problem, clean
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Entry, Evidence, write_receipt
from graph_loader.reading import Sheet, kind_of, records, sheets_of
from graph_loader.secret import Secret, secret_of
from graph_loader.sources import Header, find_header, load_sources, nearest
from graph_loader.state import text

TURN_SECONDS = 3600
"""How long a second load waits for the first to end."""

Progress = Callable[[str, int], None]
"""Told the stage or kind being worked on and how many rows of it were done."""


@dataclass
class Receipt:
    """What a load did: the delivery (an old one if nothing was new), whether it is new, what was written, how long it took."""

    delivery: Delivery
    new: bool
    written: writer.Written
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            **self.delivery.as_receipt(),
            "new": self.new,
            "graph": {key: getattr(self.written, key) for key in ("created", "changed", "deleted")},
            "seconds": round(self.seconds, 2),
        }


@dataclass
class _Table:
    """One table found in one sheet, cleaned."""

    entry: Entry
    sheet: Sheet
    rows: pa.Table
    problems: list[Problem]


@dataclass
class _Drop:
    """What was found in a folder: tables of files not seen before, and files by what became of them."""

    tables: list[_Table] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    known: dict[str, Delivery] = field(default_factory=dict)


@contextmanager
def one_at_a_time(home: Path) -> Iterator[None]:
    """Holds the home's turn to change evidence and graph. Raises GuanxiError when another keeps it for an hour."""
    lock = filelock.FileLock(home / "load.lock")
    try:
        with lock.acquire(timeout=TURN_SECONDS):
            yield
    except filelock.Timeout as error:
        raise GuanxiError("Another load has been running for an hour: wait for it to end, then try again.") from error


def load(home: Path, driver: neo4j.Driver, folder: Path, by: str = "", progress: Progress = lambda *_: None) -> Receipt:
    """Takes in a folder of departmental tables and brings the graph up to date.

    The same bytes again make no new delivery. Raises GuanxiError when the folder holds no table at all.
    """
    started = time.perf_counter()
    with one_at_a_time(home):
        evidence = Evidence(home)
        drop = _read_drop(evidence, folder, secret_of(home), progress)
        new = drop.files.keys() != drop.known.keys()
        delivery = _keep(evidence, drop, folder, by) if new else _delivered_before(drop)
        written = bring_up_to_date(home, driver, progress)
    return Receipt(delivery, new, written, time.perf_counter() - started)


def withdraw(
    home: Path, driver: neo4j.Driver, delivery: str, by: str, progress: Progress = lambda *_: None
) -> writer.Written:
    """Takes back what only this delivery asserted. Raises GuanxiError when there is no such delivery."""
    with one_at_a_time(home):
        evidence = Evidence(home)
        if evidence.delivery(delivery).withdrawn is None:
            evidence.keep_withdrawal(delivery, by)
        return bring_up_to_date(home, driver, progress)


def rebuild(home: Path, driver: neo4j.Driver, progress: Progress = lambda *_: None) -> writer.Written:
    """Drops the graph and builds it again from the evidence."""
    with one_at_a_time(home):
        return bring_up_to_date(home, driver, progress, anew=True)


def _read_drop(evidence: Evidence, folder: Path, secret: Secret, progress: Progress) -> _Drop:
    if not folder.is_dir():
        raise GuanxiError(f"{folder} is no folder: name the folder that holds the tables.")
    drop = _Drop()
    seen = {sha: delivery for delivery in evidence.in_force() for sha in delivery.files.values()}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        file = path.relative_to(folder).as_posix()
        if kind_of(path) == "ignored":
            drop.ignored[file] = "no departmental table"
            continue
        drop.files[file] = sha256(path.read_bytes()).hexdigest()
        old = seen.get(drop.files[file])
        if old:
            drop.known[file] = old
            why = [old.refused[name] for name in _names_in(old, drop.files[file]) if name in old.refused]
            if why:
                drop.refused[file] = why[0]
            continue
        try:
            found = list(_read_file(path, file, secret, drop))
        except GuanxiError as error:
            drop.refused[file] = str(error)
            continue
        drop.tables += found
        progress(file, sum(table.entry.read for table in found))
    if not drop.files:
        raise GuanxiError(f"{folder} holds no departmental tables: .csv, .xlsx or .xls files are looked for.")
    return drop


def _read_file(path: Path, file: str, secret: Secret, drop: _Drop) -> Iterator[_Table]:
    recognised = False
    unknown: dict[str, str] = {}
    for sheet in sheets_of(path):
        header = find_header(sheet.head())
        if header is None:
            unknown[sheet.name] = nearest(sheet.head())
            continue
        recognised = True
        yield _read_sheet(file, sheet, header, secret)
    for name, why in unknown.items():
        if not recognised:
            raise GuanxiError(f"{file}: {why}. Check the header row.")
        drop.ignored[f"{file} [{name}]"] = why


def _read_sheet(file: str, sheet: Sheet, header: Header, secret: Secret) -> _Table:
    source = header.match.source
    rows = records(sheet, header)
    cleaned = clean(source, header.match, rows, secret)
    entry = Entry(
        file=file,
        sheet=sheet.name,
        table=source.id,
        read=rows.num_rows,
        unknown_columns=header.match.unknown,
        columns={str(position): column.name for position, column in header.match.columns.items()},
        header=header.position + 1,
    )
    return _Table(entry, sheet, cleaned.table, cleaned.problems)


def _keep(evidence: Evidence, drop: _Drop, folder: Path, by: str) -> Delivery:
    """Puts a delivery into the evidence, by one rename at the end."""
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
        )
        write_receipt(draft, delivery)
        draft.rename(evidence.folder_of(id))
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise GuanxiError(
            f"The delivery cannot be kept under {evidence.folder} ({error.strerror}): free some disk space and load it again."
        ) from error
    return delivery


def _keep_bytes(evidence: Evidence, drop: _Drop, folder: Path) -> None:
    store = evidence.folder / "files"
    store.mkdir(parents=True, exist_ok=True)
    for file, sha in drop.files.items():
        kept = store / sha
        if not kept.exists():
            shutil.copyfile(folder / file, kept.with_suffix(".part"))
            kept.with_suffix(".part").replace(kept)


def _delivered_before(drop: _Drop) -> Delivery:
    """The old delivery of a drop whose every byte is known, with this time's receipt: nothing in it is new."""
    old = max(drop.known.values(), key=lambda one: one.id)
    return replace(old, entries=tuple(_unchanged(drop)), ignored=drop.ignored, refused=drop.refused)


def _unchanged(drop: _Drop) -> list[Entry]:
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
        if entry.file in _names_in(old, drop.files[file])[:1]
    ]


def _names_in(delivery: Delivery, sha: str) -> list[str]:
    return [name for name, kept in delivery.files.items() if kept == sha]


def _keep_rows(evidence: Evidence, drop: _Drop, id: str, draft: Path) -> list[Entry]:
    """Writes raw and clean rows and what is quarantined; gives the entries with their counts."""
    for number, table in enumerate(drop.tables):
        table.entry = replace(table.entry, raw=f"{number:04d}.parquet")
        cells = table.sheet.cells
        numbered = cells.append_column("row", pa.array(range(1, cells.num_rows + 1), pa.int32()))
        pq.write_table(numbered, draft / "rows" / table.entry.raw, compression="zstd")
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
                    "file": table.entry.file,
                    "sheet": table.entry.sheet,
                    "row": problem.row,
                    "column": problem.column,
                    "value": problem.value,
                    "reason": problem.reason,
                }
            )
        bad = len({problem.row for problem in table.problems})
        counts[number]["quarantined"] = counts[number].get("quarantined", 0) + bad
    if quarantined:
        pq.write_table(pa.Table.from_pylist(quarantined), draft / "quarantine.parquet")
    return [_counted(table.entry, counts[number]) for number, table in enumerate(drop.tables)]


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
    drop: _Drop,
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
    given = pa.concat_tables(parts)
    db.register("arriving", given)
    db.execute("""
        CREATE TEMP TABLE given AS
        SELECT _key, _hash, _part, _row,
               row_number() OVER (PARTITION BY _key ORDER BY _part, _row) AS place,
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
        COPY (SELECT a.* EXCLUDE (_part) FROM arriving a JOIN kept k USING (_part, _row)
              WHERE fate IN ('loaded', 'unchanged', 'corrected') ORDER BY _part, _row)
        TO {text(path)} (FORMAT parquet, COMPRESSION zstd)
    """)
    db.unregister("arriving")


def _zeros(count: int) -> pa.Array:
    return pa.array([0], pa.int32()).take(pa.nulls(count, pa.int32()).fill_null(0))


def _conflicting(db: duckdb.DuckDBPyConnection, drop: _Drop) -> list[dict[str, Any]]:
    """Rows with one key and different values in one delivery: no order of rows may decide which holds."""
    found = db.execute("SELECT _part, _row, _key FROM kept WHERE fate = 'quarantined' ORDER BY _part, _row").fetchall()
    sources = load_sources()
    return [
        {
            "file": drop.tables[part].entry.file,
            "sheet": drop.tables[part].entry.sheet,
            "row": row,
            "column": "、".join(sources[drop.tables[part].entry.table].key),
            "value": key.replace("\x1f", " "),
            "reason": "同一交付内主键重复：同一主键有内容不同的多行，请核实后只保留正确的一行再报送",
        }
        for part, row, key in found
    ]


def bring_up_to_date(
    home: Path, driver: neo4j.Driver, progress: Progress = lambda *_: None, anew: bool = False
) -> writer.Written:
    """Brings the graph to the state the evidence gives; does nothing where it is in that state already.

    Raises GuanxiError when the server holds a graph that is not this home's.
    """
    evidence = Evidence(home)
    terms = ontology.load()
    state.check_specs(terms, evidence.sources.values())
    folder = home / "graph"
    folder.mkdir(exist_ok=True)
    kept, fresh, mark = folder / "state.duckdb", folder / "next.duckdb", folder / "writing.json"
    with driver.session() as session:
        store = _store_id(session)
        held = _meaning(kept)
        wanted = {"store": store, "evidence": evidence.version(), "definitions": _definitions(terms, evidence)}
        if held == wanted and not mark.exists() and not anew:
            return writer.Written()
        usable = held and held["store"] == store and held["definitions"] == wanted["definitions"]
        before = "before" if usable and not mark.exists() and not anew else None
        if before is None:
            ours = (held and held["store"] == store) or _marked(mark) == store
            _make_room(session, store_is_ours=bool(ours), mark=mark, store=store)
            writer.prepare(session, terms)
        for old in (fresh, fresh.with_suffix(".duckdb.wal")):
            old.unlink(missing_ok=True)
        with duckdb.connect(str(fresh)) as db:
            progress("state", 0)
            rows = _rows_once(db, evidence)
            state.build(db, terms, evidence.sources, rows)
            derived.derive(db, terms, rows)
            db.execute("CREATE TABLE meaning AS SELECT $1 AS meaning", [json.dumps(wanted)])
            if before:
                db.execute(f"ATTACH {text(kept)} AS before (READ_ONLY)")
            mark.write_text(json.dumps({"store": store}))
            written = writer.write_difference(session, db, terms, before, progress)
        fresh.replace(kept)
        mark.unlink()
    return written


def bring_up_to_date_in_turn(home: Path, driver: neo4j.Driver) -> writer.Written:
    """The same for those who only read the graph: finishes what an interrupted load left, when no other load is running."""
    with one_at_a_time(home):
        return bring_up_to_date(home, driver)


def _rows_once(db: duckdb.DuckDBPyConnection, evidence: Evidence) -> dict[str, str]:
    """The rows in force; where several deliveries make a choice necessary it is made once."""
    rows = {}
    for source, sql in evidence.rows_in_force().items():
        view = state.name(f"rows:{source}")
        db.execute(f"CREATE TEMP {'VIEW' if sql.startswith('read_parquet') else 'TABLE'} {view} AS SELECT * FROM {sql}")
        rows[source] = view
    return rows


def _store_id(session: neo4j.Session) -> str:
    record = session.run("CALL db.info() YIELD id RETURN id").single(strict=True)
    return str(record["id"])


def _definitions(terms: ontology.Ontology, evidence: Evidence) -> str:
    return (
        terms.fingerprint + sha256("".join(s.fingerprint for s in evidence.sources.values()).encode()).hexdigest()[:16]
    )


def _meaning(path: Path) -> dict[str, str] | None:
    """Which store, evidence and definitions a kept state stands for; None for none or a broken one."""
    if not path.exists():
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as db:
            found = db.execute("SELECT meaning FROM meaning").fetchone()
    except duckdb.Error:
        return None
    return json.loads(found[0]) if found else None


def _marked(mark: Path) -> str | None:
    return json.loads(mark.read_text())["store"] if mark.exists() else None


def _make_room(session: neo4j.Session, store_is_ours: bool, mark: Path, store: str) -> None:
    """Empties a graph of ours; refuses to touch one that somebody else wrote."""
    nodes = session.run("MATCH (n) RETURN count(n) AS nodes").single(strict=True)["nodes"]
    if nodes and not store_is_ours:
        raise GuanxiError(
            f"The Neo4j server already holds {nodes} nodes that this home did not write: "
            "point GUANXI_NEO4J_URI at an empty database, or GUANXI_HOME at the home that belongs to it."
        )
    mark.write_text(json.dumps({"store": store}))
    if nodes:
        writer.wipe(session)
