"""Who may sign in, as what, for which towns; and the signed-in browsers.

One role an account. Three of the roles administer and are kept apart: the system administrator sees no personal data, the
security administrator grants roles (never to themself), the auditor reads the log.
"""

import hashlib
import os
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pwdlib import PasswordHash
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from backend import audit
from backend.ledger import Account, Ledger, SignIn, SignInAttempt, now
from graph_loader.errors import GuanxiError

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
REFRESH = timedelta(minutes=1)
"""Using a sign-in is written down at most this often."""
WINDOW = timedelta(minutes=15)
TRIES_BY_NAME = 5
TRIES_BY_ADDRESS = 20
SHORTEST_PASSWORD = 10


@dataclass(frozen=True)
class Role:
    """What an account is for, and what it may do (see `RIGHTS`)."""

    code: str
    zh: str
    en: str
    rights: frozenset[str]


RIGHTS = {
    "see_leads": "read leads, the graph and its evidence within the account's towns",
    "work_leads": "check the leads assigned to one and propose an outcome",
    "supervise_leads": "assign leads, close them or send them back",
    "export": "take leads out as files",
    "reveal": "see a full number, with a case and a purpose, logged",
    "query": "run saved and own Cypher queries",
    "identify": "confirm whom a row without an ID number means, or that it is none of the candidates",
    "load": "hand in deliveries, see what was quarantined, check a draft payment list",
    "run_system": "engine, backups, the state of the machine; no personal data",
    "manage_accounts": "create accounts, set roles, towns and passwords; never one's own role",
    "read_log": "read and verify the tamper-evident log",
}

ROLES = {
    role.code: role
    for role in (
        Role(
            "investigator",
            "核查人",
            "investigator",
            frozenset({"see_leads", "work_leads", "identify", "export", "reveal"}),
        ),
        Role(
            "supervisor",
            "监督人",
            "supervisor",
            frozenset({"see_leads", "supervise_leads", "identify", "export", "reveal"}),
        ),
        Role("analyst", "分析员", "analyst", frozenset({"see_leads", "query", "identify", "export", "load"})),
        Role("clerk", "数据员", "clerk", frozenset({"load"})),
        Role("system_admin", "系统管理员", "system administrator", frozenset({"run_system"})),
        Role("security_admin", "安全管理员", "security administrator", frozenset({"manage_accounts"})),
        Role("auditor", "审计员", "auditor", frozenset({"see_leads", "read_log"})),
    )
}


class NotAllowed(GuanxiError):
    """A step that is refused: `code` for programs, one sentence each in `zh` and `en`."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class Viewer:
    """Whoever asks: an account as it was when the request began."""

    id: int | None
    name: str
    display_name: str
    role: str
    towns: frozenset[str]
    person_ref: str | None = None
    language: str = "zh"
    money_unit: str = "元"
    refresh_due: bool = False


OWNER = Viewer(id=None, name="owner", display_name="本机所有者", role="owner", towns=frozenset())
"""Whoever sits at the machine that keeps the ledger: may take leads out on the command line and set up the first account."""

_OWNER_RIGHTS = frozenset({"see_leads", "export", "read_log"})


def may(viewer: Viewer, right: str) -> bool:
    """Whether the viewer's role includes one of `RIGHTS`."""
    if right not in RIGHTS:
        raise KeyError(right)
    return right in (_OWNER_RIGHTS if viewer is OWNER else ROLES[viewer.role].rights)


def require(viewer: Viewer, right: str) -> None:
    """Raises NotAllowed unless the viewer's role includes the right."""
    if not may(viewer, right):
        raise NotAllowed("not_your_role", "您的角色不能进行此操作。", "Your role does not include this.")


# Accounts


