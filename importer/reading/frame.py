"""The door of pandas: HTML tables, which many programs export under the name .xls, and DataFrames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import SourceError
from importer.reading.detected import Detected, Reading
from importer.reading.formats import Format
from importer.reading.grid import Batch, Cells, take
from importer.reading.headers import SAMPLE_ROWS, choose_header, header_notes, used_names, wanted_hits
from importer.reading.profile import Profile
from importer.reading.text.encodings import detect_encoding
from importer.reading.workbooks.cells import cell_text
from importer.settings import ReadingOptions

if TYPE_CHECKING:
    import pandas as pd

_MOST_BYTES: Final = 64 << 20
_BATCH_ROWS: Final = 1000
_MARK: Final = "\ue000"
_HEADER_PART: Final = re.compile(r"</?(?:thead|tfoot)\b[^>]*>|</th\s*>", re.IGNORECASE)
_CELL: Final = re.compile(r"<t[dh]\b([^>]*)>", re.IGNORECASE)


class FrameGrid:
    """Rows that are held in memory, as a table on a page or a DataFrame is."""

    def __init__(self, rows: list[Cells]) -> None:
        self._rows = rows

    def batches(self) -> Iterator[Batch]:
        for start in range(0, len(self._rows), _BATCH_ROWS):
            yield Batch(first=start + 1, rows=self._rows[start : start + _BATCH_ROWS])


def read_html(place: Path, options: ReadingOptions, *, name: str) -> Reading:
    """Read the table of a page: the one that the mapping's headers fit, else the largest."""
    if place.stat().st_size > _MOST_BYTES:
        raise SourceError(
            f"{name} is a web page of more than 64 MB. Save it as .xlsx or CSV from a spreadsheet."
        )
    with place.open("rb") as stream:
        encoding = detect_encoding(stream, declared=options.encoding)
    text = place.read_bytes().decode(encoding.name, "replace")
    grids = [FrameGrid(rows) for rows in _tables(text, name)]
    if not grids:
        raise SourceError(f"{name} is a web page whose tables are empty. Export the contacts again.")
    grid = max(grids, key=lambda one: _fitness(one, options))
    rows = take(grid, SAMPLE_ROWS)
    choice = choose_header(rows, declared=options.header_row, wanted=options.wanted_headers, name=name)
    header = used_names(choice, rows, spare=0)
    notes = [f"encoding {encoding.name}: {encoding.why}", *header_notes(choice, header)]
    if len(grids) > 1:
        notes.insert(0, f"the page has {len(grids)} tables; the one that fits best was taken")
    detected = Detected(
        name=name,
        format=Format.HTML.value,
        encoding=encoding.name,
        header_row=choice.first,
        doubts=encoding.doubts,
        notes=tuple(notes),
    )
    return Reading(
        grid=grid,
        header=header,
        header_last=choice.last,
        detected=detected,
        profile=Profile.below(rows, choice.last, len(header)),
        ragged=True,
    )


def _fitness(grid: FrameGrid, options: ReadingOptions) -> tuple[int, int]:
    rows = take(grid, SAMPLE_ROWS)
    return wanted_hits(rows, options.wanted_headers), sum(len(cells) for _, cells in rows)


def _tables(text: str, name: str) -> list[list[Cells]]:
    import io

    try:
        import lxml.html  # noqa: F401  (pandas needs it, and says so in other words)
        import pandas as pd
    except ImportError:
        raise SourceError(
            f"{name} is a web page with a table, whatever its name says. To read such files, install the extra: "
            "pip install 'highlevel-importer[html]'; or open it in a spreadsheet and save it as .xlsx."
        ) from None
    try:
        frames = pd.read_html(io.StringIO(_plain_cells(text)), flavor="lxml", keep_default_na=False)
    except Exception as cause:  # noqa: BLE001  (whatever a broken page makes the parsers raise)
        raise SourceError(
            f"{name} is a web page without a table that can be read ({type(cause).__name__}). Save it as .xlsx or CSV."
        ) from None
    return [
        [[cell.replace(_MARK, "").strip() for cell in row] for row in frame_rows(frame, named=False)]
        for frame in frames
    ]


def _plain_cells(text: str) -> str:
    """Mark every cell as text and no row as a header.

    Else pandas would make 1234 of 01234 and nothing of "NA", and take a row for itself; the header is found
    as in any other file.
    """
    return _CELL.sub(rf"<td\1>{_MARK}", _HEADER_PART.sub("", text.replace(_MARK, "")))


def frame_rows(frame: pd.DataFrame, *, named: bool) -> list[Cells]:
    """Write a frame's cells as text; its column names come first where they are ``named``."""
    missing = frame.isna().to_numpy()
    rows: list[Cells] = [[str(name) for name in frame.columns]] if named else []
    rows.extend(
        ["" if lost else _text(value) for value, lost in zip(values, gaps, strict=True)]
        for values, gaps in zip(frame.astype(object).itertuples(index=False, name=None), missing, strict=True)
    )
    return rows


def _text(value: object) -> str:
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    elif hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, str) else cell_text(value)


def frame_reading(frame: pd.DataFrame, *, name: str) -> Reading:
    """Take a DataFrame's column names for the header and its rows for the rows below it."""
    rows = frame_rows(frame, named=True)
    header = tuple(str(cell) for cell in rows[0])
    detected = Detected(name=name, format="pandas DataFrame")
    return Reading(grid=FrameGrid(rows), header=header, header_last=1, detected=detected, ragged=True)
