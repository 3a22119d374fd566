"""What goes wrong on the way: a share of the requests by dice, or the next ones by script."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Final

from importer.runtime.regex import regex
from importer.sandbox.nouns import noun
from importer.sandbox.settings import FaultKind

BEFORE_STORING: Final = frozenset(
    {
        FaultKind.THROTTLED,
        FaultKind.ERROR,
        FaultKind.BAD_GATEWAY,
        FaultKind.UNAVAILABLE,
        FaultKind.DROP,
        FaultKind.STATUS,
        FaultKind.EDGE,
        FaultKind.WORDS_OBJECT,
        FaultKind.WORDS_NESTED,
        FaultKind.WORDS_PLAIN,
        FaultKind.QUOTED_TOKEN,
    }
)
_WITH_STATUS: Final = regex(r"(status|stored)-([1-5]\d\d)")
_WITH_TIME: Final = regex(r"reset-(\d+)ms")
FAULT_NAMES: Final = (
    *(kind.value for kind in FaultKind if kind not in (FaultKind.STATUS, FaultKind.STORED)),
    "status-NNN",
    "stored-NNN",
    "reset-NNms",
)


@noun
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
    """How long a slow reply takes, when a reset cuts, or how long after its reply a stray one comes by itself."""
    size: int = 1_000_000_000
    """The bytes of a huge reply."""
    alter: Callable[[bytes], bytes] | None = None
    """Changes the bytes of the reply, as live ones that carried raw control characters."""

    @property
    def takes_effect(self) -> bool:
        if self.stored is not None:
            return self.stored
        if self.kind is FaultKind.STORED:
            return True
        return self.status is None and self.kind not in BEFORE_STORING

    @property
    def name(self) -> str:
        """Its name in ``--fault`` and in the state; empty for a reply that is only altered."""
        match self.kind:
            case None:
                return ""
            case FaultKind.STATUS | FaultKind.STORED:
                return f"{self.kind.value}-{self.status}"
            case FaultKind.RESET if self.seconds:
                return f"reset-{round(self.seconds * 1000)}ms"
            case kind:
                return kind.value


def read_fault(name: str) -> Fault:
    """Read a fault by its name; raises ValueError for one that the sandbox does not know."""
    if found := _WITH_STATUS.fullmatch(name):
        return Fault(kind=FaultKind(found[1]), status=int(found[2]))
    if found := _WITH_TIME.fullmatch(name):
        return Fault(kind=FaultKind.RESET, seconds=int(found[1]) / 1000)
    if name not in FAULT_NAMES:
        raise ValueError(name)
    return Fault(kind=FaultKind(name))


class Fates:
    """Decides what befalls each request; seeded, so that a run of faults can be had again."""

    def __init__(self, shares: Mapping[FaultKind, float] | Mapping[str, float], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (dice for tests)
        # Waits have dice of their own, or requests that cross would shift one another's faults.
        self._waits = random.Random(f"waits {seed}")  # noqa: S311  (likewise)
        self._steps: list[tuple[float, Fault]] = []
        reach = 0.0
        for name, share in shares.items():
            reach += share
            self._steps.append((reach, read_fault(str(name))))
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
        return self._waits.uniform(low, high)

    def _next_scripted(self, path: str) -> Fault | None:
        for index, fault in enumerate(self._script):
            if fault.path in path:
                del self._script[index]
                return fault
        return None
