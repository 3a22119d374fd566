"""What a record says of not being disturbed, apart from its other values: no later row of the person takes it back."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from importer.highlevel.payload import match_keys
from importer.records import Fault, Json, Record, RowId, number_of

CODE: Final = "opt_out_kept"
_SETTINGS: Final = ("dndSettings", "inboundDndSettings")
_ACTIVE: Final = "active"
_PERMANENT: Final = "permanent"
_ON: Final = frozenset({_ACTIVE, _PERMANENT})

OptOuts: TypeAlias = frozenset[tuple[str, ...]]
"""Paths of the switches that are on: ``("dnd",)`` or ``("dndSettings", "SMS")``; of one that is on for good that of
``("dndSettings", "SMS", "permanent")`` too, so that the stronger of two is what both say together."""


_NONE: Final[OptOuts] = frozenset()
_FIRST_PLACES: Final = 1 << 10


def opt_outs_of(fields: Mapping[str, Json]) -> OptOuts:
    """Tell which do-not-disturb switches a record turns on."""
    on: list[tuple[str, ...]] = [("dnd",)] if fields.get("dnd") is True else []
    for name in _SETTINGS:
        if settings := fields.get(name):
            on += _switched_on(name, settings)
    return frozenset(on) if on else _NONE


def with_opt_outs(record: Record, wanted: OptOuts, *, rows: Iterable[int]) -> Record:
    """Turn on what other rows of the person turn on, with a warning that names them."""
    missing = wanted - opt_outs_of(record.fields)
    if not missing:
        return record
    fields = dict(record.fields)
    for name, *channel in sorted(missing):
        fields[name] = _switched(fields.get(name), *channel) if channel else True
    what = ", ".join(_said(path) for path in sorted(missing) if (*path, _PERMANENT) not in missing)
    others = ", ".join(map(str, rows))
    warning = Fault(
        code=CODE,
        message=f"Do not disturb ({what}) is set, as row {others} of the same person says; this row does not.",
        fails=False,
    )
    return replace(record, fields=fields, warnings=(*record.warnings, warning), upsert=None)


def is_of_opt_outs(field: str) -> bool:
    """Tell whether a mapping's field can turn a switch on."""
    return field.partition(".")[0] in {"dnd", *_SETTINGS}


class OptOutsInOrder:
    """Keeps what a person's earlier rows of a file turn on, where each of the rows is sent: "no" further down lifts nothing.

    Rows come in file order. Of a key only the first row that turns a switch on is kept, so that each pass over a file
    decides the same; in memory are the keys of people who opted out, as hashes.
    """

    def __init__(self) -> None:
        self._said = _SaidByKey()

    def settle(self, record: Record) -> Record:
        """Turn on what an earlier row of the person turns on."""
        own = opt_outs_of(record.fields)
        if not own and not self._said:
            return record
        place = record.location_id
        keys = [hash((place, match_key)) for match_key in match_keys(record)]
        known = self._said.of(keys)
        if not known:
            # Nearly all rows end here: those of people of whom nothing is known yet.
            if own:
                self._said.add(keys, record.row, own)
            return record
        earlier = {row: said for row, said in known if row < record.row and said - own}
        kept = own.union(*earlier.values())
        for key in keys:
            self._keep(key, record.row, kept)
        return with_opt_outs(record, kept, rows=map(number_of, sorted(earlier))) if earlier else record

    def _keep(self, key: int, row: RowId, wanted: OptOuts) -> None:
        new = wanted.difference(*(said for _, said in self._said.of([key])))
        if new:
            self._said.add([key], row, new)


class _SaidByKey:
    """Which rows said what of a key.

    The first of each key stand in arrays, each at the place that its key is a hash of, or at the next free one: 30 to 60
    bytes a key, where a dict takes 150. It was measured beside arrays in the order of the keys, which take 20 and three
    times as long.
    """

    def __init__(self) -> None:
        self._count = 0
        self._lay_out(_FIRST_PLACES)
        self._sets: list[OptOuts] = []
        self._numbers: dict[OptOuts, int] = {}
        """People share a few sets of switches."""
        self._further: dict[int, tuple[tuple[RowId, OptOuts], ...]] = {}
        """What more was said of the few keys of which several rows said something."""

    def __bool__(self) -> bool:
        return self._count > 0

    def of(self, keys: Iterable[int]) -> list[tuple[RowId, OptOuts]]:
        found: list[tuple[RowId, OptOuts]] = []
        met, mask = self._met, self._mask
        for key in keys:
            if met[key & mask] >> (key >> 60 & 7) & 1:  # nothing was said of nearly all others
                place = self._place(key)
                if row := self._rows[place]:
                    found.append((row, self._sets[self._said[place]]))
                    found += self._further.get(key, ())
        return found

    def add(self, keys: Iterable[int], row: RowId, said: OptOuts) -> None:
        number = self._number_of(said)
        for key in keys:
            place = self._place(key)
            if self._rows[place]:
                self._further[key] = (*self._further.get(key, ()), (row, said))
            else:
                self._take(place, key, row, number)
                self._count += 1
        if self._count * 3 > len(self._rows) * 2:
            self._grow()

    def _number_of(self, said: OptOuts) -> int:
        number = self._numbers.setdefault(said, len(self._sets))
        if number == len(self._sets):
            self._sets.append(said)
        return number

    def _place(self, key: int) -> int:
        """Give a key's place, or the free one that it would take."""
        keys, rows, mask = self._keys, self._rows, self._mask
        place = key & mask
        while rows[place] and keys[place] != key:
            place = place + 1 & mask
        return place

    def _take(self, place: int, key: int, row: RowId, number: int) -> None:
        self._keys[place], self._rows[place], self._said[place] = key, row, number
        self._met[key & self._mask] |= 1 << (key >> 60 & 7)

    def _lay_out(self, places: int) -> None:
        self._mask = places - 1
        self._keys = array("q", bytes(8 * places))
        self._rows = array("Q", bytes(8 * places))
        """0, which no row has, where a place is free."""
        self._said = array("H", bytes(2 * places))
        self._met = bytearray(places)
        """A bit for each key."""

    def _grow(self) -> None:
        before = zip(self._keys, self._rows, self._said, strict=True)
        self._lay_out(2 * len(self._rows))
        for key, row, number in before:
            if row:
                self._take(self._place(key), key, row, number)


def _switched_on(name: str, settings: Json) -> list[tuple[str, ...]]:
    if not isinstance(settings, dict):
        return []
    on: list[tuple[str, ...]] = []
    for channel, value in settings.items():
        status = value.get("status") if isinstance(value, dict) else None
        if status in _ON:
            on.append((name, channel))
        if status == _PERMANENT:
            on.append((name, channel, _PERMANENT))
    return on


def _switched(settings: Json, channel: str, status: str = _ACTIVE) -> Json:
    before = settings if isinstance(settings, dict) else {}
    return {**before, channel: {"status": status}}


def _said(path: tuple[str, ...]) -> str:
    return f"{path[0]}.{path[1]} for good" if path[2:] else ".".join(path)
