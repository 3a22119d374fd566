"""A run is taken back: what it made goes, what it changed is as before, and what somebody touched since stays."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import Account, Fault, FaultKind, SandboxSettings
from importer.sandbox.routes import ROUTES
from importer.state.memory import Imported, ImportedFiles
from tests.flow.conftest import Desk, Ended, open_vendor, read_table

if TYPE_CHECKING:
    from importer.sandbox import Sandbox

MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
defaults: {region: US}
fields:
  firstName: First
  email: Mail
  phone: Phone
  city: City
  dateOfBirth: Born
custom_fields: {Shirt Size: Size}
tags: {columns: [Tags], split: ";"}
"""
HEAD = "First,Mail,Phone,City,Born,Size,Tags"
ANN = "Ann,ann@example.com,(415) 555-0101,Rome,1990-02-01,L,Spring"
BEA = "Bea,bea@example.com,,Bonn,,,spring"


@pytest.fixture
def mapped(desk: Desk) -> Desk:
    desk.write("mapping.yaml", MAPPING)
    return desk


def imported(desk: Desk, *rows: str, words: tuple[str, ...] = ()) -> str:
    """Import rows as a file; gives the run's id."""
    desk.write("people.csv", "\n".join((HEAD, *rows, "")))
    ended = desk.run("people.csv", "-m", "mapping.yaml", *words)
    assert ended.code == 0, ended.err
    return str(ended.summary["run_id"])


def taken_back(desk: Desk, run_id: str, *words: str) -> Ended:
    return desk.importer("undo", run_id, "--yes", "--json", "--no-progress", *words)


def lines(ended: Ended) -> list[tuple[str, str]]:
    table = read_table(Path(ended.summary["undo"]))
    return [(line["undo_status"], line["undo_reason"]) for line in table]


def contacts(vendor: Sandbox) -> list[dict[str, Any]]:
    """Copy what is stored, which else would change under the test."""
    return deepcopy(vendor.contacts("loc1"))


def held(vendor: Sandbox) -> dict[str, dict[str, Any]]:
    return {each["email"].lower(): each for each in contacts(vendor)}


def contact_id(vendor: Sandbox, email: str) -> str:
    return str(held(vendor)[email]["id"])


def without_moments(vendor: Sandbox) -> list[dict[str, Any]]:
    """Give what is stored, but for what each write moves."""
    moved = {"dateUpdated", "upserts"}
    return sorted(
        ({name: value for name, value in each.items() if name not in moved} for each in contacts(vendor)),
        key=lambda each: str(each["id"]),
    )


def planned(desk: Desk) -> tuple[int, int, int]:
    """Plan the same file; gives how many it would create, change and leave."""
    ended = desk.importer("plan", "people.csv", "-m", "mapping.yaml", "--json", "--no-progress")
    assert ended.code == 0, ended.err
    return ended.summary["create"], ended.summary["update"], ended.summary["unchanged"]


# what a comparison sees of it


def test_a_plan_knows_what_an_undo_took_back_though_the_contacts_were_read_before_it(desk: Desk) -> None:
    desk.write("mapping.yaml", MAPPING)
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)):
        imported(desk, ANN)
        run_id = imported(desk, ANN.replace("Rome", "Bonn"), BEA, words=("--compare",))
        assert planned(desk) == (0, 0, 2)
        assert taken_back(desk, run_id).code == 0
        assert planned(desk) == (1, 1, 0)


def test_a_contact_that_is_gone_is_gone_from_what_was_read_of_the_location(desk: Desk) -> None:
    desk.write("mapping.yaml", MAPPING)
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        imported(desk, ANN, BEA)
        assert planned(desk) == (0, 0, 2)
        vendor.edit(contact_id(vendor, "ann@example.com"), delete=True)
        assert planned(desk) == (1, 0, 1)


# contacts that the run created


def test_created_contacts_are_deleted(mapped: Desk, vendor: Sandbox) -> None:
    run_id = imported(mapped, ANN.replace("ann@", "Ann@"), BEA)
    ended = taken_back(mapped, run_id)
    assert ended.code == 0, ended.err
    assert lines(ended) == [("deleted", ""), ("deleted", "")]
    assert vendor.contacts("loc1") == []
    assert (ended.summary["deleted"], ended.summary["rows_read"], ended.summary["kept"]) == (2, 2, 0)


