"""The model of the county while it grows: everything that is later written as tables."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from graph_loader.sample.families import AS_OF, Families, Marriage, Person
from graph_loader.sample.households import Household
from graph_loader.sample.names import Numbers
from graph_loader.sample.offices import Offices
from graph_loader.sample.places import Town, Village
from graph_loader.sample.programmes import Programme


@dataclass(frozen=True)
class Size:
    """How large a county: people, towns, villages a town, seats a unit, the first month paid, plants of each kind.

    `share` scales how many draw audited benefits: in larger villages more people are free of officials' kin.
    """

    people: int
    towns: int
    villages: int
    seats: int
    first_month: date
    plants: int
    share: float


SIZES = {
    "S": Size(8_000, 8, 3, 4, date(2021, 1, 1), 1, 1.0),
    "M": Size(80_000, 12, 8, 6, date(2019, 7, 1), 3, 0.68),
    "L": Size(400_000, 20, 15, 6, date(2020, 1, 1), 8, 0.6),
}


@dataclass(eq=False)
class Account:
    """A bank account and its holder: a person, or a unit or firm by name and code."""

    number: str
    holder_name: str
    holder_code: str
    bank: str
    opened: date
    telephone: str = ""
    holder: Person | None = None

    @property
    def masked(self) -> str:
        """The number as leads show it: four digits, as many stars as hidden, four."""
        return self.number[:4] + "*" * (len(self.number) - 8) + self.number[-4:]


@dataclass(eq=False)
class Application:
    """补贴申请."""

    number: str
    programme: Programme
    person: Person
    village: Village
    accepted: date
    handler: Person | None
    reviewer: Person | None
    approver: Person
    approved: date
    agreed: bool
    reason: str


@dataclass(eq=False)
class Stream:
    """Payments of one programme to one person: one on the programme's payday in each of `months` (numbers year*12+month-1)."""

    programme: Programme
    person: Person
    account: Account
    amount: float
    months: list[int]
    village: Village
    application: Application | None = None
    handler: Person | None = None
    approver: Person | None = None
    quantity: str = ""
    parcel: str = ""
    note: str = ""
    place_named: bool = True
    payee: str = ""  # name and number as written, else the person's
    payee_id: str = ""


@dataclass(eq=False)
class Registration:
    """特殊对象名册."""

    register: str
    person: Person
    village: Village
    start: date
    end: date | None
    grounds: str


@dataclass(eq=False)
class DeathRow:
    """死亡人员: one source's word, true or not."""

    person: Person
    died: date
    source: str
    cremated: date | None = None


@dataclass(frozen=True)
class Parcel:
    """承包地; `area` in 亩."""

    number: str
    holder: Person
    area: float
    kind: str
    village: Village


@dataclass(frozen=True)
class House:
    """房产; `area` in square metres, `value` in yuan."""

    number: str
    owner: Person
    use: str
    area: float
    place: str
    registered: date
    value: int
    cancelled: date | None = None


@dataclass(frozen=True)
class Vehicle:
    """车辆; `value` in yuan."""

    plate: str
    owner: Person
    kind: str
    registered: date
    value: int
    cancelled: date | None = None


@dataclass(eq=False)
class Role:
    """股东高管: a person's (or another firm's) part in a firm; `share` in percent."""

    holder: "Person | Firm"
    role: str
    share: float | None
    start: date
    end: date | None = None


@dataclass(eq=False)
class Firm:
    """经营主体."""

    code: str
    name: str
    kind: str
    representative: Person
    founded: date
    capital: float  # 万元
    address: str
    telephone: str
    account: Account
    former_name: str = ""
    struck: date | None = None  # off the register
    roles: list[Role] = field(default_factory=list)

    def people(self) -> set[Person]:
        """Everybody who has or had a part in it."""
        return {self.representative} | {role.holder for role in self.roles if isinstance(role.holder, Person)}


@dataclass(eq=False)
class Project:
    """项目库."""

    number: str
    name: str
    village: Village
    unit: str
    leader: Person
    amount: int
    method: str
    approved: date
    start: date
    finish: date
    done: bool
    emergency: str = ""
    progress: "Progress | None" = None  # where the works do not go by the plan


@dataclass(frozen=True)
class Progress:
    """What the list of projects says about works that do not go by the plan."""

    started: date | None
    finished: date | None
    state: str


@dataclass(eq=False)
class Bid:
    """招投标: one bidder for one lot. `method`, `account`, `telephone`, `submitted`: where they are not what is usual."""

    project: Project
    lot: str
    announced: date
    opened: date
    firm: Firm
    price: int
    won: bool
    rank: int
    name: str = ""  # as written, else the firm's
    rejected: str = ""
    method: str = ""
    account: Account | None = None
    telephone: str = ""
    submitted: date | None = None

    @property
    def lot_key(self) -> str:
        return f"{self.project.number}#{self.lot}"


@dataclass(eq=False)
class Contract:
    """合同."""

    number: str
    project: Project
    owner: str
    firm: Firm
    amount: int
    signed: date
    due: date
    signer: Person
    name: str = ""  # 乙方 as written, else the firm's


