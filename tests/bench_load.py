"""One load in a process of its own, timed by stage: `bench_load.py HOME DROP` prints seconds by stage as JSON."""

import json
import sys
import time
from collections import defaultdict
from pathlib import Path

from graph_loader import engine, loading


def main(home: Path, drop: Path) -> None:
    """A stage ends where the next one begins."""
    seconds: dict[str, float] = defaultdict(float)
    now, since = "start", time.perf_counter()

    def progress(stage: str, _: str, __: int) -> None:
        nonlocal now, since
        if stage != now:
            seconds[now] += time.perf_counter() - since
            now, since = stage, time.perf_counter()

    with engine.running(home) as driver:
        loading.load(home, driver, drop, by="bench", progress=progress)
        progress("end", "", 0)
    progress("", "", 0)
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
