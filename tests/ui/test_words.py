"""Every sentence exists in both languages, is used, and every key that a page or script uses exists."""

import re
from pathlib import Path

from backend import leads
from backend.exploration import vocabulary
from ui.drawing import LOOKS
from ui.words import sentences

UI = Path(__file__).parents[2] / "ui"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BUILT = (
    "level.", "empty.", "basis.", "lead.tab.", "lead.for", "lead.against", "lead.missing", "leads.facet.", "leads.view.",
    "sort.", "money.", "nav.", "role.", "data.", "error.", "review.two_", "review.companies_by_name", "review.places",
    "quarantine.",
    "work.kind.", "work.state.", "work.stage.", "work.done.", "receipt.", "handin.",
)  # fmt: skip
"""Beginnings of keys that pages put together from a code (a level, a count, a tab)."""


def texts() -> dict[Path, str]:
    vendor = UI / "static" / "vendor"
    own = [path for path in UI.rglob("*") if path.suffix in (".html", ".py", ".js") and vendor not in path.parents]
    return {path: path.read_text(encoding="utf-8") for path in own}


def test_both_languages_are_complete() -> None:
    for key, (zh, en) in sentences().items():
        assert zh.strip() and en.strip(), key
        assert sorted(re.findall(r"\{\w+\}", zh)) == sorted(re.findall(r"\{\w+\}", en)), key
        assert CHINESE.search(zh) or not re.search(r"\w", zh) or zh == "English", key
        assert not CHINESE.search(en) or en == "中文", key


def test_every_key_in_use_exists() -> None:
    for path, text in texts().items():
        used = set(re.findall(r"\bsay\(\s*(?:language|language_of\(request\)),\s*[\"']([\w.元万]+)[\"']", text))
        if path.suffix == ".html":
            used |= set(re.findall(r"\bsay\([\"']([\w.]+)[\"'](?!\s*\+)", text))
        if path.suffix == ".js":
            used |= {f"network.{key}" for key in re.findall(r"\bsay\(\"([\w.]+)\"", text)}
        assert used <= set(sentences()), (path, used - set(sentences()))


def test_no_sentence_is_left_over() -> None:
    everything = "\n".join(texts().values())
    for key in sentences():
        short = key.removeprefix("network.")
        said = any(f"{quote}{name}{quote}" in everything for name in (key, short) for quote in "\"'")
        assert said or key.startswith(BUILT), key


def test_every_label_of_the_graph_can_be_drawn() -> None:
    assert set(vocabulary()["labels"]) - {"Official"} == set(LOOKS)
    icons = UI / "static" / "vendor" / "bootstrap-icons"
    for label, look in LOOKS.items():
        assert (icons / f"{look.icon}.svg").exists(), label


def test_every_sort_and_level_of_the_ledger_has_its_sentence() -> None:
    for code in leads.SORTS:
        assert f"sort.{code}" in sentences()
    for level in leads.LEVELS:
        assert f"level.{level}.why" in sentences()
