"""Every sentence exists in both languages, is used, and every key that a page or script uses exists."""

import ast
import re
from pathlib import Path

from backend import leads
from backend.exploration import vocabulary
from backend.packs import load_packs
from graph_loader import archives, ocds, reader, reading
from ui.drawing import LOOKS
from ui.words import file_fault, sentences

UI = Path(__file__).parents[2] / "ui"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BUILT = (
    "level.", "empty.", "basis.", "lead.tab.", "lead.for", "lead.against", "lead.missing", "leads.facet.", "leads.view.",
    "sort.", "money.", "nav.", "role.", "data.", "error.", "review.two_", "review.companies_by_name", "review.places",
    "quarantine.", "queries.status.", "queries.cases.",
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


def said_of_files() -> set[str]:
    """What the reading modules raise, with something in each blank, and what else is said of a file."""
    said = {
        "no departmental table", "left by a spreadsheet that has the file open", "an empty sheet", "an empty file",
        "odd.csv: no row of it is the header of a known table. Check the header row.",
        "odd.csv: it comes nearest to 低保, but lacks 姓名、金额. Check the header row.",
        "odd.csv: it is 招投标, but neither its header nor its title or name says 项目编号. Check the header row.",
        "a.zip/b.csv: its name points outside of the archive.",
    }  # fmt: skip
    for module in (reading, archives, ocds, reader):
        for call in ast.walk(ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
                continue
            if call.func.id in ("GuanxiError", "Member") and isinstance(call.args[-1], (ast.JoinedStr, ast.Constant)):
                parts = call.args[-1].values if isinstance(call.args[-1], ast.JoinedStr) else [call.args[-1]]
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "12" for part in parts)
                said.add(text if call.func.id == "GuanxiError" else f"a.zip/b.csv: {text}.")
    return said


def test_what_is_said_of_a_file_is_said_in_chinese() -> None:
    said = said_of_files()
    assert len(said) > 25
    for why in said:
        if not CHINESE.search(why) or "Check" in why:
            told = file_fault("zh", why)
            assert CHINESE.search(told) and not re.search(r"[A-Za-z]{3,} [a-z]{2,}", told), why
            assert file_fault("en", why) == why
    assert file_fault("zh", "a.rar is a RAR archive and no table: open it in a spreadsheet and save it as .xlsx.") == (
        "是RAR 压缩包，不是数据表，请用表格软件打开后另存为 .xlsx"
    )
    assert file_fault("zh", "something new") == "something new"


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


def test_everybody_a_pack_query_names_has_a_word_for_what_they_are() -> None:
    roles = {name for query in load_packs().queries for name, type in query.columns.items() if "Person" in type}
    assert {role for role in roles if f"role.{role}" not in sentences()} == set()
