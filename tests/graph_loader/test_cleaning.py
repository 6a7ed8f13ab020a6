"""Cells are read strictly: every usual spelling gives its value, anything else keeps its row out with a sentence in Chinese."""

from datetime import date

import cn2an
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from graph_loader.cells import (
    FIRST_DAY,
    LAST_DAY,
    Unreadable,
    masked_text,
    person_initials,
    read_amount,
    read_credit_code,
    read_date,
    read_name,
    read_person_id,
    title_initials,
)
from graph_loader.cleaning import Cleaned, clean
from graph_loader.headers import recognise
from graph_loader.secret import Secret
from graph_loader.sources import load_sources

SECRET = Secret(b"the key of the tests, 32 bytes ..")
SOURCES = load_sources()


def with_check(first17: str) -> str:
    return first17 + ric.calc_check_digit(first17 + "0")


PERSON = with_check("43129919680312011")
OTHER = with_check("43129919551120055")
WHOLE_000 = next(
    number
    for day in range(1, 29)
    for order in range(1, 10)
    if (number := with_check(f"4312991980{10:02d}{day:02d}{order}00")).endswith("000")
)
FIRM = "91431299MA4L0001X"
FIRM += uscc.calc_check_digit(FIRM + "0")
UNIT = "1143129900612345X"
UNIT += uscc.calc_check_digit(UNIT + "0")
WRONG = PERSON[:-1] + ("1" if PERSON[-1] != "1" else "2")


def numbered(frame: pa.Table) -> pa.Table:
    """The frame as a sheet with a header in its first row gives it."""
    places = range(len(frame))
    rows = frame.append_column("_row", pa.array([place + 2 for place in places], pa.int32()))
    return rows.append_column("_record", pa.array(places, pa.int32()))


def cleaned(id: str, *rows: dict[str, str], headers: dict[str, str] | None = None) -> Cleaned:
    """Rows of a table through clean(); required columns that a row does not name are filled."""
    source = SOURCES[id]
    names = [*source.columns]
    match = recognise([(headers or {}).get(name, name) for name in names])
    assert match and match.source is source
    filler = {name: FILLER.get(column.kind, "甲") for name, column in source.columns.items() if column.required}
    for name, column in source.columns.items():
        if column.required and column.choices:
            filler[name] = column.choices[0]
    table = [{**filler, **row} for row in rows]
    frame = pa.table({name: pa.array([row.get(name, "") for row in table], pa.string()) for name in names})
    return clean(source, match, numbered(frame), SECRET)


FILLER = {
    "person_id": OTHER, "person_or_company_id": OTHER, "credit_code": FIRM, "account": "6222020012345678901", "date": "2019-05-17",
    "from_date": "2019-05-17", "to_date": "2019-05-17", "amount": "1", "wan_amount": "1", "number": "1", "integer": "1",
    "yes_no": "是", "village_code": "431299100201", "town_code": "431299100", "village_or_unit": "某局",
}  # fmt: skip


def one(id: str, row: dict[str, str], headers: dict[str, str] | None = None) -> dict:
    result = cleaned(id, row, headers=headers)
    assert not result.problems, result.problems
    return result.table.to_pylist()[0]


def reason(id: str, row: dict[str, str]) -> str:
    result = cleaned(id, row)
    assert not len(result.table)
    (problem,) = result.problems
    assert problem.row == 2 and problem.column in row and problem.value == row[problem.column]
    return problem.reason


# Dates

days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
FULL_WIDTH = str.maketrans("0123456789./-", "０１２３４５６７８９．／－")


@given(
    days,
    st.sampled_from(
        ["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%Y 年 %m 月 %d 日", "%Y-%m-%d 08:30:00"]
    ),
)
def test_every_spelling_of_a_day_is_that_day(day: date, spelling: str) -> None:
    assert read_date(day.strftime(spelling)) == day


@given(days)
def test_days_without_leading_zeros(day: date) -> None:
    for text in (
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}号",
        f"{day.year}/{day.month}/{day.day}",
    ):
        assert read_date(text) == day
        assert one("tips", {"日期": f"　{text.translate(FULL_WIDTH)} "})["日期"] == day


