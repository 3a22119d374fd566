"""Results as an Excel workbook: a source's cells are text, nothing can run, what a sheet cannot hold goes on in the next."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from importer.codes import BY_NAME
from importer.records import Status
from importer.results.columns import NUMBER_COLUMNS
from importer.results.files import Replacing, replacing
from importer.results.wording import percent

SHEET_ROWS: Final = 1_048_576
"""As many rows, the header's included, as Excel opens in one sheet."""
CELL_CHARACTERS: Final = 32_767
SHEET_COLUMNS: Final = 16_384

_COLOURS: Final = {
    Status.CREATED: "DDF3E1",
    Status.UPDATED: "DCEBFB",
    Status.SKIPPED: "ECECEC",
    Status.FAILED: "FBDDDA",
    Status.PENDING: "FDF1CC",
}
_SAMPLE: Final = 200
_NARROWEST: Final = 8
_WIDEST: Final = 48
_FORBIDDEN_IN_TITLES: Final = re.compile(r"[\[\]:*?/\\']")
# What XML cannot hold, a carriage return (its parsers make it a line feed), and whatever already looks like the
# escape that Excel uses for such characters: otherwise a cell with the text _x0041_ would read back as A.
_ESCAPED: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    """Write characters that a workbook cannot hold in Excel's own way, which readers undo."""
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def fitted(text: str) -> str:
    """Cut a text that is too long for a cell, and say so at its end; Excel calls such a file damaged."""
    # Excel counts UTF-16 units: a text of half as many characters fits whatever it is made of.
    if (
        len(text) * 2 <= CELL_CHARACTERS
        or len(text.encode("utf-16-le", "surrogatepass")) <= CELL_CHARACTERS * 2
    ):
        return text
    note = f" [... cut here: the source has {len(text):,} characters]"
    room = (CELL_CHARACTERS - len(note)) * 2
    units = text.encode("utf-16-le", "surrogatepass")[:room]
    halved = units[-1] & 0xFC == 0xD8  # the first half of a character whose second one was cut off
    return units[: room - 2 * halved].decode("utf-16-le", "surrogatepass") + note


class Pages:
    """One table over as many sheets as it needs, each with the header. ``sheet_rows`` counts the header."""

    def __init__(self, workbook: Workbook, title: str, head: Sequence[str], *, sheet_rows: int) -> None:
        self.title = title
        self.rows = 0
        self.cut_cells = 0
        """Cells that were too long for a workbook."""
        self._workbook = workbook
        self._head = list(head)
        self._sheet_rows = sheet_rows
        self._sample: list[list[str]] | None = []
        self._widths: list[int] = []
        self._sheet: Any = None
        self._filled = 0
        self._sheets = 0

    def write(self, line: Sequence[str]) -> None:
        self.rows += 1
        if self._sample is None:
            self._append(line)
            return
        self._sample.append(list(line))
        if len(self._sample) == _SAMPLE:
            self._settle_widths()

    def write_all(self, lines: Iterable[Sequence[str]]) -> None:
        for line in lines:
            self.write(line)

    def write_columns(self, columns: Sequence[Sequence[str]]) -> None:
        self.write_all(zip(*columns, strict=True))

    def close(self) -> None:
        """Finish the last sheet; a table without rows still has its header."""
        self._settle_widths()
        if self._sheet is None:
            self._open_sheet()
        self._close_sheet()

    def _settle_widths(self) -> None:
        if self._sample is None:
            return
        sample, self._sample = self._sample, None
        self._widths = column_widths([self._head, *sample])
        for line in sample:
            self._append(line)

    def _append(self, line: Sequence[str]) -> None:
        if self._sheet is None or self._filled >= self._sheet_rows:
            self._open_sheet()
        if len(line) > SHEET_COLUMNS:
            self.cut_cells += len(line) - SHEET_COLUMNS
            line = line[:SHEET_COLUMNS]
        self._filled += 1
        self._sheet.append(self._cells(line))

    def _cells(self, line: Sequence[str]) -> list[Any]:
        if len(line) > len(self._pens):
            self._pens.extend(self._pen("") for _ in range(len(line) - len(self._pens)))
        cells: list[Any] = []
        for pen, text in zip(self._pens, line, strict=False):
            if not text:
                cells.append(None)
                continue
            whole = fitted(text)
            self.cut_cells += whole is not text
            # Not `pen.value`: openpyxl would take "=1+1" for a formula and "#N/A" for an error.
            pen._value = escape(whole)  # noqa: SLF001
            cells.append(pen)
        return cells

    def _pen(self, title: str) -> Any:
        """Make a cell to write with: text, in Excel's text format, so that a corrected ZIP keeps its zero.

        Our own counts are numbers: as text, row 10 would sort before row 2.
        """
        counts = title in NUMBER_COLUMNS
        cell = WriteOnlyCell(self._sheet, "")
        cell.number_format = "0" if counts else "@"
        cell.data_type = "n" if counts else "s"
        return cell

    def _open_sheet(self) -> None:
        if self._sheet is not None:
            self._close_sheet()
        self._sheets += 1
        title = self.title if self._sheets == 1 else f"{self.title} {self._sheets}"
        self._sheet = sheet = self._workbook.create_sheet(title)
        self._pens: list[Any] = [self._pen(title) for title in self._head]
        sheet.freeze_panes = "C2"
        for index, width in enumerate(self._widths, 1):
            column = sheet.column_dimensions[get_column_letter(index)]
            column.width = width
            column.number_format = self._pens[index - 1].number_format
        sheet.append([_title_cell(sheet, text) for text in self._head])
        self._filled = 1

    def _close_sheet(self) -> None:
        sheet, last = self._sheet, max(self._filled, 2)
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(self._head))}{last}"
        for status, colour in _COLOURS.items():
            rule: Any = FormulaRule(  # type: ignore[no-untyped-call]
                formula=[f'$B2="{status.value}"'], fill=PatternFill(bgColor=colour)
            )
            sheet.conditional_formatting.add(f"A2:B{last}", rule)
        sheet.close()


