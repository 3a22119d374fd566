"""The resident: starts what is due, one run per location at a time, and lets nothing be forgotten over a restart."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from importer.errors import ImporterError, InterruptedRunError, SettingsError
from importer.jobs.context import JobsContext
from importer.jobs.endings import GOOD, Ending, ending, judged
from importer.jobs.job_state import JobState, Occasion, Result
from importer.jobs.location_locks import LocationLocks
from importer.jobs.named_job import NamedJob, ScheduledJob, next_due
from importer.jobs.notices import Event
from importer.jobs.notifying import Notifier, channels_for, notice_of
from importer.jobs.turn import Turn
from importer.records import value_type
from importer.runtime.logs import logger_of
from importer.runtime.stopping import StopSignal
from importer.sending.pace.open_hours import closes_at, opens_at

logger = logger_of(__name__)

LATE_SECONDS: Final = 600.0
"""A job that does not catch up lets a time go that is longer ago."""
LONGEST_SLEEP_SECONDS: Final = 30.0


@value_type(frozen=True, slots=True)
class _AtWork:
    task: asyncio.Task[None]
    stop: StopSignal


class Resident:
    """Runs jobs on their schedules, or as it is told to start them, until it is asked to stop."""

    def __init__(self, jobs: Sequence[NamedJob], context: JobsContext) -> None:
        self.jobs = tuple(each for each in jobs if each.job.enabled)
        self.context = context
        self.began_at = context.clock.now()
        self._at_work: dict[str, _AtWork] = {}
        self._location_locks = LocationLocks(context.state / "locks", context.base_url, context.clock)
        self._notifier = Notifier(self.jobs, context)
        self._once_more: set[str] = set()
        self._stopping = asyncio.Event()
        self._stir = asyncio.Event()

    # the loop

    async def serve(self) -> None:
        """Work until ``stop``; then let running imports settle what they sent, and return."""
        while not self._stopping.is_set():
            next_at = await self.look_around()
            wait = min(max(next_at - self.context.clock.now(), 0.05), LONGEST_SLEEP_SECONDS)
            await self._rest(wait)
        await self.quiet()

    async def _rest(self, seconds: float) -> None:
        """Sleep, but wake when a turn ends or the end is asked for."""
        self._stir.clear()
        if self._stopping.is_set():
            return
        waits = [
            asyncio.ensure_future(self.context.clock.sleep(seconds)),
            asyncio.ensure_future(self._stir.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def stop(self) -> None:
        """Ask for the end: running imports stop where they can be resumed, and go on at the next start."""
        self._stopping.set()
        self._stir.set()
        for work in self._at_work.values():
            work.stop.request(
                InterruptedRunError("The importer was asked to stop; it goes on when it is started again.")
            )

    @property
    def busy(self) -> tuple[str, ...]:
        return tuple(self._at_work)

    async def quiet(self) -> None:
        """Wait until nothing runs, then hand out what is left to tell."""
        while self._at_work:
            await asyncio.gather(*(work.task for work in self._at_work.values()))
        await self._notifier.hand_out()

    async def take_one_turn(self) -> None:
        """Give each job the turn it was last due for, with all that the turn waits for: a file, a window, another try.

        A run that stopped before its end is left for the next call.
        """
        now = self.context.clock.now()
        due = {
            named.name: named.schedule.latest(now) for named in self.jobs if isinstance(named, ScheduledJob)
        }
        while due and not self._stopping.is_set():
            now = self.context.clock.now()
            for named in self.jobs:
                job_state = self.context.jobs_state.job_state(named.name, now=now)
                waits = job_state.open_due == due[named.name] and (job_state.next_at or 0) > now
                # what a plan waits for is a person, whose word may have come a moment ago
                if named.name in due and (not waits or job_state.open_plan is not None):
                    self.start(named, due[named.name])
            await self.quiet()
            for name in tuple(due):
                job_state = self.context.jobs_state.job_state(name, now=now)
                if job_state.next_at is None or job_state.open_file is not None:
                    del due[name]
            if due:
                await self._rest(LONGEST_SLEEP_SECONDS)

    async def look_around(self) -> float:
        """Start what is due now, and tell when to look again."""
        if not self._stopping.is_set():
            for named in self.jobs:
                if named.name not in self._at_work:
                    self._start_if_due(named)
        await self._notifier.hand_out()
        return self._next_at()

    def _start_if_due(self, named: NamedJob) -> None:
        now = self.context.clock.now()
        job_state = self.context.jobs_state.job_state(named.name, now=now)
        due_at = self._due(named, job_state, now)
        if due_at is None:
            return
        self.start(named, due_at)

    def start(self, named: NamedJob, due_at: float) -> None:
        """Start a job's turn, whether it is due or not."""
        stop, seen = StopSignal(), self.context.jobs_state.known_state(named.name)
        task = asyncio.create_task(self._work(named, due_at, stop, seen), name=f"job {named.name}")
        self._at_work[named.name] = _AtWork(task, stop)

    def look_again(self, named: NamedJob) -> None:
        """Give a job that runs now another turn right after this one."""
        self._once_more.add(named.name)

    def _due(self, named: NamedJob, job_state: JobState, now: float) -> float | None:
        if isinstance(named, ScheduledJob):
            latest = named.schedule.latest(now)
            if latest > job_state.accounted_until:
                if named.job.catch_up or now - latest <= LATE_SECONDS:
                    return latest
                self.context.jobs_state.put(replace(job_state, accounted_until=latest))
        if named.name in self._once_more:
            self._once_more.discard(named.name)
            return now
        if job_state.next_at is not None and job_state.next_at <= now:
            return job_state.open_due or job_state.accounted_until
        return None

    def _next_at(self) -> float:
        now = self.context.clock.now()
        times = [now + 86_400.0]
        for named in self.jobs:
            if named.name in self._at_work:
                continue
            job_state = self.context.jobs_state.job_state(named.name, now=now)
            times += [at for at in (next_due(named, now), job_state.next_at) if at is not None]
        if (parcel_at := self.context.jobs_state.next_parcel_at()) is not None:
            times.append(parcel_at)
        return min(times)

    # one turn

    async def _work(self, named: NamedJob, due_at: float, stop: StopSignal, seen: JobState | None) -> None:
        try:
            async with self._location_locks.alone(named):
                if not self._stopping.is_set() and not self._was_taken_elsewhere(named, due_at, seen):
                    await self._turn(named, due_at, stop)
        except ImporterError as broken:  # the state folder itself fails: nothing can be written down
            logger.critical("Job %s: %s", named.name, broken)
        finally:
            self._at_work.pop(named.name, None)
            self._stir.set()

    def _was_taken_elsewhere(self, named: NamedJob, due_at: float, seen: JobState | None) -> bool:
        """Tell whether a service on another machine took this very turn, from end to end, while we waited for the location."""
        now = self.context.jobs_state.known_state(named.name)
        return now is not None and now != seen and now.accounted_until >= due_at and now.next_at is None

    async def _turn(self, named: NamedJob, due_at: float, stop: StopSignal) -> None:
        context, began_at = self.context, self.context.clock.now()
        job_state = context.jobs_state.job_state(named.name, now=began_at)
        job_state = replace(
            job_state, accounted_until=max(job_state.accounted_until, due_at), next_at=began_at
        )
        # Accounted for, and to be tried again at once: what a process that dies here leaves is not lost.
        context.jobs_state.put(replace(job_state, open_due=due_at))
        async with self._window(named, stop) as opens:
            if opens > began_at:
                logger.info("Job %s waits for its send window.", named.name)
                context.jobs_state.put(replace(job_state, next_at=opens, open_due=due_at))
                return
            turn = Turn(named, job_state, due_at, context, stop)
            after = turn.job_state
            async with aclosing(_guarded(turn, named)) as endings:
                async for last in endings:
                    after = self._close(named, turn, last, due_at=due_at, began_at=began_at)
        context.jobs_state.put(after)

    @asynccontextmanager
    async def _window(self, named: NamedJob, stop: StopSignal) -> AsyncIterator[float]:
        """Give when sending may begin, and ask the run to stop when it may not go on."""
        window = named.job.send_window
        if window is None:
            yield 0.0
            return
        zone = await self._window_zone(named)
        now = self.context.clock.now()
        opens = opens_at(window, zone, now)
        if opens > now:
            yield opens
            return
        closing = asyncio.create_task(self._close_window(closes_at(window, zone, now) - now, stop))
        try:
            yield 0.0
        finally:
            closing.cancel()
            await asyncio.gather(closing, return_exceptions=True)

    async def _close_window(self, seconds: float, stop: StopSignal) -> None:
        await self.context.clock.sleep(seconds)
        stop.request(InterruptedRunError("The send window closed; the run goes on when it opens again."))

    async def _window_zone(self, named: NamedJob) -> tzinfo:
        window = named.job.send_window
        if window and window.timezone:
            return ZoneInfo(window.timezone)
        try:
            return await self.context.location_zone(named) or named.zone
        except SettingsError:  # no token, no variable: the turn itself will say so
            return named.zone

    def _close(
        self,
        named: NamedJob,
        turn: Turn,
        last: Ending,
        *,
        due_at: float,
        began_at: float,
    ) -> JobState:
        """Write down how a file ended, with what is to be told, and give how the job stands if it was the last one.

        At once: the next file may take hours, and a process may die in them.
        """
        now = self.context.clock.now()
        after, event = judged(turn.job_state, last, retries=named.job.retries, now=now)
        if last.again_in is not None:
            return after
        named_already = last.file is None or last.file in last.sentence
        logger.info(
            "Job %s%s: %s: %s",
            named.name,
            "" if named_already else f", {last.file}",
            last.result,
            last.sentence,
        )
        occasion = Occasion(
            job=named.name,
            due_at=due_at,
            began_at=began_at,
            ended_at=now,
            result=last.result,
            sentence=last.sentence,
            run_id=last.run_id,
            file=last.file,
            counts=dict(last.counts),
        )
        notice = notice_of(named.name, last, event or Event.SUCCESS, at=now, host=self.context.host)
        channels = channels_for(named.channels, event, alive=last.result in GOOD)
        turn.job_state = replace(after, next_at=began_at, open_due=due_at)
        self.context.jobs_state.close_turn(turn.job_state, occasion, [(key, notice) for key in channels])
        self._stir.set()
        return after


async def _guarded(turn: Turn, named: NamedJob) -> AsyncGenerator[Ending, None]:
    """Take the turn; a fault of ours ends this job's turn and no other job's. Its text may quote a cell, so it is not told."""
    try:
        async with aclosing(turn.take()) as endings:
            async for each in endings:
                yield each
    except Exception as bug:  # noqa: BLE001  (nobody is watching: the other jobs go on)
        where = "".join(traceback.format_tb(bug.__traceback__))
        logger.critical("Job %s: %s\n%s", named.name, type(bug).__name__, where)
        yield ending(Result.FAILED, f"An unexpected {type(bug).__name__} ended the job; the log says where.")
