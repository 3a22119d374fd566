"""What a record says of not being disturbed, apart from its other values: no later row of the person takes it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from importer.highlevel.payload import match_keys
from importer.mapping.said_by_key import SaidByKey
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
    decides the same; what is kept are the keys of people who opted out, as hashes.
    """

    def __init__(self) -> None:
        self._said = SaidByKey[OptOuts]()

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
