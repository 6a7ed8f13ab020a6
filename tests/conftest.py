"""Two servers for the whole run: the sample county, loaded once and only read, and one for small cases, emptied in between."""

import os
from collections.abc import Iterator

import hypothesis
import pytest
from homes import County, Small

from backend import runs
from graph_loader import engine, loading
from graph_loader.sample import write_county

os.environ.setdefault("GUANXI_HEAP", "768m")
os.environ.setdefault("GUANXI_PAGE_CACHE", "256m")
# How long one example takes says more about what else the machine does than about the code.
hypothesis.settings.register_profile("guanxi", deadline=None)
hypothesis.settings.load_profile("guanxi")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run by several processes, all tests of a server go to the one that has it; the others go by file."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        server = next((name for name in ("county", "small_engine") if name in names), None)
        item.add_marker(pytest.mark.xdist_group(server or item.nodeid.split("::")[0]))


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    home, drop = tmp_path_factory.mktemp("county"), tmp_path_factory.mktemp("county-drop")
    # The same key in every run: which of two equal leads comes first follows from it.
    (home / "secret.key").write_text("0123456789abcdef" * 4)
    write_county(drop, "S", 1)
    with engine.running(home) as driver:
        receipt = loading.load(home, driver, drop)
        run = runs.run(home, driver)
        yield County(home, drop, driver, receipt, run)


@pytest.fixture(scope="session")
def small_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    home = tmp_path_factory.mktemp("small")
    with engine.running(home) as driver:
        yield Small(home, driver)


@pytest.fixture
def small(small_engine: Small) -> Small:
    small_engine.empty()
    return small_engine
