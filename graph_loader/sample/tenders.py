"""Plants about how works are let: the way of letting, missing tenders, competition cut short, odd prices, bidders who are one."""

from datetime import date, timedelta

from graph_loader.sample.casting import Cast, private_people, sibling_ties, spouse_ties
from graph_loader.sample.county import Contract, Firm, Project, Role
from graph_loader.sample.families import AS_OF, Person
from graph_loader.sample.jobs import Job, builders, carried_out, commissioned, new_firm, planned, take, tendered
from graph_loader.sample.offices import BYSTANDERS
from graph_loader.sample.places import COUNTY_NAME
from graph_loader.sample.works import approval, outsider, tender

METHOD, MISSING, COMPETITION = "award_method_changed", "tender_missing", "restricted_competition"
PRICES, BIDDERS, ROTATING = "bid_price_patterns", "connected_bidders", "rotating_winners"
PUBLIC, INVITED, NEGOTIATED, QUOTED, VILLAGE, DIRECT = (
    "公开招标", "邀请招标", "竞争性谈判", "询价", "一事一议", "直接委托",
)  # fmt: skip
FAILED = "有效投标人不足三家，流标"


def plant_tenders(cast: Cast) -> None:
    """One of each; what cannot be cast in a county is left out."""
    for plant in PLANTS:
        plant(cast)


# -- award_method_changed ----------------------------------------------------------------------------------------------


def let_by(cast: Cast, job: Job, method: str) -> Contract:
    """The tender as it was really held."""
    for bid in job.bids:
        bid.method = method
    return carried_out(cast, job)


def let_otherwise(cast: Cast, approved: str, executed: str, amount: int, bidders: int) -> None:
    job = tendered(cast, method=approved, amount=amount, bidders=bidders)
    if job:
        let_by(cast, job, executed)
        why = f"批复{approved}，实际{executed}，没有流标记录，也没有应急批准"
        cast.wrong(METHOD, "high", [], [job.project.number], why)


def public_let_directly(cast: Cast) -> None:
    let_otherwise(cast, PUBLIC, DIRECT, 860_000, 1)


def public_let_by_invitation(cast: Cast) -> None:
    let_otherwise(cast, PUBLIC, INVITED, 1_150_000, 3)


def negotiation_left_to_the_village(cast: Cast) -> None:
    let_otherwise(cast, NEGOTIATED, VILLAGE, 240_000, 1)


def let_in_an_emergency(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=720_000, bidders=1)
    if job:
        job.project.emergency = approval(cast.county, job.project.approved).replace("发改", "应急")
        let_by(cast, job, DIRECT)
        cast.lookalike(METHOD, None, [], [job.project.number], "汛期抢险，有应急批准文号")


def failed(cast: Cast, job: Job) -> None:
    """Nobody won the tender: too few valid bids."""
    for bid in job.bids:
        bid.won, bid.rank, bid.rejected = False, 0, FAILED


def second_tender(cast: Cast, job: Job, lot: str, method: str, bidders: int = 3) -> Job | None:
    """The works are put out once more, to others, seven weeks after the first tender."""
    before = {bid.firm for bid in job.bids}
    firms = [firm for firm in builders(cast, job.project) if firm not in before][:bidders]
    if len(firms) < bidders:
        return None
    later = tender(cast.county, job.project, firms, lot)
    for bid in later:
        bid.announced, bid.opened = bid.announced + timedelta(days=50), bid.opened + timedelta(days=50)
        bid.method = method
    return Job(job.project, later)


def failed_first(cast: Cast, lot: str, why: str) -> None:
    job = tendered(cast, method=PUBLIC, amount=680_000, bidders=2)
    again = second_tender(cast, job, lot, NEGOTIATED) if job else None
    if job and again:
        failed(cast, job)
        carried_out(cast, again)
        cast.lookalike(METHOD, None, [], [job.project.number], why)


def failed_as_approved(cast: Cast) -> None:
    failed_first(cast, "1", "公开招标流标在案，改为竞争性谈判")


