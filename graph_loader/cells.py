"""What one cell says: a date, an amount, an ID number, a name … by the kind of its column. What cannot be read is refused in Chinese."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_11_10

from graph_loader.headers import AREAS, MONEY
from graph_loader.pinyin import letter_of, letters_of
from graph_loader.secret import Secret
from graph_loader.sources import KINDS, Column

FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)
"""Bounds that stand for an open start and an open end."""
OLDEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
"""Dates that are believed."""
SERIAL_START = date(1899, 12, 30)
"""Day 0 of a spreadsheet's serial dates, right from 1900-03-01 on."""

BLANK_WORDS = {"", "-", "--", "—", "——", "/", "\\", "无", "空", "null", "none", "nan", "n/a", "#n/a"}
"""What clerks and exports write into a cell that is meant to be empty."""
OPEN_END = {"至今", "长期", "现任", "在任", "在职", "永久"}
LAST_DAY_WRITTEN = re.compile(r"9999(?:([-./]?)12\1(?:30|31)|年12月3[01]日)|295846[45]")
"""What stands in an end date that has not come: a word, or the last day that databases and spreadsheets know."""


MISSING = "未填写，此项必填，请补充后重新报送"
TOWN_IN_FRONT = re.compile(r".+?(?:镇|乡|街道).+")
"""A village written with its town before it."""


class Unreadable(Exception):
    """What is wrong with a cell and how to mend it: Chinese, without the column's name that goes before it."""


@dataclass(frozen=True)
class Setting:
    """What a cell's cleaner must know besides the cell."""

    column: Column
    secret: Secret
    factor: int | None = None
    """元 per unit that the header of an amount names."""
    tails_lost: bool = False
    """Other numbers of this column lost their last digits in a spreadsheet: those that end like them are not believed."""
    shares: bool = False
    """Percentages of this column are written as shares of 1."""
    ticked: bool = False
    """All that stands in this column of yes and no is ticks: where there is none, the answer is no."""


Values = tuple[Any, ...]
"""One clean value per suffix of the column's kind, in the order of `KINDS`."""


def setting_of(column: Column, texts: list[str], secret: Secret, factor: int | None) -> Setting:
    """What is known of a column's cells from all their texts. `factor`: 元 per unit that the header of an amount names."""
    return Setting(column, secret, factor, _tails_lost(column, texts), _shares(column, texts), _ticked(column, texts))


def read_cell(text: str, setting: Setting) -> Values:
    """The clean values of a cell that is not blank. Raises Unreadable."""
    return READERS[setting.column.kind](text, setting)


def nothing_in(kind: str) -> Values:
    """What an empty cell gives."""
    if kind == "from_date":
        return FIRST_DAY, None
    if kind == "to_date":
        return LAST_DAY, None
    return tuple(None for _ in KINDS[kind])


def is_blank(text: str, column: Column) -> bool:
    if text in column.nobody:
        return False
    return squeezed(text).lower() in BLANK_WORDS or (
        column.kind == "to_date" and (text in OPEN_END or bool(LAST_DAY_WRITTEN.fullmatch(TIME_OF_DAY.sub("", text))))
    )


FOREIGN_DIGITS = re.compile(r"(?![0-9])\d")


def plain(cell: str) -> str:
    """A cell in NFKC with 0–9 for digits of any script; no blanks around it, no zero-width characters, no mark before a number."""
    if cell.isascii():
        return cell.strip().removeprefix("'")
    text = FOREIGN_DIGITS.sub(lambda found: str(int(found[0])), unicodedata.normalize("NFKC", cell))
    return re.sub("[\u200b-\u200f\u2060\ufeff\u00ad]", "", text).strip().lstrip("'’‘")


def squeezed(text: str) -> str:
    """Without any blanks."""
    return re.sub(r"\s+", "", text)


# Dates

