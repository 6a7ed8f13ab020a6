"""Plants for duplicate_claim, ghost_beneficiary, collecting_account and household_benefit, with what only looks like them."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from graph_loader.sample.benefits import authority, unconnected
from graph_loader.sample.casting import Cast, Tie, child_ties, parent_ties, sibling_ties, spouse_ties
from graph_loader.sample.county import Account, Registration, Stream, month_number
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.holdings import buy_vehicle
from graph_loader.sample.names import any_surname, given_name
from graph_loader.sample.offices import Post, place_keys
from graph_loader.sample.places import COUNTY_CODE, Village
from graph_loader.sample.programmes import BY_NAME, ONCE, PROGRAMMES, Programme
from graph_loader.sample.relatives import circle
from graph_loader.sample.self_dealing import COLLECT, HOUSE, sitting

TWICE, GHOST = "duplicate_claim", "ghost_beneficiary"
LAND, FOREST, RELIEF, PENSION = "耕地地力保护补贴", "退耕还林补助", "临时救助", "城乡居民基本养老保险"
FOR_FAMILIES = tuple(p for p in PROGRAMMES if p.audited and p.household and p.bars_officials)


def plant_claims(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    for plant in PLANTS:
        plant(cast)


# -- duplicate_claim ---------------------------------------------------------------------------------------------------


def fields(cast: Cast, programme: str = LAND) -> Iterator[Stream]:
    """Land paid for in two years and more."""
    return (stream for stream in cast.drawers(programme) if len(stream.months) > 1)


def neighbour(cast: Cast, stream: Stream) -> Person:
    """Somebody grown up of the same village and another household."""
    homes = [h for h in cast.county.households if h.village is stream.village and h is not stream.person.household]
    return cast.dice.choice([person for home in homes for person in home.living if cast.ordinary(person)])


def share_field(cast: Cast, stream: Stream, months: list[int], note: str = "") -> list[str]:
    """A neighbour is paid for the same field in some years; the programme and the parcel."""
    other = neighbour(cast, stream)
    cast.branch(stream, months, person=other, account=cast.county.own_account(other), note=note)
    cast.used.update((stream.person, other))
    return [stream.programme.code, stream.parcel]


def field_of_two(cast: Cast) -> None:
    for stream in fields(cast):
        things = share_field(cast, stream, stream.months[-1:])
        return cast.wrong(TWICE, "high", [], things, "同一地块同一年由两户领取，没有流转记录")


def larger_on_paper(cast: Cast, programme: str, times: float) -> list[str] | None:
    for stream in fields(cast, programme):
        area, rate = float(stream.quantity), stream.amount / float(stream.quantity)
        stream.quantity, stream.amount = f"{area * times:.2f}", round(round(area * times, 2) * rate, 2)
        cast.used.add(stream.person)
        return [stream.programme.code, stream.parcel]
    return None


def forest_larger_on_paper(cast: Cast) -> None:
    things = larger_on_paper(cast, FOREST, 1.6)
    if things:
        cast.wrong(TWICE, "high", [], things, "领取面积是确权面积的1.6倍")


def measured_anew(cast: Cast) -> None:
    things = larger_on_paper(cast, LAND, 1.08)
    if things:
        cast.lookalike(TWICE, None, [], things, "面积误差在一成以内")


def let_to_a_neighbour(cast: Cast) -> None:
    for stream in fields(cast):
        things = share_field(cast, stream, stream.months[-1:], "土地流转，由实际耕种人领取一半")
        return cast.lookalike(TWICE, "low", [], things, "摘要写明土地流转")


def handed_over(cast: Cast) -> None:
    for stream in fields(cast):
        months, half = stream.months, len(stream.months) // 2
        things = share_field(cast, stream, months[half:])
        stream.months = months[:half]
        return cast.lookalike(TWICE, None, [], things, "承包地转让，前后两年由不同的人领取")


def ask_again(cast: Cast, days: int, same_year: bool, reason: str = "", agreed: bool = True) -> Person | None:
    """A second application for 临时救助 so many days after the first, for the same reason unless told."""
    programme = BY_NAME[RELIEF]
    for stream in cast.drawers(RELIEF):
        first = stream.application
        if first is None or first.approved + timedelta(days=days + 60) > AS_OF:
            continue
        day = first.approved + timedelta(days=days)
        year = first.accepted.year
        if (day.year == year and (day - timedelta(days=31)).year == year) != same_year or reason == first.reason:
            continue
        second = cast.apply(programme, stream.person, day, stream.person, agreed=agreed)
        second.reason = reason or first.reason
        if agreed:
            cast.pay_in(second, [month_number(day) + 1])
        return stream.person
    return None


def asked_twice(cast: Cast) -> None:
    person = ask_again(cast, 75, True)
    if person:
        cast.wrong(TWICE, "high", [person], [BY_NAME[RELIEF].code], "一年内以同一事由两次获批临时救助")


def another_misfortune(cast: Cast) -> None:
    person = ask_again(cast, 75, True, reason="房屋倒塌")
    if person:
        cast.lookalike(TWICE, None, [person], [BY_NAME[RELIEF].code], "一年内两次，事由不同")


def again_next_year(cast: Cast) -> None:
    person = ask_again(cast, 400, False)
    if person:
        cast.lookalike(TWICE, None, [person], [BY_NAME[RELIEF].code], "同一事由，相隔一年以上")


def second_refused(cast: Cast) -> None:
    person = ask_again(cast, 75, True, agreed=False)
    if person:
        cast.lookalike(TWICE, None, [person], [BY_NAME[RELIEF].code], "第二次申请未获同意")


# -- ghost_beneficiary -------------------------------------------------------------------------------------------------


def invented(cast: Cast, born: date, village: Village, home: str = COUNTY_CODE) -> Person:
    """A name and a number in no household."""
    county = cast.county
    sex = cast.dice.choice(("男", "女"))
    person = county.families.person(any_surname(cast.dice), sex, born, None)
    person.village = village
    if home == COUNTY_CODE:
        person.id = county.numbers.identity(COUNTY_CODE, born, sex)
    cast.used.add(person)
    return person


def any_day(cast: Cast, first: date, last: date) -> date:
    day = cast.between(first, last)
    assert day is not None
    return day


def ghost_pensioner(cast: Cast) -> None:
    village = cast.dice.choice(cast.county.villages)
    person = invented(cast, any_day(cast, date(1940, 1, 1), date(1955, 1, 1)), village)
    programme, first = BY_NAME[PENSION], cast.county.size.first_month
    months = list(cast.county.months(any_day(cast, first, AS_OF - timedelta(days=300))))
    account = cast.county.own_account(person)
    cast.county.streams.append(Stream(programme, person, account, 108.0, months, village, quantity="1"))
    cast.wrong(GHOST, "medium", [person], [programme.code], "户籍、名册和死亡数据里都查不到此人，仍领养老金")


def grant_to(cast: Cast, person: Person, programme: Programme) -> None:
    margin = 430 if programme.rhythm != ONCE else 130
    day = any_day(cast, cast.county.size.first_month, AS_OF - timedelta(days=margin))
    cast.pay(cast.apply(programme, person, day, person))


WINTER, DISABLED, GROWTH = BY_NAME["冬春生活救助"], BY_NAME["困难残疾人生活补贴"], BY_NAME["产业发展奖补"]


def ghost_in_need(cast: Cast) -> None:
    village = cast.dice.choice(cast.county.villages)
    person = invented(cast, any_day(cast, date(1950, 1, 1), date(1985, 1, 1)), village)
    grant_to(cast, person, WINTER)
    cast.wrong(GHOST, "medium", [person], [WINTER.code], "查无此人，虚构人头申领冬春救助")


def two_names(cast: Cast) -> None:
    for stream in cast.drawers("困难残疾人生活补贴", "重度残疾人护理补贴", PENSION):
        person, half = stream.person, len(stream.months) // 2
        other = any_surname(cast.dice) + given_name(cast.dice, person.sex)
        if half < 3 or other == person.name:
            continue
        cast.branch(stream, stream.months[half:], payee=other)
        stream.months = stream.months[:half]
        return cast.wrong(GHOST, "medium", [person], [stream.programme.code], "同一证号先后写作两个姓名")


def mistyped(cast: Cast) -> None:
    """The last digit of a good number was keyed in wrongly."""
    for programme, person, day in cast.strangers(GROWTH.name):
        stream = cast.pay(cast.apply(programme, person, day, person))
        wrong = "0123456789"[(int(person.id[-2]) + 1) % 10]
        stream.payee_id = person.id[:-1] + (wrong if wrong != person.id[-1] else "0123456789"[(int(wrong) + 1) % 10])
        cast.used.add(person)
        things = [programme.code, stream.account.masked]
        return cast.lookalike(GHOST, "verify", [], things, "身份证号校验位不符，可能录错一位，先核实")


def just_arrived(cast: Cast) -> None:
    """Moved in from elsewhere; the vehicle office knows the person, the police not yet."""
    village = cast.dice.choice(cast.county.villages)
    person = invented(cast, any_day(cast, date(1955, 1, 1), date(1990, 1, 1)), village, home="")
    buy_vehicle(cast.county, person, "三轮", any_day(cast, date(2016, 1, 1), date(2020, 6, 1)))
    grant_to(cast, person, WINTER)
    cast.lookalike(GHOST, "verify", [person], [WINTER.code], "户籍没有收录，但有车辆登记，确有其人，先核实")


def on_the_register_only(cast: Cast) -> None:
    village = cast.dice.choice(cast.county.villages)
    person = invented(cast, any_day(cast, date(1960, 1, 1), date(1995, 1, 1)), village, home="")
    grant_to(cast, person, DISABLED)
    cast.lookalike(GHOST, None, [person], [DISABLED.code], "户籍在外地，本县残疾名册上有此人")


def written_with_a_blank(cast: Cast) -> None:
    for stream in cast.drawers(PENSION):
        stream.payee = f"{stream.person.name[0]}　{stream.person.name[1:]}"
        why = "姓名中间多打了空格，是同一个人"
        return cast.lookalike(GHOST, None, [stream.person], [stream.programme.code], why)


# -- collecting_account ------------------------------------------------------------------------------------------------


def apart_from(cast: Cast, holder: Person, streams: Iterable[Stream], number: int) -> list[Stream]:
    """Payments to that many households, none the holder's own and none with kin of the holder in it."""
    near, homes, taken = circle(holder) | {holder}, [holder.household], []
    for stream in streams:
        home = stream.person.household
        if home is None or home in homes or stream.programme.land or near.intersection(home.members):
            continue
        homes.append(home)
        taken.append(stream)
        if len(taken) == number:
            return taken
    return []


