"""Plants for paid_after_death: payments that go on, wrong death rows, and lawful last months."""

from datetime import date, timedelta

from graph_loader.sample.benefits import authority
from graph_loader.sample.casting import Cast
from graph_loader.sample.county import DeathRow, Stream, Vehicle, first_of, month_number
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.payments import pay_day

AFTER, GONE, UNLISTED = "paid_after_death", "left_county", "not_on_register"


def plant_afterlife(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    still_paid(cast, "城乡居民基本养老保险", 5)
    still_paid(cast, "城乡居民基本养老保险", 8)
    still_paid(cast, "高龄津贴", 9)
    still_paid(cast, "大中型水库移民后期扶持", 12)
    still_paid(cast, "困难残疾人生活补贴", 3)
    one_source_of_a_true_death(cast)
    last_month(cast)
    later_date_counts(cast)
    wrong_row(cast)
    wrong_rows_but_alive(cast)


def dead_with(cast: Cast, programme: str, months: int) -> tuple[Person, Stream] | None:
    """Somebody who died in the window with so many months left in it, and drew the programme to the end.

    Where a register ends with the death nobody with a say is near: else the quota would be one taken by a relative.
    """
    candidates = [
        (stream.person, stream)
        for stream in cast.county.streams
        if stream.programme.name == programme
        and stream.person.died is not None
        and stream.person not in cast.used
        and stream.account.holder is stream.person
        and month_number(stream.person.died) - max(stream.months) < 4
        and month_number(stream.person.died) + months <= month_number(AS_OF)
        and not (
            stream.programme.register
            and cast.county.offices.entangled(stream.person, authority(stream.programme, stream.village))
        )
    ]
    return cast.dice.choice(candidates) if candidates else None


def register_death(cast: Cast, person: Person, *rows: tuple[str, date]) -> None:
    """Replaces what the sources say about somebody."""
    deaths = cast.county.deaths
    deaths[:] = [row for row in deaths if row.person is not person]
    for source, day in rows:
        deaths.append(DeathRow(person, day, source, day if source == "民政" else None))
    cast.used.add(person)


def go_on(stream: Stream, months: int) -> None:
    """The same payments in the months after the last, in the programme's rhythm."""
    step = {"月": 1, "季": 3}[stream.programme.rhythm]
    last = stream.months[-1]
    stream.months = [*stream.months, *range(last + step, last + step * (months // step) + 1, step)]
    stream.months = [month for month in stream.months if month <= month_number(AS_OF)]


def still_paid(cast: Cast, programme: str, months: int) -> None:
    found = dead_with(cast, programme, months + 3)
    if found is None:
        return
    person, stream = found
    assert person.died is not None
    register_death(cast, person, ("公安", person.died), ("民政", min(AS_OF, person.died + timedelta(days=1))))
    go_on(stream, months + 3)
    why = f"两个来源都登记死亡，死亡次月以后{programme}仍在发放"
    cast.wrong(AFTER, "high", [person], [stream.programme.code], why)
    cast.wrong(GONE, "medium", [person], [stream.programme.code], "户籍因死亡注销三十日以后仍在发放")
    if stream.programme.register:
        cast.wrong(UNLISTED, "medium", [person], [stream.programme.code], "死亡后已从名册除名，三十日以后仍在发放")


def one_source_of_a_true_death(cast: Cast) -> None:
    found = dead_with(cast, "城乡居民基本养老保险", 6)
    if found:
        person, stream = found
        assert person.died is not None
        register_death(cast, person, ("卫健", person.died))
        cast.county.cancelled.pop(person, None)
        go_on(stream, 4)
        why = "只有一个来源登记死亡，户籍仍为正常，先核实"
        cast.lookalike(AFTER, "verify", [person], [stream.programme.code], why)


def last_month(cast: Cast) -> None:
    """Died before payday, paid in the same month: the last month is due."""
    for stream in cast.county.streams:
        person, last = stream.person, stream.months[-1]
        if person.died is None or person in cast.used or month_number(person.died) != last:
            continue
        if pay_day(stream.programme, last) > person.died and person.died.day < 20:
            register_death(cast, person, ("公安", person.died), ("民政", person.died))
            return cast.lookalike(AFTER, None, [person], [stream.programme.code], "死亡当月的补贴应当发放")


def later_date_counts(cast: Cast) -> None:
    """Two sources two months apart; the payments end in the month of the later."""
    for stream in cast.county.streams:
        person = stream.person
        if person.died is None or person in cast.used or month_number(person.died) != stream.months[-1]:
            continue
        earlier = person.died - timedelta(days=70)
        register_death(cast, person, ("公安", earlier), ("民政", person.died))
        return cast.lookalike(
            AFTER, None, [person], [stream.programme.code], "两个来源日期不一，以较晚的为准，发放未超过该月"
        )


def alive_with_pension(cast: Cast) -> Stream | None:
    streams = [
        stream
        for stream in cast.county.streams
        if stream.programme.name == "城乡居民基本养老保险" and len(stream.months) > 20 and cast.ordinary(stream.person)
    ]
    return cast.dice.choice(streams) if streams else None


def wrong_row(cast: Cast) -> None:
    stream = alive_with_pension(cast)
    if stream:
        day = first_of(stream.months[len(stream.months) // 2]) + timedelta(days=cast.dice.randint(0, 27))
        register_death(cast, stream.person, ("公安", day))
        cast.county.falsely_dead.add(stream.person)
        cast.lookalike(AFTER, "verify", [stream.person], [stream.programme.code], "仅一个来源登记死亡，本人健在")


def wrong_rows_but_alive(cast: Cast) -> None:
    """Two sources say dead, and a tricycle was registered in his name a year later."""
    stream = alive_with_pension(cast)
    if stream:
        person = stream.person
        day = first_of(stream.months[len(stream.months) // 3]) + timedelta(days=cast.dice.randint(0, 27))
        register_death(cast, person, ("公安", day), ("卫健", day + timedelta(days=1)))
        cast.county.falsely_dead.add(person)
        plate = f"湘Z{cast.county.numbers.next('plate'):05d}"
        cast.county.vehicles.append(Vehicle(plate, person, "三轮", day + timedelta(days=200), 9800))
        why = "两个来源登记死亡，但其后有车辆登记，说明本人可能健在"
        cast.lookalike(AFTER, "verify", [person], [stream.programme.code], why)