DAY = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?|(\d{2})(\d{2}))")
MONTH = re.compile(r"(\d{4})(?:年(\d{1,2})月份?|[-/](\d{1,2}))")
TIME_OF_DAY = re.compile(r"(?:[T\s]+|(?<=[日号]))\d{1,2}[:时点]\d{1,2}(?:[:分]\d{1,2}(?:\.\d+)?秒?)?分?Z?$")
SERIAL = re.compile(r"([1-9]\d{4})(?:\.\d+)?")


def read_date(text: str) -> date:
    """A day in the spellings of departmental tables; a month is its first day, a time of day is dropped.

    Five digits are a spreadsheet's serial date. Raises Unreadable, also before 1900 and after 2100.
    """
    bare = squeezed(TIME_OF_DAY.sub("", text))
    try:
        if found := DAY.fullmatch(bare):
            year, month, day = (int(part) for part in found.groups() if part and part.isdigit())
            value = date(year, month, day)
        elif found := MONTH.fullmatch(bare):
            year, month = (int(part) for part in found.groups() if part)
            value = date(year, month, 1)
        elif found := SERIAL.fullmatch(bare):
            value = SERIAL_START + timedelta(days=int(found[1]))
        else:
            raise Unreadable(f"「{_short(text)}」不是能读的日期，请写成 2019-05-17 的形式")
    except ValueError as error:
        raise Unreadable(f"「{_short(text)}」不是存在的日期，请核对后重新报送") from error
    if not OLDEST <= value <= LATEST:
        raise Unreadable(f"「{_short(text)}」早于1900年或晚于2100年，请核对后重新报送")
    return value


def _short(text: str) -> str:
    """A value as it may stand in a sentence: cut off, and without numbers that identify anybody."""
    return masked_text(text if len(text) <= 30 else text[:30] + "…")


def _date(text: str, setting: Setting) -> Values:
    return (read_date(text),)


def _bound(text: str, setting: Setting) -> Values:
    value = read_date(text)
    return value, value


# Numbers

