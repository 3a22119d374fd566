"""The rows of one part as they travel to whoever works on it: JSON lines, compressed, readable on any machine.

A part's process reads these rows alone, and none of the source: each line holds a row as the reader handed it over, with
its number in the source, so that results and journal speak of the row that a person sees.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from importer.errors import StateError
from importer.records import Block, Fault, Json, TypedText, TypedValue, value_type

_WRITERS: Final[dict[type, tuple[str, Any]]] = {
    bool: ("bool", bool),
    int: ("int", int),
    float: ("float", repr),
    Decimal: ("decimal", str),
    datetime: ("datetime", datetime.isoformat),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    timedelta: ("seconds", timedelta.total_seconds),
}
"""By the very type: a moment is a date, and yes or no a number, too."""
_READERS: Final[dict[str, Any]] = {
    "bool": bool,
    "int": int,
    "float": float,
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
}


@value_type(frozen=True, slots=True, kw_only=True)
class SourceHead:
    """What stands before the rows of one source: its columns, and how the whole of it is written."""

    index: int
    name: str
    header: tuple[str, ...]
    writing: Json = field(default=None, repr=False)

    def to_line(self) -> bytes:
        return line_of(
            {
                "source": self.index,
                "name": self.name,
                "header": list(self.header),
                "writing": self.writing,
            }
        )

    @classmethod
    def of(cls, said: dict[str, Any]) -> SourceHead:
        return cls(
            index=said["source"], name=said["name"], header=tuple(said["header"]), writing=said["writing"]
        )


def row_lines(block: Block, no_people: Mapping[int, str]) -> Iterator[bytes]:
    """Write each row of a block as a line; ``no_people``: why a row is no contact, by its number."""
    for place, (number, cells) in enumerate(zip(block.numbers, block.rows, strict=True)):
        faults = [_fault_cells(fault) for fault in block.faults.get(place, ())]
        why = no_people.get(number)
        row: list[Json] = [number, [cell if type(cell) is str else _typed(cell) for cell in cells]]
        if faults or why is not None:
            row += [list(faults), why]
        yield line_of(row)


class PartSource:
    """The rows that one part has of one source; walked any number of times, with the same rows each time."""

    def __init__(self, path: Path, head: SourceHead, *, place: int) -> None:
        self.name = head.name
        self.header = head.header
        self.writing = head.writing
        self.no_people: dict[int, str] = {}
        """Rows that are totals, notes or headers, each with the reason; known after a walk."""
        self._path = path
        self._index = head.index
        self._place = place

    def blocks(self, size: int = 1000) -> Iterator[Block]:
        numbers: list[int] = []
        rows: list[Sequence[str]] = []
        faults: dict[int, tuple[Fault, ...]] = {}
        for said in self._rows():
            if len(said) > 2:
                if said[2]:
                    faults[len(rows)] = tuple(_fault_of(each) for each in said[2])
                if said[3] is not None:
                    self.no_people[said[0]] = said[3]
            numbers.append(said[0])
            rows.append([cell if isinstance(cell, str) else _untyped(cell) for cell in said[1]])
            if len(rows) == size:
                yield Block(source=self._index, numbers=numbers, rows=rows, faults=faults)
                numbers, rows, faults = [], [], {}
        if rows:
            yield Block(source=self._index, numbers=numbers, rows=rows, faults=faults)

    def _rows(self) -> Iterator[list[Any]]:
        place = -1
        for said in lines_in(self._path):
            if isinstance(said, dict):
                place += 1
            elif place == self._place:
                yield said
            if place > self._place:
                return


def open_part(path: Path) -> tuple[PartSource, ...]:
    """Open the rows of a part, a source for each that it has rows of. Raises StateError."""
    heads = [SourceHead.of(said) for said in lines_in(path) if isinstance(said, dict)]
    return tuple(PartSource(path, head, place=place) for place, head in enumerate(heads))


def lines_in(path: Path) -> Iterator[Any]:
    """Read a file of a part, a line at a time. Raises StateError."""
    try:
        with gzip.open(path, "rb") as file:
            yield from map(json.loads, file)
    except (OSError, EOFError, ValueError, zlib.error) as cause:
        raise StateError(
            f"The rows of this part ({path.name}) cannot be read: {cause}. Nothing of it was sent; go on with the part once "
            "what keeps the run's files is sound again."
        ) from cause


def line_of(content: Json) -> bytes:
    """Write a line of such a file."""
    # as ASCII: half of a surrogate pair, quoted from a damaged file, is no UTF-8
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _typed(cell: str) -> Json:
    if not isinstance(cell, TypedText):
        return str(cell)
    kind, write = _WRITERS[type(cell.value)]
    return [str(cell), kind, write(cell.value)]


def _untyped(said: Sequence[Any]) -> TypedText:
    text, kind, value = said
    read: TypedValue = _READERS[kind](value)
    return TypedText(text, read)


def _fault_cells(fault: Fault) -> list[Json]:
    return [fault.code, fault.message, fault.column, fault.fails]


def _fault_of(cells: Sequence[Any]) -> Fault:
    code, message, column, fails = cells
    return Fault(code=code, message=message, column=column, fails=fails)
