"""The door of pandas: DataFrames as sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from importer.reading.detected import Detected, Reading
from importer.reading.grid import Batch, Cells
from importer.reading.workbooks.cells import cell_text
from importer.records import Fault

if TYPE_CHECKING:
    import pandas as pd

_BATCH_ROWS: Final = 1000


class FrameGrid:
    """Rows that are held in memory, as a table on a page or a DataFrame is."""

    def __init__(
        self, rows: list[Cells], faults: Mapping[int, tuple[Fault, ...]] = MappingProxyType({})
    ) -> None:
        """Take rows, and the faults of some of them by their place, counted from 0."""
        self._rows = rows
        self._faults = faults

    def batches(self) -> Iterator[Batch]:
        for start in range(0, len(self._rows), _BATCH_ROWS):
            batch = Batch(first=start + 1, rows=self._rows[start : start + _BATCH_ROWS])
            if self._faults:
                batch.faults.update(
                    {
                        row - start: fault
                        for row, fault in self._faults.items()
                        if 0 <= row - start < _BATCH_ROWS
                    }
                )
            yield batch


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
