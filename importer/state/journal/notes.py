"""Lines that are noted with a run in Postgres, where other machines read them; in files they stand beside the journal."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from importer.state.database import database_is_there
from importer.state.journal.storage import FILE_NAME, open_up_to_date


def add_notes(folder: Path, name: str, lines: Iterable[str]) -> None:
    """Add lines under a name. Raises StateError."""
    with closing(open_up_to_date(folder / FILE_NAME, begun=False)) as db:
        db.executemany("INSERT INTO notes (name, line) VALUES (?, ?)", [(name, line) for line in lines])


def read_notes(folder: Path, name: str) -> list[str]:
    """Read the lines under a name, as they were added; none of a run that is gone."""
    if not database_is_there(folder / FILE_NAME):
        return []
    with closing(open_up_to_date(folder / FILE_NAME, begun=False)) as db:
        found = db.execute("SELECT line FROM notes WHERE name = ? ORDER BY id", (name,))
        return [line for (line,) in found]
