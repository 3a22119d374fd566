"""Do-not-disturb as the vendor nests it: by channel, with a status each."""

from __future__ import annotations

from importer.records import Json


def spread_channels(fields: list[dict[str, Json]]) -> None:
    """Put the channels that a cell of ``dnd`` lists in their own places; a channel's own column may say more of it."""
    for entry in fields:
        if isinstance(listed := entry.get("dnd"), list):
            del entry["dnd"]
            settings = entry.get("dndSettings")
            own = settings if isinstance(settings, dict) else {}
            entry["dndSettings"] = {**{str(channel): {"status": "active"} for channel in listed}, **own}


def nest(entry: dict[str, Json], path: tuple[str, ...], value: Json) -> None:
    settings = entry.setdefault(path[0], {})
    assert isinstance(settings, dict)  # noqa: S101  (made two lines above)
    if len(path) == 2:
        settings[path[1]] = {"status": value}
        return
    channel = settings.get(path[1])
    if isinstance(channel, dict):
        channel[path[2]] = value
    elif not settings:
        del entry[path[0]]
