"""The home folder and the key of the keyed hashes that stand for people, accounts and phones in the graph."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from graph_loader.errors import GuanxiError

REF_DIGITS = 20
"""Hex digits of a ref: 80 bits, so that among 10 million people two share one with probability below 1e-10."""


def home_of() -> Path:
    """The folder everything is kept in: `GUANXI_HOME`, else `./var`. Made when it is not there."""
    home = Path(os.environ.get("GUANXI_HOME") or "var").resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GuanxiError(
            f"Cannot make the home folder {home} ({error.strerror}): set GUANXI_HOME to a folder you may write."
        ) from error
    return home


def password_of(variable: str) -> str:
    """A password from the environment: `VARIABLE`, else the file that `VARIABLE_FILE` names, else the empty text."""
    file = os.environ.get(f"{variable}_FILE")
    if variable in os.environ or not file:
        return os.environ.get(variable, "")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise GuanxiError(
            f"{variable}_FILE names {file}, which cannot be read ({error.strerror}): correct it."
        ) from error


class Secret:
    """The key of the keyed hashes. The same key and the same evidence give the same refs on any machine."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def ref(self, kind: str, text: str) -> str:
        """Keyed hash of a value of one kind (`person`, `account`, `phone` …): 20 hex digits; kinds never collide."""
        return self.digest(f"{kind}:{text}")[:REF_DIGITS]

    def digest(self, text: str) -> str:
        """HMAC-SHA256 of a text, 64 hex digits."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def secret_of(home: Path) -> Secret:
    """The secret of a home: the file `GUANXI_SECRET`, else `secret.key` under the home, made at first use with mode 0600."""
    path = Path(os.environ.get("GUANXI_SECRET") or home / "secret.key")
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        key = path.read_text().strip().encode()
    except FileExistsError:
        return secret_of(home)
    except OSError as error:
        raise GuanxiError(
            f"Cannot read or make the key file {path} ({error.strerror}): see to its permissions or set GUANXI_SECRET."
        ) from error
    if len(key) < 16:
        raise GuanxiError(f"The key file {path} holds fewer than 16 characters: restore it from your backup.")
    return Secret(key)
