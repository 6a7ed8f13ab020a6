"""One person: what is known, the leads that name them, and what each query says."""

from typing import Any

import pytest
from homes import County

from backend import subject
from backend.accounts import OWNER
from backend.ledger import open_ledger
from backend.packs import load_packs
from graph_loader.errors import GuanxiError
from graph_loader.secret import secret_of

PACKS = load_packs()


def planted(county: County, query: str, kind: str = "wrong") -> dict[str, Any]:
    return next(one for one in county.truth() if one["query"] == query and one["kind"] == kind)


def person(county: County, number: str) -> dict[str, Any]:
    (found,) = subject.people_named(county.driver, secret_of(county.home), number)
    return found


def test_a_number_finds_one_person_and_a_name_all_who_bear_it(county: County) -> None:
    one = person(county, planted(county, "official_on_benefit")["persons"][0])
    named = subject.people_named(county.driver, secret_of(county.home), one["name"])
    assert one["id"] in {each["id"] for each in named} and {each["name"] for each in named} == {one["name"]}
    with pytest.raises(GuanxiError, match="Nobody called"):
        subject.only(subject.people_named(county.driver, secret_of(county.home), "查无此人"), "查无此人")


def test_posts_money_and_kin_are_told(county: County) -> None:
    one = person(county, planted(county, "official_on_benefit")["persons"][0])
    told = subject.known_about(county.driver, one["id"])
    kinds = {kind["type"] for kind in told["relations"]}
    assert kinds & {"HOLDS_POST", "IN_CHARGE"} and "MEMBER_OF" in kinds
    assert told["benefits"] and all(row["payments"] > 0 and row["first"] <= row["last"] for row in told["benefits"])
    assert "initials" not in told["facts"]


@pytest.mark.parametrize(
    "id", ["official_on_benefit", "own_company_contract", "paid_after_death", "benefit_to_relative"]
)
def test_each_query_says_of_a_person_what_the_full_run_says(county: County, id: str) -> None:
    wrong = planted(county, id)
    one = person(county, wrong["persons"][-1])
    answers = {each.query: each for each in subject.asked_of_all(county.home, county.driver, PACKS, one["id"])}
    assert answers[id].status == "leads"
    assert all(each.status in ("leads", "clear", "not_run", "not_asked") for each in answers.values())
    full = {lead["key"] for lead in _leads(county, one["props"]["key"])}
    found = {lead.key for each in answers.values() for lead in each.findings}
    asked = {each.query for each in answers.values() if each.status != "not_asked"}
    assert {key for key in full if key.rsplit("-", 1)[0] in asked} == found


def test_a_look_alike_is_clear(county: County) -> None:
    cleared = next(
        one for one in county.truth() if one["kind"] == "lookalike" and one["level"] is None and one["persons"]
    )
    one = person(county, cleared["persons"][0])
    answers = {each.query: each for each in subject.asked_of_all(county.home, county.driver, PACKS, one["id"])}
    assert answers[cleared["query"]].status == "clear"


def test_what_cleared_a_look_alike_is_told_with_the_suspicion(county: County) -> None:
    query = PACKS.query("self_approved")
    assert query is not None
    universal = next(
        one
        for one in county.truth()
        if one["query"] == query.id and one["kind"] == "lookalike" and "普惠" in one["why"]
    )
    one = person(county, universal["persons"][0])
    (cleared,) = subject.cleared(county.home, county.driver, PACKS, query, one["id"])
    assert [clear.says["zh"] for clear in cleared.by] == ["是普惠项目，人人都有，不靠谁审批"]
    assert one["name"] in cleared.finding.title_zh
    wrong = person(county, planted(county, query.id)["persons"][0])
    assert subject.cleared(county.home, county.driver, PACKS, query, wrong["id"]) == [], "a lead is not cleared"


def _leads(county: County, key: str) -> list[dict[str, Any]]:
    ledger = open_ledger(county.home)
    try:
        with ledger.reading() as session:
            return subject.leads_of(session, OWNER, key)
    finally:
        ledger.close()
