"""The dialect of a text, found by how even, and how meaningful, its cells come out under each candidate."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from typing import Final

from importer.errors import SourceError
from importer.reading.grid import is_blank
from importer.reading.shapes import DATA_SHAPES, Shape, shape_of
from importer.reading.text.cutting import Cutter
from importer.reading.text.dialect import ESCAPE, Dialect

_SAMPLE_CHARACTERS: Final = 1 << 16
_SAMPLE_LINES: Final = 300
_DELIMITERS: Final = (",", ";", "\t", "|", "^", "~", "\x1f", "\x01", "\xa7", ":", " ")
_LONG_DELIMITERS: Final = ("||", "|~|", "~|~", "~~", "::", ";;", "##", "^|^", "@@", "$$")
_NOWHERE: Final = "\x1e"
"""Stands for the delimiter of a text with one column whose cells hold commas."""

_WORDY: Final = frozenset({":", " "})
"""Signs that text is full of: they need better evidence than others."""


def sample_of(text: str) -> str:
    """Take whole lines from the beginning of a text."""
    lines = list(io.StringIO(text[:_SAMPLE_CHARACTERS], newline=""))
    if len(lines) > 1 and len(text) > _SAMPLE_CHARACTERS:
        lines.pop()
    return "".join(lines[:_SAMPLE_LINES])


def detect_dialect(text: str, *, declared: str | None = None) -> Dialect:
    """Choose delimiter, quote and escape from the beginning of a text."""
    sample = sample_of(text)
    delimiters = [_named(declared)] if declared is not None else _delimiters_in(sample)
    best = Dialect(delimiter=_NOWHERE if "," in sample else ",", width=1)
    best_score = 0.0 if declared is not None else _score([[line] for line in sample.splitlines()])
    if declared is not None:
        best = replace(best, delimiter=delimiters[0])
    for delimiter in delimiters:
        for quote, escapes in _quotes_in(sample, delimiter):
            dialect = Dialect(delimiter=delimiter, quote=quote, skip_space=_spaced(sample, delimiter))
            dialect, score = _measure(sample, dialect.escaping(sample) if escapes else dialect)
            if score > best_score:
                best, best_score = dialect, score
    return _with_escape(sample, best)


def _with_escape(sample: str, dialect: Dialect) -> Dialect:
    """Take a backslash before a quote for an escape where more rows make sense only so than only otherwise."""
    if dialect.escape or not dialect.mark or dialect.mark not in sample:
        return dialect
    escaping = dialect.escaping(sample)
    only_so = Cutter(dialect).cut(sample, final=True).otherwise
    return escaping if only_so > Cutter(escaping).cut(sample, final=True).otherwise else dialect


_NAMES: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


def _named(declared: str) -> str:
    delimiter = _NAMES.get(declared.lower(), declared)
    if not delimiter or any(sign in delimiter for sign in '\r\n"'):
        raise SourceError(
            f"The delimiter {declared!r} cannot be used: give the characters between two cells, such as ; or tab."
        )
    return delimiter


def _delimiters_in(sample: str) -> list[str]:
    long = [sign for sign in _LONG_DELIMITERS if sign in sample]
    # A sign that stands in pairs only is half of a delimiter, not a delimiter with a blank cell after it.
    halves = {sign[0] for sign in long if sample.count(sign) * len(sign) == sample.count(sign[0])}
    return [*(sign for sign in _DELIMITERS if sign in sample and sign not in halves), *long]


def _quotes_in(sample: str, delimiter: str) -> list[tuple[str, bool]]:
    """List quotes, without and with backslashes as escapes, that are worth a try; the first of equals wins.

    The usual one is always: a cell may be quoted for the first time behind the sample.
    """
    edge = re.escape(delimiter)
    found = [('"', False)]
    if re.search(rf"(?:^|{edge} ?)'[^'\r\n]*(?:''[^'\r\n]*)*'(?={edge}|\r|\n|\Z)", sample, re.MULTILINE):
        found.append(("'", False))
    escapable = [quote for quote, _ in found if f"{ESCAPE}{quote}" in sample and delimiter != ESCAPE]
    return [*found, *((quote, True) for quote in escapable)]


def _spaced(sample: str, delimiter: str) -> bool:
    """Tell whether the delimiter is followed by a space as a rule (``a, b``), which is then no part of the cell."""
    if delimiter == " " or len(delimiter) > 1:
        return False
    plain = sample.count(delimiter)
    spaced = sample.count(delimiter + " ")
    quoted = re.search(re.escape(delimiter) + ' +"', sample) is not None
    return quoted or (spaced > 0 and spaced >= 0.9 * plain)


def _measure(sample: str, dialect: Dialect) -> tuple[Dialect, float]:
    rows = _rows(sample, dialect)
    if not rows:
        return dialect, 0.0
    widths = Counter(len(row) for row in rows)
    width = max(widths, key=lambda one: (widths[one] * (one > 1), one))
    dialect = replace(dialect, width=width)
    rows = _rows(sample, dialect)
    return dialect, 0.0 if _is_prose(rows, dialect) else _score(rows)


def _is_prose(rows: list[list[str]], dialect: Dialect) -> bool:
    """Tell one column of names or sentences, in which a sign merely occurs, from columns that it divides."""
    wordy = dialect.delimiter in _WORDY
    if not wordy and not (dialect.skip_space and dialect.width == 2):
        return False
    if not rows:
        return True
    cells = [cell for row in rows[1:101] for cell in row[:100]]
    few_values = 4 * sum(shape_of(cell) in DATA_SHAPES for cell in cells) < len(cells)
    header_differs = len(rows[0]) != dialect.width
    return few_values or header_differs if wordy else few_values and header_differs


def _rows(sample: str, dialect: Dialect) -> list[list[str]]:
    rows = Cutter(dialect).cut(sample, final=True).rows
    return [row for row in rows if not is_blank(row)]


def _score(rows: list[list[str]]) -> float:
    """Weigh evenness (rows of one width, the wider the better) by the share of cells that mean something."""
    rows = [row for row in rows if not is_blank(row)]
    if not rows:
        return 0.0
    widths = Counter(len(row) for row in rows)
    evenness = sum(count * max(width - 1, 1e-3) / width for width, count in widths.items()) / len(widths)
    known = total = 0
    for row in rows[:100]:
        total += len(row)
        known += sum(shape_of(cell) is not Shape.OTHER for cell in row[:100])
    return evenness * max(known / max(total, 1), 1e-3)
