"""Going on with an old run after a later file brought some of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Fault, Sandbox
from tests.flow.conftest import Ended

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

WORDS = ("-m", "mapping.yaml")
OLD = "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,bob@example.com,,\nCid,cid@example.com,,\n"
NEWER = "First,Mail,Phone,Tags\nRobert,bob@example.com,,\n"


@pytest.fixture
def old_run(desk: Desk, vendor: Sandbox) -> str:
    """Give a run of three rows that stopped after the first."""
    desk.write("old.csv", OLD)
    stopped = desk.run("old.csv", *WORDS, "--trial", "1")
    assert stopped.summary["pending"] == 2
    return str(stopped.summary["run_id"])


def import_newer(desk: Desk, *words: str) -> str:
    desk.write("newer.csv", NEWER)
    return str(desk.run("newer.csv", *WORDS, *words).summary["run_id"])


def names(vendor: Sandbox) -> list[str]:
    return sorted(contact["properties"]["firstName"] for contact in vendor.contacts())


def gone_on_with(desk: Desk, command: str, run_id: str, *words: str) -> Ended:
    ended = desk.importer(command, run_id, *words, "--json", "--no-progress")
    assert ended.code == 0, ended.err
    return ended


@pytest.mark.parametrize("command", ["resume", "retry"])
def test_a_person_whom_a_later_file_brought_keeps_what_that_one_said(
    desk: Desk, vendor: Sandbox, old_run: str, command: str
) -> None:
    later = import_newer(desk)
    ended = gone_on_with(desk, command, old_run)
    assert [(row["import_status"], row["import_error_code"]) for row in ended.rows] == [
        ("created", ""),
        ("skipped", "superseded"),
        ("created", ""),
    ]
    assert names(vendor) == ["Ann", "Cid", "Robert"]
    assert ended.rows[1]["import_error"].startswith(f"Run {later}, which began after this one, imported")
    told = " ".join(ended.err.split())
    assert "1 row left alone (superseded): a run that began after this one imported the same people" in told


def test_who_insists_sends_the_older_values_all_the_same(desk: Desk, vendor: Sandbox, old_run: str) -> None:
    import_newer(desk)
    ended = gone_on_with(desk, "resume", old_run, "--over-newer")
    assert [row["import_status"] for row in ended.rows] == ["created", "updated", "created"]
    assert names(vendor) == ["Ann", "Bob", "Cid"]


def test_the_same_command_goes_on_likewise(desk: Desk, vendor: Sandbox, old_run: str) -> None:
    import_newer(desk)
    ended = desk.run("old.csv", *WORDS)
    assert ended.summary["run_id"] == old_run
    assert names(vendor) == ["Ann", "Cid", "Robert"]


def test_a_later_row_that_did_not_come_through_keeps_nobody_back(
    desk: Desk, vendor: Sandbox, old_run: str
) -> None:
    refusal = b'{"statusCode":422,"message":["firstName must be shorter"],"traceId":"t1"}'
    vendor.script([Fault(status=422, body=refusal, path="upsert")])
    import_newer(desk)
    gone_on_with(desk, "resume", old_run)
    assert names(vendor) == ["Ann", "Bob", "Cid"]


def test_a_later_run_that_was_taken_back_keeps_nobody_back(desk: Desk, vendor: Sandbox, old_run: str) -> None:
    later = import_newer(desk)
    assert desk.importer("undo", later, "--yes").code == 0
    gone_on_with(desk, "resume", old_run)
    assert names(vendor) == ["Ann", "Bob", "Cid"]


def test_a_later_row_that_changed_nothing_is_newer_still(desk: Desk, vendor: Sandbox, old_run: str) -> None:
    """What it says is what the contact holds, and that is not what the old file says."""
    vendor.add_contact("loc1", email="bob@example.com", firstName="Robert")
    import_newer(desk, "--compare")
    gone_on_with(desk, "resume", old_run)
    assert names(vendor) == ["Ann", "Cid", "Robert"]


def test_an_older_run_is_nobodys_newer_one(desk: Desk, vendor: Sandbox, old_run: str) -> None:
    desk.write("newer.csv", "First,Mail,Phone,Tags\nZoe,zoe@example.com,,\nRobert,bob@example.com,,\n")
    later = desk.run("newer.csv", *WORDS, "--trial", "1").summary["run_id"]
    gone_on_with(desk, "resume", old_run)
    gone_on_with(desk, "resume", later)
    assert names(vendor) == ["Ann", "Cid", "Robert", "Zoe"]
