"""Whether a file holds a text anywhere: in any sheet, cell, property or wrapping."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from importer.reading.limits import bounded
from importer.reading.zip_files import content_of, opened_zip, translated

_CHUNK: Final = 1 << 20
_DEEPEST: Final = 1
"""A workbook in a .zip, and no deeper."""
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"


def mentions(path: Path, text: str) -> bool:
    """Tell whether a file holds a text, without regard to case. Raises SourceError where it cannot be read."""
    lowered = text.lower()
    needles = (lowered.encode(), lowered.encode("utf-16-le"))
    with translated(f"{path.name} cannot be looked through"):
        return _is_in(path, path.name, needles, depth=0)


def _is_in(path: Path, name: str, needles: tuple[bytes, ...], *, depth: int) -> bool:
    with path.open("rb") as file:
        head = file.read(len(_ZIP))
        file.seek(0)
        if head == _ZIP:
            return _is_in_archive(path, name, needles, depth=depth)
        if head[:2] == _GZIP:
            with gzip.open(file) as unpacked:
                return _among(bounded(unpacked, packed=path.stat().st_size, name=name), needles)
        return _among(iter(lambda: file.read(_CHUNK), b""), needles)


def _is_in_archive(path: Path, name: str, needles: tuple[bytes, ...], *, depth: int) -> bool:
    with opened_zip(path, name) as archive:
        return any(
            _is_in_member(content_of(archive, entry, name=name), name, needles, depth=depth)
            for entry in archive.infolist()
            if not entry.filename.endswith("/")
        )


def _is_in_member(chunks: Iterator[bytes], name: str, needles: tuple[bytes, ...], *, depth: int) -> bool:
    first = next(chunks, b"")
    whole = chain([first], chunks)
    if not first.startswith(_ZIP) or depth >= _DEEPEST:
        return _among(whole, needles)
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        inner = Path(folder) / "member"
        with inner.open("wb") as file:
            file.writelines(whole)
        return _is_in(inner, name, needles, depth=depth + 1)


def _among(chunks: Iterable[bytes], needles: tuple[bytes, ...]) -> bool:
    overlap = max(map(len, needles)) - 1
    tail = b""
    for chunk in chunks:
        seen = tail + chunk.lower()
        if any(needle in seen for needle in needles):
            return True
        tail = seen[-overlap:]
    return False
