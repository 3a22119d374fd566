"""When all calls of a location wait, and when it is given up: in an outage, behind a full window, for the next day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from importer.errors import StopError
from importer.highlevel.client import LostReply
from importer.highlevel.quota import QuotaReading, seconds_to_next_day
from importer.highlevel.reply import Reply
from importer.runtime.clock import Clock
from importer.runtime.progress import SendingProgress
from importer.sending import reasons
from importer.sending.pace.breaker import Breaker
from importer.sending.pace.day import Day
from importer.sending.pace.gate import Gate
from importer.sending.pace.vendor_clock import VendorClock
from importer.sending.policy import SendingPolicy
from importer.sending.retry import day_recheck_seconds

Ending = TypeVar("Ending", bound=StopError)

_FULL_WINDOWS: Final = 3
"""So many windows in which the vendor takes nothing at all are no matter of pace any more."""


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Holds:
    """Holds the gate of one location shut for a while, says so once, and ends its sending where that lasts too long."""

    location_id: str
    base_url: str
    policy: SendingPolicy
    clock: Clock
    dice: Random
    progress: SendingProgress
    gate: Gate
    day: Day
    breaker: Breaker
    vendor_clock: VendorClock
    _outage_announced: bool = False
    _day_spent_at: float = -math.inf
    _waits_for_day: bool = False
    _throttled_at: float = 0.0
    _throttled_since: float | None = None
    """The first 429 since anything was done."""
    _throttling_announced: bool = False

    def recover(self, sent_at: float) -> None:
        """Note that something was done that left at that moment."""
        if sent_at < self._day_spent_at:
            return  # it left before the day was spent, and says nothing of the next one
        self.breaker.succeed()
        self.gate.widen()
        self._outage_announced = False
        self._throttled_since, self._throttling_announced = None, False
        if self._waits_for_day:
            self._waits_for_day = False
            self.progress.holding(self.location_id, 0.0, "")
            self.progress.message(f"Location {self.location_id} has an allowance again: sending goes on.")

    def brake(self, found: Reply | LostReply, sent_at: float) -> bool:
        """Hold the location back in an outage; raises ServiceDownError when it has lasted too long."""
        now = self.clock.monotonic()
        pause = self.breaker.trip(sent_at, now, chance=self.dice.random())
        if not pause:
            return False
        words = reasons.words_of(found)
        if self.breaker.hopeless(now) or self._is_in_vain(found, now):
            raise self.close(
                reasons.out_of_reach(found, base_url=self.base_url, seconds=self.policy.retry.outage_seconds)
            )
        self.gate.hold(pause)
        self.gate.narrow()
        if not self._outage_announced:
            self._outage_announced = True
            retry = self.policy.retry
            lasting = isinstance(found, LostReply) and found.lasting
            minutes = (retry.lasting_seconds if lasting else retry.outage_seconds) / 60
            self.progress.message(
                f"HighLevel does not answer as it should ({words}); trying again, for up to {minutes:.0f} minutes. "
                "Ctrl-C stops, and nothing is lost by it."
            )
        self.progress.holding(self.location_id, pause, f"HighLevel does not answer as it should ({words})")
        return True

    def _is_in_vain(self, found: Reply | LostReply, now: float) -> bool:
        return (
            isinstance(found, LostReply)
            and found.lasting
            and self.breaker.down_seconds(now) >= self.policy.retry.lasting_seconds
        )

    def wait_for_window(self, wait: float, sent_at: float) -> None:
        """Hold the location until its burst window has room; raises ServiceDownError when it has none for too long."""
        now = self.clock.monotonic()
        since = self._throttled_since = now if self._throttled_since is None else self._throttled_since
        if now - since >= self.policy.retry.outage_seconds:
            raise self.close(reasons.throttled(self.location_id, seconds=now - since))
        self._announce_throttling(wait, now - since)
        if sent_at >= self._throttled_at:
            # the first of those that met one full window; our own slots never fill it
            self._throttled_at = self.clock.monotonic()
            self.gate.slots.yield_some(self._throttled_at)
        self.gate.hold(wait)
        self.progress.holding(self.location_id, wait, "the burst quota is used up")

    def _announce_throttling(self, wait: float, seconds: float) -> None:
        """Say aloud that a full window does not empty, once: a person sees only that nothing happens."""
        long = _FULL_WINDOWS * self.gate.slots.interval_seconds
        if self._throttling_announced or max(wait, seconds) < long:
            return
        self._throttling_announced = True
        since = self.clock.now() - seconds
        minutes = self.policy.retry.outage_seconds / 60
        self.progress.message(
            reasons.long_throttled(self.location_id, since=since, wait=wait, minutes=minutes)
        )

    def end_day(self, quota: QuotaReading) -> None:
        """Stop, or wait for the next day; now and then one request asks whether the allowance is back before it."""
        wait = seconds_to_next_day(self.vendor_clock.now(), quota)
        if not self.policy.wait_for_quota:
            raise self.close(reasons.day_spent(self.location_id, until=self.clock.now() + wait))
        self._day_spent_at = self.clock.monotonic()
        self.day.forget()
        self.gate.hold(day_recheck_seconds(wait, chance=self.dice.random()))
        self.gate.narrow()
        if not self._waits_for_day:
            self._waits_for_day = True
            self.progress.holding(self.location_id, wait, "the daily allowance is used up")

    def close(self, error: Ending) -> Ending:
        """Let nobody pass the gate any more."""
        self.gate.stop(error)
        return error