FIGURE = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")
MONEY_VALUE = re.compile(rf"{FIGURE.pattern}([亿万千百]?)(元|圆|块|块钱)?[整正]?")
CHINESE_MONEY = re.compile(
    r"([零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億廿]+)(?:[元圆块](?:(.)角)?零?(?:(.)分)?)?[整正]?"
)
CHINESE_DIGITS = {digit: i for pair in ("零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖") for i, digit in enumerate(pair)}
SCALES = {"百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
MOST_DIGITS = 15


def read_amount(text: str, factor: int = 1) -> float:
    """An amount in 元 to the 分. `factor`: 元 per unit that the header names; a unit in the cell counts before it.

    Raises Unreadable.
    """
    bare = re.sub(r"^(?:人民币|RMB|CNY|¥)|人民币$", "", squeezed(text).replace("−", "-"), flags=re.IGNORECASE)
    if found := MONEY_VALUE.fullmatch(bare):
        sign, figure, decimals, scale, yuan = found.groups()
        digits = figure.replace(",", "")
        if len(digits) > MOST_DIGITS:
            raise Unreadable(f"「{_short(text)}」位数过多，不像金额，请核对后重新报送")
        unit = SCALES[scale] if scale else 1 if yuan else factor
        return _cents(Decimal(f"{sign}{digits}{decimals or ''}") * unit)
    if found := CHINESE_MONEY.fullmatch(bare):
        return _cents(_chinese_amount(text, found) * (1 if "元" in bare or "圆" in bare or "块" in bare else factor))
    if re.fullmatch(r"[+-]?\d+(?:\.\d+)?[Ee]\+?\d+", bare):
        raise Unreadable("已变成科学计数法，尾数丢失，请把该列设为文本或数值格式后重新导出")
    raise Unreadable(f"「{_short(text)}」不是能读的金额，请只填数字，例如 1200.00")


def _chinese_amount(text: str, found: re.Match[str]) -> Decimal:
    whole, jiao, fen = found.groups()
    capital = whole.replace("两", "二").replace("萬", "万").replace("億", "亿")
    try:
        cents = 10 * CHINESE_DIGITS[jiao or "零"] + CHINESE_DIGITS[fen or "零"]
        return Decimal(_arabic(capital)) + Decimal(cents) / 100
    except (ValueError, KeyError, IndexError) as error:
        raise Unreadable(f"「{_short(text)}」不是规范的中文数字，请改填阿拉伯数字") from error


def _arabic(chinese: str) -> str:
    """A number written in Chinese in figures. Raises ValueError for one that is not well formed."""
    import cn2an  # takes a tenth of a second, which only those who read files need to wait

    return str(cn2an.cn2an(chinese, "strict"))


def _cents(amount: Decimal) -> float:
    return float(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _amount(text: str, setting: Setting) -> Values:
    return (read_amount(text, setting.factor or 1),)


def _wan_amount(text: str, setting: Setting) -> Values:
    return (read_amount(text, setting.factor or MONEY["万元"]),)


def _number(text: str, setting: Setting) -> Values:
    found = re.fullmatch(rf"{FIGURE.pattern}(\D.*)?", squeezed(text))
    unit = found[4] if found else None
    if not found or len(found[2]) > MOST_DIGITS or (unit and AREAS.get(unit, unit) != setting.column.unit):
        raise Unreadable(
            f"「{_short(text)}」不是能读的数，请只填数字"
            + (f"（单位：{setting.column.unit}）" if setting.column.unit else "")
        )
    return (round(float(found[1] + found[2].replace(",", "") + (found[3] or "")), 6),)


def _integer(text: str, setting: Setting) -> Values:
    bare = squeezed(text)
    if found := re.fullmatch(r"(-?\d{1,15})(?:\.0+)?(?:[张岁人次字篇个份名位]|周岁)?", bare):
        return (int(found[1]),)
    if found := re.fullmatch(r"第?(\d{1,3}|[一二三四五六七八九十]{1,3})(?:名|位|中标候选人|候选人|成交候选人)?", bare):
        try:
            return (int(_arabic(found[1])) if not found[1].isdigit() else int(found[1]),)
        except ValueError:
            pass
    raise Unreadable(f"「{_short(text)}」不是整数，请只填数字")


PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)(%?)")


def _percent(text: str, setting: Setting) -> Values:
    """Percent as a number. Without a sign it is a share of 1 where no plain number of the column is above 1."""
    found = PERCENT.fullmatch(squeezed(text))
    if not found:
        raise Unreadable(f"「{_short(text)}」不是百分比，请写成 51% 的形式")
    value = float(found[1]) * (100 if setting.shares and not found[2] else 1)
    if value > 100:
        raise Unreadable(f"「{_short(text)}」超过100%，请核对后重新报送")
    return (round(value, 6),)


def _shares(column: Column, texts: Iterable[str]) -> bool:
    if column.kind != "percent":
        return False
    plain_numbers = [float(found[1]) for text in texts if (found := PERCENT.fullmatch(squeezed(text))) and not found[2]]
    return bool(plain_numbers) and max(plain_numbers) <= 1


TICKS = {"√", "✓", "✔", "☑", "✅", "R", "P", "þ", "ü", "\uf052", "\uf050", "\uf0fe", "\uf0fc"}
"""Ticked boxes, and the letters that are drawn as such in Wingdings and Wingdings 2."""
YES, NO = (
    {"是", "y", "yes", "true", "1", "有", "中标", *(tick.lower() for tick in TICKS)},
    {"否", "n", "no", "false", "0", "×", "✗", "✕", "☐", "□", "£", "\uf0a3", "\uf0a8", "未中标", "未"},
)


def _ticked(column: Column, texts: Iterable[str]) -> bool:
    return column.kind == "yes_no" and {squeezed(text) for text in texts if text} <= TICKS and any(texts)


def _yes_no(text: str, setting: Setting) -> Values:
    word = squeezed(text).lower()
    if word in YES:
        return (True,)
    if word in NO:
        return (False,)
    raise Unreadable(f"「{_short(text)}」既不是“是”也不是“否”，请填是或否")


# ID numbers, codes, accounts, phones

EXPONENT = re.compile(r"\d(?:\.\d+)?[Ee]\+?\d{1,2}")
LOST_TAIL = re.compile(r"\d{15}000")
CUT_OFF = re.compile(r"\d{6}20(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d")
"""15 digits as an old number of somebody born in 1920 has them, and the first 15 of 18 of somebody born from 2001 to 2012."""
STARS = re.compile(r"[*●×✱﹡Xx]{2,}|[*●✱﹡]")
DAMAGED = "已被电子表格改成科学计数法，末几位丢失，无法还原，请把该列设为文本格式后从原系统重新导出"


def _id_text(text: str) -> str:
    return squeezed(text).upper()


def _tails_lost(column: Column, texts: Iterable[str]) -> bool:
    """Whether numbers of a column went through a spreadsheet's number format, which keeps 15 digits: one of them shows it."""
    if column.kind not in ("person_id", "person_or_company_id", "account"):
        return False
    of_persons = column.kind != "account"
    numbers = (_id_text(text) for text in texts)
    return any(
        EXPONENT.fullmatch(number) or (of_persons and LOST_TAIL.fullmatch(number) and not _check_digit_holds(number))
        for number in numbers
    )


def _check_digit_holds(number: str) -> bool:
    return bool(number[-1] == ric.calc_check_digit(number))


def read_person_id(text: str, tails_lost: bool = False) -> tuple[str, bool]:
    """An ID number of 18 characters and whether its check digit holds; one of 15 digits is brought to 18 as GB 11643-1999 says.

    Raises Unreadable for a damaged, masked or truncated number and for one with an impossible birth date.
    """
    number = _id_text(text)
    if EXPONENT.fullmatch(number):
        raise Unreadable(DAMAGED)
    if STARS.search(number):
        raise Unreadable("已脱敏，无法确认是谁，请向报送单位调取完整号码")
    if CUT_OFF.fullmatch(number):
        raise Unreadable("只有15位，按老号码读为1920年出生，疑为18位号码被截断，请核对原件后补全18位号码")
    if re.fullmatch(r"\d{15}", number):
        number = _lengthened(number)
    if not re.fullmatch(r"\d{17}[\dX]", number):
        if len(re.findall(r"\d{15,17}[\dX]", number)) > 1:
            raise Unreadable("一格里有多个号码，与姓名对不上，请一人一行后重新报送")
        if re.fullmatch(
            r"(?:19|20)\d\d(?:年\d{1,2}月?(?:\d{1,2}日?)?|[-./]\d{1,2}(?:[-./]\d{1,2})?|\d{2}|\d{4})", number
        ):
            raise Unreadable("填的是出生年月，不是身份证号，无法确认是谁，请补填18位号码")
        length = len(number)
        if length < 18 and re.fullmatch(r"\d+X?", number):
            raise Unreadable(f"只有{length}位，可能被截断，请核对原件后补全18位号码")
        raise Unreadable(f"「{_short(text)}」不是18位身份证号，请核对原件后重新报送")
    holds = _check_digit_holds(number)
    if LOST_TAIL.fullmatch(number) and (tails_lost or not holds):
        raise Unreadable("末三位为000，疑被电子表格取整，末几位丢失，请把该列设为文本格式后从原系统重新导出")
    if holds and not _birth(number):
        raise Unreadable("中的出生日期不存在，请核对原件后重新报送")
    return number, holds


def _lengthened(number: str) -> str:
    """An ID number of 15 digits, which has neither century nor check digit, as one of 18 (GB 11643-1999)."""
    longer = f"{number[:6]}19{number[6:]}"
    return longer + str(ric.calc_check_digit(longer + "0"))


def _birth(number: str) -> date | None:
    try:
        day = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return day if OLDEST <= day <= LATEST else None


def masked_id(number: str) -> str:
    """First 6, eight stars, last 4."""
    return f"{number[:6]}********{number[-4:]}"


def _known_person(number: str, secret: Secret) -> Values:
    sex = "男" if int(number[16]) % 2 else "女"
    return number, secret.ref("person", number), masked_id(number), sex, _birth(number), True


def _person_id(text: str, setting: Setting) -> Values:
    number, holds = read_person_id(text, setting.tails_lost)
    if holds:
        return _known_person(number, setting.secret)
    if setting.column.wrong_check == "unidentified":
        return number, None, masked_id(number), None, None, False
    raise Unreadable(f"第18位校验码不符（应为 {ric.calc_check_digit(number)}），请核对原件后重新报送")


def read_credit_code(text: str) -> str:
    """A 统一社会信用代码 (GB 32100-2015) whose check character holds. Raises Unreadable."""
    code = re.sub(r"[\s-]", "", text).upper()
    if EXPONENT.fullmatch(code):
        raise Unreadable(DAMAGED)
    whole = re.fullmatch(r"[1-9ANY][0-9A-HJ-NP-RTUWXY]\d{6}[0-9A-HJ-NP-RTUWXY]{10}", code)
    if not whole and STARS.search(code):
        raise Unreadable("已脱敏，无法确认是哪家单位，请向报送单位调取完整代码")
    if not whole:
        raise Unreadable(f"「{_short(text)}」不是18位统一社会信用代码，请核对营业执照后重新报送")
    expected = uscc.calc_check_digit(code)
    if code[-1] != expected:
        raise Unreadable(f"第18位校验码不符（应为 {expected}），请核对营业执照后重新报送")
    return code


ORGANISATION_CODE = re.compile(r"[0-9A-Z]{8}[0-9X]")
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def read_old_number(text: str) -> str | None:
    """A company's number from before 统一社会信用代码: `组织机构代码:…` (9 characters, GB 11714-1997) or `注册号:…` (工商注册号 of 15
    digits, GS 15-2006). None for anything else, also where the check character does not hold."""
    number = re.sub(r"[\s-]", "", text).upper()
    if ORGANISATION_CODE.fullmatch(number):
        total = sum(int(letter, 36) * weight for letter, weight in zip(number, ORGANISATION_WEIGHTS, strict=False))
        return f"组织机构代码:{number}" if number[8] == "0123456789X0"[11 - total % 11] else None
    if re.fullmatch(r"\d{15}", number) and mod_11_10.is_valid(number):
        return f"注册号:{number}"
    return None


def _credit_code(text: str, setting: Setting) -> Values:
    if setting.column.old_numbers and (old := read_old_number(text)):
        return (old,)
    return (read_credit_code(text),)


UNIT = re.compile(r"1[1239]|2[19]|3[1-59]|4[19]|5[1239]|6[19]|7[129]|8[19]")
"""How the code of a unit that no business registry gave begins: who registered it and what it is (GB 32100-2015, table 1)."""


def _person_or_company_id(text: str, setting: Setting) -> Values:
    """A number of a person, a company, or (registered by the staffing authority, first character 1) a unit.

    A number with a birthday in it is read as a person's even where its check holds as a unit's only, unless it begins like a
    business's (9): else one mistyped ID number in 31 would be a unit.
    """
    no_person: Values = (None,) * 6
    number = _id_text(text)
    company = None
    old = read_old_number(number) if setting.column.old_numbers else None
    if old and not (len(number) == 15 and _birth(_lengthened(number))):
        return old, *no_person, None, None
    if old:
        raise Unreadable("15位号码既可能是旧身份证号，也可能是工商注册号，请补充18位身份证号或统一社会信用代码")
    if re.fullmatch(r"[0-9A-Z]{18}", number):
        try:
            company = read_credit_code(number)
        except Unreadable:
            if not re.fullmatch(r"\d{17}[\dX]", number) or (number[0] == "9" and not _check_digit_holds(number)):
                raise
    of_person = re.fullmatch(r"\d{17}[\dX]", number) and (_birth(number) or not UNIT.match(number))
    if company and (company[0] == "9" or not of_person):
        return company, *no_person, *((None, company) if company[0] == "1" else (company, None))
    number, holds = read_person_id(text, setting.tails_lost)
    if not holds:
        raise Unreadable(f"第18位校验码不符（应为 {ric.calc_check_digit(number)}），请核对原件后重新报送")
    return number, *_known_person(number, setting.secret), None, None


def masked_account(number: str) -> str:
    """4 characters, as many stars as are hidden, 4; of short numbers only the last 2."""
    if len(number) <= 8:
        return "*" * (len(number) - 2) + number[-2:]
    return number[:4] + "*" * (len(number) - 8) + number[-4:]


def _account(text: str, setting: Setting) -> Values:
    number = re.sub(r"[\s-]", "", text).upper()
    if EXPONENT.fullmatch(number):
        raise Unreadable(DAMAGED)
    if setting.tails_lost and re.fullmatch(r"\d{15}0+", number):
        raise Unreadable("末几位为0，疑被电子表格取整，末几位丢失，请把该列设为文本格式后从原系统重新导出")
    if STARS.search(number):
        raise Unreadable("已脱敏，请向报送单位调取完整账号")
    if not re.fullmatch(r"(?=.*\d{5})[0-9A-Z]{6,34}", number):
        raise Unreadable(f"「{_short(text)}」不是能读的账号，请核对后重新报送")
    return number, setting.secret.ref("account", number), masked_account(number)


def _phone(text: str, setting: Setting) -> Values:
    number = re.sub(r"^(?:\+?86)(?=1[3-9]\d{9}$)", "", re.sub(r"[\s()-]", "", text))
    if STARS.search(number):
        raise Unreadable("已脱敏，请向报送单位调取完整号码")
    if EXPONENT.fullmatch(number):
        raise Unreadable(DAMAGED)
    if not re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}|[2-8]\d{6,7}|[48]00\d{7}", number):
        raise Unreadable("不是一个能读的电话号码，请只填一个手机或座机号码")
    return number, setting.secret.ref("phone", number), f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


