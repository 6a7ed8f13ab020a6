"""Runs the cases of a query: their rows are loaded as one delivery into a home of their own, and what is found is told apart by case."""

import csv
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import neo4j

from backend.cases import Case, Rows, batches, merged, read_case
from backend.detection import QueryRun, detect
from backend.findings import Finding
from backend.packs import Packs, Query
from graph_loader import loading
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.secret import secret_of
from graph_loader.sources import load_sources


def groups_of(query: Query, shared: Path | None = None) -> list[list[Case]]:
    """The cases of a query in groups that are loaded together. Those about leads would meet in one village: they go one by one."""
    cases = [read_case(path, shared) for path in query.cases]
    return [[case] for case in cases] if query.is_about_leads else batches(cases)


def tables_for(query: Query, cases: list[Case]) -> dict[str, Rows]:
    """The rows of a group of cases, and an empty table for each other that the query knows of."""
    tables = merged(cases)
    known = {table for choices in query.needs for table in choices} | set(query.uses)
    for table in sorted(known - cases[0].absent):
        tables.setdefault(load_sources()[table].title, [])
    return tables


def case_of(lead: Finding, cases: list[Case]) -> Case:
    """The case whose people or numbers are in the lead. Raises GuanxiError where it is not just one."""
    masked = {party.masked for party in lead.persons}
    keys = {part for key in lead.identity.values() for part in key.split("#")[:1]}
    found = [
        case
        for case in cases
        if keys & set(case.numbers.values()) or masked & {f"{n[:6]}********{n[-4:]}" for n in case.numbers.values()}
    ]
    if len(found) != 1:
        raise GuanxiError(
            f"{lead.title_zh} belongs to {len(found)} cases: give each case villages and names of its own."
        )
    return found[0]


def faults_of(
    query: Query, packs: Packs, home: Path, driver: neo4j.Driver, shared: Path | None = None
) -> Iterator[tuple[Case, list[str]]]:
    """Each case of a query and how what was found differs from what it says. `home`: one for trials, emptied for each group."""
    for group in groups_of(query, shared):
        _load_alone(home, driver, tables_for(query, group))
        run = detect(home, driver, packs, as_of=group[0].as_of, query=query.id).queries[0]
        for case in group:
            yield case, case.faults(found_for(run, case, group), secret_of(home))


def found_for(run: QueryRun, case: Case, group: list[Case]) -> QueryRun:
    """What belongs to one case of a group that was loaded together: its numbers are nobody else's."""
    if len(group) == 1:
        return run
    return replace(run, findings=tuple(lead for lead in run.findings if case_of(lead, group) is case))


def _load_alone(home: Path, driver: neo4j.Driver, tables: Mapping[str, Rows]) -> None:
    shutil.rmtree(home / "evidence", ignore_errors=True)
    drop = home / "drop"
    shutil.rmtree(drop, ignore_errors=True)
    drop.mkdir(parents=True)
    titles = {source.title: source for source in load_sources().values()}
    for title, rows in tables.items():
        with (drop / f"{title}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(titles[title].columns))
            writer.writeheader()
            writer.writerows(rows)
    loading.load(home, driver, drop)
    waiting = Evidence(home).quarantine()
    if waiting:
        raise GuanxiError(
            f"A case has a row that no department could send: {waiting[0]['file']}, {waiting[0]['reason']}."
        )
