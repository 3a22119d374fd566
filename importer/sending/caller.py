"""The caller of a location: brings one call through gate, token, retries and breaker to a final reply."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from random import Random
from typing import Final

from importer.errors import CertificateError, CredentialsError
from importer.highlevel.calls import Call
from importer.highlevel.client import Door, LostReply, RawReply
from importer.highlevel.quota import NO_READING
from importer.highlevel.reply import Reply, ReplyKind
from importer.highlevel.tokens import NoTokenError, TokenSource
from importer.records import QuotaMark
from importer.runtime.clock import Clock
from importer.runtime.progress import SendingProgress
from importer.sending import reasons
from importer.sending.call_state import FIRST_CONTACT, CallState, LocationRefusedError, Unanswered
from importer.sending.heard import ForeignReply, HeardReplies
from importer.sending.holds import Holds
from importer.sending.pace.breaker import Breaker
from importer.sending.pace.budget import Budget
from importer.sending.pace.day import Day
from importer.sending.pace.gate import Gate
from importer.sending.pace.meter import Meter
from importer.sending.pace.open_hours import LocalHours
from importer.sending.pace.slots import Ticket
from importer.sending.pace.vendor_clock import VendorClock
from importer.sending.policy import SendingPolicy
from importer.sending.readings import Readings
from importer.sending.retry import (
    Accept,
    Again,
    Attempts,
    EndDay,
    GiveUp,
    Hold,
    Refuse,
    Renew,
    decide,
    doubt_seconds,
)
from importer.settings import Secret

_SOFT: Final = {
    ReplyKind.MISDIRECTED,
    ReplyKind.SCOPE_MISSING,
    ReplyKind.LOCATION_REFUSED,
    ReplyKind.CONTACT_REFUSED,
    ReplyKind.EDGE_REFUSED,
    ReplyKind.LOCATION_PAUSED,
}
_LOOK_AGAIN_SECONDS: Final = 60.0
_FORBIDDEN: Final = {ReplyKind.CONTACT_REFUSED, ReplyKind.EDGE_REFUSED}


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Caller:
    """Everything that belongs to sending to one location, and to no other."""

    location_id: str
    client: Door
    tokens: TokenSource
    policy: SendingPolicy
    clock: Clock
    dice: Random
    progress: SendingProgress
    vendor_clock: VendorClock
    budget: Budget
    gate: Gate
    meter: Meter
    breaker: Breaker
    day: Day
    on_pass: Callable[[], None] = field(default=lambda: None)
    """Called when a request has passed the gate: the next one may line up."""
    _token: Secret | None = None
    open_hours: LocalHours | None = None
    """Outside of them nothing is sent."""
    _hours_announced: bool = False
    slowest_seconds: InitVar[float] = 0.0
    """The longest that a reply was waited for in earlier sessions."""
    readings: Readings = field(init=False)
    """What the replies tell."""
    holds: Holds = field(init=False)
    """When all of its calls wait."""
    resting: int = 0
    """Calls that wait for the moment at which they may be tried again."""
    _marked: int = 0
    """Requests of this session that the last mark knows of."""
    _refusals: int = 0
    """Forbidden calls since one was done."""
    _heard: HeardReplies = field(default_factory=HeardReplies)
    crossed: bool = False
    """A reply came that was somebody else's: others may have come to the wrong request unseen."""
    _landed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self, slowest_seconds: float) -> None:
        self.readings = Readings(
            location_id=self.location_id,
            clock=self.clock,
            progress=self.progress,
            gate=self.gate,
            meter=self.meter,
            day=self.day,
            vendor_clock=self.vendor_clock,
            slowest_seconds=slowest_seconds,
        )
        self.holds = Holds(
            location_id=self.location_id,
            base_url=self.client.base_url,
            policy=self.policy,
            clock=self.clock,
            dice=self.dice,
            progress=self.progress,
            gate=self.gate,
            day=self.day,
            breaker=self.breaker,
            vendor_clock=self.vendor_clock,
        )

    async def ask(self, call: Call, state: CallState) -> Reply | Unanswered:
        """Send a call until its reply is final; raises the StopError that ends this location's sending."""
        while True:
            if state.not_before:  # a first attempt has nothing to wait for
                await self.rest_until(state.not_before, begins=state.stores)
            found = await self._attempt(call, state)
            if isinstance(found, ForeignReply):
                found = await self._own_up(found, state)
            if isinstance(found, Reply) and found.kind is ReplyKind.DONE:
                self._refusals = 0
                self.holds.recover(state.sent_at)
                return found
            final = await self._follow(found, state)
            if final is not None:
                return final

    async def _own_up(self, found: ForeignReply, state: CallState) -> Reply | LostReply:
        """Take a reply that shows somebody else for lost, unless there is proof that it is ours."""
        if not found.repeated and await state.claims(found.reply):
            return found.reply
        self.crossed = True
        words = (
            "the reply had been given before, to another request"
            if found.repeated
            else "the reply was about another contact"
        )
        return LostReply(reason=words, sent=True, sent_at=state.sent_at, received_at=self.clock.monotonic())

    async def _attempt(self, call: Call, state: CallState) -> Reply | LostReply | ForeignReply:
        while (token := self._token) is None:
            if (lost := await self._obtain_token(state)) is not None:
                return lost
        ticket = await self._enter_announced(state)
        try:
            if call.looks_only or state.row == FIRST_CONTACT:
                self.budget.look()
            else:
                self.budget.spend(state.reserve)
        except BaseException:
            self.gate.hand_back(ticket)
            raise
        state.leave()
        self.on_pass()
        state.attempts += 1
        state.sent_at = self.clock.monotonic()
        state.token = token
        number = self.day.count(self.clock.now())
        if state.attempts > 1:
            self.meter.retries += 1
        try:
            raw = await self.client.request(call, token)
        except BaseException:
            state.doubtful = True  # cut off in the air
            self.gate.leave(ticket, late_seconds=self.gate.slots.interval_seconds)
            raise
        finally:
            self.day.end()
            self._landed.set()
        found = self.readings.take_in(raw, ticket, number, contacts=call.contacts)
        if isinstance(raw, RawReply) and isinstance(found, Reply):
            return self._sift(raw, found, state)
        return found

    def _sift(self, raw: RawReply, found: Reply, state: CallState) -> Reply | ForeignReply:
        """Part a reply that is not ours from its connection before another request goes over it."""
        repeated = self._heard.is_repeated(found.trace_id, raw.body)
        if not repeated and state.recognises(found):
            if found.kind is ReplyKind.MISDIRECTED:
                raw.discard()  # another connection may lead to the right server
            return found
        raw.discard()
        return ForeignReply(reply=found, repeated=repeated)

    async def _enter_announced(self, state: CallState) -> Ticket:
        """Pass the gate, and have written down what must be before the attempt leaves."""
        while True:
            ticket = await self._enter(state)
            if state.announced:
                return ticket
            try:
                await state.announce()
            except BaseException:
                self.gate.hand_back(ticket)
                raise
            if self.gate.lets_through(begins=state.stores):
                return ticket
            self.gate.hand_back(ticket)  # it closed while that was written

    async def _enter(self, state: CallState) -> Ticket:
        """Pass the gate, unless what is under way may use up the day: then see first what it leaves."""
        while True:
            if self.open_hours is not None:
                await self._keep_hours(begins=state.stores)
            ticket = await self.gate.enter(begins=state.stores, keep=state.reserve)
            if (
                self.open_hours is not None and self._closed_seconds() > 0
            ):  # it closed while others went first
                self.gate.hand_back(ticket)
                continue
            if not self.day.is_full(self.clock.now(), runs=self.gate.slots.runs):
                return ticket
            self.gate.hand_back(ticket)
            if self.day.under_way:
                self._landed.clear()
                await self._landed.wait()
            else:
                self.holds.end_day(self.readings.quota)

    def _closed_seconds(self) -> float:
        return 0.0 if self.open_hours is None else self.open_hours.wait_seconds(self.clock.now())

    async def _keep_hours(self, *, begins: bool) -> None:
        """Wait until rows may be sent, by the wall clock: a laptop that sleeps through the night wakes in time."""
        while (wait := self._closed_seconds()) > 0:
            if not self._hours_announced:
                self._hours_announced = True
                self.progress.holding(
                    self.location_id, wait, f"outside of its send window, {self.open_hours}"
                )
            await self.gate.pause(min(wait, _LOOK_AGAIN_SECONDS), begins=begins)
        self._hours_announced = False

    async def _follow(self, found: Reply | LostReply, state: CallState) -> Reply | Unanswered | None:
        """Do what the retry rules decide; None for another attempt."""
        now = self.clock.monotonic()
        self._note(found, state, now)
        if state.soft and isinstance(found, Reply) and found.kind in _SOFT:
            return found
        decision = decide(
            found,
            self._story(state, now),
            self.policy.opening if state.row == FIRST_CONTACT else self.policy.retry,
            chance=self.dice.random(),
            interval_seconds=self.gate.slots.interval_seconds,
        )
        doubtful = decision.doubtful if isinstance(decision, Again | GiveUp) else state.doubtful
        state.note_end(perhaps_stored=doubtful)
        match decision:
            case Accept():
                self.holds.recover(state.sent_at)
                return found if isinstance(found, Reply) else None
            case GiveUp(doubtful=doubtful):
                return self._give_up(found, state, doubtful=doubtful)
            case Again(wait_seconds=wait, doubtful=doubtful):
                self._put_off(found, state, wait, doubtful=doubtful)
            case Hold(wait_seconds=wait):
                self.holds.wait_for_window(wait, state.sent_at)
            case EndDay():
                self.holds.end_day(found.quota if isinstance(found, Reply) else NO_READING)
            case Renew():
                state.renewals += 1
                return await self._renew(found, state)
            case Refuse():
                raise self.holds.close(reasons.refused(found, location_id=self.location_id))
        return None

    def _put_off(self, found: Reply | LostReply, state: CallState, wait: float, *, doubtful: bool) -> None:
        """Say when the next attempt may leave. An outage has its own pause, which is too short for a row in doubt."""
        until = self.clock.monotonic() + wait
        state.doubtful = doubtful
        if not self.holds.brake(found, state.sent_at) or (doubtful and state.stores):
            state.not_before = until

    def _give_up(self, found: Reply | LostReply, state: CallState, *, doubtful: bool) -> Unanswered:
        state.doubtful = doubtful
        if not state.repeatable:
            # it does not try again, and the others must not follow it into an outage
            self.holds.brake(found, state.sent_at)
        return Unanswered(
            words=reasons.words_of(found),
            doubtful=doubtful,
            status=_status(found),
            certificate=_is_distrusted(found),
        )

    def _note(self, found: Reply | LostReply, state: CallState, now: float) -> None:
        """Count what tells a trouble of all from one of a single row."""
        if isinstance(found, Reply) and found.kind in _FORBIDDEN:
            self._refusals += 1
        elif _is_failure(found, state):
            self._note_failure(found, state, now)

    def _note_failure(self, found: Reply | LostReply, state: CallState, now: float) -> None:
        self.breaker.fail(state.row, now, nobodys_fault=_is_distrusted(found))
        if self.breaker.open or state.troubled_since is None:
            # an outage is nobody's fault: a row's own patience begins anew after it
            state.troubled_since = now
        if not self.breaker.open:
            state.failures += 1

    def _story(self, state: CallState, now: float) -> Attempts:
        since = state.troubled_since
        return Attempts(
            count=state.failures,
            seconds=0.0 if since is None else now - since,
            repeatable=state.repeatable,
            stores=state.stores,
            refusals=self._refusals,
            doubtful=state.doubtful,
            breaker_open=self.breaker.open,
            renewals=state.renewals,
            busy_seconds=self.done_by(state.sent_at) - now if state.stores else 0.0,
        )

    def done_by(self, sent_at: float) -> float:
        """Tell when the vendor is surely done with an attempt, should its reply be lost."""
        return sent_at + doubt_seconds(self.policy.retry, self.readings.slowest_seconds)

    async def rest_until(self, moment: float, *, begins: bool) -> None:
        """Wait until a call may be tried; others go on meanwhile."""
        if (wait := moment - self.clock.monotonic()) <= 0:
            return
        self.resting += 1
        self.on_pass()  # another worker may take this one's place in the air
        try:
            await self.gate.pause(wait, begins=begins)
        finally:
            self.resting -= 1

    def _unsent(self, error: CertificateError) -> LostReply:
        """Take what kept a token from being fetched as what it is: the request did not leave either."""
        now = self.clock.monotonic()
        return LostReply(reason=error.reason, sent=False, sent_at=now, received_at=now, certificate=True)

    async def _obtain_token(self, state: CallState) -> LostReply | None:
        """Fetch the token, one worker for all, and as patiently as a request: it may be a call of its own."""
        ticket = await self._enter(state)
        state.sent_at = self.clock.monotonic()
        try:
            if self._token is None:
                self._token = await self.tokens.token(self.location_id)
        except CertificateError as error:
            return self._unsent(error)
        except CredentialsError as error:
            raise self._without_token(error) from None
        finally:
            self.gate.hand_back(ticket)
        return None

    async def _renew(self, found: Reply | LostReply, state: CallState) -> Reply | Unanswered | None:
        refused = state.token
        if refused is None or self._token is not refused:
            return None  # another worker was quicker
        self._token = None
        try:
            renewed = await self.tokens.renew(self.location_id, refused)
        except CertificateError as error:
            state.renewals -= 1  # nobody was asked who could have renewed it
            return await self._follow(self._unsent(error), state)
        except CredentialsError as error:
            raise self._without_token(error) from None
        if not renewed:
            raise self.holds.close(reasons.refused(found, location_id=self.location_id))
        return None

    def _without_token(self, error: CredentialsError) -> LocationRefusedError:
        missing = isinstance(error, NoTokenError)
        return self.holds.close(
            LocationRefusedError(str(error), kind=ReplyKind.TOKEN_REFUSED, no_token=missing)
        )

    @property
    def mark_is_old(self) -> bool:
        """Tell whether requests of whatever kind went, or may go at any moment, that the last mark says nothing of."""
        return self.gate.waiting > 0 or self.day.sent != self._marked

    def mark(self, *, ahead_seconds: float) -> QuotaMark:
        """Note what a restart must know: what is in the window, and what may be by the end of ``ahead_seconds``."""
        self._marked = self.day.sent
        now, slots = self.clock.now(), self.gate.slots
        slots.wait_seconds(self.clock.monotonic())
        return QuotaMark(
            location_id=self.location_id,
            at=now + ahead_seconds,
            in_window=min(slots.burst, slots.occupied + math.ceil(self.gate.pace * ahead_seconds)),
            used_today=self.day.used,
            daily_remaining=self.day.remaining,
            slowest_seconds=self.readings.slowest_seconds,
        )


def _is_failure(found: Reply | LostReply, state: CallState) -> bool:
    """Tell whether an attempt came to nothing by the vendor's fault, or that of something in between."""
    if isinstance(found, LostReply) or found.kind in {ReplyKind.TROUBLE, ReplyKind.MISDIRECTED}:
        return True
    return (state.stores or not state.repeatable) and not found.stored_nothing


def _is_distrusted(found: Reply | LostReply) -> bool:
    return isinstance(found, LostReply) and found.certificate


def _status(found: Reply | LostReply) -> int | None:
    return None if isinstance(found, LostReply) else found.status
