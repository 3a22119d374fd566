"""S2: where the contacts go: the sandbox, or a location and its token, looked into before anything depends on it."""

from __future__ import annotations

import asyncio
from typing import Any

from importer.errors import SettingsError
from importer.highlevel.connections import ConnectionBook, StoredConnection
from importer.records import Json
from importer.runtime.clock import SystemClock
from importer.runtime.environment import base_url, one_token, read_tokens, variable_token
from importer.runtime.regex import regex
from importer.settings import location_in
from importer.ui import children
from importer.ui.drafts import Draft
from importer.ui.screen import Screen
from importer.ui.surface import ScreenReply, ScreenRequest, data, taken

_EXAMINED_SECONDS = 120.0
_LOCATION = regex(r"(?!pit-)[A-Za-z0-9][A-Za-z0-9_-]{2,39}")


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    known = await asyncio.to_thread(connections, screen)
    return screen.page("account.html.j2", draft=draft, step="account", known=known)


def connections(screen: Screen) -> list[dict[str, Json]]:
    """List the locations of which a token is at hand, with who keeps it: a token itself is never told."""
    found: dict[str, dict[str, Json]] = {
        each: {"id": each, "name": "", "kept": "memory"}
        for each in (*read_tokens(), *screen.tokens.by_location)
    }
    for each in _book(screen).all():
        kept = "keyring" if each.in_keyring else "file"
        found[each.location_id] = {"id": each.location_id, "name": each.name, "kept": kept}
    return sorted(found.values(), key=lambda each: (not each["name"], each["name"], each["id"]))


def _book(screen: Screen) -> ConnectionBook:
    return ConnectionBook(screen.state / "grants")


async def choose(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Aim a draft at the sandbox or at a location; of a location, say what was found out about it."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    version = taken(said, "version", int)
    if taken(said, "sandbox", bool):
        screen.drafts.change(
            draft.id,
            version=version,
            sandbox=True,
            location_id=None,
            location_name=None,
            location_zone=None,
            automations=(),
        )
        return data({"findings": [], "good": True})
    location_id = location_in(taken(said, "location", str).strip())
    # What is no id may be a token that went into the wrong field: it would stand in the draft and on every page.
    if not _LOCATION.fullmatch(location_id):
        raise SettingsError(screen.words("account.no_location"))
    if token := taken(said, "token", str, "").strip():
        screen.tokens.keep(location_id, one_token(token, screen.words("account.the_field")))
    screen.location_fields.pop(location_id, None)  # another token may see more
    findings = await _examine(screen, location_id)
    good = bool(findings) and all(each["grade"] != "fail" for each in findings)
    facts: dict[str, Any] = {name: value for each in findings for name, value in each.items()}
    name = str(facts["name"]) if facts.get("name") else None
    kept = None
    if good and taken(said, "remember", bool, default=False):
        kept = await asyncio.to_thread(_remember, screen, location_id, name or "")
    screen.drafts.change(
        draft.id,
        version=version,
        sandbox=False,
        location_id=location_id,
        location_name=name,
        location_zone=facts.get("timezone"),
        automations=tuple(map(str, facts.get("published", ()))),
    )
    return data({"findings": findings, "good": good, "name": name, "kept": kept})


def _remember(screen: Screen, location_id: str, name: str) -> str | None:
    """Store a token that was entered here as `importer connect` does; says where, None where none was entered."""
    if (token := screen.tokens.by_location.get(location_id)) is None:
        return None
    wanted = StoredConnection(
        location_id=location_id,
        name=name,
        base_url=base_url(),
        stored_at=SystemClock().now(),
        in_keyring=True,
    )
    return "keyring" if _book(screen).store(wanted, token).in_keyring else "file"


async def forget(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Delete the token of a location, stored and remembered; HighLevel takes it still until it is deleted there."""
    location_id = taken(asked.said(), "location", str)
    if not _LOCATION.fullmatch(location_id):
        raise SettingsError(screen.words("account.no_location"))
    screen.tokens.by_location.pop(location_id, None)
    await asyncio.to_thread(_book(screen).forget, location_id)
    return data({"known": await asyncio.to_thread(connections, screen)})


async def _examine(screen: Screen, location_id: str) -> list[dict[str, Any]]:
    """Ask `importer doctor`: its lines are the findings."""
    words = ["doctor", "--location", location_id, "--json", "--state", str(screen.state)]
    ended = await children.ask(words, secrets=secrets_of(screen, location_id), seconds=_EXAMINED_SECONDS)
    return [line for line in ended.lines if isinstance(line, dict)]


def secrets_of(screen: Screen, location_id: str | None) -> dict[str, str]:
    """Give a child the token of its location: one that was entered here, else what the environment has."""
    if entered := screen.tokens.for_child(location_id):
        return entered
    if (own := read_tokens().get(location_id or "")) is not None:
        return {f"HIGHLEVEL_TOKEN_{location_id}": own.reveal()}
    token = variable_token("HIGHLEVEL_TOKEN")
    return {} if token is None else {"HIGHLEVEL_TOKEN": token.reveal()}


def place_words(draft: Draft) -> list[str]:
    """Say to a command where a draft goes."""
    if draft.sandbox:
        return ["--sandbox"]
    return ["--location", draft.location_id or ""]


def reading_words(draft: Draft) -> list[str]:
    """Say to a command how a draft's file is read."""
    flags: dict[str, Any] = {
        "--sheet": draft.reading.get("sheet"),
        "--header-row": draft.reading.get("header_row"),
        "--encoding": draft.reading.get("encoding"),
        "--delimiter": draft.reading.get("delimiter"),
    }
    return [f"{flag}={value}" for flag, value in flags.items() if value is not None]


__all__ = ["choose", "connections", "forget", "page", "place_words", "reading_words", "secrets_of"]
