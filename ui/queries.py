"""What each query asks, what it needs, and where it may be wrong: the index of the packs, reading only."""

from collections import Counter

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from backend import exploration, leads
from backend.accounts import may
from backend.leads import LeadFilter
from ui.desk import DataReader, TheDesk, page

router = APIRouter()


@router.get("/queries")
def queries(request: Request, desk: TheDesk, viewer: DataReader) -> Response:
    delivered = desk.exploration.evidence.delivered()
    found: Counter[str] = Counter()
    if may(viewer, "see_leads"):
        with desk.ledger.reading() as session:
            facets = leads.find(session, viewer, LeadFilter(per_page=1)).facets["query"]
        found.update({facet.value: facet.count for facet in facets})
    return page(
        request,
        "queries.html",
        here="queries",
        packs=desk.packs,
        missing={query.id: query.missing(delivered) for query in desk.packs.queries},
        tables=exploration.vocabulary()["tables"],
        found=found,
    )


@router.get("/queries.json")
def queries_json(desk: TheDesk, viewer: DataReader) -> Response:
    delivered = desk.exploration.evidence.delivered()
    return JSONResponse(
        [
            {
                "id": query.id,
                "pack": query.pack.id,
                "title": dict(query.title),
                "status": query.status,
                "version": query.version,
                "missing": list(query.missing(delivered)),
            }
            for query in desk.packs.queries
        ]
    )
