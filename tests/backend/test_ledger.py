"""The ledger opens, keeps what it promises to keep, and says plainly when it cannot."""

import os
import stat
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from backend import audit
from backend.ledger import Base, Ledger, LedgerLost, open_ledger


def test_the_migrations_make_exactly_the_tables_of_the_models(ledger: Ledger) -> None:
    with ledger.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_opening_again_keeps_what_is_in_it(tmp_path: Path, ledger: Ledger) -> None:
    with ledger.writing() as session:
        audit.append(session, "zhang", "test", "something")
    again = open_ledger(tmp_path)
    with again.reading() as session:
        assert audit.size(session) == 1


def test_only_the_owner_may_read_the_file(tmp_path: Path, ledger: Ledger) -> None:
    assert stat.S_IMODE(os.stat(tmp_path / "ledger.db").st_mode) == 0o600


@pytest.mark.parametrize("table", ["audit_entry", "lead_event", "lead_version", "lead", "account", "run"])
def test_the_database_itself_refuses_to_delete(ledger: Ledger, table: str) -> None:
    with ledger.reading() as session:
        triggers = session.scalars(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")).all()
    assert any(f"BEFORE DELETE ON {table} " in trigger for trigger in triggers)


def test_a_deletion_by_sql_is_refused_in_one_sentence(ledger: Ledger) -> None:
    with ledger.writing() as session:
        audit.append(session, "zhang", "test", "something")
    with pytest.raises(LedgerLost, match="no DELETE on audit_entry"), ledger.writing() as session:
        session.execute(text("DELETE FROM audit_entry"))
    with ledger.reading() as session:
        assert audit.size(session) == 1


def test_a_block_that_fails_keeps_nothing(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.writing() as session:
        audit.append(session, "zhang", "test", "something")
        raise RuntimeError
    with ledger.reading() as session:
        assert audit.size(session) == 0


def test_writers_wait_for_each_other(ledger: Ledger) -> None:
    def write() -> None:
        for _ in range(10):
            with ledger.writing() as session:
                audit.append(session, "zhang", "test", "something")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with ledger.reading() as session:
        assert audit.size(session) == 40
        assert audit.verify(session) == []


def test_a_broken_ledger_is_one_plain_sentence(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database at all, and long enough to be looked at" * 20)
    with pytest.raises(LedgerLost, match="nothing was changed"):
        open_ledger(tmp_path)


def test_a_ledger_of_a_newer_version_is_not_touched(tmp_path: Path, ledger: Ledger) -> None:
    with ledger.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
    with pytest.raises(LedgerLost, match="newer version"):
        open_ledger(tmp_path)


def test_a_wrong_address_is_one_plain_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("no address", "nosuch://host/name"):
        monkeypatch.setenv("GUANXI_LEDGER", address)
        with pytest.raises(LedgerLost, match="GUANXI_LEDGER"):
            open_ledger(tmp_path)


def test_another_database_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_LEDGER", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    open_ledger(tmp_path).close()
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "ledger.db").exists()
