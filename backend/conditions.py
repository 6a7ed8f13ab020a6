"""The conditions of a query's text, and the text without one of them: what clears a suspicion, and what its cases must hold.

A condition is an operand of AND or OR, the whole of a WHERE, or a WHEN with what it gives. A line of comment that begins with
`// Nothing but a short cut` says of the WHERE below that it changes how fast an answer comes, and not the answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*)|(?P<text>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`)|(?P<word>(?:STARTS|ENDS)\s+WITH\b|\$?\w+)|(?P<mark>.)"
)
CLAUSES = frozenset(
    [
        "MATCH",
        "OPTIONAL",
        "WITH",
        "RETURN",
        "UNWIND",
        "CALL",
        "ORDER",
        "LIMIT",
        "SKIP",
        "UNION",
        "WHERE",
        "WHEN",
        "THEN",
        "ELSE",
        "AS",
        "DISTINCT",
        "BY",
    ]
)
"""Words that end what stands before them."""
WITHIN = re.compile(
    r"([\w.$]+|coalesce\([^()]*\)) (<=?) ([\w.$]+|coalesce\([^()]*\)) (<=?) ([\w.$]+|coalesce\([^()]*\))"
)
"""Two conditions in one: a value between two others."""
SHORT_CUT = "// Nothing but a short cut"


@dataclass(frozen=True)
class Dropped:
    """A query's text without one of its conditions; `line` is that of the condition, from 1."""

    line: int
    condition: str
    text: str


@dataclass
class _Part:
    """An expression being read: after which word it stands, where it begins, and the ANDs and ORs on its own level."""

    after: str
    start: int
    ors: list[tuple[int, int]] = field(default_factory=list)
    ands: list[tuple[int, int]] = field(default_factory=list)


def each_dropped(text: str) -> list[Dropped]:
    """A query's text without each of its conditions in turn, in their order."""
    found = {}
    for start, end, instead in sorted(_conditions(text), key=lambda span: (span[0], -span[1])):
        stripped = text[start:end].strip()
        line = text.count("\n", 0, start + text[start:end].index(stripped)) + 1
        if stripped.upper() not in ("", "TRUE", "FALSE"):
            found[f"{text[:start]} {instead} {text[end:]}"] = line, " ".join(stripped.split())
        for half, other in _halves(stripped):
            found[f"{text[:start]} {other} {text[end:]}"] = line, f"{half}, of {stripped}"
    return [Dropped(line, condition, rest) for rest, (line, condition) in found.items()]


def without(text: str, condition: str) -> str | None:
    """A query's text without a condition, wherever it stands; None where it stands nowhere. Blanks and comments do not matter.

    Of a value between two others either half is a condition: `day < post.to` of `post.from <= day < post.to`."""
    wanted, spans = _plain(condition), set()
    for start, end, instead in _conditions(text):
        if tokens := [match for match in TOKEN.finditer(text, start, end) if not match["skip"]]:
            first, last = tokens[0].start(), tokens[-1].end()
            one = text[first:last]
            if _plain(one) == wanted:
                spans.add((first, last, instead))
            spans |= {(first, last, rest) for half, rest in _halves(one) if _plain(half) == wanted}
    for first, last, instead in sorted(spans, reverse=True):
        text = f"{text[:first]} {instead} {text[last:]}"
    return text if spans else None


def _plain(text: str) -> str:
    return " ".join(match[0] for match in TOKEN.finditer(text) if not match["skip"])


def _conditions(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each condition begins and ends, and what stands there once it is dropped."""
    for part, end in _parts(text):
        if part.after == "WHERE" and text[: part.start].rsplit("\n", 2)[-2:][0].strip().startswith(SHORT_CUT):
            continue
        if part.after == "WHERE" and not part.ors and not part.ands:
            yield part.start, end, "true"
        if part.after == "WHEN":
            yield part.start, end, "false"
        for start, stop in _between(part.start, part.ors, end):
            if part.ors:
                yield start, stop, "false"
            ands = [cut for cut in part.ands if start <= cut[0] < stop]
            if ands:
                yield from ((one, other, "true") for one, other in _between(start, ands, stop))


def _halves(condition: str) -> Iterator[tuple[str, str]]:
    """Of a value between two others each half and what is left without it."""
    if match := WITHIN.fullmatch(condition):
        low, least, value, most, high = match.groups()
        yield f"{low} {least} {value}", f"{value} {most} {high}"
        yield f"{value} {most} {high}", f"{low} {least} {value}"


def _between(start: int, cuts: list[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    for cut, after in cuts:
        yield start, cut
        start = after
    yield start, end


def _parts(text: str) -> Iterator[tuple[_Part, int]]:
    """Every expression on every level of brackets and CASEs, and where it ends."""
    stack = [_Part("", 0)]
    before = ""
    for match in TOKEN.finditer(text):
        if match["skip"]:
            continue
        word = match[0].upper() if match["word"] else match[0]
        if word == "END" or word in ")]}":
            yield stack.pop(), match.start()
        elif word in CLAUSES or word in ",|" or (word == ":" and stack[-1].after == "{" and before.isidentifier()):
            yield stack[-1], match.start()
            after = "{" if word in (",", ":") and stack[-1].after in ("{", "value") else word
            stack[-1] = _Part("value" if word == ":" else after, match.end())
        elif word == "AND":
            stack[-1].ands.append(match.span())
        elif word in ("OR", "XOR"):
            stack[-1].ors.append(match.span())
        if word == "CASE" or word in "([{":
            stack.append(_Part(word, match.end()))
        before = match[0]
    yield stack[0], len(text)
