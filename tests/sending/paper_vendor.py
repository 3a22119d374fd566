"""A vendor made of arithmetic: counts requests in every kind of window, answers after a jittered latency, no socket."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Any, Protocol, Self

from importer.highlevel.calls import Call
from importer.highlevel.client import RawReply
from importer.highlevel.versions import ApiVersion
from importer.settings import Secret


class Window(Protocol):
    """Counts an arrival; False where a quota of this kind would refuse it."""

    def arrive(self, at: float) -> bool: ...


@dataclass(slots=True)
class FixedWindow:
    burst: int
    seconds: float
    first_hit: bool = False
    _start: float = -1e9
    count: int = 0

    def arrive(self, at: float) -> bool:
        if at >= self._start + self.seconds:
            self._start = at if self.first_hit else at - at % self.seconds
            self.count = 0
        self.count += 1
        return self.count <= self.burst


@dataclass(slots=True)
class SlidingWindow:
    burst: int
    seconds: float
    _arrivals: deque[float] = field(default_factory=deque)

    def arrive(self, at: float) -> bool:
        while self._arrivals and self._arrivals[0] <= at - self.seconds:
            self._arrivals.popleft()
        if len(self._arrivals) >= self.burst:
            return False  # and a refused request does not count
        self._arrivals.append(at)
        return True

    @property
    def count(self) -> int:
        return len(self._arrivals)


class PaperVendor:
    """Satisfies the sender's door to the network."""

    base_url = "http://127.0.0.1:1"
    version = ApiVersion.V2021_07_28

    def __init__(
        self,
        *,
        burst: int = 100,
        seconds: float = 10.0,
        latency: Callable[[Random], tuple[float, float]] = lambda dice: (
            dice.uniform(0.025, 0.2),
            dice.uniform(0.025, 0.2),
        ),
        seed: int = 1,
        headers: bool = True,
        strict: bool = False,
        respond: Callable[[Call], tuple[int, dict[str, Any]] | None] | None = None,
        allowance: Callable[[float], int] = lambda _: 200_000,
    ) -> None:
        self.burst, self.seconds = burst, seconds
        self.fixed = FixedWindow(burst, seconds)
        self.first_hit = FixedWindow(burst, seconds, first_hit=True)
        self.sliding = SlidingWindow(burst, seconds)
        self.refusals = {"fixed": 0, "first hit": 0, "sliding": 0}
        self.calls: list[Call] = []
        self.arrivals: list[float] = []
        self.replied_at = 0.0
        self._latency = latency
        self._dice = Random(seed)  # noqa: S311  (no secret)
        self._headers = headers
        self._strict = strict
        self._respond = respond
        self._allowance = allowance
        self._counted = 0
        self.refused = 0
        """Requests that were answered with 429."""
        self._made = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def request(self, call: Call, token: Secret | None) -> RawReply:  # noqa: ARG002  (a door's signature)
        loop = asyncio.get_running_loop()
        sent_at = loop.time()
        there, back = self._latency(self._dice)
        await asyncio.sleep(there)
        self.calls.append(call)
        refused = not self.arrive(loop.time()) and self._strict
        refused = refused or self._left() <= 0
        status, body = (429, {"message": "Too Many Requests"}) if refused else self._answer(call)
        self._counted += not refused
        self.refused += refused
        headers = self._quota() if self._headers else {}
        await asyncio.sleep(back)
        self.replied_at = loop.time()
        return RawReply(
            status=status,
            headers=headers,
            body=json.dumps(body).encode(),
            sent_at=sent_at,
            received_at=loop.time(),
        )

    def arrive(self, at: float) -> bool:
        """Count a request; False where the sliding window refuses it."""
        self.arrivals.append(at)
        fits = True
        for name, window in (
            ("fixed", self.fixed),
            ("first hit", self.first_hit),
            ("sliding", self.sliding),
        ):
            fits = window.arrive(at)
            self.refusals[name] += not fits
        return fits

    def _left(self) -> int:
        """What is left of the day: the allowance of the hour, less what was answered."""
        return max(0, self._allowance(asyncio.get_running_loop().time()) - self._counted)

    def _quota(self) -> dict[str, str]:
        return {
            "X-RateLimit-Max": str(self.burst),
            "X-RateLimit-Remaining": str(max(0, self.burst - self.sliding.count)),
            "X-RateLimit-Interval-Milliseconds": str(int(self.seconds * 1000)),
            "X-RateLimit-Limit-Daily": "200000",
            "X-RateLimit-Daily-Remaining": str(self._left()),
        }

    def _answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        if self._respond is not None and (own := self._respond(call)) is not None:
            return own
        if call.method == "GET" and call.path.startswith("/locations/"):
            return 200, {"location": {"id": "loc", "name": "Paper", "settings": {}}}
        if "/tags" in call.path:
            return 201, {"succeded": True, "traceId": "trace"}
        self._made += 1
        return 200, {"new": True, "contact": {"id": f"contact{self._made}"}, "traceId": "trace"}
