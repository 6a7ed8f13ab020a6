"""The list of leads and the page of one: what the ledger holds, drawn; and the steps people take."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session

from backend import accounts, exploration, exports, leads
from backend.accounts import NotAllowed, Viewer, may
from backend.gaps import outlooks
from backend.leads import LeadFilter
from backend.ledger import Account
from ui.desk import Desk, Reader, TheDesk, language_of, page, refusal
from ui.drawing import drawn, title
from ui.explore import address
from ui.timeline import timeline
from ui.words import say, sentences

router = APIRouter()

FIELDS = ("level", "state", "query", "pack", "town", "assignee", "basis", "outcome")
"""The fields of the list that can be filtered by, in the order of the page."""
SHOWN_ROWS = 300
"""Source rows a page lists; a lead of more says so and has them all in its JSON."""


Codes = Annotated[tuple[str, ...], Query()]


class Asked:
    """What the address of the list asks for: codes only. A name typed into the search stands behind an opaque word."""

    def __init__(
        self,
        level: Codes = (),
        state: Codes = (),
        query: Codes = (),
        pack: Codes = (),
        town: Codes = (),
        village: Codes = (),
        assignee: Codes = (),
        basis: Codes = (),
        outcome: Codes = (),
        find: str = "",
        sort: str = "level",
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> None:
        self.find = find
        self.filter = LeadFilter(
            level=level,
            state=state,
            query=query,
            pack=pack,
            town=town,
            village=village,
            assignee=assignee,
            basis=basis,
            outcome=outcome,
            sort=sort if sort in leads.SORTS else "level",
            page=page,
        )

    def with_text(self, desk: Desk) -> LeadFilter:
        """The filter with the text that was typed. Raises NotThere when the address is incomplete."""
        text = exploration.kept_view(desk.home, self.find).get("find", "") if self.find else ""
        return replace(self.filter, text=text)

    def address(self, path: str = "/leads", **changes: Any) -> str:
        """The address of the same list with some of it changed; an empty value takes a filter away."""
        said: dict[str, Any] = {field: getattr(self.filter, field) for field in (*FIELDS, "village")}
        said |= {
            "find": self.find,
            "sort": self.filter.sort if self.filter.sort != "level" else "",
            "page": 1,
        } | changes
        pairs = [
            (name, value)
            for name, values in said.items()
            for value in (values if isinstance(values, tuple) else (values,))
        ]
        asked = urlencode([(name, value) for name, value in pairs if name == "assignee" or value not in ("", 1)])
        return f"{path}?{asked}" if asked else path

    def toggled(self, field: str, value: str) -> str:
        """The address with one value of a field added, or taken away where it is set."""
        values: tuple[str, ...] = getattr(self.filter, field)
        changed: dict[str, Any] = {
            field: tuple(v for v in values if v != value) if value in values else (*values, value)
        }
        return self.address(**changed)


AskedFor = Annotated[Asked, Depends(Asked)]


@router.get("/leads")
def listing(request: Request, desk: TheDesk, viewer: Reader, asked: AskedFor) -> Response:
    filters = asked.with_text(desk)
    with desk.ledger.reading() as session:
        found = leads.find(session, viewer, filters)
        everything = (
            found.total if filters == LeadFilter(sort=filters.sort) else leads.find(session, viewer, LeadFilter()).total
        )
        runs = [leads.last_as_of(session, query.id) for query in desk.packs.queries] if not everything else []
        investigators = _investigators(session) if may(viewer, "supervise_leads") else []
    empty = _why_empty(desk, viewer, runs) if not everything else ""
    return page(
        request,
        "leads.html",
        here="leads",
        asked=asked,
        text=filters.text,
        found=found,
        everything=everything,
        empty=empty,
        last_run=max((day for day in runs if day), default=None),
        facets=_facets(request, desk, found, asked),
        unseen=_unseen(desk, asked.filter),
        views=_views(viewer),
        investigators=investigators,
        sorts=list(leads.SORTS),
        words=leads.WORDS,
    )


@router.post("/leads/find")
def find(desk: TheDesk, viewer: Reader, asked: AskedFor, text: Annotated[str, Form()] = "") -> Response:
    """Narrows the list to a typed name. The name stays out of the address, which holds an opaque word for it."""
    text = text.strip()[:100]
    return RedirectResponse(asked.address(find=exploration.keep_view(desk.home, {"find": text}) if text else ""), 303)


@router.post("/leads/assign")
def assign_many(
    request: Request,
    desk: TheDesk,
    viewer: Reader,
    asked: AskedFor,
    key: Annotated[tuple[str, ...], Form()] = (),
    assignee: Annotated[str, Form()] = "",
) -> Response:
    """Gives several leads to one person, each on its own: those that cannot be given are named."""
    refused = []
    for lead_key in key:
        try:
            with desk.ledger.writing() as session:
                leads.assign(session, viewer, lead_key, assignee)
        except NotAllowed as problem:
            refused.append(f"{lead_key}: {refusal(request, problem)}")
    if refused:
        return page(
            request, "refused.html", here="leads", refused=refused, done=len(key) - len(refused), back=asked.address()
        )
    return RedirectResponse(asked.address(), 303)


@router.get("/leads.json")
def listing_json(desk: TheDesk, viewer: Reader, asked: AskedFor) -> Response:
    with desk.ledger.writing() as session:
        lines = exports.leads_file(session, viewer, asked.with_text(desk), "jsonl").decode().splitlines()
    return Response(f"[{','.join(lines)}]", media_type="application/json")


@router.get("/leads.csv")
def listing_csv(desk: TheDesk, viewer: Reader, asked: AskedFor) -> Response:
    return _file(desk, viewer, asked.with_text(desk), "csv")


@router.get("/leads.xlsx")
def listing_xlsx(desk: TheDesk, viewer: Reader, asked: AskedFor) -> Response:
    return _file(desk, viewer, asked.with_text(desk), "xlsx")


@router.get("/leads/{key}/network.json")
def network(request: Request, desk: TheDesk, viewer: Reader, key: str) -> Response:
    with desk.ledger.writing() as session:
        view = leads.get(session, viewer, key)
    event = view.current.first_day.isoformat() if view.current.first_day else ""
    return JSONResponse(drawn(view.current.network, language_of(request), viewer.money_unit, event))


@router.get("/leads/{key}/preview")
def preview(request: Request, desk: TheDesk, viewer: Reader, key: str) -> Response:
    with desk.ledger.writing() as session:
        view = leads.get(session, viewer, key)
    return page(request, "preview.html", view=view, words=leads.WORDS)


@router.get("/leads/{key}/rows/{number}")
def original(request: Request, desk: TheDesk, viewer: Reader, key: str, number: int) -> Response:
    """The delivered table around one source row of the lead."""
    with desk.ledger.writing() as session:
        rows = leads.get(session, viewer, key).current.rows
    if not 0 <= number < len(rows):
        raise exploration.NotThere(say(language_of(request), "lead.sources.none"))
    return page(request, "original.html", row=rows[number], around=desk.original(viewer, rows[number]))


@router.get("/leads/{key}.json")
def lead_json(desk: TheDesk, viewer: Reader, key: str) -> Response:
    with desk.ledger.writing() as session:
        view = leads.get(session, viewer, key)
        return JSONResponse(leads.as_contract(view.lead, view.current))


@router.get("/leads/{key}.csv")
def lead_csv(desk: TheDesk, viewer: Reader, key: str) -> Response:
    with desk.ledger.writing() as session:
        leads.get(session, viewer, key)
    return _file(desk, viewer, LeadFilter(text=key), "csv")


@router.get("/leads/{key}")
def lead(request: Request, desk: TheDesk, viewer: Reader, key: str, view: str = "") -> Response:
    return _lead_page(request, desk, viewer, key, canvas=view)


@router.post("/leads/{key}/steps/{code}")
def step(
    request: Request,
    desk: TheDesk,
    viewer: Reader,
    key: str,
    code: str,
    assignee: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Takes one step on the lead; what is refused is said on the page of the lead as it now stands."""
    given = {"assignee": assignee, "outcome": outcome, "reason": reason}
    try:
        with desk.ledger.writing() as session:
            _take(session, viewer, key, code, given)
    except NotAllowed as problem:
        if problem.code == "no_such_lead":
            raise
        return _lead_page(request, desk, viewer, key, refusal(request, problem), given)
    return RedirectResponse(f"/leads/{key}", 303)


