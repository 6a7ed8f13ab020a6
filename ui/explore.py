"""Search, one subject and its network, and what the canvas asks for while somebody explores.

Typed text travels in the body of a POST and stands in addresses behind an opaque word; ids in addresses are keyed hashes or
business codes, and those that could hold a name stand behind an opaque word too.
"""

import re
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from backend import audit, exploration, leads
from backend.accounts import Viewer
from backend.exploration import Element, Network, NotThere
from backend.leads import LeadFilter
from backend.ledger import Lead
from backend.meeting import open_leads_at
from ui.desk import Desk, Reader, TheDesk, language_of, page
from ui.drawing import LOOKS, drawn, title, verb
from ui.words import say

router = APIRouter()

SUGGESTED = 5
"""Hits of a kind under the search field; the page of all hits lists `LISTED`."""
LISTED = 40
MORE_THAN = 100
"""Neighbours of one kind that are drawn without asking which."""

MET = 20
"""Leads listed at a node where several meet; more are counted."""

Id = Annotated[str, Field(max_length=300)]


class Neighbours(BaseModel):
    """Which neighbours to fetch: all of a kind, or those ticked in the list (`only`)."""

    id: Id
    type: str
    direction: str
    after: int = Field(default=0, ge=0)
    text: str = Field(default="", max_length=100)
    drawn: list[Id] = Field(default=[], max_length=5000)


class Ends(BaseModel):
    a: Id
    b: Id
    drawn: list[Id] = Field(default=[], max_length=5000)


class Ids(BaseModel):
    ids: list[Id] = Field(max_length=200)


class Met(BaseModel):
    """Nodes on a canvas, and the lead it belongs to."""

    ids: list[Id] = Field(max_length=5000)
    besides: str = Field(default="", max_length=100)


class Row(BaseModel):
    """A source row: the delivery, file, sheet and row that assert something."""

    delivery: str = Field(max_length=100)
    file: str = Field(max_length=300)
    sheet: str = Field(max_length=300)
    row: int = Field(ge=1)
    of: Id


class Canvas(BaseModel):
    """What is on a canvas, by ids only: what was added, what is hidden, opened, switched off, where it lies."""

    lead: str = Field(default="", max_length=100)
    about: str = Field(default="", max_length=300)
    nodes: list[Id] = Field(default=[], max_length=5000)
    edges: list[Annotated[str, Field(max_length=700)]] = Field(default=[], max_length=20_000)
    folded: list[Id] = Field(default=[], max_length=5000)
    hidden: list[Id] = Field(default=[], max_length=5000)
    opened: list[Annotated[str, Field(max_length=700)]] = Field(default=[], max_length=5000)
    off: list[str] = Field(default=[], max_length=50)
    at: dict[str, tuple[float, float]] = Field(default={}, max_length=5000)
    pinned: list[Id] = Field(default=[], max_length=5000)
    merged: bool = False
    table: bool = False


@router.post("/search")
def suggest(request: Request, desk: TheDesk, viewer: Reader, text: Annotated[str, Form()] = "") -> Response:
    """What is shown under the search field while somebody types."""
    text = text.strip()[:100]
    hits, found = _look_up(desk, viewer, text, SUGGESTED) if text else ([], [])
    return page(request, "hits.html", block="hits", text=text, groups=_grouped(desk, request, hits, text), found=found)


@router.get("/explore")
def explore(request: Request, desk: TheDesk, viewer: Reader, find: str = "") -> Response:
    text = exploration.kept_view(desk.home, find).get("find", "") if find else ""
    hits, found = _look_up(desk, viewer, text, LISTED) if text else ([], [])
    empty = not text and desk.exploration.ask(exploration.is_empty)
    return page(
        request,
        "explore.html",
        here="explore",
        text=text,
        groups=_grouped(desk, request, hits, text),
        found=found,
        empty=empty,
    )


@router.post("/explore")
def look_for(desk: TheDesk, viewer: Reader, text: Annotated[str, Form()] = "") -> Response:
    text = text.strip()[:100]
    return RedirectResponse(
        f"/explore?find={exploration.keep_view(desk.home, {'find': text})}" if text else "/explore", 303
    )


