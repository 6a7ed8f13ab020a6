"""A draft (a list of payments, of applications, a contract) seen as if it had been delivered: written, derived, and taken back.

The draft is kept as a delivery beside the home's own, in a folder that goes away; what it changes is written in one transaction that
is always rolled back. Evidence, graph and state stay as they are.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import neo4j

from graph_loader import changes, custody, derived, growth, ontology, state, writer
from graph_loader.changes import Changed
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Evidence
from graph_loader.graph_update import arriving_since, held_evidence, rows_once
from graph_loader.intake import read_drop
from graph_loader.secret import secret_of
from graph_loader.state import text

NAME = "草稿"
"""What comes before the draft's own name, so that what a draft's file lacks can stand there as it may in any file's name."""


@dataclass(frozen=True)
class Draft:
    """`transaction` sees the draft in the graph, `evidence` among the deliveries; `changed`: what it changes, None for too much."""

    transaction: neo4j.Transaction
    evidence: Evidence
    delivery: Delivery
    changed: Changed | None
    file: str


@contextmanager
def drafted(home: Path, driver: neo4j.Driver, file: Path, said: Mapping[str, str]) -> Iterator[Draft]:
    """The graph with a draft in it. `said`: column → value of what the file does not say itself (项目编码, 发放日期).

    Raises GuanxiError for a file that cannot be read, or is no departmental table.
    """
    if not file.is_file():
        raise GuanxiError(f"{file} is no file: name the draft.")
    with TemporaryDirectory(prefix="guanxi-draft-") as folder:
        shadow, drop = Path(folder) / "home", Path(folder) / "drop"
        _shadow(home, shadow)
        drop.mkdir()
        name = " ".join([NAME, *(f"{column}：{value}" for column, value in said.items()), file.name])
        shutil.copyfile(file, drop / name)
        evidence, secret = Evidence(shadow), secret_of(home)
        read = read_drop(evidence, drop, secret, lambda *_: None)
        if not read.tables:
            why = next(iter((*read.refused.values(), *read.ignored.values())), "its bytes were delivered already")
            raise GuanxiError(f"{file.name} holds nothing to check: {why.replace(name, file.name)}")
        delivery = custody.keep(evidence, read, drop, "draft")
        with duckdb.connect(str(Path(folder) / "next.duckdb")) as db, driver.session() as session:
            tables = _make_out(db, home, evidence)
            terms = ontology.load()
            changed = changes.differences(db, terms, "before", tables)
            transaction = session.begin_transaction()
            try:
                writer.write_within(transaction, db, terms, "before", tables)
                yield Draft(transaction, evidence, delivery, changed, name)
            finally:
                transaction.rollback()


def _shadow(home: Path, shadow: Path) -> None:
    """A home that shows the deliveries of another and takes in one of its own without touching it."""
    (shadow / "evidence" / "deliveries").mkdir(parents=True)
    for delivery in (home / "evidence" / "deliveries").glob("d*"):
        os.symlink(delivery.resolve(), shadow / "evidence" / "deliveries" / delivery.name)
    for other in (home / "evidence").iterdir():
        if other.name not in ("deliveries", "files") and not other.name.startswith("."):
            os.symlink(other.resolve(), shadow / "evidence" / other.name)


def _make_out(db: duckdb.DuckDBPyConnection, home: Path, evidence: Evidence) -> set[str] | None:
    """Makes out in `db` what the draft changes, the state before attached as `before`; gives the tables that differ, None where
    any may."""
    kept, terms = home / "graph" / "state.duckdb", ontology.load()
    arriving = arriving_since(evidence, held_evidence(kept))
    if arriving is not None:
        db.execute(f"ATTACH {text(kept)} AS kept (READ_ONLY)")
        grown = growth.growth(db, terms, evidence.sources, arriving)
        if grown is not None:
            return grown.tables
        db.execute("DETACH kept")
        for schema, table in db.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary AND database_name = current_database()"
        ).fetchall():
            db.execute(f'DROP TABLE "{schema}"."{table}"')
        db.execute("DROP SCHEMA IF EXISTS before")
    rows = rows_once(db, evidence)
    state.build(db, terms, evidence.sources, rows)
    derived.derive(db, terms, rows)
    db.execute(f"ATTACH {text(kept)} AS before (READ_ONLY)")
    return None
