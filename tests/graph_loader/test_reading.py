"""Files become text cells with the row numbers a spreadsheet shows; what would mislead or break is refused in one sentence."""

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_loader.errors import GuanxiError
from graph_loader.layout import blocks_of, records
from graph_loader.reading import kind_of, sheets_of

REGISTERS = "名册,身份证号,姓名,起始日期\n"


def file(folder: Path, content: bytes, name: str = "名册.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows_of(path: Path) -> list[list[str]]:
    (sheet,) = sheets_of(path)
    return sheet.head(1_000)


def data_of(path: Path) -> pa.Table:
    (sheet,) = sheets_of(path)
    (block,) = blocks_of(sheet)
    return records(block)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = file(tmp_path, "名册,姓名\n低保,㛃圳龘\n".encode(encoding))
    assert rows_of(path) == [["名册", "姓名"], ["低保", "㛃圳龘"]]


def test_gb18030_is_decided_on_the_whole_file(tmp_path: Path) -> None:
    late = ("a,b\n" * 5_000 + "低保,张三\n").encode("gb18030")
    assert rows_of(file(tmp_path, late))[0] == ["a", "b"]
    assert sheets_of(file(tmp_path, late))[0].cells.column(1)[-1].as_py() == "张三"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_with_and_without_a_mark(tmp_path: Path, encoding: str) -> None:
    path = file(tmp_path, "名册,姓名\n低保,张三\n".encode(encoding))
    assert rows_of(path) == [["名册", "姓名"], ["低保", "张三"]]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00a\x00", b"a,\x81", "名册".encode() + b"\xff\xff,1\n", b"a,b\x00", b"\x00\xd8\x00\x00"]
)
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(GuanxiError, match=r"名册.csv is neither UTF-8 nor GB18030 nor UTF-16"):
        sheets_of(file(tmp_path, content))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_sheets(tmp_path: Path, content: bytes) -> None:
    assert sheets_of(file(tmp_path, content)) == []


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    path = file(tmp_path, f"名册{delimiter}姓名\n低保{delimiter}张三\n".encode())
    assert rows_of(path) == [["名册", "姓名"], ["低保", "张三"]]


def test_row_numbers_count_records_blank_lines_and_titles(tmp_path: Path) -> None:
    text = "某县名册\n\n" + REGISTERS + '低保,1,"张\n三",2019\n\n特困,2,李四,2019\n'
    table = data_of(file(tmp_path, text.encode()))
    assert table["_row"].to_pylist() == [4, 6]
    assert table["姓名"].to_pylist() == ["张\n三", "李四"]


def test_an_open_quote_is_refused_and_swallows_nothing(tmp_path: Path) -> None:
    with pytest.raises(GuanxiError, match=r"名册.csv has a cell that cannot be read"):
        sheets_of(file(tmp_path, (REGISTERS + '低保,1,"张三,2019\n特困,2,李四,2019\n').encode()))


def test_totals_signatures_blank_rows_and_repeated_headers_are_no_data(tmp_path: Path) -> None:
    text = (
        "序号," + REGISTERS
        + "1,低保,1,张三,2019\n,小计,,,\n,,,,\n2,　, ,,\n序号," + REGISTERS
        + "3,低保,2,李四,2019\n合计,,,2人,\n本页合计,低保,,2人,\n制表人：某某　审核人：某某,,,,\n,,,合计,\n"
    )  # fmt: skip
    table = data_of(file(tmp_path, text.encode()))
    assert table["姓名"].to_pylist() == ["张三", "李四"]
    assert table["_row"].to_pylist() == [2, 7]


def test_a_row_without_its_key_is_still_data(tmp_path: Path) -> None:
    text = REGISTERS + ",1,张三,2019\n合计,431299196803120112,,2019\n低保,,总计划,2019\n"
    table = data_of(file(tmp_path, text.encode()))
    assert table["_row"].to_pylist() == [2, 4]


def test_unknown_and_unnamed_columns_are_kept(tmp_path: Path) -> None:
    text = "序号,名册,身份证号,姓名,起始日期,备注,备注,,_row\n7,低保,1,张三,2019,甲,乙,丙,丁\n"
    table = data_of(file(tmp_path, text.encode()))
    assert table.to_pylist() == [
        {
            "序号": "7", "名册": "低保", "身份证号": "1", "姓名": "张三", "起始日期": "2019",
            "备注": "甲", "备注(2)": "乙", "第8列": "丙", "row": "丁", "_row": 2, "_record": 0,
        }
    ]  # fmt: skip


