"""`make demo`: a sample county, loaded and searched, shown in the browser. What was done before is not done again."""

import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from backend import accounts, runs
from backend.ledger import open_ledger
from graph_loader import engine, loading
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.sample import write_county
from graph_loader.secret import home_of
from guanxi.web_cli import serve


def main() -> None:
    """Sets the demo up in `GUANXI_HOME`, prints the time of each step and the accounts, and serves until Ctrl+C."""
    started = time.perf_counter()
    home = home_of()
    drop = home / "drop"
    if not (drop / "truth.jsonl").exists():
        with timed("sample county written"):
            write_county(drop, "S", 1)
        shutil.copy(drop / "county.toml", home)
    with ExitStack() as open_until_the_end:
        with timed("engine started"):
            driver = open_until_the_end.enter_context(engine.running(home))
        if not Evidence(home).in_force():
            with timed("sample county loaded"):
                receipt = loading.load(home, driver, drop, by="demo")
            say(f"  {receipt.delivery.total('read'):,} rows, {receipt.written.created:,} nodes and relationships")
        else:
            with timed("graph checked"):
                loading.bring_up_to_date_in_turn(home, driver)
        if not searched(home):
            with timed("packs run"):
                run = runs.run(home, driver)
            say(f"  {sum(query.found for query in run.queries)} leads")
        show_accounts(home)
        say(f"all steps: {time.perf_counter() - started:.1f} s")
        serve(home, "127.0.0.1", 8000, lambda url: say(f"ready {url}"))


def searched(home: Path) -> bool:
    ledger = open_ledger(home)
    with ledger.reading() as session:
        found = runs.any_run(session)
    ledger.close()
    return found


def show_accounts(home: Path) -> None:
    ledger = open_ledger(home)
    with ledger.writing() as session:
        rows = accounts.seed_demo_accounts(session, home)
    ledger.close()
    say("accounts:")
    for name, role, password in rows:
        say(f"  {name:<14}{password:<16}{accounts.ROLES[role].zh}")


@contextmanager
def timed(step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    say(f"{step}: {time.perf_counter() - started:.1f} s")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
    except GuanxiError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
