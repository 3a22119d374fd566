"""Files already imported, told by their content: a file delivered twice, or under another name, is imported once."""

from __future__ import annotations

from typing import Final

from importer.records import value_type
from importer.state.database import Purpose, StateFile, replacing

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS files (
    feed TEXT NOT NULL, fingerprint TEXT NOT NULL, name TEXT NOT NULL, run_id TEXT NOT NULL,
    imported_at REAL NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (feed, fingerprint)
) WITHOUT ROWID;
"""
_PUT: Final = replacing(
    "files", "feed, fingerprint, name, run_id, imported_at, rows", key="feed, fingerprint"
)


@value_type(frozen=True, slots=True, kw_only=True)
class Imported:
    """A file that a feed has imported to its end."""

    feed: str
    fingerprint: str
    name: str
    run_id: str
    imported_at: float
    rows: int


class ImportedFiles(StateFile):
    """Files that were imported, in one state folder. A feed is a job: two jobs may import the same file, each once."""

    FILE_NAME = "ledger.db"
    SCHEMA = _SCHEMA
    PURPOSE = Purpose(
        title="The list of imported files",
        go_on="start importer serve or watch again",
        if_damaged="Restore it from a backup, or move it away: then files that were imported are imported again.",
    )

    def find(self, feed: str, fingerprint: str) -> Imported | None:
        """Tell whether, when and by which run a feed imported this content."""
        found = self._db.execute(
            "SELECT name, run_id, imported_at, rows FROM files WHERE feed = ? AND fingerprint = ?",
            (feed, fingerprint),
        ).fetchone()
        if found is None:
            return None
        name, run_id, imported_at, rows = found
        return Imported(
            feed=feed, fingerprint=fingerprint, name=name, run_id=run_id, imported_at=imported_at, rows=rows
        )

    def last(self, feed: str) -> Imported | None:
        """Find the newest import of a feed; its rows are what a file that shrank is measured against."""
        found = self._db.execute(
            "SELECT fingerprint FROM files WHERE feed = ? ORDER BY imported_at DESC LIMIT 1", (feed,)
        ).fetchone()
        return self.find(feed, found[0]) if found else None

    def feeds_of(self, run_id: str) -> tuple[str, ...]:
        """Name the jobs that imported a file by a run."""
        found = self._db.execute("SELECT DISTINCT feed FROM files WHERE run_id = ? ORDER BY feed", (run_id,))
        return tuple(feed for (feed,) in found)

    def forget(self, run_id: str) -> None:
        """Forget what a run imported: it was taken back."""
        with self._db.transaction() as database:
            database.execute("DELETE FROM files WHERE run_id = ?", (run_id,))

    def add(self, imported: Imported) -> None:
        """Note a file whose run came to its end; to be called before the file is moved or archived."""
        with self._db.transaction() as database:
            database.execute(
                _PUT,
                (
                    imported.feed,
                    imported.fingerprint,
                    imported.name,
                    imported.run_id,
                    imported.imported_at,
                    imported.rows,
                ),
            )
