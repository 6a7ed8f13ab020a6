"""Detection: runs the queries of the packs on the graph and makes one finding a lead from their rows."""

import hashlib
import json
import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import neo4j
from neo4j import READ_ACCESS, NotificationMinimumSeverity
from neo4j.exceptions import ClientError, Neo4jError, TransientError
from neo4j.graph import Node
from neo4j.time import Date

from backend import sentences
from backend.findings import BY_URGENCY, Check, Finding, Party, Thing
from backend.networks import Network
from backend.packs import WRITES, Packs, Query, other_columns
from graph_loader.evidence import Evidence
from graph_loader.secret import Secret, secret_of
from graph_loader.sources import load_sources

SECONDS = 900
"""A query that takes longer is stopped, and reported as broken."""

KEY_DIGITS = 16
"""Hex digits of a lead key after the query's id (house contract)."""

LATEST = """
MATCH (n:{label}) WHERE n.{property} <= date() RETURN n.{property} AS day ORDER BY day DESC LIMIT 1
"""
DATED = (
    ("Payment", "date"), ("Voucher", "date"), ("Contract", "signed"), ("ContractChange", "date"),
    ("Application", "accepted"), ("Application", "approved_on"), ("Posting", "date"),
)  # fmt: skip
"""What the as-of day follows (domain rule 'As of'); a change of a contract counts as one."""


@dataclass(frozen=True)
class QueryRun:
    """One query of a run: `ran` with its findings, `not_run` with the tables it waits for, or `broken` with the reason."""

    query: str
    pack: str
    status: str
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Detection:
    as_of: date
    queries: tuple[QueryRun, ...]
    seconds: float


def detect(
    home: Path,
    driver: neo4j.Driver,
    packs: Packs,
    *,
    as_of: date | None = None,
    pack: str | None = None,
    query: str | None = None,
    touched: Mapping[str, Collection[str] | None] | None = None,
    leads: Sequence[Mapping[str, Any]] | None = None,
) -> Detection:
    """Runs all queries, those of one pack, or one. `touched` (query id → keys of anchors, None for all) looks at these only.
    `leads`: what queries about leads are given, as `told` makes it; by default what all other queries find here.

    Raises GuanxiError for a pack or query that does not exist.
    """
    started = time.perf_counter()
    as_of = as_of or latest_day(driver)
    chosen = packs.chosen(pack, query)
    with reading(driver) as session:

        def begin() -> neo4j.Transaction:
            return session.begin_transaction(timeout=SECONDS)

        runs = _look(Evidence(home), secret_of(home), begin, packs, chosen, as_of, touched, leads)
    return Detection(as_of, runs, time.perf_counter() - started)


def detect_within(
    transaction: neo4j.Transaction,
    evidence: Evidence,
    secret: Secret,
    packs: Packs,
    as_of: date,
    touched: Mapping[str, Collection[str] | None],
) -> tuple[QueryRun, ...]:
    """The same inside a transaction that somebody else ends, of queries about the graph. `evidence`: what it holds."""
    chosen = packs.about_leads(False)
    return _look(evidence, secret, lambda: nullcontext(transaction), packs, chosen, as_of, touched, ())


def _look(
    evidence: Evidence,
    secret: Secret,
    begin: Callable[[], AbstractContextManager[neo4j.Transaction]],
    packs: Packs,
    chosen: Packs,
    as_of: date,
    touched: Mapping[str, Collection[str] | None] | None,
    leads: Sequence[Mapping[str, Any]] | None,
) -> tuple[QueryRun, ...]:
    delivered = evidence.delivered()
    runs = [QueryRun(each.id, each.pack, "broken", reason=each.reason) for each in chosen.broken]
    wanted = [one for one in chosen.queries if one.status != "retired"]
    about_leads = [one for one in wanted if one.is_about_leads]
    first = [one for one in wanted if not one.is_about_leads]
    if about_leads and leads is None:
        first = [one for one in packs.queries if not one.is_about_leads and one.status != "retired"]
    found: dict[str, list[_Lead]] = {}
    made: dict[str, QueryRun] = {}
    for one in (*first, *about_leads):
        anchors = None if touched is None or one.is_about_leads else touched.get(one.id, ())
        if one.is_about_leads and leads is None:
            leads = [lead.told() for some in found.values() for lead in some]
        about = leads if leads and one.is_about_leads else ()
        if missing := one.missing(delivered):
            made[one.id], found[one.id] = QueryRun(one.id, one.pack.id, "not_run", missing=missing), []
        elif anchors is not None and not anchors:  # nothing that it starts from was touched
            made[one.id], found[one.id] = QueryRun(one.id, one.pack.id, "ran"), []
        else:
            made[one.id], found[one.id] = _run(begin, one, delivered, as_of, secret, anchors, about)
    shown = [lead for one in wanted for lead in found[one.id]]
    traced = {element for lead in shown for element in lead.network.traced()}
    sources = evidence.sources_of(sorted(traced)) if traced else {}
    runs += [replace(made[one.id], findings=tuple(lead.finding(sources) for lead in found[one.id])) for one in wanted]
    return tuple(runs)


