"""The meter of a location: counts one stretch of sending, for the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Self

from importer.records import Fault, Pulse, value_type

_KEPT: Final = 512


@value_type(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """Contacts that were read back, those of them that hold something else than was sent, and those that could not be read."""

    contacts: int
    differed: int
    unread: int

    @classmethod
    def of(cls, meters: Iterable[Meter]) -> Self:
        """Add up what several locations' meters counted."""
        counted = list(meters)
        return cls(
            contacts=sum(meter.read_back for meter in counted),
            differed=sum(meter.differed for meter in counted),
            unread=sum(meter.unread for meter in counted),
        )


class Meter:
    """Counts since the last pulse. Of many latencies it keeps every n-th, so that memory stays flat."""

    __slots__ = (
        "_every",
        "_latencies",
        "_most",
        "_reported",
        "_seen",
        "_since",
        "differed",
        "read_back",
        "requests",
        "retries",
        "settled",
        "throttled",
        "unread",
    )

    def __init__(self, now: float) -> None:
        self._since = now
        self._latencies: list[float] = []
        self._every, self._seen, self._most = 1, 0, 0.0
        self.requests = self.retries = self.settled = self.throttled = 0
        self.read_back = self.differed = self.unread = 0
        """Of the whole session, not of one stretch."""
        self._reported = (0, 0)

    def request(self, seconds: float) -> None:
        self.requests += 1
        self._seen += 1
        self._most = max(self._most, seconds)
        if self._seen % self._every == 0:
            self._latencies.append(seconds)
            if len(self._latencies) >= 2 * _KEPT:
                del self._latencies[::2]
                self._every *= 2

    @property
    def idle(self) -> bool:
        return not (self.requests or self.settled)

    @property
    def quickest_seconds(self) -> float | None:
        """The shortest wait for a reply of this stretch: the first one also opened the connection."""
        return min(self._latencies, default=None)

    def note_read_back(self, faults: Sequence[Fault]) -> None:
        """Count a contact that was read back, by what came of it."""
        self.read_back += 1
        self.unread += any(fault.code == "not_verified" for fault in faults)
        self.differed += any(fault.code != "not_verified" for fault in faults)

    def take(self, location_id: str, now: float, *, daily_remaining: int | None) -> Pulse:
        """Close the stretch and begin the next; ``now`` is of the wall clock."""
        ordered = sorted(self._latencies)
        verified, differing = found = self.read_back - self.unread, self.differed
        pulse = Pulse(
            location_id=location_id,
            started_at=self._since,
            seconds=now - self._since,
            requests=self.requests,
            throttled=self.throttled,
            retries=self.retries,
            settled=self.settled,
            latency_p50=_quantile(ordered, 0.5),
            latency_p95=_quantile(ordered, 0.95),
            latency_max=round(self._most * 1000, 1),
            daily_remaining=daily_remaining,
            verified=verified - self._reported[0],
            differing=differing - self._reported[1],
        )
        self._reported = found
        self._since = now
        self._latencies = []
        self._every, self._seen, self._most = 1, 0, 0.0
        self.requests = self.retries = self.settled = self.throttled = 0
        return pulse


def _quantile(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)
