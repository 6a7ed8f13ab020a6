"""What each query asks, what it needs, what it could not look at, how often it was right: the index, and a page for each."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse

from backend import exploration, leads, saved_queries, tuning
from backend.accounts import Viewer, may
from backend.cases import Example, example
from backend.coverage import town_names
from backend.exploration import NotThere
from backend.gaps import outlooks
from backend.leads import LeadFilter
from backend.packs import Query
from backend.precision import Precision, precisions
from backend.runs import open_leads
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
    return _page(request, desk, viewer, _query(request, desk, id))


@router.post("/queries/{id}/try")
async def try_parameters(request: Request, desk: TheDesk, viewer: DataReader, id: str) -> Response:
    """What other parameters would change, beside what was found and decided before."""
    saved_queries.allow(viewer)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_tried, request, desk, viewer, _query(request, desk, id), form)


@router.post("/queries/{id}/set")
async def set_parameters(request: Request, desk: TheDesk, viewer: DataReader, id: str) -> Response:
    """Sets the parameters from the next run on."""
    saved_queries.allow(viewer)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    asked = _query(request, desk, id)
    with desk.ledger.writing() as session:
        tuning.set_values(session, viewer, asked, tuning.read_values(asked, form), form.get("reason", ""))
    return RedirectResponse(f"/queries/{id}#parameters", 303)


def _tried(request: Request, desk: Desk, viewer: Viewer, asked: Query, form: dict[str, str]) -> Response:
    values = tuning.read_values(asked, form)
    with desk.ledger.reading() as session:
        others = list(open_leads(session, desk.packs)) if asked.is_about_leads else []

        def look(driver: Any) -> tuning.Difference:
            return tuning.try_out(desk.home, driver, session, asked, values, others)

        return _page(request, desk, viewer, asked, typed=form, difference=desk.exploration.ask(look))


def _page(
    request: Request,
    desk: Desk,
    viewer: Viewer,
    asked: Query,
    typed: Mapping[str, str] | None = None,
    difference: tuning.Difference | None = None,
) -> Response:
    id, examples = asked.id, [example(path) for path in asked.cases]
    with desk.ledger.reading() as session:
        settings = tuning.history(session, id)
    return page(
        request,
        "query.html",
        here="queries",
        query=asked,
        typed=typed or {},
        difference=difference,
        settings=settings,
        written=desk.packs.query(id),
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
    with desk.ledger.reading() as session:
        asked = tuning.in_force(session, desk.packs).query(id)
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