def failed_under_another_lot(cast: Cast) -> None:
    failed_first(cast, "2", "公开招标流标在案，改为竞争性谈判，另编了标段号")


def more_open_than_approved(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=330_000)
    if job:
        job.project.method = QUOTED
        let_by(cast, job, PUBLIC)
        cast.lookalike(METHOD, None, [], [job.project.number], "批复询价，实际公开招标，竞争性更高")


# -- tender_missing ----------------------------------------------------------------------------------------------------


def unbid(cast: Cast, method: str, amount: int) -> tuple[Project, Firm] | None:
    """A project approved to be let so, of which no bid is on record, and a firm that may build it."""
    for project in planned(cast, method=method, amount=amount):
        firms = builders(cast, project)
        if firms:
            return take(cast, project), firms[0]
    return None


def signed_without_bids(cast: Cast, method: str, amount: int, why: str) -> None:
    found = unbid(cast, method, amount)
    if found:
        commissioned(cast, *found)
        cast.wrong(MISSING, "high", [], [found[0].number], why)


def public_tender_missing(cast: Cast) -> None:
    signed_without_bids(cast, PUBLIC, 1_280_000, "批复公开招标，没有任何投标记录就签约")


def invitation_missing(cast: Cast) -> None:
    signed_without_bids(cast, INVITED, 310_000, "批复邀请招标，没有任何投标记录就签约")


def above_the_limit(cast: Cast) -> None:
    signed_without_bids(cast, NEGOTIATED, 4_360_000, "批复金额达到400万元，没有任何投标记录就签约")


def no_bids_but(cast: Cast, method: str, amount: int, why: str) -> Project | None:
    found = unbid(cast, method, amount)
    if found:
        commissioned(cast, *found)
        cast.lookalike(MISSING, None, [], [found[0].number], why)
        return found[0]
    return None


def emergency_without_tender(cast: Cast) -> None:
    project = no_bids_but(cast, PUBLIC, 940_000, "应急抢险工程，有应急批准文号")
    if project:
        project.emergency = approval(cast.county, project.approved).replace("发改", "应急")


def just_below_the_limit(cast: Cast) -> None:
    no_bids_but(cast, NEGOTIATED, 3_980_000, "不到400万元，批复竞争性谈判，不是必须招标")


def small_and_quoted(cast: Cast) -> None:
    no_bids_but(cast, QUOTED, 160_000, "小额询价项目，没有投标记录，不到限额")


def approved_lately(cast: Cast) -> None:
    """The tender is still to come."""
    for project in planned(
        cast, method=PUBLIC, amount=1_450_000, day=AS_OF - timedelta(days=cast.dice.randint(20, 50))
    ):
        take(cast, project)
        return cast.lookalike(MISSING, None, [], [project.number], "刚批复公开招标，尚未招标，也没有签约")


def failed_then_commissioned(cast: Cast) -> None:
    """The only bids on record are those of the tender that failed."""
    job = tendered(cast, method=INVITED, amount=360_000, bidders=2)
    if job:
        failed(cast, job)
        before = {bid.firm for bid in job.bids}
        firm = next((firm for firm in builders(cast, job.project) if firm not in before), None)
        if firm:
            commissioned(cast, job.project, firm, job.bids[0].opened + timedelta(days=40))
            cast.lookalike(MISSING, None, [], [job.project.number], "邀请招标流标在案，之后依法另行确定")


# -- restricted_competition --------------------------------------------------------------------------------------------


def cut_short(cast: Cast, job: Job, kind: str, why: str) -> None:
    carried_out(cast, job)
    cast.wrong(COMPETITION, "medium", [], [job.lot, kind], why)


def open_enough(cast: Cast, job: Job, kind: str, why: str) -> None:
    carried_out(cast, job)
    cast.lookalike(COMPETITION, None, [], [job.lot, kind], why)


def announced(job: Job, days: int) -> Job:
    """The notice came out so many days before the opening."""
    for bid in job.bids:
        bid.announced = bid.opened - timedelta(days=days)
    return job


def short_notice(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=790_000)
    if job:
        cut_short(cast, announced(job, 9), "short_period", "公开招标，公告到开标只有9天")


