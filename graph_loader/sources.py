"""The departmental tables: what columns each has, what it says about the graph, and how its headers are recognised.

One folder per table under `sources/`; its `source.toml` is all there is to say about the table.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from graph_loader.errors import GuanxiError

FOLDER = Path(__file__).parent / "sources"

TEXT, DATE, FLOAT, FLAG = pa.string(), pa.date32(), pa.float64(), pa.bool_()
PERSON = {"": TEXT, "@ref": TEXT, "@masked": TEXT, "@sex": TEXT, "@birth": DATE, "@identified": FLAG}

KINDS: dict[str, dict[str, pa.DataType]] = {
    "code": {"": TEXT},
    "text": {"": TEXT},
    "title": {"": TEXT, "@initials": TEXT},
    "name": {"": TEXT, "@initials": TEXT},
    "unit": {"": TEXT, "@initials": TEXT},
    "company_name": {"": TEXT, "@key": TEXT, "@name": TEXT, "@initials": TEXT},
    "payee_name": {"": TEXT, "@key": TEXT, "@initials": TEXT},
    "person_id": PERSON,
    "credit_code": {"": TEXT},
    "person_or_company_id": {
        "": TEXT,
        **{f"@person{suffix}": kind for suffix, kind in PERSON.items()},
        "@company": TEXT,
        "@unit": TEXT,
    },
    "account": {"": TEXT, "@ref": TEXT, "@masked": TEXT},
    "phone": {"": TEXT, "@ref": TEXT, "@masked": TEXT},
    "date": {"": DATE},
    "from_date": {"": DATE, "@known": DATE},
    "to_date": {"": DATE, "@known": DATE},
    "amount": {"": FLOAT},
    "wan_amount": {"": FLOAT},
    "number": {"": FLOAT},
    "percent": {"": FLOAT},
    "integer": {"": pa.int64()},
    "yes_no": {"": FLAG},
    "list": {"": pa.list_(TEXT)},
    "choice": {"": TEXT},
    "village_code": {"": TEXT, "@county": TEXT},
    "town_code": {"": TEXT, "@county": TEXT},
    "village_or_unit": {"": TEXT, "@village": TEXT, "@unit": TEXT, "@unit@initials": TEXT},
}
"""The clean columns each kind of column gives: suffix → type. `from_date` and `to_date` are never null, their `@known` may be."""

KEY_SUFFIX = {"person_id": "@ref", "account": "@ref", "company_name": "@key", "payee_name": "@key"}
"""What a bare column name stands for inside a key expression, where that is not the column itself."""

MONEY = {"元": 1, "人民币": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}
"""Units of money in a header or a value, in 元."""
AREAS = {"亩": "亩", "市亩": "亩", "公顷": "公顷", "平方米": "平方米", "平米": "平方米", "m2": "平方米"}
"""Units of area in a header or a value, and how the specs write them."""

HEADER_SPELLINGS = {
    "person_id": (
        r"(.*?)(?:公民|居民)?(?:身份证(?:件|明)?(?:号码?)?|身份号码?|证件号码?)",
        r"\1身份证号",
    ),
    "account": (r"(.*?)(?:一卡通|银行卡?|存折|社保卡)?(?:账号|账户|账户号|卡号|(?<=卡通)号)", r"\1账号"),
    "credit_code": (r"(.*?)(?:统一)?(?:社会)?信用代码", r"\1信用代码"),
    "phone": (r"(?:联系)?(?:电话|手机)(?:号码?)?|联系方式", "联系电话"),
    "date": (r"(.+?)(?:时间|日期)", r"\1日期"),
}
"""Usual spellings of headers by kind of column: what matches whole is taken as the second; roles before it stay (经办人身份证 =
经办人身份证号). Spellings seen in real sheets, `domain/headers_catalogue.json` T01–T20 of the house papers."""
SPELLED_LIKE = {
    "person_or_company_id": ("person_id", "credit_code"),
    "from_date": ("date",),
    "to_date": ("date",),
}
"""Kinds whose headers are spelled like those of other kinds."""

OWN = re.compile(r"(?:户主|本人|享受人员?|受益人|领款人|领取人|补贴对象|人员)(?=姓名$|身份证号$)")
"""Words before 姓名 and 身份证号 that add nothing where the table has one person a row."""

CACHED = 50_000
"""Header cells remembered taken apart."""

HEADER_DEPTH = 12
"""Rows of a sheet among which its header is looked for: up to five title rows may stand above it, and some blank ones."""


@dataclass(frozen=True)
class Column:
    name: str
    kind: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    """Of a `choice`: the values there are; any other value is quarantined."""
    spellings: dict[str, str] = field(default_factory=dict, hash=False)
    """Of a `code` or `choice`: other spellings of a value."""
    unit: str | None = None
    """Of a `number`: the unit its values and its header may carry."""
    wrong_check: str | None = None
    """Of a `person_id`: `unidentified` loads a full number whose check digit is wrong as an unidentified person."""
    name_column: str | None = None
    """With `wrong_check`: the column of the name that makes the unidentified person known."""
    nobody: tuple[str, ...] = ()
    """Of a `company_name`: words that say that there is no company."""

    def clean_columns(self) -> dict[str, pa.DataType]:
        """Names and types of the clean columns this column gives."""
        return {self.name + suffix: kind for suffix, kind in KINDS[self.kind].items()}


@dataclass(frozen=True)
class KeyPart:
    columns: tuple[str, ...]
    """Clean columns; the first that is filled counts."""
    optional: bool = False
    """An empty optional part stands for the empty text; an empty part that is not optional asserts nothing."""


Key = tuple[KeyPart, ...]
"""The parts of a key, joined by `#`."""


@dataclass(frozen=True)
class Property:
    """Where a property comes from: exactly one of a clean column, a constant, a key."""

    column: str | None = None
    value: str | float | bool | None = None
    key: Key | None = None


@dataclass(frozen=True)
class When:
    """Asserted only in rows where a clean column has one of `values`, or is filled (not filled)."""

    column: str
    values: tuple[str, ...] = ()
    filled: bool | None = None


@dataclass(frozen=True)
class NodeSpec:
    label: str
    key: Key
    properties: dict[str, Property] = field(hash=False)
    home: bool = False
    marks: tuple[str, ...] = ()
    when: When | None = None


@dataclass(frozen=True)
class End:
    label: str
    key: Key


@dataclass(frozen=True)
class RelationshipSpec:
    type: str
    start: End
    end: End
    properties: dict[str, Property] = field(hash=False)
    when: When | None = None


@dataclass(frozen=True)
class Source:
    id: str
    title: str
    sender: str
    key: tuple[str, ...]
    columns: dict[str, Column] = field(hash=False)
    nodes: tuple[NodeSpec, ...]
    relationships: tuple[RelationshipSpec, ...]
    fingerprint: str
    """Changes with the text of the spec, so that rows cleaned under an older one are cleaned again."""

    def clean_columns(self) -> dict[str, pa.DataType]:
        """Names and types of all clean columns of the table, in the order of the spec."""
        return {name: kind for column in self.columns.values() for name, kind in column.clean_columns().items()}


@dataclass(frozen=True)
class Match:
    """A header row recognised as that of a table."""

    source: Source
    columns: dict[int, Column]
    """Position in the row → column."""
    factors: dict[str, int]
    """Amount columns whose header names a unit → that unit in 元."""
    unknown: tuple[str, ...]
    """Headers that no column of the table has, as written."""
    score: float
    """Share of the headers that were recognised."""


@dataclass(frozen=True)
class Header:
    """Where a sheet's header stands: `position` among its rows, counted from 0."""

    position: int
    match: Match


