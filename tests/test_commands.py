"""The command line as scripts rely on it: exit status, JSON, one plain sentence where something is wrong."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from homes import County, Shelf, Small

from graph_loader import loading
from graph_loader.evidence import Evidence
from guanxi import cli

ROOT = Path(__file__).parent.parent


def guanxi(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command of this environment in a process of its own."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "guanxi"), *words],
        env={**os.environ, "GUANXI_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "divisions.csv").write_text(
        "村编码,村,乡镇编码,乡镇,县\n431226101203,黄家团村,431226101,锦和镇,麻阳县\n431226101,,,,\n", encoding="utf-8"
    )
    (folder / "readme.md").write_text("not a table")
    return folder


def test_load_gives_a_receipt_and_counts_every_row(small: Small, drop: Path) -> None:
    receipt = answer(guanxi(small.home, "load", str(drop), "--json"))
    (entry,) = receipt["files"]
    assert (entry["file"], entry["table"], entry["read"], entry["loaded"], entry["quarantined"]) == (
        "divisions.csv",
        "divisions",
        2,
        1,
        1,
    )
    assert {"unchanged", "corrected", "duplicate", "unknown_columns", "sheet"} <= entry.keys()
    assert receipt["ignored"] == [{"file": "readme.md", "why": "no departmental table"}]
    again = answer(guanxi(small.home, "load", str(drop), "--json"))
    assert (again["delivery"], again["new"]) == (receipt["delivery"], False)
    (waiting,) = [json.loads(line) for line in guanxi(small.home, "quarantine").stdout.splitlines()]
    assert waiting.keys() == {"delivery", "file", "sheet", "row", "column", "value", "reason"}
    assert (waiting["row"], waiting["delivery"]) == (3, receipt["delivery"])
    (listed,) = answer(guanxi(small.home, "deliveries", "--json"))
    assert listed["delivery"] == receipt["delivery"]


def test_a_folder_sent_again_is_known_without_the_engine(small: Small, drop: Path, tmp_path: Path) -> None:
    first = answer(guanxi(small.home, "load", str(drop), "--json"))
    copy = tmp_path / "home"
    shutil.copytree(small.home, copy, ignore=shutil.ignore_patterns("engine", "drop*", "*.lock"))
    (copy / "engine" / "data" / "databases" / "neo4j").mkdir(parents=True)
    again = answer(guanxi(copy, "load", str(drop), "--json"))
    assert (again["delivery"], again["new"], again["graph"]) == (
        first["delivery"],
        False,
        {"created": 0, "changed": 0, "deleted": 0},
    )
    assert not (copy / "engine" / "logs").exists()
    # Only where nothing is left to do: a store that is gone, an interrupted load, a withdrawal, one more file.
    assert loading.nothing_new(copy, drop)
    (copy / "engine" / "data" / "databases" / "neo4j").rmdir()
    assert loading.nothing_new(copy, drop) is None
    (copy / "engine" / "data" / "databases" / "neo4j").mkdir()
    mark = copy / "graph" / "writing.json"
    mark.write_text("{}")
    assert loading.nothing_new(copy, drop) is None
    mark.unlink()
    (drop / "more.csv").write_text(
        "村编码,村,乡镇编码,乡镇,县\n431226101204,新团村,431226101,锦和镇,麻阳县\n", encoding="utf-8"
    )
    assert loading.nothing_new(copy, drop) is None
    (drop / "more.csv").unlink()
    Evidence(copy).keep_withdrawal(first["delivery"], "clerk")
    assert loading.nothing_new(copy, drop) is None


def test_the_receipt_ends_with_the_sum_what_is_covered_and_what_changed(small: Small, drop: Path) -> None:
    small.load_tables(
        {"资金目录": [{"项目编码": "B1", "项目名称": "低保", "主管部门": "民政局"}]}
    )  # a graph without the village
    shown = guanxi(small.home, "load", str(drop), "--note", "October", COLUMNS="160").stdout
    (total,) = [line for line in shown.splitlines() if "total" in line]
    assert [cell for cell in total.replace("│", " ").split() if cell.isdigit()] == ["2", "1", "0", "0", "0", "1"]
    assert "read = loaded + unchanged + corrected + duplicate + quarantined" in shown
    assert "锦和镇" in shown and "Village created 1" in shown
    _, listed = answer(guanxi(small.home, "deliveries", "--json"))
    assert listed["note"] == "October"


def test_too_many_quarantined_rows_and_refused_files_exit_with_one(small: Small, drop: Path) -> None:
    assert guanxi(small.home, "load", str(drop), "--max-quarantine", "0").returncode == 1
    assert guanxi(small.home, "load", str(drop), "--max-quarantine", "1").returncode == 0
    (drop / "odd.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    refused = guanxi(small.home, "load", str(drop))
    assert refused.returncode == 1
    assert "odd.csv" in refused.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("load", "/nowhere"), "is no folder"),
        (("withdraw", "d0009-aaaaaaaa"), "There is no delivery"),
        (("detect", "--query", "nonsense"), "There is no query"),
        (("quarantine", "--format", "doc"), "There is no format"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_two(small: Small, words: tuple[str, ...], says: str) -> None:
    done = guanxi(small.home, *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    done = guanxi(tmp_path, "graph", "hash", GUANXI_NEO4J_URI="bolt://127.0.0.1:9", GUANXI_NEO4J_PASSWORD="x")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_detect_says_what_ran_and_what_could_not_look(small: Small, drop: Path) -> None:
    guanxi(small.home, "load", str(drop))
    run = answer(guanxi(small.home, "detect", "--json"))
    by_id = {query["query"]: query for query in run["queries"]}
    assert by_id["paid_after_death"]["status"] == "not_run"
    assert set(by_id["paid_after_death"]["missing"]) >= {"deaths", "payments"}
    assert {"as_of", "queries", "seconds"} <= run.keys()


def test_leads_are_json_lines_with_the_agreed_fields(county: County) -> None:
    lines = guanxi(county.home, "leads").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert len(found) > 50
    fields = {
        "key", "query", "pack", "query_version", "level", "title", "persons", "things", "amount", "from", "to",
        "rows", "for", "against", "state", "basis", "assignee", "first_seen", "last_seen",
    }  # fmt: skip
    for lead in found:
        assert fields <= lead.keys()
        assert lead["level"] in ("high", "medium", "low", "verify")
        assert lead["rows"] and all({"table", "delivery", "file", "sheet", "row"} <= row.keys() for row in lead["rows"])
        assert all(person["id"][6:14] == "********" for person in lead["persons"])


def test_help_names_every_command(tmp_path: Path) -> None:
    shown = guanxi(tmp_path, "--help").stdout
    for module, commands in cli.COMMANDS.items():
        for command in commands:
            assert f" {command} " in shown
            # Asked for by itself, a command is found in the module it is listed under.
            alone = typer.main.get_command(cli.application(command))
            assert isinstance(alone, typer.core.TyperGroup) and command in alone.commands, module
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(
        f"`guanxi {command}" in readme or f"`{command}" in readme for command in ("load", "detect", "leads", "web")
    )


def test_the_reference_page_is_that_of_the_ontology(tmp_path: Path) -> None:
    assert guanxi(tmp_path, "graph", "reference").stdout == (ROOT / "docs" / "graph.md").read_text(encoding="utf-8")


def test_says_and_conflicts_answer_from_the_evidence_without_the_engine(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    row = {"村编码": "431226101203", "村": "黄家团村", "乡镇编码": "431226101", "乡镇": "锦和镇", "县": "麻阳县"}
    shelf.add({"区划": [row]})
    answered = answer(guanxi(tmp_path, "says", "Village:431226101203", "--property", "name", "--json"))
    (told,) = answered["properties"]
    assert (told["value"], told["rows"][0]["file"], told["rows"][0]["row"]) == ("黄家团村", "区划.csv", 2)
    assert not answer(guanxi(tmp_path, "says", "Village:431226101203", "--at", "2001-01-01", "--json"))["there"]
    assert answer(guanxi(tmp_path, "conflicts", "--json")) == {"count": 0, "conflicts": []}
    assert "黄家团村" in guanxi(tmp_path, "says", "Village:431226101203").stdout
    for words in (("says", "Nobody"), ("says", "Village:1", "--at", "soon"), ("says", "Village:1")):
        refused = guanxi(tmp_path, *words)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1), refused.stderr
