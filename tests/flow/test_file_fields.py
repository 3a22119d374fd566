"""A cell names files: each content is uploaded once, set with the contact, and never twice through a lost reply or a kill."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import Account, Fault, FaultKind, SandboxSettings
from importer.sandbox.routes import ROUTES
from importer.state.memory.uploads import KnownUploads, UploadKey
from tests.flow.conftest import Desk, Ended, open_vendor

if TYPE_CHECKING:
    from importer.sandbox import Sandbox

MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
fields: {email: Mail}
custom_fields:
  CV: CV
  Photos: {column: Photos, split: ";", on_invalid: drop}
"""
HEAD = "Mail,CV,Photos"
ROWS = ("ann@example.com,docs/ann.pdf,a.png;b.png", "bob@example.com,docs/same.pdf,", "cid@example.com,,")
PDF = b"%PDF-1.4 of Ann"
CV = "fieldOfCvOfLoc100001"


def furnish(vendor: Sandbox) -> None:
    place = vendor.location("loc1")
    place.add_custom_field("CV", data_type="FILE_UPLOAD", field_id=CV)
    place.add_custom_field(
        "Photos",
        data_type="FILE_UPLOAD",
        most_files=3,
        accepted=(".png", "JPG"),
        field_id="fieldOfPhotosLoc1001",
    )


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write("mapping.yaml", MAPPING)
    write(desk, *ROWS)
    (desk.folder / "docs").mkdir()
    (desk.folder / "docs" / "ann.pdf").write_bytes(PDF)
    (desk.folder / "docs" / "same.pdf").write_bytes(PDF)
    (desk.folder / "a.png").write_bytes(b"a")
    (desk.folder / "b.png").write_bytes(b"b")
    return desk


@pytest.fixture
def vendor(vendor: Sandbox) -> Sandbox:
    furnish(vendor)
    return vendor


def write(desk: Desk, *rows: str) -> None:
    desk.write("people.csv", "\n".join((HEAD, *rows, "")))


def imported(desk: Desk, *words: str) -> Ended:
    return desk.run("people.csv", "-m", "mapping.yaml", *words)


def uploads(vendor: Sandbox) -> int:
    found: int = vendor.state()["items"].get("file", 0)
    return found


def held(vendor: Sandbox, email: str, name: str) -> list[dict[str, Any]]:
    """Give the files that a contact's field holds."""
    (contact,) = [each for each in vendor.contacts("loc1") if each["email"] == email]
    fields = {each.id: each.name for each in vendor.location("loc1").custom_fields.values()}
    found = [each["value"] for each in contact["customFields"] if fields[each["id"]] == name]
    return [file for value in found for file in value.values()]


def codes(ended: Ended) -> list[str]:
    return [row["import_error_code"] for row in ended.rows]


def test_files_beside_the_source_are_uploaded_and_set(desk: Desk, vendor: Sandbox) -> None:
    ended = imported(desk, "--verify", "100")
    assert (ended.code, ended.summary["created"], ended.summary["warnings"]) == (0, 3, 0), ended.err
    (cv,) = held(vendor, "ann@example.com", "CV")
    assert (cv["meta"]["originalname"], cv["meta"]["mimetype"], cv["meta"]["size"]) == (
        "ann.pdf",
        "application/pdf",
        len(PDF),
    )
    assert cv["url"].startswith("https://files.sandbox.example/")
    assert [each["meta"]["originalname"] for each in held(vendor, "ann@example.com", "Photos")] == [
        "a.png",
        "b.png",
    ]
    assert held(vendor, "cid@example.com", "CV") == []


def test_one_content_is_uploaded_once_for_a_field_whatever_it_is_called(desk: Desk, vendor: Sandbox) -> None:
    imported(desk)
    assert uploads(vendor) == 3
    (ann,), (bob,) = held(vendor, "ann@example.com", "CV"), held(vendor, "bob@example.com", "CV")
    assert (ann["url"], bob["meta"]["originalname"]) == (bob["url"], "same.pdf")


