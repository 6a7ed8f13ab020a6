"""What departments do to their sheets: one small function a habit, in the order in which they are let loose on a page.

A new habit: write a function of a page and dice that changes the page and put `@habit("its name")` before it. It returns False
where it found nothing to do. What it changes must not change what the page says, save for a planted row: that is a line more,
`wrong` in one column, and must end in quarantine there. What it needs, kinds of columns or a workbook, stands behind its name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import cn2an
from dirty_pages import HEADER, TEXTS, Cell, Dice, Line, Noise, Page
from stdnum.cn import ric
from stdnum.iso7064 import mod_11_10

from graph_loader.sources import Column

DATES = ("date", "from_date", "to_date")
PERSONS = ("person_id", "person_or_company_id")
WORDS = ("name", "unit", "title", "company_name", "payee_name", "text", "code", "choice")

Apply = Callable[[Page, Dice], bool | None]


@dataclass(frozen=True)
class Habit:
    name: str
    apply: Apply
    kinds: tuple[str, ...] = ()
    workbook: bool = False

    def fits(self, page: Page) -> bool:
        columns = [page.source.columns[name] for name in page.order if name in page.source.columns]
        kinds = {column.kind for column in columns}
        return not (self.workbook and page.format in TEXTS) and (not self.kinds or not kinds.isdisjoint(self.kinds))


HABITS: dict[str, Habit] = {}


def habit(name: str, kinds: tuple[str, ...] = (), workbook: bool = False) -> Callable[[Apply], Apply]:
    def register(apply: Apply) -> Apply:
        assert name not in HABITS
        HABITS[name] = Habit(name, apply, kinds, workbook)
        return apply

    return register


# Several records in one row, and several columns in one


def _rows_of_one(page: Page, same: tuple[str, ...]) -> list[list[Line]]:
    """The lines that agree in these columns."""
    groups: dict[tuple[Cell, ...], list[Line]] = {}
    for line in page.data():
        groups.setdefault(tuple(line.cells[name] for name in same), []).append(line)
    return list(groups.values())


def _instead(page: Page, old: str, new: list[str]) -> None:
    """Puts columns in the place of another."""
    at = page.order.index(old)
    page.order[at : at + 1] = new


@habit("a column for each month")
def months(page: Page, dice: Dice) -> bool:
    """1月 … 12月 of the year that the title, each header or a column 年度 names; the row's number is that of its payments."""
    if page.source.id != "payments":
        return False
    found = [re.fullmatch(r"(.+)-(2021)-(\d\d)", str(line.cells["发放流水号"])) for line in page.data()]
    if not all(found) or page.above:
        return False
    for line, key in zip(page.data(), found, strict=True):
        assert key
        line.cells |= {"发放流水号": key[1], f"{int(key[3])}月": line.cells["金额"]}
    columns = sorted({f"{int(key[3])}月" for key in found if key}, key=lambda month: int(month[:-1]))
    said = dice.choice(("title", "headers", "column"))
    rows = []
    for lines in _rows_of_one(page, ("发放流水号",)):
        cells = {name: cell for line in lines for name, cell in line.cells.items()} | {"年度": "2021"}
        rows.append(Line(cells, records=len(lines)))
    page.lines = [*rows]
    page.order.remove("发放日期")
    _instead(page, "金额", [*(["年度"] if said == "column" else []), *columns])
    if said == "title":
        page.above.append(["2021年补贴发放花名册"])
    if said == "headers":
        page.headers |= {month: f"2021年{month}" for month in columns}
    return True


@habit("members of a household in one cell")
def members(page: Page, dice: Dice) -> bool:
    if page.source.id != "registers":
        return False
    groups = _rows_of_one(page, ("名册", "村编码", "起始日期", "终止日期", "依据"))
    if all(len(lines) == 1 for lines in groups):
        return False
    between = dice.choice(("、", ",", "，", "；", "\n", " "))
    page.lines = []
    for first, *others in groups:
        packed: dict[str, Cell] = {
            f"家庭成员{name}": between.join(str(o.cells[name]) for o in others) for name in ("姓名", "身份证号")
        }
        page.lines.append(Line(first.cells | packed, records=1 + len(others)))
    page.order += ["家庭成员姓名", "家庭成员身份证号"]
    return True


