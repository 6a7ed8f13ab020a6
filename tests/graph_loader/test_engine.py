"""The graph engine as its users meet it: set up, started, shared, lost, mended, stopped. All on the real server."""

import http.server
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import neo4j
import psutil
import pytest
from typer.testing import CliRunner

from graph_loader import engine, engine_lock
from graph_loader.errors import GuanxiError
from guanxi import engine_cli

USER_OF_THE_ENGINE = """
import sys
from pathlib import Path
from graph_loader import engine
with engine.running(Path(sys.argv[1])) as driver:
    driver.execute_query("CREATE (:Mark {by: 'other'})")
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_HEAP", "256m")
    monkeypatch.setenv("GUANXI_PAGE_CACHE", "32m")
    for name in ("GUANXI_NEO4J_URI", "GUANXI_NEO4J_USER", "GUANXI_NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One home for all tests; the engine in it comes and goes."""
    home = tmp_path_factory.mktemp("home")
    yield home
    engine.stop(home)


@contextmanager
def other_user(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the engine until its input ends."""
    command = [sys.executable, "-c", USER_OF_THE_ENGINE, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        yield process


def marks(home: Path) -> int:
    with engine.running(home) as driver:
        return int(driver.execute_query("MATCH (m:Mark) RETURN count(m) AS n").records[0]["n"])


def one_sentence(error: pytest.ExceptionInfo[GuanxiError]) -> str:
    text = str(error.value)
    assert "\n" not in text and "Traceback" not in text
    return text


# --- start, share, stop ---


def test_a_started_engine_is_kept_private_and_stopped(home: Path) -> None:
    connection = engine.start(home)
    found = engine.status(home)
    assert found.running and found.kept and found.uri == connection.uri and found.users == ()
    assert found.version == engine_lock.read_lock().version
    assert (found.heap, found.page_cache) == ("256m", "32m")
    assert engine.start(home) == connection == engine.connection_of(home), "a second start finds the first"

    server = psutil.Process(found.pid)
    listening = {c.laddr.ip for c in server.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    password_file = home / "engine" / "password"
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
    assert connection.password == password_file.read_text().strip() and len(connection.password) >= 32
    assert connection.password not in repr(connection) + " ".join(server.cmdline())
    assert connection.password not in (home / "engine" / "conf" / "neo4j.conf").read_text()

    with engine.running(home) as driver:
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
        assert engine.status(home).users == (os.getpid(),)
        (home / "secret.csv").write_text("a\n")
        with pytest.raises(neo4j.exceptions.ClientError):
            driver.execute_query(f"LOAD CSV FROM 'file://{home}/secret.csv' AS row RETURN row")
    assert engine.status(home).running, "kept, so its last user does not end it"

    assert engine.stop(home) is True
    assert not server.is_running()
    assert engine.stop(home) is False
    assert engine.connection_of(home) is None
    assert engine.status(home) == engine.Status(False, engine_lock.read_lock().version)


def test_a_server_that_shows_no_command_line_while_it_begins_is_not_taken_for_dead(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Java launcher starts itself anew; on a busy machine somebody looks just then."""
    looks = iter(range(5))
    seen = psutil.Process.cmdline

    def cmdline(process: psutil.Process) -> list[str]:
        begins = process.ppid() == os.getpid() and next(looks, None) is not None
        return [] if begins else seen(process)

    monkeypatch.setattr(psutil.Process, "cmdline", cmdline)
    with engine.running(home) as driver:
        assert next(looks, None) is None
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
    assert not engine.status(home).running


def test_a_server_that_somebody_was_ending_is_not_taken_for_one_that_stays(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that ends it is killed while it waits; the next one comes before the server is gone."""
    engine.start(home)
    going = psutil.Process(engine.status(home).pid)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(psutil.Process, "wait", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        patch.setattr(psutil.Process, "terminate", lambda _: None)  # as if it took its time
        engine.stop(home)
    assert going.is_running()
    with engine.running(home) as driver:
        assert engine.status(home).pid != going.pid and not going.is_running()
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
    assert not engine.status(home).running


def test_two_processes_share_one_engine_and_the_last_one_ends_it(home: Path) -> None:
    with other_user(home) as other:
        with engine.running(home) as driver, engine.running(home):
            found = engine.status(home)
            assert set(found.users) == {os.getpid(), other.pid} and not found.kept
            assert driver.execute_query("MATCH (m:Mark) RETURN m.by AS by").records[0]["by"] == "other"
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _: marks(home), range(8))) == [1] * 8
        assert engine.status(home).users == (other.pid,), "still used by the other"
    assert not engine.status(home).running
    assert not psutil.pid_exists(found.pid or 0)


def test_a_crashed_engine_a_dead_user_and_a_taken_port_are_mended(home: Path) -> None:
    with other_user(home) as other:
        with pytest.raises(engine.EngineLost) as lost, engine.running(home) as driver, driver.session() as session:
            session.run("CREATE (:Mark {by: 'before the crash'})").consume()
            before = engine.status(home)
            other.kill()
            os.kill(before.pid or 0, signal.SIGKILL)
            psutil.wait_procs([psutil.Process(before.pid)])
            session.run("RETURN 1").consume()
        assert "stopped answering" in one_sentence(lost)
    record = home / "engine" / "run" / "engine.json"
    port = json.loads(record.read_text())["port"]
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        # the number of the dead server now belongs to a process that is no server
        record.write_text(json.dumps(json.loads(record.read_text()) | {"pid": os.getpid()}))
        assert not engine.status(home).running
        with engine.running(home) as driver:
            after = engine.status(home)
            assert after.uri != before.uri and after.users == (os.getpid(),)
            found = driver.execute_query("MATCH (m:Mark {by: 'before the crash'}) RETURN count(m) AS n").records
            assert found[0]["n"] == 1, "what was committed survives"
    assert not engine.status(home).running


def test_a_server_without_a_record_is_ended_and_a_wrong_password_is_said(home: Path) -> None:
    engine.start(home)
    stray = engine.status(home).pid
    (home / "engine" / "run" / "engine.json").write_text("{half a rec")
    with engine.running(home):
        assert engine.status(home).pid != stray and not psutil.pid_exists(stray or 0)
        password = home / "engine" / "password"
        right = password.read_text()
        password.write_text("wrong\n")
        with pytest.raises(GuanxiError) as refused, engine.running(home):
            pass
        password.write_text(right)
    assert str(password) in one_sentence(refused) and "guanxi rebuild" in one_sentence(refused)


def test_an_admin_command_runs_on_the_stopped_server_only(home: Path, tmp_path: Path) -> None:
    nodes = tmp_path / "villages.csv"
    nodes.write_text("key:ID,name\nv1,青石村\nv2,白沙村\n", encoding="utf-8")
    arguments = ("database", "import", "full", "neo4j", "--overwrite-destination", f"--nodes=Village={nodes}")
    with engine.running(home), pytest.raises(GuanxiError) as refused:
        engine.offline_admin(home, *arguments)
    assert str(os.getpid()) in one_sentence(refused)

    done = engine.offline_admin(home, *arguments)
    assert done.returncode == 0, done.stderr
    with engine.running(home) as driver:
        found = driver.execute_query("MATCH (v:Village) RETURN v.name AS name ORDER BY name").records
    assert [row["name"] for row in found] == ["白沙村", "青石村"]


def test_a_server_named_by_the_environment_is_used_as_it_is(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = engine.start(home)
    monkeypatch.setenv("GUANXI_NEO4J_URI", own.uri)
    monkeypatch.setenv("GUANXI_NEO4J_PASSWORD", own.password)
    with engine.running(tmp_path) as driver:
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
    assert engine.start(tmp_path) == engine.connection_of(tmp_path) == own
    assert engine.status(tmp_path).running and engine.status(tmp_path).uri == own.uri
    assert engine.stop(tmp_path) is False
    with pytest.raises(GuanxiError) as refused:
        engine.offline_admin(tmp_path, "database", "info")
    assert "GUANXI_NEO4J_URI" in one_sentence(refused)
    assert not (tmp_path / "engine").exists(), "nothing of our own is set up"

    monkeypatch.setenv("GUANXI_NEO4J_PASSWORD", "wrong")
    with pytest.raises(GuanxiError) as refused, engine.running(tmp_path):
        pass
    assert "GUANXI_NEO4J_PASSWORD" in one_sentence(refused)

    monkeypatch.delenv("GUANXI_NEO4J_URI")
    engine.stop(home)
    monkeypatch.setenv("GUANXI_NEO4J_URI", own.uri)
    with pytest.raises(GuanxiError) as unreachable, engine.running(tmp_path):
        pass
    assert own.uri in one_sentence(unreachable) and "cannot be reached" in one_sentence(unreachable)
    assert not engine.status(tmp_path).running
    monkeypatch.setenv("GUANXI_NEO4J_URI", "nonsense")
    with pytest.raises(GuanxiError) as nonsense, engine.running(tmp_path):
        pass
    assert "nonsense" in one_sentence(nonsense)


def test_the_command_line_says_what_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(home))
    run = CliRunner().invoke
    assert "is complete in" in run(engine_cli.app, ["install"]).stdout
    assert run(engine_cli.app, ["status"]).stdout == "The graph engine is not running.\n"
    assert "answers at bolt://127.0.0.1:" in run(engine_cli.app, ["start"]).stdout
    said = run(engine_cli.app, ["status"]).stdout
    assert "used by nobody" in said and "kept until" in said
    found = json.loads(run(engine_cli.app, ["status", "--json"]).stdout)
    assert found["running"] is True and found["heap"] == "256m"
    assert run(engine_cli.app, ["stop"]).stdout == "The graph engine has stopped.\n"
    assert run(engine_cli.app, ["stop"]).stdout == "No graph engine of this home was running.\n"


# --- what goes wrong at a start ---


def test_a_start_that_fails_says_what_the_log_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_HEAP", "1m")
    with pytest.raises(GuanxiError) as failed:
        engine.start(home)
    assert "heap" in one_sentence(failed) and "/engine/logs" in one_sentence(failed)
    assert not engine.status(home).running
    monkeypatch.setenv("GUANXI_HEAP", "plenty")
    with pytest.raises(GuanxiError) as failed:
        engine.start(home)
    assert "plenty is no memory size" in one_sentence(failed)


def test_a_lost_password_is_said(tmp_path: Path) -> None:
    (tmp_path / "engine" / "data" / "databases" / "system").mkdir(parents=True)
    with pytest.raises(GuanxiError) as lost:
        engine.start(tmp_path)
    assert str(tmp_path / "engine" / "password") in one_sentence(lost)


def test_a_full_disk_and_a_forbidden_folder_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GuanxiError) as unusable:
        engine.start(tmp_path / "file")
    assert str(tmp_path / "file") in one_sentence(unusable)

    forbidden = PermissionError(13, "Permission denied", str(tmp_path / "home"))
    assert "may not be written" in str(engine_lock.folder_error(forbidden, tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(GuanxiError) as full:
        engine.start(tmp_path / "home")
    assert "only 1 MB free" in one_sentence(full) and "500 MB" in one_sentence(full)


# --- the locked files ---


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of links to the real one's files, under a home without Maven settings."""
    real = engine_lock.install(progress=False)
    monkeypatch.setenv("GUANXI_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    cache = engine_lock.cache_folder()
    for folder in ("jars", "modules"):
        (cache / folder).mkdir(parents=True)
        for path in (real / folder).iterdir():
            (cache / folder / path.name).symlink_to(path)
    return cache


@contextmanager
def repository(content: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A Maven repository on loopback that serves `content`; its address, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = content.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def name_mirror(home: Path, address: str, of: str = "*") -> None:
    (home / ".m2").mkdir(exist_ok=True)
    (home / ".m2" / "settings.xml").write_text(
        '<settings xmlns="urn:settings"><mirrors><mirror><id>near</id>'
        f"<mirrorOf>{of}</mirrorOf><url>{address}/</url></mirror></mirrors></settings>"
    )


def damage(cache: Path, locked: engine_lock.LockedFile) -> Path:
    path = cache / locked.folder / locked.file
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    return path


def test_the_lock_pins_every_file_and_names_no_address() -> None:
    lock = engine_lock.read_lock()
    assert lock.version.startswith("5.26.") and len(lock.files) > 200
    assert len({(locked.folder, locked.file) for locked in lock.files}) == len(lock.files)
    assert all(locked.folder in ("jars", "modules") and len(locked.sha256) == 64 for locked in lock.files)
    assert not [locked for locked in lock.files if "arrow-bom" in locked.file]
    assert "://" not in engine_lock.LOCK_FILE.read_text()


def test_a_damaged_and_a_missing_file_are_found_and_only_they_are_fetched(cache: Path, tmp_path: Path) -> None:
    first, second, *_ = engine_lock.read_lock().files
    content = {f"/{f.path_in_repository()}": (cache / f.folder / f.file).read_bytes() for f in (first, second)}
    damaged = damage(cache, first)
    (cache / second.folder / second.file).unlink()
    with repository(content) as (address, asked):
        name_mirror(tmp_path, address)
        assert engine_lock.install(progress=False) == cache
        assert sorted(asked) == sorted(content)
        engine_lock.install(progress=False)
        assert len(asked) == 2, "a complete cache asks for nothing"
    assert damaged.read_bytes() == content[f"/{first.path_in_repository()}"]
    assert not list(cache.glob(".download-*"))


def test_a_wrong_file_from_the_repository_is_refused(cache: Path, tmp_path: Path) -> None:
    locked = engine_lock.read_lock().files[0]
    path = damage(cache, locked)
    path.unlink()
    with repository({f"/{locked.path_in_repository()}": b"something else"}) as (address, _):
        name_mirror(tmp_path, address, of="central")
        with pytest.raises(GuanxiError) as refused:
            engine_lock.install(progress=False)
    assert locked.file in one_sentence(refused) and "SHA-256" in one_sentence(refused)
    assert not path.exists()


def test_no_network_and_no_engine_is_said(cache: Path, tmp_path: Path) -> None:
    locked = engine_lock.read_lock().files[0]
    damage(cache, locked)
    with repository({}) as (address, _):
        pass
    name_mirror(tmp_path, address)
    with pytest.raises(GuanxiError) as nowhere, engine.running(tmp_path / "home"):
        pass
    assert locked.file in one_sentence(nowhere) and "guanxi engine install" in one_sentence(nowhere)


@pytest.mark.parametrize(
    ("of", "covers"), [("*", True), ("external:*", True), ("x, central", True), ("*,!central", False), ("x", False)]
)
def test_a_mirror_counts_when_it_covers_central(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str, covers: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    central = engine_lock.repository()
    name_mirror(tmp_path, "http://127.0.0.1:1/near", of)
    assert engine_lock.repository() == ("http://127.0.0.1:1/near" if covers else central)
