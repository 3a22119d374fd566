"""Results as CSV: UTF-8 with a byte order mark, so that Excel shows accents, and no cell that can run as a formula."""

from __future__ import annotations

import contextlib
import csv
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Final, Protocol, TextIO

from importer.reading.formula_guard import guard_all, guard_column
from importer.results.files import Replacing, replacing, replacing_text

_MARK: Final = "\ufeff"
"""The byte order mark by which Excel knows UTF-8."""


class TableWriter(Protocol):
    """Takes the lines of a table, one after the other; ``cut_cells`` did not fit into it whole."""

    @property
    def cut_cells(self) -> int: ...

    def write(self, line: Sequence[str]) -> None: ...

    def write_all(self, lines: Iterable[Sequence[str]]) -> None: ...

    def write_columns(self, columns: Sequence[Sequence[str]]) -> None:
        """Write even lines, given as their columns; there are several."""
        ...


class CauseTable(Protocol):
    """Takes failed rows in source order and keeps them by cause."""

    def add(self, code: str, line: Sequence[str]) -> None: ...


class CsvTable:
    """Write guarded lines to an open text file."""

    cut_cells = 0

    def __init__(self, file: IO[str], *, delimiter: str = ",") -> None:
        self._file = file
        self._delimiter = delimiter
        self._writer = csv.writer(file, lineterminator="\r\n", delimiter=delimiter)
        self._guard = guard_all if delimiter == "," else partial(guard_all, commas=True)

    def write(self, line: Sequence[str]) -> None:
        self._writer.writerow(self._guard(line))

    def write_all(self, lines: Iterable[Sequence[str]]) -> None:
        self._writer.writerows(map(self._guard, lines))

    def write_columns(self, columns: Sequence[Sequence[str]]) -> None:
        """Write what ``write_all`` would: in a third of the time, as most columns need neither guards nor quotes."""
        if self._delimiter != ",":
            self.write_all(zip(*columns, strict=True))
            return
        cells = [_quoted(guard_column(column)) for column in columns]
        lines = map(",".join, zip(*cells, strict=True))
        self._file.write("\r\n".join([*lines, ""]))


def _quoted(cells: Sequence[str]) -> Sequence[str]:
    """Put the cells of a column into quotes that need them, as ``csv.writer`` does."""
    if not _needs_quotes("".join(cells)):
        return cells
    return ['"' + cell.replace('"', '""') + '"' if _needs_quotes(cell) else cell for cell in cells]


def _needs_quotes(text: str) -> bool:
    return "," in text or '"' in text or "\n" in text or "\r" in text


class CsvByCause:
    """Take failed rows in source order; hand them on grouped by cause.

    Each cause has a file of its own until the end, so that a million failed rows need no memory.
    """

    def __init__(self, stack: contextlib.ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._files: dict[str, IO[str]] = {}
        self._tables: dict[str, CsvTable] = {}
        self._rows: Counter[str] = Counter()

    def add(self, code: str, line: Sequence[str]) -> None:
        if code not in self._tables:
            self._open(code)
        self._rows[code] += 1
        self._tables[code].write(line)

    def pour(self, file: IO[str]) -> None:
        """Append every cause to ``file``, the most frequent first."""
        for code, _ in sorted(self._rows.items(), key=lambda pair: (-pair[1], pair[0])):
            self._files[code].seek(0)
            shutil.copyfileobj(self._files[code], file)

    def _open(self, code: str) -> None:
        draft = tempfile.TemporaryFile(  # noqa: SIM115  (the stack closes it)
            "w+", encoding="utf-8", newline="", errors="backslashreplace", dir=self._folder
        )
        self._files[code] = self._stack.enter_context(draft)
        self._tables[code] = CsvTable(draft)


@contextlib.contextmanager
def opened_csv(path: Path, *, replacing: Replacing = replacing) -> Iterator[TextIO]:
    """Open a file for a table; it appears under its name when it is whole."""
    with replacing_text(path, newline="", replacing=replacing) as file:
        file.write(_MARK)  # by hand: the codec that writes it costs a call of Python for each row
        yield file


@contextlib.contextmanager
def csv_table(
    path: Path, head: Sequence[str], *, delimiter: str = ",", replacing: Replacing = replacing
) -> Iterator[CsvTable]:
    """Open a table that appears under its name when it is whole."""
    with opened_csv(path, replacing=replacing) as file:
        table = CsvTable(file, delimiter=delimiter)
        table.write(head)
        yield table


@contextlib.contextmanager
def csv_by_cause(
    path: Path, head: Sequence[str], *, replacing: Replacing = replacing
) -> Iterator[CsvByCause]:
    """Open a table of failed rows that is written grouped by cause."""
    with contextlib.ExitStack() as stack, opened_csv(path, replacing=replacing) as file:
        CsvTable(file).write(head)
        causes = CsvByCause(stack, path.parent)
        yield causes
        causes.pour(file)
