"""The tamper-evident log: who signed in, looked, stepped, exported, revealed; append-only, a Merkle tree over its entries.

The tree is that of RFC 6962 (leaf `SHA-256(0x00 ‖ entry)`, node `SHA-256(0x01 ‖ left ‖ right)`, split at the largest power
of two). Every entry carries the root up to itself, so an edited, reordered or missing entry shows without help; who can
rewrite the whole ledger is found against a checkpoint that the auditor keeps elsewhere.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.ledger import AuditEntry, AuditHead, now
from graph_loader.cells import masked_text
from graph_loader.errors import GuanxiError

_KEYS = re.compile(
    r"(?<![0-9A-Za-z_])([a-z][a-z_]*-[0-9a-f]{16}|[0-9a-f]{64}|(?=\d*[a-f])[0-9a-f]{20})(?![0-9A-Za-z_])"
)
"""Lead keys, digests and refs: never numbers of people, though they may hold long runs of digits."""


def masked(words: str) -> str:
    """The text with whatever is shaped like an ID, account or phone number masked."""
    parts = _KEYS.split(words)
    parts[::2] = map(masked_text, parts[::2])
    return "".join(parts)


@dataclass(frozen=True)
class Line:
    """An entry as the auditor reads it."""

    number: int
    at: str
    who: str
    action: str
    what: str
    detail: dict[str, Any]


def append(session: Session, who: str, action: str, what: str, detail: dict[str, Any] | None = None) -> None:
    """Writes an entry in the transaction of the change it records: no entry, no change."""
    head = hold(session)
    entry = AuditEntry(
        number=head.size,
        at=now().isoformat(timespec="microseconds"),
        who=masked(who)[:60],
        action=action,
        what=masked(what)[:200],
        detail=masked(json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str)),
        root="",
    )
    peaks = _added([bytes.fromhex(peak) for peak in head.peaks], head.size, _leaf(entry))
    entry.root = _root(peaks).hex()
    head.size += 1
    head.peaks = [peak.hex() for peak in peaks]
    session.add(entry)
    session.flush()


def hold(session: Session) -> AuditHead:
    """Makes this transaction the only one that writes to the log until it ends."""
    head = session.scalars(select(AuditHead).with_for_update()).one_or_none()
    if head is None:
        raise GuanxiError("The log has lost its head row, so nothing can be changed: restore the ledger from a backup.")
    return head


def size(session: Session) -> int:
    """How many entries the log holds."""
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def verify(session: Session) -> list[str]:
    """What is wrong with the log in itself, one sentence each; empty when nothing is."""
    entries = 0
    for entry, root in _walk(session):
        if entry.number != entries:
            return [f"日志第 {entries} 条缺失 / entry {entries} of the log is missing."]
        if entry.root != root.hex():
            return [
                f"日志在第 {entries} 条或之前被改动 / the log was altered at entry {entries} ({entry.at}) or before it."
            ]
        entries += 1
    head = session.scalars(select(AuditHead)).one_or_none()
    said = head.size if head else 0
    if said != entries:
        return [
            f"日志末尾不符：应有 {said} 条，实有 {entries} 条 / the log should hold {said} entries and holds {entries}."
        ]
    return []


def checkpoint(session: Session) -> str:
    """One line that fixes the whole log up to now, to be kept where nobody who can write the ledger can reach it."""
    head = session.scalars(select(AuditHead)).one()
    root = _root([bytes.fromhex(peak) for peak in head.peaks]).hex()
    return f"guanxi-audit {head.origin} {head.size} {root} {now().isoformat(timespec='seconds')}"


def verify_against(session: Session, line: str) -> list[str]:
    """What is wrong with the log, also measured by a checkpoint kept earlier. Raises GuanxiError if it is none."""
    match = re.fullmatch(r"guanxi-audit ([0-9a-f]{16}) (\d+) ([0-9a-f]{64}) (\S+)", line.strip())
    if not match:
        raise GuanxiError("This is no checkpoint: give the whole line that 'guanxi audit checkpoint' printed.")
    origin, fixed, root, at = match[1], int(match[2]), match[3], match[4]
    problems = verify(session)
    head = session.scalars(select(AuditHead)).one_or_none()
    if head is None or head.origin != origin:
        return [*problems, "存证来自另一台账 / the checkpoint belongs to another ledger."]
    found = _EMPTY if fixed == 0 else None
    entries = 0
    for _, reached in _walk(session):
        entries += 1
        if entries == fixed:
            found = reached
    if entries < fixed:
        problems.append(
            f"日志末尾被截去：{at} 时有 {fixed} 条，现有 {entries} 条 / the log held {fixed} entries at {at} and holds {entries}."
        )
    elif found is None or found.hex() != root:
        problems.append(
            f"日志与存证分叉：{at} 之前的 {fixed} 条已被改写 / the {fixed} entries of {at} are not those the log holds now."
        )
    return problems


def lines(session: Session, what: str = "", action: str = "", who: str = "", limit: int = 200) -> list[Line]:
    """The latest entries, newest first, about one thing, of one action or by one person where given."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(limit)
    for column, value in ((AuditEntry.what, what), (AuditEntry.action, action), (AuditEntry.who, who)):
        if value:
            query = query.where(column == value)
    return [
        Line(entry.number, entry.at, entry.who, entry.action, entry.what, json.loads(entry.detail))
        for entry in session.scalars(query)
    ]


_EMPTY = hashlib.sha256(b"").digest()


def _leaf(entry: AuditEntry) -> bytes:
    told = [entry.number, entry.at, entry.who, entry.action, entry.what, entry.detail]
    return hashlib.sha256(b"\0" + json.dumps(told, ensure_ascii=False).encode()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _added(peaks: list[bytes], size: int, leaf: bytes) -> list[bytes]:
    """The roots of the full subtrees, largest first, after one more leaf on `size` leaves."""
    peaks = [*peaks, leaf]
    while size & 1:
        right = peaks.pop()
        peaks[-1] = _node(peaks[-1], right)
        size >>= 1
    return peaks


def _root(peaks: list[bytes]) -> bytes:
    if not peaks:
        return _EMPTY
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = _node(peak, root)
    return root


def _walk(session: Session) -> Iterator[tuple[AuditEntry, bytes]]:
    """Every entry with the root that follows from the entries as they are."""
    peaks: list[bytes] = []
    query = select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=2000, populate_existing=True)
    for size, entry in enumerate(session.scalars(query)):
        peaks = _added(peaks, size, _leaf(entry))
        yield entry, _root(peaks)
