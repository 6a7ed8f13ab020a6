"""Which table a row of headers belongs to, and which of its columns each header names."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from hashlib import sha256

from graph_loader.errors import GuanxiError
from graph_loader.sources import Column, Source, Unfold, departmental, load_sources

MONEY = {"元": 1, "人民币": 1, "人民币元": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}
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
    values: dict[str, str] = field(default_factory=dict)
    """Columns that a title row, a name or a person says for all rows → what they say."""
    missing: tuple[str, ...] = ()
    """Required columns that nothing says: the table is known, but cannot be loaded until a person says them."""
    months: dict[int, str] = field(default_factory=dict)
    """Position of a column that holds one month's amounts → the month, `2018-03`; `-03` where its year stands in the row."""
    year: int | None = None
    """Position of the column that holds the year of the row's months."""
    period: int | None = None
    """Position of the column whose cells hold a start and an end."""
    unfolds: tuple[tuple[Unfold, dict[int, Column]], ...] = ()
    """Further records of each row: which, and position → column."""
    layout: str = ""
    """The layout a person confirmed that says so (`layouts.py`); empty where the headers themselves do."""

    def all_columns(self) -> dict[int, Column]:
        """Position → column, those of months, periods and further records included."""
        months = dict.fromkeys(self.months, self.source.columns.get(self.source.months.get("amount", "")))
        period = {self.period: self.source.columns[self.source.period["from"]]} if self.period is not None else {}
        further = {position: column for _, columns in self.unfolds for position, column in columns.items()}
        return {**{at: column for at, column in months.items() if column}, **period, **further, **self.columns}


@dataclass(frozen=True)
class Header:
    """Where a sheet's header stands: `position` of its last row among the sheet's, counted from 0."""

    position: int
    match: Match
    written: tuple[str, ...] = ()
    """Its cells; where it has two rows, the two put together."""
    first: int = 0
    """Position of its first row."""


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


@dataclass(frozen=True)
class _Names:
    """What a column may be called, each in the form in which headers are compared."""

    written: str
    text: str
    aliases: frozenset[str]
    spelled: frozenset[str]
    own: str


@cache
def _names(column: Column) -> _Names:
    name = _heading(column.name)
    aliases = frozenset(_heading(alias).text for alias in column.aliases)
    own = _spelled(name.text, column.kind)
    return _Names(
        name.written, name.text, aliases, frozenset(_spelled(alias, column.kind) for alias in aliases) | {own}, own
    )


def _rank(heading: _Heading, column: Column) -> int | None:
    """How closely a header names a column: 0 its very name … 4 its name behind words like 户主; None not at all."""
    if heading.unit and column.kind in ("amount", "wan_amount") and heading.unit not in MONEY:
        return None
    if heading.unit and column.unit and AREAS.get(heading.unit) != column.unit:
        return None
    names = _names(column)
    if heading.written == names.written:
        return 0
    if heading.text == names.text:
        return 1
    if heading.text in names.aliases:
        return 2
    spelled = _spelled(heading.text, column.kind)
    if spelled in names.spelled:
        return 3
    if column.kind in ("name", "person_id") and OWN.sub("", spelled) == names.own:
        return 4
    return None


@lru_cache(CACHED)
def _ranks(heading: _Heading, source: Source) -> list[tuple[int, str]]:
    """The columns of a table a header may name, closest first; of a header of several kinds (身份证号/出生年月) the one the table has,
    or the one that names its rows where that comes first (社会信用代码/工商注册号)."""
    ranks = sorted(
        (rank, column.name) for column in source.columns.values() if (rank := _rank(heading, column)) is not None
    )
    parts = re.split(r"[/、]|或者?", heading.text)
    if ranks or len(parts) == 1:
        return ranks
    known = [found for part in parts if (found := _ranks(replace(heading, written=part, text=part), source))]
    meant = (
        known[0]
        if len(known) == 1
        else [(rank, name) for rank, name in known[0] if name in source.key]
        if known
        else []
    )
    return [(5, name) for _, name in meant]


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


