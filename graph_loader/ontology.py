"""What may exist in the graph, read from `ontology/`; constraints, indexes, statements and the reference page come from it."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from graph_loader.errors import GuanxiError

FOLDER = Path(__file__).parent / "ontology"

SQL_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "float": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "list": "VARCHAR[]",
}
"""Property types of the graph and the column types that carry them to the writer."""

COMBINES = ("first", "max", "count")
LABEL = re.compile(r"[A-Z][A-Za-z]*")
TYPE = re.compile(r"[A-Z][A-Z_]*")
NAME = re.compile(r"[a-z][a-z_]*")
TAKEN = ("key", "start", "end")
"""Names that the writer uses itself."""


@dataclass(frozen=True)
class Copy:
    """A property taken over from another node: `through` holds that node's key."""

    through: str
    label: str
    property: str


@dataclass(frozen=True)
class Property:
    name: str
    type: str
    zh: str
    combine: str = "first"
    copy: Copy | None = None


@dataclass(frozen=True)
class NodeType:
    """A node label. `keyed`: the key is a keyed hash, and `from_key` lists the properties that come with the key's column.
    `marks`: this label is only an extra mark on nodes of that other label."""

    label: str
    zh: str
    en: str
    about: str
    key: str
    properties: dict[str, Property]
    keyed: bool = False
    search: bool = False
    marks: str | None = None
    unidentified_prefix: str | None = None
    index: tuple[str, ...] = ()
    precedence: tuple[str, ...] = ()
    from_key: dict[str, str] = field(default_factory=dict)

    @property
    def stored(self) -> list[str]:
        """Property names in the order in which the writer keeps them."""
        return list(self.properties)


@dataclass(frozen=True)
class RelationshipType:
    """A relationship type. `identity`: the properties that tell parallel relationships between the same two nodes apart."""

    type: str
    zh: str
    en: str
    about: str
    between: tuple[tuple[str, str], ...]
    properties: dict[str, Property]
    identity: tuple[str, ...] = ()
    derived: bool = False


@dataclass(frozen=True)
class Ontology:
    nodes: dict[str, NodeType]
    relationships: dict[str, RelationshipType]
    fingerprint: str
    """Changes with any file of the ontology, so that a graph written under an older one is written anew."""

    def stored_nodes(self) -> Iterator[NodeType]:
        """Labels that are nodes of their own, not marks on others; copied-from labels come before those that copy."""
        plain = [node for node in self.nodes.values() if not node.marks]
        done: set[str] = set()
        while plain:
            ready = [n for n in plain if all(p.copy is None or p.copy.label in done for p in n.properties.values())]
            for node in ready:
                done.add(node.label)
                plain.remove(node)
                yield node

    def marks(self) -> Iterator[NodeType]:
        return (node for node in self.nodes.values() if node.marks)

    def constraints(self) -> list[str]:
        """Statements that make keys unique and properties findable; all may be run again."""
        statements = []
        for node in self.stored_nodes():
            low = node.label.lower()
            statements.append(f"CREATE CONSTRAINT key_{low} IF NOT EXISTS FOR (n:{node.label}) REQUIRE n.key IS UNIQUE")
            statements += [
                f"CREATE INDEX {low}_{name} IF NOT EXISTS FOR (n:{node.label}) ON (n.{name})" for name in node.index
            ]
            if node.search:
                statements.append(
                    f"CREATE FULLTEXT INDEX name_{low} IF NOT EXISTS FOR (n:{node.label}) ON EACH [n.name] "
                    "OPTIONS {indexConfig: {`fulltext.analyzer`: 'cjk'}}"
                )
        return statements


@cache
def load(folder: Path = FOLDER) -> Ontology:
    """The ontology of a folder.

    Raises GuanxiError naming file, fault and mend for a definition that does not hold together.
    """
    nodes: dict[str, NodeType] = {}
    relationships: dict[str, RelationshipType] = {}
    digest = sha256()
    for path in sorted((folder / "nodes").glob("*.toml")):
        digest.update(path.read_bytes())
        node = _node(path, _read(path))
        nodes[node.label] = node
    for path in sorted((folder / "relationships").glob("*.toml")):
        digest.update(path.read_bytes())
        relationship = _relationship(path, _read(path))
        relationships[relationship.type] = relationship
    _check(folder, nodes, relationships)
    return Ontology(nodes, relationships, digest.hexdigest()[:16])


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise GuanxiError(f"{path.name} is not valid TOML ({error}): mend that line.") from error


def _taken(path: Path, content: dict[str, Any], known: set[str], needed: set[str]) -> dict[str, Any]:
    for name in sorted(needed - content.keys()):
        raise GuanxiError(f"{path.name} lacks `{name}`: add it, its neighbours show how.")
    for name in sorted(content.keys() - known):
        raise GuanxiError(
            f"{path.name} has an unknown entry `{name}`: remove it or use one of {', '.join(sorted(known))}."
        )
    return content


