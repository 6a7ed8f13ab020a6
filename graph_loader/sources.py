"""The departmental tables: what columns each has, and what its rows say about the graph.

One folder per table under `sources/`; its `source.toml` is all there is to say about the table.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
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
    town_column: str | None = None
    village_column: str | None = None
    """Of a `village_code`: the columns that name town and village where the code is missing; both are needed."""
    old_numbers: bool = False
    """Of a `credit_code` or `person_or_company_id`: a 组织机构代码 or 工商注册号 may stand there."""
    nobody: tuple[str, ...] = ()
    """Of a `company_name`: words that say that there is no company."""
    elsewhere: bool = False
    """Of a required column: a sheet may lack it, and say its value in a title row or a name; else a person must say it."""
    words: tuple[str, ...] = ()
    """With `elsewhere`: words that say a value of the column where a title or a name holds them; `spellings` apply."""
    path: str = ""
    """In a table of OCDS: where the cell stands in the JSON, `docs/ocds.md`."""
    how: str = ""
    """In a table of OCDS: how the cell is made of what stands there; empty: as it is written."""
    where: dict[str, Any] = field(default_factory=dict, hash=False)
    """In a table of OCDS: only where the value at another `path` is one of `is`."""

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
class Unfold:
    """A record that stands beside others in one row of a sheet."""

    columns: dict[str, tuple[str, ...]] = field(hash=False)
    """Column → the headers it has there; the first column must be filled for the record to be there."""
    values: dict[str, str] = field(default_factory=dict, hash=False)
    """Column → what the place in the row says."""
    packed: bool = False
    """The cells hold several people each, as many names as numbers; the row's own record is there besides."""


@dataclass(frozen=True)
class Coverage:
    """What says for which town and year a row was delivered; None where the table is not kept by town or by year.

    `place`: a village's or town's code, a person (their registered residence), or the key of another table (its place).
    """

    place: str | None = None
    day: str | None = None


@dataclass(frozen=True)
class Ocds:
    """A table that is made of OCDS releases: its records are found at a path of a release (empty: the release itself).

    Rows that agree in the columns `of` are versions of one record: of each column the latest by `order` that is filled holds.
    `like`: the departmental table it is another source of, for queries that need that one.
    """

    records: str
    of: tuple[str, ...]
    order: tuple[str, ...]
    like: str = ""


@dataclass(frozen=True)
class Source:
    id: str
    title: str
    sender: str
    key: tuple[str, ...]
    columns: dict[str, Column] = field(hash=False)
    nodes: tuple[NodeSpec, ...]
    relationships: tuple[RelationshipSpec, ...]
    coverage: Coverage
    fingerprint: str
    """Changes with the text of the spec, so that rows cleaned under an older one are cleaned again."""
    numbered_by: tuple[str, ...] = ()
    """Columns that together give a row its number where the sheet has no column for the (one) column of the key."""
    months: dict[str, str] = field(default_factory=dict, hash=False)
    """`amount` and `date`: the columns that a sheet with a column for each month is turned into."""
    period: dict[str, Any] = field(default_factory=dict, hash=False)
    """`from`, `to`: the columns that one cell with a start and an end fills; `headers` of such a column."""
    unfolds: tuple[Unfold, ...] = ()
    full_list: tuple[tuple[str, str], ...] = ()
    """What bounds a full list (全量) of this table: clean columns with the part of them that counts (`town` of a village's code,
    `year` of a day, else nothing). It ends earlier rows that agree in all of them with one of its rows; empty: all earlier rows."""
    ocds: Ocds | None = None
    decided_here: bool = False
    """Whether its rows are decisions of this office (`guanxi review`), so that no department sends it."""

    def __hash__(self) -> int:
        # Headers are looked up by their table many thousand times a file.
        return hash(self.fingerprint)

    def reading(self) -> tuple[Any, ...]:
        """All of it that decides what is read from a sheet, not what it says about the graph."""
        records = self.ocds.records if self.ocds else None
        return self.id, self.key, self.columns, self.numbered_by, self.months, self.period, self.unfolds, records

    @cached_property
    def person_names(self) -> dict[str, str]:
        """Columns of ID numbers → the column that names the person."""
        named = {}
        for spec in self.nodes:
            column = spec.key[0].columns[0].removesuffix("@ref")
            given = spec.properties.get("name")
            if spec.label == "Person" and column in self.columns and self.columns[column].kind == "person_id" and given:
                named[column] = given.column or ""
        return named

    def clean_columns(self) -> dict[str, pa.DataType]:
        """Names and types of all clean columns of the table, in the order of the spec."""
        return {name: kind for column in self.columns.values() for name, kind in column.clean_columns().items()}


def load_sources(folder: Path = FOLDER) -> dict[str, Source]:
    """All tables of a folder by id, one `<id>/source.toml` each; read once.

    Raises GuanxiError naming the file, what is wrong in it and how to mend it.
    """
    return _loaded(folder)