def test_a_later_run_of_the_same_contents_uploads_nothing(desk: Desk, vendor: Sandbox) -> None:
    imported(desk)
    write(desk, *ROWS, "dan@example.com,docs/ann.pdf,")
    assert (imported(desk).code, uploads(vendor)) == (0, 3)


def test_what_cannot_be_had_fails_its_row_or_is_dropped_and_the_others_go_on(
    desk: Desk, vendor: Sandbox
) -> None:
    write(
        desk,
        "a@example.com,none.pdf,a.png",
        "b@example.com,../secret.pdf,",
        "c@example.com,run.exe,",
        'd@example.com,"a.pdf,b.pdf",',
        "e@example.com,https://evil.example/x.pdf,",
        "f@example.com,,none.png;a.png",
        "g@example.com,{broken,",
        "h@example.com,../../etc/passwd,",
    )
    ended = imported(desk)
    assert codes(ended) == [
        "file_not_found", "file_not_allowed", "wrong_file_type", "too_many_files", "file_not_allowed", "", "invalid_file",
        "file_not_allowed",
    ]  # fmt: skip
    assert (
        ended.rows[0]["import_error"] == "Column 'CV': 'none.pdf' cannot be read: no such file or directory."
    )
    assert ended.rows[5]["import_warnings"].startswith(
        "file_not_found: Column 'Photos': 'none.png' cannot be read"
    )
    assert (ended.summary["created"], uploads(vendor)) == (1, 0)


def test_a_check_tells_the_same_before_anything_is_sent(desk: Desk, vendor: Sandbox) -> None:
    write(desk, "a@example.com,none.pdf,", "b@example.com,docs/ann.pdf,")
    checked = desk.importer("check", "people.csv", "-m", "mapping.yaml", "--json")
    assert (checked.code, checked.summary["errors_by_code"]) == (1, {"file_not_found": 1})
    assert uploads(vendor) == 0


def test_a_value_of_uploaded_files_goes_as_it_stands(desk: Desk, vendor: Sandbox) -> None:
    value = '{""u1"": {""url"": ""https://files.example/1"", ""documentId"": ""d1"", ""meta"": {}}}'
    write(desk, f'ann@example.com,"{value}",')
    assert (imported(desk).code, uploads(vendor)) == (0, 0)
    assert held(vendor, "ann@example.com", "CV") == [
        {"url": "https://files.example/1", "documentId": "d1", "meta": {}}
    ]


def test_the_folder_may_be_another_one(desk: Desk, vendor: Sandbox) -> None:
    desk.write("mapping.yaml", MAPPING + "files: {folder: docs}\n")
    write(desk, "ann@example.com,ann.pdf,")
    assert (imported(desk).code, uploads(vendor)) == (0, 1)


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.GARBAGE, FaultKind.BAD_GATEWAY])
def test_a_lost_reply_uploads_nothing_twice_until_a_person_says_retry(
    desk: Desk, vendor: Sandbox, kind: FaultKind
) -> None:
    write(desk, ROWS[1], ROWS[2])
    vendor.script([Fault(path="customFields/upload"), Fault(kind=kind, path="customFields/upload")])
    ended = imported(desk)
    assert (codes(ended), ended.rows[0]["import_remedy"]) == (["file_unconfirmed", ""], "run_again")
    stored = 0 if kind is FaultKind.BAD_GATEWAY else 1
    assert uploads(vendor) == stored
    again = desk.importer("retry", "--json", "--no-progress")
    assert (again.code, uploads(vendor)) == (0, stored + 1), again.err


def test_killed_between_an_upload_and_its_note_the_run_uploads_nothing_twice(
    desk: Desk, vendor: Sandbox, tmp_path: Path
) -> None:
    write(desk, ROWS[2], ROWS[1])
    run_id = imported(desk, "--trial", "1").summary["run_id"]
    with KnownUploads.open(tmp_path / "state", place=vendor.base_url) as known:
        known.begin(
            UploadKey(location_id="loc1", field_id=CV, digest=hashlib.sha256(PDF).hexdigest()), run_id
        )  # what a killed process leaves behind
    ended = desk.importer("resume", "--json", "--no-progress")
    assert (codes(ended), uploads(vendor)) == (["", "file_unconfirmed"], 0)
    assert desk.importer("retry", "--json", "--no-progress").code == 0
    assert uploads(vendor) == 1


