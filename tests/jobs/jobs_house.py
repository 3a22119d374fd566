"""A house for jobs to live in: folders, a sandbox, and time that is ours."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from importer.jobs.context import JobsContext, PipelineRuns
from importer.jobs.job_state import JobsState, Occasion
from importer.jobs.loading import load_jobs
from importer.jobs.model import Notify
from importer.jobs.named_job import ScheduledJob
from importer.jobs.notices import Notice
from importer.jobs.resident import Resident
from importer.sandbox import Sandbox
from importer.state.memory import ImportedFiles

NEW_YORK = ZoneInfo("America/New_York")
HOME = "ve9EPM428h8vShlRW1KT"
MAPPING = """\
version: 1
fields:
  firstName: First Name
  email: E-mail
  city: City
tags: {always: [nightly]}
match: {require: [email]}
"""


class VirtualTime:
    """Time that runs a thousand times as fast, and can be moved on: a month of nights in seconds.

    It runs with what this process computes and with what it sleeps, not with the wall: a machine that is busy with
    other things makes a night longer to wait for, and no longer to live through.
    """

    def __init__(self, start: str, *, speed: float = 1000.0) -> None:
        self.speed = speed
        self._slept = 0.0
        self._offset = moment(start) - self.monotonic()

    def monotonic(self) -> float:
        return time.process_time() * self.speed + self._slept

    def now(self) -> float:
        return self._offset + self.monotonic()

    async def sleep(self, seconds: float) -> None:
        wakes_at = self.monotonic() + seconds
        await asyncio.sleep(seconds / self.speed)
        self._slept += max(0.0, wakes_at - self.monotonic())

    def move_to(self, at: float) -> None:
        self._offset += max(0.0, at - self.now())

    def __str__(self) -> str:
        return datetime.fromtimestamp(self.now(), NEW_YORK).isoformat(timespec="minutes")


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()


@dataclass(kw_only=True)
class House:
    """A folder with a job file, a sandbox that stands for HighLevel, and a clock."""

    folder: Path
    sandbox: Sandbox
    clock: VirtualTime
    told: list[Notice] = field(default_factory=list)
    _open: list[JobsState | ImportedFiles] = field(default_factory=list)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def write_jobs(self, text: str, mapping: str = MAPPING) -> None:
        (self.folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
        (self.folder / "jobs.yaml").write_text(text, encoding="utf-8")

    def jobs(self) -> tuple[ScheduledJob, ...]:
        return load_jobs(self.folder / "jobs.yaml")

    def put(self, name: str, people: dict[str, tuple[str, str]], *, at: float | None = None) -> Path:
        """Deliver a file: e-mail -> first name and city."""
        rows = (f"{first},{email},{city}" for email, (first, city) in people.items())
        return self.put_text(name, "\n".join(["First Name,E-mail,City", *rows]) + "\n", at=at)

    def put_text(self, name: str, text: str, *, at: float | None = None) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        stamp = self.clock.now() - 60 if at is None else at
        os.utime(path, (stamp, stamp))
        return path

    def context(self) -> JobsContext:
        def notify(notice: Notice, channel: Notify) -> None:
            self.told.append(notice)

        jobs_state, imported_files = JobsState.open(self.state), ImportedFiles.open(self.state)
        self._open += [jobs_state, imported_files]
        return JobsContext(
            state=self.state,
            jobs_state=jobs_state,
            imported_files=imported_files,
            runs=PipelineRuns(self.clock),
            clock=self.clock,
            base_url=self.sandbox.base_url,
            deliver=notify,
            host="test",
        )

    def resident(self) -> Resident:
        """Start anew, as after a restart of the machine."""
        return Resident(self.jobs(), self.context())

    async def live(self, resident: Resident, until: float) -> None:
        """Let time pass, from one thing to do to the next."""
        while True:
            await resident.look_around()
            await resident.quiet()
            next_at = await resident.look_around()
            await resident.quiet()
            if next_at > until:
                break
            self.clock.move_to(next_at)
        self.clock.move_to(until)

    async def once(self, resident: Resident) -> list[Occasion]:
        """Give every job one turn now; its occasions, oldest first."""
        before = len(resident.context.jobs_state.occasions())
        for named in resident.jobs:
            resident.start(named, self.clock.now())
        await resident.quiet()
        after = resident.context.jobs_state.occasions()
        return list(reversed(after[: len(after) - before]))

    def cities(self) -> dict[str, str]:
        """Tell where everybody lives, as the sandbox has it."""
        return {
            str(each.properties["email"]): str(each.properties.get("city"))
            for each in self.sandbox.vendor.contacts
            if each.location_id == HOME
        }

    def close(self) -> None:
        for opened in self._open:
            opened.close()
