"""Random sequences of load, re-send, correct, full list, mend and withdraw always equal a fresh load of what should hold."""

import csv
import os
import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import hypothesis.strategies as st
from homes import Small
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from graph_loader import custody, loading, ontology, state
from graph_loader.evidence import Evidence
from graph_loader.graph_hash import graph_hash
from graph_loader.intake import read_drop
from graph_loader.secret import secret_of

EXAMPLES = int(os.environ.get("GUANXI_PROOF_EXAMPLES", "12"))
TOWNS = {"甲": "431226101203", "乙": "431226102203"}
PEOPLE = {"A": "431226197001010030", "B": "431226197001010057"}
UNREADABLE = "许多"

Place = tuple[int, str, int]
"""A row as it was delivered: number of the delivery, file, spreadsheet row."""


@dataclass(frozen=True)
class Row:
    """A row of a tiny drop. `value`: an amount (payments) or a name (residents); `mends`: the quarantined row it stands for."""

    table: str
    key: str
    value: str
    town: str
    mends: Place | None = None

    @property
    def readable(self) -> bool:
        return self.value != UNREADABLE

    @property
    def says(self) -> tuple[str, str]:
        return self.value, self.town

    def cells(self) -> dict[str, str]:
        if self.table == "residents":
            status = UNREADABLE if not self.readable else "正常"
            return {
                "公民身份号码": PEOPLE[self.key],
                "姓名": "张" + self.value,
                "户号": "H1",
                "与户主关系": "户主",
                "村编码": TOWNS[self.town],
                "户籍状态": status,
            }
        return {
            "发放流水号": self.key,
            "项目编码": "B1",
            "姓名": "李四",
            "身份证号": PEOPLE["A"],
            "账号": "6222020000000000001",
            "金额": self.value,
            "发放日期": "2020-01-15",
            "村编码": TOWNS[self.town],
        }


@dataclass(frozen=True)
class File:
    """Rows of one table under a name; a full list says so in its name."""

    name: str
    rows: tuple[Row, ...]

    @property
    def full(self) -> bool:
        return "全量" in self.name

    @property
    def content(self) -> tuple[tuple[Row, ...], bool]:
        """What makes it known when it comes again under another name."""
        return self.rows, self.full


@dataclass
class Sent:
    id: str
    number: int
    files: tuple[File, ...]
    withdrawn: bool = False


