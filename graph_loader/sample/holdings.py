"""Houses, shops, cars and farm vehicles: cars and second homes only in households that draw nothing that bars them."""

from datetime import date, timedelta

from graph_loader.sample.county import County, House, Vehicle
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.places import COUNTY_CODE, COUNTY_NAME

CAR, HOME, SHOP = "小型轿车", "住宅", "商铺"


def acquire(county: County) -> None:
    dice = county.dice
    for household in county.households:
        adults = [p for p in household.living if 24 <= p.age(AS_OF) < 65]
        if not adults:
            continue
        owner = dice.choice(adults)
        day = date(2012, 1, 1) + timedelta(days=dice.randrange(4300))
        if dice.random() < 0.12:
            buy_vehicle(county, owner, dice.choice(("三轮", "拖拉机", "普通货车")), day)
        if any(county.drawing[p] for p in household.members):
            continue
        if dice.random() < 0.3:
            buy_vehicle(county, owner, CAR, day)
        if dice.random() < 0.1:
            buy_house(county, owner, SHOP if dice.random() < 0.1 else HOME, day)


def buy_vehicle(county: County, owner: Person, kind: str, day: date, sold: date | None = None) -> Vehicle:
    """A car, or something cheaper to work with."""
    value = county.dice.randrange(40000, 180000, 1000) if kind == CAR else county.dice.randrange(5000, 60000, 500)
    vehicle = Vehicle(f"湘Z{county.numbers.next('plate'):05d}", owner, kind, day, value, sold)
    county.vehicles.append(vehicle)
    return vehicle


def buy_house(county: County, owner: Person, use: str, day: date, quarter: str = "金桂苑") -> House:
    """A home or a shop in the county town."""
    dice = county.dice
    number = county.numbers.next("house")
    unit = f"{COUNTY_CODE}001001GB{number:05d}F0001{number % 997:04d}"
    area = round(dice.uniform(70, 140), 1)
    place = f"{COUNTY_NAME}城关{quarter}{dice.randint(1, 20)}栋{dice.randint(101, 1802)}室"
    house = House(unit, owner, use, area, place, day, int(area * dice.randrange(2600, 4200, 100)))
    county.houses.append(house)
    return house
