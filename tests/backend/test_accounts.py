"""Who gets in, how long they stay, and who may grant what."""

import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ledger_samples import PASSWORD
from sqlalchemy import select, text

from backend import accounts, audit
from backend.accounts import OWNER, RIGHTS, ROLES, NotAllowed, SignInResult, Viewer
from backend.ledger import Ledger, SignIn, SignInAttempt, now


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = now()

    def __call__(self) -> datetime:
        return self.time

    def passes(self, **time: float) -> None:
        self.time += timedelta(**time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(accounts, "now", clock)
    return clock


def sign_in(
    ledger: Ledger, name: str, password: str = PASSWORD, address: str = "10.0.0.1", old: str | None = None
) -> SignInResult:
    with ledger.writing() as session:
        return accounts.sign_in(session, name, password, address, old)


def refused(ledger: Ledger, code: str, change: Callable[..., object], *arguments: object) -> None:
    with pytest.raises(NotAllowed) as refusal, ledger.writing() as session:
        change(session, *arguments)
    assert refusal.value.code == code
    assert refusal.value.zh.endswith("。")
    assert refusal.value.en.endswith(".")


def test_the_right_password_gets_in_and_the_ledger_keeps_no_token(
    ledger: Ledger, office: Callable[..., Viewer]
) -> None:
    office("investigator", "zhang")
    token = sign_in(ledger, " ZHANG ").token
    assert token
    viewer = accounts.present(ledger, token)
    assert viewer is not None
    assert (viewer.name, viewer.role) == ("zhang", "investigator")
    with ledger.reading() as session:
        kept = session.execute(select(SignIn.token_hash)).scalars().all()
        password_hash = accounts.named(session, "zhang").password_hash
    assert token not in kept
    assert password_hash.startswith("$argon2id$")


def test_wrong_password_unknown_name_and_shut_account_get_the_same_sentence(
    ledger: Ledger, office: Callable[..., Viewer]
) -> None:
    office("investigator", "zhang")
    office("investigator", "li")
    administrator = administrator_of(ledger)
    with ledger.writing() as session:
        accounts.disable(session, administrator, "li")
    refusals = {
        sign_in(ledger, "zhang", "wrong").refusal,
        sign_in(ledger, "nobody").refusal,
        sign_in(ledger, "li").refusal,
    }
    assert len(refusals) == 1


def test_an_unknown_name_costs_one_password_check_as_a_known_one_does(
    ledger: Ledger, office: Callable[..., Viewer], monkeypatch: pytest.MonkeyPatch
) -> None:
    office("investigator", "zhang")
    sign_in(ledger, "nobody")
    checked: list[str] = []

    class Counting:
        def verify(self, password: str, hashed: str) -> bool:
            checked.append(hashed.split("$")[1:4] and "$".join(hashed.split("$")[1:4]))
            return False

    monkeypatch.setattr(accounts, "_hasher", Counting())
    sign_in(ledger, "zhang")
    sign_in(ledger, "nobody")
    assert len(checked) == 2
    assert checked[0] == checked[1]


def administrator_of(ledger: Ledger, name: str = "security") -> Viewer:
    with ledger.reading() as session:
        return accounts.viewer_of(accounts.named(session, name))


def test_five_wrong_tries_shut_the_name_for_a_quarter_of_an_hour(
    ledger: Ledger, office: Callable[..., Viewer], clock: Clock
) -> None:
    office("investigator", "zhang")
    for number in range(5):
        refusal = sign_in(ledger, "zhang", "wrong", f"10.0.0.{number}").refusal
        assert refusal and refusal.code == "wrong_name_or_password"
    limited = sign_in(ledger, "zhang").refusal
    assert limited and limited.code == "too_many_tries"
    clock.passes(minutes=16)
    assert sign_in(ledger, "zhang").token


def test_a_new_password_lets_a_shut_name_in_again(ledger: Ledger, office: Callable[..., Viewer], clock: Clock) -> None:
    office("investigator", "zhang")
    for _ in range(5):
        sign_in(ledger, "zhang", "wrong")
    clock.passes(minutes=1)
    administrator = administrator_of(ledger)
    with ledger.writing() as session:
        accounts.set_password(session, administrator, "zhang", "another long one")
    assert sign_in(ledger, "zhang", "another long one").token


def test_twenty_wrong_tries_shut_the_address(ledger: Ledger, office: Callable[..., Viewer], clock: Clock) -> None:
    office("investigator", "zhang")
    with ledger.writing() as session:
        session.add_all(SignInAttempt(name=f"n{n}", address="10.0.0.9", at=clock(), succeeded=False) for n in range(20))
    limited = sign_in(ledger, "zhang", address="10.0.0.9").refusal
    assert limited and limited.code == "too_many_tries"
    assert sign_in(ledger, "zhang", address="10.0.0.8").token


def test_a_sign_in_ends_when_idle_and_after_twelve_hours_at_any_rate(
    ledger: Ledger, office: Callable[..., Viewer], clock: Clock
) -> None:
    office("investigator", "zhang")
    token = sign_in(ledger, "zhang").token
    for _ in range(35):
        clock.passes(minutes=20)
        assert accounts.present(ledger, token)
    clock.passes(minutes=25)
    assert accounts.present(ledger, token) is None
    token = sign_in(ledger, "zhang").token
    clock.passes(minutes=31)
    assert accounts.present(ledger, token) is None


def test_signing_in_again_ends_the_former_token(ledger: Ledger, office: Callable[..., Viewer]) -> None:
    office("investigator", "zhang")
    first = sign_in(ledger, "zhang").token
    second = sign_in(ledger, "zhang", old=first).token
    assert first != second
    assert accounts.present(ledger, first) is None
    assert accounts.present(ledger, second)


def test_signing_out_a_new_role_a_new_password_and_shutting_end_sign_ins(
    ledger: Ledger, office: Callable[..., Viewer]
) -> None:
    office("investigator", "zhang")
    administrator = administrator_of(ledger)
    changes: list[Callable[..., object]] = [
        lambda session, token: accounts.sign_out(session, token),
        lambda session, token: accounts.set_role(session, administrator, "zhang", "analyst"),
        lambda session, token: accounts.set_password(session, administrator, "zhang", PASSWORD),
        lambda session, token: accounts.disable(session, administrator, "zhang"),
    ]
    for change in changes:
        token = sign_in(ledger, "zhang").token
        assert accounts.present(ledger, token)
        with ledger.writing() as session:
            change(session, token)
        assert accounts.present(ledger, token) is None


def test_nonsense_is_nobody(ledger: Ledger) -> None:
    assert accounts.present(ledger, None) is None
    assert accounts.present(ledger, "nonsense") is None


def test_nobody_changes_their_own_role_towns_or_state(ledger: Ledger, office: Callable[..., Viewer]) -> None:
    administrator = administrator_of(ledger)
    refused(ledger, "not_yourself", accounts.set_role, administrator, "security", "supervisor")
    refused(ledger, "not_yourself", accounts.set_towns, administrator, "security", frozenset())
    refused(ledger, "not_yourself", accounts.tie, administrator, "security", None)
    refused(ledger, "not_yourself", accounts.disable, administrator, "security")


@pytest.mark.parametrize("role", [role for role in ROLES if role != "security_admin"])
def test_only_a_security_administrator_manages_accounts(
    ledger: Ledger, office: Callable[..., Viewer], role: str
) -> None:
    somebody = office(role, "somebody")
    office("clerk", "other")
    refused(ledger, "not_your_role", accounts.create, somebody, "new", "supervisor", PASSWORD)
    refused(ledger, "not_your_role", accounts.set_role, somebody, "somebody", "security_admin")
    refused(ledger, "not_your_role", accounts.set_role, somebody, "other", "supervisor")
    refused(ledger, "not_your_role", accounts.set_towns, somebody, "somebody", frozenset())
    refused(ledger, "not_your_role", accounts.set_password, somebody, "other", PASSWORD)
    refused(ledger, "not_your_role", accounts.disable, somebody, "other")
    with ledger.writing() as session:
        accounts.set_password(session, somebody, "somebody", "my own new one")
    assert sign_in(ledger, "somebody", "my own new one").token


def test_the_owner_of_the_machine_makes_the_first_account_and_no_other(ledger: Ledger) -> None:
    refused(ledger, "owner_sets_up_only", accounts.create, OWNER, "boss", "supervisor", PASSWORD)
    with ledger.writing() as session:
        accounts.create(session, OWNER, "security", "security_admin", PASSWORD)
    refused(ledger, "owner_sets_up_only", accounts.create, OWNER, "second", "security_admin", PASSWORD)
    refused(ledger, "not_your_role", accounts.set_role, OWNER, "security", "supervisor")
    with ledger.writing() as session:
        accounts.set_password(session, OWNER, "security", "lost and found")
    assert sign_in(ledger, "security", "lost and found").token


def test_the_owner_sets_nobody_elses_password(ledger: Ledger, office: Callable[..., Viewer]) -> None:
    office("supervisor")
    refused(ledger, "owner_sets_up_only", accounts.set_password, OWNER, "supervisor", PASSWORD)


def test_the_last_security_administrator_stays(ledger: Ledger, office: Callable[..., Viewer]) -> None:
    second = office("security_admin", "second")
    first = administrator_of(ledger)
    with ledger.writing() as session:
        accounts.disable(session, second, "security")
    refused(ledger, "last_security_admin", accounts.disable, first, "second")
    refused(ledger, "last_security_admin", accounts.set_role, first, "second", "clerk")


def test_what_does_not_fit_is_refused(ledger: Ledger, office: Callable[..., Viewer]) -> None:
    administrator = administrator_of(ledger)
    for name in ("x", "a b", "owner", "431226197001011234"):
        refused(ledger, "unfit_name", accounts.create, administrator, name, "clerk", PASSWORD)
    for password in ("short", "my-name-is-zhang"):
        refused(ledger, "unfit_password", accounts.create, administrator, "zhang", "clerk", password)
    refused(ledger, "no_such_role", accounts.create, administrator, "zhang", "superuser", PASSWORD)
    refused(ledger, "name_taken", accounts.create, administrator, "SECURITY", "clerk", PASSWORD)
    refused(ledger, "no_such_account", accounts.set_role, administrator, "nobody", "clerk")
    refused(ledger, "no_town_code", accounts.set_towns, administrator, "security", frozenset({"锦和镇"}))


def test_the_three_administrators_are_apart() -> None:
    administering = {"run_system", "manage_accounts", "read_log"}
    for role in ROLES.values():
        assert role.rights <= set(RIGHTS)
        assert len(role.rights & administering) <= 1
        assert not (role.rights & {"run_system", "manage_accounts"} and "see_leads" in role.rights)
    assert ROLES["system_admin"].rights == {"run_system"}
    assert not any({"work_leads", "supervise_leads"} <= role.rights for role in ROLES.values())


def test_preferences_are_kept(ledger: Ledger, office: Callable[..., Viewer]) -> None:
    viewer = office("investigator", "zhang")
    with ledger.writing() as session:
        accounts.set_preferences(session, viewer, language="en", money_unit="万元")
        accounts.set_preferences(session, viewer, language="xx")
    again = administrator_of(ledger, "zhang")
    assert (again.language, again.money_unit) == ("en", "万元")


def test_sign_ins_refusals_and_changes_are_on_the_log(ledger: Ledger, office: Callable[..., Viewer]) -> None:
    office("investigator", "zhang")
    sign_in(ledger, "zhang", "wrong")
    token = sign_in(ledger, "zhang").token
    assert token
    administrator = administrator_of(ledger)
    with ledger.writing() as session:
        accounts.sign_out(session, token)
        accounts.set_towns(session, administrator, "zhang", frozenset({"431226101"}))
        accounts.set_role(session, administrator, "zhang", "analyst")
        accounts.disable(session, administrator, "zhang")
        told = [(line.who, line.action) for line in audit.lines(session, what="zhang")]
    assert told[::-1] == [
        ("security", "account.create"),
        ("zhang", "sign_in.refused"),
        ("zhang", "sign_in"),
        ("zhang", "sign_out"),
        ("security", "account.towns"),
        ("security", "account.role"),
        ("security", "account.disable"),
    ]


def test_demo_accounts_keep_their_passwords_until_the_home_is_made_anew(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.writing() as session:
        first = accounts.seed_demo_accounts(session, tmp_path)
    with ledger.writing() as session:
        assert accounts.seed_demo_accounts(session, tmp_path) == first
        assert session.scalar(text("SELECT count(*) FROM account")) == len(first)
    assert {role for _, role, _ in first} == set(ROLES)
    assert stat.S_IMODE((tmp_path / "demo-accounts.txt").stat().st_mode) == 0o600
    name, _, password = first[0]
    assert sign_in(ledger, name, password).token
    (tmp_path / "demo-accounts.txt").unlink()
    with ledger.writing() as session:
        drawn_again = accounts.seed_demo_accounts(session, tmp_path)
    assert not {password for *_, password in first} & {password for *_, password in drawn_again}
    name, _, password = drawn_again[0]
    assert sign_in(ledger, name, password).token
