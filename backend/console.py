"""The analysts' console: a Cypher text is run only if the server plans it as reading and every step of the plan is one that reads the
graph and nothing else; with a limit of time and rows, in a transaction that is always rolled back.

Neo4j Community has no roles, and a session that only reads may still call procedures, read files and addresses (LOAD CSV), show
settings or end other people's queries: each of these shows in the plan as an operator that is not on the list.
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString, cast

import neo4j
from neo4j.exceptions import ClientError, DatabaseError, Neo4jError, TransientError
from neo4j.graph import Node, Relationship
from neo4j.graph import Path as GraphPath
from neo4j.time import Date, DateTime, Duration, Time

from backend.detection import reading
from backend.exploration import edge_of, element_of
from graph_loader.errors import GuanxiError

ROWS = 1_000
SECONDS = 30
LONGEST = 20_000
"""Characters of a text."""

EXAMPLE = "MATCH (p:Person)-[:HOLDS_POST]->(v:Village) RETURN p, v LIMIT 20"
"""What an empty console shows."""

READS = frozenset((Path(__file__).parent / "read_operators.txt").read_text(encoding="utf-8").split())
"""Operators that read nodes, relationships and their properties, or work on rows (Neo4j 5 manual, execution plan operators). None that
writes, calls a procedure, reads a file or an address, shows or changes settings, users or transactions, or runs another transaction."""


class Refused(GuanxiError):
    """A text that is not run, and why: one sentence in `zh` and `en`."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class Answer:
    """`rows`: values as JSON keeps them; `nodes` and `edges`: every element among them, as networks draw them; `more`: rows beyond
    the limit were left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    nodes: tuple[dict[str, Any], ...]
    edges: tuple[dict[str, Any], ...]
    more: bool
    seconds: float
    parameters: Mapping[str, Any] = field(default_factory=dict)


def ask(
    driver: neo4j.Driver,
    text: str,
    parameters: Mapping[str, Any] | None = None,
    rows: int = ROWS,
    seconds: float = SECONDS,
    ticket: str = "",
) -> Answer:
    """Runs a text that only reads. `ticket`: a name under which `stop` finds it.

    Raises Refused for a text that may do more than read, is not understood, takes too long or too much memory.
    """
    given, started = dict(parameters or {}), time.perf_counter()
    with reading(driver) as session:
        guard(session, text, given)
        try:
            transaction = session.begin_transaction(timeout=seconds, metadata={"console": ticket} if ticket else None)
            try:
                result = transaction.run(cast(LiteralString, text), given)
                columns = tuple(result.keys())
                taken = [tuple(record.values()) for record in _first(result, rows + 1)]
            finally:
                transaction.rollback()
        except (ClientError, TransientError, DatabaseError) as error:
            raise Refused(*_why(error, seconds)) from error
    found = _Elements()
    shown = tuple(tuple(found.plain(value) for value in row) for row in taken[:rows])
    return Answer(
        columns,
        shown,
        tuple(found.nodes.values()),
        tuple(found.edges.values()),
        len(taken) > rows,
        time.perf_counter() - started,
        given,
    )


def guard(session: neo4j.Session, text: str, parameters: Mapping[str, Any]) -> None:
    """Has the server plan the text. Raises Refused for one that does more than read the graph."""
    if not text.strip():
        raise Refused(
            "还没有写查询。例如：MATCH (p:Person) RETURN p LIMIT 10",
            "There is no query: write one, for instance MATCH (p:Person) RETURN p LIMIT 10.",
        )
    if len(text) > LONGEST:
        raise Refused(
            f"查询超过 {LONGEST:,} 个字符，请缩短。", f"The query has more than {LONGEST:,} characters: shorten it."
        )
    if first := re.match(r"\s*(EXPLAIN|PROFILE)\b", text, re.IGNORECASE):
        raise Refused(
            f"控制台只运行查询，不显示执行计划，请去掉 {first[1].upper()}。",
            f"The console runs queries and shows no plans: take out {first[1].upper()}.",
        )
    transaction = session.begin_transaction(timeout=SECONDS)
    try:
        # On a line of its own, and the whole text after it: nothing in the text can end or precede the EXPLAIN.
        summary = transaction.run(cast(LiteralString, "EXPLAIN\n" + text), dict(parameters)).consume()
    except Neo4jError as error:
        raise Refused(*_why(error, SECONDS)) from error
    finally:
        transaction.rollback()
    plan = cast(dict[str, Any] | None, summary.plan)
    if summary.query_type != "r" or plan is None:
        raise Refused(
            "这条查询不只是读取。请去掉 CREATE、MERGE、SET、DELETE、REMOVE 和对服务器的命令。",
            "The query does more than read: take out CREATE, MERGE, SET, DELETE, REMOVE and commands to the server.",
        )
    strange = sorted({name for name in _operators(plan) if name not in READS})
    if strange:
        raise Refused(
            f"这条查询做的不是读图（{'、'.join(strange)}）。控制台不能调用过程、读文件或网址、查看设置。",
            f"The query does something other than read the graph ({', '.join(strange)}): procedures, files, addresses and settings "
            "are not for the console.",
        )


def stop(driver: neo4j.Driver, ticket: str) -> bool:
    """Ends the server's work on a text that runs under a ticket; False when none does."""
    with driver.session() as session:
        found = session.run(
            "SHOW TRANSACTIONS YIELD transactionId, metaData WHERE metaData.console = $ticket RETURN transactionId AS id",
            ticket=ticket,
        )
        ids = [record["id"] for record in found]
        if ids:
            session.run("TERMINATE TRANSACTIONS $ids", ids=ids).consume()
    return bool(ids)