MONTH_NAMES = dict(zip([*"一二三四五六七八九十", "十一", "十二"], range(1, 13), strict=True))
MONTH_HEADER = re.compile(
    r"(?:(\d{4})年度?)?(0?[1-9]|1[0-2]|十[一二]?|[一二三四五六七八九])月份?(?:(?:应发|实发|发放|补贴|补助|领取)*(?:金额|资金)?)"
)
DATED_HEADER = re.compile(r"(\d{4})(?:[-/.](0?[1-9]|1[0-2])(?:[-/.]0?1(?:\s?00:00:00)?)?|(0[1-9]|1[0-2]))")
YEAR_HEADERS = ("年度", "年份", "年", "所属年度", "发放年度")


def _month(heading: _Heading) -> tuple[str, str] | None:
    """Year (empty where it does not say) and month of a header that is one: 1月, 十二月（元）, 2018年3月, 2018-03-01."""
    if found := MONTH_HEADER.fullmatch(heading.text):
        return found[1] or "", f"{MONTH_NAMES.get(found[2]) or int(found[2]):02d}"
    if found := DATED_HEADER.fullmatch(heading.text):
        return found[1], f"{int(found[2] or found[3]):02d}"
    return None


YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
CHINESE_YEAR = re.compile(r"二[〇零○][〇零○一二][〇零○一二三四五六七八九](?=年)")
CHINESE_MONTH = re.compile(r"(?<=年)(?:十[一二]?|[一二三四五六七八九])(?=月)")
CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
DAY_SAID = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[年./-](0?[1-9]|1[0-2])(?:月份?|(?=[^\d./月-]|$))(?:(3[01]|[12]\d|0?[1-9])[日号])?(?![日号\d至~-])"
)
LABELLED = re.compile(r"(?:^|[\s，,；;（(])([^\s:：，,；;（(]{2,14})[:：]\s*([^\s，,；;]+)")
TOWN = re.compile(
    r"(?:^|[^\u4e00-\u9fff]|[县区市年度份月])(?![年度月份])([\u4e00-\u9fff]{1,5}?(?:镇|乡|街道))(?![镇级干])"
)
VILLAGE = re.compile(r"(?:^|[^\u4e00-\u9fff]|[镇乡]|街道)([\u4e00-\u9fff]{1,6}?(?:村|社区))(?![干级组民])")
PLACES = {
    "乡镇": (TOWN, re.compile(r"^.*[县市区旗](?!街道$)(?=..)")),
    "村": (VILLAGE, re.compile(r"^.*(?:镇|乡|街道)(?=..)")),
}
"""How a title or a name says the town and the village: their names, and what stands before them."""
NO_PLACES = re.compile(r"(?:行政|自然|[各全本分按驻农城集乡])[乡镇村]+")
"""What ends like the name of a town or a village and is none."""


def _plain(text: str) -> str:
    """A title or name in NFKC, its year and month in digits: 二〇一八年三月 as 2018年3月."""
    text = unicodedata.normalize("NFKC", text)
    text = CHINESE_YEAR.sub(lambda found: found[0].translate(CHINESE_DIGITS), text)
    return CHINESE_MONTH.sub(lambda found: str(MONTH_NAMES[found[0]]), text)


def _said(column: Column, source: Source, texts: Sequence[str]) -> str | None:
    """What title rows and names say about a column that the sheet lacks: behind its name, by a word of it, as a place or a month."""
    plain = [_plain(text) for text in texts]
    for text in plain:
        for label, value in LABELLED.findall(text):
            rank = _rank(_heading(label), column)
            if rank is not None and rank <= 3:
                return str(value)
    words = sorted(column.words, key=len, reverse=True)
    for text in plain:
        for word in words:
            if word in text:
                return column.spellings.get(word, word)
        unlabelled = LABELLED.sub(" ", text)
        if column.name == source.months.get("date") and (found := DAY_SAID.search(unlabelled)):
            return f"{found[1]}-{int(found[2]):02d}-{int(found[3] or 1):02d}"
        if column.name in PLACES:
            pattern, above = PLACES[column.name]
            for place in pattern.findall(unlabelled):
                name = above.sub("", place)
                if not NO_PLACES.fullmatch(name):
                    return name
    return None


def _year_said(texts: Sequence[str]) -> str:
    for text in texts:
        if found := YEAR.search(_plain(text)):
            return found[1]
    return ""


