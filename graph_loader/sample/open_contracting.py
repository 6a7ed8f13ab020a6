"""Plants about purchases that are published as open data: road works under an invented development loan, tendered in US dollars.

The publisher numbers buyers and firms in its own way, so none of them meets a firm or unit of the departmental tables, and amounts that
are not in yuan are compared with each other only.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from graph_loader.sample.casting import Cast
from graph_loader.sample.places import COUNTY_NAME

SHORT, SINGLE, CLOSE, LOSER = (
    "r003_short_submission_period", "r018_single_bid", "r024_price_close_to_winner", "r025_excessive_unsuccessful_bids",
)  # fmt: skip
EQUAL, LATE, OUT, LOWEST = (
    "r028_identical_bid_prices", "r030_late_bid_won", "r035_all_other_bids_disqualified", "r036_lowest_bid_disqualified",
)  # fmt: skip
REFUSED, MIXED, CHEAP = (
    "r038_excessive_disqualified_bids", "r048_heterogeneous_supplier", "r058_heavily_discounted_bid",
)  # fmt: skip

PUBLISHER = "ocds-yxjy01"
FIRST = date(2021, 3, 1)
USUAL = (0.03, 0.04, 0.05, 0.06, 0.07)
"""By how much the second bid usually lies above the winner's."""
WORKS = ("公路养护", "桥梁加固", "边沟清理", "路面修补", "护栏更换", "涵洞疏通", "标线施划", "边坡防护")
HEADS = ("昌明", "恒远", "瑞丰", "鸿基", "永固", "联达", "正源", "华拓")
TRADES = ("路桥", "建设", "工程", "市政", "交通", "土石方", "养护", "商贸", "科技", "物资")
Release = dict[str, Any]


class Exchange:
    """The exchange that publishes each purchase as one release, and the firms that it knows."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.releases = cast.county.releases
        self.firms = 0
        self.turn = 0
        self.pairs = [(self.firm(), self.firm()) for _ in range(12)]

    def firm(self) -> Release:
        """One that has not been there before."""
        self.firms += 1
        place, trade = divmod(self.firms, len(HEADS))
        return {
            "id": f"S{self.firms:03d}",
            "name": f"{HEADS[trade]}{TRADES[place % len(TRADES)]}（{self.firms}号）有限公司",
        }

    def rivals(self) -> tuple[Release, Release]:
        """Who wins and who comes second; two turns of a pair make them even."""
        pair = self.pairs[self.turn // 2 % len(self.pairs)]
        first, second = pair if self.turn % 2 == 0 else pair[::-1]
        self.turn += 1
        return first, second

    def third(self) -> Release:
        """One that bids now and then besides a pair."""
        return self.pairs[(self.turn // 2 + 6) % len(self.pairs)][self.turn % 2]

    def price(self) -> int:
        return 40_000 + 1_000 * (len(self.releases) % 37)

    def usual(self) -> float:
        """How many times the winner's price the second asks."""
        return 1 + USUAL[len(self.releases) % len(USUAL)]

    def publish(
        self, bids: list[Release], awards: list[Release], *, days: int = 30, buyer: int = 0, **tender: Any
    ) -> str:
        """One release; gives its ocid."""
        number = len(self.releases) + 1
        ocid = f"{PUBLISHER}-{number:04d}"
        begins = FIRST + timedelta(days=4 * number)
        ends = begins + timedelta(days=days)
        unit = {
            "id": f"B{buyer or number % 5 + 1:02d}",
            "name": f"{COUNTY_NAME}公路项目办第{buyer or number % 5 + 1}组",
        }
        for place, bid in enumerate(bids, 1):
            bid.setdefault("id", f"T{place}")
            bid.setdefault("date", f"{ends - timedelta(days=1)}T{8 + place:02d}:00:00+08:00")
        for place, award in enumerate(awards, 1):
            award.setdefault("id", f"A{place}")
            award.setdefault("date", f"{ends + timedelta(days=20)}T00:00:00+08:00")
        tenderers = {firm["id"] for bid in bids for firm in bid["tenderers"]}
        release: Release = {
            "ocid": ocid,
            "id": f"{number}",
            "date": f"{ends + timedelta(days=21)}T00:00:00+08:00",
            "tag": ["tender", "award"],
            "buyer": unit,
            "tender": {
                "id": ocid,
                "title": f"贷款项目{WORKS[number % len(WORKS)]}{number}号",
                "status": "complete",
                "procurementMethod": "open",
                "procurementMethodDetails": "国内竞争性招标",
                "awardCriteria": "priceOnly",
                "procuringEntity": unit,
                "tenderPeriod": {"startDate": f"{begins}T09:00:00+08:00", "endDate": f"{ends}T09:00:00+08:00"},
                **({"numberOfTenderers": len(tenderers)} if tenderers else {}),
                **tender,
            },
        }  # fmt: skip
        release |= {"bids": {"details": bids}} if bids else {}
        release |= {"awards": awards} if awards else {}
        self.releases.append(release)
        return ocid

    def tendered(self, gap: float | None = None, *others: Release, **told: Any) -> str:
        """A tender that two firms of a pair come to, and others; the second asks so much more than the winner."""
        first, second = self.rivals()
        price = self.price()
        times = self.usual() if gap is None else 1 + gap
        bids = [offer(price, first), offer(round(price * times, 2), second), *others]
        return self.publish(bids, [given(first, price=price)], **told)

    def wrong(self, query: str, things: list[str], why: str, level: str = "medium") -> None:
        self.cast.wrong(query, level, [], things, why)

    def lookalike(self, query: str, things: list[str], why: str, level: str | None = None) -> None:
        self.cast.lookalike(query, level, [], things, why)


