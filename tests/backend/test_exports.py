"""Leads as files and on the command line: complete, in order, logged, and harmless in a spreadsheet."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import typer
from ledger_samples import FINDING, PASSWORD, finding
from typer.testing import CliRunner

from backend import accounts, audit, exports, leads
from backend.accounts import OWNER, ROLES, NotAllowed, Viewer
from backend.findings import Party
from backend.ledger import Ledger, open_ledger
from graph_loader.errors import GuanxiError
from graph_loader.secret import secret_of
from guanxi import ledger_cli

HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
    '@"=1+1',
]
LEVELS = ("low", "high", "verify", "medium")


@pytest.fixture
def recorded(ledger: Ledger) -> Ledger:
    with ledger.writing() as session:
        found = [finding(number, level=level, amount=number * 10.0) for number, level in enumerate(LEVELS)]
        leads.record(session, FINDING.query, found, date(2021, 1, 1))
    return ledger


def taken(ledger: Ledger, form: str, viewer: Viewer = OWNER, filters: leads.LeadFilter | None = None) -> bytes:
    with ledger.writing() as session:
        return exports.leads_file(session, viewer, filters, form)


def cells_of_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def cells_of_xlsx(content: bytes) -> list[list[object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert all(cell.data_type != "f" for row in sheet for cell in row)
    return [list(row) for row in sheet.values]


def test_json_lines_hold_the_contract_in_order(recorded: Ledger) -> None:
    told = [json.loads(line) for line in taken(recorded, "jsonl").decode().splitlines()]
    assert [lead["level"] for lead in told] == ["high", "medium", "low", "verify"]
    assert set(told[0]) == set(exports.COLUMNS)
    assert told[0]["persons"][0]["id"] == "431226********1234"


def test_csv_and_xlsx_hold_the_same_leads(recorded: Ledger) -> None:
    from_csv, from_xlsx = cells_of_csv(taken(recorded, "csv")), cells_of_xlsx(taken(recorded, "xlsx"))
    assert from_csv[0] == from_xlsx[0] == list(exports.COLUMNS)
    assert [row[0] for row in from_csv] == [row[0] for row in from_xlsx]
    first = dict(zip(from_xlsx[0], from_xlsx[1], strict=True))
    assert first["amount"] == 10.0
    assert first["persons"] == "official 单小明 431226********1234；relative 曾阿秀 431226********4321"
    assert first["rows"] == "补贴发放 补贴发放.csv  7"
    assert taken(recorded, "csv").startswith(b"\xef\xbb\xbf")


def test_filters_and_towns_hold_for_files_too(recorded: Ledger, office: Callable[..., Viewer]) -> None:
    assert len(cells_of_csv(taken(recorded, "csv", filters=leads.LeadFilter(level=("high",))))) == 2
    elsewhere = office("supervisor", "elsewhere", towns=frozenset({"431226999"}))
    assert len(cells_of_csv(taken(recorded, "csv", elsewhere))) == 1


def test_who_took_what_is_on_the_log(recorded: Ledger, office: Callable[..., Viewer]) -> None:
    taken(recorded, "xlsx", office("supervisor", "wang"), leads.LeadFilter(level=("high",)))
    with recorded.reading() as session:
        [line] = audit.lines(session, action="export")
    assert (line.who, line.detail) == ("wang", {"format": "xlsx", "leads": 1, "filters": {"level": ["high"]}})


@pytest.mark.parametrize("role", [role for role in ROLES if "export" not in ROLES[role].rights])
def test_roles_that_may_not_take_leads_out_are_refused(
    recorded: Ledger, office: Callable[..., Viewer], role: str
) -> None:
    with pytest.raises(NotAllowed, match="role"):
        taken(recorded, "csv", office(role, "somebody"))


def test_an_unknown_format_is_refused(recorded: Ledger) -> None:
    with pytest.raises(NotAllowed, match="jsonl, csv or xlsx"):
        taken(recorded, "pdf")


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_cell_becomes_a_formula(ledger: Ledger, payload: str) -> None:
    hostile = finding(1, title_zh=payload, persons=(Party(payload, payload, payload, "a" * 20),))
    with ledger.writing() as session:
        leads.record(session, FINDING.query, [hostile], date(2021, 1, 1))
    for rows in (cells_of_csv(taken(ledger, "csv")), cells_of_xlsx(taken(ledger, "xlsx"))):
        for cell in rows[1]:
            assert not isinstance(cell, str) or cell.strip()[:1] not in tuple("=+-@＝＋－＠")


def test_numbers_and_plain_words_stay_as_they_are() -> None:
    assert [exports.neutral(cell) for cell in (-5.0, None, "张三", "2019-05-17", "")] == [
        -5.0,
        None,
        "张三",
        "2019-05-17",
        "",
    ]


# The command line


@pytest.fixture
def guanxi(tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command on the ledger and gives its output; what is typed follows `typed=`."""
    monkeypatch.setenv("GUANXI_HOME", str(tmp_path))
    app = typer.Typer()
    ledger_cli.mount(app)

    def run(*arguments: str, typed: str = "", status: int = 0) -> str:
        result = CliRunner().invoke(app, arguments, input=typed)
        if isinstance(result.exception, GuanxiError):
            raise result.exception
        assert result.exit_code == status, result.output
        return result.stdout

    return run


