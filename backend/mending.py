"""Quarantined records for those who mend them: whose they are, why, and a workbook that can be mended and sent back; and empty
workbooks to fill in."""

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from backend.accounts import Viewer, may
from backend.exports import LONGEST_CELL
from graph_loader.cells import masked_text
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Evidence, masked_cell
from graph_loader.layouts import EXPLANATIONS
from graph_loader.sources import Column, Source, departmental
from graph_loader.tables import STANDS_FOR

SECRET_KINDS = ("person_id", "person_or_company_id", "account", "phone")
NUMBER_KINDS = ("amount", "wan_amount", "number", "integer", "percent")
ROWS_TO_FILL = 2_000
"""Rows of an empty workbook that are prepared: text format and drop-down lists."""

KIND_NOTES: dict[str, tuple[str, str]] = {
    "code": ("编号或代码，按原样填写", "A0012"),
    "text": ("文字", ""),
    "title": ("名称", ""),
    "name": ("姓名或名称，一格只填一个", "张某"),
    "unit": ("单位全称", "某镇人民政府"),
    "company_name": ("企业或单位全称", "某某建设有限公司"),
    "payee_name": ("收款人姓名或单位全称", "张某"),
    "person_id": ("18 位身份证号，文本格式，末位 X 大写", "43122619640511****"),
    "credit_code": ("18 位统一社会信用代码，文本格式", "91431226MA4L****XX"),
    "person_or_company_id": ("个人填 18 位身份证号，单位填 18 位统一社会信用代码，文本格式", "43122619640511****"),
    "account": ("完整账号，文本格式，不加空格", "6217************017"),
    "phone": ("一个手机或座机号码，文本格式", "139****0000"),
    "date": ("日期，年-月-日", "2019-05-17"),
    "from_date": ("日期，年-月-日", "2019-05-17"),
    "to_date": ("日期，年-月-日；尚未结束则留空", "2020-12-31"),
    "amount": ("金额，单位元，只填数字", "1200.00"),
    "wan_amount": ("金额，单位万元，只填数字", "50"),
    "number": ("数字", "3.5"),
    "percent": ("百分比，带百分号", "51%"),
    "integer": ("整数", "3"),
    "yes_no": ("填是或否", "是"),
    "list": ("可填多项，用分号隔开", "房产；车辆"),
    "choice": ("从下拉列表中选一项", ""),
    "village_code": ("12 位统计用区划代码，文本格式", "431226101203"),
    "town_code": ("9 位统计用区划代码，文本格式", "431226101"),
    "village_or_unit": ("12 位村编码，或单位全称", "431226101203"),
}
"""What goes into a column, and an example, by kind; the numbers of the examples are no one's."""


@dataclass(frozen=True)
class Wish:
    """Which quarantined records are asked for; an empty part asks for all."""

    delivery: str = ""
    sender: str = ""
    table: str = ""
    file: str = ""
    reason: str = ""

    def fits(self, record: Mapping[str, Any]) -> bool:
        return all(
            not wanted or record[part] == wanted for part, wanted in vars(self).items() if part != "reason"
        ) and (not self.reason or self.reason in record["reasons"])


def records(evidence: Evidence, viewer: Viewer | None = None) -> list[dict[str, Any]]:
    """Quarantined records the viewer may see (None: the machine's owner, all), as `Evidence.quarantined` gives them, and `sender`, the
    department that sends their table, `title` of the table, `reasons`, each wrong column with what is wrong, values left out."""
    own = viewer is not None and not may(viewer, "see_leads")
    by = {delivery.id: delivery.by for delivery in evidence.in_force()} if own else {}
    found = []
    for record in evidence.quarantined():
        if own and viewer and by.get(record["delivery"]) != viewer.name:
            continue
        source = evidence.sources[record["table"]]
        reasons = [name + general(fault) for name, fault in record["faults"].items()]
        found.append({**record, "sender": source.sender, "title": source.title, "reasons": reasons})
    return found


