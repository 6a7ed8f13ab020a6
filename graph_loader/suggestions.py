"""What the columns of an unknown sheet may be: suggested from their names and from the values below them, for a person to confirm."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz
from stdnum.cn import uscc

from graph_loader.cells import NO, YES, Unreadable, plain, read_amount, read_date, read_person_id, squeezed
from graph_loader.headers import closeness, heading_text
from graph_loader.sample.names import surname_weights
from graph_loader.sources import Column, Source, departmental

SAMPLE_ROWS = 200
"""Rows below the header that are looked at."""
LIKELY = 0.4
"""Score below which no suggestion is made."""


@dataclass(frozen=True)
class Guess:
    """A column of a table that a column of the sheet may be. `score`: 0 to 1; `by`: what speaks for it, `name`, `values` or `both`."""

    column: str
    score: float
    by: str


@dataclass(frozen=True)
class Suggestion:
    """A table a sheet may be. `guesses`: position → guess."""

    table: str
    score: float
    guesses: dict[int, Guess]


def suggest(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Suggestion]:
    """Every table with the columns the sheet may have for it, the likeliest table first.

    `rows`: the first rows below the header, as text.
    """
    columns = [_Values([row[at] for row in rows[:SAMPLE_ROWS] if at < len(row)]) for at in range(len(headers))]
    found = [_suggestion(source, headers, columns) for source in departmental().values()]
    return sorted(found, key=lambda suggestion: -suggestion.score)


def _suggestion(source: Source, headers: Sequence[str], columns: "Sequence[_Values]") -> Suggestion:
    scores = [
        (*_score(source, column, header, values), at, column.name)
        for at, (header, values) in enumerate(zip(headers, columns, strict=True))
        if header.strip() or values.filled
        for column in source.columns.values()
    ]
    guesses: dict[int, Guess] = {}
    _take(guesses, [each for each in scores if source.columns[each[3]].kind in NUMBERS])
    _take(guesses, [_beside_its_number(each, source, headers, guesses) for each in scores if each[2] not in guesses])
    taken = {guess.column for guess in guesses.values()}
    required = {name for name, column in source.columns.items() if column.required}
    required -= set(source.key) if source.numbered_by else set()
    required -= {name for name, column in source.columns.items() if column.elsewhere} - taken
    there = sum(guess.score for guess in guesses.values() if guess.column in required)
    width = sum(1 for header, values in zip(headers, columns, strict=True) if header.strip() or values.filled)
    # How much of the sheet the table explains tells more than how much of the table is there: some tables need one column only.
    score = 0.35 * there / max(len(required), 1) + 0.65 * sum(guess.score for guess in guesses.values()) / max(width, 1)
    return Suggestion(source.id, round(score, 3), guesses)


def _take(guesses: dict[int, Guess], scores: Iterable[tuple[float, str, int, str]]) -> None:
    """Adds the likeliest guesses, each column of the sheet and of the table once."""
    taken = {guess.column for guess in guesses.values()}
    for score, by, at, name in sorted(scores, key=lambda score: -score[0]):
        if score >= LIKELY and at not in guesses and name not in taken:
            guesses[at] = Guess(name, round(min(score, 1.0), 2), by)
            taken.add(name)


NAMES = ("name", "payee_name", "company_name")
NUMBERS = ("person_id", "person_or_company_id", "credit_code")
OF_WHOM = re.compile(r"(?:姓名|名称|身份证(?:号码?)?|证号|证件号码?|统一社会信用代码|信用代码|号码?)$")


def _beside_its_number(
    guess: tuple[float, str, int, str], source: Source, headers: Sequence[str], numbers: dict[int, Guess]
) -> tuple[float, str, int, str]:
    """The score of a name, higher where it is called after the same person as the number that is taken for its owner's
    (对方姓名 with 对方证号), a little higher where it stands beside it: two columns of names look alike."""
    score, by, at, name = guess
    if source.columns[name].kind not in NAMES:
        return guess
    for place, number in numbers.items():
        if OF_WHOM.sub("", number.column) == OF_WHOM.sub("", name):
            if (whom := OF_WHOM.sub("", headers[place])) and OF_WHOM.sub("", headers[at]) == whom:
                return score + 0.3, by, at, name
            if abs(place - at) == 1:
                return score + 0.1, by, at, name
    return guess


def _score(source: Source, column: Column, header: str, values: "_Values") -> tuple[float, str]:
    """How likely a column of a sheet is a column of a table, and whether its name or its values say so."""
    name = _by_name(header, source, column)
    share = values.share(column)
    if share is None:
        return name * 0.9, "name"
    told, weight = share, TELLING.get(column.kind, 0.0)
    if told < 0.2 and weight >= 0.6:
        return 0.0, "values"
    if name >= 0.9:
        return 0.85 + 0.15 * told, "both" if weight and told > 0.5 else "name"
    # What only the values say is sure where few other columns could look so: an ID number, not an amount.
    by_values = weight * told
    score = max(name * (0.6 + 0.4 * told if weight else 1.0), by_values) + 0.1 * min(name, by_values)
    by = "values" if by_values > name else "both" if weight and told > 0.5 else "name"
    return min(score, 1.0), by


def _by_name(header: str, source: Source, column: Column) -> float:
    """How like a header is to a column's name or one of its other names: 1 the same … 0."""
    rank = closeness(header, column)
    if rank is not None:
        return 1.0 - 0.02 * rank
    text = heading_text(header)
    if not text:
        return 0.0
    names = [heading_text(name) for name in (column.name, *column.aliases)]
    alike = max(fuzz.ratio(text, name) for name in names) / 100
    within = max(
        (min(len(name), len(text)) / max(len(name), len(text)) for name in names if _within(text, name)), default=0.0
    )
    return max(alike, 0.55 + 0.35 * within if within else 0.0) * 0.9


