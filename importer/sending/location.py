"""Sending to one location: its own queue, lanes, workers and follow-ups; ``Callbacks`` names what it shares."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from importer.errors import (
    BudgetSpentError,
    InterruptedRunError,
    PausedRunError,
    StopError,
    TooManyFailuresError,
)
from importer.highlevel.catalog import Catalog
from importer.highlevel.refusals import location_refused
from importer.highlevel.reply import ReplyKind
from importer.records import FollowUps, Intent, Landed, Outcome, Record, RowObject, value_type
from importer.sending.call_state import LocationRefusedError
from importer.sending.caller import Caller
from importer.sending.capacity import Capacity, Demand
from importer.sending.journal_batches import JournalBatcher
from importer.sending.lanes import Lanes
from importer.sending.links import Links
from importer.sending.outlet import DEFAULT_CONCURRENCY
from importer.sending.row.before_images import BeforeImages
from importer.sending.row.follow_up_batches import FollowUpBatch, FollowUpBatcher, FollowUpQueue
from importer.sending.row.follow_ups import FollowUpDesk
from importer.sending.row.intents import withdrawn
from importer.sending.row.leases import Leases
from importer.sending.row.objects import Beside, Companies, Way
from importer.sending.row.parked import ParkedRows
from importer.sending.row.submitted import Held, SubmittedRow
from importer.sending.row.upserting import Landing, Upserting
from importer.sending.spill_queue import SpillQueue

_GENTLE: Final = (InterruptedRunError, PausedRunError, TooManyFailuresError, BudgetSpentError)
"""Reasons of our own to stop: the vendor still takes what brings landed rows to their end."""
_LONGEST_ANNOUNCEMENT: Final = 256
_LANES_FULL: Final = 4
"""So many times the queue may wait in lanes; a file of one person would else be taken into memory whole."""

Task: TypeAlias = "SubmittedRow | FollowUpBatch"


@value_type(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """What a location tells the sender: a row was left to a later run, something unforeseen broke."""

    left: Callable[[int], None]
    broke: Callable[[BaseException], None]
    held_capacity: Capacity
    """For rows that wait for others, to share a call of their follow-ups."""
    queue_capacity: Capacity
    """For rows that wait to be sent."""
    demand: Demand


class LocationSender:
    """Rows of one location, from submitted to settled."""

    def __init__(
        self,
        caller: Caller,
        journal: JournalBatcher,
        callbacks: Callbacks,
        *,
        links: Links,
        folder: Path | None = None,
    ) -> None:
        self.caller = caller
        self.catalog: Catalog | None = None
        self.refusal: str | None = None
        self.closed: StopError | None = None
        self._journal = journal
        self._callbacks = callbacks
        self._policy = caller.policy
        self._queue = SpillQueue(callbacks.queue_capacity, folder=folder)
        self._demand = callbacks.demand
        self._lanes: Lanes[SubmittedRow] = Lanes(links, salt=caller.location_id)
        self._lined_up = 0
        self._ready: deque[SubmittedRow] = deque()
        self._parked = ParkedRows(caller)
        self._follow_ups_due = FollowUpQueue(journal, most=self._next_second)
        self._batcher = FollowUpBatcher(callbacks.held_capacity)
        self._workers: set[asyncio.Task[None]] = set()
        self._busy_rows = 0
        self._leases = Leases(caller, journal, self._line_up_next)
        self.concurrency = self._policy.concurrency or DEFAULT_CONCURRENCY
        self._finishing = False
        self._closing: StopError | None = None
        self._upserting: Upserting | None = None
        self._way: Way | None = None
        self._desk: FollowUpDesk | None = None
        caller.on_pass = self._employ

    # --- the sender's side -------------------------------------------------------------------------------------

    def open(self, catalog: Catalog, follow_ups: FollowUps) -> None:
        """Take over what the first contact told: the catalog, and the follow-ups by their ids."""
        self.catalog = catalog
        self._upserting = Upserting(
            self.caller,
            self._journal,
            self._leases,
            self._callbacks.held_capacity,
            duplicates_allowed=catalog.duplicates_allowed,
            images=BeforeImages(self.caller, self._leases.keep, catalog),
        )
        self._way = self._open_way(self._upserting)
        self._desk = FollowUpDesk(self.caller, self._journal, follow_ups)

    def _open_way(self, upserting: Upserting) -> Way:
        match self._policy.row_object:
            case RowObject.CONTACT:
                return upserting
            case RowObject.COMPANY:
                return Companies(self.caller, self._journal, self._policy.mode)
            case row_object:
                return Beside(self.caller, row_object)

    @property
    def backlog(self) -> int:
        """Rows that no worker has taken yet."""
        return len(self._queue) + self._lined_up

    @property
    def held(self) -> int:
        return self._batcher.held

    @property
    def in_the_air(self) -> bool:
        return bool(self._workers)

    @property
    def through(self) -> bool:
        """Whether it sends nothing more, now or later."""
        left = self.backlog or self._workers or self.held or self._follow_ups_due
        return self.ending is not None or self.refusal is not None or (self._finishing and not left)

    @property
    def ending(self) -> StopError | None:
        """Why no more rows are sent; None as long as they are."""
        return self.closed or self._closing

    def submit(self, record: Record, row_state: Intent | Landed | None) -> None:
        """Queue a row; never waits."""
        if self.refusal is not None:
            self._journal.settle(location_refused(record, self.refusal))
        elif self.ending is not None:
            self._callbacks.left(1)
        else:
            self._queue.put((record, row_state))
            self._demand.fill(self.caller.location_id, self.backlog)
            self._employ()

    def finish(self) -> None:
        """Learn that no more rows come: what waits for company need not wait any longer."""
        self._finishing = True
        self._flush_if_last()

    def tend(self, now: float) -> None:
        """Send off the rows in doubt and the follow-ups that have waited long enough."""
        for submitted in self._parked.take_due(now):
            self._ready.append(submitted)
            self._employ()
        self._dispatch(self._batcher.take_older(now - self._policy.batch_wait_seconds))

    def stop(self, reason: StopError) -> None:
        """Send no more rows. Those in the air land; where the vendor still serves us, their follow-ups are sent."""
        if isinstance(reason, _GENTLE) and not self.caller.gate.held:
            self._wind_up(reason)
        else:
            self._close(reason)
            self.caller.gate.stop(reason)

    def refuse(self, sentence: str) -> None:
        """Fail all rows of this location, now and to come."""
        self.refusal = sentence
        self._demand.leave(self.caller.location_id)
        for submitted in self._take_lined_up():
            self._journal.settle(location_refused(submitted.record, sentence))
        while len(self._queue):
            self._journal.settle(location_refused(self._queue.take()[0], sentence))

    async def land(self, seconds: float) -> None:
        """Wait, not for ever, until nothing is in the air; then cut off what still is."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._workers and (left := deadline - loop.time()) > 0:
            # again and again: rows that land bring follow-ups, and these new workers
            await asyncio.wait(tuple(self._workers), timeout=left)
        if self._closing is not None:
            # before the workers are cut off: else the last of them would send off batches, and employ new ones
            self._close(self._closing)
        for worker in tuple(self._workers):
            worker.cancel()
        if self._workers:
            await asyncio.wait(tuple(self._workers))
        self._withdraw(self._take_lined_up())  # of a session that was cut off, and not stopped
        self._queue.close()

    # --- the workers' side -------------------------------------------------------------------------------------

    def _employ(self) -> None:
        """Start a worker if there is work that no other would take up sooner."""
        # a worker that rests has nothing in the air, and must not keep a run of few workers waiting; bounded, since
        # those that rest come back
        resting = min(self.caller.resting, DEFAULT_CONCURRENCY)
        if (
            len(self._workers) - resting < self.concurrency
            and not self.caller.gate.waiting
            and self._has_work()
        ):
            worker = asyncio.get_running_loop().create_task(self._work())
            self._workers.add(worker)

    def _has_work(self) -> bool:
        return bool(self._follow_ups_due or self._ready or len(self._queue))

    def _wind_up(self, reason: StopError) -> None:
        """Leave what was not sent to a later run, and bring what has landed to its end."""
        if self.ending is not None:
            return
        self._closing = reason
        self._demand.leave(self.caller.location_id)
        self.caller.gate.wind_up(reason)
        left = self.backlog
        self._withdraw(self._take_lined_up())
        self._queue.close()
        self._callbacks.left(left)
        self._flush_if_last()

    async def _work(self) -> None:
        task: Task | None = None
        try:
            while (task := self._next()) is not None:
                await self._perform(task)
        except StopError as reason:
            self._set_aside(task, reason)
        except asyncio.CancelledError:
            self._withdraw_task(task)
            raise
        except Exception as error:  # noqa: BLE001  (a mistake of ours must end the run, not hang it)
            self._callbacks.broke(error)
        finally:
            current = asyncio.current_task()
            if current is not None:
                self._workers.discard(current)
            self._flush_if_last()

    def _next(self) -> Task | None:
        """Take what is to be done next: follow-ups first, since rows wait for them."""
        if self.closed is not None:
            return None
        if self._follow_ups_due:
            return self._follow_ups_due.take()
        if self._closing is not None:
            return None
        submitted = self._next_job()
        if submitted is None:
            return None
        self._ready.popleft()
        self._lined_up -= 1
        self._leases.look_ahead()
        self._demand.use(self.caller.location_id, self.backlog)
        return submitted

    def _next_job(self) -> SubmittedRow | None:
        """Show the row that goes next, at the head of those that are ready."""
        while not self._ready and len(self._queue) and self._lined_up < _LANES_FULL * self._policy.queue_rows:
            self._line_up()
        return self._ready[0] if self._ready else None

    def _line_up(self) -> None:
        """Bring the next row of the queue into its lane; it is ready unless others of its person are before it."""
        record, row_state = self._queue.take()
        submitted = SubmittedRow(record, row_state)
        self._lined_up += 1
        if submitted.landed is not None or (
            self._lanes.enter(submitted, submitted.keys) and not self._parked.keep(submitted)
        ):
            self._ready.append(submitted)

    def _line_up_next(self, most: int) -> Iterable[SubmittedRow]:
        """Line up the rows that will be sent next, so many at most."""
        while len(self._ready) < most and len(self._queue) and self._lined_up - len(self._parked) < 2 * most:
            self._line_up()
        return islice(self._ready, most)

    def _next_second(self) -> int:
        """Tell how many calls the pace lets go within a second."""
        slots = self.caller.gate.slots
        return min(_LONGEST_ANNOUNCEMENT, max(1, int(slots.burst / slots.interval_seconds)))

    def _perform(self, task: Task) -> Coroutine[Any, Any, None]:
        match task:
            case SubmittedRow():
                return self._import(task)
            case FollowUpBatch():
                return self._follow_up(task)

    async def _import(self, submitted: SubmittedRow) -> None:
        self._busy_rows += 1
        try:
            if submitted.landed is not None:
                assert self._desk is not None  # noqa: S101  (rows come after open)
                self._go_on(self._desk.go_on(submitted.landed, submitted.record))
                return
            assert self._way is not None  # noqa: S101  (rows come after open)
            try:
                # those that cannot be repeated are announced one by one, see RowCallState
                if submitted.repeatable and not self._leases.hold_covered(submitted):
                    await self._leases.hold(submitted)
                end = await self._way.go(submitted)
                if isinstance(end, Landing) and self._sampled(submitted):
                    end = await self._verify(submitted, end)
            finally:
                self._leases.let_go(submitted)
                self._pass_on(submitted)
            if isinstance(end, Outcome):
                self._settle(end)
            else:
                assert self._desk is not None  # noqa: S101  (rows come after open)
                self._go_on(self._desk.begin(end, submitted.record))
        finally:
            self._busy_rows -= 1

    def _pass_on(self, submitted: SubmittedRow) -> None:
        """Let the next row of the same person go; in front, since it has waited."""
        follower = self._lanes.leave(submitted)
        if follower is not None and not self._parked.keep(follower):
            self._ready.appendleft(follower)
            self._employ()

    def _sampled(self, submitted: SubmittedRow) -> bool:
        """Choose rows to read back: always the same ones, spread over the file."""
        share = self._policy.verify_share
        return share > 0 and (submitted.row * 2654435761 & 0xFFFF_FFFF) < share * 2**32

    async def _verify(self, submitted: SubmittedRow, landing: Landing) -> Landing:
        assert self._upserting is not None  # noqa: S101  (rows come after open)
        faults = await self._upserting.verify(submitted, landing.landed)
        self.caller.meter.note_read_back(faults)
        return landing if not faults else landing.with_warnings(faults)

    # --- follow-ups --------------------------------------------------------------------------------------------

    def _go_on(self, held: Held) -> None:
        """Bring a landed row to what it gets next, or to its end."""
        if not held.due:
            assert self._way is not None  # noqa: S101  (rows come after open)
            self._settle(self._way.end(held))
        elif self.closed is not None:
            self._callbacks.left(1)
        elif (batch := self._batcher.add(held, self.caller.clock.monotonic())) is not None:
            self._dispatch((batch,))

    def _dispatch(self, batches: Iterable[FollowUpBatch]) -> None:
        for batch in batches:
            if self.closed is not None:
                self._callbacks.left(len(batch.rows))
                continue
            self._follow_ups_due.put(batch)
            self._employ()

    async def _follow_up(self, batch: FollowUpBatch) -> None:
        assert self._desk is not None  # noqa: S101  (rows come after open)
        for end in await self._desk.perform(batch):
            match end:
                case Outcome():
                    self._settle(end)
                case FollowUpBatch():
                    self._dispatch((end,))
                case _:
                    self._go_on(end)

    def _settle(self, outcome: Outcome) -> None:
        self.caller.meter.settled += 1
        self._journal.settle(outcome)

    def _flush_if_last(self) -> None:
        """Send off all batches once no row can join them any more."""
        if self.closed is not None or self._busy_rows or (self._closing is None and not self._last):
            return
        self._dispatch(self._batcher.take_all())
        if self._closing is not None and not (self._workers or self._follow_ups_due):
            self._close(self._closing)

    @property
    def _last(self) -> bool:
        return self._finishing and not self.backlog

    # --- the end -----------------------------------------------------------------------------------------------

    def _set_aside(self, task: Task | None, reason: StopError) -> None:
        """A worker was turned away: its row stays as the journal has it."""
        refusal = self._refusal_of(reason)
        if isinstance(task, SubmittedRow) and refusal is not None:
            self._journal.settle(location_refused(task.record, refusal))
        elif task is not None:
            self._withdraw_task(task)
            self._callbacks.left(_rows_of(task))
        if refusal is not None and self.refusal is None:
            self.refuse(refusal)
        if isinstance(reason, _GENTLE) and not isinstance(task, FollowUpBatch):
            self._wind_up(reason)
        elif refusal is None or self.held or self._follow_ups_due:
            self._close(reason)

    def _refusal_of(self, reason: StopError) -> str | None:
        if not self._policy.locations_by_column or not isinstance(reason, LocationRefusedError):
            return None
        return str(reason) if reason.kind in {ReplyKind.SCOPE_MISSING, ReplyKind.LOCATION_REFUSED} else None

    def _close(self, reason: StopError) -> None:
        if self.closed is not None:
            return
        self.closed = reason
        self._demand.leave(self.caller.location_id)
        left = self.backlog + self._batcher.held + self._follow_ups_due.clear()
        for _ in self._batcher.take_all():
            pass
        self._queue.close()
        self._withdraw(self._take_lined_up())
        self._callbacks.left(left)

    def _withdraw_task(self, task: Task | None) -> None:
        if isinstance(task, SubmittedRow):
            self._withdraw([task])

    def _withdraw(self, rows: Iterable[SubmittedRow]) -> None:
        """Take back the word that rows may be sent: else a later run would wait, and look for what never was."""
        if intents := list(withdrawn(rows, self.caller)):
            self._journal.withdraw(intents)

    def _take_lined_up(self) -> list[SubmittedRow]:
        """Take back the rows that wait in lanes or stand ready."""
        submitted_rows = [*self._ready, *self._parked.take_all(), *self._lanes.take_waiting()]
        self._ready.clear()
        self._lined_up = 0
        return submitted_rows


def _rows_of(task: Task) -> int:
    return len(task.rows) if isinstance(task, FollowUpBatch) else 1