@given(st.dates(date(1927, 5, 18), date(2100, 12, 31)))
def test_serial_dates_are_those_of_a_spreadsheet(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert read_date(str(serial)) == day
    assert read_date(f"{serial}.354") == day


def test_serial_43602_is_may_17_2019() -> None:
    assert read_date("43602") == date(2019, 5, 17)


@pytest.mark.parametrize("text", ["2019年5月", "2019年05月份", "2019-05", "2019/5"])
def test_a_month_is_its_first_day(text: str) -> None:
    assert read_date(text) == date(2019, 5, 1)


@pytest.mark.parametrize(
    "text",
    ["2019", "2019.1", "201905", "19.5.17", "2019-13-01", "2019-02-30", "20190230", "2019-5/17", "2019年", "五月", "1899-12-31",
     "2101-01-01", "99999", "1234", "2019-05-17至2019-06-17", "0001-01-01", "9999-99-99", "2019-05-17 下午"],
)  # fmt: skip
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_date(text)
    assert "请" in str(refusal.value)


def test_open_ends_are_bounds_and_known_dates_stay_apart() -> None:
    row = one("officials", {"任职日期": "2016.3.1", "免职日期": ""})
    assert (row["任职日期"], row["免职日期"], row["免职日期@known"]) == (date(2016, 3, 1), LAST_DAY, None)
    row = one("officials", {"免职日期": "2019年12月31日"})
    assert row["免职日期"] == row["免职日期@known"] == date(2019, 12, 31)
    assert one("officials", {"免职日期": "至今"})["免职日期"] == LAST_DAY
    row = one("company_roles", {"起始日期": "", "统一社会信用代码": FIRM})
    assert (row["起始日期"], row["起始日期@known"]) == (FIRST_DAY, None)


# Amounts

fens = st.integers(-(10**11), 10**11)


@settings(deadline=None)
@given(fens)
def test_every_spelling_of_an_amount_is_that_amount(fen: int) -> None:
    amount = fen / 100
    for text in (f"{amount:.2f}", f"{amount:,.2f}", f"¥{amount:.2f}", f"{amount:.2f}元", f"人民币 {amount:,.2f} 元整"):
        assert read_amount(text) == amount
    assert one("tips", {}) and one("vouchers", {"金额": f"￥{amount:,.2f}".translate(FULL_WIDTH)})["金额"] == amount


@given(st.integers(0, 10**8))
def test_wan_in_header_or_value(hundred_yuan: int) -> None:
    wan, yuan = f"{hundred_yuan / 100:.2f}", float(hundred_yuan * 100)
    assert read_amount(wan, 10_000) == yuan
    assert read_amount(f"{wan}万元") == read_amount(f"{wan}万") == read_amount(f"{wan}万元", 10_000) == yuan
    assert read_amount(f"{yuan:.0f}元", 10_000) == yuan


@given(st.integers(1, 10**9), st.sampled_from(["low", "up"]))
def test_chinese_numerals(yuan: int, mode: str) -> None:
    numeral = cn2an.an2cn(yuan, mode)
    assert read_amount(f"{numeral}元整") == yuan
    assert read_amount(f"{numeral}圆") == yuan


@given(st.integers(1, 10**9))
def test_amounts_as_written_on_cheques(fen: int) -> None:
    numeral = cn2an.an2cn(f"{fen / 100:.2f}", "rmb")
    if "元" in numeral:
        assert read_amount(numeral) == fen / 100


def test_amounts_carry_no_float_artefacts() -> None:
    assert read_amount("0.30000000000000004") == 0.3
    assert read_amount("1.005") == 1.01
    assert read_amount("19.99", 10_000) == 199_900.0


@pytest.mark.parametrize(
    "text",
    ["1,23", "12,34,567", "一二三", "三元二", "1.2.3", "98.5%", "12美元", "￥", "10-20", "½", "十十", "1e3"],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_amount(text)
    assert "请" in str(refusal.value)


def test_the_unit_of_the_header_counts() -> None:
    assert one("companies", {"注册资本（万元）": "500"})["注册资本（万元）"] == 5_000_000
    assert (
        one("companies", {"注册资本（万元）": "500"}, {"注册资本（万元）": "注册资本（元）"})["注册资本（万元）"] == 500
    )
    assert one("companies", {"注册资本（万元）": "3万元"})["注册资本（万元）"] == 30_000
    assert (
        one("projects", {"批复金额（元）": "486"}, {"批复金额（元）": "批复金额(万元)"})["批复金额（元）"] == 4_860_000
    )


# Other figures


def test_areas_in_their_own_unit_only() -> None:
    assert one("real_estate", {"面积": "120㎡"})["面积"] == 120
    assert one("real_estate", {"面积": "1,058.5 平方米"})["面积"] == 1058.5
    assert one("parcels", {"确权面积（亩）": "0.85亩"})["确权面积（亩）"] == 0.85
    assert "单位：亩" in reason("parcels", {"确权面积（亩）": "300平方米"})


def test_percentages_are_read_as_the_whole_column_writes_them() -> None:
    def shares(*cells: str) -> list[float]:
        return cleaned("company_roles", *({"持股比例": cell} for cell in cells)).table["持股比例"].to_pylist()

    assert shares("51%", "0.5%") == [51, 0.5]
    assert shares("51", "0.5", "100") == [51, 0.5, 100]
    assert shares("0.51", "0.49", "50%") == [51, 49, 50]
    assert "100%" in reason("company_roles", {"持股比例": "151%"})


@pytest.mark.parametrize(("text", "rank"), [("1", 1), ("2.0", 2), ("第二名", 2), ("第3中标候选人", 3), ("三", 3)])
def test_ranks(text: str, rank: int) -> None:
    assert one("bids", {"候选排名": text})["候选排名"] == rank


@pytest.mark.parametrize(
    ("text", "value"), [("是", True), ("√", True), ("Y", True), ("否", False), ("×", False), ("０", False)]
)
def test_yes_and_no(text: str, value: bool) -> None:
    assert one("bids", {"是否中标": text})["是否中标"] is value


def test_neither_yes_nor_no_is_refused() -> None:
    assert reason("postings", {"是否驻村": "在"}) == "是否驻村「在」既不是“是”也不是“否”，请填是或否"


def test_choices_and_their_spellings() -> None:
    assert one("applications", {"审批结果": "通过"})["审批结果"] == "同意"
    assert "取值（同意、不同意）" in reason("applications", {"审批结果": "待定"})


def test_lists() -> None:
    assert one("programmes", {"排斥条件": "公职；有房;有车、经商， 死亡;"})["排斥条件"] == [
        "公职",
        "有房",
        "有车",
        "经商",
        "死亡",
    ]
    assert one("programmes", {"排斥条件": ""})["排斥条件"] is None


# ID numbers


def test_an_id_gives_ref_mask_sex_and_birth() -> None:
    row = one("residents", {"公民身份号码": f"　{PERSON.lower()} ", "性别": "女"})
    assert row["公民身份号码"] == PERSON
    assert row["公民身份号码@ref"] == SECRET.ref("person", PERSON)
    assert row["公民身份号码@masked"] == f"431299********{PERSON[-4:]}"
    assert (row["公民身份号码@sex"], row["公民身份号码@birth"]) == ("男", date(1968, 3, 12))
    assert row["公民身份号码@identified"] is True


def test_15_digits_of_a_child_are_not_the_number_of_somebody_born_in_1920() -> None:
    child = with_check("43129920050312011")
    with pytest.raises(Unreadable, match="被截断"):
        read_person_id(child[:15])
    assert read_person_id("431299200513011")[0][6:14] == "19200513"


def test_a_mistyped_id_number_is_no_unit() -> None:
    """One of 31 wrong ID numbers holds as a credit code."""
    wrong = next(
        number
        for order in range(1000)
        if (number := f"43129919680312{order:03d}1")[-1] != ric.calc_check_digit(number) and uscc.is_valid(number)
    )
    assert "校验码不符" in reason("accounts", {"户主身份证号": wrong})


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_15_digits_become_the_same_18(birth: date, order: int) -> None:
    assume(birth.year != 1920 or birth.day > 12)
    whole = with_check(f"431299{birth:%Y%m%d}{order:03d}")
    assert read_person_id(whole[:6] + whole[8:17]) == (whole, True)
    assert read_person_id(whole) == (whole, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WRONG, f"第18位校验码不符（应为 {PERSON[-1]}），请核对原件后重新报送"),
        ("4.31226E+17", "科学计数法"),
        ("4.31226199001011E+17", "科学计数法"),
        ("431226199001011000", "末三位为000"),
        ("431226********1234", "已脱敏"),
        ("4312261990xxxx1234", "已脱敏"),
        (PERSON[:17], "只有17位，可能被截断"),
        (with_check("43129919681312011"), "出生日期不存在"),
        (with_check("43129918681112011"), "出生日期不存在"),
        ("护照E12345678", "不是18位身份证号"),
    ],
)
def test_ids_that_are_refused(text: str, words: str) -> None:
    why = reason("residents", {"公民身份号码": text})
    assert why.startswith("公民身份号码") and words in why and "请" in why


