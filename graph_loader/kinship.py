"""Who is whose kin, with what word, how close, from when to when: derived from four tables and from nothing else.

Households, marriages, parentage and declarations are brought down to three ties (parent, spouse, sibling). A word that
presupposes somebody it does not name (儿媳: a son) puts an *unnamed* person into that place; records then say who it is, or a
household that leaves only one candidate. An unnamed person who might be one of several named ones is never identified with
any of them. Kin are found by walking the ties along the paths of `kinship_terms.PATTERNS`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

import pandas as pd

from graph_loader.kinship_terms import CLOSENESS, EITHER, PATTERNS, Relation, Step, read, read_role, term_of

FOREVER_FROM, FOREVER_TO = date(1, 1, 1), date(9999, 12, 31)
Window = tuple[tuple[date, date], ...]
"""Half-open intervals in order, apart from each other."""
ALWAYS: Window = ((FOREVER_FROM, FOREVER_TO),)

ON_RECORD, BY_ROLE, DECLARED, PRESUMED, BY_ELIMINATION, CONTRADICTED = 0.99, 0.95, 0.9, 0.8, 0.75, 0.5
"""Confidence of a single tie, by what it rests on; along a path they multiply."""
YOUNGEST_PARENT = 12
"""Years a parent must be older than a child before a tie between them is presumed."""
LATEST_WEDDING = 5
"""Years after a birth beyond which a marriage on record is held for a later one than the child's parents'."""
WIDEST_COUPLE = 20
"""Years between two people beyond which they are not presumed to be a couple."""
MOST_CHILDREN = 30
"""One who is on record as a parent of more children is an error of the record: no siblings follow from it."""

_UNNAMED = "\0"


@dataclass(frozen=True)
class Kinship:
    """The derived ties and kin; every frame is sorted, and `from`/`to` are `datetime.date`, half-open and never empty.

    `parent_of`: start (parent), end (child), kind (blood, adoptive, step, unknown), basis, confidence.
    `spouse_of`: start < end, from, to, basis, confidence; one row an interval.
    `sibling_of`: start < end, half, basis, confidence.
    `kin`: start (in focus), end, term, closeness, degree, from, to, basis, via, confidence, steps. `via` leads from start to
    end over named people; the rows behind the relation name two people of `via`, or are household rows of people of `via`.
    `unknown_terms`: official, relative, term, reason of declarations that made no kinship by themselves: `unknown` (the word
    is none for a relative or means several), `distant` (beyond 近姻亲), `no date` (by marriage, undated, no marriage on record),
    `contradicted` (records rule it out).
    `basis` lists the tables: residents, marriages, parentage, declared_relatives.
    """

    parent_of: pd.DataFrame
    spouse_of: pd.DataFrame
    sibling_of: pd.DataFrame
    kin: pd.DataFrame
    unknown_terms: pd.DataFrame


def derive(
    people: pd.DataFrame,
    residents: pd.DataFrame,
    marriages: pd.DataFrame,
    parentage: pd.DataFrame,
    declared: pd.DataFrame,
    focus: set[str],
) -> Kinship:
    """Kinship of everybody in `focus` with anybody, and the ties between all people. The order of rows makes no difference.

    people: ref, sex (男/女/None), birth. residents: person, household, role. marriages: husband, wife, kind (结婚/离婚), date.
    parentage: child, father, mother. declared: official, relative, term, date. Cells may be empty, and so may frames.
    """
    families = _Families()
    for ref, sex, birth in _rows(people, "ref", "sex", "birth"):
        families.introduce(ref, sex, _day(birth))
    for child, father, mother in _rows(parentage, "child", "father", "mother"):
        families.record_parents(child, father, mother)
    families.record_marriages(_rows(marriages, "husband", "wife", "kind", "date"))
    households = _households(_rows(residents, "person", "household", "role"))
    for household in households:
        families.believe(household.direct_ties())
        families.order(household.ranked_children())
        for member, relation in household.members.items():
            families.note_step_parent(household.head, relation, member, "residents", BY_ROLE)
    declarations, unknown = _declarations(_rows(declared, "official", "relative", "term", "date"))
    for declaration in declarations:
        families.believe(declaration.direct_ties(families))
        families.note_step_parent(
            declaration.official, declaration.relation, declaration.relative, "declared_relatives", DECLARED
        )
    families.settle()
    for ties in [_Composition(families, household).ties() for household in households]:
        families.believe(ties)
    families.settle()
    composed = [(declaration, declaration.ties(families)) for declaration in declarations]
    for declaration, found in composed:
        if found is None:
            unknown.append((declaration.official, declaration.relative, declaration.term, "no date"))
        else:
            families.believe(found)
    families.settle()
    families.finish()
    reported = {declaration[:3] for declaration in unknown}
    for declaration in declarations:
        said = (declaration.official, declaration.relative, declaration.term)
        if said not in reported and not declaration.follows(families):
            unknown.append((*said, "contradicted"))
    return Kinship(
        parent_of=families.parent_frame(),
        spouse_of=families.spouse_frame(),
        sibling_of=families.sibling_frame(),
        kin=_kin_frame(families, focus),
        unknown_terms=_frame(("official", "relative", "term", "reason"), sorted(set(unknown))),
    )


# ---------------------------------------------------------------------------------------------------------------- ties


@dataclass(frozen=True, slots=True)
class Tie:
    """Why two people are held for parent and child, spouses or siblings. `said`: further people the rows behind it name."""

    kind: str
    basis: frozenset[str]
    confidence: float
    said: tuple[str, ...] = ()
    window: Window = ALWAYS

    def confirmed(self, other: "Tie") -> "Tie":
        """Both together. A parent on record who is also called adoptive or step is adoptive."""
        kinds = {self.kind, other.kind}
        if EITHER in kinds and "parentage" in self.basis | other.basis:
            kinds = {"adoptive"}
        strongest = self if self.confidence >= other.confidence else other
        kind = next((kind for kind in ("adoptive", "blood", "unknown", EITHER) if kind in kinds), self.kind)
        said = min(self.said, other.said, key=lambda people: (len(people), people))
        return Tie(kind, self.basis | other.basis, strongest.confidence, said)


class Said(NamedTuple):
    """A source says: one step from `start` is `end`. `elder_than`: with whom the word compares its age."""

    start: str
    step: Step
    end: str
    basis: str
    confidence: float
    said: tuple[str, ...] = ()
    since: date | None = None
    elder_than: str | None = None


class _Families:
    """All people and their ties while they are gathered."""

    def __init__(self) -> None:
        self.sex: dict[str, str] = {}
        self.birth: dict[str, date] = {}
        self.parents: dict[str, dict[str, Tie]] = defaultdict(dict)
        self.children: dict[str, dict[str, Tie]] = defaultdict(dict)
        self.siblings: dict[str, dict[str, Tie]] = defaultdict(dict)
        self.spouses: dict[str, dict[str, Tie]] = defaultdict(dict)
        self.on_record: dict[tuple[str, str], Window] = {}
        self.married: dict[str, dict[str, Window]] = defaultdict(dict)
        self.by_role: set[tuple[str, str]] = set()
        self.declared_since: dict[tuple[str, str], date] = {}
        self.elder: dict[tuple[str, str], bool] = {}
        self.cross: set[tuple[str, str]] = set()
        self.half: set[tuple[str, str]] = set()
        self.step_ties: dict[tuple[str, str], Tie] = {}
        self.sibling_group: dict[str, str] = {}

    # -- what the tables say

    def introduce(self, ref: str | None, sex: str | None, birth: date | None) -> None:
        if ref and sex in ("男", "女"):
            self.sex[ref] = "m" if sex == "男" else "f"
        if ref and birth:
            self.birth[ref] = birth

    def record_parents(self, child: str | None, father: str | None, mother: str | None) -> None:
        for parent, sex in ((father, "m"), (mother, "f")):
            if child and parent:
                self.sex.setdefault(parent, sex)
                self.add_parent(parent, child, Tie("blood", frozenset({"parentage"}), ON_RECORD))

    def record_marriages(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Marriages in force from 结婚 to 离婚; without a divorce on record until the next marriage of either."""
        events: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
        for husband, wife, kind, day in rows:
            when = _day(day)
            if husband and wife and husband != wife and when and kind in ("结婚", "离婚"):
                self.sex.setdefault(husband, "m")
                self.sex.setdefault(wife, "f")
                events[_pair(husband, wife)].append((when, kind))
        windows = {pair: _in_force(of_pair) for pair, of_pair in events.items()}
        starts: dict[str, list[date]] = defaultdict(list)
        ends: dict[str, list[date]] = defaultdict(list)
        for pair, window in windows.items():
            for start, end in window:
                for ref in pair:
                    starts[ref].append(start)
                    ends[ref].append(end)
        for pair, window in windows.items():
            own = set(window)
            clipped = []
            for start, end in window:
                if end == FOREVER_TO:
                    later = [day for ref in pair for day in starts[ref] if day > start]
                    end = min(later, default=end)
                if start == FOREVER_FROM:
                    earlier = [day for ref in pair for day in ends[ref] if day < end and (start, day) not in own]
                    start = max(earlier, default=start)
                clipped.append((start, end))
            self.on_record[pair] = tuple(clipped)
            for ref, other in (pair, pair[::-1]):
                self.married[ref][other] = tuple(clipped)
            self.add_spouse(*pair, Tie("spouse", frozenset({"marriages"}), ON_RECORD))

    def believe(self, statements: Iterable[Said]) -> None:
        for said in statements:
            self._believe(said)

    def order(self, elder: Iterable[tuple[str, str]]) -> None:
        """Pairs of the elder and the younger, as words say it."""
        for older, younger in elder:
            self.elder.setdefault((younger, older), True)
            self.elder.setdefault((older, younger), False)

    def _believe(self, said: Said) -> None:
        start, step, end = said.start, said.step, said.end
        if start == end:
            return
        if step.sex:
            self.sex.setdefault(end, step.sex)
        if step.elder is not None and said.elder_than:
            self.order([(end, said.elder_than) if step.elder else (said.elder_than, end)])
        tie = Tie(step.kind, frozenset({said.basis}), said.confidence, said.said)
        if step.move == "U":
            self.add_parent(end, start, tie)
        elif step.move == "D":
            self.add_parent(start, end, tie)
        elif step.move == "S":
            _add(self.siblings, start, end, tie)
            _add(self.siblings, end, start, tie)
            if step.cross:
                self.cross |= {(start, end), (end, start)}
        else:
            self.add_spouse(start, end, tie)
            pair = _pair(start, end)
            if said.since is None:
                self.by_role.add(pair)
            else:
                self.declared_since[pair] = min(said.since, self.declared_since.get(pair, said.since))

    def add_parent(self, parent: str, child: str, tie: Tie) -> None:
        """A parent on record stands; a word for another parent of the same sex then means an adoptive or step-parent."""
        if parent == child or self.older_by(parent, child, at_least=0) is False:
            return
        if tie.kind == "blood" and "parentage" not in tie.basis:
            recorded = [ref for ref, known in self.parents[child].items() if "parentage" in known.basis]
            of_this_sex = [ref for ref in recorded if self.sex.get(ref) == self.sex.get(parent)]
            if of_this_sex and parent not in recorded:
                tie = replace(tie, kind=EITHER)
        _add(self.parents, child, parent, tie)
        _add(self.children, parent, child, tie)

    def note_step_parent(self, one: str, relation: Relation, other: str, basis: str, confidence: float) -> None:
        """继父, 继子: the word itself says who is whose step-parent."""
        if relation.pattern in ("UM", "MD"):
            pair = (other, one) if relation.pattern == "UM" else (one, other)
            tie = Tie("step", frozenset({basis}), confidence)
            known = self.step_ties.get(pair)
            self.step_ties[pair] = known.confirmed(tie) if known else tie

    def add_spouse(self, one: str, other: str, tie: Tie) -> None:
        _add(self.spouses, one, other, tie)
        _add(self.spouses, other, one, tie)

    # -- what is known

    def older_by(self, one: str, other: str, at_least: int) -> bool | None:
        """Whether `one` is at least that many years older; None if a birth date is missing."""
        if one not in self.birth or other not in self.birth:
            return None
        if at_least == 0:
            return self.birth[one] < self.birth[other]
        return (self.birth[other] - self.birth[one]).days >= at_least * 365

    def is_elder(self, one: str, other: str) -> bool | None:
        """Whether `other` is older than `one`: by birth dates, else as a word says it."""
        if one in self.birth and other in self.birth and self.birth[one] != self.birth[other]:
            return self.birth[other] < self.birth[one]
        return self.elder.get((one, other))

    def reached(self, ref: str, move: str) -> set[str]:
        """Everybody one step away."""
        if move == "U":
            return set(self.parents.get(ref, ()))
        if move == "D":
            return set(self.children.get(ref, ()))
        if move == "M":
            return set(self.spouses.get(ref, ()))
        by_parents = {child for parent in self.parents.get(ref, ()) for child in self.children.get(parent, ())}
        return (by_parents | set(self.siblings.get(ref, ()))) - {ref}

    def parent_of_sex(self, ref: str, sex: str) -> str | None:
        found = [parent for parent in self.true_parents(ref) if self.sex.get(parent) == sex]
        return found[0] if len(found) == 1 else None

    def true_parents(self, ref: str) -> list[str]:
        return [parent for parent, tie in self.parents.get(ref, {}).items() if tie.kind != EITHER]

    def spouse_on(self, ref: str, day: date | None) -> str | None:
        """The one spouse in force that day, else the one married next; without a day the only one ever, else the only one now.

        None if that is not certain. Spouses who are only declared do not count: their marriage has no day of its own.
        """
        spouses = [(other, self._known_days(ref, other)) for other in sorted(self.spouses.get(ref, ()))]
        spouses = [(other, window) for other, window in spouses if window]
        if day is None:
            now = [other for other, window in spouses if window[-1][1] == FOREVER_TO]
            fitting = [other for other, _ in spouses] if len(spouses) == 1 else now
        else:
            fitting = [other for other, window in spouses if any(start <= day < end for start, end in window)]
            later = sorted((start, other) for other, window in spouses for start, _ in window if start > day)
            fitting = fitting or [other for start, other in later if start == later[0][0]]
        return fitting[0] if len(fitting) == 1 else None

    def only_spouse(self, ref: str) -> str | None:
        """The spouse of somebody who never had another one, as far as is known."""
        spouses = [other for other in self.spouses.get(ref, ()) if self._known_days(ref, other)]
        return spouses[0] if len(spouses) == 1 else None

    def _known_days(self, one: str, other: str) -> Window:
        pair = _pair(one, other)
        return self.on_record.get(pair, ALWAYS if pair in self.by_role else ())

    def has_spouse_now(self, ref: str) -> bool:
        """Married as far as is known, without an end."""
        for other in self.spouses.get(ref, ()):
            window = self.on_record.get(_pair(ref, other), ALWAYS)
            if any(end == FOREVER_TO for _, end in window):
                return True
        return False

    def contradict(self, one: str, other: str) -> set[str]:
        """The sexes of which two people have different parents on record: m, f, both or neither."""
        differing = set()
        for sex in "mf":
            mine, theirs = (
                {
                    parent
                    for parent, tie in self.parents.get(ref, {}).items()
                    if self.sex.get(parent) == sex and tie.kind in ("blood", "unknown") and _named(parent)
                }
                for ref in (one, other)
            )
            if mine and theirs and not mine & theirs:
                differing.add(sex)
        return differing

    # -- what follows

    def settle(self) -> None:
        """What follows at once: no one is the parent of their parent, a step-child is the spouse's child, siblings share parents."""
        for child in sorted(self.parents):
            for parent in sorted(self.parents[child]):
                if child in self.parents.get(parent, ()) and parent in self.parents[child]:
                    self._break_circle(child, parent)
                tie = self.parents[child].get(parent)
                if tie and tie.kind == EITHER and self._through_the_spouse(parent, child):
                    self.step_ties[parent, child] = tie
                    del self.parents[child][parent], self.children[parent][child]
        self._presume_parents()
        self._share_parents()

    def _presume_parents(self) -> None:
        """The children of one spouse are the other's too, if there is one spouse of whom that can be."""
        presumed = []
        for parent in sorted(self.children):
            spouses = [other for other in sorted(self.spouses.get(parent, ())) if self._known_days(parent, other)]
            for child in self.children[parent] if spouses else ():
                sexes = {self.sex.get(ref) for ref in self.parents[child] if ref != parent}
                fitting = [
                    spouse
                    for spouse in spouses
                    if self.sex.get(spouse) not in sexes
                    and None not in sexes
                    and self.may_be_parent(spouse, parent, child)
                ]
                if len(fitting) == 1:
                    presumed.append((fitting[0], parent, child))
        for spouse, parent, child in presumed:
            ties = (self.children[parent][child], self.spouses[parent][spouse])
            said = tuple(
                ref for ref in (*ties[0].said, *ties[1].said, parent) if _named(ref) and ref not in (spouse, child)
            )
            basis = ties[0].basis | ties[1].basis
            confidence = _product(ties[0].confidence, PRESUMED)
            kind = self.kind_of_second_parent(parent, child)
            self.add_parent(spouse, child, Tie(kind, basis, confidence, tuple(dict.fromkeys(said))))

    def may_be_parent(self, spouse: str, parent: str, child: str) -> bool:
        """Whether nothing speaks against a spouse of a parent as the other parent: word, age, or when who was married."""
        if spouse == child or (spouse, child) in self.step_ties:
            return False
        if self.older_by(spouse, child, YOUNGEST_PARENT) is False:
            return False
        born = self.birth.get(child)
        if born is None:
            return True
        married = {
            ref: [days for other, window in self.married.get(ref, {}).items() if other != beside for days in window]
            for ref, beside in ((parent, spouse), (spouse, parent))
        }
        if any(start <= born < end for days in married.values() for start, end in days):
            return False
        window = self.on_record.get(_pair(parent, spouse))
        if not window or window[0][0] <= born:
            return True
        wed_before = any(days for days in married.values())
        return not wed_before and (window[0][0] - born).days <= LATEST_WEDDING * 365

    def kind_of_second_parent(self, parent: str, child: str) -> str:
        """Spouses adopt together (民法典 1101); otherwise how they are parents is not known."""
        tie = self.parents.get(child, {}).get(parent)
        return tie.kind if tie and tie.kind in ("adoptive", EITHER) else "unknown"

    def _break_circle(self, one: str, other: str) -> None:
        """Of two who are each other's parents the better founded tie stays; if they are alike, neither."""
        ties = ((one, other, self.parents[one][other]), (other, one, self.parents[other][one]))
        best = max(tie.confidence for _, _, tie in ties)
        alike = ties[0][2].confidence == ties[1][2].confidence
        for child, parent, tie in ties:
            if alike or tie.confidence < best:
                del self.parents[child][parent], self.children[parent][child]

    def _through_the_spouse(self, parent: str, child: str) -> bool:
        return any(
            other in self.spouses.get(parent, ()) and "parentage" in tie.basis
            for other, tie in self.parents[child].items()
        )

    def _share_parents(self) -> None:
        """Siblings by word have the same parents, unless records say otherwise."""
        group = {ref: ref for ref in self.siblings if not _private(ref)}

        def leader(ref: str) -> str:
            while group[ref] != ref:
                group[ref] = group[group[ref]]
                ref = group[ref]
            return ref

        for one in sorted(group):
            for other in self.siblings[one]:
                if other not in group or other < one:
                    continue
                differing = self.contradict(one, other)
                if differing == {"m", "f"}:
                    self._doubt(one, other)
                elif differing:
                    self.half.add(_pair(one, other))
                else:
                    first, second = sorted((leader(one), leader(other)))
                    group[second] = first
        members: dict[str, list[str]] = defaultdict(list)
        for ref in sorted(group):
            members[leader(ref)].append(ref)
            self.sibling_group[ref] = leader(ref)
        for together in members.values():
            self._share(together)
            for i, one in enumerate(together):
                for other in together[i + 1 :]:
                    if other not in self.siblings[one] and not self.contradict(one, other):
                        self._siblings_of_siblings(one, other, together)
        for ref in sorted(ref for ref in self.siblings if _private(ref)):
            for sibling in sorted(self.siblings[ref]):
                self._share([sibling, ref])

    def _doubt(self, one: str, other: str) -> None:
        for a, b in ((one, other), (other, one)):
            self.siblings[a][b] = replace(self.siblings[a][b], confidence=CONTRADICTED)

    def _share(self, together: list[str]) -> None:
        for sex in ("m", "f", None):
            known = {parent for ref in together for parent in self.true_parents(ref) if self.sex.get(parent) == sex}
            named = {parent for parent in known if _named(parent)}
            shared = named or known
            if len(shared) != 1 and (sex or named):
                continue
            for parent in sorted(shared):
                source = next(ref for ref in together if parent in self.parents[ref])
                tie = self.parents[source][parent]
                for ref in together:
                    if parent in self.parents[ref] or ref == parent or (sex and self.parent_of_sex(ref, sex)):
                        continue
                    by = self.siblings[ref].get(source) or tie
                    said = tuple(person for person in (*by.said, source) if _named(person))
                    shared_tie = Tie("unknown", tie.basis | by.basis, _product(tie.confidence, by.confidence), said)
                    self.add_parent(parent, ref, shared_tie)

    def _siblings_of_siblings(self, one: str, other: str, together: list[str]) -> None:
        common = [ref for ref in together if ref in self.siblings[one] and ref in self.siblings[other]]
        if common:
            first, second = self.siblings[one][common[0]], self.siblings[other][common[0]]
            said = (common[0],) if _named(common[0]) else ()
            tie = Tie("blood", first.basis | second.basis, _product(first.confidence, second.confidence), said)
            self.siblings[one][other] = self.siblings[other][one] = tie

    def finish(self) -> None:
        """Sexes of spouses, siblings by parents, and the days of every marriage."""
        for one in sorted(self.spouses):
            for other in self.spouses[one]:
                if one in self.sex:
                    self.sex.setdefault(other, "f" if self.sex[one] == "m" else "m")
        for parent in sorted(self.children):
            self._siblings_by(parent)
        for one in self.spouses:
            for other, tie in self.spouses[one].items():
                self.spouses[one][other] = replace(tie, window=self._days_of_marriage(_pair(one, other)))

    def _siblings_by(self, parent: str) -> None:
        children = sorted(child for child, tie in self.children[parent].items() if tie.kind != EITHER and _named(child))
        if not 1 < len(children) <= MOST_CHILDREN:
            return
        said = (parent,) if _named(parent) else ()
        for i, one in enumerate(children):
            for other in children[i + 1 :]:
                ties = (self.parents[one][parent], self.parents[other][parent])
                kind = "unknown" if "unknown" in {tie.kind for tie in ties} else "blood"
                tie = Tie(kind, ties[0].basis | ties[1].basis, _product(*(tie.confidence for tie in ties)), said)
                known = self.siblings[one].get(other)
                if known is None or (known.confidence < tie.confidence and known.said):
                    self.siblings[one][other] = self.siblings[other][one] = tie
                if self.parents[one].keys() != self.parents[other].keys() and self.contradict(one, other):
                    self.half.add(_pair(one, other))

    def _days_of_marriage(self, pair: tuple[str, str]) -> Window:
        """As on record; with somebody unnamed, as the marriage on record that can be meant; else, for a couple by household
        roles, as far back and forth as other marriages leave room, and for a declared one from the declaration on."""
        if pair in self.on_record:
            return self.on_record[pair]
        since = None if pair in self.by_role else self.declared_since[pair]
        others = sorted(
            days
            for ref, other in (pair, pair[::-1])
            for spouse, window in self.married.get(ref, {}).items()
            if spouse != other
            for days in window
        )
        if others and not (_named(pair[0]) and _named(pair[1])):
            meant = [days for days in others if days[0] <= since < days[1]] if since else others
            if meant:
                return (meant[-1],)
        if since is None:
            start = max((end for _, end in others if end < FOREVER_TO), default=FOREVER_FROM)
            end = min((begin for begin, end in others if end == FOREVER_TO), default=FOREVER_TO)
        else:
            start = max([since, *(end for begin, end in others if begin <= since < end)])
            end = min((begin for begin, _ in others if begin > start), default=FOREVER_TO)
        return ((start, end),) if start < end else ()

    # -- frames

    def parent_frame(self) -> pd.DataFrame:
        rows = [
            (parent, child, "unknown" if tie.kind == EITHER else tie.kind, sorted(tie.basis), tie.confidence)
            for child, parents in self.parents.items()
            for parent, tie in parents.items()
            if _named(parent) and _named(child)
        ]
        rows += [
            (parent, child, "step", sorted(tie.basis), tie.confidence)
            for (parent, child), tie in self.step_ties.items()
            if parent not in self.parents.get(child, ()) and _named(parent) and _named(child)
        ]
        return _frame(("start", "end", "kind", "basis", "confidence"), sorted(rows))

    def spouse_frame(self) -> pd.DataFrame:
        rows = [
            (one, other, start, end, sorted(tie.basis), tie.confidence)
            for one, others in self.spouses.items()
            for other, tie in others.items()
            if one < other and _named(one) and _named(other)
            for start, end in tie.window
        ]
        return _frame(("start", "end", "from", "to", "basis", "confidence"), sorted(rows))

    def sibling_frame(self) -> pd.DataFrame:
        rows = [
            (one, other, (one, other) in self.half, sorted(tie.basis), tie.confidence)
            for one, others in self.siblings.items()
            for other, tie in others.items()
            if one < other and _named(one) and _named(other)
        ]
        return _frame(("start", "end", "half", "basis", "confidence"), sorted(rows))


