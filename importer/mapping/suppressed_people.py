"""People who are sent nothing, over all sources of one import: whoever is on the list, by all rows that are theirs."""

from __future__ import annotations

from collections.abc import Iterable

from importer.mapping.duplicates import DuplicateSurvey
from importer.mapping.suppression import SuppressedRows, Suppression
from importer.records import Outcome, Record


class SuppressedPeople:
    """Sees every row of every source once; ``rows`` knows them all after ``spread``.

    ``by``: the custom field that contacts are found by.
    """

    def __init__(self, suppression: Suppression, *, by: str | None = None) -> None:
        self.rows = SuppressedRows(suppression)
        self._links = DuplicateSurvey("in_order", by)

    def see(self, mapped: Iterable[Record | Outcome]) -> None:
        """Note the rows that name somebody of the list."""
        for each in mapped:
            if isinstance(each, Record):
                self.rows.see(each)

    def link(self, record: Record) -> None:
        """Note what a row's person is known by; keys that somebody else has are left out of it by now."""
        self._links.see(record)

    def spread(self) -> None:
        """Let what holds for one row of a person hold for all of them, in whichever source they are."""
        self.rows.spread(group.rows for group in self._links.groups().values())