@router.get("/explore/node/{node_id}.json")
def subject_json(request: Request, desk: TheDesk, viewer: Reader, node_id: str) -> Response:
    return _subject_network(request, desk, viewer, node_id)


@router.get("/explore/node/{node_id}")
def subject(request: Request, desk: TheDesk, viewer: Reader, node_id: str, view: str = "") -> Response:
    return _subject_page(request, desk, viewer, node_id, view)


@router.get("/explore/view/{name}")
def viewed(request: Request, desk: TheDesk, viewer: Reader, name: str) -> Response:
    """A subject whose id could hold a name, or a kept canvas about one."""
    return _subject_page(request, desk, viewer, exploration.kept_view(desk.home, name).get("about", ""), name)


@router.post("/graph/subject")
def subject_network(request: Request, desk: TheDesk, viewer: Reader, id: Annotated[Id, Body(embed=True)]) -> Response:
    return _subject_network(request, desk, viewer, id)


@router.post("/graph/counts")
def counts(request: Request, desk: TheDesk, viewer: Reader, id: Annotated[Id, Body(embed=True)]) -> Response:
    """The kinds of neighbours of a node with their numbers."""
    language = language_of(request)
    within_towns(desk, viewer, id, language)
    kinds: dict[str, Element] = {}
    for kind in desk.exploration.ask(exploration.neighbour_counts, id):
        what = _neighbour(id.partition(":")[0], kind, language)
        same = kinds.setdefault(what, {"what": what, "type": kind["type"], "direction": kind["direction"], "count": 0})
        same["count"] += kind["count"]
        same["direction"] = kind["direction"] if same["direction"] == kind["direction"] else "both"
    return JSONResponse({"kinds": sorted(kinds.values(), key=lambda kind: kind["what"]), "limit": MORE_THAN})


@router.post("/graph/neighbours")
def neighbours(request: Request, desk: TheDesk, viewer: Reader, asked: Neighbours) -> Response:
    """Up to a hundred neighbours of one kind, and how they hang together with what is drawn."""
    within_towns(desk, viewer, asked.id, language_of(request))
    found = desk.exploration.ask(
        exploration.neighbours, asked.id, asked.type, asked.direction, MORE_THAN, asked.after, asked.text
    )
    _log(desk, viewer, "graph.expand", asked.id, {"type": asked.type, "nodes": len(found["nodes"])})
    return JSONResponse(_joined(request, desk, viewer, found, asked.drawn))


@router.post("/graph/path")
def path(request: Request, desk: TheDesk, viewer: Reader, ends: Ends) -> Response:
    for end in (ends.a, ends.b):
        within_towns(desk, viewer, end, language_of(request))
    found = desk.exploration.ask(exploration.path, ends.a, ends.b)
    _log(desk, viewer, "graph.path", ends.a, {"to": ends.b})
    return JSONResponse(_joined(request, desk, viewer, found, ends.drawn))


@router.post("/graph/leads")
def meeting(request: Request, desk: TheDesk, viewer: Reader, asked: Met) -> Response:
    """The open leads that meet at nodes: how many, and the most urgent of them."""
    english = language_of(request) == "en"
    with desk.ledger.reading() as session:
        met = open_leads_at(session, viewer, asked.ids, asked.besides)
    told = {
        node: {
            "n": len(found),
            "leads": [
                {"key": lead.key, "level": lead.level, "title": lead.title_en if english else lead.title_zh}
                for lead in found[:MET]
            ],
        }
        for node, found in met.items()
    }
    return JSONResponse({"met": told})


@router.post("/graph/sources")
def sources(desk: TheDesk, viewer: Reader, asked: Ids) -> Response:
    """The rows that assert an element: table, file, sheet, row, and the element they are `of`."""
    tables = exploration.vocabulary()["tables"]
    found = desk.exploration.evidence.sources_of(asked.ids)
    rows = [row | {"title": tables[row["table"]], "of": element} for element, rows in found.items() for row in rows]
    return JSONResponse({"rows": rows})


