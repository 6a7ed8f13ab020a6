"""A table that nobody recognised is mapped on the web: suggested, previewed, confirmed, taken back; logged; each to their own."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from mending_samples import GOOD, take_in, unknown_table, write

from backend import audit, deliveries
from backend.ledger import Ledger
from graph_loader.layouts import Layouts

User = Callable[..., TestClient]
RIGHT = {"table": "registers", "column-0": "名册", "column-1": "姓名", "column-2": "身份证号", "column-3": "起始日期"}


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[deliveries.Work]:
    """The work that would be begun: these tests need no graph."""
    found: list[deliveries.Work] = []
    monkeypatch.setattr(deliveries, "begin", lambda home, work: found.append(work))
    return found


def address(client: TestClient) -> str:
    found = re.search(r'href="(/layouts/[0-9a-f]{16})"', client.get("/layouts").text)
    assert found
    return found[1]


def test_the_suggestion_comes_from_names_and_values_and_numbers_are_masked(
    as_user: User, home: Path, tmp_path: Path
) -> None:
    unknown_table(home, tmp_path / "drop")
    clerk = as_user("clerk")
    assert "不知是哪张表：名册类型、领受者、证号、打从何时、备考" in clerk.get("/layouts").text
    text = clerk.get(address(clerk)).text
    chosen = re.findall(r'<option value="([^"]+)" selected>', text)
    assert chosen == ["registers", "名册", "姓名", "身份证号", "起始日期"]
    assert GOOD not in text and "431226********0025" in text


def test_the_receipt_sends_what_waits_to_its_page_and_says_in_chinese_why_the_rest_was_not_read(
    as_user: User, home: Path, ledger: Ledger, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "scan.csv").write_bytes(b"%PDF-1.7 ...")
    (drop / "empty.csv").write_bytes(b"")
    delivery = unknown_table(home, drop)
    text = as_user("clerk").get(f"/deliveries/{delivery.id}").text
    assert "有 1 张表没认出表头" in text and "是PDF，不是数据表" in text and "空文件" in text
    refused = text.split('id="refused"')[1].split("</div>")[0]
    assert "scan.csv" in refused and "odd.csv" not in refused


def test_it_is_previewed_confirmed_once_and_the_kept_bytes_are_handed_in_again(
    as_user: User, home: Path, ledger: Ledger, tmp_path: Path, begun: list[deliveries.Work]
) -> None:
    unknown_table(home, tmp_path / "drop")
    clerk = as_user("clerk")
    page = address(clerk)
    shown = clerk.post(f"{page}/preview", data=RIGHT).text
    assert "前几行会读成这样" in shown and "2020-03-01" in shown and GOOD not in shown
    done = clerk.post(f"{page}/confirm", data=RIGHT, follow_redirects=False)
    (work,) = begun
    assert done.headers["location"] == f"/deliveries/work/{work.id}" and list(work.files) == ["odd.csv"]
    kept = deliveries.folder_of(home, work.id) / "files" / "odd.csv"
    assert kept.read_bytes() == (tmp_path / "drop" / "odd.csv").read_bytes()
    (layout,) = Layouts(home / "evidence").all()
    assert (layout.by, layout.table, layout.columns[2]) == ("clerk", "registers", "身份证号")
    entry = take_in(home, kept.parent).entries[0]
    assert (entry.table, entry.loaded) == ("registers", 2)
    listed = clerk.get("/layouts").text
    assert "没有等着认的表" in listed and "打从何时 → 起始日期" in listed
    assert clerk.post(f"{page}/take-back").status_code == 200
    assert Layouts(home / "evidence").held == {}
    with ledger.reading() as session:
        steps = [line.action for line in audit.lines(session) if line.action.startswith("layout.")]
    assert sorted(steps) == ["layout.confirm", "layout.take_back"]


def test_what_is_missing_or_chosen_twice_is_said_and_nothing_is_confirmed(
    as_user: User, home: Path, tmp_path: Path
) -> None:
    unknown_table(home, tmp_path / "drop")
    clerk = as_user("clerk")
    page = address(clerk)
    lacking = clerk.post(f"{page}/confirm", data={**RIGHT, "column-3": "", "column-0": ""})
    assert lacking.status_code == 422 and "还缺必填的：名册、起始日期" in lacking.text
    twice = clerk.post(f"{page}/preview", data={**RIGHT, "column-4": "姓名"})
    assert "“姓名”选了两次" in twice.text and "确认并读入" not in twice.text
    given = {**RIGHT, "column-3": "", "value-起始日期": "2019-06-01", "always-起始日期": "1"}
    assert "2019-06-01" in clerk.post(f"{page}/preview", data=given).text
    assert Layouts(home / "evidence").all() == []


def test_columns_of_a_known_table_can_be_mapped_or_dismissed(
    as_user: User, home: Path, tmp_path: Path, begun: list[deliveries.Work]
) -> None:
    header = ["名册", "身份证号", "姓名", "起始日期", "何故纳入"]
    write(tmp_path / "drop", "a.csv", header, ["低保", GOOD, "甄玉兰", "2019-01-01", "家贫"])
    take_in(home, tmp_path / "drop")
    clerk = as_user("clerk")
    assert "特殊对象名册：有列没认出：何故纳入" in clerk.get("/layouts").text
    page = address(clerk)
    asked = {"table": "registers", **{f"column-{at}": name for at, name in enumerate(header[:4])}}
    done = clerk.post(f"{page}/confirm", data=asked, follow_redirects=False)
    assert done.headers["location"] == "/layouts" and begun == []
    assert "没有等着认的表" in clerk.get("/layouts").text


def test_others_tables_and_other_roles(as_user: User, home: Path, tmp_path: Path) -> None:
    unknown_table(home, tmp_path / "drop", by="somebody")
    clerk = as_user("clerk")
    assert "没有等着认的表" in clerk.get("/layouts").text
    (sheet,) = [path for path in (home / "evidence" / "deliveries").glob("*/rows/waiting-*")]
    assert sheet.exists() and clerk.get("/layouts/0123456789abcdef").status_code == 404
    for address in ("/layouts", "/layouts/0123456789abcdef"):
        assert as_user("wang").get(address).status_code == 403
    for step in ("preview", "confirm", "take-back"):
        sent = clerk.post(f"/layouts/0123456789abcdef/{step}", headers={"origin": "http://evil.test"})
        assert sent.status_code == 403


def test_files_of_one_name_are_all_read_again(
    as_user: User, home: Path, tmp_path: Path, begun: list[deliveries.Work]
) -> None:
    unknown_table(home, tmp_path / "drop")
    odd = tmp_path / "drop" / "odd.csv"
    first = odd.read_bytes()
    odd.write_bytes(first + first.splitlines()[-1].replace(b"2020", b"2021") + b"\n")
    take_in(home, odd.parent)
    clerk = as_user("clerk")
    clerk.post(f"{address(clerk)}/confirm", data=RIGHT)
    (work,) = begun
    sent = {path.read_bytes() for path in (deliveries.folder_of(home, work.id) / "files").rglob("*.csv")}
    assert sent == {first, odd.read_bytes()}