def create(
    session: Session,
    by: Viewer,
    name: str,
    role: str,
    password: str,
    display_name: str = "",
    towns: frozenset[str] = frozenset(),
    person_ref: str | None = None,
) -> Account:
    """A new account. By a security administrator; the machine's owner only while there is none, and only makes one."""
    name = _account_name(name)
    role_known(role)
    if by is OWNER:
        if role != "security_admin" or _security_admins(session):
            raise NotAllowed(
                "owner_sets_up_only",
                "本机所有者只能在尚无安全管理员时创建一名安全管理员，其他账号由安全管理员创建。",
                "The machine's owner only creates the first security_admin; other accounts are created by that one.",
            )
    else:
        require(by, "manage_accounts")
    if session.scalar(select(Account.id).where(Account.name == name)):
        raise NotAllowed(
            "name_taken", f"账号 {name} 已存在，请换一个名称。", f"The account {name} exists: choose another name."
        )
    _fit(name, password)
    account = Account(
        name=name,
        display_name=display_name.strip() or name,
        role=role,
        password_hash=_hasher.hash(password),
        disabled=False,
        person_ref=person_ref,
        towns=sorted(towns),
        language="zh",
        money_unit="元",
        created_at=now(),
        password_at=now(),
    )
    session.add(account)
    session.flush()
    audit.append(
        session, by.name, "account.create", name, {"role": role, "towns": sorted(towns), "tied": bool(person_ref)}
    )
    return account


def set_role(session: Session, by: Viewer, name: str, role: str) -> None:
    """Gives an account another role and ends its sign-ins. Never one's own."""
    role_known(role)
    account = _managed(session, by, name)
    before, account.role = account.role, role
    _keep_one_security_admin(session)
    end_all(session, account)
    audit.append(session, by.name, "account.role", account.name, {"from": before, "to": role})


def set_towns(session: Session, by: Viewer, name: str, towns: frozenset[str]) -> None:
    """Limits an account to the leads of some towns (codes of 9 digits); none: the whole county."""
    wrong = sorted(town for town in towns if not re.fullmatch(r"\d{9}", town))
    if wrong:
        raise NotAllowed(
            "no_town_code",
            f"{wrong[0]} 不是九位乡镇编码，请核对行政区划表。",
            f"{wrong[0]} is no town code of 9 digits: see the divisions table.",
        )
    account = _managed(session, by, name)
    before, account.towns = account.towns, sorted(towns)
    audit.append(session, by.name, "account.towns", account.name, {"from": before, "to": sorted(towns)})


def tie(session: Session, by: Viewer, name: str, person_ref: str | None) -> None:
    """Ties an account to the keyed hash of its holder's ID number, or unties it."""
    account = _managed(session, by, name)
    before, account.person_ref = account.person_ref, person_ref
    audit.append(session, by.name, "account.tie", account.name, {"was_tied": bool(before), "tied": bool(person_ref)})


def disable(session: Session, by: Viewer, name: str, disabled: bool = True) -> None:
    """Shuts an account (its record stays) or opens it again."""
    account = _managed(session, by, name)
    account.disabled = disabled
    _keep_one_security_admin(session)
    end_all(session, account)
    audit.append(session, by.name, "account.disable" if disabled else "account.enable", account.name)


def set_password(session: Session, by: Viewer, name: str, password: str) -> None:
    """Sets a password and ends the account's sign-ins. One's own; others' by a security administrator; the machine's owner
    only helps a security administrator who has lost theirs."""
    account = named(session, name)
    if by is OWNER:
        if account.role != "security_admin":
            raise NotAllowed(
                "owner_sets_up_only",
                "本机所有者只能为安全管理员重设密码，其他账号由安全管理员重设。",
                "The machine's owner only resets a security_admin's password; that one resets the others.",
            )
    elif by.id != account.id:
        require(by, "manage_accounts")
    _fit(account.name, password)
    account.password_hash = _hasher.hash(password)
    account.password_at = now()
    end_all(session, account)
    audit.append(session, by.name, "account.password", account.name)


def set_preferences(
    session: Session, viewer: Viewer, language: str | None = None, money_unit: str | None = None
) -> None:
    """Keeps the viewer's language (`zh`, `en`) and money unit (`元`, `万元`)."""
    account = session.get_one(Account, viewer.id)
    if language in ("zh", "en"):
        account.language = language
    if money_unit in ("元", "万元"):
        account.money_unit = money_unit


def named(session: Session, name: str) -> Account:
    """The account of that name. Raises NotAllowed if there is none."""
    account = session.scalar(select(Account).where(Account.name == _folded(name)))
    if account is None:
        raise NotAllowed("no_such_account", f"没有名为 {name} 的账号。", f"There is no account named {name}.")
    return account