@habit("candidates side by side")
def candidates(page: Page, dice: Dice) -> bool:
    """The tender in one row: 第一, 第二 and 第三中标候选人 with their prices."""
    if page.source.id != "bids" or any(line.cells["废标原因"] or line.cells["投标账号"] for line in page.data()):
        return False
    columns = {rank: (f"第{word}中标候选人", f"第{word}中标价格") for rank, word in zip("123", "一二三", strict=True)}
    page_lines: list[Line | Noise | str] = []
    for lines in _rows_of_one(page, ("项目编号", "标段")):
        cells = dict(lines[0].cells)
        for line in lines:
            firm, price = columns[str(line.cells["候选排名"])]
            cells |= {firm: line.cells["投标人"], price: line.cells["报价（元）"]}
        page_lines.append(Line(cells, records=len(lines)))
    page.lines = page_lines
    page.order = ["项目编号", "标段", "招标方式", "开标日期", *(name for pair in columns.values() for name in pair)]
    return True


@habit("start and end in one cell", ("to_date",))
def period(page: Page, dice: Dice) -> bool:
    spec = page.source.period
    if not spec or not {spec["from"], spec["to"]} <= set(page.order):
        return False
    header, between = dice.choice(spec["headers"]), dice.choice(("至", "-", "—", "~", "到"))
    for line in page.data():
        start, end = str(line.cells[spec["from"]]), str(line.cells[spec["to"]])
        line.cells["period"] = f"{start.replace('-', '.')}{between}{end.replace('-', '.') or '至今'.lstrip(between)}"
    page.order.remove(spec["to"])
    _instead(page, spec["from"], ["period"])
    page.headers["period"] = header
    return True


# Planted rows that cannot be read


def plant(page: Page, dice: Dice, column: Column, cell: Cell, of: Line | None = None) -> None:
    """One more row, like another but for one cell; were it loaded, it would show: as a new row, or as a conflict with the other."""
    of = of or dice.choice(page.sound())
    cells = dict(of.cells)
    for name in page.source.key:
        if page.source.columns[name].kind == "code" and name in cells and name != column.name and cells[name]:
            cells[name] = f"{cells[name]}-{dice.randrange(10**6):06d}"
    cells[column.name] = cell
    records = of.records
    if "家庭成员姓名" in cells:
        cells |= {
            "家庭成员姓名": "",
            "家庭成员身份证号": "",
        }  # they would be read: only the one whose cell is spoilt is not
        records = 1
    page.lines.insert(dice.randrange(len(page.lines) + 1), Line(cells, column.name, records))


def planted(
    name: str,
    kinds: tuple[str, ...],
    spoil: Callable[[str, Dice], Cell | None],
    workbook: bool = False,
    where: Callable[[Column], bool] = lambda column: True,
) -> None:
    """A habit that plants one row whose cell of one of these kinds, in a column as wanted, is spoilt."""

    @habit(name, kinds, workbook)
    def apply(page: Page, dice: Dice) -> bool:
        found = [
            (column, line, spoilt)
            for column in page.columns(*kinds)
            if where(column)
            for line in page.sound()[:12]
            if (text := str(line.cells.get(column.name, "")))
            and not (column.kind == "person_or_company_id" and not text.isdigit())
            and (spoilt := spoil(text, dice)) is not None
        ]
        if not found:
            return False
        column, line, spoilt = dice.choice(found)
        plant(page, dice, column, spoilt, line)
        return True


def _full(number: str) -> bool:
    return bool(re.fullmatch(r"\d{17}[\dX]", number))


def _lost_tail(number: str, dice: Dice) -> str | None:
    cut = number[:15] + "000"
    return cut if _full(number) and ric.calc_check_digit(cut) != "0" else None


def _of_a_child(number: str, dice: Dice) -> str | None:
    """15 of the 18 digits of somebody born from 2001 to 2012 look like an old number of somebody born in 1920."""
    return number[:15] if _full(number) and "2001" <= number[6:10] <= "2012" else None


def _wrong_check(number: str, dice: Dice) -> str | None:
    return number[:-1] + ("1" if number[-1] != "1" else "2") if _full(number) else None


def _other_digit(number: str, dice: Dice) -> str | None:
    """A digit of the birthday mistyped: no such day."""
    return number[:10] + "13" + number[12:] if _full(number) else None