def collect(cast: Cast, account: Account, streams: list[Stream]) -> None:
    for stream in streams:
        stream.account = account
        cast.used.add(stream.person)


def plain_holders(cast: Cast) -> Iterator[tuple[Person, list[Stream]]]:
    """People without any tie to an office, with what is paid in their village and not decided by anybody near them."""
    county = cast.county
    for _ in range(400):
        household = cast.dice.choice(county.households)
        village = household.village
        for holder in household.living:
            if not cast.ordinary(holder) or county.offices.entangled(holder, place_keys(village)):
                continue
            streams = [
                stream
                for stream in county.streams
                if stream.village is village and stream.account.holder is stream.person and cast.ordinary(stream.person)
                and not stream.payee_id and not county.offices.entangled(holder, authority(stream.programme, village))
            ]  # fmt: skip
            yield holder, cast.dice.sample(streams, len(streams))
            break


def broker(cast: Cast) -> None:
    for holder, streams in plain_holders(cast):
        taken = apart_from(cast, holder, streams, 4)
        if taken:
            collect(cast, cast.county.own_account(holder), taken)
            return cast.wrong(
                COLLECT,
                "medium",
                [holder],
                [cast.county.own_account(holder).masked],
                "四户无亲属关系人家的补贴打入一个村民的账户",
            )