def told(
    query: Query,
    key: str,
    level: str,
    persons: Iterable[tuple[str, str, str]],
    things: Iterable[tuple[str, str, str]],
    identity: Mapping[str, str],
    village: str | None,
) -> dict[str, Any]:
    """A lead as queries about leads are given it. `persons`: role, key and name; `things`: label, key and name.

    Gives `key, query, title, title_en, level, village` (code or None), `persons` (keys of all), `names` (theirs), `accused` (keys of the
    people and companies it is held against), `projects` and `programmes` (keys), `project_names` and `programme_names`."""
    people, held = list(persons), set(query.accuses)
    accused = {ref for role, ref, _ in people if role in held} | {identity[name] for name in held if name in identity}
    named = list(things)
    return {
        "key": key,
        "query": query.id,
        "title": query.title["zh"],
        "title_en": query.title["en"],
        "level": level,
        "village": village,
        "persons": [ref for _, ref, _ in people],
        "names": [name for _, _, name in people],
        "accused": sorted(accused),
        "projects": [key for label, key, _ in named if label == "Project"],
        "project_names": [name for label, _, name in named if label == "Project"],
        "programmes": [key for label, key, _ in named if label == "Programme"],
        "programme_names": [name for label, _, name in named if label == "Programme"],
    }


def latest_day(driver: neo4j.Driver) -> date:
    """The latest date of any payment, voucher, contract, application or posting, but not after today; today without any."""
    days = []
    with reading(driver) as session:
        for label, property in DATED:
            record = session.run(LATEST.format(label=label, property=property)).single()
            if record and record["day"]:
                days.append(record["day"].to_native())
    return max(days, default=date.today())


def reading(driver: neo4j.Driver) -> neo4j.Session:
    """A session that only reads; that a small county lacks a property some query asks for is no news to anybody."""
    return driver.session(default_access_mode=READ_ACCESS, notifications_min_severity=NotificationMinimumSeverity.OFF)


def _run(
    begin: Callable[[], AbstractContextManager[neo4j.Transaction]],
    query: Query,
    delivered: set[str],
    as_of: date,
    secret: Secret,
    touched: Collection[str] | None,
    about: Sequence[Mapping[str, Any]],
) -> tuple[QueryRun, list["_Lead"]]:
    started = time.perf_counter()
    leads: dict[str, _Lead] = {}
    parameters = {**query.defaults, "as_of": as_of}
    given = {**parameters, "touched": list(touched or ()), "leads": list(about)}
    known = {str(lead["key"]) for lead in about}
    try:
        with begin() as transaction:
            result = transaction.run(query.statement(touched is not None), given)
            if fault := other_columns(query, result.keys()):
                raise _BadRow(fault)
            for record in result:
                row = _Row(query, record)
                key = lead_key(secret, query.id, row.identity)
                leads.setdefault(key, _Lead(key, query, parameters, delivered, frozenset(known))).add(row)
    except (ClientError, TransientError) as error:
        return QueryRun(query.id, query.pack.id, "broken", reason=_why(error)), []
    except _BadRow as fault:
        return QueryRun(query.id, query.pack.id, "broken", reason=str(fault)), []
    run = QueryRun(query.id, query.pack.id, "ran", seconds=time.perf_counter() - started)
    return run, [leads[key] for key in sorted(leads)]


