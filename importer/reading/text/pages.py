"""Which single-byte page a text without any mark is probably in: a guess, and said to be one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

WORD: Final = re.compile(rb"[A-Za-z]{0,12}[\x80-\xff]+[A-Za-z\x80-\xff]{0,24}")
"""A run of letters that holds a byte beyond ASCII."""

_WESTERN: Final = ("cp1252", "mac-roman", "cp850")
_CYRILLIC: Final = ("cp1251", "koi8-r", "cp866", "iso8859-5")
_OTHERS: Final = ("cp1253", "cp1255", "cp1256")
_MARGIN: Final = 0.15
"""How much better another page has to read before it is preferred to the usual one."""


def guess_page(words: Sequence[bytes]) -> str:
    """Choose the page under which the words read most like words; cp1252 unless another is clearly better."""
    if not words:
        return "cp1252"
    candidates = (*_CYRILLIC, *_OTHERS) if is_foreign(words) else _WESTERN
    scores = {page: _score(words, page) for page in candidates}
    usual = candidates[0]
    best = max(scores, key=lambda page: scores[page])
    return best if scores[best] > scores[usual] + _MARGIN else usual


def is_foreign(words: Sequence[bytes]) -> bool:
    """Tell another script: no western word has three letters with accents in a row, its words have nothing else."""
    inside = sum(len(re.findall(rb"[\x80-\xff]", word)) for word in words)
    runs = sum(len(run) for word in words for run in re.findall(rb"[\x80-\xff]{3,}", word))
    return runs * 2 > inside


def _score(words: Sequence[bytes], page: str) -> float:
    """Rate how much the words read like words: letters in lower case inside, a capital only at the front."""
    good = total = 0
    for word in words:
        text = word.decode(page, "replace")
        for place, sign in enumerate(text):
            if sign.isascii():
                continue
            total += 1
            before = text[place - 1] if place else ""
            capital_inside = sign.isupper() and before.islower()
            good += (
                sign.isalpha()
                and not capital_inside
                and (place == 0 or not sign.isupper() or before.isupper())
            )
    return good / max(total, 1)
