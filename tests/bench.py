"""`make bench`: the sample county M loaded, detected and browsed on this machine, beside a plain loader on the same engine.

Writes docs/benchmarks.md. Figures are whole-process: wall seconds, and peak memory by the operating system's account.
"""

import argparse
import csv
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import neo4j
import psutil
from fastapi.testclient import TestClient

from backend import accounts
from backend.ledger import open_ledger
from graph_loader import engine
from ui.app import create_app

ROOT = Path(__file__).parent.parent
GUANXI = [str(ROOT / ".venv" / "bin" / "guanxi")]
BATCH = 10_000
PASSWORD = "only-here-9f3a71"


@dataclass(frozen=True)
class Figure:
    """One stage: wall seconds, peak MB of the command, and of the engine so far."""

    stage: str
    seconds: float
    command_mb: float
    engine_mb: float
    note: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="M", choices=["S", "M", "L"])
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    given = parser.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    drop = given.folder / "drop"
    figures = [command("write the sample county", given.folder / "none", "sample", str(drop), "--size", given.size)]
    others, payments = split(drop, given.folder)

    home = given.folder / "home"
    engine.start(home)
    try:
        figures.append(command("load all tables but payments", home, "load", str(others)))
        ours = command("load the payments", home, "load", str(payments))
        figures.append(ours)
        figures.append(command("load the same payments again", home, "load", str(payments)))
        figures.append(command("run the packs", home, "detect"))
        figures.append(command("hash of the graph", home, "graph", "hash"))
        figures += browse(home)
        counts = contents(home)
    finally:
        engine.stop(home)

    plain_home = given.folder / "plain"
    engine.start(plain_home)
    try:
        command("", plain_home, "load", str(others))
        plain = plain_load(plain_home, payments)
    finally:
        engine.stop(plain_home)
    given.out.write_text(page(given.size, figures, ours, plain, counts), encoding="utf-8")
    sys.stdout.write(given.out.read_text(encoding="utf-8"))


def split(drop: Path, folder: Path) -> tuple[Path, Path]:
    """The payments apart from all other tables, so that both loaders can be timed on them alone."""
    others, payments = folder / "others", folder / "payments"
    for part in (others, payments):
        part.mkdir()
    for path in drop.iterdir():
        shutil.move(path, (payments if path.name.startswith("补贴发放") else others) / path.name)
    return others, payments


def command(stage: str, home: Path, *words: str) -> Figure:
    """Runs a guanxi command as a process of its own."""
    environment = {**os.environ, "GUANXI_HOME": str(home)}
    started = time.perf_counter()
    process = subprocess.Popen([*GUANXI, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"guanxi {' '.join(words)} failed: {said.decode()}")
    return Figure(stage, seconds, usage.ru_maxrss / 1024, engine_peak(home))


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


def page(size: str, figures: list[Figure], ours: Figure, plain: float, counts: str) -> str:
    memory = psutil.virtual_memory().total / 2**30
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {date.today().isoformat()}: sample county {size}, seed 1 ({counts}); "
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}.",
        "Whole-process figures; the engine was started before and kept running.",
        "",
        "| stage | seconds | peak memory of the command (MB) | peak memory of the engine so far (MB) | |",
        "|---|--:|--:|--:|---|",
    ]
    for one in figures:
        shown = f"{one.seconds:.3f}" if one.seconds < 1 else f"{one.seconds:.1f}"
        lines.append(f"| {one.stage} | {shown} | {one.command_mb:.0f} | {one.engine_mb:.0f} | {one.note} |")
    lines += [
        "",
        "## Beside a plain loader",
        "",
        "The same payments onto the same other tables and the same engine, by `UNWIND … MERGE` in batches of "
        f"{BATCH:,}, read with the csv module: nothing cleaned, hashed, compared, kept or traced.",
        "",
        "| loader | seconds | ratio |",
        "|---|--:|--:|",
        f"| plain UNWIND … MERGE | {plain:.1f} | 1 |",
        f"| `guanxi load` (read, cleaned, kept as evidence, derived, written) | {ours.seconds:.1f} | "
        f"{plain / ours.seconds:.2f} × as fast |",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
