"""Finds the people for what is planted: an official, a relative with a path on record, and nobody else in the way."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from graph_loader.sample.benefits import authority, new_application, pay, register, standard, unconnected
from graph_loader.sample.county import Application, County, Firm, Registration, Stream, Truth
from graph_loader.sample.families import AS_OF, Marriage, Person
from graph_loader.sample.offices import Declaration, Post, place_keys, town_key, unit_key, village_key
from graph_loader.sample.places import Village
from graph_loader.sample.programmes import BY_NAME, PROGRAMMES, YEARLY, Programme
from graph_loader.sample.relatives import close_kin


@dataclass(frozen=True)
class Tie:
    """How a relative is related: the word, the children and marriages that must be on record to show it, and since when."""

    relative: Person
    term: str
    children: tuple[Person, ...] = ()
    marriages: tuple[Marriage, ...] = ()
    since: date = date(1900, 1, 1)


def spouse_ties(official: Person) -> Iterator[Tie]:
    marriage = official.marriage(AS_OF)
    if marriage:
        yield Tie(marriage.other(official), "配偶", (), (marriage,), marriage.start)


def parent_ties(official: Person) -> Iterator[Tie]:
    for parent in official.parents():
        yield Tie(parent, "父亲" if parent.male else "母亲", (official,))


def child_ties(official: Person) -> Iterator[Tie]:
    for child in official.children:
        yield Tie(child, "儿子" if child.male else "女儿", (child,))


def sibling_ties(official: Person) -> Iterator[Tie]:
    for sibling in official.siblings():
        if sibling.father is official.father and sibling.mother is official.mother:
            yield Tie(sibling, "兄弟" if sibling.male else "姐妹", (official, sibling))


def nephew_ties(official: Person) -> Iterator[Tie]:
    for tie in sibling_ties(official):
        for child in tie.relative.children:
            yield Tie(child, "侄（甥）", (*tie.children, child))


def uncle_ties(official: Person) -> Iterator[Tie]:
    for parent in official.parents():
        for tie in sibling_ties(parent):
            yield Tie(tie.relative, "叔伯姑舅姨", (official, *tie.children))


def cousin_ties(official: Person) -> Iterator[Tie]:
    for uncle in uncle_ties(official):
        for child in uncle.relative.children:
            yield Tie(child, "堂（表）兄弟姐妹", (*uncle.children, child))


def in_law_ties(official: Person) -> Iterator[Tie]:
    """The spouse's parents, and the spouses of children: three steps from a firm to the official at most."""
    for spouse in spouse_ties(official):
        for parent in spouse.relative.parents():
            yield Tie(parent, "配偶的父母", (spouse.relative,), spouse.marriages, spouse.since)
    for child in official.children:
        for partner in spouse_ties(child):
            yield Tie(partner.relative, "子女的配偶", (child,), partner.marriages, partner.since)


def wider_in_law_ties(official: Person) -> Iterator[Tie]:
    """The spouse's brothers and sisters, and the spouses of one's own."""
    for spouse in spouse_ties(official):
        for sibling in sibling_ties(spouse.relative):
            yield Tie(sibling.relative, "配偶的兄弟姐妹", sibling.children, spouse.marriages, spouse.since)
    for sibling in sibling_ties(official):
        for partner in spouse_ties(sibling.relative):
            yield Tie(partner.relative, "兄弟姐妹的配偶", sibling.children, partner.marriages, partner.since)


def distant_ties(official: Person) -> Iterator[Tie]:
    """The brothers and sisters of a sibling's or a child's spouse: kin, but none that the recusal rules name."""
    for tie in (*sibling_ties(official), *child_ties(official)):
        for marriage in spouse_ties(tie.relative):
            for other in sibling_ties(marriage.relative):
                children = (*tie.children, *other.children)
                yield Tie(
                    other.relative, "兄弟姐妹或子女的配偶的兄弟姐妹", children, marriage.marriages, marriage.since
                )