def doubtful(evidence: Evidence, delivery: Delivery) -> list[dict[str, Any]]:
    """Rows of a delivery that still stand, with an ID number whose check digit is wrong: `table, file, sheet, row, column, name`."""
    found: list[dict[str, Any]] = []
    in_force = evidence.rows_in_force()
    with duckdb.connect() as db:
        for table in delivery.tables():
            source, rows = evidence.sources[table], evidence.rows_of(delivery.id, table)
            for column in source.columns.values() if rows else ():
                if column.wrong_check == "unidentified":
                    named = f'"{column.name_column}"' if column.name_column else "''"
                    wrong = f'SELECT * FROM {rows} WHERE NOT "{column.name}@identified"'
                    if table not in in_force or not db.execute(f"{wrong} LIMIT 1").fetchall():
                        continue
                    standing = f"SELECT _key FROM {in_force[table]} WHERE _delivery = '{delivery.id}'"
                    cursor = db.execute(
                        f"SELECT _file, _sheet, _row, {named} FROM ({wrong}) SEMI JOIN ({standing}) USING (_key) ORDER BY ALL"
                    )
                    found += [
                        {"table": table, "file": file, "sheet": sheet, "row": row, "column": column.name, "name": name}
                        for file, sheet, row, name in cursor.fetchall()
                    ]
    return found


def general(fault: str) -> str:
    """What is wrong, without the value that is: the same for all cells with the same fault."""
    return re.sub(r"（应为[^）]*）|只有(?=\d)|\d+位(?=，可能)", "", re.sub(r"「[^」]*」", "所填内容", fault))


def masked_row(record: Mapping[str, Any], sources: Mapping[str, Source]) -> list[dict[str, str]]:
    """The record as a page shows it: `column`, `cell` with numbers masked, `fault` where it is wrong. Wrong columns that are empty too."""
    source = sources[record["table"]]
    return [
        {
            "column": name,
            "cell": masked_cell(record["cells"].get(name, ""), column.kind in SECRET_KINDS),
            "fault": masked_text(record["faults"].get(name, "")),
        }
        for name, column in source.columns.items()
        if record["cells"].get(name) or name in record["faults"]
    ]


# Workbooks


def workbook(found: Iterable[Mapping[str, Any]], sources: Mapping[str, Source]) -> bytes:
    """A workbook to mend: a sheet a table, rows as they came under canonical headers with full values as text, wrong cells marked, the four
    columns that say which row each stands for locked; and a sheet that lists what is wrong."""
    by_table: dict[str, list[Mapping[str, Any]]] = {}
    for record in found:
        by_table.setdefault(record["table"], []).append(record)

    def fill(book: xlsxwriter.Workbook) -> None:
        listed: list[list[str]] = []
        for table, rows in by_table.items():
            if sources[table].ocds:
                listed += [
                    [sources[table].title, str(row["row"]), name, f"{fault}（请在来源系统改正后重新导出）"]
                    for row in rows
                    for name, fault in row["faults"].items()
                ]
                continue
            sheet = _Sheet(book, sources[table], len(rows))
            sheet.line("标黄的单元格需要修改，批注写明原因。改好后保存，把本文件照常上传即可。灰色四列请勿改动")
            sheet.header([*STANDS_FOR])
            for row in rows:
                listed += sheet.record(row)
            sheet.protect()
        _explain(book, ("表", "行", "列", "原因和改法"), listed)

    return _book(fill)


def template(source: Source) -> bytes:
    """An empty workbook for a table: headers (required ones with *), notes, drop-down lists, text format; and a sheet of explanations."""

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = _Sheet(book, source, ROWS_TO_FILL)
        sheet.header([])
        _explain(
            book,
            ("列", "必填", "填什么", "示例", "可选值"),
            [
                [name, "必填" if column.required else "", *KIND_NOTES[column.kind], "、".join(choices_of(column))]
                for name, column in source.columns.items()
            ],
        )

    return _book(fill)


