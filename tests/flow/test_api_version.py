"""The version of the API that is spoken, and what is said where the vendor does not know it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

MAPPING = """\
version: 1
fields: {firstName: First, email: Mail, dndSettings.SMS: Quiet}
custom_fields: {Shirt Size: Shirt}
"""
CONTACTS = "First,Mail,Quiet,Shirt\nAnn,ann@example.com,yes,M\nBob,bob@example.com,no,L\n"


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