def test_a_number_that_rightly_ends_in_000_is_believed_unless_its_column_lost_digits() -> None:
    assert not cleaned("residents", {"公民身份号码": WHOLE_000}).problems
    rows = cleaned(
        "residents", {"公民身份号码": WHOLE_000}, {"公民身份号码": "431226199001011000"}, {"公民身份号码": PERSON}
    )
    assert [problem.row for problem in rows.problems] == [2, 3]
    assert len(rows.table) == 1


def test_a_wrong_check_digit_loads_a_payment_to_an_unidentified_person() -> None:
    row = one("payments", {"身份证号": WRONG, "姓名": "高　升"})
    assert row["身份证号"] == WRONG
    assert row["身份证号@ref"] == SECRET.ref("unidentified", f"{WRONG}|高升")
    assert row["身份证号@identified"] is False
    assert row["身份证号@sex"] is None and row["身份证号@birth"] is None
    two = cleaned(
        "payments", {"身份证号": WRONG, "姓名": "高升"}, {"身份证号": WRONG, "姓名": "高声"}, {"身份证号": PERSON}
    )
    refs = two.table["身份证号@ref"].to_pylist()
    assert len(set(refs)) == 3 and refs[2] == SECRET.ref("person", PERSON)
    assert "校验码不符" in reason("payments", {"经办人身份证号": WRONG})
    assert "末三位为000" in reason("payments", {"身份证号": "431226199001011000"})


