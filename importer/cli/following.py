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


def follow(folder: StateFolder, found: Run, *, as_json: bool) -> None:
    """Say on stdout where a run stands, whenever that moved, until no process works on it any more."""
    places = (Path(str(found.options.get("output", ""))) / found.id, folder.run_folder(found.id))
    for snapshot in _snapshots(places, folder, found.id):
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


def progress_line(snapshot: dict[str, Any]) -> str:
    """Say where a run stands in one line."""
    from importer.results.wording import duration, percent, rows

    if snapshot["rows"] is None or snapshot["phase"] == "reading":
        return "reading the sources"
    done = f"{snapshot['settled']:,} of {rows(snapshot['rows'])}"
    share = f" ({percent(snapshot['settled'] / snapshot['rows'])})" if snapshot["rows"] else ""
    counts = ", ".join(f"{name} {snapshot[name]:,}" for name in ("created", "updated", "skipped", "failed"))
    match snapshot["phase"]:
        case "waiting":
            motion = f"waiting {duration(snapshot['wait_seconds'])}: {snapshot['waits_for']}"
        case "sending":
            left = f", {duration(snapshot['seconds_left'])} left" if snapshot["seconds_left"] else ""
            motion = f"{snapshot['rows_per_second']:.1f} rows/s{left}"
        case _:
            motion = "ended"
    return f"{done}{share}, {motion}; {counts}"
