"""Which anchors of a query a change can touch: read off the patterns of its text.

A match that a changed relationship or node takes part in reaches it along the patterns, from the anchor on. Walked backwards from
what changed, the same patterns lead to every anchor whose rows may differ; each of those is then looked at anew, whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from graph_loader import ontology

UNKNOWN_LENGTH = 15
"""Steps of a pattern without an upper bound: more than any chain of what there is."""


@dataclass(frozen=True)
class Hop:
    """A step along a pattern towards the anchor. `types`: of the relationship, empty for any; `outward`: with its direction
    (True), against it (False), either way (None); `least`, `most`: how often."""

    types: tuple[str, ...]
    outward: bool | None
    least: int = 1
    most: int = 1

    def reversed(self) -> "Hop":
        return Hop(self.types, None if self.outward is None else not self.outward, self.least, self.most)


Chain = tuple[Hop, ...]
"""The hops from somewhere to the anchor; none at the anchor itself."""


@dataclass(frozen=True)
class Reach:
    """`relationships`: type → where a relationship of it may stand: the chain from one of its ends to the anchor, and that end
    (`start` or `end`). `nodes`: label → the chains from where such a node may stand. `unreached`: labels and types whose
    place in the text no pattern ties to the anchor: when one of them changes, everything is looked at."""

    relationships: dict[str, frozenset[tuple[str, Chain]]]
    nodes: dict[str, frozenset[Chain]]
    unreached: frozenset[str]


@dataclass
class _Variable:
    labels: frozenset[str] = frozenset()
    chain: Chain | None = None
    at: int = 0


@dataclass(frozen=True)
class _Edge:
    types: tuple[str, ...]
    start: str
    end: str
    directed: bool
    least: int
    most: int
    name: str = ""
    at: int = 0


@dataclass(frozen=True)
class Named:
    """A name in a text: `labels` of a node or `types` of a relationship that it may be, and where it is first so called."""

    name: str
    labels: frozenset[str]
    types: frozenset[str]
    at: int


def named(text: str, anchor: str) -> list[Named]:
    """The nodes and relationships of a text's patterns, also nameless ones."""
    variables: dict[str, _Variable] = {anchor: _Variable(chain=())}
    edges = [edge for clause in _clauses(text, variables) for path in clause.paths for edge in path]
    found = [Named(name.split("@")[0], one.labels, frozenset(), one.at) for name, one in variables.items()]
    return found + [Named(edge.name, frozenset(), frozenset(edge.types), edge.at) for edge in edges]


@dataclass
class _Clause:
    """The patterns of one clause. `binds`: whether what it connects is connected in every match (not so in OPTIONAL MATCH)."""

    paths: list[list[_Edge]] = field(default_factory=list)
    binds: bool = True


@cache
def reach(text: str, anchor: str) -> Reach:
    """What touches the anchor in a query's text."""
    variables: dict[str, _Variable] = {anchor: _Variable(chain=())}
    edges: list[_Edge] = []
    waiting: list[_Edge] = []
    for clause in _clauses(text, variables):
        for path in clause.paths:
            edges += path
            waiting = _connect(variables, [*path, *(waiting if clause.binds else [])]) + (
                [] if clause.binds else waiting
            )
    relationships: dict[str, set[tuple[str, Chain]]] = {}
    unreached: set[str] = set()
    for edge in edges:
        types = edge.types or tuple(ontology.load().relationships)
        for type in types:
            places = list(_places(edge, variables))
            relationships.setdefault(type, set()).update(places)
            if not places:
                unreached.add(type)
    nodes: dict[str, set[Chain]] = {}
    for name, variable in variables.items():
        for label in _labels_of(name, variable, edges):
            if variable.chain is None:
                unreached.add(label)
            else:
                nodes.setdefault(label, set()).add(variable.chain)
    return Reach(
        {type: frozenset(places) for type, places in relationships.items()},
        {label: frozenset(chains) for label, chains in nodes.items()},
        frozenset(unreached),
    )


def _places(edge: _Edge, variables: dict[str, _Variable]) -> Iterator[tuple[str, Chain]]:
    """The nearer end of a relationship that may be `edge`, and the chain from there on. Of a pattern of several steps any step
    may be it: as many as are left are walked from its nearer end."""
    near_start, near_end = variables[edge.start].chain, variables[edge.end].chain
    ends = []
    if near_start is not None and (near_end is None or len(near_start) <= len(near_end)):
        ends.append(("start", near_start, Hop(edge.types, False if edge.directed else None, 0, edge.most - 1)))
    else:
        if near_end is not None:
            ends.append(("end", near_end, Hop(edge.types, True if edge.directed else None, 0, edge.most - 1)))
    for side, chain, between in ends:
        whole = (between, *chain) if edge.most > 1 else chain
        yield side, whole
        if not edge.directed:  # the pattern may have matched it the other way round
            yield ("end" if side == "start" else "start"), whole


def _connect(variables: dict[str, _Variable], edges: list[_Edge]) -> list[_Edge]:
    """Gives every variable that edges tie to a reached one its chain; gives back the edges that none does."""
    progress = True
    left = edges
    while progress:
        progress, still = False, []
        for edge in left:
            start, end = variables[edge.start], variables[edge.end]
            hop = Hop(edge.types, True if edge.directed else None, edge.least, edge.most)
            if start.chain is not None and end.chain is None:
                end.chain = (hop.reversed(), *start.chain)
                progress = True
            elif end.chain is not None and start.chain is None:
                start.chain = (hop, *end.chain)
                progress = True
            elif start.chain is None:
                still.append(edge)
        left = still
    return left


