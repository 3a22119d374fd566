"""show --follow: a run under way, watched from another process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from importer.state import StateFolder
    from importer.state.journal import Run
    from importer.state.parts import PartLine

_LOOK_SECONDS: Final = 0.3
_LOOK_AGAIN_SECONDS: Final = 1.0
"""Of a run in a database, whose rows are counted each time."""
_COUNTED: Final = ("created", "updated", "skipped", "failed")


def follow(folder: StateFolder, found: Run, *, as_json: bool) -> None:
    """Say on stdout where a run stands, whenever that moved, until no process works on it any more."""
    from importer.state.parts import parts_in

    places = (Path(str(found.options.get("output", ""))) / found.id, folder.run_folder(found.id))
    split = bool(parts_in(folder.run_folder(found.id)))
    for snapshot in _over_workers(folder, found) if split else _snapshots(places, folder, found.id):
        click.echo(json.dumps(snapshot, ensure_ascii=False) if as_json else progress_line(snapshot))


def _snapshots(places: Iterable[Path], folder: StateFolder, run_id: str) -> Iterator[dict[str, Any]]:
    from importer.state.remote import read_progress

    last = None
    while True:
        under_way = folder.holder(run_id) is not None
        snapshot = read_progress(places)
        if snapshot is not None and snapshot != last:
            last = snapshot
            yield snapshot
        if not under_way:
            return
        time.sleep(_LOOK_SECONDS)


def _over_workers(folder: StateFolder, run: Run) -> Iterator[dict[str, Any]]:
    """Say where a run over many workers stands, by its journal: none of them knows of all rows."""
    from importer.state.journal import RunState
    from importer.state.parts import parts_in

    last, before = None, None
    while True:
        under_way = folder.run(run.id).state is RunState.RUNNING
        with folder.open_journal(run, thorough=False) as journal:
            counts = journal.counts()
        settled = counts.read - counts.pending
        now = time.monotonic()
        pace = 0.0 if before is None else (settled - before[0]) / (now - before[1])
        before = (settled, now)
        snapshot = {
            "run_id": run.id,
            "phase": "sending" if under_way else "ended",
            "rows": counts.read,
            "settled": settled,
            **{name: getattr(counts, name) for name in (*_COUNTED, "pending")},
            "rows_per_second": round(pace, 2),
            "seconds_left": round(counts.pending / pace, 1) if pace and under_way else None,
            **_parts_json(parts_in(folder.run_folder(run.id))),
        }
        if snapshot != last:
            last = snapshot
            yield snapshot
        if not under_way:
            return
        time.sleep(_LOOK_AGAIN_SECONDS)


def _parts_json(parts: Sequence[PartLine]) -> dict[str, Any]:
    from importer.state.parts import PartState

    running = [part for part in parts if part.state is PartState.RUNNING]
    return {
        "parts": {state.value: sum(part.state is state for part in parts) for state in PartState},
        "workers": sorted({part.holder for part in running if part.holder}),
    }


def progress_line(snapshot: dict[str, Any]) -> str:
    """Say where a run stands in one line."""
    from importer.results.wording import duration, percent, rows

    if snapshot["rows"] is None or snapshot["phase"] == "reading":
        return "reading the sources"
    done = f"{snapshot['settled']:,} of {rows(snapshot['rows'])}"
    share = f" ({percent(snapshot['settled'] / snapshot['rows'])})" if snapshot["rows"] else ""
    counts = ", ".join(f"{name} {snapshot[name]:,}" for name in _COUNTED)
    if parts := snapshot.get("parts"):
        counts += f"; parts: {', '.join(f'{count:,} {state}' for state, count in parts.items() if count)}"
        counts += f"; workers: {len(snapshot['workers'])}"
    match snapshot["phase"]:
        case "waiting":
            motion = f"waiting {duration(snapshot['wait_seconds'])}: {snapshot['waits_for']}"
        case "sending":
            left = f", {duration(snapshot['seconds_left'])} left" if snapshot["seconds_left"] else ""
            motion = f"{snapshot['rows_per_second']:.1f} rows/s{left}"
        case _:
            motion = "ended"
    return f"{done}{share}, {motion}; {counts}"
