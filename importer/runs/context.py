"""The seams of a session: who watches, which clock, and how it is asked to stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.runtime.clock import Clock, SystemClock
from importer.runtime.progress import SendingProgress, SilentProgress
from importer.runtime.stopping import StopSignal

if TYPE_CHECKING:
    from importer.runs.preparing.subprocess_pipe import SecondProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a session meets of the outside world, handed in so that tests can hand in their own."""

    progress: SendingProgress = field(default_factory=SilentProgress)
    clock: Clock = field(default_factory=SystemClock)
    stop: StopSignal = field(default_factory=StopSignal)
    second_process: bool = False
    """Whether large sources may be read and mapped by a second process.

    Not unasked in somebody's own program, nor in a service, whose jobs may run by the dozen.
    """
    early_process: SecondProcess | None = None
    """The second process, where it was started ahead of the run."""
