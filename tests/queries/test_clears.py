"""Every query says what clears a suspicion, and each such reason really does: without it, one of its cases gives a lead."""

import os

import pytest
from homes import Small
from mutants import idle_clears

from backend.packs import Query, load_packs

PACKS = load_packs()
ABOUT_THE_GRAPH = PACKS.about_leads(False).queries
SAMPLE = ("benefit_to_relative", "self_approved", "slow_project")
PROVEN = [query for query in ABOUT_THE_GRAPH if "GUANXI_PROOF_EXAMPLES" in os.environ or query.id in SAMPLE]


def test_every_query_about_the_graph_says_what_clears() -> None:
    assert [query.id for query in ABOUT_THE_GRAPH if not query.clears] == []


def test_no_two_reasons_of_a_query_read_the_same() -> None:
    for query in ABOUT_THE_GRAPH:
        for language in ("zh", "en"):
            said = [clear.says[language] for clear in query.clears]
            assert len(said) == len(set(said)), query.id


@pytest.mark.parametrize("query", PROVEN, ids=lambda query: query.id)
def test_each_reason_clears_a_suspicion_in_a_case(small_engine: Small, query: Query) -> None:
    assert idle_clears(small_engine, PACKS, query) == {}, f"{query.id}: no case has a lead without"
