"""The preparation of a run: reads and maps ahead of the sender, and writes the results behind it.

Large sources are prepared in a process of their own: reading, mapping and writing take about as much of a core as
sending does, and in one process they take turns with it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from importer.runtime import environment

if TYPE_CHECKING:
    from importer.mapping import Mapping
    from importer.results import Summary
    from importer.runs.intake import Mapped
    from importer.runs.preparing.order import Order, Surveyed
    from importer.runs.preparing.subprocess_pipe import SecondProcess
    from importer.runs.resolving import Catalogs
    from importer.state.journal import Journal

__all__ = ["Preparation", "open_preparation", "start_early"]

WORTH_A_PROCESS: Final = 4 << 20
"""Bytes of text, some 15,000 rows of 25 columns. A run of fewer would be over a few seconds sooner, where no quota holds it
back, and takes 40 MB more."""
_TEXTS: Final = (".csv", ".tsv", ".txt")
_PACKED: Final = 4
"""How many bytes of text one of a workbook or an archive stands for."""


class Preparation(Protocol):
    """Called from a thread, one call at a time and in this order; each call may take long."""

    def survey(self, keep_going: Callable[[], None]) -> tuple[Surveyed, ...]:
        """Read every source once. Raises SetupError; ``keep_going`` is asked now and then, and raises to end it."""
        ...

    def resolve_for(self, catalogs: Catalogs) -> None:
        """Match the mapping to the locations that its rows go to. Raises MappingError."""
        ...

    def follow(self) -> None:
        """Begin to write the results of what is settled, where that costs the sender nothing."""
        ...

    def pieces(self, *, resolved: bool = True, built: bool = True) -> Iterator[Mapped]:
        """Read and map anew, in file order, always with the same result.

        ``resolved``: as the locations take them today, ready to be sent; else every row that can be mapped is a
        record, also one that its location would refuse by now. ``built``: with its payload beside each that is ready, as the
        sender wants it; whoever only looks at values is spared that.
        """
        ...

    def write_results(self) -> Summary:
        """Write all files of the run as its journal has it now. Raises StateError."""
        ...


@contextlib.contextmanager
def open_preparation(
    order: Order,
    mapping: Mapping,
    journal: Journal,
    *,
    second_process: bool = False,
    early: SecondProcess | None = None,
) -> Iterator[Preparation]:
    """Have an order carried out by a second process where that is allowed and pays, else by this one.

    ``early``: such a process, started before anybody knew whether it would be needed.
    """
    from importer.runs.preparing.in_process import InProcess

    # What a mapping calls of its author's own code is called where the author can see it.
    alone = order.survey.allow_transforms
    with contextlib.ExitStack() as stack:
        process = early
        if (
            process is None
            and second_process
            and not alone
            and _pays(sum(_as_text(each.name, each.size) for each in order.sources))
        ):
            process = _start()
            if process is not None:
                stack.enter_context(process)
        if process is None or alone or not process.ready():
            yield stack.enter_context(contextlib.closing(InProcess(order, mapping, journal)))
            return
        from importer.runs.preparing.in_subprocess import InSubprocess

        stack.callback(process.dismiss)
        yield InSubprocess(order, mapping, journal, process)


@contextlib.contextmanager
def start_early(references: Sequence[str]) -> Iterator[SecondProcess | None]:
    """Start the second process before this one imports what it needs, so that both do so at once."""
    process = _start() if references and _pays(sum(map(_size, references))) else None
    if process is None:
        yield None
        return
    with process:
        yield process


def _start() -> SecondProcess | None:
    from importer.runs.preparing.subprocess_pipe import SecondProcess

    return SecondProcess.start()


def _size(reference: str) -> int:
    """Tell the size of a source that is a file, as text; what else it may be is not looked for here."""
    try:
        return _as_text(reference, Path(reference).stat().st_size)
    except (OSError, ValueError):
        return 0


def _as_text(name: str, size: int) -> int:
    return size if name.lower().endswith(_TEXTS) else size * _PACKED


def _pays(size: int) -> bool:
    wanted = environment.processes()
    return wanted == 2 or (wanted is None and size >= WORTH_A_PROCESS and _cores() > 1)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
