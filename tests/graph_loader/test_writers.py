"""Two ways to write, one graph; and whatever is interrupted, the next command ends in the same graph."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from homes import Small

from graph_loader import bulk, engine, loading, ontology, writer
from graph_loader.errors import GuanxiError
from graph_loader.graph_hash import graph_hash

KILLS = 30 if os.environ.get("GUANXI_PROOF_EXAMPLES") else 1
"""Moments at which each writer is killed."""

WIFE = {"公民身份号码": "431226197202020024", "姓名": "李四", "户号": "H1", "与户主关系": "妻"}
HEAD = {"公民身份号码": "431226197001010030", "姓名": "张三", "户号": "H1", "与户主关系": "户主"}
TABLES = {
    "户籍人口": [HEAD, WIFE],
    "公职人员": [
        {"身份证号": HEAD["公民身份号码"], "姓名": "张三", "单位": "民政局", "职务": "局长", "任职日期": "2018-01-01"}
    ],
    "资金目录": [
        {"项目编码": "B1", "项目名称": '名称里有"引号",逗号', "主管部门": "民政局", "排斥条件": "公职;有房"},
        {"项目编码": "B2", "项目名称": "空值多的一行", "主管部门": "民政局"},
    ],
    "群众举报": [{"举报编号": "T1", "日期": "2020-01-01", "内容": "第一行\n第二行 \\ 反斜杠 '撇号"}],
}


def payments(count: int, amount: str = "100.10") -> list[dict[str, str]]:
    return [
        {
            "发放流水号": f"LS{number}",
            "项目编码": "B1",
            "姓名": "李四",
            "身份证号": WIFE["公民身份号码"],
            "账号": f"62220200000000{number:05d}",
            "金额": amount,
            "发放日期": "2020-01-15",
            "审批人身份证号": HEAD["公民身份号码"],
        }
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own: here the engine comes and goes."""
    home = tmp_path_factory.mktemp("writers")
    yield home
    engine.stop(home)


def test_the_importer_writes_the_graph_that_the_difference_writes(
    home: Path, monkeypatch: pytest.MonkeyPatch, small: Small
) -> None:
    monkeypatch.setenv("GUANXI_SECRET", str(small.home / "secret.key"))
    small.load_tables(TABLES)
    small.add_tables({"补贴发放": payments(30)}, "more")
    wanted = graph_hash(small.driver, ontology.load())
    with monkeypatch.context() as patch:
        patch.setattr(writer, "MANY", 2)
        patch.setattr(writer, "BATCH", 7)
        assert loading.rebuild(small.home, small.driver).by_kind["TO", "created"] == 30
        assert graph_hash(small.driver, ontology.load()) == wanted
    monkeypatch.setattr(bulk, "is_faster", lambda total, changes: total == changes)
    with engine.running(home) as driver:
        first = loading.load(home, driver, small.home / "drop")
        assert first.written.created > 10
        assert driver.execute_query("CREATE (n:Unit {key: 'later'}) DELETE n RETURN 1").records
        second = loading.load(home, driver, small.home / "more")
        assert graph_hash(driver, ontology.load()) == wanted
        assert second.written.by_kind["Payment", "created"] == 30
        programme = driver.execute_query("MATCH (p:Programme {key: 'B1'}) RETURN p.name AS name").records[0]["name"]
        assert programme == '名称里有"引号",逗号'
        assert loading.rebuild(home, driver).created > 30
        assert graph_hash(driver, ontology.load()) == wanted
        marked = driver.execute_query("MATCH (o:Official) RETURN count(o) AS n").records[0]["n"]
        online = driver.execute_query("SHOW INDEXES YIELD state RETURN collect(DISTINCT state) AS s").records[0]["s"]
    assert (marked, online) == (1, ["ONLINE"])


