"""What was written for a run: names and contents, so that a file which somebody changed since is known from ours."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from importer.errors import StateError

FILE_NAME: Final = "written.sha256"


class WrittenFiles:
    """A list in a run's folder (of exports: in the state folder), in the form of ``sha256sum``; it only grows.

    A line that is missing or damaged does no harm: the file is then taken for somebody else's, and kept.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def holds(self, name: str, digest: str) -> bool:
        """Tell whether this very content was written under this name."""
        return _line(name, digest) in self._lines()

    def add(self, name: str, digest: str) -> None:
        """Note a file before it is put in its place.

        Raises StateError where the disk refuses: it is that of the state folder, and not the one that the file goes to.
        """
        try:
            if self.holds(name, digest):
                return
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "ab") as file:
                file.write(f"{_line(name, digest)}\n".encode())
        except OSError as cause:
            raise StateError(
                f"{self._path} in the state folder cannot be written: {cause.strerror or cause}. See that there is room and "
                "that it is writable, then give the same command again: it goes on where it stopped."
            ) from cause

    def _lines(self) -> list[str]:
        if not self._path.is_file():
            return []
        return self._path.read_text(encoding="utf-8", errors="replace").splitlines()


def _line(name: str, digest: str) -> str:
    return f"{digest}  {name}"
