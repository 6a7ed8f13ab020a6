"""Tables that nobody recognises wait; a person says once what their columns are, and they are read from then on."""

import csv
from pathlib import Path

import pytest

from graph_loader import custody
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Evidence
from graph_loader.headers import signature
from graph_loader.intake import read_drop
from graph_loader.layouts import Layout, Layouts, likely_header
from graph_loader.secret import Secret

SECRET = Secret(b"a key for the tests")
ODD = ["名册类型", "领受者", "证号", "打从何时", "备考"]
ROWS = [
    ["低保", "甄玉兰", "431226196405110025", "2019-01-01", "略"],
    ["特困", "甄立夏", "431226195512130019", "2020-03-01", ""],
]
COLUMNS = {0: "名册", 1: "姓名", 2: "身份证号", 3: "起始日期"}


def write(folder: Path, name: str, *rows: list[str]) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def take_in(home: Path, folder: Path) -> Delivery:
    """Into the evidence as `loading.load` does it, without a graph."""
    evidence = Evidence(home)
    drop = read_drop(evidence, folder, SECRET, lambda *_: None)
    new = drop.files.keys() != drop.known.keys()
    return custody.keep(evidence, drop, folder, "clerk") if new else custody.delivered_before(drop)


def test_an_unknown_table_is_kept_and_waits_and_a_confirmed_layout_reads_the_same_bytes(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    write(drop, "odd.csv", ["某县某镇花名册"], ODD, *ROWS)
    first = take_in(tmp_path, drop)
    (waiting,) = first.waiting
    assert (waiting.file, waiting.sheet) == ("odd.csv", "") and "odd.csv" in first.refused
    assert (tmp_path / "evidence" / "files" / first.files["odd.csv"]).read_bytes() == (drop / "odd.csv").read_bytes()
    assert take_in(tmp_path, drop).id == first.id, "nothing was confirmed, so the same bytes are known"

    layouts = Layouts(tmp_path / "evidence")
    kept = layouts.confirm(Layout(tuple(ODD), "registers", COLUMNS), "zhang")
    assert (kept.by, kept.signature) == ("zhang", signature(ODD))
    second = take_in(tmp_path, drop)
    (entry,) = second.entries
    assert second.id != first.id and (entry.table, entry.read, entry.loaded) == ("registers", 2, 2)
    assert entry.layout == kept.mark and entry.unknown_columns == ("备考",) and second.refused == {}
    assert take_in(tmp_path, drop).id == second.id

    layouts.take_back(kept.signature, "li")
    (listed,) = Layouts(tmp_path / "evidence").all()
    assert (listed.by, listed.taken_back_by) == ("zhang", "li") and listed.taken_back_at
    write(drop, "next.csv", ODD, ROWS[0])
    (drop / "odd.csv").unlink()
    assert [sheet.file for sheet in take_in(tmp_path, drop).waiting] == ["next.csv"]


def test_a_column_that_no_table_names_is_mapped_and_the_rows_are_corrected(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    header = ["名册", "身份证号", "姓名", "起始日期", "何故纳入"]
    write(drop, "a.csv", header, ["低保", "431226196405110025", "甄玉兰", "2019-01-01", "家贫"])
    first = take_in(tmp_path, drop)
    assert first.entries[0].unknown_columns == ("何故纳入",) and first.waiting == ()
    columns = {0: "名册", 1: "身份证号", 2: "姓名", 3: "起始日期", 4: "依据"}
    Layouts(tmp_path / "evidence").confirm(Layout(tuple(header), "registers", columns), "zhang")
    (entry,) = take_in(tmp_path, drop).entries
    assert (entry.corrected, entry.unknown_columns) == (1, ())


def test_a_value_for_all_rows_may_hold_for_one_file_or_for_all(tmp_path: Path) -> None:
    header = ["领受者", "证号", "卡", "数目", "单号"]
    row = ["甄玉兰", "431226196405110025", "6217000000000000017", "120", "A1"]
    drop = tmp_path / "drop"
    write(drop, "may.csv", header, row)
    sha = take_in(tmp_path, drop).files["may.csv"]
    layout = Layout(
        tuple(header),
        "payments",
        {0: "姓名", 1: "身份证号", 2: "账号", 3: "金额", 4: "发放流水号"},
        always={"项目编码": "P07"},
        once={sha: {"发放日期": "2019-05-17"}},
    )
    layouts = Layouts(tmp_path / "evidence")
    layouts.confirm(layout, "zhang")
    (entry,) = take_in(tmp_path, drop).entries
    assert (entry.table, entry.loaded, entry.quarantined) == ("payments", 1, 0)
    write(drop, "june.csv", header, [*row[:4], "B1"])
    june = take_in(tmp_path, drop)
    assert [sheet.file for sheet in june.waiting] == ["june.csv"], "a date holds for the file it was given for"
    once = {june.files["june.csv"]: {"发放日期": "2019-06-17"}}
    layouts.confirm(Layout(tuple(header), "payments", layout.columns, layout.always, once), "zhang")
    counts = {entry.file: (entry.read, entry.loaded, entry.unchanged) for entry in take_in(tmp_path, drop).entries}
    assert counts == {"may.csv": (1, 0, 1), "june.csv": (1, 1, 0)}


@pytest.mark.parametrize(
    ("layout", "complaint"),
    [
        (Layout(tuple(ODD), "nothing", COLUMNS), "no table"),
        (Layout(tuple(ODD), "registers", {**COLUMNS, 4: "姓名"}), "twice"),
        (Layout(tuple(ODD), "registers", {**COLUMNS, 4: "天气"}), "no column"),
    ],
)
def test_a_layout_that_cannot_be_read_by_is_refused(tmp_path: Path, layout: Layout, complaint: str) -> None:
    with pytest.raises(GuanxiError, match=complaint):
        Layouts(tmp_path).confirm(layout, "zhang")
    assert Layouts(tmp_path).all() == []


def test_the_header_is_known_by_its_words_and_what_stands_below() -> None:
    head = [
        ["某镇二〇一九年发放清册", "", ""],
        ["单位：元", "", ""],
        ["领受者", "证号", "数目"],
        ["甄玉兰", "1", "120"],
    ]
    found = likely_header(head)
    assert found and found.position == 2
    assert likely_header([["领受者", "证号", "数目"]]) is None
    assert likely_header([["填表说明"], ["一、本表由村填写"]]) is None
