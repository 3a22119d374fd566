"""Somebody who watches, and a clock that stands: what is said while work goes on, and when."""

from __future__ import annotations

from importer.runtime.progress import SilentProgress
from tests.sending.runs import AheadClock


class Listener(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


class StandingClock(AheadClock):
    """A clock that a test alone moves."""

    def monotonic(self) -> float:
        return self.ahead_seconds
