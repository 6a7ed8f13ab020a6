"""Deliveries handed in and taken back in the workbench: who may, the work that is done on them, and how far it is.

A piece of work is a folder `work/<id>/` in the home: `work.json` (what, by whom), `files/` (what was sent, until it is
loaded), `progress.json` and `outcome.json`. It is done by a process of its own (`backend.delivery_work`) that outlives browser
and web server. The process inherits the lock on `lock`, so that whoever looks knows whether it still lives.
"""

import fcntl
import os
import re
import secrets
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from backend.accounts import NotAllowed, Viewer, may, require
from graph_loader.errors import GuanxiError
from graph_loader.evidence import Delivery, Evidence
from graph_loader.loading import changes_of
from graph_loader.notes import keep_note, note_in

MOST_BYTES = 2_000_000_000
"""Bytes one hand-in may hold; a county's whole year is well below."""
MOST_FILES = 2_000
LONGEST_NOTE = 500
LONGEST_NAME = 50
"""Characters of one part of a file name: with a suffix below the 255 bytes that file systems allow, in rare Chinese too."""
DEEPEST = 6
"""Folders above a file that are shown."""
ABANDONED = timedelta(days=1)
"""A hand-in that stopped arriving is cleared away after this."""

STATES = ("waiting", "running", "done", "failed")


@dataclass(frozen=True)
class Work:
    """Something to be done: `load` of what was handed in, or `withdraw` of a delivery."""

    id: str
    kind: str
    by: str
    at: str
    note: str = ""
    """What the sender says about it; of a withdrawal, why."""
    full_list: bool = False
    files: dict[str, int] = field(default_factory=dict)
    """Name as shown → bytes."""
    delivery: str = ""
    """Of a withdrawal: the delivery."""
    after: int = 0
    """Of a load: the number of the last delivery there was when it was handed in."""


# Who may


def may_see(viewer: Viewer, delivery: Delivery) -> bool:
    """Whoever reads leads sees what they rest on; whoever only hands in sees their own."""
    return may(viewer, "see_leads") or (may(viewer, "load") and delivery.by == viewer.name)


def may_withdraw(viewer: Viewer, delivery: Delivery) -> bool:
    """Whoever may hand in and may see the delivery."""
    return delivery.withdrawn is None and may(viewer, "load") and may_see(viewer, delivery)


def seen(evidence: Evidence, viewer: Viewer) -> list[Delivery]:
    """The deliveries the viewer may see, newest first."""
    return [delivery for delivery in reversed(evidence.deliveries()) if may_see(viewer, delivery)]


def opened(evidence: Evidence, viewer: Viewer, id: str) -> Delivery:
    """A delivery the viewer may see. Raises GuanxiError, the same for one that is not there and one of somebody else."""
    delivery = evidence.delivery(id)
    if not may_see(viewer, delivery):
        raise GuanxiError(f"There is no delivery {id}: `guanxi deliveries` lists those that are.")
    return delivery


def unread(delivery: Delivery) -> dict[str, str]:
    """File → why nothing of it was read; without those that wait for somebody to say what their columns are."""
    waiting = {sheet.file for sheet in delivery.waiting}
    return {file: why for file, why in delivery.refused.items() if file not in waiting}


# Handing in


class TooMuch(GuanxiError):
    """More than may be handed in at once: `code` and the limit, for a sentence in the reader's language."""

    def __init__(self, code: str, limit: int) -> None:
        super().__init__(f"Too much to hand in at once ({code}, at most {limit:,}): hand it in in several parts.")
        self.code = code
        self.limit = limit


class Arriving:
    """A hand-in while it arrives: written straight to disk, nothing of it counts until `complete`."""

    def __init__(self, home: Path, viewer: Viewer) -> None:
        require(viewer, "load")
        self.home = home
        self.viewer = viewer
        self.folder = _folder(home)
        _clear_abandoned(self.folder)
        self.id = f"{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        self.draft = self.folder / f".{self.id}"
        (self.draft / "files").mkdir(parents=True)
        self.files: dict[str, int] = {}
        self.bytes = 0
        self._open: BinaryIO | None = None
        self._name = ""

    def begin(self, name: str) -> None:
        """A file begins. `name` is what the sender's machine calls it, never used as a path as it is."""
        if len(self.files) == MOST_FILES:
            raise TooMuch("files", MOST_FILES)
        self.end()
        self._name = safe_name(name, self.files)
        path = self.draft / "files" / self._name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open = path.open("xb")
        self.files[self._name] = 0

    def write(self, content: bytes) -> None:
        """More of the file. Raises TooMuch, and GuanxiError where the disk is full."""
        assert self._open
        self.bytes += len(content)
        if self.bytes > MOST_BYTES:
            raise TooMuch("bytes", MOST_BYTES)
        try:
            self._open.write(content)
        except OSError as error:
            raise GuanxiError(
                f"What was sent cannot be kept ({error.strerror}): free some disk space and send it again."
            ) from error
        self.files[self._name] += len(content)

    def end(self) -> None:
        if self._open:
            self._open.close()
            self._open = None

    def complete(self, note: str, full_list: bool) -> Work:
        """Everything has arrived. Raises GuanxiError when no file did."""
        self.end()
        if not any(self.files.values()):
            raise NotAllowed("no_files", "没有收到文件，请先选择文件。", "No file arrived: choose some first.")
        work = Work(
            id=self.id,
            kind="load",
            by=self.viewer.name,
            at=_now(),
            note=note.strip()[:LONGEST_NOTE],
            full_list=full_list,
            files=self.files,
            after=max((delivery.number for delivery in Evidence(self.home).deliveries()), default=0),
        )
        keep_note(self.draft / "work.json", asdict(work))
        self.draft.rename(self.folder / self.id)
        return work

    def give_up(self) -> None:
        """Forgets what arrived so far."""
        self.end()
        shutil.rmtree(self.draft, ignore_errors=True)