@router.post("/graph/original")
def original(request: Request, desk: TheDesk, viewer: Reader, asked: Row) -> Response:
    """The delivered table around a row that asserts an element, as a fragment. Other rows are not opened."""
    ends = asked.of.split("|")[1:3] if "|" in asked.of else [asked.of]
    if viewer.towns and not any(in_towns(viewer, desk.exploration.ask(exploration.node, end)) for end in ends):
        raise NotThere(say(language_of(request), "explore.outside"))
    row = asked.model_dump(exclude={"of"})
    if not any(row.items() <= source.items() for source in desk.exploration.evidence.sources_of([asked.of])[asked.of]):
        raise NotThere(say(language_of(request), "lead.sources.none"))
    return page(request, "original.html", row=row, around=desk.original(viewer, row))


@router.post("/views")
def keep(desk: TheDesk, viewer: Reader, canvas: Canvas) -> Response:
    return JSONResponse({"id": exploration.keep_view(desk.home, canvas.model_dump(mode="json"))})


@router.get("/views/{name}.json")
def kept(request: Request, desk: TheDesk, viewer: Reader, name: str) -> Response:
    """A kept canvas with the elements that were added to it, as the graph holds them today."""
    canvas = Canvas.model_validate(exploration.kept_view(desk.home, name))
    network: Network = {"nodes": [], "edges": []}
    if canvas.nodes:
        network = _visible(viewer, desk.exploration.ask(exploration.elements, canvas.nodes))
    there = {node["id"] for node in network["nodes"]}
    _log(desk, viewer, "graph.view", name, {"nodes": len(there)})
    ends = {end for edge in canvas.edges for end in edge.split("|")[1:3] if not end.startswith("group:")}
    if ends:
        # Also what looking around showed between nodes that were drawn before.
        wanted = set(canvas.edges) - {edge["id"] for edge in network["edges"]}
        shown = desk.exploration.ask(exploration.relations, ends, ends)
        network["edges"] = [*network["edges"], *(edge for edge in shown if edge["id"] in wanted)]
    told = _joined(request, desk, viewer, network, sorted(ends | set(canvas.folded)))
    return JSONResponse({"canvas": canvas.model_dump(mode="json"), "gone": len(set(canvas.nodes) - there), **told})


def _look_up(desk: Desk, viewer: Viewer, text: str, limit: int) -> tuple[list[Element], list[leads.Listed]]:
    """Nodes and leads for a typed text. The log holds that somebody searched, not what for: it is no second register."""
    hits = desk.exploration.ask(exploration.search, text, exploration.SEARCHED, limit, desk.exploration.secret)
    hits = [hit for hit in hits if in_towns(viewer, hit)]
    with desk.ledger.writing() as session:
        found = leads.find(session, viewer, LeadFilter(text=text, per_page=limit)).leads
        audit.append(session, viewer.name, "search", "", {"hits": len(hits)})
    return hits, found


def _grouped(desk: Desk, request: Request, hits: list[Element], text: str) -> list[dict[str, Any]]:
    """Hits by label, labels with a hit of exactly this name first; each with its address and what tells namesakes apart."""
    language = language_of(request)
    groups: dict[str, dict[str, Any]] = {}
    for hit in hits:
        group = groups.setdefault(
            hit["label"], {"title": title(hit["label"], language), "icon": LOOKS[hit["label"]].icon, "hits": []}
        )
        props = hit["props"]
        told = [
            props.get("post"),
            props.get("id_masked"),
            props.get("town_name"),
            props.get("village_name"),
            props.get("status"),
        ]
        if hit["label"] in ("Company", "Project", "Programme", "Village", "Contract", "Application", "Voucher"):
            told.insert(0, "" if props["key"].startswith("名称:") else props["key"])
        group["hits"].append(
            {"name": hit["name"], "address": address(desk, hit["id"]), "told": " · ".join(filter(None, told))}
        )
    return sorted(groups.values(), key=lambda group: text not in [hit["name"] for hit in group["hits"]])