def test_an_engine_that_others_use_is_written_over_bolt(
    home: Path, monkeypatch: pytest.MonkeyPatch, small: Small
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the engine was stopped under its users")

    monkeypatch.setenv("GUANXI_SECRET", str(small.home / "secret.key"))
    small.load_tables(TABLES)
    monkeypatch.setattr(bulk, "is_faster", lambda total, changes: True)
    monkeypatch.setattr(engine, "import_offline", never)
    with engine.running(home) as driver, engine.running(home):
        loading.load(home, driver, small.home / "drop")
        assert loading.rebuild(home, driver).created > 10
    monkeypatch.setattr(engine, "_users", lambda folder: (os.getpid(), 1))
    with engine.running(home) as driver:
        assert loading.rebuild(home, driver).created > 10


def test_a_failed_import_leaves_an_empty_graph_and_a_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, small: Small
) -> None:
    monkeypatch.setenv("GUANXI_SECRET", str(small.home / "secret.key"))
    small.load_tables(TABLES)
    with engine.running(home) as driver:
        loading.load(home, driver, small.home / "drop")
        monkeypatch.setattr(bulk, "is_faster", lambda total, changes: True)
        wanted = graph_hash(driver, ontology.load())
        with monkeypatch.context() as patch:
            patch.setattr(bulk, "_options", lambda db, terms: ["--no-such-option"])
            with pytest.raises(GuanxiError, match=r"could not be imported.*rebuild") as refused:
                loading.rebuild(home, driver)
        assert "\n" not in str(refused.value)
        assert driver.execute_query("MATCH (n) RETURN count(n) AS n").records[0]["n"] == 0
        loading.bring_up_to_date_in_turn(home, driver)
        assert graph_hash(driver, ontology.load()) == wanted


COMMAND = """
import sys
from pathlib import Path
from graph_loader import bulk, engine, loading
bulk.is_faster = lambda total, changes: sys.argv[1] == "bulk"
home = Path(sys.argv[2])
with engine.running(home) as driver:
    print("ready", flush=True)
    if sys.argv[3] == "load":
        loading.load(home, driver, Path(sys.argv[4]))
    elif sys.argv[3] == "withdraw":
        loading.withdraw(home, driver, sys.argv[4], by="clerk")
    else:
        loading.rebuild(home, driver)
"""


@pytest.mark.parametrize("way", ["bulk", "difference"])
def test_killed_at_any_moment_the_next_command_ends_in_the_same_graph(
    way: str, home: Path, small: Small, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GUANXI_SECRET", str(small.home / "secret.key"))
    small.load_tables({**TABLES, "补贴发放": payments(200)})
    first = graph_hash(small.driver, ontology.load())
    small.add_tables({"补贴发放": payments(400, "99")}, "more")
    both = graph_hash(small.driver, ontology.load())
    for drop in ("drop", "more"):
        shutil.copytree(small.home / drop, tmp_path / drop)
    moments = random.Random(way)
    with engine.running(home) if way == "difference" else nullcontext():  # the importer needs the engine for itself
        for number in range(KILLS):
            what = ("load", "withdraw", "rebuild")[number % 3]
            second = _two_deliveries(home, tmp_path) if what == "withdraw" else _one_delivery(home, tmp_path)
            _kill(way, home, [what, str(tmp_path / "more") if what == "load" else second], moments)
            with engine.running(home) as driver:
                if what == "load":
                    loading.load(home, driver, tmp_path / "more")
                elif what == "withdraw":
                    loading.withdraw(home, driver, second, by="clerk")
                else:
                    loading.bring_up_to_date_in_turn(home, driver)
                assert graph_hash(driver, ontology.load()) == (both if what == "load" else first), (what, number)


def _one_delivery(home: Path, drops: Path) -> str:
    shutil.rmtree(home / "evidence", ignore_errors=True)
    with engine.running(home) as driver:
        return loading.load(home, driver, drops / "drop").delivery.id


def _two_deliveries(home: Path, drops: Path) -> str:
    _one_delivery(home, drops)
    with engine.running(home) as driver:
        return loading.load(home, driver, drops / "more").delivery.id


def _kill(way: str, home: Path, words: list[str], moments: random.Random) -> None:
    """Runs a command and kills it at a random moment of its work; the engine lives on, as it does for a user."""
    command = [sys.executable, "-c", COMMAND, way, str(home), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        try:
            process.wait(moments.uniform(0, 15 if way == "bulk" else 3))
        except subprocess.TimeoutExpired:
            process.kill()
