"""What a later day alone touches: dates that have come, and waits that have ended."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from homes import Small

from backend import detection, runs
from backend.cases import read_case
from backend.packs import FOLDER, load_packs
from backend.touching import windows


def test_a_wait_that_ends_is_found_by_looking_at_its_anchor_alone(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = read_case(FOLDER / "process/cases/slow_project/hit_not_started.toml")
    late = date(2019, 5, 31) + timedelta(30)
    looked: list[Mapping[str, Collection[str] | None]] = []

    def noted(*given: Any, **how: Any) -> detection.Detection:
        looked.append(how.get("touched") or {})
        return detection.detect(*given, **how)

    monkeypatch.setattr(runs, "detect", noted)
    small.load_tables(dict(case.tables))
    before = runs.run(small.home, small.driver, as_of=late - timedelta(1), query="slow_project")
    after = runs.run(small.home, small.driver, as_of=late, query="slow_project")
    assert [run.queries[0].found for run in (before, after)] == [0, 1]
    first, second = (each["slow_project"] for each in looked if "slow_project" in each)
    assert first is None and second is not None and len(second) == 1


def test_windows_hold_every_day_from_which_a_wait_ends() -> None:
    after, until = date(2019, 3, 31), date(2019, 4, 30)
    found = list(windows(after, until, [("days", 30), ("months", 1)]))
    within = [{first + timedelta(n) for n in range(1, (last - first).days + 1)} for first, last in found]
    assert date(2019, 4, 30) in within[0] and date(2019, 3, 31) not in within[0]
    ended = {day for n in range(-90, 90) if after < (day := after + timedelta(n)) + timedelta(30) <= until}
    assert ended <= within[1]
    assert {date(2019, 4, day) for day in range(1, 31)} <= within[2]


def test_what_runs_in_full_every_day_is_known() -> None:
    assert [query.id for query in load_packs().queries if query.watches_the_clock] == ["eligible_not_paid"]
