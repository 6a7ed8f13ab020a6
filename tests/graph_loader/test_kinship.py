"""Who is whose kin: against a table of relations worked out by hand, and by properties that hold for any family."""

import csv
import random
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_loader.kinship import FOREVER_FROM, FOREVER_TO, Kinship, derive
from graph_loader.kinship_terms import PATTERNS, read, term_of

COLUMNS = {
    "people": ("ref", "sex", "birth"),
    "residents": ("person", "household", "role"),
    "marriages": ("husband", "wife", "kind", "date"),
    "parentage": ("child", "father", "mother"),
    "declared": ("official", "relative", "term", "date"),
}
Rows = dict[str, list[tuple[Any, ...]]]


def kinship(rows: Rows, focus: set[str] | None = None) -> Kinship:
    frames = {
        name: pd.DataFrame(rows.get(name, []), columns=list(columns), dtype=object) for name, columns in COLUMNS.items()
    }
    return derive(**frames, focus=everybody(rows) if focus is None else focus)


def everybody(rows: Rows) -> set[str]:
    people = {row[0] for row in rows.get("people", [])} | {row[0] for row in rows.get("residents", [])}
    people |= {ref for row in rows.get("marriages", []) + rows.get("declared", []) for ref in row[:2]}
    return {ref for ref in people | {ref for row in rows.get("parentage", []) for ref in row} if ref}


def family(facts: str) -> Rows:
    """Rows of the tables from one line of the relations: 户1: 甲=户主 男 1960, … ; 婚: 甲+乙 2000-01-01; 亲: 丙<甲,乙; 报: …"""
    rows: Rows = defaultdict(list)
    people: dict[str, list[Any]] = {}

    def person(words: list[str]) -> str:
        known = people.setdefault(words[0], [None, None])
        for word in words[1:]:
            known[word.isdigit()] = date(int(word), 1, 1) if word.isdigit() else word
        return words[0]

    for fact in facts.split(";"):
        kind, _, text = fact.strip().partition(": ")
        words = text.split()
        if kind.startswith("户"):
            for member in text.split(", "):
                name, _, description = member.partition("=")
                role, *rest = description.split()
                rows["residents"].append((person([name, *rest]), kind, role))
        elif kind in ("婚", "离"):
            husband, wife = words[0].split("+")
            rows["marriages"].append((husband, wife, {"婚": "结婚", "离": "离婚"}[kind], date.fromisoformat(words[1])))
        elif kind == "亲":
            child, _, parents = text.partition("<")
            father, mother = (None if name == "-" else name for name in parents.split(","))
            rows["parentage"].append((child, father, mother))
        elif kind == "报":
            day = date.fromisoformat(words[3]) if len(words) > 3 else None
            rows["declared"].append((words[0], words[2], words[1], day))
        else:
            assert kind == "人", fact
            for described in text.split(", "):
                person(described.split())
    rows["people"] = [(name, *known) for name, known in people.items()]
    return rows


def relations() -> list[Any]:
    with (Path(__file__).parent / "kinship_relations.csv").open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines))
    facts = {line["family"]: line["facts"] for line in reversed(table) if line["facts"]}
    return [
        pytest.param(
            {**line, "facts": facts[line["family"]]},
            id="-".join([line["family"], line["focus"], line["relative"], line["term"] or "无", line["from"]]),
        )
        for line in table
    ]


def test_the_table_of_relations_is_large_enough() -> None:
    assert len(relations()) >= 150


@pytest.mark.parametrize("line", relations())
def test_relation(line: dict[str, str]) -> None:
    kin = kinship(family(line["facts"]), {line["focus"]}).kin
    found = [
        (edge["term"], edge["closeness"], edge["from"], edge["to"])
        for edge in kin.to_dict("records")
        if edge["end"] == line["relative"]
    ]
    start = date.fromisoformat(line["from"]) if line["from"] else FOREVER_FROM
    end = date.fromisoformat(line["to"]) if line["to"] else FOREVER_TO
    if line["term"]:
        assert (line["term"], line["closeness"], start, end) in found
    else:
        assert found == []
