"""Every condition of every query is held by a case: without it, one of its cases fails."""

import os

import pytest
from homes import Small
from mutants import mutants_of, survivors

from backend.packs import Query, load_packs

PACKS = load_packs()
SAMPLE = ("age_mismatch", "self_approved", "slow_project")
PROVEN = [query for query in PACKS.queries if "GUANXI_PROOF_EXAMPLES" in os.environ or query.id in SAMPLE]


def dropped(text: str) -> list[tuple[int, str]]:
    return [(mutant.line, mutant.dropped) for mutant in mutants_of(text)]


def test_each_operand_is_dropped_by_itself() -> None:
    text = "MATCH (a:A)\nWHERE a.x = 1 AND (a.y = 2 OR NOT a.z)\nRETURN a"
    assert dropped(text) == [(2, "a.x = 1"), (2, "(a.y = 2 OR NOT a.z)"), (2, "a.y = 2"), (2, "NOT a.z")]
    assert "WHERE  true AND (a.y" in mutants_of(text)[0].text.replace("true  AND", "true AND")
    assert "( false OR NOT a.z)" in mutants_of(text)[2].text.replace("false  OR", "false OR")


def test_conditions_inside_subqueries_cases_lists_and_maps_are_found() -> None:
    text = """
MATCH (a:A) WHERE NOT EXISTS { MATCH (a)--(b:B) WHERE b.name STARTS WITH 'x AND y' }
RETURN CASE WHEN a.p THEN 1 ELSE 2 END AS level, {one: a.q AND a.r}, [n IN nodes(p) WHERE n:C | n]
"""
    assert {what for _, what in dropped(text)} == {
        "NOT EXISTS { MATCH (a)--(b:B) WHERE b.name STARTS WITH 'x AND y' }",
        "b.name STARTS WITH 'x AND y'",
        "a.p",
        "a.q",
        "a.r",
        "n:C",
    }


def test_a_value_between_two_others_is_two_conditions() -> None:
    text = "MATCH (a) WHERE a.from <= $day < a.to RETURN a"
    assert dropped(text) == [
        (1, "a.from <= $day < a.to"),
        (1, "a.from <=, of a.from <= $day < a.to"),
        (1, "< a.to, of a.from <= $day < a.to"),
    ]


def test_what_is_stated_to_be_a_short_cut_is_left() -> None:
    assert dropped("MATCH (a)\n// Nothing but a short cut: few have two.\nWHERE a.n > 1\nRETURN a") == []
    assert dropped("MATCH (a)\n// Few have two.\nWHERE a.n > 1\nRETURN a") == [(3, "a.n > 1")]


@pytest.mark.parametrize("query", PROVEN, ids=lambda query: query.id)
def test_every_condition_is_held_by_a_case(small_engine: Small, query: Query) -> None:
    found = survivors(small_engine, PACKS, query)
    print(f"{query.id}: {found.mutants} mutants, {len(found.alive)} survive, {len(found.stillborn)} are no Cypher")
    told = [f"line {mutant.line}: {mutant.dropped}" for mutant in found.alive]
    assert told == [], f"{query.id}: no case fails without"