def plant_open_contracting(cast: Cast) -> None:
    """The usual tenders of two years, then what is planted among them."""
    exchange = Exchange(cast)
    for _ in range(24):
        exchange.tendered()
    for plant in PLANTS:
        plant(exchange)


def offer(price: float, *firms: Release, status: str = "valid", currency: str = "USD", **more: Any) -> Release:
    return {"status": status, "value": {"amount": price, "currency": currency}, "tenderers": list(firms), **more}


def given(*firms: Release, price: float | None = None, status: str = "active", **more: Any) -> Release:
    value = {"value": {"amount": price, "currency": "USD"}} if price is not None else {}
    return {"status": status, **({"suppliers": list(firms)} if firms else {}), **value, **more}


def key(firm: Release) -> str:
    return f"{PUBLISHER}:{firm['id']}"


# -- r003, r018 --------------------------------------------------------------------------------------------------------


def too_little_time(exchange: Exchange) -> None:
    exchange.wrong(SHORT, [exchange.tendered(days=6)], "投标期只有6天")
    exchange.wrong(SHORT, [exchange.tendered(days=14)], "投标期差一天满15天")


def time_enough(exchange: Exchange) -> None:
    exchange.lookalike(SHORT, [exchange.tendered(days=15)], "投标期正好15天")
    exchange.lookalike(
        SHORT, [exchange.tendered(days=4, procurementMethodDetails="询价")], "询价给了4天，不少于法定3天"
    )
    exchange.lookalike(
        SHORT, [exchange.tendered(days=10, procurementMethodDetails="竞争性磋商")], "磋商给了10天，正好法定期限"
    )
    exchange.lookalike(SHORT, [exchange.publish([], [], days=5, status="cancelled")], "期限虽短，采购后来取消")


def alone(exchange: Exchange, **told: Any) -> str:
    firm = exchange.firm()
    price = exchange.price()
    return exchange.publish([offer(price, firm)], [given(firm, price=price)], **told)


def one_came(exchange: Exchange) -> None:
    exchange.wrong(SINGLE, [alone(exchange)], "公开招标只来一家")
    exchange.wrong(SINGLE, [alone(exchange, procurementMethod="selective")], "邀请竞争只来一家")


def one_is_enough(exchange: Exchange) -> None:
    exchange.lookalike(SINGLE, [alone(exchange, procurementMethod="direct")], "直接采购本来只有一家")
    exchange.lookalike(SINGLE, [alone(exchange, procurementMethod="limited")], "单一来源谈判，不是竞争性采购")
    exchange.lookalike(SINGLE, [alone(exchange, status="cancelled")], "只来一家，依规取消")
    exchange.lookalike(SINGLE, [exchange.tendered(numberOfTenderers=1)], "人数填错，记录里有两家投标", "verify")
    exchange.lookalike(SINGLE, [exchange.tendered()], "来了两家")


# -- r024, r058 --------------------------------------------------------------------------------------------------------


def odd_distance(exchange: Exchange) -> None:
    exchange.wrong(CLOSE, [exchange.tendered(0.0005)], "次低价只比中标价高万分之五")
    exchange.wrong(CLOSE, [exchange.tendered(0.001)], "次低价只比中标价高千分之一")
    exchange.wrong(CHEAP, [exchange.tendered(0.62)], "次低价比中标价高六成")
    exchange.wrong(CHEAP, [exchange.tendered(0.45)], "次低价比中标价高四成五")


