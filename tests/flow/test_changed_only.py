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
