"""Plants for late_entry and posting_shortfall: clerks who enter payments late, workers who are seldom in their village."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from graph_loader.sample.casting import Cast
from graph_loader.sample.county import PostedMonth, month_number
from graph_loader.sample.families import AS_OF
from graph_loader.sample.offices import BYSTANDERS
from graph_loader.sample.payments import pay_day
from graph_loader.sample.places import Village
from graph_loader.sample.programmes import Programme

LATE, POSTED = "late_entry", "posting_shortfall"


def plant_diligence(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    plant_entries(cast)
    plant_postings(cast)


# -- late_entry --------------------------------------------------------------------------------------------------------


def working_days(number: int) -> Callable[[date], date]:
    """From a payment to so many working days after it."""
    return partial(working_days_after, number)


def working_days_after(number: int, day: date) -> date:
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def some_month(cast: Cast, fits: Callable[[date], bool]) -> tuple[Programme, Village, date]:
    """A programme, a village that is paid under it, and a payday that fits; none of them late already."""
    streams = cast.county.streams
    while True:
        stream = cast.dice.choice(streams)
        month = cast.dice.choice(stream.months)
        paid = pay_day(stream.programme, month)
        known = (stream.programme.code, stream.village.code, month) in cast.county.entered
        if not known and stream.place_named and paid < AS_OF - timedelta(days=60) and fits(paid):
            return stream.programme, stream.village, paid


def enter(
    cast: Cast,
    level: str | None,
    why: str,
    entered: Callable[[date], date | None],
    fits: Callable[[date], bool] = lambda paid: True,
) -> None:
    """In one village the payments of a programme and month were entered on another day than usual."""
    programme, village, paid = some_month(cast, fits)
    cast.county.entered[programme.code, village.code, month_number(paid)] = entered(paid)
    things = [programme.code, village.code, f"{paid:%Y-%m}"]
    cast.note(LATE, "wrong" if level else "lookalike", level, [], things, why)


def plant_entries(cast: Cast) -> None:
    for number in (8, 13, 27):
        enter(cast, "low", f"发放后{number}个工作日才录入", working_days(number))
    enter(cast, None, "发放后第7个工作日录入，没有超期", working_days(7))
    enter(cast, None, "没有填写录入日期，无从判断", lambda paid: None)
    enter(cast, None, "先录入后发放", lambda paid: paid - timedelta(days=3))
    enter(
        cast,
        None,
        "第7个工作日之后的周日录入，中间没有工作日",
        lambda paid: working_days_after(7, paid) + timedelta(days=2),
        lambda paid: working_days_after(7, paid).weekday() == 4,
    )


# -- posting_shortfall -------------------------------------------------------------------------------------------------


def plant_postings(cast: Cast) -> None:
    """Each of another worker, as far as there are some: October to December are on record."""
    posts = (
        post
        for post in cast.posts(cadres=False)
        if post.contact and post.end is None and post.start < date(2023, 9, 1) and not post.unit.endswith(BYSTANDERS)
    )
    for (level, month, spent, why), post in zip(POSTINGS, posts, strict=False):
        day = date(2023, month, 1)
        cast.county.posted[post.person, month_number(day)] = spent
        kind = "wrong" if why.startswith("只") else "lookalike"
        cast.note(POSTED, kind, level, [post.person], [f"{day:%Y-%m}"], why)


POSTINGS: tuple[tuple[str | None, int, PostedMonth | None, str], ...] = (
    ("low", 11, PostedMonth(days=15, nights=15), "只驻村15天"),
    (None, 11, PostedMonth(days=22, nights=15), "正好驻村22天、住村15晚"),
    ("verify", 11, None, "当月没有一篇日志，可能漏交，先核实"),
    ("low", 10, PostedMonth(days=31, nights=31, first=14), "月中到岗，当月不足是正常的，列出备查"),
    ("low", 12, PostedMonth(days=31, nights=31, last=16), "月中轮换离岗，当月不足是正常的，列出备查"),
    ("low", 10, PostedMonth(days=24, nights=8), "只住村8晚"),
    ("low", 12, PostedMonth(days=9, nights=6), "只驻村9天、住村6晚"),
)