def test_credit_codes() -> None:
    assert read_credit_code(f" {FIRM[:8]} {FIRM[8:].lower()}") == FIRM
    for text, words in (
        (FIRM[:-1] + "A", "校验码不符"),
        ("430000000012345", "不是18位"),
        ("9143****MA4L0001X9", "已脱敏"),
    ):
        with pytest.raises(Unreadable, match=words):
            read_credit_code(text)


def test_an_account_belongs_to_a_person_a_company_or_a_unit() -> None:
    person, company, unit = (one("accounts", {"户主身份证号": number}) for number in (PERSON, FIRM, UNIT))
    name = "户主身份证号"
    assert person[f"{name}@person@ref"] == SECRET.ref("person", PERSON) and person[f"{name}@company"] is None
    assert (
        company[f"{name}@company"] == FIRM and company[f"{name}@person@ref"] is None and company[f"{name}@unit"] is None
    )
    assert unit[f"{name}@unit"] == UNIT and unit[f"{name}@company"] is None
    assert "校验码不符" in reason("accounts", {name: WRONG})
    assert "校验码不符" in reason("accounts", {name: FIRM[:-1] + "A"})


# Accounts, phones, places


def test_accounts() -> None:
    row = one("accounts", {"账号": "6222 0200 1234 5678 901"})
    assert row["账号"] == "6222020012345678901"
    assert row["账号@ref"] == SECRET.ref("account", "6222020012345678901")
    assert row["账号@masked"] == "6222***********8901"
    assert "科学计数法" in reason("accounts", {"账号": "6.22202E+18"})
    assert "已脱敏" in reason("accounts", {"账号": "6222********8901"})
    rows = cleaned("accounts", {"账号": "6222020012345670000"}, {"账号": "6222020012345671234"})
    assert len(rows.table) == 2
    rows = cleaned("accounts", {"账号": "6222020012345670000"}, {"账号": "6.22202E+18"})
    assert len(rows.problems) == 2


