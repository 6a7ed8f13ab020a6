"""Looking around in the graph: search, neighbours, one subject, a path. All Cypher of the pages is here.

Elements travel as plain dictionaries, the same shape as in a lead's frozen network:
node `{"id": "Label:key", "label", "labels", "name", "props"}`, edge `{"id", "source", "target", "type", "props"}`;
dates are ISO text. Every question only reads and has a time limit.
"""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Concatenate, LiteralString, ParamSpec, TypeVar, cast

from neo4j import READ_ACCESS, Driver, Record
from neo4j.exceptions import AuthError, ClientError, DriverError, ServiceUnavailable, TransientError
from neo4j.graph import Node, Relationship

from graph_loader import ontology, testimony
from graph_loader.engine import EngineLost, running
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.secret import Secret, secret_of
from graph_loader.sources import load_sources

Element = dict[str, Any]
Network = dict[str, list[Element]]
P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 10
"""A page waits no longer than this for the graph."""

SEARCHED = ("Person", "Company", "Project", "Village", "Programme", "Unit")
"""Labels with a full-text index on their name; also the order in which hits are shown."""

BY_CODE = (
    "Company",
    "Project",
    "Programme",
    "Village",
    "Contract",
    "Application",
    "Payment",
    "Voucher",
    "Vehicle",
    "Tip",
)
"""Labels that are also found by the beginning of their business key."""

CROWDED = frozenset(
    (
        "IN",
        "UNDER",
        "ON_REGISTER",
        "GRANTED_TO",
        "SPENT_BY",
        "AT",
        "IN_CHARGE",
        "RUN_BY",
        "RUNS",
        "CONTACT_FOR",
        "LET_BY",
    )
)
"""Relationships that end in a hub (a village, a programme): a path through them connects everybody with everybody."""

HUB_DEGREE = 2000
"""Relations to what is already drawn are not looked for from a node with more relationships than this."""

FIRST_VIEW = 12
"""Neighbours of one kind drawn when a subject is opened; kinds with more stay folded until somebody asks."""


class NotThere(GuanxiError):
    """The element is not in the graph (any more)."""


class TooMuch(GuanxiError):
    """The graph did not answer within the limit."""


class Exploration:
    """One driver for the whole web server, opened at the first question and again after the engine was lost."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.secret = secret_of(home)
        self.evidence = Evidence(home)
        self._stack = ExitStack()
        self._driver: Driver | None = None
        self._lock = Lock()

    def ask(self, question: Callable[Concatenate[Driver, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`question(driver, …)`. Raises EngineLost when no engine answers, TooMuch after the time limit."""
        try:
            return question(self._opened(), *args, **kwargs)
        except (ServiceUnavailable, AuthError, DriverError) as lost:
            self.close()
            raise EngineLost("图数据库没有响应。请稍后重试；若仍不行，请管理员运行 guanxi doctor。") from lost
        except (ClientError, TransientError) as refused:
            if "TransactionTimedOut" in (refused.code or "") or "Terminated" in (refused.code or ""):
                raise TooMuch(f"{SECONDS} 秒内没有查完，请缩小范围后再试。") from refused
            raise

    def says_who(self, element: str, day: date | None) -> Element:
        """Who says what about an element, now or as the evidence was at the end of a day (`testimony.says_who`)."""
        at = datetime.combine(day, time.max).astimezone() if day else None
        return testimony.says_who(Evidence(self.home, at=at), element)

    def conflicts(self, limit: int) -> tuple[list[Element], int]:
        """What departments disagree on, and how much of it there is (`testimony.conflicts`)."""
        return testimony.conflicts(self.evidence, limit)

    def close(self) -> None:
        """Lets go of the driver; the next question opens a new one."""
        with self._lock:
            self._driver = None
            stack, self._stack = self._stack, ExitStack()
        stack.close()

    def _opened(self) -> Driver:
        with self._lock:
            if self._driver is None:
                try:
                    self._driver = self._stack.enter_context(running(self.home))
                except GuanxiError as error:
                    raise EngineLost(str(error)) from error
            return self._driver


