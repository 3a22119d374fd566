"""A journal knows what its rows found and did, and how far taking them back has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from importer.records import (
    Added,
    BeforeImage,
    Change,
    FollowUpMark,
    FollowUpState,
    ImagePart,
    Intent,
    Landed,
    Outcome,
    Remedy,
    RowId,
    Status,
    UndoLine,
    UndoStatus,
)
from importer.state import StateFolder
from importer.state.database import DamagedError
from importer.state.journal import Journal, Run, RunState, SessionKind
from importer.state.journal.lately import written_since
from importer.state.journal.undo_book import IMAGES_MARK, StoredContacts, UndoBook

BOTH_STORES = True
DAY = 86_400


class _Hand(Protocol):
    at: float


def intent(row: RowId) -> Intent:
    return Intent(row=row, location_id="l", first_attempt_at=1.0)


def ended(row: RowId, status: Status, contact_id: str | None = None, code: str | None = None) -> Outcome:
    remedy = Remedy.RUN_AGAIN if status is Status.FAILED else Remedy.NONE
    return Outcome(row=row, status=status, location_id="l", contact_id=contact_id, code=code, remedy=remedy)


def landed(row: RowId, status: Status, contact_id: str) -> Landed:
    return Landed(row=row, location_id="l", status=status, contact_id=contact_id, http_status=200, attempts=1)


def note_of(row: RowId, *, made: bool) -> FollowUpMark:
    added = Added(kind="note", location_id="l", contact_id=f"c{row}", id=f"n{row}", made=made, digest="d")
    return FollowUpMark(row=row, name="note_1", state=FollowUpState.DONE, added=added)


def image(row: RowId, contact_id: str, old: str, part: ImagePart = ImagePart.VALUES) -> BeforeImage:
    change = Change(reference="city", name="city", old=old, new="Rome")
    return BeforeImage(
        row=row, contact_id=contact_id, part=part, changes=(change,), tags_added=("a",), tags_removed=("b",)
    )


def test_a_before_image_comes_back_as_it_was_written(journal: Journal) -> None:
    found = image(2, "c1", "Paris")
    unknown = BeforeImage(row=3, contact_id="c2", part=ImagePart.TAGS)
    journal.intend([intent(2), intent(3)], [found])
    journal.append(landed=[landed(3, Status.UPDATED, "c2")], images=[unknown])
    assert journal.undo.images(2) == (found,)
    assert journal.undo.images(3) == (unknown,)


@pytest.mark.parametrize(
    ("then", "known"),
    [("Rome", "Paris"), ("Paris", "Paris"), ("Oslo", "Oslo")],
    ids=["what the row itself wrote", "what it found before", "what somebody wrote since"],
)
def test_a_later_attempt_of_a_row_adds_what_somebody_changed_since(
    journal: Journal, then: str, known: str
) -> None:
    journal.intend([intent(2)], [image(2, "c1", "Paris")])
    journal.intend([intent(2)], [image(2, "c1", then)])
    assert [each.changes[0].old for each in journal.undo.images(2)] == [known]


def test_what_a_later_attempt_finds_as_the_row_writes_it_stays_known_from_before(journal: Journal) -> None:
    journal.intend([intent(2)], [image(2, "c1", "Paris")])
    state = Change(reference="state", name="state", old="NY", new="CA")
    journal.intend([intent(2)], [replace(image(2, "c1", "Rome"), changes=(state,), tags_added=())])
    (known,) = journal.undo.images(2)
    assert [(each.name, each.old) for each in known.changes] == [("city", "Paris"), ("state", "NY")]
    assert known.tags_added == ("a",)


def test_a_row_that_meets_another_contact_later_knows_what_that_one_held(journal: Journal) -> None:
    journal.intend([intent(2)], [image(2, "c1", "Paris")])
    journal.intend([intent(2)], [image(2, "c2", "Oslo")])
    assert [(each.contact_id, each.changes[0].old) for each in journal.undo.images(2)] == [("c2", "Oslo")]


def test_the_tags_that_the_first_reply_showed_stand(journal: Journal) -> None:
    journal.intend([intent(2)])
    for added in (("a",), ()):
        found = BeforeImage(row=2, contact_id="c1", part=ImagePart.TAGS, tags_added=added)
        journal.append(landed=[landed(2, Status.UPDATED, "c1")], images=[found])
    assert [each.tags_added for each in journal.undo.images(2)] == [("a",)]


def test_what_a_row_did_is_told_by_its_landing_before_its_outcome(journal: Journal) -> None:
    journal.intend([intent(row) for row in range(2, 7)])
    journal.append(
        landed=[landed(2, Status.CREATED, "c1"), landed(6, Status.UPDATED, "c4")],
        outcomes=[
            ended(2, Status.FAILED, "c1", "tags_failed"),
            ended(3, Status.UPDATED, "c1"),
            ended(4, Status.FAILED, "c9", "duplicate_contact"),
            ended(5, Status.SKIPPED, "c5", "unchanged"),
        ],
    )
    stored = journal.undo.stored(2, 6)
    told = {row: (each.contact_id, each.status, each.last, each.settled) for row, each in stored.items()}
    assert told == {
        2: ("c1", Status.CREATED, False, False),
        3: ("c1", Status.UPDATED, True, True),
        6: ("c4", Status.UPDATED, True, False),
    }
    assert set(journal.reached_contacts()) == {"c1", "c4"}


def test_a_contact_that_had_all_of_a_row_already_is_not_reached(journal: Journal) -> None:
    journal.intend([intent(row) for row in range(2, 7)])
    journal.append(
        landed=[landed(row, Status.UPDATED, f"c{row}") for row in range(2, 7)],
        marks=[note_of(2, made=False), note_of(3, made=True), note_of(5, made=True)],
        outcomes=[
            ended(2, Status.SKIPPED, "c2", "already_there"),
            ended(3, Status.SKIPPED, "c3", "already_there"),  # its own note, found after a lost reply
            ended(4, Status.FAILED, "c4", "note_failed"),
            ended(5, Status.CREATED, "c5"),
            ended(6, Status.SKIPPED, "c6", "unchanged"),  # it was written to by an earlier attempt
        ],
    )
    assert set(journal.reached_contacts()) == {"c3", "c4", "c5", "c6"}


def test_contacts_are_counted_by_what_can_be_done_about_them(journal: Journal) -> None:
    journal.intend([intent(row) for row in range(2, 7)], [image(3, "c2", "Paris")])
    tags = BeforeImage(row=4, contact_id="c3", part=ImagePart.TAGS, tags_added=("a",))
    none = BeforeImage(row=5, contact_id="c4", part=ImagePart.TAGS, tags_added=())
    created = [ended(2, Status.CREATED, "c1"), ended(6, Status.UPDATED, "c1")]
    updated = [ended(row, Status.UPDATED, contact) for row, contact in ((3, "c2"), (4, "c3"), (5, "c4"))]
    journal.append(outcomes=[*created, *updated], images=[tags, none])
    assert journal.undo.count() == {"l": StoredContacts(created=1, restorable=1, updated=2, tagged=2)}
    journal.undo.settle([UndoLine(row=row, contact_id="c1", status=UndoStatus.DELETED) for row in (2, 6)])
    assert journal.undo.count() == {"l": StoredContacts(created=0, restorable=1, updated=2, tagged=2)}


def test_a_contact_that_is_known_to_have_got_tags_alone_is_none_whose_values_are_lost(
    journal: Journal,
) -> None:
    def compared(row: int, contact: str) -> BeforeImage:
        return BeforeImage(row=row, contact_id=contact, part=ImagePart.VALUES, tags_added=("a",))

    journal.intend([intent(row) for row in range(2, 6)], [compared(2, "c1"), compared(3, "c2")])
    ends = [ended(row, Status.UPDATED, contact) for row, contact in ((2, "c1"), (3, "c2"), (4, "c2"))]
    journal.append(outcomes=ends)
    (found,) = journal.undo.count().values()
    assert (found.known, found.updated, found.tagged) == (1, 1, 2), "of a row of c2 nothing is known"
    assert found.contacts == 2


def test_rows_that_may_have_been_sent_are_in_doubt(journal: Journal) -> None:
    journal.intend([intent(row) for row in range(2, 6)])
    journal.append(
        landed=[landed(2, Status.CREATED, "c1")],
        outcomes=[ended(3, Status.FAILED, code="unconfirmed"), ended(4, Status.FAILED, code="refused")],
    )
    assert journal.undo.in_doubt(2, 9) == {3: (1.0, 1.0), 5: (1.0, 1.0)}
    assert [journal.undo.reaches(each) for each in ("c1", "c2")] == [True, False]


def test_rows_that_were_not_sent_after_all_are_in_no_doubt(journal: Journal) -> None:
    journal.intend([intent(2), intent(3)], [image(2, "c1", "Paris")])
    journal.withdraw([replace(intent(2), attempts=0)])
    assert list(journal.undo.in_doubt(2, 9)) == [3]
    assert journal.undo.images(2) == (), "what it finds when it is sent may be something else"


def test_what_only_a_date_told_is_known_of_a_created_contact(journal: Journal) -> None:
    several = replace(ended(5, Status.CREATED, "c4"), attempts=2)
    dated = replace(ended(4, Status.CREATED, "c3"), by_date=True)
    journal.append(
        landed=[landed(2, Status.CREATED, "c1"), replace(landed(3, Status.CREATED, "c2"), by_date=True)],
        outcomes=[dated, several],
    )
    assert {row: each.by_date for row, each in journal.undo.stored(2, 9).items()} == {
        2: False,
        3: True,
        4: True,
        5: True,
    }


def settled(book: UndoBook, row: RowId, status: UndoStatus) -> None:
    book.settle([UndoLine(row=row, contact_id="c1", status=status)])


def test_an_undo_that_was_cut_off_does_no_line_twice_and_the_next_one_looks_again(journal: Journal) -> None:
    first = journal.undo
    first.begin(None)
    for row, status in ((2, UndoStatus.DELETED), (3, UndoStatus.KEPT), (4, UndoStatus.BEGUN)):
        settled(first, row, status)
    cut_off = journal.undo
    assert [cut_off.done(row) is not None for row in (2, 3, 4, 5)] == [True, True, False, False]
    assert [cut_off.begun(row) for row in (2, 3, 4, 5)] == [False, False, True, False]
    cut_off.begin(None)
    cut_off.end(RunState.FINISHED)
    again = journal.undo
    assert [again.done(row) is not None for row in (2, 3, 4)] == [True, False, False]
    assert again.lines(2, 3)[3].status is UndoStatus.KEPT


def test_a_run_is_undone_from_the_begin_of_an_undo_on_and_its_own_state_stays(
    journal: Journal, clock: _Hand
) -> None:
    journal.set_rows_read(0)
    journal.set_state(RunState.FINISHED)
    clock.at += 60
    book = journal.undo
    book.begin(None)
    clock.at += 5
    book.end(RunState.STOPPED, "the day is spent")
    seconds = journal.seconds()
    journal.close()
    with Journal.open(journal.folder) as opened:
        assert opened.run.undone_at == clock.at - 5
        assert opened.run.state is RunState.FINISHED
        assert [each.kind for each in opened.sessions()] == [SessionKind.RUN, SessionKind.UNDO]
        assert opened.sessions()[-1].reason == "the day is spent"
    assert seconds == 0.0  # what an undo takes is no part of the run


@pytest.mark.parametrize(
    ("table", "alter"),
    [
        ("before_images", "UPDATE before_images SET contact_id = 'c2'"),
        ("undo_lines", "UPDATE undo_lines SET contact_id = 'c2'"),
        ("undo_moments", "UPDATE undo_moments SET at = 1"),
        ("created_by_date", 'UPDATE created_by_date SET "row" = 7'),
    ],
)
@pytest.mark.file_alone
def test_a_line_that_was_altered_is_damage(journal: Journal, table: str, alter: str) -> None:
    journal.intend([intent(2)], [image(2, "c1", "Paris")])
    settled(journal.undo, 2, UndoStatus.RESTORED)
    journal.append(outcomes=[replace(ended(2, Status.CREATED, "c1"), by_date=True)])
    journal._db.execute(alter)
    journal.close()
    with pytest.raises(DamagedError, match=f"its table {table} is not as it was written"):
        Journal.open(journal.folder)


@pytest.mark.parametrize(
    ("ends", "written"),
    [
        ([UndoStatus.BEGUN], ["c1"]),
        ([UndoStatus.DELETED], ["c1"]),
        ([UndoStatus.RESTORED], ["c1"]),
        ([UndoStatus.BEGUN, UndoStatus.KEPT], ["c1"]),
        ([UndoStatus.BEGUN, UndoStatus.FAILED], ["c1"]),
        ([UndoStatus.KEPT], []),
        ([UndoStatus.NOTHING], []),
    ],
    ids=str,
)
@pytest.mark.file_alone
def test_a_contact_that_was_taken_back_was_written_to_lately(
    journal: Journal, clock: _Hand, ends: list[UndoStatus], written: list[str]
) -> None:
    journal.intend([intent(2)])
    journal.append(outcomes=[ended(2, Status.UPDATED, "c1")])
    clock.at += DAY
    for status in ends:
        settled(journal.undo, 2, status)
    found = list(written_since(journal.folder, "l", clock.at))
    assert found == [(each, clock.at) for each in written]
    assert not list(written_since(journal.folder, "l", clock.at + 1))


@pytest.mark.file_alone
def test_what_rows_found_is_forgotten_after_thirty_days(
    state: StateFolder, begin: Callable[..., Journal], clock: _Hand
) -> None:
    with begin() as journal:
        journal.intend([intent(2)], [image(2, "c1", "a-city-of-before")])
        journal.append(outcomes=[ended(2, Status.UPDATED, "c1")])
        journal.set_rows_read(1)
        journal.set_state(RunState.FINISHED)
    (journal.folder / "plan.db").write_text("decisions")
    clock.at += 29 * DAY
    state.sweep(None)
    assert holds(journal.folder, b"a-city-of-before")
    clock.at += 2 * DAY
    state.sweep(None)
    assert not holds(journal.folder, b"a-city-of-before")
    assert not (journal.folder / IMAGES_MARK).exists()
    assert not (journal.folder / "plan.db").exists()
    with Journal.open(journal.folder) as opened:
        assert opened.undo.images(2) == ()
        assert opened.counts().updated == 1


@pytest.mark.file_alone
def test_what_a_run_at_work_found_is_left_alone(
    state: StateFolder, begin: Callable[..., Journal], clock: _Hand
) -> None:
    with begin() as journal:
        journal.intend([intent(2)], [image(2, "c1", "Paris")])
        journal.set_state(RunState.STOPPED, "Ctrl-C")
    clock.at += 40 * DAY
    with state.lock(journal.run):
        state.sweep(None)
    assert (journal.folder / IMAGES_MARK).exists()


def holds(folder: Path, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in folder.glob("journal.db*"))


@pytest.mark.file_alone
def test_runs_without_images_are_not_opened_for_them(
    state: StateFolder, begin: Callable[..., Journal], clock: _Hand, make_run: Callable[..., Run]
) -> None:
    with begin() as journal:
        journal.intend([intent(2)])
    assert not (journal.folder / IMAGES_MARK).exists()
