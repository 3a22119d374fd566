"""Colours of a terminal: only where a terminal shows them, and never against the user's wish."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, TextIO

from importer.records import Status, value_type

_RESET: Final = "\x1b[0m"
_STATUS: Final = {
    Status.CREATED: "32",
    Status.UPDATED: "36",
    Status.SKIPPED: "2",
    Status.FAILED: "31",
    Status.PENDING: "33",
}


@value_type(frozen=True, slots=True)
class Palette:
    """Wrap text in colours, or leave it as it is."""

    enabled: bool = False

    def bold(self, text: str) -> str:
        return self._wrap(text, "1")

    def dim(self, text: str) -> str:
        return self._wrap(text, "2")

    def status(self, status: Status, text: str) -> str:
        return self._wrap(text, _STATUS[status])

    def _wrap(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if self.enabled else text


def palette_for(stream: TextIO, environment: Mapping[str, str] | None = None) -> Palette:
    """Choose: NO_COLOR (any value) wins, then FORCE_COLOR; otherwise colours on a terminal that is not dumb."""
    given = os.environ if environment is None else environment
    if given.get("NO_COLOR"):
        return Palette(enabled=False)
    if given.get("FORCE_COLOR"):
        return Palette(enabled=True)
    return Palette(enabled=stream.isatty() and given.get("TERM") != "dumb")
