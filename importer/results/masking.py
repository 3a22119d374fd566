"""Show the shape of a value without the value: enough to find the row, too little to know the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from importer.runtime.regex import regex

DOT: Final = "\u2022"
_LONGEST: Final = 60
_WORD: Final = regex(r"[^\W\d_]+")
_DIGIT: Final = regex(r"\d")
_QUOTED: Final = regex(r"'[^'\n]{2,}'|\"[^\"\n]{2,}\"|\u201c[^\u201d\n]+\u201d|\u00ab[^\u00bb\n]+\u00bb")
_EMAIL: Final = regex(r"[^\s@,;:<>\"'()]+@[^\s@,;:<>\"'()]+")
_NUMBER: Final = regex(r"\+?\d[\d\s().\-]{4,}\d")


def mask(value: str) -> str:
    """Keep the first letter of each word, the last two digits and every mark between; dots stand for the rest."""
    shown = _WORD.sub(lambda word: word[0][:1] + DOT * (len(word[0]) - 1), value)
    digits = len(_DIGIT.findall(shown))
    hidden = _DIGIT.sub(DOT, shown, count=max(digits - 2, 0)) if digits > 2 else _DIGIT.sub(DOT, shown)
    return hidden if len(hidden) <= _LONGEST else hidden[: _LONGEST - 1] + "\u2026"


def mask_sentence(sentence: str, cells: Sequence[str] = ()) -> str:
    """Mask in a sentence the row's own cells, the words of theirs that it quotes, and any e-mail or long number.

    What else it quotes, as the vendor's words, stays: it tells why the row failed.
    """
    for cell in sorted({cell for cell in cells if len(cell) > 3}, key=len, reverse=True):
        if cell in sentence:
            sentence = sentence.replace(cell, mask(cell))
    whole = {cell.strip() for cell in cells}
    own = {word.casefold() for cell in cells for word in _WORD.findall(cell)}
    sentence = _QUOTED.sub(
        lambda quote: mask(quote[0]) if quote[0][1:-1].strip() in whole else _mask_words(quote[0], own),
        sentence,
    )
    return _NUMBER.sub(lambda found: mask(found[0]), _EMAIL.sub(lambda found: mask(found[0]), sentence))


def _mask_words(text: str, own: set[str]) -> str:
    return _WORD.sub(lambda word: mask(word[0]) if word[0].casefold() in own else word[0], text)
