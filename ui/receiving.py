"""A form with files, taken from the wire straight to the disk: nothing is held in memory but the piece at hand."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool
from python_multipart.multipart import MultipartParser, parse_options_header

from backend.deliveries import Arriving

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

LONGEST_FIELD = 4_000
"""Bytes of a field that is no file."""


async def receive(content_type: str, stream: AsyncIterator[bytes], arriving: Arriving) -> dict[str, str]:
    """Writes the files of a `multipart/form-data` body into `arriving`; gives its other fields.

    Raises ValueError for a body that is no such form, and what `arriving` raises.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise ValueError("not a form with files")
    form = _Form(arriving)
    parser = MultipartParser(options[b"boundary"], form.callbacks())
    async for piece in stream:
        await run_in_threadpool(parser.write, piece)
    parser.finalize()
    if not form.ended:
        raise ValueError("the form breaks off")
    return form.fields


class _Form:
    def __init__(self, arriving: Arriving) -> None:
        self.arriving = arriving
        self.fields: dict[str, str] = {}
        self.ended = False
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._field: str | None = None
        self._content = b""
        self._skipped = False

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._part_goes_on,
            "on_part_end": self._part_ends,
            "on_end": self._form_ends,
        }

    def _part_begins(self) -> None:
        self._disposition, self._field, self._content, self._skipped = b"", None, b"", False

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" in options:
            name = options[b"filename"].decode("utf-8", "replace")
            self._skipped = not name  # a file field that nobody filled
            if name:
                self.arriving.begin(name)
        else:
            self._field = options.get(b"name", b"").decode("utf-8", "replace")

    def _part_goes_on(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            if not self._skipped:
                self.arriving.write(data[start:end])
        elif len(self._content) < LONGEST_FIELD:
            self._content += data[start:end]

    def _part_ends(self) -> None:
        if self._field is None:
            self.arriving.end()
        else:
            self.fields[self._field] = self._content[:LONGEST_FIELD].decode("utf-8", "replace")

    def _form_ends(self) -> None:
        self.ended = True
