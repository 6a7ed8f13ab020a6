"""The homes that tests work in: the sample county, only read, and one for small drops, emptied in between."""

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import neo4j

from backend import runs
from backend.cases import RELEASES
from backend.findings import Finding
from backend.trial import write_releases
from graph_loader import custody, loading
from graph_loader.evidence import Delivery, Evidence
from graph_loader.intake import read_drop
from graph_loader.secret import Secret, secret_of
from graph_loader.sources import load_sources


@dataclass(frozen=True)
class County:
    """The sample county S, seed 1: loaded, its packs run. Tests may only read it."""

    home: Path
    drop: Path
    driver: neo4j.Driver
    receipt: loading.Receipt
    run: runs.Run

    def truth(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.drop / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def is_about(lead: Finding, planted: dict[str, Any], secret: Secret) -> bool:
    """Whether a lead is of this query and about all the people and things that were planted."""
    refs = {party.ref for party in lead.persons}
    keys = {thing.key for thing in lead.things} | {thing.ref for thing in lead.things}
    return (
        lead.query == planted["query"]
        and all(secret.ref("person", person) in refs for person in planted["persons"])
        and all(key in keys for key in planted["things"])
    )


class Small:
    """An engine for tiny drops: each `load_tables` starts from nothing."""

    def __init__(self, home: Path, driver: neo4j.Driver) -> None:
        self.home = home
        self.driver = driver

    def empty(self) -> None:
        """Forgets deliveries, work under way and leads; the graph follows with the next load."""
        for folder in ("evidence", "work"):
            shutil.rmtree(self.home / folder, ignore_errors=True)
        for ledger in self.home.glob("ledger.db*"):
            ledger.unlink()

    def load_tables(self, tables: dict[str, list[dict[str, Any]]]) -> loading.Receipt:
        """Loads tables given by Chinese title or id, rows under their Chinese headers, into an empty home."""
        self.empty()
        return self.add_tables(tables, "drop")

    def add_tables(self, tables: dict[str, list[dict[str, Any]]], name: str) -> loading.Receipt:
        """Loads one more drop on top of what is there."""
        drop = self.home / name
        shutil.rmtree(drop, ignore_errors=True)
        drop.mkdir()
        titles = {source.title: source for source in load_sources().values()}
        for title, rows in tables.items():
            if title == RELEASES:
                write_releases(drop, rows)
                continue
            source = titles.get(title) or load_sources()[title]
            with (drop / f"{source.title}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(
                    file, fieldnames=list(dict.fromkeys([*source.columns, *(k for r in rows for k in r)]))
                )
                writer.writeheader()
                writer.writerows(rows)
        return loading.load(self.home, self.driver, drop)


class Shelf:
    """Evidence alone: tiny drops are taken in as `loading` does, but no graph follows."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.home)

    def add(self, files: dict[str, list[dict[str, str]]], full_list: bool = False) -> Delivery:
        """One more delivery of CSV files: name without ending → rows under their headers."""
        folder = self.home / "drop"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, rows in files.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(k for row in rows for k in row)))
                writer.writeheader()
                writer.writerows(rows)
        return self.take_in(folder, full_list)

    def take_in(self, folder: Path, full_list: bool = False) -> Delivery:
        secret = secret_of(self.home)
        custody.clean_again(self.evidence, secret, lambda *_: None)
        drop = read_drop(self.evidence, folder, secret, lambda *_: None, full_list)
        if drop.files.keys() == drop.known.keys():
            return custody.delivered_before(drop)
        return custody.keep(self.evidence, drop, folder, "clerk")

    def withdraw(self, delivery: Delivery) -> None:
        self.evidence.keep_withdrawal(delivery.id, "clerk")

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Some clean columns of the rows of a table in force, in order."""
        rows = self.evidence.rows_in_force().get(table)
        if rows is None:
            return []
        with duckdb.connect() as db:
            named = ", ".join(f'"{column}"' for column in columns)
            return sorted(db.execute(f"SELECT {named} FROM {rows}").fetchall(), key=str)
