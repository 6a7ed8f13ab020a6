"""Every case of every query: its tiny drop is loaded, derived and run like any delivery, and gives just the leads it states.

Cases that cannot touch each other are loaded together, whatever query they are of; what each must give is looked up in the run.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from homes import Small

from backend.cases import Case, batches, read_case
from backend.detection import QueryRun, detect
from backend.findings import Finding
from backend.packs import Packs, Query, load_packs
from backend.trial import groups_of, owners_of, packs_for, tables_for
from graph_loader.evidence import Evidence
from graph_loader.secret import secret_of
from graph_loader.sources import load_sources

PACKS: Packs = load_packs()
CASES = [path for query in PACKS.queries for path in query.cases]
APART = {
    "relative_cluster", "mutual_favour", "bid_price_patterns", "supplier_concentration", "rotating_winners", "funds_idle",
    "compensation_diverted", "late_entry", "ghost_beneficiary", "r024_price_close_to_winner", "r025_excessive_unsuccessful_bids",
    "r038_excessive_disqualified_bids", "r048_heterogeneous_supplier", "r058_heavily_discounted_bid",
}  # fmt: skip
"""Queries that count over a village, a payer, a programme or the whole county (other queries' cases would be counted too), or point at
people whose number no case made up."""
OF_ALL_BIDS = "bid_price_patterns"
"""Counts the bids of tables and of releases."""


@dataclass(frozen=True)
class Ran:
    """The cases of a query as of one day, run: on everything, on each anchor found, and without each used table."""

    cases: list[Case]
    full: QueryRun
    owners: dict[str, Path]
    """Key of each lead → the case that it belongs to, perhaps another query's that was loaded with these."""
    touched: tuple[Finding, ...]
    nobody: tuple[Finding, ...]
    without: dict[str, QueryRun]
    next_day: tuple[Finding, ...]
    """Of a query that watches the clock or waits."""

    def of(self, case: Case) -> QueryRun:
        mine = [lead for lead in self.full.findings if self.owners[lead.key] == case.path]
        return replace(self.full, findings=tuple(mine))


def loads() -> list[list[Case]]:
    """The cases in groups that are loaded together. Queries of procurement releases and those of tables do not count each other's
    cases; leads about leads are nobody's in particular, so their cases stay alone."""
    together = [read_case(path) for query in PACKS.queries if not stays_apart(query) for path in query.cases]
    apart = [(query, group) for query in PACKS.queries if stays_apart(query) for group in groups_of(query)]
    alone = [group for query, group in apart if query.is_about_leads]
    counted = [group for query, group in apart if not query.is_about_leads]
    of_releases = [group for group in counted if any(case.releases for case in group)]
    of_tables = [group for group in counted if group not in of_releases and group[0].query != OF_ALL_BIDS]
    alone += [group for group in counted if group[0].query == OF_ALL_BIDS]
    loads = batches(together, same_day=False)
    for group in of_releases:
        partner = next((one for one in of_tables if len(batches([*one, *group], same_day=False)) == 1), [])
        of_tables = [one for one in of_tables if one is not partner]
        loads.append([*partner, *group])
    return [*loads, *of_tables, *alone]


def stays_apart(query: Query) -> bool:
    return query.is_about_leads or query.id in APART


def run_cases(small: Small, cases: list[Case], done: set[tuple[str, str]]) -> dict[str, list[Ran]]:
    """Loads the cases with all tables their queries know of, empty where they have no rows; runs each query as of each day and with
    each set of parameters. `done`: queries and the tables without which they were looked at already, once with leads is enough."""
    queries = [query for query in PACKS.queries if query.id in {case.query for case in cases}]
    small.load_tables(tables_for(cases, *queries))
    assert Evidence(small.home).quarantine() == [], "a case has rows that no department could send"
    rows = Evidence(small.home).sources_of
    known: dict[str, Any] = {}

    def sources_of(_: Evidence, elements: list[str]) -> dict[str, Any]:
        """The same elements are asked for in each run of a query: the tables are read once for each."""
        if new := [element for element in elements if element not in known]:
            known.update(dict.fromkeys(new, ()) | rows(new))
        return {element: known[element] for element in elements if known[element]}

    ran: dict[str, list[Ran]] = defaultdict(list)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Evidence, "sources_of", sources_of)
        for query in queries:
            ran[query.id] += _days(small, query, cases, done)
    return ran


