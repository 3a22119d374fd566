"""`suppress:`: whoever is on the list is sent nothing, by whatever way the rows come."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.flow.test_follow_ups_once import refused
from tests.flow.test_plan_command import Planned, people

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

MAPPING = """\
version: 1
location: ${{HIGHLEVEL_LOCATION_ID}}
defaults: {{region: US}}
fields: {{firstName: First, email: Mail, phone: Phone}}
tags: {{columns: Tags, split: ";"}}
suppress: {{file: optout.csv{more}}}
"""
LIST = "Who,E-mail address,Mobile\nAnn,Ann@Example.com,\nBob,,(415) 555-0101\n"
ROWS = (
    "Ann,ann@example.com,+14155550100,vip",
    "Bob,bob@example.com,4155550101,",
    "Cid,cid@example.com,+14155550102,",
)


def listed(desk: Desk, text: str = LIST, *, more: str = "", rules: str = "") -> str:
    """Write mapping, list and people; gives the people's file."""
    desk.write("mapping.yaml", MAPPING.format(more=more) + rules)
    desk.write("optout.csv", text)
    return people(desk, *ROWS)


def outcomes(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(row["import_status"], row["import_error_code"]) for row in rows]


SUPPRESSED = ("skipped", "suppressed")


def test_whoever_is_on_the_list_is_sent_nothing(desk: Desk, vendor: Sandbox) -> None:
    ended = desk.run(listed(desk), "-m", "mapping.yaml")
    assert ended.code == 0, ended.err
    assert outcomes(ended.rows) == [SUPPRESSED, SUPPRESSED, ("created", "")]
    assert ended.summary["skipped_by_code"] == {"suppressed": 2}
    assert [each["email"] for each in vendor.contacts("loc1")] == ["cid@example.com"]
    assert "optout.csv" in ended.rows[0]["import_error"]


def test_who_is_there_already_is_not_even_updated(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="A")
    desk.run(listed(desk), "-m", "mapping.yaml")
    (held,) = [each for each in vendor.contacts("loc1") if each["id"] == ann]
    assert (held["properties"]["firstName"], held["tags"]) == ("A", [])


@pytest.mark.parametrize("on", ["email", "phone"])
def test_the_mapping_says_what_people_are_known_by(desk: Desk, vendor: Sandbox, on: str) -> None:
    ended = desk.run(listed(desk, more=f", on: {on}"), "-m", "mapping.yaml")
    names = [row["First"] for row in ended.rows if row["import_error_code"] == "suppressed"]
    assert names == (["Ann"] if on == "email" else ["Bob"])


def test_columns_are_found_by_header_and_cells_or_named(desk: Desk, vendor: Sandbox) -> None:
    text = "Adresse;weitere\nirgendwas;ann@example.com, bob@example.com\n"
    file = listed(desk, text, more=", columns: {email: weitere}")
    assert outcomes(desk.run(file, "-m", "mapping.yaml").rows)[:2] == [SUPPRESSED, SUPPRESSED]


def test_all_rows_of_the_person_are_held_back_under_every_choice(desk: Desk, vendor: Sandbox) -> None:
    """Ann's second row has only her phone, which is not on the list; her first one has her address."""
    for choice in ("in_order", "merge", "last"):
        listed(desk, rules=f"match: {{in_file_duplicates: {choice}}}\n")
        file = people(desk, ROWS[0], "Ann,,+14155550100,x", "Ann,ann@work.example,+14155550100,", ROWS[2])
        ended = desk.run(file, "-m", "mapping.yaml", "--fresh")
        codes = [row["import_error_code"] for row in ended.rows]
        assert codes == ["suppressed"] * 3 + [""], choice
        assert "Row 2" in ended.rows[1]["import_error"]
    assert [each["email"] for each in vendor.contacts("loc1")] == ["cid@example.com"]


