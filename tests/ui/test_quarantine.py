"""The quarantine page, the workbook to mend, and the templates: who sees what, and what is logged."""

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
from fastapi.testclient import TestClient
from mending_samples import WRONG, wrong_rows

from backend import audit
from backend.ledger import Ledger

User = Callable[..., TestClient]


def test_each_row_is_shown_with_its_wrong_cells_and_how_to_mend_them(as_user: User, home: Path, tmp_path: Path) -> None:
    delivery = wrong_rows(home, tmp_path / "drop")
    text = as_user("clerk").get("/quarantine").text
    assert "2 行" in text and "第18位校验码不符" in text and "说不清" in text and 'class="wrong"' in text
    assert WRONG not in text and "431226********0011" in text
    narrowed = as_user("clerk").get("/quarantine", params={"table": "bids", "delivery": delivery.id}).text
    assert "1 / 共 2 行" in narrowed and "也许" in narrowed and "说不清" not in narrowed
    assert "没有符合" in as_user("clerk").get("/quarantine", params={"file": "无.csv"}).text


def test_a_clerk_sees_and_takes_only_their_own(as_user: User, home: Path, tmp_path: Path) -> None:
    delivery = wrong_rows(home, tmp_path / "drop", by="somebody")
    clerk = as_user("clerk")
    assert "说不清" not in clerk.get("/quarantine").text
    place = {"delivery": delivery.id, "file": "名册.csv", "row": 3}
    assert clerk.get("/quarantine/original", params=place).status_code == 404
    book = openpyxl.load_workbook(io.BytesIO(clerk.get("/quarantine.xlsx").content))
    assert book.sheetnames == ["填写说明"]
    reader = as_user("wang")
    assert "说不清" in reader.get("/quarantine").text and reader.get("/quarantine.xlsx").status_code == 403


def test_the_workbook_holds_full_numbers_and_taking_it_is_logged(
    as_user: User, home: Path, ledger: Ledger, tmp_path: Path
) -> None:
    wrong_rows(home, tmp_path / "drop")
    answer = as_user("clerk").get("/quarantine.xlsx", params={"table": "registers"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert WRONG in {cell.value for cell in book["特殊对象名册"][3]}
    with ledger.reading() as session:
        logged = [line for line in audit.lines(session) if line.action == "quarantine.export"]
    assert [(line.who, line.detail["rows"]) for line in logged] == [("clerk", 1)]


def test_the_original_around_a_row_is_masked_and_logged(
    as_user: User, home: Path, ledger: Ledger, tmp_path: Path
) -> None:
    delivery = wrong_rows(home, tmp_path / "drop")
    place = {"delivery": delivery.id, "file": "名册.csv", "sheet": "", "row": 3}
    text = as_user("clerk").get("/quarantine/original", params=place).text
    assert 'aria-current="true"' in text and WRONG not in text and "甄立夏" in text


def test_templates_are_there_for_every_table(as_user: User, ledger: Ledger) -> None:
    clerk = as_user("clerk")
    text = clerk.get("/templates").text
    assert text.count("下载模板") == 27
    answer = clerk.get("/templates/payments.xlsx")
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames == ["补贴发放", "填写说明"]
    assert "filename*=UTF-8''%E8%A1%A5" in answer.headers["content-disposition"]
    assert clerk.get("/templates/nothing.xlsx").status_code == 404


def test_a_cell_that_looks_like_markup_or_a_formula_stays_text(as_user: User, home: Path, tmp_path: Path) -> None:
    from mending_samples import take_in, write

    header = ["名册", "身份证号", "姓名", "起始日期"]
    write(tmp_path / "drop", "a.csv", header, ["<b>低保</b>", WRONG, "=HYPERLINK(1)", "<script>1</script>"])
    take_in(home, tmp_path / "drop")
    clerk = as_user("clerk")
    assert "<script>1" not in clerk.get("/quarantine").text
    book = openpyxl.load_workbook(io.BytesIO(clerk.get("/quarantine.xlsx").content))
    cells = {cell.value: cell for cell in book["特殊对象名册"][3]}
    assert cells["=HYPERLINK(1)"].quotePrefix and cells["=HYPERLINK(1)"].data_type in ("s", "f")
