"""Whom rows without an ID number mean: candidates side by side, what was decided, and what disagrees about identity."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from backend import GuanxiError, exploration, review
from backend.accounts import NotAllowed, Viewer, may
from ui.desk import Desk, Reader, TheDesk, language_of, page, refusal
from ui.words import say

router = APIRouter()

SHOWN = 20
"""Items on a page: one with its candidates takes half a screen."""
SHOWN_REPORT = 50
"""Records of a report that the page lists; `/review.json` has them all."""


@router.get("/review")
def review_page(request: Request, desk: TheDesk, viewer: Reader, at: int = 1, done: str = "") -> Response:
    review.note_opening(desk.ledger, viewer)
    return _page(request, desk, viewer, at, done=done)


@router.get("/review.json")
def review_json(desk: TheDesk, viewer: Reader) -> Response:
    review.note_opening(desk.ledger, viewer)
    with review.opened(desk.home) as opened:
        items = review.waiting(opened, viewer)
        return JSONResponse(review.as_json(opened, items, review.reports(desk.home, viewer)))


@router.post("/review/items/{item}")
def decide(
    request: Request,
    desk: TheDesk,
    viewer: Reader,
    item: str,
    person: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    at: Annotated[int, Form()] = 1,
) -> Response:
    """Confirms the person, or that none of the candidates is meant; what is refused is said on the page as it now stands."""
    try:
        delivery = desk.exploration.ask(
            lambda driver: review.decide(desk.home, driver, desk.ledger, viewer, item, person or None, reason)
        )
    except NotAllowed as problem:
        return _page(request, desk, viewer, at, problem=refusal(request, problem))
    except exploration.EngineLost:
        raise
    except GuanxiError:
        return _page(request, desk, viewer, at, problem=say(language_of(request), "review.gone"))
    return RedirectResponse(f"/review?at={at}&done={delivery}", 303)


@router.post("/review/decisions/{delivery}")
def take_back(request: Request, desk: TheDesk, viewer: Reader, delivery: str) -> Response:
    """Withdraws a decision: its row waits again."""
    try:
        desk.exploration.ask(lambda driver: review.take_back(desk.home, driver, desk.ledger, viewer, delivery))
    except NotAllowed as problem:
        return _page(request, desk, viewer, 1, problem=refusal(request, problem))
    except exploration.EngineLost:
        raise
    except GuanxiError:
        return _page(request, desk, viewer, 1, problem=say(language_of(request), "review.gone"))
    return RedirectResponse("/review", 303)


def _page(request: Request, desk: Desk, viewer: Viewer, at: int, done: str = "", problem: str = "") -> Response:
    with review.opened(desk.home) as opened:
        items = review.waiting(opened, viewer)
        pages = max(1, -(-len(items) // SHOWN))
        at = min(max(at, 1), pages)
        shown = [(item, opened.candidates(item)) for item in items[(at - 1) * SHOWN : at * SHOWN]]
        decisions = opened.decisions if not viewer.towns else []
        return page(
            request,
            "review.html",
            here="review",
            status=403 if problem else 200,
            items=shown,
            count=len(items),
            at=at,
            pages=pages,
            decisions=decisions,
            done=next((decision for decision in opened.decisions if decision.delivery == done), None),
            reports=review.reports(desk.home, viewer),
            most=SHOWN_REPORT,
            tables=exploration.vocabulary()["tables"],
            problem=problem,
            may_decide=may(viewer, "identify"),
            where=lambda row: f"{row['file']}{' · ' + row['sheet'] if row['sheet'] else ''}",
        )
