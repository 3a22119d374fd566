"""Rows of one person in one file: found by hashes of their keys, then sent, merged, skipped or failed."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from itertools import pairwise
from typing import Final

from importer.highlevel.payload import match_keys
from importer.mapping.compiled.columns import unite
from importer.mapping.opt_outs import OptOuts, opt_outs_of, with_opt_outs
from importer.records import Fault, Json, Outcome, Record, Remedy, RowId, Status, number_of, value_type

CODE: Final = "duplicate_in_file"


@value_type(frozen=True, slots=True)
class PersonGroup:
    """The rows of one person, in file order; ``sent`` is the one that goes out, None when all of them fail."""

    rows: tuple[RowId, ...]
    sent: RowId | None
    opt_outs: Mapping[RowId, OptOuts] = field(default_factory=dict)
    """What those rows say of not being disturbed that say anything."""


class DuplicateSurvey:
    """Gathers the keys of every row as hashes; the groups come out once the whole file was seen.

    ``by``: the custom field that contacts are found by.
    """

    def __init__(self, policy: str, by: str | None = None) -> None:
        self._policy = policy
        self._by = by
        self._hashes = array("q")
        self._rows = array("q")
        self._opt_outs: dict[RowId, OptOuts] = {}
        """Most rows have none; those that have share a few sets."""
        self._sets: dict[OptOuts, OptOuts] = {}

    def see(self, record: Record) -> None:
        if found := opt_outs_of(record.fields):
            self._opt_outs[record.row] = self._sets.setdefault(found, found)
        for key in self._keys(record):
            self._hashes.append(hash((record.location_id, key)))
            self._rows.append(record.row)

    def _keys(self, record: Record) -> Iterator[str]:
        yield from match_keys(record)
        for name, value in record.custom_fields if self._by is not None else ():
            if name == self._by and value is not None:
                yield f"value:{value}"

    def groups(self) -> dict[RowId, PersonGroup]:
        """Give the group of every row that has company, linked by any key they share."""
        leaders = Leaders()
        order = sorted(range(len(self._hashes)), key=self._hashes.__getitem__)
        for before, after in pairwise(order):
            if self._hashes[before] == self._hashes[after]:
                leaders.join(self._rows[before], self._rows[after])
        return {row: group for rows in leaders.sets() for group in (self._group(rows),) for row in rows}

    def _group(self, rows: tuple[RowId, ...]) -> PersonGroup:
        said = {row: self._opt_outs[row] for row in rows if row in self._opt_outs}
        return PersonGroup(rows, self._elect(rows), said)

    def _elect(self, rows: tuple[RowId, ...]) -> RowId | None:
        match self._policy:
            case "first":
                return rows[0]
            case "last" | "merge":
                return rows[-1]
            case _:
                return None


class Leaders:
    """Disjoint sets of rows, or of whatever has numbers; only those that have company are in it."""

    def __init__(self) -> None:
        self._leader: dict[RowId, RowId] = {}

    def join(self, one: RowId, other: RowId) -> None:
        first, second = sorted((self._find(one), self._find(other)))
        self._leader[second] = first

    def _find(self, row: RowId) -> RowId:
        path = [row]
        while (leader := self._leader.setdefault(path[-1], path[-1])) != path[-1]:
            path.append(leader)
        for passed in path:
            self._leader[passed] = path[-1]
        return path[-1]

    def sets(self) -> list[tuple[RowId, ...]]:
        found: dict[RowId, list[RowId]] = {}
        for row in sorted(self._leader):
            found.setdefault(self._find(row), []).append(row)
        return [tuple(rows) for rows in found.values() if len(rows) > 1]


class DuplicatePolicy:
    """Turns the records of a file's duplicates into what becomes of them.

    ``merge`` holds what the earlier rows of a person said until the row that is sent comes by, so blocks have to
    come in file order, from the first; each pass over the file begins anew.
    """

    def __init__(
        self, policy: str, groups: Mapping[RowId, PersonGroup], *, blank_clears: frozenset[str] = frozenset()
    ) -> None:
        self._blank_clears = blank_clears
        self._merges = policy == "merge"
        self._groups = groups
        self._open: dict[RowId, Record] = {}

    def settle(self, record: Record) -> Record | Outcome:
        """Decide on one record; those without company pass."""
        group = self._groups.get(record.row)
        if group is None:
            return record
        settled = self._merge(record, group) if self._merges else self._chosen(record, group)
        return _protected(settled, group) if isinstance(settled, Record) else settled

    def _chosen(self, record: Record, group: PersonGroup) -> Record | Outcome:
        return record if record.row == group.sent else _left_out(record, group)

    def _merge(self, record: Record, group: PersonGroup) -> Record | Outcome:
        first = group.rows[0]
        before = None if record.row == first else self._open.pop(first, None)
        merged = record if before is None else merge(before, record, self._blank_clears)
        if record.row == group.sent:
            return merged
        self._open[first] = merged
        return _left_out(record, group)


def _protected(record: Record, group: PersonGroup) -> Record:
    """Send an opt-out that any row of the person has: who asked once not to be disturbed is not."""
    wanted = frozenset().union(*group.opt_outs.values())
    rows = [number_of(row) for row, said in group.opt_outs.items() if said - opt_outs_of(record.fields)]
    return with_opt_outs(record, wanted, rows=rows)


def merge(earlier: Record, later: Record, blank_clears: frozenset[str] = frozenset()) -> Record:
    """Unite two rows of a person into the later one: its values win where they are not blank; tags and additions unite.

    A cell that asks to empty its field is not blank; null of a field in ``blank_clears`` is.
    """
    fields: dict[str, Json] = {
        name: value for name, value in earlier.fields.items() if value is not None or name not in blank_clears
    }
    for name, value in later.fields.items():
        before = fields.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            fields[name] = {**before, **value}
        elif value is not None or name not in fields or name not in blank_clears:
            fields[name] = value
    custom = dict(earlier.custom_fields) | dict(later.custom_fields)
    return replace(
        later,
        fields=fields,
        custom_fields=tuple(custom.items()),
        tags=() if later.clears_tags else unite((*earlier.tags, *later.tags)),
        additions=(*earlier.additions, *later.additions),
        contact_id=later.contact_id or earlier.contact_id,
        clears_tags=later.clears_tags or (earlier.clears_tags and not later.tags),
        warnings=tuple(dict.fromkeys((*earlier.warnings, *later.warnings))),  # each is said once
    )


def _left_out(record: Record, group: PersonGroup) -> Outcome:
    others = [number_of(row) for row in group.rows if row != record.row]
    if group.sent is None:
        rows = ", ".join(map(str, others[:10])) + (", ..." if len(others) > 10 else "")
        message = f"The row is the same person, by e-mail or phone, as {'row' if len(others) == 1 else 'rows'} {rows}."
        status, remedy = Status.FAILED, Remedy.FIX_ROW
    else:
        message = (
            f"The row is the same person, by e-mail or phone, as row {number_of(group.sent)}, which is sent."
        )
        status, remedy = Status.SKIPPED, Remedy.NONE
    fault = Fault(code=CODE, message=message, fails=group.sent is None)
    return Outcome(
        row=record.row,
        status=status,
        location_id=record.location_id,
        code=CODE,
        message=message,
        remedy=remedy,
        warnings=record.warnings,
        faults=(fault,),
    )
