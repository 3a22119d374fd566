"""Which runs the rows were of that a run of some rows of the same source sends again."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from importer.errors import ImporterError, RunConflictError
from importer.reading.selection import RowNumbers
from importer.records import row_id
from importer.runs.lineage import Goal, Lineage
from importer.sources import StagedSource
from importer.sources.selection import kept_rows
from importer.state import StateFolder
from importer.state.journal import Run


def follow(lineage: Lineage, staged: Sequence[StagedSource], state: StateFolder, wanted: str | None) -> None:
    """Note of each row that is meant which run sent it last: the one that is wanted, or the newest of the same source.

    Raises RunConflictError for one that had another source, or other contacts to make of it.
    """
    goal = lineage.goal
    forerunners = (
        _forerunners(goal, staged, state) if wanted is None else [_named(goal, staged, state, wanted)]
    )
    left = {each.index: array("L", kept_rows(each) or ()) for each in staged}
    for run in forerunners:
        for source in run.sources:
            left[source.index] = _take(lineage, run, source, left[source.index])
        if not any(left.values()):
            return


def _take(lineage: Lineage, run: Run, source: StagedSource, numbers: Iterable[int]) -> array[int]:
    """Give a run the rows that it had; what is left is for those before it."""
    rest, had = array("L"), _rows_of(source)
    for number in numbers:
        if had is None or number in had:
            lineage.add(row_id(source.index, number), run, row_id(source.index, number))
        else:
            rest.append(number)
    return rest


def _rows_of(source: StagedSource) -> RowNumbers | None:
    """Give the rows that a run took of a source; None: all of them."""
    try:
        return kept_rows(source)
    except ImporterError:  # the list is gone: it proves nothing of any row
        return RowNumbers(())


def _forerunners(goal: Goal, staged: Sequence[StagedSource], state: StateFolder) -> Iterator[Run]:
    """Look for runs of the same source that went where this one goes, newest first."""
    for read in state.runs_of_contents(goal.place, _contents(staged)):
        with suppress(ImporterError):
            run = read()
            # One that took the first rows alone does not tell which those were.
            if _is_of(run, goal, staged) and run.undone_at is None and not run.options.get("limit"):
                yield run


def _named(goal: Goal, staged: Sequence[StagedSource], state: StateFolder, wanted: str) -> Run:
    run = state.find(wanted)
    if not _is_of(run, goal, staged):
        raise RunConflictError(
            f"Run {run.id} is no run of {', '.join(each.name for each in staged)} into the same place, as it is now: it "
            "cannot be followed. Leave --follows out, or name the file that it imported. Nothing was sent."
        )
    return run


def _is_of(run: Run, goal: Goal, staged: Sequence[StagedSource]) -> bool:
    return goal.is_of(run) and _contents(run.sources) == _contents(staged)


def _contents(staged: Sequence[StagedSource]) -> tuple[str, ...]:
    return tuple(each.content_sha256 for each in staged)