@pytest.mark.parametrize(
    ("touch", "name"),
    [
        ({"fields": {"city": "Paris"}}, "city"),
        ({"fields": {"companyName": "Acme"}}, "companyName"),
        ({"fields": {"phone": None}}, "phone"),
        ({"fields": {"ssn": "078-05-1120"}}, "ssn"),
        ({"fields": {"dnd": True}}, "dnd"),
        ({"customFields": {"Shirt Size": "S"}}, "a custom field"),
        ({"addTags": ["vip"]}, "tags"),
        ({"removeTags": ["spring"]}, "tags"),
        ({"additionalEmails": ["a@example.org"]}, "additional e-mails"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_created_contact_that_somebody_edited_is_kept(
    mapped: Desk, vendor: Sandbox, touch: dict[str, Any], name: str
) -> None:
    run_id = imported(mapped, ANN)
    vendor.edit(contact_id(vendor, "ann@example.com"), **touch)
    ended = taken_back(mapped, run_id)
    assert ended.code == 1
    assert lines(ended) == [("kept", f"The contact is not as the run left it: {name}.")]
    assert list(held(vendor)) == ["ann@example.com"]


@pytest.mark.parametrize("beside", ["note", "task", "appointment", "message", "opportunity"])
def test_a_created_contact_with_something_beside_it_is_kept_unless_history_may_go(
    mapped: Desk, vendor: Sandbox, beside: str
) -> None:
    run_id = imported(mapped, ANN)
    vendor.edit(contact_id(vendor, "ann@example.com"), **{beside: "by a person"})
    ended = taken_back(mapped, run_id)
    assert ended.code == 1
    assert "by now, which the run did not make" in lines(ended)[0][1]
    again = taken_back(mapped, run_id, "--with-history")
    assert (again.code, lines(again)) == (0, [("deleted", "")])
    assert vendor.contacts("loc1") == []


def test_what_cannot_be_seen_keeps_every_created_contact_and_names_the_scope(
    mapped: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = frozenset(route.scope for route in ROUTES if route.scope) - {"conversations.readonly"}
    accounts = (Account(token="pit-flow"), Account(token="pit-narrow", scopes=seen))
    with open_vendor(SandboxSettings(burst=0, accounts=accounts)) as vendor:
        run_id = imported(mapped, ANN, BEA)
        monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-narrow")
        ended = taken_back(mapped, run_id)
        assert ended.code == 1
        assert {status for status, _ in lines(ended)} == {"kept"}
        assert all("lacks the scope conversations.readonly" in reason for _, reason in lines(ended))
        assert len(vendor.contacts("loc1")) == 2


def test_two_rows_of_one_person_are_taken_back_together(mapped: Desk, vendor: Sandbox) -> None:
    run_id = imported(mapped, ANN, "Anna,ann@example.com,,Oslo,,,summer")
    ended = taken_back(mapped, run_id)
    assert (ended.code, lines(ended)) == (0, [("deleted", ""), ("deleted", "")])
    assert vendor.contacts("loc1") == []


def test_a_contact_that_is_gone_already_costs_nothing_more(mapped: Desk, vendor: Sandbox) -> None:
    run_id = imported(mapped, ANN)
    vendor.edit(contact_id(vendor, "ann@example.com"), delete=True)
    ended = taken_back(mapped, run_id)
    assert (ended.code, lines(ended)) == (0, [("nothing", "The contact is gone already.")])


def test_rows_that_changed_nothing_are_listed_as_such(mapped: Desk, vendor: Sandbox) -> None:
    mapped.write("people.csv", f"{HEAD}\n{ANN}\nNobody,,,,,,\n")
    run_id = mapped.run("people.csv", "-m", "mapping.yaml").summary["run_id"]
    ended = taken_back(mapped, run_id)
    assert lines(ended) == [("deleted", ""), ("nothing", "The row changed no contact.")]


def test_what_a_later_run_wrote_to_is_its_own(mapped: Desk, vendor: Sandbox) -> None:
    first = imported(mapped, ANN, BEA)
    second = imported(mapped, ANN, words=("--limit", "1"))
    ended = taken_back(mapped, first)
    assert lines(ended) == [
        ("kept", f"Run {second} wrote to the contact since. Take that run back first."),
        ("deleted", ""),
    ]
    assert list(held(vendor)) == ["ann@example.com"]
    assert taken_back(mapped, second).code == 1  # a plain run knows no old values
    assert taken_back(mapped, first).code == 0
    assert vendor.contacts("loc1") == []


def test_what_an_older_run_wrote_when_it_was_gone_on_with_is_its_own(mapped: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann", city="Paris")
    mapped.write("older.csv", f"{HEAD}\n{BEA}\nAnn,ann@example.com,,Rome,,,\n")
    older = mapped.run("older.csv", "-m", "mapping.yaml", "--trial", "1").summary["run_id"]
    newer = imported(
        mapped, "Ann,ann@example.com,,Rome,,,", "Cy,cy@example.com,,,,,", words=("--before-images",)
    )
    assert mapped.importer("resume", older, "--over-newer", "--json", "--no-progress").code == 0
    ended = taken_back(mapped, newer)
    assert lines(ended) == [
        ("kept", f"Run {older} wrote to the contact since. Take that run back first."),
        ("deleted", ""),
    ]
    assert held(vendor)["ann@example.com"]["properties"]["city"] == "Rome"


def test_a_deletion_that_something_in_between_answers_is_not_believed(mapped: Desk, vendor: Sandbox) -> None:
    run_id = imported(mapped, ANN)
    passes = Fault(path="contacts/")
    look_and_beside = 4  # the contact, its notes, tasks and appointments; deals and messages lie elsewhere
    vendor.script(
        [passes] * look_and_beside
        + [Fault(status=404, path="contacts/", body=b'{"message": "Contact not found"}')]
    )
    ended = taken_back(mapped, run_id)
    shown = "HighLevel did not delete it: it says that the contact is not there, and shows it."
    assert (ended.code, lines(ended)) == (1, [("failed", shown)])
    assert len(vendor.contacts("loc1")) == 1
    assert taken_back(mapped, run_id).code == 0
    assert vendor.contacts("loc1") == []


# contacts that were there before


def test_a_plain_run_takes_back_the_tags_that_it_brought_and_no_others(mapped: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", tags=["old"])
    vendor.add_contact("loc1", email="bea@example.com", tags=["spring"])
    run_id = imported(mapped, ANN, BEA)
    ended = taken_back(mapped, run_id)
    assert ended.code == 1
    assert [status for status, _ in lines(ended)] == ["kept", "kept"]
    assert lines(ended)[0][1].startswith("Its tags are as before. What else it held before is not known")
    assert {email: each["tags"] for email, each in held(vendor).items()} == {
        "ann@example.com": ["old"],
        "bea@example.com": ["spring"],
    }
    assert held(vendor)["ann@example.com"]["properties"]["city"] == "Rome"


@pytest.mark.parametrize("how", ["--before-images", "--compare"])
def test_old_values_come_back_field_by_field(mapped: Desk, how: str) -> None:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        vendor.add_contact(
            "loc1",
            email="ann@example.com",
            firstName="Anna",
            name="Anna",
            city="Paris",
            tags=["old"],
        )
        vendor.edit(contact_id(vendor, "ann@example.com"), customFields={"Shirt Size": "S"})
        vendor.add_contact("loc1", email="bea@example.com", firstName="Bea", name="Bea", tags=["spring"])
        before = without_moments(vendor)
        run_id = imported(mapped, ANN, BEA, "Cy,cy@example.com,,Ulm,,,", words=(how,))
        assert held(vendor)["ann@example.com"]["properties"]["city"] == "Rome"
        ended = taken_back(mapped, run_id)
        assert ended.code == 0, lines(ended)
        assert [status for status, _ in lines(ended)] == ["restored", "restored", "deleted"]
        assert without_moments(vendor) == before


def test_a_field_that_somebody_changed_since_stays_and_the_others_go_back(
    mapped: Desk, vendor: Sandbox
) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Anna", city="Paris")
    run_id = imported(mapped, ANN, words=("--before-images",))
    vendor.edit(contact_id(vendor, "ann@example.com"), fields={"city": "Oslo"})
    ended = taken_back(mapped, run_id)
    assert ended.code == 1
    ((status, reason),) = lines(ended)
    assert status == "kept"
    assert reason.startswith("Put back: ")
    assert reason.endswith("Kept, since somebody changed it after the run: city.")
    kept = held(vendor)["ann@example.com"]["properties"]
    assert (kept["firstName"], kept["city"]) == ("Anna", "Oslo")


def test_what_somebody_changed_between_two_attempts_of_a_row_goes_back(mapped: Desk, vendor: Sandbox) -> None:
    yesterday = (
        time.time() - 86_400
    )  # the vendor's clock is known to the second: nobody made now is told from the row's own
    vendor.add_contact("loc1", added_at=yesterday, email="ann@example.com", firstName="Anna", city="Paris")
    vendor.script([Fault(status=403, path="contacts/upsert", body=b"<html>Forbidden</html>")])
    mapped.write("people.csv", f"{HEAD}\n{ANN}\n")
    refused = mapped.run("people.csv", "-m", "mapping.yaml", "--before-images")
    assert refused.code == 1
    run_id = refused.summary["run_id"]
    assert held(vendor)["ann@example.com"]["properties"]["city"] == "Paris"
    vendor.edit(contact_id(vendor, "ann@example.com"), fields={"city": "Oslo"})
    assert mapped.importer("retry", run_id, "--json", "--no-progress").code == 0
    assert held(vendor)["ann@example.com"]["properties"]["city"] == "Rome"

    taken_back(mapped, run_id)

    kept = held(vendor)["ann@example.com"]["properties"]
    assert (kept["firstName"], kept["city"]) == ("Anna", "Oslo")


def test_what_the_vendor_does_not_clear_is_told_as_failed(desk: Desk, vendor: Sandbox) -> None:
    desk.write(
        "mapping.yaml",
        "version: 1\nlocation: ${HIGHLEVEL_LOCATION_ID}\nfields: {email: Mail, postalCode: Zip, city: City}\n",
    )
    desk.write("people.csv", "Mail,Zip,City\nann@example.com,94107,Rome\n")
    vendor.add_contact("loc1", email="ann@example.com", city="Paris")
    run_id = desk.run("people.csv", "-m", "mapping.yaml", "--before-images").summary["run_id"]
    ended = taken_back(desk, run_id)
    assert ended.code == 1
    ((status, reason),) = lines(ended)
    assert status == "failed"
    assert "refused the old value of postalCode" in reason
    assert held(vendor)["ann@example.com"]["properties"]["city"] == "Paris"


NOTED = MAPPING + "notes: [{column: First}]\n"


def test_notes_of_the_run_keep_no_created_contact_and_leave_those_that_were_there(
    mapped: Desk, vendor: Sandbox
) -> None:
    mapped.write("mapping.yaml", NOTED)
    vendor.add_contact("loc1", email="bea@example.com", firstName="Bea", name="Bea", tags=["spring"])
    vendor.edit(contact_id(vendor, "bea@example.com"), note="by a person")
    run_id = imported(mapped, ANN, BEA, words=("--before-images",))
    assert [each["notes"] for each in held(vendor).values()] == [2, 1]
    ended = taken_back(mapped, run_id)
    assert (ended.code, [status for status, _ in lines(ended)]) == (0, ["deleted", "restored"]), lines(ended)
    assert [(email, each["notes"]) for email, each in held(vendor).items()] == [("bea@example.com", 1)]
    anew = mapped.run("people.csv", "-m", "mapping.yaml")
    assert (anew.code, anew.summary["created"]) == (0, 1)
    assert [each["notes"] for each in held(vendor).values()] == [2, 1]


def test_a_note_of_the_run_that_somebody_wrote_into_stays(mapped: Desk, vendor: Sandbox) -> None:
    mapped.write("mapping.yaml", NOTED)
    vendor.add_contact(
        "loc1", email="bea@example.com", firstName="Bea", name="Bea", city="Bonn", tags=["spring"]
    )
    run_id = imported(mapped, ANN, BEA, words=("--before-images",))
    for item in vendor.vendor.items:
        item.body["body"] = "Called, wants a visit"
    ended = taken_back(mapped, run_id)
    assert ended.code == 1
    assert [status for status, _ in lines(ended)] == ["kept", "kept"]
    assert lines(ended)[1][1].endswith("Kept, since somebody wrote into it after the run: note.")
    assert [each["notes"] for each in held(vendor).values()] == [1, 1]


# looking, asking, and what is forgotten


def test_a_dry_run_says_the_same_and_writes_nothing(mapped: Desk, vendor: Sandbox) -> None:
    run_id = imported(mapped, ANN, BEA)
    vendor.edit(contact_id(vendor, "bea@example.com"), note="called")
    before = contacts(vendor)
    dry = mapped.importer("undo", run_id, "--dry-run", "--json", "--no-progress")
    assert (dry.code, dry.summary["dry_run"]) == (1, True)
    assert contacts(vendor) == before
    assert mapped.importer("show", run_id, "--json").summary["undone_at"] is None
    real = taken_back(mapped, run_id)
    assert lines(real) == lines(dry)


@pytest.mark.parametrize("words", [(), ("--json",), ("-q",)])
def test_without_a_terminal_only_yes_on_this_very_command_counts(
    mapped: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    run_id = imported(mapped, ANN)
    monkeypatch.setenv("IMPORTER_YES", "1")
    ended = mapped.importer("undo", run_id, *words)
    assert ended.code == 2
    assert "say --yes on this very command" in ended.err
    assert len(vendor.contacts("loc1")) == 1


def test_it_says_first_how_many_calls_it_takes_and_what_stays_done(mapped: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="bea@example.com", city="Ulm")
    run_id = imported(mapped, ANN, BEA, words=("--before-images",))
    before = vendor.state()["requests"]
    told = mapped.importer("undo", run_id, "--yes").err
    made = vendor.state()["requests"] - before
    assert f"Up to {made} requests: about" in told, "meeting the location, too"
    assert "in Sandbox loc1 (loc1):" in told
    assert "1 created contact: deleted" in told
    assert "1 updated contact: old values put back" in told
    assert made > 11  # look, five beside it, delete; look, write, look; tags
    assert "What workflows did cannot be taken back" in told


def test_a_run_that_was_taken_back_is_not_gone_on_with_and_the_same_command_begins_anew(
    mapped: Desk, vendor: Sandbox
) -> None:
    run_id = imported(mapped, ANN)
    taken_back(mapped, run_id)
    for command in ("resume", "retry"):
        refused = mapped.importer(command, run_id)
        assert refused.code == 2
        assert f"Run {run_id} was taken back" in refused.err
    assert "undone" in mapped.importer("runs").out
    assert "taken back from" in mapped.importer("show", run_id).out
    anew = imported(mapped, ANN)
    assert anew != run_id
    assert len(vendor.contacts("loc1")) == 1


def test_changed_only_forgets_what_was_taken_back(mapped: Desk, vendor: Sandbox) -> None:
    run_id = imported(mapped, ANN, words=("--changed-only",))
    taken_back(mapped, run_id)
    ended = mapped.run("people.csv", "-m", "mapping.yaml", "--changed-only")
    assert ended.summary["created"] == 1


def test_taking_back_once_more_asks_for_nothing_that_is_done(mapped: Desk, vendor: Sandbox) -> None:
    run_id = imported(mapped, ANN, BEA)
    first = taken_back(mapped, run_id)
    asked = vendor.state()["requests"]
    again = taken_back(mapped, run_id)
    assert lines(again) == lines(first)
    assert vendor.state()["paths"].get("GET contacts/*", 0) == 2
    assert vendor.state()["requests"] - asked <= 3  # the location is met once more


def test_a_run_that_nobody_knows_is_not_taken_back(mapped: Desk, vendor: Sandbox) -> None:
    ended = mapped.importer("undo", "20010101", "--yes")
    assert ended.code == 2
    assert "There is no run" in ended.err


def test_an_undo_that_was_stopped_goes_on_where_it_was(mapped: Desk) -> None:
    people = 70  # more than are under way at once, so that some are through when the day is spent
    with open_vendor(SandboxSettings(burst=0)) as vendor:
        run_id = imported(mapped, *(f"P,p{number}@example.com,,,,," for number in range(people)))
        vendor.leave_for_today("loc1", 430)
        ended = taken_back(mapped, run_id)
        assert ended.code == 3
        assert ended.summary["reason_code"] == "daily_quota_spent"
        assert 0 < len(vendor.contacts("loc1")) < people
        assert json.loads(mapped.importer("show", run_id, "--json").out)["undone_at"]
        assert mapped.importer("resume", run_id).code == 2
        vendor.leave_for_today("loc1", 1_000)
        again = taken_back(mapped, run_id)
        assert again.code == 0, again.err
        assert [status for status, _ in lines(again)] == ["deleted"] * people
        assert vendor.contacts("loc1") == []


def test_jobs_that_imported_it_are_named_and_the_file_counts_as_new(mapped: Desk, vendor: Sandbox) -> None:
    run_id = imported(mapped, ANN)
    state = mapped.folder.parent / "state"
    with ImportedFiles.open(state) as files:
        for job, of_run in (("nightly", run_id), ("weekly", run_id), ("other", "another-run")):
            files.add(
                Imported(feed=job, fingerprint=job, name="people.csv", run_id=of_run, imported_at=1.0, rows=1)
            )
    ended = taken_back(mapped, run_id)
    assert ended.summary["jobs"] == ["nightly", "weekly"]
    with ImportedFiles.open(state) as files:
        assert [files.find(job, job) is None for job in ("nightly", "weekly", "other")] == [True, True, False]


def test_a_row_in_doubt_is_neither_taken_back_nor_hidden(mapped: Desk) -> None:
    anew = MAPPING.replace("tags:", "match: {shared_key: send}\ntags:").replace(
        "custom_fields:", '  createNewIfDuplicateAllowed: {value: "yes"}\ncustom_fields:'
    )
    mapped.write("mapping.yaml", anew)
    mapped.write("people.csv", f"{HEAD}\n{ANN}\n")
    with open_vendor(SandboxSettings(burst=0, allow_duplicates=True)) as vendor:
        vendor.script([Fault(kind=FaultKind.RESET, path="upsert")])
        run = mapped.run("people.csv", "-m", "mapping.yaml")
        assert run.summary["errors_by_code"] == {"unconfirmed": 1}
        ended = taken_back(mapped, run.summary["run_id"])
        assert ended.code == 1
        ((status, reason),) = lines(ended)
        assert status == "kept"
        assert reason.startswith("Whether this row was sent is not known")
        assert len(vendor.contacts("loc1")) == 1


def test_what_cannot_be_read_back_is_failed_and_looked_at_once_more(mapped: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="bea@example.com", firstName="B", name="B", city="Ulm")
    run_id = imported(mapped, BEA, words=("--before-images",))
    gone = Fault(status=400, body=b'{"statusCode":400,"message":"Cannot be read now"}', path="contacts/")
    vendor.script([Fault(path="contacts/"), Fault(path="contacts/"), gone])
    ended = taken_back(mapped, run_id)
    assert lines(ended) == [("failed", "The old values were written, and could not be read back.")]
    again = taken_back(mapped, run_id)
    assert lines(again) == [("restored", "")]
    back = held(vendor)["bea@example.com"]
    assert (back["properties"]["city"], back["tags"]) == ("Ulm", [])


def test_rows_that_may_have_been_sent_when_a_run_stopped_are_looked_for(
    mapped: Desk, vendor: Sandbox
) -> None:
    mapped.write(
        "people.csv", f"{HEAD}\nAnn,ann@example.com,,,,,\nBea,bea@example.com,,,,,\nCy,cy@example.com,,,,,\n"
    )
    vendor.script([Fault(path="upsert"), Fault(kind=FaultKind.RESET, path="upsert")])
    stopped = mapped.run("people.csv", "-m", "mapping.yaml", "--max-requests", "2", "--concurrency", "1")
    assert stopped.code == 3
    assert list(held(vendor)) == ["ann@example.com", "bea@example.com"], "the run never heard of Bea"
    vendor.add_contact("loc1", email="cy@example.com", firstName="Cy", name="Cy")
    ended = taken_back(mapped, stopped.summary["run_id"])
    assert ended.code == 0, lines(ended)
    assert lines(ended) == [
        ("deleted", ""),
        ("deleted", ""),
        ("nothing", "The row changed no contact."),
    ]
    assert list(held(vendor)) == ["cy@example.com"], "it was not sent, so that this is somebody else's"
