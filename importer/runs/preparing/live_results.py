"""Results written while rows are still sent: a thread follows the journal, block by settled block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Final

from importer.mapping import Mapping
from importer.reading import Source
from importer.results import ResultsWriter, Summary
from importer.runs.preparing.order import Order
from importer.runs.preparing.writing import finish_results, open_writer
from importer.state.journal import Journal, Run

_SHORTEST_WAIT_SECONDS: Final = 0.05
_LONGEST_WAIT_SECONDS: Final = 2.0


class Follower:
    """Writes ahead of being asked, so that little is left to write when the last row is settled.

    An outcome stands for good once it is in the journal, so a settled block can be written at once. Whatever goes
    wrong here is no harm: the files appear only when they are whole, and can be written anew.
    """

    def __init__(
        self, order: Order, mapping: Mapping, folder: Path, sources: Sequence[Source] | None = None
    ) -> None:
        self._order = order
        self._sources = sources
        self._mapping = mapping
        self._folder = folder
        self._enough = Event()
        self._run: Run | None = None
        self._summary: Summary | None = None
        self._thread = Thread(target=self._follow, name="results", daemon=True)
        self._thread.start()

    def finish(self, run: Run) -> Summary | None:
        """Write what is left of a run that ended; None where following went wrong and all is to be written anew."""
        self._run = run
        self._enough.set()
        self._thread.join()
        return self._summary

    def give_up(self) -> None:
        """Leave no files behind."""
        self._enough.set()
        self._thread.join()

    def _follow(self) -> None:
        try:
            with (
                Journal.open(self._folder, thorough=False) as journal,
                open_writer(self._order, self._mapping, journal, self._sources) as writer,
            ):
                self._write_along(writer)
                self._summary = finish_results(writer, self._order, self._mapping, journal, self._ended())
        except Exception:  # noqa: BLE001  (whoever asks for the files will meet it again, or not)
            self._summary = None

    def _ended(self) -> Run:
        """Give the run as it ended; raise where nobody will ask for the files, so that what was written is deleted."""
        if self._run is None:
            raise _GivenUpError
        return self._run

    def _write_along(self, writer: ResultsWriter) -> None:
        wait = _SHORTEST_WAIT_SECONDS
        while not self._enough.wait(wait):
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
            for _ in writer.advance():
                wait = _SHORTEST_WAIT_SECONDS
                if self._enough.is_set():
                    return


class _GivenUpError(Exception):
    """Nobody will ask for the files; never leaves this module."""
