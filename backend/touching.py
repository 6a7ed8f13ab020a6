"""From what a load changed to the anchors of each query whose leads it may have changed (`reach` says along which patterns)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import LiteralString, cast

import neo4j

from backend.packs import Query
from backend.reach import Chain, Hop, reach
from graph_loader import ontology
from graph_loader.changes import Changed

MOST = 20_000
"""Relationships of one step beyond which all anchors are looked at: a hub was touched, or so much that nothing is saved."""

LONGEST_MONTH = 31

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
        self.gone: dict[Place, set[tuple[str, bool, Place]]] = defaultdict(set)
        """Place → the relationships it no longer has: type, whether outward, other end."""
        self.walked: dict[tuple[frozenset[Place], Hop], frozenset[Place] | None] = {}
        for label, key, change in changed.nodes:
            self.nodes[label].add((label, key))
            if change == "changed":
                self.altered[label].add((label, key))
        for type, start_label, start, end_label, end, change in changed.relationships:
            self.ends[type, "start"].add((start_label, start))
            self.ends[type, "end"].add((end_label, end))
            if change == "gone":
                self.gone[start_label, start].add((type, True, (end_label, end)))
                self.gone[end_label, end].add((type, False, (start_label, start)))

    def anchors(self, query: Query) -> frozenset[str] | None:
        """Keys of the anchors to look at anew; None for all."""
        found = reach(query.text, query.anchor)
        changed = {type for type, _ in self.ends} | self.nodes.keys()
        if changed & found.unreached:
            return None
        touched: set[Place] = set()
        starts: list[tuple[set[Place], Chain]] = []
        for type, ends in found.relationships.items():
            starts += [(self.ends[type, end], chain) for end, chain in ends if (type, end) in self.ends]
        for label, chains in found.nodes.items():
            for chain in chains:
                nodes = self.altered if chain else self.nodes
                if label in nodes:
                    starts.append((nodes[label], chain))
        for places, chain in starts:
            reached = self._walk(places, chain)
            if reached is None:
                return None
            touched |= reached
        labels = {part.strip() for part in query.columns[query.anchor].split("|")}
        return frozenset(key for label, key in touched if label in labels)

    def _walk(self, places: Iterable[Place], chain: Chain) -> frozenset[Place] | None:
        reached = frozenset(places)
        for hop in chain:
            if (reached, hop) not in self.walked:
                self.walked[reached, hop] = self._hop(reached, hop)
            further = self.walked[reached, hop]
            if further is None:
                return None
            reached = further
        return reached

    def _hop(self, places: frozenset[Place], hop: Hop) -> frozenset[Place] | None:
        reached, frontier = (set(places) if hop.least == 0 else set()), places
        for step in range(1, hop.most + 1):
            further = self._step(frontier, hop)
            if further is None:
                return None
            frontier = further
            if step >= hop.least:
                if frontier <= reached:
                    break
                reached |= frontier
            if not frontier:
                break
        return frozenset(reached)

    def _step(self, places: frozenset[Place], hop: Hop) -> frozenset[Place] | None:
        """One step from places; None for along more relationships than saves anything."""
        reached = {
            other
            for start in places & self.gone.keys()
            for type, outward, other in self.gone[start]
            if (not hop.types or type in hop.types) and hop.outward in (None, outward)
        }
        named = f"[:{'|'.join(hop.types)}]" if hop.types else ""
        arrow = f"-{named}-" if hop.outward is None else f"-{named}->" if hop.outward else f"<-{named}-"
        left = MOST
        for label, keys in _by_label(places).items():
            text = f"MATCH (n:{label}) WHERE n.key IN $keys MATCH (n){arrow}(m) WITH m LIMIT $most"
            text += " RETURN labels(m) AS labels, collect(DISTINCT m.key) AS keys, count(*) AS times"
            for record in self.session.run(cast(LiteralString, text), keys=keys, most=left + 1):
                stored = next(label for label in record["labels"] if label in self.labels)
                reached.update((stored, key) for key in record["keys"])
                left -= record["times"]
            if left < 0:
                return None
        return frozenset(reached)


def _by_label(places: Iterable[Place]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = defaultdict(list)
    for label, key in places:
        keys[label].append(key)
    return keys


def windows(after: date, until: date, waits: Iterable[tuple[str, int]]) -> Iterator[tuple[date, date]]:
    """The days (after the first, up to the second) on which lies what a run as of `until` sees and one as of `after` did not, or did
    otherwise: the dates in between, and those from which a wait ends in between. Months are counted from any day of one."""
    yield after, until
    for unit, length in waits:
        if unit == "days":
            yield after - timedelta(length + 1), until - timedelta(length)
        else:
            yield after - timedelta(LONGEST_MONTH * length + 1), until
