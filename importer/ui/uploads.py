"""A file that a browser sends: streamed into a private file of a draft, and gone where it did not come whole."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import Final

from importer.errors import SettingsError, StateError
from importer.reading.formats import holds_table

SIZE_LIMIT: Final = 4 * 1024**3
_TABLES_TOO: Final = frozenset({".asc", ".dat", ".prn", ".xml"})
"""Endings under which programs export tables, and other things far more often: not taken from a folder, but from a person."""
_SPARE: Final = 256 * 1024**2
"""So much of the disk is left to everybody else."""


def may_hold_table(name: str) -> bool:
    """Tell by a file's name whether to take a byte of it: a film of 3 GB is refused before it came in, not after.

    What a file is, its bytes tell later. A name without an ending, or with one of digits (``export.2024``), says nothing.
    """
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    return holds_table(name) or suffix in _TABLES_TOO or not any(sign.isalpha() for sign in suffix)


def refuse_size(folder: Path, size: int | None) -> None:
    """Refuse a file before a byte of it is taken, where its size is known. Raises SettingsError."""
    if size is None:
        return
    if size > SIZE_LIMIT:
        raise SettingsError(
            f"The file has {size / 1024**3:.1f} GB; the screen takes up to {SIZE_LIMIT // 1024**3} GB. Split it, or give its path "
            "to `importer ui FILE`, which copies nothing."
        )
    if size == 0:
        raise SettingsError("The file is empty.")
    free = shutil.disk_usage(folder).free
    if size + _SPARE > free:
        raise SettingsError(
            f"The disk of {folder} has {free / 1024**2:,.0f} MB left, too little for a file of {size / 1024**2:,.0f} MB. Make room, "
            "or give the file's path to `importer ui FILE`, which copies nothing."
        )


async def receive(stream: AsyncIterator[bytes], folder: Path, name: str, *, size: int | None) -> Path:
    """Write a stream into ``folder`` and give it its name once it came whole. Raises SettingsError, StateError."""
    refuse_size(folder, size)
    part = folder / f"upload-{secrets.token_hex(8)}"
    taken = 0
    try:
        flags = (
            os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        )
        with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
            async for chunk in stream:
                taken += len(chunk)
                if taken > SIZE_LIMIT:
                    refuse_size(folder, taken)
                file.write(chunk)
        if size is not None and taken != size:
            raise SettingsError("The file did not come whole. Choose it again.")
        refuse_size(folder, taken or 0)
        whole = folder / name
        part.replace(whole)
    except OSError as cause:
        raise StateError(f"The file cannot be kept in {folder}: {cause.strerror}.") from cause
    finally:
        part.unlink(missing_ok=True)  # of a window that was closed, too
    return whole