def single_bidder(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=910_000, bidders=1)
    if job:
        cut_short(cast, job, "single_bidder", "公开招标只有一家投标，未流标而直接中标")


def all_others_rejected(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=1_040_000)
    if job:
        for bid, reason in zip(job.bids[1:], ("资格审查不合格", "未按要求密封", "缺少类似业绩"), strict=True):
            bid.rejected, bid.rank = reason, 0
        cut_short(cast, job, "others_rejected", "中标人以外的投标全部被废")


def handed_in_late(cast: Cast) -> None:
    job = tendered(cast, method=INVITED, amount=350_000, bidders=3)
    if job:
        job.bids[0].submitted = job.bids[0].opened + timedelta(days=2)
        cut_short(cast, job, "late_winner", "中标的投标文件在开标两天后才递交")


def twenty_days(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=830_000)
    if job:
        open_enough(cast, announced(job, 20), "short_period", "公告到开标正好20天，合乎法定期限")


def one_quotation(cast: Cast) -> None:
    job = tendered(cast, method=QUOTED, amount=120_000, bidders=1)
    if job:
        open_enough(cast, job, "single_bidder", "小额询价，不是竞争性招标")


def one_valid_rival(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=980_000)
    if job:
        for bid in job.bids[2:]:
            bid.rejected, bid.rank = "未提交投标保证金", 0
        open_enough(cast, job, "others_rejected", "两家废标，仍有一家有效投标竞争")


def handed_in_on_the_day(cast: Cast) -> None:
    job = tendered(cast, method=INVITED, amount=370_000, bidders=3)
    if job:
        job.bids[0].submitted = job.bids[0].opened
        open_enough(cast, job, "late_winner", "开标当日递交，不晚于开标")


def single_bidder_failed(cast: Cast) -> None:
    """One bid came in, the tender failed, and three others came to the second one."""
    job = tendered(cast, method=PUBLIC, amount=870_000, bidders=1)
    again = second_tender(cast, job, "1", PUBLIC) if job else None
    if job and again:
        failed(cast, job)
        open_enough(cast, again, "single_bidder", "第一次只有一家投标，依法流标，第二次三家投标")


# -- bid_price_patterns ------------------------------------------------------------------------------------------------


def priced(job: Job, *ratios: float) -> Job:
    """Prices in these ratios to the one before, from the first bid on."""
    for before, bid, ratio in zip(job.bids, job.bids[1:], ratios, strict=False):
        bid.price = round(before.price * ratio)
    return job


def odd_prices(cast: Cast, kind: str, why: str, *ratios: float, below: float = 1.0) -> None:
    job = tendered(cast, bidders=len(ratios) + 1, method=PUBLIC, amount=cast.dice.randrange(500_000, 900_000, 10_000))
    if job:
        job.bids[0].price = round(job.bids[0].price * below)
        carried_out(cast, priced(job, *ratios))
        cast.wrong(PRICES, "medium", [], [job.lot, kind], why)


def identical_prices(cast: Cast) -> None:
    odd_prices(cast, "identical", "两家落标人报价一分不差", 1.0137, 1.0)


def constant_ratio(cast: Cast) -> None:
    odd_prices(cast, "constant_ratio", "四家报价逐家高出1.5%", 1.015, 1.015, 1.015)


def close_second(cast: Cast) -> None:
    odd_prices(cast, "close_second", "次低价只比中标价高万分之四，远小于全县常见差距", 1.0004, 1.021)


def heavy_discount(cast: Cast) -> None:
    odd_prices(cast, "heavy_discount", "中标价比次低价低两成多，远超全县常见差距", 1.27, 1.011, below=0.77)


def usual_prices(cast: Cast, job: Job, kind: str, why: str) -> None:
    carried_out(cast, job)
    cast.lookalike(PRICES, None, [], [job.lot, kind], why)


def equal_but_rejected(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=640_000)
    if job:
        priced(job, 1.0132, 1.0098, 1.0)
        job.bids[3].rejected, job.bids[3].rank = "与他人投标文件雷同", 0
        usual_prices(cast, job, "identical", "报价相同的一家已经废标，不参加比较")


