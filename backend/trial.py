"""Runs the cases of a query: their rows are loaded as one delivery into a home of their own, and what is found is told apart by case."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import neo4j

from backend.cases import RELEASES, Case, Rows, batches, merged, read_case
from backend.detection import QueryRun, detect
from backend.findings import Finding
from backend.gaps import tables_of
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


def packs_for(packs: Packs, query: Query, group: list[Case]) -> Packs:
    """What a group of cases is run with: the parameters they state, and of a query about leads only the queries whose leads they are
    about.

    Raises GuanxiError for a parameter that the query does not have."""
    values = group[0].parameters
    for name in values.keys() - query.parameters.keys():
        raise GuanxiError(f"{group[0].path.name}: {query.id} has no parameter `{name}`: take it out.")
    if values:
        changed = tuple(one.tuned(values) if one.id == query.id else one for one in packs.queries)
        packs = replace(packs, queries=changed)
    if not query.is_about_leads:
        return packs
    wanted = {query.id, *(id for case in group for id in case.queries)}
    return Packs(packs.packs, tuple(one for one in packs.queries if one.id in wanted), ())


def tables_for(cases: list[Case], *queries: Query) -> dict[str, Rows]:
    """The rows of a group of cases, and an empty table for each other that the queries know of; procurement data come as releases only."""
    tables = merged(cases)
    for table in sorted({table for query in queries for table in tables_of(query)} - cases[0].absent):
        if not load_sources()[table].ocds:
            tables.setdefault(load_sources()[table].title, [])
    if releases := [release for case in cases for release in case.releases]:
        tables[RELEASES] = releases
    return tables


def write_releases(drop: Path, releases: Rows) -> None:
    """Procurement data into a drop, one release a line."""
    lines = [json.dumps(release, ensure_ascii=False) for release in releases]
    (drop / f"{RELEASES}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def owners_of(leads: Iterable[Finding], cases: list[Case]) -> dict[str, Case]:
    """Key of each lead → the case whose people or numbers, that no other case has, are in it.

    Raises GuanxiError where they are not just one's."""
    if len(cases) == 1:
        return {lead.key: cases[0] for lead in leads}
    holders = Counter(number for case in cases for number in set(case.numbers.values()))
    own: dict[str, Case] = {}
    for case in cases:
        for number in case.numbers.values():
            if holders[number] == 1:
                own |= {number: case, f"{number[:6]}********{number[-4:]}": case}
    owners = {}
    for lead in leads:
        named = {part for key in lead.identity.values() for part in key.split("#")[:1]}
        named |= {party.masked for party in lead.persons}
        found = {own[name].path: own[name] for name in named & own.keys()}
        if len(found) != 1:
            raise GuanxiError(
                f"{lead.title_zh} belongs to {len(found)} cases: give each case villages and names of its own."
            )
        (owners[lead.key],) = found.values()
    return owners


def faults_of(
    query: Query, packs: Packs, home: Path, driver: neo4j.Driver, shared: Path | None = None
) -> Iterator[tuple[Case, list[str]]]:
    """Each case of a query and how what was found differs from what it says. `home`: one for trials, emptied for each group."""
    for group in groups_of(query, shared):
        _load_alone(home, driver, tables_for(group, query))
        given = packs_for(packs, query, group)
        run = detect(home, driver, given, as_of=group[0].as_of, query=query.id).queries[0]
        for case, found in by_case(run, group):
            yield case, case.faults(found, secret_of(home))


def by_case(run: QueryRun, group: list[Case]) -> Iterator[tuple[Case, QueryRun]]:
    """What belongs to each case of a group that was loaded together."""
    owners = owners_of(run.findings, group)
    for case in group:
        yield case, replace(run, findings=tuple(lead for lead in run.findings if owners[lead.key] is case))


def _load_alone(home: Path, driver: neo4j.Driver, tables: Mapping[str, Rows]) -> None:
    shutil.rmtree(home / "evidence", ignore_errors=True)
    drop = home / "drop"
    shutil.rmtree(drop, ignore_errors=True)
    drop.mkdir(parents=True)
    titles = {source.title: source for source in load_sources().values()}
    for title, rows in tables.items():
        if title == RELEASES:
            write_releases(drop, rows)
            continue
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
