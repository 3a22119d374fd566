"""Show the shape of a value without the value: enough to find the row, too little to know the person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

DOT: Final = "\u2022"
_LONGEST: Final = 60
_WORD: Final = re.compile(r"[^\W\d_]+")
_DIGIT: Final = re.compile(r"\d")
_QUOTED: Final = re.compile(r"'[^'\n]{2,}'|\"[^\"\n]{2,}\"|\u201c[^\u201d\n]+\u201d|\u00ab[^\u00bb\n]+\u00bb")
_EMAIL: Final = re.compile(r"[^\s@,;:<>\"'()]+@[^\s@,;:<>\"'()]+")
_NUMBER: Final = re.compile(r"\+?\d[\d\s().\-]{4,}\d")


def mask(value: str) -> str:
    """Keep the first letter of each word, the last two digits and every mark between; dots stand for the rest."""
    shown = _WORD.sub(lambda word: word[0][:1] + DOT * (len(word[0]) - 1), value)
    digits = len(_DIGIT.findall(shown))
    hidden = _DIGIT.sub(DOT, shown, count=max(digits - 2, 0)) if digits > 2 else _DIGIT.sub(DOT, shown)
    return hidden if len(hidden) <= _LONGEST else hidden[: _LONGEST - 1] + "\u2026"


def mask_sentence(sentence: str, cells: Iterable[str] = ()) -> str:
    """Mask in a sentence what it quotes, whatever looks like an e-mail or a number, and the row's own cells."""
    for cell in sorted({cell for cell in cells if len(cell) > 3}, key=len, reverse=True):
        if cell in sentence:
            sentence = sentence.replace(cell, mask(cell))
    sentence = _QUOTED.sub(lambda quote: quote[0][0] + mask(quote[0][1:-1]) + quote[0][-1], sentence)
    return _NUMBER.sub(lambda found: mask(found[0]), _EMAIL.sub(lambda found: mask(found[0]), sentence))
