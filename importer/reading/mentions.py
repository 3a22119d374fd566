"""Whether a file holds an e-mail address anywhere: in any sheet, cell, property or wrapping."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from importer.reading.limits import bounded
from importer.reading.zip_files import content_of, opened_zip, translated

_CHUNK: Final = 1 << 20
_OVERLAP: Final = 1024
"""More than an address has letters, twice: one may be cut by two chunks."""
_DEEPEST: Final = 1
"""A workbook in a .zip, and no deeper."""
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"


def mentions(path: Path, email: str) -> bool:
    """Tell whether a file holds an address, without regard to case. Raises SourceError where it cannot be read.

    In doubt it does: where it is cut from what stands before or behind it.
    """
    wanted = re.escape(email.lower().encode()), re.escape(email.lower().encode("utf-16-le"))
    before = rb"(?<![a-z0-9._%+-])", rb"(?<![a-z0-9._%+-]\x00)"
    behind = rb"(?![a-z0-9-]|\.[a-z0-9])", rb"(?![a-z0-9-]\x00|\.\x00[a-z0-9]\x00)"
    pattern = b"|".join(b"%b%b%b" % each for each in zip(before, wanted, behind, strict=True))
    with translated(f"{path.name} cannot be looked through"):
        return _is_in(path, path.name, re.compile(pattern), depth=0)


def _is_in(path: Path, name: str, wanted: re.Pattern[bytes], *, depth: int) -> bool:
    with path.open("rb") as file:
        head = file.read(len(_ZIP))
        file.seek(0)
        if head == _ZIP:
            return _is_in_archive(path, name, wanted, depth=depth)
        if head[:2] == _GZIP:
            with gzip.open(file) as unpacked:
                return _among(bounded(unpacked, packed=path.stat().st_size, name=name), wanted)
        return _among(iter(lambda: file.read(_CHUNK), b""), wanted)


def _is_in_archive(path: Path, name: str, wanted: re.Pattern[bytes], *, depth: int) -> bool:
    with opened_zip(path, name) as archive:
        return any(
            _is_in_member(content_of(archive, entry, name=name), name, wanted, depth=depth)
            for entry in archive.infolist()
            if not entry.filename.endswith("/")
        )


def _is_in_member(chunks: Iterator[bytes], name: str, wanted: re.Pattern[bytes], *, depth: int) -> bool:
    first = next(chunks, b"")
    whole = chain([first], chunks)
    if not first.startswith(_ZIP) or depth >= _DEEPEST:
        return _among(whole, wanted)
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        inner = Path(folder) / "member"
        with inner.open("wb") as file:
            file.writelines(whole)
        return _is_in(inner, name, wanted, depth=depth + 1)


def _among(chunks: Iterable[bytes], wanted: re.Pattern[bytes]) -> bool:
    tail = b""
    for chunk in chunks:
        seen = tail + chunk.lower()
        if wanted.search(seen):
            return True
        tail = seen[-_OVERLAP:]
    return False
