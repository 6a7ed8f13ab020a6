"""The red flags of open contracting find in the fixtures of Cardinal, the reference implementation, just what is expected there."""

import json
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from homes import Small

from backend.cases import RELEASES
from backend.detection import detect
from backend.findings import Finding
from backend.packs import load_packs

FIXTURES = Path(__file__).parents[2].parent / "shared" / "data" / "cardinal" / "tests" / "fixtures" / "indicators"
PACKS = load_packs()

NOT_COMPARED = {"no_price_comparison": "NPC|EXC"}
SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "R003": ("r003_short_submission_period", {"days_by_details": ""}),
    "R003-threshold-10": ("r003_short_submission_period", {"min_days": 10}),
    "R003-procurement_methods-open+selective": ("r003_short_submission_period", {"methods": "open|selective"}),
    "R003-procurement_method_details-x-5-y-10": ("r003_short_submission_period", {"days_by_details": "x=5|y=10"}),
    "R018": ("r018_single_bid", {}),
    "R024": ("r024_price_close_to_winner", NOT_COMPARED),
    "R025": ("r025_excessive_unsuccessful_bids", {}),
    "R028": ("r028_identical_bid_prices", NOT_COMPARED),
    "R030": ("r030_late_bid_won", {}),
    "R035": ("r035_all_other_bids_disqualified", {}),
    "R036": ("r036_lowest_bid_disqualified", NOT_COMPARED),
    "R038": ("r038_excessive_disqualified_bids", {"min_processes": 1}),
    "R038-tenderer": ("r038_excessive_disqualified_bids", {}),
    "R048-minimum_contracting_processes-1": ("r048_heterogeneous_supplier", {"min_processes": 1}),
    "R058": ("r058_heavily_discounted_bid", NOT_COMPARED),
}
"""Fixture → the query that looks at it and the parameters that the fixture was made with."""

SAYS = {
    "R024": r"([\d.]+)%",
    "R025": r"([\d.]+)%",
    "R035": r"bids .* disqualified, (\d+) tenderers",
    "R038": r"([\d.]+)%",
    "R048": r"awarded (\d+) kinds",
    "R058": r"([\d.]+)%",
}
"""Where the sentence of a flag says its value; the others have none but the flag."""
WITHOUT_VALUE = {"R024": 0.0, "R035": 0.0, "R058": 0.0}
"""The value of the tenderers of a flag whose value is one of the process."""
GROUPS = {"buyer": "Buyer", "procuring_entity": "ProcuringEntity", "tenderer": "Tenderer"}


def told(flag: str, leads: tuple[Finding, ...]) -> dict[str, Any]:
    """What leads say, in the shape of the expected results: kind of subject → its id → flag → value."""
    results: dict[str, dict[str, Any]] = defaultdict(dict)
    for lead in leads:
        found = re.search(SAYS[flag], lead.title_en) if flag in SAYS else None
        value = 1.0 if flag not in SAYS else float(found[1]) / (100 if "%" in SAYS[flag] else 1) if found else None
        if project := lead.identity.get("project"):
            results["OCID"][project] = {flag: value}
            for thing in lead.things:
                if thing.label == "Company":
                    results["Tenderer"][thing.key.removeprefix("ocds:")] = {flag: WITHOUT_VALUE.get(flag, value)}
        else:
            group = GROUPS[lead.identity.get("role", "tenderer")]
            subject = lead.identity.get("organisation") or lead.identity["company"]
            results[group][subject.removeprefix("ocds:")] = {flag: value}
    return dict(results)


def test_every_fixture_has_its_query() -> None:
    assert sorted(path.stem for path in FIXTURES.glob("*.jsonl")) == sorted(SETTINGS)
    assert {id for id, _ in SETTINGS.values()} == {query.id for query in PACKS.queries if query.pack.id == "red_flags"}


@pytest.mark.parametrize("fixture", SETTINGS)
def test_a_fixture_gives_what_is_expected(small: Small, fixture: str) -> None:
    id, values = SETTINGS[fixture]
    query = PACKS.query(id)
    assert query is not None
    path = FIXTURES / f"{fixture}.jsonl"
    releases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    small.load_tables({RELEASES: releases})
    tuned = query.tuned(values)
    assert {name: tuned.defaults[name] for name in values} == values
    alone = replace(PACKS, queries=(tuned,), broken=())
    (run,) = detect(small.home, small.driver, alone, query=id).queries
    assert run.status == "ran", (run.reason, run.missing)
    assert told(fixture[:4], run.findings) == json.loads((FIXTURES / f"{fixture}.expected").read_text(encoding="utf-8"))
