"""The rows of a source that a suggestion looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from importer.suggestion.evidence import Column, columns

if TYPE_CHECKING:
    from importer.reading import Source

SAMPLED_ROWS: Final = 2000


def sampled_rows(source: Source) -> Iterator[Sequence[str]]:
    """Leave out rows with too many or too few cells: their values stand in the wrong columns."""
    return islice(_sound_rows(source), SAMPLED_ROWS)


def _sound_rows(source: Source) -> Iterator[Sequence[str]]:
    for block in source.blocks():
        for index, cells in enumerate(block.rows):
            if not any(fault.fails for fault in block.faults.get(index, ())):
                yield cells


def sampled_columns(source: Source) -> tuple[Column, ...]:
    return columns(source.header, sampled_rows(source))
