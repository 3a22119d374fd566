"""Workbooks that calamine reads: their sheets, and cells as text with the stored value behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from importer.errors import SourceError
from importer.reading.cells import cell_text
from importer.reading.detection import Detected, Reading
from importer.reading.formats import Format
from importer.reading.grid import Batch, Grid, is_blank, take
from importer.reading.headers import SAMPLE_ROWS, choose_header, wanted_hits
from importer.settings import ReadingOptions

_BATCH_ROWS = 1000


class Sheet:
    """The grid of one sheet."""

    def __init__(self, place: Path, sheet: str) -> None:
        self._place = place
        self._sheet = sheet

    def batches(self) -> Iterator[Batch]:
        rows: list[Any] = []
        first = 1
        for row in _open_book(self._place).get_sheet_by_name(self._sheet).iter_rows():
            rows.append([cell if type(cell) is str else cell_text(cell) for cell in row])
            if len(rows) == _BATCH_ROWS:
                yield Batch(first=first, rows=rows)
                first, rows = first + len(rows), []
        if rows:
            yield Batch(first=first, rows=rows)


def _open_book(place: Path) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(str(place))
    except CalamineError as cause:
        raise SourceError(
            f"{place.name} cannot be read as a workbook: {cause}. Save it again in Excel."
        ) from None


def read_workbook(place: Path, form: Format, options: ReadingOptions) -> Reading:
    """Choose the sheet and its header."""
    book = _open_book(place)
    visible = [one.name for one in book.sheets_metadata if str(one.visible).endswith("Visible")]
    sheet = _choose_sheet(place, visible, book.sheet_names, options)
    grid: Grid = Sheet(place, sheet)
    choice = choose_header(
        take(grid, SAMPLE_ROWS), declared=options.header_row, wanted=options.wanted_headers, name=place.name
    )
    detected = Detected(
        name=place.name,
        format=form.value,
        sheet=sheet,
        header_row=choice.first,
        notes=(f"header row {choice.first}: {choice.why}",),
    )
    return Reading(grid=grid, header=choice.names, header_last=choice.last, detected=detected)


def _choose_sheet(place: Path, visible: list[str], every: list[str], options: ReadingOptions) -> str:
    """Take the sheet named, else the only one with rows, else the one whose header the mapping knows best."""
    if options.sheet is not None:
        if options.sheet in every:
            return options.sheet
        raise SourceError(f"{place.name} has no sheet {options.sheet!r}. It has: {', '.join(visible)}.")
    samples = {name: take(Sheet(place, name), SAMPLE_ROWS) for name in visible}
    filled = [name for name, rows in samples.items() if any(not is_blank(cells) for _, cells in rows)]
    if len(filled) < 2:
        return (filled or visible)[0]
    hits = {name: wanted_hits(samples[name], options.wanted_headers) for name in filled}
    best = max(hits.values())
    chosen = [name for name in filled if hits[name] == best]
    if best and len(chosen) == 1:
        return chosen[0]
    raise SourceError(
        f"{place.name} has {len(filled)} sheets with rows: {', '.join(filled)}. Say which one with --sheet."
    )
