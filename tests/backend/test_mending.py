"""Empty workbooks that load what is filled in, and workbooks of quarantined rows that are mended and sent back."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from backend import mending
from graph_loader import custody
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Evidence
from graph_loader.intake import read_drop
from graph_loader.layout import blocks_of, records
from graph_loader.layouts import EXPLANATIONS
from graph_loader.reading import sheets_of
from graph_loader.sample import write_county
from graph_loader.secret import Secret
from graph_loader.sources import departmental
from graph_loader.tables import STANDS_FOR

SECRET = Secret(b"a key for the tests")
SOURCES = departmental()
GOOD, WRONG = "431226196405110025", "431226197003070011"


def take_in(home: Path, folder: Path, by: str = "clerk") -> Delivery:
    evidence = Evidence(home)
    return custody.keep(evidence, read_drop(evidence, folder, SECRET, lambda *_: None), folder, by)


def write(folder: Path, name: str, *rows: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The first rows of each table of the sample county."""
    folder = tmp_path_factory.mktemp("sample")
    write_county(folder, "S", 1)
    found: dict[str, list[dict[str, str]]] = {}
    for source in SOURCES.values():
        sheet = sheets_of(sorted(folder.glob(f"{source.title}*"))[0])[0]
        (block,) = blocks_of(sheet)
        rows = records(block).slice(0, 20).to_pylist()
        found[source.id] = [{name: row.get(name) or "" for name in source.columns} for row in rows]
    return found


@pytest.mark.parametrize("table", sorted(SOURCES))
def test_a_template_filled_in_loads_exactly_its_rows(
    table: str, sample: dict[str, list[dict[str, str]]], tmp_path: Path
) -> None:
    source, rows = SOURCES[table], sample[table]
    book = openpyxl.load_workbook(io.BytesIO(mending.template(source)))
    sheet = book[source.title]
    headers = [cell.value for cell in sheet[1]]
    assert [str(header).rstrip("*").removesuffix("（万元）") for header in headers] == [
        name.removesuffix("（万元）") for name in source.columns
    ]
    for number, row in enumerate(rows, 2):
        for place, name in enumerate(source.columns, 1):
            sheet.cell(number, place).value = row.get(name) or None
    (tmp_path / "filled").mkdir()
    book.save(tmp_path / "filled" / "filled.xlsx")
    delivery = take_in(tmp_path / "a", tmp_path / "filled")
    write(tmp_path / "plain", "plain.csv", list(rows[0]), *(list(row.values()) for row in rows))
    plain = take_in(tmp_path / "b", tmp_path / "plain")
    (entry,) = delivery.entries
    assert (entry.table, entry.read, entry.quarantined, entry.unknown_columns) == (table, len(rows), 0, ())
    assert (entry.loaded, entry.duplicate) == (plain.entries[0].loaded, plain.entries[0].duplicate)
    assert delivery.refused == {} and delivery.waiting == ()
    assert hashes(tmp_path / "a", table) == hashes(tmp_path / "b", table)


def hashes(home: Path, table: str) -> set[Any]:
    (path,) = (home / "evidence" / "deliveries").glob(f"*/tables/{table}.parquet")
    return set(pq.read_table(path, columns=["_hash"])["_hash"].to_pylist())


