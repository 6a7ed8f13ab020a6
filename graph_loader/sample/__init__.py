"""The sample county: an invented county as a drop of departmental tables, with the truth about what was planted in it."""

import random
from datetime import date, timedelta
from pathlib import Path

from graph_loader.errors import GuanxiError
from graph_loader.sample.afterlife import plant_afterlife
from graph_loader.sample.benefits import hand_out
from graph_loader.sample.casting import Cast
from graph_loader.sample.claims import plant_claims
from graph_loader.sample.compensation import compensate, plant_compensation
from graph_loader.sample.contracts import plant_contracts
from graph_loader.sample.county import SIZES, County, DeathRow
from graph_loader.sample.diligence import plant_diligence
from graph_loader.sample.drop import write_drop
from graph_loader.sample.entitlement import plant_entitlements
from graph_loader.sample.families import AS_OF, Families, Person
from graph_loader.sample.favours import plant_favours
from graph_loader.sample.holdings import acquire
from graph_loader.sample.households import keep_house
from graph_loader.sample.money import plant_money
from graph_loader.sample.names import Numbers
from graph_loader.sample.nepotism import follow_up, plant_nepotism
from graph_loader.sample.offices import fill_offices
from graph_loader.sample.open_contracting import plant_open_contracting
from graph_loader.sample.places import settle
from graph_loader.sample.self_dealing import plant_self_dealing
from graph_loader.sample.swaps import plant_swaps
from graph_loader.sample.tenders import plant_tenders
from graph_loader.sample.tips import hear, plant_tips
from graph_loader.sample.wealth import plant_wealth
from graph_loader.sample.works import build

__all__ = ["grow_county", "write_county"]


def write_county(directory: Path, size: str = "S", seed: int = 1) -> None:
    """Writes a county of the size (S, M or L) as a drop into `directory`, which is made if need be.

    The same size and seed give the same bytes. Raises GuanxiError on an unknown size or a folder that holds other files.
    """
    if size not in SIZES:
        raise GuanxiError(f"There is no sample size {size}; choose S, M or L.")
    if directory.exists() and any(directory.iterdir()):
        raise GuanxiError(f"The folder {directory} is not empty; name a new folder for the sample county.")
    county = grow_county(size, seed)
    directory.mkdir(parents=True, exist_ok=True)
    write_drop(county, directory)


def grow_county(size: str, seed: int) -> County:
    """The county before it is written: places, families, offices, lawful benefits and works, then what is planted."""
    measure = SIZES[size]
    dice = random.Random(f"{size}{seed}")
    numbers = Numbers(dice)
    towns = settle(measure.towns, measure.villages)
    families = Families(towns, measure.people, dice, numbers)
    households = keep_house(families, dice)
    offices = fill_offices(families, towns, measure.seats, dice)
    county = County(measure, dice, numbers, towns, families, households, offices)
    county.official_households = {p.household for p in offices.by_person if p.household}
    keep_records(county)
    hand_out(county)
    build(county, per_village=6 if size == "S" else 12)
    compensate(county)
    cast = Cast(county)
    for _ in range(measure.plants):
        plant_favours(cast)
        plant_self_dealing(cast)
        plant_afterlife(cast)
        plant_swaps(cast)
        plant_nepotism(cast)
        plant_claims(cast)
        plant_wealth(cast)
        plant_entitlements(cast)
        plant_tenders(cast)
        plant_contracts(cast)
        plant_money(cast)
        plant_compensation(cast)
        plant_diligence(cast)
    follow_up(cast)
    for _ in range(measure.plants):
        plant_tips(cast)
    plant_open_contracting(cast)
    hear(county)
    acquire(county)
    return county


def keep_records(county: County) -> None:
    """Which marriages, parents and deaths the registries have on record, and which false deaths."""
    dice = county.dice
    for marriage in county.families.marriages:
        recent = marriage.start.year >= 1990
        if marriage.end or dice.random() < (0.85 if recent else 0.12):
            county.marriages.add(marriage)
    for person in county.families.people:
        if not person.registered or person.village is None:
            continue
        if person.father and dice.random() < (0.55 if person.born.year >= 1975 else 0.15):
            county.parentage.add(person)
        if person.died:
            record_death(county, person, person.died)
        elif dice.random() < 0.0004:
            died = county.size.first_month + timedelta(days=dice.randrange(900))
            if person.born < died:
                county.deaths.append(DeathRow(person, died, dice.choice(("公安", "卫健"))))
                county.falsely_dead.add(person)


def record_death(county: County, person: Person, died: date) -> None:
    """Up to three sources; the funeral office's date may lie two days after."""
    dice = county.dice
    county.cancelled[person] = min(AS_OF, died + timedelta(days=dice.randint(3, 90)))
    sources = [source for source, share in (("公安", 0.93), ("民政", 0.6), ("卫健", 0.3)) if dice.random() < share]
    for source in sources or ["公安"]:
        day = min(AS_OF, died + timedelta(days=dice.choice((0, 0, 1, 2)) if source == "民政" else 0))
        county.deaths.append(DeathRow(person, day, source, day if source == "民政" else None))
