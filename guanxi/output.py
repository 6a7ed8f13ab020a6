"""Where a command's file goes."""

import codecs
import sys
from pathlib import Path

from graph_loader.errors import GuanxiError


def put_out(content: bytes, out: Path | None) -> None:
    """Writes a file, or to standard output without one. Raises GuanxiError for a workbook on a terminal and a file that cannot be
    written."""
    if out is None:
        if content.startswith(b"PK") and sys.stdout.isatty():
            raise GuanxiError("A workbook cannot be shown in a terminal: name a file with --out.")
        sys.stdout.buffer.write(content.removeprefix(codecs.BOM_UTF8))
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise GuanxiError(f"Cannot write {out} ({error.strerror}): name another file with --out.") from error
