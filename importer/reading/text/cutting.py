"""Text into rows: ``csv.reader`` where the text keeps the rules, the mender where it does not."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from importer.reading.text.dialect import ESCAPE, LIMIT, Dialect
from importer.reading.text.quoting import CsvRecord, Mender
from importer.records import Fault

_STRAY: Final = Fault(
    code="stray_quote",
    message="A quote in this row has no partner; it was read as a plain character.",
    fails=False,
)
_UNCLOSED: Final = Fault(
    code="unclosed_quote",
    message="A quote opens in this row and is never closed, so it cannot be told where its cells end.",
)


@dataclass(slots=True, eq=False, repr=False)
class Cutting:
    """The rows of one stretch of text; ``rest`` begins with a row that needs more text to be read."""

    rows: list[list[str]] = field(repr=False)
    faults: dict[int, tuple[Fault, ...]]
    starts: Callable[[], list[int]] | None
    """Gives the line on which each row begins; None while every row is one line."""
    lines: int
    rest: str = field(repr=False, default="")
    otherwise: int = 0
    """Rows that make sense by another meaning of backslashes only."""


class Cutter:
    """Cuts stretches of a text by one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        if csv.field_size_limit() < LIMIT:
            csv.field_size_limit(LIMIT)
        self._dialect = dialect
        self._options = dialect.options()

    def cut(self, text: str, *, final: bool) -> Cutting:
        """Cut a text that ends with a line; unless it is ``final``, its last row may be left for the next time."""
        reader = csv.reader(io.StringIO(self._dialect.encode(text), newline=""), **self._options)
        rows: list[list[str]] = []
        try:
            rows.extend(reader)
        except csv.Error:
            return self._mend(text, final=final)
        if reader.line_num == len(rows):
            if self._has_mark(text) and set(map(len, rows)) != {self._dialect.width}:
                return self._mend(text, final=final)
            return Cutting(self._dialect.decode(rows), {}, None, reader.line_num)
        if set(map(len, rows)) != {self._dialect.width}:
            return self._mend(text, final=final)
        return Cutting(self._dialect.decode(rows), {}, partial(self._starts, text), reader.line_num)

    def _starts(self, text: str) -> list[int]:
        reader = csv.reader(io.StringIO(self._dialect.encode(text), newline=""), **self._options)
        return [0, *(reader.line_num for _ in reader)]

    def _has_mark(self, text: str) -> bool:
        mark = self._dialect.mark
        # One sign is found many times faster than two, and most texts do not have it.
        return ESCAPE in text and mark is not None and self._dialect.width > 0 and mark in text

    def _mend(self, text: str, *, final: bool) -> Cutting:
        """Cut row by row, and give each row that breaks the rules, or spans lines oddly, to the mender."""
        lines = _lines(self._dialect.encode(text))
        mender = Mender(self._dialect, lines, final=final, other=self._other(text, final=final))
        starts: list[int] = []
        cutting = Cutting([], {}, lambda: starts, 0)
        while cutting.lines < len(lines):
            if self._strict(lines, cutting, starts, mender):
                break
            record = mender.read(cutting.lines)
            if record is None:
                break
            self._add(cutting, record, starts)
        cutting.rows = self._dialect.decode(cutting.rows)
        if cutting.lines < len(lines):
            cutting.rest = "".join(_lines(text)[cutting.lines :])
        return cutting

    def _other(self, text: str, *, final: bool) -> Mender | None:
        """Read by what else backslashes before quotes may mean, in a text that has any."""
        if not self._has_mark(text):
            return None
        dialect = self._dialect.verbatim() if self._dialect.escape else self._dialect.escaping(text)
        return Mender(dialect, _lines(dialect.encode(text)), final=final)

    def _strict(self, lines: list[str], cutting: Cutting, starts: list[int], mender: Mender) -> bool:
        """Read on by the rules; stop, with False, before the first row that the mender has to see."""
        begin = cutting.lines
        reader = csv.reader(map(lines.__getitem__, range(begin, len(lines))), **self._options)
        try:
            for row in reader:
                taken = begin + reader.line_num - cutting.lines
                if len(row) != self._dialect.width and (taken > 1 or mender.doubts(cutting.lines)):
                    return False
                starts.append(cutting.lines)
                cutting.rows.append(row)
                cutting.lines += taken
        except csv.Error:
            return False
        return True

    @staticmethod
    def _add(cutting: Cutting, record: CsvRecord, starts: list[int]) -> None:
        if record.unclosed:
            cutting.faults[len(cutting.rows)] = (_UNCLOSED,)
        elif record.stray:
            cutting.faults[len(cutting.rows)] = (_STRAY,)
        cutting.otherwise += record.otherwise
        starts.append(cutting.lines)
        cutting.rows.append(record.cells)
        cutting.lines += record.lines


def _lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))
