"""Leads: what a run found, put on record; the list, one lead, the leads like it; and the steps by which people work one.

What the evidence says (`basis`) is written by `record` alone, what people decided (`state`) by the steps alone, but for one
case: a lead that nobody has touched is `gone` with its basis, and `new` again with it. Nothing is ever removed.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, insert, literal_column, or_, select
from sqlalchemy.orm import Session, joinedload, undefer
from sqlalchemy.orm.strategy_options import defer

from backend import audit
from backend.accounts import NotAllowed, Viewer, may, named, require, viewer_of
from backend.findings import LEVELS, Finding
from backend.ledger import (
    Account,
    AuditEntry,
    Lead,
    LeadEvent,
    LeadPerson,
    LeadSeen,
    LeadThing,
    LeadVersion,
    Run,
    now,
)
from graph_loader.cells import person_initials, title_initials

STATES = ("new", "assigned", "checking", "proposed", "closed", "gone")
OPEN_STATES = STATES[:4]
BASES = ("stands", "changed", "gone")
OUTCOMES = ("true", "partly", "untrue", "data_error")

WORDS = {
    "new": ("待核", "new"),
    "assigned": ("已分派", "assigned"),
    "checking": ("核查中", "being checked"),
    "proposed": ("待办结", "outcome proposed"),
    "closed": ("已结", "closed"),
    "gone": ("依据已失", "basis gone"),
    "stands": ("依据仍在", "basis stands"),
    "changed": ("依据有变", "basis changed"),
    "true": ("属实", "substantiated"),
    "partly": ("部分属实", "partly substantiated"),
    "untrue": ("不属实", "not substantiated"),
    "data_error": ("数据错误", "data error"),
    "high": ("高", "high"),
    "medium": ("中", "medium"),
    "low": ("低", "low"),
    "verify": ("待核数据", "verify data"),
    "found": ("发现", "found"),
    "returned": ("再次出现", "found again"),
    "basis_changed": ("依据变化", "basis changed"),
    "basis_gone": ("依据消失", "basis gone"),
}
"""What the codes of states, bases, outcomes, levels and the run's own events are called, in Chinese and English."""

VIEW_LOGGED_AGAIN = timedelta(minutes=5)
"""Looking at the same lead again within this time makes no second entry on the log."""


# What a run found


@dataclass(frozen=True)
class Counts:
    """What recording the findings of one query did. `recorded` is False for a run as of an earlier day than the last one."""

    new: int = 0
    again: int = 0
    changed: int = 0
    gone: int = 0
    recorded: bool = True


def last_as_of(session: Session, query_id: str) -> date | None:
    """The day as of which the query last recorded its findings."""
    return session.scalar(select(func.max(Run.as_of)).where(Run.query == query_id))


@dataclass(frozen=True)
class Sight:
    """What a run looked at. `anchors`: keys, under the name of the identity that holds them, of the anchors it looked at; None for
    all. `step` and `terms` as in `ledger.Run`."""

    anchor: str = ""
    anchors: Collection[str] | None = None
    step: int = 0
    terms: str = ""


def last_run(session: Session, query_id: str) -> Run | None:
    """The run of a query that last recorded its findings."""
    return session.scalar(select(Run).where(Run.query == query_id).order_by(Run.as_of.desc(), Run.id.desc()).limit(1))


def open_leads(session: Session) -> Sequence[Lead]:
    """Leads that nobody has closed and whose basis is not gone, with who and what the version that stands is about."""
    about = joinedload(Lead.current).load_only(LeadVersion.identity, LeadVersion.persons, LeadVersion.things)
    asked = select(Lead).where(Lead.state.in_(OPEN_STATES), Lead.basis != "gone").options(about)
    return session.scalars(asked.order_by(Lead.key)).all()


