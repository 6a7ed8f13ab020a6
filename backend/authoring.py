"""What is wrong with a query before it runs on a county: `guanxi query check`. Each fault names its line and the mend."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString, cast

import neo4j

from backend.cases import read_case
from backend.packs import FOLDER, PARAMETER_TYPES, Pack, Packs, Query, check_on_server
from backend.reach import STRING, named, reach
from graph_loader import ontology
from graph_loader.errors import GuanxiError

SLOW = ("AllNodesScan", "CartesianProduct")
"""Operators of a plan that look at far more than the answer needs."""
LEAST = 10_000
"""Nodes from which on a plan is judged."""
BOUND = re.compile(r"[\[(]\s*(\w+)\s+IN\b")
"""Names that a list comprehension, any(), all() … bind."""
PROPERTY = re.compile(r"\b([a-z_]\w*)\.([a-z_]\w*)\b(?!\s*\()")


@dataclass(frozen=True)
class Fault:
    """`file`: path under the packs' folder; `line`: from 1, 0 for the whole file; `says`: what is wrong and how to mend it. A `note`
    is worth knowing and stops nothing."""

    file: str
    line: int
    says: str
    note: bool = False

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}: {'note: ' if self.note else ''}{self.says}"


def check(packs: Packs, session: neo4j.Session, folder: Path | None = None) -> list[Fault]:
    """All faults of some packs, those of each query together. `session`: of a server that plans their texts."""
    faults = [Fault(broken.file, 0, broken.reason) for broken in packs.broken]
    for query in packs.queries:
        faults += [*_of_text(query), *_of_plan(session, query), *_of_cases(query, folder or FOLDER)]
    return faults


def _of_text(query: Query) -> Iterator[Fault]:
    """Labels, types and properties that the graph does not have."""
    terms, file = ontology.load(), f"{query.pack.id}/{query.id}.cypher"
    holders: dict[str, set[str]] = {}
    unsure: set[str] = set()
    for one in named(query.text, query.anchor):
        line = query.text.count("\n", 0, one.at) + 1
        for label in sorted(one.labels - terms.nodes.keys()):
            yield Fault(file, line, f"there is no label `{label}`: use one of docs/graph.md")
        for type in sorted(one.types - terms.relationships.keys()):
            yield Fault(file, line, f"there is no relationship type `{type}`: use one of docs/graph.md")
        known = [terms.nodes[label] for label in one.labels if label in terms.nodes]
        known_types = [terms.relationships[type] for type in one.types if type in terms.relationships]
        properties = {p for node in known for p in (terms.nodes[node.marks] if node.marks else node).properties}
        properties |= {p for relationship in known_types for p in relationship.properties}
        if one.name and (known or known_types):
            holders.setdefault(one.name, {"key"}).update(properties)
        elif one.name:
            unsure.add(one.name)
    plain = STRING.sub(lambda found: " " * len(found[0]), query.text)
    unsure.update(BOUND.findall(plain))  # inside a list the name means an item of the list
    for found in PROPERTY.finditer(plain):
        name, property = found.groups()
        if name in holders and name not in unsure and property not in holders[name]:
            line = query.text.count("\n", 0, found.start()) + 1
            yield Fault(
                file, line, f"`{name}` has no property `{property}`: use one of {', '.join(sorted(holders[name]))}"
            )
    whole = sorted(reach(query.text, query.anchor).unreached)
    if whole and not query.is_about_leads:
        yield Fault(
            file, 0, f"a change of {', '.join(whole)} makes a full run: no pattern ties it to {query.anchor}", note=True
        )


def _of_plan(session: neo4j.Session, query: Query) -> Iterator[Fault]:
    """What the server says of the text: syntax, writing, columns, and operators that look at too much."""
    file = f"{query.pack.id}/{query.id}.cypher"
    broken = check_on_server(session, query)
    if broken:
        yield Fault(file, 0, broken.reason)
        return
    if session.run("MATCH (n) RETURN count(n) AS nodes").single(strict=True)["nodes"] < LEAST:
        return  # the plan of a nearly empty graph says nothing: everything is one row there
    ways = [False] if query.is_about_leads else [False, True]
    for touched in ways:
        slow = sorted(set(operators(plan_of(session, query, touched))) & set(SLOW))
        if slow:
            run = "on what changed" if touched else "on everything"
            yield Fault(file, 0, f"the plan {run} has {', '.join(slow)}: tie the patterns together, from few to many")


def plan_of(session: neo4j.Session, query: Query, touched: bool = False) -> dict[str, Any]:
    """The server's plan of a query, as the driver gives it."""
    text = cast(LiteralString, "EXPLAIN " + query.statement(touched))
    with session.begin_transaction() as transaction:
        summary = transaction.run(text, {**query.defaults, "as_of": None, "touched": [], "leads": []}).consume()
    return cast(dict[str, Any], summary.plan or {})


