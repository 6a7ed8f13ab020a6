"""The commands that ask the evidence who says so: `says`, `conflicts`."""

import json
from datetime import date, datetime, time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.secret import home_of
from graph_loader.sources import load_sources
from graph_loader.testimony import CONFLICTS, conflicts, says_who

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def mount(app: typer.Typer) -> None:
    """Adds the commands to `guanxi`."""
    app.command("says")(says)
    app.command("conflicts")(list_conflicts)


def says(
    element: Annotated[
        str, typer.Argument(metavar="ELEMENT", help="`Label:key`, or `TYPE|Label:key|Label:key` for a relationship.")
    ],
    property: Annotated[str | None, typer.Option(help="Only this property.")] = None,
    at: Annotated[str | None, typer.Option(metavar="DATE", help="As the evidence was at the end of that day.")] = None,
    as_json: Json = False,
) -> None:
    """Who says what about a node or relationship: file, sheet and row behind each property, now or on an earlier day."""
    answer = says_who(Evidence(home_of(), at=end_of(at) if at else None), element, property)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    if not answer["there"]:
        raise GuanxiError(f"No row {'delivered by then' if at else 'in force'} speaks of {element}.")
    table = Table()
    for column in ("property", "", "value", "said by"):
        table.add_column(column)
    for one in answer["properties"]:
        if one["value"] is None and not one["others"] and not one["earlier"]:
            continue
        table.add_row(one["property"], one["zh"], _shown(one["value"]), _places(one["rows"]))
        for other in one["others"]:
            table.add_row("", "another says", _shown(other["value"]), _places(other["rows"]))
        for old in one["earlier"]:
            table.add_row("", "before", _shown(old["value"]), _places(old["rows"]))
    Console().print(table)


def list_conflicts(as_json: Json = False) -> None:
    """What departments disagree on: the value held and by which rule, and the others with their rows."""
    found, count = conflicts(Evidence(home_of()))
    if as_json:
        typer.echo(json.dumps({"count": count, "conflicts": found}, ensure_ascii=False))
        return
    table = Table()
    for column in ("element", "property", "held", "said by", "others", "said by"):
        table.add_column(column)
    for one in found:
        others = one["others"]
        table.add_row(
            one["element"],
            one["zh"],
            _shown(one["value"]),
            _places(one["rows"], 1),
            "\n".join(_shown(other["value"]) for other in others),
            "\n".join(_places(other["rows"], 1) for other in others),
        )
    Console().print(table if found else "No two rows in force disagree.")
    if count > len(found):
        typer.echo(f"The first {CONFLICTS:,} of {count:,}.")


def end_of(day: str) -> datetime:
    """The last moment of a day, local time. Raises GuanxiError for what is no date."""
    try:
        return datetime.combine(date.fromisoformat(day), time.max).astimezone()
    except ValueError as error:
        raise GuanxiError(f"{day!r} is no date: write it as 2020-05-17.") from error


def _shown(value: Any) -> str:
    return "；".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _places(rows: list[dict[str, Any]], most: int = 3) -> str:
    titles = {source.id: source.title for source in load_sources().values()}
    lines = [
        f"{titles[row['table']]} {row['delivery']} {row['file']} {row['sheet']} {row['row']}".replace("  ", " ")
        for row in rows[:most]
    ]
    return "\n".join([*lines, *([f"… {len(rows) - most} more"] if len(rows) > most else [])])
