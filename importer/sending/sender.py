"""The sender: takes records, brings each to its one outcome, and stops so that the run can be resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from math import inf
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from importer.errors import (
    CertificateError,
    CredentialsError,
    CredentialsLostError,
    ServiceDownError,
    StopError,
)
from importer.highlevel import calls
from importer.highlevel.additions import NOTE
from importer.highlevel.auth import AnyTokens
from importer.highlevel.calls import Call
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.highlevel.catalog_reader import read_catalog
from importer.highlevel.client import Client, Door, distrusted
from importer.highlevel.follow_ups import resolve
from importer.highlevel.quota import LocationQuota
from importer.highlevel.reply import Reply
from importer.highlevel.tokens import NoTokenError, TokenSource
from importer.highlevel.versions import version_of
from importer.records import Intent, Landed, Outcome, QuotaMark, Record, Status
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.progress import SendingProgress, SilentProgress
from importer.sending.call_state import FIRST_CONTACT, CallState, LocationRefusedError, Unanswered
from importer.sending.caller import Caller
from importer.sending.capacity import Capacity, Demand
from importer.sending.failures import FailureWatch
from importer.sending.journal_batches import JournalBatcher, JournalWriter
from importer.sending.links import Links
from importer.sending.location import Callbacks, LocationSender
from importer.sending.looking import ContactCallState, NotesCallState, SearchCallState
from importer.sending.outlet import Outlet
from importer.sending.pace.breaker import Breaker
from importer.sending.pace.budget import Budget
from importer.sending.pace.day import Day
from importer.sending.pace.meter import Meter, ReadBack
from importer.sending.pace.open_hours import LocalHours
from importer.sending.pace.shared_quota import LOOK_AROUND_SECONDS, Neighbourhood, SharedQuota
from importer.sending.pace.vendor_clock import VendorClock
from importer.sending.policy import SendingPolicy
from importer.sending.row.matching import FoundContact, find_match
from importer.settings import Connection

_BREATHLESS_ROWS: Final = 256
"""So many are taken in at once at most: replies must not wait while a file that is sorted by location goes to disk."""

T = TypeVar("T")


class Sender:
    """Sends the records of a run to their locations.

    Each submitted row ends in exactly one outcome, told to the journal and then to ``progress``, or keeps the
    state it has in the journal when a StopError ends the run (or its location).
    """

    def __init__(  # noqa: PLR0913  (every seam is handed in)
        self,
        *,
        connection: Connection,
        journal: JournalWriter,
        policy: SendingPolicy | None = None,
        clock: Clock | None = None,
        quota_marks: Mapping[str, QuotaMark] | None = None,
        progress: SendingProgress | None = None,
        tokens: TokenSource | None = None,
        client: Door | None = None,
        dice: Random | None = None,
        neighbours: Neighbourhood | None = None,
        outlet: Outlet | None = None,
        spill_folder: Path | None = None,
    ) -> None:
        self._policy = policy or SendingPolicy()
        self._outlet = outlet or Outlet()
        self._clock = clock or SystemClock()
        self._progress = progress or SilentProgress()
        self._client: Door = client or Client(
            connection.base_url,
            clock=self._clock,
            version=version_of(connection.api_version),
            pools=self._outlet.pools,
        )
        self._tokens = tokens or AnyTokens(connection, self._client, clock=self._clock)
        self._quota = SharedQuota(neighbours, quota_marks or {}, clock=self._clock, progress=self._progress)
        self._dice = dice or Random()  # noqa: S311  (jitter, no secret)
        self._journal = JournalBatcher(
            journal,
            clock=self._clock,
            see=self._watch,
            notify=self._settled,
            notify_landed=self._progress.landed,
            stop=self.stop,
        )
        self._links = Links()
        self._held_capacity = Capacity(self._policy.held_rows)
        self._queue_capacity = Capacity(self._policy.queue_rows)
        self._demand = Demand(self._policy.queue_rows, self._wake)
        self._vendor_clock = VendorClock(self._clock)
        self._budget = Budget(self._policy.max_requests)
        self._failures = FailureWatch(self._policy.stop_after_failures)
        self._spill_folder = spill_folder
        self._locations: dict[str, LocationSender] = {}
        self._outstanding = 0
        self._submitted = 0
        self._land_by = inf
        self._changed = asyncio.Event()
        self._stopped = asyncio.Event()
        self._reason: StopError | None = None
        self._mistake: BaseException | None = None
        self._housekeeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        self._housekeeper = asyncio.get_running_loop().create_task(self._keep_house())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._housekeeper is not None:
                self._housekeeper.cancel()
            hurried = isinstance(error, asyncio.CancelledError | KeyboardInterrupt)
            await self._land(0.0 if hurried else self._policy.landing_seconds)
        finally:
            for location in self._locations.values():
                self._outlet.leave(location)
            self._journal.flush()
            self._note(final=True)
            await self._client.__aexit__(kind, error, trace)
            await self._quota.leave()

    # --- what a pipeline calls ---------------------------------------------------------------------------------

    async def open_location(self, location_id: str, needs: CatalogNeeds) -> Catalog:
        """Meet a location before its first row: token, scopes, address, catalog.

        Raises CredentialsError where it refuses us, SettingsError where the address is wrong, MappingError where
        a follow-up names what the location does not have, and at once what ended the run.
        """
        location = self._locations.get(location_id) or self._open_sender(location_id)

        # Whoever goes on after a kill knows by the marks alone what was asked: reads stand in no journal.
        self._journal.mark_quota((location.caller.mark(ahead_seconds=2 * LOOK_AROUND_SECONDS),))

        async def ask(call: Call) -> Reply:
            return await self._ask(location.caller, call, CallState(FIRST_CONTACT, soft=True))

        try:
            catalog = await self._unless_stopped(read_catalog(ask, location_id, needs))
        except CredentialsError as error:
            location.refuse(str(error))
            raise
        except CredentialsLostError as error:
            location.refuse(str(error))
            missing = isinstance(error, LocationRefusedError) and error.no_token
            raise (NoTokenError if missing else CredentialsError)(str(error)) from None
        location.open(catalog, resolve(self._policy.follow_ups, catalog))
        return catalog

    async def search(self, location_id: str, call: Call) -> Reply:
        """Bring a search through a location that was opened to its final reply; one of another location's is no reply.

        A refusal of scope or location is a reply; raises what ends the location's sending.
        """
        caller = self._locations[location_id].caller
        return await self._unless_stopped(self._ask(caller, call, SearchCallState(location_id)))

    async def read_contact(self, location_id: str, contact_id: str) -> Reply:
        """Bring the read of one contact to its final reply; likewise."""
        caller = self._locations[location_id].caller
        state = ContactCallState(FIRST_CONTACT, contact_id, soft=True)
        return await self._unless_stopped(self._ask(caller, calls.get_contact(contact_id), state))

    async def list_notes(self, location_id: str, contact_id: str) -> Reply:
        """Bring the read of one contact's notes to its final reply; likewise."""
        caller = self._locations[location_id].caller
        call, state = NOTE.look(location_id, contact_id), NotesCallState(contact_id)
        return await self._unless_stopped(self._ask(caller, call, state))

    async def perform(self, location_id: str, call: Call, state: CallState) -> Reply | Unanswered:
        """Bring a call that is made for no submitted row to its end; raises what ends the location's sending."""
        return await self._locations[location_id].caller.ask(call, state)

    async def find(self, record: Record) -> FoundContact:
        """Find the contact that a record would meet; stores nothing. Raises what ends the location's sending, and at once what ended the run."""
        location = self._locations.get(record.location_id) or self._open_sender(record.location_id)
        return await self._unless_stopped(find_match(location.caller, record))

    async def submit(self, record: Record, row_state: Intent | Landed | None = None) -> None:
        """Hand over a row, in source order; waits while too much is queued. Raises what ended the run."""
        if self._reason is not None or self._mistake is not None:
            await self._end()
        location = self._locations[record.location_id]
        self._outstanding += 1
        self._failures.reach()
        location.submit(record, row_state)
        while self._demand.met and not self.over:
            await self._wait()
        self._submitted += 1
        if not self._submitted % _BREATHLESS_ROWS:
            await asyncio.sleep(0)
        if location.ending is not None and all(other.ending for other in self._locations.values()):
            self.stop(location.ending)
            await self._end()

    def settle(self, outcomes: Iterable[Outcome]) -> None:
        """Take in rows that ended without a call, in source order with those that are submitted."""
        for outcome in outcomes:
            self._outstanding += 1
            self._failures.reach()
            self._journal.settle(outcome)

    @property
    def over(self) -> bool:
        """Whether something ended the run: hand over no more rows, and let ``drain`` say what."""
        return self._reason is not None or self._mistake is not None

    async def drain(self) -> None:
        """Return when every submitted row is settled; raise what ended the run, or a location of it."""
        for location in self._locations.values():
            location.finish()
        while self._outstanding and not self.over:
            await self._wait()
        self._journal.flush()
        if self.over:
            await self._end()
        closed = next((location.closed for location in self._locations.values() if location.closed), None)
        if closed is not None:
            raise self._as_seen(closed)

    def keep_hours(self, hours: Mapping[str, LocalHours]) -> None:
        """Send from now on only while each location's hours are open."""
        for location_id, location in self._locations.items():
            location.caller.open_hours = hours.get(location_id)

    def stop(self, reason: StopError) -> None:
        """Begin no attempt any more; those in the air land, bounded in time, and then ``reason`` is raised."""
        if self._reason is None:
            self._reason = reason
            self._stopped.set()
            for location in self._locations.values():
                location.stop(reason)
            self._changed.set()

    @property
    def read_back(self) -> ReadBack:
        """Tell what came of reading contacts back, over all locations."""
        return ReadBack.of(location.caller.meter for location in self._locations.values())

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._budget.spent

    def quota_of(self, location_id: str) -> LocationQuota:
        """Tell the quota of a location as far as its replies told it."""
        location = self._locations[location_id]
        caller, quickest = location.caller, location.caller.meter.quickest_seconds
        return LocationQuota(
            burst=caller.gate.slots.burst,
            interval_seconds=caller.gate.slots.interval_seconds,
            daily=caller.day.allowance,
            daily_remaining=caller.day.remaining,
            concurrency=location.concurrency,
            **({} if quickest is None else {"latency_seconds": quickest}),
        )

    # --- inside ------------------------------------------------------------------------------------------------

    async def _ask(self, caller: Caller, call: Call, state: CallState) -> Reply:
        found = await caller.ask(call, state)
        if isinstance(found, Unanswered):
            raise _unreachable(self._client.base_url, found)
        return found

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work that stores nothing; cut it off as soon as the run is to end."""
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:  # whoever waits may be cancelled himself: the call must not outlive the session
            stopped.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
            if not task.cancelled():
                task.exception()  # heard here: where the run's own reason counts, nobody asks for it any more
        if self._reason is not None:
            raise self._reason
        return task.result()

    def _open_sender(self, location_id: str) -> LocationSender:
        mark = self._quota.mark_of(location_id)
        now = self._clock.now()
        caller = Caller(
            location_id=location_id,
            client=self._client,
            tokens=self._tokens,
            policy=self._policy,
            clock=self._clock,
            dice=self._dice,
            progress=self._progress,
            vendor_clock=self._vendor_clock,
            budget=self._budget,
            gate=self._quota.open_gate(location_id),
            meter=Meter(now),
            breaker=Breaker(self._policy.retry),
            day=Day(mark, now),
            slowest_seconds=mark.slowest_seconds if mark is not None else 0.0,
        )
        callbacks = Callbacks(
            left=self._leave,
            broke=self._break,
            held_capacity=self._held_capacity,
            queue_capacity=self._queue_capacity,
            demand=self._demand,
        )
        location = LocationSender(
            caller, self._journal, callbacks, links=self._links, folder=self._spill_folder
        )
        self._locations[location_id] = location
        self._demand.join(location_id)
        if self._policy.concurrency is None:
            self._outlet.join(location)
        return location

    def _settled(self, outcome: Outcome) -> None:
        self._outstanding -= 1
        self._progress.settled(outcome)
        self._changed.set()

    def _watch(self, outcome: Outcome) -> None:
        if outcome.status is Status.FAILED and (reason := self._failures.fail()) is not None:
            self.stop(reason)

    def _leave(self, rows: int) -> None:
        self._outstanding -= rows
        self._changed.set()

    def _wake(self) -> None:
        if not self._changed.is_set():
            self._changed.set()

    def _break(self, error: BaseException) -> None:
        if self._mistake is None:
            self._mistake = error
        self._changed.set()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _end(self) -> None:
        await self._land(self._policy.landing_seconds)
        self._journal.flush()
        if self._mistake is not None:
            raise self._mistake
        assert self._reason is not None  # noqa: S101  (the caller saw one of the two)
        raise self._as_seen(self._reason)

    def _as_seen(self, reason: StopError) -> StopError | CredentialsError:
        """A token that is refused before anything was stored is a fault of the setup: nothing was sent."""
        if isinstance(reason, LocationRefusedError) and not self._journal.stored:
            return CredentialsError(str(reason))
        return reason

    async def _land(self, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        # One deadline, however often it is asked for: a stop is promised within ten seconds.
        self._land_by = min(self._land_by, now + seconds)
        left = max(self._land_by - now, 0.0)
        await asyncio.gather(*(location.land(left) for location in self._locations.values()))

    async def _keep_house(self) -> None:
        pulse_at = self._clock.monotonic() + self._policy.pulse_seconds
        while True:
            await self._clock.sleep(LOOK_AROUND_SECONDS)
            now = self._clock.monotonic()
            self._quota.share((key, location.caller.gate) for key, location in self._locations.items())
            for location in self._locations.values():
                location.tend(now)
                if location.through:
                    self._outlet.leave(location)
            self._journal.mark_quota(
                location.caller.mark(ahead_seconds=2 * LOOK_AROUND_SECONDS)
                for location in self._locations.values()
                if location.in_the_air or location.caller.mark_is_old
            )
            if now >= pulse_at:
                pulse_at = now + self._policy.pulse_seconds
                self._note()

    def _note(self, *, final: bool = False) -> None:
        now = self._clock.now()
        callers = [location.caller for location in self._locations.values()]
        self._journal.pulse(
            caller.meter.take(caller.location_id, now, daily_remaining=caller.day.remaining)
            for caller in callers
            if not caller.meter.idle
        )
        if final:
            # of all: the mark that each had before its first request tells of more than was asked
            self._journal.mark_quota(caller.mark(ahead_seconds=0.0) for caller in callers)


def _unreachable(base_url: str, silence: Unanswered) -> StopError | CertificateError:
    if silence.certificate:
        return distrusted(base_url, silence.words)
    return ServiceDownError(
        f"{base_url} could not be reached: {silence.words}. Check the network and HIGHLEVEL_BASE_URL."
    )
