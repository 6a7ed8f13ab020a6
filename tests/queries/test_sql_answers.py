"""The same questions in plain SQL over the evidence: each gives the leads its query gives, by identity, on the sample county."""

from collections.abc import Iterator

import bench_packs
import duckdb
import pytest
from bench_packs import Answers
from homes import County

from backend import leads
from backend.ledger import open_ledger
from backend.packs import Query, load_packs

PACKS = load_packs()
QUERIES = bench_packs.answered(PACKS)


@pytest.fixture(scope="module")
def tables(county: County) -> Iterator[duckdb.DuckDBPyConnection]:
    with bench_packs.tables(county.home) as db:
        yield db


@pytest.fixture(scope="module")
def found(county: County) -> dict[str, Answers]:
    """Query id → the identities of the leads that the county's run kept."""
    identities: dict[str, Answers] = {query.id: set() for query in PACKS.queries}
    ledger = open_ledger(county.home)
    with ledger.reading() as session:
        for lead in leads.open_leads(session):
            query = PACKS.query(lead.query)
            assert query
            identities[query.id].add(tuple(lead.current.identity[one] for one in query.identity))
    ledger.close()
    return identities


def test_more_than_ten_queries_of_four_packs_have_an_sql() -> None:
    assert len(QUERIES) >= 20
    assert {query.pack.id for query in QUERIES} == {"eligibility", "self_dealing", "contractor_swap", "process"}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.id)
def test_sql_gives_the_same_answers(
    query: Query, tables: duckdb.DuckDBPyConnection, found: dict[str, Answers], county: County
) -> None:
    assert found[query.id], "equal without a single answer would say nothing"
    assert bench_packs.answers_by_sql(tables, query, county.run.as_of) == found[query.id]
