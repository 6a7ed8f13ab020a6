"""Plants about contracts and their money: split works, payments beyond the price, one supplier, shells, changes, slow works."""

from datetime import date, timedelta

from graph_loader.sample.casting import Cast
from graph_loader.sample.county import Change, Contract, Firm, Progress, Role, Voucher
from graph_loader.sample.families import AS_OF
from graph_loader.sample.jobs import (
    Job,
    carried_out,
    commissioned,
    contract_with,
    found_on,
    new_firm,
    planned,
    swap,
    take,
    tendered,
)
from graph_loader.sample.places import COUNTY_NAME, Village
from graph_loader.sample.works import approval, buy, change, outsider, pay_contract, spend

SPLIT, PAID, SUPPLIER = "split_below_limit", "paid_not_contract", "supplier_concentration"
SHELL, CHANGES, SLOW = "shell_contractor", "frequent_changes", "slow_project"


def plant_contracts(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    for plant in PLANTS:
        plant(cast)
    quiet = quiet_villages(cast)
    for concentrated in CONCENTRATED:
        concentrated(cast, quiet)


# -- split_below_limit -------------------------------------------------------------------------------------------------


def some_day(cast: Cast, before: int = 330) -> date:
    """A day of the window, so many days before its end at the latest."""
    day = cast.between(cast.county.size.first_month, AS_OF - timedelta(days=before))
    assert day is not None
    return day


def committee(village: Village) -> str:
    return f"{village.town.name}{village.name}村民委员会"


def small_works(
    cast: Cast, village: Village, firm: Firm, day: date, price: int, owner: str = "", unit: str = ""
) -> Contract | None:
    """A small work that the village discussed and gave to a firm at just this price, signed on the day."""
    unit = unit or village.town.government
    approved = day - timedelta(days=20)
    for project in planned(cast, village, unit, method="一事一议", amount=price, day=approved):
        return commissioned(cast, take(cast, project), firm, day, owner or committee(village), price)
    return None


def piecemeal(cast: Cast, first: int, second: int, days: int) -> list[str]:
    """Two small works of one village for one firm, so many days apart: what a lead on them would name."""
    for _ in range(40):
        village, day = cast.dice.choice(cast.county.villages), some_day(cast)
        firm = new_firm(cast)
        later = small_works(cast, village, firm, day + timedelta(days=days), second)
        if later and small_works(cast, village, firm, day, first):
            return [firm.code, day.isoformat()]
    return []


def split_in_two(cast: Cast) -> None:
    things = piecemeal(cast, 96_000, 88_000, 25)
    if things:
        cast.wrong(SPLIT, "medium", [], things, "同村同一承包商，25天内两份合同各不到10万元，合计超过")


def split_below_the_tender(cast: Cast) -> None:
    """Two halves of a road, each negotiated with the same winner in the same weeks."""
    for _ in range(40):
        village, day, firm = cast.dice.choice(cast.county.villages), some_day(cast), new_firm(cast)
        unit = f"{COUNTY_NAME}交通运输局"
        jobs = [
            tendered(cast, village, unit, method="竞争性谈判", amount=amount, day=day, firms=(firm,), bidders=3)
            for amount in (395_000, 388_000)
        ]
        if all(jobs):
            signed = [carried_out(cast, job).signed for job in jobs if job]
            things = [firm.code, min(signed).isoformat()]
            return cast.wrong(SPLIT, "medium", [], things, "同一业主几周内两次谈判给同一家，各不到40万元，合计超过")


def series_of_vouchers(
    cast: Cast, payer: Village | str, note: str, amounts: tuple[int, ...], days: int
) -> tuple[Firm, date]:
    """Payments to a new firm without any contract, so many days apart."""
    firm, first = new_firm(cast), some_day(cast)
    for number, amount in enumerate(amounts):
        day = first + timedelta(days=days * number)
        buy(cast.county, payer, day, note, amount, firm.name, firm.code, firm.account.number)
    return firm, first


def split_in_vouchers(cast: Cast) -> None:
    village = cast.dice.choice(cast.county.villages)
    firm, day = series_of_vouchers(cast, village, "村组道路维修款", (46_000, 41_500, 33_000), 18)
    things = [village.code, firm.code, day.isoformat()]
    cast.wrong(SPLIT, "medium", [], things, "五周内三笔无合同付款，各不到10万元，合计超过")


def recurring(cast: Cast) -> None:
    village = cast.dice.choice(cast.county.villages)
    firm, _ = series_of_vouchers(cast, village, "支付保洁费", (32_000, 32_000, 32_000, 32_000), 30)
    cast.lookalike(SPLIT, None, [], [village.code, firm.code], "按月支付的保洁费，经常性开支")


def instalments(cast: Cast) -> None:
    """The vouchers name the project; whoever wrote them left the contract's number out."""
    firm = new_firm(cast)
    job = tendered(cast, method="竞争性谈判", amount=330_000, firms=(firm,), bidders=3)
    if job:
        contract = contract_with(cast, job, firm)
        for voucher in pay_contract(cast.county, contract):
            voucher.contract = ""
        cast.lookalike(SPLIT, None, [], [firm.code], "一份合同的几期进度款，凭证漏填合同编号")


def far_apart(cast: Cast) -> None:
    things = piecemeal(cast, 94_000, 91_000, 95)
    if things:
        cast.lookalike(SPLIT, None, [], things[:1], "两份小合同相隔三个月，是两件事")


def together_below(cast: Cast) -> None:
    things = piecemeal(cast, 49_000, 50_900, 12)
    if things:
        cast.lookalike(SPLIT, None, [], things[:1], "两份合同合计仍不到10万元")


def two_villages(cast: Cast) -> None:
    """A department has the same small work done in two villages."""
    unit = f"{COUNTY_NAME}水利局"
    for _ in range(40):
        day, firm = some_day(cast), new_firm(cast)
        villages = cast.dice.sample(cast.county.villages, 2)
        if all([small_works(cast, village, firm, day, 92_000, unit, unit) for village in villages]):
            return cast.lookalike(SPLIT, None, [], [firm.code], "同一业主在两个村各有一件小工程")


def place_not_known(cast: Cast) -> None:
    unit = f"{COUNTY_NAME}水利局"
    firm, day = series_of_vouchers(cast, unit, "水泵采购款", (64_000, 58_000), 20)
    things = [firm.code, day.isoformat()]
    cast.lookalike(SPLIT, "verify", [], things, "单位付款没有写明用在哪个村，先核实是否同一件事")


# -- paid_not_contract -------------------------------------------------------------------------------------------------


def paid(cast: Cast, *parts: float) -> tuple[Job, Contract] | None:
    """A tendered contract of which these parts are paid."""
    job = tendered(cast)
    if job:
        contract = contract_with(cast, job, job.winner)
        pay_contract(cast.county, contract, parts=parts)
        return job, contract
    return None


def paid_far_over(cast: Cast) -> None:
    found = paid(cast, 0.5, 0.5, 0.36)
    if found:
        cast.wrong(PAID, "high", [], [found[1].number], "付款超过合同价36%，没有任何变更")


def paid_over(cast: Cast) -> None:
    found = paid(cast, 0.4, 0.4, 0.32)
    if found:
        cast.wrong(PAID, "medium", [], [found[1].number], "付款超过合同价12%，没有任何变更")


def pay_on(cast: Cast, contract: Contract, days: int, part: float, note: str) -> Voucher:
    """A part of the price, so many days after signing (before, if negative)."""
    firm, day = contract.firm, contract.signed + timedelta(days=days)
    note = f"{contract.project.name}{note}"
    return spend(cast.county, contract, day, note, contract.amount * part, firm.name, firm.code, firm.account.number)


def paid_before_signing(cast: Cast) -> None:
    found = paid(cast, 0.4, 0.2)
    if found:
        pay_on(cast, found[1], -5, 0.3, "预付款")
        cast.wrong(PAID, "medium", [], [found[1].number], "合同签订前五天已付三成")


def grown_with_approval(cast: Cast) -> None:
    found = paid(cast, 0.4, 0.4, 0.34)
    if found:
        raised(cast, found[1], 50, 0.16, approved=True)
        cast.lookalike(PAID, None, [], [found[1].number], "增加工程量经批准变更合同价，付款没有超出")


def settled_within_tolerance(cast: Cast) -> None:
    found = paid(cast, 0.4, 0.4, 0.24)
    if found:
        cast.lookalike(PAID, None, [], [found[1].number], "结算略高于合同价，在允许误差内")


def paid_on_the_day(cast: Cast) -> None:
    found = paid(cast, 0.4, 0.25)
    if found:
        pay_on(cast, found[1], 0, 0.3, "预付款")
        cast.lookalike(PAID, None, [], [found[1].number], "签约当天付预付款，不是提前付款")


def design_fee(cast: Cast) -> None:
    """The designer is paid for the project, without a number of the builder's contract."""
    found = paid(cast, 0.4, 0.4, 0.2)
    if found:
        contract, firm = found[1], new_firm(cast)
        day = contract.signed + timedelta(days=30)
        note = f"{contract.project.name}设计费"
        fee = spend(cast.county, contract, day, note, contract.amount * 0.08, firm.name, firm.code, firm.account.number)
        fee.contract = ""
        cast.lookalike(PAID, None, [], [contract.number], "另付设计单位设计费，不在该合同之内")


def value_in_a_list(cast: Cast) -> None:
    """The approved change refers to a list that nobody handed in."""
    found = paid(cast, 0.4, 0.4, 0.3)
    if found:
        done = raised(cast, found[1], 50, 0.1, approved=True)
        done.old_value, done.new_value = "原清单", "详见变更清单"
        cast.lookalike(PAID, "verify", [], [found[1].number], "变更经批准，但新的合同价没有写明，先核实")


# -- frequent_changes --------------------------------------------------------------------------------------------------


def amend(cast: Cast, contract: Contract, kind: str, days: int, reason: str, approved: bool) -> Change:
    """A change so many days after signing."""
    day = contract.signed + timedelta(days=days)
    return change(cast.county, contract, kind, day, reason, approval(cast.county, day) if approved else "")


def raised(cast: Cast, contract: Contract, days: int, growth: float, approved: bool) -> Change:
    done = amend(cast, contract, "金额", days, "现场签证增加工程量", approved)
    done.old_value, done.new_value = f"{contract.amount}元", f"{round(contract.amount * (1 + growth))}元"
    return done


def settled(cast: Cast) -> Contract | None:
    job = tendered(cast)
    return carried_out(cast, job) if job else None


def three_changes(cast: Cast) -> None:
    contract = settled(cast)
    if contract:
        amend(cast, contract, "内容", 20, "调整线路", False)
        amend(cast, contract, "工期", 45, "材料供应不及时", True)
        amend(cast, contract, "内容", 80, "增加附属工程", False)
        cast.wrong(CHANGES, "medium", [], [contract.number], "三个月内变更三次，两次没有批准文号")


def grown_by_a_third(cast: Cast) -> None:
    contract = settled(cast)
    if contract:
        raised(cast, contract, 40, 0.38, approved=False)
        cast.wrong(CHANGES, "medium", [], [contract.number], "变更后合同价增长38%，没有批准文号")


def changed_with_approval(cast: Cast) -> None:
    contract = settled(cast)
    if contract:
        for days, kind, reason in (
            (15, "工期", "连续降雨停工"),
            (50, "内容", "地质条件变化"),
            (85, "工期", "洪水后恢复施工"),
        ):
            amend(cast, contract, kind, days, reason, True)
        cast.lookalike(CHANGES, "low", [], [contract.number], "因天气和地质变更三次，每次都有批准文号")


def grown_by_just_the_limit(cast: Cast) -> None:
    job = tendered(cast)
    if job:
        job.bids[0].price = job.bids[0].price // 10 * 10
        contract = carried_out(cast, job)
        raised(cast, contract, 40, 0.3, approved=False)
        cast.lookalike(CHANGES, None, [], [contract.number], "变更后合同价增长正好30%")


def two_changes(cast: Cast) -> None:
    contract = settled(cast)
    if contract:
        amend(cast, contract, "工期", 30, "农忙缺工", False)
        amend(cast, contract, "内容", 70, "调整涵管位置", False)
        cast.lookalike(CHANGES, None, [], [contract.number], "只变更两次，金额没有变")


def growth_not_written(cast: Cast) -> None:
    contract = settled(cast)
    if contract:
        done = raised(cast, contract, 55, 0.1, approved=False)
        done.old_value, done.new_value = "见合同", "据实结算"
        cast.lookalike(CHANGES, "verify", [], [contract.number], "变更没有写明金额，增长多少先核实")


def small_growth(cast: Cast) -> None:
    contract = settled(cast)
    if contract:
        raised(cast, contract, 40, 0.07, approved=False)
        cast.lookalike(CHANGES, None, [], [contract.number], "一次变更，金额只增长7%")


# -- shell_contractor --------------------------------------------------------------------------------------------------


def young(cast: Cast, firm: Firm, days: int, amount: int = 270_000) -> Contract | None:
    """The firm wins a contract so many days after it was founded."""
    job = tendered(cast, method="竞争性谈判", amount=amount, firms=(firm,), bidders=3)
    if job is None:
        return None
    contract = carried_out(cast, job)
    found_on(firm, contract.signed - timedelta(days=days))
    return contract


def founded_for_the_contract(cast: Cast) -> None:
    firm = new_firm(cast)
    contract = young(cast, firm, 64)
    if contract:
        cast.wrong(SHELL, "medium", [], [firm.code, contract.project.number], "成立64天就签约，没有别的项目")


def founded_by_an_old_hand(cast: Cast) -> None:
    boss = outsider(cast.county)
    new_firm(cast, boss)
    firm = new_firm(cast, boss)
    contract = young(cast, firm, 150, 520_000)
    if contract:
        why = "成立150天就签约，没有别的项目，法定代表人另有一家公司"
        cast.wrong(SHELL, "medium", [], [firm.code, contract.project.number], why)


def no_shell(cast: Cast, firm: Firm, contract: Contract | None, level: str | None, why: str) -> None:
    if contract:
        cast.lookalike(SHELL, level, [], [firm.code, contract.project.number], why)


def new_cooperative(cast: Cast) -> None:
    village = cast.dice.choice(cast.county.villages)
    name = (
        f"{COUNTY_NAME}{village.name.removesuffix('村')}众联{cast.county.numbers.next('cooperative')}号油茶专业合作社"
    )
    firm = new_firm(cast, kind="合作社", name=name)
    no_shell(cast, firm, young(cast, firm, 90, 160_000), "verify", "新成立的合作社承接项目，没有其他迹象")


def half_a_year_old(cast: Cast) -> None:
    firm = new_firm(cast)
    no_shell(cast, firm, young(cast, firm, 180), None, "签约时成立已满180天")


def new_and_busy(cast: Cast) -> None:
    firm = new_firm(cast)
    contract = young(cast, firm, 100)
    job = tendered(cast, day=contract.signed + timedelta(days=20), firms=(firm,), bidders=3) if contract else None
    if job:
        carried_out(cast, job)
        no_shell(cast, firm, contract, None, "新公司还承接了别的项目")


def small_beginning(cast: Cast) -> None:
    firm = new_firm(cast)
    no_shell(cast, firm, young(cast, firm, 75, 90_000), None, "合同不到10万元")


def stepped_in_elsewhere(cast: Cast) -> None:
    """The young firm took over another contract, with approval."""
    firm = new_firm(cast)
    contract = young(cast, firm, 120)
    job = tendered(cast, day=contract.signed - timedelta(days=60)) if contract else None
    if job:
        other = contract_with(cast, job, job.winner)
        swap(cast, other, job.winner, firm, 40, approved=True, reason="原承包商破产，经批准重新确定")
        pay_contract(cast.county, other, parts=(0.3,))
        no_shell(cast, firm, contract, None, "还经批准接手了别的合同")


# -- supplier_concentration --------------------------------------------------------------------------------------------


def quiet_villages(cast: Cast) -> list[Village]:
    """Villages by the number of contracts that their committees have let, fewest first."""

    def let(village: Village) -> int:
        return sum(contract.owner == committee(village) for contract in cast.county.let_in[village])

    return sorted(cast.county.villages, key=let)


def let_out(cast: Cast, village: Village, firms: list[Firm], number: int, low: int, high: int) -> int:
    """So many small works of the village to these firms in turn, far enough apart to be no split of one; how many there are."""
    day = cast.county.size.first_month + timedelta(days=40)
    done = 0
    while done < number and day < AS_OF - timedelta(days=30):
        price = cast.dice.randrange(low, high, 500)
        if small_works(cast, village, firms[done % len(firms)], day, price):
            done += 1
            day += timedelta(days=125)
        else:
            day += timedelta(days=10)
    return done


def one_supplier(cast: Cast, quiet: list[Village]) -> None:
    village, firm = quiet.pop(0), new_firm(cast)
    if let_out(cast, village, [firm], 7, 78_000, 96_000) >= 6:
        cast.wrong(SUPPLIER, "medium", [], [firm.code, "one_company"], "村里过半的合同和金额给了同一家")


def one_owner_behind_two(cast: Cast, quiet: list[Village]) -> None:
    village, boss = quiet.pop(0), outsider(cast.county)
    first, second = new_firm(cast, boss), new_firm(cast, boss)
    if let_out(cast, village, [first, second], 7, 78_000, 96_000) >= 6:
        things = [first.code, second.code, "linked_companies"]
        cast.wrong(SUPPLIER, "medium", [], things, "同一法定代表人的两家公司合起来占过半")


def not_concentrated(cast: Cast, firm: Firm, why: str) -> None:
    cast.lookalike(SUPPLIER, None, [], [firm.code], why)


def four_contracts(cast: Cast, quiet: list[Village]) -> None:
    village, firm = quiet.pop(0), new_firm(cast)
    let_out(cast, village, [firm], 4, 78_000, 96_000)
    not_concentrated(cast, firm, "只有四份合同")


def small_change(cast: Cast, quiet: list[Village]) -> None:
    """Most of the contracts, but the little ones; the money went to others."""
    village, firm = quiet.pop(0), new_firm(cast)
    let_out(cast, village, [firm], 6, 12_000, 20_000)
    let_out(cast, village, [new_firm(cast) for _ in range(4)], 4, 130_000, 149_000)
    not_concentrated(cast, firm, "份数过半，金额只占小部分")


def link_ended(cast: Cast, quiet: list[Village]) -> None:
    village, first, second = quiet.pop(0), new_firm(cast), new_firm(cast)
    person = outsider(cast.county)
    first.roles.append(Role(person, "股东", 40.0, first.founded))
    second.roles.append(Role(person, "股东", 40.0, second.founded, cast.county.size.first_month))
    let_out(cast, village, [first, second], 6, 78_000, 96_000)
    not_concentrated(cast, first, "两家的共同股东在第一份合同前已转让一家的股份")


def two_owners(cast: Cast, quiet: list[Village]) -> None:
    firm = new_firm(cast)
    for village in (quiet.pop(0), quiet.pop(0)):
        let_out(cast, village, [firm], 4, 78_000, 96_000)
    not_concentrated(cast, firm, "八份合同分属两个村，各只有四份")


def same_supervisor(cast: Cast, quiet: list[Village]) -> None:
    village, person = quiet.pop(0), outsider(cast.county)
    firms = [new_firm(cast, supervisor=person) for _ in range(2)]
    let_out(cast, village, firms, 6, 78_000, 96_000)
    not_concentrated(cast, firms[0], "两家只有同一名监事，不是同一所有人")


CONCENTRATED = (
    one_supplier, one_owner_behind_two, four_contracts, small_change, link_ended, two_owners, same_supervisor,
)  # fmt: skip


# -- slow_project ------------------------------------------------------------------------------------------------------


def behind(cast: Cast, start: int, finish: int, progress: Progress | None, paid: tuple[float, ...]) -> Job | None:
    """Works planned to start and finish so many days before the as-of day, with what is known of their progress."""
    job = tendered(cast, day=AS_OF - timedelta(days=start + 110))
    if job:
        job.project.start, job.project.finish = AS_OF - timedelta(days=start), AS_OF - timedelta(days=finish)
        job.project.done = finish > 0
        job.project.progress = progress
        pay_contract(cast.county, contract_with(cast, job, job.winner), parts=paid)
    return job


def not_started(cast: Cast) -> None:
    job = behind(cast, 210, 40, Progress(None, None, "未开工"), ())
    if job:
        cast.wrong(SLOW, "low", [], [job.project.number], "过了计划开工七个月还没有动工")


def not_finished(cast: Cast) -> None:
    started = AS_OF - timedelta(days=395)
    job = behind(cast, 400, 170, Progress(started, None, "在建"), (0.3, 0.2))
    if job:
        cast.wrong(SLOW, "low", [], [job.project.number], "过了计划竣工近半年仍在建")


def on_schedule(cast: Cast, job: Job | None, level: str | None, why: str) -> None:
    if job:
        cast.lookalike(SLOW, level, [], [job.project.number], why)


def called_off(cast: Cast) -> None:
    job = behind(cast, 180, 20, Progress(None, None, "已取消"), ())
    on_schedule(cast, job, None, "项目已取消")


def four_weeks_late(cast: Cast) -> None:
    job = behind(cast, 29, -90, Progress(None, None, "未开工"), ())
    on_schedule(cast, job, None, "只晚29天")


def done_but_not_entered(cast: Cast) -> None:
    started = AS_OF - timedelta(days=380)
    job = behind(cast, 380, 150, Progress(started, None, "已完工"), (0.3, 0.4, 0.27))
    on_schedule(cast, job, "verify", "状态已完工，没有填写竣工日期，先核实")


def at_work_but_not_entered(cast: Cast) -> None:
    job = behind(cast, 150, -60, Progress(None, None, "在建"), (0.3,))
    on_schedule(cast, job, "verify", "状态在建，没有填写开工日期，先核实")


def finished_on_the_last_day(cast: Cast) -> None:
    started = AS_OF - timedelta(days=300)
    job = behind(cast, 300, 100, Progress(started, AS_OF, "已完工"), (0.3, 0.4))
    on_schedule(cast, job, None, "虽然晚了，已在当天竣工")


PLANTS = (
    split_in_two, split_below_the_tender, split_in_vouchers, recurring, instalments, far_apart, together_below,
    two_villages, place_not_known, paid_far_over, paid_over, paid_before_signing, grown_with_approval,
    settled_within_tolerance, paid_on_the_day, design_fee, value_in_a_list, three_changes, grown_by_a_third,
    changed_with_approval, grown_by_just_the_limit, two_changes, growth_not_written, small_growth,
    founded_for_the_contract, founded_by_an_old_hand, new_cooperative, half_a_year_old, new_and_busy, small_beginning,
    stepped_in_elsewhere, not_started, not_finished, called_off, four_weeks_late, done_but_not_entered,
    at_work_but_not_entered, finished_on_the_last_day,
)  # fmt: skip