def test_phones() -> None:
    row = one("companies", {"联系电话": "+86 139-0013-9000"})
    assert row["联系电话@ref"] == SECRET.ref("phone", "13900139000") and row["联系电话@masked"] == "139****9000"
    assert one("companies", {"联系电话": "(0745) 2220001"})["联系电话@masked"] == "074****0001"
    assert "请只填一个" in reason("companies", {"联系电话": "13900139000、13900139001"})


def test_places() -> None:
    row = one("divisions", {"村编码": "431299100201", "乡镇编码": "431299100000", "村": "杨 柳　村"})
    assert (row["乡镇编码"], row["乡镇编码@county"], row["村"]) == ("431299100", "431299", "杨柳村")
    assert "12位" in reason("divisions", {"村编码": "4312991002"})
    assert one("vouchers", {"村编码或单位": "431299100201"})["村编码或单位@village"] == "431299100201"
    row = one("vouchers", {"村编码或单位": "桃花镇 人民政府"})
    assert (row["村编码或单位@unit"], row["村编码或单位@village"]) == ("桃花镇人民政府", None)


# Words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张　三", "张三"),
        ("欧阳 小 明", "欧阳小明"),
        ("买买提•艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("Ｌｉ 四", "Li四"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert one("registers", {"姓名": text})["姓名"] == name == read_name(one("registers", {"姓名": text})["姓名"])


@pytest.mark.parametrize(
    ("name", "initials"), [("单大明", "sdm"), ("曾国庆", "zgq"), ("仇和", "qh"), ("张三", "zs"), ("万俟云", "mqy")]
)
def test_initials(name: str, initials: str) -> None:
    assert person_initials(name) == initials


@pytest.mark.parametrize(("title", "initials"), [("重庆路硬化", "cqlyh"), ("银行街排水", "yhjps")])
def test_names_of_things_are_read_as_words_and_people_s_stay_as_they_were(title: str, initials: str) -> None:
    before = person_initials("李重行")
    assert title_initials(title) == initials
    assert person_initials("李重行") == before == "lzx"


def test_companies_known_by_name_and_failed_tenders() -> None:
    row = one("bids", {"投标人": "云溪县宏图（建材） 经营部"})
    assert row["投标人"] == "云溪县宏图(建材)经营部" and row["投标人@key"] == "名称:云溪县宏图(建材)经营部"
    row = one("bids", {"投标人": "流标"})
    assert row["投标人"] == "流标" and row["投标人@key"] is None
    assert one("bids", {"投标人": "无"})["投标人@name"] == "无"
    assert "必填" in reason("bids", {"投标人": ""})


@pytest.mark.parametrize(
    ("payee", "is_firm"),
    [("湖南龙海建设有限公司", True), ("大众超市", True), ("石桥村村民委员会", True), ("张三", False), ("欧阳建社", False),
     ("阿卜杜拉·买买提", False), ("张三等12人", False), ("务工花名册", False)],
)  # fmt: skip
def test_a_payee_known_by_name_only_is_a_firm_or_nobody(payee: str, is_firm: bool) -> None:
    assert (one("vouchers", {"收款人": payee})["收款人@key"] is not None) is is_firm


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"其女{PERSON}领低保", f"其女431299********{PERSON[-4:]}领低保"),
        (f"证号：{PERSON[:6]} {PERSON[6:14]} {PERSON[14:]}。", f"证号：431299********{PERSON[-4:]}。"),
        ("卡号6222 0200 1234 5678 901", "卡号6222***********8901"),
        ("卡号6222-0200-1234-5678", "卡号6222********5678"),
        ("请打13800138000或138 0013 8001", "请打138****8000或138****8001"),
        ("2019-05-17发放120.00元，2019-06-17再发", "2019-05-17发放120.00元，2019-06-17再发"),
        ("编号20190517001", "编号20190517001"),
    ],
)
def test_free_text_is_masked(text: str, masked: str) -> None:
    assert masked_text(text) == masked
    assert one("tips", {"内容": text})["内容"] == masked.replace("：", ":").replace("，", ",")


