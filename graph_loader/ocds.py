"""Open Contracting Data Standard (OCDS 1.0, 1.1) as tables: releases, release packages, records and record packages, as one
JSON document or one a line, taken apart into the tables whose specs have a block `[ocds]`. `docs/ocds.md` says what goes where.

One release is one fact that its publisher dated; each of its tenders, bids, awards … is one record of one table. What several
releases say of one bid is put together when the graph is built (`compiled`), so that a withdrawn release takes back what it said.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from graph_loader.cells import Unreadable, masked_text, plain, read_credit_code, read_person_id, squeezed
from graph_loader.cleaning import Problem
from graph_loader.errors import GuanxiError
from graph_loader.evidence import ROW_COLUMNS
from graph_loader.headers import Match
from graph_loader.reading import Sheet
from graph_loader.sources import Column, Ocds, Source, load_sources
from graph_loader.state import name as quoted

SUFFIXES = (".json", ".jsonl", ".ndjson")
MOST_BYTES = 4_000_000_000
"""Bytes of a file of JSON Lines, read line by line: the world's largest publisher has half of it for all its years."""
MOST_DOCUMENT = 256_000_000
"""Bytes of a file that is one JSON document: it is held in memory as text, its releases one after the other."""
MOST_LINE = 16_000_000
"""Bytes of one line, or characters of one release: the longest on record have some hundred thousand."""
MOST_TEXT = 32_767
"""Characters of one value, as many as a spreadsheet's cell may hold."""
PEEK = 1_000_000
"""Bytes at the head of a file in which a release must say its `ocid` for the file to be taken for OCDS."""
CHUNK = 20_000
"""Records of a table that are put together as text before they are packed."""

CHINESE_SCHEMES = re.compile(r"CN-.*|USCC|统一社会信用代码", re.IGNORECASE)
"""Schemes of identifiers whose numbers may be a 统一社会信用代码; the check character decides."""
SCHEMED = re.compile(r"([A-Z]{2}-[A-Z0-9]{2,10}(?:-[A-Z]{2,4})?)-(.+)")
"""An organisation's id as OCDS asks for it: the code of a register at org-id.guide, then the number in it."""
PUBLISHER = re.compile(r"ocds-[a-z0-9]{6}(?=-)")
"""The registered prefix of a publisher at the head of an ocid."""


class Misshapen(Exception):
    """A place in a release that does not hold what the standard says: Chinese, without the place that goes before it."""


@dataclass(frozen=True)
class Found:
    """The records of one table in a file: `sheet` as sent, the row with number 0 being its header; `frame` text columns under the
    table's names with `_row` and `_record`. `read` counts the records of both frame and problems; `unknown`: fields not taken."""

    source: Source
    sheet: Sheet
    frame: pa.Table
    problems: list[Problem]
    read: int
    unknown: tuple[str, ...]

    @property
    def match(self) -> Match:
        """As if a header had been recognised."""
        columns = dict(enumerate(self.source.columns.values(), 1))
        return Match(self.source, columns, {}, self.unknown, 1.0)


def is_ocds(name: Path, path: Path) -> bool:
    """Whether a file is OCDS, by its name and by an `ocid` near the head of its bytes, which are at `path`."""
    if name.suffix.lower() not in SUFFIXES or name.name.startswith(("~$", ".")):
        return False
    try:
        with path.open("rb") as stream:
            return b'"ocid"' in stream.read(PEEK)
    except OSError:
        return False


def tables_of(path: Path) -> list[Found]:
    """The tables in a file of OCDS, those without a record left out.

    Rows are numbered by line where each line is a document, else by the place of the release (the record) in its package, from 1.
    Raises GuanxiError with one sentence for a file that cannot be read at all.
    """
    tables = [_Table(source) for source in load_sources().values() if source.ocds]
    processes = next(table for table in tables if not table.steps)
    try:
        for found in _releases(path):
            if isinstance(found, _Broken):
                processes.refuse(found.row, "采购过程编号", found.value, found.reason)
                continue
            for table in tables:
                table.take(found)
    except OSError as error:
        raise GuanxiError(f"{path.name} cannot be opened ({error.strerror}): see to its permissions.") from error
    known = {steps for table in tables for steps in table.taken()}
    return [table.found(known) for table in tables if table.read]