# ---------------------------------------------------------------------------------------------------------- households


@dataclass
class Household:
    """A 户 with one head: who says to be what to the head. A member with two different roles has none."""

    number: str
    head: str
    members: dict[str, Relation]

    def direct_ties(self) -> Iterator[Said]:
        for member, relation in self.members.items():
            if len(relation.steps) == 1:
                step = relation.steps[0]
                yield Said(self.head, step, member, "residents", BY_ROLE, (), None, self.head)

    def ranked_children(self) -> Iterator[tuple[str, str]]:
        """Elder and younger by 长子, 次子 …"""
        ranked = [
            (relation.steps[0].sex, relation.rank, member)
            for member, relation in self.members.items()
            if relation.rank and relation.pattern == "D"
        ]
        for sex, rank, member in ranked:
            for other_sex, other_rank, other in ranked:
                if sex == other_sex and rank < other_rank:
                    yield member, other


def _households(rows: Iterable[tuple[Any, ...]]) -> list[Household]:
    """All households with at most one head. Where the head's row is missing an unnamed head takes the place."""
    said: dict[str, dict[str, set[Relation]]] = defaultdict(lambda: defaultdict(set))
    for person, number, role in rows:
        if person and number and role:
            relation = read_role(role)
            if relation:
                said[number][person].add(relation)
    households = []
    for number in sorted(said):
        heads = [person for person, relations in said[number].items() if Relation(()) in relations]
        if len(heads) > 1:
            continue
        head = heads[0] if heads else f"{_UNNAMED}head{_UNNAMED}{number}"
        members = {}
        for person in sorted(said[number]):
            relations = said[number][person]
            if person != head and len({relation.pattern for relation in relations}) == 1:
                members[person] = max(relations, key=_definite)
        households.append(Household(number, head, members))
    return households


