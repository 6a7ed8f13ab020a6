"""Families over three to five generations: births, marriages, divorces and deaths from 1940 to the as-of date."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Optional

from graph_loader.sample.names import Numbers, any_surname, clans, given_name
from graph_loader.sample.places import COUNTY_CODE, OUTSIDE_CODES, Town, Village

if TYPE_CHECKING:
    from graph_loader.sample.households import Household

AS_OF = date(2023, 12, 31)
REGISTERED_SINCE = date(2017, 1, 1)  # who died before is in no departmental table any more
LIVING_PER_FOUNDERS = 11.85  # people alive at the end for each founding couple, measured


class Person:
    """Somebody invented. `father` and `mother` are the parents by birth, unknown for founders and outsiders."""

    __slots__ = (
        "born",
        "children",
        "died",
        "father",
        "home",
        "household",
        "id",
        "left",
        "marriages",
        "mother",
        "name",
        "number",
        "outsider",
        "sex",
        "surname",
        "telephone",
        "village",
    )

    def __init__(self, number: int, surname: str, name: str, sex: str, born: date, id: str, village: Village | None):
        self.number = number
        self.surname = surname
        self.name = name
        self.sex = sex
        self.born = born
        self.id = id
        self.village = village
        self.father: Person | None = None
        self.mother: Person | None = None
        self.children: list[Person] = []
        self.marriages: list[Marriage] = []
        self.died: date | None = None
        self.left: date | None = None
        self.outsider = village is None
        self.home: Person | None = None
        self.household: Household | None = None
        self.telephone = ""

    @property
    def male(self) -> bool:
        return self.sex == "男"

    def __repr__(self) -> str:
        return f"<{self.name} {self.id}>"

    def alive(self, day: date) -> bool:
        return self.born <= day and (self.died is None or self.died > day)

    def age(self, day: date) -> int:
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))

    def marriage(self, day: date) -> Optional["Marriage"]:
        """The marriage in force on a day, both alive."""
        for marriage in self.marriages:
            if marriage.holds(day):
                return marriage
        return None

    def spouse(self, day: date) -> Optional["Person"]:
        marriage = self.marriage(day)
        return marriage.other(self) if marriage else None

    def parents(self) -> Iterator["Person"]:
        if self.father:
            yield self.father
        if self.mother:
            yield self.mother

    def siblings(self) -> list["Person"]:
        """Brothers and sisters, half ones included, oldest first."""
        found = {child for parent in self.parents() for child in parent.children if child is not self}
        return sorted(found, key=lambda p: (p.born, p.number))

    @property
    def registered(self) -> bool:
        """In the population register: lives, or died too lately to have dropped out."""
        return self.died is None or self.died >= REGISTERED_SINCE


class Marriage:
    """From the day of registration until the day of divorce (outside) or a death."""

    __slots__ = ("end", "husband", "start", "wife")

    def __init__(self, husband: Person, wife: Person, start: date):
        self.husband = husband
        self.wife = wife
        self.start = start
        self.end: date | None = None
        husband.marriages.append(self)
        wife.marriages.append(self)

    def other(self, person: Person) -> Person:
        return self.wife if person is self.husband else self.husband

    def holds(self, day: date) -> bool:
        return (
            self.start <= day
            and (self.end is None or day < self.end)
            and self.husband.alive(day)
            and self.wife.alive(day)
        )


class Families:
    """Everybody who ever lived in the county, and whom they married."""

    def __init__(self, towns: list[Town], people: int, dice: random.Random, numbers: Numbers):
        self.dice = dice
        self.numbers = numbers
        self.people: list[Person] = []
        self.marriages: list[Marriage] = []
        self.suitors: dict[int, list[Person]] = defaultdict(list)
        self.maidens: dict[tuple[str, int], list[Person]] = defaultdict(list)
        self.towns = towns
        villages = [village for town in towns for village in town.villages]
        for village in villages:
            village.surnames = clans(dice)
            village.groups = dice.randint(4, 9)
        self.found(villages, people)
        for year in range(1940, AS_OF.year + 1):
            for man in self.suitors.pop(year, []):
                self.wed(man, year)

    def person(self, surname: str, sex: str, born: date, village: Village | None) -> Person:
        place = COUNTY_CODE if village else self.dice.choice(OUTSIDE_CODES)
        name = surname + given_name(self.dice, sex)
        person = Person(len(self.people), surname, name, sex, born, self.numbers.identity(place, born, sex), village)
        self.people.append(person)
        return person

    def found(self, villages: list[Village], people: int) -> None:
        """The founding couples, whose parents nobody knows."""
        per_village = people / len(villages) / LIVING_PER_FOUNDERS
        for village in villages:
            surnames, shares = zip(*village.surnames, strict=True)
            for surname in self.dice.choices(
                surnames, weights=shares, k=round(per_village * self.dice.uniform(0.85, 1.15))
            ):
                born = self.day(self.dice.randint(1920, 1946))
                man = self.person(surname, "男", born, village)
                wife_born = self.day(born.year + self.dice.randint(0, 4))
                woman = self.person(any_surname(self.dice), "女", wife_born, village)
                for one in (man, woman):
                    self.fix_death(one, adult=True)
                self.marry(man, woman, self.day(max(man.born.year, woman.born.year) + self.dice.randint(19, 24)))

    def day(self, year: int) -> date:
        return date(year, 1, 1) + timedelta(days=self.dice.randrange(365))

    def fix_death(self, person: Person, adult: bool = False) -> None:
        """A length of life; who would die after the as-of date lives."""
        dice = self.dice
        infant = 0.1 if person.born.year < 1960 else 0.03 if person.born.year < 1985 else 0.006
        if not adult and dice.random() < infant:
            years = dice.uniform(0, 8)
        elif not adult and dice.random() < 0.05:
            years = dice.uniform(20, 60)
        else:
            years = max(45.0, dice.gauss(77 if person.male else 81, 9))
        died = person.born + timedelta(days=int(years * 365.25))
        person.died = died if died <= AS_OF else None

    def grow_up(self, child: Person) -> None:
        """Sons look for a wife in some later year; daughters may be found from eighteen on."""
        assert child.village is not None
        age = round(self.dice.gauss(23.5, 2.2)) + (1 if child.born.year > 1975 else 0)
        if child.male:
            if self.dice.random() < 0.93:
                self.suitors[child.born.year + max(20, age)].append(child)
        else:
            self.maidens[child.village.town.code, child.born.year].append(child)

    def wed(self, man: Person, year: int) -> None:
        day = self.day(year)
        if day > AS_OF or not man.alive(day) or man.marriage(day):
            return
        assert man.village is not None
        bride = self.bride(man, day)
        if bride is None:
            if self.dice.random() < 0.6:
                return
            born = self.day(man.born.year + self.dice.randint(0, 4))
            if (day - born).days < 18 * 366:
                return
            bride = self.person(any_surname(self.dice), "女", born, None)
            self.fix_death(bride, adult=True)
        bride.village = man.village
        self.marry(man, bride, day)

    def bride(self, man: Person, day: date) -> Person | None:
        """An unmarried woman of about his age, mostly of his town, who is no relation."""
        assert man.village is not None
        dice = self.dice
        for _ in range(12):
            town = man.village.town if dice.random() < 0.6 else dice.choice(self.towns)
            born = min(man.born.year + dice.choice((-1, 0, 0, 1, 1, 2, 2, 3, 4, 5)), day.year - 19)
            pool = self.maidens[town.code, born]
            if not pool:
                continue
            at = dice.randrange(len(pool))
            woman = pool[at]
            if not woman.alive(day):
                pool[at] = pool[-1]
                pool.pop()
                continue
            if (woman.surname == man.surname and woman.village is man.village) or related(man, woman):
                continue
            pool[at] = pool[-1]
            pool.pop()
            return woman
        return None

    def marry(self, man: Person, woman: Person, day: date) -> None:
        marriage = Marriage(man, woman, day)
        self.marriages.append(marriage)
        dice = self.dice
        if day.year >= 1985 and dice.random() < 0.09:
            parted = day + timedelta(days=dice.randint(500, 5000))
            if parted < AS_OF and man.alive(parted) and woman.alive(parted):
                marriage.end = parted
        over = min(d for d in (marriage.end, man.died, woman.died, AS_OF) if d)
        self.bear_children(marriage, over)
        if over < AS_OF and man.alive(over) and man.age(over) < 55 and dice.random() < 0.5:
            self.suitors[over.year + dice.randint(1, 4)].append(man)
        if over < AS_OF and woman.alive(over) and woman.age(over) < 45 and woman.village and dice.random() < 0.6:
            self.maidens[woman.village.town.code, woman.born.year].append(woman)

    def bear_children(self, marriage: Marriage, over: date) -> None:
        dice = self.dice
        year = marriage.start.year
        wanted = 4.6 if year < 1965 else 3.5 if year < 1975 else 2.4 if year < 1990 else 2.0 if year < 2008 else 1.8
        number = max(0, round(dice.gauss(wanted, 1.0)))
        mother, father = marriage.wife, marriage.husband
        born = marriage.start
        for _ in range(number):
            born = born + timedelta(days=dice.randint(330, 1300))
            if born >= over or mother.age(born) > 43:
                break
            sex = "男" if dice.random() < 0.52 else "女"
            child = self.person(father.surname, sex, born, father.village)
            child.father, child.mother = father, mother
            father.children.append(child)
            mother.children.append(child)
            self.fix_death(child)
            self.grow_up(child)


def ancestors(person: Person, generations: int) -> set[Person]:
    found: set[Person] = set()
    level = {person}
    for _ in range(generations):
        level = {parent for one in level for parent in one.parents()}
        found |= level
    return found


def related(one: Person, other: Person) -> bool:
    """Whether two people share an ancestor within three generations or were married to each other's kin before."""
    return bool((ancestors(one, 3) | {one}) & (ancestors(other, 3) | {other}))
