"""发放前体检: the rows reported are those that become leads once paid, and nothing of the draft stays."""

import csv
import os
import shutil
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from homes import Small
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend import precheck as precheck_module
from backend.cases import Case, Rows, batches, merged, read_case
from backend.detection import detect
from backend.packs import load_packs
from backend.precheck import as_contract, precheck
from graph_loader import loading, ontology
from graph_loader.errors import GuanxiError
from graph_loader.graph_hash import graph_hash
from graph_loader.sources import load_sources

EXAMPLES = int(os.environ.get("GUANXI_PROOF_EXAMPLES", "2"))
PACKS = load_packs()
TITLES = {source.title: source for source in load_sources().values()}
TODAY = date(2024, 6, 1)
DRAFTS = ("补贴发放", "补贴申请", "合同")


@cache
def groups() -> list[list[Case]]:
    cases = [read_case(path) for query in PACKS.queries if not query.is_about_leads for path in query.cases]
    return [group for group in batches(one for one in cases if not one.absent and not one.as_of) if len(group) > 1]


def write(path: Path, rows: Rows, title: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(TITLES[title].columns))
        writer.writeheader()
        writer.writerows(rows)


@st.composite
def drafts(draw: st.DrawFn) -> tuple[dict[str, Rows], str, Rows]:
    """What is there, and a draft of one table: some of its rows in a few cases."""
    group = draw(st.sampled_from(groups()))
    chosen = draw(st.lists(st.sampled_from(group), min_size=1, max_size=8, unique_by=lambda case: case.path))
    tables = merged(chosen)
    title = draw(st.sampled_from([title for title in DRAFTS if tables.get(title)] or ["资金目录"]))
    rows = tables[title]
    held = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)).filter(any))
    draft = [row for row, one in zip(rows, held, strict=True) if one]
    return {**tables, title: [row for row in rows if row not in draft]}, title, draft


class Today(date):
    @classmethod
    def today(cls) -> "date":
        return TODAY


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(drafts())
def test_the_rows_reported_are_those_that_become_leads_once_paid(
    small_engine: Small, story: tuple[dict[str, Rows], str, Rows]
) -> None:
    small, (tables, title, draft) = small_engine, story
    empty: dict[str, Rows] = {t: [] for t in TITLES if not TITLES[t].decided_here and not TITLES[t].ocds}
    small.load_tables(empty | tables)
    file = small.home / "paid" / f"{title}草稿.csv"
    shutil.rmtree(file.parent, ignore_errors=True)
    write(file, draft, title)
    before = graph_hash(small.driver, ontology.load())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precheck_module, "date", Today)
        told = precheck(small.home, small.driver, file, PACKS, {})
    assert graph_hash(small.driver, ontology.load()) == before
    assert len(list((small.home / "evidence" / "deliveries").iterdir())) == 1
    paid = loading.load(small.home, small.driver, file.parent).delivery
    whole = detect(small.home, small.driver, PACKS.about_leads(False), as_of=TODAY)
    found = [lead for run in whole.queries for lead in run.findings]

    def rows_of(lead_rows: tuple[dict[str, object], ...], delivery: str) -> list[object]:
        return sorted(str(row["row"]) for row in lead_rows if row["delivery"] == delivery)

    expected = {lead.key: (lead.level, rows_of(lead.rows, paid.id)) for lead in found}
    assert {lead.key: (lead.level, rows_of(lead.rows, "draft")) for lead in told} == {
        key: value for key, value in expected.items() if value[1]
    }


def test_a_list_without_number_and_date_is_checked_by_what_is_said_of_it(small: Small) -> None:
    small.load_tables(
        {
            "行政区划": [{"村编码": "431226901201", "村": "石桥村", "乡镇编码": "431226901", "乡镇": "青石镇", "县": "云溪县"}],
            "村干部": [
                {"身份证号": "431226196405110025", "姓名": "甄玉兰", "村编码": "431226901201", "职务": "村主任", "任职日期": "2017-01-01"}
            ],
            "资金目录": [{"项目编码": "B1", "项目名称": "农村低保", "主管部门": "县民政局", "发放方式": "审核", "排斥条件": "公职"}],
            "补贴发放": [],
        }
    )  # fmt: skip
    file = small.home / "draft.csv"
    file.write_text("姓名,身份证号,账号,金额\n甄玉兰,431226196405110025,6217000000000000017,300\n", encoding="utf-8")
    said = {"项目编码": "B1", "发放日期": "2023-05-01"}
    (lead,) = precheck(small.home, small.driver, file, PACKS, said)
    told = as_contract(lead)
    assert (told["query"], told["level"], told["state"]) == ("official_on_benefit", "high", "draft")
    assert {"table": "payments", "delivery": "draft", "file": "draft.csv", "sheet": "", "row": 2} in told["rows"]
    with pytest.raises(GuanxiError, match="no file"):
        precheck(small.home, small.driver, small.home / "nowhere.csv", PACKS, said)
    file.write_text("没有,用处\n1,2\n", encoding="utf-8")
    with pytest.raises(GuanxiError, match="holds nothing to check"):
        precheck(small.home, small.driver, file, PACKS, said)