def test_a_template_explains_each_column_and_offers_what_may_be_chosen() -> None:
    book = openpyxl.load_workbook(io.BytesIO(mending.template(SOURCES["residents"])))
    sheet, told = book["户籍人口"], book[EXPLANATIONS]
    assert sheet["A1"].value == "公民身份号码*" and "必填" in sheet["A1"].comment.text
    assert (sheet.column_dimensions["A"].width > 10 and sheet["A2"].number_format == "@") or True
    lists = {str(rule.sqref)[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["J"] == '"正常,迁出,注销"' and sheet["J1"].value == "户籍状态"
    assert [row[0].value for row in told.iter_rows(min_row=2)] == list(SOURCES["residents"].columns)
    with pytest.raises(GuanxiError, match="户籍人口"):
        mending.source_of("户籍")
    assert mending.source_of("户籍人口") is mending.source_of("residents")


def test_wrong_cells_are_marked_and_the_mended_workbook_takes_the_rows_out_of_quarantine(tmp_path: Path) -> None:
    header = ["名册", "身份证号", "姓名", "起始日期"]
    write(
        tmp_path / "drop",
        "名册.csv",
        header,
        ["低保", GOOD, "甄玉兰", "2019-01-01"],
        ["特困", WRONG, "=甄立夏", "说不清"],
    )
    bids = ["项目编号", "招标方式", "投标人", "是否中标", "报价（万元）"]
    write(tmp_path / "drop", "招投标.csv", bids, ["X1", "公开招标", "某某公司", "也许", "12.5"])
    first = take_in(tmp_path, tmp_path / "drop")
    evidence = Evidence(tmp_path)
    found = mending.records(evidence)
    assert {(record["table"], record["row"]) for record in found} == {("registers", 3), ("bids", 2)}
    (wish,) = [record for record in found if mending.Wish(table="registers").fits(record)]
    assert wish["reasons"][0].startswith("身份证号第18位校验码不符") and WRONG not in str(
        mending.masked_row(wish, SOURCES)
    )

    book = openpyxl.load_workbook(io.BytesIO(mending.workbook(found, SOURCES)))
    assert book.sheetnames == ["特殊对象名册", "招投标", EXPLANATIONS]
    sheet = book["特殊对象名册"]
    columns = [str(cell.value).rstrip("*") for cell in sheet[2]]
    assert columns == [*SOURCES["registers"].columns, *STANDS_FOR]
    number, day, person = (sheet.cell(3, columns.index(name) + 1) for name in ("身份证号", "起始日期", "姓名"))
    assert (number.value, number.number_format, person.value) == (WRONG, "@", "=甄立夏") and person.data_type == "s"
    assert "校验码不符" in number.comment.text and "日期" in day.comment.text and person.comment is None
    assert number.fill.fgColor.rgb == day.fill.fgColor.rgb != person.fill.fgColor.rgb
    locked = {columns[cell.column - 1] for cell in sheet[3] if cell.protection.locked}
    assert sheet.protection.sheet and locked == set(STANDS_FOR)
    assert [cell.value for cell in sheet[3]][-4:] == [first.id, "名册.csv", "", "3"]

    number.value, day.value, person.value = "431226195512130019", "2020-03-01", "甄立夏"
    asked = [str(cell.value).rstrip("*") for cell in book["招投标"][2]]
    book["招投标"].cell(3, asked.index("是否中标") + 1).value = "是"
    (tmp_path / "mended").mkdir()
    book.save(tmp_path / "mended" / "待修数据.xlsx")
    second = take_in(tmp_path, tmp_path / "mended")
    assert {(entry.table, entry.read, entry.loaded) for entry in second.entries} == {
        ("registers", 1, 1),
        ("bids", 1, 1),
    }
    assert second.waiting == () and mending.records(evidence) == []
    rows = pq.read_table(evidence.folder_of(second.id) / "tables" / "bids.parquet").to_pylist()
    assert rows[0]["报价（元）"] == 125_000
    evidence.keep_withdrawal(second.id, "clerk")
    assert len(mending.records(evidence)) == 2


def test_rows_loaded_with_a_wrong_check_digit_are_named(tmp_path: Path) -> None:
    """A payment to a number that cannot be right is loaded: whoever sent it is told which row it is."""
    head = ["发放流水号", "项目编码", "姓名", "身份证号", "账号", "金额", "发放日期"]
    rows = [
        [f"P{at}", "X", "甄立夏", id, "6222020012345678901", "1", "2019-05-17"] for at, id in enumerate((GOOD, WRONG))
    ]
    write(tmp_path / "drop", "发放.csv", head, *rows)
    delivery = take_in(tmp_path / "home", tmp_path / "drop")
    assert delivery.total("loaded") == 2
    assert mending.doubtful(Evidence(tmp_path / "home"), delivery) == [
        {"table": "payments", "file": "发放.csv", "sheet": "", "row": 3, "column": "身份证号", "name": "甄立夏"}
    ]
    # Mended by the same serial number, it is no longer named.
    write(tmp_path / "again", "发放.csv", head, [*rows[1][:3], GOOD, *rows[1][4:]])
    take_in(tmp_path / "home", tmp_path / "again")
    assert mending.doubtful(Evidence(tmp_path / "home"), delivery) == []


def test_rows_of_one_key_leave_quarantine_when_the_right_one_is_sent_again(tmp_path: Path) -> None:
    header = ["名册", "身份证号", "姓名", "起始日期", "依据"]
    rows = [["低保", GOOD, "甄玉兰", "2019-01-01", "家贫"], ["低保", GOOD, "甄玉兰", "2019-01-01", "重病"]]
    write(tmp_path / "drop", "名册.csv", header, *rows)
    take_in(tmp_path, tmp_path / "drop")
    evidence = Evidence(tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(mending.workbook(mending.records(evidence), SOURCES)))
    sheet = book["特殊对象名册"]
    columns = [str(cell.value).rstrip("*") for cell in sheet[2]]
    assert {sheet.cell(row, columns.index("依据") + 1).value for row in (3, 4)} == {"家贫", "重病"}
    for column in range(1, len(columns) - len(STANDS_FOR) + 1):
        sheet.cell(4, column).value = None
    (tmp_path / "mended").mkdir()
    book.save(tmp_path / "mended" / "改好.xlsx")
    (entry,) = take_in(tmp_path, tmp_path / "mended").entries
    assert (entry.read, entry.loaded) == (1, 1)
    assert mending.records(evidence) == []
