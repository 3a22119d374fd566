"""Sources on this machine: files, pipes and standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from importer.errors import SourceError
from importer.sources.copying import Copy, PrivateFile, chunks_of

ChunkReader: TypeAlias = Callable[[BinaryIO], Iterable[bytes]]


def standard_input() -> BinaryIO:
    return sys.stdin.buffer


def copy_stream(stream: BinaryIO, folder: Path, index: int) -> Copy:
    """Copy standard input to its end."""
    with PrivateFile(folder, index, "stdin") as copy:
        try:
            copy.fill(chunks_of(stream))
        except OSError as cause:
            raise SourceError(f"Standard input cannot be read: {_reason(cause)}.") from None
        return copy.sealed("Standard input")


def copy_path(
    path: Path, folder: Path, index: int, *, read: ChunkReader = chunks_of, follow: bool = True
) -> Copy:
    """Copy a file; SourceError when it grows, shrinks or is written to meanwhile.

    Without ``follow`` a link is refused, whenever it took the file's place; and so is whatever is no plain file.
    """
    if path.is_dir():
        raise SourceError(f"{path} is a folder. Name a file in it, or a pattern such as {path / '*.csv'}.")
    try:
        with _opened(path, follow=follow) as stream, PrivateFile(folder, index, path.name) as copy:
            before = os.fstat(stream.fileno())
            copy.fill(read(stream))
            _refuse_changed(path, before, os.fstat(stream.fileno()), copy.size)
            return copy.sealed(str(path))
    except OSError as cause:
        raise _unreadable(path, cause) from None


def _opened(path: Path, *, follow: bool) -> BinaryIO:
    if follow:
        return path.open("rb")
    # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    flags = ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK")
    handle = os.open(path, os.O_RDONLY | sum(getattr(os, flag, 0) for flag in flags))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceError(f"{path} is no plain file.")
    return os.fdopen(handle, "rb")


def _refuse_changed(path: Path, before: os.stat_result, after: os.stat_result, copied: int) -> None:
    # A pipe has no size to compare, and a file replaced by renaming leaves us the old one, whole.
    if not stat.S_ISREG(before.st_mode):
        return
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not same or copied != after.st_size:
        raise SourceError(
            f"{path} changed while it was being copied ({before.st_size:,} bytes at first, {copied:,} read, "
            f"{after.st_size:,} now). Wait until whatever writes it is done, and run again."
        )


def _unreadable(path: Path, cause: OSError) -> SourceError:
    match cause:
        case FileNotFoundError() | NotADirectoryError():
            return SourceError(f"There is no file {path}.{_nearest(path)}")
        case PermissionError():
            return SourceError(
                f"{path} cannot be read: permission denied. Allow this user to read it, "
                "and close it in programs that lock what they show, such as Excel."
            )
    return SourceError(f"{path} cannot be read: {_reason(cause)}.")


def _nearest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f" There is no folder {folder} either (working folder: {Path.cwd()})."
    try:
        names = {entry.name.lower(): entry.name for entry in folder.iterdir() if entry.is_file()}
    except OSError:
        return ""
    import difflib

    found = [names[name] for name in difflib.get_close_matches(path.name.lower(), names, n=3, cutoff=0.5)]
    if found:
        return f" Nearest in {folder.resolve()}: {', '.join(found)}."
    return f" Nothing in {folder.resolve()} has a similar name."


def _reason(cause: OSError) -> str:
    return cause.strerror or type(cause).__name__