def wife_of_the_department(cast: Cast) -> None:
    """Close kin of an official of the department that pays: no village is theirs, the programme is."""
    county = cast.county
    for post in sitting(cast, cast.posts(cadres=False, towns=False)):
        for tie in (*spouse_ties(post.person), *child_ties(post.person), *sibling_ties(post.person)):
            holder = tie.relative
            if not cast.ordinary(holder) or tie.since > county.size.first_month or holder.village is None:
                continue
            if county.offices.entangled(holder, place_keys(holder.village)):
                continue
            names = [p.name for p in PROGRAMMES if p.unit == post.unit]
            streams = [stream for stream in cast.drawers(*names) if stream.village is holder.village]
            taken = apart_from(cast, holder, streams, 4) if names else []
            if taken:
                collect(cast, county.own_account(holder), taken)
                cast.record(post.person, tie)
                why = f"四户人家的补贴打入主管部门干部{tie.term}的账户"
                return cast.wrong(COLLECT, "high", [holder], [cast.county.own_account(holder).masked], why)


def registered_carer(cast: Cast) -> None:
    for holder, streams in plain_holders(cast):
        taken = apart_from(cast, holder, streams, 4)
        if taken and holder.village:
            collect(cast, cast.county.own_account(holder), taken)
            start = date(2018, 3, 1)
            entry = Registration("照料人", holder, holder.village, start, None, "村委会委托照料协议")
            cast.county.registrations.append(entry)
            return cast.lookalike(
                COLLECT, "low", [holder], [cast.county.own_account(holder).masked], "登记的照料人，代四户老人领取"
            )


