"""Files that are either whole or not there: written beside their place under another name, then moved into it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from importer.errors import StateError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Hand over a name to write to; the file takes the place of ``path`` when the block ends without an exception.

    Raises StateError when the disk or the folder refuses.
    """
    with translated(path):
        draft = _draft(path)
    try:
        with translated(path):
            yield draft
            _flush(draft)
            draft.replace(path)
            _flush_folder(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def replacing_text(path: Path, *, newline: str = "\n") -> Iterator[TextIO]:
    """Hand over an open text file that takes the place of ``path`` at the end.

    What UTF-8 cannot hold (half a character from a broken source) is written as an escape, not refused.
    """
    with (
        replacing(path) as draft,
        draft.open("w", encoding="utf-8", newline=newline, errors="backslashreplace") as file,
    ):
        yield file


def sweep_drafts(path: Path) -> None:
    """Delete what a process that was killed left beside ``path``; only whoever alone may write it calls this."""
    for draft in path.parent.glob(f".{path.stem}-{'[0-9a-f]' * 8}{path.suffix}"):
        with contextlib.suppress(OSError):
            draft.unlink()


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Say in one sentence which file could not be written, and that nothing is lost by it."""
    try:
        yield
    except OSError as cause:
        raise StateError(
            f"{path} could not be written: {cause.strerror or cause}. Every outcome is safe in the run's journal: "
            "make room or close the file where it is open, then write the files again with: importer results"
        ) from None


def _draft(path: Path) -> Path:
    # Not mkstemp: its 0600 would outlive the rename, and a report is made to be handed on.
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    draft.touch(exist_ok=False)
    return draft


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    # Without this the rename itself can be lost with the power. Windows has no such call for folders.
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
