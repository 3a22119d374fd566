"""check and preview know what a run knows: of the location where it can be asked, and else they say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.mapping import load_mapping
from importer.sandbox import Sandbox
from tests.flow.conftest import ROOT
from tests.flow.vendor_ear import ear_before

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

EXPORTS = sorted((ROOT / "tests" / "mappings" / "exports").glob("*.csv"))
SAMPLES = {
    "contacts.csv": "sample",
    "newsletter.csv": "sample-newsletter",
    "crm-export.xlsx": "sample-crm",
}
FEES = "Mail,Fee,Plan,Owner\nann@example.com,100,Gold,\nbob@example.com,TBD,Gold,\ncy@example.com,7,Tin,\n"
MAPPING = "version: 1\nlocation: ${HIGHLEVEL_LOCATION_ID}\nfields: {email: Mail}\ncustom_fields: {Fee: Fee, Plan: Plan}\n"


@pytest.fixture
def fees(desk: Desk) -> Desk:
    desk.write("fees.csv", FEES)
    desk.write("mapping.yaml", MAPPING)
    return desk


@pytest.fixture
def location(vendor: Sandbox) -> Sandbox:
    place = vendor.location("loc1")
    place.add_custom_field("Fee", data_type="MONETORY")
    place.add_custom_field("Plan", data_type="SINGLE_OPTIONS", options=("Gold", "Silver"))
    return vendor


def previewed(desk: Desk, *words: str) -> tuple[list[dict[str, Any]], str]:
    ended = desk.importer("preview", *words)
    return [json.loads(line) for line in ended.out.splitlines()], ended.err


def test_with_a_token_check_foretells_exactly_the_failures_of_the_run(fees: Desk, location: Sandbox) -> None:
    foreseen = fees.importer("check", "fees.csv", "-m", "mapping.yaml", "--json")
    came = fees.run("fees.csv", "-m", "mapping.yaml")

    assert foreseen.summary["errors_by_code"] == {"invalid_number": 1, "invalid_option": 1}
    assert foreseen.summary["errors_by_code"] == came.summary["errors_by_code"]
    assert foreseen.code == came.code == 1
    assert foreseen.summary["unchecked"] == []


def test_a_sandbox_is_asked_in_the_place_of_a_location(fees: Desk) -> None:
    foreseen = fees.importer("check", "fees.csv", "-m", "mapping.yaml", "--sandbox", "--json")

    assert foreseen.summary["unchecked"] == []
    assert "not set" not in foreseen.err
    assert not (fees.folder.parent / "state").exists(), "a look leaves nothing behind"


def test_without_a_token_check_says_what_only_the_location_knows(
    fees: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHLEVEL_LOCATION_ID", "loc1")
    foreseen = fees.importer("check", "fees.csv", "-m", "mapping.yaml", "--json")

    (note,) = foreseen.summary["unchecked"]
    assert foreseen.code == 0
    assert "No token is at hand" in note
    assert "custom fields 'Fee', 'Plan'" in note
    assert note.split(":")[0] in " ".join(foreseen.err.split())


def test_nothing_is_said_of_a_location_where_the_mapping_asks_nothing_of_it(desk: Desk) -> None:
    desk.write("a.csv", "Mail\nann@example.com\n")
    desk.write("plain.yaml", "version: 1\nfields: {email: Mail}\n")

    assert desk.importer("check", "a.csv", "-m", "plain.yaml", "--json").summary["unchecked"] == []
    assert previewed(desk, "a.csv", "-m", "plain.yaml")[1] == ""


def test_a_refused_token_leaves_the_exit_code_as_without_one(
    fees: Desk, location: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invalid")
    foreseen = fees.importer("check", "fees.csv", "-m", "mapping.yaml", "--json")

    (note,) = foreseen.summary["unchecked"]
    assert foreseen.code == 0
    assert "Invalid Private Integration token" in note
    assert "the custom fields 'Fee', 'Plan'" in note


def test_an_address_where_nobody_answers_costs_no_more_than_a_note(
    fees: Desk, location: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", "http://127.0.0.1:9")
    lines, notes = previewed(fees, "fees.csv", "-m", "mapping.yaml")

    assert len(lines) == 3
    assert "Location loc1 could not be asked: " in notes, "the reason is how far it came in its time"
    assert "importer resume" not in notes, "there is no run"


def test_a_location_without_the_custom_field_is_told_as_the_run_tells_it(fees: Desk, vendor: Sandbox) -> None:
    for command in ("check", "preview"):
        refused = fees.importer(command, "fees.csv", "-m", "mapping.yaml")
        assert refused.code == 2
        assert "mapping.yaml:4:17: The location has no custom field 'Fee'" in refused.err


def test_a_draft_workflow_is_named_before_anything_is_sent(desk: Desk, vendor: Sandbox) -> None:
    desk.write("a.csv", "Mail\nann@example.com\n")
    desk.write("draft.yaml", "version: 1\nfields: {email: Mail}\nafter: {workflow: Unfinished}\n")
    refused = desk.importer("check", "a.csv", "-m", "draft.yaml")

    assert refused.code == 2
    assert "'Unfinished' of location loc1 is a draft" in refused.err


def test_an_owner_whom_the_location_does_not_know_fails_in_check(desk: Desk, vendor: Sandbox) -> None:
    desk.write("a.csv", "Mail,Owner\nann@example.com,Nobody Known\n")
    desk.write("owned.yaml", "version: 1\nfields: {email: Mail, assignedTo: Owner}\n")
    foreseen = desk.importer("check", "a.csv", "-m", "owned.yaml", "--json")

    assert foreseen.summary["errors_by_code"] == {"unknown_user": 1}


def test_tags_that_the_location_does_not_have_are_named(desk: Desk, vendor: Sandbox) -> None:
    vendor.location("loc1").remember_tags(["vip"])
    desk.write("a.csv", "Mail,Tags\nann@example.com,VIP\nbob@example.com,vpi\ncy@example.com,vpi\n")
    desk.write("tagged.yaml", "version: 1\nfields: {email: Mail}\ntags: {columns: [Tags]}\n")
    foreseen = desk.importer("check", "a.csv", "-m", "tagged.yaml", "--json")

    assert foreseen.summary["new_tags"] == {"vpi": 2}
    assert "'vpi' (2 rows): it is not in the location yet" in foreseen.err


def test_an_unset_variable_is_told_and_refused_before_another_location_is_met(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write("a.csv", "Mail\nann@example.com\n")
    desk.write("acme.yaml", "version: 1\nlocation: ${ACME_LOCATION}\nfields: {email: Mail}\n")
    foreseen = desk.importer("check", "a.csv", "-m", "acme.yaml")
    refused = desk.run("a.csv", "-m", "acme.yaml")

    assert "${ACME_LOCATION}, and ACME_LOCATION is not set" in " ".join(foreseen.err.split())
    assert refused.code == 2
    assert "ACME_LOCATION is not set" in refused.err
    assert vendor.contacts() == []


@pytest.mark.parametrize("export", EXPORTS, ids=lambda path: path.stem)
def test_preview_shows_exactly_what_a_run_sends(desk: Desk, vendor: Sandbox, export: Path) -> None:
    mapping = ROOT / "mappings" / f"{export.stem.partition('~')[0]}.yaml"
    assert_sent_as_previewed(desk, vendor, export, mapping)


@pytest.mark.parametrize("sample", SAMPLES)
def test_preview_of_a_sample_shows_exactly_what_a_run_sends(desk: Desk, vendor: Sandbox, sample: str) -> None:
    mapping = ROOT / "mappings" / f"{SAMPLES[sample]}.yaml"
    assert_sent_as_previewed(desk, vendor, ROOT / "sample_data" / sample, mapping)


@pytest.mark.parametrize("mode", ["upsert", "create_only", "update_only"])
def test_preview_shows_what_goes_out_in_each_mode(desk: Desk, vendor: Sandbox, mode: str) -> None:
    bob = vendor.add_contact("loc1", email="bob@example.com")
    if mode == "update_only":
        vendor.add_contact("loc1", email="ann@example.com")
    desk.write("a.csv", f"Mail,Sex,Id\nann@example.com,f,\nbob@example.com,m,{bob}\n")
    desk.write("mode.yaml", f"version: 1\nmode: {mode}\nfields: {{email: Mail, gender: Sex, id: Id}}\n")
    assert_sent_as_previewed(desk, vendor, Path("a.csv"), Path("mode.yaml"))


def assert_sent_as_previewed(desk: Desk, vendor: Sandbox, source: Path, mapping: Path) -> None:
    vendor.furnish("loc1", custom_fields=load_mapping(mapping).needs.custom_field_names)
    with ear_before(vendor.base_url) as ear:
        where = (str(source), "-m", str(mapping), "--base-url", ear.base_url)
        lines, _ = previewed(desk, *where, "-n", "0")
        ended = desk.run(*where)

    shown = [line["payload"] for line in lines if "payload" in line]
    assert shown
    assert sorted(map(as_text, shown)) == sorted(map(as_text, ear.stored)), ended.err


def as_text(payload: dict[str, Any]) -> str:
    return json.dumps(payload, sort_keys=True)


def test_a_total_row_is_counted_and_named_and_no_failure(desk: Desk, vendor: Sandbox) -> None:
    desk.write("a.csv", "Mail,Fee,Plan\nann@example.com,100,Gold\nbob@example.com,50,Tin\nTotal,150,\n")
    desk.write("plain.yaml", "version: 1\nfields: {email: Mail}\n")
    foreseen = desk.importer("check", "a.csv", "-m", "plain.yaml", "--json")
    came = desk.run("a.csv", "-m", "plain.yaml")

    assert (foreseen.code, came.code) == (0, 0)
    for ended in (foreseen, came):
        assert (ended.summary["skipped"], ended.summary["failed"]) == (1, 0)
        assert ended.summary["skipped_by_code"] == {"footer_row": 1}
    assert "Rows that would be skipped, by cause (% of 1)\n  footer_row" in foreseen.err
    assert "Skipped rows by cause (% of 1)\n  footer_row" in came.err
    assert came.rows[-1]["import_error"].startswith("The row is no contact but a total: 'Total', and '150'")
