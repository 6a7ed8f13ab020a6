"""`guanxi review`: whom rows without an ID number mean, decided by a person."""

import getpass
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from backend.review import as_json, opened
from graph_loader import engine, identity
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.identity_reports import identity_reports
from graph_loader.secret import home_of
from graph_loader.sources import load_sources

app = typer.Typer(help="Whom rows without an ID number mean: candidates, and what people decided.")

TheItem = Annotated[str, typer.Argument(metavar="ITEM", help="The id that `guanxi review` prints.")]
Reason = Annotated[str, typer.Option("--reason", help="What the decision rests on.")]


def mount(root: typer.Typer) -> None:
    """Adds the commands to `guanxi`."""
    root.add_typer(app, name="review")


@app.callback(invoke_without_command=True)
def review(
    context: typer.Context,
    json_wanted: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Lists the rows that wait, each with its candidates, and what disagrees about identity."""
    if context.invoked_subcommand:
        return
    home = home_of()
    with opened(home) as found:
        told = as_json(found, found.items, identity_reports(Evidence(home)))
    if json_wanted:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _print(told)


def _print(told: dict[str, Any]) -> None:
    console = Console()
    table = Table()
    for column in ("item", "table", "name", "village", "candidate (person)", "score", "for", "against"):
        table.add_column(column)
    for item in told["items"]:
        head = (item["id"], load_sources()[item["table"]].title, item["name"], item["village_name"])
        if not item["candidates"]:
            table.add_row(*head, "–", "", "", "nobody there has a name like it")
        for at, each in enumerate(item["candidates"]):
            sides = ["; ".join(one["en"] for one in each[side]) for side in ("pro", "con")]
            person = f"{each['name']} {each['id_masked']} ({each['ref']})"
            table.add_row(*(head if at == 0 else ("", "", "", "")), person, str(each["score"]), *sides)
    console.print(table if told["items"] else "No row waits for a decision.")
    for decision in told["decisions"]:
        what = "confirmed" if decision["confirmed"] else "none of the candidates"
        console.print(
            f"{decision['day']} {decision['name']}: {what}, by {decision['by']} ({decision['reason']}); "
            f"`guanxi withdraw {decision['delivery']}` takes it back"
        )
    counts = ", ".join(f"{name.replace('_', ' ')} {len(found)}" for name, found in told["identity_reports"].items())
    console.print(f"To look into ({counts}): `guanxi review --json`, or the page 核对.")


@app.command()
def confirm(
    item: TheItem,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="A candidate: the key in brackets.")],
    reason: Reason,
) -> None:
    """Makes it a fact that the row means this candidate."""
    home = home_of()
    with opened(home) as review:
        found = review.item(item)
        candidate = next((each for each in review.candidates(found) if each.ref == person), None)
    if candidate is None:
        raise GuanxiError(f"{person} is no candidate of {item}: `guanxi review` lists them.")
    with engine.running(home) as driver:
        delivery = identity.confirm(home, driver, found, candidate, getpass.getuser(), reason)
    typer.echo(f"{found.name} is {candidate.name} {candidate.id_masked}. `guanxi withdraw {delivery}` takes it back.")


@app.command("none")
def none_of_these(item: TheItem, reason: Reason) -> None:
    """Keeps the decision that none of the candidates is meant."""
    home = home_of()
    with opened(home) as review:
        found = review.item(item)
    with engine.running(home) as driver:
        delivery = identity.none_of_these(home, driver, found, getpass.getuser(), reason)
    typer.echo(f"{found.name} is none of the candidates. `guanxi withdraw {delivery}` takes it back.")