# Words

SURNAMES = {
    "单": "s", "仇": "q", "曾": "z", "解": "x", "查": "z", "区": "o", "朴": "p", "盖": "g", "覃": "q", "乐": "y", "缪": "m",
    "翟": "z", "员": "y", "种": "c", "折": "s", "冼": "x", "召": "s", "秘": "b", "隗": "k", "尉": "y", "万俟": "mq",
}  # fmt: skip
"""Surnames read otherwise than the character usually is."""
LONG_NUMBER = re.compile(r"(?<!\d)\d(?:\s?\d){14,}\s?[Xx]?|(?<!\d)\d{4}(?:-\d{4}){3,}(?:-?\d{1,4})?(?!\d)")
MOBILE = re.compile(r"(?<!\d)1[3-9]\d(?:[\s-]?\d{4}){2}(?!\d)")
BETWEEN_CHINESE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
FIRM = re.compile(r"公司|商店|商行|超市|酒店|饭店|药店|书店|集团|银行|中心|学校|医院|政府|合作社|经营部|工程队|厂$")
SEVERAL = re.compile(r"等\d*人|等.{0,3}户|花名册|名单|农户|各户")


def masked_text(text: str) -> str:
    """Free text with ID-, account- and phone-shaped runs of digits masked."""
    if not any(letter.isdigit() for letter in text):
        return text
    text = LONG_NUMBER.sub(lambda found: _masked_number(found[0]), text)
    return MOBILE.sub(lambda found: f"{found[0][:3]}****{found[0][-4:]}", text)


