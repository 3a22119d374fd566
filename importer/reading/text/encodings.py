"""Which bytes stand for which characters: decided over the whole file, never from its first kilobytes alone."""

from __future__ import annotations

import codecs
from collections import Counter
from typing import BinaryIO, Final

from importer.errors import SourceError
from importer.reading.text.blemishes import has_blemishes
from importer.records import value_type
from importer.runtime.regex import regex

_BOMS: Final[tuple[tuple[bytes, str], ...]] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK: Final = 1 << 20
_WORDS: Final = 2000
_SHOWN_LETTERS: Final = 8
_WORD: Final = regex(rb"[A-Za-z]{0,12}[\x80-\xff][\x40-\xff]{0,40}")
"""A run of letters that holds a byte beyond ASCII; the second byte of a character may be a letter of ASCII."""
_STRAY: Final = regex("[\udc80-\udcff]")


@value_type(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A decision and its reason."""

    name: str
    why: str
    guessed: bool = False
    letters: str = ""
    """Some letters beyond ASCII, or signs where it has none, that the bytes stand for: by them a person sees whether a
    guess is right."""
    rivals: tuple[str, ...] = ()
    """Other encodings that a guess may have missed, the likeliest first; each reads the text otherwise."""
    blemished: bool = True
    """False where a look at all bytes showed that no row can hold damaged characters."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """Say that the encoding is a guess, where it is."""
        if not self.guessed:
            return ()
        kind = "letters" if self.letters.isalpha() else "signs"
        such = f", by which its {kind} are {' '.join(self.letters)}" if self.letters else ""
        doubt = (
            f"The encoding {self.name} is a guess{such}. Look at names with accents, and declare the file's encoding "
            "(--encoding, or source: encoding in the mapping) if they are wrong."
        )
        return (doubt,)

    def decoder(self) -> codecs.IncrementalDecoder:
        """Make a decoder that puts a lone surrogate in the place of what it cannot decode, and drops nothing."""
        wide = self.name.startswith(("utf-16", "utf-32"))
        return codecs.getincrementaldecoder(self.name)(_MARK_ERRORS if wide else "surrogateescape")


_MARK_ERRORS: Final = "importer.mark"


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(_MARK_ERRORS, _mark)


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
    name = codec.name
    if not getattr(codec, "_is_text_encoding", True) or name in _NO_FILES:
        raise SourceError(
            f"{declared!r} is no encoding of a text file. Use a name such as utf-8, cp1252 or utf-16."
        )
    if name == "utf-8" and head.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    if name in _MARKED and not head.startswith(_MARKED[name]):
        name = _declared_wide(name, head)
    return Encoding(name=name, why="it was declared")


_NO_FILES: Final = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
"""Codecs of Python for names of hosts and for source code."""

_MARKED: Final = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


def _declared_wide(name: str, head: bytes) -> str:
    """Choose the order of bytes of a text without the mark that would tell it; zero bytes stand on one side."""
    if head and b"\x00" not in head:
        raise SourceError(
            f"The file is declared as {name}, but it has no mark of that encoding and no zero byte, as commas and line "
            "ends have there. Leave the encoding out, and it is detected."
        )
    width = int(name[-2:]) // 8
    zeros = [head[offset::width].count(0) for offset in (0, width - 1)]
    return f"{name}-be" if zeros[0] > zeros[1] else f"{name}-le"


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


_SHIFTS: Final = (
    (b"\x1b$)C", "iso2022_kr"),
    (b"\x1b$B", "iso2022_jp_ext"),
    (b"\x1b$@", "iso2022_jp_ext"),
    (b"\x1b(I", "iso2022_jp_ext"),
)


def _shifted(chunk: bytes) -> str:
    """Recognise the seven-bit encodings of East Asia: they are valid UTF-8 too, with control characters for names."""
    if b"\x1b" not in chunk:
        return ""
    return next((name for sequence, name in _SHIFTS if sequence in chunk), "")


def _validated(stream: BinaryIO, head: bytes, name: str, why: str) -> Encoding:
    if name.startswith(("utf-16", "utf-32")):
        return Encoding(name=name, why=why)
    seen = _Bytes()
    chunk = head
    while chunk:
        seen.take(chunk)
        chunk = stream.read(_CHUNK)
    seen.finish()
    if seen.shifted and not seen.bad and not seen.good:
        return Encoding(
            name=seen.shifted, why="it changes its alphabet by the escape sequences of this encoding"
        )
    if not seen.bad:
        return Encoding(name=name, why=why, blemished=seen.blemished)
    if name == "utf-8-sig" or seen.is_rather_utf8():
        why = f"{seen.good} of its characters are valid in it and only {seen.bad} bytes are not"
        return Encoding(name=name, why=why)
    from importer.reading.text.pages import (
        guess_pages,
    )  # the letters of thirty languages, for what is not UTF-8

    page, *rivals = guess_pages(seen.words, header=head.lstrip().splitlines()[0])
    return Encoding(
        name=page,
        why=f"{seen.bad} bytes are not valid UTF-8",
        guessed=True,
        letters=_letters(seen.words, page),
        rivals=tuple(rivals),
    )


def _letters(words: list[bytes], page: str) -> str:
    """Choose the letters beyond ASCII that stand in most words, or the signs of a text without such letters."""
    text = "".join(word.decode(page, "replace") for word in words)
    counts = Counter(sign for sign in text if not sign.isascii() and sign.isprintable())
    letters = Counter({sign: count for sign, count in counts.items() if sign.isalpha()})
    return "".join(sign for sign, _ in (letters or counts).most_common(_SHOWN_LETTERS))


class _Bytes:
    """What all bytes of a text are, chunk by chunk."""

    def __init__(self) -> None:
        self.bad = 0
        self.good = 0
        """Bytes of valid characters beyond the first byte of each."""
        self.blemished = False
        self.shifted = ""
        """The encoding whose escape sequences were met."""
        self.words: list[bytes] = []
        self._rest = b""

    def take(self, chunk: bytes) -> None:
        self.blemished = self.blemished or b"\x00" in chunk
        self.shifted = self.shifted or _shifted(chunk)
        if chunk.isascii() and not self._rest:
            return
        chunk = self._rest + chunk
        try:
            text, taken = codecs.utf_8_decode(chunk, "strict", False)
        except UnicodeDecodeError:
            text, taken = codecs.utf_8_decode(chunk, "surrogateescape", False)
            self.bad += len(_STRAY.findall(text))
            if len(self.words) < _WORDS:
                self.words.extend(_WORD.findall(chunk)[:_WORDS])
        self.good += taken - len(text)
        self.blemished = self.blemished or has_blemishes(chunk)
        self._rest = chunk[taken:]

    def finish(self) -> None:
        self.bad += len(self._rest)

    def is_rather_utf8(self) -> bool:
        """Weigh valid characters against invalid bytes: in text of a single-byte page they are hardly ever valid.

        In western text less than one in ten happens to be; in Cyrillic, Greek or East Asian text up to a third.
        """
        from importer.reading.text.pages import is_foreign

        return self.good > self.bad or (2 * self.good >= self.bad > 0 and not is_foreign(self.words))
