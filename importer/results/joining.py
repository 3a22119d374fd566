"""The join that results are made of: sources read again, in order, beside the outcomes that the journal holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from importer.records import Outcome, RowId, row_id
from importer.results.views import JournalView, SourceView

Joined: TypeAlias = tuple[RowId, Outcome | None, Sequence[str]]
"""A row, its outcome (``None``: the run did not reach it) and its cells as they were read."""

_BLOCK: Final = 1000


def join_outcomes(
    journal: JournalView, sources: Sequence[SourceView], *, limit: int | None = None
) -> Iterator[Joined]:
    """Go through every row of the run in source order; ``limit`` ends it after so many rows of all sources."""
    return islice(_all(journal, sources), limit)


def _all(journal: JournalView, sources: Sequence[SourceView]) -> Iterator[Joined]:
    # A block's outcomes are asked for at a time: one long-lived cursor would keep the journal from checkpointing.
    for source in sources:
        for block in source.blocks(_BLOCK):
            rows = [row_id(block.source, number) for number in block.numbers]
            if not rows:
                continue
            settled = {outcome.row: outcome for outcome in journal.outcomes(rows[0], rows[-1])}
            for row, cells in zip(rows, block.rows, strict=True):
                yield row, settled.get(row), cells
