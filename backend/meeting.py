"""Which open leads meet at the people and things of a network, by the ledger: what the graph itself does not hold."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import leads
from backend.accounts import Viewer
from backend.ledger import Lead, LeadPerson, LeadThing

NOWHERE = frozenset({"Programme", "Kind"})
"""Labels at which nothing is said to meet: nearly every lead names a programme."""


def open_leads_at(session: Session, viewer: Viewer, nodes: Iterable[str], besides: str = "") -> dict[str, list[Lead]]:
    """Node (`Label:key`) → the open leads within the viewer's sight that name it or lie in that village, the most urgent first.
    `besides`: a lead that is not counted."""
    asked: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        label, _, key = node.partition(":")
        if label not in NOWHERE:
            asked[label].add(key)
    seen = leads.open_in_sight(viewer)
    met: dict[str, set[str]] = defaultdict(set)
    people = asked.pop("Person", set())
    for key, ref in session.execute(
        select(LeadPerson.lead_key, LeadPerson.ref)
        .join(Lead, Lead.key == LeadPerson.lead_key)
        .where(seen, LeadPerson.ref.in_(people))
    ):
        met[f"Person:{ref}"].add(key)
    for label, keys in asked.items():
        for lead, key in session.execute(
            select(LeadThing.lead_key, LeadThing.key)
            .join(Lead, Lead.key == LeadThing.lead_key)
            .where(seen, LeadThing.label == label, LeadThing.key.in_(keys))
        ):
            met[f"{label}:{key}"].add(lead)
    for lead, village in session.execute(
        select(Lead.key, Lead.village).where(seen, Lead.village.in_(asked.get("Village", set())))
    ):
        met[f"Village:{village}"].add(lead)
    wanted = {key for keys in met.values() for key in keys} - {besides}
    known = {lead.key: lead for lead in session.scalars(select(Lead).where(Lead.key.in_(wanted)))}
    return {
        node: sorted((known[key] for key in keys - {besides}), key=lambda lead: (lead.level_rank, lead.key))
        for node, keys in met.items()
        if keys - {besides}
    }