def _definite(relation: Relation) -> tuple[int, int, str]:
    """How much a word says: of two words for the same path the more definite counts."""
    said = sum(bool(step.sex) + (step.elder is not None) + (step.kind != "blood") for step in relation.steps)
    return said, relation.rank or 0, repr(relation)


@dataclass
class _Composition:
    """One household while the words of its members are brought together."""

    families: _Families
    household: Household
    near: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    found: list[Said] = field(default_factory=list)
    said_sex: dict[str, str] = field(default_factory=dict)
    said_elder: dict[tuple[str, str], bool] = field(default_factory=dict)

    def ties(self) -> list[Said]:
        members = self.household.members
        self.said_sex = {member: relation.steps[-1].sex for member, relation in members.items()}
        for member, relation in members.items():
            if len(relation.steps) == 1:
                self._put(self.household.head, relation.steps[0].move, member)
        self._presume_parents()
        farther: dict[tuple[int, bool], list[str]] = defaultdict(list)
        for member, relation in members.items():
            if len(relation.steps) > 1:
                farther[len(relation.steps), relation.steps[-1].move != "M"].append(member)
        for key in sorted(farther):
            open_members = [member for member in farther[key] if not self._follows(member)]
            anchored = {member: self._from_the_end(member) for member in open_members}
            for member in sorted(open_members, key=lambda ref: (anchored[ref][1] is None, ref)):
                others = [ref for ref in open_members if anchored[ref][1] is None]
                self._place(member, anchored[member], others)
            self._presume_parents()
        if self._presume_couples():
            self._presume_parents()
        return self.found

    def _put(self, start: str, move: str, end: str) -> None:
        if end not in self.near[start, move]:
            self.near[start, move].append(end)

    def _sex(self, ref: str) -> str:
        return self.families.sex.get(ref) or self.said_sex.get(ref, "")

    def _reached(self, ref: str, move: str) -> list[str]:
        return sorted({*self.families.reached(ref, move), *self.near.get((ref, move), ())} - {ref})

    def _follows(self, member: str) -> bool:
        """Whether known ties already lead from the head to the member along the member's role."""
        steps = self.household.members[member].steps
        paths = [[self.household.head]]
        for step in steps:
            paths = [[*path, ref] for path in paths for ref in self._reached(path[-1], step.move) if ref not in path]
        paths = [path for path in paths if path[-1] == member]
        for path in paths:
            self._keep(steps, path)
        return bool(paths)

    def _from_the_end(self, member: str) -> list[str | None]:
        """The people on the way whom records about the member name: the husband of a 儿媳, the father of a 孙子."""
        steps = self.household.members[member].steps
        people = _named_from_the_end(self.families, self.household.head, steps, member, None)
        for i in range(len(steps) - 1, 0, -1):
            role = self.household.members.get(people[i] or "")
            if role and role.pattern != "".join(step.move for step in steps[:i]):
                people[1 : i + 1] = [None] * i
        return people

    def _place(self, member: str, people: list[str | None], alike: list[str]) -> None:
        steps = self.household.members[member].steps
        guessed = None
        for i in range(1, len(steps)):
            if people[i] is not None:
                break
            before, step = people[i - 1] or "", steps[i - 1]
            if step.move == "U":
                said = [ref for ref in self.near[before, "U"] if step.sex and self._sex(ref) == step.sex]
                whose = f"{self.household.number}/{member}"
                people[i] = said[0] if said else _parent_or_unnamed(self.families, before, step, whose)
            elif step.move == "M":
                people[i] = self._spouse_or_unnamed(before)
            else:
                guessed = people[i] = self._only_candidate(before, steps, i, member, alike)
                people[i] = people[i] or f"{_UNNAMED}{_UNNAMED}{self.household.number}/{member}/{i}"
        path = [person or "" for person in people]
        doubted = _open_to_doubt(self.families, steps, path)
        sure = BY_ROLE if doubted == steps else CONTRADICTED
        steps = doubted
        for i, step in enumerate(steps):
            start, end = path[i], path[i + 1]
            if end not in self._reached(start, step.move):
                confidence = BY_ELIMINATION if guessed in (start, end) else sure
                self._say(start, step, end, confidence, member, _compared_with(steps, path, i))
        self._keep(steps, path)

    def _keep(self, steps: tuple[Step, ...], path: list[str]) -> None:
        """What a word says about the people on the way."""
        for i, step in enumerate(steps):
            self._put(path[i], step.move, path[i + 1])
            if step.sex:
                self.said_sex.setdefault(path[i + 1], step.sex)
            if step.elder is not None:
                self.said_elder[_compared_with(steps, path, i), path[i + 1]] = step.elder

    def _say(
        self, start: str, step: Step, end: str, confidence: float, member: str, elder_than: str | None = None
    ) -> None:
        said = tuple(ref for ref in (self.household.head, member) if ref not in (start, end) and _named(ref))
        self.found.append(Said(start, step, end, "residents", confidence, said, None, elder_than))

    def _spouse_or_unnamed(self, ref: str) -> str:
        near = self.near[ref, "M"]
        if len(near) == 1:
            return near[0]
        known = None if near else self.families.spouse_on(ref, None)
        return known or f"{_UNNAMED}spouse{_UNNAMED}{self.household.number}/{ref}"

    def _only_candidate(
        self, before: str, steps: tuple[Step, ...], i: int, member: str, alike: list[str]
    ) -> str | None:
        """The one person of the household who can be meant, or None: with two sons nobody knows whose the 孙子 is."""
        step, families = steps[i - 1], self.families
        candidates = [ref for ref in self.near[before, step.move] if ref != member]
        if step.sex and not all(self._sex(ref) for ref in candidates):
            return None
        candidates = [ref for ref in candidates if not step.sex or self._sex(ref) == step.sex]
        if step.elder is not None:
            candidates = [ref for ref in candidates if self._is_elder(before, ref) in (step.elder, None)]
        if steps[i].move == "M":
            same_word = [ref for ref in alike if self.household.members[ref].steps[:i] == steps[:i]]
            candidates = [ref for ref in candidates if _named(ref) and self._single(ref)]
            fits = len(same_word) == 1 and not self._far_apart(candidates, member)
        else:
            if i == len(steps) - 1:
                candidates = [ref for ref in candidates if _named(ref) or self.near.get((ref, "M"))]
            fits = not any(families.older_by(ref, member, YOUNGEST_PARENT) is False for ref in candidates)
        return candidates[0] if fits and len(candidates) == 1 else None

    def _is_elder(self, one: str, other: str) -> bool | None:
        known = self.families.is_elder(one, other)
        return self.said_elder.get((one, other)) if known is None else known

    def _single(self, ref: str) -> bool:
        return not self.families.has_spouse_now(ref) and not self.near[ref, "M"]

    def _far_apart(self, candidates: list[str], member: str) -> bool:
        return any(
            self.families.older_by(*pair, WIDEST_COUPLE)
            for ref in candidates
            for pair in ((ref, member), (member, ref))
        )

    def _presume_couples(self) -> bool:
        """Father and mother of one person in one household are a couple, unless records know better. Whether there are any."""
        before = len(self.found)
        for (child, move), parents in sorted(self.near.items(), key=lambda entry: entry[0]):
            men = [ref for ref in parents if self._sex(ref) == "m"]
            women = [ref for ref in parents if self._sex(ref) == "f"]
            if move != "U" or len(parents) != 2 or len(men) != 1 or len(women) != 1:
                continue
            father, mother = men[0], women[0]
            if self._single(father) and self._single(mother) and mother not in self.families.spouses.get(father, ()):
                self._say(father, Step("M", "f"), mother, PRESUMED, child)
                self._put(father, "M", mother)
                self._put(mother, "M", father)
        return len(self.found) > before

    def _presume_parents(self) -> None:
        """The children of one spouse are the other's too, unless records, ages or an earlier marriage say otherwise."""
        here = {self.household.head, *self.household.members}
        couples = {(one, other) for (one, move), near in self.near.items() if move == "M" for other in near}
        couples |= {pair[::-1] for pair in couples}
        couples |= {(one, other) for one in here for other in self.families.spouses.get(one, ()) if other in here}
        for one in sorted({one for one, _ in couples}):
            spouses = sorted(other for first, other in couples if first == one)
            if len(spouses) == 1:
                for child in list(self.near.get((one, "D"), ())):
                    self._presume_parent(one, spouses[0], child)

    def _presume_parent(self, parent: str, spouse: str, child: str) -> None:
        families = self.families
        sex = self._sex(spouse) or {"m": "f", "f": "m"}.get(self._sex(parent), "")
        others = {*families.parents.get(child, ()), *self.near.get((child, "U"), ())}
        others |= {ref for (ref, move), near in self.near.items() if move == "D" and child in near}
        if any((self._sex(ref) or sex) == sex for ref in others - {parent}):
            return
        if families.may_be_parent(spouse, parent, child):
            kind = families.kind_of_second_parent(parent, child)
            self._say(spouse, Step("D", kind=kind), child, PRESUMED, parent)
            self._put(spouse, "D", child)