def kept_by_a_unit(cast: Cast, suffix: str, kind: str, why: str) -> None:
    """An institution's account takes in the money of four pensioners."""
    town = cast.dice.choice(cast.county.towns)
    streams = [s for s in cast.drawers(PENSION) if s.village.town is town and s.person.age(AS_OF) > 68]
    homes = {stream.person.household: stream for stream in streams}
    if len(homes) >= 4:
        account = cast.county.open_account(f"{town.name}{suffix}", cast.county.numbers.credit_code(kind))
        collect(cast, account, list(homes.values())[:4])
        cast.lookalike(COLLECT, "low", [], [account.masked], why)


def welfare_home(cast: Cast) -> None:
    kept_by_a_unit(cast, "中心福利院", "12", "集中供养，福利院统一代管")


def transit_account(cast: Cast) -> None:
    kept_by_a_unit(cast, "财政所", "11", "发放单位自己的过渡账户")


def kept_for_kin(cast: Cast) -> None:
    """Parents, brothers and sisters of three households that live apart."""
    for _ in range(20_000):
        holder = cast.dice.choice(cast.county.families.people)
        if not cast.ordinary(holder) or holder in cast.county.offices.officials_around:
            continue
        found: dict[int, tuple[Tie, Stream]] = {}
        for tie in (*parent_ties(holder), *sibling_ties(holder), *child_ties(holder)):
            home = tie.relative.household
            stream = next((s for s in cast.streams_of(tie.relative) if not s.programme.land), None)
            if stream and home and home is not holder.household and cast.ordinary(tie.relative):
                found.setdefault(id(home), (tie, stream))
        if len(found) >= 3:
            for tie, stream in found.values():
                cast.record(holder, tie)
                collect(cast, cast.county.own_account(holder), [stream])
            return cast.lookalike(
                COLLECT,
                None,
                [holder],
                [cast.county.own_account(holder).masked],
                "替分户另过的父母、兄弟姐妹代管，有亲属关系",
            )


def two_neighbours(cast: Cast) -> None:
    for holder, streams in plain_holders(cast):
        taken = apart_from(cast, holder, streams, 2)
        if taken:
            collect(cast, cast.county.own_account(holder), taken)
            return cast.lookalike(
                COLLECT, None, [holder], [cast.county.own_account(holder).masked], "只代两户邻居领取，不足三户"
            )


# -- household_benefit -------------------------------------------------------------------------------------------------


def at_home(
    cast: Cast, posts: Iterable[Post], programmes: tuple[Programme, ...]
) -> Iterator[tuple[Post, Person, Programme]]:
    """The only official of a household, somebody he lives with, and a programme he has no say in and the household does not draw."""
    county = cast.county
    for post in posts:
        home = post.person.household
        if home is None or post.person.left or cast.officials_at_home(post.person):
            continue
        for member in home.living:
            if member is post.person or not cast.ordinary(member):
                continue
            for programme in cast.dice.sample(programmes, len(programmes)):
                free = all(cast.undrawn(programme, one) for one in home.members)
                if free and unconnected(county, programme, member, home.village):
                    yield post, member, programme


