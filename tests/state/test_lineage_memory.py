"""Counting what later runs brought home costs a run nothing where none did."""

from __future__ import annotations

import tracemalloc

from importer.records import Outcome, Status
from importer.state.journal import Journal
from importer.state.lineage import corrections_since

BOTH_STORES = True
_ROWS = 20_000
_MOST_BYTES = 100_000
"""The numbers of the rows alone take ten times as much."""


def test_a_run_that_nobody_took_up_rows_of_is_not_gathered_row_by_row(journal: Journal) -> None:
    journal.settle([Outcome(row=row, status=Status.CREATED) for row in range(2, 2 + _ROWS)])
    tracemalloc.start()
    try:
        assert corrections_since(journal.folder, journal) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < _MOST_BYTES
