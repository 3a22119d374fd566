"""Results that are written while rows are still sent say just what those say that are written at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.records import Outcome, Status, row_id
from importer.runs.preparing.live_results import Follower
from importer.runs.preparing.writing import open_writer, write_results
from importer.settings import ResultsFormat
from importer.state.journal import RunState
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from tests.runs.preparing.conftest import Bureau

ROWS = range(2, 1_202)


def written(folder: Path) -> dict[str, bytes | dict[str, bytes]]:
    """Read what was written: texts as bytes, workbooks by their parts but the one that holds the time of writing."""
    return {
        path.name: _parts(path) if path.suffix == ".xlsx" else path.read_bytes()
        for path in folder.iterdir()
        if path.suffix != ".html"
    }


def _parts(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"}


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def drafts(house: Bureau) -> list[Path]:
    return list(house.order.folder.glob(".results-*"))


@pytest.mark.parametrize("results_format", ResultsFormat)
def test_a_follower_writes_what_a_single_writing_writes(
    bureau: Callable[..., Bureau], results_format: ResultsFormat
) -> None:
    house = bureau(results_format=results_format)
    house.journal.set_rows_read(len(ROWS))
    follower = Follower(house.order, house.mapping, house.journal.folder)
    house.settle(*ROWS[:1_100])
    # the second block has rows that are not settled: what is written by now is the first one
    until(
        lambda: (
            any(draft.stat().st_size > 10_000 for draft in drafts(house))
            or results_format is ResultsFormat.XLSX
        )
    )
    house.settle(*ROWS[1_100:])
    house.journal.set_state(RunState.FINISHED)
    followed = follower.finish(house.journal.run)
    assert followed is not None
    files = written(house.order.folder)
    assert write_results(house.order, house.mapping, house.journal) == followed
    if results_format is ResultsFormat.CSV:
        assert written(house.order.folder) == files


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.lists(st.integers(0, len(ROWS) - 1), max_size=600), max_size=5),
    whole=st.booleans(),
)
def test_in_whatever_order_rows_are_settled_the_files_are_the_same(
    bureau: Callable[..., Bureau], *, steps: list[list[int]], whole: bool
) -> None:
    house = bureau()
    journal = house.journal
    journal.set_rows_read(len(ROWS))
    settled: set[int] = set()
    with open_writer(house.order, house.mapping, journal) as writer:
        for step in [*steps, [*range(len(ROWS))] if whole else []]:
            new = sorted({ROWS[place] for place in step} - settled)
            journal.settle(map(_ended, new))
            settled.update(new)
            for _ in writer.advance():
                pass
        journal.set_state(RunState.FINISHED if whole else RunState.STOPPED)
        followed = writer.finish(journal.run)
    files = written(house.order.folder)
    assert followed.created + followed.failed == len(settled)
    assert followed.pending == len(ROWS) - len(settled)
    assert write_results(house.order, house.mapping, journal) == followed
    assert written(house.order.folder) == files


def _ended(number: int) -> Outcome:
    if number % 50 == 0:
        return Outcome(
            row=row_id(0, number), status=Status.FAILED, code="refused", message="no", location_id="loc1"
        )
    return Outcome(row=row_id(0, number), status=Status.CREATED, contact_id=f"c{number}", location_id="loc1")


def test_who_gives_up_leaves_nothing_behind(bureau: Callable[..., Bureau]) -> None:
    house = bureau()
    house.journal.set_rows_read(len(ROWS))
    follower = Follower(house.order, house.mapping, house.journal.folder)
    house.settle(*ROWS)
    until(lambda: bool(drafts(house)))
    follower.give_up()
    assert list(house.order.folder.iterdir()) == []


def test_where_following_went_wrong_nothing_is_told_and_all_can_be_written_anew(
    bureau: Callable[..., Bureau],
) -> None:
    house = bureau()
    house.journal.set_rows_read(len(ROWS))
    house.order.folder.parent.mkdir()
    house.order.folder.write_text("a file where the folder is to be")
    follower = Follower(house.order, house.mapping, house.journal.folder)
    house.settle(*ROWS)
    house.journal.set_state(RunState.FINISHED)
    assert follower.finish(house.journal.run) is None
    house.order.folder.unlink()
    assert write_results(house.order, house.mapping, house.journal).created == len(ROWS)


def test_drafts_of_a_process_that_was_killed_are_deleted_and_nothing_else(
    bureau: Callable[..., Bureau],
) -> None:
    house = bureau()
    house.journal.set_rows_read(len(ROWS))
    folder = house.order.folder
    folder.mkdir(parents=True)
    left, own = folder / ".results-0a1b2c3d.csv", folder / ".results-notes.csv"
    for path in (left, own):
        path.write_text("x")
    write_results(house.order, house.mapping, house.journal)
    assert (left.exists(), own.exists()) == (False, True)
