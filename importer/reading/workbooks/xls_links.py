"""The links of an .xls sheet that write to somebody: records behind its cells, and formulas."""

from __future__ import annotations

import struct
from typing import Final

LINK: Final = 0x01B8
_BODY: Final = 32
"""Where a link's object begins: behind its area, the id of its kind and its version."""
_HAS_TARGET, _HAS_SHOWN, _HAS_FRAME, _TARGET_AS_TEXT = 0x1, 0x10, 0x80, 0x100
_URL: Final = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
_SIGN: Final = b"mailto:"
_TEXT_TOKEN: Final = 0x17
_BEFORE: Final = 3
"""Bytes in front of a text in a formula: what it is, how long, and how many bytes a letter takes."""


def target_of(body: bytes) -> str:
    """Read where a link leads to; blank where that is a file, a cell, or not written as a text."""
    (flags,) = struct.unpack_from("<I", body, _BODY - 4)
    place = _BODY
    for flag in (_HAS_SHOWN, _HAS_FRAME):
        if flags & flag:
            place += 4 + 2 * struct.unpack_from("<I", body, place)[0]
    if not flags & _HAS_TARGET:
        return ""
    if flags & _TARGET_AS_TEXT:
        (letters,) = struct.unpack_from("<I", body, place)
        return _text(body[place + 4 : place + 4 + 2 * letters])
    if body[place : place + 16] != _URL:
        return ""
    (size,) = struct.unpack_from("<I", body, place + 16)
    return _text(body[place + 20 : place + 20 + size])


def _text(content: bytes) -> str:
    return content[: len(content) // 2 * 2].decode("utf-16-le", "replace").partition("\0")[0]


def target_in(formula: bytes) -> str:
    """Find the text of a formula that writes to somebody, such as HYPERLINK("mailto:ann@x.com", "Write me")."""
    for sign, wide in ((_SIGN, 0), (_SIGN.decode().encode("utf-16-le"), 1)):
        place = formula.find(sign)
        if place >= _BEFORE and formula[place - _BEFORE] == _TEXT_TOKEN and formula[place - 1] == wide:
            text = formula[place : place + formula[place - 2] * (1 + wide)]
            return text.decode("utf-16-le" if wide else "latin-1", "replace")
    return ""
