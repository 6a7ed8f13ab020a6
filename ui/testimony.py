"""Who says so: the rows behind each property of a subject, now or on an earlier day; and what departments disagree on."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from backend import audit, exploration
from backend.accounts import Viewer
from ui.desk import Desk, Reader, TheDesk, language_of, page
from ui.drawing import title, verb
from ui.explore import address, in_towns, within_towns

router = APIRouter()

LISTED = 200
"""Disagreements a page lists; `guanxi conflicts` lists more."""


@router.get("/data/conflicts")
def conflicts(request: Request, desk: TheDesk, viewer: Reader) -> Response:
    found, count = desk.exploration.conflicts(LISTED)
    if viewer.towns:
        found = [one for one in found if _open_to(desk, viewer, one["element"])]
        count = len(found)
    language = language_of(request)
    lines = [
        one | {"what": _what(one["element"], language), "address": _address(desk, one["element"])} for one in found
    ]
    tables = exploration.vocabulary()["tables"]
    return page(request, "conflicts.html", here="data", conflicts=lines, count=count, tables=tables)


@router.post("/explore/says")
def says(
    request: Request,
    desk: TheDesk,
    viewer: Reader,
    id: Annotated[str, Form(max_length=700)],
    at: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Every property of an element with the rows that assert it. The id travels in the body: it could hold a name."""
    for end in _ends(id):
        within_towns(desk, viewer, end, language_of(request))
    day = date.fromisoformat(at) if re.fullmatch(r"\d{4}-\d\d-\d\d", at) else None
    answer = desk.exploration.says_who(id, day)
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "evidence.says", id, {"at": at})
    told = [
        one
        for one in answer["properties"]
        if "散列" not in one["zh"] and (one["value"] is not None or one["others"] or one["earlier"])
    ]
    return page(
        request,
        "says.html",
        here="explore",
        element=id,
        what=_what(id, language_of(request)),
        back=_address(desk, id),
        there=answer["there"],
        told=told,
        at=at,
        names=_names(id),
        tables=exploration.vocabulary()["tables"],
    )


def _ends(element: str) -> list[str]:
    return element.split("|")[1:3] if "|" in element else [element]


def _open_to(desk: Desk, viewer: Viewer, element: str) -> bool:
    return all(in_towns(viewer, desk.exploration.ask(exploration.node, end)) for end in _ends(element))


def _what(element: str, language: str) -> str:
    """What kind of thing an element is."""
    if "|" not in element:
        return title(element.partition(":")[0], language)
    start, end = (title(end.partition(":")[0], language) for end in _ends(element))
    return f"{start} · {verb(element.partition('|')[0], language)} · {end}"


def _address(desk: Desk, element: str) -> str:
    """The page of a node, for a relationship that of the node it starts from."""
    return address(desk, _ends(element)[0])


def _names(element: str) -> dict[str, Any]:
    words = exploration.vocabulary()
    kind, by_type = element.partition("|")[0], words["relations"]
    return by_type[kind] if "|" in element else words["properties"][element.partition(":")[0]]
