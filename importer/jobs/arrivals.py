"""The files of a job: which of those that are there are new and whole, and their private copies."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from importer.errors import SourceError
from importer.jobs.context import JobsContext
from importer.jobs.named_job import NamedJob
from importer.records import value_type
from importer.sources import is_url, masked, stage
from importer.sources.sightings import Sighting, look


class NotYetError(Exception):
    """There is a file, but it is too young or still being written; look again in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@value_type(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One file of a job, copied: what it was, what is in it, and where the copy is."""

    reference: str
    name: str
    size: int | None
    modified_at: float | None
    fingerprint: str
    copy: str

    @classmethod
    def empty(cls, sighting: Sighting) -> Arrival:
        """Tell a file of which nothing was copied, as nothing is in it."""
        return cls(
            reference=sighting.reference,
            name=sighting.name,
            size=sighting.size,
            modified_at=sighting.modified_at,
            fingerprint="",
            copy="",
        )

    @property
    def shown(self) -> str:
        return masked(self.reference) if is_url(self.reference) else self.name

    @property
    def copied(self) -> bool:
        return Path(self.copy).is_file()

    @property
    def local(self) -> Path | None:
        """The file itself, when it can be moved."""
        return None if is_url(self.reference) else Path(self.reference)

    def to_text(self) -> str:
        # A password in the URL is not kept: the copy is all that is needed to go on.
        return json.dumps({**asdict(self), "reference": masked(self.reference)})

    @classmethod
    def from_text(cls, text: str) -> Arrival:
        facts: dict[str, Any] = json.loads(text)
        return cls(**facts)


async def newcomers(named: NamedJob, due_at: float, context: JobsContext) -> Sequence[Sighting]:
    """List the files not dealt with yet, oldest first; the newest alone if the job takes only that.

    Raises NotYetError when the one to take is not ready, SourceError when the place cannot be looked at.
    """
    day = datetime.fromtimestamp(due_at, named.zone).date()
    pattern = named.pattern_on(day)
    seen = [each for each in await asyncio.to_thread(look, pattern) if named.takes(each.name)]
    fresh = [each for each in seen if not context.jobs_state.dealt_with(named.name, each)]
    overtaken: list[Sighting] = []
    if named.job.take == "newest":
        # An older one that a newer one has overtaken is not taken, ever: its news is old.
        overtaken = [each for each in fresh if each != seen[-1]]
        fresh = [each for each in fresh if each == seen[-1]]
    if not fresh:
        return ()
    ready = await _ready(named, pattern, fresh, context)
    if not ready:
        raise NotYetError(max(named.job.minimum_age, named.job.still_for, 5.0))
    if overtaken:
        context.jobs_state.let_go(named.name, overtaken)
    return ready


async def _ready(
    named: NamedJob, pattern: str, fresh: Sequence[Sighting], context: JobsContext
) -> Sequence[Sighting]:
    old_enough = context.clock.now() - named.job.minimum_age
    ready = [each for each in fresh if each.modified_at is None or each.modified_at <= old_enough]
    if ready and named.job.still_for:
        await context.clock.sleep(named.job.still_for)
        again = set(await asyncio.to_thread(look, pattern))
        ready = [each for each in ready if each in again]
    return ready


async def take(named: NamedJob, sighting: Sighting, context: JobsContext) -> Arrival:
    """Copy a file into the job's own folder in the state folder, under its own name. Raises SourceError."""
    return await asyncio.to_thread(_take, sighting, incoming(named, context))


def _take(sighting: Sighting, folder: Path) -> Arrival:
    discard_copies(folder)
    if folder.exists():
        raise SourceError(f"{folder} holds an earlier copy that cannot be deleted; close what has it open.")
    staged = stage(sighting.reference, folder, 0, follow=False)
    # The content is part of the path: a run that stopped over an older file of this name is another import.
    copy = folder / staged.fingerprint[:12] / _safe(staged.name, staged.path.suffix)
    copy.parent.mkdir(mode=0o700)
    staged.path.replace(copy)
    return Arrival(
        reference=sighting.reference,
        name=staged.name,
        size=sighting.size,
        modified_at=sighting.modified_at,
        fingerprint=staged.fingerprint,
        copy=str(copy),
    )


def incoming(named: NamedJob, context: JobsContext) -> Path:
    return context.state / "incoming" / named.name


def discard_copies(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _safe(name: str, suffix: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_. ()" else "_" for letter in name)[-150:]
    return kept if kept.strip(". ") else f"source{suffix}"
