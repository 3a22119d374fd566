"""S2 and S5 where each row names its own location: which there are, how many rows go to each, and who has no token."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from importer.errors import SettingsError
from importer.records import Json
from importer.runtime.regex import regex
from importer.settings import location_in
from importer.ui.drafts import Draft
from importer.ui.handling.account import connected, is_location, keeper_of
from importer.ui.handling.checking import known_forecast
from importer.ui.handling.history import location_names
from importer.ui.handling.mapping_text import edited_mapping, keep_mapping
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, taken

_SHOWN: Final = 200
_ID: Final = regex(r"[A-Za-z0-9_-]{15,40}")
_COUNT_SECONDS: Final = 600.0


async def named(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Count the rows of the whole file by the location that they name."""
    return data(await _named(screen, screen.drafts.open(asked.named["draft"])))


async def _named(screen: Screen, draft: Draft) -> dict[str, Any]:
    found = await _texts(screen, draft)
    rows: Counter[str] = Counter()
    texts: dict[str, list[str]] = {}
    unknown = []
    for each in found["texts"]:
        location_id = each["location"]
        if not _is_meant(each):
            unknown.append({"text": each["text"], "rows": each["rows"]})
            continue
        rows[location_id] += each["rows"]
        if each["text"] != location_id:
            texts.setdefault(location_id, []).append(each["text"])
    places = await asyncio.to_thread(_places, screen, draft, rows)
    return {
        "version": draft.version,
        "column": found["column"],
        "places": [{**each, "texts": texts.get(str(each["id"]), [])} for each in places],
        "unknown": unknown,
        "more": found["more"],
    }


def _is_meant(named: Mapping[str, Any]) -> bool:
    """Tell whether a text says which location is meant: by the mapping, or as an id does; a client's name is none."""
    location_id, text = named["location"], named["text"]
    return location_id is not None and (location_id != text or _ID.fullmatch(text) is not None)


async def _texts(screen: Screen, draft: Draft) -> Any:
    # a process of its own: the questions of the page do not wait for a million rows
    found = await screen.benches.ask(
        f"{draft.id} count",
        screen.drafts.source(draft),
        draft.reading,
        "locations",
        name=draft.name,
        seconds=_COUNT_SECONDS,
        said={"text": screen.drafts.mapping_text(draft)},
    )
    if found is None:
        raise SettingsError(screen.words("several.one_place"))
    return found


def _places(screen: Screen, draft: Draft, rows: Counter[str]) -> list[dict[str, Json]]:
    names, kept = location_names(screen), keeper_of(screen)
    return [
        {
            "id": location_id,
            "name": names.get(location_id),
            "rows": count,
            "kept": None if draft.sandbox else kept(location_id) or "missing",
        }
        for location_id, count in rows.most_common()
    ]


async def foreseen(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say of each location what would be sent to it, by the forecast; who has no token is marked."""
    draft = screen.drafts.open(asked.named["draft"])
    return data(await asyncio.to_thread(_foreseen, screen, draft))


def _foreseen(screen: Screen, draft: Draft) -> dict[str, Any]:
    if (found := known_forecast(screen, draft)) is None:
        raise SettingsError(screen.words("several.check_first"))
    parts = found["locations"]
    places = _places(screen, draft, Counter({name: part["rows"] for name, part in parts.items()}))
    missing = [each for each in places if each["kept"] == "missing"]
    return {
        "places": [{**each, "seconds": parts[each["id"]]["seconds"]} for each in places[:_SHOWN]],
        "more": len(places[_SHOWN:]),
        "missing": len(missing),
        "missing_rows": sum(parts[each["id"]]["rows"] for each in missing),
    }


async def connect(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Take the token of one of the locations in, and say what was found out with it."""
    screen.drafts.open(asked.named["draft"])
    known = await connected(screen, asked.said())
    return data({name: known[name] for name in ("location", "findings", "good", "name", "kept")})


async def mean(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Write which location a text of the column means; texts that are ids stay what they are."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    if taken(said, "version", int) != draft.version:
        raise RefusedRequestError(409, screen.words("draft.changed_elsewhere"))
    location_id = location_in(taken(said, "location", str).strip())
    if not is_location(location_id):
        raise SettingsError(screen.words("account.no_location"))
    text = taken(said, "text", str)
    path: list[Json] = ["location", "default"] if text == "" else ["location", "map", text]
    changes: list[Json] = [[path, location_id]]
    if text:
        changes += [
            [["location", "map", each["text"]], each["location"]]
            for each in (await _texts(screen, draft))["texts"]
            if each["text"] and _is_meant(each)
        ]
    draft, _ = await keep_mapping(screen, draft, await edited_mapping(screen, draft, set_to=changes))
    return data(await _named(screen, draft))