def search(
    driver: Driver, text: str, kinds: Iterable[str] = SEARCHED, limit: int = 10, secret: Secret | None = None
) -> list[Element]:
    """Nodes whose name holds `text`, whose pinyin initials or business key begin with it; at most `limit` of each label.

    A full 18-digit ID number finds its person (only with `secret`, which turns it into the key of the node).
    """
    text = text.strip()
    if not text:
        return []
    wanted = [kind for kind in SEARCHED if kind in set(kinds)]
    found: dict[str, Element] = {}
    if secret is not None and "Person" in wanted and re.fullmatch(r"\d{17}[\dXx]", text):
        _add(found, _read(driver, "MATCH (n:Person {key: $key}) RETURN n", key=secret.ref("person", text.upper())))
    if re.fullmatch(r"[a-zA-Z]+", text) and "Person" in wanted:
        _add(found, _read(driver, """
            MATCH (n:Person) WHERE n.initials STARTS WITH $text
            RETURN n ORDER BY n:Official DESC, size(n.initials), n.name, n.key LIMIT $limit
            """, text=text.lower(), limit=limit))  # fmt: skip
    if re.fullmatch(r"[0-9A-Za-z#〔〕()\-]{4,}", text):
        for label in BY_CODE:
            _add(found, _read(driver, f"MATCH (n:{label}) WHERE n.key STARTS WITH $text RETURN n ORDER BY n.key LIMIT $limit",
                              text=text, limit=limit))  # fmt: skip
    words = _full_text(text)
    if words:
        for label in wanted:
            _add(found, _read(driver, """
                CALL db.index.fulltext.queryNodes($index, $words, {limit: $more}) YIELD node AS n, score
                RETURN n ORDER BY n.name = $text DESC, n:Official DESC, size(n.name), score DESC, n.key LIMIT $limit
                """, index=f"name_{label.lower()}", words=words, text=text, limit=limit, more=limit * 20))  # fmt: skip
    return _with_posts(driver, list(found.values()))


def subject(driver: Driver, node_id: str) -> Network:
    """One node with its nearest neighbours, kinds with more than `FIRST_VIEW` left folded. Raises NotThere."""
    label, key = _split(node_id)
    centre = node(driver, node_id)
    few: dict[str, list[str]] = {"out": [], "in": []}
    for kind in neighbour_counts(driver, node_id):
        if kind["count"] <= FIRST_VIEW:
            few[kind["direction"]].append(kind["type"])
    nodes: dict[str, Element] = {node_id: centre}
    edges: dict[str, Element] = {}
    for direction, types in few.items():
        for record in _step(driver, label, key, direction, types) if types else ():
            _put(nodes, record["m"])
            _put_edge(edges, record["r"])
    return {"nodes": _with_posts(driver, list(nodes.values())), "edges": list(edges.values())}


def node(driver: Driver, node_id: str) -> Element:
    """One node. Raises NotThere."""
    label, key = _split(node_id)
    records = _read(driver, f"MATCH (n:{label} {{key: $key}}) RETURN n", key=key)
    if not records:
        raise NotThere("图中没有这个对象：它可能随更正或撤回的交付一起消失了。")
    return _with_posts(driver, [element_of(records[0]["n"])])[0]


def neighbour_counts(driver: Driver, node_id: str) -> list[Element]:
    """`{"type", "direction": "out" | "in", "count"}` for every kind of relationship the node has, read from the degree store."""
    label, key = _split(node_id)
    types = sorted(_identity())
    columns = ", ".join(
        f"COUNT {{ (n)-[:{t}]->() }} AS out{i}, COUNT {{ (n)<-[:{t}]-() }} AS in{i}" for i, t in enumerate(types)
    )
    records = _read(driver, f"MATCH (n:{label} {{key: $key}}) RETURN {columns}", key=key)
    if not records:
        raise NotThere("图中没有这个对象：它可能随更正或撤回的交付一起消失了。")
    return [
        {"type": t, "direction": direction, "count": records[0][f"{direction}{i}"]}
        for i, t in enumerate(types)
        for direction in ("out", "in")
        if records[0][f"{direction}{i}"]
    ]


