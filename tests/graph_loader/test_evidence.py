"""What counts among deliveries: re-sent bytes, corrections, contradictions, full lists, withdrawals, rows read again."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from homes import Shelf

from graph_loader import intake
from graph_loader.layouts import Layouts
from graph_loader.reader import Reader
from graph_loader.secret import Secret
from graph_loader.sources import load_sources
from graph_loader.tables import Contents, contents_of

HERE, THERE = "431226101203", "431226102203"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def payment(number: int, amount: str = "100", **more: str) -> dict[str, str]:
    return {
        "发放流水号": f"LS{number}",
        "项目编码": "B1",
        "姓名": "张三",
        "身份证号": "431226197001010030",
        "账号": "6222020000000000001",
        "金额": amount,
        "发放日期": "2020-01-15",
        "村编码": HERE,
        **more,
    }


def amounts(shelf: Shelf) -> dict[str, float]:
    return dict(shelf.rows("payments", "发放流水号", "金额"))


def test_a_file_sent_again_with_new_ones_lives_on_when_the_first_delivery_is_withdrawn(shelf: Shelf) -> None:
    first = shelf.add({"一月": [payment(1), payment(2)]})
    second = shelf.add({"又报": [payment(1), payment(2)], "二月": [payment(3)]})
    assert (second.total("unchanged"), second.total("loaded")) == (2, 1)
    shelf.withdraw(first)
    assert amounts(shelf) == {"LS1": 100, "LS2": 100, "LS3": 100}
    assert {row[0] for row in shelf.rows("payments", "_delivery")} == {second.id}
    (row,) = (row for row in shelf.evidence.original(second.id, "又报.csv", "", 3) if row["here"])
    assert "LS2" in row["cells"]


def test_bytes_sent_again_after_a_correction_change_nothing_but_a_new_row_does(shelf: Shelf) -> None:
    shelf.add({"一月": [payment(1)]})
    shelf.add({"更正": [payment(1, "7")]})
    shelf.add({"又报": [payment(1)], "二月": [payment(2)]})
    assert amounts(shelf)["LS1"] == 7
    back = shelf.add({"改回": [payment(1), payment(3)]})
    assert (back.total("corrected"), back.total("loaded")) == (1, 1)
    assert amounts(shelf)["LS1"] == 100


def test_a_corrected_correction_withdrawn_gives_the_one_before(shelf: Shelf) -> None:
    shelf.add({"一月": [payment(1, "1")]})
    second = shelf.add({"更正": [payment(1, "2")]})
    third = shelf.add({"再更正": [payment(1, "3")]})
    shelf.withdraw(second)
    assert amounts(shelf) == {"LS1": 3}
    shelf.withdraw(third)
    assert amounts(shelf) == {"LS1": 1}


def test_an_unchanged_row_and_a_duplicate_live_on_through_the_delivery_that_is_left(shelf: Shelf) -> None:
    first = shelf.add({"一月": [payment(1), payment(2)]})
    shelf.add({"重报": [payment(2), payment(1), payment(1)], "另表": [payment(2)]})
    shelf.withdraw(first)
    assert amounts(shelf) == {"LS1": 100, "LS2": 100}


def test_a_contradiction_that_a_withdrawal_brings_about_is_quarantined(shelf: Shelf) -> None:
    first = shelf.add({"一月": [payment(1)]})
    shelf.add({"又报": [payment(1)], "更正": [payment(1, "9"), payment(2)]})
    assert (amounts(shelf), shelf.evidence.quarantine()) == ({"LS1": 9, "LS2": 100}, [])
    shelf.withdraw(first)
    assert amounts(shelf) == {"LS2": 100}
    assert [(row["file"], row["row"]) for row in shelf.evidence.quarantine()] == [("又报.csv", 2), ("更正.csv", 2)]


def test_what_could_not_be_read_in_a_file_waits_with_the_delivery_that_is_left(shelf: Shelf) -> None:
    first = shelf.add({"一月": [payment(1, "许多")]})
    second = shelf.add({"又报": [payment(1, "许多")], "二月": [payment(2)]})
    assert [row["delivery"] for row in shelf.evidence.quarantine()] == [first.id]
    shelf.withdraw(first)
    assert [(row["delivery"], row["file"]) for row in shelf.evidence.quarantine()] == [(second.id, "又报.csv")]


def test_a_full_list_ends_what_it_does_not_name_in_its_own_part_only(shelf: Shelf) -> None:
    shelf.add(
        {
            "已发": [
                payment(1),
                payment(2),
                payment(3, 村编码=THERE),
                payment(4, 项目编码="B2"),
                payment(5, 发放日期="2019-01-15"),
                payment(6, 村编码=""),
            ]
        }
    )
    listed = shelf.add({"2020年全量": [payment(1), payment(7)]})
    (entry,) = listed.entries
    assert (entry.scope, entry.ended, entry.loaded, entry.unchanged) == ("full", 1, 1, 1)
    assert amounts(shelf).keys() == {"LS1", "LS3", "LS4", "LS5", "LS6", "LS7"}
    shelf.add({"补报": [payment(2)]})
    assert "LS2" in amounts(shelf)
    shelf.withdraw(listed)
    assert amounts(shelf).keys() == {"LS1", "LS2", "LS3", "LS4", "LS5", "LS6"}


def test_who_loads_it_may_say_that_it_is_a_full_list_and_the_file_may_say_that_it_is_not(shelf: Shelf) -> None:
    shelf.add({"已发": [payment(1), payment(2)]})
    receipt = shelf.add({"名单": [payment(1)], "增量": [payment(3, 村编码=THERE)]}, full_list=True)
    assert {entry.file: entry.scope for entry in receipt.entries} == {"名单.csv": "full", "增量.csv": "additions"}
    assert amounts(shelf).keys() == {"LS1", "LS3"}


def test_a_title_above_the_header_may_say_that_it_is_a_full_list(shelf: Shelf, tmp_path: Path) -> None:
    shelf.add({"已发": [payment(1), payment(2)]})
    folder = tmp_path / "titled"
    folder.mkdir()
    header, row = list(payment(1)), list(payment(1).values())
    lines = [["某县惠农补贴发放全量名单"], header, row]
    (folder / "名单.csv").write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    (entry,) = shelf.take_in(folder).entries
    assert (entry.scope, entry.ended) == ("full", 1)


def test_additions_sent_again_as_a_full_list_are_a_new_delivery(shelf: Shelf) -> None:
    shelf.add({"已发": [payment(1), payment(2)]})
    shelf.add({"名单": [payment(1)]})
    receipt = shelf.add({"名单": [payment(1)]}, full_list=True)
    assert (receipt.total("unchanged"), receipt.total("ended")) == (1, 1)
    assert amounts(shelf).keys() == {"LS1"}


def test_a_full_list_does_not_end_a_row_that_it_names_illegibly(shelf: Shelf) -> None:
    shelf.add({"已发": [payment(1), payment(2), payment(3)]})
    shelf.add({"全量": [payment(1, "许多"), payment(2, "5"), payment(2, "6"), payment(4)]})
    assert amounts(shelf) == {"LS1": 100, "LS2": 100, "LS4": 100}


def test_full_lists_of_different_parts_may_come_in_any_order(tmp_path: Path) -> None:
    lists: list[dict[str, list[dict[str, str]]]] = [
        {"全量甲": [payment(1)]},
        {"全量乙": [payment(3, 村编码=THERE)]},
    ]
    told = []
    for name, order in (("one", lists), ("other", list(reversed(lists)))):
        shelf = Shelf(tmp_path / name)
        shelf.add({"已发": [payment(1), payment(2), payment(3, 村编码=THERE), payment(4, 村编码=THERE)]})
        for files in order:
            shelf.add(files)
        told.append(amounts(shelf))
    assert told[0] == told[1] == {"LS1": 100, "LS3": 100}


def test_a_mended_spec_reaches_what_was_delivered_before(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    odd: list[dict[str, Any]] = [{("钱" if k == "金额" else k): v for k, v in payment(n).items()} for n in (1, 2)]
    first = shelf.add({"怪表": odd, "好表": [payment(3), payment(4, "两百多")]})
    assert (amounts(shelf), list(first.refused)) == ({"LS3": 100}, ["怪表.csv"])
    old = (shelf.evidence.folder_of(first.id) / "receipt.json").read_bytes()

    def read_here(path: Path, file: str, _: Path, secret: Secret, layouts: Layouts) -> Contents:
        return contents_of(path, file, secret, layouts)  # a process of its own reads the specs on disk

    here = Mock(spec=Reader, contents=read_here)
    monkeypatch.setattr(intake, "with_reader", lambda use: use(here))
    sources = load_sources()
    payments = sources["payments"]
    amount = replace(payments.columns["金额"], aliases=("钱",))
    monkeypatch.setitem(sources, "payments", replace(payments, columns=payments.columns | {"金额": amount}))
    second = shelf.add({"更正": [payment(1, "7")]})
    assert (second.total("corrected"), amounts(shelf)) == (1, {"LS1": 7, "LS2": 100, "LS3": 100})
    again = shelf.evidence.delivery(first.id)
    assert (again.refused, again.total("loaded"), again.total("quarantined")) == ({}, 3, 1)
    assert (shelf.evidence.folder_of(first.id) / "receipt.json").read_bytes() == old
    assert [row["row"] for row in shelf.evidence.quarantine()] == [3]

    generations = len(list(shelf.evidence.folder_of(first.id).iterdir()))
    shelf.add({"三月": [payment(5)]})
    assert len(list(shelf.evidence.folder_of(first.id).iterdir())) == generations


def test_a_mended_file_sent_again_beside_others_mends_still(shelf: Shelf) -> None:
    first = shelf.add({"一月": [payment(1, "许多")]})
    (wrong,) = shelf.evidence.quarantine()
    places = {"来源交付": first.id, "来源文件": wrong["file"], "来源工作表": "", "来源行": str(wrong["row"])}
    mended = shelf.add({"改正": [payment(1, "5") | places]})
    shelf.add({"又改": [payment(1, "5") | places], "二月": [payment(2)]})
    assert shelf.evidence.quarantine() == []
    shelf.withdraw(mended)
    assert (shelf.evidence.quarantine(), amounts(shelf)) == ([], {"LS1": 5, "LS2": 100})
