"""A nightly file: what did not change costs no call, what changed is sent, who is gone is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from importer.records import FollowUps, ImportMode
from importer.sandbox import Sandbox
from tests.flow.conftest import read_table

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

HEADER = "First,Mail,Phone,Tags\n"
WORDS = ("-m", "mapping.yaml", "--changed-only")


def test_only_changed_rows_are_sent(desk: Desk, vendor: Sandbox) -> None:
    desk.write("night1.csv", HEADER + "Ann,ann@example.com,,vip\nBob,bob@example.com,,\n")
    assert desk.run("night1.csv", *WORDS).summary["created"] == 2
    desk.write(
        "night2.csv", HEADER + "Ann,ann@example.com,,vip\nBobby,bob@example.com,,\nCid,cid@example.com,,\n"
    )
    night = desk.run("night2.csv", *WORDS)
    assert [(row["import_status"], row["import_error_code"]) for row in night.rows] == [
        ("skipped", "unchanged"),
        ("updated", ""),
        ("created", ""),
    ]


def test_a_row_that_failed_last_time_is_not_unchanged(desk: Desk, vendor: Sandbox) -> None:
    desk.write("night1.csv", HEADER + "Ann,ann@example.com,,vip\nBob,nobody,,\n")
    assert desk.run("night1.csv", *WORDS).code == 1
    desk.write("night2.csv", HEADER + "Ann,ann@example.com,,vip\nBob,bob@example.com,,\n")
    assert desk.run("night2.csv", *WORDS).summary["created"] == 1


def test_who_is_gone_is_listed_and_not_deleted(desk: Desk, vendor: Sandbox) -> None:
    desk.write("night1.csv", HEADER + "Ann,ann@example.com,,\nBob,bob@example.com,,\n")
    desk.run("night1.csv", *WORDS)
    ids = {contact["email"]: contact["id"] for contact in vendor.contacts()}
    desk.write("night2.csv", HEADER + "Ann,ann@example.com,,\n")
    summary = desk.run("night2.csv", *WORDS).summary
    assert summary["missing"] == 1
    (gone,) = read_table(Path(summary["results"]).with_name("missing.csv"))
    assert gone["contact_id"] == ids["bob@example.com"]
    assert len(vendor.contacts()) == 2


def test_people_beside_the_rows_that_are_meant_are_not_missing(desk: Desk, vendor: Sandbox) -> None:
    desk.write("night1.csv", HEADER + "Ann,ann@example.com,,\nBob,bob@example.com,,\n")
    desk.run("night1.csv", *WORDS)
    desk.write("rows", "2\n")
    assert desk.run("night1.csv", *WORDS, "--rows", "rows").summary["missing"] == 0


def test_people_of_another_sub_account_are_not_missing_here(desk: Desk, vendor: Sandbox) -> None:
    desk.write("of-a.csv", HEADER + "Ann,ann@example.com,,\nBob,bob@example.com,,\n")
    desk.run("of-a.csv", *WORDS, "--location", "locA")
    desk.write("of-b.csv", HEADER + "Cid,cid@example.com,,\nDora,dora@example.com,,\n")
    assert desk.run("of-b.csv", *WORDS, "--location", "locB").summary["missing"] == 0
    desk.write("of-b2.csv", HEADER + "Cid,cid@example.com,,\n")
    summary = desk.run("of-b2.csv", *WORDS, "--location", "locB").summary
    (gone,) = read_table(Path(summary["missing_file"]))
    assert (gone["location_id"], gone["files_missed"]) == ("locB", "1")
    desk.write("of-a2.csv", HEADER + "Bob,bob@example.com,,\n")
    (left,) = read_table(Path(desk.run("of-a2.csv", *WORDS, "--location", "locA").summary["missing_file"]))
    assert (left["location_id"], left["files_missed"]) == ("locA", "1"), (
        "files of others count for nobody here"
    )


def test_a_file_for_one_of_several_sub_accounts_lets_nobody_of_the_others_be_missing(
    desk: Desk, vendor: Sandbox
) -> None:
    mapping = "version: 1\nlocation: {column: Tags}\nfields: {firstName: First, email: Mail}\n"
    desk.write("fan.yaml", mapping)
    words = ("-m", "fan.yaml", "--changed-only")
    desk.write("all.csv", HEADER + "Ann,ann@example.com,,locA\nBob,bob@example.com,,locB\n")
    desk.run("all.csv", *words)
    desk.write("of-b.csv", HEADER + "Cid,cid@example.com,,locB\n")
    (gone,) = read_table(Path(desk.run("of-b.csv", *words).summary["missing_file"]))
    assert gone["location_id"] == "locB"


def test_an_import_by_hand_in_between_is_not_taken_for_the_nights(desk: Desk, vendor: Sandbox) -> None:
    desk.write("night1.csv", HEADER + "Ann,ann@example.com,,\n")
    desk.run("night1.csv", *WORDS)
    desk.write("hand.csv", HEADER + "Annabel,ann@example.com,,\n")
    assert desk.run("hand.csv", "-m", "mapping.yaml").summary["updated"] == 1
    desk.write("night2.csv", HEADER + "Ann,ann@example.com,,\n\n")
    assert desk.run("night2.csv", *WORDS).summary["updated"] == 1


def test_each_nth_run_sends_everything(desk: Desk, vendor: Sandbox) -> None:
    told = []
    for night in range(4):
        desk.write(f"night{night}.csv", HEADER + "Ann,ann@example.com,,\n" + "\n" * night)
        told.append(desk.run(f"night{night}.csv", *WORDS, "--full-every", "3").summary["skipped"])
    assert told == [0, 1, 1, 0]


def test_the_rules_that_are_kept_with_each_person_are_spelled_as_ever() -> None:
    assert repr((ImportMode.UPSERT, FollowUps(workflow="Welcome"))) == (
        "(<ImportMode.UPSERT: 'upsert'>, FollowUps(tag_mode=<TagMode.ADD: 'add'>, workflow='Welcome', campaign=None, "
        "applies_to=<FollowUpFor.ALL: 'all'>))"
    ), "after an upgrade the first night would send everybody"
