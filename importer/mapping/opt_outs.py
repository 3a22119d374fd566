"""What a record says of not being disturbed, apart from its other values: no later row of the person takes it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from importer.records import Fault, Json, Record

CODE: Final = "opt_out_kept"
_SETTINGS: Final = ("dndSettings", "inboundDndSettings")
_ACTIVE: Final = "active"
_ON: Final = frozenset({_ACTIVE, "permanent"})

OptOuts: TypeAlias = frozenset[tuple[str, ...]]
"""Paths of the switches that are on: ``("dnd",)`` or ``("dndSettings", "SMS")``."""


def opt_outs_of(fields: Mapping[str, Json]) -> OptOuts:
    """Tell which do-not-disturb switches a record turns on."""
    return frozenset(_switched_on(fields))


def with_opt_outs(record: Record, wanted: OptOuts, *, rows: Iterable[int]) -> Record:
    """Turn on what other rows of the person turn on, with a warning that names them."""
    missing = wanted - opt_outs_of(record.fields)
    if not missing:
        return record
    fields = dict(record.fields)
    for name, *channel in sorted(missing):
        fields[name] = _switched(fields.get(name), channel[0]) if channel else True
    what = ", ".join(".".join(path) for path in sorted(missing))
    others = ", ".join(map(str, rows))
    warning = Fault(
        code=CODE,
        message=f"Do not disturb ({what}) is set, as row {others} of the same person says; this row does not.",
        fails=False,
    )
    return replace(record, fields=fields, warnings=(*record.warnings, warning), upsert=None)


def _switched_on(fields: Mapping[str, Json]) -> Iterable[tuple[str, ...]]:
    if fields.get("dnd") is True:
        yield ("dnd",)
    for name in _SETTINGS:
        settings = fields.get(name)
        for channel, value in settings.items() if isinstance(settings, dict) else ():
            if isinstance(value, dict) and value.get("status") in _ON:
                yield (name, channel)


def _switched(settings: Json, channel: str) -> Json:
    before = settings if isinstance(settings, dict) else {}
    return {**before, channel: {"status": _ACTIVE}}