def fixed_price(cast: Cast) -> None:
    """Everybody in the village who offers asks the same rate."""
    job = tendered(cast, method=QUOTED, amount=80_000, bidders=3)
    if job:
        job.project.method = VILLAGE
        usual_prices(cast, priced(job, 1.0, 1.0), "identical", "一事一议按统一单价报价，不作比较")


def nearly_constant(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=710_000, bidders=3)
    if job:
        usual_prices(cast, priced(job, 1.0125, 1.0185), "constant_ratio", "相邻报价的比例并不相同")


def dearer_but_better(cast: Cast) -> None:
    """Judged by quality as well: the winner is not the cheapest, so its distance to the next means nothing."""
    job = tendered(cast, method=PUBLIC, amount=1_350_000, bidders=3)
    if job:
        priced(job, 0.84, 1.2)
        usual_prices(cast, job, "heavy_discount", "综合评分法，最低价未中标，价差不说明问题")


def within_the_fences(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=1_120_000, bidders=3)
    if job:
        usual_prices(cast, priced(job, 1.0105, 1.022), "close_second", "与次低价的差距在全县常见范围内")


# -- connected_bidders -------------------------------------------------------------------------------------------------


def side_by_side(cast: Cast, first: Firm, second: Firm) -> Job | None:
    """Two firms bid for one lot, among others."""
    job = tendered(
        cast, firms=(first, second), bidders=4, method=PUBLIC, amount=cast.dice.randrange(450_000, 950_000, 5000)
    )
    if job:
        carried_out(cast, job)
    return job


def one_source(cast: Cast, first: Firm, second: Firm, level: str, why: str) -> None:
    job = side_by_side(cast, first, second)
    if job:
        cast.wrong(BIDDERS, level, [], [job.lot, *sorted((first.code, second.code))], why)


def rivals(cast: Cast, first: Firm, second: Firm, why: str) -> None:
    job = side_by_side(cast, first, second)
    if job:
        cast.lookalike(BIDDERS, None, [], [job.lot, *sorted((first.code, second.code))], why)


def partner(firm: Firm, person: Person, share: float, until: date | None = None) -> Firm:
    """Somebody holds a share from the founding on, until a day if told."""
    firm.roles.append(Role(person, "股东", share, firm.founded, until))
    return firm


def one_shareholder(cast: Cast) -> None:
    person = outsider(cast.county)
    first, second = (partner(new_firm(cast), person, 35.0) for _ in range(2))
    one_source(cast, first, second, "high", "同一人在两家投标企业持股")


def one_deposit_account(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=620_000)
    if job:
        first, second = job.bids[1], job.bids[2]
        second.account = first.firm.account
        carried_out(cast, job)
        codes = sorted((first.firm.code, second.firm.code))
        cast.wrong(BIDDERS, "high", [], [job.lot, *codes], "一家的投标保证金从另一家的账户缴纳")


def one_telephone(cast: Cast) -> None:
    job = tendered(cast, method=PUBLIC, amount=580_000)
    if job:
        first, second = job.bids[0], job.bids[2]
        first.telephone = second.telephone = cast.county.numbers.telephone()
        carried_out(cast, job)
        codes = sorted((first.firm.code, second.firm.code))
        cast.wrong(BIDDERS, "medium", [], [job.lot, *codes], "两家投标留的是同一个联系电话")


def one_address(cast: Cast) -> None:
    first, second = new_firm(cast), new_firm(cast)
    second.address = first.address
    one_source(cast, first, second, "medium", "两家投标企业住所相同")


def couple(cast: Cast) -> None:
    """Husband and wife each have a firm."""
    for husband in private_people(cast):
        for tie in spouse_ties(husband):
            apart = not cast.county.offices.officials_around.get(tie.relative)
            if apart and cast.ordinary(tie.relative) and tie.since < cast.county.size.first_month:
                cast.county.marriages.update(tie.marriages)
                firms = new_firm(cast, husband), new_firm(cast, tie.relative)
                cast.used.update((husband, tie.relative))
                return one_source(cast, *firms, "medium", "两家投标企业的法定代表人是夫妻")


