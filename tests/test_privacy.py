"""No number of a person, account or phone leaves the evidence in full: not in the graph, a page, an export, the ledger or the log."""

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from homes import County
from stdnum.cn import ric

from backend import accounts, exports
from backend.accounts import OWNER
from backend.ledger import open_ledger
from graph_loader.reading import kind_of, sheets_of
from ui.app import create_app

PASSWORD = "canary-finder-5"
RUN = re.compile(r"(?<![0-9A-Za-z])\d{10,24}[\dXx](?![0-9A-Za-z])")
SECRET_HEADER = re.compile(r"身份证|公民身份号码|证件号|账号|帐号|电话|卡号")
BUSINESS_KEYS = re.compile(r"信用代码")


@pytest.fixture(scope="module")
def canaries(county: County) -> set[str]:
    """Every ID number, account and phone of the drop; companies' credit codes are declared business keys."""
    found: set[str] = set()
    for path in county.drop.iterdir():
        if kind_of(path) != "table":
            continue
        for sheet in sheets_of(path):
            rows = sheet.cells.to_pydict()
            table = list(zip(*rows.values(), strict=True))
            header = next(row for row in table[:8] if sum(bool(cell) for cell in row) > 2)
            for at, title in enumerate(header):
                if SECRET_HEADER.search(title):
                    found |= {row[at] for row in table if RUN.fullmatch(row[at])}
    credit_codes = {number for number in found if number.startswith("9") and not ric.is_valid(number)}
    return found - credit_codes


def leaks(text: str, canaries: set[str]) -> set[str]:
    runs = set(RUN.findall(text))
    return {run for run in runs if run in canaries or (len(run) == 18 and ric.is_valid(run))}


def test_there_are_canaries_of_every_kind(canaries: set[str]) -> None:
    lengths = {length: sum(len(canary) == length for canary in canaries) for length in (11, 18, 19)}
    assert all(count > 10 for count in lengths.values()), lengths


def test_the_graph_holds_no_number_in_full(county: County, canaries: set[str]) -> None:
    with county.driver.session() as session:
        nodes = session.run("MATCH (n) RETURN labels(n)[0] AS label, properties(n) AS properties")
        for record in nodes:
            keys = {record["properties"]["key"]} if record["label"] == "Company" else set()
            assert not leaks(repr(record["properties"]), canaries) - keys, record
        for record in session.run("MATCH ()-[r]->() WHERE size(keys(r)) > 0 RETURN properties(r) AS properties"):
            assert not leaks(repr(record["properties"]), canaries), record


def test_the_ledger_holds_no_number_in_full(county: County, canaries: set[str]) -> None:
    with sqlite3.connect(county.home / "ledger.db") as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute(f'SELECT * FROM "{table}"'):
                assert not leaks(repr(row), canaries), table


@pytest.mark.parametrize("form", ["jsonl", "csv", "xlsx"])
def test_an_export_holds_no_number_in_full(county: County, canaries: set[str], form: str, tmp_path: Path) -> None:
    with open_ledger(county.home).writing() as session:
        content = exports.leads_file(session, OWNER, None, form)
    if form == "xlsx":
        (tmp_path / "leads.xlsx").write_bytes(content)
        text = "\n".join(
            " ".join(column) for column in sheets_of(tmp_path / "leads.xlsx")[0].cells.to_pydict().values()
        )
    else:
        text = content.decode("utf-8")
    assert len(text) > 1000
    assert not leaks(text, canaries)


A_KIND = 40
"""So many pages of one kind (a lead, a source row, a network …) are looked at."""


def pages(client: TestClient) -> Iterator[tuple[str, str]]:
    """The pages that a supervisor reaches by links from the list of leads, three steps deep."""
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    ahead = ["/leads", "/leads.json", "/leads.csv", "/explore", "/data", "/data.json", "/queries", "/queries.json"]
    for _ in range(3):
        found: list[str] = []
        for address in ahead:
            kind = re.sub(r"[a-z_]+-[0-9a-f]{16}|\d+|\?.*", "*", address)
            if address in seen or kinds[kind] == A_KIND:
                continue
            seen.add(address)
            kinds[kind] += 1
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)
            yield address, answer.text
            found += re.findall(r'(?:href|hx-get|src|data-[a-z-]+)="(/(?!static|signout)[^"#]*)"', answer.text)
        ahead = [address.replace("&amp;", "&") for address in dict.fromkeys(found)]


def test_no_page_shows_a_number_in_full(
    county: County, canaries: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(county.home / "ledger.db", tmp_path / "ledger.db")
    monkeypatch.setenv("GUANXI_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger = open_ledger(county.home)
    with ledger.writing() as session:
        accounts.create(session, OWNER, "keeper", "security_admin", PASSWORD)
        keeper = accounts.viewer_of(accounts.named(session, "keeper"))
        accounts.create(session, keeper, "reader", "supervisor", PASSWORD)
    ledger.close()
    origin = "https://testserver"
    with TestClient(create_app(county.home), base_url=origin) as client:
        client.post("/signin", data={"name": "reader", "password": PASSWORD}, headers={"Origin": origin})
        visited = []
        for address, text in pages(client):
            visited.append(address)
            assert not leaks(address + text, canaries), address
    assert sum(address.endswith("network.json") for address in visited) >= 5
    assert sum("/rows/" in address for address in visited) >= 5