def _masked_number(run: str) -> str:
    number = re.sub(r"[\s-]", "", run)
    return masked_id(number) if len(number) == 18 else masked_account(number)


def read_name(text: str) -> str:
    """A name without the blanks that fill it up (张　三), with one kind of middle dot, and nothing that identifies by number."""
    return masked_text(BETWEEN_CHINESE.sub("", re.sub(r"\s+", " ", text)).translate(DOTS))


DOTS = dict.fromkeys(map(ord, "•・‧∙●․"), "·")


_initial = lru_cache(20_000)(letter_of)


def person_initials(name: str) -> str:
    """First letters of a person's name in pinyin, the surname as surnames are read."""
    for surname in (name[:2], name[:1]):
        if surname in SURNAMES:
            return SURNAMES[surname] + "".join(map(_initial, name[len(surname) :]))
    return "".join(map(_initial, name))


@lru_cache(20_000)
def title_initials(title: str) -> str:
    """First letters of a name of a thing in pinyin, words read as words (重庆 is cq)."""
    return letters_of(title)


def _code(text: str, setting: Setting) -> Values:
    word = text if text.isascii() else BETWEEN_CHINESE.sub("", text)
    return (setting.column.spellings.get(word, word),)


def _text(text: str, setting: Setting) -> Values:
    return (masked_text(text),)