def brothers(cast: Cast) -> None:
    """Kin, but not of the degree that makes two bidders one."""
    for person in private_people(cast):
        for tie in sibling_ties(person):
            apart = not cast.county.offices.officials_around.get(tie.relative)
            if apart and cast.ordinary(tie.relative) and tie.relative.household is not person.household:
                cast.county.parentage.update(tie.children)
                firms = new_firm(cast, person), new_firm(cast, tie.relative)
                cast.used.update((person, tie.relative))
                return rivals(cast, *firms, "法定代表人是兄弟姐妹，不是配偶或直系亲属")


def agents_telephone(cast: Cast) -> None:
    """An agent does the paperwork for six firms, and leaves his telephone for each."""
    number = cast.county.numbers.telephone()
    firms = [new_firm(cast) for _ in range(6)]
    for firm in firms:
        firm.telephone = number
    rivals(cast, firms[0], firms[1], "登记代理机构的电话，六家企业都用")


def business_centre(cast: Cast) -> None:
    firms = [new_firm(cast) for _ in range(6)]
    for firm in firms:
        firm.address = f"{COUNTY_NAME}城关政务服务中心旁创业楼"
    rivals(cast, firms[0], firms[1], "商务中心集中登记地址，多家企业共用")


def share_sold(cast: Cast) -> None:
    """Somebody held shares in both, one after the other."""
    person = outsider(cast.county)
    first, second = new_firm(cast), new_firm(cast)
    partner(first, person, 30.0, until=cast.county.size.first_month - timedelta(days=400))
    partner(second, person, 25.0)
    rivals(cast, first, second, "开标前一年已转让其中一家的股份")


def other_lot(cast: Cast) -> None:
    """Two firms of one owner bid for two lots of a project, not against each other."""
    person = outsider(cast.county)
    first, second = (partner(new_firm(cast), person, 40.0) for _ in range(2))
    job = tendered(cast, firms=(first,), bidders=3, method=PUBLIC, amount=1_500_000)
    if job:
        before = {bid.firm for bid in job.bids}
        others = [firm for firm in builders(cast, job.project) if firm not in before]
        if len(others) < 2:
            return
        for bid in job.bids:
            bid.price //= 2
        later = Job(job.project, tender(cast.county, job.project, [second, *others[:2]], "2", 0.5))
        carried_out(cast, job)
        carried_out(cast, later)
        for lot in (job, later):
            things = [lot.bids[0].lot_key, *sorted((first.code, second.code))]
            cast.lookalike(BIDDERS, None, [], things, "同一股东的两家企业投不同的标段，没有同场竞争")


# -- rotating_winners --------------------------------------------------------------------------------------------------


def ring(cast: Cast, lots: list[list[Firm]], unit: str | None = None, others: int = 1) -> list[Job]:
    """One tender for each list of firms, whose first one wins; `others` bid besides."""
    jobs = []
    villages = cast.dice.sample(cast.county.villages, len(lots))
    for firms, village in zip(lots, villages, strict=True):
        amount = cast.dice.randrange(200_000, 390_000, 5000)
        job = tendered(
            cast, village, unit, method=INVITED, amount=amount, firms=firms, bidders=len(firms) + others
        ) or tendered(cast, None, unit, method=INVITED, amount=amount, firms=firms, bidders=len(firms) + others)
        if job:
            carried_out(cast, job)
            jobs.append(job)
    return jobs


def turns(firms: list[Firm], *winners: int) -> list[list[Firm]]:
    """The same firms each time, with these first."""
    return [[firms[winner], *(firm for firm in firms if firm is not firms[winner])] for winner in winners]


def codes_of(firms: list[Firm]) -> list[str]:
    return sorted(firm.code for firm in firms)


def always_together(cast: Cast) -> None:
    firms = [new_firm(cast) for _ in range(3)]
    ring(cast, turns(firms, 0, 1, 2, 0, 1))
    cast.wrong(ROTATING, "medium", [], codes_of(firms), "三家总是一起投标，五个标段轮流中标")


