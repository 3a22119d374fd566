"""Entries for the schedulers that machines already have; each calls ``importer serve JOBS --once --job NAME``."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from importer.errors import SettingsError
from importer.jobs.named_job import ScheduledJob
from importer.records import value_type
from importer.runtime.regex import regex

_DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOWS_DAYS: Final = (
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PLAIN_FIELD: Final = regex(r"[\d,*/-]+")


@value_type(frozen=True, slots=True, kw_only=True)
class ScheduleEntry:
    """What an entry needs beside the job."""

    jobs_file: Path
    state: Path | None = None
    program: tuple[str, ...] = ()
    image: str = "highlevel-importer:latest"

    @property
    def folder(self) -> Path:
        return self.jobs_file.absolute().parent

    def command(self, named: ScheduledJob) -> list[str]:
        program = self.program or this_program()
        state = ["--state", str(self.state.absolute())] if self.state else []
        return [*program, "serve", str(self.jobs_file.absolute()), "--once", "--job", named.name, *state]


def this_program() -> tuple[str, ...]:
    """Find how this very installation is called."""
    beside = shutil.which("importer", path=str(Path(sys.executable).parent))
    if found := beside or shutil.which("importer"):
        return (str(Path(found).absolute()),)
    return (sys.executable, "-m", "importer")


def default_form() -> str:
    return "windows" if os.name == "nt" else "systemd"


@value_type(frozen=True, slots=True)
class _Cron:
    """The five fields of an expression, names written as numbers."""

    minute: str
    hour: str
    day: str
    month: str
    weekday: str


def _fields(expression: str) -> _Cron:
    parts = expression.lower().split()
    if len(parts) == 5:  # six: with seconds, which only the resident knows
        month = _numbered(parts[3], _MONTHS, first=1)
        weekday = _numbered(parts[4], tuple(day.lower() for day in _DAYS[:7]), first=0)
        if all(_PLAIN_FIELD.fullmatch(part) for part in (*parts[:3], month, weekday)):
            return _Cron(parts[0], parts[1], parts[2], month, weekday)
    raise SettingsError(
        f"The schedule {expression!r} can only be kept by importer serve, not by another scheduler. "
        "Write it with numbers, lists, ranges and steps, or let importer serve run the job."
    )


def _numbered(field: str, names: Sequence[str], *, first: int) -> str:
    def put(match: re.Match[str]) -> str:
        return str(names.index(match[0]) + first) if match[0] in names else match[0]

    return re.sub(r"[a-z]+", put, field)


# systemd


def systemd(jobs: Sequence[ScheduledJob], entry: ScheduleEntry) -> str:
    """Write a service and a timer for each job, to be put into /etc/systemd/system (or ~/.config/systemd/user)."""
    return "\n".join(f"{_service(named, entry)}\n{_timer(named)}" for named in jobs)


def _service(named: ScheduledJob, entry: ScheduleEntry) -> str:
    command = " ".join(_systemd_quoted(part) for part in entry.command(named))
    folder = str(entry.folder).replace("%", "%%")  # taken to the end of the line, quotes and all
    return f"""# importer-{named.name}.service
# It goes into /etc/systemd/system under this name, and the timer below it under its own.
[Unit]
Description=HighLevel import {named.name}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
# User=NAME lets an account of its own do it, which may read that folder; without it, root does.
WorkingDirectory={folder}
# HIGHLEVEL_TOKEN=... in a file that only root can read (mode 0600):
EnvironmentFile=-/etc/highlevel-importer/{named.name}.env
ExecStart={command}
# 1: finished, and some rows failed; notices tell of it.
SuccessExitStatus=1
# A stopped run settles what it sent; give it time.
TimeoutStartSec=infinity
TimeoutStopSec=120
UMask=0077
NoNewPrivileges=true
PrivateTmp=true
"""


def _timer(named: ScheduledJob) -> str:
    zone = f" {named.zone_name}" if named.zone_name else ""
    times = "".join(
        f"OnCalendar={when}{zone}\n" for expression in named.job.schedule for when in on_calendar(expression)
    )
    return f"""# importer-{named.name}.timer
[Unit]
Description=When to run the HighLevel import {named.name}

