"""Query packs as they lie on disk: what each query says about itself, checked, so that a broken one is refused by name.

A pack is a folder of `queries/` with a `pack.toml`; a query is a `.toml` and a `.cypher` of the same stem in it, its cases in
`cases/<stem>/`. What several queries share (a parameter, a check) stands once in `queries/shared.toml`. `docs/add_a_query.md`
explains each entry.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, LiteralString, cast

import neo4j
from neo4j.exceptions import ClientError

from backend import sentences
from backend.conditions import without
from graph_loader import ontology
from graph_loader.errors import GuanxiError
from graph_loader.sources import load_sources

FOLDER = Path(__file__).parent.parent / "queries"

STATUSES = ("experimental", "stable", "retired")
RESULTS: tuple[str, ...] = ("for", "against", "missing")
PLAIN_TYPES = ("text", "integer", "percent", "chance", "amount", "date", "table")
"""Column types beside the labels of the graph: `percent` is a share of 1, `chance` a probability, small ones said as 1/n, `amount` 元,
`table` the id of a table, said by its title."""

COMMON = ("level", "checks", "evidence", "context")
"""What every query returns beside its columns: the level of the row, a map from check id to `for`, `against`, `missing` or
null (does not apply), the paths the suspicion rests on, and the paths drawn pale beside them."""

GIVEN = frozenset({"as_of", "touched", "leads"})
"""Parameters that every query gets: the day of the run, the keys of the anchors to look at, and the open leads of other queries."""

NOT_YET = re.compile(
    r"coalesce\([\w.,\s]*,\s*\$as_of\)\s*<=\s*\$as_of"
    r"|coalesce\(\w+\.\w+\s*<=\s*\$as_of,\s*(?:true|false)\)"
    r"|(?:\bWHERE|\bAND|<=?)\s+(?:coalesce\([\w.,\s]*\)|\w+\.\w+)\s*<=\s*\$as_of(?!\s*<)"
)
"""How a query leaves out what has not happened by the day of the run: a date as it is written."""

WAITS = re.compile(
    r"duration\(\{(days|months): (?:\$(\w+)|(\d+))\}\)(?:\s*-\s*duration\(\{days: 1\}\))?\s*<=?\s*\$as_of"
)
"""How a query waits for a number of days or months after a date as it is written, or after the month in which it lies."""

PARAMETER_TYPES: dict[str, Any] = {"integer": int, "number": (int, float), "text": str, "date": date}
STEM = re.compile(r"[a-z][a-z0-9_]*")
NAME = re.compile(r"[a-z][a-z_]*")

Words = Mapping[str, str]
"""A text in both languages: `{"zh": …, "en": …}`."""


@dataclass(frozen=True)
class Pack:
    id: str
    title: Words
    summary: Words
    order: int


@dataclass(frozen=True)
class Parameter:
    """A threshold of a query. Bounds are inclusive."""

    name: str
    type: str
    default: Any
    help: Words
    min: Any = None
    max: Any = None


@dataclass(frozen=True)
class CheckWords:
    """What a check says by its result. `table` is the table without which it could not be made."""

    id: str
    says: Mapping[str, Words]
    table: str | None = None


@dataclass(frozen=True)
class NullModel:
    """What chance alone would give, which the check `check` holds against what was found. `source`: where the method is described."""

    check: str
    method: Words
    source: str


@dataclass(frozen=True)
class Clear:
    """What clears a suspicion: one or several conditions of the text that stand for one reason, and the sentence that says so.
    `text`: the text without them."""

    conditions: tuple[str, ...]
    says: Words
    text: str


@dataclass(frozen=True)
class Query:
    """One query with everything it says about itself. `needs` lists alternatives: of each entry one table must be there.
    `event` is the column that tells events apart, so that none is counted twice; without it each row is one."""

    id: str
    pack: Pack
    text: str
    title: Words
    question: Words
    sentence: Words
    status: str
    why: Words
    innocent_explanations: Mapping[str, tuple[str, ...]]
    blind_spots: Mapping[str, tuple[str, ...]]
    next_steps: Mapping[str, tuple[str, ...]]
    legal_basis: Mapping[str, tuple[str, ...]]
    needs: tuple[tuple[str, ...], ...]
    uses: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    columns: Mapping[str, str]
    identity: tuple[str, ...]
    accuses: tuple[str, ...]
    """Columns of the people and companies that a lead is held against; not those who only benefited."""
    anchor: str
    event: str | None
    checks: Mapping[str, CheckWords]
    null_model: NullModel | None
    clears: tuple[Clear, ...]
    """What keeps look-alikes out, each a condition of the text that can be dropped."""
    version: str
    cases: tuple[Path, ...] = field(compare=False)

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: parameter.default for name, parameter in self.parameters.items()}

    def tuned(self, values: Mapping[str, Any]) -> "Query":
        """With other values of its parameters; one out of bounds, or of a parameter that it does not have, is left out."""
        parameters = dict(self.parameters)
        for name, value in values.items():
            if parameter := parameters.get(name):
                known = date.fromisoformat(value) if isinstance(parameter.default, date) else value
                low, high = parameter.min, parameter.max
                if (low is None or known >= low) and (high is None or known <= high):
                    parameters[name] = replace(parameter, default=known)
        return replace(self, parameters=parameters)

    def missing(self, delivered: set[str]) -> tuple[str, ...]:
        """Tables whose delivery it waits for; of alternatives none of which is there, all."""
        return tuple(table for choices in self.needs if not delivered & set(choices) for table in choices)

    @property
    def pointing(self) -> tuple[str, ...]:
        """The levels at which it points at somebody: high and medium, or low where it knows no more urgent one."""
        urgent = tuple(level for level in ("high", "medium") if f"'{level}'" in self.text)
        return urgent or (("high", "medium") if self.is_about_leads else ("low",))

    @property
    def is_about_leads(self) -> bool:
        """Whether it looks at the open leads of other queries, and so runs after them."""
        return "$leads" in self.text

    @property
    def watches_the_clock(self) -> bool:
        """Whether a later day alone may change anything that it finds: its text asks for the day otherwise than to leave out what is
        later and to wait for some days."""
        return "$as_of" in WAITS.sub("", NOT_YET.sub("", self.text))

    @property
    def waits(self) -> frozenset[tuple[str, int]]:
        """The days and months that it waits for: `("days", 30)`."""
        found = WAITS.findall(self.text)
        return frozenset((unit, int(self.defaults[named] if named else number)) for unit, named, number in found)

    def statement(self, touched: bool = False) -> LiteralString:
        """The text to run; with `touched` only the anchors whose keys are in `$touched` are looked at."""
        if not touched:
            return cast(LiteralString, self.text)
        found = [
            f"MATCH ({self.anchor}:{label.strip()}) WHERE {self.anchor}.key IN $touched"
            for label in self.columns[self.anchor].split("|")
        ]
        # Of several labels each is looked up by its own index.
        prefix = (
            found[0]
            if len(found) == 1
            else "CALL () { " + " UNION ".join(f"{one} RETURN {self.anchor}" for one in found) + " }"
        )
        return cast(LiteralString, f"{prefix}\n{self.text}")


@dataclass(frozen=True)
class BrokenQuery:
    """A query that is not run, and why: `reason` says what is wrong and how to mend it."""

    id: str
    file: str
    reason: str

    @property
    def pack(self) -> str:
        return self.file.split("/")[0]


@dataclass(frozen=True)
class Packs:
    packs: tuple[Pack, ...]
    queries: tuple[Query, ...]
    broken: tuple[BrokenQuery, ...]

    def chosen(self, pack: str | None = None, query: str | None = None) -> "Packs":
        """The queries of one pack, or one query; all without either. Raises GuanxiError for a pack or query that does not exist."""
        ids = {one.id for one in self.queries} | {one.id for one in self.broken}
        if query is not None and query not in ids:
            raise GuanxiError(f"There is no query `{query}`: choose one of {', '.join(sorted(ids))}.")
        folders = {one.id for one in self.packs} | {one.pack for one in self.broken}
        if pack is not None and pack not in folders:
            raise GuanxiError(f"There is no pack `{pack}`: choose one of {', '.join(sorted(folders))}.")
        return Packs(
            self.packs,
            tuple(one for one in self.queries if query in (None, one.id) and pack in (None, one.pack.id)),
            tuple(one for one in self.broken if query in (None, one.id) and pack in (None, one.pack)),
        )

    def about_leads(self, about: bool) -> "Packs":
        """Only those about leads, or only the others, which know of what is broken."""
        queries = tuple(one for one in self.queries if one.is_about_leads == about)
        return Packs(self.packs, queries, () if about else self.broken)

    def query(self, id: str) -> Query | None:
        return next((query for query in self.queries if query.id == id), None)


class _Broken(Exception):
    """A fault found while reading; its text becomes the reason."""


def load_packs(folder: Path | None = None) -> Packs:
    """All packs of a folder, in order. Never raises for a fault of the content: what is broken is listed as such."""
    folder = folder or FOLDER
    packs: list[Pack] = []
    queries: list[Query] = []
    broken: list[BrokenQuery] = []
    try:
        shared = _shared(folder / "shared.toml")
    except _Broken as fault:
        return Packs((), (), (BrokenQuery("shared", "shared.toml", str(fault)),))
    for pack_file in sorted(folder.glob("*/pack.toml")):
        place = pack_file.parent.name
        try:
            pack = _pack(pack_file)
        except _Broken as fault:
            broken.append(BrokenQuery(place, f"{place}/pack.toml", str(fault)))
            continue
        packs.append(pack)
        metadata = {path.stem for path in pack_file.parent.glob("*.toml")} - {"pack"}
        for stem in sorted(metadata | {path.stem for path in pack_file.parent.glob("*.cypher")}):
            try:
                queries.append(_query(pack, pack_file.parent, stem, shared))
            except _Broken as fault:
                broken.append(BrokenQuery(stem, f"{place}/{stem}", str(fault)))
    for id in sorted({query.id for query in queries}):
        double = [query for query in queries if query.id == id][1:]
        for query in double:
            queries.remove(query)
            reason = "another pack has a query of the same name: ids are unique, rename the newer files"
            broken.append(BrokenQuery(id, f"{query.pack.id}/{id}", reason))
    packs.sort(key=lambda pack: (pack.order, pack.id))
    queries.sort(key=lambda query: (query.pack.order, query.pack.id, query.id))
    return Packs(tuple(packs), tuple(queries), tuple(broken))


WRITES = "the text writes: a query only reads, take out CREATE, MERGE, SET, DELETE …"


def check_on_server(session: neo4j.Session, query: Query) -> BrokenQuery | None:
    """Has the server plan the query: faults of syntax, anything but reading, and other columns than declared are named."""
    file = f"{query.pack.id}/{query.id}.cypher"
    try:
        with session.begin_transaction() as transaction:
            result = transaction.run("EXPLAIN " + query.statement(), {**query.defaults, "as_of": None, "leads": []})
            columns, summary = result.keys(), result.consume()
    except ClientError as error:
        return BrokenQuery(query.id, file, f"the server refuses the text: {error.message}")
    if summary.query_type != "r":
        return BrokenQuery(query.id, file, WRITES)
    fault = other_columns(query, columns)
    return BrokenQuery(query.id, file, fault) if fault else None


def other_columns(query: Query, columns: Iterable[str]) -> str | None:
    """What is wrong with the columns that the text returns; None when they are those declared."""
    expected, returned = {*query.columns, *COMMON}, set(columns)
    lacking, extra = sorted(expected - returned), sorted(returned - expected)
    faults = [f"RETURN lacks {', '.join(lacking)}"] if lacking else []
    faults += [f"RETURN has {', '.join(extra)}, which [columns] of {query.id}.toml does not declare"] if extra else []
    return "; ".join(faults) + ": make the two alike" if faults else None


# Reading


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _Broken(f"{path.name} is not there: write it beside the other file of the same name") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _Broken(f"{path.name} is not valid TOML in UTF-8 ({error}): mend that line") from None


def _shared(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    content = _toml(path) if path.exists() else {}
    _known(content, {"param", "check"}, set())
    return {
        "param": {entry.get("name", ""): entry for entry in content.get("param", [])},
        "check": {entry.get("id", ""): entry for entry in content.get("check", [])},
    }


def _pack(path: Path) -> Pack:
    content = _toml(path)
    _known(content, {"title", "summary", "order"}, {"title", "summary"})
    order = content.get("order", 100)
    if not isinstance(order, int):
        raise _Broken("`order` is not a whole number: 10, 20, 30 … put the packs in order")
    return Pack(path.parent.name, _words(content, "title"), _words(content, "summary"), order)


LISTS = ("innocent_explanations", "blind_spots", "next_steps", "legal_basis")
REQUIRED = {
    "title", "question", "sentence", "status", "why", "innocent_explanations", "needs", "columns", "identity", "anchor",
}  # fmt: skip
KNOWN = REQUIRED | {
    "blind_spots",
    "next_steps",
    "legal_basis",
    "uses",
    "accuses",
    "param",
    "check",
    "event",
    "null_model",
    "clear",
}


def _query(pack: Pack, folder: Path, stem: str, shared: dict[str, dict[str, dict[str, Any]]]) -> Query:
    if not STEM.fullmatch(stem):
        raise _Broken("the file's name is the query's id: small letters, digits and _ only, rename it")
    content = _toml(folder / f"{stem}.toml")
    _known(content, KNOWN, REQUIRED)
    text = _text(folder / f"{stem}.cypher")
    if content["status"] not in STATUSES:
        raise _Broken(f"`status` is {content['status']!r}: use one of {', '.join(STATUSES)}")
    for name, shape in (
        ("columns", dict),
        ("identity", list),
        ("needs", list),
        ("uses", list),
        ("accuses", list),
        ("anchor", str),
    ):
        if name in content and not isinstance(content[name], shape):
            raise _Broken(f"`{name}` has the wrong shape: look at a neighbour")
    columns = _columns(content["columns"])
    identity, anchor, event = tuple(content["identity"]), content["anchor"], content.get("event")
    accuses = tuple(content.get("accuses", ()))
    for name in (*identity, *accuses, *((event,) if event else ())):
        if name not in columns:
            raise _Broken(
                f"`{name}` is named by identity, accuses or event but is no column: declare it under [columns]"
            )
    for name in accuses:
        if not {part.strip() for part in columns[name].split("|")} <= {"Person", "Company", "Village"}:
            raise _Broken(
                f"`accuses` names `{name}`, which is no Person, Company or Village: name who a lead is held against"
            )
    if anchor not in identity or columns[anchor] in PLAIN_TYPES:
        raise _Broken(f"the anchor `{anchor}` is not among the nodes of identity: choose one of them")
    starts = rf"MATCH \(\s*{anchor}\b" + (r"|UNWIND \$leads AS" if "$leads" in text else "")
    if not re.match(starts, re.sub(r"(?m)^\s*//.*\n", "", text).lstrip()):
        raise _Broken(f"the text does not start with MATCH ({anchor} …: start from the anchor")
    parameters = _parameters(content.get("param", []), shared["param"])
    asked = set(re.findall(r"\$(\w+)", text))
    for name in sorted(asked - GIVEN - parameters.keys()):
        raise _Broken(f"the text uses ${name}, which is no parameter: declare it as a [[param]]")
    for name in sorted(parameters.keys() - asked):
        raise _Broken(f"the parameter `{name}` is not used in the text: use it or take it out")
    checks = _checks(content.get("check", []), shared["check"], set(columns))
    sentence = _words(content, "sentence")
    _check_template("sentence", sentence, set(columns))
    merged = [content, [shared["param"].get(name) for name in parameters], [shared["check"].get(id) for id in checks]]
    version = sha256((text + json.dumps(merged, ensure_ascii=False, sort_keys=True, default=str)).encode()).hexdigest()
    return Query(
        id=stem,
        pack=pack,
        text=text,
        title=_words(content, "title"),
        question=_words(content, "question"),
        sentence=sentence,
        status=content["status"],
        why=_words(content, "why"),
        **{name: _lists(content, name) for name in LISTS},
        needs=_needs(content["needs"]),
        uses=_needs_one(content.get("uses", [])),
        parameters=parameters,
        columns=columns,
        identity=identity,
        accuses=accuses,
        anchor=anchor,
        event=event,
        checks=checks,
        null_model=_null_model(content["null_model"], checks) if "null_model" in content else None,
        clears=_clears(content.get("clear", []), text),
        version=version[:12],
        cases=tuple(sorted((folder / "cases" / stem).glob("*.toml"))),
    )


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise _Broken(f"{path.name} is not there: write it beside {path.stem}.toml") from None
    except UnicodeDecodeError:
        raise _Broken(f"{path.name} is not UTF-8: save it as such") from None
    if ";" in re.sub(r"(?m)//.*$|'[^']*'", "", text).rstrip(";"):
        raise _Broken("the text holds more than one statement: keep one")
    return text.rstrip(";")


def _known(content: dict[str, Any], known: set[str], required: set[str]) -> None:
    for name in sorted(required - content.keys()):
        raise _Broken(f"`{name}` is missing: add it, a neighbour shows how")
    for name in sorted(content.keys() - known):
        raise _Broken(f"`{name}` is unknown: take it out or use one of {', '.join(sorted(known))}")


def _words(content: dict[str, Any], name: str) -> Words:
    words = content[name]
    if (
        not isinstance(words, dict)
        or set(words) != set(sentences.LANGUAGES)
        or not all(isinstance(text, str) and text.strip() for text in words.values())
    ):
        raise _Broken(f"`{name}` needs a text in both zh and en, and nothing else")
    return {language: words[language].strip() for language in sentences.LANGUAGES}


def _lists(content: dict[str, Any], name: str) -> Mapping[str, tuple[str, ...]]:
    words = content.get(name, {"zh": [], "en": []})
    if (
        not isinstance(words, dict)
        or set(words) != set(sentences.LANGUAGES)
        or not all(
            isinstance(lines, list) and all(isinstance(line, str) and line.strip() for line in lines)
            for lines in words.values()
        )
    ):
        raise _Broken(f"`{name}` needs a list of sentences in both zh and en")
    if name in REQUIRED and not all(words.values()):
        raise _Broken(f"`{name}` is empty: whom would the query wrongly point at?")
    return {language: tuple(words[language]) for language in sentences.LANGUAGES}


def _columns(content: dict[str, Any]) -> Mapping[str, str]:
    labels = ontology.load().nodes.keys()
    for name, type in content.items():
        if not NAME.fullmatch(name) or name in COMMON or name in sentences.ABOUT_EVENTS:
            raise _Broken(f"the column `{name}` needs another name: small letters and _, and none of the common ones")
        if type not in PLAIN_TYPES and not all(part.strip() in labels for part in str(type).split("|")):
            raise _Broken(f"the column `{name}` has the unknown type {type!r}: use a label of docs/graph.md or one of "
                          f"{', '.join(PLAIN_TYPES)}")  # fmt: skip
    if content.get("amount", "amount") != "amount" or content.get("day", "date") != "date":
        raise _Broken(
            "the columns `amount` and `day` are the money and date of one event: give them the types amount, date"
        )
    return dict(content)


def _parameters(entries: list[dict[str, Any]], shared: dict[str, dict[str, Any]]) -> Mapping[str, Parameter]:
    parameters = {}
    for entry in entries:
        content = {**shared.get(entry.get("name", ""), {}), **entry}
        _known(content, {"name", "type", "default", "min", "max", "help"}, {"name", "type", "default", "help"})
        content["help"] = _words(content, "help")
        parameter = Parameter(**content)
        kind = PARAMETER_TYPES.get(parameter.type)
        if kind is None or not isinstance(parameter.default, kind):
            raise _Broken(
                f"the parameter `{parameter.name}` needs a type of {', '.join(PARAMETER_TYPES)} and a default of it"
            )
        low, high = parameter.min, parameter.max
        if (low is not None and parameter.default < low) or (high is not None and parameter.default > high):
            raise _Broken(f"the default of `{parameter.name}` lies outside its own bounds: mend either")
        parameters[parameter.name] = parameter
    return parameters


def _checks(
    entries: list[dict[str, Any]], shared: dict[str, dict[str, Any]], columns: set[str]
) -> Mapping[str, CheckWords]:
    checks = {}
    for entry in entries:
        content = {**shared.get(entry.get("id", ""), {}), **entry}
        _known(content, {"id", "table", "for", "against", "missing"}, {"id"})
        says = {result: _words(content, result) for result in RESULTS if result in content}
        if not says:
            raise _Broken(f"the check `{content['id']}` says nothing: give it `for`, `against` or `missing`")
        if "table" in content:
            _known_table(content["table"])
            if "missing" not in says:
                raise _Broken(
                    f"the check `{content['id']}` names a table but not what is said without it: add `missing`"
                )
        for result, words in says.items():
            _check_template(f"`{result}` of the check `{content['id']}`", words, columns)
        checks[content["id"]] = CheckWords(content["id"], says, content.get("table"))
    return checks


def _null_model(content: Any, checks: Mapping[str, CheckWords]) -> NullModel:
    if not isinstance(content, dict):
        raise _Broken("`null_model` has the wrong shape: look at relative_cluster")
    _known(content, {"check", "method", "source"}, {"check", "method", "source"})
    if content["check"] not in checks:
        raise _Broken(
            f"`null_model` names the check `{content['check']}`, which is none: name the one that says what was expected"
        )
    return NullModel(content["check"], _words(content, "method"), str(content["source"]))


def _clears(entries: list[dict[str, Any]], text: str) -> tuple[Clear, ...]:
    clears = []
    for entry in entries:
        _known(entry, {"condition", "says"}, {"condition", "says"})
        named = entry["condition"] if isinstance(entry["condition"], list) else [entry["condition"]]
        conditions = tuple(str(condition).strip() for condition in named)
        rest = text
        for condition in conditions:
            dropped = without(rest, condition)
            if dropped is None:
                raise _Broken(
                    f"`clear` names {' '.join(condition.split())!r}, which is no condition of the text: "
                    "copy one that stands between WHERE, AND and OR"
                )
            rest = dropped
        clears.append(Clear(conditions, _words(entry, "says"), rest))
    return tuple(clears)


def _check_template(where: str, words: Words, columns: set[str]) -> None:
    for language, template in words.items():
        if fault := sentences.fault_of(template):
            raise _Broken(f"{where} ({language}): {fault}")
        for name in sorted(sentences.gaps(template) - columns - sentences.ABOUT_EVENTS):
            raise _Broken(f"{where} ({language}) asks for {{{name}}}, which is no column: declare it or use another")


def _needs(entries: list[Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(_needs_one(str(entry).split("|")) for entry in entries)


def _needs_one(tables: list[Any]) -> tuple[str, ...]:
    return tuple(_known_table(str(table).strip()) for table in tables)


def _known_table(table: str) -> str:
    if table not in load_sources():
        raise _Broken(f"there is no table `{table}`: use the name of a folder in graph_loader/sources")
    return table