def _parent_or_unnamed(families: _Families, child: str, step: Step, whose: str) -> str:
    """A father and a mother are one each, so everybody who speaks of an unnamed one speaks of the same."""
    if not step.sex:
        return f"{_UNNAMED}{_UNNAMED}{whose}/parent/{child}"
    known = families.parent_of_sex(child, step.sex)
    return known or f"{_UNNAMED}{step.sex}{_UNNAMED}{families.sibling_group.get(child, child)}"


def _named_from_the_end(
    families: _Families, origin: str, steps: tuple[Step, ...], relative: str, day: date | None
) -> list[str | None]:
    """Origin, people on the way as far as records about the relative name them, relative."""
    people: list[str | None] = [origin, *[None] * (len(steps) - 1), relative]
    for i in range(len(steps) - 1, 0, -1):
        after, reached_by = people[i + 1], steps[i - 1]
        assert after is not None
        sex = reached_by.sex
        if i == 1 and reached_by.move == "M" and not sex:
            sex = {"m": "f", "f": "m"}.get(families.sex.get(origin, ""), "")
        if steps[i].move == "M":
            person = families.spouse_on(after, day) if day else families.only_spouse(after)
        elif steps[i].move == "D" and sex:
            person = families.parent_of_sex(after, sex)
        else:
            return people
        if person is None or person in people or not _named(person) or families.sex.get(person, sex) not in (sex, ""):
            return people
        if i == 1 and _impossible(families, origin, reached_by.move, person):
            return people
        people[i] = person
    return people


