"""How many rows may wait in memory, over all locations: it must not grow with their number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Capacity:
    """Room for rows of one kind, shared by all locations."""

    limit: int
    taken: int = 0
    batches: int = 0
    """Of rows that wait for others to share a call with: calls that wait."""

    @property
    def full(self) -> bool:
        return self.taken >= self.limit

    @property
    def exceeded(self) -> bool:
        return self.taken > self.limit
