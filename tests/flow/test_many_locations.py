"""One file for many sub-accounts: each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.sandbox import Account, SandboxSettings, sandbox_aside

if TYPE_CHECKING:
    import pytest

    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

MAPPING = """\
version: 1
location: {column: Account, map: {Acme: locAcme, Bolt: locBolt}}
fields: {email: Mail}
tags: {always: [moved]}
"""
CONTACTS = """\
Account,Mail
Acme,ann@example.com
Bolt,ann@example.com
acme,bob@example.com
Nobody,cid@example.com
,dora@example.com
"""


def test_each_row_goes_to_its_own_location(desk: Desk, vendor: Sandbox) -> None:
    desk.write("fan.yaml", MAPPING)
    desk.write("contacts.csv", CONTACTS)
    ended = desk.run("contacts.csv", "-m", "fan.yaml")
    assert [
        (row["import_status"], row["import_location_id"], row["import_error_code"]) for row in ended.rows
    ] == [
        ("created", "locAcme", ""),
        ("created", "locBolt", ""),
        ("created", "locAcme", ""),
        ("failed", "", "unknown_location"),
        ("failed", "", "unknown_location"),
    ]
    assert {name: len(vendor.contacts(name)) for name in ("locAcme", "locBolt")} == {
        "locAcme": 2,
        "locBolt": 1,
    }
    assert ended.summary["locations"]["locAcme"]["created"] == 2


def test_a_location_that_refuses_us_fails_its_own_rows_and_no_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("fan.yaml", MAPPING)
    desk.write("contacts.csv", CONTACTS)
    ours = Account(token="pit-ours", locations=frozenset({"locAcme"}))
    with sandbox_aside(SandboxSettings(burst=0, accounts=(ours,))) as sandbox:
        monkeypatch.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-ours")
        ended = desk.run("contacts.csv", "-m", "fan.yaml")
        assert ended.code == 1
        assert [(row["import_status"], row["import_error_code"]) for row in ended.rows][:3] == [
            ("created", ""),
            ("failed", "location_refused"),
            ("created", ""),
        ]
        assert len(sandbox.contacts("locBolt")) == 0