def _impossible(families: _Families, origin: str, move: str, person: str) -> bool:
    """Whether records say that this person is not one step away: they have other parents."""
    if move == "D":
        recorded = families.parent_of_sex(person, families.sex.get(origin, ""))
        return recorded not in (None, origin)
    return move == "S" and families.contradict(origin, person) == {"m", "f"}


def _open_to_doubt(families: _Families, steps: tuple[Step, ...], path: list[str]) -> tuple[Step, ...]:
    """The steps without the sex of an unnamed parent where the child's parent of that sex is on record and is somebody else:
    a 孙子 may be a daughter's son."""
    doubted = list(steps)
    for i in range(1, len(steps)):
        if _private(path[i]) and steps[i].move == "D" and families.parent_of_sex(path[i + 1], steps[i - 1].sex):
            doubted[i - 1] = steps[i - 1]._replace(sex="")
    return tuple(doubted)


def _compared_with(steps: tuple[Step, ...], path: list[str], i: int) -> str:
    """With whom a word compares the age: a sibling with the sibling before, a cousin with the one whose cousin it is."""
    return path[i - 2] if steps[i].move == "D" and i >= 2 else path[i]


# -------------------------------------------------------------------------------------------------------- declarations


@dataclass(frozen=True)
class Declaration:
    official: str
    relative: str
    term: str
    relation: Relation
    day: date | None

    def direct_ties(self, families: _Families) -> Iterator[Said]:
        """The tie a single step says. A spouse without a date counts only where records know the couple."""
        steps = self.relation.steps
        known = self.relative in families.spouses.get(self.official, ())
        if len(steps) == 1 and (steps[0].move != "M" or self.day or known):
            since = (self.day or FOREVER_FROM) if steps[0].move == "M" else None
            yield Said(self.official, steps[0], self.relative, "declared_relatives", DECLARED, (), since, self.official)

    def ties(self, families: _Families) -> list[Said] | None:
        """The ties that lead to the relative and are not known yet; None if a marriage on the way has no day to start."""
        steps = self.relation.steps
        if self.follows(families):
            return []
        if len(steps) == 1:
            return None if steps[0].move == "M" else []
        people = _named_from_the_end(families, self.official, steps, self.relative, self.day)
        whose = f"{self.official}/{self.relative}/{self.relation.pattern}"
        for i in range(1, len(steps)):
            if people[i] is not None:
                break
            before, step = people[i - 1] or "", steps[i - 1]
            if step.move == "U":
                people[i] = _parent_or_unnamed(families, before, step, whose)
            else:
                known = families.spouse_on(before, self.day) if step.move == "M" else None
                people[i] = known or f"{_UNNAMED}{_UNNAMED}{whose}/{i}"
        path = [person or "" for person in people]
        doubted = _open_to_doubt(families, steps, path)
        sure = DECLARED if doubted == steps else CONTRADICTED
        found = []
        for i, step in enumerate(doubted):
            start, end = path[i], path[i + 1]
            if end in families.reached(start, step.move):
                continue
            if step.move == "M" and self.day is None:
                return None
            said = tuple(ref for ref in (self.official, self.relative) if ref not in (start, end))
            since = self.day if step.move == "M" else None
            elder_than = _compared_with(steps, path, i)
            found.append(Said(start, step, end, "declared_relatives", sure, said, since, elder_than))
        return found

    def follows(self, families: _Families) -> bool:
        """Whether ties lead from the official to the relative along the word."""
        reached = {self.official}
        for step in self.relation.steps:
            reached = {end for start in reached for end in families.reached(start, step.move)} - {self.official}
        return self.relative in reached


