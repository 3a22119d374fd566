"""The parts of a run in Postgres: one for each location, each with its own state, its own holder and its own end."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import StateError
from importer.records import Json, Remedy, Status, value_type
from importer.runtime.clock import Clock
from importer.state.database import Database
from importer.state.journal import Journal
from importer.state.journal.run import ANEW
from importer.state.journal.storage import FILE_NAME, open_up_to_date
from importer.state.postgres.faces import face_of
from importer.state.remote import EndWish, discard_old_wish, ending, leave_wish, take_wish

if TYPE_CHECKING:
    from importer.state.journal.shared_writer import PartWriters

WHOLE: Final = "*"
"""The one part of a run that one process works on."""
AGAIN: Final = "retry"
"""The reason why a part is queued whose failed rows are to be sent again."""
_NOW: Final = "extract(epoch FROM clock_timestamp())"
_COLUMNS: Final = (
    "location, state, reason, reason_code, rows_read, pass, epoch, holder, since, wish, wished_by"
)


class PartState(StrEnum):
    """How far a part is; all but the first are a run's as well."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


@value_type(frozen=True, slots=True, kw_only=True)
class PartLine:
    """What is known of one part."""

    location: str
    state: PartState
    reason: str | None
    reason_code: str | None
    rows_read: int
    turn: int
    """The pass over its rows: 1, and one more with each retry."""
    epoch: int
    """How often somebody took it over."""
    holder: str | None
    since: float | None
    """When that was, by the server's clock."""
    wish: EndWish | None
    wished_by: str | None


