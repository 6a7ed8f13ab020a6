"""Firms, and projects that go the lawful way: approved, tendered, signed with the winner, paid to the contractor."""

from datetime import date, timedelta

from graph_loader.sample.county import Bid, Change, Contract, County, Firm, Project, Role, Voucher
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.names import any_surname
from graph_loader.sample.offices import place_keys, unit_key, village_key
from graph_loader.sample.places import COUNTY_NAME, Village

FIRM_WORDS = "宏达 鑫源 恒信 顺发 华盛 金桥 瑞丰 正大 鸿运 腾飞 天成 永固 众诚 兴隆 远大 长青 博宇 国泰 安居 嘉和 丰茂 泰和 广厦 万通"
FIRM_TRADES = "建筑工程有限公司 建设工程有限公司 市政工程有限公司 水利工程有限公司 园林绿化有限公司 路桥工程有限公司"
WORKS = (
    ("通组公路硬化", "交通运输局", 180_000, 1_400_000),
    ("安全饮水巩固提升", "水利局", 90_000, 700_000),
    ("山塘清淤加固", "水利局", 60_000, 420_000),
    ("产业路建设", "乡村振兴局", 80_000, 600_000),
    ("人居环境整治", "", 50_000, 300_000),
    ("村级活动中心维修", "", 40_000, 260_000),
    ("高标准农田建设", "农业农村局", 300_000, 2_400_000),
    ("太阳能路灯安装", "", 40_000, 180_000),
    ("油茶低产林改造", "林业局", 60_000, 500_000),
    ("便民桥修建", "交通运输局", 120_000, 800_000),
)


def outsider(county: County, sex: str = "男") -> Person:
    """A grown-up from another county, in no register here."""
    born = date(1965, 1, 1) + timedelta(days=county.dice.randrange(9500))
    return county.families.person(any_surname(county.dice), sex, born, None)


def found_firm(
    county: County,
    representative: Person,
    kind: str = "有限公司",
    name: str = "",
    founded: date | None = None,
    shareholders: list[tuple[Person, float]] | None = None,
    supervisor: Person | None = None,
) -> Firm:
    """A registered firm with its bank account; without `shareholders` the representative holds it alone."""
    dice = county.dice
    founded = founded or date(2008, 1, 1) + timedelta(days=dice.randrange(3800))
    trade = dice.choice(FIRM_TRADES.split())
    if not name:
        while not name or name in county.firm_names:
            first, second = dice.choice(FIRM_WORDS.split()), dice.choice(FIRM_WORDS.split())
            name = dice.choice(("湖南", "清漪", "清漪县", "邵水")) + first[0] + second[1] + trade
    code = county.numbers.credit_code({"有限公司": "91", "合作社": "93", "个体工商户": "92"}[kind])
    account = county.open_account(name, code)
    village = representative.village
    quarter = f"{village.town.name}{village.name}" if village else "城关工业园"
    place = f"{COUNTY_NAME}{quarter}{county.numbers.next('address')}号"
    capital = float(dice.choice((50, 100, 200, 500, 1000))) if kind != "个体工商户" else 3.0
    firm = Firm(code, name, kind, representative, founded, capital, place, county.numbers.telephone(), account)
    for person, share in shareholders if shareholders is not None else [(representative, 100.0)]:
        firm.roles.append(Role(person, "股东", share, founded))
    if kind == "有限公司":
        firm.roles.append(Role(representative, "经理", None, founded))
        firm.roles.append(Role(supervisor or outsider(county, "女"), "监事", None, founded))
    county.firms.append(firm)
    county.firm_names.add(name)
    return firm


def next_of_kin(person: Person) -> set[Person]:
    """Somebody with spouses, parents, children and siblings, and whoever shares the household."""
    kin = {person, *person.parents(), *person.children, *person.siblings()}
    kin.update(marriage.other(person) for marriage in person.marriages)
    if person.household:
        kin.update(person.household.members)
    return kin


