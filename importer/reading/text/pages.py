"""Which code page a text without any mark is probably in: a guess, and said to be one.

Under each page the words are weighed by the letters of the languages that the page was made for: a word is as likely
as its rarest letters are in the language that explains it best, and a page as likely as all of its words. Letters of
other languages, neighbours that a language does not write, signs inside words and capitals behind small letters make a
word unlikely without forbidding it. The words of ASCII in the header speak for the languages that name columns so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from importer.reading.text.languages import PAGES, Language, Page
from importer.runtime.regex import regex

_LOOKED_AT: Final = 100
"""Different words that are weighed; more of them change no decision, as lists in thirty languages showed."""

_MARKS: Final = frozenset("’‘“”„«»–—…€£°ªº·×®©™´§\xa0¿¡")  # noqa: RUF001  (these very signs)
"""Signs that lists in many languages hold between words and at their edges."""

_STRANGE_LETTER: Final = math.log(0.0008)
_MARK: Final = math.log(0.01)
_STRANGE_SIGN: Final = math.log(0.00003)
_ODD_CAPITAL: Final = math.log(0.004)
_NEVER_WRITTEN: Final = math.log(0.004)
_ODD_ASCII: Final = math.log(0.02)
"""A letter or sign of ASCII inside a word of another script: the second byte of a character of two bytes is free otherwise."""

_INSIDE_NO_WORD: Final = frozenset("@[\\]_`{}")
_SPOKEN: Final = 2.5
"""How much a page gains whose languages the header speaks."""


def guess_pages(words: Sequence[bytes], *, header: bytes = b"", most: int = 3) -> tuple[str, ...]:
    """Rank the pages under which the words read most like names; cp1252 where nothing speaks for another.

    Behind the first are up to ``most`` in all that read all of the words, and each otherwise.
    """
    distinct = list(dict.fromkeys(words))
    looked_at = distinct[:_LOOKED_AT]
    if not looked_at:
        return (PAGES[0].codec,)
    spoken = frozenset(_HEADER_WORD.findall(header.decode("ascii", "replace").lower()))
    best, *others = sorted(PAGES, key=lambda page: -_likelihood(page, looked_at, spoken))
    chosen = _most_usual(best, distinct)
    read = {_read(chosen, looked_at): chosen.codec}
    for other in others:
        if len(read) < most and "\ufffd" not in (text := _read(other, looked_at)):
            read.setdefault(text, other.codec)
    return tuple(read.values())


def _read(page: Page, words: Sequence[bytes]) -> str:
    return "\n".join(word.decode(page.codec, "replace") for word in words)


_HEADER_WORD: Final = regex(r"(?<![\w\ufffd])[a-z]+(?![\w\ufffd])")


def _most_usual(page: Page, words: Sequence[bytes]) -> Page:
    """Prefer the page that is most usual before a byte is seen among those that read the very same characters."""
    texts = [word.decode(page.codec, "replace") for word in words]
    same = (
        other
        for other in PAGES
        if other.rarity > page.rarity
        and all(word.decode(other.codec, "replace") == text for word, text in zip(words, texts, strict=True))
    )
    return max(same, key=lambda other: other.rarity, default=page)


def is_foreign(words: Sequence[bytes]) -> bool:
    """Tell another script: no western word has three letters with accents in a row, its words have nothing else."""
    inside = sum(len(re.findall(rb"[\x80-\xff]", word)) for word in words)
    runs = sum(len(run) for word in words for run in re.findall(rb"[\x80-\xff]{3,}", word))
    return runs * 2 > inside


def _likelihood(page: Page, words: Sequence[bytes], spoken: frozenset[str]) -> float:
    """Give the logarithm of how likely the words are under a page, the languages being as mixed as they show."""
    texts = [word.decode(page.codec, "replace") for word in words]
    scores = [[_of_word(page, language, text) for language in page.languages] for text in texts]
    heard = [len(spoken & language.headers) for language in page.languages]
    weights = [language.weight * _HEARD**count for language, count in zip(page.languages, heard, strict=True)]
    weights = _mixed(scores, weights)
    bonus = _SPOKEN * min(max(heard, default=0), 2) / 2
    return page.rarity + bonus + sum(_either(row, weights) for row in scores)


_HEARD: Final = 3.0
"""How much more a language is expected for each word of it in the header."""


def _mixed(scores: Sequence[Sequence[float]], weights: Sequence[float]) -> list[float]:
    """Weigh the languages anew by the words that each explains; none is ever ruled out."""
    shares = list(weights)
    for row in scores:
        best = max(row)
        each = [weight * math.exp(score - best) for score, weight in zip(row, weights, strict=True)]
        total = sum(each)
        shares = [share + one / total for share, one in zip(shares, each, strict=True)]
    return shares


def _either(row: Sequence[float], weights: Sequence[float]) -> float:
    best, total = max(row), sum(weights)
    likely = sum(weight * math.exp(score - best) for score, weight in zip(row, weights, strict=True))
    return best + math.log(likely / total)


def _of_word(page: Page, language: Language, text: str) -> float:
    known = _letters(page, language)
    score, before = _of_ascii(page, text), ""
    if language.never is not None:
        score += _NEVER_WRITTEN * len(language.never.findall(text.lower()))
    for sign in text:
        if not sign.isascii():
            score += known.get(sign) or _unknown(page, sign)
        if before.islower() and sign.isupper() and not (before.isascii() and sign.isascii()):
            score += _ODD_CAPITAL
        before = sign
    return score


def _of_ascii(page: Page, text: str) -> float:
    """Weigh the ASCII of a word: free in Latin words, except for signs that stand in no word of any language."""
    if page.usual:
        return 0.0
    odd = sum(sign in _INSIDE_NO_WORD for sign in text)
    if not page.latin:
        odd += sum(sign.isascii() and sign.isalpha() for sign in text)
    return odd * _ODD_ASCII


@cache
def _letters(page: Page, language: Language) -> Mapping[str, float]:
    """Give each letter's logarithm of frequency; the n-th comes about n times less often than the first."""
    ranks = {letter: rank for rank, letter in reversed(list(enumerate(language.letters)))}
    spread = 3 + len(ranks) / 4
    total = sum(1 / (rank + spread) for rank in ranks.values())
    share = 0.6 if page.usual else 0.97
    found = {letter: math.log(share / (rank + spread) / total) for letter, rank in ranks.items()}
    capitals = {letter.upper(): value - 0.5 for letter, value in found.items() if len(letter.upper()) == 1}
    return capitals | found


@cache
def _unknown(page: Page, sign: str) -> float:
    if page.usual and sign.isalpha():
        return _RARE_CHARACTER if _encodes(page.usual, sign) else _RAREST_CHARACTER
    if sign.isalpha():
        return _STRANGE_LETTER
    return _MARK if sign in _MARKS else _STRANGE_SIGN


_RARE_CHARACTER: Final = math.log(0.4 / 3000)
_RAREST_CHARACTER: Final = math.log(0.01 / 20_000)


def _encodes(codec: str, sign: str) -> bool:
    try:
        return len(sign.encode(codec)) > 1
    except UnicodeEncodeError:
        return False
