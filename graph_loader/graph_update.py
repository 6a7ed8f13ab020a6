"""Brings the graph to the state the evidence gives, and to no other."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import neo4j

from graph_loader import bulk, changes, derived, engine, growth, ocds, ontology, standing, state, writer
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.intake import Progress
from graph_loader.resolution import resolve
from graph_loader.state import text


def bring_up_to_date(
    home: Path,
    driver: neo4j.Driver,
    progress: Progress = lambda *_: None,
    anew: bool = False,
    evidence: Evidence | None = None,
) -> writer.Written:
    """Brings the graph to the state the evidence gives; does nothing where it is in that state already. `evidence`: another's, or of
    an earlier day; the home's own without it.

    Raises GuanxiError when the server holds a graph that is not this home's.
    """
    evidence = evidence or Evidence(home)
    terms = ontology.load()
    state.check_specs(terms, evidence.sources.values())
    folder = home / "graph"
    folder.mkdir(exist_ok=True)
    kept, fresh, mark = folder / "state.duckdb", folder / "next.duckdb", folder / "writing.json"
    store = _store_id(driver)
    held = _meaning(kept)
    wanted = {"store": store, "own": not engine.is_external(), **_wanted(terms, evidence)}
    if held == wanted and not mark.exists() and not anew:
        return writer.Written()
    usable = held and held["store"] == store and held["definitions"] == wanted["definitions"]
    before = "before" if usable and not mark.exists() and not anew else None
    if before is None and not (held and held["store"] == store) and not _is_marked(mark, store):
        _refuse_a_foreign_graph(driver)
    if before and (quickly := _grown(home, driver, evidence, terms, kept, mark, wanted, progress)):
        return quickly
    for old in (fresh, fresh.with_suffix(".duckdb.wal")):
        old.unlink(missing_ok=True)
    with duckdb.connect(str(fresh)) as db:
        progress("state", "", 0)
        rows = rows_once(db, evidence)
        growth.keep_rows(db, rows)
        state.build(db, terms, evidence.sources, rows)
        derived.derive(db, terms, rows)
        if before:
            db.execute(f"ATTACH {text(kept)} AS before (READ_ONLY)")
        if engine.is_ours_alone(home) and bulk.is_faster(*_sizes(db, terms, before)):
            mark.write_text(json.dumps({"store": store, "import": True}))
            written = writer.count_difference(db, terms, before)
            changes.prepare_step(home, db, terms, None)
            bulk.write_whole(home, driver, db, terms, progress)
            wanted["store"] = _store_id(driver)
        else:
            mark.write_text(json.dumps({"store": store}))
            tables = state.filled(db)
            changes.prepare_step(home, db, terms, before, tables)
            written = _write(driver, db, terms, before, progress, tables)
        db.execute("CREATE TABLE meaning AS SELECT $1 AS meaning", [json.dumps(wanted)])
    fresh.replace(kept)
    changes.keep_step(home)
    mark.unlink()
    return written


def is_up_to_date(home: Path, evidence: Evidence) -> bool:
    """Whether the workbench's own engine, which need not run, holds the graph that the evidence gives; False where only a
    running one can tell."""
    folder = home / "graph"
    held = _meaning(folder / "state.duckdb")
    if held is None or (folder / "writing.json").exists() or engine.is_external() or not engine.has_store(home):
        return False
    return held == {"store": held["store"], "own": True, **_wanted(ontology.load(), evidence)}


def _grown(
    home: Path,
    driver: neo4j.Driver,
    evidence: Evidence,
    terms: ontology.Ontology,
    kept: Path,
    mark: Path,
    wanted: dict[str, Any],
    progress: Progress,
) -> writer.Written | None:
    """Takes the quick way where all that is new are deliveries that only add; None where the whole way must be taken."""
    held = _meaning(kept)
    arriving = arriving_since(evidence, json.loads(held["evidence"]) if held else [])
    if arriving is None:
        return None
    with duckdb.connect() as db:
        progress("state", "", 0)
        db.execute(f"ATTACH {text(kept)} AS kept (READ_ONLY)")
        grown = growth.growth(db, terms, evidence.sources, arriving)
        if grown is None:
            return None
        mark.write_text(json.dumps({"store": wanted["store"]}))
        changes.prepare_step(home, db, terms, "before", grown.tables)
        written = writer.write_difference(driver, db, terms, "before", progress, grown.tables)
        growth.absorb(grown, kept, json.dumps(wanted))
    changes.keep_step(home)
    mark.unlink()
    return written


def arriving_since(evidence: Evidence, held: list[list[str]]) -> dict[str, str] | None:
    """SQL by source of the rows that deliveries after those of a state bring; None where more than that has changed."""
    now = json.loads(evidence.version())
    if now[: len(held)] != held:
        return None
    new = {id for id, _ in now[len(held) :]}
    arriving = {}
    for table, given in evidence.given().items():
        found = [one for one in given if one.delivery in new]
        if found:
            if evidence.sources[table].ocds or any(one.full or one.taken_over for one in found):
                return None
            arriving[table] = standing.in_force(evidence.sources[table], found)
    return arriving


def _write(
    driver: neo4j.Driver,
    db: duckdb.DuckDBPyConnection,
    terms: ontology.Ontology,
    before: str | None,
    progress: Progress,
    tables: frozenset[str],
) -> writer.Written:
    if before is None:
        with driver.session() as session:
            writer.wipe(session)
            writer.prepare(session, terms)
    return writer.write_difference(driver, db, terms, before, progress, tables)


def _sizes(db: duckdb.DuckDBPyConnection, terms: ontology.Ontology, before: str | None) -> tuple[int, int]:
    """How many elements the new state has, and how many at least must be written to get there."""
    total = bulk.elements(db, terms)
    return total, total - (bulk.elements(db, terms, before) if before else 0)


def rows_once(db: duckdb.DuckDBPyConnection, evidence: Evidence) -> dict[str, str]:
    """The rows in force with references settled; where that takes choices or joins it is done once, and kept with the state."""
    in_force = {id: ocds.compiled(evidence.sources[id], sql) for id, sql in evidence.rows_in_force().items()}
    rows = resolve(db, evidence.sources, in_force)
    for source, sql in rows.items():
        if not sql.startswith("read_parquet"):
            rows[source] = state.name(f"rows:{source}")
            db.execute(f"CREATE TABLE {rows[source]} AS SELECT * FROM {sql}")
    return rows


def _store_id(driver: neo4j.Driver) -> str:
    with driver.session() as session:
        record = session.run("CALL db.info() YIELD id RETURN id").single(strict=True)
    return str(record["id"])


def _wanted(terms: ontology.Ontology, evidence: Evidence) -> dict[str, str]:
    """What a state must stand for now."""
    specs = sha256("".join(source.fingerprint for source in evidence.sources.values()).encode()).hexdigest()[:16]
    return {"evidence": evidence.version(), "definitions": terms.fingerprint + specs}


def _meaning(path: Path) -> dict[str, Any] | None:
    """Which store, evidence and definitions a kept state stands for; None for none or a broken one."""
    if not path.exists():
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as db:
            found = db.execute("SELECT meaning FROM meaning").fetchone()
    except duckdb.Error:
        return None
    return json.loads(found[0]) if found else None


def held_evidence(kept: Path) -> list[list[str]]:
    """The deliveries that a kept state was made from. Raises GuanxiError where there is no such state."""
    held = _meaning(kept)
    if held is None:
        raise GuanxiError("Nothing was loaded yet: load the county's tables first, then check drafts against them.")
    return [list(one) for one in json.loads(held["evidence"])]


def _is_marked(mark: Path, store: str) -> bool:
    """Whether this home was writing to the store when it was interrupted; an import gives the store a new id."""
    if not mark.exists():
        return False
    noted = json.loads(mark.read_text())
    return noted["store"] == store or (noted.get("import", False) and not engine.is_external())


def _refuse_a_foreign_graph(driver: neo4j.Driver) -> None:
    with driver.session() as session:
        nodes = session.run("MATCH (n) RETURN count(n) AS nodes").single(strict=True)["nodes"]
    if nodes:
        raise GuanxiError(
            f"The Neo4j server already holds {nodes} nodes that this home did not write: "
            "point GUANXI_NEO4J_URI at an empty database, or GUANXI_HOME at the home that belongs to it."
        )
