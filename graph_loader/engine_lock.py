"""The engine's files: which they are (`engine.lock.json`), where they are kept, and how they get there.

The lock names every artifact of Neo4j Community by coordinates and SHA-256. They are fetched once from Maven Central
(or the mirror that the user's Maven settings name) into the user's cache folder, where every checkout finds them.
`python -m graph_loader.engine_lock [VERSION]` resolves them again and rewrites the lock.
"""

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

import filelock
import platformdirs
import requests
from requests.adapters import HTTPAdapter
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from urllib3.util import Retry

from graph_loader.errors import GuanxiError

LOCK_FILE = Path(__file__).with_name("engine.lock.json")
FREE_BYTES = 500_000_000  # less free space than this, and neither a set-up nor a start is tried
DOWNLOADS_AT_ONCE = 12
TRIES = 3


@dataclass(frozen=True)
class LockedFile:
    """One artifact of the engine: `artifact` is groupId:artifactId:version[:classifier], `size` is in bytes."""

    artifact: str
    file: str
    folder: str
    size: int
    sha256: str

    def path_in_repository(self) -> str:
        """Where every Maven repository keeps it."""
        group, name, version, *_ = self.artifact.split(":")
        return f"{group.replace('.', '/')}/{name}/{version}/{self.file}"


@dataclass(frozen=True)
class Lock:
    version: str
    files: tuple[LockedFile, ...]

    def classpath(self, folder: Path) -> str:
        """The class path below `folder`, always in the same order (a class archive depends on it)."""
        return os.pathsep.join(str(folder / locked.folder / locked.file) for locked in self.files)


def read_lock() -> Lock:
    lock = json.loads(LOCK_FILE.read_text("utf-8"))
    return Lock(lock["version"], tuple(LockedFile(**entry) for entry in lock["files"]))


def cache_folder() -> Path:
    """Where this version of the engine is kept: `$GUANXI_ENGINE_CACHE` or the user's cache folder, then the version."""
    base = os.environ.get("GUANXI_ENGINE_CACHE") or platformdirs.user_cache_dir("guanxi", appauthor=False)
    return Path(base).expanduser().absolute() / f"neo4j-{read_lock().version}"


def install(progress: bool = True) -> Path:
    """Make the engine's files complete and verified; return their folder, which holds `jars/` and `modules/`.

    Only what is missing or damaged is downloaded. A file appears under its name when its SHA-256 is right, never before.
    Raises GuanxiError: no network, a wrong checksum, no space, no permission.
    """
    lock, cache = read_lock(), cache_folder()
    try:
        if not _wrong_files(lock, cache):
            return cache
        cache.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(cache / ".lock"):
            _download(_wrong_files(lock, cache), cache, progress)
    except OSError as error:
        raise folder_error(error, cache) from error
    return cache


def check_free_space(folder: Path, needed: int = 0) -> None:
    """Raise GuanxiError when the disk of `folder` has less than `needed` bytes and 500 MB to spare."""
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES + needed:
        raise GuanxiError(
            f"The disk of {folder} has only {free // 1_000_000} MB free and the graph engine needs "
            f"{(FREE_BYTES + needed) // 1_000_000} MB: make room there and try again."
        )


def folder_error(error: OSError, folder: Path) -> GuanxiError:
    """The plain sentence for a folder that cannot be written."""
    if error.errno == errno.ENOSPC:
        return GuanxiError(f"The disk of {folder} is full: make room there and try again.")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return GuanxiError(
            f"{error.filename or folder} may not be written by this user: change its permissions, or choose another place."
        )
    return GuanxiError(f"{error.filename or folder} cannot be used: {error.strerror or error}.")


def _wrong_files(lock: Lock, cache: Path) -> list[LockedFile]:
    """The locked files that are missing from the cache, or are not what the lock says."""
    with ThreadPoolExecutor() as pool:
        right = list(pool.map(lambda locked: _is_right(locked, cache), lock.files))
    return [locked for locked, is_right in zip(lock.files, right, strict=True) if not is_right]


