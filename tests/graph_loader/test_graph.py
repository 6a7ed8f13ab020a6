"""Each table's sample gives exactly the nodes and relationships its folder says it must, and each is traced to its rows."""

import re
import shutil
import tomllib
from typing import Any

import duckdb
import pytest
from homes import Small

from graph_loader import loading, ontology
from graph_loader.evidence import Evidence
from graph_loader.secret import secret_of
from graph_loader.sources import FOLDER, load_sources

DERIVED = {kind.type for kind in ontology.load().relationships.values() if kind.derived}


def load_sample(small: Small, source: str) -> loading.Receipt:
    drop = small.home / "drop"
    shutil.rmtree(drop, ignore_errors=True)
    drop.mkdir()
    shutil.copy(FOLDER / source / "sample.csv", drop / f"{source}.csv")
    return loading.load(small.home, small.driver, drop)


def in_graph(small: Small) -> tuple[set[str], set[str]]:
    """Element ids of all nodes and of all relationships that rows assert."""
    plain = "[l IN labels({0}) WHERE l <> 'Official'][0] + ':' + {0}.key"
    with small.driver.session() as session:
        nodes = {record[0] for record in session.run(f"MATCH (n) RETURN {plain.format('n')}")}
        relationships = {
            f"{record[0]}|{record[1]}|{record[2]}"
            for record in session.run(f"MATCH (a)-[r]->(b) RETURN type(r), {plain.format('a')}, {plain.format('b')}")
            if record[0] not in DERIVED
        }
    return nodes, relationships


def as_written(small: Small, element: str) -> str:
    """An element of an expected.toml with numbers of people and accounts as the keyed hashes that stand for them."""
    secret = secret_of(small.home)
    element = re.sub(r"Account:(\d+)", lambda found: f"Account:{secret.ref('account', found[1])}", element)
    person = r"(Person|Death|Posting):(\d{17}[\dX])"
    element = re.sub(person, lambda found: f"{found[1]}:{secret.ref('person', found[2])}", element)
    for ref, stands_for in _unidentified(small).items():
        element = element.replace(stands_for, ref)
    return element


@pytest.mark.parametrize("source", sorted(load_sources()))
def test_a_sample_gives_its_expected_graph(small: Small, source: str) -> None:
    expected: dict[str, Any] = tomllib.loads((FOLDER / source / "expected.toml").read_text(encoding="utf-8"))
    receipt = load_sample(small, source)
    (entry,) = receipt.delivery.entries
    assert (entry.table, entry.read) == (source, expected["read"])
    quarantined = {str(row["row"]): row["column"] for row in Evidence(small.home).quarantine()}
    assert quarantined == {str(row): column for row, column in expected["quarantined"].items()}
    assert entry.read == entry.loaded + entry.unchanged + entry.corrected + entry.duplicate + entry.quarantined

    nodes, relationships = in_graph(small)
    assert nodes == {as_written(small, element) for element in expected["nodes"]}
    assert relationships == {as_written(small, element) for element in expected["relationships"]}


def _unidentified(small: Small) -> dict[str, str]:
    """People whose number fails its check are keyed by number and name: ref → the hash of the number alone."""
    evidence, secret = Evidence(small.home), secret_of(small.home)
    rows = evidence.rows_in_force().get("payments")
    if rows is None:
        return {}
    with duckdb.connect() as db:
        found = db.execute(f'SELECT "身份证号", "身份证号@ref" FROM {rows} WHERE NOT "身份证号@identified"').fetchall()
    return {ref: secret.ref("person", number) for number, ref in found}


@pytest.mark.parametrize("source", sorted(load_sources()))
def test_every_element_answers_says_who(small: Small, source: str) -> None:
    load_sample(small, source)
    nodes, relationships = in_graph(small)
    traced = Evidence(small.home).sources_of([*nodes, *relationships])
    for element in [*nodes, *relationships]:
        assert traced[element], element
        assert all(row["file"] == f"{source}.csv" and row["row"] > 1 for row in traced[element]), element
