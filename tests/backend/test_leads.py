"""Leads on record, in the list, alone, and on their way from new to closed."""

import itertools
import os
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_samples import CADRE, FINDING, PASSWORD, SIGNER, SIGNERS_WIFE, finding
from sqlalchemy import select, text

from backend import accounts, audit, leads
from backend.accounts import OWNER, ROLES, NotAllowed, Viewer
from backend.findings import Finding, Party, Thing
from backend.leads import Counts, LeadFilter, LeadView, Sight
from backend.ledger import Lead, LeadEvent, Ledger, open_ledger

QUERY = FINDING.query
KEY = finding(1).key
DAY = date(2021, 1, 1)


def run(ledger: Ledger, *findings: Finding, as_of: date = DAY, sight: Sight | None = None) -> Counts:
    with ledger.writing() as session:
        return leads.record(session, QUERY, findings, as_of, sight)


def look(ledger: Ledger, viewer: Viewer, key: str = KEY) -> LeadView:
    with ledger.writing() as session:
        return leads.get(session, viewer, key)


def take(ledger: Ledger, step: Callable[..., object], viewer: Viewer, *said: str, key: str = KEY) -> None:
    with ledger.writing() as session:
        step(session, viewer, key, *said)


def refusal(ledger: Ledger, step: Callable[..., object], viewer: Viewer, *said: str, key: str = KEY) -> str:
    """The code by which the step is refused."""
    with pytest.raises(NotAllowed) as refused, ledger.writing() as session:
        step(session, viewer, key, *said)
    assert refused.value.zh
    assert refused.value.en == str(refused.value)
    return refused.value.code


def listed(ledger: Ledger, viewer: Viewer, **filters: object) -> list[str]:
    with ledger.reading() as session:
        return [row.lead.key for row in leads.find(session, viewer, LeadFilter(**filters)).leads]  # type: ignore[arg-type]


def state(ledger: Ledger, key: str = KEY) -> tuple[str, str]:
    with ledger.reading() as session:
        lead = session.get_one(Lead, key)
        return lead.state, lead.basis


@pytest.fixture
def zhang(office: Callable[..., Viewer]) -> Viewer:
    return office("investigator", "zhang")


@pytest.fixture
def wang(office: Callable[..., Viewer]) -> Viewer:
    return office("supervisor", "wang")


@pytest.fixture
def proposed(ledger: Ledger, zhang: Viewer, wang: Viewer) -> Ledger:
    """A ledger whose lead zhang has checked and called substantiated."""
    run(ledger, finding(1))
    take(ledger, leads.assign, wang, "zhang")
    take(ledger, leads.start_check, zhang)
    take(ledger, leads.propose, zhang, "true", "已核对原件")
    return ledger


# What a run records


def test_new_again_changed_gone_and_back(ledger: Ledger, wang: Viewer) -> None:
    assert run(ledger, finding(1), finding(2)) == Counts(new=2)
    assert run(ledger, finding(1), finding(2)) == Counts(again=2)
    assert run(ledger, finding(1, amount=30000.0, basis_hash="facts-2"), finding(2)) == Counts(again=1, changed=1)
    assert state(ledger) == ("new", "changed")
    assert run(ledger, finding(2)) == Counts(again=1, gone=1)
    assert state(ledger) == ("gone", "gone")
    assert run(ledger, finding(2)) == Counts(again=1)
    assert run(ledger, finding(1), finding(2)) == Counts(new=1, again=1)
    assert state(ledger) == ("new", "stands")
    assert [event.action for event in look(ledger, wang).events] == ["found", "basis_changed", "basis_gone", "returned"]


def test_a_changed_basis_stays_marked_until_the_facts_return(ledger: Ledger) -> None:
    other = finding(1, basis_hash="facts-2")
    run(ledger, finding(1))
    run(ledger, other)
    assert run(ledger, other) == Counts(again=1)
    assert state(ledger) == ("new", "changed")
    assert run(ledger, finding(1)) == Counts(changed=1)
    assert state(ledger) == ("new", "stands")