planted("float ID as text", PERSONS, lambda n, _: f"{float(n[:15] + '000'):.5E}" if _full(n) else None)
planted("float ID as a number", PERSONS, lambda n, _: float(n) if n.isdigit() and len(n) == 18 else None, workbook=True)
planted("ID ending in lost zeros", PERSONS, _lost_tail)
planted("ID cut to 17", PERSONS, lambda n, _: n[:17] if _full(n) else None)
planted("ID cut to 14", PERSONS, lambda n, _: n[:14] if _full(n) else None)
planted("ID without its first digit", PERSONS, lambda n, _: n[1:] if _full(n) and n[1] != "0" else None)
planted("ID of a child cut to 15", PERSONS, _of_a_child)
planted("masked ID", PERSONS, lambda n, _: f"{n[:6]}********{n[-4:]}" if _full(n) else None)
planted("ID with the last four hidden", PERSONS, lambda n, _: f"{n[:14]}****" if _full(n) else None)
planted("ID hidden by X", PERSONS, lambda n, _: f"{n[:6]}XXXXXXXX{n[-4:]}" if _full(n) else None)
planted("wrong check digit", PERSONS, _wrong_check, where=lambda column: not column.wrong_check)
planted("ID with an impossible birthday", ("person_or_company_id",), _other_digit)
planted("birth month instead of the ID", PERSONS, lambda n, _: f"{n[6:10]}年{int(n[10:12])}月" if _full(n) else None)
planted("float account as text", ("account",), lambda n, _: f"{float(n):.5E}" if n.isdigit() and len(n) > 15 else None)
planted(
    "float account as a number",
    ("account",),
    lambda n, _: float(n) if n.isdigit() and len(n) > 15 else None,
    workbook=True,
)
planted("masked account", ("account",), lambda n, _: f"{n[:4]}****{n[-4:]}" if len(n) > 10 else None)
planted("impossible date", DATES, lambda d, dice: dice.choice(("2021-02-30", "2021.13.1", "2021年4月31日", "20210631")))
planted("garbage date", DATES, lambda d, dice: dice.choice(("见附件", "去年", "待定", "1899-01-01", "2021-")))
planted(
    "garbage amount",
    ("amount", "wan_amount"),
    lambda a, dice: dice.choice(("见附件", "一百二", "12,34,5", "1.2.3", "???")),
)
planted("amount in scientific notation", ("amount",), lambda a, _: "1.2E+05")
planted("village code of another length", ("village_code",), lambda c, _: c[:11])
planted("float village code", ("village_code",), lambda c, _: "4.30505E+11")
planted(
    "credit code with a wrong check character", ("credit_code",), lambda c, _: c[:-1] + ("0" if c[-1] != "0" else "1")
)
planted(
    "organisation code where a credit code belongs",
    ("credit_code",),
    lambda c, _: f"{c[8:16]}-{c[16]}",
    where=lambda column: not column.old_numbers,
)
planted("a word that is no choice", ("choice",), lambda c, _: "另行通知")
planted("neither yes nor no", ("yes_no",), lambda c, _: "看情况")


@habit("required cell missing")
def required_cell_missing(page: Page, dice: Dice) -> bool:
    required = [page.source.columns[name] for name in page.order if name in page.source.columns]
    required = [column for column in required if column.required]
    plant(page, dice, dice.choice(required), "")
    return True


# Rows that are there twice, and rows that are no data


@habit("row twice in a file")
def row_twice(page: Page, dice: Dice) -> None:
    line = dice.choice(page.sound())
    page.lines.insert(dice.randrange(len(page.lines) + 1), Line(dict(line.cells), records=line.records))


def _insert(page: Page, dice: Dice, row: Noise | str) -> None:
    page.lines.insert(dice.randrange(1, len(page.lines) + 1), row)


def _total(page: Page, word: str) -> Noise:
    """A line of totals: the word in the first column, sums under the amounts."""
    sums: Noise = [""] * len(page.order)
    for at, name in enumerate(page.order[1:], 1):
        if name in page.source.columns and page.source.columns[name].kind in ("amount", "number"):
            sums[at] = "12345.00"
    return [word, *sums[1:]]


@habit("totals row")
def totals(page: Page, dice: Dice) -> None:
    page.lines.append(_total(page, dice.choice(("合计", "总计", "合　计", "合计：", "全乡合计", "总 计"))))


@habit("subtotals between rows")
def subtotals(page: Page, dice: Dice) -> None:
    for word in dice.sample(("小计", "小 计", "本页小计", "1组小计", "累计"), 2):
        _insert(page, dice, _total(page, word))


@habit("subtotals with a code")
def coded_subtotals(page: Page, dice: Dice) -> None:
    """Subtotals of a database export: 00 or 12 in the first column, 小计 in the second."""
    _insert(page, dice, [dice.choice(("00", "12")), "小计", *_total(page, "")[2:]])


