"""What was delivered, what became of it, and what could not be read. Reading only; deliveries are taken in on the command line."""

from collections import Counter

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from backend import exploration
from ui.desk import DataReader, TheDesk, page

router = APIRouter()

COUNTS = ("read", "loaded", "unchanged", "corrected", "duplicate", "quarantined")
WORST = 200
"""Kinds of quarantined cells a page lists, the most frequent first."""


@router.get("/data")
def data(request: Request, desk: TheDesk, viewer: DataReader) -> Response:
    evidence = desk.exploration.evidence
    deliveries = list(reversed(evidence.deliveries()))
    tables = exploration.vocabulary()["tables"]
    wrong = Counter((row["file"], row["sheet"], row["column"], row["reason"]) for row in evidence.quarantine())
    return page(
        request,
        "data.html",
        here="data",
        deliveries=deliveries,
        counts=COUNTS,
        tables=tables,
        absent_titles="、".join(
            title for id, title in tables.items() if id not in evidence.delivered() | {"identifications"}
        ),
        wrong=wrong.most_common(WORST),
        quarantined=wrong.total(),
    )


@router.get("/data.json")
def data_json(desk: TheDesk, viewer: DataReader) -> Response:
    return JSONResponse([delivery.as_receipt() for delivery in desk.exploration.evidence.deliveries()])
