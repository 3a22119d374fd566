"""A run split by location: one pass over its sources, and for each location a file of the rows that go there.

Who works on a part never reads the sources again: of a file with ten thousand locations, each row is read twice in all.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from importer.errors import StateError
from importer.parts.part_rows import SourceHead, row_lines
from importer.records import Block, limited, value_type
from importer.runs.intake import Intake

NOWHERE: Final = "-"
"""The part of a run none of whose rows has a location to go to."""
_MOST_BUFFERED_BYTES: Final = 32 << 20


@value_type(frozen=True, slots=True, kw_only=True)
class SplitPart:
    """One location's share of a run: how many rows, and the file that holds them."""

    location: str
    rows: int
    path: Path


def part_file_name(location: str) -> str:
    """Name the file of a part; a location's id may be anything that a cell may hold."""
    return f"{hashlib.sha256(location.encode(errors='surrogatepass')).hexdigest()[:32]}.jsonl.gz"


def split_run(
    intakes: Sequence[Intake], folder: Path, *, keep_going: Callable[[], None] = lambda: None
) -> tuple[SplitPart, ...]:
    """Write the rows of each location to a file of its own in ``folder``, the largest part first. Raises StateError.

    Rows without a location end without a call; they go with the largest part, which tells how they ended.
    """
    home = _largest(intakes)
    writer = PartWriter(folder)
    for intake in intakes:
        begun: set[str] = set()
        for block in limited(intake.source.blocks(), intake.rows):
            keep_going()
            for location, some in _by_location(block, intake.bound.locations(block), home):
                if location not in begun:
                    begun.add(location)
                    writer.append(location, [_head_of(intake, block.source).to_line()])
                writer.append(location, list(row_lines(some, intake.no_people)), rows=len(some))
    return writer.finish()


def _largest(intakes: Sequence[Intake]) -> str:
    rows: Counter[str] = Counter()
    for intake in intakes:
        rows.update(intake.bound.location_rows)
    return min(rows, key=lambda location: (-rows[location], location), default=NOWHERE)


def _head_of(intake: Intake, index: int) -> SourceHead:
    source = intake.source
    return SourceHead(
        index=index, name=source.name, header=source.header, writing=intake.bound.keep_writing()
    )


def _by_location(block: Block, locations: Sequence[str | None], home: str) -> Iterator[tuple[str, Block]]:
    places: dict[str, list[int]] = {}
    for place, location in enumerate(locations):
        places.setdefault(location or home, []).append(place)
    for location, own in places.items():
        yield location, block if len(own) == len(block) else block.only(own)


class PartWriter:
    """Gathers lines by location, and writes them out before they fill the memory.

    Each time a compressed member of its own is put behind what a file has: thousands of locations need no open files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: dict[str, list[bytes]] = {}
        self._buffered = 0
        self._rows: Counter[str] = Counter()

    def append(self, location: str, lines: list[bytes], *, rows: int = 0) -> None:
        self._lines.setdefault(location, []).extend(lines)
        self._rows[location] += rows
        self._buffered += sum(map(len, lines))
        if self._buffered >= _MOST_BUFFERED_BYTES:
            self.flush()

    def finish(self) -> tuple[SplitPart, ...]:
        self.flush()
        order = sorted(self._rows, key=lambda location: (-self._rows[location], location))
        return tuple(
            SplitPart(location=each, rows=self._rows[each], path=self._folder / part_file_name(each))
            for each in order
        )

    def flush(self) -> None:
        """Write out what was gathered. Raises StateError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for location, lines in self._lines.items():
                path = self._folder / part_file_name(location)
                handle = os.open(
                    path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600
                )
                with os.fdopen(handle, "ab") as file:
                    file.write(gzip.compress(b"".join(lines), compresslevel=1, mtime=0))
        except OSError as cause:
            raise StateError(
                f"The rows of the run's parts cannot be written to {self._folder}: {cause.strerror}. Nothing was sent. "
                "See that the disk has room, and submit the run again."
            ) from cause
        self._lines, self._buffered = {}, 0