def _declarations(rows: Iterable[tuple[Any, ...]]) -> tuple[list[Declaration], list[tuple[str, str, str, str]]]:
    """Declarations that say a kinship, and (official, relative, term, reason) of the others."""
    known, unknown = set(), []
    for official, relative, term, day in rows:
        if not (official and relative and term):
            continue
        relation = read(term)
        if relation is None or not relation.steps or official == relative:
            unknown.append((official, relative, term, "unknown"))
            continue
        if relation.pattern not in PATTERNS:
            unknown.append((official, relative, term, "distant"))
        known.add(Declaration(official, relative, term, relation, _day(day)))
    ordered = sorted(known, key=lambda one: (one.official, one.relative, one.term, one.day or FOREVER_TO))
    return ordered, unknown


# ----------------------------------------------------------------------------------------------------------------- kin


class Path(NamedTuple):
    """One way from a person to a relative."""

    degree: int
    steps: int
    unclear: int
    doubt: float
    people: tuple[str, ...]
    pattern: str
    ties: tuple[Tie, ...]
    window: Window


_Trie = dict[str, tuple[int | None, Any]]


def _trie() -> _Trie:
    """The paths of kin, letter by letter: move → (degree if a path ends here, moves after it)."""
    root: _Trie = {}
    for pattern, closeness in PATTERNS.items():
        level = root
        for i, move in enumerate(pattern):
            degree, after = level.get(move, (None, {}))
            level[move] = (CLOSENESS[closeness] if i == len(pattern) - 1 else degree, after)
            level = after
    return root


