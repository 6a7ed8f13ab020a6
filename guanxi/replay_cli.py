"""The command that looks for a lead once more: `replay`."""

import json
from typing import Annotated, Any

import typer

from backend import leads, replay, tuning
from backend.accounts import OWNER
from backend.ledger import open_ledger
from backend.packs import load_packs
from graph_loader import engine
from graph_loader.errors import GuanxiError
from graph_loader.secret import home_of


def mount(app: typer.Typer) -> None:
    """Adds the command to `guanxi`."""
    app.command("replay")(look_again)


def look_again(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The lead's key.")],
    number: Annotated[
        int, typer.Option("--version", metavar="NUMBER", help="Its version, from 1; the latest without it.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Looks for a lead again: on the evidence as it was when the lead was frozen (built on an engine of its own), and on today's."""
    home = home_of()
    ledger = open_ledger(home)
    try:
        with ledger.writing() as session:
            lead = leads.get(session, OWNER, key).lead
            version = leads.version(session, OWNER, key, number or lead.number)
            query = tuning.in_force(session, load_packs()).query(lead.query)
            session.expunge(version)
    finally:
        ledger.close()
    if query is None:
        raise GuanxiError(
            f"The query {lead.query} is not in the packs any more: the lead can only be read as it was frozen."
        )
    frozen = replay.on_its_own_evidence(home, query, version)
    with engine.running(home) as driver:
        today = replay.on_todays_evidence(home, driver, query, version)
    told = {
        "key": key,
        "version": version.number,
        "recorded": version.recorded_at.isoformat(),
        "query_changed": query.version != version.query_version,
        "then": _told(frozen),
        "today": _told(today),
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(version.title_zh)
    if query.version != version.query_version:
        typer.echo("The query's text has changed since: both are found by its present one.")
    for when, one in (("on the evidence of then", frozen), ("on today's evidence", today)):
        typer.echo(f"{when}, as of {one.as_of}: {WORDS[_found(one)]}")
        if one.finding and not one.same:
            typer.echo(f"  [{one.finding.level}] {one.finding.title_zh}")


WORDS = {"same": "found, on the same facts", "otherwise": "found, on other facts", "no": "not found"}


def _told(one: replay.Replayed) -> dict[str, Any]:
    told: dict[str, Any] = {"as_of": one.as_of.isoformat(), "found": _found(one)}
    return told | ({"level": one.finding.level, "title": one.finding.title_zh} if one.finding else {})


def _found(one: replay.Replayed) -> str:
    return "no" if one.finding is None else "same" if one.same else "otherwise"