def _title(text: str, setting: Setting) -> Values:
    title = masked_text(BETWEEN_CHINESE.sub("", text))
    return title, title_initials(title)


def _name(text: str, setting: Setting) -> Values:
    name = read_name(text)
    return name, person_initials(name)


def _unit(text: str, setting: Setting) -> Values:
    name = masked_text(squeezed(text))
    return name, title_initials(name)


def _company_name(text: str, setting: Setting) -> Values:
    name = masked_text(squeezed(text))
    key = None if name in setting.column.nobody else f"名称:{name}"
    return name, key, name, title_initials(name)


def _payee_name(text: str, setting: Setting) -> Values:
    """The key is that of a firm known by name only, and there only where the name is not a person's."""
    name = masked_text(squeezed(text))
    is_firm = FIRM.search(name) or (len(name) > 4 and "·" not in name and not SEVERAL.search(name))
    return name, f"名称:{name}" if is_firm else None, person_initials(name)


def _list(text: str, setting: Setting) -> Values:
    items = [item.strip() for item in re.split(r"[;；、,，\n]", text)]
    return (list(dict.fromkeys(masked_text(item) for item in items if item)),)


def _choice(text: str, setting: Setting) -> Values:
    word = squeezed(text)
    value = setting.column.spellings.get(word, word)
    if value not in setting.column.choices:
        allowed = "、".join(setting.column.choices)
        raise Unreadable(f"「{_short(text)}」不在规定取值（{allowed}）之内，请改填其中之一")
    return (value,)


