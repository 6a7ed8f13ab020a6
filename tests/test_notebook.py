"""The analyst's first hour runs from the first cell to the last, and its drawing stands alone."""

import re
from pathlib import Path

import nbformat
import networkx as nx
import pytest
from homes import County
from nbclient import NotebookClient

from graph_loader.errors import GuanxiError
from guanxi.notebook import Workbench, draw

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "first_hour.ipynb"


def test_the_notebook_runs(county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_HOME", str(county.home))
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output["output_type"] == "error"]
    assert "nodes," in "".join(output.get("text", "") for output in shown)
    page = (tmp_path / "network.html").read_text(encoding="utf-8")
    assert "vis.Network" in page and not re.search(r"src=[\"']?https?:", page)


def test_a_drawing_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_node("Person:a", label="Person", name="张三")
    graph.add_node("Person:b", label="Person", name="李四")
    graph.add_edge("Person:a", "Person:b", type="KIN", properties={"term": "妻弟"})
    page = draw(graph, tmp_path / "network.html").read_text(encoding="utf-8")
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']?(?:https?:)?//", page)
    assert "张三" in page or "\\u5f20" in page
    assert "妻弟" in page or "\\u59bb" in page


def test_a_notebook_only_reads(county: County) -> None:
    with pytest.raises(GuanxiError, match="refused"):
        Workbench(county.home).query("CREATE (n:Person {key: 'x'}) RETURN n")
