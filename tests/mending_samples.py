"""Deliveries with rows and columns that wait for somebody, put into the evidence without a graph."""

import csv
from pathlib import Path

from graph_loader import custody
from graph_loader.evidence import Delivery, Evidence
from graph_loader.intake import read_drop
from graph_loader.secret import secret_of

GOOD, OTHER, WRONG = "431226196405110025", "431226195512130019", "431226197003070011"
ODD = ["名册类型", "领受者", "证号", "打从何时", "备考"]


def write(folder: Path, name: str, *rows: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def take_in(home: Path, folder: Path, by: str = "clerk") -> Delivery:
    """Into the evidence as `loading.load` does it."""
    evidence = Evidence(home)
    return custody.keep(evidence, read_drop(evidence, folder, secret_of(home), lambda *_: None), folder, by)


def wrong_rows(home: Path, folder: Path, by: str = "clerk") -> Delivery:
    """A register with a wrong ID number and an unreadable date, and a bid with a word that is neither yes nor no."""
    header = ["名册", "身份证号", "姓名", "起始日期"]
    write(folder, "名册.csv", header, ["低保", GOOD, "甄玉兰", "2019-01-01"], ["特困", WRONG, "甄立夏", "说不清"])
    bids = ["项目编号", "招标方式", "投标人", "是否中标", "报价（万元）"]
    write(folder, "招投标.csv", bids, ["X1", "公开招标", "某某公司", "也许", "12.5"])
    return take_in(home, folder, by)


def unknown_table(home: Path, folder: Path, by: str = "clerk") -> Delivery:
    """A register under headers that nobody knows."""
    write(
        folder,
        "odd.csv",
        ODD,
        ["低保", "甄玉兰", GOOD, "2019-01-01", "略"],
        ["特困", "甄立夏", OTHER, "2020-03-01", ""],
    )
    return take_in(home, folder, by)
