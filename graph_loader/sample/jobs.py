"""Tendered jobs, the common ground of what is planted around projects: a lawful tender, its firms, its contract."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from graph_loader.sample.casting import Cast
from graph_loader.sample.county import Bid, Change, Contract, Firm, Project
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.places import Village
from graph_loader.sample.works import (
    approval,
    change,
    clear_of,
    found_firm,
    outsider,
    pay_contract,
    plan_project,
    rested,
    sign,
    tender,
)


@dataclass(eq=False)
class Job:
    """A tendered project with its bids, cheapest first; nobody in charge has anything to do with the bidders."""

    project: Project
    bids: list[Bid]

    @property
    def winner(self) -> Firm:
        return self.bids[0].firm

    @property
    def lot(self) -> str:
        return f"{self.project.number}#1"


def planned(
    cast: Cast,
    village: Village | None = None,
    unit: str | None = None,
    since: date | None = None,
    method: str | None = None,
    amount: int | None = None,
    day: date | None = None,
) -> Iterator[Project]:
    """Approved projects of the village (any, unless told), run by `unit` if told, approved on `day` or after `since`.

    They are proposals: one counts when it is taken.
    """
    county = cast.county
    first = max(county.size.first_month, since or county.size.first_month)
    for _ in range(60):
        approved = day or cast.between(first, AS_OF - timedelta(days=330))
        if approved is None:
            return
        place = village or cast.dice.choice(county.villages)
        project = plan_project(county, place, approved, unit, method, amount)
        if project:
            county.projects.pop()
            yield project


def take(cast: Cast, project: Project) -> Project:
    """Keeps a proposal."""
    cast.county.projects.append(project)
    return project


def builders(cast: Cast, project: Project) -> list[Firm]:
    """Firms of the county that nobody with a say over the project has a part in, and that did not just work there."""
    firms = [firm for firm in cast.county.firms if firm.kind == "有限公司" and firm not in cast.fresh]
    return [
        firm
        for firm in cast.dice.sample(firms, min(25, len(firms)))
        if clear_of(cast.county, firm, project.village, project.unit)
        and rested(cast.county, firm, project.village, project.approved)
    ]


def tendered(
    cast: Cast,
    village: Village | None = None,
    unit: str | None = None,
    since: date | None = None,
    method: str | None = None,
    amount: int | None = None,
    day: date | None = None,
    firms: Sequence[Firm] = (),
    bidders: int = 4,
) -> Job | None:
    """A lawful tender; `firms` bid first, the cheapest of them wins, and firms of the county make up the number of bidders."""
    for project in planned(cast, village, unit, since, method, amount, day):
        if project.method == "一事一议":
            project.method = "询价"
        others = builders(cast, project) if bidders > len(firms) else []
        if len(firms) + len(others) >= bidders:
            return Job(take(cast, project), tender(cast.county, project, [*firms, *others][:bidders]))
    return None


def new_firm(cast: Cast, representative: Person | None = None, **more: object) -> Firm:
    """A firm of strangers, unless a representative or other parts are named; used in one plant only."""
    representative = representative or outsider(cast.county)
    firm = found_firm(cast.county, representative, **more)  # type: ignore[arg-type]
    cast.fresh.add(firm)
    cast.in_firms.update(firm.people())
    return firm


def contract_with(cast: Cast, job: Job, firm: Firm) -> Contract:
    return sign(cast.county, job.project, firm, job.bids[0].price, job.bids[0].opened)


def swap(
    cast: Cast, contract: Contract, old: Firm, new: Firm, days: int, approved: bool = False, reason: str = ""
) -> Change:
    """A change of contractor so many days after signing (before, if negative)."""
    day = contract.signed + timedelta(days=days)
    number = approval(cast.county, day) if approved else ""
    done = change(cast.county, contract, "承包商", day, reason or "原承包商无法按期进场", number)
    done.old, done.new = old, new
    return done


def carried_out(cast: Cast, job: Job) -> Contract:
    """The winner signs and is paid."""
    contract = contract_with(cast, job, job.winner)
    pay_contract(cast.county, contract)
    return contract


def commissioned(
    cast: Cast, project: Project, firm: Firm, day: date | None = None, owner: str = "", price: int = 0
) -> Contract:
    """Without a tender: the firm signs (on `day`, with `owner`, at `price` if told) at about the approved amount and is paid."""
    contract = sign(cast.county, project, firm, price or round(project.amount * 0.97))
    if day:
        contract.signed, contract.due = day, day + timedelta(days=180)
    contract.owner = owner or contract.owner
    pay_contract(cast.county, contract)
    return contract


def found_on(firm: Firm, day: date) -> None:
    """Moves the founding of a firm, with everything that began on that day."""
    for role in firm.roles:
        if role.start == firm.founded:
            role.start = day
    firm.founded = day
    firm.account.opened = day + timedelta(days=6)


def drop(cast: Cast, job: Job) -> None:
    cast.county.projects.remove(job.project)
    cast.county.bids[:] = [bid for bid in cast.county.bids if bid.project is not job.project]