def former_in_law_ties(official: Person) -> Iterator[Tie]:
    """Parents, brothers and sisters of a divorced spouse; `since` is the day of the divorce."""
    for marriage in official.marriages:
        if marriage.end:
            former = marriage.other(official)
            for parent in former.parents():
                yield Tie(parent, "前配偶的父母", (former,), (marriage,), marriage.end)
            for sibling in sibling_ties(former):
                yield Tie(sibling.relative, "前配偶的兄弟姐妹", sibling.children, (marriage,), marriage.end)


AUDITED = tuple(programme for programme in PROGRAMMES if programme.audited)
Ties = Callable[[Person], Iterable[Tie]]
BLOOD = (parent_ties, child_ties, sibling_ties, nephew_ties, uncle_ties, cousin_ties)
NEAR = (sibling_ties, parent_ties, child_ties, in_law_ties)
ANY_TIE = (*BLOOD, in_law_ties, wider_in_law_ties)


class Cast:
    """Chooses people, each for one plant only, and writes down the truth."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.dice = county.dice
        self.used: set[Person] = set()
        self.in_firms = {person for firm in county.firms for person in firm.people()}
        self.fresh: set[Firm] = set()
        self.drawn: dict[Person, list[Stream]] = defaultdict(list)
        self.lawful: dict[str, list[Stream]] = defaultdict(list)
        for stream in county.streams:
            self.drawn[stream.person].append(stream)
            self.lawful[stream.programme.name].append(stream)

    # -- truth ---------------------------------------------------------------------------------------------------------

    def wrong(self, query: str, level: str, persons: list[Person], things: list[str], why: str) -> None:
        self.note(query, "wrong", level, persons, things, why)

    def lookalike(self, query: str, level: str | None, persons: list[Person], things: list[str], why: str) -> None:
        self.note(query, "lookalike", level, persons, things, why)

    def note(
        self, query: str, kind: str, level: str | None, persons: list[Person], things: list[str], why: str
    ) -> None:
        truth = Truth(query, kind, level, tuple(person.id for person in persons), tuple(things), why)
        self.county.truths.append(truth)
        self.used.update(persons)

    # -- people --------------------------------------------------------------------------------------------------------

    def posts(self, cadres: bool = True, towns: bool = True, units: bool = True) -> list[Post]:
        """Posts of people not used yet, shuffled."""
        chosen = [
            post
            for post in self.county.offices.posts
            if post.person not in self.used
            and not post.person.outsider
            and (cadres if post.cadre else towns if post.town else units)
        ]
        self.dice.shuffle(chosen)
        return chosen

    def ordinary(self, person: Person) -> bool:
        """Lives here, grown up, holds and held no post, is in no firm and in no other plant."""
        return (
            person.village is not None
            and person.household is not None
            and person.alive(AS_OF)
            and person.left is None
            and person.age(AS_OF) >= 20
            and person not in self.used
            and person not in self.in_firms
            and person not in self.county.offices.by_person
            and person not in self.county.falsely_dead
        )

    def may_trade(self, person: Person) -> bool:
        """Ordinary, and draws nothing that excludes whoever has a firm."""
        bars = {programme.code for programme in PROGRAMMES if "经商" in programme.excludes}
        return self.ordinary(person) and bars.isdisjoint(self.county.drawing[person])

    def streams_of(self, person: Person) -> list[Stream]:
        """What was handed out to somebody before anything was planted."""
        return self.drawn.get(person, [])

    def drawers(self, *programmes: str) -> Iterator[Stream]:
        """What was handed out lawfully under these programmes to ordinary people on accounts of their own, shuffled."""
        streams = [stream for name in programmes for stream in self.lawful[name]]
        for stream in self.dice.sample(streams, len(streams)):
            if self.ordinary(stream.person) and stream.account.holder is stream.person:
                yield stream

    def strangers(
        self, programme: str, fit: Callable[[Person], bool] | None = None
    ) -> Iterator[tuple[Programme, Person, date]]:
        """Ordinary people who may draw a programme with nobody near them having a say in it, and a day of approval.

        `fit`, where given, takes the place of the programme's band of ages.
        """
        wanted = BY_NAME[programme]
        for _ in range(40_000):
            person = self.dice.choice(self.county.families.people)
            if not self.ordinary(person) or (fit and not fit(person)):
                continue
            assert person.village is not None
            may = self.free_for(wanted, person) if fit else self.fits(wanted, person)
            if may and unconnected(self.county, wanted, person, person.village):
                day = self.between(self.county.size.first_month, AS_OF - timedelta(days=margin(wanted)))
                assert day is not None
                yield wanted, person, day

    def record(self, official: Person, tie: Tie) -> None:
        """Puts the path between two people on record, and takes away any declaration of it."""
        self.county.parentage.update(tie.children)
        self.county.marriages.update(tie.marriages)
        declarations = self.county.offices.declarations
        declarations[:] = [d for d in declarations if not (d.official is official and d.relative is tie.relative)]
        self.used.update((official, tie.relative))

    def declare(self, official: Person, tie: Tie, term: str, filed: date | None) -> None:
        self.record(official, tie)
        self.county.offices.declarations.append(Declaration(official, tie.relative, term, filed, True, "务农", "救助"))

    # -- benefits ------------------------------------------------------------------------------------------------------

    def scenes(
        self,
        posts: Iterable[Post],
        ties: Sequence[Ties],
        programmes: Sequence[Programme] = AUDITED,
        others: int = 0,
    ) -> Iterator["Scene"]:
        """An official in charge, a relative who lives where the charge counts, a programme, and a day in post.

        The only officials with any say over the benefit who stand near the relative are the one cast and `others` more.
        """
        for post in posts:
            for tie in (tie for kind in ties for tie in kind(post.person)):
                if not self.ordinary(tie.relative):
                    continue
                for programme in self.dice.sample(programmes, len(programmes)):
                    village = tie.relative.village
                    assert village is not None
                    if not in_charge(post, programme, village) or not self.fits(programme, tie.relative):
                        continue
                    if programme.household and tie.relative.household is post.person.household:
                        continue
                    near = self.county.offices.entangled(tie.relative, authority(programme, village))
                    if post.person not in near or len(near) != 1 + others:
                        continue
                    day = self.day_in_post(post, programme, tie.since)
                    if day and tie.relative in close_kin(post.person, day):
                        yield Scene(post, tie, programme, village, day)

    def day_in_post(self, post: Post, programme: Programme, since: date = date(1900, 1, 1)) -> date | None:
        """A day of decision within a term after which the programme still pays."""
        first = max(post.start, since, self.county.size.first_month)
        last = min(post.end or AS_OF, AS_OF - timedelta(days=margin(programme)))
        return self.between(first, last)

    def between(self, first: date, last: date) -> date | None:
        """A day after `first` and before `last`."""
        days = (last - first).days
        return first + timedelta(days=self.dice.randrange(1, days)) if days > 1 else None

    def fits(self, programme: Programme, person: Person) -> bool:
        """Whether somebody may plausibly draw a programme that he does not draw yet, at any time of the window."""
        youngest, oldest = person.age(self.county.size.first_month), person.age(AS_OF)
        if not self.free_for(programme, person) or programme.name == "特困供养":
            return False
        if programme.age_from is not None and youngest < programme.age_from:
            return False
        return programme.age_to is None or oldest <= programme.age_to

    def free_for(self, programme: Programme, person: Person) -> bool:
        """Draws neither the programme nor what excludes it, and no official's household bars it."""
        barred = programme.household and programme.bars_officials and self.officials_at_home(person)
        return not barred and self.undrawn(programme, person)

    def undrawn(self, programme: Programme, person: Person) -> bool:
        drawing = self.county.drawing[person]
        return programme.code not in drawing and programme.exclusive_with not in drawing

    def officials_at_home(self, person: Person) -> list[Person]:
        """Others of the household who hold or held a post."""
        members = person.household.members if person.household else []
        return [one for one in members if one is not person and one in self.county.offices.by_person]

    def apply(
        self,
        programme: Programme,
        person: Person,
        day: date,
        avoid: Person,
        handler: Person | None = None,
        reviewer: Person | None = None,
        approver: Person | None = None,
        agreed: bool = True,
    ) -> Application:
        """An application decided on `day`; who is not named is somebody in post who is not `avoid`."""
        offices, village = self.county.offices, person.village
        assert village is not None
        accepted = day - timedelta(days=self.dice.randint(8, 30))

        def signer(key: str, *titles: str) -> Person | None:
            free = [post.person for post in offices.holders(key, day, titles) if post.person is not avoid]
            return free[0] if free else None

        handler = handler or signer(village_key(village), "会计", "文书")
        reviewer = reviewer or signer(town_key(village.town), "民政办主任", "副镇长", "副乡长")
        approver = approver or signer(unit_key(programme.unit), "副局长", "股长") or signer(town_key(village.town))
        assert approver is not None
        application = new_application(
            self.county, programme, person, village, accepted, day, handler, reviewer, approver
        )
        application.agreed = agreed
        return application

    def pay(self, application: Application) -> Stream:
        """The payments of an application that was granted, on the person's own account."""
        self.county.drawing[application.person].add(application.programme.code)
        stream = pay(self.county, application, signed=False)
        assert stream is not None, application
        return stream

    def pay_in(self, application: Application, months: Iterable[int], listed: bool = True) -> Stream:
        """Payments of an application in just these months, on the person's own account, whatever the rules say."""
        programme, person = application.programme, application.person
        self.county.drawing[person].add(programme.code)
        if programme.register and listed:
            register(self.county, programme, person, application.approved, None, application.number)
        account = self.county.own_account(person)
        stream = Stream(programme, person, account, 0.0, list(months), application.village, application)
        stream.amount, stream.quantity = standard(self.county, programme, person)
        self.county.streams.append(stream)
        return stream

    def branch(self, stream: Stream, months: Iterable[int], **changes: Any) -> Stream:
        """A copy of payments with something changed, in other or more months."""
        other = replace(stream, months=list(months), **changes)
        self.county.streams.append(other)
        return other

    def entries(self, person: Person, register_name: str) -> list[Registration]:
        """Somebody's rows on a register."""
        return [row for row in self.county.registrations if row.person is person and row.register == register_name]


@dataclass(frozen=True)
class Scene:
    """An official in charge, a relative, a programme, the place, and a day on which the official is in post."""

    post: Post
    tie: Tie
    programme: Programme
    village: Village
    day: date

    @property
    def official(self) -> Person:
        return self.post.person

    @property
    def relative(self) -> Person:
        return self.tie.relative


def margin(programme: Programme) -> int:
    """Days before the as-of date from which on an approval would leave no payment to see."""
    return 400 if programme.rhythm == YEARLY else 130


def in_charge(post: Post, programme: Programme, village: Village) -> bool:
    """Whether the post gives a say over a programme's benefits in a village."""
    return not post.charges().isdisjoint(place_keys(village) | {unit_key(programme.unit)})


def private_people(cast: Cast) -> Iterator[Person]:
    """Ordinary men far from every official, in households that draw nothing."""
    county = cast.county
    for _ in range(20_000):
        person = cast.dice.choice(county.families.people)
        if not person.male or not cast.ordinary(person) or person.age(AS_OF) >= 60:
            continue
        assert person.household is not None
        near = county.offices.officials_around.get(person)
        if not near and not any(county.drawing[member] for member in person.household.members):
            yield person