def _first(result: neo4j.Result, count: int) -> Iterator[neo4j.Record]:
    for number, record in enumerate(result, start=1):
        yield record
        if number == count:
            return


def _operators(plan: Mapping[str, Any]) -> Iterator[str]:
    yield str(plan["operatorType"]).split("@")[0]
    for child in plan.get("children", []):
        yield from _operators(child)


def _why(error: Neo4jError, seconds: float) -> tuple[str, str]:
    """Why the server gave up, in Chinese and English."""
    code, message = error.code or "", (error.message or "").split("\n")[0]
    if "TransactionTimedOut" in code or "Terminated" in code:
        return (
            f"查询超过 {seconds:g} 秒，或被人停止，已经结束。请缩小范围。",
            f"The query was stopped: it ran longer than {seconds:g} seconds, or somebody ended it. Ask for less.",
        )
    if "Memory" in code:
        return (
            "查询需要的内存超过上限。请缩小范围，或只计数不列出。",
            "The query needs more memory than one query may have: ask for less, or count instead of listing.",
        )
    if "ParameterMissing" in code:
        return f"参数没有填写：{message}", f"{message}: fill in the parameter."
    if "Syntax" in code:
        return f"看不懂这条查询：{message}", f"The query is not understood: {message}"
    return f"服务器拒绝了这条查询：{message}", f"The server refuses the query: {message}"


class _Elements:
    """Values as JSON keeps them, and the nodes and relationships met on the way."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.edges: dict[str, dict[str, Any]] = {}

    def plain(self, value: Any) -> Any:
        if isinstance(value, Node):
            element = element_of(value)
            self.nodes[element["id"]] = element
            return {"node": element["id"], "name": element["name"], "label": element["label"]}
        if isinstance(value, Relationship):
            if value.start_node is None or not value.start_node.labels:  # returned alone, it comes without its ends
                return {"type": value.type, **{name: self.plain(one) for name, one in value.items()}}
            edge = edge_of(value)
            self.edges[edge["id"]] = edge
            return {"relationship": edge["id"], "type": edge["type"]}
        if isinstance(value, GraphPath):
            return {"path": [self.plain(part) for part in (*value.nodes, *value.relationships)]}
        if isinstance(value, list | tuple):
            return [self.plain(one) for one in value]
        if isinstance(value, dict):
            return {name: self.plain(one) for name, one in value.items()}
        if isinstance(value, Date | DateTime | Time | Duration):
            return value.iso_format()
        if isinstance(value, bytes | bytearray):
            return value.hex()
        return value if isinstance(value, bool | int | float | str) or value is None else str(value)
