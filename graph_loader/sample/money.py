"""Plants about where public money went: private accounts, round trips, and money that lies idle."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from graph_loader.sample.casting import Cast, private_people, spouse_ties
from graph_loader.sample.county import Account, Allocation, Transfer, Voucher
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.jobs import Job, contract_with, new_firm, tendered
from graph_loader.sample.offices import Post, place_keys
from graph_loader.sample.payments import pay_day
from graph_loader.sample.places import Village
from graph_loader.sample.programmes import BY_NAME, Programme
from graph_loader.sample.works import buy, outsider, pay_contract, project_keys

PRIVATE, ROUND, IDLE = "voucher_to_personal_account", "money_round_trip", "funds_idle"


def plant_money(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    for plant in PLANTS:
        plant(cast)


# -- voucher_to_personal_account ---------------------------------------------------------------------------------------


def sitting(cast: Cast) -> list[Post]:
    """Cadres who held their posts through the whole window, with no part in any firm."""
    return [
        post
        for post in cast.posts(towns=False, units=False)
        if post.end is None and post.start < cast.county.size.first_month and post.person not in cast.in_firms
    ]


def last_paid_to(cast: Cast, job: Job, account: Account) -> Voucher:
    """The winner is paid on its own account, but for the last instalment."""
    vouchers = pay_contract(cast.county, contract_with(cast, job, job.winner))
    vouchers[-1].account = account.number
    return vouchers[-1]


def private(cast: Cast, job: Job | None, holder: Person, level: str, why: str) -> None:
    if job:
        voucher = last_paid_to(cast, job, cast.county.own_account(holder))
        cast.wrong(PRIVATE, level, [holder], [voucher.number], why)


def cadres_own_account(cast: Cast) -> None:
    for post in sitting(cast):
        job = tendered(cast, post.village)
        if job:
            return private(cast, job, post.person, "high", f"付给公司的工程款转入本村在任{post.title}的私人账户")


def wifes_account(cast: Cast) -> None:
    for post in sitting(cast):
        for tie in spouse_ties(post.person):
            if not cast.ordinary(tie.relative) or tie.since > cast.county.size.first_month:
                continue
            job = tendered(cast, post.village)
            if job:
                cast.record(post.person, tie)
                why = f"付给公司的工程款转入本村在任{post.title}配偶的私人账户"
                return private(cast, job, tie.relative, "high", why)


def bosss_account(cast: Cast) -> None:
    firm = new_firm(cast)
    job = tendered(cast, firms=(firm,), bidders=3)
    private(cast, job, firm.representative, "medium", "付给有限公司的工程款转入其法定代表人的私人账户")


def retired_cadres_account(cast: Cast) -> None:
    """No longer in office, and no kin of anybody who is: still a private account."""
    for post, village in retired(cast):
        last = max(held.end or AS_OF for held in cast.county.offices.by_person[post.person])
        job = tendered(cast, village, since=last)
        if job and cast.county.offices.entangled(post.person, project_keys(village, job.project.unit)) == {post.person}:
            return private(cast, job, post.person, "medium", "付给公司的工程款转入已卸任村干部的私人账户")


def retired(cast: Cast) -> Iterator[tuple[Post, Village]]:
    """Former cadres around whom there is no other official of the place, with their village."""
    for post in cast.posts(towns=False, units=False):
        held = cast.county.offices.by_person[post.person]
        assert post.village is not None
        near = cast.county.offices.entangled(post.person, place_keys(post.village))
        if all(one.end and one.end < AS_OF - timedelta(days=500) for one in held) and near == {post.person}:
            yield post, post.village


def lawful_payee(cast: Cast, voucher: Voucher, level: str | None, why: str) -> None:
    cast.lookalike(PRIVATE, level, [], [voucher.number], why)


def bought(
    cast: Cast, note: str, amount: int, payee: str, code: str, account: Account, village: Village | None = None
) -> Voucher:
    village = village or cast.dice.choice(cast.county.villages)
    day = cast.between(cast.county.size.first_month, AS_OF)
    assert day is not None
    return buy(cast.county, village, day, note, amount, payee, code, account.number)


def sole_traders_account(cast: Cast) -> None:
    keeper = outsider(cast.county, "女")
    firm = new_firm(cast, keeper, kind="个体工商户", name=f"清漪县城关{keeper.name}办公用品经营部")
    voucher = bought(cast, "购办公用品", 2_860, firm.name, firm.code, cast.county.own_account(keeper))
    lawful_payee(cast, voucher, None, "个体工商户以经营者本人账户收款")


def labourers_account(cast: Cast) -> None:
    for person in private_people(cast):
        account = cast.county.own_account(person)
        voucher = bought(cast, "水渠清淤误工费", 1_200, person.name, person.id, account, person.village)
        cast.used.add(person)
        return lawful_payee(cast, voucher, None, "收款人就是村民本人，不是公司")


def second_account_of_the_firm(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        account = cast.county.open_account(job.winner.name, job.winner.code)
        lawful_payee(cast, last_paid_to(cast, job, account), None, "转入公司自己的另一个对公账户")


def shop_not_on_the_list(cast: Cast) -> None:
    """A shop registered elsewhere: its credit code is a sole trader's, but nobody knows whose."""
    keeper = outsider(cast.county)
    code = cast.county.numbers.credit_code("92")
    account = cast.county.own_account(keeper)
    voucher = bought(cast, "购五金材料", 3_450, f"邻县城关{keeper.name}五金店", code, account)
    lawful_payee(cast, voucher, "verify", "外县个体户，经营者没有登记在册，先核实是不是本人账户")


