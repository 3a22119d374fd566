"""What becomes of a source once it is dealt with: left, deleted, moved or archived."""

from __future__ import annotations

import gzip
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from importer.errors import SourceError


class Fate(StrEnum):
    LEAVE = "leave"
    DELETE = "delete"
    MOVE = "move"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
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
                return _move(path, _free(path, afterwards.folder, path.suffix, at))
            case Fate.ARCHIVE:
                return _archive(path, _free(path, afterwards.folder, f"{path.suffix}.gz", at))
    except OSError as cause:
        raise SourceError(
            f"{path} was dealt with but cannot be put away ({afterwards}): {cause.strerror or cause}. "
            "It will not be imported again; move it by hand."
        ) from None


def _free(path: Path, folder: str, suffix: str, at: datetime) -> Path:
    target = path.parent / folder
    target.mkdir(parents=True, exist_ok=True)
    wanted = target / f"{path.stem}{suffix}"
    stamp, number = f"{at:%Y%m%d-%H%M%S}", 1
    while wanted.exists():
        more = "" if number == 1 else f"-{number}"
        wanted = target / f"{path.stem}.{stamp}{more}{suffix}"
        number += 1
    return wanted


def _move(path: Path, target: Path) -> Path:
    shutil.move(path, target)
    return target


def _archive(path: Path, target: Path) -> Path:
    part = target.with_name(f"{target.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with (
        path.open("rb") as source,
        os.fdopen(descriptor, "wb") as raw,
        gzip.GzipFile(path.name, "wb", fileobj=raw) as out,
    ):
        shutil.copyfileobj(source, out)
    part.replace(target)
    path.unlink()
    return target