def departmental() -> dict[str, Source]:
    """The tables that departments send as sheets: no decisions made here, no OCDS releases."""
    return {id: source for id, source in load_sources().items() if not source.decided_here and not source.ocds}


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
        spec.content,
        "the file",
        ("id", "title", "sender", "key", "column"),
        (
            *("decided_here", "numbered_by", "months", "period", "unfold", "coverage", "full_list"),
            *("node", "relationship", "ocds"),
        ),
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
        for other in (column.name_column, column.town_column, column.village_column):
            if other and other not in spec.columns:
                raise spec.wrong(f"{column.name} is explained by {other}, which is no column.")
    _check_shapes(spec, content)
    return Source(
        id=content["id"],
        title=content["title"],
        sender=content["sender"],
        key=tuple(content["key"]),
        columns=spec.columns,
        nodes=tuple(_node(spec, entry) for entry in content.get("node", ())),
        relationships=tuple(_relationship(spec, entry) for entry in content.get("relationship", ())),
        coverage=_coverage(spec, content.get("coverage", {})),
        full_list=tuple(_bound(spec, entry) for entry in content.get("full_list", ())),
        fingerprint=spec.fingerprint,
        decided_here=content.get("decided_here", False),
        numbered_by=tuple(content.get("numbered_by", ())),
        months=content.get("months", {}),
        period=content.get("period", {}),
        unfolds=tuple(
            Unfold(
                {name: tuple(headers) for name, headers in entry["columns"].items()},
                entry.get("values", {}),
                entry.get("packed", False),
            )
            for entry in content.get("unfold", ())
        ),
        ocds=_ocds(spec, content.get("ocds")),
    )


def _ocds(spec: _Spec, entry: dict[str, Any] | None) -> Ocds | None:
    if entry is None:
        return None
    spec.entries(entry, "[ocds]", ("records", "of", "order"), ("like",))
    for name in (*entry["of"], *entry["order"]):
        _clean_column(spec, "[ocds]", name)
    for column in spec.columns.values():
        if not column.path:
            raise spec.wrong(f"column {column.name} has no `path`: say where it stands in a release.")
    return Ocds(entry["records"], tuple(entry["of"]), tuple(entry["order"]), entry.get("like", ""))


def _check_shapes(spec: _Spec, content: dict[str, Any]) -> None:
    """What the file says about months, periods, numbers and further records names columns of the table."""
    named = list(content.get("numbered_by", ()))
    if named and len(content["key"]) != 1:
        raise spec.wrong("`numbered_by` needs a key of one column.")
    if months := content.get("months"):
        named += spec.entries(months, "`months`", ("amount", "date"), ()).values()
    if period := content.get("period"):
        spec.entries(period, "`period`", ("from", "to", "headers"), ())
        named += [period["from"], period["to"]]
    for entry in content.get("unfold", ()):
        spec.entries(entry, "`unfold`", ("columns",), ("values", "packed"))
        named += [*entry["columns"], *entry.get("values", {})]
    for name in named:
        if name not in spec.columns:
            raise spec.wrong(f"{name} is named, which is no column: add the column or correct the name.")


def _coverage(spec: _Spec, entry: dict[str, Any]) -> Coverage:
    spec.entries(entry, "coverage", (), ("place", "day"))
    for name in entry.values():
        if name not in spec.columns:
            raise spec.wrong(f"coverage names {name}, which is no column: correct it.")
    return Coverage(**entry)


def _bound(spec: _Spec, text: str) -> tuple[str, str]:
    column, _, part = text.partition("@")
    kinds = {"": tuple(KINDS), "town": ("village_code",), "year": ("date",)}
    if column not in spec.columns or part not in kinds or spec.columns[column].kind not in kinds[part]:
        raise spec.wrong(f"full_list names {text}: use a column, `C@town` of a village's code or `C@year` of a date.")
    return column, part


def _column(spec: _Spec, entry: dict[str, Any]) -> Column:
    what = f"column {entry.get('name', '?')}"
    given = dict(spec.entries(entry, what, ("name", "kind"), Column.__dataclass_fields__))
    if given["kind"] not in KINDS:
        raise spec.wrong(f"{what} has the unknown kind {given['kind']!r}: use one of {', '.join(KINDS)}.")
    for name in ("aliases", "choices", "nobody", "words"):
        given[name] = tuple(given.get(name, ()))
    column = Column(**given)
    if (column.kind == "choice") != bool(column.choices):
        raise spec.wrong(f"{what}: a column of kind choice, and only such a one, has `choices`.")
    if (column.elsewhere and not column.required) or (column.words and not column.elsewhere):
        raise spec.wrong(f"{what}: `elsewhere` belongs to a required column, `words` to one with `elsewhere`.")
    if column.spellings and column.kind not in ("choice", "code"):
        raise spec.wrong(f"{what}: `spellings` belong to the kinds choice and code.")
    for meant in column.spellings.values():
        if column.choices and meant not in column.choices:
            raise spec.wrong(f"{what}: a spelling means {meant}, which is not among its choices.")
    if (column.town_column or column.village_column) and not (
        column.kind == "village_code" and column.town_column and column.village_column
    ):
        raise spec.wrong(f"{what}: `town_column` and `village_column` belong together, on a village_code.")
    if column.old_numbers and column.kind not in ("credit_code", "person_or_company_id"):
        raise spec.wrong(f"{what}: `old_numbers` belongs to the kinds credit_code and person_or_company_id.")
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
