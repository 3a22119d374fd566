"""The records of a binary Excel workbook: a kind, a size and a content each."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

_LONGEST: Final = 16 << 20
"""No record of a cell or a text is longer."""


def records(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Walk the records of a part; ValueError where it is cut off or is none."""
    rest = b""
    for chunk in chunks:
        content, place = rest + chunk, 0
        while (found := _head(content, place)) is not None:
            kind, size, start = found
            if size > _LONGEST:
                raise ValueError("a record that is too long")
            if start + size > len(content):
                break
            yield kind, content[start : start + size]
            place = start + size
        rest = content[place:]
    if rest:
        raise ValueError("the last record is cut off")


def _head(content: bytes, place: int) -> tuple[int, int, int] | None:
    """Read a record's kind, its size and where its content begins; None where more bytes are needed."""
    limit = len(content)
    if place + 2 > limit:
        return None
    kind = content[place]
    place += 1
    if kind & 0x80:
        kind = (kind & 0x7F) | (content[place] & 0x7F) << 7
        place += 1
    size = shift = 0
    while place < limit and shift < _SIZE_BITS:
        byte = content[place]
        place += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return kind, size, place
    if shift >= _SIZE_BITS:
        raise ValueError("a record without a size")
    return None


_SIZE_BITS: Final = 28


def wide_text(body: bytes, place: int) -> tuple[str, int]:
    """Read a text and tell where it ends; struct.error or ValueError where it does not fit."""
    (length,) = struct.unpack_from("<I", body, place)
    if length == _NO_TEXT:
        return "", place + 4
    end = place + 4 + 2 * length
    if end > len(body):
        raise ValueError("a text that is cut off")
    return body[place + 4 : end].decode("utf-16-le", "replace"), end


_NO_TEXT: Final = 0xFFFFFFFF


def rk_number(raw: int) -> float:
    """Read a number in its short form: thirty bits of an integer or of a float, perhaps a hundredfold."""
    value: float
    if raw & 2:
        value = (raw >> 2) - (1 << 30 if raw & 0x80000000 else 0)
    else:
        (value,) = struct.unpack("<d", struct.pack("<Q", (raw & 0xFFFFFFFC) << 32))
    return value / 100 if raw & 1 else value
