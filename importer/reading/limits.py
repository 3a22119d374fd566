"""Files that would not fit once they are read are refused by what they declare, before they are."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from importer.errors import SourceError

_CHUNK: Final = 1 << 20
_LARGE: Final = 64 << 20
_MOST: Final = 16 << 30
_RATIO: Final = 150
"""A sheet of real contacts shrinks to a tenth or a thirtieth; a bomb to less than a thousandth."""


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes: ...


def refuse_bombs(entries: Iterable[zipfile.ZipInfo], name: str) -> None:
    """Refuse an archive whose entries inflate to far more than contacts ever do."""
    for entry in entries:
        refuse_bomb(entry.compress_size, entry.file_size, name)


def refuse_bomb(packed: int, unpacked: int, name: str) -> None:
    """Refuse one container that inflates too far."""
    if unpacked > _MOST or (unpacked > _LARGE and unpacked > _RATIO * max(packed, 1)):
        raise SourceError(
            f"{name} would unpack from {packed / 1e6:.1f} MB to {unpacked / 1e6:,.0f} MB, which no list of contacts does. "
            "It was not opened. Export the contacts again, as CSV if need be."
        )


def bounded(stream: Readable, *, packed: int, name: str) -> Iterator[bytes]:
    """Read a container's content, chunk by chunk; stop where it grows out of all proportion to its size."""
    unpacked = 0
    while chunk := stream.read(_CHUNK):
        unpacked += len(chunk)
        refuse_bomb(packed, unpacked, name)
        yield chunk


class Repeats:
    """Keeps what a file says once and means many times in proportion to what it says.

    A sheet of a few hundred bytes can hold a million rows, a cell of a page can span a billion columns.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen = 0
        self._repeated = 0

    def count(self, text: str | None) -> int:
        """Read how often something is meant."""
        if text is None or not (text.isascii() and text.isdecimal()):
            return 1
        return max(int(text[:_DIGITS]), 1)

    def seen(self, cells: int) -> None:
        """Note cells that stand in the file."""
        self._seen += cells

    def add(self, cells: int) -> None:
        """Note cells that are repetitions; refuse too many of them."""
        self._repeated += cells
        if self._repeated > _REPEATED + _REPEATED_RATIO * self._seen:
            raise SourceError(
                f"{self._name} says {self._repeated:,} cells by repeating or spreading {self._seen:,}, which no list of "
                "contacts does. It was not read on. Delete what is filled down or across beside the list, and save it again."
            )


_DIGITS: Final = 10
_REPEATED: Final = 100_000
_REPEATED_RATIO: Final = 20
