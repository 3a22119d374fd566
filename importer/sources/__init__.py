"""Where a source comes from: a path, standard input or a URL, copied to a private file and fingerprinted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from importer.sources.masking import is_url, masked


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSource:
    """A private copy of a source, so that a resume and the results read the very same bytes."""

    index: int
    reference: str
    """What the user named: a path, a URL or ``-``; credentials in a URL are masked."""
    name: str
    path: Path
    fingerprint: str
    """SHA-256 of the bytes, in hex."""
    size: int


def stage(
    reference: str, folder: Path, index: int, *, stdin: BinaryIO | None = None, follow: bool = True
) -> StagedSource:
    """Copy a source into ``folder`` while hashing it; SourceError when it is missing, empty or still changing.

    The copy is for its owner's eyes alone and keeps the suffixes that tell its format. ``stdin`` stands in for
    the process's own standard input. Without ``follow``, a path that is a link is refused. Nothing is left behind when it fails.
    """
    from importer.sources import local

    if reference == "-":
        copy = local.copy_stream(stdin or local.standard_input(), folder, index)
    elif is_url(reference):
        from importer.sources.remote import copy_url

        copy = copy_url(reference, folder, index)
    else:
        copy = local.copy_path(Path(reference), folder, index, follow=follow)
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
    """Give a path to read from as often as wanted; what comes from standard input or a URL is copied first."""
    if reference != "-" and not is_url(reference):
        yield Path(reference)
        return
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        yield stage(reference, Path(folder), 0).path


__all__ = ["StagedSource", "at_hand", "is_url", "masked", "stage"]