def test_a_content_in_doubt_is_in_doubt_for_the_rows_after_it_too(desk: Desk, vendor: Sandbox) -> None:
    write(desk, ROWS[1], "dan@example.com,docs/ann.pdf,")  # another name of the same content
    vendor.script(
        [Fault(path="customFields/upload"), Fault(kind=FaultKind.RESET, path="customFields/upload")]
    )
    assert imported(desk, "--trial", "1").code == 3
    ended = desk.importer("resume", "--json", "--no-progress")
    assert (codes(ended), uploads(vendor)) == (["file_unconfirmed", "file_unconfirmed"], 1)


def test_a_run_needs_no_file_any_more_that_it_uploaded(desk: Desk, vendor: Sandbox) -> None:
    write(desk, ROWS[1], ROWS[1].replace("bob", "dan"))
    assert imported(desk, "--trial", "1").code == 3
    (desk.folder / "docs" / "same.pdf").unlink()
    ended = desk.importer("resume", "--json", "--no-progress")
    assert (ended.code, codes(ended), uploads(vendor)) == (0, ["", ""], 1), ended.err
    assert held(vendor, "dan@example.com", "CV") == held(vendor, "bob@example.com", "CV")


def test_what_the_vendor_refuses_is_told_in_its_words(desk: Desk, vendor: Sandbox) -> None:
    write(desk, ROWS[1])
    body = b'{"statusCode": 422, "message": ["file type is not allowed"]}'
    vendor.script(
        [Fault(path="customFields/upload"), Fault(path="customFields/upload", status=422, body=body)]
    )
    (row,) = imported(desk).rows
    assert (row["import_error_code"], "file type is not allowed" in row["import_error"]) == (
        "file_refused",
        True,
    )


def test_a_token_that_may_not_upload_is_told_before_the_first_row(desk: Desk) -> None:
    scopes = frozenset(route.scope for route in ROUTES if route.scope) - {"locations/customFields.write"}
    accounts = (Account(token="pit-flow", scopes=scopes),)
    with open_vendor(SandboxSettings(burst=0, accounts=accounts)) as vendor:
        furnish(vendor)
        ended = imported(desk)
        assert (ended.code, vendor.contacts("loc1")) == (2, [])
        assert "locations/customFields.write" in ended.err


def test_a_trial_uploads_no_file_of_a_row_that_it_does_not_send(desk: Desk, vendor: Sandbox) -> None:
    write(desk, ROWS[1], ROWS[0])
    assert imported(desk, "--trial", "1").code == 3
    assert uploads(vendor) == 1


def test_a_comparison_leaves_a_contact_that_has_the_file_alone(desk: Desk) -> None:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        furnish(vendor)
        write(desk, ROWS[0])
        assert imported(desk, "--compare").summary["created"] == 1
        planned = desk.importer("plan", "people.csv", "-m", "mapping.yaml", "--json", "--no-progress")
        assert (planned.code, planned.summary["unchanged"]) == (0, 1), planned.err
        (desk.folder / "docs" / "ann.pdf").write_bytes(b"%PDF another")
        planned = desk.importer("plan", "people.csv", "-m", "mapping.yaml", "--json", "--no-progress")
        assert (planned.summary["update"], uploads(vendor)) == (1, 3)
        applied = desk.importer("apply", planned.summary["plan_id"], "--json", "--no-progress")
        assert (applied.code, uploads(vendor)) == (0, 4), applied.err
        assert held(vendor, "ann@example.com", "CV")[0]["meta"]["size"] == len(b"%PDF another")


def test_only_changed_rows_are_sent_where_a_file_has_another_content(desk: Desk, vendor: Sandbox) -> None:
    assert imported(desk, "--changed-only").summary["created"] == 3
    write(desk, *ROWS, "")
    (desk.folder / "docs" / "ann.pdf").write_bytes(b"%PDF another")
    again = imported(desk, "--changed-only", "--fresh")
    assert (again.summary["updated"], again.summary["skipped"]) == (1, 2), again.err


