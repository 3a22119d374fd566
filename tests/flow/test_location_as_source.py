"""A location's contacts go into another one: fields, custom fields by name, tags, and everybody who said no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import Account, Fault, FaultKind, SandboxSettings
from importer.sandbox.observation import items
from tests.flow.conftest import Desk, Ended, open_vendor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.sandbox import Sandbox

OLD, NEW = "oldLocation000000001", "newLocation000000001"


@pytest.fixture
def vendor(desk: Desk) -> Iterator[Sandbox]:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        furnish(vendor)
        yield vendor


def furnish(vendor: Sandbox) -> None:
    """Put three people into the old location, one of whom refused texts; the new one has one field of theirs."""
    vendor.location(OLD).add_custom_field("Plan", data_type="TEXT")
    vendor.location(OLD).add_custom_field("Likes", data_type="MULTIPLE_OPTIONS", options=("Tea", "Milk"))
    vendor.location(NEW).add_custom_field("Likes", data_type="CHECKBOX", options=("milk", "tea", "sugar"))
    ann = vendor.add_contact(OLD, email="ann@example.com", firstName="Ann", tags=["vip"])
    vendor.edit(ann, customFields={"Plan": "Gold", "Likes": ["Tea", "Milk"]})
    bob = vendor.add_contact(OLD, email="bob@example.com", phone="+14155550101", timezone="Europe/Paris")
    inbound = {"all": {"status": "active"}}
    vendor.edit(bob, fields={"dndSettings": {"SMS": {"status": "active"}}, "inboundDndSettings": inbound})
    vendor.add_contact(OLD, email="cid@example.com", dnd=True)


def moved(desk: Desk, *words: str, command: str = "run") -> Ended:
    return desk.importer(command, f"highlevel:{OLD}", "-m", "highlevel", "--location", NEW, "--json", *words)


def held(vendor: Sandbox) -> dict[str, dict[str, Any]]:
    return {each["email"]: each for each in vendor.contacts(NEW)}


def test_everybody_comes_over_with_fields_tags_and_refusals(desk: Desk, vendor: Sandbox) -> None:
    ended = moved(desk)
    assert (ended.code, ended.summary["created"], ended.summary["source"]) == (0, 3, f"highlevel:{OLD}"), (
        ended.err
    )
    people = held(vendor)
    assert people["ann@example.com"]["tags"] == ["vip"]
    stored = {
        each.properties["email"]: each.properties
        for each in vendor.vendor.contacts
        if each.location_id == NEW
    }
    assert (stored["ann@example.com"]["firstName"], stored["bob@example.com"]["timezone"]) == (
        "Ann",
        "Europe/Paris",
    )
    assert stored["bob@example.com"]["dndSettings"]["SMS"]["status"] == "active"
    assert stored["bob@example.com"]["inboundDndSettings"]["all"]["status"] == "active"
    assert stored["cid@example.com"]["dnd"] is True


def test_custom_fields_come_over_by_their_names_as_far_as_the_other_location_has_them(
    desk: Desk, vendor: Sandbox
) -> None:
    moved(desk)
    likes = vendor.location(NEW).find_custom_field("Likes")
    assert likes is not None
    values = {each["id"]: each["value"] for each in held(vendor)["ann@example.com"]["customFields"]}
    assert values == {likes.id: ["tea", "milk"]}


def test_files_stay_behind_and_that_is_said(desk: Desk, vendor: Sandbox) -> None:
    for place in (OLD, NEW):
        vendor.location(place).add_custom_field("CV", data_type="FILE_UPLOAD")
    (ann,) = [each["id"] for each in vendor.contacts(OLD) if each["email"] == "ann@example.com"]
    vendor.edit(ann, customFields={"CV": {"u1": {"url": "https://files.example/1", "meta": {}}}})
    ended = moved(desk)
    assert (ended.code, "Files stay behind, of the custom field 'CV'." in ended.err) == (0, True), ended.err
    assert len(held(vendor)["ann@example.com"]["customFields"]) == 1


@pytest.mark.parametrize("command", ["check", "plan"])
def test_it_is_looked_at_first_as_a_file_is(desk: Desk, vendor: Sandbox, command: str) -> None:
    ended = moved(desk, command=command)
    assert (ended.code, ended.summary["rows_read"]) == (0, 3), ended.err
    assert vendor.contacts(NEW) == []


def test_a_preview_shows_what_would_be_sent(desk: Desk, vendor: Sandbox) -> None:
    shown = desk.importer("preview", f"highlevel:{OLD}", "-m", "highlevel", "--location", NEW, "-n", "0")
    assert len(shown.out.splitlines()) == 3
    assert '"email": "ann@example.com"' in shown.out


def test_the_same_contacts_are_the_same_source_and_others_are_another(desk: Desk, vendor: Sandbox) -> None:
    first = moved(desk).summary["run_id"]
    assert moved(desk).summary["run_id"] == first
    vendor.add_contact(OLD, email="dan@example.com")
    again = moved(desk)
    assert (again.summary["run_id"] != first, again.summary["rows_read"]) == (True, 4), again.err


def test_a_plan_of_contacts_that_changed_since_is_not_applied(desk: Desk, vendor: Sandbox) -> None:
    plan_id = moved(desk, command="plan").summary["plan_id"]
    vendor.add_contact(OLD, email="dan@example.com")
    ended = desk.importer("apply", plan_id)
    assert (ended.code, vendor.contacts(NEW)) == (2, [])


def test_a_location_is_not_moved_into_itself(desk: Desk, vendor: Sandbox) -> None:
    ended = desk.importer("run", f"highlevel:{NEW}", "-m", "highlevel", "--location", NEW)
    assert (ended.code, "is the source and the target" in ended.err) == (2, True)


def test_nobody_is_moved_where_a_refusal_cannot_be_read(desk: Desk, vendor: Sandbox) -> None:
    body = b'{"statusCode": 401, "message": "The token is not authorized for this scope."}'
    (bob,) = [each["id"] for each in vendor.contacts(OLD) if each["email"] == "bob@example.com"]
    vendor.script([Fault(kind=FaultKind.STATUS, path=f"contacts/{bob}", status=401, body=body, times=9)])
    ended = moved(desk)
    assert (ended.code, vendor.contacts(NEW)) == (2, []), ended.err


def test_each_location_is_met_with_its_own_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = (
        Account(token="pit-old", locations=frozenset({OLD})),
        Account(token="pit-new", locations=frozenset({NEW})),
    )
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0, accounts=accounts)) as vendor:
        furnish(vendor)
        monkeypatch.delenv("HIGHLEVEL_TOKEN")
        monkeypatch.setenv(f"HIGHLEVEL_TOKEN_{OLD}", "pit-old")
        monkeypatch.setenv(f"HIGHLEVEL_TOKEN_{NEW}", "pit-new")
        ended = moved(desk)
        assert (ended.code, len(vendor.contacts(NEW))) == (0, 3), ended.err


def test_the_fields_that_the_new_location_lacks_are_made_as_the_old_one_has_them(
    desk: Desk, vendor: Sandbox
) -> None:
    words = ("fields", "create", f"highlevel:{OLD}", "-m", "highlevel", "--location", NEW, "--json", "--yes")
    ended = desk.importer(*words)
    made = {each["name"]: each["status"] for each in ended.summary["fields"]}
    assert (ended.code, made["Plan"], made["Likes"]) == (0, "created", "there"), ended.err
    assert ended.summary["created"] == 1
    moved(desk)
    plan = vendor.location(NEW).find_custom_field("Plan")
    assert plan is not None
    stored = {each["id"]: each["value"] for each in held(vendor)["ann@example.com"]["customFields"]}
    assert (plan.data_type, stored[plan.id]) == ("TEXT", "Gold")
    assert desk.importer(*words).summary["created"] == 0


def test_columns_that_no_rule_reads_go_to_the_fields_that_are_called_so(desk: Desk, vendor: Sandbox) -> None:
    desk.write("mapping.yaml", "version: 1\nfields: {email: Mail}\nother_columns: custom_fields\n")
    desk.write("p.csv", "Mail,likes,Plan,Seats\nann@example.com,Tea,Gold,many\n")
    ended = desk.run("p.csv", "-m", "mapping.yaml", "--location", NEW)
    likes = vendor.location(NEW).find_custom_field("Likes")
    assert likes is not None
    (ann,) = vendor.contacts(NEW)
    assert {each["id"]: each["value"] for each in ann["customFields"]} == {likes.id: ["tea"]}
    assert ended.rows[0]["import_warnings"].startswith("invalid_number: Column 'Seats'")


@pytest.fixture
def noted(vendor: Sandbox) -> Sandbox:
    """Both of Ann's notes say the same, months apart; Bob has one with a formula in it, Cid none."""
    ids = {each["email"]: each["id"] for each in vendor.contacts(OLD)}
    for moment in ("2025-03-01T09:12:00.000Z", "2025-06-01T10:00:00.000Z"):
        vendor.edit(ids["ann@example.com"], note={"body": "Called", "title": "", "dateAdded": moment})
    vendor.edit(ids["bob@example.com"], note={"body": "=1+1 <b>no</b>", "title": "Sum"})
    return vendor


