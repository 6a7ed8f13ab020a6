"""Zipped folders: what lies in them is copied out under numbers, never under the names it claims."""

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path

from graph_loader.errors import GuanxiError

MOST_MEMBERS = 5_000
MOST_BYTES = 4_000_000_000
"""Bytes that the files of an archive may unpack to."""
MOST_RATIO = 200
"""Times a large file may grow when unpacked."""
LONGEST_NAME = 80
AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Member:
    """One file of an archive: its name there, folders included, and where its bytes were put; or why it is not read."""

    name: str
    path: Path | None
    why: str = ""


def members_of(path: Path, into: Path) -> list[Member]:
    """Copies the files of an archive into a folder. Raises GuanxiError with one sentence for one that cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = [part for part in archive.infolist() if not part.is_dir()]
            if len(files) > MOST_MEMBERS or sum(part.file_size for part in files) > MOST_BYTES:
                raise GuanxiError(f"{path.name} holds too much for one archive: unpack it and send the folder.")
            return [_member(archive, part, into / f"member-{number}") for number, part in enumerate(files)]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise GuanxiError(f"{path.name} is damaged ({error}): ask the sender for the archive again.") from error


def _member(archive: zipfile.ZipFile, part: zipfile.ZipInfo, to: Path) -> Member:
    written = _name(part)
    name = _within(written)
    if name is None:
        return Member(
            re.sub(r"[^\w.\u4e00-\u9fff]+", "_", written)[-LONGEST_NAME:],
            None,
            "its name points outside of the archive",
        )
    if part.flag_bits & 1:
        return Member(name, None, "it is locked by a password: send it without one")
    if name.lower().endswith((".zip", ".rar", ".7z", ".gz")):
        return Member(name, None, "an archive in an archive: unpack it and send the folder")
    if part.file_size > 1_000_000 and part.file_size > MOST_RATIO * part.compress_size:
        return Member(name, None, "it unpacks to far more than it is")
    try:
        unpacked = 0
        with archive.open(part) as source, to.open("wb") as target:
            while chunk := source.read(AT_ONCE):
                unpacked += len(chunk)
                if unpacked > part.file_size:
                    return Member(name, None, "it unpacks to far more than it is")
                target.write(chunk)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        return Member(name, None, f"it is damaged ({error}): ask the sender for it again")
    return Member(name, to)


def _name(part: zipfile.ZipInfo) -> str:
    """The name as its writer meant it: archives of Windows in Chinese write GBK without saying so."""
    if part.flag_bits & 0x800:
        return part.filename
    raw = part.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return part.filename


def _within(name: str) -> str | None:
    """A name as folders and file below the archive; None where it would lead out of it."""
    parts = [part for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/") if part not in ("", ".")]
    if name.startswith(("/", "\\")) or ".." in parts or not parts or any(":" in part for part in parts):
        return None
    clean = [re.sub(r"[\x00-\x1f\x7f]", "", part) for part in parts]
    return "/".join(part[-LONGEST_NAME:] for part in clean[-8:])