# -- money_round_trip --------------------------------------------------------------------------------------------------


def contractor_paid_once(
    cast: Cast, village: Village | None, unit: str | None = None, since: date | None = None
) -> Job | None:
    """A tender won by a firm that nobody else pays: its transfers can stem from this one payment only."""
    return tendered(cast, village, unit, since, firms=(new_firm(cast),), bidders=3)


def round_trip(
    cast: Cast, job: Job, person: Person, part: float, days: Sequence[int], middlemen: int = 0
) -> tuple[Voucher, list[str]]:
    """The winner is paid once; a part of it goes on, over strangers' accounts, to somebody's. What a lead would name.

    `days`: when after the payment each transfer is made.
    """
    county = cast.county
    contract = contract_with(cast, job, job.winner)
    (voucher,) = pay_contract(county, contract, parts=(0.9,))
    chain = [job.winner.account, *(county.own_account(outsider(county)) for _ in range(middlemen))]
    chain.append(county.own_account(person))
    amount = round(voucher.amount * part, -2)
    notes = ("往来款", "借款", "还款", "货款")
    for step, (source, target) in enumerate(pairwise(chain)):
        day = voucher.day + timedelta(days=days[step])
        county.transfers.append(Transfer(source, target, amount - 100 * step, day, notes[step]))
    business(cast, job.winner.account, voucher.day, voucher.amount)
    return voucher, [voucher.payer, job.winner.code]


def business(cast: Cast, account: Account, day: date, income: float) -> None:
    """What else a builder's account shows in the quarters around a payment: materials, wages, fuel, to strangers."""
    for _ in range(cast.dice.randint(12, 20)):
        other = cast.county.own_account(outsider(cast.county))
        note = cast.dice.choice(("砂石料款", "水泥款", "人工费", "机械租赁费", "运费", "油料款"))
        spent = round(income * cast.dice.uniform(0.004, 0.03), 2)
        when = day + timedelta(days=cast.dice.randint(-60, 150))
        cast.county.transfers.append(Transfer(account, other, spent, min(when, AS_OF), note))


def back_to_the_cadre(cast: Cast) -> None:
    for post in sitting(cast):
        job = contractor_paid_once(cast, post.village)
        if job:
            _, things = round_trip(cast, job, post.person, 0.62, (16,))
            why = f"工程款到账16天后，六成多转入本村在任{post.title}账户"
            return cast.wrong(ROUND, "high", [post.person], things, why)


