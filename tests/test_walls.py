"""Who may import whom, and what may stand where: the walls between the rooms."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("graph_loader", "backend", "ui", "guanxi", "tests", "queries")
MAY_IMPORT = {
    "graph_loader": {"graph_loader"},
    "backend": {"backend", "graph_loader"},
    "ui": {"ui", "backend"},
}
CYPHER = re.compile(r"\b(MATCH|MERGE|UNWIND|OPTIONAL MATCH)\s*[\(\$]|CALL\s+db\.")


def modules(room: str) -> Iterator[Path]:
    return (ROOT / room).rglob("*.py")


def imported(path: Path) -> set[str]:
    """Names of the top packages a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(str(node.module).split(".")[0])
    return found


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_it_may(room: str) -> None:
    for path in modules(room):
        assert imported(path) & set(ROOMS) <= MAY_IMPORT[room], path


def test_queries_hold_no_python() -> None:
    assert not list(modules("queries"))


def test_pages_hold_neither_cypher_nor_the_driver() -> None:
    for path in modules("ui"):
        assert "neo4j" not in imported(path), path
    for path in [*modules("ui"), *(ROOT / "ui").rglob("*.html")]:
        assert not CYPHER.search(path.read_text(encoding="utf-8")), path


def test_backend_uses_the_evidence_but_not_the_insides_of_the_writers() -> None:
    for path in modules("backend"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"from graph_loader(\.| import )(writer|state|derived)\b", text), path
