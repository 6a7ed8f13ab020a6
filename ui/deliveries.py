"""Handing in, how far the loading is, the receipt of a delivery, and taking one back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.requests import ClientDisconnect

from backend import GuanxiError, accounts, audit, deliveries, exploration, mending
from backend.accounts import NotAllowed, Viewer
from backend.coverage import covered_by, town_names
from backend.deliveries import Arriving, TooMuch, Work
from ui.coverage import matrix
from ui.desk import DataReader, Desk, TheDesk, language_of, page, refusal, signed_in
from ui.receiving import receive
from ui.words import say

router = APIRouter()

COUNTS = ("read", "loaded", "unchanged", "corrected", "duplicate", "quarantined")
STAGES = ("received", "read", "kept", "state", "written")
CHANGES = ("created", "changed", "deleted")


def sender(viewer: Annotated[Viewer, Depends(signed_in)]) -> Viewer:
    """A viewer who may hand in. Raises NotAllowed."""
    accounts.require(viewer, "load")
    return viewer


Sender = Annotated[Viewer, Depends(sender)]


@router.get("/deliveries")
def listed(request: Request, desk: TheDesk, viewer: DataReader) -> Response:
    evidence = desk.exploration.evidence
    found = deliveries.seen(evidence, viewer)
    work = [(each, deliveries.state_of(desk.home, each)) for each in deliveries.all_work(desk.home, viewer)]
    return page(
        request,
        "deliveries.html",
        here="data",
        deliveries=found,
        counts=COUNTS,
        refused={each.id: len(deliveries.unread(each)) for each in found},
        unfinished=[(each, state) for each, state in work if state["state"] != "done"],
        first=_titles("divisions", "residents", "village_cadres", "officials", "programmes", "payments"),
        anything=bool(evidence.in_force()),
    )


@router.get("/deliveries.json")
def listed_json(desk: TheDesk, viewer: DataReader) -> Response:
    return JSONResponse([each.as_receipt() for each in deliveries.seen(desk.exploration.evidence, viewer)])


# Handing in


@router.get("/deliveries/new")
def new(request: Request, viewer: Sender) -> Response:
    return _form(request)


@router.post("/deliveries/new")
async def hand_in(request: Request, desk: TheDesk, viewer: Sender) -> Response:
    if int(request.headers.get("content-length", 0)) > deliveries.MOST_BYTES:
        return _form(request, _too_much(request, TooMuch("bytes", deliveries.MOST_BYTES)), 413)
    arriving = Arriving(desk.home, viewer)
    try:
        fields = await receive(request.headers.get("content-type", ""), request.stream(), arriving)
        work = arriving.complete(fields.get("note", ""), fields.get("full_list") == "on")
    except TooMuch as much:
        arriving.give_up()
        return _form(request, _too_much(request, much), 413)
    except NotAllowed as refused:
        arriving.give_up()
        return _form(request, refusal(request, refused), 422)
    except ClientDisconnect:
        arriving.give_up()
        return Response(status_code=400)
    except ValueError:
        arriving.give_up()
        return _form(request, say(language_of(request), "handin.broken"), 400)
    except GuanxiError as error:
        arriving.give_up()
        return _form(request, str(error), 507)
    await run_in_threadpool(_register, desk, viewer, work)
    return RedirectResponse(f"/deliveries/work/{work.id}", 303)


def _register(desk: Desk, viewer: Viewer, work: Work) -> None:
    """What was handed in goes on the log, then its loading begins."""
    told = {"files": len(work.files), "bytes": sum(work.files.values()), "full_list": work.full_list, "note": work.note}
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "delivery.upload", work.id, told)
    deliveries.begin(desk.home, work)


def _form(request: Request, problem: str = "", status: int = 200) -> Response:
    return page(
        request,
        "handin.html",
        here="data",
        status=status,
        problem=problem,
        most_bytes=deliveries.MOST_BYTES,
        most_files=deliveries.MOST_FILES,
        longest_note=deliveries.LONGEST_NOTE,
        words=_script_words(request),
    )


def _script_words(request: Request) -> dict[str, str]:
    """The sentences that the script of the page needs."""
    language = language_of(request)
    keys = ("chosen", "sending", "sent", "lost", "too_much.bytes", "too_much.files", "remove")
    limit = {"too_much.bytes": _size(deliveries.MOST_BYTES), "too_much.files": f"{deliveries.MOST_FILES:,}"}
    return {
        key: say(
            language, f"handin.{key}", **({"limit": limit[key]} if key in limit else {"n": "{n}", "size": "{size}"})
        )
        for key in keys
    }


def _too_much(request: Request, much: TooMuch) -> str:
    limit = _size(much.limit) if much.code == "bytes" else f"{much.limit:,}"
    return say(language_of(request), f"handin.too_much.{much.code}", limit=limit)


def _size(size: int) -> str:
    return f"{size / 1e9:,.0f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


# How far it is


@router.get("/deliveries/work/{id}")
def work_page(request: Request, desk: TheDesk, viewer: DataReader, id: str) -> Response:
    return _work_page(request, desk, viewer, deliveries.work_of(desk.home, viewer, id))


@router.get("/deliveries/work/{id}/progress")
def work_progress(request: Request, desk: TheDesk, viewer: DataReader, id: str) -> Response:
    return _work_page(request, desk, viewer, deliveries.work_of(desk.home, viewer, id), "progress")


@router.post("/deliveries/work/{id}/begin")
def work_begin(desk: TheDesk, viewer: Sender, id: str) -> Response:
    work = deliveries.work_of(desk.home, viewer, id)
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "delivery.begin", work.id)
    deliveries.begin(desk.home, work)
    return RedirectResponse(f"/deliveries/work/{work.id}", 303)


@router.post("/deliveries/work/{id}/discard")
def work_discard(desk: TheDesk, viewer: Sender, id: str) -> Response:
    work = deliveries.work_of(desk.home, viewer, id)
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "delivery.discard", work.id)
        deliveries.discard(desk.home, viewer, work)
    return RedirectResponse("/deliveries", 303)


def _work_page(request: Request, desk: Desk, viewer: Viewer, work: Work, block: str = "") -> Response:
    state = deliveries.state_of(desk.home, work)
    delivery = state.get("delivery", work.delivery)
    kept = next((each for each in deliveries.seen(desk.exploration.evidence, viewer) if each.id == delivery), None)
    return page(
        request,
        "work.html",
        here="data",
        block=block,
        work=work,
        state=state,
        stages=STAGES if work.kind == "load" else STAGES[3:],
        counts=COUNTS,
        totals=_totals(state.get("receipt", {}).get("files", [])),
        kept=kept,
        waiting=kept.waiting if kept and not kept.withdrawn else (),
        refused=_refused(state.get("receipt", {}), kept),
    )


def _refused(receipt: dict[str, Any], kept: Any) -> dict[str, str]:
    """File → why it was refused, as this time's receipt says, also where the delivery itself is somebody else's."""
    waiting = {sheet.file for sheet in kept.waiting} if kept else set()
    return {each["file"]: each["why"] for each in receipt.get("refused", []) if each["file"] not in waiting}


def _totals(entries: list[dict[str, Any]]) -> dict[str, int]:
    return {count: sum(entry[count] for entry in entries) for count in COUNTS}


# The receipt


@router.get("/deliveries/{id}.json")
def receipt_json(desk: TheDesk, viewer: DataReader, id: str) -> Response:
    evidence = desk.exploration.evidence
    delivery = deliveries.opened(evidence, viewer, id)
    return JSONResponse(delivery.as_receipt() | deliveries.graph_totals(desk.home, id))


@router.get("/deliveries/{id}")
def receipt(request: Request, desk: TheDesk, viewer: DataReader, id: str) -> Response:
    evidence = desk.exploration.evidence
    delivery = deliveries.opened(evidence, viewer, id)
    titles = exploration.vocabulary()["tables"]
    cover = covered_by(evidence, id)
    return page(
        request,
        "delivery.html",
        here="data",
        delivery=delivery,
        counts=COUNTS,
        tables=titles,
        refused=deliveries.unread(delivery),
        doubtful=mending.doubtful(evidence, delivery),
        cover=matrix(
            cover,
            {table: titles[table] for table in titles if table in delivery.tables()},
            town_names(evidence),
            say(language_of(request), "coverage.nowhere"),
            frozenset(each.town for each in cover),
        ),
        changes=[
            (step, _named(changed, language_of(request)), changed["seconds"])
            for step, changed in deliveries.changes_of(desk.home, id).items()
        ],
        kinds_of_change=CHANGES,
        may_withdraw=deliveries.may_withdraw(viewer, delivery),
    )


def _named(changed: dict[str, Any], language: str) -> list[tuple[str, dict[str, int]]]:
    """Kind by name → how many were created, changed and deleted, the most touched first."""
    vocabulary = exploration.vocabulary()
    place = 0 if language == "zh" else 1
    kinds: dict[str, dict[str, int]] = {}
    for count in CHANGES:
        for kind, number in changed[count].items():
            words = vocabulary["labels"].get(kind) or vocabulary["types"].get(kind) or (kind, kind)
            kinds.setdefault(words[place], dict.fromkeys(CHANGES, 0))[count] += number
    return sorted(kinds.items(), key=lambda kind: -sum(kind[1].values()))


# Taking one back


@router.get("/deliveries/{id}/withdraw")
def second_look(request: Request, desk: TheDesk, viewer: Sender, id: str) -> Response:
    return _second_look(request, desk, viewer, id)


@router.post("/deliveries/{id}/withdraw")
def withdraw(request: Request, desk: TheDesk, viewer: Sender, id: str, why: Annotated[str, Form()] = "") -> Response:
    delivery = deliveries.opened(desk.exploration.evidence, viewer, id)
    try:
        work = deliveries.hand_in_withdrawal(desk.home, viewer, delivery, why)
    except NotAllowed as refused:
        if refused.code != "no_reason":
            raise
        return _second_look(request, desk, viewer, id, refusal(request, refused), 422)
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "delivery.withdraw.asked", id, {"why": work.note, "work": work.id})
    deliveries.begin(desk.home, work)
    return RedirectResponse(f"/deliveries/work/{work.id}", 303)


def _second_look(
    request: Request, desk: Desk, viewer: Viewer, id: str, problem: str = "", status: int = 200
) -> Response:
    evidence = desk.exploration.evidence
    delivery = deliveries.opened(evidence, viewer, id)
    if not deliveries.may_withdraw(viewer, delivery):
        return RedirectResponse(f"/deliveries/{id}", 303)
    return page(
        request,
        "withdraw.html",
        here="data",
        status=status,
        delivery=delivery,
        losses=deliveries.losses(evidence, delivery),
        tables=exploration.vocabulary()["tables"],
        longest=deliveries.LONGEST_NOTE,
        problem=problem,
    )


def _titles(*tables: str) -> list[str]:
    titles = exploration.vocabulary()["tables"]
    return [titles[table] for table in tables]