def moved_notes(desk: Desk, *words: str, command: str = "run") -> Ended:
    named = (f"highlevel-notes:{OLD}", "-m", "highlevel-notes", "--location", NEW)
    return desk.importer(command, *named, "--json", *words)


def notes_of(vendor: Sandbox) -> dict[str, list[tuple[str, str]]]:
    notes: dict[str, list[tuple[str, str]]] = {email: [] for email in held(vendor)}
    whose = {contact["id"]: email for email, contact in held(vendor).items()}
    for item in items(vendor.vendor, NEW)["items"]:
        notes[whose[item["contactId"]]].append((item["title"], item["body"]))
    return {email: sorted(some) for email, some in notes.items()}


def test_notes_come_over_on_wish_each_once(desk: Desk, noted: Sandbox) -> None:
    moved(desk)
    checked = moved_notes(desk, command="check")
    assert (checked.code, checked.summary["ready"]) == (0, 3), checked.err
    ended = moved_notes(desk)
    assert (ended.code, ended.summary["created"]) == (0, 3), ended.err
    notes = notes_of(noted)
    assert notes["ann@example.com"] == [("2025-03-01 09:12:00", "Called"), ("2025-06-01 10:00:00", "Called")]
    assert [(title[-4:], body) for title, body in notes["bob@example.com"]] == [(" Sum", "=1+1 <b>no</b>")]
    assert notes["cid@example.com"] == []
    again = moved_notes(desk, "--fresh")
    assert (again.summary["created"], again.summary["skipped"], notes_of(noted)) == (0, 3, notes)