def test_a_header_without_rows_gives_no_rows(tmp_path: Path) -> None:
    assert len(data_of(file(tmp_path, REGISTERS.encode()))) == 0


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=6)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(cells, min_size=2, max_size=3), min_size=1, max_size=6))
def test_any_written_csv_is_read_back(tmp_path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["名册", "姓名", "备注"], *rows])
    read = rows_of(file(tmp_path, text.getvalue().encode()))
    assert [row[: len(rows[i])] for i, row in enumerate(read[1:])] == rows


# Workbooks


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(i, j, cell)
    return path


def test_cells_of_a_workbook_as_text(tmp_path: Path) -> None:
    row = [
        "0012",
        12,
        12.5,
        0.1 + 0.2,
        431226199001011234,
        date(2019, 5, 17),
        datetime(2019, 5, 17, 8, 30),
        True,
        None,
        43602,
    ]
    path = workbook(tmp_path / "a.xlsx", {"一": [row]})
    assert rows_of(path) == [
        ["0012", "12", "12.5", "0.3", "4.31226199001011E+17", "2019-05-17", "2019-05-17 08:30:00", "是", "", "43602"]
    ]  # fmt: skip


def test_row_numbers_of_a_workbook_are_true(tmp_path: Path) -> None:
    head: list[object] = [None, "名册", "身份证号", "姓名", "起始日期"]
    rows: list[list[object]] = [[], [None, "某县名册"], [], head, [], [None, "低保", "1", "张三", "2019"]]
    table = data_of(workbook(tmp_path / "a.xlsx", {"一": rows}))
    assert table["_row"].to_pylist() == [6]
    assert table.column_names == ["名册", "身份证号", "姓名", "起始日期", "_row", "_record"]


def test_a_sheet_for_each_town_and_an_empty_one(tmp_path: Path) -> None:
    head: list[object] = ["名册", "身份证号", "起始日期"]
    path = workbook(tmp_path / "a.xlsx", {"桃花镇": [head], "空": [], "梨花镇": [head]})
    assert [(sheet.name, len(sheet.cells)) for sheet in sheets_of(path)] == [("桃花镇", 1), ("空", 0), ("梨花镇", 1)]


def test_old_workbooks(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("一")
    for j, cell in enumerate(["名册", 12.0, date(2019, 5, 17)]):
        sheet.write(2, j, cell, xlwt.easyxf(num_format_str="yyyy-mm-dd") if j == 2 else xlwt.Style.default_style)
    book.save(str(tmp_path / "a.xls"))
    assert rows_of(tmp_path / "a.xls") == [["", "", ""], ["", "", ""], ["名册", "12", "2019-05-17"]]


def rewritten(path: Path, change: tuple[bytes, bytes]) -> Path:
    """A copy of a workbook with bytes of its sheets replaced."""
    copy = path.with_name("b.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.startswith("xl/worksheets/"):
                assert change[0] in content
                content = content.replace(*change)
            new.writestr(part.filename, content)
    return copy


def test_a_tiny_workbook_that_claims_17_billion_cells_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"一": [["名册", "x"]]})
    huge = rewritten(path, (b"</row>", b'</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    with pytest.raises(GuanxiError, match="claims 1,048,576 rows of 16,384 columns"):
        sheets_of(huge)


def test_a_sheet_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"一": [["名册", "x"]]})
    bomb = rewritten(path, (b"</row>", b"</row>" + b" " * 60_000_000))
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(GuanxiError, match="unpacks to far more"):
        sheets_of(bomb)


@pytest.mark.parametrize("content", [b"PK\x03\x04 half a workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 half"])
def test_a_broken_workbook_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(GuanxiError, match=r"^a.xlsx "):
        sheets_of(file(tmp_path, content, "a.xlsx"))


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(GuanxiError, match=r"a.csv cannot be opened"):
        sheets_of(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("补贴发放_2018.csv", "table"), ("a.XLSX", "table"), ("a.xls", "table"), ("a.xlsm", "table"), ("a.et", "table"),
        ("a.txt", "table"), ("a.zip", "archive"),
        ("truth.jsonl", "ignored"), ("readme.md", "ignored"),
        ("~$补贴.xlsx", "ignored"), (".hidden.csv", "ignored"), ("county.toml", "ignored"), ("图.png", "ignored"),
    ],
)  # fmt: skip
def test_what_is_a_table_by_name(tmp_path: Path, name: str, kind: str) -> None:
    assert kind_of(tmp_path / name) == kind
