"""A .zip with several files: each of its members is a source of its own."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from importer.errors import SourceError
from importer.reading.formats import Format, format_of
from importer.reading.limits import refuse_bomb
from importer.reading.workbooks.workbook import kind_of_zip
from importer.sources.copying import Copy, PrivateFile, chunks_of

_MOST_MEMBERS: Final = 500
_HEAD: Final = 8


def member_named(path: Path) -> tuple[Path, str] | None:
    """Cut a path such as ``exports.zip/june.csv`` into the archive and the member; None for all others."""
    for archive in path.parents:
        if archive.is_file():
            return archive, path.relative_to(archive).as_posix()
        if archive.exists():
            return None
    return None


def members_of(place: Path, name: str) -> list[str]:
    """List the files of an archive that holds more than one; empty for workbooks and for all other files."""
    with place.open("rb") as stream:
        if format_of(stream.read(_HEAD)) is not Format.ZIP:
            return []
    if kind_of_zip(place, name) is not Format.ZIP:
        return []
    with _opened(place, name) as archive:
        entries = [entry for entry in archive.infolist() if _is_meant(entry)]
        if len(entries) < 2:
            return []
        _refuse(entries, place.stat().st_size, name)
        return [entry.filename for entry in entries]


def copy_member(place: Path, member: str, folder: Path, index: int, *, name: str) -> Copy:
    """Copy one member of an archive; ``name`` is what people know the archive by."""
    shown = f"{name}/{printable(member)}"
    with _opened(place, name) as archive:
        entry = next((entry for entry in archive.infolist() if entry.filename == member), None)
        if entry is None:
            raise SourceError(f"There is no {shown}. {name} holds {_listed(archive.namelist())}.")
        _refuse([entry], place.stat().st_size, name)
        with archive.open(entry) as stream, PrivateFile(folder, index, member) as copy:
            for chunk in chunks_of(stream):
                copy.write(chunk)
                refuse_bomb(entry.compress_size, copy.size, shown)
            return copy.sealed(shown)


def printable(member: str) -> str:
    """Show a member's name, which anybody may have chosen, without signs that steer a terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in member)[:200]


def _is_meant(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    return not entry.is_dir() and path.parts[:1] != ("__MACOSX",) and not path.name.startswith(".")


def _refuse(entries: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise SourceError(f"{name} is protected by a password. Unpack it and name the files in it.")
    if len(entries) > _MOST_MEMBERS:
        raise SourceError(
            f"{name} holds {len(entries):,} files; up to {_MOST_MEMBERS} are imported at once. Unpack it and name those to import."
        )
    refuse_bomb(packed, sum(entry.file_size for entry in entries), name)


def _listed(members: list[str]) -> str:
    return ", ".join(map(printable, members[:8])) + (", ..." if len(members) > 8 else "") or "nothing"


_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)


@contextmanager
def _opened(place: Path, name: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(place) as archive:
            yield archive
    except _BROKEN as cause:
        raise SourceError(f"{name} is a damaged zip archive: {cause}. Download it again.") from None
