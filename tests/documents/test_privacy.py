"""docs/privacy.md leaves out nothing: no file of the state folder, and no server that the program knows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import importer
from importer.mirror import folder as mirrors
from importer.sandbox import SandboxSettings, sandbox_aside
from importer.state import folder as states
from importer.state import plans
from importer.ui import drafts

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SAMPLE = ROOT / "sample_data" / "contacts.csv"
MAPPING = """\
version: 1
defaults: {region: US}
fields: {email: E-mail, phone: Mobile, companyName: {column: Company, on_update: if_blank}}
notes: [{column: Lead Source}]
"""
ADDRESS = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
NAMES_OF_FORMATS = {"schemas.openxmlformats.org", "purl.oclc.org", "www.w3.org", "schemas.microsoft.com"} | {
    "adaptivecards.io",
    "json-schema.org",
}
"""Addresses that are names in documents; nobody is asked there."""


def test_every_file_of_the_state_folder_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    state = tmp_path / "state"
    with sandbox_aside(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        account: dict[str, Any] = {
            "base_url": vendor.base_url,
            "token": "pit-privacy",
            "state": state,
            "location_id": "privacyLocation00001",
            "output": tmp_path / "results",
        }
        importer.run(SAMPLE, tmp_path / "mapping.yaml", changed_only=True, **account)
        importer.plan(SAMPLE, "sample", **account)
    made = {f"{path.name}/" if path.is_dir() else path.name for path in state.iterdir()}
    assert made >= {"runs/", "mirrors/", "plans/", "memory.db", "additions.db", "key-holders.db"}
    for page in (PAGE, OPERATIONS):
        assert {name for name in made if f"`{name}" not in page} == set()


def test_every_database_that_the_program_names_is_told_of() -> None:
    beside_state = {"journal.db", "plan.db", "files.db", "same-contact.db", "similar.db", "findings.db"} | {
        "edits.db",  # of a draft
        "met.db",  # scratch files of one command
        "paired.db",
        "found.db",
        "left.db",
        "values.db",
        "switching.db",
    }
    named = set(re.findall(r'"([a-z-]+\.db)"', source()))
    assert {"memory.db", "journal.db"} <= named
    assert {name for name in named - beside_state if f"`{name}`" not in PAGE} == set()


def test_the_times_are_those_of_the_program() -> None:
    assert (plans.KEEP_DAYS, states.KEEP_IMAGES_DAYS, mirrors.KEEP_DAYS, drafts.KEPT_DAYS) == (30, 30, 7, 7)


def test_every_server_that_the_program_knows_is_told_of() -> None:
    known = set(ADDRESS.findall(source()))
    assert "services.leadconnectorhq.com" in known
    asked = {host for host in known - NAMES_OF_FORMATS if not host.endswith((".example.com", ".example.org"))}
    assert {host for host in asked if f"`{host}`" not in PAGE} == set()


@cache
def source() -> str:
    """Read the whole package as text, the stand-in aside: it is the other side."""
    paths = (path for path in (ROOT / "importer").rglob("*.py") if "sandbox" not in path.parts)
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)