@dataclass
class Holds:
    """What should hold: the plainest telling of the rules of `docs/deliveries.md`."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    waiting: set[Place] = field(default_factory=set)


def what_holds(deliveries: list[Sent]) -> Holds:
    holds = Holds()
    seen: set[Any] = set()
    wrong: dict[Place, Row] = {}
    mended: dict[Place, int] = {}
    last: dict[tuple[Row, ...], int] = {}
    bytes_of: dict[Place, tuple[Row, ...]] = {}
    for one in deliveries:
        if one.withdrawn:
            continue
        files = [file for file in one.files if file.content not in seen]
        given: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for row in (row for file in files for row in file.rows if row.readable):
            given[row.table, row.key].add(row.says)
        named = {(row.table, row.key) for file in files for row in file.rows}
        for file in (file for file in files if file.full):
            covered = {(row.table, row.town) for row in file.rows if row.readable}
            for key, row in list(holds.rows.items()):
                if (row.table, row.town) in covered and key not in named:
                    del holds.rows[key]
        for file in files:
            for at, row in enumerate(file.rows, start=2):
                if not row.readable or len(given[row.table, row.key]) > 1:
                    wrong[one.number, file.name, at] = row
                    bytes_of[one.number, file.name, at] = file.rows
                else:
                    holds.rows[row.table, row.key] = replace(row, mends=None)
                    if row.mends:
                        mended[row.mends] = one.number
            last[file.rows] = one.number
        seen.update(file.content for file in one.files)
    # The same bytes read twice, as additions and as a full list, are wrong once.
    wrong = {place: row for place, row in wrong.items() if last[bytes_of[place]] == place[0]}
    # Rows that contradict each other are settled together: only the right one is sent again.
    alike: dict[tuple[int, str, str], list[Place]] = defaultdict(list)
    for place, row in wrong.items():
        if row.readable:
            alike[place[0], row.table, row.key].append(place)
    for places in alike.values():
        if settled := [mended[place] for place in places if place in mended]:
            mended |= dict.fromkeys(places, max(settled))
    # A wrong row that was to mend another waits as that one, unless it came after the one that did mend it.
    first = {place: row.mends for place, row in wrong.items() if row.mends in wrong}
    for place in sorted(wrong):
        if place in first:
            first[place] = first.get(first[place], first[place])
    done: dict[Place, int] = {}
    for place, number in mended.items():
        root = first.get(place, place)
        done[root] = max(done.get(root, 0), number)
    for place in wrong:
        root = first.get(place)
        if root is None:
            if place not in done:
                holds.waiting.add(place)
        elif root in done and place[0] > done[root]:
            holds.waiting.add(place)
    return holds


def write(folder: Path, files: tuple[File, ...], ids: dict[int, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in files:
        lines = []
        for row in file.rows:
            cells = row.cells()
            if any(other.mends for other in file.rows):
                number, name, at = row.mends or (0, "", "")
                cells |= {"来源交付": ids.get(number, ""), "来源文件": name, "来源工作表": "", "来源行": str(at)}
            lines.append(cells)
        with (folder / file.name).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, fieldnames=list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)


def state_of(home: Path) -> dict[str, list[Any]]:
    """Everything the graph would hold: table of the state → its rows."""
    evidence = Evidence(home)
    with duckdb.connect() as db:
        state.build(db, ontology.load(), evidence.sources, evidence.rows_in_force())
        tables = [table for (table,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {table: sorted(map(repr, db.execute(f"FROM {state.name(table)}").fetchall())) for table in tables}


def readable(home: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """What the evidence says is in force, in the model's words."""
    rows = Evidence(home).rows_in_force()
    people, towns = {v: k for k, v in PEOPLE.items()}, {v: k for k, v in TOWNS.items()}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    with duckdb.connect() as db:
        if "payments" in rows:
            sql = f'SELECT "发放流水号", "金额", "村编码" FROM {rows["payments"]}'
            for key, amount, village in db.execute(sql).fetchall():
                found["payments", key] = (str(int(amount)), towns[village])
        if "residents" in rows:
            sql = f'SELECT "公民身份号码", "姓名", "村编码" FROM {rows["residents"]}'
            for key, name, village in db.execute(sql).fetchall():
                found["residents", people[key]] = (name.removeprefix("张"), towns[village])
    return found


ROWS = st.one_of(
    st.builds(
        Row,
        table=st.just("payments"),
        key=st.sampled_from(["L1", "L2", "L3"]),
        value=st.sampled_from(["1", "2", "3", UNREADABLE]),
        town=st.sampled_from(sorted(TOWNS)),
    ),
    st.builds(
        Row,
        table=st.just("residents"),
        key=st.sampled_from(sorted(PEOPLE)),
        value=st.sampled_from(["一", "二", UNREADABLE]),
        town=st.sampled_from(sorted(TOWNS)),
    ),
)


def file_of(name: str, rows: list[Row]) -> File:
    """A file holds one table: that of its first row."""
    return File(name, tuple(row for row in rows if row.table == rows[0].table))


