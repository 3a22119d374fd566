"""The job file of `importer serve`, as the screen shows and changes it: a person's own text, changed in places."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
from collections.abc import Callable
from datetime import time
from itertools import islice
from pathlib import Path
from typing import Final

from importer.errors import SettingsError, StateError
from importer.jobs.job_state import JobsState, Occasion, jobs_place
from importer.jobs.loading import load_jobs
from importer.jobs.model import JobFile
from importer.jobs.named_job import ScheduledJob, next_due
from importer.records import Json, value_type
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.environment import base_url
from importer.runtime.private_files import write_private
from importer.runtime.process_lock import Owner, holder
from importer.runtime.regex import regex
from importer.sources import is_url, masked
from importer.ui.drafts import ChangedElsewhereError
from importer.yaml.document import Plain, parse
from importer.yaml.editing import CannotEditError, add_entry, remove_value, set_value
from importer.yaml.writing import inline, quoted

FILE_NAME: Final = "jobs.yaml"
_NOTICES: Final = 20
_BEGINNING: Final = (
    "# Written by the screen (importer ui); importer serve runs what stands here.\nversion: 1\njobs:\n"
)
_DAYS: Final = {"daily": "*", "workdays": "1-5", **{str(day): str(day) for day in range(7)}}
_SIMPLE: Final = regex(r"(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|[0-6])")
_NAME: Final = regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@value_type(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What somebody wants to be imported by itself."""

    name: str
    source: str
    location: str | None
    mapping_text: str
    at: time
    days: str
    """``daily``, ``workdays``, or a weekday as cron counts them, Sunday 0."""
    changed_only: bool = False
    notify: str = ""
    """An e-mail or web address that is told of failures; blank: nobody."""


