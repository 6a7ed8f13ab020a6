"""What each query says of one subject, and why it is no lead: what would be found if a condition that clears were overlooked."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from backend import audit, exploration, leads, tuning
from backend.accounts import Viewer
from backend.findings import Finding
from backend.packs import Query
from backend.subject import Asked, Cleared, asked_of_all, cleared
from ui.desk import Reader, TheDesk, language_of, page
from ui.drawing import drawn
from ui.explore import address, within_towns

router = APIRouter()


@router.post("/explore/asked")
def asked(
    request: Request,
    desk: TheDesk,
    viewer: Reader,
    id: Annotated[str, Form(max_length=300)],
    why: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Every query asked of one subject, and of the query `why` what cleared it. The id travels in the body: it could hold a name."""
    language = language_of(request)
    node = desk.exploration.ask(exploration.node, id)
    within_towns(desk, viewer, id, language, node)
    with desk.ledger.writing() as session:
        audit.append(session, viewer.name, "graph.asked", id, {"why": why})
        packs = tuning.in_force(session, desk.packs)
        known = {lead.key for lead in leads.in_order(session, viewer)}
    query = packs.query(why) if why else None

    def answers(driver: Any) -> list[Asked]:
        return asked_of_all(desk.home, driver, packs, id)

    def clearing(driver: Any, query: Query) -> list[Cleared]:
        return cleared(desk.home, driver, packs, query, id)

    told = desk.exploration.ask(answers)
    return page(
        request,
        "asked.html",
        here="explore",
        about=drawn({"nodes": [node], "edges": []}, language, viewer.money_unit)["nodes"][0],
        node_id=id,
        back=address(desk, id),
        queries={one.id: one for one in packs.queries},
        answers={status: [one for one in told if one.status == status] for status in STATUSES},
        found=[lead for one in told for lead in one.findings if _open_to(viewer, lead)],
        known=known,
        why=query,
        suspicions=[one for one in desk.exploration.ask(clearing, query) if _open_to(viewer, one.finding)]
        if query
        else [],
        tables=exploration.vocabulary()["tables"],
        words=leads.WORDS,
    )


STATUSES = ("leads", "clear", "not_run", "not_asked", "broken")


def _open_to(viewer: Viewer, finding: Finding) -> bool:
    return not viewer.towns or finding.village is None or finding.village[:9] in viewer.towns
