"""The one door to SQLite: files that only their owner can read, made to last, their errors in our words."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar

from importer.errors import StateError
from importer.runtime.logs import logger_of
from importer.state.purpose import DamagedError, Purpose

logger = logger_of(__name__)

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

# Primary result code: what is the matter with the file, and what to do about it.
_CAUSES: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_FULL: ("cannot be written: the disk is full", "Free some space, then {go_on}"),
    sqlite3.SQLITE_BUSY: (
        "cannot be used: another program has it locked",
        "Close what has the file open (a backup, a virus scanner, a database viewer), then {go_on}",
    ),
    sqlite3.SQLITE_LOCKED: ("cannot be used: another program has it locked", "Close it, then {go_on}"),
    sqlite3.SQLITE_READONLY: (
        "cannot be written",
        "Make the state folder writable, or name another one with --state.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "See that the state folder is there and that you may read and write it.",
    ),
    sqlite3.SQLITE_IOERR: (
        "cannot be used: the disk reported an error",
        "See that the disk is there, has room and is sound, then {go_on}",
    ),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "{if_damaged}"),
    sqlite3.SQLITE_NOTADB: ("is damaged", "{if_damaged}"),
}
_UNKNOWN: Final = ("cannot be used", "Nothing that was written is lost. Once the cause is away, {go_on}")
_MISFIT: Final = frozenset({0, sqlite3.SQLITE_ERROR})
_PERHAPS_FULL: Final = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
"""What SQLite says when there is no room for the log or for what it shares between processes beside the file."""
_LEAST_ROOM_BYTES: Final = 1 << 16
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


_NO_TEXT: Final = sqlite3.DatabaseError("a name in it is no text")
_NO_TEXT.sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _translating(
    method: Callable[Concatenate[Any, _Given], _Result],
) -> Callable[Concatenate[Any, _Given], _Result]:
    @wraps(method)
    def call(cursor: Any, /, *given: _Given.args, **named: _Given.kwargs) -> _Result:
        try:
            return method(cursor, *given, **named)
        except UnicodeDecodeError:  # what sqlite3 wanted to say quotes a name in the file that is no text
            raise cursor.connection.state_error(_NO_TEXT) from None
        except sqlite3.Error as cause:
            raise cursor.connection.state_error(cause) from cause

    return call


class _Cursor(sqlite3.Cursor):
    """A cursor whose errors are ours, also those met while rows are fetched."""

    execute = _translating(sqlite3.Cursor.execute)
    executemany = _translating(sqlite3.Cursor.executemany)
    executescript = _translating(sqlite3.Cursor.executescript)
    fetchone = _translating(sqlite3.Cursor.fetchone)
    fetchmany = _translating(sqlite3.Cursor.fetchmany)
    fetchall = _translating(sqlite3.Cursor.fetchall)
    __next__ = _translating(sqlite3.Cursor.__next__)


class SqliteDatabase(sqlite3.Connection):
    """An open file. No sqlite3 error leaves it: StateError says what is the matter with which file, and what next.

    A commit survives a power cut: ``synchronous=FULL`` syncs the write-ahead log each time. Where the file system
    cannot hold such a log (network shares), SQLite stays with its older journal, which is slower and as safe.
    """

    shared: Final = False

    def __init__(self, path: Path, purpose: Purpose) -> None:
        self.path = path
        self.purpose = purpose
        try:
            # One thread at a time uses it, but results may be written from another than the run's.
            super().__init__(
                f"{path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=purpose.busy_seconds,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as cause:
            raise self.state_error(cause) from cause
        try:
            for pragma in (
                "journal_mode = WAL",
                "synchronous = FULL",
                "trusted_schema = OFF",
                *purpose.pragmas,
            ):
                self.execute(f"PRAGMA {pragma}")
        except BaseException:
            self.close()
            raise

    def cursor(self, factory: Any = _Cursor) -> Any:
        try:
            return super().cursor(factory)
        except sqlite3.Error as cause:
            raise self.state_error(cause) from cause

    # sqlite3's own of these make a cursor without asking `cursor`.

    def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.cursor().execute(statement, values)
        return cursor

    def executemany(self, statement: str, values: Iterable[Any], /) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.cursor().executemany(statement, values)
        return cursor

    def each(self, statement: str, values: Any = (), /) -> Iterator[Any]:
        """Go through the rows of an answer, which SQLite reads one by one."""
        yield from self.execute(statement, values)

    def executescript(self, script: str, /) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.cursor().executescript(script)
        return cursor

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Self]:
        """Make everything inside durable at once, or none of it."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield self
            self.execute("COMMIT")
        except BaseException:
            # On a full disk SQLite may have rolled back already, and a second ROLLBACK would hide the cause.
            with contextlib.suppress(StateError):
                self.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def relaxed(self) -> Iterator[Self]:
        """Make everything inside a transaction that a power cut may lose, but no kill."""
        self.execute("PRAGMA synchronous = NORMAL")
        try:
            with self.transaction():
                yield self
        finally:
            self.execute("PRAGMA synchronous = FULL")

    @contextlib.contextmanager
    def erasing(self, *, anew: bool = False) -> Iterator[Self]:
        """Make everything inside a transaction, and leave nothing in the file or its log of what it deletes."""
        self.execute("PRAGMA secure_delete = ON")
        with self.transaction():
            yield self
        if anew:
            self.execute("VACUUM")
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def columns(self, table: str) -> frozenset[str]:
        return frozenset(name for _, name, *_ in self.execute(f'PRAGMA table_info("{table}")'))

    def name_cell(self, name: str) -> str | bytes:
        """Give a file's name as text, or as its bytes where it is no UTF-8."""
        try:
            name.encode()
        except UnicodeEncodeError:
            return name.encode(errors="surrogateescape")
        return name

    def refuse_damage(self) -> None:
        """Read the whole file through, which takes 0.3 s for a million rows; raises DamagedError."""
        found = self.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            found = " ".join(found.split())
            raise DamagedError(
                f"{self.purpose.title} {self.path} is damaged ({found}). {self.purpose.if_damaged}"
            )

    def state_error(self, cause: sqlite3.Error) -> StateError:
        """Say in a user's words why SQLite could not go on, and what to do next."""
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if self.purpose.misfit_is_damage and code in _MISFIT and isinstance(cause, sqlite3.OperationalError):
            code = sqlite3.SQLITE_CORRUPT
        if code in _PERHAPS_FULL and _is_full(self.path.parent):
            code = sqlite3.SQLITE_FULL
        what, then = _CAUSES.get(code, _UNKNOWN)
        if_damaged = f"{self.purpose.if_damaged} {self.purpose.without_it}".strip()
        then = then.format(go_on=self.purpose.go_on, if_damaged=if_damaged)
        finding = f"{self.purpose.title} {self.path} {what} ({cause})."
        if code in _DAMAGE:
            return DamagedError(f"{finding} {then}", finding=finding)
        return StateError(f"{finding} {then}")


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_ROOM_BYTES
    except OSError:
        return False