def _unit_said(texts: Sequence[str]) -> int | None:
    """元 per unit that a line above the header names: 单位：万元."""
    for text in texts:
        if found := re.search(r"单位[:：]?\s*((?:亿|万|千)?元)|^[（(]((?:亿|万|千)?元)[）)]$", text.strip()):
            return MONEY[found[1] or found[2]]
    return None


def _matched(
    headers: Sequence[str], headings: Sequence[_Heading], source: Source, said: Sequence[str]
) -> Match | str | None:
    """How a header row is that of a table: the match, why two of its columns cannot be told apart, or None."""
    months = {at: month for at, heading in enumerate(headings) if (month := _month(heading))} if source.months else {}
    unfolds, taken = _unfolds(headings, source)
    amount = source.months.get("amount")
    if len(months) == 1 and any(name == amount for heading in headings for _, name in _ranks(heading, source)):
        months = {}
    further = {at for _, columns in unfolds for at in columns}
    own = [_Heading("", "", None) if at in months or at in further else heading for at, heading in enumerate(headings)]
    columns, disputed = _assigned(own, source)
    year: int | None = None
    if months:
        columns = {at: column for at, column in columns.items() if column.name != source.months["amount"]}
        year = next((at for at, heading in enumerate(own) if heading.text in YEAR_HEADERS), None)
        disputed.discard(source.months["amount"])
    period = _period(headings, columns, source)
    found = {column.name for column in columns.values()} | taken
    if period is not None:
        found |= {source.period["from"], source.period["to"]}
    values = {
        column.name: value
        for column in source.columns.values()
        if column.name not in found | disputed
        and (column.elsewhere or column.name in ("乡镇", "村"))
        and column.name not in _needless(source, columns)
        and not (months and column.name == source.months["date"])
        and (value := _said(column, source, said))
    }
    required = {column.name for column in source.columns.values() if column.required}
    accounted = found | values.keys() | disputed
    accounted |= {column.name for column in source.columns.values() if column.village_column in accounted}
    # A list of names without numbers is still that table: its rows wait in the review list (graph_loader.identity).
    nameless = {column for column, named in source.person_names.items() if named in found and column in required}
    nameless -= accounted
    accounted |= nameless
    missing = []
    if months:
        written = {at: f"{y or ('' if year is not None else _year_said(said))}-{m}" for at, (y, m) in months.items()}
        accounted |= set(source.months.values())
        if year is None and any(month.startswith("-") for month in written.values()):
            missing.append(source.months["date"])
    if source.numbered_by:
        accounted |= set(source.key)
    lacking = required - accounted
    missing += [name for name in source.columns if name in lacking and source.columns[name].elsewhere]
    if len(found | disputed) < 2 or len(missing) < len(lacking) or 2 * len(missing) >= len(required):
        return None
    if required & disputed:
        return f"two columns of it could both be {'、'.join(sorted(required & disputed))} of {source.title}: rename one"
    recognised = set(columns) | set(months) | further | {at for at in (year, period) if at is not None}
    factors: dict[str, int] = {}
    unit = _unit_said(said)
    for column in source.columns.values():
        if column.kind in ("amount", "wan_amount"):
            places = [at for at, other in columns.items() if other is column]
            places += [at for _, more in unfolds for at, other in more.items() if other is column]
            places += list(months) if column.name == source.months.get("amount") else []
            named = next((headings[at].unit for at in places if headings[at].unit), None)
            if factor := MONEY.get(named or "", unit if places else None):
                factors[column.name] = factor
    return Match(
        source,
        columns,
        factors,
        tuple(str(header) for at, header in enumerate(headers) if headings[at].text and at not in recognised),
        len(recognised) / (sum(1 for heading in headings if heading.text) + len(nameless)),
        values=values,
        missing=tuple(missing),
        months=written if months else {},
        year=year,
        period=period,
        unfolds=unfolds,
    )


def closeness(header: str, column: Column) -> int | None:
    """How closely a header names a column: 0 its very name … 4 its name behind words like 户主; None not at all."""
    return _rank(_heading(header), column)


def heading_text(header: str) -> str:
    """A header without brackets, blanks and units."""
    return _heading(header).text