class RunParts:
    """The parts of the run in a folder, which is the face of one in Postgres."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def split(self, rows: Mapping[str, int]) -> None:
        """Let a run that has not begun be worked on location by location, each with so many rows. Raises StateError for one that has."""
        with self._opened() as db, db.transaction():
            if db.execute("SELECT 1 FROM intents UNION ALL SELECT 1 FROM outcomes LIMIT 1").fetchone():
                raise StateError(
                    f"Run {self._folder.name} has begun as a whole, and cannot be split any more. Go on with: importer resume"
                )
            db.execute("DELETE FROM parts")
            lines = [(location, PartState.QUEUED.value, count) for location, count in rows.items()]
            db.executemany("INSERT INTO parts (location, state, rows_read) VALUES (?, ?, ?)", lines)
            # From here on nobody is at work: the time in the queue is none of work.
            ended = f"UPDATE all_sessions SET state = ?, ended_at = greatest(started_at, {_NOW})"  # noqa: S608  (our own text)
            db.execute(ended, (PartState.STOPPED.value,))
        self._index()

    def lines(self) -> tuple[PartLine, ...]:
        """Tell what is known of each part, by location."""
        with self._opened() as db:
            found = db.execute(f"SELECT {_COLUMNS} FROM parts ORDER BY location").fetchall()  # noqa: S608  (our own names)
        return tuple(_line(*cells) for cells in found)

    def are_there(self) -> bool:
        """Tell whether the run was split, without a look at thousands of lines."""
        query = "SELECT EXISTS (SELECT 1 FROM parts WHERE location <> ?)"
        with self._opened() as db:
            return bool(db.execute(query, (WHOLE,)).fetchone()[0])

    def under_way(self) -> bool:
        """Tell whether a part waits for a worker or is with one, without a look at thousands of lines."""
        query = "SELECT EXISTS (SELECT 1 FROM parts WHERE state IN (?, ?))"
        with self._opened() as db:
            found = db.execute(query, (PartState.QUEUED.value, PartState.RUNNING.value)).fetchone()
        return bool(found[0])

    def line(self, location: str) -> PartLine | None:
        """Tell what is known of the part of a location, without a look at thousands of others."""
        if location == WHOLE:
            return None
        with self._opened() as db:
            query = f"SELECT {_COLUMNS} FROM parts WHERE location = ?"  # noqa: S608  (our own names)
            found = db.execute(query, (location,)).fetchone()
        return None if found is None else _line(*found)

    def requeue(self, locations: Iterable[str], *, again: Iterable[str] = ()) -> None:
        """Let parts that stopped be taken up again, whatever was wished of them; ``again``: for their failed rows, too."""
        anew = set(again)
        # One that waits for its failed rows goes on doing so, until somebody begins with them.
        code = f"CASE WHEN reason_code = '{AGAIN}' THEN reason_code END"
        queued = "UPDATE parts SET state = ?, reason = NULL, finished_at = NULL, wish = NULL, wished_by = NULL, reason_code = "
        with self._opened() as db, db.transaction():
            db.executemany(
                f"{queued}{code} WHERE location = ? AND state <> ?",
                [
                    (PartState.QUEUED.value, each, PartState.FINISHED.value)
                    for each in locations
                    if each not in anew
                ],
            )
            db.executemany(
                f"{queued}'{AGAIN}' WHERE location = ?",
                [(PartState.QUEUED.value, each) for each in sorted(anew)],
            )

    def leave(self, locations: Iterable[str], reason: str, *, code: str) -> None:
        """Let parts that wait for a worker stand as stopped: their turn comes when the run is queued again."""
        query = (
            f"UPDATE parts SET state = ?, reason = ?, reason_code = ?, finished_at = {_NOW} "  # noqa: S608  (our own text)
            "WHERE location = ? AND state = ?"
        )
        stopped, queued = PartState.STOPPED.value, PartState.QUEUED.value
        with self._opened() as db, db.transaction():
            db.executemany(query, [(stopped, reason, code, each, queued) for each in locations])

    def retryable(self) -> dict[str, int]:
        """Count by location the failed rows that are worth another try."""
        query = (
            "SELECT parts.location, count(*) FROM all_outcomes AS o JOIN parts ON parts.id = o.part "
            "WHERE o.status = ? AND o.remedy = ? GROUP BY 1"
        )
        with self._opened() as db:
            found = db.execute(query, (Status.FAILED.value, Remedy.RUN_AGAIN.value)).fetchall()
        return {str(location): int(count) for location, count in found}

    def wish(self, wish: EndWish | None, *, by: str = "", location: str | None = None) -> None:
        """Ask of all parts that are not through, or of one, that they end; None takes that back."""
        with self._opened() as db, db.transaction():
            query = "UPDATE parts SET wish = ?, wished_by = ? WHERE state <> ? AND location = coalesce(?, location)"
            cells = (None if wish is None else wish.value, by[:200], PartState.FINISHED.value, location)
            db.execute(query, cells)
            if wish is not None:
                self._end_queued(db, wish, by, location)

    def _end_queued(self, db: Database, wish: EndWish, by: str, location: str | None) -> None:
        """Say of parts that wait for a worker that they are stopped: there may be none to hear it."""
        reason = ending(wish, by[:200])
        query = (
            f"UPDATE parts SET state = ?, reason = ?, reason_code = ?, finished_at = {_NOW} "  # noqa: S608  (our own text)
            "WHERE state = ? AND location = coalesce(?, location)"
        )
        stopped, queued = PartState.STOPPED.value, PartState.QUEUED.value
        db.execute(query, (stopped, str(reason), reason.code, queued, location))

    def remember(self, options: Mapping[str, Json]) -> None:
        """Write down what the run is gone on with from now on, in the place of what was said of that before."""
        with self._opened() as db, db.transaction():
            kept = json.loads(db.execute("SELECT options FROM run_line").fetchone()[0])
            db.execute("UPDATE run_line SET options = ?", (json.dumps({**kept, ANEW: options}),))

    def wished(self) -> dict[str, tuple[EndWish, str]]:
        """Tell which parts are asked to end, and by whom."""
        with self._opened() as db:
            found = db.execute(
                "SELECT location, wish, wished_by FROM parts WHERE wish IS NOT NULL ORDER BY location"
            ).fetchall()
        return {location: (EndWish(wish), by or "") for location, wish, by in found}

    @contextlib.contextmanager
    def take(
        self,
        location: str,
        *,
        clock: Clock | None = None,
        thorough: bool = True,
        writers: PartWriters | None = None,
    ) -> Iterator[Journal]:
        """Work on a part: its journal, written by the session that holds its location. Raises LocationHeldError.

        ``writers``: the sessions of a process that works on many parts, one for each run.
        """
        with Journal.open(
            self._folder, part=location, clock=clock, thorough=thorough, writers=writers
        ) as journal:
            locks = journal.location_locks(journal.run.base_url)
            if locks is not None:
                locks.enter(location)
            try:
                yield journal
            finally:
                journal.finish_notes()  # what was used of the quota, before somebody else may send
                if locks is not None:
                    locks.leave()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Database]:
        with closing(open_up_to_date(self._folder / FILE_NAME, begun=False)) as db:
            if not db.shared:
                raise StateError(
                    "Only a run whose state is in Postgres has parts. Name one: --state postgresql://HOST/DATABASE"
                )
            yield db

    def _index(self) -> None:
        from importer.state.journal.shared_schema import INDEX_PARTS
        from importer.state.postgres.database import in_postgres

        with self._opened() as db:
            in_postgres(db).define(INDEX_PARTS)


def parts_in(folder: Path) -> tuple[PartLine, ...]:
    """Tell how the parts of the run in a folder stand; none where one process works on all of it."""
    if face_of(folder / FILE_NAME) is None:
        return ()
    lines = RunParts(folder).lines()
    return () if [line.location for line in lines] == [WHOLE] else lines


def is_split(folder: Path) -> bool:
    """Tell whether the rows of the run in a folder are sent part by part, by whichever process takes one."""
    return face_of(folder / FILE_NAME) is not None and RunParts(folder).are_there()


def wish_for_end(folder: Path, wish: EndWish, *, by: str, pid: int | None) -> None:
    """Ask the process that works on a run that it end: by its folder, or over machines. ``pid``: who it is, on this one."""
    if face_of(folder / FILE_NAME) is None:
        leave_wish(folder, wish, by=by, pid=pid)
    else:
        RunParts(folder).wish(wish, by=by)


def take_wish_for_end(folder: Path) -> tuple[EndWish, str] | None:
    """Take what was asked of the process that works on all of a run, with who asked."""
    if face_of(folder / FILE_NAME) is None:
        return take_wish(folder)
    return RunParts(folder).wished().get(WHOLE)


def discard_wish_for_end(folder: Path) -> None:
    """Take away what was asked of an earlier process."""
    if face_of(folder / FILE_NAME) is None:
        discard_old_wish(folder)
    else:
        RunParts(folder).wish(None, location=WHOLE)


def _line(*cells: object) -> PartLine:
    location, state, reason, reason_code, rows_read, turn, epoch, holder, since, wish, by = cells
    return PartLine(
        location=str(location),
        state=PartState(str(state)),
        reason=None if reason is None else str(reason),
        reason_code=None if reason_code is None else str(reason_code),
        rows_read=int(str(rows_read)),
        turn=int(str(turn)),
        epoch=int(str(epoch)),
        holder=None if holder is None else str(holder),
        since=None if since is None else float(str(since)),
        wish=None if wish is None else EndWish(str(wish)),
        wished_by=None if by is None else str(by),
    )
