"""A home with accounts and a few invented leads, and browsers without a browser: the pages as the server writes them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from page_samples import PASSWORDS, ROLES, finding, record
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from backend import accounts
from backend.ledger import Ledger, open_ledger
from ui.app import create_app


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same argon2, with the least work: these tests set and check hundreds of passwords."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))
    monkeypatch.setattr(accounts, "_nobody", [])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    opened = open_ledger(home)
    with opened.writing() as session:
        accounts.create(session, accounts.OWNER, "security", "security_admin", "mountain-stream-5")
        guard = accounts.viewer_of(accounts.named(session, "security"))
        for name, role in ROLES.items():
            accounts.create(session, guard, name, role, PASSWORDS[name], display_name=name.capitalize())
    yield opened
    opened.close()


@pytest.fixture
def listed(ledger: Ledger) -> Ledger:
    """A ledger with three leads: high, medium, and one to verify."""
    record(ledger, finding(1), finding(2, level="medium"), finding(3, level="verify", amount=None))
    return ledger


@pytest.fixture
def as_user(home: Path, ledger: Ledger) -> Iterator[Callable[..., TestClient]]:
    """`as_user("zhang")`: a signed-in browser that sends its Origin, as browsers do."""
    app = create_app(home)
    opened: list[TestClient] = []

    def sign_in(name: str = "", **headers: str) -> TestClient:
        client = TestClient(app, base_url="http://county.test", headers={"origin": "http://county.test", **headers})
        opened.append(client)
        if name:
            answer = client.post("/signin", data={"name": name, "password": PASSWORDS[name]}, follow_redirects=False)
            assert answer.status_code == 303
        return client

    yield sign_in
    for client in opened:
        client.close()
    app.state.desk.close()
