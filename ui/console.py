"""The analysts' console: a query, its parameters, what it gives as table, network and file, and the queries that people keep."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.datastructures import FormData

from backend import console, exploration, saved_queries
from backend.accounts import Viewer
from backend.console import ROWS, SECONDS, Answer, Refused
from backend.detection import latest_day
from backend.exports import csv_bytes
from backend.packs import Query
from backend.saved_queries import KINDS, Typed, guessed, names_in, typed_from, values_of
from ui.desk import Anybody, Desk, TheDesk, language_of, page
from ui.display import shown
from ui.drawing import drawn
from ui.words import say

router = APIRouter()

MOST_ROWS = 10_000
"""Rows of a file; a page shows `ROWS`."""


def analyst(viewer: Anybody) -> Viewer:
    """A viewer who may use the console. Raises NotAllowed."""
    saved_queries.allow(viewer)
    return viewer


Analyst = Annotated[Viewer, Depends(analyst)]


@dataclass(frozen=True)
class Asked:
    """A text and its parameters, as they stand in the form."""

    text: str = ""
    typed: Mapping[str, Typed] | None = None

    @property
    def parameters(self) -> dict[str, Typed]:
        """Each parameter of the text with what was typed for it so far."""
        return {name: (self.typed or {}).get(name, Typed("text", "")) for name in names_in(self.text)}

    def as_view(self) -> dict[str, Any]:
        return {"text": self.text, "parameters": {name: vars(one) for name, one in self.parameters.items()}}


async def asked_in(request: Request) -> Asked:
    form: FormData = await request.form()

    def field(name: str) -> str:
        value = form.get(name, "")
        return value if isinstance(value, str) else ""

    text = field("text").replace("\r\n", "\n")
    typed = {
        name: Typed(field(f"kind-{name}") if field(f"kind-{name}") in KINDS else "text", field(f"value-{name}"))
        for name in names_in(text)
        if f"value-{name}" in form
    }
    return Asked(text, typed)


AskedIn = Annotated[Asked, Depends(asked_in)]


@router.get("/console")
def empty_console(request: Request, desk: TheDesk, viewer: Analyst) -> Response:
    return _page(request, desk, viewer, Asked())


@router.get("/console/view/{name}")
def viewed(request: Request, desk: TheDesk, viewer: Analyst, name: str) -> Response:
    """A query at its own address: text and parameters, not yet run."""
    return _page(request, desk, viewer, _kept_view(desk, name))


@router.get("/console/saved/{id}")
def saved(request: Request, desk: TheDesk, viewer: Analyst, id: int) -> Response:
    with desk.ledger.reading() as session:
        found = saved_queries.kept_query(session, viewer, id)
        asked = Asked(found.text, typed_from(found.parameters))
        told = {"id": found.id, "name": found.name, "description": found.description, "shared": found.shared}
        told["own"] = found.account_id == viewer.id
    return _page(request, desk, viewer, asked, saved=told)


@router.get("/console/pack/{id}")
def built_in(request: Request, desk: TheDesk, viewer: Analyst, id: str) -> Response:
    query = desk.packs.query(id)
    if query is None:
        raise exploration.NotThere(say(language_of(request), "queries.unknown", id=id[:60]))
    return _page(request, desk, viewer, _of_pack(desk, query))


@router.post("/console/parameters")
def parameters(request: Request, desk: TheDesk, viewer: Analyst, asked: AskedIn) -> Response:
    """The form for the parameters of a text that is being written."""
    return page(request, "console.html", block="parameters", asked=asked, kinds=_kinds(request))


@router.post("/console/run")
def run(
    request: Request, desk: TheDesk, viewer: Analyst, asked: AskedIn, ticket: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    answer, refused = _ask(request, desk, viewer, asked, ROWS, ticket)
    view = exploration.keep_view(desk.home, asked.as_view())
    if request.headers.get("hx-request"):
        return page(request, "console.html", block="result", answer=answer, refused=refused, view=view)
    return _page(request, desk, viewer, asked, answer=answer, refused=refused, view=view)


@router.post("/console/stop")
def stop(desk: TheDesk, viewer: Analyst, ticket: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Ends the server's work on the viewer's own query."""
    return JSONResponse({"stopped": desk.exploration.ask(console.stop, _ticket(viewer, ticket))})


