"""What rows of a file said of their people, found again by key: in arrays, and in a temporary file where there are many."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import IO, Final, Generic, TypeVar

from importer.errors import StateError
from importer.records import RowId

_FIRST_PLACES: Final = 1 << 10
_MOST_PLACES: Final = 1 << 14
"""Eleven thousand keys in 0.3 MB. Eight times as many took no less time, and 27 MB while they were put in order."""
_MARKS: Final = 1 << 20
_MARK: Final = _MARKS - 1
_LINE: Final = Struct("<qQH")
_LINES_READ: Final = 64
"""From one key that is known in memory to the next: a kilobyte of the file."""

Said = TypeVar("Said")


class SaidByKey(Generic[Said]):
    """Which rows said what of a key; keys are hashes, and what is said is one of a few things.

    ``most_places``: a power of two. When two thirds of so many places are taken, what stands in them goes to a file.
    """

    def __init__(self, *, most_places: int = _MOST_PLACES) -> None:
        self._most_places = most_places
        self._firsts = _Firsts(min(_FIRST_PLACES, most_places))
        self._aside: list[_Aside] = []
        self._marks = bytearray()
        """Two bits for each key that is in the file: of a million keys that are not, one in twenty has both."""
        self._file: IO[bytes] | None = None
        self._sayings: list[Said] = []
        self._numbers: dict[Said, int] = {}
        self._further: dict[int, tuple[tuple[RowId, Said], ...]] = {}
        """What more was said of the few keys of which several rows said something."""

    def __bool__(self) -> bool:
        return self._firsts.count > 0 or bool(self._aside)

    def of(self, keys: Iterable[int]) -> list[tuple[RowId, Said]]:
        """Give what was said of some keys, with the rows that said it."""
        found: list[tuple[RowId, Said]] = []
        met, mask, marks = self._firsts.met, self._firsts.mask, self._marks
        for key in keys:
            # Nothing was said of nearly all keys, and a bit says so: asked here, for a call takes longer.
            if met[key & mask] >> (key >> 60 & 7) & 1 or (
                marks and marks[key >> 23 & _MARK] >> (key >> 20 & 7) & 1
            ):
                first = self._first(key)
                if first is not None:
                    found.append((first[0], self._sayings[first[1]]))
                    found += self._further.get(key, ())
        return found

    def add(self, keys: Iterable[int], row: RowId, said: Said) -> None:
        number = self._number_of(said)
        for key in keys:
            if self._first(key) is not None:
                self._further[key] = (*self._further.get(key, ()), (row, said))
            else:
                self._firsts.take(key, row, number)
                if self._firsts.count * 3 > self._firsts.places * 2:
                    self._make_room()

    def _first(self, key: int) -> tuple[RowId, int] | None:
        found = self._firsts.of(key)
        marks = self._marks
        if (
            found is None
            and marks
            and marks[key >> 23 & _MARK] >> (key >> 20 & 7) & 1
            and marks[key >> 43 & _MARK] >> (key & 7) & 1
        ):
            for aside in self._aside:
                if (found := aside.of(key)) is not None:
                    break
        return found

    def _number_of(self, said: Said) -> int:
        number = self._numbers.setdefault(said, len(self._sayings))
        if number == len(self._sayings):
            self._sayings.append(said)
        return number

    def _make_room(self) -> None:
        full = self._firsts
        if full.places < self._most_places:
            self._firsts = _Firsts(2 * full.places)
            for key, row, number in full.lines():
                self._firsts.take(key, row, number)
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as this is)
                weakref.finalize(self, self._file.close)
                self._marks = bytearray(_MARKS)
            self._aside.append(_Aside(self._file, full))
        except OSError as cause:
            raise _unusable(cause) from cause
        marks = self._marks
        for key, *_ in full.lines():
            marks[key >> 23 & _MARK] |= 1 << (key >> 20 & 7)
            marks[key >> 43 & _MARK] |= 1 << (key & 7)
        self._firsts = _Firsts(full.places)


class _Firsts:
    """The first row of each key in arrays, each at the place that its key is a hash of, or at the next free one.

    They take 30 to 60 bytes a key, where a dict takes 150. It was measured beside arrays in the order of the keys, which
    take 20 and three times as long.
    """

    def __init__(self, places: int) -> None:
        self.count = 0
        self.places = places
        self.mask = places - 1
        self.met = bytearray(places)
        """A bit for each key."""
        self._keys = array("q", bytes(8 * places))
        self._rows = array("Q", bytes(8 * places))
        """0, which no row has, where a place is free."""
        self._said = array("H", bytes(2 * places))

    def of(self, key: int) -> tuple[RowId, int] | None:
        if not self.met[key & self.mask] >> (key >> 60 & 7) & 1:
            return None
        place = self._place(key)
        return (row, self._said[place]) if (row := self._rows[place]) else None

    def take(self, key: int, row: RowId, number: int) -> None:
        """Note a key that is new."""
        place = self._place(key)
        self._keys[place], self._rows[place], self._said[place] = key, row, number
        self.met[key & self.mask] |= 1 << (key >> 60 & 7)
        self.count += 1

    def lines(self) -> Iterator[tuple[int, RowId, int]]:
        """Give key, row and what was said, in no order."""
        return (line for line in zip(self._keys, self._rows, self._said, strict=True) if line[1])

    def _place(self, key: int) -> int:
        keys, rows, mask = self._keys, self._rows, self.mask
        place = key & mask
        while rows[place] and keys[place] != key:
            place = place + 1 & mask
        return place


class _Aside:
    """The firsts of many keys in a file, in the order of the keys; two bytes a key stay in memory."""

    def __init__(self, file: IO[bytes], firsts: _Firsts) -> None:
        ordered = sorted(firsts.lines())
        self._file = file
        self._index = array("q", [key for key, *_ in ordered[::_LINES_READ]])
        self._mask = firsts.mask
        self._met = firsts.met
        self._begin = file.seek(0, 2)
        file.write(b"".join([_LINE.pack(*line) for line in ordered]))
        file.flush()
        self._end = self._begin + len(ordered) * _LINE.size

    def of(self, key: int) -> tuple[RowId, int] | None:
        if not self._met[key & self._mask] >> (key >> 60 & 7) & 1:
            return None
        for known, row, number in self._lines_from(bisect_right(self._index, key) - 1):
            if known == key:
                return row, number
        return None

    def _lines_from(self, index: int) -> Iterator[tuple[int, RowId, int]]:
        if index < 0:
            return iter(())
        begin = self._begin + index * _LINES_READ * _LINE.size
        try:
            self._file.seek(begin)
            return _LINE.iter_unpack(self._file.read(min(_LINES_READ * _LINE.size, self._end - begin)))
        except OSError as cause:
            raise _unusable(cause) from cause


def _unusable(cause: OSError) -> StateError:
    return StateError(
        f"The temporary folder cannot be used: {cause.strerror}. Make room in it, or name another one with TMPDIR."
    )
