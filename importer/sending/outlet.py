"""The way out of a process, which all its senders share: connections to the vendor, and how much may be in the air."""

from __future__ import annotations

from typing import Final, Protocol

from importer.highlevel.exchange import ConnectionPools

DEFAULT_CONCURRENCY: Final = 100
"""What a location may have in the air that shares with few: as much as its first burst is."""
_IN_THE_AIR: Final = 1_000
_LEAST_IN_THE_AIR: Final = 4


class Sharing(Protocol):
    """A location as far as it has to do with its share: how many of its requests may be in the air at once."""

    concurrency: int


class Outlet:
    """Divides what one process can have in the air over the locations that it sends to at the moment, whoever sends to them.

    Thousands of connections at once only cost memory, and are more than a machine allows.
    """

    def __init__(self) -> None:
        self.pools = ConnectionPools()
        self._sharing: set[Sharing] = set()
        self._share = DEFAULT_CONCURRENCY

    def join(self, location: Sharing) -> None:
        """Let a location have its share from now on."""
        self._sharing.add(location)
        self._divide()
        location.concurrency = self._share

    def leave(self, location: Sharing) -> None:
        """Give a location's share to the others."""
        if location in self._sharing:
            self._sharing.remove(location)
            self._divide()

    def _divide(self) -> None:
        share = max(_LEAST_IN_THE_AIR, min(DEFAULT_CONCURRENCY, _IN_THE_AIR // max(1, len(self._sharing))))
        if share != self._share:
            self._share = share
            for location in self._sharing:
                location.concurrency = share
