"""Kin by the generator's own family tree, wide on purpose: whoever could count as close kin of an official.

The sample hands out nothing doubtful to anybody in this circle, so the circle takes in more than the recusal rules list:
former spouses and their kin, step-parents' and step-children's lines, great-uncles, spouses' grandparents, uncles,
cousins and nephews, and everybody of the same household.
"""

from collections.abc import Callable, Iterable
from datetime import date

from graph_loader.sample.families import Person


def ever_spouses(person: Person) -> set[Person]:
    return {marriage.other(person) for marriage in person.marriages}


def parents(person: Person) -> set[Person]:
    """Parents by birth and whoever they were ever married to."""
    born_to = set(person.parents())
    return born_to.union(*(ever_spouses(parent) for parent in born_to)) - {person}


def children(person: Person) -> set[Person]:
    """Children by birth and those of every spouse."""
    found = set(person.children)
    for spouse in ever_spouses(person):
        found.update(spouse.children)
    return found - {person}


def step(people: Iterable[Person], one_step: Callable[[Person], Iterable[Person]]) -> set[Person]:
    found: set[Person] = set()
    for person in people:
        found.update(one_step(person))
    return found


def descendants(people: set[Person], generations: int) -> set[Person]:
    found: set[Person] = set()
    level = people
    for _ in range(generations):
        level = step(level, children)
        found |= level
    return found


def circle(person: Person) -> set[Person]:
    """Everybody who is, was or might be taken for close kin of this person; the person is not in it."""
    mothers_fathers = parents(person)
    grandparents = step(mothers_fathers, parents)
    great = step(grandparents, parents)
    blood = mothers_fathers | grandparents | great
    blood |= (
        descendants({person}, 3)
        | descendants(mothers_fathers, 3)
        | descendants(grandparents, 2)
        | step(great, children)
    )
    found = blood | step(blood, ever_spouses)
    for child in descendants({person}, 2):
        for in_law in ever_spouses(child):
            found |= parents(in_law)
    for spouse in ever_spouses(person):
        theirs = parents(spouse)
        elders = step(theirs, parents)
        siblings = descendants(theirs, 2)
        found |= {spouse} | ever_spouses(spouse) | theirs | elders | siblings | descendants(elders, 2)
        found |= step(siblings, ever_spouses)
    for one in (person, *ever_spouses(person)):
        if one.household is not None:
            found.update(one.household.members)
    found.discard(person)
    return found


def close_kin(person: Person, day: date) -> set[Person]:
    """Exactly the kin up to 近姻亲 on a day: spouse, direct line, collaterals within three generations, and near in-laws.

    The list is that of the recusal rules for civil servants; marriages count only while they are in force.
    """

    def spouses(people: Iterable[Person]) -> set[Person]:
        return {spouse for one in people if (spouse := one.spouse(day))}

    born_to = set(person.parents())
    grandparents = step(born_to, Person.parents)
    line = born_to | grandparents | step(grandparents, Person.parents)
    level = {person}
    while level := step(level, lambda one: one.children):
        line |= level
    siblings = set(person.siblings())
    uncles = step(born_to, Person.siblings)
    collaterals = siblings | uncles | step(siblings | uncles, lambda one: one.children)
    in_laws = spouses(collaterals) | spouses(born_to) | spouses(person.children)
    in_laws |= step(spouses(person.children), Person.parents)
    for spouse in spouses([person]):
        theirs = set(spouse.siblings())
        in_laws |= {spouse, *spouse.parents(), *spouse.children} | theirs | spouses(theirs)
    return (line | collaterals | in_laws) - {person}