def officials_family(cast: Cast, posts: list[Post]) -> None:
    for post, member, programme in at_home(cast, [post for post in posts if post.end is None], FOR_FAMILIES):
        day = cast.day_in_post(post, programme)
        if day:
            cast.pay(cast.apply(programme, member, day, post.person))
            cast.used.add(member)
            why = f"{post.unit}在任{post.title}的同户家属领取排斥公职人员家庭的{programme.name}"
            return cast.wrong(HOUSE, "medium", [post.person], [programme.code], why)


def family_of_a_unit(cast: Cast) -> None:
    officials_family(cast, cast.posts(cadres=False, towns=False))


def family_of_the_town(cast: Cast) -> None:
    officials_family(cast, cast.posts(cadres=False, units=False))


def family_innocent(cast: Cast, post: Post, member: Person, programme: Programme, day: date, why: str) -> None:
    cast.pay(cast.apply(programme, member, day, post.person))
    cast.used.add(member)
    cast.lookalike(HOUSE, None, [post.person], [programme.code], why)


def family_of_a_pensioner(cast: Cast) -> None:
    for post, member, programme in at_home(cast, [post for post in cast.posts() if post.end], FOR_FAMILIES):
        ends = [other.end or AS_OF for other in cast.county.offices.by_person[post.person]]
        day = cast.between(max(*ends, cast.county.size.first_month), AS_OF - timedelta(days=130))
        if day:
            return family_innocent(cast, post, member, programme, day, "同户干部在审批和发放以前已卸任")


def family_before_the_post(cast: Cast) -> None:
    one_off = tuple(programme for programme in FOR_FAMILIES if programme.rhythm == ONCE)
    for post, member, programme in at_home(cast, cast.posts(), one_off):
        starts = [other.start for other in cast.county.offices.by_person[post.person]]
        day = cast.between(cast.county.size.first_month, min(starts) - timedelta(days=75))
        if day:
            return family_innocent(cast, post, member, programme, day, "发放时同户干部尚未任职")


def drawn_for_oneself(cast: Cast) -> None:
    """A disabled son's own allowance: for a person, not for the family."""
    for post, member, programme in at_home(cast, cast.posts(cadres=False), (DISABLED,)):
        day = cast.day_in_post(post, programme)
        if day and post.end is None:
            return family_innocent(cast, post, member, programme, day, "以个人为对象的补贴，不看同户是否有公职人员")


def official_moved_out(cast: Cast) -> None:
    for post, member, programme in at_home(cast, cast.posts(cadres=False), FOR_FAMILIES):
        day = cast.day_in_post(post, programme)
        head = post.person.household is not None and post.person.household.head is post.person
        if day and post.end is None and not head and not cast.streams_of(post.person):
            post.person.left = day - timedelta(days=200)
            cast.pay(cast.apply(programme, member, day, post.person))
            cast.used.add(member)
            why = "该干部户口在申请以前已迁出"
            return cast.lookalike(HOUSE, "low", [post.person], [programme.code], why)


def brother_in_office(cast: Cast) -> None:
    """The official is a brother who keeps his own household."""
    for post in sitting(cast, cast.posts(cadres=False)):
        for tie in sibling_ties(post.person):
            member = tie.relative
            if not cast.ordinary(member) or member.household is post.person.household or member.village is None:
                continue
            for programme in cast.dice.sample(FOR_FAMILIES, len(FOR_FAMILIES)):
                day = cast.day_in_post(post, programme)
                if day and cast.fits(programme, member) and unconnected(cast.county, programme, member, member.village):
                    cast.record(post.person, tie)
                    return family_innocent(cast, post, member, programme, day, "兄弟姐妹分户居住，不是同户")


PLANTS = (
    field_of_two, forest_larger_on_paper, measured_anew, let_to_a_neighbour, handed_over, asked_twice,
    another_misfortune, again_next_year, second_refused, ghost_pensioner, ghost_in_need, two_names, mistyped,
    just_arrived, on_the_register_only, written_with_a_blank, broker, broker, wife_of_the_department, registered_carer,
    welfare_home, transit_account, kept_for_kin, two_neighbours, family_of_a_unit, family_of_the_town,
    family_of_a_unit, family_of_a_pensioner, family_before_the_post, drawn_for_oneself, official_moved_out,
    brother_in_office,
)  # fmt: skip
