"""Turns a network of plain elements into what the canvas draws: shape, icon, words on nodes and edges, order from left to right.

The drawing reads like the sentence of a lead: who has power, how they are related, who receives, what, and the money.
"""

from dataclasses import dataclass
from typing import Any

from backend.exploration import Element, Network, vocabulary
from ui.display import FOREVER, money, written
from ui.words import LANGUAGES, say

POWER = ("IN_CHARGE", "APPROVED", "REVIEWED", "HANDLED", "SIGNED", "LEADS", "CONTACT_FOR")
KIN = ("KIN", "PARENT_OF", "SPOUSE_OF", "SIBLING_OF")
SILENT = ("UNDER", "OF", "FOR_LOT", "IN", "AT", "FOR")
"""Relationships that the two ends explain by themselves."""
MONEY = ("TO", "INTO", "PAYS", "FROM_ACCOUNT", "TO_ACCOUNT", "AWARDED_TO", "GRANTED_TO")
UNSAID = ("initials", "phone", "name", "post", "post_ended")
"""Properties a card does not list: helpers of the search, keyed hashes, and what the drawing says already."""


@dataclass(frozen=True)
class Look:
    """How nodes of a label are drawn; `tier` is the place from left to right."""

    family: str
    shape: str
    icon: str
    tier: int


LOOKS = {
    "Person": Look("person", "ellipse", "person", 1),
    "Household": Look("place", "pentagon", "house-door", 2),
    "Village": Look("place", "round-rectangle", "geo-alt", 2),
    "Town": Look("place", "round-rectangle", "geo-alt", 2),
    "County": Look("place", "round-rectangle", "geo-alt", 2),
    "Unit": Look("place", "round-rectangle", "bank", 0),
    "Company": Look("company", "rectangle", "building", 2),
    "Programme": Look("benefit", "round-rectangle", "currency-yen", 5),
    "Application": Look("benefit", "round-rectangle", "envelope-paper", 4),
    "Payment": Look("benefit", "round-rectangle", "currency-yen", 4),
    "Register": Look("benefit", "round-rectangle", "card-list", 5),
    "Allocation": Look("benefit", "round-rectangle", "piggy-bank", 5),
    "Project": Look("works", "folded", "hammer", 5),
    "Lot": Look("works", "folded", "folder", 5),
    "Award": Look("works", "folded", "trophy", 4),
    "Contract": Look("works", "folded", "file-earmark-text", 4),
    "ContractChange": Look("works", "folded", "shuffle", 4),
    "Bid": Look("works", "folded", "send", 4),
    "Account": Look("account", "diamond", "credit-card", 5),
    "Voucher": Look("account", "diamond", "receipt", 4),
    "Transfer": Look("account", "diamond", "arrow-left-right", 4),
    "Property": Look("asset", "rectangle", "buildings", 2),
    "Vehicle": Look("asset", "rectangle", "car-front", 2),
    "Parcel": Look("asset", "rectangle", "tree", 4),
    "Death": Look("note", "round-rectangle", "heart-pulse", 2),
    "Posting": Look("note", "round-rectangle", "calendar-event", 2),
    "Tip": Look("note", "round-rectangle", "megaphone", 3),
}


def drawn(network: Network, language: str, unit: str, event: str = "") -> Network:
    """The network with everything the canvas needs added to each element; ids, types and names stay as they are.

    `event`: the first day (ISO) of what a lead is about; what had ended by then speaks against the suspicion."""
    nodes = {node["id"]: node for node in network["nodes"]}
    edges = [edge for edge in network["edges"] if edge["source"] in nodes and edge["target"] in nodes]
    return {
        "nodes": [_node(node, edges, language, unit) for node in nodes.values()],
        "edges": [_edge(edge, nodes, language, unit, event) for edge in edges],
    }


def title(label: str, language: str) -> str:
    """What nodes of a label are called."""
    return vocabulary()["labels"][label][LANGUAGES.index(language)]


