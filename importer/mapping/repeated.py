"""Rows of one file that add what is known by the same beside one contact: two deals of one name, say, that are two all the same."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from importer.highlevel.additions import KINDS, OPPORTUNITY, known_by
from importer.highlevel.payload import match_keys
from importer.mapping.duplicates import Leaders
from importer.records import Addition, Fault, Record, RowId, number_of, value_type

CODE: Final = "repeated_beside"
SEVERAL: Final = {name for name, kind in KINDS.items() if kind.worked_on}
"""Kinds of which two may be known by the same: of a note all that it says is what it is known by."""
_NAMED: Final = {
    "opportunity": "a deal of the same name in the same pipeline",
    "task": "a task of the same title, text and due date",
}


@value_type(frozen=True, slots=True, kw_only=True)
class Repeated:
    """What one addition of a row has before it in its file, for the same contact."""

    number: int = 1
    """Its place among those that are known by the same and say otherwise."""
    first: RowId | None = None
    """The first row with one that is known by the same."""
    same: RowId | None = None
    """The first row that says the very same."""
    rival: RowId | None = None
    """The first row with a deal in the same pipeline."""


class RepeatedSurvey:
    """Gathers, as hashes, what every row adds; what is repeated comes out once the whole file was seen.

    ``by``: the custom field that contacts are found by.
    """

    def __init__(self, by: str | None) -> None:
        self._by = by
        self._places = array("b")
        self._rows = array("q")
        self._contents = array("q")
        self._known_by = _Shared()
        self._pipelines = _Shared()

    def see(self, record: Record) -> None:
        for addition in record.additions:
            if addition.kind in SEVERAL and addition.once:
                self._see(record, addition)

    def _see(self, record: Record, addition: Addition) -> None:
        entry = len(self._rows)
        self._rows.append(record.row)
        self._places.append(addition.place)
        self._contents.append(hash(repr(sorted(addition.content.items()))))
        said = tuple(known_by(addition))
        pipeline = None
        if addition.kind == OPPORTUNITY.name:
            pipeline = str(addition.content.get("pipelineId", "")).strip().casefold()
            said = (*said[:-1], pipeline)  # it is looked for by its name in any spelling
        for key in _whose(record, self._by):
            self._known_by.add(entry, (record.location_id, key, *said))
            if pipeline is not None:
                self._pipelines.add(entry, (record.location_id, key, pipeline))

    def repeated(self) -> dict[tuple[RowId, int], Repeated]:
        """Give what has another before it, by row and the place of the mapping's wish."""
        rivals = {
            entry: self._rows[group[0]]
            for group in self._pipelines.groups()
            for entry in group[1:]
            if self._rows[entry] != self._rows[group[0]]
        }
        found = {entry: Repeated(rival=row) for entry, row in rivals.items()}
        for group in self._known_by.groups():
            found.update(self._numbered(group, rivals))
        return {(self._rows[entry], self._places[entry]): each for entry, each in found.items()}

    def _numbered(self, group: Sequence[int], rivals: Mapping[int, RowId]) -> Iterator[tuple[int, Repeated]]:
        seen: dict[int, tuple[int, RowId]] = {}
        for entry in group:
            content, row = self._contents[entry], self._rows[entry]
            again = content in seen
            number, same = seen.setdefault(content, (len(seen) + 1, row))
            if entry != group[0]:
                yield (
                    entry,
                    Repeated(
                        number=number,
                        first=self._rows[group[0]],
                        same=same if again else None,
                        rival=rivals.get(entry),
                    ),
                )


class _Shared:
    """Entries that share a key, gathered as hashes."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._entries = array("q")

    def add(self, entry: int, key: tuple[str, ...]) -> None:
        self._hashes.append(hash(key))
        self._entries.append(entry)

    def groups(self) -> list[tuple[int, ...]]:
        """Give the entries that are linked by any key, in file order; those without company are left out."""
        leaders = Leaders()
        order = sorted(range(len(self._hashes)), key=self._hashes.__getitem__)
        for before, after in pairwise(order):
            if self._hashes[before] == self._hashes[after]:
                leaders.join(self._entries[before], self._entries[after])
        return leaders.sets()


def _whose(record: Record, by: str | None) -> Iterator[str]:
    """Give the keys of the contact that a record is for."""
    if record.contact_id is not None:
        yield f"id:{record.contact_id}"
    yield from match_keys(record)
    for name, value in record.custom_fields if by is not None else ():
        if name == by and value is not None:
            yield f"value:{value}"


class RepeatedAdditions:
    """Numbers what rows add, and says of each that is not the first what becomes of it."""

    def __init__(self, repeated: Mapping[tuple[RowId, int], Repeated]) -> None:
        self._repeated = repeated
        self._rows = frozenset(row for row, _ in repeated)

    def number(self, record: Record) -> Record:
        if record.row not in self._rows:
            return record
        found = [
            self._repeated.get((record.row, each.place)) if each.kind in SEVERAL else None
            for each in record.additions
        ]
        additions = [
            each if known is None else replace(each, number=known.number, rival=known.rival)
            for each, known in zip(record.additions, found, strict=True)
        ]
        said = _sentences(zip(additions, found, strict=True))
        warnings = (Fault(code=CODE, message=sentence, fails=False) for sentence in said)
        return replace(record, additions=tuple(additions), warnings=(*record.warnings, *warnings))


def _sentences(additions: Iterable[tuple[Addition, Repeated | None]]) -> Iterator[str]:
    for addition, known in additions:
        if known is None or known.first is None:
            continue
        if known.same is not None:
            yield f"Row {number_of(known.same)} says the same of the contact's {_noun(addition)}: it is added once."
        else:
            yield f"Row {number_of(known.first)} has {_NAMED[addition.kind]} for the contact, and says otherwise: both are added."


def _noun(addition: Addition) -> str:
    return "deal" if addition.kind == OPPORTUNITY.name else addition.kind
