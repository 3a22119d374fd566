"""Characters that tell of damage: bytes that could not be decoded, text encoded twice, zero bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from importer.reading.grid import Batch, Cells
from importer.records import Fault
from importer.runtime.regex import regex

_UNDECODED: Final = regex("[\udc80-\udcff]")
_TWICE: Final = regex(
    "[\u00c2-\u00c5\u00c3\u00d0\u00d1\u00e2][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152"
    "\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)
_TWICE_BYTES: Final = regex(rb"\xc3[\x82-\x85\x90\x91\xa2](?:[\xc2\xc5\xc6\xcb]|\xe2[\x80\x82\x84])")
_CONTROL_BYTES: Final = regex(rb"\xc2[\x80-\x9f]")
_CONTROL: Final = regex("[\u0080-\u009f]")


_Judge = Callable[[Cells, Batch, int], "tuple[Cells, Fault] | None"]


def has_blemishes(content: bytes) -> bool:
    """Look for damage in UTF-8: bytes are searched many times faster than characters, and most files have none."""
    if b"\xc2" in content and _CONTROL_BYTES.search(content) is not None:
        return True
    return _TWICE_BYTES.search(content) is not None


def mark_blemishes(batch: Batch, text: str) -> None:
    """Mark the rows of a batch that hold damaged characters; ``text`` is what they were cut from."""
    if "\x00" in text:
        _each(batch, _without_zeros)
    if text.isascii():
        return
    if _UNDECODED.search(text):
        _each(batch, _undecoded)
    if _TWICE.search(text) or _CONTROL.search(text):
        _each(batch, _twice)


def _each(batch: Batch, judge: _Judge) -> None:
    for index, row in enumerate(batch.rows):
        found = judge(row, batch, index)
        if found is not None:
            batch.rows[index], fault = found
            batch.faults[index] = (*batch.faults.get(index, ()), fault)


def _undecoded(row: Cells, batch: Batch, index: int) -> tuple[Cells, Fault] | None:
    bad = [column for column, cell in enumerate(row, 1) if not cell.isascii() and _UNDECODED.search(cell)]
    if not bad:
        return None
    fault = Fault(
        code="undecodable_bytes",
        message=f"Line {batch.line(index)} has bytes that are no text in the file's encoding, in cell {_listed(bad)}. "
        "Correct the cell, or declare the file's encoding.",
    )
    return [_UNDECODED.sub("\ufffd", cell) for cell in row], fault


def _without_zeros(row: Cells, batch: Batch, index: int) -> tuple[Cells, Fault] | None:
    bad = [column for column, cell in enumerate(row, 1) if "\x00" in cell]
    if not bad:
        return None
    fault = Fault(
        code="zero_bytes",
        message=f"Line {batch.line(index)} has zero bytes in cell {_listed(bad)}; they were left out.",
        fails=False,
    )
    return [cell.replace("\x00", "") for cell in row], fault


def _twice(row: Cells, batch: Batch, index: int) -> tuple[Cells, Fault] | None:
    del batch, index
    bad = [column for column, cell in enumerate(row, 1) if not cell.isascii() and _is_twice(cell)]
    if not bad:
        return None
    fault = Fault(
        code="double_encoded",
        message=f"Cell {_listed(bad)} looks like text that was encoded twice, such as {row[bad[0] - 1][:60]!r}; "
        "it was kept as it is. Export the file again as UTF-8.",
        fails=False,
    )
    return row, fault


def _is_twice(cell: str) -> bool:
    """Tell text that was read as Windows-1252 once too often: turning that back must give valid UTF-8."""
    if _CONTROL.search(cell):
        return True
    if not _TWICE.search(cell):
        return False
    try:
        return cell.encode("cp1252").decode("utf-8") != cell
    except UnicodeError:
        return False


def _listed(columns: list[int]) -> str:
    return ", ".join(map(str, columns[:5])) + (", ..." if len(columns) > 5 else "")
