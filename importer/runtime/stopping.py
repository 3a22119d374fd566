"""The wish to end a run early: asked for by a signal or a limit, heard by whoever takes the next piece of work."""

from __future__ import annotations

from collections.abc import Callable

from importer.errors import StopError


class StopSignal:
    """Carry one wish to stop; the first reason counts."""

    def __init__(self) -> None:
        self.reason: StopError | None = None
        self._listeners: list[Callable[[StopError], None]] = []

    def request(self, reason: StopError) -> None:
        """Ask for the end; listeners are told at once, later reasons are dropped."""
        if self.reason is not None:
            return
        self.reason = reason
        for listener in self._listeners:
            listener(reason)

    def listen(self, listener: Callable[[StopError], None]) -> None:
        """Call ``listener`` when the end is asked for, or now if it was already."""
        self._listeners.append(listener)
        if self.reason is not None:
            listener(self.reason)

    def check(self) -> None:
        """Raise the reason if the end was asked for."""
        if self.reason is not None:
            raise self.reason
