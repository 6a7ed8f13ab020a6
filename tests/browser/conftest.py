"""The workbench on the sample county, served for a real Chromium; its ledger is a copy, so that leads may be worked here."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from homes import County, Small
from page_samples import PASSWORDS, ROLES, VILLAGE, edge, finding, node
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from backend import accounts, leads
from backend.ledger import open_ledger
from ui.app import create_app

CROWD = 400
DESK = {"width": 1440, "height": 900}


@dataclass(frozen=True)
class Web:
    """The served workbench; `crowded` is the key of a lead with 400 nodes."""

    url: str
    crowded: str


def _chromium() -> str:
    spec = spec_from_file_location("chromium", Path(__file__).parent / "chromium.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.find()
    if not found:
        pytest.fail("The browser tests need Chromium: run `make browser`, or set CHROMIUM to its path.")
    return str(found)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    quiet = [f"--disable-{what}" for what in ("gpu", "background-networking", "component-update", "sync")]
    return {"executable_path": _chromium(), "args": [*quiet, "--no-sandbox", "--no-first-run"]}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"viewport": DESK, "locale": "zh-CN"}


@pytest.fixture(scope="session")
def web(county: County, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    copy = tmp_path_factory.mktemp("web") / "ledger.db"
    shutil.copy(county.home / "ledger.db", copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUANXI_LEDGER", f"sqlite:///{copy}")
        ledger = open_ledger(county.home)
        app = create_app(county.home)
        assert app.state.desk.ledger
    with ledger.writing() as session:
        _open_office(session)
        leads.record(session, "crowded_lead", [_crowded()], date(2021, 1, 1))
    with served(app) as url:
        yield Web(url, _crowded().key)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serves the workbench on a free port; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    app.state.desk.close()


@pytest.fixture
def office(small: Small) -> Iterator[Web]:
    """The workbench on an empty home, where tables may be handed in."""
    ledger = open_ledger(small.home)
    with ledger.writing() as session:
        _open_office(session)
    with served(create_app(small.home)) as url:
        yield Web(url, "")
    ledger.close()


def _open_office(session: Session) -> None:
    """The accounts of these tests, by whoever administers the copied ledger already."""
    known = {account.name: account for account in accounts.everybody(session)}
    guard = next((each for each in known.values() if each.role == "security_admin"), None) or accounts.create(
        session, accounts.OWNER, "security", "security_admin", "mountain-stream-5"
    )
    by = accounts.viewer_of(guard)
    for name, role in ROLES.items():
        if name in known:
            accounts.set_password(session, by, name, PASSWORDS[name])
        else:
            accounts.create(session, by, name, role, PASSWORDS[name], display_name=name.capitalize())


def _crowded() -> Any:
    """An invented lead whose network has 400 nodes: a village head and everybody in the village."""
    head = node("Person", "a" * 20, "沈立冬", True, ("Official",))
    people = [node("Person", f"{number:020x}", f"村民{number}") for number in range(CROWD - 2)]
    nodes = [head, node("Village", VILLAGE, "青石村", True), *people]
    edges = [edge("IN_CHARGE", head["id"], f"Village:{VILLAGE}", True, by="村干部")]
    edges += [edge("DECLARED", head["id"], each["id"], term="远亲") for each in people]
    return finding(
        9, query="crowded_lead", key="crowded_lead-0123456789abcdef", network={"nodes": nodes, "edges": edges}
    )


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained about: refused by the policy, not found, thrown."""
    return []


@pytest.fixture
def as_user(web: Web, new_context: Callable[..., BrowserContext], complaints: list[str]) -> Callable[..., Page]:
    """`as_user("zhang")`: a page of a browser in which that account has signed in."""

    return lambda name: signed_in(web.url, name, new_context, complaints)


@pytest.fixture
def in_office(office: Web, new_context: Callable[..., BrowserContext], complaints: list[str]) -> Callable[..., Page]:
    """The same in the workbench on an empty home."""
    return lambda name: signed_in(office.url, name, new_context, complaints)


@pytest.fixture(scope="session")
def by_query(county: County) -> dict[str, list[str]]:
    """Keys of the leads of each query."""
    ledger = open_ledger(county.home)
    keys: dict[str, list[str]] = {}
    with ledger.reading() as session:
        for lead in leads.in_order(session, accounts.OWNER):
            keys.setdefault(lead.query, []).append(lead.key)
    ledger.close()
    return keys


def signed_in(url: str, name: str, new_context: Callable[..., BrowserContext], complaints: list[str]) -> Page:
    page = new_context().new_page()
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{url}/signin")
    page.get_by_label("账号").fill(name)
    page.get_by_label("密码").fill(PASSWORDS[name])
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".rail")).to_be_visible()
    return page