@habit("signature rows below")
def signatures(page: Page, dice: Dice) -> None:
    lines = ("制表人：张三　　审核人：李四　　负责人：王五", "填表人：张三", "审核：", "说明：本表一式三份，金额以银行回单为准。",
             "注：带*为必填项", "单位负责人（签字）：", "编制单位：某某镇人民政府　　　2021年3月5日")  # fmt: skip
    for text in dice.sample(lines, 2):
        page.below.append([text])


@habit("blank rows between rows")
def blank_rows(page: Page, dice: Dice) -> None:
    for _ in range(2):
        _insert(page, dice, dice.choice(([], [" "], ["", "　"])))


@habit("header repeated")
def header_repeated(page: Page, dice: Dice) -> None:
    _insert(page, dice, HEADER)


@habit("numbered lines left empty")
def numbered_but_empty(page: Page, dice: Dice) -> None:
    """Lines that were numbered beforehand and never filled."""
    _serial(page)
    page.lines += [[str(len(page.lines) + n)] for n in (1, 2)]


# Columns


@habit("serial number column")
def serial_numbers(page: Page, dice: Dice) -> bool | None:
    return False if "序号" in page.order else _serial(page)


def _serial(page: Page) -> None:
    if "序号" in page.order:
        return
    for number, line in enumerate(page.data(), 1):
        line.cells["序号"] = str(number)
    for line in page.lines:
        if isinstance(line, list) and len(line) == len(page.order):
            line.insert(0, line[0])
            line[1] = ""
    page.order.insert(0, "序号")


@habit("unknown extra columns")
def unknown_columns(page: Page, dice: Dice) -> None:
    known = ("民族", "文化程度", "政治面貌", "GIS-X（经度）", "是否特殊人群(是/否)", "保管箱")
    for name in dice.sample(known, 2):
        page.order.append(name)
        for line in page.data():
            line.cells[name] = dice.choice(("汉族", "初中", "群众", "112.5", "是", ""))


BESIDE = "beside the amount"


@habit("columns in another order")
def shuffled_columns(page: Page, dice: Dice) -> bool:
    if any(isinstance(line, list) for line in page.lines) or BESIDE in page.order:
        return False  # rows of totals were written for the order there was, and a unit stands beside its amount
    dice.shuffle(page.order)
    return True


@habit("empty columns left out")
def empty_columns_left_out(page: Page, dice: Dice) -> bool:
    empty = [
        name
        for name in page.order
        if name in page.source.columns
        and not page.source.columns[name].required
        and not any(line.cells.get(name) for line in page.data())
    ]
    if not empty or any(isinstance(line, list) for line in page.lines):
        return False
    page.order = [name for name in page.order if name not in empty]
    return True


# Dates


def dates(name: str, write: Callable[[date], Cell | None], workbook: bool = False) -> None:
    """A habit that writes one column of dates so; where `write` gives None the date stays as it was."""

    @habit(name, DATES, workbook)
    def apply(page: Page, dice: Dice) -> bool:
        columns = page.columns(*DATES)
        return bool(columns) and page.restyle(dice.choice(columns).name, lambda text: _day_as(text, write))


def _day_as(text: str, write: Callable[[date], Cell | None]) -> Cell | None:
    return write(date.fromisoformat(text)) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None


dates("date 2019.5.17", lambda d: f"{d.year}.{d.month}.{d.day}")
dates("date 2019.05.17", lambda d: f"{d:%Y.%m.%d}")
dates("date 2019/5/17", lambda d: f"{d.year}/{d.month}/{d.day}")
dates("date 20190517", lambda d: f"{d:%Y%m%d}")
dates("date 2019年5月17日", lambda d: f"{d.year}年{d.month}月{d.day}日")
dates("date 2019年05月17日", lambda d: f"{d:%Y年%m月%d日}")
dates("date 2019-5-17", lambda d: f"{d.year}-{d.month}-{d.day}")
dates("date 2019-05-17 00:00:00", lambda d: f"{d} 00:00:00")
dates("date 2019/5/17 14:30", lambda d: f"{d.year}/{d.month}/{d.day} 14:30")
dates("month 2019年5月", lambda d: f"{d.year}年{d.month}月" if d.day == 1 else None)
dates("month 2019年5月份", lambda d: f"{d.year}年{d.month}月份" if d.day == 1 else None)
dates("month 2019-05", lambda d: f"{d:%Y-%m}" if d.day == 1 else None)
dates("date cell", lambda d: d if d > date(1904, 1, 2) else None, workbook=True)
dates(
    "date cell with a time",
    lambda d: datetime(d.year, d.month, d.day, 9, 30) if d > date(1904, 1, 2) else None,
    workbook=True,
)


