"""One schema of a Postgres, used as what is one file elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import Any, Final, Self

from importer.errors import StateError
from importer.state.postgres.address import Address
from importer.state.postgres.connection import Connection, Error, closed_error, long_answer, state_error
from importer.state.postgres.dialect import held, translate
from importer.state.postgres.sessions import PostgresSession, sessions_of
from importer.state.purpose import Database, Purpose, SqlAnswer, SqlValues
from importer.state.sqlite import statements

ALL_PARTS: Final = (
    "SET importer.part = '1'; SET importer.first_part = '0'; SET importer.last_part = '9223372036854775807'"
)
"""What a connection to a journal speaks for unless it is told: all parts of its run, and what it writes is the first's."""


_ROWS_AT_A_TIME: Final = 2_000


class _Nothing:
    """The answer to what SQLite alone is asked."""

    rowcount: Final = 0

    def fetchone(self) -> None:
        return None

    def fetchall(self) -> list[Any]:
        return []

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class PostgresDatabase:
    """One schema, by a session whose names are those of it. No psycopg error leaves it.

    Where sessions are kept, it has one for each statement and for each transaction, and none in between; elsewhere, and
    once it is told to keep one, it has the same until it is closed. ``dropped``: it may be dropped once nobody has it open.
    """

    shared: Final = True

    def __init__(
        self, address: Address, *, schema: str, path: Path, purpose: Purpose, dropped: bool = False
    ) -> None:
        self.address = address
        self.schema = schema
        self.path = path
        self.purpose = purpose
        self._long_answers = 0
        self._writer_key = lock_key("writer", schema)
        self._setting = self._set_for(ALL_PARTS)
        self._sessions = sessions_of(address)
        self._own: PostgresSession | None = None
        self._in_hand: dict[int, PostgresSession] = {}
        """By the thread that is in the middle of something."""
        self._locked: dict[int, list[object]] = {}
        self._closed = False
        if dropped or not self._sessions.kept:
            self.keep_session()
        if (
            dropped
        ):  # others see by the lock that it is in use: a mirror that is read is not to be dropped meanwhile
            self.execute(f"SELECT pg_advisory_lock_shared({in_use_key(schema)})")

    def keep_session(self) -> None:
        """Have one session until it is closed: locks that it takes are held, and others see whose they are."""
        if self._own is not None:
            return
        with self._translating():
            self._own = self._lend()
            self._own.remember_statements(yes=True)
            self._own.set(self._setting)

    @property
    def session_is_lost(self) -> bool:
        """Whether the session that it keeps has ended, as far as it has heard: the server, or the way to it, was gone."""
        return self._own is None or self._own.connection.closed

    @property
    def known_up_to_date(self) -> bool:
        """Whether it was found to have the tables of now, as long as sessions are kept: a part opens its run six times."""
        return self.schema in self._sessions.seen

    def note_up_to_date(self) -> None:
        """Remember that it has them: nobody changes them while it is in use."""
        self._sessions.seen.add(self.schema)

    def try_lock(self, key: int, owner: object) -> bool:
        """Take an advisory lock for one of those who share the session; the server alone would give it to each of them."""
        with self._at_work():
            owners = self._locked.setdefault(key, [])
            if any(each is not owner for each in owners):
                return False
            if taken := bool(self.execute("SELECT pg_try_advisory_lock(?)", (key,)).fetchone()[0]):
                owners.append(owner)
            return taken

    def unlock(self, key: int, owner: object) -> None:
        """Give a lock back, which is as often held as it was taken."""
        with self._at_work():
            self._locked[key].remove(owner)
            self.execute("SELECT pg_advisory_unlock(?)", (key,))

    def speak_for(self, part: int) -> None:
        """Read and write the rows of one part of a run from now on."""
        names = ("part", "first_part", "last_part")
        self._setting = self._set_for("; ".join(f"SET importer.{name} = '{part}'" for name in names))
        if self._own is not None:
            with self._translating():
                self._own.set(self._setting)

    def _set_for(self, parts: str) -> str:
        patience = int(self.purpose.busy_seconds * 1_000)
        return f"SET search_path = {quoted(self.schema)}; SET lock_timeout = {patience}; {parts}"

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except Error as cause:
            raise state_error(cause, address=self.address, purpose=self.purpose) from cause

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[Connection]:
        """Have a session in hand; whoever has one already uses that."""
        with self._translating():
            if (session := self._in_hand.get(threading.get_ident())) is not None:
                yield session.connection
            elif self._own is not None:
                with self._own.lock:
                    self._own.set(self._setting)
                    yield self._own.connection
            else:
                with self._lent() as session, self._having(session):
                    yield session.connection

    @contextlib.contextmanager
    def by_session_of(self, other: PostgresDatabase) -> Iterator[None]:
        """Do what follows by the session that another database keeps, which nobody else uses meanwhile."""
        with self._translating():
            if (session := other._own) is None:
                raise closed_error()
            with session.lock, self._having(session):
                session.set(self._setting)
                yield

    @contextlib.contextmanager
    def _having(self, session: PostgresSession) -> Iterator[None]:
        thread = threading.get_ident()
        self._in_hand[thread] = session
        try:
            yield
        finally:
            del self._in_hand[thread]

    @contextlib.contextmanager
    def _lent(self) -> Iterator[PostgresSession]:
        session = self._lend()
        try:
            session.set(self._setting)
            yield session
        finally:
            self._sessions.take_back(session)

    def _lend(self) -> PostgresSession:
        if self._closed:
            raise closed_error()
        return self._sessions.lend(self.purpose, self._setting)

    def execute(self, statement: str, values: SqlValues = (), /) -> SqlAnswer:
        said = translate(statement)
        if not said.text:
            return _Nothing()
        with self._at_work() as connection:
            return connection.execute(said.text, said.ordered(values) or None)

    def executemany(self, statement: str, values: Iterable[SqlValues], /) -> SqlAnswer:
        """Do a statement with each of several rows of values, of which it sends many before it waits for an answer."""
        said = translate(statement)
        first, rows = _peeked(said.ordered(each) for each in values)
        if first is None:
            return _Nothing()
        with self._at_work() as connection:
            cursor = connection.cursor()
            cursor.executemany(said.text, chain([first], rows))
            return cursor

    def each(self, statement: str, values: SqlValues = (), /) -> Iterator[Any]:
        """Go through the rows of an answer that may be long: psycopg's own cursor would hold all of them."""
        said = translate(statement)
        self._long_answers += 1
        name = f"long_answer_{self._long_answers}"
        with self._translating(), contextlib.ExitStack() as held:
            # not in hand: whoever reads on may do so in another thread
            session = self._in_hand.get(threading.get_ident()) or self._own
            session = session or held.enter_context(self._lent())
            yield from long_answer(
                session.connection, name, said.text, said.ordered(values), rows=_ROWS_AT_A_TIME
            )

    def define(self, script: str) -> None:
        """Do a script that is written for Postgres, functions and all."""
        with self._at_work() as connection:
            connection.execute(script)

    def begin(self, question: str) -> list[tuple[Any, ...]]:
        """Begin a transaction and ask something of it, in one exchange with the server."""
        with self._at_work() as connection:
            cursor = connection.execute(f"BEGIN; {question}")
            while cursor.nextset():
                pass
            return cursor.fetchall()

    def bulk(self, text: str, arrays: Sequence[str]) -> int:
        """Do a statement of Postgres's own with an array a column; tell how many rows it wrote."""
        with self._at_work() as connection:
            return connection.execute(text, arrays).rowcount

    def ask(self, text: str, arrays: Sequence[str]) -> list[tuple[Any, ...]]:
        """Do a statement of Postgres's own, likewise, and give its answer."""
        with self._at_work() as connection:
            return connection.execute(text, arrays).fetchall()

    def copy(self, table: str, columns: str, lines: str) -> None:
        """Add rows by COPY, whose text the caller wrote; a row that is there already raises AlreadyThereError."""
        with (
            self._at_work() as connection,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copied,
        ):
            copied.write(held(lines).encode())

    def executescript(self, script: str, /) -> None:
        for statement in statements(script):
            self.execute(statement)

    def transaction(self) -> AbstractContextManager[Self]:
        """Make everything inside durable at once, or none of it; a second writer waits, as with a file."""
        return self.alone(self._writer_key)

    @contextlib.contextmanager
    def alone(self, key: int) -> Iterator[Self]:
        """Make everything inside durable at once, or none of it, and let whoever comes with the same key wait."""
        with self._at_work():
            try:
                self.execute(
                    f"BEGIN; SELECT pg_advisory_xact_lock({key})"
                )  # a transaction too whose lock could not be had
                yield self
                self.execute("COMMIT")
            except BaseException:
                # with the connection gone, the server has rolled back already
                with contextlib.suppress(StateError):
                    self.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def relaxed(self) -> Iterator[Self]:
        with self.transaction():
            self.execute("SET LOCAL synchronous_commit = off")
            yield self

    @contextlib.contextmanager
    def erasing(self, *, anew: bool = False) -> Iterator[Self]:  # noqa: ARG002  (what is deleted stands in the pages as well)
        with self.transaction():
            yield self
        self.rewrite()

    def rewrite(self) -> None:
        """Write the tables anew: what was deleted stands in their pages until then."""
        for (table,) in self.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = ?", (self.schema,)
        ).fetchall():
            self.execute(f"VACUUM FULL {quoted(table)}")

    def columns(self, table: str) -> frozenset[str]:
        query = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped"
        return frozenset(name for (name,) in self.execute(query, (f"{quoted(self.schema)}.{quoted(table)}",)))

    def name_cell(self, name: str) -> str:
        """Give a file's name; whatever it holds, the adapters write it."""
        return name

    def refuse_damage(self) -> None:
        """Leave it to Postgres, which looks after its own pages."""

    def close(self) -> None:
        self._closed = True
        if (own := self._own) is not None:
            self._own = None
            self._sessions.take_back(own, as_new=True)


def in_postgres(db: Database) -> PostgresDatabase:
    """Take a shared database for what it is."""
    if not isinstance(db, PostgresDatabase):
        raise TypeError(f"{db.path} is a file")
    return db


def _peeked(rows: Iterable[Sequence[Any]]) -> tuple[Sequence[Any] | None, Iterator[Sequence[Any]]]:
    left = iter(rows)
    return next(left, None), left


def quoted(name: str) -> str:
    """Write a name of our own so that nothing in it can be more than a name."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def in_use_key(schema: str) -> int:
    return lock_key("in use", schema)


def lock_key(*words: str) -> int:
    """Number what an advisory lock is taken of: 64 bits, by which no two of thousands meet."""
    digest = hashlib.sha256("\n".join(words).encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
