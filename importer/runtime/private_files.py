"""Files that only their owner can read: written whole or not at all, and there after a power cut."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from importer.errors import SettingsError


def write_private(path: Path, content: bytes) -> None:
    """Write a private file into a folder that is there. Raises SettingsError."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with _refusing(path):
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(aside, flags, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
            _sync_folder(path.parent)
        except OSError:
            with contextlib.suppress(OSError):  # in a folder that takes no change
                aside.unlink(missing_ok=True)
            raise


def write_private_in_own_folder(path: Path, content: bytes) -> None:
    """Write a private file, and make its folder, as private, where it is missing. Raises SettingsError."""
    with _refusing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, content)


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise SettingsError(f"{path} cannot be written: {cause.strerror or cause}.") from cause


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where folders can be synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
