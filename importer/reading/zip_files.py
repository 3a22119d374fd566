"""A .zip of files: which are meant, and their content, as far as it is in proportion."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from importer.errors import SourceError
from importer.reading.limits import bounded

try:
    from lzma import LZMAError
except ImportError:  # a Python that was built without it inflates nothing of this kind
    LZMAError = EOFError  # type: ignore[assignment,misc]

DAMAGE: Final[tuple[type[Exception], ...]] = (
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    # What the library forgets to look for in a hostile archive: see the fuzz campaign of the reader.
    struct.error,
    LookupError,
    OverflowError,
    MemoryError,  # a damaged part may ask for more than there is
)
"""What comes out of the library where an archive is damaged."""
_AGAIN: Final = "Download it again."


@contextmanager
def translated(what: str, *, advice: str = _AGAIN) -> Iterator[None]:
    """Make a SourceError of what a damaged archive raises; ``what`` says of which file, and how it looks."""
    try:
        yield
    except DAMAGE as cause:
        raise SourceError(f"{what}: {str(cause) or type(cause).__name__}. {advice}") from None


@contextmanager
def opened_zip(place: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive. What the caller does with it is not taken for damage: a full disk is no fault of the file."""
    with translated(_damaged(name)):
        archive = zipfile.ZipFile(place)
    with archive:
        yield archive


def files_in(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """List the files that somebody put in; what file managers add is left out."""
    return [entry for entry in archive.infolist() if _is_meant(entry)]


def _is_meant(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    # Not entry.is_dir(): Python 3.11 breaks down at a name that is empty.
    return (
        bool(path.name)
        and not entry.filename.endswith("/")
        and path.parts[:1] != ("__MACOSX",)
        and not path.name.startswith(".")
    )


def refuse_locked(entries: list[zipfile.ZipInfo], name: str) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise SourceError(f"{name} is protected by a password. Unpack it and name the files in it.")


def content_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, name: str) -> Iterator[bytes]:
    """Inflate one file, chunk by chunk; stop where it grows out of all proportion to what it was packed in."""
    with translated(_damaged(name)):
        stream = archive.open(entry)
    with stream:
        chunks = bounded(stream, packed=entry.compress_size, name=name)
        while True:
            with translated(_damaged(name)):
                chunk = next(chunks, b"")
            if not chunk:
                return
            yield chunk


def _damaged(name: str) -> str:
    return f"{name} is a damaged zip archive"


def listed(entries: list[zipfile.ZipInfo]) -> str:
    """Name the first few files."""
    names = ", ".join(printable(entry.filename) for entry in entries[:8])
    return names + (", ..." if len(entries) > 8 else "") or "nothing"


def printable(member: str) -> str:
    """Show a file's name, which anybody may have chosen, without signs that steer a terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in member)[:200]
