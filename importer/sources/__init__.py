"""Where a source comes from: a path, standard input or a URL, copied to a private file and fingerprinted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from importer.reading.zip_files import printable
from importer.records import value_type
from importer.sources.copying import Copy
from importer.sources.expanding import in_archive
from importer.sources.locations import refuse_location
from importer.sources.masking import is_url, masked


@value_type(frozen=True, slots=True, kw_only=True)
class StagedSource:
    """A private copy of a source, so that a resume and the results read the very same bytes."""

    index: int
    reference: str
    """What the user named: a path, a URL or ``-``; credentials in a URL are masked."""
    name: str
    path: Path
    fingerprint: str
    """SHA-256 of the bytes, in hex; behind plus signs those of the corrections and of the rows that are meant, if any."""
    size: int

    @property
    def content_sha256(self) -> str:
        """SHA-256 of the bytes alone."""
        return self.fingerprint.partition("+")[0]

    @property
    def corrections_sha256(self) -> str | None:
        """SHA-256 of what corrections change; None where there are none."""
        return self._part(1)

    @property
    def rows_sha256(self) -> str | None:
        """SHA-256 of the numbers of the rows that are meant; None: all."""
        return self._part(2)

    def _part(self, place: int) -> str | None:
        return [*self.fingerprint.split("+"), "", ""][place] or None

    def laid(self, *, corrections: str | None = None, rows: str | None = None) -> StagedSource:
        """Take what is laid over the bytes into the fingerprint."""
        parts = (
            self.content_sha256,
            corrections or self.corrections_sha256 or "",
            rows or self.rows_sha256 or "",
        )
        return replace(self, fingerprint="+".join(parts).rstrip("+"))

    @property
    def rows_path(self) -> Path:
        """Where the numbers of the rows that are meant are kept, if there are any."""
        return self.path.parent.with_name(f"{self.path.parent.name}.rows")

    @property
    def corrections_path(self) -> Path:
        """Where its corrections are kept, if there are any: beside the folder of the copy."""
        return self.path.parent.with_name(f"{self.path.parent.name}.corrections.jsonl")


def stage(
    reference: str, folder: Path, index: int, *, stdin: BinaryIO | None = None, follow: bool = True
) -> StagedSource:
    """Copy a source into ``folder`` while hashing it; SourceError when it is missing, empty or still changing.

    The copy is for its owner's eyes alone and keeps the suffixes that tell its format. ``stdin`` stands in for
    the process's own standard input. Without ``follow``, a path that is a link is refused. Nothing is left behind when it fails.
    """
    from importer.sources import local

    refuse_location(reference)
    if reference == "-":
        copy = local.copy_stream(stdin or local.standard_input(), folder, index)
    elif is_url(reference):
        from importer.sources.remote import copy_url

        copy = copy_url(reference, folder, index)
    else:
        copy = _copy_local(Path(reference), folder, index, follow=follow)
    return _staged(index, reference, copy)


def stage_each(reference: str, folder: Path, index: int) -> tuple[StagedSource, ...]:
    """Copy a source as ``stage`` does; an archive of several files becomes a source for each, numbered from ``index``."""
    from importer.sources import archives

    whole = stage(reference, folder, index)
    members = archives.members_of(whole.path, whole.name)
    if not members:
        return (whole,)
    named = reference if reference == "-" or is_url(reference) else None
    staged: list[StagedSource] = []
    for place, member in enumerate(members, index):
        copy = archives.copy_member(whole.path, member, folder, place, name=whole.name)
        copy = replace(copy, name=f"{whole.name}/{printable(member)}")
        staged.append(_staged(place, named or f"{reference}/{member}", copy))
    whole.path.unlink()
    return tuple(staged)


def _copy_local(path: Path, folder: Path, index: int, *, follow: bool) -> Copy:
    from importer.sources import local

    if not path.exists():
        from importer.sources import archives

        if found := archives.member_named(path):
            archive, member = found
            copy = archives.copy_member(archive, member, folder, index, name=archive.name)
            return replace(copy, name=f"{archive.name}/{printable(member)}")
    return local.copy_path(path, folder, index, follow=follow)


def _staged(index: int, reference: str, copy: Copy) -> StagedSource:
    return StagedSource(
        index=index,
        reference=masked(reference),
        name=copy.name,
        path=copy.path,
        fingerprint=copy.fingerprint,
        size=copy.size,
    )


@contextmanager
def at_hand(reference: str) -> Iterator[Path]:
    """Give a path to read from as often as wanted; what is no file by itself (a URL, a part of an archive) is copied first."""
    refuse_location(reference)
    if reference != "-" and not is_url(reference) and not in_archive(Path(reference)):
        yield Path(reference)
        return
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        yield stage(reference, Path(folder), 0).path


__all__ = ["StagedSource", "at_hand", "is_url", "masked", "stage", "stage_each"]