def test_earlier_versions_stay_as_they_were_frozen(ledger: Ledger, wang: Viewer) -> None:
    run(ledger, finding(1))
    run(ledger, finding(1, amount=30000.0, level="medium", basis_hash="facts-2"), as_of=date(2021, 2, 1))
    view = look(ledger, wang)
    assert [(version.number, version.amount, version.level) for version in view.versions] == [
        (2, 30000.0, "medium"),
        (1, 24300.0, "high"),
    ]
    assert (view.lead.amount, view.current.number) == (30000.0, 2)
    with ledger.writing() as session:
        first = leads.version(session, wang, KEY, 1)
    assert first.network["nodes"][0]["props"] == {"birth": "1970-01-01"}
    assert first.parameters == {"max_degree": "近姻亲"}
    assert first.rows[0]["row"] == 7
    assert first.as_of == DAY


def test_another_query_text_or_parameter_is_frozen_without_calling_the_facts_changed(
    ledger: Ledger, wang: Viewer
) -> None:
    run(ledger, finding(1))
    assert run(ledger, finding(1, query_version="2")) == Counts(again=1)
    assert run(ledger, finding(1, query_version="2", parameters={"max_degree": "直系"})) == Counts(again=1)
    assert len(look(ledger, wang).versions) == 3
    assert state(ledger) == ("new", "stands")


def test_a_lead_that_people_work_keeps_its_state_when_its_basis_goes(proposed: Ledger) -> None:
    run(proposed)
    assert state(proposed) == ("proposed", "gone")
    assert run(proposed, finding(1)) == Counts(again=1)
    assert state(proposed) == ("proposed", "stands")


def test_a_run_as_of_an_earlier_day_records_nothing(ledger: Ledger) -> None:
    run(ledger, finding(1))
    assert run(ledger, finding(2), as_of=date(2020, 12, 31)) == Counts(recorded=False)
    assert state(ledger) == ("new", "stands")
    with ledger.reading() as session:
        assert session.scalars(select(Lead.key)).all() == [KEY]
        assert leads.last_as_of(session, QUERY) == DAY


def test_a_run_on_some_anchors_leaves_the_others_alone(ledger: Ledger) -> None:
    run(ledger, finding(1))
    anchor, key = next(iter(finding(1).identity.items()))
    assert run(ledger, finding(2), sight=Sight(anchor, {"somebody else"})) == Counts(new=1)
    assert state(ledger) == ("new", "stands")
    assert run(ledger, sight=Sight(anchor, {key})).gone
    assert state(ledger) == ("gone", "gone")


def test_a_run_of_one_query_leaves_the_leads_of_others_alone(ledger: Ledger) -> None:
    run(ledger, finding(1))
    with ledger.writing() as session:
        leads.record(session, "self_approved", [], DAY)
    assert state(ledger) == ("new", "stands")


def test_findings_of_two_queries_or_of_one_key_twice_are_refused_whole(ledger: Ledger) -> None:
    for wrong in (finding(2, query="self_approved"), finding(1)):
        with pytest.raises(ValueError, match=wrong.key):
            run(ledger, finding(1), wrong)
    with ledger.reading() as session:
        assert session.scalars(select(Lead.key)).all() == []


# The list


@pytest.fixture
def county(ledger: Ledger) -> Ledger:
    """Six leads in two towns."""
    levels = ("low", "high", "verify", "high", "medium", "high")
    towns = (("431226101001", "锦和镇"), ("431226102005", "江口墟镇"))
    run(
        ledger,
        *(
            finding(
                number,
                level=level,
                amount=None if number == 3 else number * 100.0,
                village=towns[number % 2][0],
                town=towns[number % 2][1],
                place=f"{towns[number % 2][1]} 某村",
                persons=(Party("official", f"查干{'甲乙丙丁戊己'[number]}", "", f"{number:020x}"), CADRE),
            )
            for number, level in enumerate(levels)
        ),
    )
    return ledger


def keys(*numbers: int) -> list[str]:
    return [finding(number).key for number in numbers]


def test_the_list_is_by_level_then_amount_with_unknown_amounts_last(county: Ledger, wang: Viewer) -> None:
    assert listed(county, wang) == keys(5, 1, 3, 4, 0, 2)
    assert listed(county, wang, sort="amount") == keys(5, 4, 2, 1, 0, 3)