def _kin_frame(families: _Families, focus: set[str]) -> pd.DataFrame:
    near = _Near(families)
    trie = _trie()
    rows: list[tuple[Any, ...]] = []
    for person in sorted(focus):
        paths: dict[str, list[Path]] = defaultdict(list)
        _walk(families, near, trie, (person,), "", (), ALWAYS, paths)
        for ties, pattern in ((families.parents, "U"), (families.children, "D")):
            for relative, tie in ties.get(person, {}).items():
                if tie.kind == EITHER and _named(relative):
                    paths[relative].append(_path(families, 4, (person, relative), pattern, (tie,), ALWAYS))
        for relative in sorted(paths):
            rows += _edges(families, person, relative, paths[relative])
    columns = ("start", "end", "term", "closeness", "degree", "from", "to", "basis", "via", "confidence", "steps")
    return _frame(columns, rows)


class _Near:
    """The ties of a person by move, in a fixed order, looked up once."""

    def __init__(self, families: _Families) -> None:
        self._ties = {"U": families.parents, "D": families.children, "S": families.siblings, "M": families.spouses}
        self._found: dict[tuple[str, str], list[tuple[str, Tie]]] = {}

    def __call__(self, ref: str, move: str) -> list[tuple[str, Tie]]:
        found = self._found.get((ref, move))
        if found is None:
            ties = self._ties[move].get(ref, {})
            found = [(other, tie) for other, tie in sorted(ties.items()) if tie.kind != EITHER]
            self._found[ref, move] = found
        return found


