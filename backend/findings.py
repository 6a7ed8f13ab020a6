"""What a detection run hands to the ledger: one Finding a lead, as the evidence supports it today."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

Network = dict[str, list[dict[str, Any]]]

LEVELS = ("high", "medium", "low", "verify")
"""`high` act, `medium` look, `low` known or declared, `verify` the data itself must be checked first; in the order people list them."""

BY_URGENCY = ("high", "medium", "verify", "low")
"""A lead has the first of these that one of its rows has: what must be checked asks for more than what is known."""


@dataclass(frozen=True)
class Party:
    """A person a lead is about: `role` in the words of the query's identity, `masked` the masked ID, `ref` the keyed hash."""

    role: str
    name: str
    masked: str
    ref: str


@dataclass(frozen=True)
class Thing:
    """A programme, project, account … a lead is about, by ontology label and business key (accounts: key is the masked number)."""

    label: str
    key: str
    name: str
    ref: str = ""


@dataclass(frozen=True)
class Check:
    """One check that was made: it speaks `for` the suspicion, `against` it, or could not be made (`missing`, with the table)."""

    id: str
    result: str
    zh: str
    en: str


@dataclass(frozen=True)
class Finding:
    """One lead as found: identity, level, sentences, the small network and the source rows that carry it."""

    key: str
    query: str
    pack: str
    query_version: str
    identity: dict[str, str]
    level: str
    title_zh: str
    title_en: str
    persons: tuple[Party, ...]
    things: tuple[Thing, ...]
    checks: tuple[Check, ...]
    amount: float | None
    first_day: date | None
    last_day: date | None
    village: str | None
    """12-digit code of the village it is about, where that has a meaning."""
    place: str
    """Town and village by name, for the list."""
    town: str
    network: dict[str, list[dict[str, Any]]]
    """`{"nodes": [{"id","label","labels","name","props", "strong"}], "edges": [{"id","source","target","type","props","strong"}]}`."""
    rows: tuple[dict[str, Any], ...]
    """`{"table","delivery","file","sheet","row"}` each."""
    parameters: dict[str, Any] = field(default_factory=dict)
    basis_hash: str = ""
    """Changes when the facts of the finding change (amount, level, rows, checks); the same for the same facts."""
    leads: tuple[str, ...] = ()
    """Of a lead about leads: the keys of those it rests on."""

    def resting_on(self, leads: Iterable[tuple[Iterable[dict[str, Any]], Network]]) -> "Finding":
        """The same with the source rows of the leads it rests on, and what carries these in its network."""
        rows = {tuple(sorted(row.items())): row for row in self.rows}
        nodes = {node["id"]: node for node in self.network["nodes"]}
        edges = {edge["id"]: edge for edge in self.network["edges"]}
        for more, network in leads:
            rows.update((tuple(sorted(row.items())), row) for row in more)
            edges.update((edge["id"], edge) for edge in network["edges"] if edge["strong"])
            ends = {end for edge in edges.values() for end in (edge["source"], edge["target"])}
            nodes.update((node["id"], node) for node in network["nodes"] if node["strong"] or node["id"] in ends)
        told = {"nodes": [nodes[id] for id in sorted(nodes)], "edges": [edges[id] for id in sorted(edges)]}
        return replace(self, rows=tuple(rows[key] for key in sorted(rows, key=str)), network=told)
