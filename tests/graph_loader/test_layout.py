"""Tables are found wherever they stand in a sheet, and their rows become records: one person, payment, bid … each."""

from typing import Any

import pyarrow as pa
import pytest

from graph_loader.cleaning import Cleaned, clean
from graph_loader.headers import lacking
from graph_loader.layout import Block, blocks_of, period_of, records
from graph_loader.reading import Sheet
from graph_loader.secret import Secret

SECRET = Secret(b"the key of the tests, 32 bytes ..")
ONE, TWO, THREE = "431299196803120112", "431299195511200554", "431299194102150774"
PAYMENT = ["发放流水号", "项目编码", "姓名", "身份证号", "账号", "金额", "发放日期"]
PAID = ["L1", "FP01", "张三", ONE, "6217000000000001", "120", "2018-03-05"]


def sheet_of(rows: list[list[str]], name: str = "", from_1904: bool = False) -> Sheet:
    width = max(len(row) for row in rows)
    filled = [[*row, *[""] * (width - len(row))] for row in rows]
    return Sheet(
        name, pa.table({str(i): pa.array([row[i] for row in filled], pa.string()) for i in range(width)}), from_1904
    )


def blocks(rows: list[list[str]], name: str = "", names: tuple[str, ...] = (), from_1904: bool = False) -> list[Block]:
    return blocks_of(sheet_of(rows, name, from_1904), (name, *names))


def one(rows: list[list[str]], name: str = "", names: tuple[str, ...] = ()) -> tuple[Block, list[dict[str, Any]]]:
    (block,) = blocks(rows, name, names)
    return block, records(block).to_pylist()


def cleaned(block: Block) -> Cleaned:
    return clean(block.header.match.source, block.header.match, records(block), SECRET)


# Headers


@pytest.mark.parametrize("titles", range(6))
def test_titles_above_the_header(titles: int) -> None:
    above = [["云溪县补贴发放花名册"], ["（盖章）"], ["编制单位：　制表人：　审批人："], ["第一页"], [""]][:titles]
    block, found = one([*above, PAYMENT, PAID])
    assert block.header.position == titles and [row["_row"] for row in found] == [titles + 2]


def test_groups_over_two_rows() -> None:
    block, found = one(
        [
            ["婚姻登记台账"],
            ["登记证号", "男方", "", "女方", "", "登记类型", "登记日期"],
            ["", "姓名", "身份证号", "姓名", "身份证号", "", ""],
            ["J1", "张三", ONE, "李四", TWO, "结婚", "2018-03-05"],
        ]
    )
    assert list(block.columns().values()) == [
        "登记证号", "男方姓名", "男方身份证号", "女方姓名", "女方身份证号", "登记类型", "登记日期",
    ]  # fmt: skip
    assert found[0]["女方身份证号"] == TWO and found[0]["_row"] == 4


def test_a_group_that_says_nothing_and_units_below() -> None:
    block, found = one(
        [
            ["发放流水号", "项目编码", "领取人信息", "", "", "发放情况", ""],
            ["", "", "姓名", "身份证号", "账号", "金额", "发放日期"],
            ["", "", "", "", "", "（万元）", ""],
            PAID,
        ]
    )
    assert sorted(block.columns().values()) == sorted(PAYMENT)
    block, found = one([PAYMENT, ["", "", "", "", "", "（万元）", ""], PAID])
    assert block.header.match.factors == {"金额": 10_000} and [row["_row"] for row in found] == [3]


def test_a_group_that_says_whose_is_not_taken_for_the_row_s_own() -> None:
    block, _ = one(
        [
            ["发放流水号", "项目编码", "姓名", "身份证号", "账号", "金额", "发放日期", "经办人", "", "监护人", ""],
            ["", "", "", "", "", "", "", "姓名", "身份证号", "姓名", "身份证号"],
            [*PAID, "王五", TWO, "赵六", THREE],
        ]
    )
    assert block.columns() == {**dict(enumerate(PAYMENT)), 8: "经办人身份证号"}
    assert block.header.match.unknown == ("经办人姓名", "监护人姓名", "监护人身份证号")


