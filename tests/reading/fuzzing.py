"""Reading what nobody meant to write: the only exception that may come out is our own."""

from __future__ import annotations

import io
import random
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from importer.errors import SourceError
from importer.reading import open_source
from importer.records import Row
from importer.settings import ReadingOptions

INTERESTING = (
    b'"', b"'", b"\\", b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xe9", b"\xef\xbb\xbf", b'""', b"|", b"sep=;\n",
    b"<c", b"</row>", b'r="ZZZ1"', b't="s"', b"<v>", b"&#x", b"&amp;", b"99999999999", b"-1", b"1e999", b"<![CDATA[", b'hidden="1"',
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"\x1f\x8b", b"<table>", b"_x0000_", b"_xD800_", b"\xed\xa0\x80",
)  # fmt: skip


def read_all(path: Path, options: ReadingOptions = ReadingOptions()) -> list[Row] | None:  # noqa: B008  (frozen)
    """Read every row twice; None where the file is refused. Any other exception is a finding."""
    try:
        source = open_source(path, options=options)
        rows = list(source)
    except SourceError as refusal:
        assert len(str(refusal)) > 20  # noqa: PT017  (what is refused is part of the claim)
        return None
    assert rows == list(source)
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
    for row in rows:
        assert all(isinstance(cell, str) for cell in row.cells)
        "".join(row.cells).encode()  # no lone surrogates: whatever is read can be written
        assert len(row.cells) == len(source.header) or any(fault.fails for fault in row.faults)
    return rows


class Mutator:
    """Changes inputs at random, inside the parts of zip files, too."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (damage, not secrets)

    def __call__(self, content: bytes) -> bytes:
        if content.startswith(b"PK") and self._random.random() < 0.9:
            return self._inside(content)
        return self._bytes(content)

    def _inside(self, content: bytes) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as old:
                parts = {name: old.read(name) for name in old.namelist()}
        except (
            zipfile.BadZipFile,
            zlib.error,
            ValueError,
            NotImplementedError,
            OSError,
            EOFError,
            LookupError,
        ):
            return self._bytes(content)
        name = self._random.choice(sorted(parts)) if parts else ""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for part, text in parts.items():
                new.writestr(part, self._bytes(text) if part == name else text)
        return out.getvalue()

    def _bytes(self, content: bytes) -> bytes:
        data = bytearray(content)
        for _ in range(self._random.randint(1, 4)):
            place = self._random.randint(0, len(data))
            match self._random.randint(0, 4):
                case 0:
                    data[place:place] = self._random.choice(INTERESTING)
                case 1:
                    data[place : place + self._random.randint(1, 30)] = b""
                case 2:
                    data[place:place] = data[place : place + self._random.randint(1, 200)]
                case 3 if place < len(data):
                    data[place] = self._random.randrange(256)
                case _:
                    other = self._random.randint(0, len(data))
                    data[place : place + 8] = data[other : other + 8]
        return bytes(data)


def covered_lines(action: Callable[[], Any], folder: str) -> set[tuple[str, int]]:
    """Run an action and tell which lines of a folder's modules it came by."""
    seen: set[tuple[str, int]] = set()

    def inside(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            seen.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def entering(frame: FrameType, _: str, __: Any) -> Any:
        return inside if folder in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(entering)
    try:
        action()
    finally:
        sys.settrace(before)
    return seen
