"""Hands out benefits lawfully: nobody in charge of the place or the programme, or signing, is or ever was close to the payee."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from graph_loader.sample.county import Account, Application, County, Parcel, Registration, Stream, month_number
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.households import Household
from graph_loader.sample.offices import FINANCE, Post, place_keys, town_key, unit_key, village_key
from graph_loader.sample.places import Village
from graph_loader.sample.programmes import BY_NAME, MONTHLY, ONCE, PROGRAMMES, QUARTERLY, Programme

REASONS = {
    "农村低保": ("因病致贫", "缺少劳动力", "因残致贫"),
    "特困供养": ("无劳动能力无赡养人",),
    "农村危房改造": ("房屋鉴定为D级", "房屋鉴定为C级"),
    "临时救助": ("突发疾病", "火灾", "意外事故"),
    "公益性岗位补贴": ("就业困难人员",),
}
# Share of eligible people (or households) who draw a programme.
SHARES = {
    "退耕还林补助": 0.32,
    "大中型水库移民后期扶持": 0.035,
    "农村低保": 0.18,
    "特困供养": 0.02,
    "农村危房改造": 0.04,
    "临时救助": 0.018,
    "困难残疾人生活补贴": 0.02,
    "重度残疾人护理补贴": 0.012,
    "高龄津贴": 0.85,
    "公益性岗位补贴": 0.025,
    "生态护林员补助": 0.008,
    "雨露计划": 0.12,
    "计划生育奖励扶助": 0.07,
    "产业发展奖补": 0.02,
    "地质灾害避险搬迁补助": 0.004,
    "冬春生活救助": 0.02,
}


def hand_out(county: County) -> None:
    """Universal programmes to all who are due, audited ones to a share of the eligible whom no official stands near."""
    people: dict[Village, list[Person]] = defaultdict(list)
    households: dict[Village, list[Household]] = defaultdict(list)
    for household in county.households:
        households[household.village].append(household)
        people[household.village].extend(household.members)
    for village in county.villages:
        for household in households[village]:
            pay_for_land(county, household)
        pay_pensions(county, people[village])
        pay_settlers(county, people[village])
        for programme in PROGRAMMES:
            if programme.audited and programme.household:
                heads = [h.head for h in households[village] if h.head.died is None and h.head.age(AS_OF) >= 18]
                award(county, programme, village, heads)
            elif programme.audited:
                award(county, programme, village, [p for p in people[village] if p.left is None])


def pay_for_land(county: County, household: Household) -> None:
    """Farmland protection (and for some, reforestation) goes to the holder of the land; after his death to the next head."""
    dice = county.dice
    if not household.living:
        return
    holder = next(
        (p for p in household.members if p.died and p.died > county.size.first_month and p.born.year < 1965), None
    )
    area = round(max(0.6, dice.gauss(4.2, 1.8)), 2)
    forest = round(dice.uniform(1.0, 6.0), 2) if dice.random() < SHARES["退耕还林补助"] else 0.0
    for name, mu, rate in (("耕地地力保护补贴", area, 105.0), ("退耕还林补助", forest, 125.0)):
        if not mu:
            continue
        programme = BY_NAME[name]
        parcel = f"D{household.number}{1 if name == '耕地地力保护补贴' else 2:03d}"
        kind = "耕地" if name == "耕地地力保护补贴" else "林地"
        county.parcels.append(Parcel(parcel, holder or household.head, mu, kind, household.village))
        months = due(programme, county.months(date(2010, 1, 1)))
        first = [m for m in months if holder and holder.died and m <= month_number(holder.died)]
        rest = months[len(first) :]
        for person, part in ((holder, first), (household.head, rest)):
            if person and part:
                account = passbook(county, person, 0.04)
                stream = Stream(programme, person, account, round(mu * rate, 2), part, household.village)
                stream.quantity, stream.parcel = f"{mu:g}", parcel
                county.streams.append(stream)


def pay_pensions(county: County, people: list[Person]) -> None:
    programme = BY_NAME["城乡居民基本养老保险"]
    for person in people:
        if person.born.year > AS_OF.year - 60 or person in county.offices.by_person or county.dice.random() < 0.25:
            continue
        sixty = date(person.born.year + 60, person.born.month, 1)
        months = due(programme, county.months(sixty + timedelta(days=31), last_day(person)))
        if months:
            account = passbook(county, person, 0.2)
            stream = Stream(
                programme, person, account, 108.0 if person.age(AS_OF) < 75 else 118.0, months, home(person)
            )
            stream.quantity = "1"
            county.streams.append(stream)


def pay_settlers(county: County, people: list[Person]) -> None:
    programme = BY_NAME["大中型水库移民后期扶持"]
    for person in people:
        if county.dice.random() < SHARES[programme.name] and person.born < county.size.first_month:
            register(county, programme, person, date(2008, 7, 1), last_day(person), "水库移民")
            months = due(programme, county.months(date(2010, 1, 1), last_day(person)))
            if months:
                holder = person if person.age(AS_OF) >= 16 else guardian_at_home(person)
                account = county.own_account(holder)
                county.streams.append(Stream(programme, person, account, 150.0, months, home(person), quantity="3"))


def last_day(person: Person) -> date | None:
    days = [day for day in (person.died, person.left) if day]
    return min(days) if days else None


def home(person: Person) -> Village:
    assert person.village is not None
    return person.village


def guardian_at_home(person: Person) -> Person:
    """The grown-up of the household who keeps the passbook."""
    household = person.household
    assert household is not None
    if household.head.died is None and household.head.age(AS_OF) >= 18:
        return household.head
    return next((p for p in household.living if p.age(AS_OF) >= 18), person)


def passbook(county: County, person: Person, share: float) -> Account:
    """Mostly one's own account, else the household's passbook in the head's name."""
    if county.dice.random() < share or person.age(county.size.first_month) < 16:
        return county.own_account(guardian_at_home(person))
    return county.own_account(person)


