"""show --follow: a run under way, watched from another process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from importer.state import StateFolder
    from importer.state.journal import Run

_LOOK_SECONDS: Final = 0.3
_LOOK_AGAIN_SECONDS: Final = 1.0
"""Of a run in a database, whose rows are counted each time."""
_COUNTED: Final = ("created", "updated", "skipped", "failed")


def follow(folder: StateFolder, found: Run, *, as_json: bool) -> None:
    """Say on stdout where a run stands, whenever that moved, until no process works on it any more."""
    from importer.state.parts import is_split

    places = (Path(str(found.options.get("output", ""))) / found.id, folder.run_folder(found.id))
    split = is_split(folder.run_folder(found.id))
    for snapshot in _over_workers(folder, found.id) if split else _snapshots(places, folder, found.id):
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


def _over_workers(folder: StateFolder, run_id: str) -> Iterator[dict[str, Any]]:
    from importer.runs.over_workers import RunOverWorkers

    watched, last = RunOverWorkers(folder, run_id), None
    while True:
        snapshot = watched.look()
        if snapshot != last:
            last = snapshot
            yield snapshot
        if snapshot["phase"] == "ended":
            return
        time.sleep(_LOOK_AGAIN_SECONDS)


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