@router.post("/console/result.{form}")
def result(request: Request, desk: TheDesk, viewer: Analyst, asked: AskedIn, form: str) -> Response:
    """The whole answer as a file."""
    answer, refused = _ask(request, desk, viewer, asked, MOST_ROWS, "")
    if form not in ("csv", "json") or answer is None:
        return _page(request, desk, viewer, asked, refused=refused)
    if form == "json":
        told = {"columns": answer.columns, "rows": answer.rows, "more": answer.more}
        content, media = json.dumps(told, ensure_ascii=False).encode(), "application/json"
    else:
        rows = [[shown(cell) if isinstance(cell, dict | list) else cell for cell in row] for row in answer.rows]
        content, media = csv_bytes(answer.columns, rows), "text/csv; charset=utf-8"
    headers = {"Content-Disposition": f"attachment; filename=query.{form}", "Cache-Control": "no-store"}
    return Response(content, media_type=media, headers=headers)


@router.get("/console/view/{name}/network.json")
def network(request: Request, desk: TheDesk, viewer: Analyst, name: str) -> Response:
    """What a query gives, drawn: its nodes, and the relationships it gives with both their ends."""
    answer, refused = _ask(request, desk, viewer, _kept_view(desk, name), ROWS, "")
    if answer is None:
        return JSONResponse({"error": refused}, 400)
    given = {"nodes": list(answer.nodes), "edges": list(answer.edges)}
    return JSONResponse(drawn(given, language_of(request), viewer.money_unit))


@router.post("/console/save")
def save(
    desk: TheDesk,
    viewer: Analyst,
    asked: AskedIn,
    name: Annotated[str, Form()] = "",
    description: Annotated[str, Form()] = "",
    shared: Annotated[bool, Form()] = False,
) -> Response:
    with desk.ledger.writing() as session:
        number = saved_queries.keep(session, viewer, name, description, asked.text, asked.parameters, shared).id
    return RedirectResponse(f"/console/saved/{number}", 303)


@router.post("/console/saved/{id}/forget")
def forget(desk: TheDesk, viewer: Analyst, id: int) -> Response:
    with desk.ledger.writing() as session:
        saved_queries.forget(session, viewer, id)
    return RedirectResponse("/console", 303)


def _ask(
    request: Request, desk: Desk, viewer: Viewer, asked: Asked, rows: int, ticket: str
) -> tuple[Answer | None, str]:
    """The answer, or why there is none. Either goes into the history."""
    answer, refused = None, ""
    try:
        values = values_of(asked.text, asked.parameters)
        mark = _ticket(viewer, ticket) if ticket else ""
        answer = desk.exploration.ask(console.ask, asked.text, values, rows, SECONDS, mark)
    except Refused as why:
        refused = why.zh if language_of(request) == "zh" else why.en
    with desk.ledger.writing() as session:
        told = (len(answer.rows), answer.seconds) if answer else (None, 0.0)
        saved_queries.remember(session, viewer, asked.text, asked.parameters, *told)
    return answer, refused


def _ticket(viewer: Viewer, ticket: str) -> str:
    """Nobody stops another's query by guessing its ticket."""
    return f"{viewer.name}/{ticket}"


def _page(
    request: Request,
    desk: Desk,
    viewer: Viewer,
    asked: Asked,
    answer: Answer | None = None,
    refused: str = "",
    view: str = "",
    saved: Mapping[str, Any] | None = None,
) -> Response:
    with desk.ledger.reading() as session:
        kept = [
            {"id": one.id, "name": one.name, "description": one.description, "own": one.account_id == viewer.id,
             "by": one.account.display_name}
            for one in saved_queries.kept_queries(session, viewer)
        ]  # fmt: skip
        history = [
            {"text": one.text, "at": one.at, "rows": one.rows, "view": _view_of(desk, one.text, one.parameters)}
            for one in saved_queries.history(session, viewer)
        ]
    return page(
        request,
        "console.html",
        here="queries",
        asked=asked,
        answer=answer,
        refused=refused,
        view=view,
        saved=saved,
        kept=kept,
        history=history,
        packs=desk.packs,
        kinds=_kinds(request),
        example=console.EXAMPLE,
        ticket=secrets.token_hex(8),
    )


def _kept_view(desk: Desk, name: str) -> Asked:
    view = exploration.kept_view(desk.home, name)
    return Asked(str(view.get("text", "")), typed_from(view.get("parameters", {})))


def _view_of(desk: Desk, text: str, parameters: Mapping[str, Mapping[str, str]]) -> str:
    return exploration.keep_view(desk.home, {"text": text, "parameters": dict(parameters)})


def _of_pack(desk: Desk, query: Query) -> Asked:
    """A pack's query with its defaults, as of the day the packs would run."""
    typed = {name: guessed(value) for name, value in query.defaults.items()}
    if "$as_of" in query.text:
        typed["as_of"] = guessed(desk.exploration.ask(latest_day))
    if query.is_about_leads:
        typed["leads"] = Typed("list", "")
    return Asked(query.text, typed)


def _kinds(request: Request) -> dict[str, str]:
    place = 0 if language_of(request) == "zh" else 1
    return {kind: saved_queries.WORDS[kind][place] for kind in KINDS}
