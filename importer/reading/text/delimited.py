"""A delimited text as rows, stretch by stretch, so that its size does not matter."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO, Final

from importer.errors import SourceError
from importer.reading.grid import Batch, Cells
from importer.reading.text.blemishes import mark_blemishes
from importer.reading.text.cutting import Cutter, Cutting
from importer.reading.text.dialect import Dialect
from importer.reading.text.encodings import Encoding
from importer.runtime.regex import regex

_STRETCH: Final = 1 << 16
_LONGEST_ROW: Final = 1 << 24
_MOST_CELLS: Final = 1 << 17

Opener = Callable[[], BinaryIO]


class DelimitedText:
    """The grid of a CSV or similar text."""

    def __init__(
        self, opener: Opener, encoding: Encoding, dialect: Dialect, *, name: str, skip_lines: int = 0
    ) -> None:
        self._name = name
        self._opener = opener
        self._encoding = encoding
        self._dialect = dialect
        self._skip_lines = skip_lines

    def batches(self) -> Iterator[Batch]:
        cutter = Cutter(self._dialect)
        number, line = 1, 1 + self._skip_lines
        stretches = pieces(self._opener, self._encoding)
        if self._skip_lines:
            stretches = _after_first_line(stretches)
        for body, cutting in _cuttings(stretches, cutter, self._dialect, self._name):
            _refuse_wide(cutting, number, self._name)
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
        if self._encoding.blemished:
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


def beginning(opener: Opener, encoding: Encoding, characters: int) -> str:
    """Decode the beginning of a text."""
    text = ""
    stretches = pieces(opener, encoding)
    while len(text) < characters and (piece := next(stretches)):
        text += piece
    stretches.close()
    return text[:characters]


def pieces(opener: Opener, encoding: Encoding) -> Generator[str]:
    """Decode a stream piece by piece; an empty piece is the end."""
    try:
        yield from _decoded(opener, encoding.decoder())
    except UnicodeError as cause:
        # A few of Python's codecs raise whatever handler of errors they are given.
        raise SourceError(
            f"The text cannot be read as {encoding.name}: {cause}. Declare another encoding, or none to have it detected."
        ) from None
    yield ""


def _decoded(opener: Opener, decoder: codecs.IncrementalDecoder) -> Generator[str]:
    with opener() as stream:
        while chunk := stream.read(_STRETCH):
            if piece := decoder.decode(chunk):
                yield piece
    if piece := decoder.decode(b"", final=True):
        yield piece


def _after_first_line(stretches: Iterator[str]) -> Generator[str]:
    text = ""
    for piece in stretches:
        text += piece
        if (end := FIRST_LINE.match(text)) or not piece:
            yield text[end.end() :] if end else ""
            break
    yield from stretches


FIRST_LINE: Final = regex(r"[^\r\n]*(?:\r\n|\n|\r(?=[^\n]))")


def _refuse_wide(cutting: Cutting, number: int, name: str) -> None:
    if max(map(len, cutting.rows), default=0) <= _MOST_CELLS:
        return
    index = next(index for index, row in enumerate(cutting.rows) if len(row) > _MOST_CELLS)
    raise SourceError(
        f"Row {number + index} of {name} has {len(cutting.rows[index]):,} cells, which no list of contacts has. "
        "Look for what repeats the delimiter there, or export the contacts again."
    )


def _refuse_long(text: str, name: str) -> None:
    if len(text) > _LONGEST_ROW:
        raise SourceError(
            f"{name} has a row of more than {_LONGEST_ROW >> 20} million characters, and no contact is so long. Look for "
            "line ends that are missing, or for a quote that is never closed, and export it again."
        )


def _cuttings(
    stretches: Iterator[str], cutter: Cutter, dialect: Dialect, name: str
) -> Iterator[tuple[str, Cutting]]:
    rest, wanted = "", 0
    gathered: list[str] = []
    size = 0
    for piece in stretches:
        gathered.append(piece)
        size += len(piece)
        # A cell larger than a stretch doubles the next one: reading stays linear in its size.
        if piece and size < wanted:
            continue
        body = rest + "".join(gathered)
        gathered, size = [], 0
        end = _boundary(body, dialect) if piece else len(body)
        if end:
            cutting = cutter.cut(body[:end], final=not piece)
            rest = cutting.rest + body[end:]
            yield body, cutting
        else:
            _refuse_long(body, name)
            rest = body
        wanted = len(rest)
        if not piece:
            return


def _boundary(text: str, dialect: Dialect) -> int:
    """Find the end of the last line that, by the count of quotes, also ends a row; 0 when there is none."""
    end = _line_end(text, len(text))
    if not dialect.quote:
        return end
    odd = dialect.quotes(text[:end]) % 2
    for _ in range(64):
        if not end or not odd:
            return end
        opener = text.rfind(dialect.quote, 0, end)
        before = _line_end(text, opener)
        odd ^= dialect.quotes(text[before:end]) % 2
        end = before
    return end


def _line_end(text: str, limit: int) -> int:
    end = text.rfind("\n", 0, limit) + 1
    if not end:
        # A carriage return that ends the text may be the first half of a line end.
        end = text.rfind("\r", 0, min(limit, len(text) - 1)) + 1
    return end
