"""How Chinese characters are read, in pinyin.

The dictionary of words takes four times as long to load as that of characters, and only names of things are read by words:
a day's payments, which name people only, do without it.
"""

import os
from functools import cache
from types import ModuleType


@cache
def _characters() -> ModuleType:
    """pypinyin with its dictionary of characters only."""
    before = os.environ.get("PYPINYIN_NO_PHRASES")
    os.environ["PYPINYIN_NO_PHRASES"] = "1"
    try:
        import pypinyin
    finally:
        if before is None:
            del os.environ["PYPINYIN_NO_PHRASES"]
        else:
            os.environ["PYPINYIN_NO_PHRASES"] = before
    return pypinyin


@cache
def _words() -> ModuleType:
    """pypinyin with both its dictionaries; what it says of a single character stays as it was."""
    pypinyin = _characters()
    from pypinyin.phrases_dict import phrases_dict

    pypinyin.load_phrases_dict(phrases_dict)
    return pypinyin


def letter_of(character: str) -> str:
    """The first letter of how a single character is mostly read, in small letters."""
    pypinyin = _characters()
    return "".join(pypinyin.lazy_pinyin(character, style=pypinyin.Style.FIRST_LETTER)).lower()


def letters_of(words: str) -> str:
    """The first letters of words, read as words (重庆 is cq), in small letters."""
    pypinyin = _words()
    return "".join(pypinyin.lazy_pinyin(words, style=pypinyin.Style.FIRST_LETTER)).lower()


def sounds_of(character: str) -> frozenset[str]:
    """Every way in which a single character is read, without tones."""
    pypinyin = _characters()
    return frozenset(pypinyin.pinyin(character, style=pypinyin.Style.NORMAL, heteronym=True)[0])
