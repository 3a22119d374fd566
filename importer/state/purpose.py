"""What a database of the state is for its users, wherever it lies: its purpose, its verbs, and that it is damaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, Self, TypeAlias

from importer.errors import StateError
from importer.records import value_type

SqlValues: TypeAlias = Sequence[Any] | Mapping[str, Any]


@value_type(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a database is kept for: the words its troubles are told in, and what it asks of SQLite."""

    title: str
    """How a sentence about it begins: ``The journal``."""
    go_on: str
    """What to do once the cause of a trouble is away, as the end of a sentence."""
    if_damaged: str
    without_it: str = ""
    """What it means that a damaged one is begun anew, as a sentence."""
    pragmas: tuple[str, ...] = ()
    busy_seconds: float = 30.0
    misfit_is_damage: bool = False
    """A table or column that is not there, or text that is none, means that something else wrote into the file."""


class DamagedError(StateError):
    """It is no database, or not any more. ``finding`` is the sentence without what to do about it."""

    def __init__(self, sentence: str, *, finding: str = "") -> None:
        super().__init__(sentence)
        self.finding = finding or sentence


class AlreadyThereError(StateError):
    """A row of that key is there already."""


class SqlAnswer(Protocol):
    """What a statement came to."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """An open database: a SQLite file, or a schema in Postgres. All its errors are StateErrors that say what next.

    Statements are written once, in what both understand; ``importer.state.postgres.dialect`` says what it translates.
    """

    path: Path
    """The file; of a schema, the file that it would be, in the face folder."""
    purpose: Purpose

    @property
    def shared(self) -> bool:
        """Processes of other machines may use it at the same time."""
        ...

    def execute(self, statement: str, values: SqlValues = (), /) -> SqlAnswer: ...

    def executemany(self, statement: str, values: Iterable[SqlValues], /) -> SqlAnswer: ...

    def each(self, statement: str, values: SqlValues = (), /) -> Iterator[Any]:
        """Go through the rows of an answer that may be long, of which a few thousand are held at a time."""
        ...

    def executescript(self, script: str, /) -> object: ...

    def transaction(self) -> AbstractContextManager[Self]:
        """Make everything inside durable at once, or none of it; one writer at a time."""
        ...

    def relaxed(self) -> AbstractContextManager[Self]:
        """Make everything inside a transaction that a kill cannot lose, but a power cut may: it does not wait for the disk."""
        ...

    def erasing(self, *, anew: bool = False) -> AbstractContextManager[Self]:
        """Make everything inside a transaction, and see that nothing is left of what it deletes; ``anew``: nor of what it changes."""
        ...

    def columns(self, table: str) -> frozenset[str]:
        """Name the columns that a table has; none where it is not there."""
        ...

    def name_cell(self, name: str) -> str | bytes:
        """Give what stands for the name of a file, which need not be UTF-8."""
        ...

    def refuse_damage(self) -> None:
        """Read the whole through; raises DamagedError."""
        ...

    def close(self) -> None: ...