def verb(type: str, language: str) -> str:
    """What a relationship type is called."""
    return vocabulary()["types"][type][LANGUAGES.index(language)]


def _node(node: Element, edges: list[Element], language: str, unit: str) -> Element:
    props = node.get("props", {})
    label = node["label"]
    look = LOOKS[label]
    members = node.get("members", [])
    official = "Official" in node.get("labels", ())
    caption, under = _caption(node, language, unit)
    if official:
        under = _post(node, edges, language) or under
    return {
        "id": node["id"],
        "label": label,
        "name": node["name"],
        "caption": caption,
        "under": under,
        "what": title("Official" if official else label, language),
        "kind": "Official" if official else label,
        "family": "power" if official else look.family,
        "shape": look.shape,
        "icon": look.icon,
        "tier": _tier(node, edges) if label == "Person" else look.tier,
        "strong": bool(node.get("strong")),
        "dead": bool(props.get("died")),
        "cancelled": bool(props.get("cancelled")) or props.get("status") in ("注销", "吊销"),
        "amount": node["sum"] if members else props.get("amount"),
        "day": props.get("date"),
        "programme": props.get("programme"),
        "many": len(members),
        "members": [{"id": each["id"], **_line(each, language, unit)} for each in members],
        "facts": _facts(label, props, language, unit),
    }


def _caption(node: Element, language: str, unit: str) -> tuple[str, str]:
    """The name on a node and the smaller line under it."""
    props, label = node.get("props", {}), node["label"]
    if node.get("members"):
        months = dict.fromkeys(day[:7] for day in (node["from"], node["to"]) if day)
        return money(
            node["sum"], unit, language
        ), f"{say(language, 'network.payments', n=node['count'])} {'–'.join(months)}".strip()
    if label == "Person":
        name = f"{node['name']}〔†{props['died'][:4]}〕" if props.get("died") else node["name"]
        return name, "" if props.get("identified") is not False else say(language, "network.unidentified")
    if label == "Payment":
        return money(props.get("amount"), unit, language), props.get("date", "")
    if label in ("Voucher", "Transfer"):
        return money(props.get("amount"), unit, language), props.get("date", "")
    if label == "Account":
        return props.get("number_masked", node["name"]), props.get("holder_name", "")
    if label == "Contract":
        return title(label, language), " ".join(
            filter(None, (money(props.get("amount"), unit, language), props.get("signed")))
        )
    if label == "ContractChange":
        return f"{title(label, language)} {props.get('kind', '')}".strip(), props.get("date", "")
    if label == "Application":
        return f"{title(label, language)} {props.get('result', '')}".strip(), props.get("approved_on", "")
    if label == "Bid":
        return title(label, language), money(props.get("price"), unit, language) if props.get("price") else ""
    if label == "Lot":
        return f"{title(label, language)} {props.get('name') or ''}".strip(), ""
    if label == "Death":
        return title(label, language), props.get("source", "")
    return node["name"], ""


def _line(member: Element, language: str, unit: str) -> dict[str, str]:
    """A folded payment or voucher as a line of a list."""
    props = member["props"]
    return {"caption": money(props.get("amount"), unit, language), "day": str(props.get("date") or "")}


def _post(node: Element, edges: list[Element], language: str) -> str:
    """The post of an official: the latest on record, else the one drawn; marked when it has ended."""
    props = node.get("props", {})
    if props.get("post"):
        ended = props.get("post_ended") not in (None, *FOREVER)
        return (say(language, "network.post_ended") if ended else "") + props["post"]
    posts = [edge["props"] for edge in edges if edge["type"] == "HOLDS_POST" and edge["source"] == node["id"]]
    latest = max(posts, key=lambda post: str(post.get("to", "")), default=None)
    return str(latest.get("title", "")) if latest else ""


def _tier(node: Element, edges: list[Element]) -> int:
    """0 for whoever has power over what is drawn, 1 for their kin and everybody else."""
    mine = node["id"]
    if any(edge["source"] == mine and edge["type"] in POWER for edge in edges):
        return 0
    if any(edge["target"] == mine and edge["type"] in ("KIN", "DECLARED") for edge in edges):
        return 1
    return 0 if "Official" in node.get("labels", ()) else 1