def test_leads_go_to_standard_output_or_into_a_file(
    recorded: Ledger, guanxi: Callable[..., str], tmp_path: Path
) -> None:
    lines = guanxi("leads").splitlines()
    assert [json.loads(line)["level"] for line in lines] == ["high", "medium", "low", "verify"]
    assert guanxi("leads", "--format", "csv").startswith("key,query")
    guanxi("leads", "--format", "xlsx", "--out", str(tmp_path / "leads.xlsx"))
    assert len(cells_of_xlsx((tmp_path / "leads.xlsx").read_bytes())) == 5
    with pytest.raises(GuanxiError, match="--out"):
        guanxi("leads", "--out", str(tmp_path / "no" / "such" / "folder"))


def test_an_office_is_set_up_on_the_command_line(ledger: Ledger, guanxi: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(GuanxiError, match="first security_admin"):
        guanxi("user", "add", "zhang", "--role", "investigator")
    *_, password = guanxi("user", "add", "security", "--role", "security_admin").split()
    *_, zhangs = guanxi(
        "user",
        "add",
        "zhang",
        "--role",
        "investigator",
        "--town",
        "431226101",
        "--by",
        "security",
        typed=password + "\n",
    ).split()
    with pytest.raises(GuanxiError, match="not right"):
        guanxi("user", "role", "zhang", "supervisor", "--by", "security", typed="wrong\n")
    with pytest.raises(GuanxiError, match="role does not include"):
        guanxi("user", "role", "zhang", "supervisor", "--by", "zhang", typed=zhangs + "\n")
    guanxi("user", "role", "zhang", "supervisor", "--by", "security", typed=password + "\n")
    guanxi("user", "territory", "zhang", "431226102", "431226103", "--by", "security", typed=password + "\n")
    guanxi("user", "tie", "zhang", "--by", "security", typed=f"11010519491231002x\n{password}\n")
    with pytest.raises(GuanxiError, match="no ID number"):
        guanxi("user", "tie", "zhang", "--by", "security", typed=f"110105194912310021\n{password}\n")
    renewed = guanxi("user", "password", "zhang", "--by", "security", typed=password + "\n").strip()
    assert renewed != zhangs
    guanxi("user", "disable", "zhang", "--by", "security", typed=password + "\n")
    told = {account["name"]: account for account in json.loads(guanxi("user", "list", "--json"))}
    assert told["zhang"] == {
        "name": "zhang",
        "role": "supervisor",
        "towns": ["431226102", "431226103"],
        "disabled": True,
    }
    assert "zhang supervisor 431226102,431226103 disabled" in guanxi("user", "list")
    guanxi("user", "disable", "zhang", "--enable", "--by", "security", typed=password + "\n")
    with ledger.reading() as session:
        zhang = accounts.named(session, "zhang")
    assert zhang.person_ref == secret_of(tmp_path).ref("person", "11010519491231002X")
    assert not zhang.disabled


def test_a_security_administrator_who_lost_the_password_gets_a_new_one(
    ledger: Ledger, office: Callable[..., Viewer], guanxi: Callable[..., str]
) -> None:
    renewed = guanxi("user", "password", "security").strip()
    with ledger.writing() as session:
        assert accounts.sign_in(session, "security", PASSWORD, "").refusal
        assert accounts.sign_in(session, "security", renewed, "").token


def test_the_log_is_verified_on_the_command_line(recorded: Ledger, guanxi: Callable[..., str], tmp_path: Path) -> None:
    line = guanxi("audit", "checkpoint").strip()
    assert "as they were written" in guanxi("audit", "verify", "--against", line)
    (tmp_path / "checkpoint.txt").write_text(line)
    assert "as they were written" in guanxi("audit", "verify", "--against", str(tmp_path / "checkpoint.txt"))
    other = tmp_path / "other"
    other.mkdir()
    with open_ledger(other).reading() as session:
        foreign = audit.checkpoint(session)
    assert "another ledger" in guanxi("audit", "verify", "--against", foreign, status=1)
