"""Rows that switch do-not-disturb off: counted, and where a location can be asked, looked up whose it would lift."""

from __future__ import annotations

from collections.abc import Sequence

from importer.errors import ImporterError
from importer.highlevel.lifts import switches_off
from importer.records import Outcome, Record
from importer.results.forecast import Lifts
from importer.runs.catalogs import why_unasked
from importer.runtime.clock import Clock
from importer.settings import RunSettings

_LOOKED_UP = 200


class LiftingRows:
    """Counts them as rows pass by, and keeps the first to be asked about."""

    def __init__(self) -> None:
        self.rows = 0
        self._records: list[Record] = []

    def see(self, mapped: Sequence[Record | Outcome]) -> None:
        for item in mapped:
            if isinstance(item, Record) and switches_off(item.fields):
                self.rows += 1
                if len(self._records) < _LOOKED_UP:
                    self._records.append(item)

    def ask(self, settings: RunSettings, clock: Clock) -> Lifts:
        """Say whom they would lift it for, as far as the location tells; without a token nobody is asked."""
        unknown = Lifts(rows=self.rows)
        if settings.connection.sandbox or not self._records:
            return unknown
        silent = why_unasked({record.location_id for record in self._records}, settings)
        asked = [record for record in self._records if record.location_id not in silent]
        if not asked:
            return unknown
        from importer.runs.inquiry import ask_about  # what sends takes longer to import than a small check

        try:
            found = ask_about(asked, settings, clock=clock)
        except ImporterError:
            return unknown  # that it does not answer is said where it is asked what it takes
        return Lifts(rows=self.rows, asked=found.asked, lifting=found.lifting)
