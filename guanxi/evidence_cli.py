"""The commands about deliveries and the graph: `load`, `withdraw`, `deliveries`, `rebuild`, `graph hash`."""

import getpass
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from backend import coverage
from graph_loader import engine, loading, ontology
from graph_loader.evidence import Evidence
from graph_loader.graph_hash import graph_hash
from graph_loader.loading import Progress, Receipt
from graph_loader.secret import home_of
from graph_loader.sources import load_sources

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

graph = typer.Typer(help="The graph itself.", no_args_is_help=True)
MOST_KINDS = 10
"""Kinds of nodes and relationships whose changes a receipt names, the most changed first; the web shows all."""
COUNTS = ("read", "loaded", "unchanged", "corrected", "duplicate", "quarantined")


def mount(app: typer.Typer) -> None:
    """Adds the commands to `guanxi`."""
    app.command("load")(load)
    app.command("withdraw")(withdraw)
    app.command("deliveries")(deliveries)
    app.command("rebuild")(rebuild)
    app.add_typer(graph, name="graph")


STAGE_NAMES = {
    "waiting": "waiting for another load to end",
    "read": "reading files",
    "kept": "keeping rows",
    "state": "working out the graph",
    "written": "writing the graph",
}


@contextmanager
def shown_progress(files: int | None = None) -> Iterator[Progress]:
    """Bars on stderr, one a stage, with the file or kind being worked on; nothing where nobody looks. `files`: how many are read."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<31}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[rows]:>12,}", justify="right"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}
        rows_done: Counter[str] = Counter()

        def tell(stage: str, what: str, rows: int) -> None:
            if stage not in tasks:
                for before in tasks.values():
                    bars.update(before, total=1, completed=1, what="")
                    bars.stop_task(before)
                total = files if stage == "read" else None
                tasks[stage] = bars.add_task(STAGE_NAMES[stage], total=total, rows=0, what="")
            rows_done[stage] += rows
            bars.update(tasks[stage], advance=1 if stage == "read" else 0, rows=rows_done[stage], what=what[-40:])

        yield tell
        for task in tasks.values():
            bars.update(task, total=1, completed=1, what="")


def load(
    drop: Annotated[Path, typer.Argument(metavar="DROP", help="A folder of departmental tables.")],
    as_json: Json = False,
    note: Annotated[str, typer.Option(help="What the sender says about it; kept with the delivery.")] = "",
    max_quarantine: Annotated[
        int | None, typer.Option(min=0, help="Exit with 1 when more rows than this are quarantined.")
    ] = None,
    full_list: Annotated[
        bool,
        typer.Option(help="Its files are full lists (全量): earlier rows of their part that they do not name end."),
    ] = False,
) -> None:
    """Takes in a folder of departmental tables (or procurement data in OCDS) and brings the graph up to date."""
    home = home_of()
    files = sum(path.is_file() for path in drop.rglob("*"))
    receipt = loading.nothing_new(home, drop, full_list)
    if receipt is None:
        with engine.running(home) as driver, shown_progress(files) as progress:
            receipt = loading.load(
                home, driver, drop, by=getpass.getuser(), progress=progress, note=note, full_list=full_list
            )
    if as_json:
        typer.echo(json.dumps(receipt.as_json(), ensure_ascii=False))
    else:
        _print_receipt(home, receipt)
    too_many = max_quarantine is not None and receipt.delivery.total("quarantined") > max_quarantine
    if too_many or receipt.delivery.refused:
        raise typer.Exit(1)


def _print_receipt(home: Path, receipt: Receipt) -> None:
    delivery, sources, console = receipt.delivery, load_sources(), Console()
    table = Table(
        title=f"{delivery.id}" + ("" if receipt.new else " (delivered before: nothing new)"), show_footer=True
    )
    table.add_column("file", "total", overflow="fold")
    for column in ("sheet", "table"):
        table.add_column(column, overflow="fold")
    for count in COUNTS:
        table.add_column(count, f"{delivery.total(count):,}", justify="right", no_wrap=True)
    for entry in delivery.entries:
        counts = [f"{getattr(entry, count):,}" for count in COUNTS]
        table.add_row(entry.file, entry.sheet, sources[entry.table].title, *counts)
    console.print(table)
    console.print("read = loaded + unchanged + corrected + duplicate + quarantined")
    for entry in delivery.entries:
        if entry.unknown_columns:
            console.print(
                f"{entry.file} {entry.sheet}: columns that no table names, kept: {'、'.join(entry.unknown_columns)}"
            )
    for file, why in delivery.ignored.items():
        console.print(f"ignored {file}: {why}")
    for file, why in delivery.refused.items():
        console.print(f"[bold]refused[/bold] {file}: {why}")
    if delivery.total("quarantined"):
        console.print("`guanxi quarantine` shows the quarantined rows, why, and how to mend them.")
    if delivery.entries:
        console.print(_coverage_table(home, delivery.id))
    written = receipt.written
    for kind, number in written.by_kind.most_common(MOST_KINDS):
        console.print(f"  {kind[0]} {kind[1]} {number:,}")
    console.print(
        f"graph: {written.created:,} created, {written.changed:,} changed, {written.deleted:,} deleted; "
        f"{receipt.seconds:.1f} s"
    )


def _coverage_table(home: Path, delivery: str) -> Table:
    """What the delivery covers: of each table its rows, towns and years."""
    evidence = Evidence(home)
    found = coverage.covered_by(evidence, delivery)
    names = coverage.town_names(evidence)
    table = Table(title="what it covers")
    for column in ("table", "rows", "years", "towns"):
        table.add_column(column, justify="right" if column == "rows" else "left")
    for id in dict.fromkeys(each.table for each in found):
        own = [each for each in found if each.table == id]
        years = sorted({each.year for each in own if each.year})
        towns = sorted({each.town for each in own if each.town})
        span = "–".join(str(year) for year in dict.fromkeys((years[0], years[-1]))) if years else ""
        rows = sum(each.rows for each in own)
        table.add_row(evidence.sources[id].title, f"{rows:,}", span, "、".join(names.get(town, town) for town in towns))
    return table


def withdraw(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY")],
    as_json: Json = False,
    reason: Annotated[str, typer.Option(help="Why; kept with the withdrawal.")] = "",
) -> None:
    """Takes back what only that delivery asserted; its files and rows stay on record."""
    home = home_of()
    with engine.running(home) as driver, shown_progress() as progress:
        written = loading.withdraw(home, driver, delivery, by=getpass.getuser(), progress=progress, reason=reason)
    done = {"delivery": delivery, "created": written.created, "changed": written.changed, "deleted": written.deleted}
    typer.echo(json.dumps(done) if as_json else f"{delivery} is withdrawn: {written.total:,} changes to the graph.")


def deliveries(as_json: Json = False) -> None:
    """What was delivered, when, by whom, with counts."""
    found = Evidence(home_of()).deliveries()
    if as_json:
        typer.echo(json.dumps([one.as_receipt() for one in found], ensure_ascii=False))
        return
    table = Table()
    for column in ("delivery", "received", "by", "files", *COUNTS, "withdrawn"):
        table.add_column(column)
    for one in found:
        counts = [f"{one.total(count):,}" for count in COUNTS]
        table.add_row(one.id, one.received[:16], one.by, str(len(one.files)), *counts, (one.withdrawn or "")[:16])
    Console().print(table if found else "Nothing was delivered yet: `guanxi load DROP` takes in a folder of tables.")


def rebuild() -> None:
    """Drops the graph and builds it again from the evidence."""
    home = home_of()
    with engine.running(home) as driver, shown_progress() as progress:
        written = loading.rebuild(home, driver, progress)
    typer.echo(f"The graph was built again: {written.created:,} nodes and relationships.")


@graph.command("hash")
def print_hash() -> None:
    """One hex line: the canonical hash of the graph."""
    home = home_of()
    with engine.running(home) as driver:
        typer.echo(graph_hash(driver, ontology.load()))


@graph.command("reference")
def print_reference() -> None:
    """The reference page of labels and relationship types (docs/graph.md)."""
    typer.echo(ontology.reference_page(ontology.load()), nl=False)
