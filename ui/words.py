"""The sentences of the pages, from `words.toml`: Chinese first, English complete."""

import re
import tomllib
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")


@cache
def sentences() -> dict[str, tuple[str, str]]:
    """Key → (Chinese, English)."""
    with (Path(__file__).parent / "words.toml").open("rb") as file:
        return {key: (pair[0], pair[1]) for key, pair in tomllib.load(file).items()}


def say(language: str, key: str, **fill: object) -> str:
    """The sentence of a key with its blanks filled. Raises KeyError for a key that nobody wrote."""
    return sentences()[key][LANGUAGES.index(language)].format(**fill)


def some(language: str, prefix: str) -> dict[str, str]:
    """All sentences whose key begins with `prefix.`, as the scripts of a page get them."""
    place = LANGUAGES.index(language)
    return {key: pair[place] for key, pair in sentences().items() if key.startswith(f"{prefix}.")}


@cache
def _file_faults() -> list[tuple[re.Pattern[str], str]]:
    with (Path(__file__).parent / "file_faults.toml").open("rb") as file:
        return [(_pattern(english), chinese) for english, chinese in tomllib.load(file).items()]


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)), re.DOTALL
    )


def file_fault(language: str, why: str) -> str:
    """Why a file was not read, in the viewer's language; as it was said where nobody put it into Chinese."""
    if language == "en":
        return why
    for pattern, chinese in _file_faults():
        if found := pattern.fullmatch(why):
            return chinese.format(**{part: file_fault(language, text) for part, text in found.groupdict().items()})
    return why
