"""Our secrets in what others say: they are taken out before anything is stored or shown. Pure."""

from __future__ import annotations

import re
from typing import Final

from importer.runtime.regex import regex

_MASK: Final = b"***"
_TELLING: Final = 12
"""So long a beginning of a secret gives it away to whoever sees the rest elsewhere; shorter ones are in any text."""
_SHORTEST: Final = 6
_STEM: Final = 4
"""So much of a beginning the tokens of one kind have in common (`pit-`, `eyJh`)."""
_ESCAPED: Final = regex(rb"(?<!\\)((?:\\\\)*)\\u00(2[dDeE]|3\d|4[1-9a-fA-F]|5[\daAfF]|6[1-9a-fA-F]|7[\daA])")
"""A letter, digit or sign of a token, written as JSON may write it."""


class Redaction:
    """Knows the secrets that were sent, and takes them out of what comes back: whole, and cut short.

    A run to hundreds of locations has as many tokens, and looks for all of them in each reply: most begin alike, and a
    reply without such a beginning is seen through at once.
    """

    __slots__ = ("_beginnings", "_known", "_pattern", "_stems")

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._beginnings: dict[bytes, None] = {}
        self._stems: tuple[bytes, ...] = ()
        self._pattern: re.Pattern[bytes] | None = None
        """Made when it is wanted: for each secret that is learnt, all of them would be put into it anew."""

    def learn(self, secret: str) -> None:
        """Remember a secret; one that is shorter than any is passed over, for it would take words out."""
        if secret in self._known or len(secret) < _SHORTEST:
            return
        self._known.add(secret)
        beginning = secret[:_TELLING].encode().lower()
        self._beginnings[beginning] = None
        if beginning[:_STEM] not in self._stems:
            self._stems += (beginning[:_STEM],)
        self._pattern = None

    def clean(self, body: bytes) -> bytes:
        """Take every known secret out of a body, however its signs are written."""
        plain = body
        if b"\\u00" in body:
            plain = _ESCAPED.sub(lambda found: found[1] + bytes.fromhex(found[2].decode()), body)
        if not self._may_hold_one(plain):
            return body
        if self._pattern is None:
            longest_first = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile(
                b"|".join(dict.fromkeys(map(_as_pattern, longest_first))), re.IGNORECASE
            )
        return self._pattern.sub(_MASK, plain)

    def _may_hold_one(self, body: bytes) -> bool:
        """Look quickly, since nearly no reply quotes a secret: the pattern costs as much as reading the reply."""
        lowered = body.lower()
        for stem in self._stems:
            if stem in lowered:
                return any(each in lowered for each in self._beginnings)
        return False

    def clean_text(self, text: str) -> str:
        return self.clean(text.encode(errors="replace")).decode(errors="replace")


def _as_pattern(secret: str) -> bytes:
    """Match a secret's telling beginning, and whatever of a token follows it."""
    return re.escape(secret[:_TELLING]).encode() + (rb"[\w.~+/=-]*" if len(secret) > _TELLING else b"")
