"""Cases of queries: a tiny drop in TOML and the leads it must give, written so that a clerk can read it.

`people` and `companies` stand in the tables by name: a name in a column of ID numbers, credit codes or accounts becomes a
valid number of its own, a village's name its code. Required columns that a table leaves out are filled from the defaults of
`queries/cases.toml`, from the name that belongs to the number, or, for the row's own number, with one that is new.

`releases` are procurement data as they are published, one release a line.

Numbers of people, companies, projects, contracts … are another in each case, so that many cases can be loaded as one drop.
"""

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from stdnum.cn import ric, uscc

from backend.detection import QueryRun
from backend.findings import Finding
from backend.packs import FOLDER
from graph_loader.errors import GuanxiError
from graph_loader.secret import Secret
from graph_loader.sources import Column, Source, load_sources

Rows = list[dict[str, Any]]

NUMBERS = ("person_id", "credit_code", "person_or_company_id")
NAMES = ("name", "company_name", "payee_name")
SHARED_KEYS = frozenset({"项目编码", "名册"})
"""Keys that mean the same in every case: programmes and registers."""
ORGANISATIONS = frozenset({"buyer", "procuringEntity", "tenderers", "suppliers", "payer", "payee"})
"""Where a release names a unit or a company."""
RELEASES = "采购公告"
"""What releases are shown and loaded as, beside the tables."""
KNOWN = {
    "about", "as_of", "people", "companies", "absent", "queries", "parameters", "tables", "releases", "lead", "not_run",
}  # fmt: skip
LEAD_KEY = re.compile(r"([a-z_]+)-[0-9a-f]{16}")
"""A lead in the identity of a lead about leads is named by its query."""
LEAD = {"level", "persons", "things", "accounts", "amount", "for", "against", "missing", "silent", "says", "drawn"}


@dataclass(frozen=True)
class ExpectedLead:
    """What is said of a lead; None is not compared. `persons` and `things` are those of the identity, in its order."""

    level: str
    persons: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    """Accounts of the identity, by what stands for their number in the tables."""
    amount: float | None = None
    says: str | None = None
    """A part of the title or of what a check says."""
    drawn: int | None = None
    """How many nodes and relationships its network has, folds as one."""
    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Result → ids of checks that must have it."""
    silent: tuple[str, ...] = ()
    """Ids of checks that must not be made: what they ask does not arise."""


@dataclass(frozen=True)
class Case:
    """`kind`: hit, miss or gap, from the file's name. `query`: the folder's name. `tables`: title → rows of texts. `releases`: OCDS."""

    path: Path
    kind: str
    query: str
    about: str
    as_of: date | None
    tables: dict[str, Rows]
    releases: Rows
    absent: frozenset[str]
    leads: tuple[ExpectedLead, ...]
    not_run: bool
    queries: tuple[str, ...]
    """Of a case of a query about leads: the queries whose leads it is about, whatever others would find in its rows."""
    parameters: Mapping[str, Any]
    """Thresholds of the query other than its defaults."""
    numbers: Mapping[str, str]
    """Name of a person, company or village, number of a project, contract … as written → the number that stands for it."""

    def faults(self, run: QueryRun, secret: Secret) -> list[str]:
        """How what the query found differs from what the case says, a sentence each; of a gap, that it was found after all."""
        if self.not_run:
            return [] if run.status == "not_run" else [f"the query is {run.status}, not not_run"]
        if run.status != "ran":
            return [f"the query is {run.status}: {run.reason or ', '.join(run.missing)}"]
        left = list(run.findings)
        faults = []
        for expected in self.leads:
            found = next((lead for lead in left if self._same(expected, lead, secret)), None)
            if found is None:
                faults += [] if self.kind == "gap" else [f"no lead of {self._told(expected)}"]
                continue
            left.remove(found)
            if self.kind == "gap":
                faults.append(f"found after all, make it a hit: {found.title_zh}")
            else:
                faults += self._differences(expected, found)
        return faults + [f"a lead nobody expects, {lead.level}: {lead.title_zh}" for lead in left]

    def _same(self, expected: ExpectedLead, lead: Finding, secret: Secret) -> bool:
        keys = [self._ref(name, lead, secret) for name in expected.persons]
        keys += [self._key(name) for name in expected.things]
        keys += [secret.ref("account", _account(name, self.numbers)) for name in expected.accounts]
        return sorted(keys) == sorted(LEAD_KEY.sub(r"\1", key) for key in lead.identity.values())

    def _ref(self, name: str, lead: Finding, secret: Secret) -> str:
        """The key of a person; one without a number in the case (its number was written wrong) is known by name only."""
        if name in self.numbers:
            return secret.ref("person", self.numbers[name])
        return next((party.ref for party in lead.persons if party.name == name), "")

    def _key(self, thing: str) -> str:
        """A business key as loaded; of a lot only the project's number before the # is another."""
        head, mark, tail = thing.partition("#")
        return self.numbers.get(head, head) + mark + tail

    def _told(self, expected: ExpectedLead) -> str:
        return "、".join([*expected.persons, *expected.things, *expected.accounts])

    def _differences(self, expected: ExpectedLead, lead: Finding) -> list[str]:
        faults = []
        if lead.level != expected.level:
            faults.append(f"{self._told(expected)} is {lead.level}, not {expected.level}")
        if expected.amount is not None and lead.amount != expected.amount:
            faults.append(f"{self._told(expected)} is about {lead.amount} 元, not {expected.amount}")
        said = [lead.title_zh, *(check.zh for check in lead.checks)]
        if expected.says is not None and not any(expected.says in sentence for sentence in said):
            faults.append(f"nothing it says reads so: {'；'.join(said)}")
        drawn = len(lead.network["nodes"]) + len(lead.network["edges"])
        if expected.drawn is not None and drawn != expected.drawn:
            faults.append(f"{self._told(expected)} is drawn with {drawn} nodes and relationships, not {expected.drawn}")
        made = {(check.id, check.result) for check in lead.checks}
        for result, ids in expected.checks.items():
            faults += [
                f"{self._told(expected)} has no check `{id}` with {result}" for id in ids if (id, result) not in made
            ]
        spoken = {id for id, _ in made}
        return faults + [f"{self._told(expected)} has a check `{id}`" for id in expected.silent if id in spoken]


