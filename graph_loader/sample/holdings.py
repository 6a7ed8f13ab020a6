"""Houses, shops, cars and farm vehicles: cars and second homes only in households that draw nothing that bars them."""

from datetime import date, timedelta

from graph_loader.sample.county import County, House, Vehicle
from graph_loader.sample.families import AS_OF
from graph_loader.sample.places import COUNTY_CODE, COUNTY_NAME


def acquire(county: County) -> None:
    dice = county.dice
    numbers = county.numbers
    for household in county.households:
        adults = [p for p in household.living if 24 <= p.age(AS_OF) < 65]
        if not adults:
            continue
        owner = dice.choice(adults)
        day = date(2012, 1, 1) + timedelta(days=dice.randrange(4300))
        if dice.random() < 0.12:
            kind = dice.choice(("三轮", "拖拉机", "普通货车"))
            county.vehicles.append(
                Vehicle(f"湘Z{numbers.next('plate'):05d}", owner, kind, day, dice.randrange(5000, 60000, 500))
            )
        if any(county.drawing[p] for p in household.members):
            continue
        if dice.random() < 0.3:
            county.vehicles.append(
                Vehicle(f"湘Z{numbers.next('plate'):05d}", owner, "小型轿车", day, dice.randrange(40000, 180000, 1000))
            )
        if dice.random() < 0.1:
            number = numbers.next("house")
            unit = f"{COUNTY_CODE}001001GB{number:05d}F0001{number % 997:04d}"
            use = "商铺" if dice.random() < 0.1 else "住宅"
            area = round(dice.uniform(70, 140), 1)
            place = f"{COUNTY_NAME}城关金桂苑{dice.randint(1, 20)}栋{dice.randint(101, 1802)}室"
            county.houses.append(House(unit, owner, use, area, place, day, int(area * dice.randrange(2600, 4200, 100))))