def serial_dates(name: str, write: Callable[[int], Cell], workbook: bool = False) -> None:
    """A habit that writes one column of dates as days counted from 1900, in some workbooks from 1904; below 10,000 nobody can tell."""

    @habit(name, DATES, workbook)
    def apply(page: Page, dice: Dice) -> bool:
        start = date(1904, 1, 1) if page.from_1904 else date(1899, 12, 30)
        columns = page.columns(*DATES)
        return bool(columns) and page.restyle(
            dice.choice(columns).name,
            lambda text: _day_as(text, lambda d: write((d - start).days) if d > date(1932, 1, 1) else None),
        )


serial_dates("serial date as text", str)
serial_dates("serial date as a number", int, workbook=True)


@habit("open end in words", ("to_date",))
def open_end(page: Page, dice: Dice) -> bool:
    columns = page.columns("to_date")
    changed = False
    for column in columns:
        for line in page.data():
            if line.cells.get(column.name, "x") == "" and line.wrong != column.name:
                line.cells[column.name] = dice.choice(("至今", "长期", "在任", "9999-12-31"))
                changed = True
    return changed


@habit("words for an empty cell")
def words_for_empty(page: Page, dice: Dice) -> bool:
    columns = [
        c
        for c in page.columns(*DATES, *PERSONS, "amount", "number", "account", "phone", "text", "code")
        if not c.required
    ]
    changed = False
    for column in columns:
        for line in page.data():
            if line.cells.get(column.name, "x") == "" and line.wrong != column.name:
                line.cells[column.name] = dice.choice(("无", "/", "-", "——", "NULL", "#N/A", "　"))
                changed = True
    return changed


# Amounts and numbers


def amounts(
    name: str, write: Callable[[Decimal], Cell | None], workbook: bool = False, kinds: tuple[str, ...] = ("amount",)
) -> None:
    """A habit that writes one column of amounts (元) so."""

    @habit(name, kinds, workbook)
    def apply(page: Page, dice: Dice) -> bool:
        columns = page.columns(*kinds)
        return bool(columns) and page.restyle(dice.choice(columns).name, lambda text: _amount_as(text, write))


def _amount_as(text: str, write: Callable[[Decimal], Cell | None]) -> Cell | None:
    return write(Decimal(text)) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _in_wan(amount: Decimal) -> str:
    return f"{(amount / 10_000).normalize():f}"


amounts("amount 1,200.00", lambda a: f"{a:,.2f}")
amounts("amount 1200.00元", lambda a: f"{a}元")
amounts("amount ¥1200", lambda a: f"¥{a}")
amounts("amount 0.12万元", lambda a: f"{_in_wan(a)}万元")
amounts("amount 0.12万", lambda a: f"{_in_wan(a)}万")
amounts("amount 壹仟贰佰元整", lambda a: cn2an.an2cn(str(a), "rmb"))
amounts("amount as a number", lambda a: float(a), workbook=True)
amounts("amount with blanks", lambda a: f" {a} ")
amounts("amount in full-width digits", lambda a: str(a).translate(FULL_WIDTH))
amounts("registered capital with its unit", lambda a: f"{a}万元", kinds=("wan_amount",))


@habit("amounts in 万元 by the header", ("amount",))
def wan_header(page: Page, dice: Dice) -> bool:
    columns = page.columns("amount")
    if not columns:
        return False
    column = dice.choice(columns)
    page.headers[column.name] = bare(column.name) + dice.choice(("（万元）", "(万元)", "／万元", "（单位：万元）"))
    page.restyled.add(column.name)
    page.restyle(column.name, lambda text: _amount_as(text, _in_wan))
    return True


@habit("unit in the next header cell", ("amount",))
def unit_in_next_header(page: Page, dice: Dice) -> bool:
    return _unit_beside(page, dice, in_header=True)


@habit("unit in the next cell", ("amount",))
def unit_in_next_cell(page: Page, dice: Dice) -> bool:
    return _unit_beside(page, dice, in_header=False)