def neighbours(
    driver: Driver, node_id: str, type: str, direction: str, limit: int = 100, after: int = 0, text: str = ""
) -> Network:
    """Up to `limit` neighbours over one type of relationship (`out`, `in` or `both` ways), the latest and then by name,
    skipping the first `after`. `text` keeps only neighbours whose name or key holds it."""
    label, key = _split(node_id)
    if type not in _identity() or direction not in _ARROWS:
        raise NotThere(f"没有这种关系：{type}")
    nodes: dict[str, Element] = {}
    edges: dict[str, Element] = {}
    for record in _step(driver, label, key, direction, [type], limit, after, text.strip()):
        _put(nodes, record["m"])
        _put_edge(edges, record["r"])
    return {"nodes": _with_posts(driver, list(nodes.values())), "edges": list(edges.values())}


_ARROWS = {"out": ("-", "->"), "in": ("<-", "-"), "both": ("-", "-")}


def _step(
    driver: Driver,
    label: str,
    key: str,
    direction: str,
    types: list[str],
    limit: int = 1000,
    after: int = 0,
    text: str = "",
) -> list[Record]:
    """One step from a node over some types: records of `n`, `r`, `m`."""
    start, end = _ARROWS[direction]
    return _read(
        driver,
        f"""
        MATCH (n:{label} {{key: $key}}){start}[r:{"|".join(types)}]{end}(m)
        WHERE $text = '' OR m.name CONTAINS $text OR m.key STARTS WITH $text OR toString(m.date) STARTS WITH $text
        WITH n, r, m ORDER BY coalesce(toString(m.date), '') DESC, m.name, m.key SKIP $after LIMIT $limit
        RETURN n, r, m
        """,
        key=key,
        text=text,
        after=after,
        limit=limit,
    )


def relations(driver: Driver, new: Iterable[str], drawn: Iterable[str]) -> list[Element]:
    """Edges between the `new` nodes and everything `drawn`; hubs are met from their other end only."""
    new = set(new)
    by_label = _by_label(new)
    there = {*drawn, *new}
    keys = sorted({_split(node_id)[1] for node_id in there})
    edges: dict[str, Element] = {}
    for label, wanted in by_label.items():
        for record in _read(
            driver,
            f"""
            MATCH (n:{label}) WHERE n.key IN $wanted AND COUNT {{ (n)--() }} <= $hub
            MATCH (n)-[r]-(m) WHERE m.key IN $keys
            RETURN DISTINCT r, startNode(r) AS source, endNode(r) AS target
            """,
            wanted=wanted,
            keys=keys,
            hub=HUB_DEGREE,
        ):
            _put_edge(edges, record["r"])
    return [edge for edge in edges.values() if edge["source"] in there and edge["target"] in there]


def elements(driver: Driver, ids: Iterable[str]) -> Network:
    """The nodes that are still in the graph, and all edges between them."""
    nodes: dict[str, Element] = {}
    for label, keys in _by_label(ids).items():
        _add(nodes, _read(driver, f"MATCH (n:{label}) WHERE n.key IN $keys RETURN n", keys=keys))
    return {"nodes": _with_posts(driver, list(nodes.values())), "edges": relations(driver, nodes, nodes)}


def today(driver: Driver, network: Network) -> Network:
    """What of a network is in the graph as it is: the same nodes and edges with their properties of today; folds one by one."""
    nodes: dict[str, Element] = {}
    edges: dict[str, Element] = {}
    drawn = [member for node in network["nodes"] for member in node.get("members", [node])]
    for label, keys in _by_label(node["id"] for node in drawn).items():
        _add(nodes, _read(driver, f"MATCH (n:{label}) WHERE n.key IN $keys RETURN n", keys=keys))
    ends: dict[tuple[str, str, str], list[list[str]]] = {}
    for edge in network["edges"]:
        if not {edge["source"], edge["target"]} <= nodes.keys():
            continue
        (start, source), (end, target) = _split(edge["source"]), _split(edge["target"])
        if edge["type"] not in _identity():
            raise NotThere("没有这种关系，链接可能不完整。")
        ends.setdefault((start, edge["type"], end), []).append([source, target])
    for (start, type, end), pairs in ends.items():
        asked = f"""
        UNWIND $pairs AS pair
        MATCH (a:{start} {{key: pair[0]}})
        MATCH (b:{end} {{key: pair[1]}})
        MATCH (a)-[r:{type}]->(b)
        RETURN r, a, b
        """
        for record in _read(driver, asked, pairs=pairs):
            _put_edge(edges, record["r"])
    wanted = {edge["id"] for edge in network["edges"]}
    return {"nodes": list(nodes.values()), "edges": [edge for id, edge in edges.items() if id in wanted]}


