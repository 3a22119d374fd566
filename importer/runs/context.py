"""The seams of a session: who watches, which clock, and how it is asked to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from importer.records import value_type
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.environment import user_at_host
from importer.runtime.progress import SendingProgress, SilentProgress
from importer.runtime.stopping import StopSignal
from importer.state.journal import Operator

if TYPE_CHECKING:
    from importer.runs.preparing.subprocess_pipe import SecondProcess
    from importer.sending.outlet import Outlet

Confirm: TypeAlias = Callable[[str], Awaitable[bool]]
"""Puts a question to a person, and brings back whether the answer was yes."""


@value_type(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a session meets of the outside world, handed in so that tests can hand in their own."""

    progress: SendingProgress = field(default_factory=SilentProgress)
    clock: Clock = field(default_factory=SystemClock)
    stop: StopSignal = field(default_factory=StopSignal)
    second_process: bool = False
    """Whether large sources may be read and mapped by a second process.

    Not unasked in somebody's own program, nor in a service, whose jobs may run by the dozen.
    """
    operator: Operator = field(default_factory=lambda: Operator(name=user_at_host()))
    """Who works on the run, for its history."""
    unattended: bool = False
    """Nobody sits beside it: what was left to a person to go on with is left alone."""
    explains_target: bool = False
    """Whether what a run is aimed at is said in full before its first write: that takes some look-ups."""
    confirm: Confirm | None = None
    """Who is asked before a run's first write; None: it goes on unasked."""
    outlet: Outlet | None = None
    """Through which it sends, where others of this process do so at the same time; None: by one of its own."""
    early_process: SecondProcess | None = None
    """The second process, where it was started ahead of the run."""
