"""What people see while a run goes on: a bar on a terminal, a line now and then elsewhere, nothing when asked."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Never, Protocol, Self, TextIO

from importer.records import Outcome, RowId
from importer.results.course import Course
from importer.results.summary_log import log_summary
from importer.results.summary_text import render_summary
from importer.results.wording import duration
from importer.results.wrapping import fitted
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.logs import logger_of

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Progress", "log_summary", "open_progress", "render_summary"]

_BAR_SECONDS: Final = 0.2
_LINE_SECONDS: Final = 5.0
_TICK_SECONDS: Final = 1.0
_LONG_HOLD_SECONDS: Final = 60.0
"""A hold within the burst window is everyday; one that is longer is said in a line of its own."""


class Display(Protocol):
    """Where progress is shown; ``seconds`` is the least time between two showings."""

    seconds: float

    def show(self, course: Course, now: float) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


class Bar:
    """A tqdm bar. Our own sentence stands beside it, since tqdm's forecast does not know the quota."""

    seconds = _BAR_SECONDS

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm[Never] | None = None
        self._redirected: list[logging.StreamHandler[Any]] = []

    def show(self, course: Course, now: float) -> None:
        parts = [
            course.progressed(),
            course.motion(now),
            course.tallied(short=True),
        ]
        # The sentence is part of the format: given as a description it would be missing from the first bar drawn.
        sentence = ", ".join(part for part in parts if part).replace("{", "{{").replace("}", "}}")
        layout = "{percentage:3.0f}%|{bar}| " + sentence
        bar = self._opened(course.planned_rows, layout)
        bar.total = course.planned_rows
        bar.n = min(course.sent_rows, course.planned_rows)
        bar.bar_format = layout
        bar.refresh()

    def say(self, text: str) -> None:
        from tqdm import tqdm

        tqdm.write(fitted(text, self._stream), file=self._stream)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        for handler in self._redirected:
            handler.setStream(self._stream)
        self._redirected.clear()

    def _opened(self, total: int, layout: str) -> tqdm[Never]:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=total, file=self._stream, dynamic_ncols=True, bar_format=layout)
            self._redirect_logs()
        return self._bar

    def _redirect_logs(self) -> None:
        # A log line written past the bar would land in the middle of it.
        for handler in logging.getLogger("importer").handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is self._stream:
                handler.setStream(_AboveBar(self))
                self._redirected.append(handler)


class _AboveBar:
    """A stream for logs whose lines go above a bar."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar

    def write(self, text: str) -> None:
        if text := text.rstrip("\n"):
            self._bar.say(text)

    def flush(self) -> None:
        """Hold nothing back here."""


class Lines:
    """A line every few seconds, for pipes, CI and collectors of logs."""

    seconds = _LINE_SECONDS

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._last = ""

    def show(self, course: Course, now: float) -> None:
        line = course.line(now)
        if line != self._last:
            self._last = line
            self._write(line)

    def say(self, text: str) -> None:
        self._write(text)

    def close(self) -> None:
        """Close nothing: nothing is open."""


class MessagesOnly(Lines):
    """Lines without the progress."""

    def show(self, course: Course, now: float) -> None:
        """Show nothing."""


class Progress:
    """Follow the sending of a run. Satisfies ``SendingProgress``; without a display it only counts."""

    def __init__(
        self,
        display: Display | None = None,
        *,
        clock: Clock | None = None,
        tick_seconds: float = _TICK_SECONDS,
    ) -> None:
        self._display = display
        self._tick_seconds = tick_seconds
        self._clock = clock or SystemClock()
        self._shown_at = self._clock.monotonic()
        self._stale = False
        self._ticking: asyncio.TimerHandle | None = None
        self._context = contextvars.copy_context()
        self.course = Course(now=self._shown_at)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def planned(self, rows: int, requests: int, seconds: float) -> None:
        # What is logged at the very end, outside of the run's own context, is to carry its run id as well.
        self._context = contextvars.copy_context()
        self.course.plan(rows, requests, seconds)
        self._refresh(at_once=True)
        self._keep_ticking()

    def landed(self, rows: Sequence[RowId]) -> None:
        self.course.land(rows)
        self._refresh()

    def settled(self, outcome: Outcome) -> None:
        self.course.settle(outcome.row, outcome.status, self._clock.monotonic())
        self._refresh()

    def requested(self, location_id: str, seconds: float, throttled: bool) -> None:  # noqa: ARG002, FBT001
        self.course.request(location_id, self._clock.monotonic(), throttled=throttled)
        self._refresh()

    def holding(self, location_id: str, seconds: float, reason: str) -> None:
        self.course.hold(location_id, self._clock.monotonic() + seconds, reason)
        if seconds >= _LONG_HOLD_SECONDS:
            self.message(f"Location {location_id} waits {duration(seconds)}: {reason}.")
        self._refresh(at_once=True)

    def message(self, text: str) -> None:
        if self._display is not None:
            self._display.say(text)

    def close(self) -> None:
        """Show the last state and leave the terminal in order; calling it again does no harm."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        if self._display is not None:
            if self._stale:
                self._context.run(self._refresh, at_once=True)
            self._display.close()
            self._display = None

    def _refresh(self, *, at_once: bool = False) -> None:
        self._stale = True
        if self._display is None or not self.course.planned_rows:
            return
        now = self._clock.monotonic()
        if at_once or now - self._shown_at >= self._display.seconds:
            self._shown_at = now
            self._stale = False
            self._display.show(self.course, now)

    def _keep_ticking(self) -> None:
        # While all locations are held no row settles, and without a tick the time left would stand still for hours.
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._ticking is not None:
            self._ticking.cancel()
        self._ticking = loop.call_later(self._tick_seconds, self._tick)

    def _tick(self) -> None:
        self._refresh()
        self._keep_ticking()


def open_progress(
    *,
    quiet: bool = False,
    no_progress: bool = False,
    stream: TextIO | None = None,
    log_format: str = "text",
    clock: Clock | None = None,
) -> Progress:
    """Choose how progress is shown: a bar on a terminal, lines elsewhere, nothing with ``quiet``.

    With ``log_format="json"`` the lines go to the log. With ``no_progress`` only messages come through.
    """
    if quiet:
        return Progress(clock=clock)
    shown = stream or sys.stderr
    if log_format != "json" and not no_progress and shown.isatty():
        return Progress(Bar(shown), clock=clock)

    def print_line(text: str) -> None:
        print(fitted(text, shown), file=shown, flush=True)

    write = logger_of("importer.runtime.progress").info if log_format == "json" else print_line
    return Progress(MessagesOnly(write) if no_progress else Lines(write), clock=clock)
