"""Runs a query without each of its conditions in turn: each such mutant must make one of the query's cases fail.

And without each of the conditions that it says clear a suspicion: a case must then give a lead that it does not expect."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from homes import Small

from backend import detection
from backend.cases import Case
from backend.conditions import Dropped, each_dropped
from backend.detection import QueryRun, detect, reading, told
from backend.findings import Finding
from backend.packs import Packs, Query, check_on_server
from backend.trial import by_case, groups_of, owners_of, packs_for, tables_for
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.secret import secret_of

LONGEST = 30
"""Seconds that a mutant may run: one that walks everywhere gives no answer, which its cases notice."""


@dataclass(frozen=True)
class Survivors:
    """What of a query's mutants no case notices; `stillborn` are texts that the server refuses, which show nothing."""

    mutants: int
    alive: tuple[Dropped, ...]
    stillborn: tuple[Dropped, ...]


def survivors(small: Small, packs: Packs, query: Query) -> Survivors:
    """Runs a query's mutants on its cases; fails where the query itself does not give what they say."""
    every = each_dropped(query.text)
    alive: dict[Dropped, Packs] = {}
    stillborn = []
    with reading(small.driver) as session:
        for mutant in every:
            changed = replace(query, text=mutant.text)
            if check_on_server(session, changed) is None:
                alive[mutant] = Packs(packs.packs, (changed,), ())
            else:
                stillborn.append(mutant)
    for group in groups_of(query):
        small.load_tables(tables_for(group, query))
        about = _leads(small, packs_for(packs, query, group), group) if query.is_about_leads else ()
        itself = Packs(packs.packs, (query,), ())
        assert _faults(small, itself, query, group, about) == [], query.id
        alive = {mutant: one for mutant, one in alive.items() if not _faults(small, one, query, group, about)}
    return Survivors(len(every), tuple(alive), tuple(stillborn))


def idle_clears(small: Small, packs: Packs, query: Query) -> dict[str, str]:
    """The reasons that clear nothing in a query's cases: their sentence, and what came of the run without their conditions."""
    idle = {clear.says["zh"]: "no new lead" for clear in query.clears}
    for group in groups_of(query):
        small.load_tables(tables_for(group, query))
        known = {lead.key for lead in _run(small, Packs(packs.packs, (query,), ()), query, group, ()).findings}
        for clear in query.clears:
            if clear.says["zh"] not in idle:
                continue
            run = _run(small, Packs(packs.packs, (replace(query, text=clear.text),), ()), query, group, ())
            if run.status == "broken":
                idle[clear.says["zh"]] = run.reason
            elif any(lead.key not in known and _of_one_case(lead, group) for lead in run.findings):
                del idle[clear.says["zh"]]
    return idle


def _of_one_case(lead: Finding, group: list[Case]) -> bool:
    try:
        return bool(owners_of([lead], group))
    except GuanxiError:
        return False


def _run(small: Small, packs: Packs, query: Query, group: list[Case], about: Any) -> QueryRun:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Evidence, "sources_of", lambda *_: {})  # which rows carry a lead is not what a case says
        patch.setattr(detection, "SECONDS", LONGEST)
        given = packs_for(packs, query, group) if not query.is_about_leads else packs
        return detect(small.home, small.driver, given, as_of=group[0].as_of, query=query.id, leads=about).queries[0]


def _faults(small: Small, packs: Packs, query: Query, group: list[Case], about: Any) -> list[str]:
    run = _run(small, packs, query, group, about)
    secret = secret_of(small.home)
    try:
        return [fault for case, found in by_case(run, group) for fault in case.faults(found, secret)]
    except GuanxiError as mixed:  # a lead that joins the rows of several cases is none that a case expects
        return [str(mixed)]


def _leads(small: Small, packs: Packs, group: list[Case]) -> list[dict[str, Any]]:
    """What the other queries find on the cases, as a query about leads is given it."""
    runs = detect(small.home, small.driver, packs.about_leads(False), as_of=group[0].as_of, leads=()).queries
    return [_told(packs, lead) for run in runs for lead in run.findings]


def _told(packs: Packs, lead: Finding) -> dict[str, Any]:
    query = packs.query(lead.query)
    assert query is not None
    persons = [(person.role, person.ref, person.name) for person in lead.persons]
    things = [(thing.label, thing.key, thing.name) for thing in lead.things]
    return told(query, lead.key, lead.level, persons, things, lead.identity, lead.village)
