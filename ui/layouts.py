"""Tables that wait for a person to say what their columns are, and the layouts that were confirmed."""

import re
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from backend import GuanxiError, audit, deliveries, exploration, mapping, mending
from backend.mapping import Answer, Waiting
from ui.deliveries import Sender
from ui.desk import TheDesk, language_of, page
from ui.words import say

router = APIRouter()

COLUMN, VALUE, ALWAYS = "column-", "value-", "always-"


@router.get("/layouts")
def listed(request: Request, desk: TheDesk, viewer: Sender) -> Response:
    evidence = desk.exploration.evidence
    return page(
        request,
        "layouts.html",
        here="data",
        waiting=mapping.pending(evidence, viewer),
        confirmed=mapping.confirmed(evidence),
        tables=exploration.vocabulary()["tables"],
    )


@router.get("/layouts/{signature}")
def opened(request: Request, desk: TheDesk, viewer: Sender, signature: str, table: str = "") -> Response:
    opened = Waiting(desk.exploration.evidence, mapping.one(desk.exploration.evidence, signature, viewer))
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "layout.open", signature, {"files": opened.waiting.files})
    return _page(request, desk, opened, opened.proposed(table if table in _tables() else ""))


@router.post("/layouts/{signature}/preview")
async def preview(request: Request, desk: TheDesk, viewer: Sender, signature: str) -> Response:
    opened = Waiting(desk.exploration.evidence, mapping.one(desk.exploration.evidence, signature, viewer))
    answer, twice = _answer(dict(await request.form()), opened)
    return _page(request, desk, opened, answer, twice, previewed=True)


@router.post("/layouts/{signature}/confirm")
async def confirm(request: Request, desk: TheDesk, viewer: Sender, signature: str) -> Response:
    waiting = mapping.one(desk.exploration.evidence, signature, viewer)
    opened = Waiting(desk.exploration.evidence, waiting)
    answer, twice = _answer(dict(await request.form()), opened)
    if twice or opened.read(answer).missing:
        return _page(request, desk, opened, answer, twice, previewed=True, status=422)
    with desk.ledger.writing() as session:
        told = {"table": answer.table, "columns": list(answer.columns.values()), "values": list(answer.values)}
        audit.append(session, viewer.name, "layout.confirm", signature, {**told, "files": waiting.files})
        mapping.confirm(desk.exploration.evidence, waiting, answer, viewer.name)
    if not mapping.is_read_anew(desk.home, waiting):
        return RedirectResponse("/layouts", 303)
    work = mapping.read_again(desk.home, viewer, waiting)
    deliveries.begin(desk.home, work)
    return RedirectResponse(f"/deliveries/work/{work.id}", 303)


@router.post("/layouts/{signature}/take-back")
def take_back(desk: TheDesk, viewer: Sender, signature: str) -> Response:
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "layout.take_back", signature)
        mapping.take_back(desk.exploration.evidence, signature, viewer)
    return RedirectResponse("/layouts#confirmed", 303)


def _tables() -> dict[str, str]:
    return {id: source.title for id, source in mending.departmental().items()}


def _answer(form: dict[str, Any], opened: Waiting) -> tuple[Answer, str]:
    """What the form says, and the column that it gives to two columns of the sheet, if it does."""
    table = str(form.get("table", ""))
    if table not in _tables():
        raise GuanxiError("There is no such table: open the page again.")
    columns: dict[int, str] = {}
    twice = ""
    for key, name in form.items():
        place = re.fullmatch(rf"{COLUMN}(\d{{1,4}})", key)
        if place and name and int(place[1]) < len(opened.waiting.written):
            twice = str(name) if name in columns.values() else twice
            columns[int(place[1])] = str(name)
    known = set(mapping.columns_of(table))
    columns = {at: name for at, name in columns.items() if name in known}
    values = {
        key.removeprefix(VALUE): str(cell).strip()[:200]
        for key, cell in form.items()
        if key.startswith(VALUE) and str(cell).strip() and key.removeprefix(VALUE) in known - set(columns.values())
    }
    return Answer(table, columns, values, frozenset(name for name in values if form.get(ALWAYS + name))), twice


def _page(
    request: Request,
    desk: TheDesk,
    opened: Waiting,
    answer: Answer,
    twice: str = "",
    previewed: bool = False,
    status: int = 200,
) -> Response:
    match = None if twice else opened.read(answer)
    missing = match.missing if match else ()
    asked = mapping.may_be_given(answer.table)
    ready = previewed and not twice and not missing
    problem = ""
    if twice:
        problem = say(language_of(request), "layouts.twice", column=twice)
    elif previewed and missing:
        problem = say(language_of(request), "layouts.missing", columns="、".join(missing))
    return page(
        request,
        "layout.html",
        here="data",
        status=status,
        waiting=opened.waiting,
        place=opened.place,
        likely=[one.table for one in opened.suggestions[:3]],
        tables=_tables(),
        answer=answer,
        columns=opened.columns(answer),
        choices=mapping.columns_of(answer.table),
        give=[(name, asked[name]) for name in asked if name in missing or name in answer.values],
        need=[name for name in missing if name not in asked],
        said=match.values if match else {},
        rows=opened.preview(answer, desk.exploration.secret) if ready else [],
        shown=list(dict.fromkeys([*answer.columns.values(), *(match.values if match else ())])),
        ready=ready,
        problem=problem,
    )
