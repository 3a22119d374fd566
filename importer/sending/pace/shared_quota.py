"""What of a location's quota is left to this run: beside other runs, and after what earlier ones used."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from importer.highlevel.quota import BURST
from importer.records import QuotaMark
from importer.runtime.clock import Clock
from importer.runtime.progress import SendingProgress
from importer.sending.pace.gate import Gate

LOOK_AROUND_SECONDS: Final = 1.0
"""How often runs look for one another."""


class Neighbourhood(Protocol):
    """Other runs of the same state folder that send to the same locations."""

    def enter(self, location_id: str) -> None: ...

    def count(self, location_id: str) -> int: ...

    def count_all(self) -> Mapping[str, int]: ...

    def leave(self) -> None: ...


class SharedQuota:
    """Opens the gates of locations, and keeps each as narrow as its neighbours need it."""

    def __init__(
        self,
        neighbours: Neighbourhood | None,
        marks: Mapping[str, QuotaMark],
        *,
        clock: Clock,
        progress: SendingProgress,
    ) -> None:
        self._neighbours = neighbours
        self._marks = marks
        self._clock = clock
        self._progress = progress

    def mark_of(self, location_id: str) -> QuotaMark | None:
        """Give what an earlier session left of a location's quota, as far as it is known."""
        return self._marks.get(location_id)

    def open_gate(self, location_id: str) -> Gate:
        """Open the gate of a location that is met for the first time."""
        gate = Gate(clock=self._clock)
        if self._neighbours is not None:
            self._neighbours.enter(location_id)
            self._share(gate, self._neighbours.count(location_id))
            self._make_way(location_id, gate)
        mark = self.mark_of(location_id)
        if mark is not None and mark.in_window:
            # a mark from the future means that our clock was set back meanwhile, not that the window is hours away
            gate.remember(mark.in_window, min(mark.at - self._clock.now(), gate.slots.interval_seconds))
        return gate

    def share(self, gates: Iterable[tuple[str, Gate]]) -> None:
        """Leave the other runs that send to locations their part of the quota of each; all are looked for at once."""
        if self._neighbours is None:
            return
        others = self._neighbours.count_all()
        for location_id, gate in gates:
            self._share(gate, others.get(location_id, 0))

    def _share(self, gate: Gate, others: int) -> None:
        gate.slots.share(1 + others, self._clock.monotonic())

    async def leave(self) -> None:
        """Leave the whole quota to the others; in a thread, since hundreds of locations take the disk a while."""
        if self._neighbours is not None:
            await asyncio.to_thread(self._neighbours.leave)

    def _make_way(self, location_id: str, gate: Gate) -> None:
        """Wait until those who are there have seen us: until then the window is all theirs."""
        if gate.slots.runs > 1:
            gate.remember(BURST, LOOK_AROUND_SECONDS)
            self._progress.message(
                f"Another run sends to location {location_id} just now: they share its quota, and this one "
                f"begins in about {gate.slots.interval_seconds:.0f} s."
            )
