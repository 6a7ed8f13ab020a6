"""The canonical hash of the graph: independent of internal ids and of the order in which things were written."""

import json
from hashlib import sha256
from typing import Any

import neo4j

from graph_loader.ontology import Ontology, Property
from graph_loader.state import kinds

CHUNK = 50_000
"""Elements the server collects into one answer."""


def graph_hash(driver: neo4j.Driver, ontology: Ontology) -> str:
    """64 hex digits over all nodes, marks and relationships with all their properties; empty kinds are no part of it."""
    lines: list[str] = []
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for node in ontology.stored_nodes():
            values = ["n.key", *(_plain("n", p) for p in node.properties.values())]
            values.append("[l IN labels(n) WHERE l <> $label]")
            lines += _collected(session, f"MATCH (n:{node.label})", values, node.label)
        for kind in kinds(ontology):
            properties = ontology.relationships[kind.type].properties.values()
            values = ["a.key", "b.key", *(_plain("r", p) for p in properties)]
            match = f"MATCH (a:{kind.start})-[r:{kind.type}]->(b:{kind.end})"
            lines += _collected(session, match, values, f"{kind.type} {kind.start} {kind.end}")
    digest = sha256()
    for line in sorted(lines):
        digest.update(line.encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _plain(variable: str, prop: Property) -> str:
    value = f"{variable}.`{prop.name}`"
    return f"toString({value})" if prop.type == "date" else value


def _collected(session: neo4j.Session, match: str, values: list[str], label: str) -> list[str]:
    query = (
        f"{match} WITH [{', '.join(values)}] AS element "
        "WITH collect(element) AS elements UNWIND range(0, size(elements) - 1, $chunk) AS i "
        "RETURN elements[i..i + $chunk] AS part"
    )
    lines: list[str] = []
    for record in session.run(query, label=label, chunk=CHUNK):
        part: list[Any] = record["part"]
        lines += [label + json.dumps(element, ensure_ascii=False) for element in part]
    return lines
