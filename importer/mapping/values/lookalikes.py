"""Letters of other alphabets that look like Latin ones, which no address that a person typed has beside Latin ones."""

from __future__ import annotations

import unicodedata
from typing import Final

_ALPHABETS: Final = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_LOOKALIKES: Final = frozenset(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0443\u0445\u051d\u0475\u043a\u043c\u0442\u043d\u0432\u0433"
    "\u03b1\u03b9\u03ba\u03bd\u03bf\u03c1\u03c5\u03c7\u03c9\u03b3\u03b7\u0578\u0585\u057d\u0570\u0566"
)


def lookalike(text: str) -> str | None:
    """Name a letter of another alphabet in a word that passes for Latin; None where the words are what they seem.

    So does a whole word of another alphabet whose letters all have Latin doubles, before a Latin ending.
    """
    if text.isascii():
        return None
    latin_ending = text.rpartition(".")[2].isascii()
    for word in text.casefold().replace("@", ".").replace("-", ".").split("."):
        foreign = [sign for sign in word if not sign.isascii() and _foreign(sign)]
        latin = any(sign.isascii() and sign.isalpha() for sign in word)
        if foreign and (latin or (latin_ending and _LOOKALIKES.issuperset(foreign))):
            return f"'{foreign[0]}' ({unicodedata.name(foreign[0]).capitalize()})"
    return None


def _foreign(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith(_ALPHABETS)