def found_firms(county: County, number: int) -> list[Firm]:
    """Ordinary firms: half of outsiders, half of local people who draw nothing and hold no post."""
    dice = county.dice
    locals_ = [
        p
        for p in county.families.people
        if p.village and p.died is None and p.left is None and 28 <= p.age(AS_OF) < 62 and p.male
        and not county.drawing[p] and p not in county.offices.by_person
    ]  # fmt: skip
    firms = []
    taken: set[Person] = set()  # whoever has a firm, with the next of kin: bidders are strangers to each other

    def local_owner() -> Person | None:
        for _ in range(1000):
            owner = dice.choice(locals_)
            if owner not in taken:
                taken.update(next_of_kin(owner))
                return owner
        return None

    for _ in range(number):
        owner = (local_owner() if dice.random() < 0.5 else None) or outsider(county)
        partner = outsider(county, "女")
        share = float(dice.choice((60, 70, 80)))
        firms.append(found_firm(county, owner, shareholders=[(owner, share), (partner, 100 - share)]))
    for _ in range(number // 2):
        keeper = local_owner()
        if keeper is None or keeper.village is None:
            continue
        village = keeper.village
        kind = dice.choice(("合作社", "个体工商户"))
        tail = "种养专业合作社" if kind == "合作社" else "建材经营部"
        name = f"{COUNTY_NAME}{village.name.removesuffix('村')}{keeper.name[-1]}{dice.choice(FIRM_WORDS.split())}{tail}"
        if name not in county.firm_names:
            found_firm(county, keeper, kind, name)
    return firms


def project_keys(village: Village, unit: str) -> set[str]:
    return place_keys(village) | {unit_key(unit)}


def clear_of(county: County, firm: Firm, village: Village, unit: str) -> bool:
    """No official in charge of the place or in the unit, past or present, has or is close kin of anybody in the firm."""
    keys = project_keys(village, unit)
    return not any(county.offices.entangled(person, keys) for person in firm.people())


def rested(county: County, firm: Firm, village: Village, day: date) -> bool:
    """Whether the firm has no contract in the village within half a year: two small ones would look like one that was split."""
    return not any(
        contract.firm is firm and abs((contract.project.approved - day).days) < 180
        for contract in county.let_in[village]
    )


def plan_project(
    county: County,
    village: Village,
    day: date,
    unit: str | None = None,
    method: str | None = None,
    amount: int | None = None,
) -> Project | None:
    """A project of the village run by a department or the town, led by an official in post; None if nobody is in post.

    How it is to be let follows from the amount unless told.
    """
    dice = county.dice
    works = [work for work in WORKS if unit and unit.endswith(work[1] or "人民政府")] or list(WORKS)
    if amount:
        works = [work for work in works if work[2] / 2 <= amount <= 2 * work[3]] or works
    title, department, low, high = dice.choice(works)
    unit = unit or (COUNTY_NAME + department if department else village.town.government)
    leaders = [
        post for post in county.offices.holders(unit_key(unit), day, ("科员", "经济发展办主任")) if stays(post.end, day)
    ]
    if not leaders:
        return None
    amount = amount or int(round(dice.uniform(low, high), -3))
    if method:
        pass
    elif amount < 100_000:
        method = dice.choice(("一事一议", "询价"))
    elif amount < 400_000:
        method = dice.choice(("询价", "竞争性谈判", "邀请招标"))
    else:
        method = "公开招标"
    start = day + timedelta(days=dice.randint(80, 110))
    finish = start + timedelta(days=dice.randint(60, 240))
    number = f"XM{day.year}{county.numbers.next('project'):05d}"
    project = Project(
        number, f"{village.town.name}{village.name}{title}项目", village, unit, leaders[0].person, amount, method,
        day, start, finish, finish < AS_OF,
    )  # fmt: skip
    county.projects.append(project)
    return project


def stays(end: date | None, day: date) -> bool:
    """Whether a term goes on for the half year that a tender takes."""
    return end is None or end > day + timedelta(days=180)


def tender(county: County, project: Project, bidders: list[Firm], lot: str = "1", share: float = 1.0) -> list[Bid]:
    """The bids of one lot; the first bidder is cheapest and wins, the others are ranked behind it."""
    dice = county.dice
    announced = project.approved + timedelta(days=dice.randint(8, 20))
    opened = announced + timedelta(days=dice.randint(21, 30) if project.method == "公开招标" else dice.randint(6, 14))
    bids = []
    price = round(project.amount * share * dice.uniform(0.93, 0.97))
    first = step = dice.uniform(
        1.01, 1.018
    )  # the county's second bids lie this close: what is closer or farther is odd
    for rank, firm in enumerate(bidders, 1):
        bids.append(Bid(project, lot, announced, opened, firm, int(price), rank == 1, rank))
        price = round(price * step)
        step = dice.uniform(1.004, 1.03)
        while abs(step - first) < 0.003:  # never in a constant ratio
            step = dice.uniform(1.004, 1.03)
    county.bids.extend(bids)
    return bids


def sign(county: County, project: Project, firm: Firm, amount: int, after: date | None = None) -> Contract:
    """The contract of the owner: a village committee for small works, the unit for larger ones."""
    dice = county.dice
    signed = (after or project.approved + timedelta(days=15)) + timedelta(days=dice.randint(6, 20))
    owner, signer = project.unit, project.leader
    if project.amount < 150_000:
        heads = county.offices.holders(village_key(project.village), signed, ("村主任",))
        if heads and heads[0].cadre:
            owner, signer = f"{project.village.town.name}{project.village.name}村民委员会", heads[0].person
    number = f"HT{signed.year}{county.numbers.next('contract'):05d}"
    contract = Contract(number, project, owner, firm, amount, signed, signed + timedelta(days=180), signer)
    county.contracts.append(contract)
    county.let_in[project.village].append(contract)
    return contract


def pay_contract(
    county: County,
    contract: Contract,
    firm: Firm | None = None,
    parts: tuple[float, ...] = (0.3, 0.4, 0.27),
    note: str = "工程款",
    later: int = 0,
) -> list[Voucher]:
    """Instalments to a firm (the contractor unless told) on its own account, 35 days and more after signing."""
    firm = firm or contract.firm
    paid = []
    day = contract.signed + timedelta(days=later)
    for number, part in enumerate(parts, 1):
        day += timedelta(days=county.dice.randint(35, 60))
        if day > AS_OF:
            break
        text = f"{contract.project.name}第{number}次{note}"
        paid.append(
            spend(county, contract, day, text, contract.amount * part, firm.name, firm.code, firm.account.number)
        )
    return paid


def spend(
    county: County, contract: Contract, day: date, note: str, amount: float, payee: str, code: str, account: str
) -> Voucher:
    project = contract.project
    number = f"PZ{day.year}{county.numbers.next('voucher'):06d}"
    payer = project.village.code if contract.owner.endswith("村民委员会") else project.unit
    accountants = county.offices.holders(village_key(project.village), day, ("会计",))
    handler = accountants[0].person if accountants else None
    voucher = Voucher(
        number, payer, day, note, round(amount, 2), payee, code, account, project.number, contract.number,
        handler, contract.signer, county.dice.randint(1, 6),
    )  # fmt: skip
    county.vouchers.append(voucher)
    return voucher


def buy(
    county: County, payer: Village | str, day: date, note: str, amount: float, payee: str, code: str, account: str
) -> Voucher:
    """A payment of a village or a unit without project or contract."""
    number = f"PZ{day.year}{county.numbers.next('voucher'):06d}"
    if isinstance(payer, Village):
        held = county.offices.holders(village_key(payer), day, ("会计",))
        heads = county.offices.holders(village_key(payer), day, ("村主任",))
        name = payer.code
    else:
        held = county.offices.holders(unit_key(payer), day, ("科员",))
        heads = county.offices.holders(unit_key(payer), day, ("局长",))
        name = payer
    handler = held[0].person if held else None
    approver = heads[0].person if heads else None
    voucher = Voucher(number, name, day, note, round(amount, 2), payee, code, account, "", "", handler, approver, 1)
    county.vouchers.append(voucher)
    return voucher


def build(county: County, per_village: int) -> None:
    """Lawful projects in every village, with firms that nobody in charge has a part in."""
    dice = county.dice
    firms = found_firms(county, max(40, len(county.villages) * 2))
    span = (AS_OF - county.size.first_month).days - 150
    for village in county.villages:
        for _ in range(per_village):
            project = plan_project(county, village, county.size.first_month + timedelta(days=dice.randrange(span)))
            if project is None:
                continue
            fit = [
                firm
                for firm in dice.sample(firms, 20)
                if clear_of(county, firm, village, project.unit) and rested(county, firm, village, project.approved)
            ][:5]
            if len(fit) < 3:
                county.projects.remove(project)
                continue
            run(county, project, fit)


def run(county: County, project: Project, fit: list[Firm]) -> None:
    """One project from tender to payment, sometimes in two lots, sometimes with a lawful change of time or amount."""
    dice = county.dice
    if project.method == "一事一议":
        contract = sign(county, project, fit[0], round(project.amount * 0.97))
    elif project.amount > 1_200_000 and len(fit) == 5:
        for lot, bidders in (("1", fit[:3]), ("2", [fit[3], fit[4], fit[0]])):
            bids = tender(county, project, bidders, lot, 0.5)
            contract = sign(county, project, bids[0].firm, bids[0].price, bids[0].opened)
            pay_contract(county, contract)
        return
    else:
        bids = tender(county, project, fit[: dice.randint(3, len(fit))])
        contract = sign(county, project, bids[0].firm, bids[0].price, bids[0].opened)
    if dice.random() < 0.08:
        change(
            county,
            contract,
            "工期",
            contract.signed + timedelta(days=60),
            reason="雨季停工",
            approval=approval(county, contract.signed),
        )
    pay_contract(county, contract)


def change(county: County, contract: Contract, kind: str, day: date, reason: str, approval: str = "") -> Change:
    number = f"BG{day.year}{county.numbers.next('change'):05d}"
    done = Change(number, contract, kind, day, approval=approval, reason=reason)
    if kind == "工期":
        done.old_value, done.new_value = "180天", "240天"
    if approval:
        done.approver = contract.signer
    county.changes.append(done)
    return done


def approval(county: County, day: date) -> str:
    return f"清发改〔{day.year}〕{county.numbers.next('approval')}号"