def test_an_undo_knows_the_files_though_they_are_gone(desk: Desk, vendor: Sandbox) -> None:
    run_id = imported(desk).summary["run_id"]
    (desk.folder / "docs" / "ann.pdf").unlink()
    ended = desk.importer("undo", run_id, "--yes", "--json", "--no-progress")
    assert (ended.code, ended.summary["deleted"]) == (0, 3), ended.err


@pytest.mark.parametrize("how", [("run", "--limit", "9"), ("run", "--compare")])
def test_uploads_count_in_what_is_told_before_the_start(
    desk: Desk, vendor: Sandbox, how: tuple[str, ...]
) -> None:
    checked = desk.importer("check", "people.csv", "-m", "mapping.yaml", "--json")
    assert checked.summary["requests"] == 3 + 4, "three rows, two names of one content, two photos"
    command, *words = how
    ended = desk.importer(command, "people.csv", "-m", "mapping.yaml", *words)
    assert "3 rows, up to 6 requests" in ended.err, ended.err
    again = desk.importer("check", "people.csv", "-m", "mapping.yaml", "--json")
    assert (again.summary["requests"], uploads(vendor)) == (3, 3)
    (desk.folder / "docs" / "ann.pdf").write_bytes(b"%PDF another")
    again = desk.importer("check", "people.csv", "-m", "mapping.yaml", "--json")
    assert again.summary["requests"] == 4


def test_a_plan_and_a_resumed_run_count_the_uploads_that_are_left(desk: Desk, vendor: Sandbox) -> None:
    planned = desk.importer("plan", "people.csv", "-m", "mapping.yaml", "--json", "--no-progress")
    assert (planned.summary["requests"], uploads(vendor)) == (7, 0)
    assert imported(desk, "--trial", "1").code == 3
    resumed = desk.importer("resume")
    assert (resumed.code, "2 rows, up to 2 requests" in resumed.err) == (0, True), resumed.err


def test_files_can_be_tried_in_the_embedded_sandbox(desk: Desk) -> None:
    desk.write("mapping.yaml", f"{MAPPING}files: {{fields: [CV, Photos]}}\n")
    write(desk, *ROWS, "dan@example.com,none.pdf,")
    checked = desk.importer("check", "people.csv", "-m", "mapping.yaml", "--sandbox", "--json")
    assert checked.summary["errors_by_code"] == {"file_not_found": 1}
    assert checked.summary["requests"] == 3 + 4
    ended = imported(desk, "--sandbox")
    assert (ended.code, codes(ended), ended.summary["requests"] >= 6) == (
        1,
        ["", "", "", "file_not_found"],
        True,
    )


def test_a_try_says_where_it_cannot_know_which_fields_hold_files(desk: Desk) -> None:
    desk.write("mapping.yaml", f"{MAPPING}files: {{folder: docs}}\n")
    ended = imported(desk, "--sandbox")
    checked = desk.importer("check", "people.csv", "-m", "mapping.yaml", "--sandbox")
    assert "files: {fields: [...]}" in ended.err
    assert "files: {fields: [...]}" in checked.err


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (
            "[CV, Notes]",
            "The custom field 'Notes' is of type TEXT, and `files: fields` says that it holds files.",
        ),
        ("[Cvs]", "No rule under custom_fields fills 'Cvs'"),
    ],
)
def test_a_field_that_shall_hold_files_and_does_not_is_refused(
    desk: Desk, vendor: Sandbox, fields: str, fault: str
) -> None:
    vendor.location("loc1").add_custom_field("Notes", data_type="TEXT")
    desk.write("mapping.yaml", f"{MAPPING}  Notes: Photos\nfiles: {{fields: {fields}}}\n")
    ended = imported(desk)
    assert (ended.code, vendor.contacts("loc1")) == (2, [])
    assert fault in ended.err