def batches(cases: Iterable[Case], same_day: bool = True) -> list[list[Case]]:
    """The cases in groups that can be loaded as one drop: same tables left out, no number and no key with two meanings, and, to be
    looked at together, the same day and parameters."""
    groups: list[_Batch] = []
    for case in cases:
        if not any(group.takes(case, same_day) for group in groups):
            groups.append(_Batch(case))
    return [group.cases for group in groups]


class _Batch:
    """Cases that are loaded together, and what each key means in them."""

    def __init__(self, first: Case) -> None:
        self.cases: list[Case] = []
        self.marks: set[int] = set()
        self.rows: dict[tuple[str, ...], dict[str, str]] = {}
        self.takes(first, True)

    def takes(self, case: Case, same_day: bool) -> bool:
        """Whether the case went in with the others."""
        if self.cases:
            first = self.cases[0]
            apart = (first.as_of, first.parameters) != (case.as_of, case.parameters)
            if first.absent != case.absent or (same_day and apart):
                return False
        rows = dict(_keyed(case.tables))
        if _mark(case.path) in self.marks or any(self.rows.get(key, row) != row for key, row in rows.items()):
            return False
        self.cases.append(case)
        self.marks.add(_mark(case.path))
        self.rows.update(rows)
        return True


def _keyed(tables: Mapping[str, Rows]) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    titles = {source.title: source for source in load_sources().values()}
    for title, rows in tables.items():
        for row in rows:
            yield (title, *(row.get(name, "") for name in titles[title].key)), row
            if "乡镇编码" in row and "乡镇" in row:  # two towns of one name are nobody's government
                yield ("乡镇", row["乡镇"]), {"乡镇编码": row["乡镇编码"]}


def merged(cases: Iterable[Case]) -> dict[str, Rows]:
    """The tables of several cases as one; rows that several have, like the villages, once."""
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for case in cases:
        for title, rows in case.tables.items():
            tables.setdefault(title, {}).update({repr(sorted(row.items())): row for row in rows})
    return {title: list(rows.values()) for title, rows in tables.items()}


@dataclass(frozen=True)
class Example:
    """A case as its author wrote it, people by their names. `tables`: title → header and rows."""

    name: str
    kind: str
    about: str
    tables: Mapping[str, list[list[str]]]
    leads: tuple[ExpectedLead, ...]


