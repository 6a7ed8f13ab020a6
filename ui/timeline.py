"""The dates of a lead in order: what happened, and since when whoever is in it was what they were."""

from collections import defaultdict
from dataclasses import dataclass

from backend.exploration import Element, Network, vocabulary
from ui.display import FOREVER, money
from ui.drawing import title, verb
from ui.words import LANGUAGES, say

EVENTS = {
    "Application": ("accepted", "approved_on"),
    "Award": ("date",),
    "Bid": ("announced", "opened"),
    "Company": ("founded", "cancelled"),
    "Contract": ("signed", "due"),
    "ContractChange": ("date",),
    "Person": ("died",),
    "Project": ("approved_on", "started", "finished"),
    "Transfer": ("date",),
    "Voucher": ("date",),
    "Allocation": ("issued", "arrived"),
    "Tip": ("date",),
    "Posting": ("date",),
    "Vehicle": ("registered", "cancelled"),
    "Property": ("registered", "cancelled"),
}
"""The dates of nodes that are events. Payments are told in spans."""

SINCE = ("KIN", "SPOUSE_OF", "HOLDS_POST", "CONTACT_FOR", "HAS_ROLE", "ON_REGISTER", "OWNS")
"""Relationships whose beginning and end are events."""


@dataclass(frozen=True)
class Moment:
    """A day (ISO text), what happened on it, and whether the suspicion rests on it."""

    day: str
    words: str
    strong: bool


def timeline(network: Network, language: str, unit: str) -> list[Moment]:
    """Every date of the network, earliest first."""
    nodes = {node["id"]: node for node in network["nodes"]}
    moments = [
        *_events(nodes, language, unit),
        *_payments(network, nodes, language, unit),
        *_intervals(network, nodes, language),
    ]
    return sorted(dict.fromkeys(moments), key=lambda moment: (moment.day, moment.words))


def _events(nodes: dict[str, Element], language: str, unit: str) -> list[Moment]:
    moments = []
    for node in nodes.values():
        label, props = node["label"], node.get("props", {})
        for name in EVENTS.get(label, ()):
            if props.get(name) in (None, *FOREVER):
                continue
            what = vocabulary()["properties"][label][name][LANGUAGES.index(language)]
            whose = node["name"] if label in ("Person", "Company", "Project") else title(label, language)
            amount = money(props["amount"], unit, language) if props.get("amount") and label != "Project" else ""
            moments.append(Moment(props[name], " ".join(filter(None, (whose, what, amount))), bool(node.get("strong"))))
    return moments


def _payments(network: Network, nodes: dict[str, Element], language: str, unit: str) -> list[Moment]:
    """Payments of one programme to one person: the first and the last, with number and sum."""
    groups: dict[tuple[str, str], list[Element]] = defaultdict(list)
    for edge in network["edges"]:
        source = nodes.get(edge["source"])
        if edge["type"] != "TO" or source is None:
            continue
        for payment in source.get("members") or [source]:
            if payment["props"].get("date"):
                groups[payment["props"].get("programme", ""), edge["target"]].append(payment)
    moments = []
    for (programme, person), payments in groups.items():
        payments.sort(key=lambda payment: payment["props"]["date"])
        first, last = payments[0]["props"]["date"], payments[-1]["props"]["date"]
        total = money(sum(payment["props"].get("amount") or 0 for payment in payments), unit, language)
        name = nodes[person]["name"] if person in nodes else ""
        fund = nodes.get(f"Programme:{programme}", {}).get("name", programme)
        strong = any(payment.get("strong") for payment in payments)
        if len(payments) == 1:
            moments.append(Moment(first, say(language, "timeline.payment", name=name, fund=fund, total=total), strong))
        else:
            many = {"name": name, "fund": fund, "n": len(payments), "total": total}
            moments.append(Moment(first, say(language, "timeline.first_payment", **many), strong))
            moments.append(Moment(last, say(language, "timeline.last_payment", **many), strong))
    return moments


def _intervals(network: Network, nodes: dict[str, Element], language: str) -> list[Moment]:
    moments = []
    for edge in network["edges"]:
        props, source, target = edge.get("props", {}), nodes.get(edge["source"]), nodes.get(edge["target"])
        if source is None or target is None:
            continue
        word = props.get("term") or props.get("title") or props.get("role") or verb(edge["type"], language)
        who = {"source": source["name"], "word": word, "target": target["name"]}
        if edge["type"] == "DECLARED" and props.get("date"):
            moments.append(Moment(props["date"], say(language, "timeline.declared", **who), False))
        if edge["type"] in SINCE:
            for bound, key in (("from", "timeline.begins"), ("to", "timeline.ends")):
                if props.get(bound) not in (None, *FOREVER):
                    moments.append(Moment(props[bound], say(language, key, **who), bool(edge.get("strong"))))
    return moments
