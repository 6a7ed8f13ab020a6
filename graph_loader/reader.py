"""Reads files in processes of their own, which may use so much memory and time for each: what a hostile file does ends there.

A process reads one file after another, so that a drop of many small files starts it once. What it found comes back as Arrow files
and JSON: nothing that a hostile file could have forged is run here.
"""

import contextlib
import json
import os
import pickle
import queue
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from graph_loader.archives import Member, members_of
from graph_loader.cleaning import Problem
from graph_loader.errors import GuanxiError
from graph_loader.layouts import Layouts
from graph_loader.reading import Sheet
from graph_loader.secret import Secret
from graph_loader.tables import Contents, Found, contents_of

MEMORY = 256 << 20
"""Bytes that reading any file may take, beside what the process takes empty (about 190 MB)."""
MEMORY_A_BYTE = 24
"""Bytes more for each of the file's: a list of 16 columns takes about 14 times its size until it is cleaned."""
SECONDS = 6
"""Seconds of processor time that reading any file may take."""
SECONDS_A_MEGABYTE = 2
IDLE_SECONDS = 60
"""A process that is not needed for so long ends."""
NUMBERS = "numbers"
"""Column of a sheet's Arrow file with the numbers of its rows, where they are not simply counted."""
READERS = min(2, os.cpu_count() or 1)

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Job:
    """What a process is told: read a file, or take an archive apart, and put the results into the folder `results`."""

    path: Path
    file: str
    results: Path
    secret: Secret
    layouts: Layouts
    archive: bool


class Reader:
    """One process. Used by one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def contents(self, path: Path, file: str, results: Path, secret: Secret, layouts: Layouts) -> Contents:
        """What a file holds (`tables.contents_of`); refused in one sentence where it takes more than a file of its size may."""
        try:
            answer = self._ask(_Job(path, file, results, secret, layouts, archive=False))
        except GuanxiError as error:
            return Contents(refused=str(error))
        sheets = [_sheet(name, _held(results / held)) for name, held in answer["sheets"]]
        return Contents(
            [_found(table, sheets, results) for table in answer["tables"]],
            answer["ignored"],
            [(sheets[number], why) for number, why in answer["waiting"]],
            answer["refused"],
        )

    def members(self, path: Path, file: str, results: Path) -> list[Member]:
        """The files in an archive (`archives.members_of`). Raises GuanxiError with one sentence for one that cannot be read."""
        answer = self._ask(_Job(path, file, results, Secret(b""), Layouts(results), archive=True))
        if answer["refused"]:
            raise GuanxiError(answer["refused"])
        return [Member(name, Path(held) if held else None, why) for name, held, why in answer["members"]]

    def _ask(self, job: _Job) -> dict[str, Any]:
        job.results.mkdir(parents=True, exist_ok=True)
        sent = pickle.dumps(job)
        for _ in range(2):
            process = self._running()
            assert process.stdin and process.stdout
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(len(sent).to_bytes(8, "little") + sent)
                process.stdin.flush()
            answer = process.stdout.readline()
            if answer:
                break
            status = process.wait()
            self._process = None
            if status != 0:
                why = "time" if status == -signal.SIGXCPU else "memory"
                raise GuanxiError(
                    f"{job.file} takes more {why} than a file of its size may: it is not read; ask the sender for a plain CSV."
                )
        found: dict[str, Any] = json.loads(answer)
        if "fault" in found:
            raise RuntimeError(f"Reading {job.file} failed:\n{found['fault']}")
        return found

    def start(self) -> None:
        """Starts the process unless it runs."""
        self._running()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "graph_loader.reader"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        return self._process


_idle: queue.LifoQueue[Reader] = queue.LifoQueue()
for _ in range(READERS):
    _idle.put(Reader())


def make_ready(files: int) -> None:
    """Starts the processes that so many files need, so that they are ready once there is something to read."""
    idle = []
    with contextlib.suppress(queue.Empty):
        for _ in range(files):
            idle.append(_idle.get_nowait())
    for reader in idle:
        reader.start()
        _idle.put(reader)


def with_reader(use: Callable[[Reader], Result]) -> Result:
    """What `use` makes of a process that nobody else uses meanwhile; waits for one."""
    reader = _idle.get()
    try:
        return use(reader)
    finally:
        _idle.put(reader)


def _found(told: dict[str, Any], sheets: list[Sheet], results: Path) -> Found:
    return Found(
        **{
            **told,
            "sheet": sheets[told["sheet"]],
            "unknown": tuple(told["unknown"]),
            "columns": {int(position): name for position, name in told["columns"].items()},
            "rows": _held(results / told["rows"]),
            "problems": [Problem(**problem) for problem in told["problems"]],
            "stands_for": {int(row): place for row, place in told["stands_for"].items()},
        }
    )


def _sheet(name: str, table: pa.Table) -> Sheet:
    if NUMBERS not in table.column_names:
        return Sheet(name, table)
    return Sheet(name, table.drop_columns([NUMBERS]), numbers=table[NUMBERS].combine_chunks())


def _held(path: Path) -> pa.Table:
    """A table in an Arrow file, not copied."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


