"""Drops every condition of a query, one at a time: each such mutant must make one of the query's cases fail.

A condition is an operand of AND or OR, the whole of a WHERE, or a WHEN with what it gives. A line of comment that begins with
`// Nothing but a short cut` says of the WHERE below that it changes how fast an answer comes, and not the answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from homes import Small

from backend.cases import Case
from backend.detection import detect, reading, told
from backend.findings import Finding
from backend.packs import Packs, Query, check_on_server
from backend.trial import by_case, groups_of, packs_for, tables_for
from graph_loader.evidence import Evidence
from graph_loader.secret import secret_of

TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*)|(?P<text>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`)|(?P<word>(?:STARTS|ENDS)\s+WITH\b|\$?\w+)|(?P<mark>.)"
)
CLAUSES = frozenset(
    [
        "MATCH",
        "OPTIONAL",
        "WITH",
        "RETURN",
        "UNWIND",
        "CALL",
        "ORDER",
        "LIMIT",
        "SKIP",
        "UNION",
        "WHERE",
        "WHEN",
        "THEN",
        "ELSE",
        "AS",
        "DISTINCT",
        "BY",
    ]
)
"""Words that end what stands before them."""
WITHIN = re.compile(
    r"([\w.$]+|coalesce\([^()]*\)) (<=?) ([\w.$]+|coalesce\([^()]*\)) (<=?) ([\w.$]+|coalesce\([^()]*\))"
)
"""Two conditions in one: a value between two others."""
SHORT_CUT = "// Nothing but a short cut"


@dataclass(frozen=True)
class Mutant:
    """A query's text without one of its conditions; `line` is that of the condition, from 1."""

    line: int
    dropped: str
    text: str


@dataclass
class _Part:
    """An expression being read: after which word it stands, where it begins, and the ANDs and ORs on its own level."""

    after: str
    start: int
    ors: list[tuple[int, int]] = field(default_factory=list)
    ands: list[tuple[int, int]] = field(default_factory=list)


def mutants_of(text: str) -> list[Mutant]:
    """Every mutant of a query's text, in the order of the conditions."""
    found = {}
    for start, end, instead in _conditions(text):
        stripped = text[start:end].strip()
        if stripped.upper() not in ("", "TRUE", "FALSE"):
            at = start + text[start:end].index(stripped)
            mutant = f"{text[:start]} {instead} {text[end:]}"
            found[mutant] = Mutant(text.count("\n", 0, at) + 1, " ".join(stripped.split()), mutant)
        for half, other in _halves(stripped):
            mutant = f"{text[:start]} {other} {text[end:]}"
            found[mutant] = Mutant(text.count("\n", 0, start) + 1, f"{half}, of {stripped}", mutant)
    return sorted(found.values(), key=lambda mutant: mutant.line)


def _conditions(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each condition begins and ends, and what stands there once it is dropped."""
    for part, end in _parts(text):
        if part.after == "WHERE" and text[: part.start].rsplit("\n", 2)[-2:][0].strip().startswith(SHORT_CUT):
            continue
        if part.after == "WHERE" and not part.ors and not part.ands:
            yield part.start, end, "true"
        if part.after == "WHEN":
            yield part.start, end, "false"
        for start, stop in _between(part.start, part.ors, end):
            if part.ors:
                yield start, stop, "false"
            ands = [cut for cut in part.ands if start <= cut[0] < stop]
            if ands:
                yield from ((one, other, "true") for one, other in _between(start, ands, stop))


def _halves(condition: str) -> Iterator[tuple[str, str]]:
    """Of a value between two others each half and what is left without it."""
    if match := WITHIN.fullmatch(condition):
        low, least, value, most, high = match.groups()
        yield f"{low} {least}", f"{value} {most} {high}"
        yield f"{most} {high}", f"{low} {least} {value}"


def _between(start: int, cuts: list[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    for cut, after in cuts:
        yield start, cut
        start = after
    yield start, end


def _parts(text: str) -> Iterator[tuple[_Part, int]]:
    """Every expression on every level of brackets and CASEs, and where it ends."""
    stack = [_Part("", 0)]
    before = ""
    for match in TOKEN.finditer(text):
        if match["skip"]:
            continue
        word = match[0].upper() if match["word"] else match[0]
        if word == "END" or word in ")]}":
            yield stack.pop(), match.start()
        elif word in CLAUSES or word in ",|" or (word == ":" and stack[-1].after == "{" and before.isidentifier()):
            yield stack[-1], match.start()
            after = "{" if word in (",", ":") and stack[-1].after in ("{", "value") else word
            stack[-1] = _Part("value" if word == ":" else after, match.end())
        elif word == "AND":
            stack[-1].ands.append(match.span())
        elif word in ("OR", "XOR"):
            stack[-1].ors.append(match.span())
        if word == "CASE" or word in "([{":
            stack.append(_Part(word, match.end()))
        before = match[0]
    yield stack[0], len(text)


@dataclass(frozen=True)
class Survivors:
    """What of a query's mutants no case notices; `stillborn` are texts that the server refuses, which show nothing."""

    mutants: int
    alive: tuple[Mutant, ...]
    stillborn: tuple[Mutant, ...]


def survivors(small: Small, packs: Packs, query: Query) -> Survivors:
    """Runs a query's mutants on its cases; fails where the query itself does not give what they say."""
    every = mutants_of(query.text)
    alive: dict[Mutant, Packs] = {}
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


def _faults(small: Small, packs: Packs, query: Query, group: list[Case], about: Any) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Evidence, "sources_of", lambda *_: {})  # which rows carry a lead is not what a case says
        given = packs_for(packs, query, group) if not query.is_about_leads else packs
        run = detect(small.home, small.driver, given, as_of=group[0].as_of, query=query.id, leads=about).queries[0]
    secret = secret_of(small.home)
    return [fault for case, found in by_case(run, group) for fault in case.faults(found, secret)]


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
