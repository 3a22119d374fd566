"""What the sender tells whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from importer.records import Outcome, RowId, Status, value_type
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.logs import logger_of

logger = logger_of(__name__)

_LEAST_SECONDS: Final = 0.1
"""Between two calls for rows alone: a thousand rows a second are no reason for a thousand calls."""


class SendingProgress(Protocol):
    """Told on the loop, so it must not block."""

    def planned(self, rows: int, requests: int, seconds: float) -> None: ...

    def landed(self, rows: Sequence[RowId]) -> None:
        """Hear of rows that are stored, and wait for their tags or what else follows."""
        ...

    def settled(self, outcome: Outcome) -> None: ...

    def requested(self, location_id: str, seconds: float, throttled: bool) -> None: ...  # noqa: FBT001  (an agreed signature)

    def holding(self, location_id: str, seconds: float, reason: str) -> None: ...

    def message(self, text: str) -> None: ...


class SilentProgress:
    """Nobody watches."""

    def planned(self, rows: int, requests: int, seconds: float) -> None: ...

    def landed(self, rows: Sequence[RowId]) -> None: ...

    def settled(self, outcome: Outcome) -> None: ...

    def requested(self, location_id: str, seconds: float, throttled: bool) -> None: ...  # noqa: FBT001  (see above)

    def holding(self, location_id: str, seconds: float, reason: str) -> None: ...

    def message(self, text: str) -> None: ...


class Phase(StrEnum):
    """What a run is about."""

    READING = "reading"
    """The sources are copied, read and checked from end to end, before the first row is sent."""
    SENDING = "sending"
    """Rows are on their way."""
    WAITING = "waiting"
    """A location holds all its rows: the quota is used up, or the vendor does not answer."""
    ENDED = "ended"
    """Finished or stopped; the results are written."""


class CheckPhase(StrEnum):
    """What a check is about."""

    SURVEYING = "surveying"
    """Each row is read once, to learn how the file is written and who stands in it twice."""
    MAPPING = "mapping"
    """Each row is read again, and mapped as a run would send it."""


CheckBeat: TypeAlias = Callable[[CheckPhase, int], object]
"""Told the phase, and of how many rows so far; a thousand rows or fewer lie between two beats."""


@value_type(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is. ``created + updated + skipped + failed == settled``."""

    phase: Phase
    """What it is about just now."""
    total: int | None = None
    """Rows that this session has to settle; ``None`` until the sources are read."""
    settled: int = 0
    """Rows that have an outcome."""
    created: int = 0
    """Rows that made a contact."""
    updated: int = 0
    """Rows that met a contact."""
    skipped: int = 0
    """Rows that were not sent, and should not be."""
    failed: int = 0
    """Rows that failed."""
    wait_seconds: float = 0.0
    """In the phase ``waiting``: for how long, at most."""
    reason: str | None = None
    """In the phase ``waiting``: what for."""


class CallbackProgress(SilentProgress):
    """Tells a function of the calling program. Satisfies ``SendingProgress``."""

    def __init__(self, callback: Callable[[RunProgress], object], *, clock: Clock | None = None) -> None:
        self._callback = callback
        self._clock = clock or SystemClock()
        self._called_at = float("-inf")
        self._failed = False
        self._now = RunProgress(phase=Phase.READING)

    def began(self) -> None:
        self._call()

    def planned(self, rows: int, requests: int, seconds: float) -> None:  # noqa: ARG002  (an agreed signature)
        self._now = replace(self._now, phase=Phase.SENDING, total=rows)
        self._call()

    def settled(self, outcome: Outcome) -> None:
        before = self._now
        self._now = replace(self._counted(outcome.status), phase=Phase.SENDING, wait_seconds=0.0, reason=None)
        due = self._clock.monotonic() - self._called_at >= _LEAST_SECONDS
        if due or before.phase is not Phase.SENDING or self._now.settled == self._now.total:
            self._call()

    def holding(self, location_id: str, seconds: float, reason: str) -> None:  # noqa: ARG002  (as above)
        self._now = replace(self._now, phase=Phase.WAITING, wait_seconds=seconds, reason=reason)
        self._call()

    def ended(self) -> None:
        self._now = replace(self._now, phase=Phase.ENDED, wait_seconds=0.0, reason=None)
        self._call()

    def _counted(self, status: Status) -> RunProgress:
        now = self._now
        settled = now.settled + 1
        match status:
            case Status.CREATED:
                return replace(now, settled=settled, created=now.created + 1)
            case Status.UPDATED:
                return replace(now, settled=settled, updated=now.updated + 1)
            case Status.SKIPPED:
                return replace(now, settled=settled, skipped=now.skipped + 1)
            case Status.FAILED:
                return replace(now, settled=settled, failed=now.failed + 1)
            case Status.PENDING:
                return now

    def _call(self) -> None:
        self._called_at = self._clock.monotonic()
        try:
            self._callback(self._now)
        except Exception:
            # The rows go on: what they do to contacts must not depend on somebody's progress bar.
            if not self._failed:
                logger.warning("The progress callback failed; it is called all the same.", exc_info=True)
            self._failed = True
