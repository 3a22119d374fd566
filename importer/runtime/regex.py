"""Patterns that are compiled when they are first used.

A command loads two hundred of them, and a small file meets a third: compiling the others was a fifteenth of
``importer check`` for ten rows. What each row passes is compiled with its module, by ``re.compile``: a call through
here takes 35 ns more.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, AnyStr, Generic, cast


class _Uncompiled(Generic[AnyStr]):
    """Stand where a compiled pattern is expected, for its methods and attributes."""

    def __init__(self, pattern: AnyStr, flags: re.RegexFlag) -> None:
        self.pattern: AnyStr = pattern
        self._given_flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[AnyStr]:
        return re.compile(self.pattern, self._given_flags)

    def __getattr__(self, name: str) -> Any:
        """Compile, and keep what was asked for: the next use finds it as an attribute, without a call."""
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found


def regex(pattern: AnyStr, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[AnyStr]:
    """Name a pattern without compiling it yet; a mistake in it shows at its first use, and in the test of all of them."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(pattern, flags))
