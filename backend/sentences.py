"""Sentences with gaps: `{relative} 领取 {amount} 元[，审批人为 {signer}]`, filled from what the rows of a lead say.

A gap names a column, or `count`, `from`, `to` (number and span of the events). A part in square brackets is left out when
one of its gaps has nothing to say; elsewhere such a gap reads 不详 / unknown. `{from:month}` gives the month of a date.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from graph_loader.sources import load_sources

LANGUAGES = ("zh", "en")
ABOUT_EVENTS = frozenset({"count", "from", "to"})
"""Gaps that every sentence may use beside the columns."""

GAP = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
LEAST_CHANCE = 0.000001
"""Probabilities below this one are only said to be smaller: rounding would decide their digits."""
NAMED = 3
"""Of more different values than this, a sentence names this many and says how many there are."""


def gaps(template: str) -> set[str]:
    """The names a template asks for."""
    return {name for name, _ in GAP.findall(template)}


def fault_of(template: str) -> str | None:
    """What is wrong with a template's braces, brackets and formats, or None."""
    formats = {form for _, form in GAP.findall(template)} - {"", "month"}
    if formats:
        return f"the format `{min(formats)}` does not exist: use `month` or none"
    rest = OPTIONAL.sub(r"\1", GAP.sub("", template))
    left = re.search(r"[{}\[\]]", rest)
    return f"a `{left[0]}` stands alone: close it or take it out" if left else None


def fill(template: str, values: Mapping[str, Sequence[Any]], types: Mapping[str, str], language: str) -> str:
    """The sentence. `values` holds the different values of each column, None excluded; `types` the column types."""

    def spoken(match: re.Match[str]) -> str:
        name, form = match.groups()
        return _said(values.get(name, ()), types.get(name, "text"), form, language)

    def kept(match: re.Match[str]) -> str:
        return match[1] if all(values.get(name) for name in gaps(match[1])) else ""

    return GAP.sub(spoken, OPTIONAL.sub(kept, template))


def _said(values: Sequence[Any], type: str, form: str | None, language: str) -> str:
    if not values:
        return "不详" if language == "zh" else "unknown"
    if type == "date":
        first, last = (_day(day, form, language) for day in (min(values), max(values)))
        return first if first == last else f"{first}{'至' if language == 'zh' else ' to '}{last}"
    words = [_word(value, type) for value in values]
    if len(words) <= NAMED + 1:
        return ("、" if language == "zh" else ", ").join(words)
    if language == "zh":
        return f"{'、'.join(words[:NAMED])}等 {len(words)} 项"
    return f"{', '.join(words[:NAMED])} and {len(words) - NAMED} more"


def _day(day: date, form: str | None, language: str) -> str:
    if form != "month":
        return day.isoformat()
    return f"{day.year} 年 {day.month} 月" if language == "zh" else f"{MONTHS[day.month - 1]} {day.year}"


def _word(value: Any, type: str) -> str:
    if type == "amount":
        return f"{value:,.2f}".removesuffix(".00")
    if type == "table":
        return load_sources()[value].title
    if type == "percent":
        return f"{value:.1%}".replace(".0%", "%")
    if type == "chance":
        return _chance(value)
    return str(value)


def _chance(value: float) -> str:
    if value < LEAST_CHANCE:
        return f"< 1/{round(1 / LEAST_CHANCE)}"
    return f"1/{int(1 / value)}" if value < 0.1 else f"{min(value, 1):.0%}"