def not_to_be_compared(exchange: Exchange, query: str, gap: float) -> None:
    """The same distance where it shows nothing."""
    exchange.lookalike(query, [exchange.tendered(gap, status="cancelled")], "采购取消")
    exchange.lookalike(query, [exchange.tendered(gap, procurementMethodDetails="一事一议")], "价格由采购人定，不比较")
    first, second, price = *exchange.rivals(), exchange.price()
    above = round(price * (1 + gap), 2)
    joint = [offer(price, first), offer(above, second, exchange.firm())]
    exchange.lookalike(query, [exchange.publish(joint, [given(first, price=price)])], "次低的是联合体，不比较")
    first, second = exchange.rivals()
    foreign = [offer(price, first), offer(above, second, currency="EUR")]
    exchange.lookalike(query, [exchange.publish(foreign, [given(first, price=price)])], "两家报价的币种不同")
    first, second = exchange.rivals()
    lots = [offer(price, first, relatedLots=["1"]), offer(above, second, relatedLots=["2"])]
    both = [{"id": "1", "title": "一"}, {"id": "2", "title": "二"}]
    exchange.lookalike(
        query, [exchange.publish(lots, [given(first, price=price, relatedLots=["1"])], lots=both)], "两家投的是不同标段"
    )


def distance_means_nothing(exchange: Exchange) -> None:
    not_to_be_compared(exchange, CLOSE, 0.0004)
    not_to_be_compared(exchange, CHEAP, 0.7)


# -- r025 --------------------------------------------------------------------------------------------------------------


def always_second(exchange: Exchange) -> None:
    firm = exchange.firm()
    for _ in range(12):
        exchange.tendered(None, offer(exchange.price() * 1.2, firm))
    exchange.wrong(LOSER, [key(firm)], "投了十二次，一次没中", "low")
    winner, shadow = exchange.firm(), exchange.firm()
    for _ in range(12):
        price = exchange.price()
        bids = [offer(price, winner), offer(round(price * exchange.usual(), 2), shadow)]
        exchange.publish(bids, [given(winner, price=price)])
    exchange.wrong(LOSER, [key(shadow)], "投了十二次，都输给同一家", "low")


def seldom_second(exchange: Exchange) -> None:
    once, out, cancelled, undecided = (exchange.firm() for _ in range(4))
    exchange.tendered(None, offer(exchange.price() * 1.2, once))
    exchange.lookalike(LOSER, [key(once)], "只投过一次")
    for _ in range(8):
        exchange.tendered(None, offer(exchange.price() * 1.2, out, status="withdrawn"))
        exchange.tendered(None, offer(exchange.price() * 1.2, cancelled), status="cancelled")
    exchange.lookalike(LOSER, [key(out)], "每次都在截止前撤回")
    exchange.lookalike(LOSER, [key(cancelled)], "落空的采购都取消了")
    for _ in range(4):
        first, second, price = *exchange.rivals(), exchange.price()
        bids = [offer(price, first), offer(round(price * exchange.usual(), 2), second), offer(price * 1.2, undecided)]
        exchange.publish(bids, [given(first, price=price), given(status="pending")])
    exchange.lookalike(LOSER, [key(undecided)], "授标还没有全部定下来")


# -- r028 --------------------------------------------------------------------------------------------------------------


def equal_losers(exchange: Exchange) -> None:
    for firm, status in ((exchange.third(), "valid"), (exchange.firm(), "disqualified")):
        first, second, price = *exchange.rivals(), exchange.price()
        above = round(price * exchange.usual(), 2)
        bids = [offer(price, first), offer(above, second), offer(above, firm, status=status)]
        ocid = exchange.publish(bids, [given(first, price=price)], buyer=31)
        exchange.wrong(EQUAL, [ocid], "两家落标人报价一分不差")


def equal_for_a_reason(exchange: Exchange) -> None:
    price = exchange.price()
    above = round(price * exchange.usual(), 2)

    def third(why: str, *more: Release, **told: Any) -> None:
        first, second = exchange.rivals()
        bids = [offer(price, first), offer(above, second), *more]
        exchange.lookalike(EQUAL, [exchange.publish(bids, [given(first, price=price)], **told)], why)

    third("同价的一家在截止前撤回", offer(above, exchange.third(), status="withdrawn"))
    third("数目相同，币种不同", offer(above, exchange.third(), currency="EUR"))
    third("同价，但按规定统一报价，不比较", offer(above, exchange.third()), procurementMethodDetails="直接委托")
    twice = exchange.third()
    third("同一家交了两份同价的投标", offer(price * 1.3, twice), offer(price * 1.3, twice))
    third("只差一分", offer(above + 0.01, exchange.third()))


