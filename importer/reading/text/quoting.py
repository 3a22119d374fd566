"""Rows that break the rules of quoting, read the way their author meant them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from importer.reading.text.dialect import Dialect
from importer.records import value_type

_MOST_CHARACTERS: Final = 1 << 23
"""A cell longer than this is taken for a quote that was left open."""

_NEAR: Final = 16
"""Lines in which the end of a quote is looked for although rows seem to follow."""

_SEARCHES: Final = 16
_MAX_TRIES: Final = 2_000
"""Ways of reading one line that are tried before giving up: they double with every stray quote."""


@value_type(frozen=True, slots=True, kw_only=True)
class CsvRecord:
    """Cells, the lines they took, and whether some quote had to be taken as a plain character."""

    cells: list[str] = field(repr=False)
    lines: int = 1
    stray: bool = False
    unclosed: bool = False
    otherwise: bool = False
    """Backslashes mean something else in this row than in the rows before it."""


@dataclass(slots=True, eq=False, repr=False)
class _Cut:
    """One field cut off a text: its value, where the next begins (-1: none), and what was odd."""

    value: str
    next: int
    stray: bool = False
    closed: bool = True


class Scanner:
    """Cuts text into fields by one dialect, forgivingly: a quote ends a field only before a delimiter or line end."""

    def __init__(self, dialect: Dialect) -> None:
        quote = re.escape(dialect.quote or '"')
        end = re.escape(dialect.sign)
        self._dialect = dialect
        self._quote = dialect.quote or ""
        self._run = re.compile(rf"{quote}+")
        self._meant = (
            re.compile(rf"{re.escape(dialect.escape)}(.)|{quote}{quote}", re.DOTALL)
            if dialect.escape
            else None
        )
        self._after = re.compile(
            rf"[ \t]*(?={end}|[\r\n]|\Z)" if dialect.sign != "\t" else rf" *(?={end}|[\r\n]|\Z)"
        )
        self._plain = re.compile(rf"(?:(?!{end})[^\r\n])*")

    def starts_quoted(self, text: str, position: int) -> bool:
        return bool(self._quote) and text.startswith(self._quote, self._lead(text, position))

    def _lead(self, text: str, position: int) -> int:
        if self._dialect.skip_space:
            while text.startswith(" ", position):
                position += 1
        return position

    def plain(self, text: str, position: int) -> _Cut:
        """Cut a field in which quotes mean nothing."""
        position = self._lead(text, position)
        match = self._plain.match(text, position)
        end = match.end() if match else position
        value = text[position:end]
        return _Cut(
            self._unescape(value), self._step(text, end), stray=bool(self._quote) and self._quote in value
        )

    def quoted(self, text: str, position: int, *, ends_with_quote: bool = False) -> _Cut:
        """Cut a field that begins with a quote; ``closed`` tells whether an end was found.

        With ``ends_with_quote``, two quotes before a delimiter are a quote of the value and the closing one, as in
        ``"Pipe 5"",``.
        """
        start = at = self._lead(text, position) + 1
        stray = False
        while match := self._run.search(text, at):
            length = match.end() - match.start()
            if self._escaped(text, match.start()):
                at = match.start() + 1
                continue
            after = self._after.match(text, match.end())
            if after and (length % 2 or ends_with_quote):
                value = text[start : match.end() - 1]
                return _Cut(self._undouble(value), self._step(text, after.end()), stray)
            stray = stray or bool(length % 2)
            at = match.end()
        return _Cut(text[start:], -1, stray=True, closed=False)

    def _escaped(self, text: str, position: int) -> bool:
        """Tell a quote behind an odd number of backslashes: of two, the first escapes the second."""
        if not self._dialect.escape:
            return False
        first = position
        while first and text[first - 1] == self._dialect.escape:
            first -= 1
        return (position - first) % 2 == 1

    def _undouble(self, value: str) -> str:
        if self._meant is None:
            return value.replace(self._quote * 2, self._quote)
        return self._meant.sub(lambda match: match[1] or self._quote, value)

    def _unescape(self, value: str) -> str:
        escape = self._dialect.escape
        return re.sub(re.escape(escape) + r"(.)", r"\1", value, flags=re.DOTALL) if escape else value

    def _step(self, text: str, end: int) -> int:
        """Find where the next field begins; -1 when the record ends here."""
        return end + 1 if text.startswith(self._dialect.sign, end) else -1


class Mender:
    """Decides what a row that strict reading refuses was meant to be, for the lines of one stretch of text."""

    def __init__(
        self, dialect: Dialect, lines: Sequence[str], *, final: bool, other: Mender | None = None
    ) -> None:
        """Take the lines as the dialect encodes them; ``other`` reads the same lines by what else backslashes may mean."""
        self._other = other
        self._mark = dialect.mark or ""
        self._scanner = Scanner(dialect)
        self._width = dialect.width
        self._delimiter = dialect.sign
        self._lines = lines
        self._final = final
        self._rows: dict[int, bool] = {}
        self._open: tuple[str, int] | None = None
        # Each open quote may be looked for in all that follows it; without a bound, a file of nothing but open
        # quotes would take the square of its size.
        self._budget = _SEARCHES * sum(map(len, lines)) + _MOST_CHARACTERS

    def read(self, start: int) -> CsvRecord | None:
        """Read the record that starts on this line; None when only more text can tell."""
        line = self._lines[start].rstrip("\r\n")
        if self._waits(start):
            return None
        if second := self._otherwise(start):
            return second
        alone = self._fit(line)
        rows_follow = self._rows_follow(start)
        spread = self._spread(start, _NEAR if rows_follow else len(self._lines))
        if spread is None and not self._final and not rows_follow and not self._too_long(start):
            return None
        if spread is not None and spread.lines == 1 and (len(spread.cells) == self._width or alone is None):
            return spread
        if spread is not None and self._plausible(spread, start, alone):
            return spread
        return alone or self._loose(line)

    def doubts(self, start: int) -> bool:
        """Tell that a record of another width than the table's may be one of the table, in other words."""
        return self._other is not None and (self._waits(start) or self._otherwise(start) is not None)

    def _waits(self, start: int) -> bool:
        """Tell that the lines at hand are too few to know what backslashes mean in this record."""
        if self._other is None or self._final or start + _NEAR <= len(self._lines):
            return False
        return any(map(self._is_marked, range(start, len(self._lines))))

    def _otherwise(self, start: int) -> CsvRecord | None:
        """Read the record that only another meaning of its backslashes makes as wide as the table."""
        record = self._other and self._other.strictly(start)
        if not record or not any(map(self._is_marked, range(start, start + record.lines))):
            return None
        alone = self._fit(self._lines[start].rstrip("\r\n")) if record.lines > 1 else None
        return replace(record, otherwise=True) if self._plausible(record, start, alone) else None

    def strictly(self, start: int) -> CsvRecord | None:
        """Read a record that is as wide as the table with each of its quotes in place."""
        record = self._spread(start, _NEAR)
        return record if record and not record.stray and len(record.cells) == self._width else None

    def _is_marked(self, index: int) -> bool:
        return self._mark in self._lines[index]

    def _rows_follow(self, start: int) -> bool:
        """Tell that a quote was left open without looking for where it might be closed: rows follow, not a cell."""
        following = range(start + 1, min(start + 9, len(self._lines)))
        return len(following) > 2 and 2 * sum(map(self._is_row, following)) > len(following)

    def _too_long(self, start: int) -> bool:
        total = 0
        for index in range(start, len(self._lines)):
            total += len(self._lines[index])
            if total > _MOST_CHARACTERS:
                return True
        return self._budget <= 0

    def _plausible(self, spread: CsvRecord, start: int, alone: CsvRecord | None) -> bool:
        """Tell a cell with line breaks from a quote left open: the latter swallows lines that are rows themselves."""
        fits = len(spread.cells) == self._width
        swallowed = range(start + 1, start + spread.lines)
        if not fits and not spread.stray:
            # A row of the wrong width whose quotes all have their partners is one row, and fails as one: of its lines
            # one might be as wide as the table by chance, with values in the wrong columns.
            return not any(map(self._is_row, swallowed[:-1]))
        if alone is not None and not fits:
            return False
        rows = sum(map(self._is_row, swallowed))
        if fits and alone is None:
            return rows * 2 <= len(swallowed)
        return rows == 0

    def _is_row(self, index: int) -> bool:
        """Tell a line that is a whole row by itself."""
        known = self._rows.get(index)
        if known is None:
            line = self._lines[index].rstrip("\r\n")
            known = self._rows[index] = self._width > 1 and self._fit(line) is not None
        return known

    def _spread(self, start: int, most_lines: int) -> CsvRecord | None:
        """Read one record over as many lines as its quotes ask for; None when a quote stays open."""
        taken = 1
        most_lines = min(most_lines, len(self._lines) - start)
        text = self._lines[start]
        while self._budget > 0:
            self._budget -= len(text)
            record = self._whole(text, taken)
            if record is not None:
                return record
            more = min(taken, most_lines - taken)
            if more <= 0 or len(text) > _MOST_CHARACTERS:
                return None
            text += "".join(self._lines[start + taken : start + taken + more])
            taken += more
        return None

    def _whole(self, text: str, taken: int) -> CsvRecord | None:
        cells: list[str] = []
        position, stray, end = 0, False, 0
        while position >= 0:
            if self._scanner.starts_quoted(text, position):
                cut = self._scanner.quoted(text, position)
                if not cut.closed:
                    return None
            else:
                cut = self._scanner.plain(text, position)
            cells.append(cut.value)
            stray, end, position = stray or cut.stray, max(position, end), cut.next
        return CsvRecord(cells=cells, lines=self._lines_used(cells, taken), stray=stray)

    @staticmethod
    def _lines_used(cells: list[str], taken: int) -> int:
        breaks = sum(len(_LINE_BREAK.findall(cell)) for cell in cells) if taken > 1 else 0
        return 1 + breaks

    def _fit(self, line: str) -> CsvRecord | None:
        """Read a line alone into exactly as many cells as the table has, some quotes taken as they stand."""
        if line.count(self._delimiter) < self._width - 1:
            return None
        cells = self._search(line)
        return None if cells is None else CsvRecord(cells=cells, stray=True)

    def _search(self, line: str) -> list[str] | None:
        """Try the ways of reading each field, quoted first, until one gives the wanted number of cells."""
        paths = [self._ways(line, 0)]
        cells: list[str] = []
        for _ in range(_MAX_TRIES + self._width):
            if not paths:
                return None
            if not paths[-1]:
                paths.pop()
                if cells:
                    cells.pop()
                continue
            cut = paths[-1].pop()
            if cut.next < 0 and len(paths) == self._width:
                return [*cells, cut.value]
            if cut.next >= 0 and len(paths) < self._width:
                cells.append(cut.value)
                paths.append(self._ways(line, cut.next))
        return None

    def _ways(self, line: str, position: int) -> list[_Cut]:
        """List the ways of reading the field that begins here, the best one last."""
        plain = self._scanner.plain(line, position)
        if not self._scanner.starts_quoted(line, position) or self._beyond(line, position):
            return [plain]
        other = self._scanner.quoted(line, position, ends_with_quote=True)
        if not other.closed:
            # Where nothing closes this quote nothing closes a later one: looking again would take for ever.
            self._open = (line, position)
            return [plain]
        quoted = self._scanner.quoted(line, position)
        if not quoted.closed:
            return [plain, other]
        # A cell in quotes as they should be is one cell: cut at a comma of it, a row that lacks a cell would seem whole,
        # and its values would go into the wrong columns.
        return [plain, other, quoted] if quoted.stray else [quoted]

    def _beyond(self, line: str, position: int) -> bool:
        """Tell a place behind which no quote closes, as an earlier look showed."""
        return self._open is not None and self._open[0] is line and position >= self._open[1]

    def _loose(self, line: str) -> CsvRecord:
        """Read a line alone without a wanted width: a quote that stays open is a character."""
        cells: list[str] = []
        position, unclosed = 0, False
        while position >= 0:
            ways = self._ways(line, position)
            unclosed = unclosed or (len(ways) == 1 and self._scanner.starts_quoted(line, position))
            cells.append(ways[-1].value)
            position = ways[-1].next
        return CsvRecord(cells=cells, stray=True, unclosed=unclosed)


_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")
