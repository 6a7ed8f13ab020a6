"""Leads as files: JSON lines as the contract has them, CSV and XLSX for a spreadsheet, in which no cell can become a formula."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from sqlalchemy.orm import Session

from backend import audit, leads
from backend.accounts import NotAllowed, Viewer, require
from backend.leads import LeadFilter

FORMATS = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats and their media types."""

COLUMNS = (
    "key",
    "query",
    "pack",
    "query_version",
    "level",
    "title",
    "persons",
    "things",
    "amount",
    "from",
    "to",
    "rows",
    "for",
    "against",
    "state",
    "basis",
    "assignee",
    "first_seen",
    "last_seen",
)
"""The fields of the contract, one column each."""

LONGEST_CELL = 32_767
"""Characters a spreadsheet cell can hold (Excel specifications and limits)."""


def leads_file(session: Session, viewer: Viewer, filters: LeadFilter | None, form: str) -> bytes:
    """The leads the viewer may see under the filters, level first, then amount, as a file of one of `FORMATS`.
    Who took what is logged, so the session must be a writing one. Raises NotAllowed."""
    require(viewer, "export")
    if form not in FORMATS:
        raise NotAllowed(
            "no_such_format",
            f"没有 {form} 这种格式，请选 jsonl、csv 或 xlsx。",
            f"{form} is no format of the leads: choose jsonl, csv or xlsx.",
        )
    found = [leads.as_contract(lead) for lead in leads.in_order(session, viewer, filters)]
    narrowed = {
        name: value for name, value in vars(filters or LeadFilter()).items() if value != getattr(LeadFilter(), name)
    }
    audit.append(session, viewer.name, "export", "leads", {"format": form, "leads": len(found), "filters": narrowed})
    return file_of(found, form)


def file_of(found: Sequence[dict[str, Any]], form: str) -> bytes:
    """Leads of the contract as a file of one of `FORMATS`."""
    if form == "jsonl":
        return "".join(json.dumps(lead, ensure_ascii=False) + "\n" for lead in found).encode()
    rows = [_flat(lead) for lead in found]
    return csv_bytes(COLUMNS, rows) if form == "csv" else xlsx_bytes(COLUMNS, rows)


def neutral(cell: Any) -> Any:
    """The cell, with an apostrophe before a text that a spreadsheet would take for a formula."""
    if not isinstance(cell, str):
        return cell
    start = cell.lstrip(" \u3000\xa0\ufeff\u200b")[:1]
    return f"'{cell}" if start and start in "=+-@\t\r\n＝＋－＠" else cell


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file in UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet whose texts are texts, whatever they look like."""
    content = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(content, as_text) as workbook:
        sheet = workbook.add_worksheet()
        sheet.freeze_panes(1, 0)
        for number, row in enumerate([columns, *rows]):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, neutral(cell)[:LONGEST_CELL])
                elif cell is not None:
                    sheet.write_number(number, column, cell)
    return content.getvalue()


def _flat(lead: dict[str, Any]) -> list[Any]:
    """A lead of the contract as one row of cells."""
    told = {
        "persons": "；".join(f"{person['role']} {person['name']} {person['id']}" for person in lead["persons"]),
        "things": "；".join(f"{thing['label']} {thing['name']} {thing['key']}" for thing in lead["things"]),
        "rows": "；".join(f"{row['table']} {row['file']} {row['sheet'] or ''} {row['row']}" for row in lead["rows"]),
        "for": "；".join(lead["for"]),
        "against": "；".join(lead["against"]),
    }
    return [told.get(column, lead[column]) for column in COLUMNS]
