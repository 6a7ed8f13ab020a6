"""How money, days and source rows are written on a page."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from ui.words import say

FOREVER = ("0001-01-01", "9999-12-31")
"""Bounds of an interval that is open on one side."""


def money(amount: float | None, unit: str, language: str) -> str:
    """`24,300.00 元` or `2.43 万元`; a dash where there is no amount."""
    if amount is None:
        return say(language, "none")
    number = f"{amount:,.2f}" if unit == "元" else f"{amount / 10_000:,.2f}"
    return f"{number} {say(language, f'money.{unit}')}"


def span(first: date | None, last: date | None) -> str:
    """`2019-03-02 – 2020-11-30`, one day alone if both are the same, nothing if there is none."""
    days = [day.isoformat() for day in (first, last) if day]
    return " – ".join(dict.fromkeys(days))


def age(found: datetime, now: datetime, language: str) -> str:
    """How long ago a lead was found, in days."""
    days = (now - found) // timedelta(days=1)
    return say(language, "leads.age", n=days) if days else say(language, "leads.age.today")


def moment(at: datetime) -> str:
    """A moment on the clock of this machine, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def today() -> datetime:
    return datetime.now(UTC)


def written(value: Any, language: str) -> str:
    """A property of the graph as a reader sees it; empty where it says nothing (an open bound of an interval)."""
    if isinstance(value, bool):
        return say(language, "yes" if value else "no")
    if isinstance(value, list):
        return "、".join(str(part) for part in value)
    if isinstance(value, float):
        return f"{value:,.2f}".removesuffix(".00")
    return "" if value is None or value in FOREVER else str(value)


def shown(cell: Any) -> str:
    """A value of a result as one text: a node by its name, a path from end to end, a list with commas."""
    if isinstance(cell, dict):
        if "node" in cell:
            return str(cell["name"] or cell["node"])
        if "path" in cell:
            return " – ".join(shown(part) for part in cell["path"] if "node" in part)
        if "relationship" in cell:
            return str(cell["type"])
        return "；".join(f"{name}: {shown(value)}" for name, value in cell.items())
    if isinstance(cell, list):
        return "、".join(map(shown, cell))
    return "" if cell is None else str(cell)


def linked(cell: Any) -> str:
    """The address of a node's own page; empty for anything else."""
    return f"/explore/node/{quote(cell['node'], safe='')}" if isinstance(cell, dict) and "node" in cell else ""
