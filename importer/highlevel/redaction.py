"""Our secrets in what others say: they are taken out before anything is stored or shown. Pure."""

from __future__ import annotations

import re
from typing import Final

from importer.runtime.regex import regex

_MASK: Final = b"***"
_TELLING: Final = 12
"""So long a beginning of a secret gives it away to whoever sees the rest elsewhere; shorter ones are in any text."""
_SHORTEST: Final = 6
_ESCAPED: Final = regex(rb"(?<!\\)((?:\\\\)*)\\u00(2[dDeE]|3\d|4[1-9a-fA-F]|5[\daAfF]|6[1-9a-fA-F]|7[\daA])")
"""A letter, digit or sign of a token, written as JSON may write it."""


class Redaction:
    """Knows the secrets that were sent, and takes them out of what comes back: whole, and cut short."""

    __slots__ = ("_beginnings", "_known", "_pattern")

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._beginnings: tuple[bytes, ...] = ()
        self._pattern: re.Pattern[bytes] | None = None

    def learn(self, secret: str) -> None:
        """Remember a secret; one that is shorter than any is passed over, for it would take words out."""
        if len(secret) < _SHORTEST or secret in self._known:
            return
        self._known.add(secret)
        self._beginnings = tuple({each[:_TELLING].lower().encode() for each in self._known})
        longest_first = sorted(self._known, key=len, reverse=True)
        patterns = dict.fromkeys(map(_as_pattern, longest_first))
        self._pattern = re.compile(b"|".join(patterns), re.IGNORECASE)

    def clean(self, body: bytes) -> bytes:
        """Take every known secret out of a body, however its signs are written."""
        escaped = b"\\u00" in body
        if self._pattern is None or not (escaped or self._may_hold_one(body)):
            return body
        if escaped:
            body = _ESCAPED.sub(lambda found: found[1] + bytes.fromhex(found[2].decode()), body)
        return self._pattern.sub(_MASK, body)

    def _may_hold_one(self, body: bytes) -> bool:
        """Look quickly, since nearly no reply quotes a secret: the pattern costs as much as reading the reply."""
        lowered = body.lower()
        for beginning in self._beginnings:  # noqa: SIM110  (a generator would take longer than the one secret there is)
            if beginning in lowered:
                return True
        return False

    def clean_text(self, text: str) -> str:
        return self.clean(text.encode(errors="replace")).decode(errors="replace")


def _as_pattern(secret: str) -> bytes:
    """Match a secret's telling beginning, and whatever of a token follows it."""
    return re.escape(secret[:_TELLING]).encode() + (rb"[\w.~+/=-]*" if len(secret) > _TELLING else b"")