[Timer]
{times}# A run missed while the machine was off is made up for once.
Persistent={"true" if named.job.catch_up else "false"}

[Install]
WantedBy=timers.target
# then: systemctl daemon-reload && systemctl enable --now importer-{named.name}.timer
"""


def on_calendar(expression: str) -> list[str]:
    """Say a cron expression as systemd does; with a day of the month and a weekday, either will do, so that is two."""
    cron = _fields(expression)
    time = f"{_systemd_field(cron.hour)}:{_systemd_field(cron.minute)}:00"
    weekday, month = _systemd_weekday(cron.weekday), _systemd_field(cron.month, first=1)
    day = _systemd_field(cron.day, first=1)
    if cron.weekday == "*" or cron.day == "*":
        return [f"{weekday}*-{month}-{day} {time}"]
    return [f"*-{month}-{day} {time}", f"{weekday}*-{month}-* {time}"]


def _systemd_field(field: str, *, first: int = 0) -> str:
    return ",".join(_systemd_part(part, first) for part in field.split(","))


def _systemd_part(part: str, first: int) -> str:
    span, slash, step = part.partition("/")
    if span == "*":
        return f"{first}/{step}" if slash else "*"
    return span.replace("-", "..") + (f"/{step}" if slash else "")


def _systemd_weekday(field: str) -> str:
    if field == "*":
        return ""
    if "/" in field:
        raise SettingsError(f"The weekday {field!r} has a step, which systemd does not know; list the days.")
    return ",".join("..".join(_DAYS[int(day)] for day in part.split("-")) for part in field.split(",")) + " "


def _systemd_quoted(text: str) -> str:
    text = text.replace("%", "%%").replace("$", "$$")
    return text if re.fullmatch(r"[\w@%+=:,./$-]+", text) else json.dumps(text, ensure_ascii=False)


# cron


def cron(jobs: Sequence[ScheduledJob], entry: ScheduleEntry) -> str:
    """Write lines for a crontab."""
    lines = [
        "# HIGHLEVEL_TOKEN has to be in the environment, or in a .env file of the working folder.",
        "# cron makes up for nothing that it missed; importer serve and systemd do.",
    ]
    for named in jobs:
        if named.zone_name:
            # Known to cronie. A comment of its own line: cron takes all behind the sign for the value.
            lines += [
                "# where cron does not know CRON_TZ, the machine's zone counts",
                f"CRON_TZ={named.zone_name}",
            ]
        command = f"cd {shlex.quote(str(entry.folder))} && {shlex.join(entry.command(named))}"
        escaped = command.replace("%", r"\%")
        lines += [f"{' '.join(expression.split())} {escaped}" for expression in named.job.schedule]
    return "\n".join(lines) + "\n"


# Kubernetes

_IMAGE_USER: Final = 10_001
"""As whom the image of examples/containers runs; any image will do that can be run so."""
_K8S_NEEDS: Final = """\
# Needs, once: an image that has importer and its extra serve (--image; examples/containers/Containerfile makes one), a volume claim highlevel-importer-state, and
#   kubectl create secret generic highlevel-importer --from-literal=HIGHLEVEL_TOKEN=...
#   kubectl create configmap highlevel-importer-jobs {files}
# A config map is flat and read-only: name mappings without a folder, sources by URL, and output: /state/results.
---
"""


def _k8s_needs(jobs: Sequence[ScheduledJob], entry: ScheduleEntry) -> str:
    mappings = (named.mapping for named in jobs)  # the image has the ready ones, which are names
    files = dict.fromkeys([entry.jobs_file.absolute(), *filter(Path.is_absolute, mappings)])
    return _K8S_NEEDS.format(files=" ".join(f"--from-file={shlex.quote(str(file))}" for file in files))


def kubernetes(jobs: Sequence[ScheduledJob], entry: ScheduleEntry) -> str:
    """Write a CronJob for each schedule of each job. JSON is YAML, and needs no quoting rules."""
    documents = []
    for named in jobs:
        for number, expression in enumerate(named.job.schedule):
            suffix = f"-{number + 1}" if number else ""
            documents.append(
                json.dumps(_cron_job(named, expression, suffix, entry), indent=2, ensure_ascii=False)
            )
    return _k8s_needs(jobs, entry) + "\n---\n".join(documents) + "\n"


def _cron_job(named: ScheduledJob, expression: str, suffix: str, entry: ScheduleEntry) -> dict[str, object]:
    _fields(expression)
    name = re.sub(r"[^a-z0-9]+", "-", f"importer-{named.name}".lower())[:48].strip("-") + suffix
    spec: dict[str, object] = {
        "schedule": " ".join(expression.split()),
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 86_400 if named.job.catch_up else 600,
        "jobTemplate": {"spec": {"backoffLimit": 0, "template": {"spec": _pod(named, entry)}}},
    }
    if named.zone_name:
        spec["timeZone"] = named.zone_name
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}


def _pod(named: ScheduledJob, entry: ScheduleEntry) -> dict[str, object]:
    container: dict[str, object] = {
        "name": "importer",
        "image": entry.image,
        "command": ["importer"],
        "args": ["serve", f"/jobs/{entry.jobs_file.name}", "--once", "--job", named.name],
        "env": [{"name": "IMPORTER_STATE", "value": "/state"}],
        "envFrom": [{"secretRef": {"name": "highlevel-importer"}}],  # HIGHLEVEL_TOKEN and the like
        "volumeMounts": [
            {"name": "jobs", "mountPath": "/jobs"},
            {"name": "state", "mountPath": "/state"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  (the container's own)
        ],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 120,
        # Without a group of its own, a fresh volume is root's, and nothing could be written to it.
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _IMAGE_USER,
            "fsGroup": _IMAGE_USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "jobs", "configMap": {"name": "highlevel-importer-jobs"}},
            # Journals and the list of imported files have to outlive the pod, or files are imported twice.
            {"name": "state", "persistentVolumeClaim": {"claimName": "highlevel-importer-state"}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }


# Windows


def windows(jobs: Sequence[ScheduledJob], entry: ScheduleEntry) -> str:
    """Write a task for each job as XML: save each as NAME.xml, then schtasks /Create /XML NAME.xml /TN NAME."""
    return "\n".join(_task(named, entry) for named in jobs)


def _task(named: ScheduledJob, entry: ScheduleEntry) -> str:
    program, *arguments = entry.command(named)
    quoted = " ".join(f'"{part}"' if re.search(r"\s", part) else part for part in arguments)
    triggers = "\n".join(trigger for expression in named.job.schedule for trigger in _triggers(expression))
    zone = (
        f" Its schedule is meant for {named.zone_name}; Windows goes by the machine's zone."
        if named.zone_name
        else ""
    )
    return f"""<?xml version="1.0"?>
