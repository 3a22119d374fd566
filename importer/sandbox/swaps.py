"""Replies that reach each other's callers."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from importer.sandbox.deliveries import Delivery
from importer.sandbox.times import Clock


class Swaps:
    """Holds a reply back until another call of the same kind is answered, and exchanges the two."""

    def __init__(self, clock: Clock, *, patience_seconds: float) -> None:
        self._clock = clock
        self._patience = patience_seconds
        self._waiting: dict[Hashable, tuple[Delivery, asyncio.Future[Delivery]]] = {}

    def offer(self, kind: str, delivery: Delivery) -> Delivery:
        """Give a reply, and take the one that waits, if any does."""
        if kind not in self._waiting:
            return delivery
        other, place = self._waiting.pop(kind)
        place.set_result(delivery)
        return other

    async def wait(self, kind: str, delivery: Delivery) -> Delivery:
        """Wait for another's reply; nobody's coming in time means one's own."""
        if kind in self._waiting:
            return self.offer(kind, delivery)
        place: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        self._waiting[kind] = (delivery, place)
        patience = asyncio.ensure_future(self._clock.sleep(self._patience))
        await asyncio.wait((place, patience), return_when=asyncio.FIRST_COMPLETED)
        patience.cancel()
        if place.done():
            return place.result()
        del self._waiting[kind]
        return delivery
