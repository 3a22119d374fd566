"""Whom a run that began later imported since: going on with this one must not put older values over newer ones."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Self

from importer.errors import ImporterError
from importer.mapping.persons import HeldKey, Person, PersonReader
from importer.mapping.shared_keys import MatchedBy, join
from importer.records import (
    Intent,
    KeyHolder,
    Landed,
    Outcome,
    Record,
    Remedy,
    RowId,
    RowState,
    Status,
    number_of,
)
from importer.runs.intake import Mapped
from importer.runs.key_sharing import KeyPlace
from importer.runtime.counting import counted
from importer.state import StateFolder
from importer.state.journal import Journal, Run
from importer.state.memory import KeyHolders

_AT_ONCE: Final = 1_000


class _LaterRuns:
    """The runs that began later and went to the same place, by their numbers in the memory of keys.

    A journal is opened once a row asks for it: of a nightly job there may be hundreds.
    """

    def __init__(self, run: Run, state: StateFolder, holders: KeyHolders) -> None:
        self._state = state
        self._runs = dict(_went_there(run, state, holders.later_runs(run.id)))
        self._journals: dict[int, Journal | None] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __bool__(self) -> bool:
        return bool(self._runs)

    def arrival(self, holder: KeyHolder) -> tuple[str, RowId] | None:
        """Give the run and the row that hold a key; None unless the contact is now what that row said."""
        run, journal = self._runs.get(holder.run), self._journal(holder.run)
        if run is None or journal is None:
            return None
        row_state = journal.row_states(holder.row, holder.row).get(holder.row)
        return (run.id, holder.row) if isinstance(row_state, Outcome) and _stands(row_state) else None

    def _journal(self, number: int) -> Journal | None:
        if number in self._runs and number not in self._journals:
            self._journals[number] = None  # a damaged one tells nothing
            with contextlib.suppress(ImporterError):
                opened = self._state.open_journal(self._runs[number], thorough=False)
                self._journals[number] = self._open.enter_context(opened)
        return self._journals.get(number)


def _went_there(run: Run, state: StateFolder, later_runs: Mapping[int, str]) -> Iterator[tuple[int, Run]]:
    for number, run_id in later_runs.items():
        with contextlib.suppress(ImporterError):
            later = state.run(run_id)
            if _goes_where(later, run) and later.undone_at is None:
                yield number, later


class Overtaken:
    """The rows that a run which began later overtook, each with the row that did: numbers alone, since they may be many."""

    def __init__(self) -> None:
        self._rows, self._later_rows, self._runs = array("q"), array("q"), array("l")
        self._numbers: dict[str, int] = {}
        self._skipped = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: RowId, run_id: str, later_row: RowId) -> None:
        self._rows.append(row)
        self._later_rows.append(later_row)
        self._runs.append(self._numbers.setdefault(run_id, len(self._numbers)))

    @property
    def sentence(self) -> str:
        return (
            f"{counted(self._skipped, 'row')} left alone (superseded): a run that began after this one imported the same people "
            "since, and their newer values stay. --over-newer sends such rows all the same."
        )

    def settle(self, journal: Journal) -> int:
        """Skip those that would write values now; one whose contact is stored has written them, and the rest of it goes on."""
        run_ids = list(self._numbers)
        for start in range(0, len(self), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            rows = self._rows[part]
            row_states = journal.row_states(min(rows), max(rows))
            skipped = [
                _skipped(row, run_ids[number], later_row)
                for row, number, later_row in zip(rows, self._runs[part], self._later_rows[part], strict=True)
                if not isinstance(row_states.get(row), Outcome | Landed)
            ]
            journal.settle(skipped)
            self._skipped += len(skipped)
        return self._skipped


def find_overtaken(
    journal: Journal,
    pieces: Callable[[], Iterable[Mapped]],
    *,
    keys: KeyPlace | None,
    state: StateFolder,
    matching: MatchedBy,
    retrying: bool,
) -> Overtaken:
    """Find each row that is still to be sent while a run that began later imported its person.

    Who was imported since is told by the memory of keys, and that it came through by that run's journal. ``pieces`` is
    asked only where there is such a run, and before anything takes hold of keys for this one.
    """
    overtaken = Overtaken()
    if keys is None or keys.folder is None or not KeyHolders.is_in(keys.folder):
        return overtaken
    with (
        keys.open(journal.folder) as holders,
        _LaterRuns(journal.run, state, holders) as later,
    ):
        if not later:
            return overtaken
        reader = PersonReader(holders.hash)
        for mapped in pieces():
            unsent = _unsent(journal, mapped, retrying=retrying)
            persons = [reader.read(record, matching(record)) for record in unsent]
            for row, arrival in _overtaken([each for each in persons if each is not None], holders, later):
                overtaken.add(row, *arrival)
    return overtaken


def _overtaken(
    persons: list[Person], holders: KeyHolders, later: _LaterRuns
) -> Iterator[tuple[RowId, tuple[str, RowId]]]:
    found = holders.find({held.key for person in persons for held in person.keys})
    for person in persons:
        arrivals = (
            later.arrival(holder)
            for held in person.keys
            if (holder := found.get(held.key)) is not None and _is_same(holder, person, held, holders.run)
        )
        if (arrival := next(filter(None, arrivals), None)) is not None:
            yield person.row, arrival


def _is_same(holder: KeyHolder, person: Person, held: HeldKey, run: int) -> bool:
    return holder.run != run and join(holder, person, held, run) is not None


def _unsent(journal: Journal, mapped: Mapped, *, retrying: bool) -> Iterator[Record]:
    """Give the rows that would be sent anew; one that may be stored already is settled by evidence, as ever."""
    if not mapped:
        return
    row_states = journal.row_states(mapped[0].row, mapped[-1].row)
    for item in mapped:
        row_state = row_states.get(item.row)
        if isinstance(item, Record) and (row_state is None or (retrying and _fails_again(row_state))):
            yield item


def _fails_again(row_state: RowState) -> bool:
    """Tell a row that a retry sends again: it failed, or an earlier retry that was cut off had opened it."""
    return isinstance(row_state, Intent) or (
        isinstance(row_state, Outcome) and row_state.remedy is Remedy.RUN_AGAIN
    )


def _goes_where(later: Run, run: Run) -> bool:
    by_column = None in (later.location_id, run.location_id)
    return later.place == run.place and (by_column or later.location_id == run.location_id)


def _stands(outcome: Outcome) -> bool:
    return outcome.status in {Status.CREATED, Status.UPDATED} or outcome.code == "unchanged"


def _skipped(row: RowId, run_id: str, later_row: RowId) -> Outcome:
    return Outcome(
        row=row,
        status=Status.SKIPPED,
        code="superseded",
        message=f"Run {run_id}, which began after this one, imported the same person by its row {number_of(later_row)}; sending "
        "this row now would put its older values over the newer ones. With --over-newer it would have been sent.",
    )
