"""The seams of a session: who watches, which clock, and how it is asked to stop."""

from __future__ import annotations

from dataclasses import dataclass, field

from importer.clock import Clock, SystemClock
from importer.sending.progress import SendingProgress, SilentProgress
from importer.stopping import StopSignal


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a session meets of the outside world, handed in so that tests can hand in their own."""

    progress: SendingProgress = field(default_factory=SilentProgress)
    clock: Clock = field(default_factory=SystemClock)
    stop: StopSignal = field(default_factory=StopSignal)
