"""Appends to a journal in Postgres: each is one transaction, and none of a process whose part somebody else took over."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Final

from importer.errors import StateError
from importer.records import Intent, RowId, value_type
from importer.runtime.environment import user_at_host
from importer.state.journal.appends import done
from importer.state.journal.integrity import Loss
from importer.state.journal.rows import (
    ADDED_COLUMNS,
    IMAGE_COLUMNS,
    INTENT_COLUMNS,
    LANDED_COLUMNS,
    MARK_COLUMNS,
    MOMENT_COLUMNS,
    OUTCOME_COLUMNS,
    UNDO_COLUMNS,
    SqlCells,
)
from importer.state.journal.statements import (
    ADD,
    BY_DATE,
    INTEND,
    LAND,
    MARK,
    OPEN,
    REMEMBER,
    SETTLE,
    UNDO,
    UNDO_MOMENT,
    WITHDRAW,
)
from importer.state.journal.storage import encodable
from importer.state.postgres.database import PostgresDatabase, in_postgres
from importer.state.purpose import AlreadyThereError, Database

_TYPES: Final = {
    **dict.fromkeys(('"row"', "attempts", "exact", "http_status", "made", "pass"), "bigint"),
    **dict.fromkeys(("first_attempt_at", "last_attempt_at", "at"), "double precision"),
}
"""Of columns; the others are text."""
_SPECIAL: Final = re.compile(r"[\\\t\n\r]")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_QUOTED: Final = re.compile(r'["\\]')


@value_type(frozen=True, slots=True, kw_only=True)
class _Bulk:
    """How rows of one kind are written, many at once."""

    text: str
    keys: int = 1
    """How many of the first cells tell rows apart."""


def _written(table: str, columns: str, then: str, *, keys: int = 1) -> _Bulk:
    names = [name.strip() for name in columns.split(",")]
    arrays = ", ".join(f"${n}::{_TYPES.get(name, 'text')}[]" for n, name in enumerate(names, 1))
    text = f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays}) ON CONFLICT {then}"  # noqa: S608  (our own names)
    return _Bulk(text=text, keys=keys)


def _replaced(table: str, columns: str, *, keys: int = 1) -> _Bulk:
    names = [name.strip() for name in columns.split(",")]
    changed = ", ".join(f"{name} = excluded.{name}" for name in names[keys:])
    then = f"UPDATE SET {changed}" if changed else "NOTHING"
    return _written(table, columns, f"({', '.join(names[:keys])}) DO {then}", keys=keys)


_OUTCOMES: Final = f"{OUTCOME_COLUMNS}, pass"
_KNOWN: Final = "all_intents"
_BULKS: Final = {
    # of one that was taken back nothing earlier counts
    INTEND: _written(
        _KNOWN,
        INTENT_COLUMNS,
        f"""("row") DO UPDATE SET location_id = excluded.location_id,
            first_attempt_at = CASE WHEN {_KNOWN}.attempts > 0
                THEN least({_KNOWN}.first_attempt_at, excluded.first_attempt_at) ELSE excluded.first_attempt_at END,
            last_attempt_at = greatest({_KNOWN}.last_attempt_at, excluded.last_attempt_at),
            attempts = greatest({_KNOWN}.attempts, excluded.attempts),
            exact = greatest({_KNOWN}.exact, excluded.exact)""",
    ),
    WITHDRAW: _replaced(_KNOWN, INTENT_COLUMNS),
    LAND: _replaced("all_landed", LANDED_COLUMNS),
    MARK: _replaced("follow_ups", MARK_COLUMNS, keys=2),
    ADD: _replaced("additions", ADDED_COLUMNS, keys=2),
    REMEMBER: _replaced("before_images", IMAGE_COLUMNS, keys=2),
    BY_DATE: _replaced("created_by_date", '"row"'),
    UNDO: _replaced("undo_lines", f"{UNDO_COLUMNS}, pass"),
    UNDO_MOMENT: _replaced("undo_moments", MOMENT_COLUMNS),
    SETTLE: _written(
        "all_outcomes",
        _OUTCOMES,
        '("row") DO UPDATE SET '
        + ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in _OUTCOMES.split(",")[1:])
        + f" WHERE {OPEN.format('excluded.pass').replace('outcomes.', 'all_outcomes.')}",
    ),
}
_NOW: Final = "extract(epoch FROM clock_timestamp())"
_FORGET_IMAGES: Final = 'DELETE FROM before_images WHERE "row" = ?'


class FencedError(StateError):
    """Somebody else took over what this process worked on: it writes nothing more, and so sends nothing more."""


class SharedAppends:
    """Writes for one part of a run: it takes the part over with its first write, and keeps it until somebody else does."""

    loss: Final[Loss | None] = None

    def __init__(self, db: PostgresDatabase, *, run_id: str, part: str | None, holder: str) -> None:
        self._db = db
        self._run_id = run_id
        self._part = part
        self._holder = holder
        self._check = ""
        self._taken: tuple[Any, ...] | None = None
        self._number = None if part is None else self._number_of(part)

    def refuse_altered(self) -> None:
        """Read nothing: Postgres looks after its own pages, and nobody can cut its end off."""

    def doubts(self) -> Iterator[str]:
        return iter(())

    def as_it_may_be(self, intent: Intent) -> Intent:
        return intent

    def in_doubt(self, first: RowId, last: RowId) -> dict[RowId, Intent]:  # noqa: ARG002  (no end is ever lost)
        return {}

    def sync(self) -> None:
        """Wait for nothing: each write waited for the disk."""

    def close(self) -> None:
        """Close nothing: the connection ends with its journal."""

    def take(self) -> None:
        """Take the part, or all of a run: whoever had it before can write nothing any more."""
        self._db.keep_session()
        ours = "TRUE" if self._number is None else f"id = {self._number}"
        with self._db.transaction():
            raised = f"UPDATE parts SET epoch = epoch + 1, holder = ?, since = {_NOW} WHERE {ours}"  # noqa: S608  (a number)
            self._db.execute(raised, (self._holder,))
            # Of several parts the sum: each of them only ever grows.
            self._check = f"SELECT sum(epoch)::bigint, pg_backend_pid() FROM (SELECT epoch FROM parts WHERE {ours} FOR SHARE) AS p"  # noqa: S608
            self._taken = self._db.execute(self._check).fetchone()

    def begin(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> Future[None]:
        return done(lambda: self.write(*writes, last_row=last_row))

    def write(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> None:  # noqa: ARG002  (told to a seal elsewhere)
        kept = [(statement, cells) for statement, cells in writes if cells]
        if not kept:
            return
        try:
            with self.one():
                for statement, cells in kept:
                    self._write(statement, cells, anew=True)
        except (
            AlreadyThereError
        ):  # rows that were settled before: as they stand, or in a retry, or by mistake
            with self.one():
                for statement, cells in kept:
                    self._write(statement, cells, anew=False)

    def note(self, statement: str, rows: Iterable[SqlCells]) -> None:
        """Write what a power cut may lose."""
        with self.one():
            self._db.execute("SET LOCAL synchronous_commit = off")
            self._db.executemany(statement, rows)

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Make what is written inside durable at once, if the part is still ours."""
        if self._taken is None:
            self.take()
        try:
            self._refuse_if_fenced(self._db.checked(self._check))
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(StateError):
                self._db.execute("ROLLBACK")
            raise

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

    def _number_of(self, part: str) -> int:
        found = self._db.execute("SELECT id FROM parts WHERE location = ?", (part,)).fetchone()
        if found is None:
            raise StateError(
                f"Run {self._run_id} has no part for location {part}. See: importer show {self._run_id}"
            )
        number = int(found[0])
        self._db.speak_for(number)
        return number

    def _refuse_if_fenced(self, found: tuple[Any, ...] | None) -> None:
        if found is not None and found == self._taken:
            return
        epoch, session = self._taken or (0, 0)
        if found is not None and found[0] == epoch and found[1] != session:
            raise FencedError(
                f"The connection to {self._db.address.text} goes through a pooler that gives each transaction another "
                "session (PgBouncer with pool_mode = transaction): no lock holds there. Name the server itself, or a "
                "pooler with pool_mode = session."
            )
        raise FencedError(
            f"Another process took over run {self._run_id}{'' if self._part is None else f', location {self._part}'}: "
            "this one sends nothing more of it. Look who it is with: importer show"
        )

    def _write(self, statement: str, cells: list[SqlCells], *, anew: bool) -> None:
        if statement is SETTLE and anew and cells[0][-1] == 1:
            self._db.copy("all_outcomes", _OUTCOMES, _copy_lines(cells))
            return
        bulk = _BULKS[statement]
        # twice in one batch, the later one counts
        rows = list({each[: bulk.keys]: each for each in cells}.values())
        written = self._db.bulk(bulk.text, [_array(column) for column in zip(*rows, strict=True)])
        if statement is SETTLE and written < len(cells):
            self._refuse_overwriting(cells)
        if statement is WITHDRAW:
            # what a row found that was not sent is found anew, and may be something else by then
            self._db.executemany(_FORGET_IMAGES, [(row,) for row, *_, attempts, _ in cells if not attempts])

    def _refuse_overwriting(self, cells: list[SqlCells]) -> None:
        query = f'SELECT {_OUTCOMES} FROM all_outcomes WHERE "row" = ?'  # noqa: S608  (our own names)
        for settled in map(encodable, cells):
            stands = self._db.execute(query, (settled[0],)).fetchone()
            if stands[:-1] != settled[:-1]:  # without its pass
                raise StateError(
                    f"Row {settled[0] & 0xFFFF_FFFF} of run {self._run_id} is settled as {stands[1]} and was to "
                    f"be settled again as {settled[1]}. Nothing was changed; please report this as a bug."
                )