# In the process


def main() -> None:
    """Does one job after another, until nobody asks any more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    while True:
        ready, _, _ = select.select([0], [], [], IDLE_SECONDS)
        head = os.read(0, 8) if ready else b""
        if len(head) < 8:
            return
        job: _Job = pickle.loads(_read(int.from_bytes(head, "little")))
        _allow(job.path.stat().st_size)
        answers.write(json.dumps(_done(job), ensure_ascii=False) + "\n")
        answers.flush()


def _read(count: int) -> bytes:
    parts = []
    while count:
        part = os.read(0, count)
        if not part:
            sys.exit(0)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _allow(size: int) -> None:
    """Limits what this process may take until it is done with a file of so many bytes, where the system knows such limits."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + SECONDS + SECONDS_A_MEGABYTE * size // 1_000_000
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    held = Path("/proc/self/statm")
    if held.exists():
        data = int(held.read_text().split()[5]) * resource.getpagesize()
        most = data + MEMORY + MEMORY_A_BYTE * size
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _done(job: _Job) -> dict[str, Any]:
    try:
        if job.archive:
            return {
                "refused": "",
                "members": [[m.name, str(m.path or ""), m.why] for m in members_of(job.path, job.results)],
            }
        return _told(contents_of(job.path, job.file, job.secret, job.layouts), job.results)
    except GuanxiError as error:
        return {"refused": str(error)}
    except (MemoryError, pa.ArrowMemoryError):
        os._exit(1)
    except Exception:
        import traceback

        return {"fault": traceback.format_exc()}


def _told(contents: Contents, results: Path) -> dict[str, Any]:
    sheets: list[Sheet] = []
    for sheet in [*(found.sheet for found in contents.tables), *(sheet for sheet, _ in contents.waiting)]:
        if not any(sheet is other for other in sheets):
            sheets.append(sheet)
    numbers = {id(sheet): number for number, sheet in enumerate(sheets)}
    return {
        "sheets": [[sheet.name, _put(_numbered(sheet), results / f"sheet-{n}")] for n, sheet in enumerate(sheets)],
        "tables": [
            {
                **{
                    name: getattr(found, name)
                    for name in ("source", "read", "unknown", "columns", "header", "titles", "layout")
                },
                "sheet": numbers[id(found.sheet)],
                "rows": _put(found.rows, results / f"rows-{number}"),
                "problems": [asdict(problem) for problem in found.problems],
                "stands_for": found.stands_for,
            }
            for number, found in enumerate(contents.tables)
        ],
        "ignored": contents.ignored,
        "waiting": [[numbers[id(sheet)], why] for sheet, why in contents.waiting],
        "refused": contents.refused,
    }


def _numbered(sheet: Sheet) -> pa.Table:
    return sheet.cells if sheet.numbers is None else sheet.cells.append_column(NUMBERS, sheet.numbers)


def _put(table: pa.Table, path: Path) -> str:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return path.name


if __name__ == "__main__":
    main()
