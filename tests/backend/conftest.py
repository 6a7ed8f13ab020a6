"""An empty ledger and an office of accounts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ledger_samples import PASSWORD
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from backend import accounts
from backend.accounts import OWNER, Viewer
from backend.ledger import Ledger, open_ledger


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same argon2, with the least work: these tests set and check hundreds of passwords."""
    monkeypatch.setattr(accounts, "_hasher", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))
    monkeypatch.setattr(accounts, "_nobody", [])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def office(ledger: Ledger) -> Callable[..., Viewer]:
    """Makes an account of a role on demand: `office("supervisor", "wang")`."""
    with ledger.writing() as session:
        accounts.create(session, OWNER, "security", "security_admin", PASSWORD)
        administrator = accounts.viewer_of(accounts.named(session, "security"))

    def join(role: str, name: str = "", **other: object) -> Viewer:
        with ledger.writing() as session:
            return accounts.viewer_of(
                accounts.create(session, administrator, name or role, role, PASSWORD, **other)  # type: ignore[arg-type]
            )

    return join
