"""Sessions with Postgres: whoever opens a database is lent one, and within ``kept_sessions`` it serves the next one, too.

A worker opens a dozen databases for each of hundreds of parts. To connect anew each time would cost more than the rows of a
part, and to keep each one's connection for as long as the part takes, more than the server has.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

from importer.state.postgres.address import Address
from importer.state.postgres.connection import Connection, Error, connect, is_idle, says_nothing
from importer.state.purpose import Purpose

_MOST_KEPT: Final = 8
"""About as many as there are threads at work; what more of them a rush took is closed."""
_PREPARED_AFTER: Final = 5
"""So often a statement is done before the server is to remember it, in a session that one schema has for long."""
_AS_NEW: Final = "SELECT pg_advisory_unlock_all(); SET application_name = 'importer'"


class PostgresSession:
    """A connection, and how it is set."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.lock = threading.RLock()
        """Of one that several use by turns: held from the first statement of a transaction to its last."""
        self._setting = ""

    def remember_statements(self, *, yes: bool) -> None:
        """Let the server remember what it is asked again; with each change of schema it would begin anew."""
        self.connection.prepare_threshold = _PREPARED_AFTER if yes else None

    def is_set(self, setting: str) -> bool:
        return self._setting == setting

    def set(self, setting: str) -> None:
        """Do the statements that set whose names it speaks of, unless they were the last."""
        if self._setting != setting:
            self._setting = ""  # where they fail, nobody knows how it is set
            self.connection.execute(setting)
            self._setting = setting


class Sessions:
    """The sessions of one address. ``kept``: how many that nobody has just now stay open."""

    def __init__(self, address: Address, *, kept: int = 0) -> None:
        self.address = address
        self._most = kept
        self.seen: set[str] = set()
        """Schemas that were found to be as they should be; nobody changes them while they are in use."""
        self._idle: list[PostgresSession] = []
        self._lent = 0
        self._lock = threading.Lock()

    @property
    def kept(self) -> bool:
        """Whether a session is worth nothing to whoever gives it back, since the next one costs next to nothing."""
        return self._most > 0

    def lend(self, purpose: Purpose, setting: str = "") -> PostgresSession:
        """Give a session that nobody else has, if there is one, one that is set so. Raises StateError."""
        with self._lock:
            self._lent += 1
        try:
            return self._lend(purpose, setting)
        except BaseException:
            self._end_loan()
            raise

    def _lend(self, purpose: Purpose, setting: str) -> PostgresSession:
        while (session := self._one_of_the_idle(setting)) is not None:
            if says_nothing(session.connection):
                return session
            session.connection.close()  # the server went away, and perhaps is back
        session = PostgresSession(connect(self.address, purpose))
        session.remember_statements(yes=not self.kept)
        return session

    def take_back(self, session: PostgresSession, *, as_new: bool = False) -> None:
        """Take a session back; ``as_new``: it may hold locks, and have a name of its own."""
        self._end_loan()
        if self.kept and is_idle(session.connection) and (not as_new or _is_as_new(session)):
            session.remember_statements(yes=False)
            with self._lock:
                if len(self._idle) < self._most:
                    self._idle.append(session)
                    return
        session.connection.close()

    def close(self) -> None:
        """Close those that nobody has, and keep none of the others."""
        self._most = 0
        with self._lock:
            for session in self._idle:
                session.connection.close()
            self._idle.clear()

    def _end_loan(self) -> None:
        with self._lock:
            self._lent -= 1

    def _one_of_the_idle(self, setting: str) -> PostgresSession | None:
        """Take one that is set so; another, the one that nobody had for longest, only where there are as many as are kept.

        To set it for another schema is an exchange with the server, at each of a part's turns from one schema to the next.
        """
        with self._lock:
            for place in reversed(range(len(self._idle))):
                if self._idle[place].is_set(setting):
                    return self._idle.pop(place)
            enough = len(self._idle) + self._lent > self._most
            return self._idle.pop(0) if self._idle and enough else None


def _is_as_new(session: PostgresSession) -> bool:
    try:
        session.connection.execute(_AS_NEW)
    except Error:
        return False
    return True


class _Kept:
    """The addresses whose sessions are kept just now, and by how many."""

    def __init__(self) -> None:
        self.keepers = 0
        self.of: dict[Address, Sessions] = {}
        self.lock = threading.Lock()


_KEPT: Final = _Kept()


@contextlib.contextmanager
def kept_sessions() -> Iterator[None]:
    """Keep sessions for whoever opens a database of the same address next, as long as the block runs."""
    with _KEPT.lock:
        _KEPT.keepers += 1
    try:
        yield
    finally:
        with _KEPT.lock:
            _KEPT.keepers -= 1
            over = [] if _KEPT.keepers else list(_KEPT.of.values())
            if over:
                _KEPT.of.clear()
        for sessions in over:
            sessions.close()


def sessions_of(address: Address) -> Sessions:
    """Give the sessions of an address: those that are kept, or such as end with whoever has them."""
    with _KEPT.lock:
        if not _KEPT.keepers:
            return Sessions(address)
        return _KEPT.of.setdefault(address, Sessions(address, kept=_MOST_KEPT))
