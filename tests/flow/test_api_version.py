"""The version of the API that is spoken, and what is said where the vendor does not know it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import importer
from importer.sandbox import Fault, Sandbox
from tests.flow.vendor_ear import Ear, ear_before

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

MAPPING = """\
version: 1
fields: {firstName: First, email: Mail, dndSettings.SMS: Quiet}
custom_fields: {Shirt Size: Shirt}
"""
CONTACTS = "First,Mail,Quiet,Shirt\nAnn,ann@example.com,yes,M\nBob,bob@example.com,no,L\n"


@pytest.fixture
def ear(desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    desk.write("people.csv", CONTACTS)
    desk.write("mapping.yaml", MAPPING)
    with ear_before(vendor.base_url) as ear:
        monkeypatch.setenv("HIGHLEVEL_BASE_URL", ear.base_url)
        yield ear


@pytest.mark.parametrize("version", ["2021-07-28", "v3"])
def test_contacts_are_the_same_in_either_version(desk: Desk, vendor: Sandbox, version: str) -> None:
    desk.write("people.csv", CONTACTS)
    desk.write("mapping.yaml", MAPPING)
    ended = desk.run("people.csv", "-m", "mapping.yaml", "--api-version", version)
    assert ended.code == 0, ended.err
    ann = next(each for each in vendor.contacts() if each["email"] == "ann@example.com")
    assert ann["properties"]["dndSettings"]["SMS"]["status"] == "active"
    assert [each["value"] for each in ann["customFields"]] == ["M"]


def test_a_resume_speaks_the_runs_version_unless_told_otherwise(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", CONTACTS)
    desk.write("mapping.yaml", MAPPING)
    desk.run("people.csv", "-m", "mapping.yaml", "--api-version", "v3", "--max-requests", "3")
    ended = desk.importer("resume", "--json", "--no-progress", "--max-requests", "100")
    assert ended.code == 0, ended.err
    assert ended.summary["created"] == 2


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Invalid API version segment '2021-07-28' at position 0"),
        (401, "version header is invalid."),
    ],
)
def test_an_unknown_version_is_no_fault_of_the_token_and_sends_nothing(
    desk: Desk, vendor: Sandbox, status: int, words: str
) -> None:
    desk.write("people.csv", CONTACTS)
    desk.write("mapping.yaml", MAPPING)
    body = json.dumps({"statusCode": status, "message": words}).encode()
    vendor.go_down(Fault(status=status, body=body, headers={"Content-Type": "application/json"}))
    ended = desk.run("people.csv", "-m", "mapping.yaml")
    assert ended.code == 2, ended.err
    assert words in ended.err
    assert "--api-version" in ended.err
    assert "The token is not at fault" in ended.err


@pytest.mark.parametrize(
    "command",
    [
        ("run", "people.csv", "-m", "mapping.yaml", "--json"),
        ("check", "people.csv", "-m", "mapping.yaml", "--against-location"),
        ("preview", "people.csv", "-m", "mapping.yaml"),
        ("plan", "people.csv", "-m", "mapping.yaml"),
        ("suggest", "people.csv", "--location", "loc1"),
        ("mirror",),
        ("export", "-o", "backup.csv"),
        ("doctor",),
    ],
    ids=lambda command: str(command[0]),
)
def test_every_command_that_asks_the_vendor_speaks_the_version_that_was_said(
    desk: Desk, ear: Ear, command: tuple[str, ...]
) -> None:
    desk.importer(*command)
    assert ear.versions == {"2021-07-28"}
    ear.versions.clear()
    desk.importer(*command, "--api-version", "v3", *(["--fresh"] if command[0] == "run" else []))
    assert ear.versions == {"v3"}


def test_a_plan_is_applied_in_its_version_unless_told_otherwise(desk: Desk, ear: Ear) -> None:
    planned = desk.importer("plan", "people.csv", "-m", "mapping.yaml", "--api-version", "v3", "--json")
    plan_id = planned.summary["plan_id"]
    ear.versions.clear()
    applied = desk.importer("apply", plan_id)
    assert applied.code == 0, applied.err
    assert ear.versions == {"v3"}
    desk.write("people.csv", CONTACTS + "Cid,cid@example.com,no,S\n")
    again = desk.importer("plan", "people.csv", "-m", "mapping.yaml", "--api-version", "v3", "--json")
    ear.versions.clear()
    desk.importer("apply", again.summary["plan_id"], "--api-version", "2021-07-28")
    assert ear.versions == {"2021-07-28"}


def test_the_commands_that_go_on_from_a_check_say_its_version(desk: Desk, ear: Ear) -> None:
    told = desk.importer("check", "people.csv", "-m", "mapping.yaml", "--api-version", "v3").err
    (run,) = [line for line in told.splitlines() if "importer run" in line]
    assert run.endswith(" --api-version v3")


def test_a_job_speaks_its_version(desk: Desk, ear: Ear) -> None:
    desk.write(
        "jobs.yaml",
        "version: 1\njobs:\n  crm:\n    source: people.csv\n    mapping: mapping.yaml\n    location: loc1\n"
        "    schedule: '0 3 * * *'\n    api_version: v3\n    send_window: {between: 00:00-24:00}\n",
    )
    ended = desk.importer("serve", "jobs.yaml", "--once")
    assert ended.code == 0, ended.err
    assert ear.versions == {"v3"}


def test_a_program_says_its_version(desk: Desk, ear: Ear) -> None:
    list(importer.preview("people.csv", "mapping.yaml", api_version="v3"))
    assert importer.run("people.csv", "mapping.yaml", api_version="v3", max_requests=1).state == "stopped"
    assert importer.resume(max_requests=1).created == 2
    assert ear.versions == {"v3"}
    with pytest.raises(importer.SettingsError, match="api_version"):
        importer.check("people.csv", "mapping.yaml", api_version="v4")  # type: ignore[arg-type]
