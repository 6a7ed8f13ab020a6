"""The small network that a lead freezes: what its rows drew, merged, with long runs of payments folded into one node."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from neo4j.graph import Path

from backend.exploration import edge_of, element_of, id_of

Element = dict[str, Any]

FOLDED_ABOVE = 6
"""More payments of one programme to one person than this (or vouchers of one contract to one payee) become one node."""

FOLDS = {"Payment": ("programme", "TO"), "Voucher": ("contract", "PAYS")}
"""Labels that are folded: the property that must be the same, and the relationship whose end must be the same."""

PLACES = frozenset({"Village", "Town", "County", "Unit", "Register"})
"""Nodes that thousands of rows name: a lead's source rows are those of what leads to them."""


@dataclass
class Network:
    """Nodes and edges by their element ids, as `exploration` makes them, each with `strong`: the suspicion rests on it."""

    nodes: dict[str, Element] = field(default_factory=dict)
    edges: dict[str, Element] = field(default_factory=dict)

    def draw(self, paths: Iterable[Path | None], strong: bool) -> None:
        """Adds the nodes and relationships of paths; what is strong once stays so."""
        for path in paths:
            if path is None:
                continue
            for node in path.nodes:
                known = self.nodes.get(id_of(node)) or self._put(self.nodes, element_of(node))
                known["strong"] = known["strong"] or strong
            for relationship in path.relationships:
                known = self._put(self.edges, edge_of(relationship))
                known["strong"] = known["strong"] or strong

    @staticmethod
    def _put(drawn: dict[str, Element], element: Element) -> Element:
        return drawn.setdefault(element["id"], {**element, "strong": False})

    def traced(self) -> set[str]:
        """Ids of the elements whose source rows are those of the lead: of people beside the path only what ties them to it."""
        beside = {id for id, node in self.nodes.items() if node["label"] == "Person" and not node["strong"]}
        return {id for id, node in self.nodes.items() if node["label"] not in PLACES} - beside | self.edges.keys()

    def folded(self) -> dict[str, list[Element]]:
        """`{"nodes", "edges"}` in a fixed order. A fold is a node with `count`, `sum` (元), `from`, `to` and its `members`."""
        into: dict[str, str] = {}
        nodes = dict(self.nodes)
        for id, members in self._folds().items():
            into.update(dict.fromkeys(members, id))
            nodes[id] = _fold(id, [nodes.pop(member) for member in members])
        edges: dict[str, Element] = {}
        for edge in self.edges.values():
            if edge["source"] not in into and edge["target"] not in into:
                edges[edge["id"]] = edge
                continue
            source, target = into.get(edge["source"], edge["source"]), into.get(edge["target"], edge["target"])
            id = f"{edge['type']}|{source}|{target}"
            merged = edges.setdefault(
                id, {**edge, "id": id, "source": source, "target": target, "count": 0, "strong": False}
            )
            merged["count"] += 1
            merged["strong"] = merged["strong"] or edge["strong"]
        return {
            "nodes": sorted(nodes.values(), key=lambda node: str(node["id"])),
            "edges": sorted(edges.values(), key=lambda edge: str(edge["id"])),
        }

    def _folds(self) -> dict[str, list[str]]:
        together: dict[str, list[str]] = defaultdict(list)
        for edge in self.edges.values():
            node = self.nodes[edge["source"]]
            same, to = FOLDS.get(node["label"], ("", ""))
            if edge["type"] == to:
                together[f"group:{node['props'].get(same, '')}:{edge['target']}"].append(node["id"])
        return {id: sorted(members) for id, members in together.items() if len(members) > FOLDED_ABOVE}


def _fold(id: str, members: list[Element]) -> Element:
    days = sorted(str(member["props"]["date"]) for member in members if member["props"].get("date"))
    total = round(sum(member["props"].get("amount", 0.0) for member in members), 2)
    members = sorted(members, key=lambda member: (str(member["props"].get("date", "")), str(member["id"])))
    return {
        "id": id,
        "label": members[0]["label"],
        "labels": members[0]["labels"],
        "name": f"{len(members)} 笔",
        "props": {},
        "strong": any(member["strong"] for member in members),
        "count": len(members),
        "sum": total,
        "from": days[0] if days else None,
        "to": days[-1] if days else None,
        "members": members,
    }