def safe_name(name: str, taken: Iterable[str]) -> str:
    """A relative path of harmless parts that reads like the name it came under, and is not taken."""
    parts = [
        cleaned
        for part in re.split(r"[/\\]", unicodedata.normalize("NFC", name))
        if (cleaned := _harmless(part)) not in ("", ".", "..")
    ][-DEEPEST:] or ["file"]
    folder, last = [part[:LONGEST_NAME] for part in parts[:-1]], parts[-1]
    stem, dot, suffix = last.rpartition(".")
    stem, suffix = (stem[:LONGEST_NAME], f".{suffix[:10]}") if dot and stem else (last[:LONGEST_NAME], "")
    used = {one.casefold() for one in taken}
    folders = {"/".join(one.split("/")[:depth]) for one in used for depth in range(1, one.count("/") + 1)}
    number = 1
    while True:
        whole = "/".join([*folder, f"{stem}{f'({number})' if number > 1 else ''}{suffix}"])
        above = {"/".join(whole.casefold().split("/")[:depth]) for depth in range(1, whole.count("/") + 1)}
        if above & used:  # a file has the name of this one's folder
            folder = [f"{part}_" for part in folder]
        elif whole.casefold() in used | folders:
            number += 1
        else:
            return whole


def _harmless(part: str) -> str:
    visible = "".join(letter for letter in part if unicodedata.category(letter)[0] != "C" and letter not in ':*?"<>|')
    return visible.strip()


def hand_in_withdrawal(home: Path, viewer: Viewer, delivery: Delivery, why: str) -> Work:
    """Notes that a delivery is to be withdrawn. Raises NotAllowed unless the viewer may and says why."""
    if not may_withdraw(viewer, delivery):
        raise NotAllowed("not_yours", "您不能撤回这次交付。", "You cannot withdraw this delivery.")
    if not why.strip():
        raise NotAllowed("no_reason", "请写明撤回的理由。", "Say why it is withdrawn.")
    work = Work(
        id=f"{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}",
        kind="withdraw",
        by=viewer.name,
        at=_now(),
        note=why.strip()[:LONGEST_NOTE],
        delivery=delivery.id,
    )
    draft = _folder(home) / f".{work.id}"
    draft.mkdir(parents=True)
    keep_note(draft / "work.json", asdict(work))
    draft.rename(_folder(home) / work.id)
    return work


# The work


def begin(home: Path, work: Work) -> subprocess.Popen[bytes] | None:
    """Has the work done by a process of its own and gives it; None where one is at it already or it is done."""
    folder = _folder(home) / work.id
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _outcome(folder).get("state") == "done":
            return None
        for old in ("outcome.json", "progress.json"):
            (folder / old).unlink(missing_ok=True)
        _collect_the_ended()
        with (folder / "log.txt").open("ab") as log:
            _begun.append(
                subprocess.Popen(
                    [sys.executable, "-m", "backend.delivery_work", str(home), work.id],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(lock,),
                    start_new_session=True,
                )
            )
        return _begun[-1]
    except BlockingIOError:
        return None
    finally:
        os.close(lock)


_begun: list[subprocess.Popen[bytes]] = []


def _collect_the_ended() -> None:
    """So that processes that ended do not stay on the machine's list as long as the web server runs."""
    _begun[:] = [process for process in _begun if process.poll() is None]


def state_of(home: Path, work: Work) -> dict[str, Any]:
    """How far it is: `state` (one of `STATES`), and with it what the process last told: `stage`, `what`, `rows`, `files`
    (name → rows read), `written`; of what is done `receipt`, of what failed `error`. What was begun and waits again was interrupted."""
    folder = _folder(home) / work.id
    told = note_in(folder / "progress.json")
    if _lives(folder):
        return {"state": "running", **told}
    if outcome := _outcome(folder):
        return told | outcome
    return {**told, "state": "waiting", "interrupted": (folder / "log.txt").exists()}