def path(driver: Driver, a: str, b: str, max: int = 6) -> Network:
    """The shortest ways between two nodes, up to three of one length, never through a hub; empty when there is none."""
    (label_a, key_a), (label_b, key_b) = _split(a), _split(b)
    types = "|".join(sorted(set(_identity()) - CROWDED))
    records = _read(driver, f"""
        MATCH (a:{label_a} {{key: $a}}), (b:{label_b} {{key: $b}})
        MATCH p = allShortestPaths((a)-[:{types}*..{int(max)}]-(b))
        RETURN nodes(p) AS nodes, relationships(p) AS edges LIMIT 3
        """, a=key_a, b=key_b)  # fmt: skip
    nodes: dict[str, Element] = {}
    edges: dict[str, Element] = {}
    for record in records:
        for found in record["nodes"]:
            _put(nodes, found)
        for found in record["edges"]:
            _put_edge(edges, found)
    return {"nodes": _with_posts(driver, list(nodes.values())), "edges": list(edges.values())}


def far_labels(label: str, type: str, direction: str) -> list[str]:
    """The labels at the far end of a type of relationship, as the ontology has them."""
    pairs = ontology.load().relationships[type].between
    return sorted(
        {end for start, end in pairs if start == label} if direction == "out" else {s for s, e in pairs if e == label}
    )


def village_of(node: Element) -> str | None:
    """Code of the village (a town: of the town) a node lies in; None for what lies nowhere."""
    if node["label"] in ("Village", "Town"):
        return str(node["props"]["key"])
    return node["props"].get("village")


def is_empty(driver: Driver) -> bool:
    """No node at all: nothing was ever loaded, or everything was withdrawn."""
    return not _read(driver, "MATCH (n) RETURN 1 LIMIT 1")


def keep_view(home: Path, view: dict[str, Any]) -> str:
    """Keeps what a page shows (what is drawn and where, what was looked for) under a name that tells nothing, for its address.

    The name is a keyed hash of the content: the same view has the same address, and nobody finds a name by trying.
    """
    text = json.dumps(view, ensure_ascii=False, sort_keys=True)
    name = secret_of(home).ref("view", text)
    folder = home / "views"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.json"
    if not target.exists():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    return name


def kept_view(home: Path, name: str) -> dict[str, Any]:
    """A view kept before. Raises NotThere."""
    file = home / "views" / f"{name}.json"
    if not re.fullmatch(r"[0-9a-f]{20}", name) or not file.is_file():
        raise NotThere("没有这个保存的页面，链接可能不完整。")
    return cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8")))


def element_of(found: Node) -> Element:
    """A node as a plain dictionary."""
    labels = sorted(found.labels)
    props = {name: _plain(value) for name, value in found.items()}
    name = str(props.get("name") or props["key"])
    return {"id": id_of(found), "label": _label_of(found), "labels": labels, "name": name, "props": props}


def id_of(found: Node) -> str:
    """Label and key of a node: `Person:…`."""
    return f"{_label_of(found)}:{found['key']}"


def _label_of(found: Node) -> str:
    return next(label for label in sorted(found.labels) if label != "Official")


def edge_of(found: Relationship) -> Element:
    """A relationship as a plain dictionary; its id names the properties that tell parallel ones apart."""
    if found.start_node is None or found.end_node is None:
        raise ValueError("a relationship without its ends cannot be named")
    source, target = id_of(found.start_node), id_of(found.end_node)
    props = {name: _plain(value) for name, value in found.items()}
    tail = [str(props.get(name, "")) for name in _identity()[found.type]]
    return {
        "id": "|".join([found.type, source, target, *tail]),
        "source": source,
        "target": target,
        "type": found.type,
        "props": props,
    }


