"""Which keys may have been met: a bit for each, so that whoever keeps keys in a file need not ask it for the others."""

from __future__ import annotations

from collections.abc import Iterable


class KeyFilter:
    """Tells for certain what was not added; of what seems to be, some was not, since two keys may share a bit.

    ``bits``: a power of two, sixteen times as many as keys or more. Keys are hashes.
    """

    def __init__(self, bits: int) -> None:
        self._mask = bits - 1
        self._bytes = bytearray(bits // 8)

    @property
    def bits(self) -> int:
        return self._mask + 1

    def add(self, keys: Iterable[int]) -> None:
        taken, mask = self._bytes, self._mask
        for key in keys:
            taken[(key & mask) >> 3] |= 1 << (key & 7)

    def has(self, key: int) -> bool:
        return bool(self._bytes[(key & self._mask) >> 3] >> (key & 7) & 1)

    def among(self, keys: Iterable[int]) -> list[int]:
        """Give those of some keys that may have been added."""
        taken, mask = self._bytes, self._mask
        return [key for key in keys if taken[(key & mask) >> 3] >> (key & 7) & 1]

    def places(self, keys: Iterable[int]) -> list[int]:
        """Tell which of some keys may have been added, by where they stand among them."""
        taken, mask = self._bytes, self._mask
        return [index for index, key in enumerate(keys) if taken[(key & mask) >> 3] >> (key & 7) & 1]
