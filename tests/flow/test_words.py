"""What people read while a run goes on and at its end says what is, and of what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from importer.reading import open_source
from importer.sandbox import Fault, Sandbox, SandboxSettings
from importer.settings import ReadingOptions
from importer.suggestion.synonyms import all_phrases
from tests.flow.conftest import open_vendor

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

TAGS = "/contacts/bulk/tags/update/add"


def test_a_retry_of_one_row_of_many_names_the_requests_it_may_need(desk: Desk, vendor: Sandbox) -> None:
    bad = "".join(f"N{n},nobody{n},,vip\n" for n in range(40))
    desk.write("a.csv", f"First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\n{bad}")
    vendor.script([Fault(status=400, body=b'{"statusCode": 400, "message": "Not now."}', path=TAGS)])
    desk.run("a.csv", "-m", "mapping.yaml")
    again = desk.importer("retry")

    assert "1 row, up to 2 requests: about" in again.err


def test_the_estimate_knows_how_slowly_the_vendor_answers(desk: Desk) -> None:
    desk.write("a.csv", "First,Mail,Phone,Tags\n" + "".join(f"N{n},n{n}@example.com,,\n" for n in range(20)))
    with open_vendor(SandboxSettings(burst=0, latency_ms=(200, 200))):
        ended = desk.run("a.csv", "-m", "mapping.yaml", "--concurrency", "2")

    told = re.search(r"up to 21 requests: about ([0-9.]+) s", ended.err)
    assert told is not None, ended.err
    assert 2 <= float(told[1]) < 20, (
        "eleven turns of 0.2 s, two at once, or of what a busy machine makes of them"
    )


def test_check_shows_an_example_of_each_cause(desk: Desk) -> None:
    desk.write(
        "a.csv",
        "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,bob at example,,\nCy,,,\nNULL,d@example.com,,\n",
    )
    told = desk.importer("check", "a.csv", "-m", "mapping.yaml").err

    assert "Rows that would fail, by cause (% of 2)" in told
    assert "    for example, row 3, column 'Mail': 'bob at example'\n" in told
    assert "    for example, row 4: " in told
    assert "    for example, row 5, column 'First': 'NULL'\n" in told


def test_a_value_of_a_file_cannot_move_the_cursor(desk: Desk) -> None:
    desk.write("a.csv", "First,Mail,Phone,Tags\nAnn,bad\x1b[2Jmail,,\n")
    assert "\x1b" not in desk.importer("check", "a.csv", "-m", "mapping.yaml").err


def test_shares_say_of_what(desk: Desk, vendor: Sandbox) -> None:
    desk.write("a.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,nobody,,\n")
    told = desk.run("a.csv", "-m", "mapping.yaml").err

    assert "  of 2 rows\n  created          1      50 %" in told
    assert "Failed rows by cause (% of 1)" in told


def test_verify_says_how_many_contacts_it_read_back_and_how_many_differed(
    desk: Desk, vendor: Sandbox
) -> None:
    vendor.location("loc1").add_custom_field("Fee", data_type="TEXT")
    desk.write("fee.yaml", "version: 1\nfields: {email: Mail}\ncustom_fields: {Fee: Fee}\n")
    desk.write("a.csv", "Mail,Fee\nann@example.com,1\nbob@example.com,2\n")
    ended = desk.run("a.csv", "-m", "fee.yaml", "--verify", "100")
    assert "--verify: 2 contacts read back, none differed." in ended.err
    assert (ended.summary["verified"], ended.summary["differing"]) == (2, 0)

    assert "--verify" not in desk.run("a.csv", "-m", "fee.yaml", "--fresh").err


def test_a_budget_leaves_look_ups_out_and_a_resume_can_lift_it(desk: Desk, vendor: Sandbox) -> None:
    desk.write("a.csv", "First,Mail,Phone,Tags\n" + "".join(f"N{n},n{n}@example.com,,\n" for n in range(9)))
    stopped = desk.run("a.csv", "-m", "mapping.yaml", "--max-requests", "3")
    assert (stopped.code, stopped.summary["created"], stopped.summary["reason_code"]) == (
        3,
        3,
        "budget_spent",
    )
    assert "--max-requests 0" in stopped.summary["reason"]

    done = desk.importer("resume", "--max-requests", "0", "--json")
    assert (done.code, done.summary["created"]) == (0, 9)


def test_a_search_by_all_known_names_does_not_speak_of_columns_that_nobody_asked_for(desk: Desk) -> None:
    desk.write("a.csv", "First Name,Last Name,Email\nAnn,A,ann@example.com\n")
    known = ReadingOptions(wanted_headers=all_phrases())
    notes = " ".join(open_source(desk.folder / "a.csv", options=known).detected.notes)
    assert "it names 3 columns as exports do" in notes
    asked = ReadingOptions(wanted_headers=("Email",))
    notes = " ".join(open_source(desk.folder / "a.csv", options=asked).detected.notes)
    assert "it names 1 of the 1 column that the mapping asks for" in notes


def test_one_is_written_as_one(desk: Desk) -> None:
    desk.write("a.csv", "A list\nMail,Name\nann@example.com,Ann\n")
    told = desk.importer("read", "a.csv").err
    assert "1 rows" not in told
    desk.write("one.csv", "First,Mail,Phone,Tags\nAnn,no address,,\n")
    desk.importer("run", "one.csv", "-m", "mapping.yaml", "--sandbox", "--json")
    assert "1 x invalid_email (row 2)" in desk.importer("show").out


def test_check_says_which_column_proved_the_order_of_dates(desk: Desk) -> None:
    desk.write("born.yaml", "version: 1\nfields: {email: Mail, dateOfBirth: Born}\n")
    desk.write(
        "a.csv",
        "Mail,Born,Joined\na@example.com,01/02/1990,25/12/2020\nb@example.com,03/04/1991,01/02/2021\n",
    )
    told = desk.importer("check", "a.csv", "-m", "born.yaml", "--json")
    (note,) = told.summary["overlooked"]
    assert (
        "'Born' can be read two ways; they are read as DMY, since column 'Joined' of the file shows" in note
    )

    desk.write("b.csv", "Mail,Born,Joined\na@example.com,25/02/1990,25/12/2020\n")
    assert desk.importer("check", "b.csv", "-m", "born.yaml", "--json").summary["overlooked"] == []