def _days(small: Small, query: Query, loaded: list[Case], done: set[tuple[str, str]]) -> list[Ran]:
    days: dict[tuple[date | None, str], list[Case]] = defaultdict(list)
    for case in loaded:
        if case.query == query.id:
            days[case.as_of, str(case.parameters)].append(case)
    return [run_query(small, query, cases[0].as_of, cases, loaded, done) for cases in days.values()]


def run_query(
    small: Small, query: Query, day: date | None, cases: list[Case], loaded: list[Case], done: set[tuple[str, str]]
) -> Ran:
    def run(touched: Iterable[str] | None = None, day: date | None = day) -> QueryRun:
        anchors = None if touched is None else {query.id: list(touched)}
        return detect(small.home, small.driver, packs, as_of=day, query=query.id, touched=anchors).queries[0]

    packs = packs_for(PACKS, query, cases)
    full = run()
    anchors = {lead.identity[query.anchor] for lead in full.findings}
    without = {}
    for table in set(query.uses) - cases[0].absent:
        left = Evidence(small.home).delivered() - {table}
        if full.findings and not query.missing(left) and (query.id, table) not in done:
            done.add((query.id, table))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Evidence, "delivered", lambda _, left=left: left)
                without[table] = run()
    owners = {key: case.path for key, case in owners_of(full.findings, loaded).items()}
    next_day = run(day=day + timedelta(1)).findings if day and (query.watches_the_clock or query.waits) else ()
    return Ran(cases, full, owners, run(anchors).findings, run({"nobody"}).findings, without, next_day)


@pytest.fixture(scope="module")
def ran(small_engine: Small) -> dict[str, list[Ran]]:
    """Query id → its runs."""
    found: dict[str, list[Ran]] = defaultdict(list)
    done: set[tuple[str, str]] = set()
    for cases in loads():
        for id, runs in run_cases(small_engine, cases, done).items():
            found[id] += runs
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_case(small_engine: Small, ran: dict[str, list[Ran]], path: Path) -> None:
    batch = next(one for one in ran[path.parent.name] if path in [case.path for case in one.cases])
    case = next(case for case in batch.cases if case.path == path)
    assert case.about, "say in one sentence what the case shows"
    levels = {lead.level for lead in case.leads}
    query = PACKS.query(case.query)
    assert query is not None
    if case.kind == "hit":
        assert levels & set(query.pointing), "a hit points at somebody; a case that does not is a miss"
    elif case.kind == "miss":
        assert not levels & set(query.pointing), "a miss points at nobody; a case that does is a hit"
    assert case.faults(batch.of(case), secret_of(small_engine.home)) == []


@pytest.mark.parametrize("query", PACKS.queries, ids=lambda query: query.id)
def test_a_table_that_is_not_there_clears_nobody_and_is_named(ran: dict[str, list[Ran]], query: Query) -> None:
    for batch in ran[query.id]:
        for table, run in batch.without.items():
            title = load_sources()[table].title
            assert [lead.key for lead in run.findings] == [lead.key for lead in batch.full.findings]
            for lead in run.findings:
                assert any(check.result == "missing" and title in check.zh for check in lead.checks), lead.checks


@pytest.mark.parametrize("query", PACKS.queries, ids=lambda query: query.id)
def test_the_anchors_found_give_the_same_alone(ran: dict[str, list[Ran]], query: Query) -> None:
    for batch in ran[query.id] if not query.is_about_leads else ():
        assert batch.touched == batch.full.findings
        assert batch.nobody == ()


@pytest.mark.parametrize(
    "query", [one for one in PACKS.queries if one.watches_the_clock or one.waits], ids=lambda query: query.id
)
def test_another_day_alone_is_no_new_basis(ran: dict[str, list[Ran]], query: Query) -> None:
    """What somebody dismissed would be back every morning."""
    compared = 0
    for batch in ran[query.id]:
        before = {lead.key: lead for lead in batch.full.findings}
        for lead in batch.next_day:
            made = before.get(lead.key)
            if made and [made.level, [check.result for check in made.checks]] == [
                lead.level,
                [check.result for check in lead.checks],
            ]:
                assert lead.basis_hash == made.basis_hash, (made.title_zh, lead.title_zh)
                compared += 1
    assert compared
