"""A stream of files with all that is said around it, in its two kinds: by the clock, or by what happens in a folder."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from datetime import date, tzinfo
from pathlib import Path
from typing import ClassVar, Final

from importer.errors import SettingsError
from importer.jobs.model import Job, Notify, Stream
from importer.jobs.patterns import dated
from importer.jobs.schedule import Schedule
from importer.records import value_type
from importer.runtime.regex import regex
from importer.settings import location_in
from importer.sources import is_url
from importer.sources.names import is_taken

_VARIABLE: Final = regex(r"\$\{(\w+)\}")


@value_type(frozen=True, slots=True, kw_only=True)
class NamedJob:
    """A stream with a name; its kind says what starts it."""

    once: ClassVar[bool] = False
    """Each content is imported once, ever; a file that could not be imported is not tried again until it is written anew."""

    name: str
    job: Stream
    folder: Path
    """What its relative paths are relative to."""
    zone: tzinfo
    zone_name: str = ""
    channels: tuple[Notify, ...] = ()

    def path(self, text: str) -> Path:
        return self.folder / text

    @property
    def mapping(self) -> Path:
        """The mapping's file, or the name of a ready one."""
        from importer.mapping.ready import placed

        return placed(self.job.mapping, self.folder)

    @property
    def source(self) -> str:
        """The pattern, absolute when it is local."""
        text = expanded(self.job.source, os.environ)
        return text if is_url(text) else str(self.folder / text)

    @property
    def location_id(self) -> str | None:
        text = self.job.location or os.environ.get("HIGHLEVEL_LOCATION_ID") or None
        return location_in(expanded(text, os.environ)) if text else None

    def pattern_on(self, day: date) -> str:
        """Name the files of a day as a pattern."""
        return dated(self.source, day)

    def takes(self, name: str) -> bool:  # noqa: ARG002  (the other kind looks at it)
        """Tell whether a file that the pattern names is the job's."""
        return True


@value_type(frozen=True, slots=True, kw_only=True)
class ScheduledJob(NamedJob):
    """A job of a job file: the clock starts it."""

    job: Job

    @property
    def schedule(self) -> Schedule:
        return Schedule(expressions=self.job.schedule, zone=self.zone)


@value_type(frozen=True, slots=True, kw_only=True)
class WatchedJob(NamedJob):
    """A folder that is watched: whatever happens in it starts the job, and the clock never does."""

    once: ClassVar[bool] = True

    watched: Path
    names: str | None = None
    """A pattern of the names to take, whatever they end in; None: those of tables."""

    @property
    def source(self) -> str:
        # Whatever a folder is called, it is meant: brackets, braces and dollar signs are part of its name.
        return str(Path(glob.escape(str(self.watched))) / (self.names or "*"))

    def pattern_on(self, day: date) -> str:
        return str(Path(glob.escape(str(self.watched))) / dated(self.names or "*", day))

    def takes(self, name: str) -> bool:
        return self.names is not None or is_taken(name)


def next_due(named: NamedJob, seconds: float) -> float | None:
    """Tell when the clock starts a job next; None when it never does."""
    return named.schedule.after(seconds) if isinstance(named, ScheduledJob) else None


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Put environment variables in for ``${NAME}``; SettingsError names one that is not set."""

    def put(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise SettingsError(
                f"The environment variable {match[1]} is not set; the job file names it as ${{{match[1]}}}."
            )
        return environment[match[1]]

    return _VARIABLE.sub(put, text)
