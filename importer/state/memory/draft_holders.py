"""Who holds which key, as a look ahead decides it: in files that are thrown away, over what is known already."""

from __future__ import annotations

import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from struct import Struct
from typing import IO, Final, Self

from importer.errors import StateError
from importer.records import KeyHolder
from importer.state.database import Database, scratch_database
from importer.state.key_filter import KeyFilter
from importer.state.memory.key_holders import (
    FILE_NAME,
    PURPOSE,
    SCHEMA,
    KeyHolders,
    columns_of,
    holder_of,
)

_DRAFT: Final = replace(PURPOSE, pragmas=("synchronous = OFF", "journal_mode = OFF"))
_KEYS: Final = 20_000
"""So many are kept as they are, before they are put aside together: 8 MB. Larger batches took no less time."""
_ALL_BITS: Final = 1 << 25
"""Four megabytes, in which two million keys leave one place in sixteen taken by another key."""
_BATCH_BITS: Final = 1 << 18
"""Of one batch: a key that is not in it finds its place taken once in thirteen times."""
_LINE: Final = Struct("<9q")


class DraftHolders(KeyHolders):
    """Holders of a look ahead: what it decides goes to a file of its own, and what is known stays as it is."""

    def __init__(
        self, db: Database, folder: Path, *, place: str, known: KeyHolders | None, as_run: int = 0
    ) -> None:
        super().__init__(db, place=place, run_id="")
        self._known = known
        self._as_run = as_run
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (open as long as the draft is)
        self._aside = HoldersAside(self._file)
        if known is not None:
            self._hasher = known._hasher  # noqa: SLF001  (a draft of the same keys)

    @classmethod
    def over(cls, known: KeyHolders | None, folder: Path, *, place: str, as_run: int = 0) -> Self:
        """Begin a draft in a folder that is thrown away, over what is known already.

        ``as_run``: it decides as this run does; else as one that is yet to begin, to which whoever is known is of an
        earlier one.
        """
        db = scratch_database(folder / FILE_NAME, _DRAFT, SCHEMA)
        return cls(db, folder, place=place, known=known, as_run=as_run)

    @cached_property
    def run(self) -> int:
        return self._as_run

    def hash(self, text: str) -> int:
        """Hash a text as what is known was hashed; where nothing is, Python's own hash is as good for one process and takes a tenth of the time."""
        return super().hash(text) if self._known is not None else hash(text) or 1

    def close(self) -> None:
        self._file.close()
        self._db.close()

    def put(self, holders: Mapping[int, KeyHolder]) -> None:
        """Note who holds keys now."""
        self._fresh.update(holders)
        if len(self._fresh) >= _KEYS:
            self.flush()

    def flush(self) -> None:
        if self._fresh:
            self._aside.put(self._fresh)
            self._fresh = {}

    def find(self, keys: AbstractSet[int]) -> dict[int, KeyHolder]:
        fresh = self._fresh
        found = {key: fresh[key] for key in fresh.keys() & keys}
        found.update(self._aside.find(keys - found.keys()))
        if self._known is None:
            return found
        return {**self._known.find(keys - found.keys()), **found}


class HoldersAside:
    """Holders in a file, batch behind batch, each in the order of its keys.

    A table that is sorted as a whole would be written anew, nearly all of it, for each batch: keys are hashes.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._any = KeyFilter(_ALL_BITS)
        self._batches: list[_Batch] = []
        self._end = 0

    def put(self, holders: Mapping[int, KeyHolder]) -> None:
        """Add a batch; of a key that is in several, the newest counts."""
        ordered = sorted(holders)
        lines = b"".join([_LINE.pack(*columns_of(holders[key])) for key in ordered])
        try:
            self._file.seek(self._end)
            self._file.write(lines)
            self._file.flush()
        except OSError as cause:
            raise StateError(
                f"The temporary folder cannot be written: {cause.strerror}. Make room in it, or name another one with TMPDIR."
            ) from cause
        self._batches.append(_Batch(ordered, self._end))
        self._end += len(lines)
        self._any.add(ordered)

    def find(self, keys: Iterable[int]) -> dict[int, KeyHolder]:
        # of a million rows nearly every key is new: the batches are asked for the others alone
        return {key: holder for key in self._any.among(keys) if (holder := self._newest(key)) is not None}

    def _newest(self, key: int) -> KeyHolder | None:
        for batch in reversed(self._batches):
            if (place := batch.place_of(key)) is not None:
                self._file.seek(place)
                return holder_of(*_LINE.unpack(self._file.read(_LINE.size)))
        return None


class _Batch:
    """Where each key of a batch stands in the file."""

    def __init__(self, ordered: list[int], begin: int) -> None:
        self._keys = array("q", ordered)
        self._begin = begin
        self._filter = KeyFilter(_BATCH_BITS)
        self._filter.add(ordered)

    def place_of(self, key: int) -> int | None:
        if not self._filter.has(key):
            return None
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return None
        return self._begin + at * _LINE.size