def test_line_breaks_wide_blanks_and_stars_in_headers() -> None:
    block, _ = one(
        [["发放\n流水号*", "项　目　编　码", "姓　名", "身份证\r\n号码", "卡 号", "金额（元）", "发放时间"], PAID]
    )
    assert len(block.columns()) == 7


def test_what_counts_the_columns_is_no_data() -> None:
    _, found = one([["序号", *PAYMENT], [str(i) for i in range(1, 9)], ["1", *PAID]])
    assert [row["_row"] for row in found] == [3]


@pytest.mark.parametrize(("line", "factor"), [("单位：万元", 10_000), ("金额单位:元", 1), ("（单位：千元）", 1_000)])
def test_a_unit_above_the_header(line: str, factor: int) -> None:
    block, _ = one([["花名册", "", "", "", "", "", line], PAYMENT, PAID])
    assert block.header.match.factors == {"金额": factor}
    (block,) = blocks([["花名册", "", "", "", "", "", line], [*PAYMENT[:5], "金额（元）", PAYMENT[6]], PAID])
    assert block.header.match.factors == {"金额": 1}


@pytest.mark.parametrize(("header", "unit"), [("", "万元"), ("单位", "万元"), ("（万元）", "")])
def test_a_unit_in_the_cell_beside(header: str, unit: str) -> None:
    rows = [[*PAYMENT[:6], header, PAYMENT[6]], [*PAID[:5], "5", unit, PAID[6]], [*PAID[:5], "6元", unit, PAID[6]]]
    (block,) = blocks(rows)
    assert cleaned(block).table["金额"].to_pylist() == [50_000, 6]


# Rows that are no data


def test_totals_signatures_and_repeated_headers_anywhere() -> None:
    rows = [
        ["序号", "乡镇", *PAYMENT],
        ["1", "锦和镇", *PAID],
        ["", "", "", "", "小　计", "", "", "120", ""],
        ["锦和镇合计", "", "", "", "", "", "", "120", ""],
        ["", "", "", "", "锦和镇小计", "", "", "120", ""],
        ["00", "小计", "1人", "", "", "", "", "120", ""],
        ["序号", "乡镇", *PAYMENT],
        ["2", "锦和镇", "L2", *PAID[1:]],
        ["总计：2人", "", "", "", "", "", "", "240", ""],
        ["单位负责人：", "", "审核：", "", "制表人：某某", "", "", "", ""],
        ["经办人：某某", "", "", "审批人：某某", "", "", "", "", ""],
        ["以上人员名单经村委会公示无异议。", "", "", "", "", "", "", "", ""],
        ["2018年4月1日", "", "", "", "", "", "", "", ""],
    ]
    _, found = one(rows)
    assert [row["_row"] for row in found] == [2, 8]


def test_a_row_that_lacks_its_key_is_still_a_record() -> None:
    _, found = one([PAYMENT, ["", *PAID[1:]], PAID, ["", "", "会计某某", ONE, "", "", ""]])
    assert [row["_row"] for row in found] == [2, 3, 4]


# Several tables in a sheet


def test_tables_below_one_another() -> None:
    first, second = blocks(
        [
            ["死亡人员"],
            ["身份证号", "姓名", "死亡日期", "数据来源"],
            [ONE, "张三", "2018-03-05", "公安"],
            ["合计", "1人", "", ""],
            [],
            ["特殊对象名册"],
            ["名册", "身份证号", "姓名", "起始日期"],
            ["低保", TWO, "李四", "2018-01"],
            ["特困", THREE, "王五", "2018-02"],
        ]
    )
    assert [row["_row"] for row in records(first).to_pylist()] == [3]
    assert [(row["_row"], row["姓名"]) for row in records(second).to_pylist()] == [(8, "李四"), (9, "王五")]


def test_a_table_for_each_town_below_one_another() -> None:
    head = ["公民身份号码", "姓名", "户号", "与户主关系", "村"]
    rows = [
        ["清漪县锦和镇户籍人口"], head, [ONE, "张三", "1", "户主", "桃花村"], ["锦和镇小计"],
        ["清漪县云溪乡户籍人口"], head, [TWO, "李四", "2", "户主", "桃花村"], [THREE, "王五", "2", "妻", "桃花村"],
    ]  # fmt: skip
    found = [row for block in blocks(rows) for row in records(block).to_pylist()]
    assert [(row["_row"], row["姓名"], row["乡镇"]) for row in found] == [
        (3, "张三", "锦和镇"), (7, "李四", "云溪乡"), (8, "王五", "云溪乡"),
    ]  # fmt: skip