def lead_key(secret: Secret, query: str, identity: Mapping[str, str]) -> str:
    """`<query>-` and 16 hex digits: the same on every run and machine with the same secret."""
    text = json.dumps([query, dict(identity)], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{query}-{secret.digest(text)[:KEY_DIGITS]}"


def _why(error: Neo4jError) -> str:
    code = error.code or ""
    if "Terminated" in code or "TimedOut" in code:
        return f"it took longer than {SECONDS} seconds and was stopped"
    if code == "Neo.ClientError.Statement.AccessMode":
        return WRITES
    refused = code == "Neo.ClientError.Statement.SyntaxError"
    return f"the server {'refuses the text' if refused else 'gave up'}: {error.message}"


class _BadRow(Exception):
    """A row, or the columns of all, that do not keep to what the query declares."""


class _Row:
    """One row of a query, in plain Python values; nodes stay nodes, lists stay lists."""

    def __init__(self, query: Query, record: neo4j.Record) -> None:
        self.values = {name: _plain(record[name]) for name in query.columns}
        self.level: str = record["level"]
        if self.level not in BY_URGENCY:
            raise _BadRow(f"a row has the level {self.level!r}: return one of {', '.join(BY_URGENCY)}")
        self.checks: dict[str, str | None] = record["checks"]
        for id, result in self.checks.items():
            says = query.checks[id].says if id in query.checks else {}
            if result is not None and result not in says:
                raise _BadRow(
                    f"a row has the check `{id}` with {result!r}, for which the metadata has no sentence: add it"
                )
        self.evidence, self.context = record["evidence"], record["context"]
        self.identity = {name: _key(self.values[name]) for name in query.identity}
        if "" in self.identity.values():
            empty = ", ".join(name for name, key in self.identity.items() if not key)
            raise _BadRow(f"a row names no {empty}: what is in identity must be filled in every row")
        event = self.values[query.event] if query.event else None
        self.event = _key(event) or json.dumps(self.identity, sort_keys=True)
        self.amount: float | None = self.values.get("amount")
        self.day: date | None = self.values.get("day")

    def order(self) -> tuple[str, str, list[str]]:
        """By day and event, then by all they say: the server gives rows in any order, and a lead must read the same each time."""
        said = (self.values[name] for name in sorted(self.values))
        told = [",".join(sorted(map(_key, each))) if isinstance(each, list) else _key(each) for each in said]
        return str(self.day or ""), self.event, told


@dataclass
class _Lead:
    """The rows of one identity, gathered."""

    key: str
    query: Query
    parameters: dict[str, Any]
    delivered: set[str]
    about: frozenset[str] = frozenset()
    """Of a query about leads: the keys of those it was given."""
    rows: list[_Row] = field(default_factory=list)
    network: Network = field(default_factory=Network)

    def add(self, row: _Row) -> None:
        self.rows.append(row)
        self.network.draw(row.evidence, strong=True)
        self.network.draw(row.context, strong=False)

    def told(self) -> dict[str, Any]:
        """The lead as queries about leads are given it."""
        rows = sorted(self.rows, key=_Row.order)
        persons, things = self._parties(rows)
        village = _first(rows, "village")
        return told(
            self.query,
            self.key,
            min((row.level for row in rows), key=BY_URGENCY.index),
            [(person.role, person.ref, person.name) for person in persons],
            [(thing.label, thing.key, thing.name) for thing in things],
            rows[0].identity,
            village["key"] if village else None,
        )

    def finding(self, sources: Mapping[str, list[dict[str, Any]]]) -> Finding:
        """The lead as it goes to the ledger. Its level is the highest of its rows; money, span and rows cover them all."""
        rows = sorted(self.rows, key=_Row.order)
        level = min((row.level for row in rows), key=BY_URGENCY.index)
        deciding = [row for row in rows if row.level == level]
        about_events = _about_events(rows)
        checks = self._checks(rows)
        title = {
            language: sentences.fill(
                self.query.sentence[language], {**_values(deciding), **about_events}, self._types(), language
            )
            for language in sentences.LANGUAGES
        }
        persons, things = self._parties(rows)
        village = _first(rows, "village")
        network = self.network.folded()
        traced = {
            tuple(sorted(row.items())): row for element in self.network.traced() for row in sources.get(element, ())
        }
        return Finding(
            key=self.key,
            query=self.query.id,
            pack=self.query.pack.id,
            query_version=self.query.version,
            identity=rows[0].identity,
            level=level,
            title_zh=title["zh"],
            title_en=title["en"],
            persons=persons,
            things=things,
            checks=checks,
            amount=next(iter(about_events["amount"]), None),
            first_day=next(iter(about_events["from"]), None),
            last_day=next(iter(about_events["to"]), None),
            village=village["key"] if village else None,
            place=f"{village.get('town_name') or ''}{village.get('name') or village['key']}" if village else "",
            town=village.get("town_name") or "" if village else "",
            network=network,
            rows=tuple(sorted(traced.values(), key=_row_order)),
            parameters={
                name: str(value) if isinstance(value, date) else value for name, value in self.parameters.items()
            },
            basis_hash=_hash([level, title, [vars(check) for check in checks], self._facts()]),
            leads=tuple(
                sorted(
                    {str(said) for row in rows for value in row.values.values() for said in _each(value)} & self.about
                )
            ),
        )

    def _types(self) -> dict[str, str]:
        return {**self.query.columns, "amount": "amount", "from": "date", "to": "date", "count": "integer"}

    def _facts(self) -> list[Any]:
        drawn = [*self.network.nodes.values(), *self.network.edges.values()]
        return [[element["id"], element["props"]] for element in sorted(drawn, key=lambda element: str(element["id"]))]

    def _checks(self, rows: list[_Row]) -> tuple[Check, ...]:
        """One sentence for each result of each check; where events differ, each sentence says for how many it holds."""
        made = []
        total = len({row.event for row in rows})
        for id, words in self.query.checks.items():
            absent = words.table if words.table and words.table not in self.delivered else None
            by_result: dict[str, list[_Row]] = {}
            for row in rows:
                if result := row.checks.get(id):
                    by_result.setdefault("missing" if absent else result, []).append(row)
            for result in sorted(by_result, key=("for", "against", "missing").index):
                about = by_result[result]
                held = len({row.event for row in about})
                said = {}
                for language in sentences.LANGUAGES:
                    values = {**_values(about), **_about_events(about)}
                    said[language] = sentences.fill(words.says[result][language], values, self._types(), language)
                if absent:
                    title = load_sources()[absent].title
                    said = {
                        "zh": f"{said['zh']}：未收到《{title}》",
                        "en": f"{said['en']}: the table {title} was not delivered",
                    }
                elif held < total:
                    said = {
                        "zh": f"{said['zh']}（{total} 笔中的 {held} 笔）",
                        "en": f"{said['en']} ({held} of {total})",
                    }
                made.append(Check(id, result, said["zh"], said["en"]))
        told = {self.query.checks[check.id].table for check in made if check.result == "missing"}
        for table in self.query.uses:
            if table not in self.delivered and table not in told:
                title = load_sources()[table].title
                zh = f"与《{title}》有关的核对无法进行：未收到该表"
                en = f"what the table {title} would tell could not be checked: it was not delivered"
                made.append(Check(table, "missing", zh, en))
        return tuple(made)

    def _parties(self, rows: list[_Row]) -> tuple[tuple[Party, ...], tuple[Thing, ...]]:
        """People and things, those of the identity first; a person is named once, payments are only in the network."""
        persons: dict[str, Party] = {}
        things: dict[tuple[str, str], Thing] = {}
        names = [*self.query.identity, *(name for name in self.query.columns if name not in self.query.identity)]
        for name in names:
            of_identity = name in self.query.identity
            for value in (value for row in rows for value in _each(row.values[name])):
                if not isinstance(value, Node):
                    if of_identity:
                        things.setdefault(("Kind", str(value)), Thing("Kind", str(value), str(value)))
                elif "Person" in value.labels:
                    party = Party(name, _name(value), value.get("id_masked", ""), value["key"])
                    persons.setdefault(party.ref, party)
                elif of_identity or "Payment" not in value.labels:
                    thing = _thing(value)
                    things.setdefault((thing.label, thing.ref or thing.key), thing)
        return tuple(persons.values()), tuple(things.values())


def _about_events(rows: list[_Row]) -> dict[str, list[Any]]:
    """Money, number and span of the different events: an event that stands in several rows counts once."""
    events = {row.event: row for row in rows}
    amounts = [row.amount for row in events.values() if row.amount is not None]
    days = [row.day for row in events.values() if row.day is not None]
    return {
        "amount": [round(math.fsum(amounts), 2)] if amounts else [],
        "count": [len(events)],
        "from": [min(days)] if days else [],
        "to": [max(days)] if days else [],
    }


def _values(rows: Iterable[_Row]) -> dict[str, list[Any]]:
    """The different values of each column, nodes by name, in the order of the events."""
    values: dict[str, dict[Any, None]] = {}
    for row in rows:
        for name, value in row.values.items():
            known = values.setdefault(name, {})
            known.update(dict.fromkeys(_name(one) if isinstance(one, Node) else one for one in _each(value)))
    return {name: list(known) for name, known in values.items()}


def _first(rows: Iterable[_Row], name: str) -> Node | None:
    return next((row.values[name] for row in rows if isinstance(row.values.get(name), Node)), None)


def _each(value: Any) -> list[Any]:
    if isinstance(value, list):
        return sorted(
            (one for one in value if one is not None), key=lambda one: one["key"] if isinstance(one, Node) else str(one)
        )
    return [] if value is None else [value]


def _plain(value: Any) -> Any:
    if isinstance(value, Date):
        return value.to_native()
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _key(value: Any) -> str:
    if isinstance(value, Node):
        return str(value["key"])
    return "" if value is None else str(value)


def _name(node: Node) -> str:
    """What a sentence calls a node: a name of its own, else its masked number or business key."""
    if node.labels & {"Payment", "Application", "Tip"}:
        return str(node["key"])
    return str(node.get("name") or node.get("id_masked") or node.get("number_masked") or node["key"])


def _thing(node: Node) -> Thing:
    label = next(iter(node.labels))
    if label == "Account":
        return Thing(label, node.get("number_masked", ""), _name(node), node["key"])
    return Thing(label, node["key"], _name(node))


def _row_order(row: Mapping[str, Any]) -> tuple[str, str, str, str, int]:
    return str(row["table"]), str(row["delivery"]), str(row["file"]), str(row["sheet"]), int(row["row"])


def _hash(facts: Any) -> str:
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
