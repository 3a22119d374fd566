"""Which keys were seen on one row: two rows that share no key may still be one person, through an earlier row that held both."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Final

REMEMBERED_LINKS: Final = 100_000
_FIRST_PLACES: Final = 1 << 8
_MET_BITS: Final = 1 << 21
_MET_MASK: Final = _MET_BITS - 1
_FREE: Final = -(1 << 63)
"""What no key is: Python's hashes have a bit less."""


class Links:
    """Remembers them for rows to come; bounded, the older half is forgotten at once.

    Forgetting one by one would walk over holes, for each row again.
    """

    __slots__ = ("_half", "_met", "_old", "_young")

    def __init__(self, limit: int = REMEMBERED_LINKS) -> None:
        self._young = _Leads()
        self._old = _Leads()
        self._half = limit // 2
        self._met = bytearray(_MET_BITS // 8)
        """A bit for each key that leads to another, and for what else was so before it was last made anew."""

    def root(self, key: int) -> int:
        young, old = self._young, self._old
        while (further := young.of(key)) != _FREE or (further := old.of(key)) != _FREE:
            key = further
        return key

    def strange(self, keys: Sequence[int]) -> bool:
        """Tell that none of the keys leads to another, as is so for nearly every row."""
        met = self._met
        for key in keys:
            # The bit tells it of nineteen keys in twenty, in a quarter of the time that looking into both halves takes.
            if met[(key & _MET_MASK) >> 3] >> (key & 7) & 1 and self.root(key) != key:
                return False
        return True

    def join(self, keys: Sequence[int]) -> None:
        """Let all keys lead to one root."""
        if self.strange(keys):
            chosen = keys[0]
            for key in keys[1:]:
                if key != chosen:
                    self._lead(key, chosen)
        else:
            chosen = self.root(keys[0])
            for key in keys[1:]:
                root = self.root(key)
                if root != chosen:
                    self._lead(root, chosen)
        if len(self._young) >= self._half:
            self._forget_old()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _lead(self, key: int, root: int) -> None:
        self._young.put(key, root)
        self._met[(key & _MET_MASK) >> 3] |= 1 << (key & 7)

    def _forget_old(self) -> None:
        self._old, self._young = self._young, _Leads(self._young.places)  # it becomes as full
        self._met = met = bytearray(_MET_BITS // 8)
        for key in self._old.leading():
            met[(key & _MET_MASK) >> 3] |= 1 << (key & 7)


class _Leads:
    """Which key leads to which, in arrays: 24 to 48 bytes each, where a dict of them takes 120.

    A key stands at the place that its last bits name, or at the next free one; they are hashes.
    """

    __slots__ = ("_count", "_keys", "_mask", "_roots")

    def __init__(self, places: int = _FIRST_PLACES) -> None:
        self._count = 0
        self._lay_out(places)

    def __len__(self) -> int:
        return self._count

    @property
    def places(self) -> int:
        return len(self._roots)

    def leading(self) -> Iterator[int]:
        return (key for key, root in zip(self._keys, self._roots, strict=True) if root != _FREE)

    def of(self, key: int) -> int:
        """Give the key that one leads to, or ``_FREE``."""
        return self._roots[self._place(key)]

    def put(self, key: int, root: int) -> None:
        place = self._place(key)
        if self._roots[place] == _FREE:
            self._keys[place] = key
            self._count += 1
        self._roots[place] = root
        if self._count * 3 > self._mask * 2:
            self._grow()

    def _place(self, key: int) -> int:
        """Give a key's place, or the free one that it would take."""
        keys, roots, mask = self._keys, self._roots, self._mask
        place = key & mask
        while roots[place] != _FREE and keys[place] != key:
            place = place + 1 & mask
        return place

    def _lay_out(self, places: int) -> None:
        self._mask = places - 1
        self._keys = array("q", bytes(8 * places))
        self._roots = array("q", [_FREE]) * places

    def _grow(self) -> None:
        before = zip(self._keys, self._roots, strict=True)
        self._lay_out(2 * len(self._roots))
        for key, root in before:
            if root != _FREE:
                place = self._place(key)
                self._keys[place], self._roots[place] = key, root