def test_a_person_of_the_list_is_known_in_every_file_of_the_command(desk: Desk, vendor: Sandbox) -> None:
    """Her phone stands beside her address in one file only, and in the others her phone, or what goes with that."""
    listed(desk, "E-mail\nann@example.com\n")
    for name, row in (
        ("1.csv", "Ann,ann@work.example,"),
        ("2.csv", "Ann,ann@work.example,+14155550100"),
        ("3.csv", "Ann,,+14155550100"),
        ("4.csv", "Ann,ann@example.com,+14155550100"),
        ("5.csv", "Dan,dan@example.com,+14155550100"),
    ):
        desk.write(name, f"First,Mail,Phone,Tags\n{row},\n")
    ended = desk.run("1.csv", "2.csv", "3.csv", "4.csv", "5.csv", "-m", "mapping.yaml")
    assert [row["import_error_code"] for row in ended.rows] == ["suppressed"] * 4 + [""], ended.err
    assert "Row 2 of another file of this import" in ended.rows[0]["import_error"]
    assert [each["email"] for each in vendor.contacts("loc1")] == ["dan@example.com"]


def test_a_colleague_with_the_same_phone_is_another_person(desk: Desk, vendor: Sandbox) -> None:
    listed(desk, "E-mail\nann@example.com\n")
    file = people(desk, ROWS[0], "Dan,dan@example.com,+14155550100,")
    ended = desk.run(file, "-m", "mapping.yaml")
    assert outcomes(ended.rows) == [SUPPRESSED, ("created", "")]


def test_check_preview_and_plan_say_the_same(desk: Desk, vendor: Sandbox) -> None:
    file = listed(desk)
    checked = desk.importer("check", file, "-m", "mapping.yaml", "--json").summary
    assert (checked["ready"], checked["skipped_by_code"]) == (1, {"suppressed": 2})
    assert desk.importer("preview", file, "-m", "mapping.yaml").out.count('"suppressed"') == 2
    plan = Planned(desk, file, "-m", "mapping.yaml")
    assert plan.actions == ["skip", "skip", "create"]
    assert plan.rows[0]["plan_code"] == "suppressed"


def test_a_contact_that_shows_a_listed_key_is_not_changed_by_a_row_without_it(
    desk: Desk, vendor: Sandbox
) -> None:
    vendor.add_contact(
        "loc1", email="eve@example.com", phone="+14155550105", additional_emails=["ann@example.com"]
    )
    listed(desk)
    file = people(desk, "Eva,,+14155550105,x")
    assert Planned(desk, file, "-m", "mapping.yaml").actions == ["skip"]
    ended = desk.run(file, "-m", "mapping.yaml", "--compare")
    assert outcomes(ended.rows) == [SUPPRESSED]


def test_a_list_that_grew_holds_from_then_on_also_for_a_stopped_run(desk: Desk, vendor: Sandbox) -> None:
    file = listed(desk)
    listed(desk, "E-mail\nnobody@example.com\n")
    stopped = desk.run(file, "-m", "mapping.yaml", "--trial", "1")
    assert stopped.code == 3
    desk.write("optout.csv", LIST)
    resumed = desk.importer("resume", "--json", "--no-progress")
    assert resumed.code == 0, resumed.err
    assert outcomes(resumed.rows) == [("created", ""), SUPPRESSED, ("created", "")]
    assert "optout.csv changed" in resumed.err
    assert resumed.summary["run_id"] == stopped.summary["run_id"]


def test_a_plan_that_was_made_before_sends_nothing_to_who_is_on_the_list_by_now(
    desk: Desk, vendor: Sandbox
) -> None:
    file = listed(desk, "E-mail\nnobody@example.com\n")
    plan = Planned(desk, file, "-m", "mapping.yaml")
    desk.write("optout.csv", LIST)
    ended = desk.importer("apply", plan.summary["plan_id"], "--json", "--no-progress")
    assert outcomes(ended.rows) == [SUPPRESSED, SUPPRESSED, ("created", "")]


@pytest.mark.parametrize("way", ["apply", "resume"])
def test_a_list_that_grew_holds_back_whom_only_the_location_knows_to_be_on_it(
    desk: Desk, vendor: Sandbox, way: str
) -> None:
    """Eve's rows have only her phone; that the address on the list is hers stands in the location alone."""
    vendor.add_contact("loc1", email="eve@example.com", phone="+14155550105", firstName="E")
    listed(desk, "E-mail\nnobody@example.com\n")
    file = people(desk, "Cid,cid@example.com,,", "Eva,,+14155550105,x")
    if way == "apply":
        words = ["apply", Planned(desk, file, "-m", "mapping.yaml").summary["plan_id"]]
    else:
        assert desk.run(file, "-m", "mapping.yaml", "--compare", "--trial", "1").code == 3
        words = ["resume"]
    desk.write("optout.csv", "E-mail\neve@example.com\n")
    ended = desk.importer(*words, "--json", "--no-progress")
    assert outcomes(ended.rows) == [("created", ""), SUPPRESSED], ended.err
    (eve,) = [each for each in vendor.contacts("loc1") if each["properties"].get("phone") == "+14155550105"]
    assert (eve["properties"]["firstName"], eve["tags"]) == ("E", [])


