"""Plants for what comparing lists shows: the dead, the departed, the unlisted, the too young, the paid twice or not at all."""

from collections.abc import Iterator
from datetime import date, timedelta

from graph_loader.sample.afterlife import AFTER, GONE, UNLISTED, register_death
from graph_loader.sample.benefits import due, register, unconnected
from graph_loader.sample.casting import Cast
from graph_loader.sample.county import Application, Stream, first_of, month_number
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.holdings import buy_vehicle
from graph_loader.sample.payments import pay_day
from graph_loader.sample.programmes import BY_NAME, Programme

DEAD, BOTH, OVER, AGE, UNPAID = (
    "approved_after_death", "mutually_exclusive", "over_standard", "age_mismatch", "eligible_not_paid",
)  # fmt: skip
POOR, ALONE, DISABLED, CARE = "农村低保", "特困供养", "困难残疾人生活补贴", "重度残疾人护理补贴"
RELIEF, OLD_AGE, JOB, RANGER = "临时救助", "高龄津贴", "公益性岗位补贴", "生态护林员补助"
SETTLERS, PENSION, LANDSLIDE = "大中型水库移民后期扶持", "城乡居民基本养老保险", "地质灾害避险搬迁补助"


def plant_entitlements(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    for plant in PLANTS:
        plant(cast)


def months_after(cast: Cast, application: Application) -> list[int]:
    """The programme's months from the one after the approval on."""
    following = application.approved.replace(day=28) + timedelta(days=4)
    return due(application.programme, cast.county.months(following))


# -- approved_after_death ----------------------------------------------------------------------------------------------


def decided_after(
    cast: Cast,
    programme: str,
    days: int,
    sources: tuple[str, ...] = ("公安", "民政"),
    agreed: bool = True,
    youngest: int = 20,
) -> Application | None:
    """An application for somebody who died, decided so many days after the death, handed in 8 to 30 days before that."""
    county, wanted = cast.county, BY_NAME[programme]
    first, last = county.size.first_month + timedelta(days=90), AS_OF - timedelta(days=260)
    people = [
        person
        for person in county.families.people
        if person.died and first < person.died < last and person.household and person.age(person.died) >= youngest
        and person not in cast.used and person not in cast.in_firms and person not in county.offices.by_person
    ]  # fmt: skip
    for person in cast.dice.sample(people, len(people)):
        assert person.died is not None and person.village is not None
        if cast.free_for(wanted, person) and unconnected(county, wanted, person, person.village):
            register_death(cast, person, *((source, person.died) for source in sources))
            return cast.apply(wanted, person, person.died + timedelta(days=days), person, agreed=agreed)
    return None


def approved_dead(cast: Cast, programme: str, youngest: int) -> None:
    application = decided_after(cast, programme, 6, youngest=youngest)
    if application:
        why = f"两个来源都登记死亡，六天后{programme}申请仍获批"
        cast.wrong(DEAD, "high", [application.person], [application.programme.code], why)


def relief_for_the_dead(cast: Cast) -> None:
    approved_dead(cast, RELIEF, 20)


def family_planning_for_the_dead(cast: Cast) -> None:
    approved_dead(cast, "计划生育奖励扶助", 60)


def approved_and_paid(cast: Cast) -> None:
    """Approved after the death, and drawn for half a year."""
    application = decided_after(cast, DISABLED, 5)
    if application:
        person, things = application.person, [application.programme.code]
        cast.pay_in(application, months_after(cast, application)[:7])
        cast.wrong(DEAD, "high", [person], things, "死亡后获批，并已发放半年")
        cast.wrong(AFTER, "high", [person], things, "两个来源都登记死亡，死亡次月以后仍在发放")
        cast.wrong(GONE, "medium", [person], things, "户籍因死亡注销三十日以后仍在发放")


def not_after_death(cast: Cast, application: Application | None, level: str | None, why: str) -> None:
    if application:
        cast.lookalike(DEAD, level, [application.person], [application.programme.code], why)


def refused_dead(cast: Cast) -> None:
    not_after_death(cast, decided_after(cast, RELIEF, 6, agreed=False), None, "死亡后作出的决定是不同意")


def approved_just_before(cast: Cast) -> None:
    not_after_death(cast, decided_after(cast, RELIEF, -5), None, "审批时本人还在世，五天后去世，没有发放")


def approved_that_day(cast: Cast) -> None:
    not_after_death(cast, decided_after(cast, RELIEF, 0), None, "去世当天获批，不是死亡以后")


def approved_on_one_word(cast: Cast) -> None:
    not_after_death(cast, decided_after(cast, RELIEF, 6, ("卫健",)), "verify", "只有一个来源登记死亡，先核实")


def handed_in_after(cast: Cast) -> None:
    application = decided_after(cast, RELIEF, 45)
    not_after_death(cast, application, "verify", "死亡日期之后还有本人的申请受理，可能健在，先核实")


def alive_after_all(cast: Cast) -> None:
    """Two sources call somebody dead who bought a three-wheeler and asked for help a good while later."""
    for programme, person, day in cast.strangers(RELIEF):
        died = day - timedelta(days=120)
        register_death(cast, person, ("公安", died), ("卫健", died + timedelta(days=1)))
        cast.county.falsely_dead.add(person)
        buy_vehicle(cast.county, person, "三轮", day - timedelta(days=60))
        cast.pay(cast.apply(programme, person, day, person))
        why = "两个来源登记死亡，但其后有车辆登记和本人申请，可能健在"
        cast.lookalike(DEAD, "verify", [person], [programme.code], why)
        return cast.lookalike(AFTER, "verify", [person], [programme.code], why)


# -- mutually_exclusive ------------------------------------------------------------------------------------------------


def old_and_poor(cast: Cast) -> list[Stream]:
    """Old people on 农村低保, those who live alone first."""
    old = [s for s in cast.drawers(POOR) if s.person.age(cast.county.size.first_month) >= 60 and len(s.months) > 8]
    return sorted(old, key=lambda stream: len(stream.person.household.living) if stream.person.household else 0)


def care_as_well(cast: Cast, overlap: int | None) -> None:
    """From some month on 特困供养 is paid too; 农村低保 stops so many months later, or never."""
    for stream in old_and_poor(cast)[:1]:
        person, first = stream.person, stream.months[len(stream.months) // 3]
        application = cast.apply(BY_NAME[ALONE], person, first_of(first) - timedelta(days=20), person)
        cast.pay_in(application, months_after(cast, application))
        if overlap is not None:
            stream.months = [month for month in stream.months if month < first + overlap]
            for entry in cast.entries(person, BY_NAME[POOR].register):
                entry.end = first_of(first + overlap)
        things = [BY_NAME[POOR].code, BY_NAME[ALONE].code]
        if overlap == 0:
            cast.lookalike(BOTH, None, [person], things, "低保停发以后才改领特困供养，没有重叠的月份")
        else:
            cast.wrong(BOTH, "high", [person], things, "同一月份既领低保又领特困供养")


def both_for_good(cast: Cast) -> None:
    care_as_well(cast, None)


def both_for_two_months(cast: Cast) -> None:
    care_as_well(cast, 2)


def both_for_half_a_year(cast: Cast) -> None:
    care_as_well(cast, 6)


def one_after_the_other(cast: Cast) -> None:
    care_as_well(cast, 0)


def another_of_the_household(cast: Cast) -> None:
    """The head draws 农村低保 for the family, the old uncle of the same 户号 特困供养: two people."""
    wanted = BY_NAME[ALONE]
    for stream in cast.drawers(POOR):
        assert stream.person.household is not None
        for member in stream.person.household.living:
            if member is stream.person or member.age(AS_OF) < 63 or not cast.ordinary(member):
                continue
            if len(stream.months) < 9 or not unconnected(cast.county, wanted, member, stream.village):
                continue
            day = first_of(stream.months[3])
            cast.pay(cast.apply(wanted, member, day, member))
            cast.used.add(stream.person)
            things = [BY_NAME[POOR].code, wanted.code]
            return cast.lookalike(BOTH, None, [member], things, "同户两人各领一项，不是同一个人")


def asked_for_both(cast: Cast) -> None:
    for stream in old_and_poor(cast)[:1]:
        day = first_of(stream.months[4])
        cast.apply(BY_NAME[ALONE], stream.person, day, stream.person, agreed=False)
        things = [BY_NAME[POOR].code, BY_NAME[ALONE].code]
        return cast.lookalike(BOTH, None, [stream.person], things, "特困供养申请未获同意，没有发放")


def two_that_go_together(cast: Cast) -> None:
    wanted = BY_NAME[DISABLED]
    for stream in cast.drawers(POOR):
        person = stream.person
        if len(stream.months) < 9 or not cast.fits(wanted, person):
            continue
        if unconnected(cast.county, wanted, person, stream.village):
            cast.pay(cast.apply(wanted, person, first_of(stream.months[3]), person))
            things = [stream.programme.code, wanted.code]
            return cast.lookalike(BOTH, None, [person], things, "两项可以同时享受，目录没有写互斥")


# -- not_on_register ---------------------------------------------------------------------------------------------------


def steady(cast: Cast, programme: str) -> Iterator[tuple[Programme, Person, date]]:
    """Strangers approved early enough for half a year of payments."""
    for wanted, person, day in cast.strangers(programme):
        if day < AS_OF - timedelta(days=300):
            yield wanted, person, day


def never_listed(cast: Cast) -> None:
    for programme, person, day in steady(cast, DISABLED):
        application = cast.apply(programme, person, day, person)
        cast.pay_in(application, months_after(cast, application), listed=False)
        return cast.wrong(UNLISTED, "medium", [person], [programme.code], "从来不在残疾名册上，仍按月领取")


def struck_off_and_paid(cast: Cast) -> None:
    for programme, person, day in steady(cast, JOB):
        stream = cast.pay(cast.apply(programme, person, day, person))
        for entry in cast.entries(person, programme.register):
            entry.end = first_of(stream.months[len(stream.months) // 2])
        return cast.wrong(UNLISTED, "medium", [person], [programme.code], "岗位期满已除名，此后仍在发放")


def listed_much_later(cast: Cast) -> None:
    for programme, person, day in steady(cast, CARE):
        stream = cast.pay(cast.apply(programme, person, day, person))
        for entry in cast.entries(person, programme.register):
            entry.start = pay_day(programme, stream.months[0]) + timedelta(days=90)
        return cast.wrong(UNLISTED, "medium", [person], [programme.code], "发放三个月以后才补入名册")


def listed_a_little_later(cast: Cast) -> None:
    for programme, person, day in steady(cast, DISABLED):
        stream = cast.pay(cast.apply(programme, person, day, person))
        for entry in cast.entries(person, programme.register):
            entry.start = pay_day(programme, stream.months[0]) + timedelta(days=20)
        return cast.lookalike(UNLISTED, None, [person], [programme.code], "名册滞后不到三十日")


def last_wage_after_the_end(cast: Cast) -> None:
    for programme, person, day in steady(cast, JOB):
        stream = cast.pay(cast.apply(programme, person, day, person))
        stream.months = stream.months[:4]
        for entry in cast.entries(person, programme.register):
            entry.end = pay_day(programme, stream.months[-1]) - timedelta(days=20)
        return cast.lookalike(UNLISTED, None, [person], [programme.code], "期满后三十日内发放最后一个月")


def family_listed_under_another(cast: Cast) -> None:
    """The register names the wife, the head of the household is paid for all."""
    for stream in cast.drawers(POOR):
        assert stream.person.household is not None
        for member in stream.person.household.living:
            if member is not stream.person and cast.ordinary(member) and not cast.streams_of(member):
                for entry in cast.entries(stream.person, stream.programme.register):
                    entry.person = member
                cast.used.add(member)
                why = "按户发放，名册登记在同户其他成员名下"
                return cast.lookalike(UNLISTED, "low", [stream.person], [stream.programme.code], why)


def programme_without_a_register(cast: Cast) -> None:
    for stream in cast.drawers(RELIEF):
        return cast.lookalike(UNLISTED, None, [stream.person], [stream.programme.code], "该项目没有依据名册")


# -- over_standard -----------------------------------------------------------------------------------------------------


def long_drawers(cast: Cast, *programmes: str) -> Iterator[Stream]:
    return (stream for stream in cast.drawers(*programmes) if len(stream.months) > 8)


def raised(cast: Cast) -> None:
    for stream in long_drawers(cast, JOB):
        assert stream.programme.limit is not None
        high = stream.months[3:6]
        stream.months = [month for month in stream.months if month not in high]
        cast.branch(stream, high, amount=stream.programme.limit * 1.3)
        return cast.wrong(OVER, "medium", [stream.person], [stream.programme.code], "三个月按标准上限的1.3倍发放")


def paid_twice(cast: Cast) -> None:
    for stream in long_drawers(cast, DISABLED, CARE):
        cast.branch(stream, stream.months[4:6])
        return cast.wrong(OVER, "medium", [stream.person], [stream.programme.code], "两个月各重复发放一次，合计超标")


def too_much_for_the_family(cast: Cast) -> None:
    for stream in long_drawers(cast, POOR):
        stream.amount = 680.0 * int(stream.quantity)
        return cast.wrong(OVER, "medium", [stream.person], [stream.programme.code], "按人均680元发放，标准上限为600元")


def back_pay(cast: Cast) -> None:
    for stream in long_drawers(cast, DISABLED):
        month = stream.months[5]
        late = first_of(month - 1)
        cast.branch(stream, [month], note=f"补发{late.year}年{late.month}月{stream.programme.name}")
        return cast.lookalike(OVER, None, [stream.person], [stream.programme.code], "其中一笔是补发上月的款项")


def rounded(cast: Cast) -> None:
    for stream in long_drawers(cast, JOB):
        assert stream.programme.limit is not None
        stream.amount = stream.programme.limit + 8.0
        return cast.lookalike(OVER, None, [stream.person], [stream.programme.code], "超出不到百分之一，属取整")


def large_family(cast: Cast) -> None:
    for stream in long_drawers(cast, POOR):
        if int(stream.quantity) >= 3:
            stream.amount = 600.0 * int(stream.quantity)
            why = "按户发放，金额等于标准乘以人数"
            return cast.lookalike(OVER, None, [stream.person], [stream.programme.code], why)


def whole_quarter(cast: Cast) -> None:
    for stream in cast.drawers(OLD_AGE):
        stream.amount = 600.0
        return cast.lookalike(OVER, None, [stream.person], [stream.programme.code], "一次发放三个月，每月未超标准")


def no_limit(cast: Cast) -> None:
    for stream in cast.drawers(RELIEF):
        stream.amount = 9800.0
        return cast.lookalike(OVER, None, [stream.person], [stream.programme.code], "该项目没有标准上限")


# -- age_mismatch ------------------------------------------------------------------------------------------------------


def too_young_for_old_age(cast: Cast) -> None:
    for programme, person, day in cast.strangers(OLD_AGE, lambda one: 68 <= one.age(AS_OF) < 77):
        application = cast.apply(programme, person, day, person)
        cast.pay_in(application, months_after(cast, application))
        return cast.wrong(AGE, "high", [person], [programme.code], "未满八十岁领取高龄津贴")


def too_old_for_the_job(cast: Cast) -> None:
    first = cast.county.size.first_month
    for programme, person, day in cast.strangers(JOB, lambda one: 66 <= one.age(first) < 75):
        application = cast.apply(programme, person, day, person)
        cast.pay_in(application, months_after(cast, application))
        return cast.wrong(AGE, "high", [person], [programme.code], "超过六十五岁仍在公益性岗位领取补贴")


def pension_too_early(cast: Cast) -> None:
    for programme, person, day in cast.strangers(PENSION, lambda one: 46 <= one.age(AS_OF) < 56):
        assert person.village is not None
        account, months = cast.county.own_account(person), list(cast.county.months(day))
        cast.county.streams.append(Stream(programme, person, account, 108.0, months, person.village, quantity="1"))
        return cast.wrong(AGE, "high", [person], [programme.code], "未满六十岁领取养老保险待遇")


def just_eighty(cast: Cast) -> None:
    """Of all on 高龄津贴 the one whose first payment came soonest after the birthday."""

    def waited(stream: Stream) -> int:
        born = stream.person.born
        return (pay_day(stream.programme, stream.months[0]) - date(born.year + 80, born.month, min(born.day, 28))).days

    streams = [stream for stream in cast.drawers(OLD_AGE) if waited(stream) >= 3]
    for stream in sorted(streams, key=waited)[:1]:
        cast.lookalike(AGE, None, [stream.person], [stream.programme.code], "刚满八十岁，满岁以后才开始发放")


def until_sixty_five(cast: Cast) -> None:
    first = cast.county.size.first_month
    for programme, person, day in cast.strangers(JOB, lambda one: one.age(first) >= 63 and one.age(AS_OF) >= 66):
        application = cast.apply(programme, person, day, person)
        months = [m for m in months_after(cast, application) if person.age(pay_day(programme, m)) <= 65]
        if len(months) < 3:
            cast.county.applications.remove(application)
            continue
        stream = cast.pay_in(application, months)
        for entry in cast.entries(person, programme.register):
            entry.end = first_of(stream.months[-1] + 1)
        return cast.lookalike(AGE, None, [person], [programme.code], "满六十六岁前已停发，六十五岁仍在规定年龄内")


def child_without_a_band(cast: Cast) -> None:
    for stream in (stream for name in (DISABLED, CARE) for stream in cast.lawful[name]):
        if stream.person.age(AS_OF) < 16 and stream.person not in cast.used and stream.person.alive(AS_OF):
            why = "儿童领取的项目没有年龄限制"
            return cast.lookalike(AGE, None, [stream.person], [stream.programme.code], why)


def grandchilds_passbook(cast: Cast) -> None:
    for stream in cast.drawers(OLD_AGE):
        assert stream.person.household is not None
        for member in stream.person.household.living:
            if cast.ordinary(member) and member.age(AS_OF) < 40:
                stream.account = cast.county.own_account(member)
                cast.used.add(member)
                why = "存折是同户孙辈的，领取人本人已满八十岁"
                return cast.lookalike(AGE, None, [stream.person], [stream.programme.code], why)


# -- left_county -------------------------------------------------------------------------------------------------------


def sole_drawers(cast: Cast, *programmes: str) -> Iterator[Stream]:
    """People with a household to leave, who draw nothing else."""
    for stream in cast.drawers(*programmes):
        household, alone = stream.person.household, len(cast.streams_of(stream.person)) == 1
        if alone and len(stream.months) > 6 and household and household.head is not stream.person:
            yield stream


def moved_and_paid(cast: Cast, *programmes: str) -> None:
    for stream in sole_drawers(cast, *programmes):
        stream.person.left = first_of(stream.months[len(stream.months) // 2]) + timedelta(days=4)
        why = "户籍已迁出，三十日以后仍在发放"
        return cast.wrong(GONE, "medium", [stream.person], [stream.programme.code], why)


def moved_with_allowance(cast: Cast) -> None:
    moved_and_paid(cast, DISABLED, CARE)


def moved_settler(cast: Cast) -> None:
    moved_and_paid(cast, SETTLERS)


def cancelled_and_paid(cast: Cast) -> None:
    """A second registration of the same person was cancelled; nobody died."""
    for stream in sole_drawers(cast, DISABLED, CARE):
        cast.county.cancelled[stream.person] = first_of(stream.months[len(stream.months) // 2])
        why = "户籍已注销（重复户口），三十日以后仍在发放"
        return cast.wrong(GONE, "medium", [stream.person], [stream.programme.code], why)


def stop(cast: Cast, stream: Stream) -> date:
    """Ends payments half way; the day of the last."""
    stream.months = stream.months[: len(stream.months) // 2]
    last = pay_day(stream.programme, stream.months[-1])
    for entry in cast.entries(stream.person, stream.programme.register):
        entry.end = last + timedelta(days=12)
    return last


def moved_within_the_grace(cast: Cast) -> None:
    for stream in sole_drawers(cast, DISABLED, CARE):
        stream.person.left = stop(cast, stream) - timedelta(days=20)
        why = "迁出后三十日内发放最后一笔"
        return cast.lookalike(GONE, None, [stream.person], [stream.programme.code], why)


def cancelled_within_the_grace(cast: Cast) -> None:
    for stream in sole_drawers(cast, SETTLERS, DISABLED, CARE):
        cast.county.cancelled[stream.person] = stop(cast, stream) - timedelta(days=12)
        return cast.lookalike(GONE, None, [stream.person], [stream.programme.code], "注销后三十日内发放最后一笔")


def moved_after_the_last(cast: Cast) -> None:
    for stream in sole_drawers(cast, DISABLED, CARE):
        stream.person.left = stop(cast, stream) + timedelta(days=25)
        return cast.lookalike(GONE, None, [stream.person], [stream.programme.code], "停发以后才迁出")


def another_moved(cast: Cast) -> None:
    for stream in long_drawers(cast, POOR):
        assert stream.person.household is not None
        for member in stream.person.household.living:
            if member is not stream.person and cast.ordinary(member) and not cast.streams_of(member):
                member.left = first_of(stream.months[4])
                cast.used.add(member)
                why = "迁出的是同户另一人，领取人户籍正常"
                return cast.lookalike(GONE, None, [stream.person], [stream.programme.code], why)


# -- eligible_not_paid -------------------------------------------------------------------------------------------------


def on_the_list(
    cast: Cast, programme: str, start: date | None = None, end: date | None = None
) -> tuple[Programme, Person] | None:
    """Somebody on a programme's register to whom nothing that hangs on it was ever paid, nor to the household."""
    for wanted, person, _ in cast.strangers(programme):
        assert person.household is not None
        same = {other.code for other in BY_NAME.values() if other.register == wanted.register}
        if any(same & cast.county.drawing[member] for member in person.household.members):
            continue
        listed = start or AS_OF - timedelta(days=cast.dice.randint(420, 900))
        register(cast.county, wanted, person, listed, end, "主管部门核定")
        return wanted, person
    return None


def forgotten(cast: Cast, programme: str) -> None:
    found = on_the_list(cast, programme)
    if found:
        wanted, person = found
        why = f"在{wanted.register}名册一年以上，从未领到{programme}"
        cast.wrong(UNPAID, "low", [person], [wanted.register], why)


def forgotten_disabled(cast: Cast) -> None:
    forgotten(cast, DISABLED)


def forgotten_poor(cast: Cast) -> None:
    forgotten(cast, POOR)


def forgotten_ranger(cast: Cast) -> None:
    forgotten(cast, RANGER)


def nothing_owed(cast: Cast, found: tuple[Programme, Person] | None, why: str) -> None:
    if found:
        cast.lookalike(UNPAID, None, [found[1]], [found[0].register], why)


def refused_while_listed(cast: Cast) -> None:
    found = on_the_list(cast, JOB)
    if found:
        programme, person = found
        cast.apply(programme, person, AS_OF - timedelta(days=200), person, agreed=False)
        nothing_owed(cast, found, "申请后未获同意，已有书面答复")


def newly_listed(cast: Cast) -> None:
    nothing_owed(cast, on_the_list(cast, DISABLED, AS_OF - timedelta(days=40)), "刚入册四十天，还不到三个周期")


def listed_for_one_grant(cast: Cast) -> None:
    nothing_owed(cast, on_the_list(cast, LANDSLIDE), "名册上只有一次性项目，尚未轮到")


def no_longer_listed(cast: Cast) -> None:
    start, end = AS_OF - timedelta(days=800), AS_OF - timedelta(days=60)
    nothing_owed(cast, on_the_list(cast, RANGER, start, end), "已从名册退出")


def family_paid(cast: Cast) -> None:
    for stream in long_drawers(cast, POOR):
        assert stream.person.household is not None
        if stream.months[-1] < month_number(AS_OF):
            continue
        for member in stream.person.household.living:
            if member is not stream.person and cast.ordinary(member):
                programme = stream.programme
                register(cast.county, programme, member, AS_OF - timedelta(days=500), None, "低保家庭成员")
                cast.used.add(stream.person)
                return cast.lookalike(UNPAID, None, [member], [programme.register], "按户发放，已发给同户户主")


PLANTS = (
    relief_for_the_dead, family_planning_for_the_dead, approved_and_paid, refused_dead, approved_just_before,
    approved_that_day, approved_on_one_word, handed_in_after, alive_after_all, both_for_good, both_for_two_months,
    both_for_half_a_year, one_after_the_other, another_of_the_household, asked_for_both, two_that_go_together,
    never_listed, struck_off_and_paid, listed_much_later, listed_a_little_later, last_wage_after_the_end,
    family_listed_under_another, programme_without_a_register, raised, paid_twice, too_much_for_the_family, back_pay,
    rounded, large_family, whole_quarter, no_limit, too_young_for_old_age, too_old_for_the_job, pension_too_early,
    just_eighty, until_sixty_five, child_without_a_band, grandchilds_passbook, moved_with_allowance, moved_settler,
    cancelled_and_paid, moved_within_the_grace, cancelled_within_the_grace, moved_after_the_last, another_moved,
    forgotten_disabled, forgotten_poor, forgotten_ranger, refused_while_listed, newly_listed, listed_for_one_grant,
    no_longer_listed, family_paid,
)  # fmt: skip