def money_factors(headers: Sequence[str], columns: dict[int, Column]) -> dict[str, int]:
    """Amount columns whose header names a unit of money → that unit in 元."""
    amounts = {at: column for at, column in columns.items() if column.kind in ("amount", "wan_amount")}
    return {
        column.name: MONEY[unit]
        for at, column in amounts.items()
        if (unit := _heading(headers[at]).unit or "") in MONEY
    }


def signature(headers: Sequence[str]) -> str:
    """Names a row of headers: the same for the same headers in the same order, whatever their blanks, widths and brackets."""
    written = [_heading(header).written for header in headers]
    while written and not written[-1]:
        written.pop()
    return sha256("\x1f".join(written).encode()).hexdigest()[:16]


def _needless(source: Source, columns: dict[int, Column]) -> set[str]:
    """Names of places that add nothing to the codes which the sheet has: a row would differ from the same one under another title."""
    found = {column.name for column in columns.values()}
    shown = {prop.column for node in source.nodes for prop in node.properties.values()}
    coded = [column for column in columns.values() if column.village_column and column.village_column not in found]
    return {name for column in coded for name in (column.town_column, column.village_column) if name} - shown


def _unfolds(
    headings: Sequence[_Heading], source: Source
) -> tuple[tuple[tuple[Unfold, dict[int, Column]], ...], set[str]]:
    """The further records whose first column the header names, and the columns that all records of a row have."""
    found = []
    for unfold in source.unfolds:
        first = next(iter(unfold.columns))
        if not unfold.packed and any(name == first for heading in headings for _, name in _ranks(heading, source)):
            continue
        columns: dict[int, Column] = {}
        for name, names in unfold.columns.items():
            wanted = {_heading(header).text for header in names}
            places = [at for at, heading in enumerate(headings) if heading.text in wanted and at not in columns]
            if places:
                columns[places[0]] = source.columns[name]
        if first in {column.name for column in columns.values()}:
            found.append((unfold, columns))
    only = [unfold for unfold, _ in found if not unfold.packed]
    taken = {name for unfold in only for name in (*unfold.columns, *unfold.values)} if only else set()
    return tuple(found), taken


def _period(headings: Sequence[_Heading], columns: dict[int, Column], source: Source) -> int | None:
    """Position of the column that holds start and end in one cell, where neither has a column of its own."""
    if not source.period or {column.name for column in columns.values()} & {source.period["from"], source.period["to"]}:
        return None
    wanted = {_heading(header).written for header in source.period["headers"]}
    places = [
        at for at, heading in enumerate(headings) if {heading.text, heading.written} & wanted and at not in columns
    ]
    return places[0] if len(places) == 1 else None


def recognise(
    headers: Sequence[str], sources: dict[str, Source] | None = None, said: Sequence[str] = ()
) -> Match | None:
    """The table a row of headers belongs to: all its required columns are there, and the largest share of the headers is its.

    `said`: title rows, then names of sheet and file, that may say columns the header lacks. A match may have `missing` columns:
    those marked `elsewhere` that nothing says, less than half of the required ones. None where no table fits. Two headers that
    name an optional column equally well are both left unknown.
    Raises GuanxiError where two tables fit equally well, or two headers a required column.
    """
    headings = [_heading(header) for header in headers]
    if not any(heading.text for heading in headings):
        return None
    matches: list[Match] = []
    refused: list[str] = []
    for source in (load_sources() if sources is None else sources).values():
        match = _matched(headers, headings, source, said)
        if isinstance(match, Match):
            matches.append(match)
        elif match:
            refused.append(match)
    matches.sort(key=lambda match: (-match.score, len(match.missing)))
    if len(matches) > 1 and (matches[0].score, matches[0].missing) == (matches[1].score, matches[1].missing):
        one, other = (match.source.title for match in matches[:2])
        raise GuanxiError(f"the header fits {one} and {other} equally well: add the column that tells them apart.")
    if not matches and refused:
        raise GuanxiError(f"{refused[0]}.")
    return matches[0] if matches else None


PERSONS = re.compile(r"(?:人|方|者|员|亲|偶|子女|代表|监护|照料|代领|经办|审批|审核|负责|联系)$")
UNIT_CELL = re.compile(r"[(（]?((?:[亿万千]?元)|亩|平方米)[)）]?")


