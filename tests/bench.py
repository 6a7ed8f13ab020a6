"""`make bench`: the sample county M loaded, detected and browsed on this machine, beside a plain loader on the same engine.

Writes docs/benchmarks.md. Figures are whole-process: wall seconds, and peak memory by the operating system's account.
"""

import argparse
import csv
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import bench_packs
import duckdb
import neo4j
import psutil
from fastapi.testclient import TestClient

from backend import accounts
from backend.detection import latest_day
from backend.ledger import open_ledger
from graph_loader import engine
from ui.app import create_app

ROOT = Path(__file__).parent.parent
GUANXI = [str(ROOT / ".venv" / "bin" / "guanxi")]
BATCH = 10_000
PASSWORD = "only-here-9f3a71"
SIZES = ["S", "M", "L"]
STAGES = {
    "start": "engine started",
    "read": "files read and cleaned",
    "kept": "rows compared and kept",
    "state": "graph made out",
    "written": "graph written",
    "end": "engine ended",
}


@dataclass(frozen=True)
class Figure:
    """One step: wall seconds, peak MB of the command, and of the engine so far. `stages`: seconds by stage of a load."""

    step: str
    seconds: float
    command_mb: float
    engine_mb: float
    note: str = ""
    stages: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ratio:
    """Something against something else on the same machine in the same run, and what is wanted of it."""

    what: str
    ours: str
    against: str
    value: float
    wanted: str
    met: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="M", choices=SIZES)
    parser.add_argument(
        "--growth", nargs="*", default=["S", "L"], choices=SIZES, help="sizes to compare a first load with"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    given = parser.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    report = measure(given.size, given.growth, given.folder)
    given.out.write_text(report, encoding="utf-8")
    sys.stdout.write(report)


def measure(size: str, growth: list[str], folder: Path) -> str:
    drop, home = folder / "drop", folder / "home"
    figures = [command("write the sample county", folder / "none", "sample", str(drop), "--size", size)]
    first = load("first load of all tables, into an empty graph", home, drop)
    again = command("the same drop sent again", home, "load", str(drop))
    morning = load("a day's 2,000 payments, the engine not running", home, a_day(drop, folder / "morning", 0))
    figures += [first, again, morning]
    engine.start(home)
    try:
        figures.append(command("run the packs", home, "detect"))
        figures.append(command("hash of the graph", home, "graph", "hash"))
        figures += browse(home)
        with engine.running(home) as driver:
            packs = bench_packs.compare(home, driver)
        day, detected, moved = days(home, drop, folder)
        figures += [day, detected, moved]
        counts = contents(home)
    finally:
        engine.stop(home)
    duckdb_seconds = read_by_duckdb(drop)
    others, payments = split(drop, folder)

    difference_home, plain_home = folder / "difference", folder / "plain"
    without = load("all tables but payments, into an empty graph", difference_home, others)
    with engine.running(difference_home):  # with another user of the engine every load is a difference over Bolt
        difference = load("the payments, while somebody uses the engine", difference_home, payments)
    figures += [without, difference]
    load("", plain_home, others)
    plain = plain_load(plain_home, payments)

    written, share = first.stages["written"], first.stages["written"] - without.stages["written"]
    ratios = [
        Ratio("payments written in a first load (importer)", f"{share:.1f} s: {written:.1f} s with them, "
              f"{without.stages['written']:.1f} s without", f"plain {plain:.1f} s", plain / share, "≥ 10", plain >= 10 * share),
        Ratio("payments written as a difference (Bolt)", f"{difference.stages['written']:.1f} s", f"plain {plain:.1f} s",
              plain / difference.stages["written"], "≥ 2", plain >= 2 * difference.stages["written"]),
        Ratio("payments loaded as a difference, read, cleaned and kept as well", f"{difference.seconds:.1f} s",
              f"plain {plain:.1f} s", plain / difference.seconds, "≥ 1", plain >= difference.seconds),
        Ratio("the same drop sent again", f"{again.seconds:.1f} s", f"first load {first.seconds:.1f} s",
              again.seconds / first.seconds, "< 0.05", again.seconds < 0.05 * first.seconds),
        Ratio("a day's 2,000 payments, the engine in use", f"{day.seconds:.1f} s", "3 s", day.seconds / 3, "< 1", day.seconds < 3),
        Ratio("from files to a ready graph", f"{first.seconds:.1f} s", f"DuckDB reads and removes duplicates: {duckdb_seconds:.1f} s",
              first.seconds / duckdb_seconds, "≤ 6", first.seconds <= 6 * duckdb_seconds),
    ]  # fmt: skip
    of_packs = pack_ratios(packs)
    for run in (detected, moved):
        of_packs.append(Ratio(run.step, f"{run.seconds:.1f} s", "3 s", run.seconds / 3, "< 1", run.seconds < 3))
    sizes = {size: (rows_of(others) + rows_of(payments), first)}
    for other in growth:
        drop_there, home_there = folder / f"drop-{other}", folder / f"home-{other}"
        command("", folder / "none", "sample", str(drop_there), "--size", other)
        sizes[other] = (rows_of(drop_there), load("", home_there, drop_there))
        if SIZES.index(other) > SIZES.index(size):
            engine.start(home_there)
            try:
                command("", home_there, "detect")
                there = days(home_there, drop_there, folder / f"days-{other}")[1:]
            finally:
                engine.stop(home_there)
            for here, run in zip((detected, moved), there, strict=True):
                of_packs.append(
                    Ratio(f"{run.step}, on {other}", f"{run.seconds:.1f} s", f"on {size} {here.seconds:.1f} s",
                          run.seconds / here.seconds, "≤ 1.5", run.seconds <= 1.5 * here.seconds)
                )  # fmt: skip
    return page(size, figures, ratios, sizes, counts, packs, of_packs)


def days(home: Path, drop: Path, folder: Path) -> tuple[Figure, Figure, Figure]:
    """What a day's payments take, the median of three days after one that is not measured: to load them, to run the packs on them,
    and to run the packs where they move the day of the run on, so that what counts days looks at everything."""
    folder.mkdir(exist_ok=True)
    loads, runs, later = [], [], []
    for n in range(4):
        loads.append(
            load("a day's 2,000 payments, the engine in use", home, a_day(drop, folder / f"day-{n}", f"DAY{n}", n))
        )
        runs.append(command("all packs after a day's 2,000 payments", home, "detect"))
    with engine.running(home) as driver:
        last = latest_day(driver)
    for n in range(4):
        load("", home, a_day(drop, folder / f"later-{n}", f"LATER{n}", 4 + n, last + timedelta(days=n + 1)))
        later.append(command("all packs after 2,000 payments of a new day", home, "detect"))
    day, run, moved = (
        replace(sorted(some[1:], key=lambda one: one.seconds)[1], note="median of 3") for some in (loads, runs, later)
    )
    return day, run, moved


def pack_ratios(packs: bench_packs.Comparison) -> list[Ratio]:
    alike = len(packs.alike)
    most = max(packs.shares, key=lambda query: packs.shares[query])
    return [
        Ratio(f"{alike} queries in one run, their leads made", f"{packs.ours:.1f} s", f"DuckDB SQL with the same answers {packs.sql:.1f} s",
              packs.ours / packs.sql, "≤ 3", alike >= 10 and packs.ours <= 3 * packs.sql),
        Ratio(f"the slowest query of all, `{most}`", f"{packs.shares[most] * packs.whole:.1f} s", f"a full run {packs.whole:.1f} s",
              packs.shares[most], "≤ 0.20", packs.shares[most] <= 0.2),
    ]  # fmt: skip


def load(step: str, home: Path, drop: Path) -> Figure:
    """A load in a process of its own, as `guanxi load` does it, timed by stage."""
    return run(step, home, [sys.executable, "-P", str(ROOT / "tests" / "bench_load.py"), str(home), str(drop)])


def a_day(
    drop: Path, folder: Path, prefix: str, number: int = 0, on: date | None = None, payments: int = 2_000
) -> Path:
    """A drop of new payments, numbered with a prefix, to people who were paid before: those of the `number`th slice of the last file,
    paid and entered on the days they were, or all `on` one day."""
    folder.mkdir()
    origin = sorted(drop.glob("补贴发放*.csv"))[-1]
    with (
        origin.open(encoding="utf-8-sig", newline="") as file,
        (folder / "补贴发放_当日.csv").open("w", newline="") as out,
    ):
        reader = csv.DictReader(file)
        writer = csv.DictWriter(out, reader.fieldnames or [])
        writer.writeheader()
        paid = {"发放日期": on.isoformat(), "录入日期": on.isoformat()} if on else {}
        for at, row in enumerate(islice(reader, number * payments, (number + 1) * payments)):
            writer.writerow(row | {"发放流水号": f"{prefix}{at:06d}"} | paid)
    return folder


def read_by_duckdb(drop: Path) -> float:
    """Seconds DuckDB takes to read the drop's CSV files as text and to remove duplicate rows, each table into one of its own."""
    with tempfile.TemporaryDirectory(dir=drop.parent) as folder, duckdb.connect() as db:
        files = [in_utf8(path, Path(folder)) for path in sorted(drop.glob("*.csv"))]
        started = time.perf_counter()
        for number, path in enumerate(files):
            db.execute(f"CREATE TABLE t{number} AS SELECT DISTINCT * FROM read_csv('{path}', all_varchar = true)")
        return time.perf_counter() - started


def in_utf8(path: Path, folder: Path) -> Path:
    """The file, or a copy of it where it is written in GB18030, which DuckDB does not read."""
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError:
        path = folder / path.name
        path.write_text(content.decode("gb18030"), encoding="utf-8")
    return path


def rows_of(drop: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in drop.glob("*.csv"))


def split(drop: Path, folder: Path) -> tuple[Path, Path]:
    """The payments apart from all other tables, so that both loaders can be timed on them alone."""
    others, payments = folder / "others", folder / "payments"
    for part in (others, payments):
        part.mkdir()
    for path in drop.iterdir():
        shutil.move(path, (payments if path.name.startswith("补贴发放") else others) / path.name)
    return others, payments


def command(step: str, home: Path, *words: str) -> Figure:
    """Runs a guanxi command as a process of its own."""
    return run(step, home, [*GUANXI, *words])


def run(step: str, home: Path, words: list[str]) -> Figure:
    environment = {**os.environ, "GUANXI_HOME": str(home), "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as told:
        process = subprocess.Popen(words, env=environment, stdout=out, stderr=told)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        for stream in (out, told):
            stream.seek(0)
        if os.waitstatus_to_exitcode(status) != 0:
            raise SystemExit(f"{' '.join(words)} failed: {told.read().decode()}")
        stages = json.loads(out.read()) if any(word.endswith("bench_load.py") for word in words) else {}
    return Figure(step, seconds, usage.ru_maxrss / 1024, engine_peak(home), stages=stages)


def engine_peak(home: Path) -> float:
    """Peak resident MB of the home's engine, 0 where none runs."""
    pid = engine.status(home).pid if home.exists() else None
    if not pid:
        return 0.0
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return psutil.Process(pid).memory_info().rss / 2**20
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) / 1024 if found else 0.0


def browse(home: Path) -> Iterator[Figure]:
    """Pages as a signed-in supervisor gets them, the median of nine after one warm-up."""
    ledger = open_ledger(home)
    with ledger.writing() as session:
        accounts.create(session, accounts.OWNER, "keeper", "security_admin", PASSWORD)
        keeper = accounts.viewer_of(accounts.named(session, "keeper"))
        accounts.create(session, keeper, "reader", "supervisor", PASSWORD)
    ledger.close()
    with TestClient(create_app(home), base_url="https://testserver") as client:
        origin = {"Origin": "https://testserver"}
        answer = client.post("/signin", data={"name": "reader", "password": PASSWORD}, headers=origin)
        if answer.status_code >= 400:
            raise SystemExit(f"sign-in for the bench failed: {answer.status_code}")
        first = client.get("/leads.json").json()
        key = (first["leads"] if isinstance(first, dict) else first)[0]["key"]
        for stage, address in (
            ("page: list of leads", "/leads"),
            ("page: a lead", f"/leads/{key}"),
            ("page: its network", f"/leads/{key}/network.json"),
        ):
            times = [timed(lambda a=address: client.get(a).raise_for_status()) for _ in range(10)][1:]
            own = psutil.Process().memory_info().rss / 2**20
            yield Figure(stage, statistics.median(times), own, engine_peak(home), "median of 9")


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def contents(home: Path) -> str:
    with engine.running(home) as driver, driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        nodes = session.run("MATCH (n) RETURN count(n) AS n").single(strict=True)["n"]
        relationships = session.run("MATCH ()-[r]->() RETURN count(r) AS n").single(strict=True)["n"]
        payments = session.run("MATCH (p:Payment) RETURN count(p) AS n").single(strict=True)["n"]
    return f"{nodes:,} nodes and {relationships:,} relationships, among them {payments:,} payments"


PLAIN = {
    "Payment": (
        "UNWIND $rows AS row MERGE (p:Payment {key: row.key}) SET p += row.properties",
        lambda row: {"key": row["发放流水号"], "properties": plain_properties(row)},
    ),
    "TO": ("MERGE (o:Person {key: row.other}) MERGE (p)-[:TO]->(o)", lambda row: row["身份证号"]),
    "INTO": ("MERGE (o:Account {key: row.other}) MERGE (p)-[:INTO]->(o)", lambda row: row["账号"]),
    "UNDER": ("MERGE (o:Programme {key: row.other}) MERGE (p)-[:UNDER]->(o)", lambda row: row["项目编码"]),
    "FOR": ("MERGE (o:Application {key: row.other}) MERGE (p)-[:FOR]->(o)", lambda row: row["申请编号"]),
    "FOR_PARCEL": ("MERGE (o:Parcel {key: row.other}) MERGE (p)-[:FOR_PARCEL]->(o)", lambda row: row["地块编号"]),
    "HANDLED": ("MERGE (o:Person {key: row.other}) MERGE (o)-[:HANDLED]->(p)", lambda row: row["经办人身份证号"]),
    "APPROVED": ("MERGE (o:Person {key: row.other}) MERGE (o)-[:APPROVED]->(p)", lambda row: row["审批人身份证号"]),
}
"""The plain loader: what the driver's own handbook would have one write, batch by batch, nothing checked or kept."""


def plain_properties(row: dict[str, str]) -> dict[str, Any]:
    return {
        "programme": row["项目编码"],
        "village": row["村编码"] or None,
        "application": row["申请编号"] or None,
        "date": date.fromisoformat(row["发放日期"]),
        "amount": float(row["金额"]),
        "name": row["姓名"],
        "holder_name": row["户名"],
        "quantity": float(row["计量"]) if row["计量"] else None,
        "parcel": row["地块编号"] or None,
        "note": row["摘要"] or None,
        "entered": date.fromisoformat(row["录入日期"]) if row["录入日期"] else None,
    }


def plain_load(home: Path, payments: Path) -> float:
    """Seconds the plain loader takes for the same files, read by the csv module, one batch and kind after the other."""
    with engine.running(home) as driver, driver.session() as session:
        started = time.perf_counter()
        for path in sorted(payments.glob("*.csv")):
            with path.open(encoding="utf-8-sig", newline="") as file:
                for batch in batches(csv.DictReader(file)):
                    statement, made = PLAIN["Payment"]
                    session.run(statement, rows=[made(row) for row in batch]).consume()
                    for kind, (merge, other) in PLAIN.items():
                        if kind == "Payment":
                            continue
                        rows = [{"key": row["发放流水号"], "other": other(row)} for row in batch if other(row)]
                        found = f"UNWIND $rows AS row MATCH (p:Payment {{key: row.key}}) {merge}"
                        session.run(found, rows=rows).consume()
        return time.perf_counter() - started


def batches(rows: Iterator[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    batch: list[dict[str, str]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def page(
    size: str,
    figures: list[Figure],
    ratios: list[Ratio],
    sizes: dict[str, tuple[int, Figure]],
    counts: str,
    packs: bench_packs.Comparison,
    of_packs: list[Ratio],
) -> str:
    memory = psutil.virtual_memory().total / 2**30
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {date.today().isoformat()}: sample county {size}, seed 1 ({counts}); "
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}.",
        "Whole-process figures. A load starts the engine and ends it where nobody uses it; `detect`, the hash and the pages found it "
        "running. A drop sent again is known without it.",
        "",
        "| step | seconds | peak memory of the command (MB) | peak memory of the engine so far (MB) | |",
        "|---|--:|--:|--:|---|",
    ]
    for one in figures:
        shown = f"{one.seconds:.3f}" if one.seconds < 1 else f"{one.seconds:.1f}"
        lines.append(f"| {one.step} | {shown} | {one.command_mb:.0f} | {one.engine_mb:.0f} | {one.note} |")
    stages = [stage for stage in STAGES if any(stage in one.stages for one in figures)]
    lines += ["", "Where the loads spend their seconds:", ""]
    lines += ["| load | " + " | ".join(STAGES[stage] for stage in stages) + " |"]
    lines += ["|---|" + "--:|" * len(stages)]
    for one in figures:
        if one.stages:
            lines.append(f"| {one.step} | " + " | ".join(f"{one.stages.get(s, 0):.1f}" for s in stages) + " |")
    lines += [
        "",
        "## Side by side",
        "",
        "The plain loader writes the same payments onto the same other tables and the same engine by `UNWIND … MERGE` in batches of "
        f"{BATCH:,}, read with the csv module: nothing cleaned, hashed, compared, kept or traced.",
        "",
        *ratio_lines(ratios),
        "",
        "## The packs",
        "",
        "Beside queries of the packs plain SQL (tests/sql_answers), run by DuckDB in the same process over the clean rows in force: "
        "Parquet, or a table made of it beforehand where a table came in several deliveries. Both are measured warm, after they ran "
        "before. The SQL gives who and what each lead is about, and counts only where that is the same. Ours gives the whole lead: "
        "level, checks, sentences, network, source rows. Putting it on record is not counted.",
        "A day's payments are loaded, then `guanxi detect` is run as a command; the engine is in use.",
        "",
        *ratio_lines(of_packs),
        "",
        "| query | leads | seconds alone | of these the query | SQL | ratio | share of a full run |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in sorted(packs.alike, key=lambda side: -side.ours):
        share = f"{packs.shares[one.query]:.1%}"
        seconds = f"{one.ours:.3f} | {one.cypher:.3f} | {one.sql:.3f} | {one.ours / one.sql:.1f}"
        lines.append(f"| {one.query} | {one.answers} | {seconds} | {share} |")
    if unlike := [one for one in packs.sides if not one.same]:
        told = ", ".join(f"{one.query} ({len(one.missed)} missed, {len(one.beyond)} beyond)" for one in unlike)
        lines += ["", f"**Not counted, because their SQL gives other answers:** {told}."]
    lines += ["", "The slowest of a full run:", "", "| query | share |", "|---|--:|"]
    slowest = sorted(packs.shares.items(), key=lambda one: -one[1])[:8]
    lines += [f"| {query} | {share:.1%} |" for query, share in slowest]
    if len(sizes) > 1:
        lines += ["", "## From small to large", ""]
        lines += ["A first load into an empty graph. Growth is measured against the next smaller county: seconds and memory, divided "
                  "by rows; 1.1 is the most wanted.", ""]  # fmt: skip
        lines += ["| county | rows | seconds | growth | peak memory (MB) | growth |", "|---|--:|--:|--:|--:|--:|"]
        before: tuple[int, Figure] | None = None
        for name in sorted(sizes, key=SIZES.index):
            rows, one = sizes[name]
            time_growth = memory_growth = ""
            if before:
                linear = rows / before[0]
                time_growth = f"{one.seconds / before[1].seconds / linear:.2f}"
                memory_growth = f"{one.command_mb / before[1].command_mb / linear:.2f}"
            lines.append(
                f"| {name} | {rows:,} | {one.seconds:.1f} | {time_growth} | {one.command_mb:.0f} | {memory_growth} |"
            )
            before = rows, one
    return "\n".join([*lines, ""])


def ratio_lines(ratios: list[Ratio]) -> Iterator[str]:
    yield "| | ours | against | ratio | wanted | |"
    yield "|---|--:|--:|--:|--:|---|"
    for ratio in ratios:
        met = "met" if ratio.met else "**missed**"
        yield f"| {ratio.what} | {ratio.ours} | {ratio.against} | {ratio.value:.2f} | {ratio.wanted} | {met} |"


if __name__ == "__main__":
    main()
