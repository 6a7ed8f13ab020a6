"""`guanxi engine …`: set up, start, stop and look at the graph engine."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from graph_loader import engine

app = typer.Typer(help="The graph engine (Neo4j) that the workbench runs by itself.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def mount(root: typer.Typer) -> None:
    """Adds the commands to `guanxi`."""
    root.add_typer(app, name="engine")


def _home() -> Path:
    return Path(os.environ.get("GUANXI_HOME", "var"))


@app.command()
def install() -> None:
    """Download the engine once, verified, into the user's cache folder."""
    typer.echo(f"The graph engine is complete in {engine.install()}.")


@app.command()
def start() -> None:
    """Start the engine and keep it running until `guanxi engine stop`."""
    typer.echo(f"The graph engine answers at {engine.start(_home()).uri}.")


@app.command()
def stop() -> None:
    """Stop the engine of this home."""
    stopped = engine.stop(_home())
    typer.echo("The graph engine has stopped." if stopped else "No graph engine of this home was running.")


@app.command()
def status(as_json: Json = False) -> None:
    """Say whether the engine runs, where, and who uses it."""
    found = engine.status(_home())
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found)))
    elif not found.running:
        typer.echo(f"The server {found.uri} does not answer." if found.uri else "The graph engine is not running.")
    else:
        users = ", ".join(str(pid) for pid in found.users) or "nobody"
        typer.echo(f"Neo4j {found.version} answers at {found.uri}; used by {users}.")
        if found.pid:
            kept = "kept until `guanxi engine stop`" if found.kept else "ends with its last user"
            typer.echo(f"Process {found.pid}, heap {found.heap}, page cache {found.page_cache}; {kept}.")
            typer.echo(f"Log: {found.log}")
