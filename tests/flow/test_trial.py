"""A trial sends the first rows that can be sent, brings them to their end, and leaves the rest to a resume."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from importer.sandbox import Sandbox
from tests.flow.conftest import Desk
from tests.flow.test_stopping import after, begin
from tests.patience import PATIENCE

MANY = 40
PEOPLE = "First,Mail,Phone,Tags\n" + "".join(
    f"P{number},{'no address' if number == 1 else f'p{number}@example.com'},,vip\n" for number in range(MANY)
)
RUN = ("run", "contacts.csv", "-m", "mapping.yaml", "--json", "--no-progress")
FIRST_FIVE = [f"p{number}@example.com" for number in (0, 2, 3, 4, 5)]


@pytest.fixture
def file(desk: Desk) -> str:
    mapping = (desk.folder / "mapping.yaml").read_text()
    desk.write("mapping.yaml", mapping.replace("email: Mail", "email: {column: Mail, required: true}"))
    return desk.write("contacts.csv", PEOPLE)


def reached(vendor: Sandbox) -> list[str]:
    return sorted(str(contact["email"]) for contact in vendor.contacts())


def upserted(vendor: Sandbox) -> int:
    return sum(count for path, count in vendor.state()["paths"].items() if "upsert" in path)


def test_exactly_the_first_rows_that_can_be_sent_are_sent_with_their_tags(
    desk: Desk, vendor: Sandbox, file: str
) -> None:
    tried = desk.importer(*RUN, "--trial", "5")
    assert (tried.code, tried.summary["reason_code"]) == (3, "trial_done")
    assert (tried.summary["created"], tried.summary["failed"], tried.summary["pending"]) == (5, 1, MANY - 6)
    assert reached(vendor) == FIRST_FIVE
    assert all(contact["tags"] == ["vip"] for contact in vendor.contacts())
    assert "Stopped: 5 of 40 rows imported" in tried.err
    assert f"importer resume {tried.summary['run_id']}" in tried.err


def test_the_same_command_again_sends_nothing_more_and_names_resume(
    desk: Desk, vendor: Sandbox, file: str
) -> None:
    first = desk.importer(*RUN, "--trial", "5")
    requests = vendor.state()["requests"]
    for fewer in ("5", "3"):
        again = desk.importer(*RUN, "--trial", fewer)
        assert (again.code, again.summary["run_id"]) == (3, first.summary["run_id"])
        assert f"importer resume {first.summary['run_id']}" in again.err
        assert "Nothing was sent this time: the trial is done (5 of 40 rows imported" in again.err
    assert vendor.state()["requests"] == requests
    more = desk.importer(*RUN, "--trial", "7")
    assert "(loc1): 2 rows, up to 3 requests" in " ".join(more.err.split())
    assert (more.code, more.summary["created"], more.summary["reason_code"]) == (3, 7, "trial_done")


@pytest.mark.parametrize("words", [("resume", "--json"), RUN])
def test_a_resume_sends_the_rest_and_no_row_twice(
    desk: Desk, vendor: Sandbox, file: str, words: tuple[str, ...]
) -> None:
    desk.importer(*RUN, "--trial", "5")
    upserts = upserted(vendor)
    ended = desk.importer(*words)
    assert (ended.code, ended.summary["created"], ended.summary["updated"]) == (1, MANY - 1, 0)
    assert upserts == 5
    assert upserted(vendor) == MANY - 1


def test_a_trial_of_all_rows_is_a_finished_run(desk: Desk, vendor: Sandbox, file: str) -> None:
    ended = desk.importer(*RUN, "--trial", str(MANY - 1))
    assert (ended.code, ended.summary["state"], ended.summary["reason_code"]) == (1, "finished", None)
    assert ended.summary["created"] == MANY - 1


def test_a_trial_that_was_killed_goes_on_with_exactly_its_own_rows(
    desk: Desk, slow_vendor: Sandbox, file: str
) -> None:
    in_the_middle = after(slow_vendor, 12)
    process = begin(desk, "--concurrency", "2", "--trial", "20")
    assert in_the_middle.wait(PATIENCE)
    process.kill()
    process.communicate()
    assert 0 < len(slow_vendor.contacts()) < 20
    again = desk.importer(*RUN, "--trial", "20")
    assert (again.code, again.summary["reason_code"]) == (3, "trial_done"), again.err
    assert (again.summary["created"], again.summary["updated"]) == (20, 0)
    wanted = sorted(f"p{number}@example.com" for number in range(21) if number != 1)
    assert reached(slow_vendor) == wanted
    assert all(contact["tags"] == ["vip"] for contact in slow_vendor.contacts())
    ended = desk.importer("resume", "--json")
    assert (ended.summary["created"], ended.summary["updated"]) == (MANY - 1, 0)
    assert len(slow_vendor.contacts()) == MANY - 1


def test_the_first_import_by_a_mapping_is_advised_to_be_tried(desk: Desk, vendor: Sandbox, file: str) -> None:
    advised = desk.importer("check", "contacts.csv", "-m", "mapping.yaml")
    assert "--trial 5" in advised.err
    assert "--trial" not in desk.importer("check", "contacts.csv", "-m", "mapping.yaml", "--sandbox").err
    desk.importer(*RUN, "--trial", "5")
    assert "--trial" not in desk.importer("check", "contacts.csv", "-m", "mapping.yaml").err


def test_the_library_tries_as_well(desk: Desk, vendor: Sandbox, file: str) -> None:
    import importer

    tried = importer.run("contacts.csv", "mapping.yaml", trial=5)
    assert (tried.state, tried.created, tried.exit_code) == ("stopped", 5, 3)
    assert importer.resume().created == MANY - 1
    assert json.loads(Path(tried.summary).read_text())["created"] == MANY - 1