def operators(plan: dict[str, Any]) -> Iterator[str]:
    """The operators of a plan."""
    if plan:
        yield str(plan["operatorType"]).split("@")[0]
        for child in plan.get("children", []):
            yield from operators(child)


def _of_cases(query: Query, folder: Path) -> Iterator[Fault]:
    place = f"{query.pack.id}/cases/{query.id}"
    kinds = [path.name.split("_")[0] for path in query.cases]
    for kind, least in (("hit", 2), ("miss", 1)):
        if kinds.count(kind) < least:
            yield Fault(
                place, 0, f"it has {kinds.count(kind)} {kind}_ cases: at least {least}, see docs/add_a_query.md"
            )
    for path in query.cases:
        try:
            read_case(path, folder / "cases.toml")
        except GuanxiError as error:
            yield Fault(f"{place}/{path.name}", 0, str(error))


# A new one

METADATA = """title.zh = "……"
title.en = "…"
question.zh = "哪些人……？"
question.en = "Who …?"
sentence.zh = "{{person}} ……[，在{{village}}]"
sentence.en = "{{person}} …[, in {{village}}]"
status = "experimental"
why.zh = "……"
why.en = "…"
innocent_explanations.zh = ["……"]
innocent_explanations.en = ["…"]
needs = ["payments"]
anchor = "person"
identity = ["person", "programme"]
event = "payment"

[columns]
person = "Person"
programme = "Programme"
payment = "Payment"
village = "Village"
amount = "amount"
day = "date"

[[check]]
id = "paid"
for.zh = "……"
for.en = "…"
"""
TEXT = """MATCH (person:Person)
MATCH received = (person)<-[:TO]-(payment:Payment)
WHERE coalesce(payment.date, $as_of) <= $as_of
MATCH (programme:Programme {key: payment.programme})
OPTIONAL MATCH (village:Village {key: payment.village})
RETURN person, programme, payment, village, payment.amount AS amount, payment.date AS day,
       'medium' AS level, {paid: 'for'} AS checks, [received] AS evidence, [p = (payment)-[:UNDER]->() | p] AS context
"""
CASE = '''about = "……"
people = { "钱某" = "男 1960-01-02" }

[tables]
"补贴发放" = """
身份证号,项目编码,金额,发放日期
钱某,低保,300,2019-06-01
"""
'''
FOUND = """
[[lead]]
level = "medium"
persons = ["钱某"]
things = ["低保"]
amount = 300.0
"""


@dataclass(frozen=True)
class Outline:
    """What a new query begins with: its Cypher, what it is called and asks, and its parameters with their values."""

    text: str
    title: str = ""
    question: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def start(pack: Pack, id: str, outline: Outline | None = None, folder: Path | None = None) -> list[Path]:
    """Writes the files of a new query with gaps to fill, and gives them. `outline`: what to begin with.

    Raises GuanxiError for a name that cannot be or is taken.
    """
    folder = folder or FOLDER
    if not re.fullmatch(r"[a-z][a-z0-9_]*", id):
        raise GuanxiError(f"{id!r} cannot be a query's name: use small letters, digits and _.")
    taken = next(iter(folder.glob(f"*/{id}.*")), None)
    if taken:
        raise GuanxiError(f"{taken.relative_to(folder)} is there already: choose another name.")
    cases = folder / pack.id / "cases" / id
    cases.mkdir(parents=True, exist_ok=True)
    files = {
        folder / pack.id / f"{id}.toml": _metadata(outline),
        folder / pack.id / f"{id}.cypher": outline.text.rstrip() + "\n" if outline else TEXT,
        cases / "hit_first.toml": CASE + FOUND,
        cases / "hit_second.toml": CASE + FOUND,
        cases / "miss_first.toml": CASE,
    }
    for path, content in files.items():
        path.write_text(content, encoding="utf-8")
    return list(files)


def _metadata(outline: Outline | None) -> str:
    content = METADATA.replace("{{", "{").replace("}}", "}")
    if outline is None:
        return content
    content = _told(content, "title.zh", outline.title)
    content = _told(content, "question.zh", outline.question)
    for name, value in outline.parameters.items():
        kind = next(kind for kind, types in PARAMETER_TYPES.items() if isinstance(value, types))
        content += f'''
[[param]]
name = "{name}"
type = "{kind}"
default = {_quoted(value) if isinstance(value, str) else str(value).lower()}
help.zh = "……"
help.en = "…"
'''
    return content


def _told(content: str, name: str, said: str) -> str:
    """The metadata with a gap filled, if there is something to say."""
    lines = [
        f"{name} = {_quoted(said)}" if said.strip() and line.startswith(f"{name} = ") else line
        for line in content.split("\n")
    ]
    return "\n".join(lines)


def _quoted(said: str) -> str:
    return json.dumps(" ".join(said.split()), ensure_ascii=False)