class Schedules:
    """One job file, and how its jobs stand in the state folder that `importer serve` keeps."""

    def __init__(self, state: Path, path: Path | None, *, output: Path, clock: Clock | None = None) -> None:
        self.path = (path or state / FILE_NAME).absolute()
        self._state = state
        self._output = output
        self._clock = clock or SystemClock()

    # how jobs stand

    def job_states(self) -> dict[str, Json]:
        """Say which jobs there are, when they are due, and how their last turns ended; who looks begins nothing."""
        fault: str | None = None
        jobs: tuple[ScheduledJob, ...] = ()
        if self.path.is_file():
            try:
                jobs = load_jobs(self.path)
            except SettingsError as refused:
                fault = str(refused)
        owner = self.server()
        with contextlib.ExitStack() as held:
            kept = (
                held.enter_context(JobsState.open(self._kept_in)) if JobsState.is_in(self._kept_in) else None
            )
            return {
                "version": self.version,
                "path": str(self.path),
                "there": self.path.is_file(),
                "fault": fault,
                "served_by": None if owner is None else str(owner),
                "can_be_ended": owner is not None and _is_ours(owner),
                "stale": owner is not None and self._changed_at() > owner.started_at,
                "jobs": [self._job(each, kept) for each in jobs],
                "waiting": [] if kept is None else _waiting(kept),
                "told": [] if kept is None else [_turn(each) for each in kept.occasions(limit=_NOTICES)],
            }

    @property
    def _kept_in(self) -> Path:
        return jobs_place(self._state, base_url())

    def server(self) -> Owner | None:
        """Tell which process runs the jobs of this state folder."""
        return holder(self._state / "locks" / "serve.lock")

    def _job(self, named: ScheduledJob, kept: JobsState | None) -> dict[str, Json]:
        job = named.job
        known = None if kept is None else kept.known_state(named.name)
        turns = [] if kept is None else kept.occasions(named.name, limit=1)
        at = (next_due(named, self._clock.now()), None if known is None else known.next_at)
        return {
            "name": named.name,
            "source": masked(job.source) if is_url(job.source) else job.source,
            "mapping": job.mapping,
            "location": job.location,
            "enabled": job.enabled,
            "schedule": [_in_words(each) for each in job.schedule],
            "zone": named.zone_name,
            "next_at": min((each for each in at if each is not None), default=None) if job.enabled else None,
            "health": "new" if known is None else known.health.value,
            "since": None if known is None else known.since,
            "open_run": None if known is None else known.open_run,
            "open_plan": None if known is None else known.open_plan,
            "last": _turn(turns[0]) if turns else None,
        }

    def job_of_runs(self) -> dict[str, str]:
        """Name the job that began each run, as far back as turns are kept."""
        if not JobsState.is_in(self._kept_in):
            return {}
        with JobsState.open(self._kept_in) as kept:
            return {each.run_id: each.job for each in kept.occasions() if each.run_id is not None}

    # how the file changes

    @property
    def version(self) -> str:
        """Tell one text of the file from another."""
        return hashlib.sha256(self._text().encode()).hexdigest()[:16]

    def add(self, new: NewJob, *, version: str) -> None:
        """Write a job, and its mapping beside the file. Raises SettingsError."""
        if not _NAME.fullmatch(new.name):
            raise SettingsError("A job's name has letters, digits, - _ and dots, 63 at most.")
        text = self._text()
        mapping = Path("mappings") / f"{new.name}.yaml"
        value = _entry(new, mapping=mapping.as_posix(), output=str(self._output))
        if text:
            changed = self._edited(lambda: add_entry(text, ("jobs", new.name), value))
        else:
            lines = (f"    {quoted(key)}: {inline(each)}\n" for key, each in value.items())
            changed = f"{_BEGINNING}  {quoted(new.name)}:\n{''.join(lines)}"
        self._refuse_faults(changed)
        kept = self.path.parent / mapping
        if kept.exists():
            raise SettingsError(f"{kept} is there already. Give the job another name.")
        try:
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as cause:
            raise StateError(f"{kept.parent} cannot be used: {cause.strerror}.") from cause
        write_private(kept, new.mapping_text.encode())
        try:
            self._write(changed, version=version)
        except BaseException:
            kept.unlink(missing_ok=True)
            raise

    def switch(self, name: str, *, on: bool, version: str) -> None:
        """Let a job run, or not. Raises SettingsError."""
        text = self._text_with(name)
        self._write(
            self._edited(lambda: set_value(text, ("jobs", name, "enabled"), "true" if on else "false")),
            version=version,
        )

    def remove(self, name: str, *, version: str) -> None:
        """Take a job out; its mapping goes with it where the screen wrote it. Raises SettingsError."""
        text = self._text_with(name)
        changed = self._edited(lambda: remove_value(text, ("jobs", name)))
        if parse(changed, JobFile).value is None:
            raise SettingsError(
                f"{name} is the only job of {self.path}, and a job file has one at least. Switch it off instead, or delete the file."
            )
        self._write(changed, version=version)

    def _text(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8") if self.path.is_file() else ""
        except (OSError, ValueError) as cause:
            raise SettingsError(f"The job file {self.path} cannot be read: {cause}.") from None

    def _text_with(self, name: str) -> str:
        if name not in {each.name for each in load_jobs(self.path)}:
            raise SettingsError(f"There is no job {name} in {self.path} any more. Load the page again.")
        return self._text()

    def _edited(self, edit: Callable[[], str]) -> str:
        try:
            return edit()
        except CannotEditError as refused:
            raise SettingsError(f"{self.path} was not changed. {refused}") from None

    def _refuse_faults(self, text: str) -> None:
        if faults := parse(text, JobFile).faults:
            raise SettingsError("\n".join(fault.sentence for fault in faults))

    def _write(self, text: str, *, version: str) -> None:
        if version != self.version:
            raise ChangedElsewhereError("The job file was changed meanwhile. Load the page again.")
        mode = self.path.stat().st_mode & 0o777 if self.path.is_file() else 0o600
        write_private(self.path, text.encode())
        self.path.chmod(mode)

    def _changed_at(self) -> float:
        return self.path.stat().st_mtime if self.path.is_file() else 0.0

    # who runs them

    def end_server(self) -> None:
        """Ask the process that runs the jobs to end; imports stop where they can go on. Raises SettingsError."""
        owner = self.server()
        if owner is None:
            return
        if not _is_ours(owner):
            raise SettingsError(f"The jobs are run by {owner}: end it there.")
        with contextlib.suppress(ProcessLookupError):
            os.kill(owner.pid, signal.SIGTERM)


def _is_ours(owner: Owner) -> bool:
    """Tell whether a process is one of this machine that can be asked to end."""
    return owner.host == socket.gethostname() and owner.pid > 1 and owner.work.startswith("importer serve ")


def _entry(new: NewJob, *, mapping: str, output: str) -> dict[str, Plain]:
    if new.days not in _DAYS:
        raise SettingsError("Choose the days on which the job runs.")
    entry: dict[str, Plain] = {
        "source": _source(new.source),
        "mapping": mapping,
        **({} if new.location is None else {"location": new.location}),
        "schedule": f"{new.at.minute} {new.at.hour} * * {_DAYS[new.days]}",
        "output": output,
        "before_images": "true",  # what a night wrote can be taken back in the morning
    }
    if new.changed_only:
        entry["changed_only"] = "true"
    if new.notify:
        entry["notify"] = [
            {"email" if "@" in new.notify and "://" not in new.notify else "webhook": new.notify}
        ]
    return entry


def _source(said: str) -> str:
    """Make a job's source of what somebody wrote: a folder stands for the newest table in it."""
    said = said.strip()
    if is_url(said):
        return said
    path = Path(said).expanduser()
    if not path.is_absolute():
        raise SettingsError(
            "Write the whole path of the file or folder, as /home/ann/exports or C:\\exports; or an address (https://, s3://, sftp://)."
        )
    return f"{path.as_posix()}/*" if said.endswith(("/", "\\")) or not path.suffix else path.as_posix()


def _in_words(cron: str) -> dict[str, Json]:
    """Take a cron expression apart where it is a time of day; else it is shown as it stands."""
    found = _SIMPLE.fullmatch(cron)
    if found is None:
        return {"cron": cron}
    day = {"*": "daily", "1-5": "workdays"}.get(found[3], found[3])
    return {"cron": cron, "at": f"{int(found[2])}:{int(found[1]):02d}", "days": day}


def _turn(last: Occasion) -> dict[str, Json]:
    return {
        "job": last.job,
        "result": last.result.value,
        "ended_at": last.ended_at,
        "run_id": last.run_id,
        "file": last.file,
        "sentence": last.sentence,
    }


def _waiting(kept: JobsState) -> list[Json]:
    """List the notices that could not be delivered yet, whose next try may be hours away."""
    found = islice(kept.parcels(due_by=float("inf")), _NOTICES)
    return [{"title": each.notice.title, "at": each.notice.at, "attempts": each.attempts} for each in found]