def due(programme: Programme, months: Iterable[int]) -> list[int]:
    """The months of a range in which the programme pays."""
    if programme.rhythm == MONTHLY:
        return list(months)
    if programme.rhythm == QUARTERLY:
        return [m for m in months if m % 3 == 2]
    return [m for m in months if m % 12 == programme.month - 1]


def award(county: County, programme: Programme, village: Village, people: list[Person]) -> None:
    """Lets a share of the eligible apply; one in twelve is refused."""
    dice = county.dice
    share = SHARES[programme.name] * county.size.share
    for person in people:
        if (
            dice.random() < share
            and eligible(county, programme, person)
            and unconnected(county, programme, person, village)
        ):
            grant(county, programme, person, village)


def eligible(county: County, programme: Programme, person: Person) -> bool:
    household = person.household
    assert household is not None
    if person.born > county.size.first_month:
        return False
    age = person.age(AS_OF)
    if programme.age_from is not None and person.age(county.size.first_month) + 3 < programme.age_from:
        return False
    if programme.age_to is not None and age > programme.age_to:
        return False
    if programme.name == "特困供养" and (age < 60 or person.children or len(household.living) > 1):
        return False
    if programme.name == "雨露计划" and not 17 <= age <= 22:
        return False
    if programme.name == "公益性岗位补贴" and not 30 <= age <= 62:
        return False
    if programme.name in ("临时救助", "冬春生活救助") and age < 20:
        return False
    if programme.name == "农村低保" and county.drawing[person] & {"B006"}:
        return False
    if programme.name == "特困供养" and county.drawing[person] & {"B005"}:
        return False
    if household in county.official_households:
        return False
    return programme.code not in county.drawing[person]


def unconnected(county: County, programme: Programme, person: Person, village: Village) -> bool:
    """No official of the village, the town, the department or the finance bureau, past or present, is close kin."""
    if person in county.offices.by_person:
        return False
    return not county.offices.entangled(person, authority(programme, village))


def authority(programme: Programme, village: Village) -> set[str]:
    return place_keys(village) | {unit_key(programme.unit), unit_key(FINANCE)}


def grant(county: County, programme: Programme, person: Person, village: Village) -> None:
    """An application on some day of the last years, signed by three people in post, and the payments that follow from it."""
    dice = county.dice
    earliest = date(2018, 1, 1)
    if programme.age_from:
        earliest = max(earliest, date(person.born.year + programme.age_from, person.born.month, 28))
    if programme.rhythm == ONCE:
        earliest = county.size.first_month
    latest = min(AS_OF, last_day(person) or AS_OF) - timedelta(days=60)
    if earliest >= latest:
        return
    approved = earliest + timedelta(days=dice.randrange((latest - earliest).days))
    if dice.random() < 0.5 and programme.rhythm != ONCE:
        approved = earliest + timedelta(days=dice.randrange(min((latest - earliest).days, 900)))
    application = apply(county, programme, person, village, approved, dice.random() > 0.08)
    if application is None or not application.agreed:
        return
    county.drawing[person].add(programme.code)
    pay(county, application)


