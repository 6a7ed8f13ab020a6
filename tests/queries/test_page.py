"""The page about adding a query, followed to the letter."""

import re
import shutil
from pathlib import Path

from homes import Small

from backend.cases import merged, read_case
from backend.detection import detect
from backend.packs import FOLDER, load_packs
from graph_loader.secret import secret_of
from graph_loader.sources import load_sources

PAGE = Path(__file__).parents[2] / "docs" / "add_a_query.md"
FILE = re.compile(r"^`queries/([\w/.]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_of_the_page_runs(small: Small, tmp_path: Path) -> None:
    for name in ("shared.toml", "eligibility/pack.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(FOLDER / name, tmp_path / name)
    files = dict(FILE.findall(PAGE.read_text(encoding="utf-8")))
    assert len(files) == 4
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    packs = load_packs(tmp_path)
    assert packs.broken == ()
    (query,) = packs.queries
    cases = [read_case(path) for path in query.cases]
    assert [case.kind for case in cases] == ["hit", "miss"]
    for case in cases:
        tables = merged([case])
        for table in ("residents", "payments", "applications"):
            tables.setdefault(load_sources()[table].title, [])
        small.load_tables(tables)
        run = detect(small.home, small.driver, packs, query=query.id).queries[0]
        assert case.faults(run, secret_of(small.home)) == []


def test_every_entry_a_query_may_have_is_on_the_page() -> None:
    from backend.packs import COMMON, KNOWN

    page = PAGE.read_text(encoding="utf-8")
    missing = [name for name in sorted({*KNOWN, *COMMON}) if f"`{name}`" not in page and f"[{name}]" not in page]
    assert missing == []