def everybody(session: Session) -> list[Account]:
    """All accounts by name, shut ones too."""
    return list(session.scalars(select(Account).order_by(Account.name)))


def viewer_of(account: Account) -> Viewer:
    return Viewer(
        id=account.id,
        name=account.name,
        display_name=account.display_name,
        role=account.role,
        towns=frozenset(account.towns),
        person_ref=account.person_ref,
        language=account.language,
        money_unit=account.money_unit,
    )


def role_known(role: str) -> None:
    """Raises NotAllowed for a word that is no role."""
    if role not in ROLES:
        known = ", ".join(ROLES)
        raise NotAllowed(
            "no_such_role", f"没有 {role} 这个角色，可用：{known}。", f"{role} is no role: choose one of {known}."
        )


# Sign-ins


@dataclass(frozen=True)
class SignInResult:
    """`token` for the cookie, or the `refusal` to show."""

    token: str | None = None
    refusal: NotAllowed | None = None


_WRONG = NotAllowed(
    "wrong_name_or_password",
    "账号或密码不正确，请重新输入。",
    "The name or the password is not right: please try again.",
)
_TOO_MANY = NotAllowed(
    "too_many_tries",
    "尝试次数过多，请 15 分钟后再试，或请安全管理员重设密码。",
    "Too many tries: wait 15 minutes, or ask the security administrator for a new password.",
)


def sign_in(session: Session, name: str, password: str, address: str, old_token: str | None = None) -> SignInResult:
    """Checks name and password and starts a sign-in with a fresh token, ending the browser's former one. A refusal is
    returned, not raised, so that the attempt counts. An unknown name takes as long as a wrong password."""
    audit.hold(session)
    name, address = audit.masked(_folded(name))[:60], address[:60]
    if _too_many(session, name, address):
        audit.append(session, name, "sign_in.limited", name, {"address": address})
        return SignInResult(refusal=_TOO_MANY)
    account = session.scalar(select(Account).where(Account.name == name))
    fits = _hasher.verify(password[:1000], account.password_hash if account else _nobodys_hash())
    signed_in = fits and account is not None and not account.disabled
    session.add(SignInAttempt(name=name, address=address, at=now(), succeeded=signed_in))
    if account is None or not signed_in:
        audit.append(session, name, "sign_in.refused", name, {"address": address})
        return SignInResult(refusal=_WRONG)
    if old_token:
        _end(session, SignIn.token_hash == _token_hash(old_token))
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(token_hash=_token_hash(token), account_id=account.id, started_at=now(), used_at=now(), address=address)
    )
    audit.append(session, name, "sign_in", name, {"address": address})
    return SignInResult(token=token)


def account_of(session: Session, token: str) -> Viewer | None:
    """Whose token this is; None when it is unknown, ended, idle for 30 minutes, older than 12 hours, or its account shut.
    Only reads: see `present` for the use of a page."""
    held = session.scalar(
        select(SignIn).where(SignIn.token_hash == _token_hash(token)).options(joinedload(SignIn.account))
    )
    if held is None or held.ended_at or held.account.disabled:
        return None
    if now() - held.used_at > IDLE or now() - held.started_at > ABSOLUTE:
        return None
    viewer = viewer_of(held.account)
    return Viewer(**{**vars(viewer), "refresh_due": now() - held.used_at > REFRESH})


def present(ledger: Ledger, token: str | None) -> Viewer | None:
    """Whose token this is, and notes that it was used: what a page calls for every request."""
    if not token:
        return None
    with ledger.reading() as session:
        viewer = account_of(session, token)
    if viewer and viewer.refresh_due:
        with ledger.writing() as session:
            session.execute(update(SignIn).where(SignIn.token_hash == _token_hash(token)).values(used_at=now()))
    return viewer


def sign_out(session: Session, token: str) -> None:
    """Ends a sign-in."""
    viewer = account_of(session, token)
    _end(session, SignIn.token_hash == _token_hash(token))
    if viewer:
        audit.append(session, viewer.name, "sign_out", viewer.name)


def end_all(session: Session, account: Account) -> None:
    """Ends every sign-in of an account."""
    _end(session, SignIn.account_id == account.id)


# A demo home

