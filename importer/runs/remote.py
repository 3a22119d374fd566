"""A session as other processes see it: it says where it stands, and hears the wish that it end.

Written and looked for by the wall's clock, twice a second at most: whoever watches is another process.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from importer.errors import ImporterError
from importer.records import Counts, Outcome, RowId, Status
from importer.results.course import Course
from importer.runs.session import RunSession
from importer.runtime.clock import Clock
from importer.runtime.logs import logger_of
from importer.runtime.progress import Phase, SendingProgress
from importer.runtime.stopping import StopSignal
from importer.state.journal import Journal, SessionKind
from importer.state.parts import discard_wish_for_end, take_wish_for_end
from importer.state.remote import PROGRESS_NAME, ending, write_progress

logger = logger_of(__name__)

_BEAT_SECONDS: Final = 0.5
_SILENT_BEATS: Final = 10
"""So often nothing need have changed before it is written all the same: a watcher sees that the process lives."""


@contextlib.asynccontextmanager
async def open_to_others(session: RunSession) -> AsyncIterator[RunSession]:
    """Say to other processes where the session stands, and stop it when one of them asks, until it is over."""
    watched = _Watched(session)
    beating = asyncio.create_task(watched.beat())
    try:
        async with heeding_wishes(session.journal.folder, session.context.stop):
            yield replace(session, context=replace(session.context, progress=watched))
    finally:
        beating.cancel()
        await asyncio.wait([beating])
        watched.end()


@contextlib.asynccontextmanager
async def heeding_wishes(folder: Path, stop: StopSignal) -> AsyncIterator[None]:
    """Stop work on a run when another process asks for its end."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            with contextlib.suppress(ImporterError):  # over machines: asked again with the next beat
                if (found := await asyncio.to_thread(take_wish_for_end, folder)) is not None:
                    stop.request(ending(*found))

    await asyncio.to_thread(discard_wish_for_end, folder)
    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait([beating])


@dataclass(slots=True, eq=False, repr=False)
class _Watched:
    """Passes on what the sender tells, and keeps the counts of the whole run. Satisfies ``SendingProgress``."""

    session: RunSession
    _onward: SendingProgress = field(init=False)
    _clock: Clock = field(init=False)
    _phase: Phase = Phase.READING
    _before: Counts | None = None
    _total: int | None = None
    _requests_before: int = 0
    """Of sessions before this one."""
    _course: Course = field(init=False)
    _waits_for: str | None = None
    _changed: bool = True
    _silent: int = 0

    def __post_init__(self) -> None:
        self._onward, self._clock = self.session.context.progress, self.session.context.clock
        self._course = Course(now=self._clock.monotonic())

    # what the sender tells

    def planned(self, rows: int, requests: int, seconds: float) -> None:
        self._phase, self._changed = Phase.SENDING, True
        journal = self.session.journal
        self._before = _counts_before(journal, self.session.kind)
        self._total = journal.rows_read
        self._requests_before = journal.traffic().requests
        self._course.plan(rows, requests, seconds)
        self._onward.planned(rows, requests, seconds)

    def landed(self, rows: Sequence[RowId]) -> None:
        self._course.land(rows)
        self._onward.landed(rows)

    def settled(self, outcome: Outcome) -> None:
        self._course.settle(outcome.row, outcome.status, self._clock.monotonic())
        self._changed = True
        self._onward.settled(outcome)

    def requested(self, location_id: str, seconds: float, throttled: bool) -> None:  # noqa: FBT001  (an agreed signature)
        self._course.request(location_id, self._clock.monotonic(), throttled=throttled)
        self._changed = True
        self._onward.requested(location_id, seconds, throttled)

    def holding(self, location_id: str, seconds: float, reason: str) -> None:
        self._course.hold(location_id, self._clock.monotonic() + seconds, reason)
        self._waits_for, self._changed = reason, True
        self._onward.holding(location_id, seconds, reason)

    def message(self, text: str) -> None:
        self._onward.message(text)

    # what others read and ask

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            try:
                await self._look_round()
            except Exception:  # the rows go on: what they do to contacts must not depend on who watches
                logger.warning("Other processes are not told how far the run is.", exc_info=True)

    async def _look_round(self) -> None:
        self._silent += 1
        if self._changed or self._silent >= _SILENT_BEATS:
            self._changed, self._silent = False, 0
            if not await asyncio.to_thread(self._write, self.snapshot()):
                self._changed = True

    def end(self) -> None:
        """Say how it ended, with the journal's own counts."""
        self._phase = Phase.ENDED
        with contextlib.suppress(ImporterError):  # it must not hide how the session ended
            self._write(
                {
                    **self.snapshot(),
                    **_counted(self.session.journal.counts(), stored=self.session.journal.unfinished_rows()),
                    "wait_seconds": 0.0,
                    "waits_for": None,
                }
            )

    def snapshot(self) -> dict[str, Any]:
        """Say where the run stands; counts are of the whole run, not of this session."""
        now = self._clock.monotonic()
        held = self._course.held_seconds(now)
        phase = Phase.WAITING if held and self._phase is Phase.SENDING else self._phase
        return {
            "run_id": self.session.journal.run.id,
            "phase": phase.value,
            "rows": self._total,
            **_counted(_together(self._before or Counts(), self._course), stored=self._course.stored_rows),
            "rows_per_second": round(self._course.rows_per_second(now), 2),
            "seconds_left": _rounded(self._course.seconds_left(now)),
            "wait_seconds": round(held, 1),
            "waits_for": self._waits_for if held else None,
            "requests": self._requests_before + self._course.requests,
            "quota_left": self._quota_left(),
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }

    def _write(self, snapshot: dict[str, Any]) -> bool:
        kept = self.session.journal.folder
        results = self.session.settings.output / self.session.journal.run.id
        # The results' folder is made once it is agreed that there is to be a run at all.
        if not results.is_dir():
            return write_progress(kept / PROGRESS_NAME, snapshot, private=True)
        (kept / PROGRESS_NAME).unlink(missing_ok=True)
        return write_progress(results / PROGRESS_NAME, snapshot, private=False)

    def _quota_left(self) -> int | None:
        with contextlib.suppress(ImporterError):
            return self.session.journal.least_daily_remaining()
        return None


def _counts_before(journal: Journal, kind: SessionKind) -> Counts:
    counts = journal.counts()
    again = journal.retryable() if kind is SessionKind.RETRY or journal.retrying else 0
    return replace(counts, failed=counts.failed - again, pending=counts.pending + again)


def _together(before: Counts, course: Course) -> Counts:
    now = course.counts
    return Counts(
        created=before.created + now[Status.CREATED],
        updated=before.updated + now[Status.UPDATED],
        skipped=before.skipped + now[Status.SKIPPED],
        failed=before.failed + now[Status.FAILED],
        pending=max(before.pending - course.settled_rows, 0),
    )


def _counted(counts: Counts, *, stored: int) -> dict[str, Any]:
    return {
        "sent": counts.read - counts.pending + stored,
        "settled": counts.read - counts.pending,
        "created": counts.created,
        "updated": counts.updated,
        "skipped": counts.skipped,
        "failed": counts.failed,
        "pending": counts.pending,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
