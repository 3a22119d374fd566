"""Whatever is wrong with the setup: exit 2, a clear text with the next step, nothing sent, no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Sandbox
from tests.disks import files_of_at_most

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

CONTACTS = "First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\n"

SETUPS = {
    # what is wrong: (files to write, words after `run`, what the message says)
    "no mapping given": ({}, ["contacts.csv"], ["-m", "--mapping"]),
    "a mapping that is not there": ({}, ["contacts.csv", "-m", "none.yaml"], ["none.yaml"]),
    "a mapping that is no YAML": (
        {"bad.yaml": "version: 1\nfields: {email: [Mail\n"},
        ["contacts.csv", "-m", "bad.yaml"],
        ["bad.yaml:"],
    ),
    "a mapping with several faults": (
        {"bad.yaml": "version: 1\nfelds: {}\nfields:\n  emial: Mail\n"},
        ["contacts.csv", "-m", "bad.yaml"],
        ["bad.yaml:2:1", "'fields'", "bad.yaml:4:3", "'email'"],
    ),
    "a file that is not there": ({}, ["contats.csv", "-m", "mapping.yaml"], ["contats.csv", "contacts.csv"]),
    "an empty file": ({"empty.csv": ""}, ["empty.csv", "-m", "mapping.yaml"], ["empty.csv", "empty"]),
    "a header without rows": (
        {"header.csv": "First,Mail,Phone,Tags\n"},
        ["header.csv", "-m", "mapping.yaml"],
        ["header.csv", "no rows"],
    ),
    "a column that the file lacks": (
        {"other.csv": "First,E-Mail Address,Phone,Tags\nAnn,ann@example.com,,\n"},
        ["other.csv", "-m", "mapping.yaml"],
        ["'Mail'", "'E-Mail Address'"],
    ),
    "plain http to a foreign host": (
        {},
        ["contacts.csv", "-m", "mapping.yaml", "--base-url", "http://example.com"],
        ["https"],
    ),
    "a token file that is not there": (
        {},
        ["contacts.csv", "-m", "mapping.yaml", "--token-file", "none.txt"],
        ["none.txt"],
    ),
    "an address with a port that is none": (
        {},
        ["contacts.csv", "-m", "mapping.yaml", "--base-url", "http://localhost:notaport"],
        ["http://localhost:notaport"],
    ),
    "a token file with two lines": (
        {"token.txt": "pit-a\npit-b\n"},
        ["contacts.csv", "-m", "mapping.yaml", "--token-file", "token.txt"],
        ["token.txt", "token alone"],
    ),
    "a limit that is no number": (
        {},
        ["contacts.csv", "-m", "mapping.yaml", "--stop-after-failures", "many"],
        ["many", "5%"],
    ),
}


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
def test_a_setup_fault_is_told_and_nothing_is_sent(
    desk: Desk, vendor: Sandbox, setup: tuple[dict[str, str], list[str], list[str]]
) -> None:
    files, words, said = setup
    desk.write("contacts.csv", CONTACTS)
    for name, text in files.items():
        desk.write(name, text)
    ended = desk.importer("run", *words)
    assert ended.code == 2, ended.err
    assert "Traceback" not in ended.err
    for part in said:
        assert part in ended.err
    assert vendor.state()["contacts"] == 0
    assert not (desk.folder / "import-results").exists()


@pytest.mark.parametrize(
    ("token", "said"),
    [("pit-invalid", "HIGHLEVEL_TOKEN"), ("pit-no-scope", "contacts.write"), ("pit-no-access", "location")],
)
def test_a_refused_token_is_told_with_the_vendors_words(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch, token: str, said: str
) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", token)
    desk.write("contacts.csv", CONTACTS)
    ended = desk.importer("run", "contacts.csv", "-m", "mapping.yaml")
    assert (ended.code, vendor.state()["contacts"]) == (2, 0)
    assert said in ended.err
    assert token not in ended.err


@pytest.mark.parametrize(
    ("missing", "said"),
    [("HIGHLEVEL_TOKEN", "HIGHLEVEL_TOKEN"), ("HIGHLEVEL_LOCATION_ID", "--location")],
)
def test_a_missing_token_or_location_is_told(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch, missing: str, said: str
) -> None:
    monkeypatch.delenv(missing)
    desk.write("contacts.csv", CONTACTS)
    ended = desk.importer("run", "contacts.csv", "-m", "mapping.yaml")
    assert ended.code == 2
    assert said in ended.err
    assert vendor.state()["contacts"] == 0


def test_an_unknown_custom_field_stops_the_run_before_anything_is_sent(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    desk.write(
        "fields.yaml", "version: 1\nfields: {email: Mail}\ncustom_fields:\n  Shirt Sise: {column: First}\n"
    )
    ended = desk.importer("run", "contacts.csv", "-m", "fields.yaml")
    assert (ended.code, vendor.state()["contacts"]) == (2, 0)
    assert "Shirt Sise" in ended.err
    assert "Shirt Size" in ended.err


def test_a_setup_that_failed_leaves_no_run_behind(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "Nobody\nAnn\n")
    assert desk.importer("run", "contacts.csv", "-m", "mapping.yaml").code == 2
    assert list((desk.folder.parent / "state" / "runs").iterdir()) == []
    assert vendor.state()["contacts"] == 0


@pytest.mark.parametrize("words", [("--state", "taken"), ("-o", "taken")])
def test_a_folder_that_cannot_be_made_is_told_before_anything_is_sent(
    desk: Desk, vendor: Sandbox, words: tuple[str, ...]
) -> None:
    desk.write("taken", "a file stands where the folder should be")
    desk.write("contacts.csv", CONTACTS)
    ended = desk.importer("run", "contacts.csv", "-m", "mapping.yaml", *words)
    assert (ended.code, vendor.state()["contacts"]) == (2, 0)
    assert "taken" in ended.err


def test_what_stopped_a_run_is_told_even_when_quiet(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\n" + "x,wrong,,\n" * 5)
    ended = desk.importer("run", "contacts.csv", "-m", "mapping.yaml", "-q", "--stop-after-failures", "2")
    assert ended.code == 3
    assert "--stop-after-failures" in ended.err
    assert "importer resume" in ended.err


def test_of_several_sources_the_one_that_lacks_a_column_is_named(desk: Desk, vendor: Sandbox) -> None:
    desk.write("a.csv", CONTACTS)
    desk.write("b.csv", "First,Phone,Tags\nBob,,\n")
    ended = desk.importer("run", "a.csv", "b.csv", "-m", "mapping.yaml")
    assert (ended.code, vendor.state()["contacts"]) == (2, 0)
    assert "b.csv" in ended.err
    assert "'Mail'" in ended.err


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["runn"], "'run'"), (["Sugest", "x.csv"], "'suggest'"), (["run", "x.csv", "--limt", "3"], "'--limit'")],
)
def test_a_mistyped_command_or_option_is_answered_with_the_nearest(
    desk: Desk, words: list[str], meant: str
) -> None:
    ended = desk.importer(*words)
    assert ended.code == 2
    assert "Did you mean" in ended.err
    assert meant in ended.err


def test_an_agencys_token_gets_the_one_advice_that_helps(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("contacts.csv", CONTACTS)
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-agency-1")
    ended = desk.importer("run", "contacts.csv", "-m", "mapping.yaml")
    assert ended.code != 0
    assert "ake a private integration token inside the sub-account" in ended.err
    assert not vendor.contacts()


def test_a_report_that_cannot_be_written_speaks_of_nothing_else(desk: Desk) -> None:
    desk.write("contacts.csv", CONTACTS)
    ended = desk.importer(
        "check", "contacts.csv", "-m", "mapping.yaml", "--report", "contacts.csv/report.html"
    )
    assert ended.code == 2
    assert "The report contacts.csv/report.html could not be written" in ended.err
    assert "journal" not in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ["read", "{long}"],
        ["suggest", "{long}"],
        ["check", "{long}/a.csv", "-m", "mapping.yaml"],
        ["runs", "--state", "{long}"],
    ],
)
def test_a_place_that_may_not_be_looked_at_is_named_and_no_mistake_of_ours(
    desk: Desk, words: list[str]
) -> None:
    long = "x" * 300  # the file system refuses to look, as it does in somebody else's folder
    ended = desk.importer(*(word.format(long=long) for word in words))
    assert ended.code in {2, 3}
    assert long in ended.err
    assert "mistake" not in ended.err


def test_a_ready_mapping_that_leaves_dates_open_says_how_to_change_a_copy(desk: Desk) -> None:
    desk.write("report.csv", "First Name,Last Name,Email,Birthdate\nAnn,Lee,ann@example.com,1/2/1980\n")
    ended = desk.importer("check", "report.csv", "-m", "salesforce", "--location", "ve9EPM428h8vShlRW1KT")
    assert ended.code == 2
    assert "importer mappings salesforce > my.yaml" in ended.err


def test_a_disk_without_room_for_a_journal_begins_no_run_and_names_none_to_go_on_with(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write("contacts.csv", CONTACTS)
    with files_of_at_most(1 << 15):
        ended = desk.importer("run", "contacts.csv", "-m", "mapping.yaml")
    assert ended.code == 2
    assert "run the same command again" in ended.err
    assert "resume" not in ended.err
    assert vendor.state()["requests"] == 0
    assert desk.run("contacts.csv", "-m", "mapping.yaml").summary["created"] == 1