def _unit_beside(page: Page, dice: Dice, in_header: bool) -> bool:
    columns = page.columns("amount")
    if not columns or any(isinstance(line, list) for line in page.lines):
        return False
    column = dice.choice(columns)
    unit = dice.choice(("元", "万元"))
    page.headers[column.name] = bare(column.name)
    page.order.insert(page.order.index(column.name) + 1, BESIDE)
    page.headers[BESIDE] = f"（{unit}）" if in_header else dice.choice(("金额单位", ""))
    page.restyled.add(column.name)
    if unit == "万元":
        page.restyle(column.name, lambda text: _amount_as(text, _in_wan))
    for line in page.data():
        line.cells[BESIDE] = "" if in_header else unit
    return True


@habit("amounts in 万元 by the unit line", ("amount",))
def wan_line(page: Page, dice: Dice) -> bool:
    columns = page.columns("amount")
    if not columns or len(page.above) > 4:
        return False
    page.above.append([dice.choice(("单位：万元", "金额单位：万元", "（单位：万元）"))])
    for column in columns:
        page.headers[column.name] = bare(column.name)
        page.restyled.add(column.name)
        page.restyle(column.name, lambda text: _amount_as(text, _in_wan))
    return True


def bare(header: str) -> str:
    """A header without its unit."""
    return re.sub(r"[（(][^（）()]*[）)]$", "", header)


@habit("unit with the number", ("number",))
def unit_with_number(page: Page, dice: Dice) -> bool:
    columns = [column for column in page.columns("number") if column.unit]
    spellings = {"亩": ("亩", " 亩"), "平方米": ("㎡", "平方米", "平米", "m²")}
    if not columns:
        return False
    unit = dice.choice(spellings[columns[0].unit or ""])
    return page.restyle(columns[0].name, lambda text: text + unit)


@habit("number cells", ("number", "integer"), workbook=True)
def number_cells(page: Page, dice: Dice) -> bool:
    """Short numbers as numbers, as a spreadsheet makes of them when typed."""
    columns = page.columns("number", "integer")
    return any(
        [page.restyle(c.name, lambda t: float(t) if re.fullmatch(r"\d{1,6}(\.\d+)?", t) else None) for c in columns]
    )


@habit("code cells as numbers", ("village_code", "town_code"), workbook=True)
def village_codes_as_numbers(page: Page, dice: Dice) -> bool:
    """A village code has 12 digits: a number cell keeps them."""
    columns = page.columns("village_code", "town_code")
    return bool(columns) and page.restyle(dice.choice(columns).name, lambda text: int(text))


@habit("counts with their word", ("integer",))
def counts_with_words(page: Page, dice: Dice) -> bool:
    words = {"票据张数": "张", "照片数": "张", "日志字数": "字", "年龄下限": "周岁", "候选排名": "名"}
    columns = [column for column in page.columns("integer") if column.name in words]
    return bool(columns) and page.restyle(columns[0].name, lambda text: text + words[columns[0].name])


@habit("shares as percent", ("percent",))
def shares_as_percent(page: Page, dice: Dice) -> bool:
    columns = page.columns("percent")
    return bool(columns) and page.restyle(columns[0].name, lambda text: f"{text}%")


# ID numbers, accounts, yes and no


def numbers(name: str, kinds: tuple[str, ...], write: Callable[[str], str | None]) -> None:
    @habit(name, kinds)
    def apply(page: Page, dice: Dice) -> bool:
        columns = page.columns(*kinds)
        return bool(columns) and any([page.restyle(column.name, write) for column in columns])


def _in_15(number: str) -> str | None:
    old = number[:6] + number[8:17]
    lawful = _full(number) and number[6:8] == "19" and number[8:10] != "20"
    return old if lawful and not mod_11_10.is_valid(old) else None  # might be a 工商注册号 otherwise


numbers("ID of 15 digits", PERSONS, _in_15)
numbers("ID with a small x", PERSONS, lambda n: n.lower() if n.endswith("X") else None)
numbers("ID in groups", PERSONS, lambda n: f"{n[:6]} {n[6:14]} {n[14:]}" if _full(n) else None)
numbers("ID after an apostrophe", PERSONS, lambda n: f"'{n}" if _full(n) else None)
numbers("ID in full-width digits", PERSONS, lambda n: n.translate(FULL_WIDTH) if _full(n) else None)
numbers("ID with a tab or blank behind", PERSONS, lambda n: n + "\t " if _full(n) else None)
numbers("account in groups of four", ("account",), lambda n: " ".join(re.findall(".{1,4}", n)))
numbers("account with hyphens", ("account",), lambda n: "-".join(re.findall(".{1,4}", n)))
numbers("telephone with +86", ("phone",), lambda n: f"+86 {n}" if n.startswith("1") else None)
numbers("credit code in small letters", ("credit_code",), lambda n: n.lower())


