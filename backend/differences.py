"""What became of the facts that a lead rests on: which went, came or changed from one of its networks to another."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backend.exploration import Element, Network

UNSAID = frozenset({"initials", "post", "post_ended"})
"""Properties that say nothing of their own."""


@dataclass(frozen=True)
class Changed:
    """A property of an element that reads otherwise; None where it said nothing."""

    element: Element
    property: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Difference:
    """Elements as `exploration` makes them; folded payments one by one."""

    gone: tuple[Element, ...]
    came: tuple[Element, ...]
    changed: tuple[Changed, ...]
    names: dict[str, Element]
    """The nodes of both networks by their ids, for the ends of relationships."""

    @property
    def is_none(self) -> bool:
        return not (self.gone or self.came or self.changed)


def difference(before: Network, after: Network) -> Difference:
    """From one network to another of the same lead. A relationship of a node that went or came is not named beside it."""
    old, new = unfolded(before), unfolded(after)
    names = {id: element for id, element in {**old, **new}.items() if "source" not in element}
    gone = [element for id, element in old.items() if id not in new]
    came = [element for id, element in new.items() if id not in old]
    changed = [
        Changed(new[id], name, old[id]["props"].get(name), new[id]["props"].get(name))
        for id in old.keys() & new.keys()
        for name in sorted((old[id]["props"].keys() | new[id]["props"].keys()) - UNSAID)
        if old[id]["props"].get(name) != new[id]["props"].get(name)
    ]
    return Difference(
        _by_themselves(gone),
        _by_themselves(came),
        tuple(sorted(changed, key=lambda one: (str(one.element["id"]), one.property))),
        names,
    )


def unfolded(network: Network) -> dict[str, Element]:
    """Every element by its id: the members of a fold instead of it, without the edges that led to the fold."""
    elements: dict[str, Element] = {}
    folds = {node["id"] for node in network["nodes"] if "members" in node}
    for node in network["nodes"]:
        for each in node.get("members", [node]):
            elements[each["id"]] = each
    for edge in network["edges"]:
        if not folds & {edge["source"], edge["target"]}:
            elements[edge["id"]] = edge
    return elements


def _by_themselves(elements: Iterable[Element]) -> tuple[Element, ...]:
    found = sorted(elements, key=lambda element: ("source" in element, str(element["id"])))
    nodes = {element["id"] for element in found if "source" not in element}
    return tuple(one for one in found if "source" not in one or not nodes & {one["source"], one["target"]})