class XlsxByCause:
    """Take failed rows in source order; each cause has its own sheets behind an overview."""

    def __init__(self, workbook: Workbook, head: Sequence[str], *, sheet_rows: int) -> None:
        self._workbook = workbook
        self._head = head
        self._sheet_rows = sheet_rows
        self._overview: Any = workbook.create_sheet("Causes")
        self._pages: dict[str, Pages] = {}

    def add(self, code: str, line: Sequence[str]) -> None:
        if code not in self._pages:
            self._pages[code] = Pages(
                self._workbook, self._title(code), self._head, sheet_rows=self._sheet_rows
            )
        self._pages[code].write(line)

    def close(self) -> None:
        self._write_overview()
        for pages in self._pages.values():
            pages.close()

    def _title(self, code: str) -> str:
        """Make a sheet's name of a code: 26 characters leave room for the number of a further sheet."""
        title = _FORBIDDEN_IN_TITLES.sub("_", code)[:26]
        taken = {pages.title.casefold() for pages in self._pages.values()} | {"causes"}
        return title if title.casefold() not in taken else f"{title[:22]}~{len(taken)}"

    def _write_overview(self) -> None:
        sheet = self._overview
        for column, width in zip("ABCDEF", (26, 46, 10, 10, 12, 90), strict=True):
            sheet.column_dimensions[column].width = width
        titles = ("Code", "What it means", "Rows", "Share", "Remedy", "How to mend it")
        sheet.append([_title_cell(sheet, text) for text in titles])
        whole = sum(pages.rows for pages in self._pages.values())
        for code, pages in sorted(self._pages.items(), key=lambda pair: (-pair[1].rows, pair[0])):
            known = BY_NAME.get(code)
            words = (known.title, known.remedy.value, known.mend) if known else (code, "", "")
            texts = [
                _text_cell(sheet, text) for text in (code, words[0], percent(pages.rows / whole), *words[1:])
            ]
            sheet.append([*texts[:2], pages.rows, *texts[2:]])


@contextlib.contextmanager
def _drafted_workbook() -> Iterator[Workbook]:
    """Open a workbook; where it is not to be, delete what the library keeps of people in temporary files.

    Of a full disk lxml, with which openpyxl writes where it is installed, raises an error of its own: it leaves as OSError.
    """
    workbook = Workbook(write_only=True)
    try:
        yield workbook
    except BaseException as cause:
        for sheet in workbook.worksheets:
            _delete_draft(sheet)
        if type(cause).__name__ != "SerialisationError":
            raise
        number = getattr(errno, str(cause).removeprefix("IO_"), errno.EIO)
        raise OSError(number, os.strerror(number)) from cause


def _delete_draft(sheet: Any) -> None:
    """Delete a sheet's temporary file, which stays until the process ends otherwise."""
    writer = sheet._writer  # noqa: SLF001  (nobody else has it)
    if writer is None:
        return
    with contextlib.suppress(Exception):  # it was closed before, or the disk is full
        sheet.close()
    with contextlib.suppress(OSError, ValueError):  # it was put into the workbook before
        writer.cleanup()


@contextlib.contextmanager
def xlsx_table(
    path: Path,
    head: Sequence[str],
    *,
    title: str = "Results",
    sheet_rows: int = SHEET_ROWS,
    replacing: Replacing = replacing,
) -> Iterator[Pages]:
    """Open a table that appears under its name when it is whole."""
    with replacing(path) as draft, _drafted_workbook() as workbook:
        pages = Pages(workbook, title, head, sheet_rows=sheet_rows)
        yield pages
        pages.close()
        workbook.save(draft)


@contextlib.contextmanager
def xlsx_by_cause(
    path: Path, head: Sequence[str], *, sheet_rows: int = SHEET_ROWS, replacing: Replacing = replacing
) -> Iterator[XlsxByCause]:
    """Open a workbook of failed rows with a sheet for each cause."""
    with replacing(path) as draft, _drafted_workbook() as workbook:
        causes = XlsxByCause(workbook, head, sheet_rows=sheet_rows)
        yield causes
        causes.close()
        workbook.save(draft)


def column_widths(lines: Sequence[Sequence[str]]) -> list[int]:
    """Choose widths that show most of the first rows."""
    widths = [_NARROWEST] * len(lines[0])
    for line in lines:
        for index, text in enumerate(line[: len(widths)]):
            longest = max((len(part) for part in text.split("\n")), default=0)
            widths[index] = max(widths[index], min(longest + 2, _WIDEST))
    return widths


def _title_cell(sheet: Any, text: str) -> Any:
    cell = _text_cell(sheet, text)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor="24405E")
    cell.alignment = Alignment(vertical="center")
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    cell: Any = WriteOnlyCell(sheet, "")
    cell._value = escape(fitted(text))  # noqa: SLF001
    cell.data_type = "s"
    cell.number_format = "@"
    return cell
