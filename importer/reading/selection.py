"""The rows of a source that are meant, where not all are: their numbers, as compactly as a million of them need."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from importer.records import Block

MOST_ROWS: Final = 2_000_000
LARGEST_ROW: Final = 0xFFFF_FFFF


class RowNumbers:
    """Row numbers of one source, each once, in order."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = array("L", sorted(set(numbers)))

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        place = bisect_left(self._numbers, number)
        return place < len(self._numbers) and self._numbers[place] == number

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for number in self._numbers:
            digest.update(b"%d\n" % number)
        return digest.hexdigest()

    def among(self, block: Block) -> list[int]:
        """Give the places of a block that hold rows of these numbers."""
        first = bisect_left(self._numbers, block.numbers[0])
        if first == len(self._numbers) or self._numbers[first] > block.numbers[-1]:
            return []
        return [place for place, number in enumerate(block.numbers) if number in self]

    def lacking(self, seen: Sequence[int]) -> list[int]:
        """Give the numbers that are not among those seen, which are in order, too."""
        known = array("L", seen)
        places = ((number, bisect_left(known, number)) for number in self._numbers)
        return [number for number, place in places if place == len(known) or known[place] != number]


def chosen_blocks(blocks: Iterable[Block], numbers: RowNumbers) -> Iterator[Block]:
    """Pass on the rows of these numbers alone."""
    for block in blocks:
        if places := numbers.among(block):
            yield block if len(places) == len(block) else block.only(places)
