"""Every case of every query: its tiny drop is loaded, derived and run like any delivery, and gives just the leads it states.

The cases of one query are loaded together where they cannot touch each other; what each must give is looked up in the run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from homes import Small

from backend.cases import Case
from backend.detection import QueryRun, detect
from backend.findings import Finding
from backend.packs import Packs, Query, load_packs
from backend.trial import found_for, groups_of, tables_for
from graph_loader.evidence import Evidence
from graph_loader.secret import secret_of
from graph_loader.sources import load_sources

PACKS: Packs = load_packs()
CASES = [path for query in PACKS.queries for path in query.cases]


@dataclass(frozen=True)
class Ran:
    """A batch of cases after it was loaded and run: on everything, on each anchor found, and without each used table."""

    cases: list[Case]
    full: QueryRun
    touched: tuple[Finding, ...]
    nobody: tuple[Finding, ...]
    without: dict[str, QueryRun]

    def of(self, case: Case) -> QueryRun:
        assert set(case.numbers.values())
        return found_for(self.full, case, self.cases)


def run_batch(small: Small, query: Query, cases: list[Case]) -> Ran:
    """Loads the cases with all tables the query knows of, empty where they have no rows, and runs that one query."""
    small.load_tables(tables_for(query, cases))
    assert Evidence(small.home).quarantine() == [], "a case has rows that no department could send"

    def run(touched: set[str] | None = None) -> QueryRun:
        anchors = None if touched is None else {query.id: touched}
        found = detect(small.home, small.driver, PACKS, as_of=cases[0].as_of, query=query.id, touched=anchors)
        return found.queries[0]

    full = run()
    anchors = {lead.identity[query.anchor] for lead in full.findings}
    without = {}
    for table in set(query.uses) - cases[0].absent:
        left = Evidence(small.home).delivered() - {table}
        if not query.missing(left):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Evidence, "delivered", lambda _, left=left: left)
                without[table] = run()
    return Ran(cases, full, run(anchors).findings, run({"nobody"}).findings, without)


@pytest.fixture(scope="module")
def ran(small_engine: Small) -> Callable[[str], list[Ran]]:
    """Runs all cases of a query, once."""
    kept: dict[str, list[Ran]] = {}

    def of(id: str) -> list[Ran]:
        query = PACKS.query(id)
        assert query is not None
        if id not in kept:
            kept[id] = [run_batch(small_engine, query, group) for group in groups_of(query)]
        return kept[id]

    return of


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_case(small_engine: Small, ran: Callable[[str], list[Ran]], path: Path) -> None:
    batch = next(one for one in ran(path.parent.name) if path in [case.path for case in one.cases])
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
def test_a_table_that_is_not_there_clears_nobody_and_is_named(ran: Callable[[str], list[Ran]], query: Query) -> None:
    for batch in ran(query.id):
        for table, run in batch.without.items():
            title = load_sources()[table].title
            assert [lead.key for lead in run.findings] == [lead.key for lead in batch.full.findings]
            for lead in run.findings:
                assert any(check.result == "missing" and title in check.zh for check in lead.checks), lead.checks


@pytest.mark.parametrize("query", PACKS.queries, ids=lambda query: query.id)
def test_the_anchors_found_give_the_same_alone(ran: Callable[[str], list[Ran]], query: Query) -> None:
    for batch in ran(query.id) if not query.is_about_leads else ():
        assert batch.touched == batch.full.findings
        assert batch.nobody == ()
