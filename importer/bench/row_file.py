"""Rows put aside on disk, so that any of them is at hand by its number without the file being read again."""

from __future__ import annotations

import pickle
import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path

from importer.errors import SettingsError
from importer.records import Block


class RowFile:
    """Blocks of rows in a file that has no name, and that the system removes however the process ends.

    Only this process ever reads it, so that ``pickle`` meets nothing but what it wrote.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (closed by ``close``)
        self._first_numbers: list[int] = []
        self._offsets: list[int] = []
        self._last: tuple[int, Block] | None = None
        """The block that was read last: whoever asks for a row asks for its neighbours next."""

    def append(self, block: Block) -> None:
        """Put the next block aside. Raises SettingsError."""
        try:
            self._offsets.append(self._file.tell())
            pickle.dump(block, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        except OSError as cause:
            raise SettingsError(
                f"Rows cannot be put aside on disk: {cause.strerror or cause}. TMPDIR names another folder for it."
            ) from None
        self._first_numbers.append(block.numbers[0])

    def row(self, number: int) -> Block | None:
        """Give a row as a block of its own; None where the file has none of this number."""
        place = bisect_right(self._first_numbers, number) - 1
        return one_row(self._block(place), number) if place >= 0 else None

    def blocks(self) -> Iterator[Block]:
        return map(self._block, range(len(self._offsets)))

    def close(self) -> None:
        self._file.close()

    def _block(self, place: int) -> Block:
        if self._last is None or self._last[0] != place:
            self._last = place, self._read(place)
        return self._last[1]

    def _read(self, place: int) -> Block:
        self._file.seek(self._offsets[place])
        block = pickle.load(self._file)  # noqa: S301  (our own, private file)
        assert isinstance(block, Block)  # noqa: S101
        return block


def one_row(block: Block, number: int) -> Block | None:
    """Cut one row out of a block."""
    place = bisect_left(block.numbers, number)
    if place == len(block) or block.numbers[place] != number:
        return None
    return Block(
        source=block.source,
        numbers=[number],
        rows=[block.rows[place]],
        faults={0: block.faults[place]} if place in block.faults else {},
    )