def address(desk: Desk, node_id: str) -> str:
    """Where a node's network is: by its id if that is a code, else by an opaque word, so that no name is in an address."""
    if re.fullmatch(r"[\x21-\x7e]+", node_id):
        return f"/explore/node/{quote(node_id, safe=':')}"
    return f"/explore/view/{exploration.keep_view(desk.home, Canvas(about=node_id).model_dump(mode='json'))}"


def _subject_page(request: Request, desk: Desk, viewer: Viewer, node_id: str, view: str) -> Response:
    node = desk.exploration.ask(exploration.node, node_id)
    within_towns(desk, viewer, node_id, language_of(request), node)
    about = drawn({"nodes": [node], "edges": []}, language_of(request), viewer.money_unit)["nodes"][0]
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "graph.open", node_id)
        found = _about(session, viewer, node)
    return page(request, "subject.html", here="explore", about=about, view=view, found=found, words=leads.WORDS)


def _about(session: Session, viewer: Viewer, node: Element) -> list[Lead]:
    """The leads about this very person or thing: namesakes are others."""
    key = node["props"]["key"]
    filters = LeadFilter(text=node["name"] if node["label"] == "Person" else key)
    return [
        lead
        for lead in leads.in_order(session, viewer, filters)
        if any(person["ref"] == key for person in lead.current.persons)
        or any(thing["key"] == key for thing in lead.current.things)
    ]


def _subject_network(request: Request, desk: Desk, viewer: Viewer, node_id: str) -> Response:
    within_towns(desk, viewer, node_id, language_of(request))
    network = desk.exploration.ask(exploration.subject, node_id)
    return JSONResponse(drawn(network, language_of(request), viewer.money_unit))


def _joined(request: Request, desk: Desk, viewer: Viewer, found: Network, on_canvas: list[str]) -> Network:
    """What was found, with its relations to what is drawn already."""
    new = [node["id"] for node in found["nodes"]]
    known = {edge["id"] for edge in found["edges"]}
    more = desk.exploration.ask(exploration.relations, new, on_canvas) if new else []
    edges = [*found["edges"], *(edge for edge in more if edge["id"] not in known)]
    ends = {end for edge in edges for end in (edge["source"], edge["target"])} - set(new)
    there = desk.exploration.ask(exploration.elements, ends)["nodes"] if ends else []
    return drawn({"nodes": [*found["nodes"], *there], "edges": edges}, language_of(request), viewer.money_unit)


def _neighbour(label: str, kind: Element, language: str) -> str:
    """What neighbours of a kind are called: 发给 · 发放."""
    far = exploration.far_labels(label, kind["type"], kind["direction"])
    names = "/".join(title(each, language) for each in far[:2]) + ("…" if far[2:] else "")
    return f"{verb(kind['type'], language)} · {names}"


def in_towns(viewer: Viewer, node: Element) -> bool:
    """Whether a node lies in the viewer's towns; what lies nowhere (a company, a programme) is everybody's."""
    place = exploration.village_of(node)
    return not viewer.towns or place is None or place[:9] in viewer.towns


def _visible(viewer: Viewer, network: Network) -> Network:
    """What lies in the viewer's towns, and what is directly tied to it."""
    near = {node["id"] for node in network["nodes"] if in_towns(viewer, node)}
    tied = {
        end
        for edge in network["edges"]
        if {edge["source"], edge["target"]} & near
        for end in (edge["source"], edge["target"])
    }
    nodes = [node for node in network["nodes"] if node["id"] in near | tied]
    return {"nodes": nodes, "edges": network["edges"]}


def within_towns(desk: Desk, viewer: Viewer, node_id: str, language: str, node: Element | None = None) -> None:
    if viewer.towns and not in_towns(viewer, node or desk.exploration.ask(exploration.node, node_id)):
        raise NotThere(say(language, "explore.outside"))


def _log(desk: Desk, viewer: Viewer, action: str, what: str, detail: dict[str, Any]) -> None:
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, action, what, detail)
