"""Compensation for land that was taken: granted to the village, which pays it on to the holders; and where it does not."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from graph_loader.sample.casting import Cast
from graph_loader.sample.county import Allocation, County, Parcel, Stream, month_number
from graph_loader.sample.families import AS_OF
from graph_loader.sample.places import Village
from graph_loader.sample.programmes import BY_NAME
from graph_loader.sample.works import buy

DIVERTED, IDLE = "compensation_diverted", "funds_idle"
LAND = BY_NAME["征地补偿款"]
YUAN_A_MU = 42_000


def compensate(county: County) -> None:
    """In one village of six land was taken for a road, and its holders were paid within two months."""
    for village in county.villages[3::6]:
        last = AS_OF - timedelta(days=200)
        arrived = county.size.first_month + timedelta(days=county.dice.randrange((last - county.size.first_month).days))
        grant(county, village, arrived, 1.0)


def taken(county: County, village: Village) -> list[tuple[Parcel, float]]:
    """A dozen fields of the village of which a part was taken (亩), whose holders live there and were not paid before."""
    paid = {stream.parcel for stream in county.streams if stream.programme is LAND}
    fields = [
        parcel
        for parcel in county.parcels
        if parcel.village is village
        and parcel.kind == "耕地"
        and parcel.number not in paid
        and parcel.holder.alive(AS_OF)
        and parcel.holder.left is None
        and parcel.holder not in county.falsely_dead
    ]
    chosen = county.dice.sample(fields, min(12, len(fields)))
    return [(parcel, round(parcel.area * county.dice.uniform(0.05, 0.3), 2)) for parcel in chosen]


def worth(parts: Iterable[tuple[Parcel, float]]) -> float:
    return round(sum(area * YUAN_A_MU for _, area in parts), 2)


def grant(
    county: County, village: Village, arrived: date, share: float, to_unit: bool = False, more: float = 0.0
) -> tuple[Allocation, list[tuple[Parcel, float]]]:
    """Grants what a dozen holders are due (and `more`), pays on about this share of it; the grant, and who was left out."""
    due = taken(county, village)
    whole = worth(due)
    number = county.numbers.next("compensation")
    place = LAND.unit if to_unit else village.code
    amount = round(whole * (1 + more), 2)
    document = f"清财自〔{arrived.year}〕{number}号"
    allocation = Allocation(document, LAND, place, amount, arrived - timedelta(days=6), arrived)
    county.allocations.append(allocation)
    paid: list[tuple[Parcel, float]] = []
    left: list[tuple[Parcel, float]] = []
    for parcel, area in due:
        if worth([*paid, (parcel, area)]) > share * whole + 0.01:
            left.append((parcel, area))
            continue
        paid.append((parcel, area))
        account, yuan = county.own_account(parcel.holder), worth([(parcel, area)])
        stream = Stream(LAND, parcel.holder, account, yuan, [month_number(arrived) + 1], village)
        stream.quantity, stream.parcel = f"{area:g}", parcel.number
        county.streams.append(stream)
    return allocation, left


def plant_compensation(cast: Cast) -> None:
    """One of each, in villages where no land was taken before."""
    before = {stream.village for stream in cast.county.streams if stream.programme is LAND}
    villages = [village for village in cast.county.villages if village not in before]
    for plant, village in zip(PLANTS, cast.dice.sample(villages, len(villages)), strict=False):
        plant(cast, village)


def some_day(cast: Cast, last: int, first: int = 900) -> date:
    """Between so many days before the as-of day."""
    return AS_OF - timedelta(days=cast.dice.randint(last, first))


def kept_a_third(cast: Cast, village: Village) -> None:
    grant(cast.county, village, some_day(cast, 260), 0.68)
    cast.wrong(DIVERTED, "high", [], [village.code, LAND.code], "补偿款到村半年以上，还有三成多没有发到户")


def kept_all(cast: Cast, village: Village) -> None:
    allocation, _ = grant(cast.county, village, some_day(cast, 260), 0.0)
    cast.wrong(DIVERTED, "high", [], [village.code, LAND.code], "补偿款到村半年以上，一分没有发到户")
    cast.wrong(IDLE, "medium", [], [allocation.key], "补偿款到账90天以后一分没有发放")


def nothing_diverted(cast: Cast, village: Village, level: str | None, why: str) -> None:
    cast.lookalike(DIVERTED, level, [], [village.code, LAND.code], why)


def rounding_left(cast: Cast, village: Village) -> None:
    grant(cast.county, village, some_day(cast, 260), 1.0, more=0.03)
    nothing_diverted(cast, village, None, "余额不到5%，属青苗补偿尾差")


def still_time(cast: Cast, village: Village) -> None:
    grant(cast.county, village, some_day(cast, 110, 165), 0.75)
    nothing_diverted(cast, village, None, "到账不满180天，其余正在公示")


def paid_from_the_books(cast: Cast, village: Village) -> None:
    """Some holders have no card: the village paid them out of its own account, as vouchers show."""
    allocation, left = grant(cast.county, village, some_day(cast, 260), 0.75)
    assert allocation.arrived
    for number, (parcel, area) in enumerate(left):
        person, day = parcel.holder, allocation.arrived + timedelta(days=40 + 3 * number)
        account = cast.county.own_account(person).number
        buy(cast.county, village, day, "征地补偿款兑付", worth([(parcel, area)]), person.name, person.id, account)
    nothing_diverted(cast, village, "verify", "其余由村账直接付给农户，凭证在案，先核实")


def arrival_not_known(cast: Cast, village: Village) -> None:
    allocation, _ = grant(cast.county, village, some_day(cast, 260), 0.75)
    cast.county.allocations[-1] = replace(allocation, arrived=None)
    nothing_diverted(cast, village, "verify", "没有到账日期，钱是否已到先核实")


def granted_to_the_bureau(cast: Cast, village: Village) -> None:
    grant(cast.county, village, some_day(cast, 260), 0.75, to_unit=True)
    nothing_diverted(cast, village, None, "指标下达给主管局，没有拨到村里")


PLANTS = (
    kept_a_third, kept_all, rounding_left, still_time, paid_from_the_books, arrival_not_known, granted_to_the_bureau,
)  # fmt: skip
