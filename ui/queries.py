"""What each query asks, what it needs, what it could not look at, how often it was right: the index, and a page for each."""

from collections import Counter

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from backend import exploration, leads
from backend.accounts import Viewer, may
from backend.cases import Example, example
from backend.coverage import town_names
from backend.exploration import NotThere
from backend.gaps import outlooks
from backend.leads import LeadFilter
from backend.packs import Query
from backend.precision import Precision, precisions
from ui.desk import DataReader, Desk, TheDesk, language_of, page
from ui.words import say

router = APIRouter()


@router.get("/queries")
def queries(request: Request, desk: TheDesk, viewer: DataReader) -> Response:
    evidence = desk.exploration.evidence
    return page(
        request,
        "queries.html",
        here="queries",
        packs=desk.packs,
        missing=_missing(desk),
        outlooks=outlooks(evidence, desk.packs),
        tables=exploration.vocabulary()["tables"],
        found=_found(desk, viewer),
        precision=_precisions(desk),
    )


@router.get("/queries.json")
def queries_json(desk: TheDesk, viewer: DataReader) -> Response:
    missing, looks = _missing(desk), outlooks(desk.exploration.evidence, desk.packs)
    return JSONResponse(
        [
            {
                "id": query.id,
                "pack": query.pack.id,
                "title": dict(query.title),
                "status": query.status,
                "version": query.version,
                "missing": list(missing[query.id]),
                **looks[query.id].as_json(),
            }
            for query in desk.packs.queries
        ]
    )


@router.get("/queries/{id}")
def query(request: Request, desk: TheDesk, viewer: DataReader, id: str) -> Response:
    """The page of one query, made of its files, of what was handed in and of what people decided."""
    asked = _query(request, desk, id)
    examples = [example(path) for path in asked.cases]
    return page(
        request,
        "query.html",
        here="queries",
        query=asked,
        missing=asked.missing(desk.exploration.evidence.delivered()),
        outlook=outlooks(desk.exploration.evidence, desk.packs)[id],
        towns=town_names(desk.exploration.evidence),
        tables=exploration.vocabulary()["tables"],
        found=_found(desk, viewer)[id],
        precision=_precisions(desk).get(id),
        shown=_shown(asked, examples),
        examples={kind: [one for one in examples if one.kind == kind] for kind in ("hit", "miss", "gap")},
        words=leads.WORDS,
    )


def _query(request: Request, desk: Desk, id: str) -> Query:
    asked = desk.packs.query(id)
    if asked is None:
        raise NotThere(say(language_of(request), "queries.unknown", id=id[:60]))
    return asked


def _shown(query: Query, examples: list[Example]) -> Example | None:
    """The smallest case that points at somebody as urgently as the query does."""
    hits = [one for one in examples if any(lead.level == query.pointing[0] for lead in one.leads)]
    return min(hits or examples, key=lambda one: sum(map(len, one.tables.values())), default=None)


def _missing(desk: Desk) -> dict[str, tuple[str, ...]]:
    delivered = desk.exploration.evidence.delivered()
    return {query.id: query.missing(delivered) for query in desk.packs.queries}


def _found(desk: Desk, viewer: Viewer) -> Counter[str]:
    """Query id → leads that the viewer may see."""
    found: Counter[str] = Counter()
    if may(viewer, "see_leads"):
        with desk.ledger.reading() as session:
            facets = leads.find(session, viewer, LeadFilter(per_page=1)).facets["query"]
        found.update({facet.value: facet.count for facet in facets})
    return found


def _precisions(desk: Desk) -> dict[str, Precision]:
    with desk.ledger.reading() as session:
        return precisions(session)
