"""What becomes of a source once it is dealt with: left, deleted, moved or archived."""

from __future__ import annotations

import contextlib
import errno
import gzip
import shutil
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from importer.errors import SourceError
from importer.jobs.drop_folder import DropFolder
from importer.records import value_type


class Fate(StrEnum):
    LEAVE = "leave"
    DELETE = "delete"
    MOVE = "move"
    ARCHIVE = "archive"


@value_type(frozen=True, slots=True)
class Afterwards:
    """What to do with a file, and where to."""

    fate: Fate = Fate.LEAVE
    folder: str = ""

    def __str__(self) -> str:
        return f"{self.fate}:{self.folder}" if self.folder else str(self.fate)


def parse_afterwards(text: str) -> Afterwards:
    """Read ``leave``, ``delete``, ``move:done/`` or ``archive:done/``; raises ValueError."""
    word, colon, folder = text.strip().partition(":")
    try:
        fate = Fate(word.strip().lower())
    except ValueError:
        raise ValueError(f"{text!r}: write leave, delete, move:FOLDER or archive:FOLDER.") from None
    if (fate in {Fate.MOVE, Fate.ARCHIVE}) != bool(colon and folder.strip()):
        raise ValueError(
            f"{text!r}: {fate} {'needs' if not folder.strip() else 'takes no'} folder after a colon."
        )
    return Afterwards(fate, folder.strip())


def put_away(path: Path, afterwards: Afterwards, *, at: datetime) -> Path | None:
    """Do it, and tell where the file is now; a file of that name that is there already is never overwritten.

    A folder that is not absolute lies beside the file. Raises SourceError when the file system refuses.
    """
    try:
        match afterwards.fate:
            case Fate.LEAVE:
                return path
            case Fate.DELETE:
                path.unlink()
                return None
            case Fate.MOVE:
                return _put_into(path, afterwards.folder, path.suffix, at, _move)
            case Fate.ARCHIVE:
                return _put_into(path, afterwards.folder, f"{path.suffix}.gz", at, _archive)
    except OSError as cause:
        raise SourceError(
            f"{path} was dealt with but cannot be put away ({afterwards}): {cause.strerror or cause}. "
            "It will not be imported again; move it by hand."
        ) from None


def _put_into(
    path: Path,
    folder: str,
    suffix: str,
    at: datetime,
    put: Callable[[DropFolder, str, DropFolder, str], None],
) -> Path:
    with contextlib.ExitStack() as opened:
        source = opened.enter_context(DropFolder.open(path.parent))
        if Path(folder).is_absolute():
            Path(folder).mkdir(parents=True, exist_ok=True)
            target = opened.enter_context(DropFolder.open(Path(folder)))
        else:
            target = opened.enter_context(source.inside(folder))
        name = _free(target, path.stem, suffix, at)
        put(source, path.name, target, name)
        return target.path / name


def _free(target: DropFolder, stem: str, suffix: str, at: datetime) -> str:
    wanted = f"{stem}{suffix}"
    stamp, number = f"{at:%Y%m%d-%H%M%S}", 1
    while target.has(wanted):
        more = "" if number == 1 else f"-{number}"
        wanted = f"{stem}.{stamp}{more}{suffix}"
        number += 1
    return wanted


def _move(source: DropFolder, name: str, target: DropFolder, new_name: str) -> None:
    try:
        source.move(name, target, new_name)
    except OSError as refused:
        if refused.errno != errno.EXDEV:
            raise
        with source.read(name) as content, target.written(new_name) as copy:  # to another disk
            shutil.copyfileobj(content, copy)
        source.delete(name)


def _archive(source: DropFolder, name: str, target: DropFolder, new_name: str) -> None:
    with (
        source.read(name) as content,
        target.written(new_name) as raw,
        gzip.GzipFile(name, "wb", fileobj=raw) as out,
    ):
        shutil.copyfileobj(content, out)
    source.delete(name)