def back_to_the_wife(cast: Cast) -> None:
    for post in sitting(cast):
        for tie in spouse_ties(post.person):
            if not cast.ordinary(tie.relative) or tie.since > cast.county.size.first_month:
                continue
            job = contractor_paid_once(cast, post.village)
            if job:
                cast.record(post.person, tie)
                _, things = round_trip(cast, job, tie.relative, 0.7, (5, 19, 48), 2)
                why = f"工程款经两个他人账户转入本村在任{post.title}的配偶账户"
                return cast.wrong(ROUND, "high", [tie.relative], things, why)


def elsewhere(cast: Cast, post: Post) -> Job | None:
    """A job in another town, over which the cadre and his kin in office have no say."""
    assert post.village is not None
    villages = [village for village in cast.county.villages if village.town is not post.village.town]
    village = cast.dice.choice(villages)
    if cast.county.offices.entangled(post.person, place_keys(village)):
        return None
    for department in ("水利局", "农业农村局", "林业局", "乡村振兴局"):
        unit = f"清漪县{department}"
        if not cast.county.offices.entangled(post.person, project_keys(village, unit)):
            return contractor_paid_once(cast, village, unit)
    return None


def to_a_cadre_without_a_say(cast: Cast) -> None:
    for post in sitting(cast):
        job = elsewhere(cast, post)
        if job:
            _, things = round_trip(cast, job, post.person, 0.55, (9, 30), 1)
            why = "外乡镇项目的工程款过半转入一名在任村干部账户，其不管该项目"
            return cast.wrong(ROUND, "medium", [post.person], things, why)


def no_round_trip(cast: Cast, person: Person, things: list[str], why: str) -> None:
    cast.lookalike(ROUND, None, [person], things, why)


def with_a_cadre(cast: Cast, part: float, days: Sequence[int], middlemen: int, why: str) -> None:
    for post in sitting(cast):
        job = contractor_paid_once(cast, post.village)
        if job:
            _, things = round_trip(cast, job, post.person, part, days, middlemen)
            return no_round_trip(cast, post.person, things, why)


def sand_from_the_cadre(cast: Cast) -> None:
    with_a_cadre(cast, 0.12, (25,), 0, "只占付款一成多，是向干部家的沙场买料")


def long_after(cast: Cast) -> None:
    with_a_cadre(cast, 0.6, (128,), 0, "付款四个多月以后才有转账，与这笔款无关")


def before_the_payment(cast: Cast) -> None:
    with_a_cadre(cast, 0.6, (-12,), 0, "转账发生在付款之前，是旧债")


def over_four_accounts(cast: Cast) -> None:
    with_a_cadre(cast, 0.6, (4, 11, 22, 40), 3, "经过四次转账，已无法认定是同一笔钱")


def to_a_retired_cadre(cast: Cast) -> None:
    """He left office before the payment, and nobody of his kin holds one."""
    for post, village in retired(cast):
        last = max(held.end or AS_OF for held in cast.county.offices.by_person[post.person])
        if cast.county.offices.officials_around.get(post.person, set()) - {post.person} or post.person in cast.in_firms:
            continue
        job = contractor_paid_once(cast, village, since=last)
        if job:
            _, things = round_trip(cast, job, post.person, 0.65, (14,))
            return no_round_trip(cast, post.person, things, "收款人付款前已卸任，家里也没有人在任")


def to_a_villager(cast: Cast) -> None:
    for person in private_people(cast):
        job = contractor_paid_once(cast, person.village)
        if job:
            _, things = round_trip(cast, job, person, 0.6, (12,))
            return no_round_trip(cast, person, things, "收款人没有职务，也不是干部亲属，是分包的施工队长")


# -- funds_idle --------------------------------------------------------------------------------------------------------


