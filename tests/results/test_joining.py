"""Sources beside the journal: what is settled is joined at once, and what is not is asked for sparingly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from importer.records import Counts, Outcome, Pulse, Status, row_id
from importer.results.joining import Join
from tests.results.conftest import Sheet

BLOCKS = (range(2, 1_002), range(1_002, 2_002), range(2_002, 2_502))
SHEET = Sheet(rows={number: ("Ann", "", "", "") for block in BLOCKS for number in block})


@dataclass
class Growing:
    """A journal whose rows settle in any order; ``read`` counts the outcomes that it gave."""

    settled: set[int] = field(default_factory=set)
    read: int = 0

    def outcomes(self, first: int, last: int) -> Iterator[Outcome]:
        for row in sorted(row for row in self.settled if first <= row <= last):
            self.read += 1
            yield Outcome(row=row, status=Status.CREATED)

    def settle(self, numbers: Iterable[int]) -> None:
        self.settled.update(row_id(0, number) for number in numbers)

    def unfinished(self, first: int, last: int) -> Iterator[Outcome]:  # noqa: ARG002  (JournalView's signature)
        return iter(())

    def counts(self) -> Counts:
        return Counts()

    def seconds(self) -> float:
        return 0.0

    def pulses(self) -> Iterator[Pulse]:
        return iter(())


def joined(join: Join) -> list[range]:
    return [range(each.block.numbers[0], each.block.numbers[-1] + 1) for each in join.settled()]


def test_blocks_come_in_order_as_soon_as_each_row_of_them_is_settled() -> None:
    journal = Growing()
    join = Join(journal, [SHEET])
    assert joined(join) == []

    journal.settle(BLOCKS[1])
    assert joined(join) == []
    journal.settle(set(BLOCKS[0]) - {7})
    assert joined(join) == []
    journal.settle([7])
    assert joined(join) == list(BLOCKS[:2])
    assert joined(join) == []
    journal.settle(BLOCKS[2])
    assert joined(join) == [BLOCKS[2]]
    assert joined(join) == []


def test_a_block_that_is_not_settled_is_not_read_again_each_time_it_is_asked_for() -> None:
    journal = Growing()
    join = Join(journal, [SHEET])
    journal.settle(range(2, 1_001))
    for _ in range(50):
        assert joined(join) == []
    assert journal.read == 0

    journal.settle([1_001])
    journal.settled.discard(row_id(0, 500))  # the last row may overtake another
    for _ in range(50):
        assert joined(join) == []
    assert journal.read == 1 + 999

    journal.settle([500])
    assert joined(join) == [BLOCKS[0]]


def test_what_is_left_comes_settled_or_not() -> None:
    journal = Growing()
    join = Join(journal, [SHEET])
    journal.settle(BLOCKS[0])
    assert joined(join) == [BLOCKS[0]]
    journal.settle([2_502 - 1])

    rest = list(join.rest())

    assert [each.block.numbers[0] for each in rest] == [1_002, 2_002]
    assert [len(each.outcomes) for each in rest] == [0, 1]