def _within(text: str, name: str) -> bool:
    return len(min(text, name, key=len)) >= 2 and (name in text or text in name)


TELLING = {
    "person_id": 0.9,
    "person_or_company_id": 0.85,
    "credit_code": 0.9,
    "village_code": 0.9,
    "village_or_unit": 0.6,
    "town_code": 0.9,
    "account": 0.7,
    "phone": 0.85,
    "name": 0.6,
    "payee_name": 0.45,
    "company_name": 0.6,
    "date": 0.6,
    "from_date": 0.6,
    "to_date": 0.5,
    "amount": 0.5,
    "wan_amount": 0.3,
    "number": 0.2,
    "integer": 0.2,
    "percent": 0.4,
    "yes_no": 0.7,
    "choice": 0.9,
    "unit": 0.4,
}
"""How much values that fit say by themselves, by kind of column. Codes, titles and free text look like anything."""

FIRM = re.compile(r"公司|合作社|商行|经营部|工程队|厂$|店$")
OFFICE = re.compile(r"局$|政府$|办公室$|委员会$|中心$|站$|所$|院$|学校$")


class _Values:
    """The filled cells of one column of a sheet, and what share of them looks like what."""

    def __init__(self, cells: Sequence[str]) -> None:
        self.filled = [text for cell in cells if (text := plain(cell or ""))]
        self.shares: dict[str, float] = {}

    def share(self, column: Column) -> float | None:
        """The share of the cells that fit a column; None where there are none."""
        if not self.filled:
            return None
        if column.kind == "choice":
            known = {*column.choices, *column.spellings}
            return sum(squeezed(text) in known for text in self.filled) / len(self.filled)
        looks = LOOKS.get(column.kind)
        if looks is None:
            return 0.0 if self._of("person_id", _is_person_id) > 0.5 else 0.5
        return self._of(column.kind, looks)

    def _of(self, kind: str, looks: Callable[[str], float]) -> float:
        if kind not in self.shares:
            self.shares[kind] = sum(map(looks, self.filled)) / len(self.filled)
        return self.shares[kind]


def _is_person_id(text: str) -> bool:
    try:
        return read_person_id(text)[1]
    except Unreadable:
        return False


def _is_credit_code(text: str) -> bool:
    code = squeezed(text).upper()
    return bool(re.fullmatch(r"[1-9ANY][0-9A-HJ-NP-RTUWXY]{17}", code)) and code[-1] == uscc.calc_check_digit(code)


def _is_date(text: str) -> bool:
    if re.fullmatch(r"[1-9]\d{4}(\.\d+)?", text):
        return False
    try:
        return bool(read_date(text))
    except Unreadable:
        return False


def _is_amount(text: str) -> bool:
    if _is_date(text) or len(re.sub(r"\D", "", text)) > 10:
        return False
    try:
        return read_amount(text) >= 0
    except Unreadable:
        return False


def _is_account(text: str) -> bool:
    number = re.sub(r"[\s-]", "", text)
    return bool(re.fullmatch(r"\d{12}|\d{15,21}", number)) and not _is_village(text) and not _is_person_id(text)


def _is_village(text: str) -> bool:
    return bool(re.fullmatch(r"[1-8]\d{8}(?!000)\d{3}", squeezed(text)))


@cache
def _surnames() -> frozenset[str]:
    return frozenset(surname_weights()[0])


def _is_name(text: str) -> float:
    """1 for two to four characters with a usual surname; less where only the length speaks for a name."""
    name = re.sub(r"\s", "", text)
    if not re.fullmatch(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]+·[\u4e00-\u9fff·]+", name):
        return 0.0
    return 1.0 if "·" in name or name[:1] in _surnames() or name[:2] in _surnames() else 0.75


LOOKS: dict[str, Callable[[str], float]] = {
    "person_id": _is_person_id,
    "person_or_company_id": lambda text: _is_person_id(text) or _is_credit_code(text),
    "credit_code": _is_credit_code,
    "village_code": _is_village,
    "village_or_unit": lambda text: _is_village(text) or bool(OFFICE.search(text)),
    "town_code": lambda text: bool(re.fullmatch(r"[1-8]\d{8}(000)?", squeezed(text))),
    "account": _is_account,
    "phone": lambda text: bool(re.fullmatch(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}", squeezed(text))),
    "name": _is_name,
    "payee_name": lambda text: max(_is_name(text), bool(FIRM.search(text))),
    "company_name": lambda text: bool(FIRM.search(text)),
    "unit": lambda text: bool(OFFICE.search(text)),
    "date": _is_date,
    "from_date": _is_date,
    "to_date": lambda text: _is_date(text) or text in ("至今", "长期"),
    "amount": _is_amount,
    "wan_amount": _is_amount,
    "number": _is_amount,
    "integer": lambda text: bool(re.fullmatch(r"\d{1,6}", text)),
    "percent": lambda text: bool(re.fullmatch(r"\d{1,3}(\.\d+)?%|0?\.\d+", text)),
    "yes_no": lambda text: squeezed(text).lower() in YES | NO,
}
