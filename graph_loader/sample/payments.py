"""Unrolls the streams into single payments, column by column, a year at a time."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_loader.sample.county import County, first_of
from graph_loader.sample.programmes import PROGRAMMES, Programme
from graph_loader.sample.tables import HEADERS


def unrolled(county: County) -> tuple[np.ndarray, np.ndarray]:
    """Index of the stream and month number of every payment."""
    counts = np.array([len(stream.months) for stream in county.streams], dtype=np.int64)
    streams = np.repeat(np.arange(len(county.streams)), counts)
    months = np.fromiter(
        (m for stream in county.streams for m in stream.months), dtype=np.int64, count=int(counts.sum())
    )
    return streams, months


def quarterly_totals(county: County) -> list[tuple[Programme, int, int, float]]:
    """(programme, year, quarter 0 to 3, yuan paid), in this order, of what the departments get."""
    totals: dict[tuple[str, int, int], float] = {}
    for stream in county.streams:
        if stream.programme.by_village:
            continue
        for month in stream.months:
            key = (stream.programme.code, month // 12, month % 12 // 3)
            totals[key] = totals.get(key, 0.0) + stream.amount
    by_code = {programme.code: programme for programme in PROGRAMMES}
    return [(by_code[code], year, quarter, total) for (code, year, quarter), total in sorted(totals.items())]


def payment_tables(county: County) -> Iterator[tuple[int, pa.Table]]:
    """The payments of each year, by day, under the headers of 补贴发放."""
    of_stream, months = unrolled(county)
    order_of = {programme.code: number for number, programme in enumerate(PROGRAMMES)}
    programme_of = np.array([order_of[stream.programme.code] for stream in county.streams], dtype=np.int64)
    columns = stream_columns(county)
    low = int(months.min())
    span = int(months.max()) - low + 1
    days = [pay_day(programme, low + m).isoformat() for programme in PROGRAMMES for m in range(span)]
    entered = [entry_day(programme, low + m).isoformat() for programme in PROGRAMMES for m in range(span)]
    notes = [note(programme, low + m) for programme in PROGRAMMES for m in range(span)]
    slot = programme_of[of_stream] * span + (months - low)
    day_rank = np.argsort(np.argsort(np.array(days), kind="stable"), kind="stable")
    for year in sorted(set((months // 12).tolist())):
        here = np.flatnonzero(months // 12 == year)
        here = here[np.lexsort((of_stream[here], day_rank[slot[here]]))]
        streams = pa.array(of_stream[here])
        slots = pa.array(slot[here])
        numbers = pa.array([f"ZF{year}{n:08d}" for n in range(1, len(here) + 1)])
        table = {name: column.take(streams) for name, column in columns.items()}
        table["发放流水号"] = numbers
        table["发放日期"] = pa.array(days).take(slots)
        table["录入日期"] = entries(county, np.array(entered, dtype=object)[slot[here]], of_stream[here], months[here])
        own = table["摘要"]
        table["摘要"] = pc.coalesce(own, pa.array(notes).take(slots))
        yield year, pa.table({name: table[name] for name in HEADERS["补贴发放"]})


def entries(county: County, usual: np.ndarray, of_stream: np.ndarray, months: np.ndarray) -> pa.Array:
    """The days on which payments were entered: the usual ones, except where a village was late with a programme's month."""
    if county.entered:
        programmes = np.array([stream.programme.code for stream in county.streams])[of_stream]
        villages = np.array([stream.village.code for stream in county.streams])[of_stream]
        for (programme, village, month), day in county.entered.items():
            about = (programmes == programme) & (villages == village) & (months == month)
            usual[about] = day.isoformat() if day else None
    return pa.array(usual, pa.string())


def stream_columns(county: County) -> dict[str, pa.Array]:
    """What all payments of a stream share."""
    streams = county.streams
    return {
        "项目编码": pa.array([s.programme.code for s in streams]),
        "姓名": pa.array([s.payee or s.person.name for s in streams]),
        "身份证号": pa.array([s.payee_id or s.person.id for s in streams]),
        "户名": pa.array([s.account.holder.name if s.account.holder else s.account.holder_name for s in streams]),
        "账号": pa.array([s.account.number for s in streams]),
        "金额": pa.array([f"{s.amount:.2f}" for s in streams]),
        "村编码": pa.array([s.village.code if s.place_named else None for s in streams], pa.string()),
        "申请编号": pa.array([s.application.number if s.application else None for s in streams], pa.string()),
        "经办人身份证号": pa.array([s.handler.id if s.handler else None for s in streams], pa.string()),
        "审批人身份证号": pa.array([s.approver.id if s.approver else None for s in streams], pa.string()),
        "计量": pa.array([s.quantity or None for s in streams], pa.string()),
        "地块编号": pa.array([s.parcel or None for s in streams], pa.string()),
        "摘要": pa.array([s.note or None for s in streams], pa.string()),
    }


def pay_day(programme: Programme, month: int) -> date:
    """The programme's payday, or the Friday before when it falls on a weekend."""
    day = first_of(month) + timedelta(days=programme.payday - 1)
    return day - timedelta(days=max(0, day.weekday() - 4))


def entry_day(programme: Programme, month: int) -> date:
    """Two working days after the payment."""
    day = pay_day(programme, month)
    return day + timedelta(days=2 if day.weekday() < 3 else 4)


def note(programme: Programme, month: int) -> str:
    if programme.rhythm == "月":
        return f"{month // 12}年{month % 12 + 1}月{programme.name}"
    if programme.rhythm == "季":
        return f"{month // 12}年第{month % 12 // 3 + 1}季度{programme.name}"
    return f"{month // 12}年{programme.name}"
