"""The commands for those who mend tables: `quarantine`, `template`."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from backend import exports, mending
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence
from graph_loader.secret import home_of
from guanxi.output import put_out

COLUMNS = ("delivery", "file", "sheet", "row", "column", "value", "reason")


def mount(app: typer.Typer) -> None:
    """Adds the commands to `guanxi`."""
    app.command("quarantine")(quarantine)
    app.command("template")(template)


def quarantine(
    form: Annotated[str, typer.Option("--format", metavar="jsonl|csv|xlsx")] = "jsonl",
    sender: Annotated[
        str, typer.Option(metavar="DEPARTMENT", help="Only tables of this department, as `--senders` lists them.")
    ] = "",
    senders: Annotated[
        bool, typer.Option("--senders", help="Lists the departments and how many rows wait for each.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output when left out.")] = None,
) -> None:
    """Every quarantined row, the cell that is wrong and how to mend it; xlsx is a workbook to mend and load again."""
    evidence = Evidence(home_of())
    records = mending.records(evidence)
    if senders:
        for name, count in Counter(record["sender"] for record in records).items():
            typer.echo(f"{count:>7,}  {name}")
        return
    if sender and sender not in {record["sender"] for record in records}:
        raise GuanxiError(f"Nothing of {sender!r} is quarantined: `guanxi quarantine --senders` lists whose rows are.")
    records = [record for record in records if sender in ("", record["sender"])]
    if form == "jsonl":
        rows = [{column: record[column] for column in COLUMNS} for record in records]
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    elif form == "csv":
        content = exports.csv_bytes(COLUMNS, [[record[column] for column in COLUMNS] for record in records])
    elif form == "xlsx":
        content = mending.workbook(records, evidence.sources)
    else:
        raise GuanxiError(f"There is no format {form!r}: use jsonl, csv or xlsx.")
    put_out(content, out)


def template(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Id or Chinese title of a table.")],
    out: Annotated[Path | None, typer.Option(help="The file to write; TABLE.xlsx here when left out.")] = None,
) -> None:
    """An empty workbook for a table: headers (required ones with *), notes, drop-down lists, explanations."""
    source = mending.source_of(table)
    path = out or Path(f"{source.title}.xlsx")
    put_out(mending.template(source), path)
    typer.echo(f"{path} is ready to be filled in.", err=True)