# -- r030 --------------------------------------------------------------------------------------------------------------


def handed_in(exchange: Exchange, late: str, status: str = "valid", loser: bool = False) -> str:
    """A tender one of whose bids came at this hour of the last day; bids are opened at nine."""
    first, second, price = *exchange.rivals(), exchange.price()
    ocid = exchange.publish(
        [offer(price, first), offer(round(price * exchange.usual(), 2), second)], [given(first, price=price)]
    )
    release = exchange.releases[-1]
    bid = release["bids"]["details"][loser]
    bid["date"] = f"{release['tender']['tenderPeriod']['endDate'][:10]}T{late}:00+08:00"
    if status != "valid":
        release["bids"]["details"].append(bid | {"id": "T9", "status": status})
        bid["date"] = bid["date"].replace(late, "08:30")
    return ocid


def too_late(exchange: Exchange) -> None:
    exchange.wrong(LATE, [handed_in(exchange, "11:20")], "开标两个多小时后递交的投标中标")
    exchange.wrong(LATE, [handed_in(exchange, "09:01")], "晚一分钟递交的投标中标")


def in_time(exchange: Exchange) -> None:
    exchange.lookalike(LATE, [handed_in(exchange, "09:00")], "卡着截止时间递交")
    exchange.lookalike(LATE, [handed_in(exchange, "08:59")], "截止前一分钟递交")
    exchange.lookalike(LATE, [handed_in(exchange, "15:00", loser=True)], "迟交的没有中标")
    exchange.lookalike(LATE, [handed_in(exchange, "15:00", status="withdrawn")], "迟交的补正已撤回，中的是按时的一份")


# -- r035, r036 --------------------------------------------------------------------------------------------------------


def judged(
    exchange: Exchange,
    *statuses: str,
    winner: float = 1.0,
    second: str | None = "valid",
    award: str = "active",
    **told: Any,
) -> str:
    """A tender whose other bids, each 2 % dearer than the one before, ended so; the winner asks `winner` times the price."""
    first, other, price = *exchange.rivals(), exchange.price()
    bids = [offer(price * winner, first)]
    bids += [offer(round(price * winner * exchange.usual(), 2), other)] if second else []
    bids += [
        offer(round(price * (1.1 + place / 50), 2), exchange.firm(), status=one) for place, one in enumerate(statuses)
    ]
    return exchange.publish(
        bids, [given(first, price=price * winner, status=award)], buyer=len(exchange.releases) + 100, **told
    )


def others_thrown_out(exchange: Exchange) -> None:
    out = ("disqualified", "disqualified", "withdrawn")
    exchange.wrong(OUT, [judged(exchange, *out, second=None)], "中标人以外的两家都被废，一家撤回")
    exchange.wrong(OUT, [judged(exchange, "disqualified", *out, second=None)], "中标人以外的三家都被废")


def some_thrown_out(exchange: Exchange) -> None:
    out = ("disqualified", "disqualified")
    exchange.lookalike(OUT, [judged(exchange, *out)], "仍有一家有效投标竞争")
    exchange.lookalike(OUT, [judged(exchange, *out, second=None, award="pending")], "授标还没有定")
    exchange.lookalike(OUT, [judged(exchange, "withdrawn", "withdrawn", second=None)], "别家自己撤回，没有被废")
    exchange.lookalike(OUT, [judged(exchange, "withdrawn", *out, second=None, status="cancelled")], "采购后来取消")


def lowest_thrown_out(exchange: Exchange) -> None:
    exchange.wrong(LOWEST, [judged(exchange, "disqualified", winner=1.3)], "只看价格的招标，最低价被废")
    exchange.wrong(LOWEST, [judged(exchange, "disqualified", "disqualified", winner=1.4)], "最低的两份都被废")


def lowest_rightly_out(exchange: Exchange) -> None:
    exchange.lookalike(LOWEST, [judged(exchange, "disqualified")], "被废的不是最低价")
    exchange.lookalike(
        LOWEST, [judged(exchange, "withdrawn", "disqualified", winner=1.11)], "最低的自己撤回，被废的更贵"
    )
    exchange.lookalike(LOWEST, [judged(exchange, "disqualified", winner=1.3, status="cancelled")], "采购后来取消")
    exchange.lookalike(
        LOWEST, [judged(exchange, "disqualified", winner=1.3, procurementMethodDetails="直接委托")], "价格不作比较"
    )
    exchange.lookalike(LOWEST, [judged(exchange, "pending", winner=1.3)], "最低的一份还没有评定")


