"""What the pulses of a run add up to: totals, totals by location, and the course over time in a bounded number of steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from importer.records import Pulse

PAUSE_SECONDS: Final = 120.0
"""A silence longer than this is a pause between a stop and a resume, and is cut out of the course."""
_STEPS: Final = 160


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class TrafficStep:
    """One step of the course; latencies in milliseconds, ``None`` where nothing was answered."""

    requests: float = 0.0
    throttled: float = 0.0
    retries: float = 0.0
    settled: float = 0.0
    p50: float | None = None
    p95: float | None = None

    def add(self, pulse: Pulse, share: float) -> None:
        before, now = self.requests, pulse.requests * share
        self.requests += now
        self.throttled += pulse.throttled * share
        self.retries += pulse.retries * share
        self.settled += pulse.settled * share
        if now > 0:
            self.p50 = _blend(self.p50, before, pulse.latency_p50, now)
            self.p95 = _blend(self.p95, before, pulse.latency_p95, now)

    def join(self, other: TrafficStep) -> TrafficStep:
        return TrafficStep(
            requests=self.requests + other.requests,
            throttled=self.throttled + other.throttled,
            retries=self.retries + other.retries,
            settled=self.settled + other.settled,
            p50=_join(self.p50, self.requests, other.p50, other.requests),
            p95=_join(self.p95, self.requests, other.p95, other.requests),
        )


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class LocationTraffic:
    """One location's requests; ``daily_remaining`` as the vendor last said."""

    requests: int = 0
    throttled: int = 0
    retries: int = 0
    daily_remaining: int | None = None


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Traffic:
    """All requests of a run."""

    requests: int = 0
    throttled: int = 0
    retries: int = 0
    verified: int = 0
    differing: int = 0
    latency_max: float = 0.0
    whole: TrafficStep = field(default_factory=TrafficStep)
    locations: dict[str, LocationTraffic] = field(default_factory=dict)
    steps: list[TrafficStep] = field(default_factory=list)
    step_seconds: float = 1.0
    pauses: list[float] = field(default_factory=list)
    """Where pauses were cut out, in seconds of the course."""
    seconds: float = 0.0
    """The length of the course; the last step may reach beyond it."""

    def per_second(self, amounts: Sequence[float]) -> list[float]:
        """Turn amounts of each step into amounts a second; of the last step only what was run counts."""
        width = self.step_seconds
        last = max(self.seconds - (len(amounts) - 1) * width, width / 100)
        return [amount / width for amount in amounts[:-1]] + [amount / last for amount in amounts[-1:]]

    @property
    def last_remaining(self) -> int | None:
        """What is left of the daily allowance where least is left."""
        known = [part.daily_remaining for part in self.locations.values() if part.daily_remaining is not None]
        return min(known, default=None)


def gather(pulses: Iterable[Pulse]) -> Traffic:
    """Add pulses up; they come in the order in which they began."""
    traffic = Traffic()
    for pulse, begin in _on_course(pulses, traffic):
        _count(traffic, pulse)
        _spread(traffic, pulse, begin)
    return traffic


def _on_course(pulses: Iterable[Pulse], traffic: Traffic) -> Iterator[tuple[Pulse, float]]:
    """Pair each pulse with its beginning in seconds of the course, pauses cut out."""
    origin = latest = None
    for pulse in pulses:
        if origin is None or latest is None:
            origin = latest = pulse.started_at
        silence = pulse.started_at - latest
        if silence > PAUSE_SECONDS:
            traffic.pauses.append(latest - origin)
            origin += silence
        latest = max(latest, pulse.started_at + pulse.seconds)
        yield pulse, max(pulse.started_at - origin, 0.0)


def _count(traffic: Traffic, pulse: Pulse) -> None:
    part = traffic.locations.setdefault(pulse.location_id, LocationTraffic())
    for each in (traffic, part):
        each.requests += pulse.requests
        each.throttled += pulse.throttled
        each.retries += pulse.retries
    if pulse.daily_remaining is not None:
        part.daily_remaining = pulse.daily_remaining
    traffic.verified += pulse.verified
    traffic.differing += pulse.differing
    traffic.latency_max = max(traffic.latency_max, pulse.latency_max)
    traffic.whole.add(pulse, 1.0)


def _spread(traffic: Traffic, pulse: Pulse, begin: float) -> None:
    """Lay a pulse over the steps that it touches, each its share."""
    end = begin + max(pulse.seconds, 0.001)
    while end / traffic.step_seconds > _STEPS:
        _halve(traffic)
    width = traffic.step_seconds
    traffic.seconds = max(traffic.seconds, end)
    first = int(begin / width)
    last = max(first, math.ceil(end / width - 1e-9) - 1)
    while len(traffic.steps) <= last:
        traffic.steps.append(TrafficStep())
    for index in range(first, last + 1):
        covered = min(end, (index + 1) * width) - max(begin, index * width)
        traffic.steps[index].add(pulse, covered / (end - begin))


def _halve(traffic: Traffic) -> None:
    old = traffic.steps
    if len(old) % 2:
        old.append(TrafficStep())
    traffic.steps = [first.join(second) for first, second in zip(old[::2], old[1::2], strict=True)]
    traffic.step_seconds *= 2


def _blend(old: float | None, weight: float, new: float, share: float) -> float:
    return new if old is None else (old * weight + new * share) / (weight + share)


def _join(left: float | None, weight: float, right: float | None, share: float) -> float | None:
    if left is None or right is None:
        return left if right is None else right
    return _blend(left, weight, right, share)
