"""What goes wrong on the way: a share of the requests by dice, or the next ones by script."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from importer.sandbox.settings import FaultKind

BEFORE_STORING: Final = frozenset(
    {FaultKind.THROTTLED, FaultKind.ERROR, FaultKind.BAD_GATEWAY, FaultKind.UNAVAILABLE, FaultKind.DROP}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What befalls a request. Without ``kind`` and ``status`` the request is answered as usual.

    ``status`` with ``body`` answers just that. ``stored`` overrules whether the request takes effect first.
    """

    kind: FaultKind | None = None
    path: str = ""
    """Only requests whose path contains this use a scripted fault up."""
    times: int = 1
    stored: bool | None = None
    status: int | None = None
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    alter: Callable[[bytes], bytes] | None = None
    """Changes the bytes of the reply, as live ones that carried raw control characters."""

    @property
    def takes_effect(self) -> bool:
        if self.stored is not None:
            return self.stored
        return self.status is None and self.kind not in BEFORE_STORING


class Fates:
    """Decides what befalls each request; seeded, so that a run of faults can be had again."""

    def __init__(self, shares: Mapping[FaultKind, float], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (dice for tests)
        self._steps: list[tuple[float, Fault]] = []
        reach = 0.0
        for kind, share in shares.items():
            reach += share
            self._steps.append((reach, Fault(kind=kind)))
        self._script: deque[Fault] = deque()
        self.down: Fault | None = None

    def script(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self._script.extend([fault] * fault.times)

    def next(self, path: str) -> Fault | None:
        """Draw the fate of a request: down comes first, then the script, then the dice."""
        if self.down is not None:
            return self.down
        if self._script and (scripted := self._next_scripted(path)):
            return scripted
        if not self._steps:
            return None
        roll = self._random.random()
        return next((fault for reach, fault in self._steps if roll < reach), None)

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def _next_scripted(self, path: str) -> Fault | None:
        for index, fault in enumerate(self._script):
            if fault.path in path:
                del self._script[index]
                return fault
        return None
