"""What is remembered of quotas beyond the runs that used them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import Final

from importer.errors import StateError
from importer.records import QuotaMark
from importer.state.database import Purpose, begin_anew_if_damaged, database_is_there

FILE_NAME: Final = "quota.db"
_OLDER_FILE_NAME: Final = "quota.json"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS marks (
    base_url TEXT NOT NULL, location_id TEXT NOT NULL, at REAL NOT NULL, in_window INTEGER NOT NULL,
    used_today INTEGER NOT NULL, daily_remaining INTEGER, slowest_seconds REAL NOT NULL,
    PRIMARY KEY (base_url, location_id)
) WITHOUT ROWID;
"""
_PURPOSE: Final = Purpose(
    title="The memory of quotas",
    go_on="try again",
    if_damaged="Move it away.",
    # the vendor's own headers correct it at the first reply
    without_it="What was used of the last day's quota is learnt anew.",
    busy_seconds=2.0,
)
_OF_THE_NEWER: Final = ("at", "in_window", "used_today", "daily_remaining")
_REMEMBER: Final = f"""
    INSERT INTO marks (base_url, location_id, at, in_window, used_today, daily_remaining, slowest_seconds)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (base_url, location_id) DO UPDATE SET
        {", ".join(f"{name} = CASE WHEN marks.at > excluded.at THEN marks.{name} ELSE excluded.{name} END" for name in _OF_THE_NEWER)},
        slowest_seconds = max(marks.slowest_seconds, excluded.slowest_seconds)
"""  # noqa: S608  (our own text)


REMEMBER_IN_POSTGRES: Final = _REMEMBER.replace("INTO marks", "INTO importer_quota.marks")
"""On another schema's connection: a mark each second is to cost no connection of its own."""


def latest(first: Mapping[str, QuotaMark], second: Mapping[str, QuotaMark]) -> dict[str, QuotaMark]:
    """Keep the newer mark of each location, and the slowest reply of both."""
    merged = dict(first)
    for location_id, mark in second.items():
        known = merged.get(location_id, mark)
        newer = known if known.at > mark.at else mark
        slowest = max(known.slowest_seconds, mark.slowest_seconds)
        merged[location_id] = replace(newer, slowest_seconds=slowest)
    return merged


class QuotaMemory:
    """A small database beside the runs: marks by base URL and location. It holds no person's data."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._older = folder / _OLDER_FILE_NAME

    def marks(self, base_url: str) -> dict[str, QuotaMark]:
        """Give what is remembered; what cannot be read is as good as not remembered."""
        kept: list[QuotaMark] = []
        with contextlib.suppress(StateError):
            if database_is_there(self._path):
                kept = self._kept(base_url)
        return latest(self._of_older_importers(base_url), {mark.location_id: mark for mark in kept})

    def remember(self, base_url: str, marks: Mapping[str, QuotaMark]) -> None:
        """Keep marks, where no newer ones are. Raises StateError."""
        with (
            contextlib.closing(begin_anew_if_damaged(self._path, _PURPOSE, _SCHEMA)) as db,
            db.transaction() as database,
        ):
            database.executemany(_REMEMBER, [(base_url, *astuple(mark)) for mark in marks.values()])

    def begin(self) -> None:
        """Make the database, where it is missing. Raises StateError."""
        begin_anew_if_damaged(self._path, _PURPOSE, _SCHEMA).close()

    def _kept(self, base_url: str) -> list[QuotaMark]:
        columns = tuple(QuotaMark.__dataclass_fields__)
        query = f"SELECT {', '.join(columns)} FROM marks WHERE base_url = ?"  # noqa: S608  (our own names)
        with contextlib.closing(begin_anew_if_damaged(self._path, _PURPOSE, _SCHEMA)) as db:
            return [
                QuotaMark(**dict(zip(columns, cells, strict=True)))
                for cells in db.execute(query, (base_url,))
            ]

    def _of_older_importers(self, base_url: str) -> dict[str, QuotaMark]:
        try:
            content = json.loads(self._older.read_text(encoding="utf-8"))
            return {mark["location_id"]: QuotaMark(**mark) for mark in content.get(base_url, ())}
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            return {}
