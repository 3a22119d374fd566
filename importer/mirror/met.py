"""Which contacts of a location some row may mean; kept beside memory, which a million ids would fill."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from importer.highlevel.contacts import HeldContact
from importer.mirror.store import Mirror
from importer.state.database import Purpose, ScratchFile

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS met (id TEXT PRIMARY KEY) WITHOUT ROWID;"
_PURPOSE: Final = Purpose(
    title="The list of contacts that rows may mean",
    go_on="try again",
    if_damaged="Try again.",
    # needed no longer than it is open
    pragmas=("cache_size = -8192", "synchronous = OFF"),
)
BLOCK: Final = 500


class MetContacts(ScratchFile):
    """The ids of contacts that were met, in a scratch file."""

    PURPOSE = _PURPOSE
    SCHEMA = _SCHEMA

    def note(self, contact_ids: Collection[str]) -> None:
        with self._db.transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO met (id) VALUES (?)", [(each,) for each in contact_ids]
            )

    def among(self, contact_ids: Collection[str]) -> set[str]:
        """Tell which of some contacts were met; of at most ``BLOCK``."""
        marks = ",".join("?" * len(contact_ids))
        found = self._db.execute(
            f"SELECT id FROM met WHERE id IN ({marks})",  # noqa: S608  (marks alone)
            [*contact_ids],
        )
        return {contact_id for (contact_id,) in found}

    def ids(self) -> Iterator[list[str]]:
        """Yield the ids that were met, some at a time."""
        last = ""
        while found := self._db.execute(
            "SELECT id FROM met WHERE id > ? ORDER BY id LIMIT ?", (last, BLOCK)
        ).fetchall():
            last = found[-1][0]
            yield [contact_id for (contact_id,) in found]

    def lacked(self, mirror: Mirror) -> Iterator[list[HeldContact]]:
        """Yield, some at a time, the contacts of a location that were not met."""
        contacts = iter(mirror)
        while block := list(islice(contacts, BLOCK)):
            met = self.among([contact.id for contact in block])
            if lacking := [contact for contact in block if contact.id not in met]:
                yield lacking
