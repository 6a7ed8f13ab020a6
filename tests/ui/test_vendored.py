"""The files of others: each listed with package, version, licence and hash; nothing comes from anywhere else."""

import hashlib
import json
import re
from pathlib import Path

UI = Path(__file__).parents[2] / "ui"
VENDOR = UI / "static" / "vendor"
LOADED = re.compile(r"(?:src|href|url|import|from)\s*[=(]?\s*[\"'(]?\s*((?:https?:)?//[^\"')\s]+)")


def manifest() -> dict[str, dict[str, str]]:
    return json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))


def test_every_vendored_file_is_what_its_package_published() -> None:
    for name, told in manifest().items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == told["sha256"], name


def test_every_vendored_file_is_listed_with_its_origin() -> None:
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()} - {"manifest.json"}
    assert there == set(manifest())
    for name, told in manifest().items():
        assert told["package"] and told["version"] and told["licence"] and told["path"], name


def test_every_package_brings_its_licence() -> None:
    for package in {told["package"] for told in manifest().values()}:
        assert (VENDOR / package / "LICENSE").stat().st_size > 100, package


def test_pages_and_scripts_load_nothing_from_elsewhere() -> None:
    own = [path for path in UI.rglob("*") if path.suffix in (".html", ".css", ".js") and VENDOR not in path.parents]
    assert own
    for path in own:
        assert not LOADED.search(path.read_text(encoding="utf-8")), path


def test_templates_hold_no_inline_script_or_style() -> None:
    for path in (UI / "templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\son\w+\s*=|\sstyle\s*=|<style|javascript:", text), path
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or "application/json" in script, path