def open_database(path: Path, purpose: Purpose) -> SqliteDatabase:
    """Open a file that is there."""
    return SqliteDatabase(path, purpose)


def create_database(path: Path, purpose: Purpose) -> SqliteDatabase:
    """Make a file that nobody else made before, and open it."""
    _make_private(path, purpose, alone=True)
    return SqliteDatabase(path, purpose)


def ensure_database(path: Path, purpose: Purpose, schema: str) -> SqliteDatabase:
    """Open a file, making it, its folder and its tables where they are missing."""
    _make_private(path, purpose)
    db = SqliteDatabase(path, purpose)
    try:
        db.executescript(schema)
    except BaseException:
        db.close()
        raise
    return db


def begin_anew_if_damaged(path: Path, purpose: Purpose, schema: str) -> SqliteDatabase:
    """Open a file that can be done without: a damaged one is put aside and begun again."""
    try:
        return ensure_database(path, purpose, schema)
    except DamagedError as damaged:
        aside = path.with_name(f"{path.name}.damaged")
        try:
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            path.replace(aside)
        except OSError as stuck:
            raise StateError(f"{path} is damaged and cannot be moved away: {stuck.strerror}.") from None
        begun = f"It was put aside as {aside.name}, and another one begun. {purpose.without_it}"
        logger.warning("%s %s", damaged.finding, begun.strip())
        return ensure_database(path, purpose, schema)


def delete_database(path: Path) -> None:
    """Delete a file, and what lies beside it; what another process has open stays where the system wants it so."""
    for suffix in ("-wal", "-shm", ""):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _make_private(path: Path, purpose: Purpose, *, alone: bool = False) -> None:
    """Make a file that is not there yet; ``alone``: nobody may have made it before."""
    # Made here and not by SQLite, whose files (-wal and -shm too) take over the mode of the first. One that is there is
    # not even opened: whatever handle a process closes takes all of its locks on the file with it, those of its other
    # connections as well, and the next process to close the file deletes the log into which they go on writing.
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            if alone:
                raise
    except OSError as cause:
        raise StateError(
            f"{purpose.title} {path} cannot be made: {cause.strerror}. Name another folder with --state."
        ) from cause


def statements(script: str) -> Iterator[str]:
    """Cut a script into its statements: unlike ``executescript``, they can then be part of a transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def sync_file(path: Path) -> None:
    """Put a file's bytes on the disk before anything is done on the strength of them."""
    with path.open("rb+") as opened:
        os.fsync(opened.fileno())


def sync_folder(path: Path) -> None:
    """Put a folder's entries on the disk: a file that was synced can still vanish with its name."""
    if os.name == "nt":  # Windows cannot open a folder for that, and keeps names safe itself
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
