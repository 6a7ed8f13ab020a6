"""The ledger: what the workbench found and what people decided about it; leads and their record, accounts, sign-ins, the log.

SQLite at `<home>/ledger.db`, or the database that `GUANXI_LEDGER` names (`postgresql+psycopg://…`). The migrations in
`backend/migrations` run when the ledger is opened. Nothing here is ever deleted: the database itself refuses it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import filelock
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, foreign, mapped_column, relationship

from graph_loader.errors import GuanxiError
from graph_loader.secret import password_of

BUSY_SECONDS = 30
"""How long a writer waits for another writer of the same SQLite ledger before it gives up with a sentence."""

MIGRATION_LOCK = 4_312_260_001
"""Any fixed number: the PostgreSQL advisory lock under which the migrations run."""


class LedgerLost(GuanxiError):
    """The ledger cannot be read or written now; nothing of the attempted change has been kept."""


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: always with its time zone in Python, also on SQLite, which keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read once by SQLAlchemy, never written
        datetime: Moment,
        date: Date,
        dict[str, Any]: JSON,
        list[dict[str, Any]]: JSON,
        list[str]: JSON,
    }


class Account(Base):
    """Somebody who may sign in. One role each; nobody is everything."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    disabled: Mapped[bool] = mapped_column(Boolean, default=False)
    person_ref: Mapped[str | None] = mapped_column(String(20))
    """Keyed hash of the holder's own ID number, so that nobody works a lead about themself or their kin."""
    towns: Mapped[list[str]]
    """Codes of the towns whose leads the account sees; empty: the whole county."""
    language: Mapped[str] = mapped_column(String(5), default="zh")
    money_unit: Mapped[str] = mapped_column(String(5), default="元")
    created_at: Mapped[datetime]
    password_at: Mapped[datetime]
    """When the password was last set: failed tries before it no longer count."""


class SignIn(Base):
    """A signed-in browser. Only the SHA-256 of its token is kept."""

    __tablename__ = "sign_in"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime]
    used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(60))
    account: Mapped[Account] = relationship(lazy="raise")


class SignInAttempt(Base):
    """An attempt to sign in, for the limits by account name and by address."""

    __tablename__ = "sign_in_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    succeeded: Mapped[bool]
    __table_args__ = (Index(None, "name", "at"), Index(None, "address", "at"))


class Run(Base):
    """A detection run of one query that recorded its findings."""

    __tablename__ = "run"
    id: Mapped[int] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(String(60))
    as_of: Mapped[date]
    at: Mapped[datetime]
    step: Mapped[int] = mapped_column(default=0)
    """The step of the graph it saw; 0 where nobody noted it."""
    terms: Mapped[str] = mapped_column(String(64), default="")
    """Names the query's text, parameters and delivered tables: under other terms a later run looks at everything."""
    new: Mapped[int]
    again: Mapped[int]
    changed: Mapped[int]
    gone: Mapped[int]
    __table_args__ = (Index(None, "query", "as_of"),)


class Lead(Base):
    """A lead as the list shows it. Its contents, today's and every earlier version, are in `LeadVersion`."""

    __tablename__ = "lead"
    key: Mapped[str] = mapped_column(String(90), primary_key=True)
    query: Mapped[str] = mapped_column(String(60), index=True)
    pack: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    """Number of the version that stands."""
    basis: Mapped[str] = mapped_column(String(10))
    """What the evidence says: `stands`, `changed` (not what it was when first found or last decided on), `gone`."""
    basis_hash: Mapped[str] = mapped_column(String(64))
    decided_hash: Mapped[str] = mapped_column(String(64))
    """The basis when the lead was first found or an outcome last proposed."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    """What people decided: `new`, `assigned`, `checking`, `proposed`, `closed`; `gone` if nobody had touched it."""
    outcome: Mapped[str | None] = mapped_column(String(12))
    outcome_reason: Mapped[str | None] = mapped_column(Text)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    proposer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    changed_at: Mapped[datetime]
    """Last change of contents, basis, state or record."""
    # The rest repeats the standing version, so that the list and its counts come from one indexed table.
    query_version: Mapped[str] = mapped_column(String(80))
    level: Mapped[str] = mapped_column(String(10))
    level_rank: Mapped[int] = mapped_column(Integer)
    title_zh: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    amount: Mapped[float | None] = mapped_column(Float)
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    village: Mapped[str | None] = mapped_column(String(12))
    place: Mapped[str] = mapped_column(Text)
    town: Mapped[str] = mapped_column(String(20))
    town_name: Mapped[str] = mapped_column(String(60))

    current: Mapped["LeadVersion"] = relationship(
        primaryjoin=lambda: and_(foreign(Lead.key) == LeadVersion.lead_key, foreign(Lead.number) == LeadVersion.number),
        viewonly=True,
        lazy="raise",
        uselist=False,
    )
    assignee: Mapped[Account | None] = relationship(foreign_keys=[assignee_id], lazy="joined")
    proposer: Mapped[Account | None] = relationship(foreign_keys=[proposer_id], lazy="raise")
    __table_args__ = (
        Index(None, "state", "level_rank"),
        Index(None, "level_rank", "amount"),
        Index(None, "town", "state"),
        Index(None, "village"),
        Index(None, "assignee_id", "state"),
    )


class LeadVersion(Base):
    """A lead as it stood at one time: frozen, so that what was decided can be read beside what it was decided on."""

    __tablename__ = "lead_version"
    lead_key: Mapped[str] = mapped_column(ForeignKey("lead.key"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]
    as_of: Mapped[date]
    query_version: Mapped[str] = mapped_column(String(80))
    basis_hash: Mapped[str] = mapped_column(String(64))
    identity: Mapped[dict[str, Any]]
    parameters: Mapped[dict[str, Any]]
    level: Mapped[str] = mapped_column(String(10))
    title_zh: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    amount: Mapped[float | None] = mapped_column(Float)
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    persons: Mapped[list[dict[str, Any]]]
    """`{"role", "name", "id", "ref"}` each, as in the contract."""
    things: Mapped[list[dict[str, Any]]]
    checks: Mapped[list[dict[str, Any]]]
    """`{"id", "result", "zh", "en"}` each; result `for`, `against` or `missing`."""
    rows: Mapped[list[dict[str, Any]]]
    network: Mapped[dict[str, Any]]


class LeadPerson(Base):
    """The persons of the standing version of a lead, for the search by name and the leads about the same people."""

    __tablename__ = "lead_person"
    lead_key: Mapped[str] = mapped_column(ForeignKey("lead.key"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, index=True)
    initials: Mapped[str] = mapped_column(Text, index=True)
    ref: Mapped[str] = mapped_column(String(40), index=True)


class LeadThing(Base):
    """The companies, projects, programmes … of the standing version of a lead."""

    __tablename__ = "lead_thing"
    lead_key: Mapped[str] = mapped_column(ForeignKey("lead.key"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, index=True)
    initials: Mapped[str] = mapped_column(Text, index=True)
    __table_args__ = (Index(None, "label", "key"),)


class LeadEvent(Base):
    """One line of a lead's record: found, changed, gone, or a step somebody took."""

    __tablename__ = "lead_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    lead_key: Mapped[str] = mapped_column(ForeignKey("lead.key"), index=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """None: the workbench itself, in a detection run."""
    who: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str | None] = mapped_column(String(10))
    to_state: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str | None] = mapped_column(String(12))
    assignee: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    """The version of the lead that stood when it happened."""


class LeadSeen(Base):
    """When an account last had a lead open, and when that was last put on the log."""

    __tablename__ = "lead_seen"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    lead_key: Mapped[str] = mapped_column(ForeignKey("lead.key"), primary_key=True)
    at: Mapped[datetime | None]
    logged_at: Mapped[datetime | None]


class Setting(Base):
    """Parameters of a pack's query as somebody set them; the latest of each query holds."""

    __tablename__ = "setting"
    id: Mapped[int] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(String(60), index=True)
    query_version: Mapped[str] = mapped_column(String(80))
    parameters: Mapped[dict[str, Any]]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    who: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


