"""The notebook client: leads as frames, a lead's network as a networkx graph and as one self-contained page drawn by pyvis."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString, cast

import neo4j
import networkx as nx
import pandas as pd
from pyvis.network import Network

from backend import leads
from backend.accounts import OWNER
from backend.ledger import open_ledger
from graph_loader import engine
from graph_loader.errors import GuanxiError

OUTSIDE = re.compile(r"<(?:script|link)\b[^>]*(?:https?:)?//[^>]*>(?:\s*</script>)?")
"""Tags by which pyvis would load from elsewhere, even `in_line`; the page must stand alone."""

COLOURS = {
    "Person": "#0072B2",
    "Company": "#D55E00",
    "Payment": "#009E73",
    "Programme": "#009E73",
    "Application": "#009E73",
    "Project": "#E69F00",
    "Contract": "#E69F00",
    "Award": "#E69F00",
    "ContractChange": "#E69F00",
    "Bid": "#E69F00",
}
"""Okabe–Ito, as in the workbench; grey for all else."""

SECONDS = 60


class Workbench:
    """A home as an analyst sees it from a notebook; reading only."""

    def __init__(self, home: Path | str) -> None:
        self.home = Path(home)
        self.ledger = open_ledger(self.home)

    def leads(self) -> pd.DataFrame:
        """All leads, most urgent first: one row each, indexed by key, with the fields of a lead."""
        with self.ledger.reading() as session:
            found = [leads.as_contract(lead) for lead in leads.in_order(session, OWNER, None)]
        columns = ["key", "query", "level", "title", "amount", "from", "to", "state", "basis"]
        return pd.DataFrame(found, columns=columns).set_index("key")

    def network(self, key: str) -> "nx.MultiDiGraph[str]":
        """The frozen network of a lead: nodes by element id with `label`, `name` and properties, edges with `type`."""
        with self.ledger.writing() as session:
            frozen = leads.get(session, OWNER, key).current.network
        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(key=key)
        for node in frozen["nodes"]:
            graph.add_node(node["id"], **{**node.get("props", {}), "label": node["label"], "name": node["name"]})
        for edge in frozen["edges"]:
            graph.add_edge(edge["source"], edge["target"], type=edge["type"], properties=edge.get("props", {}))
        return graph

    def query(self, text: str, **parameters: Any) -> pd.DataFrame:
        """The rows of a read-only Cypher statement. Raises GuanxiError with the server's words when it is refused."""
        with self._session() as session, session.begin_transaction(timeout=SECONDS) as transaction:
            try:
                result = transaction.run(cast(LiteralString, text), parameters)
                return pd.DataFrame([record.data() for record in result], columns=result.keys())
            except neo4j.exceptions.Neo4jError as error:
                raise GuanxiError(f"The server refused the statement: {error.message}") from error
            finally:
                transaction.rollback()

    @contextmanager
    def _session(self) -> Iterator[neo4j.Session]:
        with engine.running(self.home) as driver, driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            yield session


def draw(graph: "nx.MultiDiGraph[str]", path: Path | str, height: str = "560px") -> Path:
    """Draws a network into one HTML file that loads nothing from elsewhere; gives its path."""
    picture = Network(height=height, width="100%", directed=True, notebook=False, cdn_resources="in_line")
    for id, node in graph.nodes(data=True):
        label, name = node.get("label", ""), node.get("name") or ""
        picture.add_node(id, label=name or label, title=f"{label} {name}", color=COLOURS.get(label, "#999999"))
    for start, end, edge in graph.edges(data=True):
        picture.add_edge(start, end, label=str(edge.get("properties", {}).get("term") or edge["type"]))
    target = Path(path)
    target.write_text(OUTSIDE.sub("", picture.generate_html(notebook=False)), encoding="utf-8")
    return target