def _division_digits(text: str) -> str:
    digits = squeezed(text)
    if EXPONENT.fullmatch(digits.upper()):
        raise Unreadable(DAMAGED)
    return digits


def _village_code(text: str, setting: Setting) -> Values:
    digits = _division_digits(text)
    if not re.fullmatch(r"\d{12}", digits):
        raise Unreadable(f"「{_short(text)}」不是12位统计用区划代码，请核对后重新报送")
    return digits, digits[:6]


def _town_code(text: str, setting: Setting) -> Values:
    digits = _division_digits(text)
    if not re.fullmatch(r"\d{9}(?:000)?", digits):
        raise Unreadable(f"「{_short(text)}」不是9位统计用区划代码，请核对后重新报送")
    return digits[:9], digits[:6]


def _village_or_unit(text: str, setting: Setting) -> Values:
    name = _division_digits(text)
    if re.fullmatch(r"\d{12}", name):
        return name, name, None, None
    if name.isdigit():
        raise Unreadable(f"「{_short(text)}」既不是12位村编码也不是单位名称，请核对后重新报送")
    name = masked_text(name)
    return name, None, name, title_initials(name)


READERS: dict[str, Callable[[str, Setting], Values]] = {
    "code": _code,
    "text": _text,
    "title": _title,
    "name": _name,
    "unit": _unit,
    "company_name": _company_name,
    "payee_name": _payee_name,
    "person_id": _person_id,
    "credit_code": _credit_code,
    "person_or_company_id": _person_or_company_id,
    "account": _account,
    "phone": _phone,
    "date": _date,
    "from_date": _bound,
    "to_date": _bound,
    "amount": _amount,
    "wan_amount": _wan_amount,
    "number": _number,
    "percent": _percent,
    "integer": _integer,
    "yes_no": _yes_no,
    "list": _list,
    "choice": _choice,
    "village_code": _village_code,
    "town_code": _town_code,
    "village_or_unit": _village_or_unit,
}