def test_filters_narrow_and_counts_leave_their_own_filter_out(county: Ledger, wang: Viewer) -> None:
    with county.reading() as session:
        page = leads.find(session, wang, LeadFilter(level=("high",), town=("431226102",)))
    assert [row.lead.key for row in page.leads] == keys(5, 1, 3)
    assert (page.total, page.amount) == (3, 600.0)
    assert [(facet.value, facet.count) for facet in page.facets["level"]] == [("high", 3)]
    assert [(facet.value, facet.name, facet.count) for facet in page.facets["town"]] == [("431226102", "江口墟镇", 3)]
    with county.reading() as session:
        facets = leads.find(session, wang, LeadFilter(level=("high",))).facets
    assert [(facet.value, facet.count) for facet in facets["level"]] == [
        ("high", 3),
        ("medium", 1),
        ("low", 1),
        ("verify", 1),
    ]
    assert [(facet.value, facet.count) for facet in facets["assignee"]] == [("", 3)]
    assert [(facet.value, facet.count) for facet in facets["query"]] == [(QUERY, 3)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("查干丁", [3]),
        ("zgd", [3]),
        ("ZGD", [3]),
        ("单小明", [5, 1, 3, 4, 0, 2]),
        ("sxm", [5, 1, 3, 4, 0, 2]),
        ("锦和建筑", [5, 1, 3, 4, 0, 2]),
        ("江口墟", [5, 1, 3]),
        ("benefit_to_relative-0000000000000004", [4]),
        ("DB01", [5, 1, 3, 4, 0, 2]),
        ("没有此人", []),
        ("100%", []),
        ("_%", []),
    ],
)
def test_the_search_finds_names_initials_places_and_keys(
    county: Ledger, wang: Viewer, words: str, found: list[int]
) -> None:
    assert listed(county, wang, text=words) == keys(*found)


def test_pages_hold_every_lead_once(county: Ledger, wang: Viewer) -> None:
    pages = [listed(county, wang, per_page=4, page=number) for number in (1, 2)]
    assert pages[0] + pages[1] == listed(county, wang)
    assert listed(county, wang, per_page=4, page=99) == pages[1]


def test_an_account_of_a_town_sees_its_leads_only(county: Ledger, office: Callable[..., Viewer]) -> None:
    local = office("investigator", "local", towns=frozenset({"431226101"}))
    assert listed(county, local) == keys(4, 0, 2)
    with county.reading() as session:
        assert leads.find(session, local, LeadFilter()).total == 3
        assert [lead.key for lead in leads.in_order(session, local)] == keys(4, 0, 2)
        assert [other.lead.key for other in leads.similar(session, local, keys(0)[0])] == keys(4, 2)
    for step in (leads.get, leads.similar, leads.start_check):
        assert refusal(county, step, local, key=keys(1)[0]) == "no_such_lead"
    assert refusal(county, leads.note, local, "打听", key=keys(1)[0]) == "no_such_lead"
    assert refusal(county, leads.get, local, key="no such key") == "no_such_lead"


@pytest.mark.parametrize("role", [role for role in ROLES if "see_leads" not in ROLES[role].rights])
def test_roles_without_leads_see_none_and_are_told_so(county: Ledger, office: Callable[..., Viewer], role: str) -> None:
    viewer = office(role, "somebody")
    with pytest.raises(NotAllowed, match="role"):
        listed(county, viewer)
    assert refusal(county, leads.get, viewer, key=keys(0)[0]) == "not_your_role"


def test_seen_leads_are_lighter_and_what_changed_since_has_a_dot(ledger: Ledger, zhang: Viewer, wang: Viewer) -> None:
    def marks(viewer: Viewer) -> list[tuple[bool, bool]]:
        with ledger.reading() as session:
            return [(row.seen, row.changed) for row in leads.find(session, viewer, LeadFilter()).leads]

    run(ledger, finding(1))
    assert marks(zhang) == [(False, False)]
    take(ledger, leads.mark_seen, zhang)
    assert marks(zhang) == [(True, False)]
    run(ledger, finding(1))
    assert marks(zhang) == [(True, False)]
    run(ledger, finding(1, basis_hash="facts-2"))
    assert marks(zhang) == [(True, True)]
    take(ledger, leads.mark_seen, zhang)
    take(ledger, leads.assign, wang, "zhang")
    assert marks(zhang) == [(True, True)]
    assert marks(wang) == [(True, False)]