def open_in_sight(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on leads that are open, whose basis is not gone, and which the viewer may see."""
    return and_(_in_sight(viewer), Lead.state.in_(OPEN_STATES), Lead.basis != "gone")


def resting_on(session: Session, finding: Finding) -> Finding:
    """A lead about leads with the source rows and the network of those it rests on."""
    standing = (
        select(LeadVersion)
        .join(Lead, and_(Lead.key == LeadVersion.lead_key, Lead.number == LeadVersion.number))
        .where(Lead.key.in_(finding.leads))
        .order_by(LeadVersion.lead_key)
        .options(undefer(LeadVersion.network))
    )
    return finding.resting_on((version.rows, version.network) for version in session.scalars(standing))


def record(
    session: Session, query_id: str, findings: Iterable[Finding], as_of: date, sight: Sight | None = None
) -> Counts:
    """Puts the findings of one query on record, by their stable keys.

    The findings are all that the anchors in sight have today: other leads of theirs have lost their basis. A run as of a day
    earlier than the last one changes nothing. Raises ValueError for a finding of another query or two of one key.
    """
    sight = sight or Sight()
    found: dict[str, Finding] = {}
    for finding in findings:
        if finding.query != query_id or finding.key in found:
            raise ValueError(f"{finding.key}: a finding of {finding.query} among those of {query_id}, or its key twice")
        found[finding.key] = finding
    audit.hold(session)
    last = last_as_of(session, query_id)
    if last and as_of < last:
        return Counts(recorded=False)
    known = {lead.key: lead for lead in session.scalars(select(Lead).where(Lead.query == query_id))}
    rows: _Rows = defaultdict(list)
    tally: dict[str, int] = defaultdict(int)
    for key, finding in found.items():
        if key in known:
            tally[_found_again(rows, known[key], finding, as_of)] += 1
        else:
            session.add(_first_found(rows, finding, as_of))
            tally["new"] += 1
    lost = {key for key, lead in known.items() if key not in found and lead.basis != "gone"}
    for key in sorted(lost & _of_anchors(session, sight, lost)):
        _lose_basis(rows, known[key])
        tally["gone"] += 1
    counts = Counts(tally["new"], tally["again"], tally["changed"], tally["gone"])
    session.add(
        Run(
            query=query_id,
            as_of=as_of,
            at=now(),
            step=sight.step,
            terms=sight.terms,
            new=counts.new,
            again=counts.again,
            changed=counts.changed,
            gone=counts.gone,
        )
    )
    session.flush()
    _write(session, rows)
    told = {"as_of": as_of.isoformat(), **asdict(counts), "leads": _standing(session, query_id)}
    audit.append(session, "guanxi", "detect", query_id, told)
    return counts


def _of_anchors(session: Session, sight: Sight, keys: set[str]) -> set[str]:
    """Those of some leads whose anchor was looked at."""
    if sight.anchors is None or not keys:
        return keys
    anchors = set(sight.anchors)
    versions = session.execute(
        select(LeadVersion.lead_key, LeadVersion.identity)
        .join(Lead, and_(Lead.key == LeadVersion.lead_key, Lead.number == LeadVersion.number))
        .where(Lead.key.in_(keys))
    )
    return {key for key, identity in versions if identity.get(sight.anchor) in anchors}


_Rows = dict[type[LeadVersion | LeadPerson | LeadThing | LeadEvent], list[dict[str, Any]]]
"""Rows that a run adds under its leads, written together once the leads are."""


def _write(session: Session, rows: _Rows) -> None:
    again = [row["lead_key"] for row in rows[LeadVersion] if row["number"] > 1]
    for start in range(0, len(again), 1000):
        for table in (LeadPerson, LeadThing):
            session.execute(delete(table).where(table.lead_key.in_(again[start : start + 1000])))
    for into, added in rows.items():
        if added:
            session.execute(insert(into), added)


def _first_found(rows: _Rows, finding: Finding, as_of: date) -> Lead:
    moment = now()
    lead = Lead(
        key=finding.key,
        query=finding.query,
        pack=finding.pack,
        number=0,
        basis="stands",
        basis_hash="",
        decided_hash=finding.basis_hash,
        fingerprint="",
        state="new",
        first_seen=moment,
        last_seen=moment,
    )
    _freeze(rows, lead, finding, as_of)
    _note_run(rows, lead, "found", None)
    return lead


def _found_again(rows: _Rows, lead: Lead, finding: Finding, as_of: date) -> str:
    returned, untouched = lead.basis == "gone", lead.state == "gone"
    changed = lead.basis_hash != finding.basis_hash
    before = lead.state
    lead.last_seen = now()
    if lead.fingerprint != _fingerprint(finding):
        _freeze(rows, lead, finding, as_of)
    if untouched:
        lead.state = "new"
        lead.decided_hash = finding.basis_hash
    lead.basis = "stands" if lead.decided_hash == finding.basis_hash else "changed"
    if returned:
        _note_run(rows, lead, "returned", before)
    elif changed:
        _note_run(rows, lead, "basis_changed", before)
    return "new" if untouched else "changed" if changed else "again"


def _lose_basis(rows: _Rows, lead: Lead) -> None:
    before = lead.state
    lead.basis = "gone"
    if before == "new":
        lead.state = "gone"
    _note_run(rows, lead, "basis_gone", before)


def _freeze(rows: _Rows, lead: Lead, finding: Finding, as_of: date) -> None:
    """Adds the finding as the lead's next version, the one that stands."""
    lead.number += 1
    lead.basis_hash = finding.basis_hash
    lead.fingerprint = _fingerprint(finding)
    lead.query_version = finding.query_version
    lead.level = finding.level
    lead.level_rank = LEVELS.index(finding.level)
    lead.title_zh = finding.title_zh
    lead.title_en = finding.title_en
    lead.amount = finding.amount
    lead.first_day = finding.first_day
    lead.last_day = finding.last_day
    lead.village = finding.village
    lead.place = finding.place
    lead.town, lead.town_name = _town(finding)
    lead.changed_at = now()
    rows[LeadVersion].append(
        {
            "lead_key": lead.key,
            "number": lead.number,
            "recorded_at": now(),
            "as_of": as_of,
            "query_version": finding.query_version,
            "basis_hash": finding.basis_hash,
            "identity": _plain(finding.identity),
            "parameters": _plain(finding.parameters),
            "level": finding.level,
            "title_zh": finding.title_zh,
            "title_en": finding.title_en,
            "amount": finding.amount,
            "first_day": finding.first_day,
            "last_day": finding.last_day,
            "persons": [{"role": p.role, "name": p.name, "id": p.masked, "ref": p.ref} for p in finding.persons],
            "things": [
                {"label": t.label, "key": t.key, "name": t.name} | ({"ref": t.ref} if t.ref else {})
                for t in finding.things
            ],
            "checks": [asdict(check) for check in finding.checks],
            "rows": _plain(finding.rows),
            "network": _plain(finding.network),
        }
    )
    for position, p in enumerate(finding.persons):
        named_so = {"role": p.role, "name": p.name, "initials": person_initials(p.name), "ref": p.ref}
        rows[LeadPerson].append({"lead_key": lead.key, "position": position, **named_so})
    for position, t in enumerate(finding.things):
        named_so = {"label": t.label, "key": t.ref or t.key, "name": t.name, "initials": title_initials(t.name)}
        rows[LeadThing].append({"lead_key": lead.key, "position": position, **named_so})


def _note_run(rows: _Rows, lead: Lead, action: str, before: str | None) -> None:
    lead.changed_at = now()
    rows[LeadEvent].append(
        {
            "lead_key": lead.key,
            "at": now(),
            "account_id": None,
            "who": "guanxi",
            "action": action,
            "from_state": before,
            "to_state": lead.state,
            "reason": "",
            "number": lead.number,
        }
    )


def _town(finding: Finding) -> tuple[str, str]:
    """Code and name of the town: a village code begins with its town's nine digits."""
    return (finding.village[:9], finding.town) if finding.village else ("", finding.town)


def _plain(value: Any) -> Any:
    """The value as JSON keeps it (dates as ISO text)."""
    return json.loads(json.dumps(value, ensure_ascii=False, default=str))


def _fingerprint(finding: Finding) -> str:
    """Changes when the lead would read otherwise: facts, wording, query text or parameters, the day of the run aside."""
    told = [
        finding.basis_hash,
        finding.query_version,
        {name: value for name, value in finding.parameters.items() if name != "as_of"},
        finding.level,
        finding.title_zh,
        finding.title_en,
        [asdict(person) for person in finding.persons],
        [asdict(thing) for thing in finding.things],
        [asdict(check) for check in finding.checks],
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


# The list


@dataclass(frozen=True)
class LeadFilter:
    """What the list is narrowed to; every empty value narrows nothing. Several values of one field: any of them.

    `assignee` holds account names, "" for leads of nobody. `text` is part of a name (person, company, project …, place),
    its pinyin initials, or the beginning of a lead's key. `sort` is one of `SORTS`; `page` counts from 1.
    """

    pack: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    town: tuple[str, ...] = ()
    village: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    text: str = ""
    sort: str = "level"
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True)
class Facet:
    """A value of a field, what to call it where the ledger knows, and how many leads have it under the other filters."""

    value: str
    name: str
    count: int


@dataclass(frozen=True)
class Listed:
    """A lead in the list: seen by the viewer before, and changed since then."""

    lead: Lead
    seen: bool
    changed: bool


@dataclass(frozen=True)
class Page:
    """One page of the list; `total` and `amount` (元) are over all pages."""

    leads: list[Listed]
    total: int
    amount: float
    facets: dict[str, list[Facet]]
    page: int
    pages: int


_NO_AMOUNT_LAST = case((Lead.amount.is_(None), 1), else_=0)
_BY_LEVEL: tuple[Any, ...] = (Lead.level_rank, _NO_AMOUNT_LAST, Lead.amount.desc(), Lead.key)
SORTS: dict[str, tuple[Any, ...]] = {
    "level": _BY_LEVEL,
    "amount": (_NO_AMOUNT_LAST, Lead.amount.desc(), Lead.key),
    "first_seen": (Lead.first_seen.desc(), *_BY_LEVEL),
    "changed": (Lead.changed_at.desc(), *_BY_LEVEL),
    "last_day": (case((Lead.last_day.is_(None), 1), else_=0), Lead.last_day.desc(), Lead.key),
    "place": (Lead.town, Lead.village, *_BY_LEVEL),
}

_FACETS: dict[str, tuple[Any, Any]] = {
    "pack": (Lead.pack, None),
    "query": (Lead.query, None),
    "level": (Lead.level, None),
    "town": (Lead.town, func.max(Lead.town_name)),
    "state": (Lead.state, None),
    "basis": (Lead.basis, None),
    "outcome": (func.coalesce(Lead.outcome, literal_column("''")), None),
    "assignee": (func.coalesce(Account.name, literal_column("''")), func.max(Account.display_name)),
}


def find(session: Session, viewer: Viewer, filters: LeadFilter) -> Page:
    """A page of the leads the viewer may see, with counts for every filter. Raises NotAllowed for a role that sees none."""
    narrowed = _narrowed(viewer, filters)
    counted: Any = select(func.count(), func.coalesce(func.sum(Lead.amount), 0.0))
    total, amount = session.execute(_joined(counted, narrowed)).one()
    pages = max(1, -(-total // filters.per_page))
    page = min(max(1, filters.page), pages)
    query = (
        _joined(select(Lead), narrowed)
        .order_by(*SORTS.get(filters.sort, _BY_LEVEL))
        .limit(filters.per_page)
        .offset((page - 1) * filters.per_page)
    )
    return Page(
        leads=_listed(session, viewer, session.scalars(query).all()),
        total=total,
        amount=round(amount, 2),
        facets={name: _facet(session, viewer, filters, name) for name in _FACETS},
        page=page,
        pages=pages,
    )


def _facet(session: Session, viewer: Viewer, filters: LeadFilter, name: str) -> list[Facet]:
    value, label = _FACETS[name]
    columns = [value, func.count()] if label is None else [value, func.count(), label]
    query = _joined(select(*columns), _narrowed(viewer, filters, leave_out=name)).group_by(value)
    facets = [Facet(row[0], (row[2] or "") if label is not None else "", row[1]) for row in session.execute(query)]
    order = {code: rank for rank, code in enumerate((*LEVELS, *STATES, *BASES, *OUTCOMES))}
    return sorted(facets, key=lambda facet: (order.get(facet.value, 0), -facet.count, facet.value))


def _joined(query: Select[Any], narrowed: list[ColumnElement[bool]]) -> Select[Any]:
    return query.select_from(Lead).outerjoin(Account, Lead.assignee_id == Account.id).where(*narrowed)


def _narrowed(viewer: Viewer, filters: LeadFilter, leave_out: str = "") -> list[ColumnElement[bool]]:
    conditions = [_in_sight(viewer)]
    columns: dict[str, Any] = {
        **{name: value for name, (value, _) in _FACETS.items()},
        "village": Lead.village,
    }
    for name, column in columns.items():
        wanted = getattr(filters, name)
        if wanted and name != leave_out:
            conditions.append(column.in_(wanted))
    if filters.text.strip():
        conditions.append(_mentions(filters.text.strip()))
    return conditions


def _in_sight(viewer: Viewer) -> ColumnElement[bool]:
    """The leads of the viewer's towns; a lead of no town is the county's."""
    require(viewer, "see_leads")
    return Lead.town.in_(viewer.towns) if viewer.towns else Lead.key.is_not(None)


def _mentions(words: str) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [
        Lead.key.startswith(words, autoescape=True),
        Lead.place.contains(words, autoescape=True),
    ]
    for table in (LeadPerson, LeadThing):
        named_so = table.name.contains(words, autoescape=True)
        if words.isascii() and words.isalpha():
            named_so = or_(named_so, table.initials.startswith(words.lower(), autoescape=True))
        conditions.append(Lead.key.in_(select(table.lead_key).where(named_so)))
    conditions.append(Lead.key.in_(select(LeadThing.lead_key).where(LeadThing.key == words)))
    return or_(*conditions)


def _listed(session: Session, viewer: Viewer, leads: Sequence[Lead]) -> list[Listed]:
    seen = {
        key: at
        for key, at in session.execute(
            select(LeadSeen.lead_key, LeadSeen.at).where(
                LeadSeen.account_id == viewer.id, LeadSeen.lead_key.in_([lead.key for lead in leads])
            )
        )
        if at
    }
    return [
        Listed(lead, seen=lead.key in seen, changed=lead.key in seen and lead.changed_at > seen[lead.key])
        for lead in leads
    ]


# One lead


@dataclass(frozen=True)
class Action:
    """A step somebody may take now, with what it asks for: `assignee`, `outcome`, `reason` (`reason?`: may stay empty)."""

    code: str
    zh: str
    en: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class LeadView:
    """Everything about one lead. `versions` are newest first; only `current` and what `version` returns hold the network."""

    lead: Lead
    current: LeadVersion
    versions: list[LeadVersion]
    events: list[LeadEvent]
    actions: list[Action]
    seen: bool
    changed: bool
    interested: NotAllowed | None = None
    """Why this viewer may take no step but a note and reopening, if they are too near to the lead."""


@dataclass(frozen=True)
class Similar:
    """Another lead about the same people or company, and their names."""

    lead: Lead
    shared: list[str]


def get(session: Session, viewer: Viewer, key: str) -> LeadView:
    """One lead with its versions and record. That it was looked at goes on the log, so the session must be a writing one.
    Raises NotAllowed (`no_such_lead`) for a key that is unknown or outside the viewer's towns."""
    lead = _seen_by(session, viewer, key)
    current = session.get_one(LeadVersion, (key, lead.number))
    versions = session.scalars(
        select(LeadVersion)
        .where(LeadVersion.lead_key == key)
        .order_by(LeadVersion.number.desc())
        .options(defer(LeadVersion.network, raiseload=True))
    ).all()
    events = session.scalars(select(LeadEvent).where(LeadEvent.lead_key == key).order_by(LeadEvent.id)).all()
    listed = _listed(session, viewer, [lead])[0]
    _log_view(session, viewer, lead)
    return LeadView(
        lead=lead,
        current=current,
        versions=list(versions),
        events=list(events),
        actions=actions_for(session, viewer, lead),
        seen=listed.seen,
        changed=listed.changed,
        interested=_interest(session, viewer, lead),
    )


def version(session: Session, viewer: Viewer, key: str, number: int) -> LeadVersion:
    """An earlier version of a lead, with its network, as it was frozen. Raises NotAllowed as `get` does."""
    lead = _seen_by(session, viewer, key)
    frozen = session.get(LeadVersion, (key, number), options=[undefer(LeadVersion.network)], populate_existing=True)
    if frozen is None:
        raise _no_such_lead()
    _log_view(session, viewer, lead)
    return frozen


def similar(session: Session, viewer: Viewer, key: str, limit: int = 50) -> list[Similar]:
    """The leads within the viewer's sight about a person or company of this one, most urgent first."""
    _seen_by(session, viewer, key)
    here = select(LeadPerson.ref).where(LeadPerson.lead_key == key, LeadPerson.ref != "")
    companies = select(LeadThing.key).where(LeadThing.lead_key == key, LeadThing.label == "Company")
    shared: dict[str, list[str]] = defaultdict(list)
    same_people = select(LeadPerson.lead_key, LeadPerson.name).where(LeadPerson.ref.in_(here))
    same_company = select(LeadThing.lead_key, LeadThing.name).where(
        LeadThing.label == "Company", LeadThing.key.in_(companies)
    )
    for query in (same_people.order_by(LeadPerson.position), same_company.order_by(LeadThing.position)):
        for other, name in session.execute(query):
            if other != key and name not in shared[other]:
                shared[other].append(name)
    found = session.scalars(
        select(Lead).where(Lead.key.in_(shared), _in_sight(viewer)).order_by(*_BY_LEVEL).limit(limit)
    )
    return [Similar(lead, shared[lead.key]) for lead in found]


def mark_seen(session: Session, viewer: Viewer, key: str) -> None:
    """Notes that the viewer has had the lead open: what changes from now on is marked in their list."""
    _seen_row(session, viewer, key).at = now()


def in_order(session: Session, viewer: Viewer, filters: LeadFilter | None = None) -> Iterator[Lead]:
    """All leads the viewer may see under the filters, level first, then amount; each with its standing version."""
    query = (
        _joined(select(Lead), _narrowed(viewer, filters or LeadFilter()))
        .order_by(*_BY_LEVEL)
        .options(joinedload(Lead.current).defer(LeadVersion.network, raiseload=True))
        .execution_options(yield_per=500)
    )
    yield from session.scalars(query)


def as_contract(lead: Lead, version: LeadVersion | None = None) -> dict[str, Any]:
    """The lead as the contract has it, by the version that stands (`lead.current` unless given)."""
    frozen = version or lead.current
    return {
        "key": lead.key,
        "query": lead.query,
        "pack": lead.pack,
        "query_version": frozen.query_version,
        "level": frozen.level,
        "title": frozen.title_zh,
        "persons": frozen.persons,
        "things": frozen.things,
        "amount": None if frozen.amount is None else round(frozen.amount, 2),
        "from": frozen.first_day and frozen.first_day.isoformat(),
        "to": frozen.last_day and frozen.last_day.isoformat(),
        "rows": frozen.rows,
        "for": [check["zh"] for check in frozen.checks if check["result"] == "for"],
        "against": [check["zh"] for check in frozen.checks if check["result"] == "against"],
        "state": lead.state,
        "basis": lead.basis,
        "assignee": lead.assignee.name if lead.assignee else None,
        "first_seen": lead.first_seen.isoformat(timespec="seconds"),
        "last_seen": lead.last_seen.isoformat(timespec="seconds"),
    }


def _no_such_lead() -> NotAllowed:
    return NotAllowed(
        "no_such_lead",
        "没有这条线索，或它不在您的管辖范围内。",
        "There is no such lead, or it lies outside your towns.",
    )


def _seen_by(session: Session, viewer: Viewer, key: str, to_change: bool = False) -> Lead:
    query = select(Lead).where(Lead.key == key, _in_sight(viewer))
    lead = session.scalar(query.with_for_update(of=Lead) if to_change else query)
    if lead is None:
        raise _no_such_lead()
    return lead


def _seen_row(session: Session, viewer: Viewer, key: str) -> LeadSeen:
    row = session.get(LeadSeen, (viewer.id, key))
    if row is None:
        row = LeadSeen(account_id=viewer.id, lead_key=key)
        session.add(row)
    return row


def _log_view(session: Session, viewer: Viewer, lead: Lead) -> None:
    if viewer.id is None:
        audit.append(session, viewer.name, "lead.view", lead.key, {"version": lead.number})
        return
    row = _seen_row(session, viewer, lead.key)
    if row.logged_at is None or now() - row.logged_at > VIEW_LOGGED_AGAIN:
        row.logged_at = now()
        audit.append(session, viewer.name, "lead.view", lead.key, {"version": lead.number})


# Steps


@dataclass(frozen=True)
class Step:
    """A step: from which states, to which, by whose right, and what it asks for. `to` None leaves the state as it is."""

    action: Action
    before: tuple[str, ...]
    after: str | None
    rights: tuple[str, ...]


STEPS = {
    step.action.code: step
    for step in (
        Step(
            Action("assign", "分派", "Assign", ("assignee", "reason?")),
            ("new", "gone", "assigned", "checking"),
            "assigned",
            ("supervise_leads",),
        ),
        Step(Action("start_check", "开始核查", "Start checking", ()), ("assigned",), "checking", ("work_leads",)),
        Step(
            Action("propose", "提出结论", "Propose an outcome", ("outcome", "reason")),
            ("checking",),
            "proposed",
            ("work_leads",),
        ),
        Step(Action("close", "办结", "Close", ("reason?",)), ("proposed",), "closed", ("supervise_leads",)),
        Step(
            Action("send_back", "退回核查", "Send back", ("reason",)), ("proposed",), "checking", ("supervise_leads",)
        ),
        Step(
            Action("reopen", "重新核查", "Reopen", ("reason",)),
            ("closed",),
            "checking",
            ("supervise_leads", "work_leads"),
        ),
        Step(Action("note", "记一笔", "Add a note", ("reason",)), STATES, None, ("supervise_leads", "work_leads")),
    )
}

_OPEN_TO_ALL = ("reopen", "note")
"""Steps that can make no lead vanish, so that nobody is too near to the lead for them."""


def actions_for(session: Session, viewer: Viewer, lead: Lead) -> list[Action]:
    """The steps this viewer may take on the lead now."""
    return [step.action for step in STEPS.values() if _refusal(session, viewer, lead, step) is None]


def assignable(session: Session, lead: Lead) -> list[Account]:
    """The accounts the lead can be assigned to, by name."""
    accounts = session.scalars(select(Account).where(Account.disabled.is_(False)).order_by(Account.name))
    return [
        account
        for account in accounts
        if _may_check(account, lead) and not _interest(session, viewer_of(account), lead)
    ]


def assign(session: Session, viewer: Viewer, key: str, assignee: str, reason: str = "") -> None:
    """Gives the lead to an investigator of its town who is not too near to it."""
    lead = _about_to(session, viewer, key, "assign")
    account = named(session, assignee)
    if not _may_check(account, lead):
        raise NotAllowed(
            "not_assignable",
            f"{account.display_name} 不能核查这条线索，请选择负责该乡镇的在用核查人账号。",
            f"{account.display_name} cannot check this lead: choose an open investigator account of its town.",
        )
    if _interest(session, viewer_of(account), lead):
        raise NotAllowed(
            "assignee_interested",
            f"{account.display_name} 与这条线索有利害关系，应当回避，请另选核查人。",
            f"{account.display_name} is too near to this lead and must stand aside: choose somebody else.",
        )
    lead.assignee = account
    _take(session, viewer, lead, "assign", reason)


def start_check(session: Session, viewer: Viewer, key: str) -> None:
    """The assignee begins."""
    _take(session, viewer, _about_to(session, viewer, key, "start_check"), "start_check", "")


def propose(session: Session, viewer: Viewer, key: str, outcome: str, reason: str) -> None:
    """The assignee proposes one of `OUTCOMES`, with the reason; somebody else closes or sends back."""
    lead = _about_to(session, viewer, key, "propose")
    if outcome not in OUTCOMES:
        raise NotAllowed(
            "no_such_outcome",
            "请选择结论：属实、部分属实、不属实或数据错误。",
            "Choose an outcome: substantiated, partly substantiated, not substantiated or data error.",
        )
    reason = _worded(reason)
    lead.outcome, lead.outcome_reason = outcome, reason
    lead.proposer_id = viewer.id
    lead.decided_hash = lead.basis_hash
    if lead.basis == "changed":
        lead.basis = "stands"
    _take(session, viewer, lead, "propose", reason)


def close(session: Session, viewer: Viewer, key: str, reason: str = "") -> None:
    """A second person agrees with the proposed outcome."""
    _take(session, viewer, _about_to(session, viewer, key, "close"), "close", reason)


def send_back(session: Session, viewer: Viewer, key: str, reason: str) -> None:
    """A second person asks for more checking."""
    lead = _about_to(session, viewer, key, "send_back")
    reason = _worded(reason)
    _withdraw_outcome(lead)
    _take(session, viewer, lead, "send_back", reason)


def reopen(session: Session, viewer: Viewer, key: str, reason: str) -> None:
    """A closed lead is checked again."""
    lead = _about_to(session, viewer, key, "reopen")
    reason = _worded(reason)
    _withdraw_outcome(lead)
    _take(session, viewer, lead, "reopen", reason)


def note(session: Session, viewer: Viewer, key: str, words: str) -> None:
    """Adds a remark to the record."""
    _take(session, viewer, _about_to(session, viewer, key, "note"), "note", _worded(words))


def _may_check(account: Account, lead: Lead) -> bool:
    in_town = not account.towns or lead.town in account.towns
    return in_town and not account.disabled and may(viewer_of(account), "work_leads")


def _about_to(session: Session, viewer: Viewer, key: str, code: str) -> Lead:
    audit.hold(session)
    lead = _seen_by(session, viewer, key, to_change=True)
    refusal = _refusal(session, viewer, lead, STEPS[code])
    if refusal:
        raise refusal
    return lead


def _refusal(session: Session, viewer: Viewer, lead: Lead, step: Step) -> NotAllowed | None:
    """Why the viewer may not take the step now."""
    if viewer.id is None or not any(may(viewer, right) for right in step.rights):
        return NotAllowed("not_your_role", "您的角色不能进行此操作。", "Your role does not include this.")
    if lead.state not in step.before:
        zh, en = WORDS[lead.state]
        return NotAllowed(
            "wrong_state",
            f"线索现为“{zh}”，不能{step.action.zh}，请刷新页面。",
            f"The lead is now “{en}”, so this step is not open: reload the page.",
        )
    if step.action.code in ("start_check", "propose") and lead.assignee_id != viewer.id:
        return NotAllowed("not_assigned_to_you", "这条线索未分派给您。", "This lead is not assigned to you.")
    if step.action.code in ("close", "send_back") and _proposed(session, viewer, lead):
        return NotAllowed(
            "needs_second_person",
            "提出结论的人不能办结或退回，须由第二人进行。",
            "Whoever proposed the outcome cannot close the lead or send it back: a second person does.",
        )
    return None if step.action.code in _OPEN_TO_ALL else _interest(session, viewer, lead)


def _proposed(session: Session, viewer: Viewer, lead: Lead) -> bool:
    """Whether the standing proposal is the viewer's, from this account or another one tied to the same person."""
    if lead.proposer_id is None or lead.proposer_id == viewer.id:
        return True
    proposer = session.get_one(Account, lead.proposer_id)
    return viewer.person_ref is not None and viewer.person_ref == proposer.person_ref


_SIGNING = ("HANDLED", "REVIEWED", "APPROVED", "SIGNED")
_KINSHIP = ("KIN", "PARENT_OF", "SPOUSE_OF", "SIBLING_OF", "DECLARED")


def _interest(session: Session, viewer: Viewer, lead: Lead) -> NotAllowed | None:
    """Whether the viewer is in any version of the lead: a person of it, a signer or handler in its network, or kin of one."""
    if not viewer.person_ref:
        return None
    me = f"Person:{viewer.person_ref}"
    for persons, network in session.execute(
        select(LeadVersion.persons, LeadVersion.network).where(LeadVersion.lead_key == lead.key)
    ):
        edges = network.get("edges", [])
        near = {f"Person:{person['ref']}" for person in persons}
        near |= {edge["source"] for edge in edges if edge["type"] in _SIGNING}
        kin = {
            end
            for edge in edges
            if edge["type"] in _KINSHIP and {edge["source"], edge["target"]} & near
            for end in (edge["source"], edge["target"])
        }
        if me in near | kin:
            return NotAllowed(
                "interested",
                "您或您的亲属与这条线索有关，应当回避。",
                "You or your kin are part of this lead: you must stand aside.",
            )
    return None


def _withdraw_outcome(lead: Lead) -> None:
    lead.outcome = lead.outcome_reason = lead.proposer_id = None


def _worded(reason: str) -> str:
    reason = audit.masked(reason.strip())
    if not reason:
        raise NotAllowed("reason_missing", "请写明理由。", "Please give the reason.")
    return reason


def _take(session: Session, viewer: Viewer, lead: Lead, code: str, reason: str) -> None:
    """Moves the lead and writes the step on its record and on the log."""
    before = lead.state
    lead.state = STEPS[code].after or before
    lead.changed_at = now()
    reason = audit.masked(reason.strip())
    assignee = lead.assignee.name if code == "assign" and lead.assignee else None
    outcome = lead.outcome if code in ("propose", "close") else None
    session.add(
        LeadEvent(
            lead_key=lead.key,
            at=now(),
            account_id=viewer.id,
            who=viewer.display_name,
            action=code,
            from_state=before,
            to_state=lead.state,
            outcome=outcome,
            assignee=assignee,
            reason=reason,
            number=lead.number,
        )
    )
    told = {"from": before, "to": lead.state, "outcome": outcome, "assignee": assignee, "reason": reason}
    audit.append(session, viewer.name, f"lead.{code}", lead.key, {name: said for name, said in told.items() if said})
    _seen_row(session, viewer, lead.key).at = now()


# Against the log


def unexplained(session: Session) -> list[str]:
    """Where the leads are not what the log says, one sentence each: a lead taken out, or moved past the steps."""
    problems = []
    last_runs: dict[str, str] = {}
    last_steps: dict[str, str] = {}
    entries = select(AuditEntry.action, AuditEntry.what, AuditEntry.detail).order_by(AuditEntry.number)
    for action, what, detail in session.execute(
        entries.where(AuditEntry.action.like("lead.%") | (AuditEntry.action == "detect"))
    ):
        told = json.loads(detail)
        if action == "detect":
            last_runs[what] = told["leads"]
        elif "to" in told:
            last_steps[what] = told["to"]
    queries = set(session.scalars(select(Lead.query).distinct())) | set(last_runs)
    problems += [
        f"{query} 的线索与最近一次检测后的记录不符 / the leads of {query} are not those that its last run left."
        for query in sorted(queries)
        if _standing(session, query) != last_runs.get(query)
    ]
    for key, state, basis in session.execute(select(Lead.key, Lead.state, Lead.basis).order_by(Lead.key)):
        last = last_steps.get(key)
        untouched = "gone" if basis == "gone" else "new"
        if state != (untouched if last in (None, "new", "gone") else last):
            problems.append(
                f"线索 {key} 的状态 {state} 无相应步骤 / no step on the log put lead {key} into the state {state}."
            )
    return problems


def _standing(session: Session, query_id: str) -> str:
    """Fixes which leads a query has on record and which of them have lost their basis."""
    told = session.execute(select(Lead.key, Lead.basis).where(Lead.query == query_id))
    return hashlib.sha256("".join(sorted(f"{key} {basis == 'gone'}\n" for key, basis in told)).encode()).hexdigest()
