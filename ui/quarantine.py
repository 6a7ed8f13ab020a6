"""What waits to be mended: why, where, and the workbook to mend it in; and empty workbooks to fill in."""

from collections import Counter
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request, Response

from backend import audit, deliveries, exploration, mending
from backend.exports import FORMATS
from backend.mending import Wish
from ui.deliveries import Sender
from ui.desk import DataReader, TheDesk, page

router = APIRouter()

ROWS_A_PAGE = 30
FACETS = ("sender", "table", "reason", "delivery", "file")
MOST_CHOICES = 30
"""Choices of a facet that are listed, the most frequent first."""


def wish(delivery: str = "", sender: str = "", table: str = "", file: str = "", reason: str = "") -> Wish:
    """What the address asks for."""
    return Wish(delivery, sender, table, file, reason)


TheWish = Annotated[Wish, Depends(wish)]


@router.get("/quarantine")
def listed(request: Request, desk: TheDesk, viewer: DataReader, wanted: TheWish, at: int = 1) -> Response:
    evidence = desk.exploration.evidence
    everything = mending.records(evidence, viewer)
    found = [record for record in everything if wanted.fits(record)]
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    at = min(max(at, 1), pages)
    return page(
        request,
        "quarantine.html",
        here="data",
        everything=len(everything),
        found=len(found),
        rows=[
            (record, mending.masked_row(record, evidence.sources))
            for record in found[(at - 1) * ROWS_A_PAGE : at * ROWS_A_PAGE]
        ],
        facets=[(part, _choices(everything, wanted, part)) for part in FACETS],
        wanted=vars(wanted),
        senders=Counter(record["sender"] for record in found).most_common(),
        address=lambda **change: _address(wanted, **change),
        at=at,
        pages=pages,
        tables=exploration.vocabulary()["tables"],
        anything=bool(deliveries.seen(evidence, viewer)),
    )


def _choices(everything: list[dict[str, object]], wanted: Wish, part: str) -> list[tuple[str, int]]:
    """The values of one facet with the records that have them under the other facets."""
    others = Wish(**{**vars(wanted), part: ""})
    counts: Counter[str] = Counter()
    for record in everything:
        if others.fits(record):
            values = record["reasons"] if part == "reason" else [record[part]]
            counts.update({str(value) for value in values})  # type: ignore[attr-defined]
    return counts.most_common(MOST_CHOICES)


def _address(wanted: Wish, **change: str | int) -> str:
    asked = {name: value for name, value in {**vars(wanted), **change}.items() if value}
    return "/quarantine" + (f"?{urlencode(asked)}" if asked else "")


@router.get("/quarantine.xlsx")
def workbook(desk: TheDesk, viewer: Sender, wanted: TheWish) -> Response:
    """The workbook to mend, with full numbers: who took it is logged first."""
    evidence = desk.exploration.evidence
    found = [record for record in mending.records(evidence, viewer) if wanted.fits(record)]
    narrowed = {name: value for name, value in vars(wanted).items() if value}
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "quarantine.export", "quarantine", {"rows": len(found), "filters": narrowed})
    return _download(
        mending.workbook(found, evidence.sources), f"待修数据{'_' + wanted.sender if wanted.sender else ''}.xlsx"
    )


@router.get("/quarantine/original")
def original(
    request: Request, desk: TheDesk, viewer: DataReader, delivery: str, file: str, sheet: str = "", row: int = 1
) -> Response:
    deliveries.opened(desk.exploration.evidence, viewer, delivery)
    place = {"delivery": delivery, "file": file, "sheet": sheet, "row": row}
    return page(request, "quarantine_original.html", here="data", row=place, around=desk.original(viewer, place))


@router.get("/templates")
def templates(request: Request, viewer: DataReader) -> Response:
    return page(request, "templates.html", here="data", sources=mending.departmental().values())


@router.get("/templates/{table}.xlsx")
def template(viewer: DataReader, table: str) -> Response:
    source = mending.source_of(table)
    return _download(mending.template(source), f"{source.title}_模板.xlsx")


def _download(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(content, media_type=FORMATS["xlsx"], headers=headers)
