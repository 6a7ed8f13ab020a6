"""The console only reads: hostile texts are refused and change nothing, what analysts write runs, and what runs on is stopped."""

import threading
import time
from typing import Any

import pytest
from console_samples import HOSTILE, LEGITIMATE
from homes import County, Small

from backend import console
from backend.console import Refused, ask
from backend.packs import load_packs
from graph_loader import ontology
from graph_loader.graph_hash import graph_hash

GIVEN = {"key": "nobody", "name": "nobody", "names": ["nobody"], "p": "file:///etc/passwd"}


def test_hostile_texts_are_refused_and_nothing_changes(small: Small) -> None:
    assert len(HOSTILE) >= 200
    before = graph_hash(small.driver, ontology.load())
    schema = [record.data() for record in small.driver.execute_query("SHOW INDEXES YIELD name, state").records]
    for text in HOSTILE:
        given = {} if "$nothing" in text else GIVEN
        with pytest.raises(Refused) as refused:
            ask(small.driver, text, given)
        assert str(refused.value).strip(), text
    assert graph_hash(small.driver, ontology.load()) == before
    assert [record.data() for record in small.driver.execute_query("SHOW INDEXES YIELD name, state").records] == schema


def test_what_analysts_write_runs(county: County) -> None:
    assert len(LEGITIMATE) >= 60
    for text in LEGITIMATE:
        answer = ask(county.driver, text, GIVEN)
        assert answer.columns, text


def test_every_pack_query_runs(county: County) -> None:
    for query in load_packs().queries:
        ask(county.driver, query.text, {**query.defaults, "as_of": None, "leads": []}, seconds=120)


def test_rows_are_limited_and_elements_are_drawn(county: County) -> None:
    answer = ask(county.driver, "MATCH path = (o:Official)-[:KIN]->(p:Person) RETURN path, o, p.birth AS born", rows=3)
    assert (len(answer.rows), answer.more, answer.columns) == (3, True, ("path", "o", "born"))
    assert answer.nodes and answer.edges and all(isinstance(row[2], str) for row in answer.rows)
    assert {edge["type"] for edge in answer.edges} == {"KIN"}
    assert not ask(county.driver, "RETURN 1 AS x", rows=1).more


ENDLESS = (
    "MATCH (a:Person), (b:Person), (c:Person), (d:Person) WHERE a.name + b.name + c.name = d.name + '?' RETURN count(*)"
)


def test_a_runaway_is_stopped_at_its_limit(county: County) -> None:
    with pytest.raises(Refused, match="ran longer than 1 seconds"):
        ask(county.driver, ENDLESS, seconds=1)


def test_a_runaway_is_stopped_by_its_ticket_while_others_read(county: County) -> None:
    told: list[Any] = []

    def run() -> None:
        try:
            told.append(ask(county.driver, ENDLESS, seconds=60, ticket="mine"))
        except Refused as refused:
            told.append(refused)

    thread = threading.Thread(target=run)
    thread.start()
    until = time.monotonic() + 50
    while not console.stop(county.driver, "mine") and time.monotonic() < until:
        assert ask(county.driver, "MATCH (v:Village) RETURN v LIMIT 1").rows
    thread.join(50)
    assert isinstance(told[0], Refused) and "somebody ended it" in str(told[0])
    assert not console.stop(county.driver, "mine")
