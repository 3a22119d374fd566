"""People who are sent nothing: their e-mails and phones, as hashes that only this run can compare with."""

from __future__ import annotations

import secrets
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import field
from hashlib import blake2b
from typing import Final, Self

from importer.highlevel.contacts import phone_key
from importer.highlevel.payload import match_keys
from importer.records import Outcome, Record, RowId, Status, number_of, source_of, value_type

CODE: Final = "suppressed"


@value_type(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A list of people. It holds no value of anybody, and its hashes are of no use to anybody else."""

    name: str
    """As the mapping names the list."""
    fingerprint: str
    """Of the file, to tell another one."""
    salt: bytes = field(repr=False)
    hashes: array[int] = field(repr=False)

    @classmethod
    def of(cls, keys: Iterable[str], *, name: str, fingerprint: str) -> Self:
        """Take the people in; ``keys`` are match keys, as ``match_keys`` writes them."""
        salt = secrets.token_bytes(16)
        hashes = array("Q", sorted({_hash(key, salt) for key in keys}))
        return cls(name=name, fingerprint=fingerprint, salt=salt, hashes=hashes)

    def __len__(self) -> int:
        return len(self.hashes)

    def has(self, key: str) -> bool:
        """Tell whether somebody with this match key is on the list."""
        wanted = _hash(key, self.salt)
        place = bisect_left(self.hashes, wanted)
        return place < len(self.hashes) and self.hashes[place] == wanted

    def names(self, record: Record) -> bool:
        """Tell whether a row names somebody of the list, also by a further phone."""
        return any(map(self.has, _keys(record)))

    def outcome(self, record: Record, because_of: RowId | None = None) -> Outcome:
        """End a row; ``because_of``: the row of the same person that names somebody of the list."""
        whose = (
            "It is of somebody"
            if because_of is None
            else f"Row {number_of(because_of)}{_elsewhere(record.row, because_of)} is of the same person, and"
        )
        tail = "who is on the list" if because_of is None else "on the list"
        return Outcome(
            row=record.row,
            status=Status.SKIPPED,
            location_id=record.location_id,
            contact_id=record.contact_id,
            code=CODE,
            message=f"{whose} {tail} {self.name} of people who are sent nothing.",
            warnings=record.warnings,
        )


def _elsewhere(row: RowId, other: RowId) -> str:
    return "" if source_of(row) == source_of(other) else " of another file of this import"


def _keys(record: Record) -> Iterator[str]:
    yield from match_keys(record)
    others = record.fields.get("additionalPhones")
    for each in others if isinstance(others, list) else ():
        if isinstance(each, dict) and (phone := phone_key(each.get("phone"))):
            yield f"phone:{phone}"


def _hash(key: str, salt: bytes) -> int:
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, key=salt).digest()
    return int.from_bytes(digest, "big")


class SuppressedRows:
    """The rows that are sent nothing: those that name somebody of the list, and all others of that person."""

    def __init__(self, suppression: Suppression) -> None:
        self.suppression = suppression
        self._because_of: dict[RowId, RowId] = {}

    def see(self, record: Record) -> None:
        if self.suppression.names(record):
            self._because_of[record.row] = record.row

    def spread(self, groups: Iterable[tuple[RowId, ...]]) -> None:
        """Let what holds for one row of a person hold for all of them."""
        for rows in groups:
            named = next((row for row in rows if row in self._because_of), None)
            if named is not None:
                for row in rows:
                    self._because_of.setdefault(row, named)

    def settle(self, item: Record | Outcome) -> Record | Outcome:
        """End a row that is sent nothing."""
        if isinstance(item, Outcome):
            return item
        named = self._because_of.get(item.row)
        if named is not None and named != item.row:
            return self.suppression.outcome(item, because_of=named)
        # looked at once more: what the survey read one way or the other is certain by now
        return self.suppression.outcome(item) if named is not None or self.suppression.names(item) else item