def _facts(label: str, props: dict[str, Any], language: str, unit: str) -> list[list[str]]:
    facts = []
    for name, (zh, en) in vocabulary()["properties"][label].items():
        value = props.get(name)
        if (
            value is None
            or name in UNSAID
            or (name == "identified" and value)
            or (name == "village" and "village_name" in props)
        ):
            continue
        amount = name in ("amount", "price", "capital", "value", "old_value", "new_value") and isinstance(value, float)
        text = money(value, unit, language) if amount else written(value, language)
        if text:
            facts.append([(zh, en)[LANGUAGES.index(language)], text])
    return facts


def _edge(edge: Element, nodes: dict[str, Element], language: str, unit: str, event: str) -> Element:
    props, type = edge.get("props", {}), edge["type"]
    source, target = nodes[edge["source"]], nodes[edge["target"]]
    amount = next(
        (worth for end in (source, target) if (worth := end.get("sum") or end.get("props", {}).get("amount"))), None
    )
    ended = props.get("to") if props.get("to") not in (None, *FOREVER) else None
    word, day = _words(edge, source, target, language)
    if edge.get("count", 1) > 1 and word:
        word = f"{word} ×{edge['count']}"
    says = money(amount, unit, language) if type in MONEY and amount and type != "INTO" else word
    over = ended is not None and type in (*KIN, "HOLDS_POST", "HAS_ROLE", "IN_CHARGE")
    cleared = over and bool(event) and str(ended) <= event
    against = not edge.get("strong") and (type == "DECLARED" or cleared)
    if over:
        day = say(language, "network.ended", day=ended)
    return {
        "id": edge["id"],
        "source": edge["source"],
        "target": edge["target"],
        "type": type,
        "caption": " ".join(filter(None, ("✓" if against else "", says, day))),
        "verb": verb(type, language),
        "word": says,
        "day": day,
        "kind": "declared" if type == "DECLARED" else "kin" if type in KIN else "money" if type in MONEY else "plain",
        "amount": amount if type in MONEY else None,
        "strong": bool(edge.get("strong")),
        "against": against,
        "facts": _facts_of_edge(type, props, language),
    }


def _words(edge: Element, source: Element, target: Element, language: str) -> tuple[str, str]:
    """The word on an edge and the day after it."""
    props, type = edge.get("props", {}), edge["type"]
    theirs = target.get("props", {})
    if type == "KIN":
        return str(props.get("term", "")), ""
    if type == "DECLARED":
        return f"{props.get('term', '')} {say(language, 'network.declared')}".strip(), str(props.get("date") or "")
    if type == "PARENT_OF":
        return {"男": "子", "女": "女"}.get(theirs.get("sex", ""), "子女"), ""
    if type == "MEMBER_OF":
        return str(props.get("role", "")), ""
    if type == "HOLDS_POST":
        return str(props.get("title", "")), ""
    if type == "HAS_ROLE":
        share = f" {props['share']:g}%" if props.get("share") else ""
        return f"{props.get('role', '')}{share}", ""
    if type == "PLACED" and theirs.get("won"):
        return say(language, "network.won"), ""
    if type == "IN_CHARGE":
        return f"{verb(type, language)}（{props.get('by', '')}）", ""
    if type in ("APPROVED", "REVIEWED", "HANDLED", "SIGNED"):
        day = theirs.get("approved_on") or theirs.get("date") or theirs.get("signed")
        return verb(type, language), str(day or "")
    return "" if type in SILENT else verb(type, language), ""


def _facts_of_edge(type: str, props: dict[str, Any], language: str) -> list[list[str]]:
    names = vocabulary()["relations"][type]
    place = LANGUAGES.index(language)
    told = [
        [names[name][place], written(value, language)]
        for name, value in props.items()
        if name in names and name != "via"
    ]
    return [[name, text] for name, text in told if text]