@cache
def vocabulary() -> dict[str, dict[str, Any]]:
    """What the graph's parts are called, as (Chinese, English): `labels`, `types`, `properties` by label, `relations`
    (their properties) by type; and the Chinese titles of the departmental `tables`."""
    known = ontology.load()
    return {
        "labels": {kind.label: (kind.zh, kind.en) for kind in known.nodes.values()},
        "types": {kind.type: (kind.zh, kind.en) for kind in known.relationships.values()},
        "properties": {kind.label: _names(kind.properties) for kind in known.nodes.values()},
        "tables": {id: source.title for id, source in load_sources().items()},
        "relations": {kind.type: _names(kind.properties) for kind in known.relationships.values()},
    }


def _names(properties: dict[str, ontology.Property]) -> dict[str, tuple[str, str]]:
    return {name: (each.zh, name.replace("_", " ")) for name, each in properties.items()}


@cache
def _identity() -> dict[str, tuple[str, ...]]:
    return {name: tuple(kind.identity) for name, kind in ontology.load().relationships.items()}


@cache
def _labels() -> frozenset[str]:
    return frozenset(ontology.load().nodes)


def _split(node_id: str) -> tuple[str, str]:
    """Label and key of an element id; the label is checked against the ontology, so that it may stand in a statement."""
    label, _, key = node_id.partition(":")
    if label not in _labels() or not key:
        raise NotThere("没有这种对象，链接可能不完整。")
    return label, key


def _by_label(ids: Iterable[str]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for node_id in ids:
        label, key = _split(node_id)
        keys.setdefault(label, []).append(key)
    return keys


def _full_text(text: str) -> str:
    """What the full-text index is asked: neighbouring characters as a phrase, a single character as a beginning."""
    chunks = re.findall(r"[\w·]+", text)
    return " AND ".join(f"{chunk}*" if len(chunk) == 1 else f'"{chunk}"' for chunk in chunks)


def _with_posts(driver: Driver, nodes: list[Element]) -> list[Element]:
    """Officials carry their latest post as `post`, and whether they still hold it as `in_post`."""
    officials = [element["props"]["key"] for element in nodes if "Official" in element["labels"]]
    if officials:
        posts = {record["key"]: record for record in _read(driver, """
            MATCH (o:Official) WHERE o.key IN $keys
            MATCH (o)-[post:HOLDS_POST]->(place)
            WITH o, post, place ORDER BY post.to DESC, post.from DESC
            WITH o, collect({title: coalesce(place.name, '') + post.title, ended: post.to}) AS posts
            RETURN o.key AS key, posts[0].title AS title, posts[0].ended AS ended
            """, keys=officials)}  # fmt: skip
        for element in nodes:
            if record := posts.get(element["props"]["key"]):
                element["props"]["post"] = record["title"]
                element["props"]["post_ended"] = _plain(record["ended"])
    return nodes


def _put(nodes: dict[str, Element], found: Node) -> None:
    element = element_of(found)
    nodes.setdefault(element["id"], element)


def _put_edge(edges: dict[str, Element], found: Relationship) -> None:
    edge = edge_of(found)
    edges.setdefault(edge["id"], edge)


def _add(nodes: dict[str, Element], records: Iterable[Record]) -> None:
    for record in records:
        _put(nodes, record["n"])


def _plain(value: Any) -> Any:
    """Neo4j's and Python's dates as ISO text; everything else is JSON already."""
    if isinstance(value, date) or hasattr(value, "iso_format"):
        return value.isoformat() if isinstance(value, date) else value.iso_format()
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _read(driver: Driver, statement: str, /, **parameters: Any) -> list[Record]:
    with (
        driver.session(default_access_mode=READ_ACCESS) as session,
        session.begin_transaction(timeout=SECONDS) as transaction,
    ):
        return list(transaction.run(cast(LiteralString, statement), parameters))