# -- r038 --------------------------------------------------------------------------------------------------------------


def often_refused(exchange: Exchange) -> None:
    firm = exchange.firm()
    for place in range(3):
        exchange.tendered(None, offer(exchange.price() * 1.3, firm, status="disqualified"), buyer=40 + place)
    exchange.wrong(REFUSED, [key(firm), "tenderer"], "三次投标三次被废", "low")
    for _ in range(2):
        dear = [offer(exchange.price() * (1.3 + n / 10), exchange.firm(), status="disqualified") for n in range(3)]
        exchange.tendered(None, *dear, buyer=50)
    exchange.wrong(REFUSED, [f"{PUBLISHER}:B50", "buyer"], "两次采购都废掉多数投标", "low")
    exchange.wrong(REFUSED, [f"{PUBLISHER}:B50", "procuring_entity"], "两次采购都废掉多数投标", "low")


def seldom_refused(exchange: Exchange) -> None:
    once, withdrew, cancelled = (exchange.firm() for _ in range(3))
    exchange.tendered(None, offer(exchange.price() * 1.3, once, status="disqualified"), buyer=60)
    exchange.lookalike(REFUSED, [key(once), "tenderer"], "只投过一次，被废")
    exchange.lookalike(REFUSED, [f"{PUBLISHER}:B60", "buyer"], "只有一次采购，废了一份")
    for place in range(3):
        exchange.tendered(None, offer(exchange.price() * 1.3, withdrew, status="withdrawn"), buyer=61)
        dear = offer(exchange.price() * 1.3, cancelled, status="disqualified")
        exchange.tendered(None, dear, buyer=62 + place, status="cancelled")
    exchange.lookalike(REFUSED, [key(withdrew), "tenderer"], "三次都是自己撤回")
    exchange.lookalike(REFUSED, [key(cancelled), "tenderer"], "被废的都在后来取消的采购里")
    exchange.lookalike(REFUSED, [f"{PUBLISHER}:B61", "buyer"], "投标人撤回，不是采购人废标")


# -- r048 --------------------------------------------------------------------------------------------------------------


def supplied(exchange: Exchange, *classes: str, suppliers: int = 1, firm: Release | None = None, **more: Any) -> str:
    """Goods called off under a framework: an award without a tender of its own."""
    firms = [firm or exchange.firm(), *(exchange.firm() for _ in range(suppliers - 1))]
    items = [{"id": str(n), "classification": {"scheme": "UNSPSC", "id": one}} for n, one in enumerate(classes, 1)]
    exchange.publish([], [given(*firms, price=900.0, items=items, **more)], procurementMethod="limited")
    return key(firms[0])


def all_sorts(exchange: Exchange) -> None:
    """A stationer with twenty orders shows what is usual; somebody else sells everything."""
    stationer, trader = exchange.firm(), exchange.firm()
    for place in range(20):
        supplied(exchange, "44120000" if place % 2 else "14110000", firm=stationer)
    for one in ("30110000", "22100000", "25170000", "46180000", "50190000", "53100000"):
        supplied(exchange, one, firm=trader)
    exchange.wrong(MIXED, [key(trader)], "六次供货，六个大类：建材、机械、车辆配件、劳保、食品、服装", "low")
    shop = supplied(exchange, "30110000", "26120000", "39110000", "52140000")
    exchange.wrong(MIXED, [shop], "一次供货就有四个大类", "low")
    exchange.lookalike(MIXED, [key(stationer)], "文具店，二十次供货只有纸张和办公用品两类")


def one_sort(exchange: Exchange) -> None:
    many = ("30110000", "22100000", "25170000", "46180000")
    exchange.lookalike(MIXED, [supplied(exchange, *many, suppliers=2)], "授给两家，各供什么不清楚")
    exchange.lookalike(MIXED, [supplied(exchange, *many, status="cancelled")], "授标已取消")
    exchange.lookalike(
        MIXED, [supplied(exchange, "30110000", "30120000", "30130000", "30140000")], "四个小类同属一个大类"
    )
    exchange.lookalike(MIXED, [supplied(exchange, *many, status="pending")], "授标还没有定")


PLANTS: tuple[Callable[[Exchange], None], ...] = (
    too_little_time, time_enough, one_came, one_is_enough, odd_distance, distance_means_nothing, always_second,
    seldom_second, equal_losers, equal_for_a_reason, too_late, in_time, others_thrown_out, some_thrown_out,
    lowest_thrown_out, lowest_rightly_out, often_refused, seldom_refused, all_sorts, one_sort,
)  # fmt: skip