@dataclass(eq=False)
class Change:
    """合同变更."""

    number: str
    contract: Contract
    kind: str
    day: date
    old: Firm | None = None
    new: Firm | None = None
    old_name: str = ""
    new_name: str = ""
    old_value: str = ""
    new_value: str = ""
    approval: str = ""
    approver: Person | None = None
    reason: str = ""


@dataclass(eq=False)
class Voucher:
    """支出凭证; `payer` is a village code or a unit's name."""

    number: str
    payer: str
    day: date
    note: str
    amount: float
    payee: str
    payee_code: str
    account: str
    project: str = ""
    contract: str = ""
    handler: Person | None = None
    approver: Person | None = None
    receipts: int = 1


@dataclass(frozen=True)
class Allocation:
    """资金指标 beyond the quarterly ones; `place` is a village code or a unit's name."""

    document: str
    programme: Programme
    place: str
    amount: float
    issued: date
    arrived: date | None

    @property
    def key(self) -> str:
        return f"{self.document}#{self.programme.code}"


@dataclass(frozen=True)
class PostedMonth:
    """How much of a month somebody spends in the village he is posted to: the last day and the last night there.

    `first` and `last` are the days of the first and the last log.
    """

    days: int = 24
    nights: int = 18
    first: int = 1
    last: int = 31


@dataclass(frozen=True)
class Transfer:
    """银行流水."""

    source: Account
    target: Account
    amount: float
    day: date
    note: str


@dataclass(frozen=True)
class Tip:
    """群众举报; `about` and `matter` as written, or empty."""

    number: str
    day: date
    about: str
    village: Village | None
    matter: str
    content: str
    state: str


@dataclass(frozen=True)
class Truth:
    """One line of truth.jsonl."""

    query: str
    kind: str
    level: str | None
    persons: tuple[str, ...]
    things: tuple[str, ...]
    why: str


@dataclass(eq=False)
class County:
    """All that is known about the county, and the dice it is rolled with."""

    size: Size
    dice: random.Random
    numbers: Numbers
    towns: list[Town]
    families: Families
    households: list[Household]
    offices: Offices
    accounts: dict[str, Account] = field(default_factory=dict)
    own_accounts: dict[Person, Account] = field(default_factory=dict)
    applications: list[Application] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    registrations: list[Registration] = field(default_factory=list)
    deaths: list[DeathRow] = field(default_factory=list)
    cancelled: dict[Person, date] = field(default_factory=dict)
    falsely_dead: set[Person] = field(default_factory=set)
    parentage: set[Person] = field(default_factory=set)  # children whose row is on record
    marriages: set[Marriage] = field(default_factory=set)  # on record
    drawing: dict[Person, set[str]] = field(default_factory=lambda: defaultdict(set))  # person → programme codes
    parcels: list[Parcel] = field(default_factory=list)
    official_households: set[Household] = field(default_factory=set)
    firms: list[Firm] = field(default_factory=list)
    firm_names: set[str] = field(default_factory=set)
    projects: list[Project] = field(default_factory=list)
    bids: list[Bid] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)
    let_in: dict[Village, list[Contract]] = field(default_factory=lambda: defaultdict(list))
    allocations: list[Allocation] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    tips: list[Tip] = field(default_factory=list)
    entered: dict[tuple[str, str, int], date | None] = field(
        default_factory=dict
    )  # programme, village, month → 录入日期
    posted: dict[tuple[Person, int], PostedMonth | None] = field(default_factory=dict)  # None: no log in that month
    vehicles: list[Vehicle] = field(default_factory=list)
    houses: list[House] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)  # procurement published as open data
    truths: list[Truth] = field(default_factory=list)

    @property
    def villages(self) -> list[Village]:
        return [village for town in self.towns for village in town.villages]

    def own_account(self, person: Person) -> Account:
        """The person's account at the rural bank, opened when first needed."""
        account = self.own_accounts.get(person)
        if account is None:
            account = self.own_accounts[person] = self.open_account(person.name, person.id, person)
        return account

    def open_account(self, name: str, code: str, holder: Person | None = None) -> Account:
        town = holder.village.town.name if holder and holder.village else "城关"
        year = self.dice.randint(2008, 2018)
        opened = date(year, self.dice.randint(1, 12), self.dice.randint(1, 28))
        if holder and not holder.telephone:
            holder.telephone = self.numbers.telephone()
        telephone = holder.telephone if holder else self.numbers.telephone()
        bank = f"清漪农村商业银行{town}支行"
        account = Account(self.numbers.account(), name, code, bank, opened, telephone, holder)
        self.accounts[account.number] = account
        return account

    def record_kinship(self, *children: Person) -> None:
        """Makes sure that the parents of these people are on record."""
        self.parentage.update(children)

    def months(self, start: date, end: date | None = None) -> range:
        """Month numbers of the county's payment window from one day on, to another's month."""
        first = max(month_number(start), month_number(self.size.first_month))
        return range(first, month_number(min(end or AS_OF, AS_OF)) + 1)


def month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
