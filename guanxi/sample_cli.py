"""guanxi sample: an invented county to try things on."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from graph_loader.sample import write_county


class CountySize(StrEnum):
    S = "S"
    M = "M"
    L = "L"


def mount(app: typer.Typer) -> None:
    """Adds the command to `guanxi`."""
    app.command("sample")(sample)


def sample(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder for the drop.")],
    size: Annotated[CountySize, typer.Option(help="S: 8,000 people, M: 80,000, L: 400,000.")] = CountySize.S,
    seed: Annotated[int, typer.Option(help="The same seed gives the same county, byte for byte.")] = 1,
) -> None:
    """Writes an invented county as a drop of departmental tables, with truth.jsonl of what was planted in it."""
    write_county(directory, size.value, seed)
    typer.echo(f"{directory}: sample county {size.value}, seed {seed}", err=True)
