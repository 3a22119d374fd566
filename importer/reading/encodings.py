"""Which bytes stand for which characters: decided over the whole file, never from its first kilobytes alone."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO, Final

from importer.errors import SourceError

_BOMS: Final[tuple[tuple[bytes, str], ...]] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK: Final = 1 << 20
_STRAY: Final = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A decision and its reason; ``bad_bytes`` are those that it cannot decode."""

    name: str
    why: str
    guessed: bool = False
    bad_bytes: int = 0

    @property
    def errors(self) -> str:
        """How a decoder is to treat bytes that it cannot decode."""
        wide = self.name.startswith(("utf-16", "utf-32"))
        return "replace" if wide else "surrogateescape"


def detect_encoding(stream: BinaryIO, *, declared: str | None = None) -> Encoding:
    """Decide how the bytes are read, in one pass over all of them."""
    head = stream.read(4096)
    if declared is not None:
        return _declared(declared, head)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return _validated(stream, head, name, "it begins with the mark of this encoding")
    if wide := _unmarked_wide(head):
        return Encoding(name=wide, why="every other byte is zero", guessed=True)
    return _validated(stream, head, "utf-8", "all of its bytes are valid in it")


def _declared(declared: str, head: bytes) -> Encoding:
    try:
        codec = codecs.lookup(declared)
    except LookupError:
        raise SourceError(
            f"The encoding {declared!r} is not known. Use a name such as utf-8, cp1252, utf-16 or latin-1."
        ) from None
    if not getattr(codec, "_is_text_encoding", True):
        raise SourceError(f"{declared!r} does not encode text. Use a name such as utf-8, cp1252 or utf-16.")
    name = codec.name
    if name == "utf-8" and head.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    return Encoding(name=name, why="it was declared")


def _unmarked_wide(head: bytes) -> str | None:
    """Recognise UTF-16 and UTF-32 without a byte order mark by where their zero bytes stand."""
    sample = head[: len(head) // 4 * 4]
    if len(sample) < 8:
        return None
    zeros = [sample[offset::4].count(0) / (len(sample) // 4) for offset in range(4)]
    zero = [share > 0.7 for share in zeros]
    if zero == [False, True, True, True]:
        return "utf-32-le"
    if zero == [True, True, True, False]:
        return "utf-32-be"
    if zero == [False, True, False, True]:
        return "utf-16-le"
    if zero == [True, False, True, False]:
        return "utf-16-be"
    return None


def _validated(stream: BinaryIO, head: bytes, name: str, why: str) -> Encoding:
    if name.startswith(("utf-16", "utf-32")):
        return Encoding(name=name, why=why)
    bad, good = _count_bytes(stream, head)
    if not bad:
        return Encoding(name=name, why=why)
    if name == "utf-8-sig" or good > bad:
        return Encoding(
            name=name,
            why=f"{good} of its characters are valid in it and only {bad} bytes are not",
            bad_bytes=bad,
        )
    return Encoding(name="cp1252", why=f"{bad} bytes are not valid UTF-8", guessed=True)


def _count_bytes(stream: BinaryIO, head: bytes) -> tuple[int, int]:
    """Count the bytes that are not valid UTF-8, and the valid characters of more than one byte."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    bad = good = 0
    chunk = head
    while chunk:
        text = "" if chunk.isascii() and not decoder.getstate()[0] else decoder.decode(chunk)
        if not text.isascii():
            bad += len(_STRAY.findall(text))
            good += max(len(chunk) - len(text), 0)  # a valid character of n bytes leaves n - 1 over
        chunk = stream.read(_CHUNK)
    return bad + len(decoder.decode(b"", final=True)), good
