"""The command that tells what is known about one person: `person`."""

import getpass
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from backend import audit, subject, tuning
from backend.accounts import OWNER
from backend.ledger import open_ledger
from backend.packs import load_packs
from graph_loader import engine
from graph_loader.secret import home_of, secret_of


def mount(app: typer.Typer) -> None:
    """Adds the command to `guanxi`."""
    app.command("person")(person)


def person(
    name_or_id: Annotated[
        str, typer.Argument(metavar="NAME_OR_ID", help="A name, a full ID number, or - to be asked for the number.")
    ],
    why_not: Annotated[
        str,
        typer.Option("--why-not", metavar="QUERY", help="Also tells what cleared this person in the eyes of a query."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Tells what is known about one person: facts, relations, money, leads, and what each query says of them."""
    home = home_of()
    asked = getpass.getpass("ID number: ") if name_or_id == "-" else name_or_id
    ledger = open_ledger(home)
    try:
        with ledger.reading() as session:
            packs = tuning.in_force(session, load_packs())
        wanted = packs.chosen(query=why_not).queries if why_not else ()
        with engine.running(home) as driver:
            found = subject.only(
                subject.people_named(driver, secret_of(home), asked), name_or_id if name_or_id != "-" else "that number"
            )
            told = subject.known_about(driver, found["id"])
            answers = subject.asked_of_all(home, driver, packs, found["id"])
            cleared = [one for query in wanted for one in subject.cleared(home, driver, packs, query, found["id"])]
        with ledger.writing() as session:
            audit.append(session, OWNER.name, "person.look", found["id"])
            told["leads"] = subject.leads_of(session, OWNER, found["props"]["key"])
    finally:
        ledger.close()
    if why_not:
        told["cleared"] = [
            {"suspicion": one.finding.title_zh, "cleared": [clear.says["zh"] for clear in one.by]} for one in cleared
        ]
    told["queries"] = [
        {"query": one.query, "status": one.status, "missing": list(one.missing),
         "found": [{"level": lead.level, "title": lead.title_zh} for lead in one.findings]}
        for one in answers
    ]  # fmt: skip
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, default=str))
    else:
        _print(told)


def _print(told: dict[str, Any]) -> None:
    console = Console()
    console.print(f"[bold]{told['name']}[/bold]")
    for name, value in told["facts"].items():
        console.print(f"  {name}: {value}")
    relations = Table(title="relations")
    for column in ("", "", "who or what"):
        relations.add_column(column)
    for kind in told["relations"]:
        names = "、".join(dict.fromkeys(str(one["name"]) for one in kind["listed"])) or "…"
        relations.add_row(f"{kind['zh']} {kind['type']}", f"{kind['count']:,}", names)
    console.print(relations)
    if told["benefits"]:
        paid = Table(title="benefits (元)")
        for column in ("programme", "payments", "amount", "from", "to"):
            paid.add_column(column)
        for one in told["benefits"]:
            paid.add_row(
                one["name"] or one["programme"],
                f"{one['payments']:,}",
                f"{one['amount']:,.2f}",
                one["first"],
                one["last"],
            )
        console.print(paid)
    for lead in told["leads"]:
        console.print(f"[{lead['level']}] {lead['title']} ({lead['state']})", markup=False)
    said = {
        status: [one["query"] for one in told["queries"] if one["status"] == status]
        for status in ("clear", "not_run", "not_asked")
    }
    for status, words in (
        ("clear", "asked, nothing found"),
        ("not_run", "not run, tables missing"),
        ("not_asked", "not asked"),
    ):
        if said[status]:
            console.print(f"{words}: {', '.join(said[status])}")
    if "cleared" in told:
        for one in told["cleared"]:
            console.print(f"no lead: {one['suspicion']}\n  because: {'；'.join(one['cleared'])}", markup=False)
        if not told["cleared"]:
            console.print("Nothing was cleared: without the reasons that clear there would be no lead either.")
