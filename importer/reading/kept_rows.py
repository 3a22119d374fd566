"""Rows of a source as they were once cut, in a file without a name: whoever walks them again is spared the cutting.

A run reads its source three times: to survey it, to send it, to write its results. To cut a row of 25 columns takes ten
times as long as to take it from here.
"""

from __future__ import annotations

import contextlib
import marshal
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct
from threading import Lock
from typing import IO, Final

from importer.records import Block

KEPT_AT_ONCE: Final = 1_000
"""Rows of a block as it is kept."""
_ROOM_BYTES: Final = 1 << 30
"""What stays free on the disk, for the journal above all."""
_HEAD: Final = Struct("<?Q")
"""Before each block: whether its cells are texts and nothing more, and how many bytes it takes."""


class KeptRows:
    """Takes down the first whole walk over a source, and gives the same blocks in those after it.

    What cannot be kept (the disk is nearly full, a walk was left early) is cut anew: nothing depends on it. Several
    threads may walk at once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._size = 0
        self._begun = False
        self.whole = False
        """All rows are kept."""
        self._lock = Lock()

    def close(self) -> None:
        """Delete what was kept; later walks cut anew."""
        with self._lock:
            self.whole = False
            if self._file is not None:
                with contextlib.suppress(OSError):  # what a full disk did not take
                    self._file.close()
                self._file = None

    def blocks(self, size: int, cut: Callable[[int], Iterator[Block]]) -> Iterator[Block]:
        """Walk the rows in blocks of a size; ``cut`` gives them where they are not kept."""
        if self.whole and KEPT_AT_ONCE % size == 0:
            return self._parts(size)
        if self._begun or size != KEPT_AT_ONCE:
            return cut(size)
        self._begun = True
        return self._taken_down(cut(size))

    def _taken_down(self, blocks: Iterator[Block]) -> Iterator[Block]:
        keeping = True
        try:
            for block in blocks:
                keeping = keeping and self._keep(block)
                yield block
            self.whole = keeping and self._written_out()
        finally:
            if not self.whole:
                self.close()

    def _keep(self, block: Block) -> bool:
        """Write a block down; False where that cannot be, and no more is to be tried."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="importer-", dir=self._folder)  # noqa: SIM115  (``close`` closes it)
            if shutil.disk_usage(self._folder).free < _ROOM_BYTES:
                return False
            written = _written(block)
            self._file.write(_HEAD.pack(block.plain, len(written)) + written)
        except OSError:
            return False
        self._size += _HEAD.size + len(written)
        return True

    def _written_out(self) -> bool:
        try:
            if self._file is not None:
                self._file.flush()
        except OSError:
            return False
        return True

    def _parts(self, size: int) -> Iterator[Block]:
        place = 0
        while place < self._size:
            plain, written = self._at(place)
            place += _HEAD.size + len(written)
            block = _plain_block(written) if plain else _typed_block(written)
            yield from (_part(block, first, first + size) for first in range(0, len(block), size))

    def _at(self, place: int) -> tuple[bool, bytes]:
        with self._lock:
            assert self._file is not None  # noqa: S101  (nobody walks what is closed)
            self._file.seek(place)
            plain, length = _HEAD.unpack(self._file.read(_HEAD.size))
            return plain, self._file.read(length)


def _written(block: Block) -> bytes:
    if not block.plain:  # of what stands behind a cell of a workbook only a pickle knows
        return pickle.dumps(block, protocol=pickle.HIGHEST_PROTOCOL)
    faults = pickle.dumps(block.faults, protocol=pickle.HIGHEST_PROTOCOL) if block.faults else b""
    return marshal.dumps((block.source, list(block.numbers), list(block.rows), faults))


def _typed_block(written: bytes) -> Block:
    return pickle.loads(written)  # type: ignore[no-any-return]  # noqa: S301  (our own file, which nobody else can open)


def _plain_block(written: bytes) -> Block:
    source, numbers, rows, faults = marshal.loads(written)  # noqa: S302  (likewise)
    return Block(
        source=source,
        numbers=numbers,
        rows=rows,
        faults=pickle.loads(faults) if faults else {},  # noqa: S301  (likewise)
        plain=True,
    )


def _part(block: Block, first: int, end: int) -> Block:
    if first == 0 and end >= len(block):
        return block
    faults = block.faults and {at - first: found for at, found in block.faults.items() if first <= at < end}
    return Block(
        source=block.source,
        numbers=block.numbers[first:end],
        rows=block.rows[first:end],
        faults=faults,
        plain=block.plain,
    )
