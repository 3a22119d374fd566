"""Appends to a journal in Postgres: each is in one transaction, and none of a process whose part somebody else took over."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Final

from importer.errors import StateError
from importer.records import Intent, RowId
from importer.runtime.environment import user_at_host
from importer.state.journal.appends import failed
from importer.state.journal.integrity import Loss
from importer.state.journal.rows import SqlCells
from importer.state.journal.shared_writer import Holding, PartWriters, SharedWriter
from importer.state.postgres.database import PostgresDatabase, in_postgres
from importer.state.postgres.locks import HeldLocations
from importer.state.purpose import Database


class SharedAppends:
    """Writes for one part of a run: it takes the part over with its first write, and keeps it until somebody else does.

    ``writers``: those that the parts of this process share; without them it has one of its own.
    """

    loss: Final[Loss | None] = None

    def __init__(
        self, db: PostgresDatabase, *, run_id: str, part: str | None, writers: PartWriters | None = None
    ) -> None:
        self._db = db
        self._run_id = run_id
        self._part = part
        self._writers = writers
        self._number = None if part is None else self._number_of(part)
        self._writer: SharedWriter | None = None
        self._taken: Holding | None = None

    @property
    def turn(self) -> int:
        """Give the epoch in which the part was taken."""
        return max(self._holding().epochs.values())

    def refuse_altered(self) -> None:
        """Read nothing: Postgres looks after its own pages, and nobody can cut its end off."""

    def doubts(self) -> Iterator[str]:
        return iter(())

    def as_it_may_be(self, intent: Intent) -> Intent:
        return intent

    def in_doubt(self, first: RowId, last: RowId) -> dict[RowId, Intent]:  # noqa: ARG002  (no end is ever lost)
        return {}

    def sync(self) -> None:
        """Wait for nothing: each append waited for the disk."""

    def finish_notes(self) -> None:
        """Wait for what was noted, which is written in a moment."""
        if self._writer is not None and self._taken is not None:
            self._writer.finish(self._taken)

    def close(self) -> None:
        """Write what was noted, and let go of the writer."""
        self.finish_notes()
        writer, self._writer = self._writer, None
        if writer is None:
            return
        if self._writers is None:
            writer.close()
        else:
            self._writers.take_back(writer)

    def take(self) -> None:
        """Take the part, or all of a run: whoever had it before can write nothing any more. Raises StateError."""
        name = f"run {self._run_id}{'' if self._part is None else f', location {self._part}'}"
        self._taken = self._own_writer().take(self._number, name=name, holder=this_holder())

    def begin(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> Future[None]:  # noqa: ARG002  (told to a seal elsewhere)
        try:
            return self._own_writer().begin(self._holding(), writes)
        except StateError as error:
            return failed(error)

    def write(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> None:
        self.begin(*writes, last_row=last_row).result()

    def note(self, statement: str, rows: Iterable[SqlCells]) -> None:
        """Write, in a moment, what a power cut may lose."""
        self._own_writer().note(self._holding(), statement, rows)

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Make what is written inside durable at once, if the part is still ours."""
        with self._own_writer().one(self._holding(), self._db):
            yield

    @contextlib.contextmanager
    def erasing(self) -> Iterator[None]:
        """Likewise, and leave nothing in the tables of what it deletes."""
        with self.one():
            yield
        self._db.rewrite()

    def index_contacts(self) -> None:
        """Make contacts quick to find, where this role may; it finds them without as well."""
        with contextlib.suppress(StateError), self._db.transaction():
            for table in ("outcomes", "landed"):
                self._db.execute(f"CREATE INDEX IF NOT EXISTS {table}_contact ON all_{table} (contact_id)")

    def location_locks(self, base_url: str) -> HeldLocations:
        """Give the locks of locations that the session holds by which this writes."""
        holder = f"run {self._run_id}, {this_holder()}"
        return HeldLocations(self._own_writer().db, base_url=base_url, holder=holder, owner=self)

    def _own_writer(self) -> SharedWriter:
        if self._writer is None:
            self._writer = SharedWriter(self._db) if self._writers is None else self._writers.lend(self._db)
        return self._writer

    def _holding(self) -> Holding:
        if self._taken is None:
            self.take()
        assert self._taken is not None  # noqa: S101  (just taken)
        return self._taken

    def _number_of(self, part: str) -> int:
        found = self._db.execute("SELECT id FROM parts WHERE location = ?", (part,)).fetchone()
        if found is None:
            raise StateError(
                f"Run {self._run_id} has no part for location {part}. See: importer show {self._run_id}"
            )
        number = int(found[0])
        self._db.speak_for(number)
        return number


def shared_appends(
    db: Database, *, run_id: str, part: str | None, writers: PartWriters | None = None
) -> SharedAppends:
    """Begin to write for a part of a run, or for all of it."""
    return SharedAppends(in_postgres(db), run_id=run_id, part=part, writers=writers)


def this_holder() -> str:
    """Say who this process is, for people at other machines."""
    return f"{user_at_host()}, process {os.getpid()}"
