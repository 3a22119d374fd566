"""What every write to a journal goes through, be it a file or in Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from importer.records import Intent, RowId
from importer.state.journal.integrity import Loss
from importer.state.journal.rows import SqlCells

if TYPE_CHECKING:
    from importer.state.postgres.locks import HeldLocations


class Appends(Protocol):
    """Writes what is durable when it returns, and knows what of a journal is lost."""

    @property
    def loss(self) -> Loss | None:
        """The rows that the journal knows nothing of, and that may have been sent."""
        ...

    @property
    def turn(self) -> int:
        """Number the taking by which this writes: whoever takes the same rows over has a higher number."""
        ...

    def refuse_altered(self) -> None:
        """Read all rows; raises DamagedError where one is not as it was written."""
        ...

    def doubts(self) -> Iterator[str]:
        """Say what is lost, or cannot be proven to be whole."""
        ...

    def begin(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> Future[None]:
        """Begin to write rows by statements of ``importer.state.journal.statements``, all or none of them.

        ``last_row``: the highest row that is intended by it. Raises nothing: the future does.
        """
        ...

    def write(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> None:
        """Write them, and wait until they are durable."""
        ...

    def note(self, statement: str, rows: Iterable[SqlCells]) -> None:
        """Write what a kill must not lose, but a power cut may: with many locations, each second writes many."""
        ...

    def one(self) -> AbstractContextManager[None]:
        """Make what is written of the run inside durable at once."""
        ...

    def erasing(self) -> AbstractContextManager[None]:
        """Likewise, and leave nothing of what it deletes."""
        ...

    def as_it_may_be(self, intent: Intent) -> Intent:
        """Take an intent's last attempt for one made just now, where a later one may be lost."""
        ...

    def in_doubt(self, first: RowId, last: RowId) -> dict[RowId, Intent]:
        """Take rows that nothing is known of for intended where the end of the journal is lost."""
        ...

    def index_contacts(self) -> None:
        """Make contacts quick to find: only runs that lost a reply ask by them, and the others need not pay for it."""
        ...

    def location_locks(self, base_url: str) -> HeldLocations | None:
        """Give the locks of locations that are held by the session that writes this; None for a file, which one machine has."""
        ...

    def finish_notes(self) -> None:
        """Return when what was noted can be read, or cannot be written."""
        ...

    def sync(self) -> None: ...

    def close(self) -> None: ...


def failed(error: Exception) -> Future[None]:
    """Give what somebody waits for who only begins, where it could not even be begun."""
    ended: Future[None] = Future()
    ended.set_exception(error)
    return ended


def done(write: Callable[[], None]) -> Future[None]:
    """Write at once, and give what came of it as one does who only begins."""
    ended: Future[None] = Future()
    try:
        write()
    except Exception as cause:  # noqa: BLE001  (told to whoever waits)
        ended.set_exception(cause)
    else:
        ended.set_result(None)
    return ended
