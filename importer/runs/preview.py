"""The first rows of a run, or those of some numbers, as it would send them; nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice

from importer.errors import SettingsError
from importer.mapping import Mapping
from importer.records import Json, Outcome, Record, number_of
from importer.runs.catalogs import unchecked_notes
from importer.runs.foreseen_rows import Taken, ask_the_locations, foreseen_rows, taken_in, unset_notes
from importer.runs.shown_rows import shown_row
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.stopping import StopSignal
from importer.settings import RunSettings


def preview(
    settings: RunSettings,
    *,
    rows: int,
    only: Collection[int] = (),
    mapping: Mapping | None = None,
    clock: Clock | None = None,
    notify: Callable[[str], None] = lambda _note: None,
) -> Iterator[dict[str, Json]]:
    """Show the first ``rows`` rows (0: all of them) as a run would send them; nothing is sent.

    ``only``: the rows of these numbers instead. Raises SettingsError for one that the sources do not have.
    ``notify`` is told what could not be checked, before the first row.
    """
    clock = clock or SystemClock()
    rows = 0 if only else rows
    with taken_in(settings, mapping, clock, StopSignal()) as taken:
        asked = ask_the_locations(
            _shown_locations(taken, rows), taken.mapping.needs, taken.mapping, settings, clock
        )
        unset = unset_notes(taken.mapping, settings)
        for note in (*taken.notes, *unset, *unchecked_notes(asked, taken.mapping)):
            notify(note)
        items = (item for _, items in foreseen_rows(taken, asked.catalogs) for item in items)
        for item in _numbered(items, only) if only else islice(items, rows or None):
            yield shown_row(item, taken.mapping)


def _numbered(items: Iterable[Record | Outcome], numbers: Collection[int]) -> Iterator[Record | Outcome]:
    """Pick rows by their numbers, from every source."""
    found = set()
    for item in items:
        number = number_of(item.row)
        if number in numbers:
            found.add(number)
            yield item
    if missing := sorted(set(numbers) - found):
        raise SettingsError(
            f"There is no row {missing[0]}: it is blank, the header's, or behind the last. Rows are numbered as a "
            "spreadsheet counts them."
        )


def _shown_locations(taken: Taken, rows: int) -> frozenset[str]:
    """Give the locations of the rows that are shown: one that no shown row goes to is not worth a question."""
    if not rows or len(taken.location_ids) < 2:
        return taken.location_ids
    return frozenset(
        item.location_id for _, mapped in taken.first(rows) for item in mapped if isinstance(item, Record)
    )