def _take(session: Session, viewer: Viewer, key: str, code: str, given: dict[str, str]) -> None:
    if code == "assign":
        leads.assign(session, viewer, key, given["assignee"], given["reason"])
    elif code == "start_check":
        leads.start_check(session, viewer, key)
    elif code == "propose":
        leads.propose(session, viewer, key, given["outcome"], given["reason"])
    elif code == "close":
        leads.close(session, viewer, key, given["reason"])
    elif code == "send_back":
        leads.send_back(session, viewer, key, given["reason"])
    elif code == "reopen":
        leads.reopen(session, viewer, key, given["reason"])
    elif code == "note":
        leads.note(session, viewer, key, given["reason"])
    else:
        raise NotAllowed("no_such_lead", f"没有“{code}”这一步。", f"There is no step “{code}”.")


def _lead_page(
    request: Request,
    desk: Desk,
    viewer: Viewer,
    key: str,
    problem: str = "",
    given: dict[str, str] | None = None,
    canvas: str = "",
) -> Response:
    language = language_of(request)
    with desk.ledger.writing() as session:
        view = leads.get(session, viewer, key)
        similar = leads.similar(session, viewer, key)
        assignable = leads.assignable(session, view.lead) if any(a.code == "assign" for a in view.actions) else []
        leads.mark_seen(session, viewer, key)
    return page(
        request,
        "lead.html",
        here="leads",
        status=403 if problem else 200,
        view=view,
        query=desk.packs.query(view.lead.query),
        similar=similar,
        assignable=assignable,
        outcomes=leads.OUTCOMES,
        words=leads.WORDS,
        steps={code: (each.action.zh, each.action.en) for code, each in leads.STEPS.items()},
        moments=timeline(view.current.network, language, viewer.money_unit),
        rows=list(enumerate(view.current.rows))[:SHOWN_ROWS],
        tables=exploration.vocabulary()["tables"],
        checks={
            result: [c for c in view.current.checks if c["result"] == result]
            for result in ("for", "against", "missing")
        },
        label=lambda name: title(name, language) if name in exploration.vocabulary()["labels"] else name,
        problem=problem,
        canvas=canvas,
        waiting=_waiting(view, language),
        role=lambda code: say(language, f"role.{code}") if f"role.{code}" in sentences() else code.replace("_", " "),
        thing_address=lambda thing: address(desk, f"{thing['label']}:{thing.get('ref') or thing['key']}"),
        given=given or {"assignee": "", "outcome": "", "reason": ""},
    )


