"""The plan of a run that is split: each part decides its own rows, and marks by itself that all of them are decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final, Self

from importer.errors import StateError
from importer.records import PlannedRow, value_type
from importer.state.database import Database, ensure_database, replacing
from importer.state.plans import FILE_NAME, PURPOSE, SCHEMA, PlanFacts, StoredPlan, row_cells

_SCHEMA: Final = (
    f"{SCHEMA}CREATE TABLE IF NOT EXISTS parts (location TEXT PRIMARY KEY, turn BIGINT NOT NULL, facts TEXT);"
)
_PUT_ROW: Final = replacing("rows", "row, content", key="row")
_TAKE: Final = (
    "INSERT INTO parts (location, turn) VALUES (?, ?) ON CONFLICT (location) DO UPDATE SET turn = excluded.turn "
    "WHERE parts.turn < excluded.turn"
)


@value_type(frozen=True, slots=True, kw_only=True)
class TakenPart:
    """A location of a run, and the turn in which its journal was taken: whoever takes it next has a higher one."""

    location: str
    turn: int


class PartPlan(StoredPlan):
    """What is decided of the rows of one part, in the one plan that its run has.

    Only the turn that took the part last writes: whoever lost its location, and does not know it yet, decides nothing any more.
    """

    def __init__(self, db: Database, part: TakenPart) -> None:
        super().__init__(db)
        self._part = part

    @classmethod
    def take(cls, folder: Path, part: TakenPart) -> Self:
        """Take the plan of a part over. Raises StateError where a later turn has it."""
        stored = cls(ensure_database(folder / FILE_NAME, PURPOSE, _SCHEMA), part)
        try:
            stored._db.execute(_TAKE, (part.location, part.turn))
            with stored._writing():
                pass
        except BaseException:
            stored.close()
            raise
        return stored

    def begin_anew(self) -> None:
        """Leave what was decided before a planning was cut off: it decided the same rows, so that each is put in its place."""

    def add(self, planned: Iterable[PlannedRow]) -> None:
        # of a part that is not whole nothing is used: the other parts need not wait for the disk, too
        with self._writing(self._db.relaxed()):
            self._db.executemany(_PUT_ROW, map(row_cells, planned))

    @property
    def whole(self) -> bool:
        return self._said() is not None

    def finish(self, facts: PlanFacts) -> None:
        with self._writing():
            said = json.dumps(asdict(facts))
            self._db.execute("UPDATE parts SET facts = ? WHERE location = ?", (said, self._part.location))

    def _kept_facts(self) -> Iterator[str]:
        if (said := self._said()) is not None:
            yield said

    def _said(self) -> str | None:
        found = self._db.execute("SELECT facts FROM parts WHERE location = ?", (self._part.location,))
        facts: str | None = found.fetchone()[0]
        return facts

    @contextmanager
    def _writing(self, transaction: AbstractContextManager[Database] | None = None) -> Iterator[None]:
        location, turn = self._part.location, self._part.turn
        with transaction or self._db.transaction():
            found = self._db.execute("SELECT turn FROM parts WHERE location = ?", (location,)).fetchone()
            if found[0] != turn:
                raise StateError(
                    f"Another process took over location {location}: this one decides nothing more of its rows. Look who it is with: "
                    "importer show"
                )
            yield
