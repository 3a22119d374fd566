"""`importer forget --person`: nobody finds the person in the state folder afterwards, and the others are still there."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.state import StateFolder
from tests.flow.conftest import Ended
from tests.flow.test_plan_command import Planned, people

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

ANN = "ann@example.com"
ROWS = (
    "Annabel,Ann@Example.com,+14155550100,",
    "Bob,bob@example.com,,",
    "Ann,ann@example.com at home,,",
    "Cid,nonsense,,",
)


def state_of(desk: Desk) -> Path:
    return desk.folder.parent / "state"


def holding(desk: Desk, *texts: str) -> list[str]:
    """Name the files of the state folder in whose bytes any of the texts stands."""
    needles = [text.lower().encode() for text in texts]
    return sorted(
        path.name
        for path in state_of(desk).rglob("*")
        if path.is_file() and any(needle in path.read_bytes().lower() for needle in needles)
    )


def forget(desk: Desk, *words: str) -> Ended:
    return desk.importer("forget", "--person", *words)


def test_no_byte_of_the_person_is_left(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email=ANN, firstName="Annie")
    file = people(desk, *ROWS)
    run = desk.run(file, "-m", "mapping.yaml", "--before-images")
    assert holding(desk, "Annie")  # as it was before
    compared = desk.run(file, "-m", "mapping.yaml", "--compare", "--fresh")
    Planned(desk, people(desk, "Anna,ann@example.com,+14155550111,"), "-m", "mapping.yaml")
    assert (run.code, compared.code) == (1, 1)
    assert {"journal.db", "plan.db"} <= {each.removesuffix("-wal") for each in holding(desk, ann)}
    assert holding(desk, ANN)

    ended = forget(desk, "ANN@example.com")

    assert ended.code == 0, ended.err
    assert holding(desk, ANN, ann, "Annabel", "Annie", "+14155550100", "+14155550111") == []
    assert f"run {run.summary['run_id']}: 2 rows" in ended.err
    assert "people.csv" in ended.err  # the source is the user's own
    assert str(Path(run.summary["results"]).parent) in ended.err


def test_how_the_other_rows_ended_stays_known(desk: Desk, vendor: Sandbox) -> None:
    run = desk.run(people(desk, *ROWS), "-m", "mapping.yaml")
    before = desk.importer("show", run.summary["run_id"], "--json").summary
    forget(desk, ANN)
    after = desk.importer("show", run.summary["run_id"], "--json").summary
    assert {name: after[name] for name in ("created", "failed", "state")} == {
        name: before[name] for name in ("created", "failed", "state")
    }
    folder = StateFolder(state_of(desk))
    with folder.open_journal(folder.run(run.summary["run_id"])) as journal:  # thorough: checksums and seal
        ends = {outcome.row: (outcome.contact_id is None, outcome.code) for outcome in journal.outcomes()}
    assert ends == {
        2: (True, None),
        3: (False, None),
        4: (True, "invalid_email"),
        5: (True, "invalid_email"),
    }


def test_what_needs_the_copies_says_why_it_cannot(desk: Desk, vendor: Sandbox) -> None:
    run = desk.run(people(desk, *ROWS), "-m", "mapping.yaml")
    forget(desk, ANN)
    written = desk.importer("results", run.summary["run_id"])
    assert (written.code, "a person in it is forgotten" in written.err) == (3, True)


def test_the_same_file_is_not_imported_again_unasked(desk: Desk, vendor: Sandbox) -> None:
    file = people(desk, *ROWS)
    desk.run(file, "-m", "mapping.yaml")
    forget(desk, ANN)
    before = vendor.state()["requests"]
    again = desk.run(file, "-m", "mapping.yaml")
    assert (again.code, vendor.state()["requests"]) == (3, before)
    assert desk.run(file, "-m", "mapping.yaml", "--fresh").summary["updated"] == 2


def test_such_a_run_is_not_taken_back(desk: Desk, vendor: Sandbox) -> None:
    run = desk.run(people(desk, *ROWS), "-m", "mapping.yaml")
    said = forget(desk, ANN).err
    ended = desk.importer("undo", run.summary["run_id"], "--yes", "--json")
    assert "taken back" in said
    assert (ended.code, "forgotten" in ended.err) == (2, True)
    assert len(vendor.contacts("loc1")) == 2


def test_who_has_a_longer_address_is_somebody_else(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="joann@example.com", firstName="Joann")
    file = people(
        desk, "Jo,joann@example.com,,", "Au,ann@example.com.au,,", "Bad,joann@@ann@example.com.au,,"
    )
    run = desk.run(file, "-m", "mapping.yaml")
    Planned(desk, file, "-m", "mapping.yaml")
    before = holding(desk, "joann@example.com")
    assert forget(desk, ANN).err.startswith("The state folder holds nothing")
    assert holding(desk, "joann@example.com") == before
    assert desk.importer("results", run.summary["run_id"]).code == 0


def test_runs_without_the_person_keep_their_copies(desk: Desk, vendor: Sandbox) -> None:
    others = desk.run(people(desk, "Bob,bob@example.com,,"), "-m", "mapping.yaml")
    assert forget(desk, ANN).err.startswith("The state folder holds nothing")
    assert desk.importer("results", others.summary["run_id"]).code == 0


def test_a_row_of_the_same_contact_without_the_e_mail_is_found(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email=ANN, phone="+14155550100")
    run = desk.run(people(desk, "Annabel,,+14155550100,"), "-m", "mapping.yaml")
    desk.importer("mirror", "loc1")
    assert run.summary["updated"] == 1
    forget(desk, ANN)
    assert holding(desk, ann, "Annabel") == []


def test_memory_of_what_was_sent_goes_too(desk: Desk, vendor: Sandbox) -> None:
    words = ("-m", "mapping.yaml", "--changed-only", "--fresh")
    file = people(desk, "Ann,ann@example.com,+14155550100,", "Bob,bob@example.com,,")
    desk.run(file, *words)
    forgotten = forget(desk, ANN)
    again = desk.run(file, *words)
    assert "memory:" in forgotten.err
    assert (again.summary["updated"], again.summary["skipped"]) == (1, 1)


def test_a_mirror_keeps_everybody_else(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="other@example.com", additional_emails=[ANN])
    vendor.add_contact("loc1", email="bob@example.com")
    desk.importer("mirror", "loc1")
    ended = forget(desk, ANN)
    assert "mirrors: 1 contact\n" in ended.err
    assert holding(desk, ANN) == []
    assert holding(desk, "bob@example.com")


def test_a_run_that_is_not_over_is_not_taken_its_rows(desk: Desk, vendor: Sandbox) -> None:
    many = (f"P{number},p{number}@example.com,," for number in range(9))
    stopped = desk.run(people(desk, *ROWS, *many), "-m", "mapping.yaml", "--max-requests", "2")
    assert stopped.code == 3
    before = holding(desk, ANN)
    ended = forget(desk, ANN)
    assert ended.code == 2
    assert f"importer resume {stopped.summary['run_id']}" in ended.err
    assert holding(desk, ANN) == before


def test_a_copy_that_cannot_be_read_is_told_and_stays(desk: Desk, vendor: Sandbox) -> None:
    run = desk.run(people(desk, "Bob,bob@example.com,,"), "-m", "mapping.yaml")
    (copy,) = (state_of(desk) / "runs" / run.summary["run_id"] / "sources").rglob("*.csv")
    copy.write_bytes(gzip.compress(b"x" * 100)[:-9])
    ended = forget(desk, ANN)
    assert ended.code == 1
    assert run.summary["run_id"] in ended.err
    assert copy.exists()


@pytest.mark.parametrize("words", [("nobody",), ("",), (ANN, "20260314-0915")])
def test_words_that_name_nobody_are_refused(desk: Desk, words: tuple[str, ...]) -> None:
    assert forget(desk, *words).code == 2