def test_notes_are_read_once_for_a_check_and_the_run_after_it(desk: Desk, noted: Sandbox) -> None:
    def lists_read() -> int:
        paths: dict[str, int] = noted.state()["paths"]
        return sum(times for path, times in paths.items() if path.startswith("GET") and "notes" in path)

    probe = 1  # whether the token of the new location may read notes
    moved_notes(desk, command="check")
    assert lists_read() == 3 + probe
    moved_notes(desk, command="check")
    assert lists_read() == 3 + 2 * probe


def test_notes_of_a_contact_that_is_not_there_fail_their_rows(desk: Desk, noted: Sandbox) -> None:
    ended = moved_notes(desk)
    assert {row["import_error_code"] for row in ended.rows} == {"contact_not_found"}


def test_nothing_is_moved_where_the_notes_of_one_cannot_be_read(desk: Desk, noted: Sandbox) -> None:
    moved(desk)
    body = b'{"statusCode": 401, "message": "The token is not authorized for this scope."}'
    (bob,) = [each["id"] for each in noted.contacts(OLD) if each["email"] == "bob@example.com"]
    noted.script([Fault(kind=FaultKind.STATUS, path=f"contacts/{bob}/notes", status=401, body=body, times=9)])
    assert (moved_notes(desk).code, notes_of(noted)["ann@example.com"]) == (2, [])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"run highlevel-notes:{OLD} -m highlevel", "use the ready mapping highlevel-notes"),
        ("run highlevel-notes: -m highlevel-notes", "names no location"),
        ("check highlevel: -m highlevel", "names no location"),
        ("run highlevel:../../etc -m highlevel", "names no location"),
        ("run highlevel-notes:/tmp/a -m highlevel-notes", "names no location"),
        (f"read highlevel:{OLD}", "importer export"),
        (f"suggest highlevel-notes:{OLD}", "importer export"),
    ],
)
def test_what_is_no_source_there_is_refused_with_what_helps(
    desk: Desk, vendor: Sandbox, command: str, said: str
) -> None:
    ended = desk.importer(*command.split(), *(() if "-m" not in command else ("--location", NEW)))
    assert (ended.code, said in ended.err, vendor.contacts(NEW)) == (2, True, []), ended.err


def test_a_trial_of_notes_goes_on_with_what_was_read(desk: Desk, noted: Sandbox) -> None:
    moved(desk)
    assert moved_notes(desk, "--trial", "1").code == 3
    assert desk.importer("resume", "--json", "--no-progress").summary["created"] == 3
    assert sum(map(len, notes_of(noted).values())) == 3
