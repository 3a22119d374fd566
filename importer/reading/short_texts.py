"""Answers about short texts, kept: detection looks at the same first rows many times over, in one reading or another."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

_Answer = TypeVar("_Answer")

_LONGEST: Final = 80
"""A longer text is seldom looked at twice, and keeping it would cost memory without a bound."""
_KEPT: Final = 4_096


def remembered(ask: Callable[[str], _Answer]) -> Callable[[str], _Answer]:
    """Keep what a pure function says of short texts."""
    known = lru_cache(maxsize=_KEPT)(ask)

    @wraps(ask)
    def answer(text: str) -> _Answer:
        return known(text) if len(text) <= _LONGEST else ask(text)

    return answer
