"""One stream out of the container that old Office files are."""

from __future__ import annotations

import struct
from typing import Final

_HEADER: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTRY: Final = 128
_LAST: Final = 0xFFFFFFFA
"""Sector numbers from here on are no sectors: free, end of a chain."""


def ole_stream(content: bytes, *names: str) -> bytes:
    """Give the first stream found under one of the names; ValueError or struct.error where the container is damaged."""
    if not content.startswith(_HEADER):
        return content
    size = 1 << min(struct.unpack_from("<H", content, 30)[0], 16)
    directory, _, cutoff, mini = struct.unpack_from("<IIII", content, 48)
    table = _table(content, size)
    entries = _joined(content, directory, table, size, 1)
    root = struct.unpack_from("<I", entries, 116)[0]
    for name in names:
        place = _found(entries, name)
        if place is None:
            continue
        start, length = struct.unpack_from("<II", entries, place + 116)
        if length >= cutoff:
            return _joined(content, start, table, size, 1)[:length]
        minis = _numbers(_joined(content, mini, table, size, 1))
        return _joined(_joined(content, root, table, size, 1), start, minis, 64, 0)[:length]
    raise ValueError("no such stream")


def _table(content: bytes, size: int) -> tuple[int, ...]:
    """Read which sector follows which."""
    sectors = list(struct.unpack_from("<109I", content, 76))
    extra, left = struct.unpack_from("<II", content, 68)
    while left and extra < _LAST and len(sectors) * size <= len(content):
        more = _numbers(_sector(content, extra, size, 1))
        sectors.extend(more[:-1])
        extra, left = more[-1], left - 1
    used = [sector for sector in sectors if sector < _LAST]
    return _numbers(b"".join(_sector(content, sector, size, 1) for sector in used))


def _numbers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])


def _sector(content: bytes, number: int, size: int, skipped: int) -> bytes:
    return content[(number + skipped) * size : (number + skipped + 1) * size]


def _joined(content: bytes, start: int, table: tuple[int, ...], size: int, skipped: int) -> bytes:
    """Join the sectors of a chain; ``skipped`` of them come before the first one that is numbered."""
    parts: list[bytes] = []
    most = len(content) // size + 1
    while start < len(table):
        if len(parts) > most:
            raise ValueError("a chain of sectors that never ends")
        parts.append(_sector(content, start, size, skipped))
        start = table[start]
    return b"".join(parts)


def _found(entries: bytes, name: str) -> int | None:
    wanted = name.encode("utf-16-le")
    for place in range(0, len(entries) - _ENTRY + 1, _ENTRY):
        length = struct.unpack_from("<H", entries, place + 64)[0]
        if entries[place : place + max(length - 2, 0)] == wanted:
            return place
    return None
