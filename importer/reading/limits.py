"""Containers that would not fit once they are unpacked are refused by what they declare, before they are."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from typing import Final

from importer.errors import SourceError

_LARGE: Final = 64 << 20
_MOST: Final = 16 << 30
_RATIO: Final = 150
"""A sheet of real contacts shrinks to a tenth or a thirtieth; a bomb to less than a thousandth."""


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