def test_tables_side_by_side() -> None:
    deaths = ["身份证号", "姓名", "死亡日期", "数据来源"]
    left, right = blocks(
        [
            ["2018年死亡人员名单"],
            [*deaths, "", *deaths],
            [ONE, "张三", "2018-03-05", "公安", "", TWO, "李四", "2018-03-06", "公安"],
            [THREE, "王五", "2018-03-07", "公安"],
        ]
    )
    assert [row["姓名"] for row in records(left).to_pylist()] == ["张三", "王五"]
    assert [row["姓名"] for row in records(right).to_pylist()] == ["李四"]
    assert right.columns() == {5: "身份证号", 6: "姓名", 7: "死亡日期", 8: "数据来源"}


def test_an_empty_column_inside_a_table_does_not_split_it() -> None:
    block, found = one([[*PAYMENT[:3], "", *PAYMENT[3:]], [*PAID[:3], "", *PAID[3:]]])
    assert found[0]["账号"] == PAID[4] and 3 not in block.columns()


# What titles and names say


@pytest.mark.parametrize(
    ("title", "name", "names", "town"),
    [
        ("", "锦和镇", (), "锦和镇"),
        ("清漪县锦和镇2018年花名册", "Sheet1", (), "锦和镇"),
        ("", "Sheet1", ("户籍人口_谭家寨乡_2019年",), "谭家寨乡"),
        ("云溪乡名册", "锦和镇", (), "云溪乡"),
        ("全县各乡镇名册", "Sheet1", (), None),
    ],
)
def test_the_town_of_a_sheet(title: str, name: str, names: tuple[str, ...], town: str | None) -> None:
    rows = [[title], ["公民身份号码", "姓名", "户号", "与户主关系"], [ONE, "张三", "1", "户主"]]
    _, found = one(rows, name, names)
    assert found[0].get("乡镇") == town
    rows[1].append("乡镇")
    rows[2].append("桃花镇")
    assert one(rows, name, names)[1][0]["乡镇"] == "桃花镇"


def test_a_payment_roll_without_number_programme_and_date() -> None:
    roll = [
        ["户主姓名", "身份证号", "一卡通号", "补贴金额"],
        ["张三", ONE, "6217000000000001", "120"],
        ["李四", TWO, "6217000000000002", "80"],
    ]
    (block,) = blocks(roll)
    assert block.header.match.source.id == "payments"
    assert block.header.match.missing == ("项目编码", "发放日期")
    assert lacking(block.header.match).endswith("says 项目编码、发放日期")
    titled = [["清漪县2018年3月耕地地力补贴发放花名册"], ["项目编码：FP01　制表日期：2018年4月2日"], *roll]
    (block,) = blocks(titled)
    assert not block.header.match.missing
    table = cleaned(block).table
    assert table["项目编码"].to_pylist() == ["FP01", "FP01"]
    assert [day.isoformat() for day in table["发放日期"].to_pylist()] == ["2018-03-01", "2018-03-01"]
    numbers = table["发放流水号"].to_pylist()
    assert len(set(numbers)) == 2 and ONE not in str(numbers)
    (turned,) = blocks([*titled[:3], *reversed(titled[3:])])
    assert set(cleaned(turned).table["发放流水号"].to_pylist()) == set(numbers)


@pytest.mark.parametrize(
    "title", ["二〇一八年三月发放花名册", "填报日期：2018年3月5日", "2018年发放花名册", "2018年1月至3月发放花名册"]
)
def test_a_date_that_is_not_that_of_the_payments_is_not_taken(title: str) -> None:
    (block,) = blocks([[title], [*PAYMENT[:6]], PAID[:6]])
    assert block.header.match.missing == (() if title.startswith("二") else ("发放日期",))


# Months


MONTHS = ["发放流水号", "项目编码", "姓名", "身份证号", "账号"]