<!-- schtasks /Create /TN "importer {escape(named.name)}" /XML "{escape(named.name)}.xml" -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>HighLevel import {escape(named.name)}.{escape(zone)}</Description></RegistrationInfo>
  <Triggers>
{triggers}
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>{"true" if named.job.catch_up else "false"}</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(quoted)}</Arguments>
      <WorkingDirectory>{escape(str(entry.folder))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def _triggers(expression: str) -> list[str]:
    cron = _fields(expression)
    simple = cron.day == "*" and cron.month == "*" and not re.search(r"[*/-]", cron.minute + cron.hour)
    if not simple or "/" in cron.weekday:
        raise SettingsError(
            f"The schedule {expression!r} has no form in the Windows scheduler: give minutes and hours as numbers, "
            "and weekdays at most; or let importer serve run the job."
        )
    return [
        _trigger(f"2026-01-01T{int(hour):02}:{int(minute):02}:00", cron.weekday)
        for hour in cron.hour.split(",")
        for minute in cron.minute.split(",")
    ]


def _trigger(start: str, weekday: str) -> str:
    if weekday == "*":
        every = "<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>"
    else:
        days = "".join(f"<{day}/>" for day in _weekday_names(weekday))
        every = f"<ScheduleByWeek><WeeksInterval>1</WeeksInterval><DaysOfWeek>{days}</DaysOfWeek></ScheduleByWeek>"
    return f"    <CalendarTrigger><StartBoundary>{start}</StartBoundary>{every}</CalendarTrigger>"


def _weekday_names(field: str) -> list[str]:
    numbers: list[int] = []
    for part in field.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return list(dict.fromkeys(_WINDOWS_DAYS[number] for number in numbers))
