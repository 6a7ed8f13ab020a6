"""Every condition of every query is held by a case: without it, one of its cases fails."""

import os

import pytest
from homes import Small
from mutants import survivors

from backend.packs import Query, load_packs

PACKS = load_packs()
SAMPLE = ("age_mismatch", "self_approved", "slow_project")
PROVEN = [query for query in PACKS.queries if "GUANXI_PROOF_EXAMPLES" in os.environ or query.id in SAMPLE]


@pytest.mark.parametrize("query", PROVEN, ids=lambda query: query.id)
def test_every_condition_is_held_by_a_case(small_engine: Small, query: Query) -> None:
    found = survivors(small_engine, PACKS, query)
    print(f"{query.id}: {found.mutants} mutants, {len(found.alive)} survive, {len(found.stillborn)} are no Cypher")
    told = [f"line {mutant.line}: {mutant.condition}" for mutant in found.alive]
    assert told == [], f"{query.id}: no case fails without"
