"""Plants for asset_owner_on_benefit and business_owner_on_benefit, with what only looks like wealth."""

from collections.abc import Iterator
from datetime import date, timedelta

from graph_loader.sample.casting import Cast
from graph_loader.sample.county import Firm, Role, Stream, first_of
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.holdings import CAR, HOME, SHOP, buy_house, buy_vehicle
from graph_loader.sample.places import COUNTY_NAME
from graph_loader.sample.swaps import new_firm
from graph_loader.sample.works import outsider

ASSET, BUSINESS = "asset_owner_on_benefit", "business_owner_on_benefit"
POOR, REPAIR, JOB, RELIEF, DISABLED = "农村低保", "农村危房改造", "公益性岗位补贴", "临时救助", "困难残疾人生活补贴"


def plant_wealth(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    for plant in PLANTS:
        plant(cast)


def barred(cast: Cast, condition: str, *programmes: str) -> Iterator[Stream]:
    """People in their best years on a programme, and on no other that excludes owners of the kind."""
    first = cast.county.size.first_month
    for stream in cast.drawers(*programmes):
        others = [other for other in cast.streams_of(stream.person) if other is not stream]
        if 26 <= stream.person.age(first) < 66 and not any(condition in other.programme.excludes for other in others):
            yield stream


def before(stream: Stream, days: int) -> date:
    return first_of(stream.months[0]) - timedelta(days=days)


# -- homes, shops and cars ---------------------------------------------------------------------------------------------


def owner(cast: Cast, stream: Stream, kind: str, why: str) -> None:
    cast.wrong(ASSET, "medium", [stream.person], [stream.programme.code, kind], why)


def no_owner(cast: Cast, stream: Stream, kind: str, why: str, level: str | None = None) -> None:
    cast.lookalike(ASSET, level, [stream.person], [stream.programme.code, kind], why)


def car_of_the_poor(cast: Cast) -> None:
    for stream in barred(cast, "有车", POOR):
        buy_vehicle(cast.county, stream.person, CAR, before(stream, 150))
        return owner(cast, stream, "车", "领取低保期间本人名下有小型轿车")


def shop_of_the_poor(cast: Cast) -> None:
    for stream in barred(cast, "有房", POOR):
        buy_house(cast.county, stream.person, SHOP, before(stream, 400))
        return owner(cast, stream, "房", "领取低保期间本人名下有商铺")


def two_homes(cast: Cast) -> None:
    for stream in barred(cast, "有房", REPAIR, POOR):
        buy_house(cast.county, stream.person, HOME, before(stream, 900))
        buy_house(cast.county, stream.person, HOME, before(stream, 300))
        return owner(cast, stream, "房", "领取补贴时本人名下有两套城镇住房")


def another_adult(cast: Cast, stream: Stream, condition: str) -> Person | None:
    """Somebody of the household who draws nothing that bars owners."""
    assert stream.person.household is not None
    for member in stream.person.household.living:
        free = not any(condition in other.programme.excludes for other in cast.streams_of(member))
        if member is not stream.person and cast.ordinary(member) and free:
            return member
    return None


def car_of_the_son(cast: Cast) -> None:
    for stream in barred(cast, "有车", POOR):
        member = another_adult(cast, stream, "有车")
        if member:
            buy_vehicle(cast.county, member, CAR, before(stream, 150))
            cast.used.add(member)
            return no_owner(cast, stream, "车", "轿车登记在同户其他成员名下，本人没有", "low")


def resettled(cast: Cast) -> None:
    for stream in barred(cast, "有房", POOR):
        buy_house(cast.county, stream.person, HOME, before(stream, 1200))
        buy_house(cast.county, stream.person, HOME, before(stream, 500), quarter="易地搬迁安置区")
        return no_owner(cast, stream, "房", "两套中有一套是搬迁安置房", "low")


def works_with_it(cast: Cast) -> None:
    for stream in barred(cast, "有车", POOR):
        buy_vehicle(cast.county, stream.person, "三轮", before(stream, 300))
        buy_vehicle(cast.county, stream.person, "普通货车", before(stream, 100))
        return no_owner(cast, stream, "车", "三轮车和货车是生产用车，不计")


def one_home(cast: Cast) -> None:
    for stream in barred(cast, "有房", POOR):
        buy_house(cast.county, stream.person, HOME, before(stream, 700))
        return no_owner(cast, stream, "房", "只有一套住房")


def sold_before(cast: Cast) -> None:
    for stream in barred(cast, "有车", POOR):
        buy_vehicle(cast.county, stream.person, CAR, before(stream, 1500), sold=before(stream, 30))
        return no_owner(cast, stream, "车", "轿车在首次发放前已过户注销")


def bought_later(cast: Cast) -> None:
    for stream in barred(cast, "有车", REPAIR):
        day = first_of(stream.months[-1]) + timedelta(days=60)
        if day < AS_OF:
            buy_vehicle(cast.county, stream.person, CAR, day)
            return no_owner(cast, stream, "车", "一次性补助发放以后才买车")


def not_excluded(cast: Cast) -> None:
    for stream in barred(cast, "有车", RELIEF, JOB, DISABLED):
        buy_vehicle(cast.county, stream.person, CAR, before(stream, 200))
        return no_owner(cast, stream, "车", "该项目不排斥有车家庭")


# -- firms -------------------------------------------------------------------------------------------------------------


def founded_before(cast: Cast, stream: Stream) -> date:
    return before(stream, cast.dice.randint(120, 1400))


def shop_name(cast: Cast, person: Person, tail: str) -> str:
    """A name like those of the county's small traders, given once."""
    assert person.village is not None
    while True:
        name = f"{COUNTY_NAME}{person.village.name.removesuffix('村')}{person.name[-1]}{cast.dice.choice('兴旺隆顺盛泰')}{tail}"
        if name not in cast.county.firm_names:
            return name
        tail = f"第{cast.county.numbers.next('shop')}{tail}"


def partner_of(cast: Cast, stream: Stream, share: float, until: date | None = None) -> Firm:
    """A firm of strangers in which the person holds a share, up to a day."""
    boss, founded = outsider(cast.county), founded_before(cast, stream)
    firm = new_firm(cast, boss, shareholders=[(boss, 100 - share)], founded=founded)
    firm.roles.append(Role(stream.person, "股东", share, founded, until))
    return firm


def trader(cast: Cast, stream: Stream, kind: str, tail: str, capital: float) -> Firm:
    name = shop_name(cast, stream.person, tail)
    firm = new_firm(cast, stream.person, kind=kind, name=name, founded=founded_before(cast, stream))
    firm.capital = capital
    return firm


def in_business(cast: Cast, stream: Stream, firm: Firm, why: str) -> None:
    cast.wrong(BUSINESS, "medium", [stream.person], [firm.code, stream.programme.code], why)


def no_business(cast: Cast, stream: Stream, firm: Firm, why: str) -> None:
    cast.in_firms.add(stream.person)
    cast.lookalike(BUSINESS, None, [stream.person], [firm.code, stream.programme.code], why)


def head_of_a_firm(cast: Cast) -> None:
    for stream in barred(cast, "经商", POOR):
        firm = new_firm(cast, stream.person, founded=founded_before(cast, stream))
        return in_business(cast, stream, firm, "领取低保期间任存续公司的法定代表人、全资股东")


def holder_of_a_quarter(cast: Cast) -> None:
    for stream in barred(cast, "经商", JOB, POOR):
        firm = partner_of(cast, stream, 25.0)
        cast.in_firms.add(stream.person)
        return in_business(cast, stream, firm, "领取补贴期间持有存续公司25%的股份")


def large_trader(cast: Cast) -> None:
    for stream in barred(cast, "经商", POOR):
        firm = trader(cast, stream, "个体工商户", "建材经营部", 30.0)
        return in_business(cast, stream, firm, "领取低保期间经营注册资本30万元的个体工商户")


def head_of_a_co_operative(cast: Cast) -> None:
    for stream in barred(cast, "经商", POOR):
        firm = trader(cast, stream, "合作社", "种养专业合作社", 50.0)
        return no_business(cast, stream, firm, "合作社的代表人不计")


def small_trader(cast: Cast) -> None:
    for stream in barred(cast, "经商", POOR):
        return no_business(
            cast, stream, trader(cast, stream, "个体工商户", "日杂店", 2.0), "注册资本不足五万元的个体工商户不计"
        )


def small_share(cast: Cast) -> None:
    for stream in barred(cast, "经商", POOR):
        return no_business(cast, stream, partner_of(cast, stream, 5.0), "持股不足10%")


def share_sold(cast: Cast) -> None:
    for stream in barred(cast, "经商", JOB, POOR):
        return no_business(cast, stream, partner_of(cast, stream, 40.0, before(stream, 40)), "首次发放前已转让股份")


def struck_off(cast: Cast) -> None:
    for stream in barred(cast, "经商", POOR):
        firm = new_firm(cast, stream.person, founded=founded_before(cast, stream))
        firm.struck = before(stream, 35)
        return no_business(cast, stream, firm, "公司在首次发放前已注销")


def supervises(cast: Cast) -> None:
    for stream in barred(cast, "经商", JOB, POOR):
        firm = new_firm(cast, supervisor=stream.person, founded=founded_before(cast, stream))
        return no_business(cast, stream, firm, "只任监事，没有股份")


def open_to_traders(cast: Cast) -> None:
    for stream in barred(cast, "经商", DISABLED, RELIEF):
        firm = new_firm(cast, stream.person, founded=founded_before(cast, stream))
        return no_business(cast, stream, firm, "该项目不排斥经商人员")


PLANTS = (
    car_of_the_poor, shop_of_the_poor, two_homes, car_of_the_son, resettled, works_with_it, one_home, sold_before,
    bought_later, not_excluded, head_of_a_firm, holder_of_a_quarter, large_trader, head_of_a_co_operative, small_trader,
    small_share, share_sold, struck_off, supervises, open_to_traders,
)  # fmt: skip
