"""Which contacts of a run other runs wrote to since: what those hold is not this run's work any more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from importer.errors import ImporterError
from importer.state import StateFolder
from importer.state.journal import Run
from importer.state.journal.lately import written_since
from importer.state.journal.undo_book import UndoBook


def note_later_runs(run: Run, book: UndoBook, state: StateFolder) -> None:
    """Note the contacts that another run wrote to since, whatever it wrote there; a damaged run tells nothing."""
    for run_id in (*_begun_later(run, state), *_gone_on_with(run, state)):
        with contextlib.suppress(ImporterError):
            other = state.run(run_id)
            if other.place == run.place and other.undone_at is None and not other.sandbox:
                _note(run, other, book, state)


def _begun_later(run: Run, state: StateFolder) -> Iterator[str]:
    return (run_id for run_id in state.run_ids() if run_id > run.id)


def _gone_on_with(run: Run, state: StateFolder) -> Iterator[str]:
    """Name the older runs that were written to after this one had begun: they were resumed or retried."""
    return (run_id for run_id in state.run_ids_since(run.started_at) if run_id < run.id)


def _note(run: Run, other: Run, book: UndoBook, state: StateFolder) -> None:
    if other.id < run.id:
        book.take_up_later(written_since(state.run_folder(other.id), None, run.started_at), other.id)
        return
    with state.open_journal(other, thorough=False) as journal:
        book.take_up(journal.reached_contacts(), other.id)
