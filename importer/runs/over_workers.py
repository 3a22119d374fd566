"""Where a run over many workers stands, told by its journal: none of them knows of all rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from importer.runtime.progress import Phase
from importer.state import StateFolder
from importer.state.journal import RunState
from importer.state.parts import PartLine, PartState, parts_in

COUNTED: Final = ("created", "updated", "skipped", "failed")


@dataclass(slots=True)
class RunOverWorkers:
    """One run that somebody watches; each look tells, too, how fast it went since the one before."""

    folder: StateFolder
    run_id: str
    monotonic: Callable[[], float] = time.monotonic
    _before: tuple[int, float] | None = field(default=None, init=False)

    def look(self) -> dict[str, Any]:
        run = self.folder.run(self.run_id)
        under_way = run.state is RunState.RUNNING
        with self.folder.open_journal(run, thorough=False) as journal:
            counts = journal.counts()
        settled = counts.read - counts.pending
        pace = self._pace(settled)
        return {
            "run_id": run.id,
            "phase": (Phase.SENDING if under_way else Phase.ENDED).value,
            "rows": counts.read,
            "settled": settled,
            **{name: getattr(counts, name) for name in (*COUNTED, "pending")},
            "rows_per_second": round(pace, 2),
            "seconds_left": round(counts.pending / pace, 1) if pace and under_way else None,
            **_parts_json(parts_in(self.folder.run_folder(run.id))),
        }

    def _pace(self, settled: int) -> float:
        now, before = self.monotonic(), self._before
        self._before = (settled, now)
        return (settled - before[0]) / (now - before[1]) if before is not None and now > before[1] else 0.0


def _parts_json(parts: Sequence[PartLine]) -> dict[str, Any]:
    running = [part for part in parts if part.state is PartState.RUNNING]
    return {
        "parts": {state.value: sum(part.state is state for part in parts) for state in PartState},
        "workers": sorted({part.holder for part in running if part.holder}),
    }
