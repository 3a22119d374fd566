"""Sources and results in every form, from the command line."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.flow.conftest import ROOT

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

SAMPLES = {
    "contacts.csv": "sample.yaml",
    "crm-export.xlsx": "sample-crm.yaml",
    "newsletter.csv": "sample-newsletter.yaml",
}


@pytest.mark.parametrize(("name", "mapping"), SAMPLES.items())
def test_every_sample_imports_as_its_check_foretells(desk: Desk, name: str, mapping: str) -> None:
    words = [str(ROOT / "sample_data" / name), "-m", str(ROOT / "mappings" / mapping)]
    foretold = json.loads(desk.importer("check", *words, "--json", "-q").out)
    ended = desk.run(*words, "--sandbox")
    told = ended.summary
    assert (told["rows_read"], told["failed"]) == (foretold["rows_read"], foretold["failed"])
    assert told["created"] + told["updated"] == foretold["ready"]
    assert ended.code == (1 if foretold["failed"] else 0)


def test_preview_shows_what_the_run_sends(desk: Desk, vendor: Sandbox) -> None:
    desk.write(
        "contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,(212) 555-0111,vip\nBob,nobody,,\n"
    )
    lines = [
        json.loads(line)
        for line in desk.importer("preview", "contacts.csv", "-m", "mapping.yaml", "-n", "0").out.splitlines()
    ]
    assert lines[0] == {
        "row": 2,
        "location_id": "loc1",
        "payload": {
            "locationId": "loc1",
            "firstName": "Ann",
            "email": "ann@example.com",
            "phone": "+12125550111",
        },
        "follow_ups": {"add_tags": ["vip"]},
        "warnings": [],
    }
    assert lines[1]["row"] == 3
    assert [(fault["code"], fault["column"]) for fault in lines[1]["errors"]] == [("invalid_email", "Mail")]
    assert vendor.state()["requests"] == 0


def test_results_as_a_workbook_hold_the_same_rows(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\n=1+1,ann@example.com,+1 (212) 555-0111,\n")
    summary = desk.run("contacts.csv", "-m", "mapping.yaml", "--results-format", "xlsx").summary
    path = Path(summary["results"])
    assert path.name == "results.xlsx"
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    told = dict(zip(rows[0], rows[1], strict=True))
    assert (told["import_status"], told["First"], told["Phone"]) == ("created", "=1+1", "+1 (212) 555-0111")


def test_standard_input_is_a_source(desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped:
        buffer = io.BytesIO(b"First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", Piped())
    ended = desk.run("-", "-m", "mapping.yaml")
    assert (ended.code, ended.summary["created"]) == (0, 1)


def test_a_folder_and_a_pattern_name_many_files(desk: Desk, vendor: Sandbox) -> None:
    (desk.folder / "in").mkdir()
    for name in ("a", "b"):
        desk.write(f"in/{name}.csv", f"First,Mail,Phone,Tags\n{name},{name}@example.com,,\n")
    assert desk.run("in", "-m", "mapping.yaml").summary["created"] == 2
    assert desk.run("in/*.csv", "-m", "mapping.yaml", "--fresh").summary["updated"] == 2


def test_no_cell_of_the_results_can_run_as_a_formula_and_reading_them_gives_the_text_back(
    desk: Desk, vendor: Sandbox
) -> None:
    texts = ["=cmd()", "+1", "-1", "@x", "'quoted", "\ttab"]
    rows = "".join(f'"{text}",wrong,,\n' for text in texts)
    desk.write("contacts.csv", "First,Mail,Phone,Tags\n" + rows)
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert all(not cell.startswith(("=", "+", "-", "@", "\t")) for row in ended.rows for cell in row.values())
    shown = desk.importer("read", ended.summary["failed_rows"], "--format", "jsonl", "-n", "0").out
    told = [json.loads(line)["cells"][0] for line in shown.splitlines()[1:]]
    assert told == texts


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("create_only", [("skipped", "already_exists"), ("created", "")]),
        ("update_only", [("updated", ""), ("skipped", "not_found")]),
    ],
)
def test_a_mode_says_what_it_skipped_and_why(
    desk: Desk, vendor: Sandbox, mode: str, expected: list[tuple[str, str]]
) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    desk.write("mode.yaml", f"version: 1\nfields: {{email: Mail, firstName: First}}\nmode: {mode}\n")
    desk.write("contacts.csv", "First,Mail\nAnn,ann@example.com\nBob,bob@example.com\n")
    ended = desk.run("contacts.csv", "-m", "mode.yaml")
    assert [(row["import_status"], row["import_error_code"]) for row in ended.rows] == expected


def test_a_guessed_encoding_is_said_by_check_before_the_run_and_in_its_summary(
    desk: Desk, vendor: Sandbox
) -> None:
    people = "First,Mail,Phone,Tags\nŁukasz,a@example.com,,\nŚwiętosława,b@example.com,,\n"
    desk.write("contacts.csv", people, encoding="cp1250")
    foretold = desk.importer("check", "contacts.csv", "-m", "mapping.yaml")
    ended = desk.importer("run", "contacts.csv", "-m", "mapping.yaml", "--no-progress")
    assert foretold.err.count("The encoding cp1250 is a guess") == 1
    assert ended.err.count("The encoding cp1250 is a guess") == 2
    assert ended.err.index("is a guess") < ended.err.index("Finished: 2 of 2")
    lines = desk.importer("preview", "contacts.csv", "-m", "mapping.yaml").out.splitlines()
    assert [json.loads(line)["payload"]["firstName"] for line in lines] == ["Łukasz", "Świętosława"]


def test_a_member_of_an_archive_that_the_mapping_does_not_fit_names_those_that_it_fits(desk: Desk) -> None:
    with zipfile.ZipFile(desk.folder / "exports.zip", "w") as archive:
        archive.writestr("june.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
        archive.writestr("readme.txt", "hello,this,is a readme\n")
    ended = desk.importer("check", "exports.zip", "-m", "mapping.yaml")
    assert ended.code == 2
    assert "exports.zip/readme.txt: The mapping does not fit the file." in ended.err
    assert "It fits exports.zip/june.csv: name only what is meant." in ended.err


def test_an_archive_of_several_files_is_one_run_over_each_of_them(desk: Desk, vendor: Sandbox) -> None:
    with zipfile.ZipFile(desk.folder / "exports.zip", "w") as archive:
        archive.writestr("june.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,nobody,,\n")
        archive.writestr("july.csv", "First,Mail,Phone,Tags\nCy,cy@example.com,,\n")
    ended = desk.run("exports.zip", "-m", "mapping.yaml")
    assert (ended.summary["created"], ended.summary["failed"]) == (2, 1)
    names = [source["name"] for source in ended.summary["sources"]]
    assert names == ["exports.zip/june.csv", "exports.zip/july.csv"]
    one = desk.importer("check", "exports.zip/july.csv", "-m", "mapping.yaml")
    assert "importer run exports.zip/july.csv -m mapping.yaml" in one.err
    assert desk.importer("resume").code == 0