def _node(path: Path, raw: dict[str, Any]) -> NodeType:
    fields = set(NodeType.__dataclass_fields__)
    content = _taken(path, raw, fields, {"label", "zh", "en", "about", "key", "properties"})
    if content["label"] != path.stem or not LABEL.fullmatch(content["label"]):
        raise GuanxiError(f"{path.name}: label must be the file's name in CamelCase, not {content['label']!r}.")
    content["properties"] = _properties(path, content["properties"])
    for name in ("index", "precedence"):
        content[name] = tuple(content.get(name, ()))
    node = NodeType(**content)
    for name in (*node.index, *node.from_key):
        if name not in node.properties:
            raise GuanxiError(
                f"{path.name} names the property `{name}` that it does not define: add it under [properties]."
            )
    return node


def _relationship(path: Path, raw: dict[str, Any]) -> RelationshipType:
    fields = set(RelationshipType.__dataclass_fields__)
    content = _taken(path, raw, fields, {"type", "zh", "en", "about", "between"})
    if content["type"] != path.stem or not TYPE.fullmatch(content["type"]):
        raise GuanxiError(f"{path.name}: type must be the file's name in CAPITALS, not {content['type']!r}.")
    content["between"] = tuple((start, end) for start, end in content["between"])
    content["properties"] = _properties(path, content.get("properties", {}))
    content["identity"] = tuple(content.get("identity", ()))
    for name in content["identity"]:
        if name not in content["properties"]:
            raise GuanxiError(
                f"{path.name}: identity names `{name}` that it does not define: add it under [properties]."
            )
    return RelationshipType(**content)


def _properties(path: Path, content: dict[str, dict[str, Any]]) -> dict[str, Property]:
    properties = {}
    for name, given in content.items():
        entry = dict(given)
        if not NAME.fullmatch(name) or name in TAKEN:
            raise GuanxiError(
                f"{path.name}: `{name}` cannot be a property name: use small_letters, not {', '.join(TAKEN)}."
            )
        if entry.get("type") not in SQL_TYPES:
            raise GuanxiError(f"{path.name}: `{name}` has no type of {', '.join(SQL_TYPES)}.")
        if entry.get("combine", "first") not in COMBINES:
            raise GuanxiError(f"{path.name}: `{name}` combines by none of {', '.join(COMBINES)}.")
        if "copy" in entry:
            entry["copy"] = Copy(**entry["copy"])
        properties[name] = Property(name, **_taken(path, entry, {"type", "zh", "combine", "copy"}, {"type", "zh"}))
    return properties


def _check(folder: Path, nodes: dict[str, NodeType], relationships: dict[str, RelationshipType]) -> None:
    if not nodes or not relationships:
        raise GuanxiError(f"{folder} holds no ontology: it needs nodes/*.toml and relationships/*.toml.")
    for node in nodes.values():
        if node.marks and node.marks not in nodes:
            raise GuanxiError(f"{node.label}.toml marks `{node.marks}`, which is no label: name one that has a file.")
        for prop in node.properties.values():
            if prop.copy is None:
                continue
            origin = nodes.get(prop.copy.label)
            if (
                origin is None
                or prop.copy.property not in origin.properties
                or prop.copy.through not in node.properties
            ):
                raise GuanxiError(
                    f"{node.label}.toml: `{prop.name}` copies what does not exist: name a property, a label and its property."
                )
            if prop.copy.label == node.label:
                raise GuanxiError(f"{node.label}.toml: `{prop.name}` copies from its own label: take it from another.")
    for relationship in relationships.values():
        for label in {label for pair in relationship.between for label in pair}:
            if label not in nodes or nodes[label].marks:
                raise GuanxiError(f"{relationship.type}.toml joins `{label}`, which is no node label: give it a file.")


def reference_page(ontology: Ontology) -> str:
    """`docs/graph.md`: every label and type with its properties."""
    lines = [
        "# The graph",
        "",
        "Made from `graph_loader/ontology/` by `guanxi graph reference`; a test keeps the two alike. Every node has a unique `key`.",
        "Dates are DATE, money is 元, intervals are half-open (`from <= day < to`) and never null (0001-01-01, 9999-12-31).",
        "",
        "## Nodes",
    ]
    for node in ontology.nodes.values():
        lines += ["", f"### {node.label} {node.zh}", "", node.about]
        if node.marks:
            continue
        how = "a keyed hash of" if node.keyed else ""
        lines += [
            "",
            f"Key: {how} {node.key}".replace("  ", " ") + ".",
            "",
            "| property | type | 中文 |",
            "|---|---|---|",
        ]
        lines += [f"| `{p.name}` | {p.type} | {p.zh} |" for p in node.properties.values()]
    lines += ["", "## Relationships", "", "| type | between | 中文 | properties | |", "|---|---|---|---|---|"]
    for rel in ontology.relationships.values():
        between = "<br>".join(f"({start})→({end})" for start, end in rel.between)
        props = ", ".join(f"`{p.name}` {p.zh}" for p in rel.properties.values())
        about = rel.about + (" Derived." if rel.derived else "")
        lines.append(f"| `{rel.type}` | {between} | {rel.zh} | {props} | {about} |")
    return "\n".join(lines) + "\n"