@pytest.mark.parametrize(
    ("months", "title", "names"),
    [
        (["1月", "2月", "12月"], "2018年发放花名册", ()),
        (["一月", "二月份", "十二月"], "", ("补贴发放_2018年",)),
        (["2018年1月（元）", "2018年2月（元）", "2018年12月（元）"], "2019年汇总", ()),
        (["2018-01-01", "2018-02", "201812"], "", ()),
    ],
)
def test_months_side_by_side_are_a_payment_each(months: list[str], title: str, names: tuple[str, ...]) -> None:
    rows = [
        [title],
        [*MONTHS, *months, "合计"],
        [*PAID[:5], "100", "", "0", "100"],
        ["L2", *PAID[1:5], "100", "90", "80", "270"],
    ]
    (block,) = blocks(rows, names=names)
    table = cleaned(block).table
    assert table["_row"].to_pylist() == [3, 4, 4, 4] and table["_record"].to_pylist() == [0, 1, 2, 3]
    assert table["发放流水号"].to_pylist() == ["L1-2018-01", "L2-2018-01", "L2-2018-02", "L2-2018-12"]
    assert [day.isoformat() for day in table["发放日期"].to_pylist()] == [
        "2018-01-01",
        "2018-01-01",
        "2018-02-01",
        "2018-12-01",
    ]
    assert table["金额"].to_pylist() == [100, 100, 90, 80]
    assert block.header.match.unknown == ("合计",)


def test_months_under_a_group_and_beside_a_year() -> None:
    (block,) = blocks(
        [[*MONTHS, "2018年", "", "2019年"], ["", "", "", "", "", "11月", "12月", "1月"], [*PAID[:5], "1", "2", "3"]]
    )
    assert [day.isoformat() for day in cleaned(block).table["发放日期"].to_pylist()] == [
        "2018-11-01",
        "2018-12-01",
        "2019-01-01",
    ]
    (block,) = blocks(
        [[*MONTHS, "年度", "1月", "2月"], [*PAID[:5], "2018年", "1", "2"], ["L2", *PAID[1:5], "2019", "3", ""]]
    )
    assert cleaned(block).table["发放流水号"].to_pylist() == ["L1-2018-01", "L1-2018-02", "L2-2019-01"]


def test_months_without_a_year_wait_for_somebody_to_say_it() -> None:
    (block,) = blocks([[*MONTHS, "1月", "2月"], [*PAID[:5], "1", "2"]])
    assert block.header.match.missing == ("发放日期",)


def test_months_without_numbers_get_the_same_ones_again() -> None:
    rows = [
        ["项目编码", "姓名", "身份证号", "账号", "2018年1月", "2018年2月"],
        ["FP01", "张三", ONE, "6217000000000001", "1", "2"],
    ]
    (block,) = blocks(rows)
    numbers = cleaned(block).table["发放流水号"].to_pylist()
    assert len(set(numbers)) == 2
    rows[1][4:] = ["", "3"]
    (block,) = blocks(rows)
    assert cleaned(block).table["发放流水号"].to_pylist() == numbers[1:]


# Several people, several bidders, two kinds of value


def test_members_in_one_cell_are_a_record_each() -> None:
    rows = [
        ["户主姓名", "户主身份证号", "最初享受月份", "家庭成员姓名", "家庭成员身份证号"],
        ["张三", ONE, "2018-01", "李 四、王五", f"{TWO}，{THREE}"],
        ["赵六", THREE, "2018-02", "", ""],
        ["孙七", TWO, "2018-03", "周八、吴九、郑十", f"{ONE}、{THREE}"],
    ]
    (block,) = blocks(rows, names=("特困人员家庭查询_20190301",))
    result = cleaned(block)
    assert result.table["身份证号"].to_pylist() == [ONE, TWO, THREE, THREE, TWO]
    assert result.table["名册"].to_pylist() == ["特困"] * 5
    assert [(problem.row, problem.column) for problem in result.problems] == [(4, "身份证号")]
    assert "多个" in result.problems[0].reason


def test_people_who_share_the_row_s_own_cells() -> None:
    rows = [
        ["名册", "姓名", "身份证号", "起始日期"],
        ["低保", "张三、李四", f"{ONE}、{TWO}", "2018-01"],
        ["低保", "王五", THREE, "2018-01"],
    ]
    (block,) = blocks(rows)
    assert cleaned(block).table["姓名"].to_pylist() == ["张三", "李四", "王五"]


