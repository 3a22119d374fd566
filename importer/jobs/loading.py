"""A job file from the disk: read, checked, and its paths and variables put in."""

from __future__ import annotations

import json
import os
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from importer.errors import SettingsError
from importer.jobs.model import Job, JobFile
from importer.jobs.named_job import ScheduledJob

LARGEST: Final = 1_000_000


def load_jobs(path: Path) -> tuple[ScheduledJob, ...]:
    """Read a job file; SettingsError with every fault as ``file:line:column: sentence``."""
    from importer.yaml.document import parse

    parsed = parse(_read(path), JobFile)
    if parsed.value is None:
        faults = "\n".join(fault.at(str(path)) for fault in parsed.faults)
        count = len(parsed.faults)
        raise SettingsError(f"The job file has {count} fault{'s' if count != 1 else ''}:\n{faults}")
    file = parsed.value
    return tuple(_named(name, job, file, path.absolute().parent) for name, job in file.jobs.items())


def _named(name: str, job: Job, file: JobFile, folder: Path) -> ScheduledJob:
    """Give a job its name and what its file says for all."""
    zone_name = job.timezone or file.timezone
    return ScheduledJob(
        name=name,
        job=job,
        folder=folder,
        zone=ZoneInfo(zone_name) if zone_name else machine_zone(),
        zone_name=zone_name or "",
        channels=file.notify if job.notify is None else job.notify,
    )


def schema_text() -> str:
    """Write the JSON Schema of job files, for editors."""
    from importer.yaml.json_schema import schema_of

    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": draft, **schema_of(JobFile), "title": "Jobs of highlevel-importer"}
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


def machine_zone() -> tzinfo:
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
