"""What would let somebody be written to who said no. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from importer.records import Change, Json

_SETTINGS: Final = ("dndSettings", "inboundDndSettings")
_ON: Final = ("active", "permanent")
SEARCHED: Final[Mapping[str, tuple[Json, ...]]] = {
    "dnd": (True,),
    "dndSettings.Email": _ON,
    "dndSettings.SMS": _ON,
    "dndSettings.Call": _ON,
    "inboundDndSettings.all": ("active",),
}
"""What a location can be searched for: each switch, with the values that mean that somebody said no."""
_UNSEARCHED: Final = "dndSettings"
"""The other channels: only a read by id shows them."""
SWITCHES: Final = (*SEARCHED, _UNSEARCHED)


def switches_of(fields: Iterable[str]) -> set[str]:
    """Name the switches that fields, as a mapping names them, may turn off, each as a location is searched for it."""
    return {".".join(name.split(".")[:2]) for name in fields if name.partition(".")[0] in {"dnd", *_SETTINGS}}


def is_lift(change: Change) -> bool:
    """Tell whether a change lets a contact be written to that said no; where that is not known, it may."""
    if change.reference == "dnd":
        return bool(change.old) and not change.new
    if change.reference not in _SETTINGS:
        return False
    old = change.old if isinstance(change.old, Mapping) else {}
    return any(change.unseen or _status(old.get(channel)) in _ON for channel in _switched_off(change.new))


def switches_off(fields: Mapping[str, Json]) -> bool:
    """Tell whether a row says that somebody may be written to; blank says nothing."""
    return fields.get("dnd") is False or any(_switched_off(fields.get(name)) for name in _SETTINGS)


def switched_off(fields: Mapping[str, Json]) -> set[str]:
    """Name the switches that a row turns off, each as a location is searched for it."""
    found = {f"{name}.{channel}" for name in _SETTINGS for channel in _switched_off(fields.get(name))}
    named = {name if name in SEARCHED else _UNSEARCHED for name in found}
    return named | {"dnd"} if fields.get("dnd") is False else named


def lifts(fields: Mapping[str, Json], contact: Mapping[str, Any]) -> bool:
    """Tell whether a row lets its contact, as the vendor shows it, be written to that said no."""
    if fields.get("dnd") is False and contact.get("dnd"):
        return True
    return any(
        _status(held.get(channel)) in _ON
        for name in _SETTINGS
        if isinstance(held := contact.get(name), Mapping)
        for channel in _switched_off(fields.get(name))
    )


def _switched_off(settings: Json) -> list[str]:
    return list(_off(settings)) if isinstance(settings, Mapping) else []


def _off(settings: Mapping[str, Json]) -> Iterator[str]:
    for channel, setting in settings.items():
        if _status(setting) == "inactive":
            yield channel


def _status(setting: object) -> object:
    return setting.get("status") if isinstance(setting, Mapping) else None