def test_similar_leads_name_whom_they_share(ledger: Ledger, wang: Viewer) -> None:
    nobody, other_thing = (Party("official", "麻某", "", "e" * 20),), (Thing("Company", "91X", "别的公司"),)
    run(
        ledger,
        finding(1),
        finding(2, things=other_thing),
        finding(3, persons=nobody),
        finding(4, persons=nobody, things=other_thing),
    )
    with ledger.reading() as session:
        found = {other.lead.key: other.shared for other in leads.similar(session, wang, KEY)}
    assert found == {finding(2).key: ["单小明", "曾阿秀"], finding(3).key: ["锦和建筑公司"]}


def test_a_lead_reads_as_the_contract_says(ledger: Ledger, wang: Viewer, zhang: Viewer) -> None:
    run(ledger, finding(1))
    take(ledger, leads.assign, wang, "zhang")
    view = look(ledger, wang)
    contract = leads.as_contract(view.lead, view.current)
    assert contract.pop("first_seen") <= contract.pop("last_seen")
    assert contract == {
        "key": KEY,
        "query": QUERY,
        "pack": "relative_favouring",
        "query_version": "1",
        "level": "high",
        "title": FINDING.title_zh,
        "persons": [
            {"role": "official", "name": "单小明", "id": "431226********1234", "ref": "a" * 20},
            {"role": "relative", "name": "曾阿秀", "id": "431226********4321", "ref": "b" * 20},
        ],
        "things": [
            {"label": "Programme", "key": "DB01", "name": "农村低保"},
            {"label": "Company", "key": "91431226MA4L00001X", "name": "锦和建筑公司"},
        ],
        "amount": 24300.0,
        "from": "2019-03-05",
        "to": "2020-03-05",
        "rows": [{"table": "补贴发放", "delivery": "d1", "file": "补贴发放.csv", "sheet": "", "row": 7}],
        "for": ["发放当日在任"],
        "against": ["亲属关系已申报"],
        "state": "assigned",
        "basis": "stands",
        "assignee": "zhang",
    }


def test_looking_at_a_lead_is_logged_once_in_five_minutes_and_person(
    ledger: Ledger, zhang: Viewer, wang: Viewer
) -> None:
    run(ledger, finding(1))
    for viewer in (zhang, zhang, wang):
        look(ledger, viewer)
    with ledger.reading() as session:
        assert [line.who for line in audit.lines(session, what=KEY, action="lead.view")] == ["wang", "zhang"]


# Steps


def test_from_new_to_closed_by_two_people(proposed: Ledger, zhang: Viewer, wang: Viewer) -> None:
    assert refusal(proposed, leads.close, zhang) == "not_your_role"
    take(proposed, leads.close, wang)
    view = look(proposed, wang)
    assert (view.lead.state, view.lead.outcome, view.lead.outcome_reason) == ("closed", "true", "已核对原件")
    assert [(e.who, e.action, e.from_state, e.to_state, e.reason) for e in view.events] == [
        ("guanxi", "found", None, "new", ""),
        ("wang", "assign", "new", "assigned", ""),
        ("zhang", "start_check", "assigned", "checking", ""),
        ("zhang", "propose", "checking", "proposed", "已核对原件"),
        ("wang", "close", "proposed", "closed", ""),
    ]
    assert view.events[1].assignee == "zhang"
    with proposed.reading() as session:
        steps = [line.action for line in audit.lines(session, what=KEY) if line.action != "lead.view"]
        assert steps == ["lead.close", "lead.propose", "lead.start_check", "lead.assign"]
        assert audit.verify(session) + leads.unexplained(session) == []


def test_sent_back_it_is_checked_again_and_reopened_it_is_too(proposed: Ledger, zhang: Viewer, wang: Viewer) -> None:
    assert refusal(proposed, leads.send_back, wang, "  ") == "reason_missing"
    take(proposed, leads.send_back, wang, "请补充申请原件")
    assert state(proposed)[0] == "checking"
    assert look(proposed, wang).lead.outcome is None
    take(proposed, leads.propose, zhang, "untrue", "已离婚")
    take(proposed, leads.close, wang)
    assert refusal(proposed, leads.reopen, zhang, "") == "reason_missing"
    take(proposed, leads.reopen, zhang, "新的举报")
    assert state(proposed)[0] == "checking"
    take(proposed, leads.propose, zhang, "partly", "部分核实")


