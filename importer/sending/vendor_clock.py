"""The vendor's clock, as far as its replies tell it."""

from __future__ import annotations

from math import inf
from typing import Final

MARGIN_SECONDS: Final = 0.05
"""Taken off a first attempt's time, so that what is left of the uncertainty cannot hide our own contact from us."""


class VendorClock:
    """Learns how far the vendor's clock is from ours.

    Each reply bounds the difference: a stamp made while the request was under way lies between the moment it was
    sent and the moment the reply came. Clocks are taken to agree until a bound says otherwise, since most do.
    """

    __slots__ = ("_least", "_most")

    def __init__(self) -> None:
        self._least, self._most = -inf, inf

    def learn(self, stamp: float, *, sent_at: float, received_at: float, resolution: float = 0.001) -> None:
        """Take in a stamp of the vendor (truncated to ``resolution``) and our clock around it."""
        least, most = stamp - received_at, stamp + resolution - sent_at
        if least > self._most or most < self._least:
            # one of the two clocks was set meanwhile: what was learnt before is void
            self._least, self._most = least, most
            return
        self._least, self._most = max(self._least, least), min(self._most, most)

    @property
    def offset_seconds(self) -> float:
        """What to add to our clock to read the vendor's, at a good guess."""
        return min(max(0.0, self._least), self._most)

    def first_attempt_at(self, now: float) -> float:
        """Give the moment from which on a new contact counts as made by an attempt that starts now.

        It is the earliest that the vendor's clock can show by all that was learnt. A later guess would take our own
        contact for an older one wherever the vendor's clock is a little behind ours, and call created updated.
        """
        return now + (self._least if self._least > -inf else 0.0) - MARGIN_SECONDS