def ticks(name: str, yes: str, no: str) -> None:
    @habit(name, ("yes_no",))
    def apply(page: Page, dice: Dice) -> bool:
        columns = page.columns("yes_no")
        return bool(columns) and page.restyle(dice.choice(columns).name, {"是": yes, "否": no}.get)


ticks("ticks √ and ×", "√", "×")
ticks("ticks ☑ and ☐", "☑", "☐")
ticks("ticks in Wingdings 2", "R", "£")
ticks("ticks in Wingdings", "\uf0fe", "\uf0a8")
ticks("yes and no as Y and N", "Y", "N")
ticks("yes and no as 1 and 0", "1", "0")

# Characters

FULL_WIDTH = {ord(mark): ord(mark) + 0xFEE0 for mark in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _each_text(page: Page, dice: Dice, kinds: tuple[str, ...], write: Callable[[str], str]) -> bool:
    changed = False
    for column in page.columns(*kinds):
        for line in page.data():
            cell = line.cells.get(column.name)
            if isinstance(cell, str) and cell and line.wrong != column.name and dice.random() < 0.5:
                line.cells[column.name] = write(cell)
                changed = True
    return changed


@habit("blanks and U+3000 around cells")
def blanks_around(page: Page, dice: Dice) -> bool:
    return _each_text(
        page, dice, (*WORDS, *DATES, *PERSONS), lambda cell: dice.choice((" ", "　", "\xa0")) + cell + "　"
    )


@habit("zero-width characters")
def zero_width(page: Page, dice: Dice) -> bool:
    def write(cell: str) -> str:
        at = dice.randrange(len(cell) + 1)
        return cell[:at] + dice.choice(("\u200b", "\ufeff", "\u200e", "\u2060")) + cell[at:]

    return _each_text(page, dice, (*WORDS, *PERSONS, "account"), write)


@habit("line breaks in cells")
def line_breaks(page: Page, dice: Dice) -> bool:
    return _each_text(page, dice, ("name", "unit", "company_name", *PERSONS), lambda cell: f"{cell[:-1]}\n{cell[-1]}")


@habit("names spread out")
def spread_names(page: Page, dice: Dice) -> bool:
    return _each_text(page, dice, ("name",), lambda cell: "　".join(cell) if len(cell) == 2 else cell)


@habit("full-width letters and digits")
def full_width(page: Page, dice: Dice) -> bool:
    kinds = ("code", "amount", "account", "phone", "village_code", "credit_code")
    return _each_text(page, dice, kinds, lambda cell: cell.translate(FULL_WIDTH))


# Headers

ID_SPELLINGS = ("身份证号码", "身份证", "公民身份号码", "公民身份证号", "居民身份证号", "身份证件号码", "身份证明号码")
ACCOUNT_SPELLINGS = ("帐号", "卡号", "一卡通号", "银行卡号", "银行账号", "银行帐号", "一卡通账号")


@habit("headers by another name")
def aliases(page: Page, dice: Dice) -> bool:
    for name in page.order:
        column = page.source.columns.get(name)
        if column is None or name in page.headers:
            continue
        others = list(column.aliases)
        if column.kind in PERSONS and name.endswith("身份证号"):
            others += [name.replace("身份证号", other) for other in ID_SPELLINGS]
        if column.kind == "account" and name == "账号" and page.source.id != "transfers":
            others += ACCOUNT_SPELLINGS
        if others and dice.random() < 0.6:
            page.headers[name] = dice.choice(others)
    return bool(page.headers)


@habit("户主 or 本人 before the header")
def own_headers(page: Page, dice: Dice) -> bool:
    if page.source.id not in ("payments", "registers"):
        return False
    word = dice.choice(("户主", "享受人员"))
    page.headers |= {name: word + name for name in ("姓名", "身份证号") if name not in page.headers}
    return True


def headers(name: str, write: Callable[[str, Dice], str]) -> None:
    @habit(name)
    def apply(page: Page, dice: Dice) -> None:
        for column in page.order:
            if column != "序号" and dice.random() < 0.5:
                page.headers[column] = write(page.headers.get(column, column), dice)


BRACKETS = str.maketrans("（）()", "()（）")


@habit("brackets of the other width")
def other_brackets(page: Page, dice: Dice) -> bool:
    bracketed = [name for name in page.order if re.search("[（(]", page.headers.get(name, name))]
    page.headers |= {name: page.headers.get(name, name).translate(BRACKETS) for name in bracketed}
    return bool(bracketed)


@habit("half of a bracket of the other width")
def mixed_brackets(page: Page, dice: Dice) -> bool:
    bracketed = [name for name in page.order if "）" in page.headers.get(name, name)]
    page.headers |= {name: page.headers.get(name, name).replace("）", ")") for name in bracketed}
    return bool(bracketed)


@habit("units in headers", ("amount",))
def units_in_headers(page: Page, dice: Dice) -> bool:
    amounts = [c for c in page.columns("amount") if c.name not in page.headers]
    for column in amounts:
        page.headers[column.name] = bare(column.name) + dice.choice(("（元）", "(元)", "（单位：元）", "（人民币元）"))
    return bool(amounts)


@habit("two kinds of value in one column")
def two_kinds(page: Page, dice: Dice) -> bool:
    """The header says that ID numbers or birth months, or one of three numbers of a company, stand there; here it is the first."""
    of_firms = dice.choice(("社会信用代码/组织机构代码", "社会信用代码/组织机构代码/工商注册号"))
    names = {"身份证号": "身份证号/出生年月", "统一社会信用代码": of_firms}
    found = [name for name in page.order if name in names and name not in page.headers]
    page.headers |= {name: names[name] for name in found}
    return bool(found)


headers(
    "asterisks at headers", lambda text, dice: dice.choice((f"{text}*", f"*{text}", f"{text}＊", f"{text}（必填）"))
)
headers("blanks in headers", lambda text, dice: dice.choice((" ", "　", "")) + (dice.choice((" ", "　")).join(text)))
headers("line breaks in headers", lambda text, dice: f"{text[:2]}\n{text[2:]}" if len(text) > 2 else text)
headers("colons at headers", lambda text, dice: f"{text}：")


@habit("two-row header")
def two_row_header(page: Page, dice: Dice) -> bool:
    """父亲 over 姓名 and 身份证号, the other headers merged over both rows."""
    pairs: dict[str, list[str]] = {}
    for first, second in zip(page.order, page.order[1:], strict=False):
        shared = re.match(r"(\w{2,6}?)(?:姓名|身份证号|账号|户名)", first)
        if shared and second.startswith(shared[1]) and first not in page.headers and second not in page.headers:
            pairs[shared[1]] = [first, second]
    for word, names in pairs.items():
        for name in names:
            page.groups[name] = word
            page.headers[name] = name.removeprefix(word)
    return bool(pairs)


@habit("words over groups of columns")
def group_row(page: Page, dice: Dice) -> bool:
    """A row of merged words over a header that is whole in itself."""
    if page.groups or len(page.above) > 4:
        return False
    words: Noise = [""] * len(page.order)
    words[0] = "基本情况"
    words[len(words) // 2] = "具体内容"
    page.above.append(words)
    return True


# Above the header


def above(name: str, write: Callable[[Page, Dice], str]) -> None:
    @habit(name)
    def apply(page: Page, dice: Dice) -> bool:
        if len(page.above) > 4:
            return False
        page.above.insert(0, [write(page, dice)])
        return True


above("date line", lambda page, dice: dice.choice(("填报日期：2021年3月5日", "2021.3.5", "日期：2021年  月  日")))
above("unit line", lambda page, dice: dice.choice(("单位：元", "金额单位：元", "（单位：元、人、亩）")))
above("signers' line", lambda page, dice: "编制单位：　　制表人：张三　　经办人：　　审批人：李四")
above("stamp line", lambda page, dice: f"{page.town or '某某镇'}人民政府（盖章）")
above(
    "title",
    lambda page, dice: (
        f"{page.year or '2021'}年{page.town}{page.source.title}{dice.choice(('清册', '明细表', '花名册', '公示表'))}"
    ),
)
above("attachment number", lambda page, dice: dice.choice(("附件1", "附件2：", "附表三")))


@habit("blank row above the header")
def blank_above(page: Page, dice: Dice) -> bool:
    if len(page.above) > 4:
        return False
    page.above.insert(dice.randrange(len(page.above) + 1), [])
    return True


@habit("blank first column")
def blank_first_column(page: Page, dice: Dice) -> None:
    """The table begins in column B."""
    page.order.insert(0, "no column")
    page.headers["no column"] = ""
    for line in page.lines:
        if isinstance(line, list):
            line.insert(0, "")
    for row in (*page.above, *page.below):
        row.insert(0, "")


def days_after(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