def _waiting(view: leads.LeadView, language: str) -> str:
    """Whose turn it is, where it is not the viewer's."""
    mine = {action.code for action in view.actions} - {"note", "reopen"}
    if mine or view.interested:
        return ""
    if view.lead.state == "proposed":
        return say(language, "lead.waiting.second")
    if view.lead.state in ("assigned", "checking") and view.lead.assignee:
        return say(language, "lead.waiting.assignee", name=view.lead.assignee.display_name)
    return say(language, "lead.waiting.assign") if view.lead.state == "new" else ""


def _file(desk: Desk, viewer: Viewer, filters: LeadFilter, form: str) -> Response:
    with desk.ledger.writing() as session:
        content = exports.leads_file(session, viewer, filters, form)
    headers = {"Content-Disposition": f"attachment; filename=leads.{form}", "Cache-Control": "no-store"}
    return Response(content, media_type=exports.FORMATS[form], headers=headers)


def _investigators(session: Session) -> list[Account]:
    return [
        each
        for each in accounts.everybody(session)
        if not each.disabled and may(accounts.viewer_of(each), "work_leads")
    ]


def _why_empty(desk: Desk, viewer: Viewer, runs: list[date | None]) -> str:
    """Which kind of empty it is: `unloaded`, `undetected`, `territory` or `nothing`. Raises EngineLost."""
    if desk.exploration.ask(exploration.is_empty):
        return "unloaded"
    if not any(runs):
        return "undetected"
    return "territory" if viewer.towns else "nothing"


def _unseen(desk: Desk, filters: LeadFilter) -> tuple[int, int]:
    """Of the queries that the list is narrowed to: how many did not run, and how many others did not see everything they look at."""
    evidence = desk.exploration.evidence
    asked = [
        query
        for query in desk.packs.queries
        if (not filters.query or query.id in filters.query) and (not filters.pack or query.pack.id in filters.pack)
    ]
    delivered, looks = evidence.delivered(), outlooks(evidence, desk.packs)
    idle = {query.id for query in asked if query.missing(delivered)}
    return len(idle), sum(1 for query in asked if query.id not in idle and looks[query.id].gaps)


def _facets(request: Request, desk: Desk, found: leads.Page, asked: Asked) -> list[dict[str, Any]]:
    """The filters as the page shows them: every value with its name, its count and the address that sets or clears it."""
    language = language_of(request)
    names: dict[str, dict[str, str]] = {
        "query": {query.id: query.title[language] for query in desk.packs.queries},
        "pack": {pack.id: pack.title[language] for pack in desk.packs.packs},
    }
    facets = []
    for field in FIELDS:
        values = []
        for facet in found.facets[field]:
            if field == "outcome" and not facet.value:
                continue
            words = leads.WORDS.get(facet.value, ("", ""))[0 if language == "zh" else 1]
            name = names.get(field, {}).get(facet.value) or facet.name or words or facet.value
            if field == "assignee" and not facet.value:
                name = say(language, "leads.nobody")
            on = facet.value in getattr(asked.filter, field)
            values.append({"name": name, "count": facet.count, "on": on, "address": asked.toggled(field, facet.value)})
        facets.append({"field": field, "title": say(language, f"leads.facet.{field}"), "values": values})
    return facets


def _views(viewer: Viewer) -> list[tuple[str, str]]:
    """The lists that everybody needs daily: name of the sentence, address."""
    opened = urlencode([("state", state) for state in leads.OPEN_STATES])
    views = [
        ("leads.view.all", "/leads"),
        ("leads.view.open", f"/leads?{opened}"),
        ("leads.view.high", "/leads?level=high&state=new"),
    ]
    if may(viewer, "work_leads"):
        views.append(("leads.view.mine", f"/leads?{urlencode({'assignee': viewer.name})}"))
    if may(viewer, "supervise_leads"):
        views.append(("leads.view.proposed", "/leads?state=proposed"))
    return views
