"""Handing in and taking back: names that are no paths, work that outlives whoever asked for it, what a withdrawal takes away."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from homes import Small

from backend import deliveries
from backend.accounts import NotAllowed, Viewer
from backend.coverage import Covered, covered, covered_by, town_names
from backend.deliveries import Arriving, TooMuch, Work, safe_name
from graph_loader import loading
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Evidence

DIVISIONS = """村编码,村,乡镇编码,乡镇,县
431226101203,黄家团村,431226101,锦和镇,麻阳县
431226102201,大坪村,431226102,石羊镇,麻阳县
"""
TIPS = """举报编号,日期,被反映人,被反映人村编码,涉及项目,内容,办理状态
T1,2019-03-02,张某,431226101203,低保,反映,已办
T2,2020-05-01,李某,431226102201,低保,反映,已办
T3,2020-06-01,王某,,低保,反映,已办
"""
CLERK = Viewer(id=1, name="liu", display_name="liu", role="clerk", towns=frozenset())
OTHER = Viewer(id=2, name="ma", display_name="ma", role="clerk", towns=frozenset())
ANALYST = Viewer(id=3, name="chen", display_name="chen", role="analyst", towns=frozenset())
READER = Viewer(id=4, name="zhang", display_name="zhang", role="investigator", towns=frozenset())


def handed_in(home: Path, files: dict[str, str], viewer: Viewer = CLERK, full_list: bool = False) -> Work:
    arriving = Arriving(home, viewer)
    for name, content in files.items():
        arriving.begin(name)
        arriving.write(content.encode())
    return arriving.complete("十月", full_list)


def done(home: Path, work: Work) -> dict[str, object]:
    process = deliveries.begin(home, work)
    assert process and process.wait(120) == 0
    state = deliveries.state_of(home, work)
    assert state["state"] == "done", state
    return state


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("低保.csv", "低保.csv"),
        ("锦和镇/2020/低保.csv", "锦和镇/2020/低保.csv"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\办公\\低保.xls", "C/办公/低保.xls"),
        ("a/./../../b.csv", "a/b.csv"),
        ("\u202egpj.csv\x00", "gpj.csv"),
        ("..", "file"),
        ("", "file"),
        ("/".join("abcdefghij") + ".csv", "e/f/g/h/i/j.csv"),
    ],
)
def test_a_file_name_is_never_a_way_out(name: str, shown: str) -> None:
    assert safe_name(name, []) == shown


def test_a_long_name_fits_and_keeps_its_suffix() -> None:
    name = safe_name("低" * 400 + ".xlsx", [])
    assert len(name.encode()) <= 255 and name.endswith(".xlsx")


def test_names_that_meet_are_told_apart() -> None:
    taken: list[str] = []
    for name in ("a.csv", "A.csv", "a.csv", "b", "b/c.csv", "d/e.csv", "d"):
        taken.append(safe_name(name, taken))
    assert taken == ["a.csv", "A(2).csv", "a(3).csv", "b", "b_/c.csv", "d/e.csv", "d(2)"]


def test_nothing_of_a_hand_in_counts_until_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MOST_BYTES", 10)
    monkeypatch.setattr(deliveries, "MOST_FILES", 2)
    arriving = Arriving(tmp_path, CLERK)
    arriving.begin("a.csv")
    arriving.write(b"12345")
    assert deliveries.all_work(tmp_path, CLERK) == []
    with pytest.raises(TooMuch):
        arriving.write(b"123456")
    arriving.give_up()
    assert list((tmp_path / "work").iterdir()) == []
    many = Arriving(tmp_path, CLERK)
    many.begin("a")
    many.begin("b")
    with pytest.raises(TooMuch):
        many.begin("c")
    many.give_up()
    with pytest.raises(NotAllowed):
        Arriving(tmp_path, CLERK).complete("", False)
    with pytest.raises(NotAllowed):
        Arriving(tmp_path, READER)


def test_what_was_handed_in_is_loaded_by_a_process_of_its_own(small: Small) -> None:
    work = handed_in(small.home, {"区划/行政区划.csv": DIVISIONS, "举报.csv": TIPS})
    assert deliveries.state_of(small.home, work)["state"] == "waiting"
    state = done(small.home, work)
    delivery = Evidence(small.home).delivery(str(state["delivery"]))
    assert (delivery.by, delivery.note) == ("liu", "十月")
    assert {entry.file for entry in delivery.entries} == {"区划/行政区划.csv", "举报.csv"}
    assert delivery.total("read") == 5 == delivery.total("loaded")
    changes = loading.changes_of(small.home, delivery.id)["loaded"]["created"]
    assert changes["Village"] == 2 and changes["Tip"] == 3
    assert not (small.home / "work" / work.id / "files").exists()
    assert deliveries.begin(small.home, work) is None


def test_a_killed_load_waits_and_is_taken_up_again(small: Small) -> None:
    work = handed_in(small.home, {"行政区划.csv": DIVISIONS})
    process = deliveries.begin(small.home, work)
    assert process and deliveries.state_of(small.home, work)["state"] == "running"
    assert deliveries.begin(small.home, work) is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    state = deliveries.state_of(small.home, work)
    assert (state["state"], state["interrupted"]) == ("waiting", True)
    done(small.home, work)
    assert Evidence(small.home).deliveries()[-1].total("loaded") == 2


def test_the_second_load_waits_for_the_first_and_says_so(small: Small) -> None:
    work = handed_in(small.home, {"行政区划.csv": DIVISIONS})
    with loading.one_at_a_time(small.home):
        process = deliveries.begin(small.home, work)
        assert process
        told = small.home / "work" / work.id / "progress.json"
        while not told.exists():
            assert process.poll() is None
        assert deliveries.state_of(small.home, work)["stage"] == "waiting"
    process.wait(120)
    assert deliveries.state_of(small.home, work)["state"] == "done"


def test_a_load_that_cannot_be_is_one_sentence_and_may_be_dropped(small: Small) -> None:
    work = handed_in(small.home, {"readme.md": "no table"})
    process = deliveries.begin(small.home, work)
    assert process
    process.wait(120)
    state = deliveries.state_of(small.home, work)
    assert state["state"] == "failed" and "holds no departmental tables" in state["error"]
    with pytest.raises(NotAllowed):
        deliveries.discard(small.home, OTHER, work)
    deliveries.discard(small.home, CLERK, work)
    assert deliveries.all_work(small.home, ANALYST) == []


def test_a_clerk_sees_their_own_and_the_analyst_everything(small: Small) -> None:
    done(small.home, handed_in(small.home, {"行政区划.csv": DIVISIONS}))
    evidence = Evidence(small.home)
    (delivery,) = evidence.deliveries()
    sees: Callable[[Viewer], bool] = lambda viewer: deliveries.may_see(viewer, delivery)  # noqa: E731
    takes: Callable[[Viewer], bool] = lambda viewer: deliveries.may_withdraw(viewer, delivery)  # noqa: E731
    assert [sees(viewer) for viewer in (CLERK, OTHER, ANALYST, READER)] == [True, False, True, True]
    assert [takes(viewer) for viewer in (CLERK, OTHER, ANALYST, READER)] == [True, False, True, False]
    assert deliveries.seen(evidence, OTHER) == [] and deliveries.all_work(small.home, OTHER) == []
    with pytest.raises(GuanxiError):
        deliveries.opened(evidence, OTHER, delivery.id)


def test_what_a_withdrawal_would_change_is_what_it_changes(small: Small) -> None:
    done(small.home, handed_in(small.home, {"举报.csv": TIPS}))
    later = TIPS.replace("T1,2019-03-02,张某", "T1,2019-03-02,张甲").replace("T3,", "T4,")
    done(small.home, handed_in(small.home, {"举报二.csv": later}))
    evidence = Evidence(small.home)
    first, second = evidence.deliveries()
    assert deliveries.losses(evidence, second) == [deliveries.Loss("tips", gone=1, changed=1, back=0)]
    assert deliveries.losses(evidence, first) == [deliveries.Loss("tips", gone=1, changed=0, back=0)]
    with pytest.raises(NotAllowed):
        deliveries.hand_in_withdrawal(small.home, CLERK, second, "  ")
    with pytest.raises(NotAllowed):
        deliveries.hand_in_withdrawal(small.home, OTHER, second, "错")
    state = done(small.home, deliveries.hand_in_withdrawal(small.home, CLERK, second, "报错了月份"))
    withdrawn = Evidence(small.home).delivery(second.id)
    assert (withdrawn.withdrawn_by, withdrawn.withdrawn_why) == ("liu", "报错了月份")
    assert state["receipt"] and loading.changes_of(small.home, second.id)["withdrawn"]["deleted"]["Tip"] == 1


def test_coverage_counts_rows_by_table_town_and_year(small: Small) -> None:
    first = done(small.home, handed_in(small.home, {"行政区划.csv": DIVISIONS, "举报.csv": TIPS}))
    evidence = Evidence(small.home)
    wanted = {
        Covered("divisions", "431226101", None, 1),
        Covered("divisions", "431226102", None, 1),
        Covered("tips", "431226101", 2019, 1),
        Covered("tips", "431226102", 2020, 1),
        Covered("tips", "", 2020, 1),
    }
    assert set(covered(evidence)) == wanted == set(covered(evidence))
    assert set(covered_by(evidence, str(first["delivery"]))) == wanted
    assert town_names(evidence) == {"431226101": "锦和镇", "431226102": "石羊镇"}
    done(small.home, handed_in(small.home, {"更正.csv": TIPS.replace("T2,2020", "T2,2021")}))
    assert Covered("tips", "431226102", 2021, 1) in covered(evidence)
    assert sum(each.rows for each in covered(evidence)) == 5