def test_two_people_in_a_payment_cannot_be_told_apart() -> None:
    (block,) = blocks([PAYMENT, [*PAID[:2], "张三、李四", f"{ONE}、{TWO}", *PAID[4:]]])
    (problem,) = cleaned(block).problems
    assert problem.column == "身份证号" and "多个" in problem.reason


def test_candidates_side_by_side_are_a_bid_each() -> None:
    rows = [
        ["项目招标编号", "招标方式", "拟中标人", "中标价（万元）", "第二中标候选人", "第二中标价格", "第三中标候选人"],
        ["XM1", "公开招标", "甲公司", "12", "乙公司", "130000", ""],
    ]
    (block,) = blocks(rows)
    table = cleaned(block).table
    assert table["投标人"].to_pylist() == ["甲公司", "乙公司"]
    assert table["是否中标"].to_pylist() == [True, False] and table["候选排名"].to_pylist() == [1, 2]


def test_an_id_column_that_also_holds_birth_months() -> None:
    rows = [
        ["名册", "姓名", "身份证号/出生年月", "开始时间"],
        ["优抚", "张三", ONE, "2018-01"],
        ["优抚", "李四", "1953年4月", "2018-01"],
    ]
    (block,) = blocks(rows)
    result = cleaned(block)
    assert result.table["身份证号"].to_pylist() == [ONE]
    assert "出生" in result.problems[0].reason and "1953" not in result.problems[0].reason


# Dates


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("2017.3-2020.5", ("2017.3", "2020.5")),
        ("2017-03-2020-05", ("2017-03", "2020-05")),
        ("2017-03-01-2020-05-31", ("2017-03-01", "2020-05-31")),
        ("2017年3月至2020年5月", ("2017年3月", "2020年5月")),
        ("2017年3月1日 — 2020年5月31日", ("2017年3月1日", "2020年5月31日")),
        ("自2017/3/1起至今", ("2017/3/1", "")),
        ("20170301-20200531", ("20170301", "20200531")),
        ("2018年7-12月", ("2018年7月", "2018年12月")),
        ("2017.3-长期", ("2017.3", "")),
        ("2017-03-01", None),
        ("2017年3月", None),
        ("20170301", None),
    ],
)
def test_a_start_and_an_end_in_one_cell(cell: str, period: tuple[str, str] | None) -> None:
    assert period_of(cell) == period


def test_a_column_of_periods() -> None:
    rows = [
        ["名册", "姓名", "有效期（起止日期）", "身份证号"],
        ["低保", "张三", "2017年3月-2018年2月", ONE],
        ["低保", "李四", "2017年3月至今", TWO],
    ]
    (block,) = blocks(rows)
    table = cleaned(block).table
    assert [day.isoformat() for day in table["起始日期"].to_pylist()] == ["2017-03-01", "2017-03-01"]
    assert [str(day) for day in table["终止日期@known"].to_pylist()] == ["2018-02-01", "None"]


def test_day_numbers_of_a_workbook_that_counts_from_1904() -> None:
    rows = [PAYMENT, [*PAID[:6], "42140"], [*PAID[:6], "2019-05-17"]]
    for from_1904, day in ((True, "2019-05-17"), (False, "2015-05-16")):
        (block,) = blocks(rows, from_1904=from_1904)
        assert [found.isoformat() for found in cleaned(block).table["发放日期"].to_pylist()] == [day, "2019-05-17"]


def test_a_column_of_ticks() -> None:
    head = ["队员身份证号", "姓名", "村编码", "日期", "是否驻村", "是否住村"]
    row = [ONE, "张三", "431299100201", "2018-03-01"]
    for tick in ("√", "R", "þ", "☑", "\uf052"):
        (block,) = blocks([head, [*row, tick, "是"], [*row[:3], "2018-03-02", "", "否"]])
        assert cleaned(block).table["是否驻村"].to_pylist() == [True, False]
    (block,) = blocks([head, [*row, "是", "是"], [*row[:3], "2018-03-02", "", "否"]])
    assert len(cleaned(block).problems) == 1


# The layouts of real sheets
