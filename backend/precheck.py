"""发放前体检: what a draft would become once paid or signed. Nothing of it stays."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import neo4j

from backend.detection import detect_within, latest_day
from backend.findings import Finding
from backend.packs import Packs
from backend.touching import Touching
from graph_loader import loading
from graph_loader.drafting import drafted
from graph_loader.secret import secret_of


def precheck(home: Path, driver: neo4j.Driver, file: Path, packs: Packs, said: Mapping[str, str]) -> list[Finding]:
    """The leads that rows of a draft would become: those whose source rows name the draft, which is called by its file's name.
    `said`: column → value of what the file does not say.

    Raises GuanxiError for a draft that cannot be read.
    """
    loading.bring_up_to_date_in_turn(home, driver)
    as_of = max(latest_day(driver), date.today())
    with loading.one_at_a_time(home), drafted(home, driver, file, said) as draft:
        touching = Touching(draft.transaction, draft.changed) if draft.changed else None
        queries = packs.about_leads(False).queries
        touched = {query.id: touching.anchors(query) if touching else None for query in queries}
        found = detect_within(draft.transaction, draft.evidence, secret_of(home), packs, as_of, touched)
        return [
            replace(lead, rows=tuple(row | _named(row, draft.delivery.id, file.name) for row in lead.rows))
            for run in found
            for lead in run.findings
            if any(row["delivery"] == draft.delivery.id for row in lead.rows)
        ]


def as_contract(lead: Finding) -> dict[str, Any]:
    """A lead that a draft would become, in the fields of the contract; its state is `draft`."""
    said = {result: [check.zh for check in lead.checks if check.result == result] for result in ("for", "against")}
    return {
        "key": lead.key,
        "query": lead.query,
        "pack": lead.pack,
        "query_version": lead.query_version,
        "level": lead.level,
        "title": lead.title_zh,
        "persons": [{"role": p.role, "name": p.name, "id": p.masked, "ref": p.ref} for p in lead.persons],
        "things": [
            {"label": t.label, "key": t.key, "name": t.name} | ({"ref": t.ref} if t.ref else {}) for t in lead.things
        ],
        "amount": lead.amount,
        "from": lead.first_day.isoformat() if lead.first_day else None,
        "to": lead.last_day.isoformat() if lead.last_day else None,
        "rows": list(lead.rows),
        **said,
        "state": "draft",
        "basis": "stands",
        "assignee": None,
        "first_seen": None,
        "last_seen": None,
    }


def _named(row: Mapping[str, object], delivery: str, name: str) -> dict[str, object]:
    return {"delivery": "draft", "file": name} if row["delivery"] == delivery else {}
