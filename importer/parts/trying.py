"""A trial of a run over workers: its first rows, told beforehand, and each location's share of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from importer.records import Json, Record
from importer.runs.intake import Intake

SHARES: Final = "trial_rows"
"""The key under which a run that was queued for a trial keeps how many rows each location sends of it."""


def trial_shares(
    intakes: Iterable[Intake], wanted: int, *, keep_going: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Count by location the first rows, in file order, that the mapping makes something of.

    What only a location knows of them (an unknown custom field) is not asked yet: of rows that it refuses, others of it
    take the place.
    """
    shares: Counter[str] = Counter()
    for intake in intakes:
        for mapped in intake.mapped():
            keep_going()
            for item in mapped:
                if isinstance(item, Record):
                    shares[item.location_id] += 1
                    if shares.total() == wanted:
                        return dict(shares)
    return dict(shares)


def shares_of(options: Mapping[str, Json]) -> dict[str, int] | None:
    """Read how many rows each location sends of a run's trial; None where all rows are sent."""
    kept: Any = options.get(SHARES)
    return kept if isinstance(kept, dict) else None
