"""The county's list of funds (资金目录): universal ones and those that somebody has to approve."""

from dataclasses import dataclass

from graph_loader.sample.places import COUNTY_NAME

MONTHLY, QUARTERLY, YEARLY, ONCE = "月", "季", "年", "一次性"


@dataclass(frozen=True)
class Programme:
    """One row of 资金目录; `limit` is yuan for one person and month, `payday` a day of the month."""

    code: str
    name: str
    department: str
    audited: bool
    household: bool
    excludes: tuple[str, ...]
    rhythm: str
    exclusive_with: str = ""
    register: str = ""
    age_from: int | None = None
    age_to: int | None = None
    limit: int | None = None
    payday: int = 15
    month: int = 6  # of the yearly payment
    land: bool = False  # paid by 亩
    by_village: bool = False  # the money is granted to villages, which pay it on

    @property
    def unit(self) -> str:
        return COUNTY_NAME + self.department

    @property
    def bars_officials(self) -> bool:
        return "公职" in self.excludes


PROGRAMMES = (
    Programme("B001", "耕地地力保护补贴", "农业农村局", False, True, (), YEARLY, month=5, payday=20, land=True),
    Programme(
        "B002", "城乡居民基本养老保险", "人力资源和社会保障局", False, False, ("死亡",), MONTHLY, age_from=60, payday=12
    ),
    Programme("B003", "退耕还林补助", "林业局", False, True, (), YEARLY, month=10, payday=18, land=True),
    Programme(
        "B004", "大中型水库移民后期扶持", "水利局", False, False, ("死亡",), QUARTERLY, register="移民", payday=22
    ),
    Programme(
        "B005",
        "农村低保",
        "民政局",
        True,
        True,
        ("公职", "有房", "有车", "经商", "死亡"),
        MONTHLY,
        "B006",
        "低保",
        limit=600,
        payday=10,
    ),
    Programme(
        "B006",
        "特困供养",
        "民政局",
        True,
        False,
        ("公职", "有房", "有车", "经商", "死亡"),
        MONTHLY,
        "B005",
        "特困",
        limit=1100,
    ),
    Programme("B007", "农村危房改造", "住房和城乡建设局", True, True, ("公职", "有房", "有车"), ONCE, payday=25),
    Programme("B008", "临时救助", "民政局", True, False, ("公职",), ONCE, payday=16),
    Programme(
        "B009",
        "困难残疾人生活补贴",
        "残疾人联合会",
        True,
        False,
        ("公职", "死亡"),
        MONTHLY,
        "",
        "残疾",
        limit=110,
        payday=11,
    ),
    Programme(
        "B010", "重度残疾人护理补贴", "残疾人联合会", True, False, ("死亡",), MONTHLY, "", "残疾", limit=110, payday=11
    ),
    Programme(
        "B011", "高龄津贴", "民政局", True, False, ("公职", "死亡"), QUARTERLY, age_from=80, limit=200, payday=14
    ),
    Programme(
        "B012",
        "公益性岗位补贴",
        "人力资源和社会保障局",
        True,
        False,
        ("公职", "经商"),
        MONTHLY,
        "",
        "公益性岗位",
        18,
        65,
        1000,
        17,
    ),
    Programme("B013", "生态护林员补助", "林业局", True, False, ("公职",), QUARTERLY, "", "护林员", 18, 65, 1000, 19),
    Programme("B014", "雨露计划", "乡村振兴局", True, False, ("公职",), YEARLY, "", "建档立卡", 15, 25, month=4),
    Programme(
        "B015", "计划生育奖励扶助", "卫生健康局", True, False, ("公职", "死亡"), YEARLY, age_from=60, month=8, payday=9
    ),
    Programme("B016", "产业发展奖补", "农业农村局", True, True, ("公职",), ONCE, payday=23),
    Programme(
        "B017", "地质灾害避险搬迁补助", "自然资源局", True, True, ("公职", "有房"), ONCE, "", "地灾搬迁户", payday=24
    ),
    Programme("B018", "冬春生活救助", "应急管理局", True, False, ("公职",), YEARLY, month=1, payday=13),
    Programme("B101", "征地补偿款", "自然资源局", False, True, (), ONCE, payday=26, land=True, by_village=True),
)
BY_NAME = {programme.name: programme for programme in PROGRAMMES}