class Sequences(RuleBasedStateMachine):
    small: Small | None = None
    """With it every step goes through the real engine and the graph's hash is compared at the end."""

    @initialize()
    def begin(self) -> None:
        if self.small:
            self.small.empty()
            self.home = self.small.home
        else:
            self.home = Path(tempfile.mkdtemp(prefix="sequences-"))
        self.sent: list[Sent] = []

    def teardown(self) -> None:
        if not hasattr(self, "home"):
            return
        try:
            self.equals_a_fresh_load()
        finally:
            if not self.small:
                shutil.rmtree(self.home)

    def send(self, files: tuple[File, ...]) -> None:
        folder = self.home / "drop"
        write(folder, files, {one.number: one.id for one in self.sent})
        if self.small:
            receipt = loading.load(self.home, self.small.driver, folder)
            new, delivery = receipt.new, receipt.delivery
        else:
            evidence = Evidence(self.home)
            drop = read_drop(evidence, folder, secret_of(self.home), lambda *_: None)
            new = drop.files.keys() != drop.known.keys()
            delivery = custody.keep(evidence, drop, folder, "clerk") if new else custody.delivered_before(drop)
        known = {file.content for one in self.sent if not one.withdrawn for file in one.files}
        assert new == any(file.content not in known for file in files)
        for entry in delivery.entries:
            fates = (entry.loaded, entry.unchanged, entry.corrected, entry.duplicate, entry.quarantined)
            assert entry.read == sum(fates), entry
        if new:
            self.sent.append(Sent(delivery.id, delivery.number, files))

    @rule(files=st.lists(st.lists(ROWS, min_size=1, max_size=3), min_size=1, max_size=2), full=st.booleans())
    def load(self, files: list[list[Row]], full: bool) -> None:
        names = [f"{'全量' if full and at == 0 else '表'}{at}.csv" for at in range(len(files))]
        self.send(tuple(file_of(name, rows) for name, rows in zip(names, files, strict=True)))

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), more=st.lists(ROWS, max_size=2))
    def send_again(self, data: st.DataObject, more: list[Row]) -> None:
        old = data.draw(st.sampled_from([file for one in self.sent for file in one.files]))
        again = File("全量又报.csv" if old.full else "又报.csv", old.rows)
        self.send((again, file_of("新报.csv", more)) if more else (again,))

    @precondition(lambda self: what_holds(self.sent).rows)
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        rows = what_holds(self.sent).rows
        old = rows[data.draw(st.sampled_from(sorted(rows)))]
        value = data.draw(st.sampled_from(["1", "2", "3"] if old.table == "payments" else ["一", "二"]))
        self.send((File("更正.csv", (replace(old, value=value),)),))

    @precondition(lambda self: what_holds(self.sent).waiting)
    @rule(data=st.data(), right=st.booleans())
    def mend(self, data: st.DataObject, right: bool) -> None:
        place = data.draw(st.sampled_from(sorted(what_holds(self.sent).waiting)))
        sent = next(one for one in self.sent if one.number == place[0])
        wrong = next(file for file in sent.files if file.name == place[1]).rows[place[2] - 2]
        value = ("3" if wrong.table == "payments" else "二") if right else UNREADABLE
        self.send((File("改正.csv", (replace(wrong, value=value, mends=place),)),))

    @precondition(lambda self: any(not one.withdrawn for one in self.sent))
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.sent if not one.withdrawn]))
        one.withdrawn = True
        if self.small:
            loading.withdraw(self.home, self.small.driver, one.id, by="clerk")
        else:
            Evidence(self.home).keep_withdrawal(one.id, "clerk")

    @invariant()
    def holds_what_should(self) -> None:
        if not hasattr(self, "home"):
            return
        should = what_holds(self.sent)
        assert readable(self.home) == {key: row.says for key, row in should.rows.items()}
        numbers = {one.id: one.number for one in self.sent}
        waiting = [(numbers[row["delivery"]], row["file"], row["row"]) for row in Evidence(self.home).quarantine()]
        assert sorted(waiting) == sorted(should.waiting)

    def equals_a_fresh_load(self) -> None:
        """A fresh home that gets only what should hold, as one clean drop, says the same."""
        rows = what_holds(self.sent).rows.values()
        files = tuple(
            File(f"{table}.csv", alike)
            for table in ("payments", "residents")
            if (alike := tuple(row for row in rows if row.table == table))
        )
        built = state_of(self.home)
        hash_before = graph_hash(self.small.driver, ontology.load()) if self.small and self.sent else ""
        fresh = Path(tempfile.mkdtemp(prefix="fresh-"))
        try:
            shutil.copy(self.home / "secret.key", fresh / "secret.key") if (self.home / "secret.key").exists() else None
            if files:
                write(fresh / "drop", files, {})
                evidence = Evidence(fresh)
                drop = read_drop(evidence, fresh / "drop", secret_of(fresh), lambda *_: None)
                custody.keep(evidence, drop, fresh / "drop", "clerk")
            assert built == state_of(fresh)
            if self.small and self.sent:
                self.small.empty()
                if files:
                    loading.load(self.home, self.small.driver, fresh / "drop")
                else:
                    loading.rebuild(self.home, self.small.driver)
                assert graph_hash(self.small.driver, ontology.load()) == hash_before
        finally:
            shutil.rmtree(fresh)


def run(machine: type[Sequences], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_sequence_equals_a_fresh_load_of_what_should_hold() -> None:
    run(Sequences, EXAMPLES, 8)


def test_any_sequence_gives_the_graph_of_a_fresh_load(small: Small) -> None:
    run(type("WithTheGraph", (Sequences,), {"small": small}), max(2, EXAMPLES // 10), 5)