def _walk(
    families: _Families,
    near: _Near,
    trie: _Trie,
    people: tuple[str, ...],
    pattern: str,
    ties: tuple[Tie, ...],
    window: Window,
    found: dict[str, list[Path]],
) -> None:
    """Follows every path of kin from the last of `people` on; marriages on the way narrow the days."""
    for move, (degree, after) in trie.items():
        for ref, tie in near(people[-1], move):
            if ref in people:
                continue
            days = _overlap(window, tie.window) if move == "M" else window
            if not days:
                continue
            longer = (*people, ref)
            if degree is not None and _named(ref):
                found[ref].append(_path(families, degree, longer, pattern + move, (*ties, tie), days))
            if after:
                _walk(families, near, after, longer, pattern + move, (*ties, tie), days, found)


def _path(
    families: _Families, degree: int, people: tuple[str, ...], pattern: str, ties: tuple[Tie, ...], window: Window
) -> Path:
    unclear = sum(ref not in families.sex for ref in people[1:]) + sum(not _named(ref) for ref in people)
    doubt = 1 - _product(*sorted(tie.confidence for tie in ties))
    return Path(degree, len(pattern), unclear, doubt, people, pattern, ties, window)


def _edges(families: _Families, person: str, relative: str, paths: list[Path]) -> list[tuple[Any, ...]]:
    """Each day the closest relation counts, of equally close ones the shortest, clearest, surest."""
    names = {CLOSENESS[name]: name for name in CLOSENESS}
    free = ALWAYS
    taken: dict[tuple[str, int], tuple[Path, list[tuple[date, date]]]] = {}
    for path in sorted(paths, key=lambda one: one[:6]):
        days = _overlap(path.window, free)
        if not days:
            continue
        free = _without(free, days)
        taken.setdefault((_term(families, path), path.degree), (path, []))[1].extend(days)
        if not free:
            break
    edges = []
    for (term, degree), (path, pieces) in taken.items():
        basis = sorted(frozenset().union(*(tie.basis for tie in path.ties)))
        for start, end in _merged(pieces):
            confidence = round(1 - path.doubt, 4)
            edge = (term, names[degree], degree, start, end, basis, _via(path), confidence, path.steps)
            edges.append((person, relative, *edge))
    return sorted(edges, key=lambda edge: (edge[5], edge[2]))


def _term(families: _Families, path: Path) -> str:
    people, pattern = path.people, path.pattern
    sexes = "".join(families.sex.get(ref, "?") for ref in people)
    at = pattern.find("S")
    elder, cross = None, False
    if at >= 0:
        cross = (people[at], people[at + 1]) in families.cross
        if "D" not in pattern[at:]:
            elder = families.is_elder(people[at], people[at + 1])
        elif pattern[at - 1 : at] == "U":
            elder = families.is_elder(people[at - 1], people[at + 2])
    return term_of(pattern, sexes, elder, path.ties[0].kind, cross)


def _via(path: Path) -> list[str]:
    """Everybody named on the way and in the rows behind it, in order."""
    named = [path.people[0]]
    for tie, ref in zip(path.ties, path.people[1:], strict=True):
        named += [person for person in (*tie.said, ref) if _named(person) and person != path.people[-1]]
    return [*dict.fromkeys(named), path.people[-1]]


# ------------------------------------------------------------------------------------------------------------ intervals


def _in_force(events: list[tuple[date, str]]) -> Window:
    """The days between 结婚 and 离婚 of one couple. A divorce without a wedding ends a marriage of unknown start."""
    window: list[tuple[date, date]] = []
    since: date | None = None
    first = True
    for day in sorted({day for day, _ in events}):
        kinds = {kind for when, kind in events if when == day}
        if "离婚" in kinds and (since or first):
            start = since or FOREVER_FROM
            if "结婚" not in kinds or since:
                window.append((start, day))
            since = day if "结婚" in kinds and since else None
        elif "结婚" in kinds and since is None:
            since = day
        first = False
    if since:
        window.append((since, FOREVER_TO))
    return tuple(_merged(window))


def _overlap(one: Window, other: Window) -> Window:
    if one is ALWAYS or one == other:
        return other
    if other is ALWAYS:
        return one
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((start, end) for start, end in pairs if start < end))


def _without(one: Window, other: Window) -> Window:
    left: list[tuple[date, date]] = list(one)
    for start, end in other:
        left = [piece for a, b in left for piece in ((a, min(b, start)), (max(a, end), b)) if piece[0] < piece[1]]
    return tuple(left)


def _merged(days: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    merged: list[tuple[date, date]] = []
    for start, end in sorted(days):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


# --------------------------------------------------------------------------------------------------------------- small


def _rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The distinct rows of a frame in a fixed order, empty cells as None."""
    if frame.empty:
        return []
    cells = [frame[name].astype(object).where(frame[name].notna(), None) for name in columns]
    return sorted(set(zip(*cells, strict=True)), key=repr)


def _day(value: Any) -> date | None:
    """A plain date of a date, a datetime or a pandas timestamp."""
    if value is None or value is pd.NaT:
        return None
    return value.date() if isinstance(value, datetime) else value


def _frame(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Columns of plain objects: pandas' own dates end at 2262, and 9999-12-31 must survive."""
    return pd.DataFrame(rows, columns=list(columns), dtype=object)


def _add(ties: dict[str, dict[str, Tie]], start: str, end: str, tie: Tie) -> None:
    known = ties[start].get(end)
    ties[start][end] = known.confirmed(tie) if known else tie


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _product(*confidences: float) -> float:
    product = 1.0
    for confidence in confidences:
        product *= confidence
    return round(product, 4)


def _named(ref: str) -> bool:
    return not ref.startswith(_UNNAMED)


def _private(ref: str) -> bool:
    """Unnamed, and perhaps one of the named: such a one has no siblings but those a word states."""
    return ref.startswith(_UNNAMED * 2)