DEMO_ACCOUNTS = (
    ("zhang", "investigator", "核查人甲"),
    ("li", "investigator", "核查人乙"),
    ("wang", "supervisor", "监督人甲"),
    ("zhao", "supervisor", "监督人乙"),
    ("chen", "analyst", "分析员"),
    ("liu", "clerk", "数据员"),
    ("system", "system_admin", "系统管理员"),
    ("security", "security_admin", "安全管理员"),
    ("audit", "auditor", "审计员"),
)


def seed_demo_accounts(session: Session, home: Path) -> list[tuple[str, str, str]]:
    """One account or two of each role as (name, role, password). The passwords are drawn when the home is made and kept in
    `demo-accounts.txt` there (mode 0600), so that they can be printed again."""
    path = home / "demo-accounts.txt"
    fresh = not path.exists()
    if fresh:
        drawn = "".join(f"{name} {role} {secrets.token_urlsafe(9)}\n" for name, role, _ in DEMO_ACCOUNTS)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(drawn)
    kept = [tuple(line.split()) for line in path.read_text().splitlines()]
    shown = {name: display for name, _, display in DEMO_ACCOUNTS}
    by = OWNER
    for name, role, password in sorted(kept, key=lambda line: line[1] != "security_admin"):
        if session.scalar(select(Account.id).where(Account.name == name)) is None:
            create(session, by, name, role, password, shown.get(name, name))
        elif fresh:
            set_password(session, by, name, password)
        if by is OWNER:
            by = viewer_of(named(session, name))
    return [(name, role, password) for name, role, password in kept]


_hasher = PasswordHash.recommended()
_nobody: list[str] = []


def _nobodys_hash() -> str:
    """A hash made like every other, of a password nobody has."""
    if not _nobody:
        _nobody.append(_hasher.hash(secrets.token_hex(16)))
    return _nobody[0]


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _account_name(name: str) -> str:
    name = _folded(name)
    if not re.fullmatch(r"[\w.-]{2,40}", name) or name == OWNER.name or re.search(r"\d{11}", name):
        raise NotAllowed(
            "unfit_name",
            "账号名须为 2 至 40 个字母、数字、汉字或 . _ -，且不得为证件或电话号码。",
            "An account name has 2 to 40 letters, digits, dots or dashes, and is no ID or phone number.",
        )
    return name


def _fit(name: str, password: str) -> None:
    if len(password) < SHORTEST_PASSWORD or len(password) > 1000 or name in password.casefold():
        raise NotAllowed(
            "unfit_password",
            f"密码至少 {SHORTEST_PASSWORD} 个字符，且不得包含账号名。",
            f"A password has at least {SHORTEST_PASSWORD} characters and does not contain the account's name.",
        )


def _managed(session: Session, by: Viewer, name: str) -> Account:
    """The account a security administrator is about to change; never their own."""
    require(by, "manage_accounts")
    account = named(session, name)
    if account.id == by.id:
        raise NotAllowed(
            "not_yourself",
            "不能变更自己的角色、范围或状态，请由另一名安全管理员操作。",
            "Nobody changes their own role, towns or state: ask another security administrator.",
        )
    return account


def _security_admins(session: Session) -> int:
    session.flush()
    open_ones = select(func.count()).where(Account.role == "security_admin", Account.disabled.is_(False))
    return session.scalar(open_ones) or 0


def _keep_one_security_admin(session: Session) -> None:
    if not _security_admins(session):
        raise NotAllowed(
            "last_security_admin",
            "这是最后一名安全管理员，请先设另一名。",
            "This is the last security administrator: appoint another one first.",
        )


def _too_many(session: Session, name: str, address: str) -> bool:
    since = now() - WINDOW
    failed = select(SignInAttempt.name, SignInAttempt.address, SignInAttempt.at).where(
        SignInAttempt.at > since,
        SignInAttempt.succeeded.is_(False),
        or_(SignInAttempt.name == name, SignInAttempt.address == address),
    )
    rows = session.execute(failed).all()
    renewed = session.scalar(select(Account.password_at).where(Account.name == name)) or since
    by_name = sum(row.name == name and row.at >= renewed for row in rows)
    by_address = sum(row.address == address for row in rows)
    return by_name >= TRIES_BY_NAME or by_address >= TRIES_BY_ADDRESS


def _end(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(update(SignIn).where(which, SignIn.ended_at.is_(None)).values(ended_at=now()))