def four_together(cast: Cast) -> None:
    firms = [new_firm(cast) for _ in range(4)]
    ring(cast, turns(firms, 3, 1, 2, 0))
    cast.wrong(ROTATING, "medium", [], codes_of(firms), "四家总是一起投标，四个标段每家中一个")


def linked_in_turn(cast: Cast) -> None:
    """Firms of one shareholder take turns, one of them staying away each time."""
    person = outsider(cast.county)
    firms = [partner(new_firm(cast), person, 20.0) for _ in range(3)]
    first, second, third = firms
    lots = [[first, second], [second, third], [third, first], [first, third]]
    for job in ring(cast, lots, others=2):
        things = [job.lot, *codes_of([bid.firm for bid in job.bids[:2]])]
        cast.wrong(BIDDERS, "high", [], things, "同一人在两家投标企业持股")
    cast.wrong(ROTATING, "medium", [], codes_of(firms), "同一股东的三家企业轮流中标")


def no_ring(cast: Cast, firms: list[Firm], level: str | None, why: str) -> None:
    cast.lookalike(ROTATING, level, [], codes_of(firms)[:1], why)


def three_lots_only(cast: Cast) -> None:
    firms = [new_firm(cast) for _ in range(3)]
    ring(cast, turns(firms, 0, 1, 2))
    no_ring(cast, firms, None, "只有三个标段，可能巧合")


def one_never_wins(cast: Cast) -> None:
    firms = [new_firm(cast) for _ in range(3)]
    ring(cast, turns(firms, 0, 1, 0, 1))
    no_ring(cast, firms, None, "其中一家从未中标，不成轮流")


def one_goes_its_own_way(cast: Cast) -> None:
    firms = [new_firm(cast) for _ in range(3)]
    ring(cast, [*turns(firms, 0, 1, 2, 0), [firms[1]], [firms[2]]], others=2)
    no_ring(cast, firms, None, "各自也单独参加别的投标，并不总在一起")


def pair_in_turn(cast: Cast) -> None:
    firms = [new_firm(cast) for _ in range(2)]
    ring(cast, turns(firms, 0, 1, 0, 1), others=2)
    no_ring(cast, firms, None, "只有两家常在一起，不足三家")


def few_firms(cast: Cast) -> None:
    """An institution lets its small repairs to the only three that come."""
    running = {project.unit for project in cast.county.projects}
    unit = next((COUNTY_NAME + name for name in BYSTANDERS if COUNTY_NAME + name not in running), None)
    if unit:
        firms = [new_firm(cast) for _ in range(3)]
        repairs = ("屋面防水维修", "配电线路改造", "围墙修缮", "厕所改造")
        for job, repair in zip(ring(cast, turns(firms, 0, 1, 2, 0), unit, others=0), repairs, strict=False):
            job.project.name = f"{unit}{repair}项目"
        no_ring(cast, firms, "low", "该单位的项目从来没有别家投标，可能当地只有这几家")


PLANTS = (
    public_let_directly, public_let_by_invitation, negotiation_left_to_the_village, let_in_an_emergency,
    failed_as_approved, failed_under_another_lot, more_open_than_approved, public_tender_missing, invitation_missing,
    above_the_limit, emergency_without_tender, just_below_the_limit, small_and_quoted, approved_lately,
    failed_then_commissioned, short_notice, single_bidder, all_others_rejected, handed_in_late, twenty_days,
    one_quotation, one_valid_rival, handed_in_on_the_day, single_bidder_failed, identical_prices, constant_ratio,
    close_second, heavy_discount, equal_but_rejected, fixed_price, nearly_constant, dearer_but_better,
    within_the_fences, one_shareholder, one_deposit_account, one_telephone, one_address, couple, brothers,
    agents_telephone, business_centre, share_sold, other_lot, always_together, four_together, linked_in_turn,
    three_lots_only, one_never_wins, one_goes_its_own_way, pair_in_turn, few_firms,
)  # fmt: skip
