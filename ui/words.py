"""The sentences of the pages, from `words.toml`: Chinese first, English complete."""

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