def test_who_proposed_never_closes_even_as_a_supervisor_later_or_under_another_name(
    proposed: Ledger, office: Callable[..., Viewer]
) -> None:
    with proposed.reading() as session:
        administrator = accounts.viewer_of(accounts.named(session, "security"))
    with proposed.writing() as session:
        accounts.set_role(session, administrator, "zhang", "supervisor")
        accounts.tie(session, administrator, "zhang", "f" * 20)
        promoted = accounts.viewer_of(accounts.named(session, "zhang"))
    alias = office("supervisor", "alias", person_ref="f" * 20)
    for somebody, step in itertools.product((promoted, alias), (leads.close, leads.send_back)):
        assert refusal(proposed, step, somebody, "理由") == "needs_second_person"


def test_only_the_assignee_checks_and_proposes(ledger: Ledger, wang: Viewer, office: Callable[..., Viewer]) -> None:
    zhang, li = office("investigator", "zhang"), office("investigator", "li")
    run(ledger, finding(1))
    assert refusal(ledger, leads.assign, zhang, "zhang") == "not_your_role"
    take(ledger, leads.assign, wang, "zhang")
    assert refusal(ledger, leads.start_check, li) == "not_assigned_to_you"
    take(ledger, leads.start_check, zhang)
    assert refusal(ledger, leads.propose, li, "true", "理由") == "not_assigned_to_you"
    assert refusal(ledger, leads.propose, zhang, "guilty", "理由") == "no_such_outcome"
    assert refusal(ledger, leads.propose, zhang, "true", " ") == "reason_missing"
    take(ledger, leads.assign, wang, "li")
    assert refusal(ledger, leads.propose, zhang, "true", "理由") == "wrong_state"


def test_a_lead_goes_to_an_open_investigator_of_its_town(
    ledger: Ledger, wang: Viewer, office: Callable[..., Viewer]
) -> None:
    office("investigator", "elsewhere", towns=frozenset({"431226999"}))
    office("investigator", "local", towns=frozenset({"431226101"}))
    office("analyst", "chen")
    office("investigator", "shut")
    with ledger.writing() as session:
        accounts.disable(session, accounts.viewer_of(accounts.named(session, "security")), "shut")
    run(ledger, finding(1))
    for name in ("elsewhere", "chen", "shut", "wang"):
        assert refusal(ledger, leads.assign, wang, name) == "not_assignable"
    assert refusal(ledger, leads.assign, wang, "nobody") == "no_such_account"
    with ledger.reading() as session:
        lead = session.get_one(Lead, KEY)
        assert [account.name for account in leads.assignable(session, lead)] == ["local"]
    take(ledger, leads.assign, wang, "local")


@pytest.mark.parametrize("near", [CADRE.ref, "b" * 20, SIGNER, SIGNERS_WIFE])
def test_whoever_is_near_to_a_lead_stands_aside(
    ledger: Ledger, zhang: Viewer, wang: Viewer, office: Callable[..., Viewer], near: str
) -> None:
    run(ledger, finding(1))
    insider = office("supervisor", "insider", person_ref=near)
    office("investigator", "cousin", person_ref=near)
    assert refusal(ledger, leads.assign, insider, "zhang") == "interested"
    assert refusal(ledger, leads.assign, wang, "cousin") == "assignee_interested"
    take(ledger, leads.assign, wang, "zhang")
    take(ledger, leads.start_check, zhang)
    take(ledger, leads.propose, zhang, "untrue", "理由")
    assert refusal(ledger, leads.close, insider) == "interested"
    view = look(ledger, insider)
    assert view.interested is not None
    assert [action.code for action in view.actions] == ["note"]
    take(ledger, leads.close, wang)
    assert [action.code for action in look(ledger, insider).actions] == ["reopen", "note"]


def test_who_was_near_to_an_earlier_version_still_stands_aside(ledger: Ledger, office: Callable[..., Viewer]) -> None:
    run(ledger, finding(1))
    run(ledger, finding(1, network={"nodes": [], "edges": []}, basis_hash="facts-2"))
    assert look(ledger, office("supervisor", "insider", person_ref=SIGNER)).interested is not None


def test_a_lead_whose_basis_went_while_new_can_still_be_looked_into(
    ledger: Ledger, wang: Viewer, zhang: Viewer
) -> None:
    run(ledger, finding(1))
    run(ledger)
    take(ledger, leads.assign, wang, "zhang", "撤回的交付可疑")
    assert state(ledger) == ("assigned", "gone")
    run(ledger, finding(1))
    assert state(ledger) == ("assigned", "stands")