def paid_since(cast: Cast, programme: Programme, since: date) -> dict[Village, float]:
    """What was paid out under a programme from a day on, in each village."""
    paid = dict.fromkeys(cast.county.villages, 0.0)
    for stream in cast.county.streams:
        if stream.programme is programme:
            times = sum(since <= pay_day(programme, month) <= AS_OF for month in stream.months)
            paid[stream.village] += stream.amount * times
    return paid


def granted(
    cast: Cast, programme: Programme, place: str, amount: float, issued: date, arrived: date | None
) -> Allocation:
    number = cast.county.numbers.next("supplement")
    document = f"清财追〔{issued.year}〕{number}号"
    allocation = Allocation(document, programme, place, amount, issued, arrived)
    cast.county.allocations.append(allocation)
    return allocation


def idle_in_the_village(cast: Cast) -> None:
    programme, arrived = BY_NAME["产业发展奖补"], AS_OF - timedelta(days=cast.dice.randint(150, 330))
    paid = paid_since(cast, programme, arrived)
    village = min(paid, key=lambda village: paid[village])
    amount = 4 * paid[village] + cast.dice.randrange(60_000, 90_000, 1000)
    allocation = granted(cast, programme, village.code, amount, arrived - timedelta(days=8), arrived)
    cast.wrong(IDLE, "medium", [], [allocation.key], "产业奖补资金到村五个月以上，发放不到一半")


def idle_in_the_department(cast: Cast) -> None:
    programme, arrived = BY_NAME["农村危房改造"], AS_OF - timedelta(days=cast.dice.randint(200, 400))
    amount = round(3 * sum(paid_since(cast, programme, arrived).values()) + 260_000, -3)
    allocation = granted(cast, programme, programme.unit, amount, arrived - timedelta(days=8), arrived)
    cast.wrong(IDLE, "medium", [], [allocation.key], "追加的危房改造资金到账半年以上，全县发放不到一半")


def not_idle(cast: Cast, level: str | None, allocation: Allocation, why: str) -> None:
    cast.lookalike(IDLE, level, [], [allocation.key], why)


def lately_arrived(cast: Cast) -> None:
    programme, arrived = BY_NAME["临时救助"], AS_OF - timedelta(days=89)
    allocation = granted(cast, programme, programme.unit, 380_000, arrived - timedelta(days=5), arrived)
    not_idle(cast, None, allocation, "到账不满90天")


def arrived_late(cast: Cast) -> None:
    programme = BY_NAME["雨露计划"]
    issued, arrived = AS_OF - timedelta(days=240), AS_OF - timedelta(days=45)
    allocation = granted(cast, programme, programme.unit, 520_000, issued, arrived)
    not_idle(cast, None, allocation, "下达已八个月，但一个半月前才到账")


def arrival_left_empty(cast: Cast) -> None:
    programme, issued = BY_NAME["地质灾害避险搬迁补助"], AS_OF - timedelta(days=260)
    amount = round(3 * sum(paid_since(cast, programme, issued).values()) + 300_000, -3)
    allocation = granted(cast, programme, programme.unit, amount, issued, None)
    not_idle(cast, "verify", allocation, "没有填写到账日期，是否已到先核实")


def half_paid_out(cast: Cast) -> None:
    programme, arrived = BY_NAME["冬春生活救助"], cast.county.size.first_month + timedelta(days=5)
    amount = round(sum(paid_since(cast, programme, arrived).values()) / 0.6, -2)
    allocation = granted(cast, programme, programme.unit, amount, arrived - timedelta(days=4), arrived)
    not_idle(cast, None, allocation, "已发放过半，其余按季节发放")


PLANTS = (
    cadres_own_account, wifes_account, bosss_account, retired_cadres_account, sole_traders_account, labourers_account,
    second_account_of_the_firm, shop_not_on_the_list, back_to_the_cadre, back_to_the_wife, to_a_cadre_without_a_say,
    sand_from_the_cadre, long_after, before_the_payment, over_four_accounts, to_a_retired_cadre, to_a_villager,
    idle_in_the_village, idle_in_the_department, lately_arrived, arrived_late, arrival_left_empty, half_paid_out,
)  # fmt: skip