def compiled(source: Source, rows: str) -> str:
    """SQL of the rows of a table as the graph takes them: of an OCDS table the versions of each record put together, of each
    column the latest that is filled, as the standard merges releases; the place is that of the latest. `rows`: SQL of its rows in
    force."""
    if source.ocds is None:
        return rows
    of, order = _versions(source.ocds)
    rest = [
        f"arg_max({quoted(column)}, {order}) FILTER (WHERE {quoted(column)} IS NOT NULL) AS {quoted(column)}"
        for column in (*source.clean_columns(), *ROW_COLUMNS)
        if column not in source.ocds.of
    ]
    return f"(SELECT {', '.join(of + rest)} FROM {rows} GROUP BY {', '.join(of)})"


def latest(source: Source, value: str) -> str:
    """SQL behind a WHERE: of the versions of a record only the one that decides on a value; nothing for a table without versions."""
    if source.ocds is None:
        return ""
    of, order = _versions(source.ocds)
    return f"AND {value} IS NOT NULL QUALIFY rank() OVER (PARTITION BY {', '.join(of)} ORDER BY {order} DESC) = 1"


def _versions(ocds: Ocds) -> tuple[list[str], str]:
    of = [quoted(column) for column in ocds.of]
    return of, " || chr(31) || ".join(f"coalesce({quoted(column)}, '')" for column in ocds.order)


# Documents


@dataclass(frozen=True)
class _Broken:
    """What should be a release and cannot be read."""

    row: int
    value: str
    reason: str


@dataclass
class Release:
    """One release. `row`: the number of its line or its place in the package; `at`: where in the document it stands; `version`:
    its own id, empty for a compiled release, of which there is only one."""

    body: dict[str, Any]
    row: int
    at: str
    version: str = field(init=False)
    shared: dict[tuple[str, str], str] = field(default_factory=dict)
    """Cells that all its records share."""

    def __post_init__(self) -> None:
        tags = self.body.get("tag")
        id = self.body.get("id")
        is_compiled = self.at.endswith("compiledRelease") or "compiled" in (tags if isinstance(tags, list) else [tags])
        self.version = id if isinstance(id, str) and not is_compiled else ""

    @cached_property
    def parties(self) -> dict[str, dict[str, Any]]:
        """The organisations that the release describes, by the id it refers to them with."""
        listed = self.body.get("parties")
        return {
            party["id"]: party
            for party in (listed if isinstance(listed, list) else [])
            if isinstance(party, dict) and isinstance(party.get("id"), str)
        }


def _releases(path: Path) -> Iterator[Release | _Broken]:
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise GuanxiError(f"{path.name} is larger than {MOST_BYTES // 10**9} GB: split it into files by year.")
    if _is_of_lines(path):
        yield from _of_lines(path)
        return
    if size > MOST_DOCUMENT:
        raise GuanxiError(
            f"{path.name} is one JSON document of more than {MOST_DOCUMENT // 10**6} MB: "
            "ask the sender for JSON Lines, one release a line."
        )
    yield from _of_document(path)


def _is_of_lines(path: Path) -> bool:
    """Whether each line is a document: one of the first is, and it is not alone."""
    with path.open("rb") as stream:
        lines = list(islice((line for line in iter(lambda: stream.readline(MOST_LINE), b"") if line.strip()), 5))
    return len(lines) > 1 and any(_is_document(line) for line in lines)


