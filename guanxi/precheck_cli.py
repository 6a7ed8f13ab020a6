"""`guanxi precheck`: what a draft would become once paid or signed."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from backend import exports
from backend.packs import load_packs
from backend.precheck import as_contract, precheck
from graph_loader import engine
from graph_loader.errors import GuanxiError
from graph_loader.secret import home_of
from guanxi.output import put_out


def mount(app: typer.Typer) -> None:
    """Adds the command to `guanxi`."""
    app.command("precheck")(check_draft)


def check_draft(
    draft: Annotated[
        Path, typer.Argument(metavar="FILE", help="A list of payments or applications, a contract … not yet signed.")
    ],
    programme: Annotated[str, typer.Option(metavar="CODE", help="项目编码, where the list does not say it.")] = "",
    form: Annotated[str, typer.Option("--format", metavar="jsonl|csv|xlsx")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output when left out.")] = None,
) -> None:
    """发放前体检: the rows of a draft that would become leads. Nothing is written; 流水号 and date may be missing."""
    if form not in exports.FORMATS:
        raise GuanxiError(f"There is no format {form!r}: use jsonl, csv or xlsx.")
    home = home_of()
    said = {"发放日期": date.today().isoformat(), **({"项目编码": programme} if programme else {})}
    with engine.running(home) as driver:
        found = precheck(home, driver, draft, load_packs(), said)
    put_out(exports.file_of([as_contract(lead) for lead in found], form), out)
