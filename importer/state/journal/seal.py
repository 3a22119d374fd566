"""How far a journal had come, told outside of it: a journal whose end was lost does not know that it had one.

SQLite takes a write-ahead log that was deleted, cut or damaged for one that ends earlier, and says nothing. The seal is
a small file of two slots, written in turn after each commit: a write that is torn leaves the one before.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path
from typing import Final, Self

from importer.errors import StateError
from importer.records import RowId, value_type

SEAL_NAME: Final = "journal.seal"
_SLOT_BYTES: Final = 96
_FORMAT: Final = "1"


@value_type(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a journal held when it was last written."""

    appends: int = 0
    intents: int = 0
    last_row: RowId = 0
    """The highest row that was ever intended."""

    def encode(self) -> bytes:
        text = b"%b %d %d %d" % (_FORMAT.encode(), self.appends, self.intents, self.last_row)
        return (b"%b %08x" % (text, zlib.crc32(text))).ljust(_SLOT_BYTES - 1) + b"\n"

    @classmethod
    def decode(cls, slot: bytes) -> Self | None:
        """Read one slot; None for one that is not as it was written."""
        with contextlib.suppress(ValueError):
            text, _, checksum = slot.decode("ascii").rstrip().rpartition(" ")
            version, appends, intents, last_row = text.split(" ")
            if version == _FORMAT and int(checksum, 16) == zlib.crc32(text.encode()):
                return cls(appends=int(appends), intents=int(intents), last_row=int(last_row))
        return None


def read_seal(folder: Path) -> Seal | None:
    """Read a run's seal; None where there is none that can be read.

    Read it before the journal: a run at work writes the journal first, so that its seal is never ahead.
    """
    try:
        content = (folder / SEAL_NAME).read_bytes()
    except OSError:
        return None
    slots = (content[:_SLOT_BYTES], content[_SLOT_BYTES : 2 * _SLOT_BYTES])
    found = [seal for seal in map(Seal.decode, slots) if seal is not None]
    return max(found, key=lambda seal: seal.appends, default=None)


def _write_at(handle: int, content: bytes, place: int) -> None:
    if hasattr(os, "pwrite"):
        os.pwrite(handle, content, place)
    else:  # Windows
        os.lseek(handle, place, os.SEEK_SET)
        os.write(handle, content)


class SealWriter:
    """Keeps a run's seal up to date."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SEAL_NAME
        self._handle: int | None = None

    def write(self, seal: Seal) -> None:
        """Say how far the journal has come. In place: on a full disk, what is there can still be written over.

        Not synced: after a power cut a seal that lags behind is harmless, since the journal itself was synced before.
        """
        try:
            if self._handle is None:
                self._handle = self._open()
            _write_at(self._handle, seal.encode(), seal.appends % 2 * _SLOT_BYTES)
        except OSError as cause:
            raise StateError(
                f"The seal of the journal {self._path} cannot be written: {cause.strerror}. "
                "See that the disk is there and has room, then go on with: importer resume"
            ) from cause

    def sync(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._handle)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        return os.open(self._path, flags, 0o600)
