"""Small JSON files kept beside the evidence and the graph, each written whole or not at all."""

import json
from pathlib import Path
from typing import Any


def keep_note(path: Path, content: Any) -> None:
    """Writes a note in place of an older one; whoever reads meanwhile gets the one or the other. Raises OSError, also where
    the folder is gone."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def note_in(path: Path) -> dict[str, Any]:
    """What a note says; empty where there is none."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
