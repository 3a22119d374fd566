"""What the replies of a location tell of pace, quota, day and clock."""

from __future__ import annotations

from dataclasses import dataclass

from importer.highlevel.client import LostReply, RawReply
from importer.highlevel.quota import BURST, NO_READING, QuotaReading
from importer.highlevel.reply import Reply, read_http_date, read_moment, read_reply
from importer.runtime.clock import Clock
from importer.runtime.progress import SendingProgress
from importer.sending import reasons
from importer.sending.pace.day import Day
from importer.sending.pace.gate import Gate
from importer.sending.pace.meter import Meter
from importer.sending.pace.slots import Ticket
from importer.sending.pace.vendor_clock import VendorClock


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Readings:
    """Reads what came, and lets those learn from it who keep pace, quota, day and clock."""

    location_id: str
    clock: Clock
    progress: SendingProgress
    gate: Gate
    meter: Meter
    day: Day
    vendor_clock: VendorClock
    slowest_seconds: float = 0.0
    """The longest that a reply was waited for, in earlier sessions too."""
    quota: QuotaReading = NO_READING
    """As it was said last."""
    _replies: int = 0
    _date: str | None = None
    _dated: bool = False
    _absurdity_announced: bool = False

    def take_in(
        self, raw: RawReply | LostReply, ticket: Ticket, number: int, *, contacts: int
    ) -> Reply | LostReply:
        """Learn from an answer what it tells of pace, quota, day and clock."""
        seconds = raw.received_at - raw.sent_at
        self.meter.request(seconds)
        if isinstance(raw, LostReply):
            if not raw.sent:
                self.gate.hand_back(ticket)
                return raw
            late = self.gate.slots.interval_seconds if raw.timed_out else 0.0
            self.gate.leave(ticket, late_seconds=late)
            self.progress.requested(self.location_id, seconds, False)
            return raw
        self.slowest_seconds = max(self.slowest_seconds, seconds)
        self.gate.leave(ticket, at=raw.received_at)
        # of a quota far beyond the vendor's usual one not every reading matters
        with_quota = self.day.scarce or self._replies % (self.gate.slots.burst // BURST or 1) == 0
        reply = read_reply(raw.status, raw.headers, raw.body, with_quota=with_quota, contacts=contacts)
        if reply.quota is not NO_READING:
            self._learn_quota(reply.quota, ticket, number)
        self._replies += 1
        self._learn_time(raw.headers.get("Date"), seconds)
        throttled = reply.status == 429
        self.meter.throttled += throttled
        self.progress.requested(self.location_id, seconds, throttled)
        return reply

    def _learn_quota(self, quota: QuotaReading, ticket: Ticket, number: int) -> None:
        gate, self.quota = self.gate, quota
        if quota.absurd_interval_seconds is not None and not self._absurdity_announced:
            self._absurdity_announced = True
            self.progress.message(
                reasons.absurd_interval(self.location_id, quota, gate.slots.interval_seconds)
            )
        gate.learn(burst=quota.burst, interval_seconds=quota.interval_seconds)
        if quota.remaining is not None:
            gate.slots.reconcile(ticket, quota.remaining, self.clock.monotonic())
        self.day.learn(quota, self.clock.now(), number)

    def _learn_time(self, date: str | None, seconds: float) -> None:
        if date is None or date == self._date:
            return  # it changes once a second, and reading it costs more than comparing it
        self._date = date
        stamp = read_http_date(date)
        if stamp is not None:
            self._dated = True
            now = self.clock.monotonic()
            self.vendor_clock.learn(stamp, sent_at=now - seconds, received_at=now, resolution=1.0)

    def learn_creation(self, added: object, sent_at: float) -> None:
        """Learn the vendor's clock from a contact just made, where its replies carry no date."""
        stamp = None if self._dated else read_moment(added)
        if stamp is not None:
            self.vendor_clock.learn(
                stamp,
                sent_at=sent_at,
                received_at=self.clock.monotonic(),
                resolution=1.0 if stamp == int(stamp) else 0.001,
            )
