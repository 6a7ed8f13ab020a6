"""The log finds every edit, reorder, cut and fork, and stops the change it cannot record."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from ledger_samples import finding
from sqlalchemy import text

from backend import audit, leads
from backend.accounts import Viewer
from backend.ledger import Ledger, LedgerLost, open_ledger
from graph_loader.errors import GuanxiError


@pytest.fixture
def logged(ledger: Ledger) -> Ledger:
    """A ledger with eleven entries on its log."""
    with ledger.writing() as session:
        for number in range(11):
            audit.append(session, "zhang", "test", f"thing {number}", {"number": number})
    return ledger


def tamper(ledger: Ledger, *statements: str) -> None:
    """What somebody with the database file in hand can do."""
    with ledger.writing() as session:
        for change in ("delete", "update"):
            session.execute(text(f"DROP TRIGGER IF EXISTS refuse_{change}_audit_entry"))
        for statement in statements:
            session.execute(text(statement))


def problems(ledger: Ledger, checkpoint: str = "") -> list[str]:
    with ledger.reading() as session:
        return audit.verify_against(session, checkpoint) if checkpoint else audit.verify(session)


def checkpoint(ledger: Ledger) -> str:
    with ledger.reading() as session:
        return audit.checkpoint(session)


def test_an_untouched_log_has_no_problem(logged: Ledger) -> None:
    line = checkpoint(logged)
    assert problems(logged) == []
    with logged.writing() as session:
        audit.append(session, "li", "test", "one more")
    assert problems(logged, line) == []


@pytest.mark.parametrize("column", ["at", "who", "action", "what", "detail"])
@pytest.mark.parametrize("number", [0, 5, 10])
def test_an_edited_entry_is_found(logged: Ledger, column: str, number: int) -> None:
    tamper(logged, f"UPDATE audit_entry SET {column} = 'x' WHERE number = {number}")
    assert f"entry {number} " in problems(logged)[0]


def test_reordered_entries_are_found(logged: Ledger) -> None:
    tamper(
        logged,
        "UPDATE audit_entry SET number = 99 WHERE number = 3",
        "UPDATE audit_entry SET number = 3 WHERE number = 4",
        "UPDATE audit_entry SET number = 4 WHERE number = 99",
    )
    assert "entry 3 " in problems(logged)[0]


def test_an_entry_taken_out_of_the_middle_is_found(logged: Ledger) -> None:
    tamper(logged, "DELETE FROM audit_entry WHERE number = 4")
    assert "entry 4 of the log is missing" in problems(logged)[0]


def test_a_dropped_tail_is_found(logged: Ledger) -> None:
    tamper(logged, "DELETE FROM audit_entry WHERE number >= 8")
    assert "should hold 11 entries and holds 8" in problems(logged)[0]


def test_a_tail_dropped_by_somebody_who_mends_the_rest_is_found_against_a_checkpoint(logged: Ledger) -> None:
    with logged.reading() as session:
        shorter = audit.hold(session)
        origin = shorter.origin
    line = checkpoint(logged)
    tamper(logged, "DELETE FROM audit_entry", "UPDATE audit_head SET size = 0, peaks = '[]'")
    with logged.writing() as session:
        for number in range(8):
            audit.append(session, "zhang", "test", f"thing {number}", {"number": number})
    assert problems(logged) == []
    assert origin in line
    assert "held 11 entries" in problems(logged, line)[0]


def test_a_fork_is_found_against_a_checkpoint(logged: Ledger, tmp_path: Path) -> None:
    other_home = tmp_path / "other"
    other_home.mkdir()
    logged.close()
    shutil.copy(tmp_path / "ledger.db", other_home / "ledger.db")
    other = open_ledger(other_home)
    for ledger, words in ((logged, "what happened"), (other, "what did not")):
        with ledger.writing() as session:
            audit.append(session, "li", "test", words)
            audit.append(session, "li", "test", "both")
    assert problems(other) == []
    assert "not those the log holds now" in problems(other, checkpoint(logged))[0]


def test_a_checkpoint_of_another_ledger_or_no_checkpoint_is_said_so(logged: Ledger, tmp_path: Path) -> None:
    other_home = tmp_path / "other"
    other_home.mkdir()
    assert "another ledger" in problems(logged, checkpoint(open_ledger(other_home)))[0]
    with pytest.raises(GuanxiError, match="no checkpoint"):
        problems(logged, "guanxi-audit nonsense")


def test_an_empty_log_can_be_fixed_too(ledger: Ledger) -> None:
    assert problems(ledger, checkpoint(ledger)) == []


def test_the_root_is_that_of_rfc_6962(logged: Ledger) -> None:
    with logged.reading() as session:
        entries = session.execute(text("SELECT number, at, who, action, what, detail FROM audit_entry ORDER BY number"))
        leaves = [json.dumps(list(entry), ensure_ascii=False).encode() for entry in entries]

    def root(of: list[bytes]) -> bytes:
        if len(of) == 1:
            return hashlib.sha256(b"\0" + of[0]).digest()
        split = 1
        while split * 2 < len(of):
            split *= 2
        return hashlib.sha256(b"\1" + root(of[:split]) + root(of[split:])).digest()

    assert checkpoint(logged).split()[3] == root(leaves).hex()


def test_a_change_that_cannot_be_logged_is_refused(logged: Ledger, office: Callable[..., Viewer]) -> None:
    supervisor, investigator = office("supervisor"), office("investigator")
    with logged.writing() as session:
        leads.record(session, "benefit_to_relative", [finding()], date(2021, 1, 1))
    with logged.writing() as session:
        session.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        )
    key = finding().key
    with pytest.raises(LedgerLost, match="disk full"), logged.writing() as session:
        leads.assign(session, supervisor, key, investigator.name)
    with pytest.raises(LedgerLost, match="disk full"), logged.writing() as session:
        leads.get(session, supervisor, key)
    with pytest.raises(LedgerLost, match="disk full"), logged.writing() as session:
        leads.record(session, "benefit_to_relative", [], date(2021, 1, 1))
    with logged.reading() as session:
        [listed] = leads.find(session, supervisor, leads.LeadFilter()).leads
        assert (listed.lead.state, listed.lead.basis, listed.lead.assignee) == ("new", "stands", None)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("证号 43122619700101123X 已核", "证号 431226********123X 已核"),
        ("431226 19700101 1234", "431226********1234"),
        ("４３１２２６１９７００１０１１２３４", "４３１２２６********１２３４"),
        ("431226700101123", "4312*******1123"),
        ("卡号6228480402564890018", "卡号6228***********0018"),
        ("approved_for_relative-1234567890123456", "approved_for_relative-1234567890123456"),
        ("abcdef" + "1" * 58, "abcdef" + "1" * 58),
        ("a" + "1" * 19, "a" + "1" * 19),
        ("电话 13800001234", "电话 138****1234"),
        ("2019-03-05 付 24300.00 元，合同 HT2019031234", "2019-03-05 付 24300.00 元，合同 HT2019031234"),
    ],
)
def test_numbers_of_people_are_masked_on_the_log(ledger: Ledger, words: str, kept: str) -> None:
    with ledger.writing() as session:
        audit.append(session, "zhang", "search", "people", {"words": words})
        assert audit.lines(session)[0].detail == {"words": kept}


def test_the_log_can_be_read_by_thing_action_and_person(logged: Ledger) -> None:
    with logged.writing() as session:
        audit.append(session, "li", "lead.view", "thing 3")
        assert [line.who for line in audit.lines(session, what="thing 3")] == ["li", "zhang"]
        assert [line.what for line in audit.lines(session, action="lead.view")] == ["thing 3"]
        assert len(audit.lines(session, who="zhang", limit=5)) == 5