def test_reasons_hold_no_full_numbers() -> None:
    assert PERSON not in reason("tips", {"日期": f"{PERSON}于5月"})


# Rows


@pytest.mark.parametrize("word", ["", "　", "-", "—", "/", "无", "NULL", "N/A"])
def test_words_for_nothing_are_nothing(word: str) -> None:
    row = one("projects", {"应急批准文号": word, "批复日期": word, "项目负责人身份证号": word})
    assert row["应急批准文号"] is row["批复日期"] is row["项目负责人身份证号@ref"] is None
    assert reason("projects", {"项目名称": word}) == "项目名称未填写，此项必填，请补充后重新报送"


def test_one_problem_a_row_names_every_bad_cell() -> None:
    (problem,) = cleaned("applications", {"受理日期": "无日期", "审批结果": "待定"}).problems
    assert problem.column == "受理日期" and problem.value == "无日期"
    assert "受理日期「无日期」" in problem.reason and "审批结果「待定」" in problem.reason


def test_every_row_is_loaded_or_a_problem_and_keeps_its_place() -> None:
    rows = [{"日期": "2019-05-17"}, {"日期": "?"}, {"日期": "2019-05-18"}]
    result = cleaned("tips", *rows)
    assert result.table["_row"].to_pylist() == [2, 4]
    assert [problem.row for problem in result.problems] == [3]


def test_keys_and_hashes() -> None:
    first, same, other = (
        one("registers", row)
        for row in (
            {"名册": "低保", "身份证号": PERSON, "起始日期": "2018-03-01", "依据": "甲"},
            {"名册": " 低保", "身份证号": PERSON.lower(), "起始日期": "2018年3月1日", "依据": "甲", "终止日期": "至今"},
            {"名册": "低保", "身份证号": PERSON, "起始日期": "2018-03-01", "依据": "乙"},
        )
    )
    assert first["_key"] == same["_key"] == other["_key"] == f"低保\x1f{PERSON}\x1f2018-03-01"
    assert first["_hash"] == same["_hash"] != other["_hash"]
    assert one("company_roles", {"姓名": "张三", "角色": "监事"})["_key"] == f"{FIRM}\x1f张三\x1f\x1f监事\x1f0001-01-01"


def test_a_column_that_is_not_there_hashes_like_an_empty_one() -> None:
    source = SOURCES["parcels"]
    columns = {"地块编号": ["DK1"], "承包人姓名": ["张三"], "承包人身份证号": [PERSON], "确权面积（亩）": ["1"]}
    short = recognise(list(columns))
    assert short
    table = clean(source, short, numbered(pa.table(columns)), SECRET).table
    assert table.column_names == [*source.clean_columns(), "_key", "_hash", "_row", "_record"]
    whole = one("parcels", {name: cells[0] for name, cells in columns.items()})
    assert table["_hash"].to_pylist() == [whole["_hash"]]


@pytest.mark.parametrize("id", SOURCES)
def test_no_rows_give_the_same_columns(id: str) -> None:
    result = cleaned(id)
    types = {field.name: field.type for field in result.table.schema if not field.name.startswith("_")}
    assert types == SOURCES[id].clean_columns()
    assert result.table.num_rows == 0 and not result.problems


odd = st.one_of(
    st.text(max_size=20),
    st.text("0123456789Xx*.-/年月日元万%,E+ 　壹一二百", max_size=20),
    st.sampled_from(
        [PERSON, WRONG, FIRM, UNIT, "4.31E+17", "2019-05-17", "是", "流标", "１２３", "²", "٣", "\0", "\u200b"]
    ),
)


@pytest.mark.parametrize("id", SOURCES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_random_cells_never_break_cleaning(id: str, data: st.DataObject) -> None:
    source = SOURCES[id]
    match = recognise(list(source.columns))
    assert match
    rows = data.draw(st.lists(st.lists(odd, min_size=len(source.columns), max_size=len(source.columns)), max_size=3))
    frame = pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(source.columns)})
    result = clean(source, match, numbered(frame), SECRET)
    assert len(result.table) + len(result.problems) == len(rows)
    for problem in result.problems:
        assert problem.reason and "请" in problem.reason