def joined(top: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """A header of two rows as one: a group (男方 over 姓名, 身份证号) goes before the names below it where it says whose they are.

    Empty cells right of a group belong to it; a cell over an empty one stands alone.
    """
    cells, group = [], ""
    for over, under in zip(top, below, strict=True):
        group = over or group
        name, part = re.sub(r"\s", "", over or group), re.sub(r"\s", "", under)
        whose = re.sub(r"(?:基本)?(?:信息|情况|资料)$", "", name)
        if not part or name == part:
            cells.append(over)
        elif UNIT_CELL.fullmatch(part):
            cells.append(f"{name}({part.strip('()（）')})")
        elif _month(_heading(under)):
            unit = _heading(name).unit
            cells.append((name if YEAR.match(name) else "") + part + (f"({unit})" if unit else ""))
        elif (PERSONS.search(whose) and not OWN.match(f"{whose}姓名")) or is_known(whose + part):
            cells.append(whose + part)
        else:
            cells.append(under)
    return tuple(cells)


@lru_cache(CACHED)
def is_known(cell: str) -> bool:
    """Whether some table has a column of this header."""
    return any(_ranks(_heading(cell), source) for source in load_sources().values())


NO_HEADER = re.compile(r"\d{11}|\d[\d,]*\.\d\d$")
"""What no header cell holds: numbers of people, accounts and phones, amounts."""


def find_header(
    rows: Sequence[Sequence[str]], sources: dict[str, Source] | None = None, names: Sequence[str] = ()
) -> Header | None:
    """The first row (or two) of a sheet that is a table's header; of two rows that follow each other the better one.

    `names`: of the sheet and its file, which may say what the header lacks. Raises GuanxiError as `recognise` does.
    """
    best: Header | None = None
    for position, row in enumerate(rows[:HEADER_DEPTH]):
        if best and position > best.first + 1:
            break
        if any(NO_HEADER.search(cell) for cell in row):
            continue
        said = [*lines(rows[:position]), *names]
        found = Header(position, match, tuple(row), position) if (match := recognise(row, sources, said)) else None
        below = rows[position + 1] if position + 1 < len(rows) else ()
        if any(below) and not any(NO_HEADER.search(cell) for cell in below):
            both = joined(row, below)
            if both != tuple(row) and (match := recognise(both, sources, said)):
                units = all(UNIT_CELL.fullmatch(cell) for cell in below if cell)
                if not found or len(match.all_columns()) > len(found.match.all_columns()) or units:
                    found = Header(position + 1, match, both, position)
        if found and (best is None or _worth(found) > _worth(best)):
            best = found
    return best


def _worth(header: Header) -> tuple[int, int, float]:
    """More columns are better, then less that is missing, then a larger share, then one row instead of two."""
    match = header.match
    return len(match.all_columns()), -len(match.missing), match.score - 0.001 * (header.position - header.first)


def lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines of text, the last first: what stands above a header, nearest first."""
    return [text for row in reversed(rows) if (text := " ".join(cell for cell in row if cell.strip()))]


def nearest(rows: Sequence[Sequence[str]]) -> str:
    """Half a sentence for a sheet without a header: the table it comes nearest to, and the columns it lacks for it."""
    best = (0.0, "")
    for row in rows[:HEADER_DEPTH]:
        headings = [_heading(cell) for cell in row]
        for source in departmental().values():
            columns, _ = _assigned(headings, source)
            found = {column.name for column in columns.values()}
            needed = (column for column in source.columns.values() if column.required and not column.elsewhere)
            required = [column.name for column in needed if not (source.numbered_by and column.name in source.key)]
            share = sum(name in found for name in required) / len(required)
            lacking = "、".join(name for name in required if name not in found)
            if share > best[0] and lacking:
                best = (share, f"it comes nearest to {source.title}, but lacks {lacking}")
    return best[1] if best[0] >= 0.5 else "no row of it is the header of a known table"


def lacking(match: Match) -> str:
    """Half a sentence for a table that is known, but not all that its rows need is said."""
    return f"it is {match.source.title}, but neither its header nor its title or name says {'、'.join(match.missing)}"
