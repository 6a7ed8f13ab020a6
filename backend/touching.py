"""From what a load changed to the anchors of each query whose leads it may have changed (`reach` says along which patterns)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import LiteralString, cast

import neo4j

from backend.packs import Query
from backend.reach import Chain, Hop, reach
from graph_loader import ontology
from graph_loader.changes import Changed

MOST = 20_000
"""Relationships of one step beyond which all anchors are looked at: a hub was touched, or so much that nothing is saved."""

Place = tuple[str, str]
"""Label and key of a node."""


class Touching:
    """What changed, and what it touches. Relationships that are gone are walked as if they still stood, so that anchors they led
    to are found; `session` answers for those that are there."""

    def __init__(self, session: neo4j.Session | neo4j.Transaction, changed: Changed) -> None:
        self.session = session
        self.labels = {node.label for node in ontology.load().stored_nodes()}
        self.nodes: dict[str, set[Place]] = defaultdict(set)
        """Label → nodes that changed and those that came or went."""
        self.altered: dict[str, set[Place]] = defaultdict(set)
        """Of these the ones that were there before and after."""
        self.ends: dict[tuple[str, str], set[Place]] = defaultdict(set)
        self.gone: dict[tuple[str, bool, Place], set[Place]] = defaultdict(set)
        self.walked: dict[tuple[object, ...], frozenset[Place] | None] = {}
        for label, key, change in changed.nodes:
            self.nodes[label].add((label, key))
            if change == "changed":
                self.altered[label].add((label, key))
        for type, start_label, start, end_label, end, change in changed.relationships:
            self.ends[type, "start"].add((start_label, start))
            self.ends[type, "end"].add((end_label, end))
            if change == "gone":
                self.gone[type, True, (start_label, start)].add((end_label, end))
                self.gone[type, False, (end_label, end)].add((start_label, start))

    def anchors(self, query: Query) -> frozenset[str] | None:
        """Keys of the anchors to look at anew; None for all."""
        found = reach(query.text, query.anchor)
        changed = {type for type, _ in self.ends} | self.nodes.keys()
        if changed & found.unreached:
            return None
        touched: set[Place] = set()
        starts: list[tuple[object, set[Place], Chain]] = []
        for type, ends in found.relationships.items():
            starts += [((type, end), self.ends[type, end], chain) for end, chain in ends if (type, end) in self.ends]
        for label, chains in found.nodes.items():
            for chain in chains:
                nodes = self.altered if chain else self.nodes
                if label in nodes:
                    starts.append(((label, bool(chain)), nodes[label], chain))
        for name, places, chain in starts:
            reached = self._walk(name, places, chain)
            if reached is None:
                return None
            touched |= reached
        labels = {part.strip() for part in query.columns[query.anchor].split("|")}
        return frozenset(key for label, key in touched if label in labels)

    def _walk(self, name: object, places: Iterable[Place], chain: Chain) -> frozenset[Place] | None:
        reached: frozenset[Place] | None = frozenset(places)
        for at, hop in enumerate(chain, start=1):
            known = (name, *chain[:at])
            if known not in self.walked:
                self.walked[known] = self._hop(reached or frozenset(), hop)
            reached = self.walked[known]
            if reached is None:
                return None
        return reached

    def _hop(self, places: frozenset[Place], hop: Hop) -> frozenset[Place] | None:
        reached, frontier = (set(places) if hop.least == 0 else set()), places
        for step in range(1, hop.most + 1):
            if self._is_crowd(frontier, hop):
                return None
            frontier = self._step(frontier, hop)
            if step >= hop.least:
                if frontier <= reached:
                    break
                reached |= frontier
            if not frontier:
                break
        return frozenset(reached)

    def _is_crowd(self, places: frozenset[Place], hop: Hop) -> bool:
        """Whether a step leads along more relationships than saves anything; the server knows their number without walking them."""
        types = [f":{type}" for type in hop.types] or [""]
        shapes = {None: "(n)-[{0}]-()", True: "(n)-[{0}]->()", False: "(n)<-[{0}]-()"}
        counts = " + ".join(f"COUNT {{ {shapes[hop.outward].format(type)} }}" for type in types)
        most = MOST
        for label, keys in _by_label(places).items():
            text = f"MATCH (n:{label}) WHERE n.key IN $keys RETURN sum({counts}) AS degrees"
            most -= self.session.run(cast(LiteralString, text), keys=keys).single(strict=True)["degrees"]
        return most < 0

    def _step(self, places: frozenset[Place], hop: Hop) -> frozenset[Place]:
        directions = [hop.outward] if hop.outward is not None else [True, False]
        types = hop.types or tuple(ontology.load().relationships)
        reached = {
            place
            for type in types
            for outward in directions
            for start in places
            for place in self.gone.get((type, outward, start), ())
        }
        named = f"[:{'|'.join(hop.types)}]" if hop.types else ""
        arrow = f"-{named}-" if hop.outward is None else f"-{named}->" if hop.outward else f"<-{named}-"
        for label, some in _by_label(places).items():
            text = f"MATCH (n:{label}) WHERE n.key IN $keys MATCH (n){arrow}(m) RETURN DISTINCT labels(m) AS labels, m.key AS key"
            for record in self.session.run(cast(LiteralString, text), keys=some):
                stored = next(label for label in record["labels"] if label in self.labels)
                reached.add((stored, record["key"]))
        return frozenset(reached)


def _by_label(places: Iterable[Place]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = defaultdict(list)
    for label, key in places:
        keys[label].append(key)
    return keys


DAYS = """
MATCH (n:{label}) WHERE n.{property} > $after AND n.{property} <= $until RETURN n.key AS key
"""


def come_of_age(session: neo4j.Session, after: date, until: date) -> Changed:
    """Nodes with a date after one day up to another: a run as of the later day sees what one of the earlier did not."""
    nodes = set()
    for node in ontology.load().stored_nodes():
        for property in node.properties.values():
            if property.type == "date" and property.name != "birth":
                text = DAYS.format(label=node.label, property=property.name)
                for record in session.run(cast(LiteralString, text), after=after, until=until):
                    nodes.add((node.label, record["key"], "changed"))
    return Changed(frozenset(nodes), frozenset())
