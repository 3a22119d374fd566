"""What a run wrote lately, by its journal; the run may be at work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importer.state.journal.storage import FILE_NAME, open_up_to_date

_WRITTEN: Final = """
SELECT ended.contact_id, max(moment.at) FROM (
    SELECT "row", last_attempt_at AS at FROM intents UNION ALL SELECT "row", at FROM undo_moments
) AS moment JOIN (
    SELECT "row", location_id, contact_id FROM outcomes WHERE status IN ('created', 'updated')
    UNION ALL SELECT "row", location_id, contact_id FROM landed
) AS ended USING ("row")
WHERE moment.at >= :since AND ended.location_id = coalesce(:location_id, ended.location_id) AND ended.contact_id <> ''
GROUP BY ended.contact_id
"""


def written_since(folder: Path, location_id: str | None, since: float) -> Iterator[tuple[str, float]]:
    """Give the contacts that rows of a run reached, each with the moment of its last attempt, or of its being taken back.

    ``location_id``: of this location alone; None of all.
    """
    db = open_up_to_date(folder / FILE_NAME, begun=False)
    try:
        yield from db.execute(_WRITTEN, {"since": since, "location_id": location_id}).fetchall()
    finally:
        db.close()
