"""Files of named values, record by record: the header is made of all the names that any record has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from importer.errors import SourceError
from importer.reading.detected import Detected, Reading
from importer.reading.grid import Batch, Cells, take
from importer.reading.headers import SAMPLE_ROWS, clean_name
from importer.reading.profile import Profile
from importer.reading.text.blemishes import mark_blemishes
from importer.runtime.counting import counted
from importer.runtime.regex import regex

_BATCH_ROWS: Final = 512
_MOST_NAMES: Final = 16_384

Named = Mapping[str, str]
"""A record's values by their names, in the order of the file."""


class ObjectsGrid:
    """Records as rows: the first row has the names, the record n stands in row n + 1."""

    def __init__(self, records: Callable[[], Iterator[Named]], names: Sequence[str]) -> None:
        self._records = records
        self._names = names

    def batches(self) -> Iterator[Batch]:
        batch = Batch(first=1, rows=[list(map(clean_name, self._names))])
        for number, record in enumerate(self._records(), 2):
            if len(batch.rows) == _BATCH_ROWS:
                yield _whole(batch)
                batch = Batch(first=number, rows=[])
            batch.rows.append([record.get(name, "") for name in self._names])
        yield _whole(batch)


def _whole(batch: Batch) -> Batch:
    """Mark damaged characters, and put the sign for them where half of one stands alone."""
    text = "".join("".join(row) for row in batch.rows)
    mark_blemishes(batch, text)
    if _HALF.search(text):
        batch.rows[:] = [[_HALF.sub("\ufffd", cell) for cell in row] for row in batch.rows]
    return batch


_HALF: Final = regex("[\ud800-\udfff]")


def objects_reading(records: Callable[[], Iterator[Named]], detected: Detected) -> Reading:
    """Walk all records once for their names, and lay them out under these."""
    count, names = _names_of(records(), detected.name)
    if not count:
        raise SourceError(f"{detected.name} holds no records. Export it again.")
    grid = ObjectsGrid(records, names)
    sample: list[tuple[int, Cells]] = take(grid, SAMPLE_ROWS)
    note = (
        f"header: the {counted(len(names), 'name')} that any of its records has; record n stands in row n + 1"
    )
    return Reading(
        grid=grid,
        header=tuple(map(clean_name, names)),
        header_last=1,
        detected=replace(detected, notes=(*detected.notes, note)),
        ragged=True,
        profile=Profile.below(sample, 1, len(names)),
    )


def _names_of(records: Iterable[Named], name: str) -> tuple[int, list[str]]:
    names: dict[str, None] = {}
    count = 0
    for record in records:
        count += 1
        names.update(dict.fromkeys(record))
        if len(names) > _MOST_NAMES:
            raise SourceError(
                f"{name} has records with more than {_MOST_NAMES:,} different names, so it is no list of contacts. "
                "Export the contacts as CSV or Excel."
            )
    return count, list(names)