def apply(
    county: County, programme: Programme, person: Person, village: Village, approved: date, agreed: bool
) -> Application | None:
    """An application signed by whoever is in post that day: a cadre handles, the town reviews, department or town decides."""
    dice = county.dice
    accepted = approved - timedelta(days=dice.randint(8, 45))
    handlers = county.offices.holders(village_key(village), accepted, ("会计", "文书"))
    reviewers = county.offices.holders(town_key(village.town), approved, ("民政办主任", "副镇长", "副乡长"))
    deciders = county.offices.holders(unit_key(programme.unit), approved, ("副局长", "股长"))
    if not handlers or not reviewers or not deciders:
        return None
    approver = dice.choice(deciders[:2] if dice.random() < 0.6 else reviewers[:2]).person
    application = new_application(
        county, programme, person, village, accepted, approved, handlers[0].person, reviewers[-1].person, approver
    )
    application.agreed = agreed
    return application


def new_application(
    county: County,
    programme: Programme,
    person: Person,
    village: Village,
    accepted: date,
    approved: date,
    handler: Person | None,
    reviewer: Person | None,
    approver: Person,
) -> Application:
    number = f"SQ{accepted.year}{county.numbers.next('application'):07d}"
    reason = county.dice.choice(REASONS.get(programme.name, ("家庭困难", "符合条件")))
    application = Application(
        number, programme, person, village, accepted, handler, reviewer, approver, approved, True, reason
    )
    county.applications.append(application)
    return application


def pay(county: County, application: Application, signed: bool = True) -> Stream | None:
    """The payments that follow from an approval, up to the death, the departure or the as-of date; half of them are signed."""
    programme, person, dice = application.programme, application.person, county.dice
    end = last_day(person)
    following = application.approved.replace(day=28) + timedelta(days=4)
    months = county.months(following, end)
    paid = list(months)[:1] if programme.rhythm == ONCE else due(programme, months)
    if programme.age_to is not None:
        paid = [m for m in paid if m // 12 - person.born.year <= programme.age_to]
    if programme.register:
        register(county, programme, person, application.approved, end, application.number)
    if not paid:
        return None
    account = passbook(county, person, 0.15 if signed else 0.0)
    stream = Stream(programme, person, account, 0.0, paid, application.village, application)
    stream.amount, stream.quantity = standard(county, programme, person)
    clerks = county.offices.holders(town_key(application.village.town), AS_OF, ("财政所所长",))
    if signed and clerks and dice.random() < 0.5:
        stream.handler = payer(clerks, paid[0])
        finance = county.offices.holders(unit_key(FINANCE), AS_OF)
        stream.approver = payer(finance, paid[0]) if finance else None
    county.streams.append(stream)
    return stream


def payer(posts: list[Post], month: int) -> Person | None:
    """Somebody who held the seat in the first month and still does."""
    day = date(month // 12, month % 12 + 1, 1)
    return next((post.person for post in posts if post.holds(day)), None)


def standard(county: County, programme: Programme, person: Person) -> tuple[float, str]:
    """Amount of one payment and the 计量 that goes with it."""
    dice = county.dice
    living = len(person.household.living) if person.household else 1
    if programme.name == "农村低保":
        members = max(1, min(living, 4))
        return float(members * dice.choice((230, 280, 330, 400))), str(members)
    amounts = {
        "特困供养": (850.0, "1"),
        "农村危房改造": (float(dice.choice((14000, 17500, 21000))), str(living)),
        "临时救助": (float(dice.randrange(800, 4000, 100)), "1"),
        "困难残疾人生活补贴": (80.0, "1"),
        "重度残疾人护理补贴": (80.0, "1"),
        "高龄津贴": (180.0, "3"),
        "公益性岗位补贴": (float(dice.choice((600, 700, 800))), "1"),
        "生态护林员补助": (2500.0, "3"),
        "雨露计划": (3000.0, "12"),
        "计划生育奖励扶助": (960.0, "12"),
        "产业发展奖补": (float(dice.randrange(2000, 9000, 500)), str(living)),
        "地质灾害避险搬迁补助": (50000.0, str(living)),
        "冬春生活救助": (float(dice.choice((200, 300, 400))), "1"),
    }
    return amounts[programme.name]


def register(county: County, programme: Programme, person: Person, start: date, end: date | None, grounds: str) -> None:
    county.registrations.append(Registration(programme.register, person, home(person), start, end, grounds))