def _labels_of(name: str, variable: _Variable, edges: list[_Edge]) -> frozenset[str]:
    """Labels that a variable's nodes may have: those it names, else those its relationships allow."""
    terms = ontology.load()
    if variable.labels:
        return frozenset(terms.nodes[label].marks or label for label in variable.labels if label in terms.nodes)
    found: set[str] = set()
    for edge in edges:
        for side, own in (("start", edge.start), ("end", edge.end)):
            if own == name:
                for type in edge.types or tuple(terms.relationships):
                    for start, end in terms.relationships[type].between:
                        found |= {start, end} if not edge.directed else {start if side == "start" else end}
    return frozenset(found)


# Reading the text

STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|//[^\n]*|/\*.*?\*/", re.DOTALL)
NODE = re.compile(
    r"\s*([A-Za-z_]\w*)?\s*(?::\s*([\w|&:!() ]+?))?\s*(?:\{.*\})?\s*(?:WHERE\b.*)?", re.DOTALL | re.IGNORECASE
)
ARROW = re.compile(r"\s*(<)?\s*-\s*(?:\[([^\[\]]*)\])?\s*-\s*(>)?\s*(?=\()")
BETWEEN = re.compile(r"\s*([A-Za-z_]\w*)?\s*(?::\s*([\w|:]+))?\s*(\*\s*(\d+)?\s*(\.\.)?\s*(\d+)?)?", re.DOTALL)
KEYWORD = re.compile(r"\b(OPTIONAL\s+MATCH|MATCH|WITH|UNWIND|RETURN|WHERE|CALL)\b", re.IGNORECASE)


def _clauses(text: str, variables: dict[str, _Variable]) -> Iterator[_Clause]:
    """The patterns of the text clause by clause, in order. Variables that begin inside brackets are of those brackets alone."""
    plain = STRING.sub(lambda found: " " * len(found[0]) if found[0].startswith("/") else "''", text)
    depths = _brackets(plain)
    clause, kind = _Clause(), ""
    marks = [(found.start(), found[1].upper().split()[0]) for found in KEYWORD.finditer(plain)]
    marks = [(at, word) for at, word in marks if depths[at] == ()]
    bounds = [*marks, (len(plain), "")]
    for (at, kind), (until, _) in pairwise(bounds):
        clause = _Clause(binds=kind == "MATCH")
        position = at
        while (opened := plain.find("(", position, until)) >= 0:
            path, position = _path(plain, opened, depths, variables)
            if path:
                inner = [edge for edge in path]
                if depths[opened] == () and kind in ("MATCH", "OPTIONAL"):
                    clause.paths.append(inner)
                else:  # a pattern inside an expression binds nothing outside of it
                    yield _Clause([inner], binds=False)
        if clause.paths:
            yield clause


def _brackets(plain: str) -> list[tuple[int, ...]]:
    """For every place the openings of the square brackets and braces it lies in."""
    inside: list[int] = []
    places = []
    for at, letter in enumerate(plain):
        if letter in "]}" and inside:
            inside.pop()
        places.append(tuple(inside))
        if letter in "[{":
            inside.append(at)
    return places


def _path(
    plain: str, opened: int, depths: list[tuple[int, ...]], variables: dict[str, _Variable]
) -> tuple[list[_Edge], int]:
    """The relationships of the path that begins at a bracket, if one does, and where to read on."""
    edges: list[_Edge] = []
    closed = _closing(plain, opened)
    arrow = ARROW.match(plain, closed + 1)
    if not arrow:
        _note(plain, opened, closed, depths, variables)
        return [], opened + 1
    before = _note(plain, opened, closed, depths, variables, must=True)
    while arrow:
        opened = arrow.end()
        closed = _closing(plain, opened)
        after = _note(plain, opened, closed, depths, variables, must=True)
        told = BETWEEN.match(arrow[2] or "")
        types = tuple(re.split(r"[|:]+", told[2])) if told and told[2] else ()
        least, most = _length(told)
        start, end = (after, before) if arrow[1] and not arrow[3] else (before, after)
        name = (told[1] or "") if told else ""
        edges.append(_Edge(types, start, end, bool(arrow[1]) != bool(arrow[3]), least, most, name, arrow.start()))
        before = after
        arrow = ARROW.match(plain, closed + 1)
    return edges, closed + 1


def _length(told: re.Match[str] | None) -> tuple[int, int]:
    if not told or not told[3]:
        return 1, 1
    low, dots, high = told[4], told[5], told[6]
    if not dots:
        return (int(low), int(low)) if low else (1, UNKNOWN_LENGTH)
    return int(low or 1), int(high or UNKNOWN_LENGTH)


def _closing(plain: str, opened: int) -> int:
    depth = 0
    for at in range(opened, len(plain)):
        depth += (plain[at] == "(") - (plain[at] == ")")
        if not depth:
            return at
    return len(plain) - 1


def _note(
    plain: str,
    opened: int,
    closed: int,
    depths: list[tuple[int, ...]],
    variables: dict[str, _Variable],
    must: bool = False,
) -> str:
    """The variable of a node pattern, noted with its labels. A name that is new inside brackets is one of these brackets'."""
    found = NODE.fullmatch(plain, opened + 1, closed)
    if not found or (not must and not found[2]):
        return ""
    scope = depths[opened]
    name = found[1] or f"@{opened}"
    for depth in range(len(scope), -1, -1):
        known = f"{name}@{scope[depth - 1]}" if depth else name
        if known in variables:
            name = known
            break
    else:
        name = f"{name}@{scope[-1]}" if scope else name
    labels = frozenset(re.findall(r"\w+", found[2] or ""))
    variable = variables.setdefault(name, _Variable(at=opened))
    if labels and not variable.labels:
        variable.labels, variable.at = labels, opened
    return name
