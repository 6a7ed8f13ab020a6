"""The facts of the county: `county.toml` in the home folder, written by its office."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from graph_loader.errors import GuanxiError


@dataclass(frozen=True)
class County:
    """What the county is called; empty where no `county.toml` was put into the home."""

    name: str = ""
    code: str = ""


def county_of(home: Path) -> County:
    """The county of a home. Raises GuanxiError for a file that cannot be read."""
    path = home / "county.toml"
    if not path.exists():
        return County()
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GuanxiError(f"{path} cannot be read ({error}): mend it, `guanxi sample` writes one to go by.") from error
    return County(str(facts.get("name", "")), str(facts.get("code", "")))