def example(path: Path) -> Example:
    """A case to look at. Raises GuanxiError as `read_case` does."""
    content = _toml(path)
    tables = {title: list(csv.reader(io.StringIO(text.strip()))) for title, text in content.get("tables", {}).items()}
    if "releases" in content:
        tables[RELEASES] = [["JSON"], *([line] for line in content["releases"].strip().splitlines())]
    leads = tuple(_expected(path, lead) for lead in content.get("lead", []))
    return Example(path.stem, path.name.split("_")[0], content.get("about", ""), tables, leads)


def read_case(path: Path, shared: Path | None = None) -> Case:
    """The case of a file. Raises GuanxiError naming the file, what is wrong and how to mend it."""
    basis = _toml(shared or FOLDER / "cases.toml")
    content = _toml(path)
    kind = path.name.split("_")[0]
    if kind not in ("hit", "miss", "gap"):
        raise GuanxiError(f"{path.name}: a case is named hit_, miss_ or gap_ and what it shows: rename it.")
    for name in content.keys() - KNOWN:
        raise GuanxiError(f"{path.name}: `{name}` is unknown: use {', '.join(sorted(KNOWN))}.")
    titles = {source.title: source for source in load_sources().values()}
    tables = {**basis["tables"], **content.get("tables", {})}
    absent = content.get("absent", [])
    for title in [*tables, *absent]:
        if title not in titles:
            raise GuanxiError(f"{path.name}: there is no table {title}: use the titles of the departmental tables.")
    numbers = _numbers(path, content, tables["行政区划"])
    read = {
        title: _rows(path, titles[title], text, basis["defaults"].get(title, {}), numbers)
        for title, text in tables.items()
        if title not in absent
    }
    return Case(
        path=path,
        kind=kind,
        query=path.parent.name,
        about=content.get("about", ""),
        as_of=content.get("as_of"),
        tables=read,
        releases=_releases(path, content.get("releases", ""), numbers),
        absent=frozenset(titles[title].id for title in absent),
        leads=tuple(_expected(path, lead) for lead in content.get("lead", [])),
        not_run=content.get("not_run", False),
        queries=tuple(content.get("queries", ())),
        parameters=content.get("parameters", {}),
        numbers=numbers,
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GuanxiError(f"{path.name} cannot be read as TOML ({error}): mend that line.") from error


def _expected(path: Path, lead: Mapping[str, Any]) -> ExpectedLead:
    for name in lead.keys() - LEAD:
        raise GuanxiError(f"{path.name}: a lead has no `{name}`: use {', '.join(sorted(LEAD))}.")
    checks = {result: tuple(lead[result]) for result in ("for", "against", "missing") if result in lead}
    plain = {name: lead.get(name) for name in ("amount", "says", "drawn")}
    persons, things, accounts = (tuple(lead.get(name, ())) for name in ("persons", "things", "accounts"))
    silent = tuple(lead.get("silent", ()))
    return ExpectedLead(lead["level"], persons, things, accounts, checks=checks, silent=silent, **plain)


def _mark(path: Path) -> int:
    """Tells the numbers of one case from those of the others."""
    return int(sha256(f"{path.parent.name}/{path.stem}".encode()).hexdigest(), 16) % 10**4


def _numbers(path: Path, content: Mapping[str, Any], divisions: str) -> dict[str, str]:
    """Numbers that pass their check digits."""
    region = f"43{_mark(path):04d}"
    numbers = {row["村"]: row["村编码"] for row in csv.DictReader(io.StringIO(divisions.strip()))}
    for name, told in content.get("people", {}).items():
        match = re.fullmatch(r"([男女]) (\d{4})-(\d\d)-(\d\d)", told)
        if not match:
            raise GuanxiError(f"{path.name}: {name} is {told!r}, not like `男 1975-03-02`: give sex and birthday.")
        sex, year, month, day = match.groups()
        serial = int(sha256(name.encode()).hexdigest(), 16) % 500 * 2 + (sex == "男")
        body = f"{region}{year}{month}{day}{serial:03d}"
        numbers[name] = body + ric.calc_check_digit(body + "0")
    for name in content.get("companies", []):
        body = f"91{region}MA{int(sha256(name.encode()).hexdigest(), 16) % 10**7:07d}"
        numbers[name] = body + uscc.calc_check_digit(body)
    double = {number for number in numbers.values() if list(numbers.values()).count(number) > 1}
    if double:
        names = [name for name, number in numbers.items() if number in double]
        raise GuanxiError(f"{path.name}: {' and '.join(names)} came to one number: change one of the names.")
    return numbers


def _rows(path: Path, source: Source, text: str, defaults: Mapping[str, str], numbers: dict[str, str]) -> Rows:
    rows = []
    for at, given in enumerate(csv.DictReader(io.StringIO(text.strip())), start=1):
        if None in given or None in given.values():
            raise GuanxiError(
                f"{path.name}: row {at} of {source.title} has not as many cells as the header: mind the commas."
            )
        row = {**{name: value for name, value in defaults.items() if name not in given}, **given}
        for name in row.keys() - source.columns.keys():
            raise GuanxiError(f"{path.name}: {source.title} has no column {name}: use its headers.")
        for column in source.columns.values():
            if column.required and column.name not in row:
                row[column.name] = _supplied(path, source, column, row, at)
        for name in _own_numbers() & row.keys():
            if row[name]:
                numbers[row[name]] = f"{row[name]}-{_mark(path):04d}"
        rows.append({name: _number(source.columns[name], value, numbers) for name, value in row.items()})
    return rows


def _releases(path: Path, text: str, numbers: dict[str, str]) -> Rows:
    """Releases of a publisher that no other case has: the keys of their processes and organisations begin with its prefix."""
    publisher = f"ocds-{_mark(path):06d}"
    releases = []
    for at, line in enumerate(text.strip().splitlines(), start=1):
        try:
            release = json.loads(line)
        except ValueError as error:
            raise GuanxiError(f"{path.name}: line {at} of releases is not JSON ({error}): mend it.") from error
        if "ocid" not in release:
            raise GuanxiError(f"{path.name}: line {at} of releases has no `ocid`: add it.")
        numbers[release["ocid"]] = f"{publisher}-{release['ocid']}"
        numbers.update((id, f"{publisher}:{id}") for id in _organisations(release))
        releases.append({**release, "ocid": numbers[release["ocid"]]})
    return releases


def _organisations(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for member in value:
            yield from _organisations(member)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in ORGANISATIONS:
                yield from (one["id"] for one in (inner if isinstance(inner, list) else [inner]) if "id" in one)
            else:
                yield from _organisations(inner)


def _supplied(path: Path, source: Source, column: Column, row: Mapping[str, str], at: int) -> str:
    """A required cell that the case leaves out: the row's own number, or the name beside a number."""
    if column.name == source.key[0] and column.kind == "code":
        return f"{source.title}{at}"
    if column.kind == "account":
        return next(row[name] for name in _beside("", source.columns.values()) if name in row)
    if column.kind in NAMES:
        stem = re.sub(r"姓名$|户名$|名称$", "", column.name)
        own = [one for one in source.columns.values() if (column.kind == "company_name") == (one.kind == "credit_code")]
        for name in _beside(stem, own):
            if row.get(name):
                return row[name]
    raise GuanxiError(f"{path.name}: {source.title} needs {column.name}: add the column.")


def _beside(stem: str, columns: Iterable[Column]) -> list[str]:
    return [column.name for column in columns if column.kind in NUMBERS and column.name.startswith(stem)]


@cache
def _own_numbers() -> frozenset[str]:
    """Columns of numbers that a case makes up: keys of projects, contracts, payments …"""
    keys = {source.key[0] for source in load_sources().values() if source.columns[source.key[0]].kind == "code"}
    return frozenset(keys - SHARED_KEYS | {"户号"})


def _number(column: Column, value: str, numbers: Mapping[str, str]) -> str:
    if value not in numbers:
        return value
    if column.kind == "account":
        return _account(value, numbers)
    named = column.kind in (*NUMBERS, "village_code", "village_or_unit")
    return numbers[value] if named or column.name in _own_numbers() else value


def _account(value: str, numbers: Mapping[str, str]) -> str:
    """The number of an account that a case names by its holder; one written as digits is its own."""
    if value not in numbers:
        return value
    return f"6217{int(sha256(numbers[value].encode()).hexdigest(), 16) % 10**15:015d}"
