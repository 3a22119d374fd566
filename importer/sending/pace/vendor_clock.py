"""The vendor's clock, as far as its replies tell it."""

from __future__ import annotations

from math import inf
from typing import Final

from importer.runtime.clock import Clock

MARGIN_SECONDS: Final = 0.05
"""Taken off a first attempt's time, so that what is left of the uncertainty cannot hide our own contact from us."""


class VendorClock:
    """Learns what the vendor's clock shows when our monotonic one shows a moment.

    Each reply bounds the difference: a stamp made while the request was under way lies between the moment it was
    sent and the moment the reply came. Our wall clock has no part in it, since somebody may set it during a run.
    """

    __slots__ = ("_clock", "_least", "_most")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._least, self._most = -inf, inf

    def learn(self, stamp: float, *, sent_at: float, received_at: float, resolution: float = 0.001) -> None:
        """Take in a stamp of the vendor (truncated to ``resolution``) and our monotonic clock around it."""
        least, most = stamp - received_at, stamp + resolution - sent_at
        if least > self._most or most < self._least:
            # one of the clocks was set, or the machine slept: what was learnt before is void
            self._least, self._most = least, most
            return
        self._least, self._most = max(self._least, least), min(self._most, most)

    def now(self) -> float:
        """Read the vendor's clock, at a good guess; ours until a reply told the time."""
        if self._least == -inf:
            return self._clock.now()
        return self._clock.monotonic() + (self._least + self._most) / 2

    def first_attempt_at(self) -> float:
        """Give the moment from which on a new contact counts as made by an attempt that starts now.

        It is the earliest that the vendor's clock can show by all that was learnt. A later guess would take our own
        contact for an older one wherever the vendor's clock is a little behind ours, and call created updated.
        """
        return self.earliest(self._clock.monotonic())

    def earliest(self, moment: float) -> float:
        """Give the earliest that the vendor's clock can have shown at a moment of our monotonic one, by what is known now."""
        if self._least == -inf:
            return self._clock.now() - (self._clock.monotonic() - moment) - MARGIN_SECONDS
        return moment + self._least - MARGIN_SECONDS