def test_a_retry_leaves_out_what_was_still_due_to_who_is_on_the_list_by_now(
    desk: Desk, vendor: Sandbox
) -> None:
    """Ann was stored before the list named her; the workflow that failed is not sent after all."""
    vendor.furnish("loc1", workflows=["Welcome"])
    vendor.script([refused("/workflow/")])
    listed(desk, "E-mail\nnobody@example.com\n", rules="after: {workflow: Welcome}\n")
    failed = desk.run(people(desk, ROWS[0]), "-m", "mapping.yaml")
    assert outcomes(failed.rows) == [("failed", "workflow_failed")]
    desk.write("optout.csv", LIST)
    retried = desk.importer("retry", "--json", "--no-progress")
    (row,) = retried.rows
    assert (row["import_status"], row["import_error_code"]) == ("created", ""), retried.err
    assert "no workflow" in row["import_warnings"]
    assert row["import_contact_id"] == vendor.contacts("loc1")[0]["id"]
    assert vendor.contacts("loc1")[0]["enrolments"] == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "optout.csv"),
        ("E-mail,Phone\n", "optout.csv"),
        ("E-mail,Phone\nnonsense,none\n", "names nobody"),
        ("Name,City\nAnn,Rome\n", "no column for email or phone"),
        ("\x00\x01\x02", "optout.csv"),
    ],
)
@pytest.mark.parametrize("command", ["run", "check", "plan"])
def test_a_list_that_cannot_be_used_stops_everything_before_the_first_call(
    desk: Desk, vendor: Sandbox, command: str, text: str | None, said: str
) -> None:
    file = listed(desk, text or "")
    if text is None:
        Path("optout.csv").unlink()
    ended = desk.importer(command, file, "-m", "mapping.yaml")
    assert ended.code == 2
    assert said in ended.err
    assert vendor.state()["requests"] == 0
    assert desk.importer("runs", "--json").out.strip() in ("[]", "")


def test_a_column_that_is_asked_for_has_to_be_there(desk: Desk, vendor: Sandbox) -> None:
    file = listed(desk, "E-mail\nann@example.com\n", more=", on: [email, phone]")
    ended = desk.run(file, "-m", "mapping.yaml")
    assert ended.code == 2
    assert "no column for phone" in ended.err


def test_entries_that_hold_nobody_back_are_told(desk: Desk) -> None:
    file = listed(desk, "E-mail,Phone\nann@example.com,12\n")
    told = desk.importer("check", file, "-m", "mapping.yaml", "--json").summary
    assert any("row 2" in note for note in told["overlooked"])


def test_a_shifted_row_of_the_list_holds_its_person_back_all_the_same(desk: Desk, vendor: Sandbox) -> None:
    others = "".join(f"N{number},n{number}@x.com,+1415555019{number}\n" for number in range(5))
    file = listed(desk, f"Name,E-mail,Phone\n{others}Smith, Ann,ann@example.com,+14155550177\n")
    assert outcomes(desk.run(file, "-m", "mapping.yaml").rows)[0] == SUPPRESSED


def test_nobody_of_the_list_is_kept_in_the_state_folder(desk: Desk, vendor: Sandbox) -> None:
    listed(desk, "E-mail\nsecret.person@example.com\n")
    desk.run(people(desk, ROWS[2]), "-m", "mapping.yaml")
    state = Path(os.environ["IMPORTER_STATE"])
    files = [path for path in state.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"secret.person" in path.read_bytes()]
    (noted,) = [path for path in files if path.name == "suppression.sha256"]
    assert noted.stat().st_mode & 0o077 == 0


def test_the_list_lies_beside_the_mapping(desk: Desk, vendor: Sandbox) -> None:
    file = listed(desk)
    folder = desk.folder / "elsewhere"
    folder.mkdir()
    for name in ("mapping.yaml", "optout.csv"):
        (desk.folder / name).rename(folder / name)
    ended = desk.run(file, "-m", "elsewhere/mapping.yaml")
    assert outcomes(ended.rows)[0] == SUPPRESSED
