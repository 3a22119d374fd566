"""S3: which column is what. The mapping's text is the only truth; the form changes places of it, the panel all of it."""

from __future__ import annotations

import asyncio
from typing import Any

from importer.errors import SettingsError
from importer.highlevel.fields import FIELDS
from importer.records import Json
from importer.runtime.private_files import write_private
from importer.ui.drafts import Draft
from importer.ui.handling.files import ask_bench, warm
from importer.ui.handling.mapping_text import keep_mapping, with_choices
from importer.ui.handling.targets import location_fields, text_to_take
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, number_of, taken

_LONGEST_MAPPING = 60_000


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    warm(screen, draft)
    return screen.page("columns.html.j2", draft=draft, step="columns")


async def columns(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Give everything that the page shows; a draft without a mapping gets the one that is suggested."""
    draft = screen.drafts.open(asked.named["draft"])
    fields, silence = await location_fields(screen, draft)
    suggested: Any = await ask_bench(screen, draft, "suggest", fields=fields)
    path = screen.drafts.mapping(draft)
    if not path.is_file():
        begun = await with_choices(screen, draft, suggested["yaml"])
        await asyncio.to_thread(write_private, path, begun.encode())
    text = path.read_text(encoding="utf-8")
    samples = await ask_bench(screen, draft, "samples")
    rules: Any = await ask_bench(screen, draft, "rules", text=text)
    if (
        not rules["faults"] and rules["location_column"] != draft.location_column
    ):  # a draft of an older version
        draft = screen.drafts.change(draft.id, location_column=rules["location_column"])
    return data(
        {
            **await _shown(screen, draft, text, rules),
            "samples": samples,
            "suggestion": suggested["suggestion"],
            "custom_fields": fields,
            "silence": silence,
            "fields": [
                {"field": each.name, "label": each.label, "group": each.group.value, "says": each.says}
                for each in FIELDS.values()
            ],
        }
    )


async def change(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Change the mapping: by the form in places, by the panel as a whole."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    if taken(said, "version", int) != draft.version:
        raise RefusedRequestError(409, screen.words("draft.changed_elsewhere"))
    path = screen.drafts.mapping(draft)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    what = taken(said, "do", str)
    match what:
        case "text":
            text = taken(said, "text", str)
            if len(text) > _LONGEST_MAPPING:
                raise SettingsError(screen.words("columns.too_long"))
        case "take":
            text = await with_choices(screen, draft, await asyncio.to_thread(text_to_take, screen, said))
        case "suggested":
            fields, _ = await location_fields(screen, draft)
            suggested: Any = await ask_bench(screen, draft, "suggest", fields=fields)
            text = await with_choices(screen, draft, suggested["yaml"])
        case "assign" | "order" | "edit" | "skip":
            answer: Any = await ask_bench(screen, draft, what, text=text, **_asked_of_form(what, said))
            text = answer["text"]
        case _:
            raise RefusedRequestError(400, "The mapping cannot be changed like that.")
    changed, meaning = await keep_mapping(screen, draft, text)
    return data(await _shown(screen, changed, text, meaning))


def _asked_of_form(what: str, said: dict[str, Json]) -> dict[str, Json]:
    """Take what a change of the form consists of. Raises RefusedRequestError for what the form does not say."""
    match what:
        case "assign":
            target, instead_of = said.get("target"), said.get("instead_of")
            return {
                "place": taken(said, "place", int),
                "target": None if target is None else _path(target),
                "instead_of": None
                if instead_of is None
                else [_path(path) for path in taken(said, "instead_of", list)],
            }
        case "skip":
            return {"column": taken(said, "column", str), "cell": taken(said, "text", str)}
        case "order":
            return {"target": _path(said.get("target")), "columns": _texts(said.get("columns"))}
    return {
        "set_to": [_set_to(each) for each in taken(said, "set_to", list)],
        "unset": [_path(path) for path in taken(said, "unset", list)],
    }


def _set_to(said: Json) -> list[Json]:
    match said:
        case [path, value]:
            return [_path(path), _plain(value)]
    raise RefusedRequestError(400, "The mapping cannot be changed like that.")


def _path(said: Json) -> list[Json]:
    """Take the place of a rule: keys, and the numbers of list items behind the first."""
    match said:
        case [str(), *rest] if all(isinstance(each, str | int) for each in rest):
            return said
    raise RefusedRequestError(400, "The mapping cannot be changed like that.")


def _texts(said: Json) -> list[Json]:
    match said:
        case [str(), *_] if all(isinstance(each, str) for each in said):
            return said
    raise RefusedRequestError(400, "The mapping cannot be changed like that.")


def _plain(said: Json) -> Json:
    """Let texts pass, and lists and objects of them: a mapping holds nothing else."""
    match said:
        case str():
            return said
        case list():
            return [_plain(each) for each in said]
        case dict():
            return {key: _plain(each) for key, each in said.items()}
    raise RefusedRequestError(400, "The mapping cannot be changed like that.")


async def rules(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say which column goes where, without what it would send."""
    draft = screen.drafts.open(asked.named["draft"])
    text = screen.drafts.mapping_text(draft)
    found: Any = await ask_bench(screen, draft, "rules", text=text)
    return data({"version": draft.version, **found})


async def values(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Count what stands in a column, the most frequent first; ``prefix`` narrows it."""
    draft = screen.drafts.open(asked.named["draft"])
    column = asked.query.get("column", "")
    found = await ask_bench(
        screen, draft, "values", column=column, prefix=asked.query.get("prefix", "")[:100]
    )
    return data(found)


async def row(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say what one row would send."""
    draft = screen.drafts.open(asked.named["draft"])
    number = number_of(asked.query, "row", most=10**9)
    text = screen.drafts.mapping_text(draft)
    return data(await ask_bench(screen, draft, "becomes", text=text, rows=[number]))


async def acknowledge(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Note that columns are left out on purpose."""
    said = asked.said()
    named = taken(said, "columns", list)
    if not all(isinstance(each, str) for each in named):
        raise RefusedRequestError(400, "The request names no columns.")
    draft = screen.drafts.change(
        asked.named["draft"], version=taken(said, "version", int), acknowledged=tuple(map(str, named))
    )
    return data({"version": draft.version, "acknowledged": list(draft.acknowledged)})


async def _shown(screen: Screen, draft: Draft, text: str, rules: Any) -> dict[str, Json]:
    """Say what a mapping means for the file: its rules, its faults, and what the first rows would send."""
    sent: Json = []
    if not rules["faults"]:
        try:
            sent = await ask_bench(screen, draft, "becomes", text=text)
        except RefusedRequestError as misfit:
            rules["faults"] = [str(misfit)]
    return {
        "version": draft.version,
        "text": text,
        "sent": sent,
        "acknowledged": list(draft.acknowledged),
        **rules,
    }
