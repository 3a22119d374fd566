"""S3: what a file's columns can go to: the location's own custom fields, and mappings that were made for such a file."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from importer.errors import SettingsError
from importer.mapping.ready import ready_mapping
from importer.mapping.recognition import OFFERED
from importer.records import Json
from importer.ui import children
from importer.ui.drafts import Draft
from importer.ui.guard import Kind
from importer.ui.handling.account import place_words, reading_words, secrets_of
from importer.ui.handling.files import ask_bench
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, taken

_ASKED_SECONDS: Final = 60.0
_MADE_SECONDS: Final = 600.0
_PAST: Final = 30
_OFFERED: Final = 3


async def location_fields(
    screen: Screen, draft: Draft, *, anew: bool = False
) -> tuple[list[Json], str | None]:
    """Give the custom fields of a draft's location, read once; and why there are none, where it could not be asked."""
    if (location_id := draft.one_location) is None:
        return [], None
    async with screen.starting.setdefault(f"{location_id} fields", asyncio.Lock()):
        if anew:
            screen.location_fields.pop(location_id, None)
        if (known := screen.location_fields.get(location_id)) is not None:
            return known, None
        words = ["fields", "list", *place_words(draft), "--json", "--state", str(screen.state)]
        ended = await children.ask(
            words, secrets=secrets_of(screen, location_id), seconds=_ASKED_SECONDS, program=screen.program
        )
        if not isinstance(ended.answer, list):
            return [], ended.sentence
        screen.location_fields[location_id] = ended.answer
        return ended.answer, None


async def known_mappings(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Offer mappings that were made for a file like this: the ready one of its program, and those of past runs."""
    draft = screen.drafts.open(asked.named["draft"])
    path = screen.drafts.mapping(draft)
    now = path.read_text(encoding="utf-8") if path.is_file() else ""
    past = await asyncio.to_thread(_past_mappings, screen, now)
    found: Any = await ask_bench(
        screen, draft, "known_mappings", texts={run: each["text"] for run, each in past.items()}
    )
    offered = [
        {"run": run, "source": past[run]["source"], "share": share}
        for run, share in found["shares"].items()
        if share >= OFFERED
    ]
    export = found["export"]
    if export is not None:
        export["taken"] = ready_mapping(export["name"]).text() == now
    return data({"export": export, "past": offered[:_OFFERED]})


def _past_mappings(screen: Screen, now: str) -> dict[str, dict[str, str]]:
    """Take the mappings of the newest runs, each once, but for the one that the draft has."""
    seen = {now}
    found: dict[str, dict[str, str]] = {}
    for line in screen.runs.newest(_PAST):
        text = line.run.mapping_text
        if text not in seen:
            seen.add(text)
            found[line.run.id] = {"text": text, "source": line.source}
    return found


def text_to_take(screen: Screen, said: dict[str, Json]) -> str:
    """Give the text of a mapping that somebody chose: of a ready one by its name, or of a run. Raises SettingsError."""
    if "ready" in said:
        return ready_mapping(taken(said, "ready", str)).text()
    return screen.runs.find(taken(said, "run", str)).mapping_text


async def create_fields(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say which custom fields the mapping names and the location lacks; made are they on a word of its own."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    dry = taken(said, "dry", bool)
    if (location_id := draft.one_location) is None:
        raise SettingsError(screen.words("fields.no_location"))
    if not dry and taken(said, "confirmed", str, "") != location_id:
        raise RefusedRequestError(400, screen.words("forecast.not_confirmed"))
    words = [
        *("fields", "create", str(screen.drafts.source(draft)), "-m", str(screen.drafts.mapping(draft))),
        *(*place_words(draft), *reading_words(draft), "--state", str(screen.state), "--json", "--quiet"),
        "--dry-run" if dry else "--yes",
    ]
    ended = await children.ask(
        words, secrets=secrets_of(screen, location_id), seconds=_MADE_SECONDS, program=screen.program
    )
    if not isinstance(ended.answer, dict):
        raise SettingsError(ended.sentence)
    if not dry:
        await location_fields(screen, draft, anew=True)
    return data(ended.answer)


async def mapping_file(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Hand out the mapping, for the command line and for whoever keeps it."""
    draft = screen.drafts.open(asked.named["draft"])
    headers = {"Content-Disposition": 'attachment; filename="mapping.yaml"'}
    body = screen.drafts.mapping_text(draft).encode()
    return ScreenReply(kind=Kind.DOWNLOAD, content_type="application/yaml", body=body, headers=headers)
