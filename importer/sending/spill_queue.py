"""A queue of rows that keeps little in memory: what is too much goes to a private file that has no name."""

from __future__ import annotations

import pickle
import struct
import tempfile
from collections import deque
from pathlib import Path
from typing import IO, Final

from importer.errors import StateError
from importer.records import Intent, Landed, Record
from importer.sending.capacity import Capacity

Queued = tuple[Record, Intent | Landed | None]

_LENGTH: Final = struct.Struct("<I")
_REFILL: Final = 64


class SpillQueue:
    """First in, first out. A file sorted by location would else keep all other locations waiting, or fill memory.

    Rows stay in memory while the capacity, which all locations share, is not full; a few each may keep in any case.

    The file is removed by the system when it is closed, however the process ends; only this process ever reads it,
    so ``pickle`` meets nothing but what it wrote.
    """

    def __init__(self, capacity: Capacity, *, at_least: int = _REFILL, folder: Path | None = None) -> None:
        self._front: deque[Queued] = deque()
        self._capacity = capacity
        self._at_least = at_least
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._read_at = 0
        self._write_at = 0
        self._on_disk = 0

    def __len__(self) -> int:
        return len(self._front) + self._on_disk

    def put(self, entry: Queued) -> None:
        if self._on_disk == 0 and (len(self._front) < self._at_least or not self._capacity.full):
            self._front.append(entry)
            self._capacity.taken += 1
            return
        try:
            self._append(entry)
        except OSError as cause:
            raise StateError(f"Rows cannot be put aside on disk: {cause.strerror or cause}.") from None

    def take(self) -> Queued:
        """Take the oldest row; raises IndexError when there is none."""
        if not self._front and self._on_disk:
            self._refill()
        entry = self._front.popleft()
        self._capacity.taken -= 1
        return entry

    def close(self) -> None:
        """Forget everything, on disk too."""
        self._capacity.taken -= len(self._front)
        self._front.clear()
        self._on_disk = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, entry: Queued) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="importer-", dir=self._folder)  # noqa: SIM115  (lives as long as the queue)
        packed = pickle.dumps(entry, protocol=pickle.HIGHEST_PROTOCOL)
        self._file.seek(self._write_at)
        self._file.write(_LENGTH.pack(len(packed)) + packed)
        self._write_at += _LENGTH.size + len(packed)
        self._on_disk += 1

    def _refill(self) -> None:
        assert self._file is not None  # noqa: S101  (rows on disk are in a file)
        self._file.seek(self._read_at)
        for _ in range(min(_REFILL, self._on_disk)):
            (length,) = _LENGTH.unpack(self._file.read(_LENGTH.size))
            self._front.append(pickle.loads(self._file.read(length)))  # noqa: S301  (our own, private file)
            self._read_at += _LENGTH.size + length
            self._on_disk -= 1
            self._capacity.taken += 1
        if self._on_disk == 0:
            self._file.seek(0)
            self._file.truncate()
            self._read_at = self._write_at = 0