class SavedQuery(Base):
    """A query of the console that somebody keeps, for themself or for all analysts."""

    __tablename__ = "saved_query"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]]
    """Name → `{"type", "value"}` as typed."""
    shared: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime]

    account: Mapped[Account] = relationship(lazy="joined")
    __table_args__ = (UniqueConstraint("account_id", "name"),)


class AskedQuery(Base):
    """One run of the console, for its owner's history."""

    __tablename__ = "asked_query"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]]
    rows: Mapped[int | None]
    """Rows it gave; None where it was refused."""
    seconds: Mapped[float] = mapped_column(Float)


class AuditEntry(Base):
    """One entry of the tamper-evident log (`backend/audit.py`)."""

    __tablename__ = "audit_entry"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    """ISO 8601 in UTC, as text: the entry's hash covers exactly these characters."""
    who: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(40), index=True)
    what: Mapped[str] = mapped_column(String(200), index=True)
    detail: Mapped[str] = mapped_column(Text)
    root: Mapped[str] = mapped_column(String(64))
    """Root of the Merkle tree over all entries up to this one."""


class AuditHead(Base):
    """The one row that says how long the log is and carries what the next entry needs."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(16))
    """Random, made with the ledger: a checkpoint says which ledger it belongs to."""
    size: Mapped[int]
    peaks: Mapped[list[str]]


class Ledger:
    """An open ledger. `reading()` and `writing()` give a session each; objects read stay usable after it."""

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = engine.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the ledger and keeps no change. Raises LedgerLost."""
        with _plain_errors(), Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are kept together when the block ends well, and not at all when it does not.

        Writers of a SQLite ledger take turns, so keep the block short and ask the graph before it. Raises LedgerLost."""
        with _plain_errors(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        self._reader.dispose()


def open_ledger(home: Path) -> Ledger:
    """The ledger of a home, brought up to this version's tables. Raises LedgerLost if it cannot be opened."""
    address = os.environ.get("GUANXI_LEDGER") or f"sqlite:///{home / 'ledger.db'}"
    try:
        engine = _engine(address)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise LedgerLost(
            "GUANXI_LEDGER is no database address the workbench can use: write postgresql+psycopg://USER@HOST/NAME "
            "(needs the 'postgres' extra), or unset it to keep the ledger in the home folder."
        ) from error
    with _plain_errors(), filelock.FileLock(home / "ledger.lock"), engine.begin() as connection:
        _migrate(connection)
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).chmod(0o600)
    return Ledger(engine)


def _engine(address: str) -> Engine:
    url = make_url(address)
    serializer = partial(json.dumps, ensure_ascii=False)
    if url.get_backend_name() != "sqlite":
        if url.password is None and (password := password_of("GUANXI_LEDGER_PASSWORD")):
            url = url.set(password=password)
        return create_engine(url, json_serializer=serializer, pool_pre_ping=True)
    engine = create_engine(url, json_serializer=serializer, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late: reads before it see another state
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that first reads and then cannot write would fail; so it queues for its turn at once.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LedgerLost(
            "The ledger was written by a newer version of the workbench: start that version, or restore an older backup."
        ) from error


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Says in one sentence what a database error means for the person who waits."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0] if error.orig else "no reason given"
        raise LedgerLost(
            f"The ledger cannot be read or written ({reason}): nothing was changed; "
            "see to its database or free disk space, then try again."
        ) from error
