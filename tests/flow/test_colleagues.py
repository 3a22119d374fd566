"""People who share a phone or an e-mail stay the people they are, in the vendor's books and in ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import Fault, Sandbox, SandboxSettings
from tests.flow.conftest import open_vendor, read_table, write_table

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

HEADER = "First,Mail,Phone,Tags\n"
OFFICE = "(212) 555-0100"
OFFICE_ROWS = (
    f"Ann,ann@example.com,{OFFICE},\n"
    f"Bob,bob@example.com,{OFFICE},\n"
    f"Cy,cy@example.com,{OFFICE},\n"
    "Di,di@example.com,(212) 555-0133,\n"
)
WORDS = ("-m", "mapping.yaml")


def people(vendor: Sandbox) -> dict[str, tuple[str, str]]:
    """Say of each contact what it is called and which phone it has, by its e-mail."""
    stored = [contact.properties for contact in vendor.vendor.contacts]
    found = {each["email"]: (each["firstName"], each.get("phone", "")) for each in stored}
    assert len(found) == len(stored)
    return found


@pytest.mark.parametrize("processes", ["1", "2"])
def test_three_colleagues_with_one_phone_become_three_contacts(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch, processes: str
) -> None:
    monkeypatch.setenv("IMPORTER_PROCESSES", processes)
    desk.write("office.csv", HEADER + OFFICE_ROWS)
    ended = desk.run("office.csv", *WORDS)
    assert people(vendor) == {
        "ann@example.com": ("Ann", "+12125550100"),
        "bob@example.com": ("Bob", ""),
        "cy@example.com": ("Cy", ""),
        "di@example.com": ("Di", "+12125550133"),
    }
    assert ended.summary["warnings_by_code"] == {"shared_key": 2}
    said = ended.summary["same_contact"]
    assert (said["groups"], said["rows"], said["shared_phone"], said["shared_email"]) == (1, 3, 3, 0)
    assert (said["apart"], said["again"]) == (2, 0)
    listed = read_table(Path(said["path"]))
    assert [
        (row["group"], row["row"], row["name"], row["email"], row["phone"], row["becomes"]) for row in listed
    ] == [
        ("1", "2", "Ann", "ann@example.com", "'+12125550100", "created"),
        ("1", "3", "Bob", "bob@example.com", "'+12125550100", "created without the phone"),
        ("1", "4", "Cy", "cy@example.com", "'+12125550100", "created without the phone"),
    ]


def test_the_terminal_says_how_many_share_what_and_where_they_stand(desk: Desk, vendor: Sandbox) -> None:
    desk.write("office.csv", HEADER + OFFICE_ROWS)
    told = desk.importer("run", "office.csv", *WORDS, "--no-progress").err
    assert "3 rows share a phone with somebody else" in told
    assert "same-contact.csv" in told


@pytest.mark.parametrize("page", ["import-results/*/report.html", "check.html"])
def test_the_page_says_it_too(desk: Desk, vendor: Sandbox, page: str) -> None:
    desk.write("office.csv", HEADER + OFFICE_ROWS + f"Ann,ann@example.com,{OFFICE},\n")
    desk.importer("check", "office.csv", *WORDS, "--report", "check.html")
    desk.run("office.csv", *WORDS)
    (written,) = Path().glob(page)
    shown = written.read_text(encoding="utf-8")
    assert "<li>4 rows share a phone with somebody else.</li>" in shown
    assert "<li>1 row is of the same person as a row before it.</li>" in shown
    assert "<code>same-contact.csv</code>" in shown


def test_check_says_what_the_run_does(desk: Desk, vendor: Sandbox) -> None:
    twice = f"Ann,ann@example.com,{OFFICE},\n"
    desk.write("office.csv", HEADER + OFFICE_ROWS + twice)
    checked = desk.importer(
        "check", "office.csv", *WORDS, "--against-location", "--json", "--report", "page/check.html"
    ).summary
    ran = desk.run("office.csv", *WORDS).summary
    assert (
        (checked["expected"]["created"], checked["expected"]["updated"])
        == (ran["created"], ran["updated"])
        == (4, 1)
    )
    assert checked["warnings_by_code"] == ran["warnings_by_code"] == {"shared_key": 2}
    assert checked["duplicates"] == 1
    assert {**checked["same_contact"], "path": ""} == {**ran["same_contact"], "path": ""}
    without = "sent without the phone"
    foreseen = read_table(Path("page/same-contact.csv"))
    assert [(row["group"], row["row"], row["becomes"]) for row in foreseen] == [
        ("1", "2", "sent"),
        ("1", "3", without),
        ("1", "4", without),
        ("1", "6", "sent"),
    ]


def test_what_check_lists_is_what_would_become_of_each_row(desk: Desk, vendor: Sandbox) -> None:
    desk.write("office.csv", HEADER + OFFICE_ROWS + f"Ed,,{OFFICE},\n")
    desk.importer("check", "office.csv", *WORDS, "--report", "check.html")
    assert [row["becomes"] for row in read_table(Path("same-contact.csv"))][-1] == "failed (shared_key)"


def test_the_next_file_and_a_corrected_failed_file_write_nobody_over(desk: Desk, vendor: Sandbox) -> None:
    desk.write("first.csv", HEADER + f"Ann,ann@example.com,{OFFICE},\n")
    desk.run("first.csv", *WORDS)
    desk.write("second.csv", HEADER + f"Bob,,{OFFICE},\n")
    second = desk.run("second.csv", *WORDS)
    assert second.code == 1
    assert [row["import_error_code"] for row in second.rows] == ["shared_key"]
    failed = Path(second.summary["failed_rows"])
    rows = read_table(failed)
    rows[0]["Mail"] = "bob@example.com"
    write_table(failed, rows)
    assert desk.run(str(failed), *WORDS).summary["created"] == 1
    assert people(vendor) == {"ann@example.com": ("Ann", "+12125550100"), "bob@example.com": ("Bob", "")}


def import_one(desk: Desk, row: str, *words: str) -> str:
    desk.write(f"{row[:3]}.csv", f"{HEADER}{row}\n")
    return str(desk.run(f"{row[:3]}.csv", *WORDS, *words).summary["run_id"])


def test_a_run_that_is_taken_back_leaves_a_phone_to_whoever_had_it_before(
    desk: Desk, vendor: Sandbox
) -> None:
    import_one(desk, f"Ann,ann@example.com,{OFFICE},")
    later = import_one(desk, f"Ann,ann@example.com,{OFFICE},vip", "--before-images")
    assert desk.importer("undo", later, "--yes").code == 0
    import_one(desk, f"Bob,bob@example.com,{OFFICE},")
    assert people(vendor) == {
        "ann@example.com": ("Ann", "+12125550100"),
        "bob@example.com": ("Bob", ""),
    }


def test_a_row_that_was_refused_has_no_phone_that_others_would_go_without(
    desk: Desk, vendor: Sandbox
) -> None:
    refusal = b'{"statusCode":422,"message":["email must be an email"],"traceId":"t1"}'
    vendor.script([Fault(status=422, body=refusal, path="upsert")])
    import_one(desk, f"Ann,ann@example.com,{OFFICE},")
    import_one(desk, f"Bob,bob@example.com,{OFFICE},")
    assert people(vendor) == {"bob@example.com": ("Bob", "+12125550100")}


def test_check_knows_who_holds_a_phone_since_an_earlier_import(desk: Desk, vendor: Sandbox) -> None:
    desk.write("first.csv", HEADER + f"Ann,ann@example.com,{OFFICE},\n")
    desk.run("first.csv", *WORDS)
    desk.write("second.csv", HEADER + f"Bob,,{OFFICE},\n")
    before = dict(files(desk.folder.parent / "state"))
    checked = desk.importer("check", "second.csv", *WORDS, "--json")
    assert checked.code == 1
    assert checked.summary["errors_by_code"] == {"shared_key": 1}
    assert dict(files(desk.folder.parent / "state")) == before, "a look leaves no trace"


def files(folder: Path) -> list[tuple[str, bytes]]:
    """Read the state's databases, but for the index of past runs, and what a look's own calls used of the quota."""
    own = {"runs.db", "quota.db"}
    kept = (path for path in folder.rglob("*.db") if path.is_file() and path.name not in own)
    return sorted((str(path), path.read_bytes()) for path in kept)


def test_a_run_that_was_stopped_goes_on_as_it_began(desk: Desk, vendor: Sandbox) -> None:
    rows = "".join(f"P{number},p{number}@example.com,{OFFICE},\n" for number in range(12))
    desk.write("office.csv", HEADER + rows)
    stopped = desk.run("office.csv", *WORDS, "--max-requests", "6", "--concurrency", "1")
    assert stopped.code == 3
    assert 0 < len(vendor.contacts()) < 12
    resumed = desk.importer("resume", "--max-requests", "1000", "--json", "--no-progress")
    assert resumed.summary["created"] == 12
    phones = [phone for _, phone in people(vendor).values() if phone]
    assert phones == ["+12125550100"]
    assert resumed.summary["same_contact"]["apart"] == 11


def test_what_is_shared_in_two_locations_is_shared_by_nobody(desk: Desk, vendor: Sandbox) -> None:
    desk.write("fan.yaml", FAN_OUT)
    desk.write(
        "fan.csv",
        HEADER
        + f"Ann,ann@example.com,{OFFICE},loc1\nBob,bob@example.com,{OFFICE},loc2\nCy,cy@example.com,{OFFICE},loc1\n",
    )
    ended = desk.run("fan.csv", "-m", "fan.yaml")
    assert ended.summary["warnings_by_code"] == {"shared_key": 1}
    assert [row["row"] for row in read_table(Path(ended.summary["same_contact"]["path"]))] == ["2", "4"]


FAN_OUT = """\
version: 1
location: {column: Tags}
defaults: {region: US}
fields: {firstName: First, email: Mail, phone: Phone}
"""


def test_an_unchanged_file_is_unchanged_although_somebody_goes_without_a_phone(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write("night1.csv", HEADER + OFFICE_ROWS)
    desk.run("night1.csv", *WORDS, "--changed-only")
    desk.write("night2.csv", HEADER + OFFICE_ROWS + "Ed,ed@example.com,,\n")
    ended = desk.run("night2.csv", *WORDS, "--changed-only")
    assert ended.summary["skipped_by_code"] == {"unchanged": 4}


def test_a_fan_out_announces_as_many_requests_as_check_counts_and_no_fewer_than_it_takes(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write("fan.yaml", FAN_OUT + "tags: {always: [spring]}\n")
    desk.write("fan.csv", HEADER + "".join(f"P{n},p{n}@example.com,,loc{n % 2 + 1}\n" for n in range(5)))
    checked = desk.importer("check", "fan.csv", "-m", "fan.yaml", "--json").summary
    told = desk.importer("run", "fan.csv", "-m", "fan.yaml", "--no-progress").err
    paths = vendor.state()["paths"]
    written = sum(count for path, count in paths.items() if path.startswith("POST contacts"))
    assert checked["requests"] == written == 7
    assert f"up to {written} requests" in told


@pytest.mark.parametrize(("policy", "again"), [("in_order", 1), ("fail", 1), ("first", 1)])
def test_check_and_run_say_the_same_of_rows_of_one_person(
    desk: Desk, vendor: Sandbox, policy: str, again: int
) -> None:
    desk.write(
        "two.yaml", FAN_OUT.replace("{column: Tags}", "loc1") + f"match: {{in_file_duplicates: {policy}}}\n"
    )
    desk.write("two.csv", HEADER + "Ann,ann@example.com,,\nAnn,ann@example.com,,\n")
    checked = desk.importer("check", "two.csv", "-m", "two.yaml", "--json")
    assert checked.summary["duplicates"] == again
    ran = desk.importer("run", "two.csv", "-m", "two.yaml", "--no-progress")
    for said in (checked.err, ran.err):
        assert "1 row is of the same person as a row before it" in said


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"match": ("email",)}, ""),
        ({"allow_duplicates": True}, "  createNewIfDuplicateAllowed: {value: 'true'}\n"),
    ],
)
def test_a_phone_that_finds_nobody_may_be_shared(desk: Desk, settings: dict[str, Any], rule: str) -> None:
    desk.write(
        "here.yaml",
        "version: 1\ndefaults: {region: US}\nfields:\n  firstName: First\n  email: Mail\n  phone: Phone\n"
        + rule,
    )
    desk.write("office.csv", HEADER + OFFICE_ROWS)
    with open_vendor(SandboxSettings(burst=0, **settings)) as vendor:
        ended = desk.run("office.csv", "-m", "here.yaml")
        assert ended.summary["warnings_by_code"] == {}
        assert [phone for _, phone in people(vendor).values()].count("+12125550100") == 3


def test_a_family_with_one_address_is_one_contact_and_nobody_is_renamed_without_a_word(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write("family.csv", HEADER + "Ann,home@example.com,,\nBob,home@example.com,,\n")
    checked = desk.importer("check", "family.csv", *WORDS, "--report", "page/check.html")
    said = "1 row is taken for somebody who has its e-mail or phone, although under another name"
    assert said in " ".join(checked.err.split())
    ended = desk.run("family.csv", *WORDS)
    assert people(vendor) == {"home@example.com": ("Bob", "")}
    assert ended.summary["warnings_by_code"] == {"taken_as_one": 1}
    assert ended.summary["same_contact"]["taken_as_one"] == 1
    for listed, word in (
        (Path("page/same-contact.csv"), "sent"),
        (Path(ended.summary["same_contact"]["path"]), "updated"),
    ):
        assert read_table(listed)[1]["becomes"] == f"{word}, under another name"


def test_colleagues_are_nobodys_duplicates(desk: Desk, vendor: Sandbox) -> None:
    desk.write(
        "one.yaml", Path("mapping.yaml").read_text(encoding="utf-8") + "match: {in_file_duplicates: first}\n"
    )
    again = f"Ann,ann@example.com,{OFFICE},\n"
    desk.write("office.csv", HEADER + OFFICE_ROWS + again)
    ended = desk.run("office.csv", "-m", "one.yaml")
    assert [row["import_status"] for row in ended.rows] == ["created"] * 4 + ["skipped"]
    assert ended.summary["same_contact"]["again"] == 1


def test_a_list_that_somebody_works_on_is_kept(desk: Desk, vendor: Sandbox) -> None:
    desk.write("office.csv", HEADER + OFFICE_ROWS)
    ended = desk.run("office.csv", *WORDS)
    listed = Path(ended.summary["same_contact"]["path"])
    listed.write_text("my notes", encoding="utf-8")
    again = desk.importer("results", "--json")
    assert listed.read_text(encoding="utf-8") == "my notes"
    assert Path(again.summary["same_contact"]["path"]).name == "same-contact-2.csv"
