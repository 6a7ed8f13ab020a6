"""The command that runs the packs: `detect`."""

import json
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend import runs
from graph_loader import engine
from graph_loader.secret import home_of


def mount(app: typer.Typer) -> None:
    """Adds the command to `guanxi`."""
    app.command("detect")(detect)


def detect(
    pack: Annotated[str | None, typer.Option(help="Only the queries of this pack.")] = None,
    query: Annotated[str | None, typer.Option(help="Only this query.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="See only what had happened by then.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="On everything, also where nothing changed since the last run.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Runs the packs and keeps what they find as leads."""
    home = home_of()
    day: date | None = as_of.date() if as_of else None
    with engine.running(home) as driver:
        run = runs.run(home, driver, as_of=day, pack=pack, query=query, full=full)
    if as_json:
        typer.echo(json.dumps(run.as_json(), ensure_ascii=False))
        return
    table = Table(title=f"as of {run.as_of}, {run.seconds:.1f} s")
    for column in ("query", "status", "found", "new", "again", "gone", "seconds", ""):
        table.add_column(column)
    for one in run.queries:
        counts = [str(count) for count in (one.found, one.new, one.again, one.gone)]
        table.add_row(one.query, one.status, *counts, f"{one.seconds:.2f}", one.why or one.outlook.told)
    Console().print(table)
