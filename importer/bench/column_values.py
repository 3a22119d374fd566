"""The values of a column with how many rows have them, in bounded memory however many there are."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import field
from typing import TYPE_CHECKING, Final
from zlib import crc32

from importer.records import value_type

if TYPE_CHECKING:
    from importer.records import Json

LONGEST: Final = 100
"""Characters of a value that are kept; longer ones count as the same where they begin alike."""
MOST_KEPT: Final = 50_000
_HASHES: Final = 4096
_HASH_SPACE: Final = 1 << 32
_MIXING: Final = 2654435761


@value_type(frozen=True, slots=True, kw_only=True)
class ColumnValues:
    """What stands in a column. ``most`` are the values of the most rows, each with their number, the frequent ones first."""

    column: str
    """Its header."""
    filled: int
    """Cells that hold something."""
    blank: int
    """Cells that hold nothing."""
    distinct: int
    """How many different texts there are."""
    most: tuple[tuple[str, int], ...] = field(repr=False)
    """The texts of the most rows, each with their number."""
    missed: int = 0
    """A value may stand in up to so many rows more than were counted; 0: all counts are exact, else ``distinct`` is estimated."""

    @property
    def exact(self) -> bool:
        """Whether all counts are exact."""
        return not self.missed

    def to_json(self) -> dict[str, Json]:
        """Write it for programs, values and all."""
        return {
            "column": self.column,
            "filled": self.filled,
            "blank": self.blank,
            "distinct": self.distinct,
            "exact": self.exact,
            "missed_at_most": self.missed,
            "values": [{"value": value, "rows": rows} for value, rows in self.most],
        }


class ValueCounter:
    """Counts the values of one column, or those alone that begin with ``prefix``, whatever their case.

    Where there are more than ``kept`` different ones, the rare half is let go of again and again. No value is counted too
    often, none too seldom by more than ``missed``, and the number of different ones is estimated from their hashes.
    """

    def __init__(self, *, kept: int = MOST_KEPT, prefix: str = "") -> None:
        self._kept = kept
        self._prefix = prefix.casefold()
        self._counts: Counter[str] = Counter()
        self._hashes = _DistinctHashes()
        self._filled = 0
        self._blank = 0
        self._wanted = 0
        self.missed = 0

    def see(self, cells: Iterable[str]) -> None:
        """Count the cells of one block."""
        counts = _short(Counter(map(str.strip, cells)))
        self._blank += counts.pop("", 0)
        self._filled += counts.total()
        if self._prefix:
            counts = Counter({text: rows for text, rows in counts.items() if self._is_wanted(text)})
        self._wanted += counts.total()
        if self.missed:
            self._hashes.see(counts.keys() - self._counts.keys())
        self._counts.update(counts)
        if len(self._counts) > self._kept:
            self._let_go()

    def _is_wanted(self, text: str) -> bool:
        return text.casefold().startswith(self._prefix)

    def values(self, column: str, *, most: int, prefix: str = "") -> ColumnValues:
        """Give what was counted; ``prefix`` narrows it further."""
        wanted = prefix.casefold()
        counts = {text: rows for text, rows in self._counts.items() if text.casefold().startswith(wanted)}
        return ColumnValues(
            column=column,
            filled=self._filled,
            blank=self._blank,
            distinct=self._distinct(len(counts)),
            most=tuple(heapq.nsmallest(most, counts.items(), key=lambda one: (-one[1], one[0]))),
            missed=self.missed,
        )

    def _distinct(self, kept: int) -> int:
        return min(max(self._hashes.estimate(), kept), self._wanted) if self.missed else kept

    @property
    def size(self) -> int:
        """How many values are kept."""
        return len(self._counts)

    def _let_go(self) -> None:
        if not self.missed:
            self._hashes.see(self._counts)
        bound, gone = 0, 0
        for rows, values in sorted(Counter(self._counts.values()).items()):
            if gone >= len(self._counts) // 2:
                break
            bound, gone = rows, gone + values
        self._counts = Counter({text: rows for text, rows in self._counts.items() if rows > bound})
        self.missed += bound


def _short(counts: Counter[str]) -> Counter[str]:
    for text in [text for text in counts if len(text) > LONGEST]:
        counts[f"{text[:LONGEST]}..."] += counts.pop(text)
    return counts


class _DistinctHashes:
    """Estimates how many different texts there were, from the smallest of their hashes: within some 3 % as a rule."""

    def __init__(self) -> None:
        self._smallest: set[int] = set()
        self._bound = _HASH_SPACE

    def see(self, texts: Iterable[str]) -> None:
        bound = self._bound
        self._smallest.update(each for each in map(_hash, texts) if each < bound)
        if len(self._smallest) > 2 * _HASHES:
            self._smallest = set(heapq.nsmallest(_HASHES, self._smallest))
            self._bound = max(self._smallest)

    def estimate(self) -> int:
        if len(self._smallest) < _HASHES:
            return len(self._smallest)
        return round((_HASHES - 1) * _HASH_SPACE / heapq.nsmallest(_HASHES, self._smallest)[-1])


def _hash(text: str) -> int:
    # The sum alone is linear: texts that differ in a counter at their end would lie too evenly.
    mixed = crc32(text.encode("utf-8", "surrogatepass")) * _MIXING % _HASH_SPACE
    return (mixed ^ mixed >> 15) * _MIXING % _HASH_SPACE
