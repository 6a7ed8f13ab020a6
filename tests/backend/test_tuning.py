"""Parameters are tried out against the ledger, set with a reason, and hold from the next run on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from homes import County, Small
from sqlalchemy import select

from backend import accounts, audit, runs, tuning
from backend.accounts import NotAllowed, Viewer
from backend.ledger import Lead, LeadVersion, Ledger, open_ledger
from backend.packs import Query, load_packs

PACKS = load_packs()


def query(id: str) -> Query:
    found = PACKS.query(id)
    assert found is not None
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path)
    yield opened
    opened.close()


def analyst(ledger: Ledger) -> Viewer:
    with ledger.writing() as session:
        guard = accounts.create(session, accounts.OWNER, "security", "security_admin", "mountain-stream-5")
        made = accounts.create(session, accounts.viewer_of(guard), "chen", "analyst", "mountain-stream-4")
        return accounts.viewer_of(made)


def test_a_narrower_degree_finds_fewer_and_says_which(county: County) -> None:
    opened = open_ledger(county.home)
    asked = query("benefit_to_relative")
    try:
        with opened.reading() as session:
            same = tuning.try_out(county.home, county.driver, session, asked, asked.defaults)
            narrow = tuning.try_out(county.home, county.driver, session, asked, {"max_degree": 1})
    finally:
        opened.close()
    assert (same.more, same.fewer) == ((), ()) and same.same > 0
    assert narrow.fewer and not narrow.more and narrow.same + len(narrow.fewer) == same.same


def test_what_people_decided_is_counted() -> None:
    def lead(outcome: str | None, state: str = "closed") -> Lead:
        return Lead(outcome=outcome, state=state)

    fewer = (
        lead("true"),
        lead("partly"),
        lead("untrue"),
        lead("data_error"),
        lead("true", "proposed"),
        lead(None, "new"),
    )
    difference = tuning.Difference((), fewer, 0)
    assert (difference.right_lost, difference.wrong_lost) == (2, 2)


def test_values_are_read_and_kept_within_bounds() -> None:
    asked = query("relative_cluster")
    assert tuning.read_values(asked, {"min_relatives": "5"})["min_relatives"] == 5
    with pytest.raises(NotAllowed, match="wrong kind"):
        tuning.read_values(asked, {"min_relatives": "many"})
    with pytest.raises(NotAllowed, match="within"):
        tuning.read_values(asked, {"max_p": "7"})


def test_the_last_setting_holds_is_logged_and_needs_a_reason(ledger: Ledger) -> None:
    chen, asked = analyst(ledger), query("benefit_to_relative")
    with ledger.writing() as session, pytest.raises(NotAllowed, match="Say why"):
        tuning.set_values(session, chen, asked, {"max_degree": 2}, " ")
    for degree in (2, 3):
        with ledger.writing() as session:
            tuning.set_values(session, chen, asked, {"max_degree": degree}, "旁系太多")
    with ledger.reading() as session:
        held = tuning.in_force(session, PACKS).query(asked.id)
        assert held and held.defaults["max_degree"] == 3 and held.version == asked.version
        assert [one.parameters["max_degree"] for one in tuning.history(session, asked.id)] == [3, 2]
        assert [line.action for line in audit.lines(session, action="query.tune")] == ["query.tune"] * 2
        gone = replace(PACKS, queries=(replace(asked, parameters={}),))
        assert tuning.in_force(session, gone).queries[0].parameters == {}


def test_a_run_uses_what_was_set_and_old_versions_keep_what_made_them(small: Small) -> None:
    small.load_tables(
        {
            "行政区划": [{"村编码": "431226901201", "村": "石桥村", "乡镇编码": "431226901", "乡镇": "青石镇", "县": "云溪县"}],
            "资金目录": [{"项目编码": "临救", "项目名称": "临时救助", "主管部门": "县民政局", "发放方式": "审核", "对象": "个人"}],
            "村干部": [{"身份证号": OFFICIAL, "姓名": "张建国", "村编码": "431226901201", "职务": "村主任", "任职日期": "2017-01-01"}],
            "亲属申报": [{"干部身份证号": OFFICIAL, "亲属姓名": "张建军", "亲属身份证号": BROTHER, "称谓": "弟弟"}],
            "补贴发放": [
                {"发放流水号": "P1", "项目编码": "临救", "姓名": "张建军", "身份证号": BROTHER, "账号": "6217001234567890123",
                 "金额": "300", "发放日期": "2019-03-15", "村编码": "431226901201"}
            ],
        }
    )  # fmt: skip
    opened = open_ledger(small.home)
    try:
        chen, asked = analyst(opened), query("benefit_to_relative")
        runs.run(small.home, small.driver, query=asked.id)
        with opened.writing() as session:
            lead = session.scalars(select(Lead).where(Lead.query == asked.id)).one()
            assert lead.basis == "stands"
            tuning.set_values(session, chen, asked, {"max_degree": 1}, "只看配偶")
        runs.run(small.home, small.driver, query=asked.id)
        with opened.reading() as session:
            assert session.get_one(Lead, lead.key).basis == "gone"
            versions = session.scalars(select(LeadVersion).where(LeadVersion.lead_key == lead.key))
            assert [version.parameters["max_degree"] for version in versions] == [asked.defaults["max_degree"]]
    finally:
        opened.close()


OFFICIAL, BROTHER = "43122619700102001X", "431226197305060010"
