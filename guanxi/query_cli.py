"""`guanxi query …`: write, check, try and measure the queries of the packs."""

import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, LiteralString, cast

import typer
from rich.console import Console
from rich.table import Table

from backend import authoring, saved_queries
from backend.detection import latest_day, reading
from backend.ledger import SavedQuery, open_ledger
from backend.packs import FOLDER, GIVEN, Query, load_packs
from backend.trial import faults_of
from graph_loader import engine
from graph_loader.errors import GuanxiError
from graph_loader.secret import home_of

app = typer.Typer(help="The queries of the packs: write, check, try and measure them.", no_args_is_help=True)

TheId = Annotated[str, typer.Argument(metavar="QUERY", help="The query's id, its files' name.")]
Packs = Annotated[Path, typer.Option("--packs", help="Another folder of packs.")]


def mount(root: typer.Typer) -> None:
    """Adds the commands to `guanxi`."""
    root.add_typer(app, name="query")


@app.command("list")
def list_queries(packs: Packs = FOLDER) -> None:
    """Every query with its pack, status, number of cases and title."""
    table = Table()
    for column in ("pack", "query", "status", "cases", "title"):
        table.add_column(column)
    found = load_packs(packs)
    for query in found.queries:
        table.add_row(query.pack.id, query.id, query.status, str(len(query.cases)), query.title["zh"])
    for broken in found.broken:
        table.add_row(broken.pack, broken.id, "broken", "", broken.reason)
    Console().print(table)


@app.command()
def new(
    pack: Annotated[str, typer.Argument(metavar="PACK", help="The pack's folder.")],
    id: TheId,
    text: Annotated[Path | None, typer.Option("--from", help="A file with the Cypher to begin with.")] = None,
    saved: Annotated[
        int | None, typer.Option("--saved", metavar="NUMBER", help="The saved query of the console to begin with.")
    ] = None,
    packs: Packs = FOLDER,
) -> None:
    """Writes the files of a new query, with gaps to fill (docs/add_a_query.md)."""
    found = next((one for one in load_packs(packs).packs if one.id == pack), None)
    if found is None:
        raise GuanxiError(
            f"There is no pack {pack!r}: choose one of {', '.join(one.id for one in load_packs(packs).packs)}."
        )
    outline = authoring.Outline(text.read_text(encoding="utf-8")) if text else None
    if saved is not None:
        outline = _taken_over(saved)
    for path in authoring.start(found, id, outline, packs):
        typer.echo(path)


def _taken_over(number: int) -> authoring.Outline:
    """A saved query of the console as what a new query of a pack begins with."""
    ledger = open_ledger(home_of())
    try:
        with ledger.reading() as session:
            saved = session.get(SavedQuery, number)
            if saved is None:
                raise GuanxiError(
                    f"There is no saved query {number}: its number is the last part of its address in the console."
                )
            typed = saved_queries.typed_from(saved.parameters)
            values = {name: typed[name].read(name) for name in saved_queries.names_in(saved.text) if name in typed}
            given = {name: value for name, value in values.items() if name not in GIVEN}
            return authoring.Outline(saved.text, saved.name, saved.description, given)
    finally:
        ledger.close()


@app.command()
def check(
    id: Annotated[str | None, typer.Argument(metavar="[QUERY]", help="Only this query; all without it.")] = None,
    packs: Packs = FOLDER,
) -> None:
    """Says what is wrong with queries, with file, line and mend; exit status 1 where something is."""
    with engine.running(home_of()) as driver, reading(driver) as session:
        faults = authoring.check(load_packs(packs).chosen(query=id), session, packs)
    for fault in faults:
        typer.echo(fault)
    if any(not fault.note for fault in faults):
        raise typer.Exit(1)
    typer.echo("Nothing is wrong." if not faults else "Nothing is wrong otherwise.")


@app.command("test")
def try_cases(id: TheId, packs: Packs = FOLDER) -> None:
    """Loads the cases of a query into an engine of their own and says which give what they state; exit status 1 where one does not."""
    found = load_packs(packs)
    query = _query(id, packs)
    failed = 0
    with tempfile.TemporaryDirectory() as folder, engine.running(Path(folder)) as driver:
        for case, faults in faults_of(query, found, Path(folder), driver, packs / "cases.toml"):
            typer.echo(f"{'ok  ' if not faults else 'FAIL'} {case.path.stem}  {case.about}")
            for fault in faults:
                typer.echo(f"     {fault}")
            failed += bool(faults)
    if failed:
        raise typer.Exit(1)


@app.command()
def profile(id: TheId, packs: Packs = FOLDER) -> None:
    """Runs a query on the graph of this home and shows rows, database hits and seconds of each step of the server's plan."""
    query = _query(id, packs)
    with engine.running(home_of()) as driver, reading(driver) as session:
        given = {**query.defaults, "as_of": latest_day(driver), "leads": []}
        started = time.perf_counter()
        with session.begin_transaction() as transaction:
            result = transaction.run(cast(LiteralString, "PROFILE " + query.statement()), given)
            rows = len(list(result))
            profiled = result.consume().profile
        seconds = time.perf_counter() - started
    table = Table(title=f"{id}: {rows:,} rows, {seconds:.2f} s")
    for column in ("step", "rows", "db hits", "details"):
        table.add_column(column, justify="right" if column in ("rows", "db hits") else "left", overflow="fold")
    for depth, step in _steps(cast(dict[str, Any], profiled or {})):
        told = step.get("args", {}).get("Details", "")
        name = str(step["operatorType"]).split("@")[0]
        table.add_row(" " * depth + name, f"{step.get('rows', 0):,}", f"{step.get('dbHits', 0):,}", str(told)[:100])
    Console().print(table)


def _steps(plan: dict[str, Any], depth: int = 0) -> list[tuple[int, dict[str, Any]]]:
    if not plan:
        return []
    return [(depth, plan), *(step for child in plan.get("children", []) for step in _steps(child, depth + 1))]


def _query(id: str, packs: Path) -> Query:
    found = load_packs(packs).chosen(query=id)
    if found.broken:
        raise GuanxiError(f"{found.broken[0].file}: {found.broken[0].reason}.")
    return found.queries[0]
