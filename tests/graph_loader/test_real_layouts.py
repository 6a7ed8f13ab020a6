"""The headers of 22 real tables: those that are one of the 27 are recognised without help, the others wait for a person."""

import json
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from graph_loader.layout import blocks_of
from graph_loader.reading import Sheet

CATALOGUE = Path(__file__).parents[2].parent / "shared" / "domain" / "headers_catalogue.json"
"""Headers of 22 real tables."""
RECOGNISED = {
    "T01": ("payments", {"户主姓名": "姓名", "身份证号": "身份证号", "一卡通号": "账号", "补贴金额（元）": "金额"}),
    "T02": ("registers", {"户主姓名": "姓名", "户主身份证号": "身份证号", "最初享受月份": "起始日期"}),
    "T03": ("registers", {"姓名": "姓名", "身份证号": "身份证号", "最初享受月份": "起始日期"}),
    "T04": ("registers", {"户主姓名": "姓名", "户主身份证号": "身份证号", "纳入月份": "起始日期"}),
    "T05": (
        "registers",
        {"姓名": "姓名", "身份证号/出生年月": "身份证号", "开始时间": "起始日期", "取消时间": "终止日期"},
    ),
    "T06": ("residents", {"姓名": "姓名", "身份证号": "公民身份号码", "户编号": "户号", "与户主关系": "与户主关系"}),
    "T07": ("registers", {"姓名": "姓名", "身份证号": "身份证号"}),
    "T08": ("officials", {"姓名": "姓名", "身份证号码": "身份证号", "职务": "职务"}),
    "T13": ("bids", {"项目招标编号": "项目编号", "刊登日期": "公告日期"}),
    "T18": (
        "residents",
        {"姓名": "姓名", "公民身份证号": "公民身份号码", "户口编号": "户号", "与户主关系": "与户主关系"},
    ),
    "T21": ("payments", {"姓名": "姓名", "银行卡号": "账号", "发放金额": "金额"}),
}
"""Of these the ones that are one of the 27 tables: which, and the columns that make them so."""
NOT_OURS = {
    "T09": "units", "T10": "qualifications of firms", "T11": "sanctions", "T12": "environmental approvals",
    "T14": "results of procurement without a project's number or a bidder's", "T15": "a form for each house",
    "T16": "poor households without register, village code or day", "T17": "totals of a town",
    "T19": "people of a grid without household or village",
    "T20": "households without people", "T22": "words of a column, no table",
}  # fmt: skip
"""The others, which wait for a person to say what they are."""
ONE, TWO, THREE = "431299196803120112", "431299195511200554", "431299194102150774"


def likely(header: str, row: int) -> str:
    """What may stand below a header."""
    kinds = (
        ("身份证|身份号码", (ONE, TWO, THREE)),
        ("姓名|户名|中标人|候选人", ("张三", "李四", "王五")),
        ("日期|时间|月份", ("2018-03-01", "2018-03-02", "2018-03-03")),
        ("账号|卡号|一卡通号", ("6217000000000001", "6217000000000002", "6217000000000003")),
        ("关系", ("户主", "妻", "子")),
        ("金额|价|费|收入|面积|序号|人数", ("101", "102", "103")),
    )
    return next((values[row] for pattern, values in kinds if re.search(pattern, header)), "甲")


@pytest.mark.parametrize("layout", json.loads(CATALOGUE.read_text("utf-8")), ids=lambda layout: layout["id"][:3])
def test_real_layouts_are_recognised_or_wait(layout: dict[str, Any]) -> None:
    headers = layout["headers"][0]
    titles = [title if isinstance(title, list) else [title] for title in layout["title_rows"]]
    rows = [*titles, headers, *([likely(header, row) for header in headers] for row in range(3))]
    cells = {str(at): pa.array(column, pa.string()) for at, column in enumerate(zip_longest(*rows, fillvalue=""))}
    found = blocks_of(Sheet("", pa.table(cells)), ("",))
    id = layout["id"][:3]
    told = [
        f"{headers[at]} → {column.name}"
        for block in found
        for at, column in block.header.match.columns.items()
        if at < len(headers)
    ]
    print(id, found[0].header.match.source.id if found else f"waits: {NOT_OURS.get(id)}", *told)
    if id in NOT_OURS:
        assert not found, "found after all: say which table it is"
        return
    table, columns = RECOGNISED[id]
    (block,) = found
    match = block.header.match
    assert match.source.id == table
    assert (
        columns.items()
        <= {headers[at]: column.name for at, column in match.columns.items() if at < len(headers)}.items()
    )


def test_all_real_layouts_are_accounted_for() -> None:
    known = {layout["id"][:3] for layout in json.loads(CATALOGUE.read_text("utf-8"))}
    print(f"{len(RECOGNISED)} of {len(known)} recognised without help")
    assert len(known) == 22 and known == RECOGNISED.keys() | NOT_OURS.keys()
