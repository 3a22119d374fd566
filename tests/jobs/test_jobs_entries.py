from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from importer.errors import SettingsError
from importer.jobs import entries
from importer.jobs.entries import ScheduleEntry, on_calendar
from importer.jobs.loading import load_jobs, schema_text
from importer.jobs.named_job import ScheduledJob

ROOT = Path(__file__).parents[2]
JOBS = """\
version: 1
timezone: America/New_York
jobs:
  crm:
    source: in/contacts-*.csv
    mapping: mapping.yaml
    schedule: 30 2 * * *
  leads:
    source: s3://bucket/{date:%Y%m%d}.csv
    mapping: mapping.yaml
    schedule: ["0 7,19 * * mon-fri", "15 12 * * 6"]
    timezone: Europe/Berlin
    catch_up: false
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "my jobs 100%"
    path.mkdir()
    (path / "jobs.yaml").write_text(JOBS, encoding="utf-8")
    return path


@pytest.fixture
def jobs(folder: Path) -> tuple[ScheduledJob, ...]:
    return load_jobs(folder / "jobs.yaml")


@pytest.fixture
def entry(folder: Path) -> ScheduleEntry:
    return ScheduleEntry(jobs_file=folder / "jobs.yaml", program=("/opt/importer/bin/importer",))


@pytest.mark.parametrize(
    ("cron", "calendar"),
    [
        ("30 2 * * *", ["*-*-* 2:30:00"]),
        ("*/15 8-18/2 * * mon-fri", ["Mon..Fri *-*-* 8..18/2:0/15:00"]),
        ("0 6 1,15 * *", ["*-*-1,15 6:0:00"]),
        ("0 6 */10 jan,jul *", ["*-1,7-1/10 6:0:00"]),
        ("0 6 1 * 0", ["*-*-1 6:0:00", "Sun *-*-* 6:0:00"]),
    ],
)
def test_cron_expressions_are_said_as_systemd_does(cron: str, calendar: list[str]) -> None:
    assert on_calendar(cron) == calendar


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize(
    "cron", ["30 2 * * *", "*/15 8-18/2 1,15 * mon-fri", "0 6 */10 jan,jul *", "5 4 31 12 7"]
)
def test_systemd_itself_understands_them(cron: str) -> None:
    for calendar in on_calendar(cron):
        subprocess.run(
            ["systemd-analyze", "calendar", f"{calendar} Europe/Berlin"], check=True, capture_output=True
        )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_itself_accepts_the_units(
    jobs: tuple[ScheduledJob, ...], folder: Path, tmp_path: Path
) -> None:
    entry = ScheduleEntry(jobs_file=folder / "jobs.yaml", program=("/bin/true",))
    text = entries.systemd(jobs[:1], entry)
    service, _, timer = text.partition("# importer-crm.timer\n")
    (tmp_path / "importer-crm.service").write_text(service, encoding="utf-8")
    (tmp_path / "importer-crm.timer").write_text(timer, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "importer-crm.timer")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not [line for line in done.stderr.splitlines() if "importer-crm" in line]
    assert "100%%" in service


def test_a_crontab_line_survives_spaces_and_percent_signs(
    jobs: tuple[ScheduledJob, ...], entry: ScheduleEntry
) -> None:
    lines = entries.cron(jobs, entry).splitlines()
    assert lines[3] == "CRON_TZ=America/New_York"
    assert lines[4].startswith("30 2 * * * cd '")
    assert r"my jobs 100\%" in lines[4]
    assert lines[4].endswith("--once --job crm")
    assert sum(line.endswith("--job leads") for line in lines) == 2


def test_kubernetes_gets_a_cron_job_for_each_schedule(
    jobs: tuple[ScheduledJob, ...], entry: ScheduleEntry
) -> None:
    import yaml

    text = entries.kubernetes(jobs, entry)
    documents = list(yaml.safe_load_all(text))
    assert [each["metadata"]["name"] for each in documents] == [
        "importer-crm",
        "importer-leads",
        "importer-leads-2",
    ]
    assert documents[0]["spec"]["timeZone"] == "America/New_York"
    assert documents[1]["spec"]["startingDeadlineSeconds"] == 600
    assert documents[0]["spec"]["concurrencyPolicy"] == "Forbid"
    (container,) = documents[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["importer"]  # whatever the image's entrypoint
    assert text.count("--from-file=") == 2  # the job file and the mapping of both


def test_a_pod_runs_as_the_image_does_and_writes_into_its_volumes_alone(
    jobs: tuple[ScheduledJob, ...], entry: ScheduleEntry
) -> None:
    import yaml

    image = (ROOT / "examples" / "containers" / "Containerfile").read_text(encoding="utf-8")
    pod = next(yaml.safe_load_all(entries.kubernetes(jobs, entry)))["spec"]["jobTemplate"]["spec"][
        "template"
    ]["spec"]
    (container,) = pod["containers"]
    assert f"-t {container['image']} ." in image
    user, group = (pod["securityContext"][name] for name in ("runAsUser", "fsGroup"))
    assert f"USER {user}:{group}" in image
    assert container["securityContext"]["readOnlyRootFilesystem"]
    mounted = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert set(mounted.values()) == {each["name"] for each in pod["volumes"]}
    state = {each["name"]: each["value"] for each in container["env"]}["IMPORTER_STATE"]
    assert f"IMPORTER_STATE={state} " in image
    assert {state, "/tmp", "/jobs"} == set(mounted)  # noqa: S108  (of the container)
    assert "WORKDIR /jobs" in image


def test_windows_gets_a_task_for_each_job(jobs: tuple[ScheduledJob, ...], entry: ScheduleEntry) -> None:
    first, second = (
        part for part in entries.windows(jobs, entry).split('<?xml version="1.0"?>\n') if part.strip()
    )
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert len(ET.fromstring(first).findall(".//t:ScheduleByDay", space)) == 1  # noqa: S314  (our own text)
    weekly = ET.fromstring(second)  # noqa: S314  (our own text)
    days = [[day.tag.partition("}")[2] for day in each] for each in weekly.findall(".//t:DaysOfWeek", space)]
    assert days == [["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]] * 2 + [["Saturday"]]
    assert weekly.findtext(".//t:StartWhenAvailable", namespaces=space) == "false"


def test_a_schedule_that_windows_cannot_keep_is_said(folder: Path, entry: ScheduleEntry) -> None:
    (folder / "jobs.yaml").write_text(JOBS.replace("30 2 * * *", '"*/5 * * * *"'), encoding="utf-8")
    with pytest.raises(SettingsError, match="importer serve"):
        entries.windows(load_jobs(folder / "jobs.yaml"), entry)


def test_a_schedule_only_the_resident_can_keep_is_said() -> None:
    with pytest.raises(SettingsError, match="only be kept by importer serve"):
        on_calendar("0 6 L * *")


def test_the_schema_knows_every_key_and_takes_the_examples() -> None:
    import jsonschema  # type: ignore[import-untyped]
    import yaml

    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(JOBS), schema)
    one_word = {"notify": [{"email": "ops@example.com", "on": "always"}]}
    jsonschema.validate({**yaml.safe_load(JOBS), **one_word}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(JOBS.replace("catch_up", "catchup")), schema)