def shared_appends(db: Database, *, run_id: str, part: str | None) -> SharedAppends:
    """Begin to write for a part of a run, or for all of it."""
    return SharedAppends(in_postgres(db), run_id=run_id, part=part, holder=this_holder())


def this_holder() -> str:
    """Say who this process is, for people at other machines."""
    return f"{user_at_host()}, process {os.getpid()}"


def _copy_lines(rows: Sequence[SqlCells]) -> str:
    return _whole("".join(["\t".join([_copy_cell(cell) for cell in cells]) + "\n" for cells in rows]))


def _copy_cell(cell: Any) -> str:
    if cell is None:
        return "\\N"
    if isinstance(cell, str):
        return cell.translate(_ESCAPES) if _SPECIAL.search(cell) else cell
    return str(cell)


def _array(column: Sequence[Any]) -> str:
    return _whole("{" + ",".join([_array_cell(cell) for cell in column]) + "}")


def _whole(text: str) -> str:
    """Replace half of a surrogate pair, quoted from a cell: no file of results could hold it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _array_cell(cell: Any) -> str:
    if cell is None:
        return "NULL"
    if isinstance(cell, str):
        return f'"{_QUOTED.sub(_escaped, cell)}"'
    return str(int(cell)) if isinstance(cell, bool) else repr(cell)


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"
