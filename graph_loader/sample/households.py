"""Who lives with whom on the as-of date, who is head, and what each member is to the head (GB/T 4761 in words)."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from graph_loader.sample.families import AS_OF, Families, Person
from graph_loader.sample.places import Village


@dataclass(eq=False)
class Household:
    """A household under its 户号; `members` holds the dead and the departed of the last years too."""

    number: str
    village: Village
    group: int
    head: Person
    members: list[Person] = field(default_factory=list)
    roles: dict[Person, str] = field(default_factory=dict)

    @property
    def living(self) -> list[Person]:
        return [p for p in self.members if p.died is None and p.left is None]


def keep_house(families: Families, dice: random.Random) -> list[Household]:
    """Gathers everybody registered into households: couples, their unmarried children, old parents with one son."""
    for person in families.people:
        if person.registered and person.village:
            person.home = home_of(person, dice)
    gathered: dict[Person, list[Person]] = defaultdict(list)
    for person in families.people:
        if person.registered and person.village:
            gathered[root(person)].append(person)
    counts: dict[str, int] = defaultdict(int)
    households = []
    for owner, members in gathered.items():
        assert owner.village is not None
        counts[owner.village.code] += 1
        number = f"{owner.village.code}{counts[owner.village.code]:05d}"
        group = dice.randint(1, owner.village.groups)
        household = Household(number, owner.village, group, head_of(owner, members, dice), members)
        for member in members:
            member.household = household
            member.village = owner.village
            household.roles[member] = role(household.head, member, dice)
        households.append(household)
    for household in households:
        some_leave(household, dice)
    return households


def home_of(person: Person, dice: random.Random) -> Person:
    """The person whose household somebody belongs to, himself if he keeps his own."""
    marriage = current(person)
    if not person.male and marriage and marriage.registered:
        return marriage
    father = person.father if person.father and person.father.registered else None
    mother = person.mother if person.mother and person.mother.registered else None
    living = [parent for parent in (father, mother) if parent and parent.died is None]
    if not person.marriages:
        if living:
            return living[0]
        if person.age(AS_OF) < 25 or person.died:
            return father or mother or next((s for s in person.siblings() if s.male and s.registered), person)
        return person
    if person.male:
        if father and living and father is not person:
            last = next((s for s in reversed([father, *father.children]) if s.male and s.registered), None)
            if dice.random() < (0.7 if last is person else 0.12):
                return living[0]
        return person
    if person.marriages[-1].end and living and dice.random() < 0.5:
        return living[0]
    if person.marriages[-1].end:
        return person
    sons = [c for c in person.children if c.male and c.registered and c.died is None and c.marriages]
    if sons and dice.random() < 0.6:
        return sons[-1]
    return person


def current(person: Person) -> Person | None:
    """The spouse somebody has, or had when one of the two died."""
    if person.marriages and person.marriages[-1].end is None:
        return person.marriages[-1].other(person)
    return None


def root(person: Person) -> Person:
    seen = {person}
    while person.home is not None and person.home is not person and person.home not in seen:
        person = person.home
        seen.add(person)
    if person.home is not None and person.home in seen and person.home is not person:
        return min(seen, key=lambda p: p.number)
    return person


def head_of(owner: Person, members: list[Person], dice: random.Random) -> Person:
    """Mostly the man of the middle generation or the old father; now and then his wife or a daughter-in-law."""
    adults = [p for p in members if p.died is None and p.age(AS_OF) >= 20]
    if not adults:
        return next((p for p in members if p.died is None), owner)
    if dice.random() < 0.05:
        return dice.choice(adults)
    middle = [p for p in adults if p.male and 30 <= p.age(AS_OF) < 70]
    if middle and (owner not in middle or dice.random() < 0.2):
        return middle[0]
    return owner if owner in adults else adults[0]


def some_leave(household: Household, dice: random.Random) -> None:
    for person in household.members:
        if (
            person is not household.head
            and person.died is None
            and 19 <= person.age(AS_OF) < 45
            and dice.random() < 0.03
        ):
            person.left = AS_OF - timedelta(days=dice.randint(30, 2400))


def role(head: Person, member: Person, dice: random.Random) -> str:
    """What the member is to the head, in the standard's words or a common spelling of them."""
    words = relation_words(head, member)
    return words[0] if len(words) == 1 or dice.random() < 0.7 else dice.choice(words[1:])


def relation_words(head: Person, member: Person) -> list[str]:
    """The standard's word first, then spellings seen in real registers."""
    he = member.male
    if member is head:
        return ["户主", "本人"]
    if current(head) is member:
        return ["配偶", "夫" if he else "妻"]
    if member in head.children:
        return child_words(head, member)
    partner = current(head)
    if partner and member in partner.children:
        return ["继子" if he else "继女"]
    if member in head.parents():
        return ["父亲", "父"] if he else ["母亲", "母"]
    spouse = current(member)
    if spouse and spouse in head.children:
        return ["女婿"] if he else ["儿媳", "媳"]
    if member.father in head.children:
        return ["孙子"] if he else ["孙女"]
    if member.mother in head.children:
        return ["外孙"] if he else ["外孙女"]
    if partner and member in partner.parents():
        if head.male:
            return ["岳父"] if he else ["岳母"]
        return ["公公"] if he else ["婆婆"]
    if any(member in parent.parents() for parent in (head.father,) if parent):
        return ["祖父"] if he else ["祖母"]
    if any(member in parent.parents() for parent in (head.mother,) if parent):
        return ["外祖父"] if he else ["外祖母"]
    if member in head.siblings():
        older = member.born < head.born
        return [("兄" if older else "弟") if he else ("姐" if older else "妹")]
    if spouse and not he and spouse in head.siblings():
        return ["嫂" if spouse.born < head.born else "弟媳"]
    if member.father in head.siblings():
        return ["侄子"] if he else ["侄女"]
    if member.mother in head.siblings():
        return ["外甥"] if he else ["外甥女"]
    if any(member.father in child.children for child in head.children):
        return ["曾孙"] if he else ["曾孙女"]
    if spouse and any(spouse in child.children for child in head.children) and not he:
        return ["孙媳"]
    return ["其他亲属"]


def child_words(head: Person, child: Person) -> list[str]:
    of_sex = sorted((c for c in head.children if c.male == child.male), key=lambda c: (c.born, c.number))
    place = of_sex.index(child)
    ordinal = ("长", "次", "三", "四", "五", "六", "七")[min(place, 6)]
    if child.male:
        words = ["子", f"{ordinal}子" if place else "长子"]
        return [*words, "独生子"] if len(head.children) == 1 else words
    words = ["女", f"{ordinal}女" if place else "长女"]
    return [*words, "独生女"] if len(head.children) == 1 else words