def _is_document(line: bytes) -> bool:
    try:
        parsed = _parsed(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    if isinstance(parsed, list):
        parsed = next(iter(parsed), None)
    return isinstance(parsed, dict) and not parsed.keys().isdisjoint(("ocid", "releases", "records"))


def _of_lines(path: Path) -> Iterator[Release | _Broken]:
    with path.open("rb") as stream:
        row = 0
        while line := stream.readline(MOST_LINE):
            row += 1
            whole = line.endswith(b"\n") or len(line) < MOST_LINE
            while not line.endswith(b"\n") and (rest := stream.readline(MOST_LINE)):
                line = line[:100] + rest[-1:]
            if not whole:
                yield _Broken(row, _start(line), f"一行超过{MOST_LINE // 10**6}MB，请核对是否缺少换行")
            elif line.strip():
                yield from _of_line(line, row)


def _of_line(line: bytes, row: int) -> Iterator[Release | _Broken]:
    try:
        yield from _inside(_parsed(line.decode("utf-8-sig")), row, "")
    except UnicodeDecodeError:
        yield _Broken(row, _start(line), "不是UTF-8编码，请按UTF-8重新导出")
    except RecursionError:
        yield _Broken(row, _start(line), "嵌套层数过多，不像采购公告，请核对后重新报送")
    except ValueError as error:
        yield _Broken(row, _start(line), f"不是完整的JSON（{error}），请重新导出该行")


def _of_document(path: Path) -> Iterator[Release | _Broken]:
    """The releases of a document, each taken apart before the next is parsed, so that only the text is held whole."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GuanxiError(f"{path.name} is not UTF-8 text, as JSON must be: export it again.") from error
    try:
        for place, at, value in _members(text):
            yield from _inside(value, place + 1, at)
    except RecursionError as error:
        raise GuanxiError(
            f"{path.name} is nested deeper than any release: ask the sender for the file again."
        ) from error
    except ValueError as error:
        raise GuanxiError(f"{path.name} is not whole JSON ({error}): ask the sender for the file again.") from error


BLANKS = re.compile(r"[ \t\r\n]*")


def _members(text: str) -> Iterator[tuple[int, str, Any]]:
    """Place, pointer and value of each member of the document's list, or of `releases` and `records` of the package it is; a
    document that is neither is itself the one member."""

    def skip(at: int) -> int:
        found = BLANKS.match(text, at)
        return found.end() if found else at

    def value(at: int) -> tuple[Any, int]:
        parsed, end = DECODER.raw_decode(text, skip(at))
        return parsed, skip(end)

    def follows(at: int, close: str) -> tuple[bool, int]:
        if text[at : at + 1] == close:
            return False, skip(at + 1)
        if text[at : at + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        return True, skip(at + 1)

    def end(at: int) -> None:
        if at < len(text):
            raise json.JSONDecodeError("Extra data", text, at)

    def members(at: int, pointer: str) -> Iterator[tuple[int, str, Any]]:
        """Those of the list that opens at a place; at last the place behind it, under the number -1."""
        at, place = skip(at + 1), 0
        more = text[at : at + 1] != "]"
        at = at if more else skip(at + 1)
        while more:
            member, at = value(at)
            yield place, f"{pointer}/{place}", member
            place += 1
            more, at = follows(at, "]")
        yield -1, "", at

    at = skip(0)
    if text[at : at + 1] == "[":
        for place, pointer, member in members(at, ""):
            if place < 0:
                end(member)
            else:
                yield place, pointer, member
        return
    if text[at : at + 1] != "{":
        raise json.JSONDecodeError("Expecting an object or a list", text, at)
    whole: dict[str, Any] = {}
    at = skip(at + 1)
    more = text[at : at + 1] != "}"
    at = at if more else skip(at + 1)
    package = False
    while more:
        key, at = value(at)
        if not isinstance(key, str) or text[at : at + 1] != ":":
            raise json.JSONDecodeError("Expecting a property name and ':'", text, at)
        at = skip(at + 1)
        if key in ("releases", "records") and text[at : at + 1] == "[" and "ocid" not in whole:
            package = True
            for place, pointer, member in members(at, f"/{key}"):
                if place < 0:
                    at = member
                else:
                    yield place, pointer, member
        else:
            whole[key], at = value(at)
        more, at = follows(at, "}")
    end(at)
    if not package:
        yield 0, "", whole


def _inside(document: Any, row: int, at: str) -> Iterator[Release | _Broken]:
    """The releases in a document that is a release, a record, a package or a list of them."""
    if isinstance(document, list):
        for place, member in enumerate(document):
            yield from _inside(member, row, f"{at}/{place}")
        return
    if not isinstance(document, dict):
        yield _Broken(row, _start(json.dumps(document, ensure_ascii=False)), "应为一条采购公告（JSON对象）")
        return
    compiled_release = document.get("compiledRelease")
    if isinstance(compiled_release, dict):
        # The publisher's own merge of the record's releases holds all they say.
        yield Release({"ocid": document.get("ocid"), **compiled_release}, row, f"{at}/compiledRelease")
        return
    for key in ("releases", "records"):
        members = document.get(key)
        if isinstance(members, list):
            for place, member in enumerate(members):
                if isinstance(member, dict) and member.keys() <= {"url", "date", "tag"}:
                    yield _Broken(row, _start(str(member.get("url", ""))), "只有公告的网址，没有内容，请发送完整公告")
                    continue
                yield from _inside(member, row, f"{at}/{key}/{place}")
            return
    yield Release(document, row, at)


def _start(value: str | bytes) -> str:
    """The beginning of what cannot be read, as it may be shown."""
    text = value[:200].decode("utf-8", "replace") if isinstance(value, bytes) else value[:200]
    return masked_text(text.strip())


def _figure(token: str) -> str:
    """A number as written, without an exponent."""
    return f"{Decimal(token):f}" if re.search(r"[eE][+-]?\d\d?$", token) else token


def _no_number(token: str) -> Any:
    raise ValueError(f"{token} is no number of JSON")


DECODER = json.JSONDecoder(parse_float=_figure, parse_int=str, parse_constant=_no_number)
"""Numbers stay texts, as written: an id of twenty digits loses none."""


def _parsed(text: str) -> Any:
    return DECODER.decode(text)


# Cells

Level = tuple[Any, int]
"""An object and its place in its list."""
Cell = Callable[[Release, list[Level]], str]


class _Table:
    """One table while a file is read."""

    def __init__(self, source: Source) -> None:
        assert source.ocds
        self.source = source
        self.records = source.ocds.records
        self.ways = [tuple(way.split("/")) for way in self.records.split("|")] if self.records else []
        self.steps = self.ways[0] if self.ways else ()
        self.cells = [_cell(column) for column in source.columns.values()]
        self.columns: list[list[str]] = [[] for _ in range(len(self.cells) + 1)]
        self.numbers: list[int] = []
        self.numbered: list[int] = []
        self.packed: list[pa.Table] = []
        self.problems: list[Problem] = []
        self.read = 0
        self.seen: set[str] = set()

    def taken(self) -> Iterator[tuple[str, ...]]:
        """The ways from a release to everything this table takes."""
        for column in self.source.columns.values():
            paths = [*column.path.split("|"), *(column.where["path"].split("|") if column.where else ())]
            for path in paths:
                keys = tuple(key for key in path.split("/") if key not in ("", ".", ".."))
                if not path.startswith(("/", "..")):
                    yield from ((*way, *keys) for way in self.ways or [()])
                elif keys:
                    yield keys

    def take(self, release: Release) -> None:
        """Adds the records of a release."""
        if not self.ways:
            self._add(release, [(release.body, 0)], release.at)
            return
        for way in self.ways:
            for levels, at in _walk([(release.body, 0)], way, release.at):
                self._add(release, levels, at)

    def _add(self, release: Release, levels: list[Level], at: str) -> None:
        record = levels[-1][0]
        if isinstance(record, dict):
            self.seen.update(record)
        try:
            cells = [cell(release, levels) for cell in self.cells]
        except Misshapen as fault:
            value = json.dumps(record, ensure_ascii=False)[:MOST_TEXT]
            self.refuse(release.row, next(iter(self.source.columns)), _start(value), f"{at}：{fault}")
            return
        for column, cell in zip(self.columns, (at or "/", *cells), strict=True):
            column.append(cell)
        self.numbers.append(release.row)
        self.numbered.append(self.read)
        self.read += 1
        if len(self.numbers) >= CHUNK:
            self._pack()

    def refuse(self, row: int, column: str, value: str, reason: str) -> None:
        self.problems.append(Problem(row, self.read, column, value, reason, {column: reason}))
        self.read += 1

    def _pack(self) -> None:
        texts = {str(position): pa.array(column, pa.string()) for position, column in enumerate(self.columns)}
        numbers = {"_row": pa.array(self.numbers, pa.int32()), "_record": pa.array(self.numbered, pa.int32())}
        self.packed.append(pa.table(texts | numbers))
        self.columns = [[] for _ in self.columns]
        self.numbers, self.numbered = [], []

    def found(self, known: set[tuple[str, ...]]) -> Found:
        self._pack()
        table = pa.concat_tables(self.packed)
        header = ["", *(column.path for column in self.source.columns.values())]
        titles = pa.table({str(position): pa.array([text], pa.string()) for position, text in enumerate(header)})
        places = [str(position) for position in range(len(header))]
        sheet = Sheet(
            self.records.partition("|")[0] or "releases",
            pa.concat_tables([titles, table.select(places)]),
            numbers=pa.concat_arrays([pa.array([0], pa.int32()), table["_row"].combine_chunks()]),
        )
        frame = table.drop_columns(["0"]).rename_columns([*self.source.columns, "_row", "_record"])
        heads = {
            keys[len(self.steps)]
            for keys in known
            if keys[: len(self.steps)] == self.steps and len(keys) > len(self.steps)
        }
        unknown = sorted(self.seen - heads - ALWAYS_TAKEN)
        return Found(self.source, sheet, frame, self.problems, self.read, tuple(unknown))


ALWAYS_TAKEN = {"id", "name", "identifier"}
"""Fields of an organisation or a record that its key and its name are made of."""


def _walk(levels: list[Level], way: tuple[str, ...], at: str) -> Iterator[tuple[list[Level], str]]:
    """Every record at the end of a way, with the objects of the lists it lies in, from the release on."""
    node = levels[-1][0]
    for step, key in enumerate(way):
        if not isinstance(node, dict):
            return
        node, at = node.get(key), f"{at}/{key}"
        if isinstance(node, list):
            rest = way[step + 1 :]
            for place, member in enumerate(node):
                inner = [*levels, (member, place)]
                if rest:
                    yield from _walk(inner, rest, f"{at}/{place}")
                else:
                    yield inner, f"{at}/{place}"
            return
    if node is not None:
        # Some publishers write a list of one as the one object.
        yield [*levels, (node, 0)], at


def _cell(column: Column) -> Cell:
    """How the cell of a column is made of a record."""
    make, here = HOW[column.how], _place(column.path)

    def cell(release: Release, levels: list[Level]) -> str:
        return make(here(levels), release)

    if column.path.startswith("/"):
        return _once_a_release((column.path, column.how), cell)
    if not column.where:
        return cell
    condition, wanted = _place(column.where["path"]), set(column.where["is"])

    def if_so(release: Release, levels: list[Level]) -> str:
        there, _ = condition(levels)
        values = there if isinstance(there, list) else [there]
        return cell(release, levels) if any(isinstance(value, str) and value in wanted for value in values) else ""

    return if_so


def _once_a_release(key: tuple[str, str], cell: Cell) -> Cell:
    """A cell that all records of a release share."""

    def shared(release: Release, levels: list[Level]) -> str:
        made = release.shared.get(key)
        if made is None:
            made = release.shared[key] = cell(release, levels)
        return made

    return shared


Place = Callable[[list[Level]], Level]


def _place(paths: str) -> Place:
    """Where a path leads: `/` from the release, `..` from the object that the record's list is in, else from the record. Of
    several, joined by `|`, the first that leads to something."""
    path, _, others = paths.partition("|")
    keys = [key for key in path.split("/") if key not in ("", ".", "..")]
    level = 0 if path.startswith("/") else -2 if path.startswith("..") else -1

    def place(levels: list[Level]) -> Level:
        value, at = levels[level]
        for key in keys:
            if value is None:
                break
            if not isinstance(value, dict):
                raise Misshapen(f"{path} 应为对象，请按OCDS标准更正")
            value = value.get(key)
        return value, at

    if not others:
        return place
    other = _place(others)

    def first(levels: list[Level]) -> Level:
        found = place(levels)
        return other(levels) if found[0] is None else found

    return first


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        if len(value) > MOST_TEXT:
            raise Misshapen(f"一项内容超过{MOST_TEXT}字，请核对后重新报送")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    raise Misshapen("应为文字或数字的一项是对象或列表，请按OCDS标准更正")


def _as_written(place: Level, release: Release) -> str:
    return _text(place[0])


def _version(place: Level, release: Release) -> str:
    return release.version


def _id(place: Level, release: Release) -> str:
    """The id of an object; one that has none is known by its place in its release, and in no other."""
    value, at = place
    if not isinstance(value, dict):
        raise Misshapen("应为对象，请按OCDS标准更正")
    return _text(value.get("id")) or f"{release.version}@{at + 1}"


@lru_cache(50_000)
def _read_time(text: str) -> datetime | None:
    if not re.match(r"\d{4}-\d\d-\d\dT", text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _day(place: Level, release: Release) -> str:
    """The day as the sender wrote it, in the sender's own zone."""
    text = _text(place[0])
    return text[:10] if _read_time(text) else text


def _moment(place: Level, release: Release) -> str:
    """The moment in UTC, of one text for one moment, so that moments compare as texts; empty without a time and a zone."""
    time = _read_time(_text(place[0]))
    if time is None or time.tzinfo is None:
        return ""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z").replace(".000000Z", "Z")


def _days(place: Level, release: Release) -> str:
    """Whole days from start to end of a period: of 24 hours where both have a time and a zone, else of the calendar where both are
    written alike; else what the period itself says."""
    period = place[0]
    if not isinstance(period, dict):
        if period is None:
            return ""
        raise Misshapen("期限应为对象，请按OCDS标准更正")
    texts = _text(period.get("startDate")), _text(period.get("endDate"))
    start, end = map(_read_time, texts)
    if start and end and (start.tzinfo is None) == (end.tzinfo is None):
        return str((end - start) // timedelta(days=1))
    if all(re.fullmatch(r"\d{4}-\d\d-\d\d", text) for text in texts):
        try:
            return str((datetime.fromisoformat(texts[1]) - datetime.fromisoformat(texts[0])).days)
        except ValueError:
            return ""
    return _text(period.get("durationInDays"))


def _list(place: Level, release: Release) -> str:
    value = place[0]
    return "\n".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _classes(place: Level, release: Release) -> str:
    """What the items are classified as: `scheme:code`, each once."""
    items = place[0] if isinstance(place[0], list) else [place[0]]
    found = dict.fromkeys(
        ":".join(filter(None, (_text(entry.get("scheme")), _text(entry.get("id")))))
        for item in items
        if isinstance(item, dict)
        for entry in chain([item.get("classification")], _listed(item.get("additionalClassifications")))
        if isinstance(entry, dict) and entry.get("id") is not None
    )
    return "\n".join(found)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# Organisations


def _organisation(value: Any, release: Release) -> tuple[str, str, str, str]:
    """The id a release refers to an organisation with, its name, and scheme and number of its identifier."""
    if not isinstance(value, dict):
        raise Misshapen("机构应为对象，请按OCDS标准更正")
    id = _text(value.get("id"))
    party = release.parties.get(id, {})
    identifier = value.get("identifier") or party.get("identifier") or {}
    if not isinstance(identifier, dict):
        raise Misshapen("机构的 identifier 应为对象，请按OCDS标准更正")
    name = _text(value.get("name")) or _text(party.get("name")) or _text(identifier.get("legalName"))
    return id, name, _text(identifier.get("scheme")), _text(identifier.get("id"))


def _credit_code(scheme: str, number: str) -> str | None:
    if not CHINESE_SCHEMES.fullmatch(scheme):
        return None
    try:
        return read_credit_code(plain(number))
    except Unreadable:
        return None


def _is_persons(number: str) -> bool:
    """Whether a number is an ID number of a person, which must not come into the graph."""
    if not re.fullmatch(r"\d{15}|\d{17}[\dXx]", squeezed(number)):
        return False
    try:
        return read_person_id(plain(number))[1]
    except Unreadable:
        return False


def _key(value: Any, release: Release, by_name: bool) -> str:
    """The key of an organisation: a 统一社会信用代码 whose check character holds, or with `by_name` the name of the unit that has it;
    else scheme and number; else the publisher's own id. One with a name only is known by it within its own process, nowhere else."""
    if value is None:
        return ""
    id, name, scheme, number = _organisation(value, release)
    schemed = SCHEMED.fullmatch(id)
    if not (scheme and number) and schemed:
        scheme, number = schemed.groups()
    code = _credit_code(scheme, number)
    if code:
        return squeezed(plain(name)) if by_name and name else code
    publisher = PUBLISHER.match(release.body.get("ocid") or "")
    if scheme and number and not _is_persons(number):
        return f"{scheme}:{number}"
    if id and not _is_persons(id):
        return f"{publisher[0] if publisher else 'ocds'}:{id}"
    return f"名称:{squeezed(plain(name))}（{_text(release.body.get('ocid'))}）" if name else ""


def _company(place: Level, release: Release) -> str:
    return _key(place[0], release, by_name=False)


def _unit(place: Level, release: Release) -> str:
    return _key(place[0], release, by_name=True)


def _name(place: Level, release: Release) -> str:
    return "" if place[0] is None else _organisation(place[0], release)[1]


HOW: dict[str, Callable[[Level, Release], str]] = {
    "": _as_written,
    "release": _version,
    "id": _id,
    "day": _day,
    "moment": _moment,
    "days": _days,
    "list": _list,
    "classes": _classes,
    "company": _company,
    "unit": _unit,
    "name": _name,
}
"""`how` of a column: what the cell is made of."""
