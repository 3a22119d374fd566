"""Files that are either whole or not there: written beside their place under another name, then moved into it.

Those of a run keep clear of what a person changed: a file that is not as it was written is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Protocol, TextIO, TypeAlias

from importer.errors import SettingsError, StateError

Replacing: TypeAlias = Callable[[Path], AbstractContextManager[Path]]
"""Hands over a name to write to; the file takes its place when the block ends well."""


class Written(Protocol):
    """What was written for a run so far, under which name and with which content (SHA-256)."""

    def holds(self, name: str, digest: str) -> bool: ...

    def add(self, name: str, digest: str) -> None: ...


def replacing(path: Path) -> AbstractContextManager[Path]:
    """Hand over a name to write to; the file takes the place of ``path``, whatever stands there.

    Raises StateError when the disk or the folder refuses.
    """
    return _drafted(path, lambda _: path)


def replacing_own(path: Path, written: Written, *, force: bool) -> AbstractContextManager[Path]:
    """Hand over a name to write to; the file takes the place of ``path`` where nothing of somebody else's stands there."""

    def choose(draft: Path) -> Path:
        refuse_foreign(path, written, force=force)  # once more: it may have taken hours
        written.add(str(path.absolute()), _digest(draft))
        return path

    return _drafted(path, choose)


def refuse_foreign(path: Path, written: Written, *, force: bool) -> None:
    """Raise SettingsError where a file stands that is not as it was written for this very name."""
    if force or not os.path.lexists(path):
        return
    with contextlib.suppress(OSError):
        if written.holds(str(path.absolute()), _digest(path)):
            return
    raise SettingsError(
        f"{path} exists already, and is not as it was written here before. Name another file, or write over it with "
        "--force."
    )


class RunFiles:
    """The files of one run in its folder: what somebody changed there is kept, and ours goes beside it."""

    def __init__(self, folder: Path, written: Written) -> None:
        self.folder = folder
        self._written = written
        self._places: dict[Path, Path] = {}

    def replacing(self, path: Path) -> AbstractContextManager[Path]:
        """Hand over a name to write to; the file takes the place of ``path``, or of the next free name."""
        return _drafted(path, lambda draft: self._place(path, draft))

    def placed(self, path: Path) -> Path | None:
        """Tell where the file went that was to be ``path``; None when it was not written."""
        return self._places.get(path)

    def place_of(self, path: Path) -> Path:
        """Tell where the file went that was to be ``path``."""
        return self._places.get(path, path)

    def is_ours(self, path: Path) -> bool:
        """Tell whether a file is as it was written."""
        try:
            return self._written.holds(path.name, _digest(path))
        except OSError:
            return False

    def withdraw(self, path: Path) -> None:
        """Delete a file of an earlier writing, which tells what is over; one that somebody changed stays."""
        if self.is_ours(path):
            with contextlib.suppress(OSError):
                path.unlink()

    @property
    def kept(self) -> tuple[tuple[Path, Path], ...]:
        """Files that somebody changed, each with the name that ours got instead."""
        return tuple((path, place) for path, place in self._places.items() if path != place)

    def _place(self, path: Path, draft: Path) -> Path:
        # Chosen only now: the file may have been changed while rows were sent.
        place = next(name for name in _names(path) if not os.path.lexists(name) or self.is_ours(name))
        # Noted before it is moved: of a process that is killed in between, the file is still known for ours.
        self._written.add(place.name, _digest(draft))
        self._places[path] = place
        return place


def _names(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_stem(f"{path.stem}-{number}") for number in count(2))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _drafted(path: Path, choose: Callable[[Path], Path]) -> Iterator[Path]:
    """Hand over a name beside ``path``; what is written there moves to the chosen place when the block ends well."""
    with translated(path):
        draft = _draft(path)
    try:
        with translated(path):
            yield draft
            _flush(draft)
            draft.replace(choose(draft))
            _flush_folder(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def replacing_text(path: Path, *, newline: str = "\n", replacing: Replacing = replacing) -> Iterator[TextIO]:
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
        ) from cause


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
