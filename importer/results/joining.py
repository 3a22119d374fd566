"""The join that results are made of: sources read again, in order, beside the outcomes that the journal holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain
from typing import Final

from importer.records import Block, Outcome, RowId, limited, row_id, value_type
from importer.results.views import JournalView, SourceView

_BLOCK: Final = 1000


@value_type(frozen=True, slots=True, kw_only=True)
class Joined:
    """A block of rows and the outcomes of those that have one."""

    block: Block
    outcomes: Mapping[RowId, Outcome] = field(repr=False)

    @property
    def settled(self) -> bool:
        """Whether each row has its outcome, so that nothing of it can change any more."""
        return len(self.outcomes) == len(self.block)

    @property
    def last_open(self) -> RowId:
        """The last row without an outcome, of a block that is not settled."""
        base = row_id(self.block.source, 0)
        return next(
            base | number for number in reversed(self.block.numbers) if base | number not in self.outcomes
        )


class Join:
    """Goes through every row of the run once, in source order; ``limit`` ends it after so many rows of all sources."""

    def __init__(
        self, journal: JournalView, sources: Sequence[SourceView], *, limit: int | None = None
    ) -> None:
        self._journal = journal
        # A block's outcomes are asked for at a time: one long-lived cursor would keep the journal from checkpointing.
        blocks = chain.from_iterable(source.blocks(_BLOCK) for source in sources)
        self._blocks = filter(len, limited(blocks, limit))
        self._next: Block | None = None
        self._awaited: RowId = 0
        """A row of the next block without which it is not settled, mostly its last."""

    def settled(self) -> Iterator[Joined]:
        """Yield what is settled, up to the first block with a row that is not; it comes again the next time."""
        # One row is asked for before a thousand are read: while rows are sent slowly, this comes again and again.
        while (block := self._peek()) is not None and any(
            self._journal.outcomes(self._awaited, self._awaited)
        ):
            joined = self._look_up(block)
            if not joined.settled:
                self._awaited = joined.last_open
                return
            self._next = None
            yield joined

    def rest(self) -> Iterator[Joined]:
        """Yield all that is left; a row without an outcome is one that the run did not store."""
        while (block := self._peek()) is not None:
            self._next = None
            joined = self._look_up(block)
            yield joined if joined.settled else self._with_unfinished(joined)

    def _peek(self) -> Block | None:
        if self._next is None:
            self._next = next(self._blocks, None)
            if self._next is not None:
                _, self._awaited = _ends(self._next)
        return self._next

    def _with_unfinished(self, joined: Joined) -> Joined:
        unfinished = self._journal.unfinished(*_ends(joined.block))
        stored = {outcome.row: outcome for outcome in unfinished}
        return Joined(block=joined.block, outcomes={**stored, **joined.outcomes})

    def _look_up(self, block: Block) -> Joined:
        outcomes = {outcome.row: outcome for outcome in self._journal.outcomes(*_ends(block))}
        return Joined(block=block, outcomes=outcomes)


def _ends(block: Block) -> tuple[RowId, RowId]:
    return row_id(block.source, block.numbers[0]), row_id(block.source, block.numbers[-1])
