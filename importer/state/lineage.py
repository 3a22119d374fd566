"""Which runs took up the failed rows of another, row by row: a list in the folder of each of the two.

A run that imports the failed rows of another is its successor; the row there is the row's origin.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from importer.errors import ImporterError, StateError
from importer.records import RowId, Since, Status, value_type
from importer.state.database import database_is_there
from importer.state.journal import Journal
from importer.state.journal.notes import add_notes, read_notes
from importer.state.postgres.faces import face_of

_ORIGINS: Final = "origins"
_SUCCESSORS: Final = "successors"
_DONE: Final = (Status.CREATED, Status.UPDATED, Status.SKIPPED)


@value_type(frozen=True, slots=True, kw_only=True)
class Origin:
    """A row, and which row of which run it was."""

    row: RowId
    run_id: str
    origin: RowId


def write_origins(folder: Path, origins: Iterable[Origin]) -> None:
    """Keep where the rows of a new run come from. Raises StateError."""
    _append(folder / _ORIGINS, (f"{each.row} {each.run_id} {each.origin}" for each in origins))


def read_origins(folder: Path) -> Iterator[Origin]:
    """Give the origins of a run's rows; none where its rows come from no other run."""
    for line in _lines(folder / _ORIGINS):
        row, run_id, origin, *_ = (*line.split(" "), "", "")
        if row.isdecimal() and origin.isdecimal():
            yield Origin(row=int(row), run_id=run_id, origin=int(origin))


def forerunners_of(folder: Path) -> tuple[str, ...]:
    """Name the runs whose rows this one has, and those whose rows they had, as far as they are still known."""
    found: list[str] = []
    for run_id in sorted({each.run_id for each in read_origins(folder)}):
        forerunner = folder.with_name(run_id)
        if (
            run_id < folder.name
            and Path(run_id).name == run_id
            and database_is_there(forerunner / "journal.db")
        ):
            found.extend((run_id, *forerunners_of(forerunner)))
    return tuple(dict.fromkeys(found))


def add_successor(folder: Path, run_id: str) -> None:
    """Note in a run's folder who took up its rows. Raises StateError."""
    if database_is_there(folder / "journal.db"):  # it may have been forgotten meanwhile
        _append(folder / _SUCCESSORS, [run_id])


def successors_of(folder: Path) -> tuple[str, ...]:
    """Name the runs that took up rows of this one and are still known, oldest first."""
    later = {name for name in _lines(folder / _SUCCESSORS) if name > folder.name and Path(name).name == name}
    return tuple(sorted(name for name in later if database_is_there(folder.with_name(name) / "journal.db")))


def corrections_since(folder: Path, journal: Journal) -> Since | None:
    """Count what became of a run's failed rows in its successors, and in theirs; None where none of it stands.

    A successor that was taken back corrected nothing.
    """
    home = taken_home(folder)
    # Of nearly every run nobody took up a row, and the set of all that it did would be its largest thing in memory.
    corrected = len(home.keys() - journal.rows_ended(_DONE)) if home else 0
    successors = successors_of(folder)
    kept = tuple(run_id for run_id in successors if not _is_undone(folder.with_name(run_id)))
    if not (kept or corrected):
        return None
    return _since(journal, kept or successors, corrected)


def nothing_since(folder: Path, journal: Journal) -> Since | None:
    """Say of a run whose successors were all taken back that they corrected nothing; None where it had none."""
    successors = successors_of(folder)
    return _since(journal, successors, 0) if successors else None


def _since(journal: Journal, successors: tuple[str, ...], corrected: int) -> Since:
    counts = journal.counts()
    return Since(successors=successors, failed=counts.failed + counts.pending, corrected=corrected)


def taken_home(folder: Path) -> dict[RowId, str]:
    """Find the rows of a run that came through in a successor, or in a successor of that, with the run that did it."""
    rows: dict[RowId, str] = {}
    for run_id in successors_of(folder):
        successor = folder.with_name(run_id)
        through = {**taken_home(successor), **dict.fromkeys(_done_in(successor), run_id)}
        for each in read_origins(successor):
            if each.run_id == folder.name and each.row in through:
                rows[each.origin] = through[each.row]
    return rows


def _done_in(folder: Path) -> set[RowId]:
    try:
        with Journal.open(folder, thorough=False) as journal:
            return set() if journal.run.undone_at is not None else journal.rows_ended(_DONE)
    except ImporterError:  # a damaged run proves nothing of its rows
        return set()


def _is_undone(folder: Path) -> bool:
    try:
        with Journal.open(folder, thorough=False) as journal:
            return journal.run.undone_at is not None
    except ImporterError:
        return False


def _append(path: Path, lines: Iterable[str]) -> None:
    if face_of(path) is not None:
        add_notes(path.parent, path.name, lines)
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as cause:
        raise StateError(f"{path} cannot be written: {cause.strerror or cause}.") from None


def _lines(path: Path) -> Iterator[str]:
    if face_of(path) is not None:
        yield from read_notes(path.parent, path.name)
    elif path.is_file():
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from (line.rstrip("\n") for line in file)