def all_work(home: Path, viewer: Viewer) -> list[Work]:
    """The viewer's own work, newest first; of everybody for those who see all deliveries."""
    found = [_work(path) for path in sorted(_folder(home).glob("[0-9]*"), reverse=True)]
    return [work for work in found if work.by == viewer.name or may(viewer, "see_leads")]


def work_of(home: Path, viewer: Viewer, id: str) -> Work:
    """One piece of work. Raises GuanxiError, the same for one that is not there and one of somebody else."""
    folder = _folder(home) / id
    if re.fullmatch(r"\d{14}-[0-9a-f]{8}", id) and (folder / "work.json").exists():
        work = _work(folder)
        if work.by == viewer.name or may(viewer, "see_leads"):
            return work
    raise GuanxiError("There is no such hand-in: the list of deliveries shows those that are.")


def discard(home: Path, viewer: Viewer, work: Work) -> None:
    """Forgets work that nobody is at and that is not done, with the files that were sent."""
    if work.by != viewer.name or state_of(home, work)["state"] not in ("waiting", "failed"):
        raise NotAllowed(
            "not_waiting", "只能放弃自己尚未入库的上传。", "Only your own hand-ins that are not loaded can be dropped."
        )
    shutil.rmtree(_folder(home) / work.id)


def folder_of(home: Path, id: str) -> Path:
    return _folder(home) / id


def note_progress(home: Path, id: str, told: dict[str, Any]) -> None:
    keep_note(_folder(home) / id / "progress.json", told)


def note_outcome(home: Path, id: str, outcome: dict[str, Any]) -> None:
    """Ends the work: what was sent has its place in the evidence once it is done."""
    folder = _folder(home) / id
    keep_note(folder / "outcome.json", outcome)
    if outcome["state"] == "done":
        shutil.rmtree(folder / "files", ignore_errors=True)


def read_work(home: Path, id: str) -> Work:
    return _work(_folder(home) / id)


# What a delivery changed, and what its withdrawal would take away


def graph_totals(home: Path, delivery: str) -> dict[str, Any]:
    """`graph` (created, changed, deleted) and `seconds` of its load, as `guanxi load --json` gives them; empty where unknown."""
    loaded = changes_of(home, delivery).get("loaded")
    if not loaded:
        return {}
    totals = {count: sum(loaded[count].values()) for count in ("created", "changed", "deleted")}
    return {"graph": totals, "seconds": loaded["seconds"]}


@dataclass(frozen=True)
class Loss:
    """What would become of a table's rows: `gone`, `changed` back to what an earlier delivery says, `back` in force again."""

    table: str
    gone: int
    changed: int
    back: int


class _Without(Evidence):
    """The evidence as it would be without one delivery."""

    def __init__(self, home: Path, delivery: str) -> None:
        super().__init__(home)
        self.without = delivery

    def in_force(self) -> list[Delivery]:
        return [delivery for delivery in super().in_force() if delivery.id != self.without]


def losses(evidence: Evidence, delivery: Delivery) -> list[Loss]:
    """What withdrawing the delivery would change, by table; counted on the rows in force with and without it."""
    now, then = evidence.rows_in_force(), _Without(evidence.home, delivery.id).rows_in_force()
    nothing = "(SELECT NULL::VARCHAR AS _key, NULL::UBIGINT AS _hash LIMIT 0)"
    found = []
    with duckdb.connect() as db:
        for table in sorted(delivery.tables() & now.keys()):
            counts = db.execute(
                f"SELECT count(*) FILTER (t._key IS NULL), count(*) FILTER (n._hash <> t._hash), "
                f"count(*) FILTER (n._key IS NULL) "
                f"FROM {now[table]} n FULL JOIN {then.get(table, nothing)} t ON n._key = t._key"
            ).fetchone()
            assert counts
            found.append(Loss(table, *counts))
    return found


# Files


def _folder(home: Path) -> Path:
    return home / "work"


def _work(folder: Path) -> Work:
    return Work(**note_in(folder / "work.json"))


def _outcome(folder: Path) -> dict[str, Any]:
    return note_in(folder / "outcome.json")


def _lives(folder: Path) -> bool:
    """Whether the process that does the work is there: it holds the lock until it ends, however it ends."""
    if not (folder / "lock").exists():
        return False
    lock = os.open(folder / "lock", os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _clear_abandoned(folder: Path) -> None:
    for draft in folder.glob(".*"):
        if datetime.now().timestamp() - draft.stat().st_mtime > ABANDONED.total_seconds():
            shutil.rmtree(draft, ignore_errors=True)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
