"""What a lead rests on today: looked for again, and what of its facts went, came or changed."""

from typing import Any

from fastapi import APIRouter, Request, Response

from backend import leads, replay, tuning
from backend.differences import Changed, Difference
from backend.exploration import Element, vocabulary
from ui.desk import Reader, TheDesk, language_of, page
from ui.display import written
from ui.drawing import drawn, title, verb
from ui.words import LANGUAGES

router = APIRouter()


@router.get("/leads/{key}/basis")
def basis(request: Request, desk: TheDesk, viewer: Reader, key: str) -> Response:
    """The lead looked for again on today's evidence, and what became of the facts it rests on."""
    language = language_of(request)
    with desk.ledger.writing() as session:
        lead = leads.get(session, viewer, key).lead
        packs = tuning.in_force(session, desk.packs)
        current = leads.version(session, viewer, key, lead.number)
        query = packs.query(lead.query)

        def look(driver: Any) -> tuple[replay.Basis, replay.Replayed | None]:
            known = query is not None and not query.is_about_leads
            again = replay.on_todays_evidence(desk.home, driver, query, current) if query and known else None
            return replay.basis(desk.home, driver, session, packs, lead), again

        became, again = desk.exploration.ask(look)
    facts = became.facts
    return page(
        request,
        "basis.html",
        here="leads",
        lead=lead,
        current=current,
        became=became,
        again=again,
        gone=[_said(one, facts, language, viewer.money_unit) for one in facts.gone],
        came=[_said(one, facts, language, viewer.money_unit) for one in facts.came],
        changed=[_change(one, facts, language, viewer.money_unit) for one in facts.changed],
        words=leads.WORDS,
    )


def _said(element: Element, facts: Difference, language: str, unit: str) -> str:
    """A node by what it is and its name, a relationship with its two ends."""
    if "source" not in element:
        return _named(element, language, unit)
    ends = [facts.names[element[end]] for end in ("source", "target")]
    (edge,) = drawn({"nodes": ends, "edges": [element]}, language, unit)["edges"]
    how = edge["caption"] or verb(element["type"], language)
    return f"{_named(ends[0], language, unit)} —{how}→ {_named(ends[1], language, unit)}"


def _named(node: Element, language: str, unit: str) -> str:
    (told,) = drawn({"nodes": [node], "edges": []}, language, unit)["nodes"]
    return " ".join(filter(None, (title(node["label"], language), told["caption"], told["under"])))


def _change(change: Changed, facts: Difference, language: str, unit: str) -> dict[str, Any]:
    element = change.element
    known = (
        vocabulary()["relations"][element["type"]]
        if "source" in element
        else vocabulary()["properties"][element["label"]]
    )
    names = known.get(change.property, (change.property, change.property))
    return {
        "of": _said(element, facts, language, unit),
        "property": names[LANGUAGES.index(language)],
        "before": written(change.before, language),
        "after": written(change.after, language),
    }
