"""A delimited text as rows, stretch by stretch, so that its size does not matter."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import BinaryIO, Final

from importer.reading.blemishes import mark_blemishes
from importer.reading.cutting import Cutter, Cutting
from importer.reading.dialect import Dialect
from importer.reading.encodings import Encoding
from importer.reading.grid import Batch, Cells

_STRETCH: Final = 1 << 17

Opener = Callable[[], BinaryIO]


class DelimitedText:
    """The grid of a CSV or similar text."""

    def __init__(self, opener: Opener, encoding: Encoding, dialect: Dialect, *, skip_lines: int = 0) -> None:
        self._opener = opener
        self._encoding = encoding
        self._dialect = dialect
        self._skip_lines = skip_lines

    def batches(self) -> Iterator[Batch]:
        cutter = Cutter(self._dialect)
        number, line = 1, 1 + self._skip_lines
        with closing(open_text(self._opener(), self._encoding)) as text:
            for _ in range(self._skip_lines):
                text.readline()
            for body, cutting in _cuttings(text, cutter, self._dialect.quote):
                yield self._batch(cutting, body, number, line)
                number += len(cutting.rows)
                line += cutting.lines

    def _batch(self, cutting: Cutting, text: str, number: int, line: int) -> Batch:
        batch = Batch(
            first=number,
            rows=list[Cells](cutting.rows),
            faults=cutting.faults,
            line_of=_Lines(line, cutting.starts),
        )
        mark_blemishes(batch, text)
        return batch


class _Lines:
    """Finds the line of a row; only a faulty row asks, so the lines are counted when the first one does."""

    def __init__(self, first: int, starts: Callable[[], list[int]] | None) -> None:
        self._first = first
        self._count = starts
        self._starts: list[int] | None = None

    def __call__(self, index: int) -> int:
        if self._count is None:
            return self._first + index
        if self._starts is None:
            self._starts = self._count()
        return self._first + self._starts[index]


def open_text(stream: BinaryIO, encoding: Encoding) -> io.TextIOWrapper:
    """Decode a stream; what cannot be decoded is kept apart as lone surrogates, never dropped."""
    return io.TextIOWrapper(stream, encoding=encoding.name, errors=encoding.errors, newline="")


def _cuttings(text: io.TextIOWrapper, cutter: Cutter, quote: str | None) -> Iterator[tuple[str, Cutting]]:
    rest, wanted = "", _STRETCH
    while True:
        piece = text.read(wanted)
        final = not piece
        body = rest + piece
        end = len(body) if final else _boundary(body, quote)
        if end:
            cutting = cutter.cut(body[:end], final=final)
            rest = cutting.rest + body[end:]
            yield body, cutting
        else:
            rest = body
        if final:
            return
        # A cell larger than a stretch doubles the next one: reading stays linear in its size.
        wanted = max(_STRETCH, len(rest))


def _boundary(text: str, quote: str | None) -> int:
    """Find the end of the last line that, by the count of quotes, also ends a row; 0 when there is none."""
    end = _line_end(text, len(text))
    if not quote:
        return end
    odd = text.count(quote, 0, end) % 2
    for _ in range(64):
        if not end or not odd:
            return end
        opener = text.rfind(quote, 0, end)
        before = _line_end(text, opener)
        odd ^= text.count(quote, before, end) % 2
        end = before
    return end


def _line_end(text: str, limit: int) -> int:
    end = text.rfind("\n", 0, limit) + 1
    if not end:
        # A carriage return that ends the text may be the first half of a line end.
        end = text.rfind("\r", 0, min(limit, len(text) - 1)) + 1
    return end
