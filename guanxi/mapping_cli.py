"""The command about tables nobody recognised: `map`."""

import getpass
import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend import mapping, mending
from backend.mapping import Answer, Pending, Waiting
from graph_loader import engine, loading
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.layouts import Layouts
from graph_loader.secret import home_of, secret_of
from graph_loader.sources import load_sources
from guanxi.evidence_cli import shown_progress

Pairs = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="HEADER=COLUMN", help="What a column is; HEADER= for one that is not needed."),
]
Values = Annotated[
    list[str] | None, typer.Option("--value", metavar="COLUMN=VALUE", help="A value for all rows of these files.")
]
Always = Annotated[
    list[str] | None,
    typer.Option("--always", metavar="COLUMN=VALUE", help="A value for all rows of every file under these headers."),
]


def mount(app: typer.Typer) -> None:
    """Adds the command to `guanxi`."""
    app.command("map")(map_columns)


def map_columns(
    which: Annotated[
        str, typer.Argument(metavar="[WHICH]", help="What waits: the word of 16 digits before it in the list.")
    ] = "",
    table: Annotated[str, typer.Option(help="Id or Chinese title of the table; the likeliest when left out.")] = "",
    columns: Pairs = None,
    values: Values = None,
    always: Always = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Remember it, and read the kept files again.")] = False,
    list_confirmed: Annotated[bool, typer.Option("--list", help="The layouts that were confirmed.")] = False,
    take_back: Annotated[str, typer.Option(metavar="LAYOUT", help="No file is read by it from now on.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Tables and columns that nobody recognised: lists what waits, suggests what they are, remembers what a person confirms."""
    home = home_of()
    evidence = Evidence(home)
    if take_back:
        Layouts(evidence.folder).take_back(take_back, getpass.getuser())
        typer.echo(f"{take_back} is taken back: what was read by it stays until its delivery is withdrawn.")
    elif list_confirmed:
        _list_confirmed(evidence)
    elif not which:
        _list_waiting(mapping.pending(evidence), as_json)
    else:
        waiting = mapping.one(evidence, which)
        opened = Waiting(evidence, waiting)
        answer = _answered(
            opened, mending.source_of(table).id if table else "", columns or [], values or [], always or []
        )
        _show(opened, answer)
        if confirm:
            mapping.confirm(evidence, waiting, answer, getpass.getuser())
            _read_again(home, waiting)


def _list_waiting(found: list[Pending], as_json: bool) -> None:
    if as_json:
        told = [
            {
                "which": one.signature,
                "table": one.table,
                "headers": one.written,
                "unknown": one.unknown,
                "asked": one.asked,
                "files": one.files,
            }
            for one in found
        ]
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in found:
        what = load_sources()[one.table].title if one.table else "an unknown table"
        typer.echo(f"{one.signature}  {what}: {'、'.join(one.asked or one.unknown)}  ({'、'.join(one.files[:3])})")
    typer.echo("`guanxi map WHICH` shows what is suggested." if found else "Nothing waits to be mapped.", err=True)


def _list_confirmed(evidence: Evidence) -> None:
    for layout, read in mapping.confirmed(evidence):
        columns = "；".join(f"{layout.headers[at]} = {name}" for at, name in layout.columns.items())
        title = load_sources()[layout.table].title
        typer.echo(f"{layout.signature}  {title}: {columns}  ({layout.by}, {layout.at[:16]}; {'、'.join(read)})")


def _answered(opened: Waiting, table: str, columns: list[str], values: list[str], always: list[str]) -> Answer:
    """The suggestion with what the options say put in."""
    proposed = opened.proposed(table)
    places = {header.strip(): at for at, header in enumerate(opened.waiting.written) if header.strip()}
    chosen = dict(proposed.columns)
    for pair in columns:
        header, name = _pair(pair)
        if header not in places:
            raise GuanxiError(f"There is no header {header!r}: the file has {'、'.join(places)}.")
        chosen = {at: other for at, other in chosen.items() if other != name and at != places[header]}
        if name:
            chosen[places[header]] = name
    given = proposed.values | dict(map(_pair, values)) | dict(map(_pair, always))
    held = (proposed.always - {name for name, _ in map(_pair, values)}) | {name for name, _ in map(_pair, always)}
    return Answer(proposed.table, chosen, given, frozenset(held))


def _pair(text: str) -> tuple[str, str]:
    before, equals, after = text.partition("=")
    if not equals:
        raise GuanxiError(f"{text!r} must read NAME=VALUE.")
    return before.strip(), after.strip()


def _show(opened: Waiting, answer: Answer) -> None:
    match = opened.read(answer)
    console = Console()
    shown = Table(title=f"{opened.place.file} {opened.place.sheet} → {match.source.title}")
    for heading in ("header", "first cells", "is"):
        shown.add_column(heading)
    for column in opened.columns(answer):
        cells = " | ".join(cell for cell in column.cells[:3] if cell)
        shown.add_row(column.header, cells, column.fixed or answer.columns.get(column.position, "—"))
    console.print(shown)
    for name, value in match.values.items():
        console.print(f"{name} = {value} for all rows")
    if match.missing:
        console.print(f"still missing: {'、'.join(match.missing)} (--column HEADER=COLUMN or --value COLUMN=VALUE)")
        return
    for row in opened.preview(answer, secret_of(home_of()))[:3]:
        cells = "；".join(f"{name} {cell}" for name, cell in row["cells"].items())
        faults = "".join(f" [{name}{fault}]" for name, fault in row["faults"].items())
        console.print(f"row {row['row']}: {cells}{faults}", markup=False)
    console.print("`--confirm` remembers it and reads the file again.")


def _read_again(home: Path, waiting: Pending) -> None:
    """Loads the kept bytes once more, under their names."""
    evidence = Evidence(home)
    if not mapping.is_read_anew(home, waiting):
        typer.echo("Remembered. Nothing in the kept files is read otherwise.")
        return
    full = evidence.delivery(waiting.places[0].delivery).full_list
    with tempfile.TemporaryDirectory() as folder:
        for file, path in mapping.kept_bytes(evidence, waiting).items():
            (Path(folder) / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, Path(folder) / file)
        with engine.running(home) as driver, shown_progress() as progress:
            receipt = loading.load(home, driver, Path(folder), by=getpass.getuser(), progress=progress, full_list=full)
    done = receipt.delivery
    typer.echo(
        f"Remembered, and read as {done.id}: {done.total('loaded'):,} loaded, {done.total('quarantined'):,} quarantined."
    )
