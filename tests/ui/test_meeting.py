"""Which open leads meet at the nodes of a canvas, as the canvas asks for it."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from page_samples import OFFICIAL, VILLAGE, finding

from backend import leads
from backend.accounts import named, viewer_of
from backend.ledger import Ledger

User = Callable[..., TestClient]


def met(client: TestClient, *ids: str, besides: str = "") -> dict[str, list[str]]:
    answer = client.post("/graph/leads", json={"ids": ids, "besides": besides})
    assert answer.status_code == 200
    return {node: [lead["key"] for lead in told["leads"]] for node, told in answer.json()["met"].items()}


def test_open_leads_meet_at_people_things_and_villages_the_most_urgent_first(as_user: User, listed: Ledger) -> None:
    first, second, third = (
        finding(number, level=level) for number, level in ((1, "high"), (2, "medium"), (3, "verify"))
    )
    found = met(as_user("zhang"), f"Person:{OFFICIAL}", f"Village:{VILLAGE}", "Person:nobody", "Company:x")
    assert found == {node: [first.key, second.key, third.key] for node in (f"Person:{OFFICIAL}", f"Village:{VILLAGE}")}


def test_the_lead_itself_and_closed_ones_do_not_count(as_user: User, listed: Ledger) -> None:
    first, second = finding(1), finding(2)
    with listed.writing() as session:
        wang, zhang = (viewer_of(named(session, name)) for name in ("wang", "zhang"))
        leads.assign(session, wang, second.key, "zhang")
        leads.start_check(session, zhang, second.key)
        leads.propose(session, zhang, second.key, "untrue", "查无此事")
        leads.close(session, wang, second.key)
    (others,) = met(as_user("zhang"), f"Person:{OFFICIAL}", besides=first.key).values()
    assert second.key not in others and first.key not in others and len(others) == 1


def test_nobody_sees_leads_of_other_towns(as_user: User, listed: Ledger) -> None:
    with listed.writing() as session:
        named(session, "li").towns = ["431226999"]
    assert met(as_user("li"), f"Person:{OFFICIAL}", f"Village:{VILLAGE}") == {}