def _book(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    content = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(content, as_text) as book:
        fill(book)
    return content.getvalue()


def choices_of(column: Column) -> tuple[str, ...]:
    return ("是", "否") if column.kind == "yes_no" else column.choices


class _Sheet:
    """One table's sheet while it is written."""

    def __init__(self, book: xlsxwriter.Workbook, source: Source, rows: int) -> None:
        self.source = source
        self.sheet: Worksheet = book.add_worksheet(source.title)
        self.rows = rows
        self.at = 0
        # `quote_prefix`: a cell that begins like a formula stays the text it is, and no apostrophe gets into its value.
        edge = {"border": 1, "border_color": "#D0D5DD", "valign": "top", "quote_prefix": True}
        self.heading = book.add_format({**edge, "bold": True, "bg_color": "#EFF8FF", "text_wrap": True})
        self.cell = book.add_format({**edge, "num_format": "@", "locked": False})
        self.wrong = book.add_format({**edge, "num_format": "@", "locked": False, "bg_color": "#FEDF89"})
        self.fixed = book.add_format({**edge, "num_format": "@", "font_color": "#667085", "bg_color": "#EAECF0"})
        self.remark = book.add_format({"bold": True, "font_color": "#B54708"})
        self.columns = list(source.columns.values())

    def line(self, text: str) -> None:
        self.sheet.write_string(self.at, 0, text, self.remark)
        self.at += 1

    def header(self, more: list[str]) -> None:
        for place, column in enumerate(self.columns):
            self.sheet.set_column(place, place, max(12, 2.2 * len(column.name) + 2), self.cell)
            unit = "（万元）" if column.kind == "wan_amount" and "万元" not in column.name else ""
            self._write(self.at, place, column.name + unit + ("*" if column.required else ""), self.heading)
            what, example = KIND_NOTES[column.kind]
            note = ("必填。" if column.required else "选填。") + what + (f"，例如 {example}" if example else "")
            self.sheet.write_comment(self.at, place, note, {"x_scale": 1.6})
            if choices := choices_of(column):
                last = self.at + max(self.rows, 1)
                self.sheet.data_validation(
                    self.at + 1,
                    place,
                    last,
                    place,
                    {
                        "validate": "list",
                        "source": list(choices),
                        "error_type": "warning",
                        "error_message": "请从列表中选择",
                    },
                )
        for place, name in enumerate(more, len(self.columns)):
            self.sheet.set_column(place, place, 14, self.fixed)
            self._write(self.at, place, name, self.fixed)
        self.at += 1
        self.sheet.freeze_panes(self.at, 0)

    def record(self, record: Mapping[str, Any]) -> list[list[str]]:
        """Writes one record and gives what is wrong with it: table, row here, column, what to do."""
        listed = []
        for place, column in enumerate(self.columns):
            cell, fault = record["cells"].get(column.name, ""), record["faults"].get(column.name)
            self._write(self.at, place, cell, self.wrong if fault else self.cell)
            if fault:
                self.sheet.write_comment(self.at, place, f"{column.name}{fault}", {"x_scale": 2, "y_scale": 1.2})
                listed.append([self.source.title, str(self.at + 1), column.name, fault])
        place_of = (record["delivery"], record["file"], record["sheet"], str(record["row"]))
        for place, text in enumerate(place_of, len(self.columns)):
            self._write(self.at, place, text, self.fixed)
        self.at += 1
        return listed

    def protect(self) -> None:
        """Locks what is not to be changed. No password: it guards against slips, not against people."""
        free = ("format_cells", "format_columns", "format_rows", "sort", "autofilter")
        self.sheet.protect("", dict.fromkeys(free, True))

    def _write(self, row: int, column: int, text: str, form: Format) -> None:
        self.sheet.write_string(row, column, text[:LONGEST_CELL], form)


def _explain(book: xlsxwriter.Workbook, headings: tuple[str, ...], rows: list[list[str]]) -> None:
    sheet = book.add_worksheet(EXPLANATIONS)
    bold = book.add_format({"bold": True, "bg_color": "#EFF8FF", "border": 1, "border_color": "#D0D5DD"})
    wrap = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "border_color": "#D0D5DD"})
    for place, heading in enumerate(headings):
        sheet.write_string(0, place, heading, bold)
        sheet.set_column(place, place, 60 if place == len(headings) - 1 else 22)
    for number, row in enumerate(rows, 1):
        for place, text in enumerate(row):
            sheet.write_string(number, place, text[:LONGEST_CELL], wrap)
    sheet.freeze_panes(1, 0)


def source_of(table: str) -> Source:
    """A departmental table by its id or Chinese title. Raises GuanxiError."""
    sources = departmental()
    found = sources.get(table) or next((source for source in sources.values() if source.title == table), None)
    if found is None:
        titles = "、".join(source.title for source in sources.values())
        raise GuanxiError(f"There is no table {table!r}: choose one of {titles}.")
    return found
