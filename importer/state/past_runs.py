"""The runs that a state folder holds. An index leads to those that concern a new one, so that no other is read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from importer.errors import ImporterError, StateError
from importer.records import QuotaMark
from importer.runtime.logs import logger_of
from importer.runtime.process_lock import LockHeldError
from importer.state.database import DamagedError
from importer.state.journal import Identity, Journal, Run, has_begun, read_identity
from importer.state.journal.undo_book import IMAGES_MARK
from importer.state.postgres.faces import face_of
from importer.state.previous import History
from importer.state.quota import latest
from importer.state.run_index import RunIndex, RunMarks

logger = logger_of(__name__)

_Answer = TypeVar("_Answer")
_Entry = TypeVar("_Entry")
_JOURNAL_FILES: Final = ("journal.db", "journal.db-wal")
_USED_SINCE: Final = "EXISTS (SELECT 1 FROM {0}.all_sessions WHERE coalesce(ended_at, 'infinity') >= $1)"
_WITH_IMAGES: Final = "EXISTS (SELECT 1 FROM {0}.before_images)"


class PastRuns:
    """The folders of runs in one state folder.

    ``read`` reads a run by its id, ``locked`` holds its lock (LockHeldError while somebody works on it).
    """

    def __init__(
        self,
        state: Path,
        *,
        read: Callable[[str], Run],
        locked: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self.path = state / "runs"
        self._state = state
        self._face = face_of(state / "runs.db")
        self._read = read
        self._locked = locked

    def ids(self) -> tuple[str, ...]:
        """List the ids of all runs that began, damaged ones too, newest first."""
        names = self._names()
        return tuple(sorted(names - self._not_begun(names), reverse=True))

    def has(self, run_id: str) -> bool:
        """Tell whether a run of that id began."""
        return run_id in self._names() if self._face is not None else self._has_begun(run_id)

    def used_since(self, since: float) -> Iterator[str]:
        """Name the runs whose journals were written to since a moment, newest first."""
        if self._face is not None:
            yield from self._where(_USED_SINCE, since)
            return
        for run_id in self.ids():
            if self._used_at(run_id) >= since:
                yield run_id

    def with_images(self, before: str) -> Iterator[str]:
        """Name the runs with ids before one that hold what their rows found at contacts."""
        if self._face is not None:
            yield from self._where(_WITH_IMAGES, before=before)
            return
        for run_id in self.ids():
            # Asked of each of thousands of folders: a Path takes three times as long.
            if run_id < before and os.path.isfile(f"{self.path}/{run_id}/{IMAGES_MARK}"):  # noqa: PTH113
                yield run_id

    def newest(self, begins: str = "") -> Iterator[str]:
        """Give the ids of runs that began, newest first, for whoever wants few of them: each is looked at when it is taken."""
        names = sorted((name for name in self._names() if name.startswith(begins)), reverse=True)
        return filter(self._has_begun, names)

    def leftovers(self) -> Iterator[Path]:
        """Give the folders in which no run began, or not yet."""
        if self._face is not None:  # of a run that is forgotten, scratch may be left on this machine
            known = self._names()
            return (self.path / entry for entry in self._listed(os.listdir) if entry not in known)
        return (self.path / name for name in self._not_begun(self._names()))

    def let_go(self) -> None:
        """Take a forgotten run from the index now; where that fails, the next start does it."""
        self._ask(self._names(), lambda _: None, lambda: None)

    def with_sources_of(self, wanted: Identity, *, but: str) -> History:
        """Give the runs that may have had the same sources in the same place, newest first, but for one."""
        return self._history(
            self._ask(self._names(), lambda index: index.of_sources(wanted), self._all_ids), but
        )

    def with_contents(self, place: str, contents: tuple[str, ...]) -> History:
        """Give the runs that may have had sources of these bytes in a place, newest first."""
        return self._history(
            self._ask(self._names(), lambda index: index.of_contents(place, contents), self._all_ids), ""
        )

    def by_mapping(self, place: str, mapping: Path, *, but: str) -> History:
        """Give the runs that may have gone to a place by a mapping file, newest first, but for one."""
        return self._history(
            self._ask(self._names(), lambda index: index.of_mapping(place, mapping), self._all_ids), but
        )

    def quota_marks(self, base_url: str, since: float) -> dict[str, QuotaMark]:
        """Tell what is known of the quota from the runs whose journals were written ``since``."""
        if self._face is not None:  # every mark is in the memory of quotas as well, where all machines look
            return {}
        stamps = dict(self._stamps())

        def ask(index: RunIndex) -> dict[str, QuotaMark]:
            if changed := index.changed(stamps):
                index.keep_marks([self._marks_of(run_id, stamps[run_id], since) for run_id in changed])
            return index.marks(base_url, since)

        return self._ask(set(stamps), ask, lambda: self._all_marks(base_url, since))

    # how

    def _names(self) -> set[str]:
        if self._face is None:
            return set(self._listed(os.listdir))
        from importer.state.postgres.schemas import run_ids

        return set(run_ids(self._face))

    def _where(self, condition: str, *values: float, before: str = "") -> Iterator[str]:
        from importer.state.postgres.schemas import runs_where

        if self._face is not None:
            ids = sorted((each for each in self._names() if not before or each < before), reverse=True)
            yield from runs_where(self._face, ids, condition, values)

    def _stamps(self) -> Iterator[tuple[str, int]]:
        """Stamp each folder with its time, which is another one once a session opened its journal, or closed it."""
        for entry in self._entries():
            with contextlib.suppress(OSError):  # gone meanwhile
                yield entry.name, entry.stat().st_mtime_ns

    def _entries(self) -> list[os.DirEntry[str]]:
        return self._listed(lambda path: list(os.scandir(path)))

    def _listed(self, listing: Callable[[Path], list[_Entry]]) -> list[_Entry]:
        try:
            return listing(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as cause:
            raise unusable(self._state, cause) from cause

    def _not_begun(self, names: set[str]) -> set[str]:
        """Sort out the folders without a run; those in the index have one, the rest is looked into."""
        known: set[str] = self._ask(names, RunIndex.known, set)
        return {name for name in names - known if not self._has_begun(name)}

    def _all_ids(self) -> tuple[str, ...]:
        return tuple(sorted(filter(self._has_begun, self._names()), reverse=True))

    def _has_begun(self, name: str) -> bool:
        return self._face is not None or (not name.startswith(".") and has_begun(self.path / name))

    def _ask(
        self, names: set[str], ask: Callable[[RunIndex], _Answer], otherwise: Callable[[], _Answer]
    ) -> _Answer:
        """Ask the index once it has followed the folders; where it cannot be used, every run is looked through."""
        if self._face is None and not self.path.is_dir():  # a check leaves no file where there is nothing yet
            return otherwise()
        runs = {name for name in names if not name.startswith(".")}
        try:
            with RunIndex.open(self._state) as index:
                index.follow(runs, self._identify)
                return ask(index)
        except StateError as cause:
            if isinstance(cause, DamagedError):
                RunIndex.remove(self._state)
            logger.info("%s", cause)
            return otherwise()

    def _identify(self, run_id: str) -> Identity | None:
        if not self._has_begun(run_id):
            return None
        identity = read_identity(self.path / run_id)
        if identity is None:  # begun by an older importer
            with contextlib.suppress(ImporterError):
                identity = Identity.of(self._read(run_id))
        return identity

    def _history(self, run_ids: Iterable[str], but: str) -> History:
        for run_id in run_ids:
            if run_id != but and (identity := self._identify(run_id)) is not None:
                yield identity, partial(self._read, run_id)

    def _marks_of(self, run_id: str, stamp: int, since: float) -> RunMarks:
        used_at = self._used_at(run_id)
        if used_at < since:
            return RunMarks(run_id=run_id, used_at=used_at, stamp=stamp)
        try:
            with self._locked(run_id):  # so that nobody marks anything between the reading and the stamp
                found = self._read_marks(run_id, used_at)
                return replace(found, stamp=(self.path / run_id).stat().st_mtime_ns)
        except LockHeldError:
            return self._read_marks(run_id, used_at)
        except OSError:  # forgotten just now
            return RunMarks(run_id=run_id)

    def _used_at(self, run_id: str) -> float:
        files = (self.path / run_id / name for name in _JOURNAL_FILES)
        return max((path.stat().st_mtime for path in files if path.exists()), default=0.0)

    def _read_marks(self, run_id: str, used_at: float) -> RunMarks:
        with (
            contextlib.suppress(ImporterError),
            Journal.open(self.path / run_id, thorough=False) as journal,
        ):
            marks = tuple(journal.quota_marks().values())
            return RunMarks(run_id=run_id, base_url=journal.run.base_url, marks=marks, used_at=used_at)
        return RunMarks(run_id=run_id)

    def _all_marks(self, base_url: str, since: float) -> dict[str, QuotaMark]:
        found: dict[str, QuotaMark] = {}
        for run_id in self._all_ids():
            if (used_at := self._used_at(run_id)) >= since:
                read = self._read_marks(run_id, used_at)
                if read.base_url == base_url:
                    found = latest(found, {mark.location_id: mark for mark in read.marks})
        return found


def unusable(state: Path, cause: OSError) -> StateError:
    return StateError(
        f"The state folder {state} cannot be used: {cause.strerror}. Name another one with --state."
    )