def test_proposing_answers_a_changed_basis(ledger: Ledger, wang: Viewer, zhang: Viewer) -> None:
    run(ledger, finding(1))
    take(ledger, leads.assign, wang, "zhang")
    take(ledger, leads.start_check, zhang)
    run(ledger, finding(1, basis_hash="facts-2"))
    assert state(ledger) == ("checking", "changed")
    take(ledger, leads.propose, zhang, "true", "按新的数据核实")
    assert state(ledger) == ("proposed", "stands")
    run(ledger, finding(1, basis_hash="facts-2"))
    assert state(ledger) == ("proposed", "stands")
    run(ledger, finding(1))
    assert state(ledger) == ("proposed", "changed")


def test_a_page_offers_exactly_the_steps_that_would_succeed(
    ledger: Ledger, zhang: Viewer, wang: Viewer, office: Callable[..., Viewer]
) -> None:
    others = [office("investigator", "li"), office("analyst", "chen"), office("auditor", "audit")]
    said: dict[str, tuple[str, ...]] = {
        "assign": ("zhang",),
        "start_check": (),
        "propose": ("true", "理由"),
        "close": (),
        "send_back": ("理由",),
        "reopen": ("理由",),
        "note": ("备注",),
    }
    run(ledger, finding(1))
    for code, who in (("note", wang), ("assign", wang), ("start_check", zhang), ("propose", zhang), ("close", wang)):
        for viewer in (zhang, wang, *others):
            offered = {action.code for action in look(ledger, viewer).actions}
            for step, words in said.items():
                succeeded = True
                try:
                    with ledger.writing() as session:
                        getattr(leads, step)(session, viewer, KEY, *words)
                        session.rollback()
                except NotAllowed:
                    succeeded = False
                assert succeeded == (step in offered), (viewer.name, step)
        take(ledger, getattr(leads, code), who, *said[code])


def test_numbers_of_people_in_reasons_are_masked(proposed: Ledger, wang: Viewer) -> None:
    take(proposed, leads.note, wang, "证号 431226197001011234，已核")
    assert look(proposed, wang).events[-1].reason == "证号 431226********1234，已核"


def test_every_code_has_its_words() -> None:
    for code in (*leads.STATES, *leads.BASES, *leads.OUTCOMES, "high", "medium", "low", "verify"):
        assert all(leads.WORDS[code])


# Against the log


def test_a_lead_taken_out_or_moved_behind_the_workbench_is_found(proposed: Ledger) -> None:
    run(proposed, finding(1), finding(2))

    def said(*statements: str) -> str:
        with proposed.writing() as session:
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
            for statement in statements:
                session.execute(text(statement))
            found = " ".join(leads.unexplained(session))
            session.rollback()
        return found

    second = finding(2).key
    children = [
        f"DELETE FROM {table} WHERE lead_key = '{second}'"
        for table in ("lead_event", "lead_version", "lead_person", "lead_thing")
    ]
    triggers = [f"DROP TRIGGER refuse_delete_{table}" for table in ("lead", "lead_event", "lead_version")]
    assert said() == ""
    assert QUERY in said(*triggers, *children, f"DELETE FROM lead WHERE key = '{second}'")
    assert KEY in said(f"UPDATE lead SET state = 'closed' WHERE key = '{KEY}'")
    assert second in said(f"UPDATE lead SET state = 'gone' WHERE key = '{second}'")
    assert QUERY in said(f"UPDATE lead SET state = 'gone', basis = 'gone' WHERE key = '{second}'")


# Whatever anybody does

PEOPLE = (
    ("zhang", "investigator", None),
    ("li", "investigator", "f" * 20),
    ("wang", "supervisor", None),
    ("zhao", "supervisor", "f" * 20),
    ("insider", "supervisor", SIGNER),
)
NUMBERS = (1, 2)