def _is_right(locked: LockedFile, cache: Path) -> bool:
    path = cache / locked.folder / locked.file
    return path.is_file() and path.stat().st_size == locked.size and _sha256(path) == locked.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(files: list[LockedFile], cache: Path, progress: bool) -> None:
    check_free_space(cache, sum(locked.size for locked in files))
    for folder in ("jars", "modules"):
        (cache / folder).mkdir(exist_ok=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), disable=not progress,
    )  # fmt: skip
    lock, source = read_lock(), repository()
    with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as scratch, requests.Session() as session, bar:
        retries = Retry(TRIES, backoff_factor=0.5, status_forcelist=[429, 502, 503, 504])
        session.mount("", HTTPAdapter(pool_maxsize=DOWNLOADS_AT_ONCE, max_retries=retries))
        task = bar.add_task(f"Neo4j {lock.version}", total=sum(locked.size for locked in files))

        def fetch(locked: LockedFile) -> None:
            arrived = Path(scratch) / locked.file
            _fetch(locked, source, session, arrived)
            os.replace(arrived, cache / locked.folder / locked.file)
            bar.advance(task, locked.size)

        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            downloads = [pool.submit(fetch, locked) for locked in files]
            try:
                for download in downloads:
                    download.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _fetch(locked: LockedFile, source: str, session: requests.Session, target: Path) -> None:
    """Download one artifact from the repository `source` to `target`; raise GuanxiError unless it is the locked one."""
    try:
        with session.get(f"{source}/{locked.path_in_repository()}", stream=True, timeout=60) as response:
            response.raise_for_status()
            with target.open("wb") as stream:
                for chunk in response.iter_content(1 << 18):
                    stream.write(chunk)
    except requests.RequestException as error:
        raise GuanxiError(
            f"The graph engine is not complete in {target.parent.parent} and {locked.file} could not be fetched from "
            f"{source}: connect this machine to the network and run `guanxi engine install`, or copy that folder from "
            "a machine that has it."
        ) from error
    if _sha256(target) != locked.sha256:
        raise GuanxiError(
            f"{locked.file} from {source} is not the file that the lock names (its SHA-256 differs): it was not kept; "
            "try again later or from another network."
        )


def repository() -> str:
    """Maven Central, or the mirror of it that `~/.m2/settings.xml` names."""
    settings = Path.home() / ".m2" / "settings.xml"
    if settings.is_file():
        try:
            mirrors = ElementTree.parse(settings).getroot().iterfind("{*}mirrors/{*}mirror")
        except ElementTree.ParseError as error:
            raise GuanxiError(f"{settings} is not readable as XML ({error}): mend or remove it.") from error
        for mirror in mirrors:
            covered = {name.strip() for name in (mirror.findtext("{*}mirrorOf") or "").split(",")}
            if covered & {"central", "*", "external:*"} and "!central" not in covered:
                return (mirror.findtext("{*}url") or "").strip().rstrip("/")
    from jgo.constants import MAVEN_CENTRAL_URL  # only for who sets the engine up: it takes a tenth of a second

    return MAVEN_CENTRAL_URL


def resolve_lock(version: str) -> Lock:
    """Resolve all artifacts of one Neo4j Community version, with everything they need, and take their checksums."""
    import jgo

    environment = jgo.build(
        f"org.neo4j:neo4j:{version}+org.neo4j.app:neo4j-server:{version}", repositories={"central": repository()}
    )
    resolved = tomllib.loads((environment.path / "jgo.lock.toml").read_text("utf-8"))["dependencies"]
    files = []
    for entry in resolved:
        if entry["packaging"] != "jar":  # arrow-bom comes as a .pom, which no class path needs
            continue
        parts = [entry["groupId"], entry["artifactId"], entry["version"], *filter(None, [entry.get("classifier")])]
        name = "-".join(parts[1:]) + ".jar"
        path = next(environment.path / folder / name for folder in ("jars", "modules")
                    if (environment.path / folder / name).is_file())  # fmt: skip
        files.append(LockedFile(":".join(parts), name, path.parent.name, path.stat().st_size, _sha256(path)))
    return Lock(version, tuple(sorted(files, key=lambda locked: (locked.folder, locked.file))))


def write_lock(lock: Lock) -> None:
    content = {"version": lock.version, "files": [asdict(locked) for locked in lock.files]}
    LOCK_FILE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write_lock(resolve_lock(sys.argv[1] if len(sys.argv) > 1 else read_lock().version))
