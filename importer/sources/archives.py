"""A .zip with several files: each of its members is a source of its own."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from importer.errors import SourceError
from importer.reading.formats import Format, format_of
from importer.reading.limits import refuse_bomb
from importer.reading.zip_files import content_of, files_in, listed, opened_zip, printable, refuse_locked
from importer.sources.copying import Copy, PrivateFile

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
    from importer.reading.workbooks.workbook import kind_of_zip

    if kind_of_zip(place, name) is not Format.ZIP:
        return []
    with opened_zip(place, name) as archive:
        entries = files_in(archive)
        if len(entries) < 2:
            return []
        _refuse(entries, place.stat().st_size, name)
        return [entry.filename for entry in entries]


def copy_member(place: Path, member: str, folder: Path, index: int, *, name: str) -> Copy:
    """Copy one member of an archive; ``name`` is what people know the archive by."""
    shown = f"{name}/{printable(member)}"
    with opened_zip(place, name) as archive:
        entry = next((entry for entry in archive.infolist() if entry.filename == member), None)
        if entry is None:
            raise SourceError(f"There is no {shown}. {name} holds {listed(files_in(archive))}.")
        _refuse([entry], place.stat().st_size, name)
        with PrivateFile(folder, index, member) as copy:
            for chunk in content_of(archive, entry, name=shown):
                copy.write(chunk)
            return copy.sealed(shown)


def _refuse(entries: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    refuse_locked(entries, name)
    if len(entries) > _MOST_MEMBERS:
        raise SourceError(
            f"{name} holds {len(entries):,} files; up to {_MOST_MEMBERS} are imported at once. Unpack it and name those to import."
        )
    refuse_bomb(packed, sum(entry.file_size for entry in entries), name)
