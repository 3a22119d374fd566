"""Watching a folder: what arrives and is whole is imported, oldest first, each content once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from importer.errors import SettingsError
from importer.jobs.loading import machine_zone
from importer.jobs.model import Stream
from importer.jobs.named_job import WatchedJob
from importer.jobs.resident import Resident
from importer.runtime.installation import missing_extra
from importer.yaml.kinds import read_section


def watch_job(folder: Path, *, pattern: str | None, options: dict[str, Any]) -> WatchedJob:
    """Make the job that takes all that arrives in a folder; ``options`` are keys of a job, as texts. Raises SettingsError."""
    if not folder.is_dir():
        raise SettingsError(f"There is no folder {folder} to watch.")
    _require_watcher()
    given = {key: value for key, value in options.items() if value is not None}
    # What was imported with one mapping into one location is still to be imported with another into another.
    stream = "\n".join((str(folder.resolve()), str(given.get("mapping")), str(given.get("location"))))
    name = f"watch-{hashlib.sha256(stream.encode()).hexdigest()[:12]}"
    # Said of the folder itself below: its name may hold braces, which a stream's source would take for a date's.
    job = read_section(Stream, {"source": "*", "take": "all", "missing_file": "ignore", **given})
    watched = folder.absolute()
    return WatchedJob(
        name=name,
        job=job.replaced(source=str(watched / (pattern or "*"))),
        folder=Path.cwd(),
        zone=machine_zone(),
        watched=watched,
        names=pattern,
    )


def _require_watcher() -> None:
    """Refuse before the first file is imported, not behind it."""
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        raise SettingsError(missing_extra("Watching a folder", "serve")) from None


async def watch(resident: Resident, folder: Path, stopping: asyncio.Event) -> None:
    """Import what is in the folder now and whatever arrives, until ``stopping``. Raises SettingsError."""
    (job,) = resident.jobs
    resident.start(job, resident.context.clock.now())
    serving = asyncio.create_task(resident.serve())
    try:
        async for _ in _changes(folder, stopping):
            if job.name in resident.busy:
                resident.look_again(job)
            else:
                resident.start(job, resident.context.clock.now())
    finally:
        resident.stop()
        await serving


async def _changes(folder: Path, stopping: asyncio.Event) -> AsyncIterator[object]:
    from watchfiles import awatch

    # Polling where the system sends no events (network drives) is watchfiles' own: WATCHFILES_FORCE_POLLING=true.
    async for changes in awatch(folder, stop_event=stopping, step=200, recursive=False):
        yield changes