class Office(RuleBasedStateMachine):
    """People take whatever steps they can think of while runs come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = open_ledger(Path(self.folder.name))
        with self.ledger.writing() as session:
            accounts.create(session, OWNER, "security", "security_admin", PASSWORD)
            self.administrator = accounts.viewer_of(accounts.named(session, "security"))
            for name, role, person_ref in PEOPLE:
                accounts.create(session, self.administrator, name, role, PASSWORD, person_ref=person_ref)
        self.recorded: set[str] = set()

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    @initialize()
    def the_first_run(self) -> None:
        self.a_run(set(NUMBERS), "facts-1")

    @rule(numbers=st.sets(st.sampled_from(NUMBERS)), facts=st.sampled_from(["facts-1", "facts-2"]))
    def a_run(self, numbers: set[int], facts: str) -> None:
        with self.ledger.writing() as session:
            leads.record(session, QUERY, [finding(number, basis_hash=facts) for number in numbers], DAY)
        self.recorded |= {finding(number).key for number in numbers}

    @precondition(lambda self: self.recorded)
    @rule(
        who=st.sampled_from([name for name, *_ in PEOPLE]),
        number=st.sampled_from(NUMBERS),
        step=st.sampled_from(list(leads.STEPS)),
        other=st.sampled_from([name for name, *_ in PEOPLE]),
        outcome=st.sampled_from(leads.OUTCOMES),
    )
    def a_step(self, who: str, number: int, step: str, other: str, outcome: str) -> None:
        said = {"assign": (other,), "propose": (outcome, "理由"), "start_check": (), "close": ()}.get(step, ("理由",))
        try:
            with self.ledger.writing() as session:
                viewer = accounts.viewer_of(accounts.named(session, who))
                getattr(leads, step)(session, viewer, finding(number).key, *said)
        except NotAllowed:
            pass

    @precondition(lambda self: self.recorded)
    @rule(number=st.sampled_from(NUMBERS), data=st.data())
    def a_lead_moves_on(self, number: int, data: st.DataObject) -> None:
        """Somebody takes a step that a page offers them: else few leads would ever get near to being closed."""
        with self.ledger.reading() as session:
            lead = session.get(Lead, finding(number).key)
            viewers = [accounts.viewer_of(accounts.named(session, name)) for name, *_ in PEOPLE]
            offered = [
                (viewer.name, action.code)
                for viewer in viewers
                for action in (leads.actions_for(session, viewer, lead) if lead else [])
                if action.code != "note" and not (action.code == "assign" and lead and lead.assignee)
            ]
        if offered:
            who, step = data.draw(st.sampled_from(offered))
            self.a_step(who, number, step, data.draw(st.sampled_from(["zhang", "li"])), "untrue")

    @rule(name=st.sampled_from(["zhang", "wang"]), role=st.sampled_from(["investigator", "supervisor"]))
    def a_new_role(self, name: str, role: str) -> None:
        with self.ledger.writing() as session:
            accounts.set_role(session, self.administrator, name, role)

    @invariant()
    def no_lead_is_ever_missing(self) -> None:
        with self.ledger.reading() as session:
            assert set(session.scalars(select(Lead.key))) == self.recorded

    @invariant()
    def a_closed_lead_was_closed_by_two_people_neither_near_to_it(self) -> None:
        refs = {name: ref or name for name, _, ref in PEOPLE}
        with self.ledger.reading() as session:
            for lead in session.scalars(select(Lead).where(Lead.state == "closed")):
                events = session.scalars(
                    select(LeadEvent).where(LeadEvent.lead_key == lead.key).order_by(LeadEvent.id)
                ).all()
                proposer = next(event.who for event in reversed(events) if event.action == "propose")
                closer = next(event.who for event in reversed(events) if event.action == "close")
                assert refs[proposer] != refs[closer]
                assert SIGNER not in (refs[proposer], refs[closer])

    @invariant()
    def the_log_explains_the_ledger(self) -> None:
        with self.ledger.reading() as session:
            assert audit.verify(session) + leads.unexplained(session) == []


TestOffice = Office.TestCase
TestOffice.settings = settings(
    max_examples=int(os.environ.get("GUANXI_PROOF_EXAMPLES", "15")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_village_code_names_the_town(ledger: Ledger, wang: Viewer) -> None:
    run(ledger, finding(1), finding(2, village=None, town="", place=""))
    with ledger.reading() as session:
        towns = session.execute(select(Lead.town, Lead.town_name).order_by(Lead.key)).all()
    assert [tuple(town) for town in towns] == [("431226101", "锦和镇"), ("", "")]


def test_a_later_run_with_the_same_facts_freezes_nothing_anew(ledger: Ledger, wang: Viewer) -> None:
    run(ledger, finding(1, parameters={"as_of": "2021-01-01"}))
    run(ledger, finding(1, parameters={"as_of": "2021-02-01"}), as_of=date(2021, 2, 1))
    assert len(look(ledger, wang).versions) == 1
