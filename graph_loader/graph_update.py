"""Brings the graph to the state the evidence gives, and to no other."""

import json
from hashlib import sha256
from pathlib import Path

import duckdb
import neo4j

from graph_loader import derived, ocds, ontology, state, writer
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.intake import Progress
from graph_loader.resolution import resolve
from graph_loader.state import text


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
            progress("state", "", 0)
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


def _rows_once(db: duckdb.DuckDBPyConnection, evidence: Evidence) -> dict[str, str]:
    """The rows in force with references settled; where that takes choices or joins it is done once."""
    rows = {}
    in_force = {id: ocds.compiled(evidence.sources[id], sql) for id, sql in evidence.rows_in_force().items()}
    for source, sql in resolve(db, evidence.sources, in_force).items():
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
