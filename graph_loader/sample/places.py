"""The county, its towns and villages: real village names under invented towns and an invented county code."""

import csv
from dataclasses import dataclass, field
from importlib import resources

COUNTY_NAME = "清漪县"
# A six-digit code that checks as a place of birth in ID numbers of every year, but that no county carries.
COUNTY_CODE = "430500"
OUTSIDE_CODES = ("430200", "430300", "430400", "433100", "450300", "520100", "420500")


@dataclass(eq=False)
class Village:
    """A village under its twelve-digit code; `surnames` are (surname, weight) pairs of its clans."""

    code: str
    name: str
    town: "Town"
    groups: int = 6
    surnames: list[tuple[str, float]] = field(default_factory=list)


@dataclass(eq=False)
class Town:
    """A town under its nine-digit code."""

    code: str
    name: str
    villages: list[Village] = field(default_factory=list)

    @property
    def government(self) -> str:
        return f"{self.name}人民政府"


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of one of the small data files beside this package."""
    text = resources.files("graph_loader.sample").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def settle(towns: int, villages_per_town: int) -> list[Town]:
    """The first `towns` towns with their first `villages_per_town` villages; some villages of two towns share a name."""
    settled: dict[str, Town] = {}
    for row in rows_of("villages.csv"):
        town = settled.get(row["town"])
        if town is None:
            if len(settled) == towns:
                break
            town = settled[row["town"]] = Town(f"{COUNTY_CODE}{100 + len(settled)}", row["town"])
        if len(town.villages) < villages_per_town:
            town.villages.append(Village(f"{town.code}{201 + len(town.villages)}", row["village"], town))
    return list(settled.values())
