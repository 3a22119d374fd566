"""A job file from the disk: read, checked, and its paths and variables put in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from importer.errors import SettingsError
from importer.jobs.model import Job, JobFile, Notify
from importer.sources import is_url

_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
LARGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedJob:
    """A job with all that the file around it says."""

    name: str
    job: Job
    folder: Path
    """What its relative paths are relative to."""
    zone: tzinfo
    zone_name: str
    channels: tuple[Notify, ...]
    suffixes: tuple[str, ...] = ()
    """Files that end otherwise are none of this job's; empty: all are."""
    once: bool = False
    """Each content is imported once, ever; a file that could not be imported is not tried again until it is written anew."""

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
        return expanded(text, os.environ) if text else None


def load_jobs(path: Path) -> tuple[NamedJob, ...]:
    """Read a job file; SettingsError with every fault as ``file:line:column: sentence``."""
    from importer.yaml.document import parse

    parsed = parse(_read(path), JobFile)
    if parsed.value is None:
        faults = "\n".join(fault.at(str(path)) for fault in parsed.faults)
        count = len(parsed.faults)
        raise SettingsError(f"The job file has {count} fault{'s' if count != 1 else ''}:\n{faults}")
    file = parsed.value
    return tuple(
        named(name, job, file=file, folder=path.absolute().parent) for name, job in file.jobs.items()
    )


def named(name: str, job: Job, *, file: JobFile | None = None, folder: Path) -> NamedJob:
    """Give a job its name and what its file says for all."""
    zone_name = job.timezone or (file.timezone if file else None)
    channels = job.notify if job.notify is not None else (file.notify if file else ())
    return NamedJob(
        name=name,
        job=job,
        folder=folder,
        zone=ZoneInfo(zone_name) if zone_name else _machine_zone(),
        zone_name=zone_name or "",
        channels=channels,
    )


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Put environment variables in for ``${NAME}``; SettingsError names one that is not set."""

    def put(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise SettingsError(
                f"The environment variable {match[1]} is not set; the job file names it as ${{{match[1]}}}."
            )
        return environment[match[1]]

    return _VARIABLE.sub(put, text)


def schema_text() -> str:
    """Write the JSON Schema of job files, for editors."""
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": draft, **JobFile.model_json_schema(), "title": "Jobs of highlevel-importer"}
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        if len(content) > LARGEST:
            raise SettingsError(f"{path} has {len(content):,} bytes: that is no job file.")
        return content.decode("utf-8-sig")
    except OSError as cause:
        raise SettingsError(f"The job file {path} cannot be read: {cause.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"The job file {path} is not UTF-8 text. Save it as UTF-8.") from None


def _machine_zone() -> tzinfo:
    """Find the machine's zone by name, so that its daylight-saving rules hold on other days too."""
    if name := os.environ.get("TZ", "").lstrip(":"):
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    try:
        with Path("/etc/localtime").open("rb") as rules:
            return ZoneInfo.from_file(rules, key="localtime")
    except (OSError, ValueError):
        zone = datetime.now().astimezone().tzinfo
        assert zone is not None  # noqa: S101  (astimezone always gives one)
        return zone