def load_sources(folder: Path = FOLDER) -> dict[str, Source]:
    """All tables of a folder by id, one `<id>/source.toml` each; read once.

    Raises GuanxiError naming the file, what is wrong in it and how to mend it.
    """
    return _loaded(folder)


@cache
def _loaded(folder: Path) -> dict[str, Source]:
    sources = {path.parent.name: _source(path) for path in sorted(folder.glob("*/source.toml"))}
    if not sources:
        raise GuanxiError(f"{folder} holds no tables: it needs a folder with a source.toml for each.")
    return sources


class _Spec:
    """One source.toml while it is read: its entries, and complaints that name the file."""

    def __init__(self, path: Path) -> None:
        self.name = f"{path.parent.name}/{path.name}"
        text = path.read_bytes()
        self.fingerprint = sha256(text).hexdigest()[:16]
        try:
            self.content: dict[str, Any] = tomllib.loads(text.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise GuanxiError(f"{self.name} cannot be read ({error}): mend that line.") from error
        self.clean: dict[str, pa.DataType] = {}
        self.columns: dict[str, Column] = {}

    def wrong(self, fault: str) -> GuanxiError:
        return GuanxiError(f"{self.name}: {fault}")

    def entries(self, entry: dict[str, Any], what: str, needed: Iterable[str], known: Iterable[str]) -> dict[str, Any]:
        """The entries of one block, with those that are missing or unknown refused."""
        for name in sorted(set(needed) - entry.keys()):
            raise self.wrong(f"{what} lacks `{name}`: add it.")
        for name in sorted(entry.keys() - set(needed) - set(known)):
            raise self.wrong(f"{what} has an unknown entry `{name}`: use one of {', '.join([*needed, *known])}.")
        return entry


def _source(path: Path) -> Source:
    spec = _Spec(path)
    content = spec.entries(
        spec.content, "the file", ("id", "title", "sender", "key", "column"), ("node", "relationship")
    )
    if content["id"] != path.parent.name:
        raise spec.wrong(f"id is {content['id']!r}, the folder {path.parent.name!r}: give both one name.")
    for entry in content["column"]:
        column = _column(spec, entry)
        if column.name in spec.columns:
            raise spec.wrong(f"column {column.name} stands there twice: remove one.")
        spec.columns[column.name] = column
        spec.clean |= column.clean_columns()
    for name in content["key"]:
        if name not in spec.columns:
            raise spec.wrong(f"the key names {name}, which is no column: add the column or correct the key.")
    if not any(spec.columns[name].required for name in content["key"]):
        raise spec.wrong("no column of the key is required: a row needs something it can be known by.")
    for column in spec.columns.values():
        if column.name_column and column.name_column not in spec.columns:
            raise spec.wrong(f"{column.name} takes its name from {column.name_column}, which is no column.")
    return Source(
        id=content["id"],
        title=content["title"],
        sender=content["sender"],
        key=tuple(content["key"]),
        columns=spec.columns,
        nodes=tuple(_node(spec, entry) for entry in content.get("node", ())),
        relationships=tuple(_relationship(spec, entry) for entry in content.get("relationship", ())),
        fingerprint=spec.fingerprint,
    )


def _column(spec: _Spec, entry: dict[str, Any]) -> Column:
    what = f"column {entry.get('name', '?')}"
    given = dict(spec.entries(entry, what, ("name", "kind"), Column.__dataclass_fields__))
    if given["kind"] not in KINDS:
        raise spec.wrong(f"{what} has the unknown kind {given['kind']!r}: use one of {', '.join(KINDS)}.")
    for name in ("aliases", "choices", "nobody"):
        given[name] = tuple(given.get(name, ()))
    column = Column(**given)
    if (column.kind == "choice") != bool(column.choices):
        raise spec.wrong(f"{what}: a column of kind choice, and only such a one, has `choices`.")
    if column.spellings and column.kind not in ("choice", "code"):
        raise spec.wrong(f"{what}: `spellings` belong to the kinds choice and code.")
    for meant in column.spellings.values():
        if column.choices and meant not in column.choices:
            raise spec.wrong(f"{what}: a spelling means {meant}, which is not among its choices.")
    if column.wrong_check and (
        column.wrong_check != "unidentified" or column.kind != "person_id" or not column.name_column
    ):
        raise spec.wrong(f'{what}: `wrong_check` is "unidentified", on a person_id with a `name_column`.')
    return column


def _node(spec: _Spec, entry: dict[str, Any]) -> NodeSpec:
    what = f"node {entry.get('label', '?')}"
    spec.entries(entry, what, ("label", "key"), ("home", "marks", "properties", "when"))
    return NodeSpec(
        label=entry["label"],
        key=_key(spec, what, entry["key"]),
        properties=_properties(spec, what, entry.get("properties", {})),
        home=entry.get("home", False),
        marks=tuple(entry.get("marks", ())),
        when=_when(spec, what, entry.get("when")),
    )


def _relationship(spec: _Spec, entry: dict[str, Any]) -> RelationshipSpec:
    what = f"relationship {entry.get('type', '?')}"
    spec.entries(entry, what, ("type", "from", "to"), ("properties", "when"))
    return RelationshipSpec(
        type=entry["type"],
        start=_end(spec, what, entry["from"]),
        end=_end(spec, what, entry["to"]),
        properties=_properties(spec, what, entry.get("properties", {})),
        when=_when(spec, what, entry.get("when")),
    )


def _end(spec: _Spec, what: str, text: str) -> End:
    label, colon, key = text.partition(":")
    if not colon:
        raise spec.wrong(f"{what}: the end {text!r} must read `Label:column`.")
    return End(label, _key(spec, what, key))


def _key(spec: _Spec, what: str, text: str) -> Key:
    """A key expression: parts joined by `#`, each one column or alternatives joined by `|`; `?` marks one that may be empty."""
    parts = []
    for part in text.split("#"):
        optional = part.endswith("?")
        columns = tuple(_key_column(spec, what, name) for name in part.removesuffix("?").split("|"))
        parts.append(KeyPart(columns, optional))
    return tuple(parts)


def _key_column(spec: _Spec, what: str, name: str) -> str:
    column = spec.columns.get(name)
    resolved = name + KEY_SUFFIX.get(column.kind, "") if column else name
    if f"{name}@ref" in spec.clean:
        resolved = f"{name}@ref"
    return _clean_column(spec, what, resolved)


def _clean_column(spec: _Spec, what: str, name: str) -> str:
    if name not in spec.clean:
        base, _, _ = name.partition("@")
        if base in spec.columns:
            there = ", ".join(spec.columns[base].clean_columns())
            raise spec.wrong(f"{what} uses {name}, but the column gives only {there}.")
        raise spec.wrong(f"{what} uses {name}, which is no column: add the column or correct the name.")
    return name


def _properties(spec: _Spec, what: str, entries: dict[str, Any]) -> dict[str, Property]:
    properties = {}
    for name, given in entries.items():
        if isinstance(given, str):
            properties[name] = Property(column=_clean_column(spec, what, given))
        elif isinstance(given, dict) and given.keys() == {"value"}:
            properties[name] = Property(value=given["value"])
        elif isinstance(given, dict) and given.keys() == {"key"}:
            properties[name] = Property(key=_key(spec, what, given["key"]))
        else:
            raise spec.wrong(f'{what}: property {name} must be a column, {{ value = … }} or {{ key = "…" }}.')
    return properties


def _when(spec: _Spec, what: str, entry: dict[str, Any] | None) -> When | None:
    if entry is None:
        return None
    spec.entries(entry, f"`when` of {what}", ("column",), ("is", "filled"))
    if ("is" in entry) == ("filled" in entry):
        raise spec.wrong(f"`when` of {what} needs either `is = [values]` or `filled = true|false`.")
    return When(_clean_column(spec, what, entry["column"]), tuple(entry.get("is", ())), entry.get("filled"))


@dataclass(frozen=True)
class _Heading:
    """A header cell taken apart: as written, without brackets and blanks, and the unit it names."""

    written: str
    text: str
    unit: str | None


@lru_cache(CACHED)
def _heading(cell: str) -> _Heading:
    written = re.sub(r"\s", "", unicodedata.normalize("NFKC", cell)).strip("*:")
    text = written.replace("帐", "账")
    notes = re.findall(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]", text)
    text = re.sub(r"[(\[【〔][^()\[\]【】〔〕]*[)\]】〕]", "", text).strip("*:")
    units = [note.removeprefix("单位:") for note in notes]
    unit = next((note for note in units if "元" in note or note in AREAS), None)
    bare = re.fullmatch(r"(.+?)[:/_]?((?:万|千|亿)?元|亩|平方米)", text)
    if bare and unit is None and not text.endswith("单元"):
        text, unit = bare[1], bare[2]
    return _Heading(written, text, unit)


@lru_cache(CACHED)
def _spelled(text: str, kind: str) -> str:
    """The header text in the one spelling its kind of column is compared in."""
    for like in SPELLED_LIKE.get(kind, (kind,)):
        pattern, meant = HEADER_SPELLINGS.get(like, ("", ""))
        found = re.fullmatch(pattern, text) if pattern else None
        if found:
            return found.expand(meant)
    return text


def _rank(heading: _Heading, column: Column) -> int | None:
    """How closely a header names a column: 0 its very name … 4 its name behind words like 户主; None not at all."""
    if heading.unit and column.kind in ("amount", "wan_amount") and heading.unit not in MONEY:
        return None
    if heading.unit and column.unit and AREAS.get(heading.unit) != column.unit:
        return None
    name = _heading(column.name)
    aliases = [_heading(alias) for alias in column.aliases]
    if heading.written == name.written:
        return 0
    if heading.text == name.text:
        return 1
    if any(heading.text == alias.text for alias in aliases):
        return 2
    spelled = _spelled(heading.text, column.kind)
    if spelled in [_spelled(other.text, column.kind) for other in (name, *aliases)]:
        return 3
    if column.kind in ("name", "person_id") and OWN.sub("", spelled) == _spelled(name.text, column.kind):
        return 4
    return None


@lru_cache(CACHED)
def _ranks(heading: _Heading, source: Source) -> list[tuple[int, str]]:
    """The columns of a table a header may name, closest first."""
    ranks = ((_rank(heading, column), column.name) for column in source.columns.values())
    return sorted((rank, name) for rank, name in ranks if rank is not None)


def _assigned(headings: Sequence[_Heading], source: Source) -> tuple[dict[int, Column], set[str]]:
    """Each header given to the column it names most closely; and the columns that two headers name equally well."""
    claims = sorted(
        (rank, position, name)
        for position, heading in enumerate(headings)
        if heading.text
        for rank, name in _ranks(heading, source)
    )
    given: dict[int, Column] = {}
    taken: dict[str, int] = {}
    disputed: set[str] = set()
    for rank, position, name in claims:
        if position in given:
            continue
        if name not in taken:
            given[position] = source.columns[name]
            taken[name] = rank
        elif taken[name] == rank:
            disputed.add(name)
    return {position: column for position, column in given.items() if column.name not in disputed}, disputed


def recognise(headers: Sequence[str], sources: dict[str, Source] | None = None) -> Match | None:
    """The table a row of headers belongs to: all its required columns are there, and the largest share of the headers is its.

    None where no table fits. Two headers that name an optional column equally well are both left unknown.
    Raises GuanxiError where two tables fit equally well, or two headers a required column.
    """
    headings = [_heading(header) for header in headers]
    filled = sum(1 for heading in headings if heading.text)
    matches: list[Match] = []
    refused: list[str] = []
    for source in (load_sources() if sources is None else sources).values():
        columns, disputed = _assigned(headings, source)
        found = {column.name for column in columns.values()}
        required = {column.name for column in source.columns.values() if column.required}
        if len(found | disputed) < 2 or required - found - disputed:
            continue
        if required & disputed:
            names = "、".join(sorted(required & disputed))
            refused.append(f"two columns of it could both be {names} of {source.title}: rename one")
            continue
        factors = {
            column.name: MONEY[unit]
            for position, column in columns.items()
            if (unit := headings[position].unit) and column.kind in ("amount", "wan_amount")
        }
        unknown = tuple(
            str(header)
            for position, header in enumerate(headers)
            if headings[position].text and position not in columns
        )
        matches.append(Match(source, columns, factors, unknown, len(columns) / filled))
    matches.sort(key=lambda match: match.score, reverse=True)
    if len(matches) > 1 and matches[0].score == matches[1].score:
        one, other = (match.source.title for match in matches[:2])
        raise GuanxiError(f"the header fits {one} and {other} equally well: add the column that tells them apart.")
    if not matches and refused:
        raise GuanxiError(f"{refused[0]}.")
    return matches[0] if matches else None


def find_header(rows: Sequence[Sequence[str]], sources: dict[str, Source] | None = None) -> Header | None:
    """The row among the first of a sheet that is a table's header: the best match, the upper one of two equals.

    Raises GuanxiError as `recognise` does.
    """
    best: Header | None = None
    for position, row in enumerate(rows[:HEADER_DEPTH]):
        match = recognise(row, sources)
        if match and (best is None or match.score > best.match.score):
            best = Header(position, match)
    return best


def nearest(rows: Sequence[Sequence[str]]) -> str:
    """Half a sentence for a sheet without a header: the table it comes nearest to, and the columns it lacks for it."""
    best = (0.0, "")
    for row in rows[:HEADER_DEPTH]:
        headings = [_heading(cell) for cell in row]
        for source in load_sources().values():
            columns, _ = _assigned(headings, source)
            found = {column.name for column in columns.values()}
            required = [column.name for column in source.columns.values() if column.required]
            share = sum(name in found for name in required) / len(required)
            lacking = "、".join(name for name in required if name not in found)
            if share > best[0] and lacking:
                best = (share, f"it comes nearest to {source.title}, but lacks {lacking}")
    return best[1] if best[0] >= 0.5 else "no row of it is the header of a known table"
