"""S2: where the contacts go: the sandbox, or a location and its token, looked into before anything depends on it."""

from __future__ import annotations

import re
from typing import Any

from importer.errors import SettingsError
from importer.runtime.environment import one_token, read_tokens, variable_token
from importer.settings import location_in
from importer.ui import children
from importer.ui.drafts import Draft
from importer.ui.screen import Screen
from importer.ui.surface import ScreenReply, ScreenRequest, data, taken

_EXAMINED_SECONDS = 120.0
_LOCATION = re.compile(r"(?!pit-)[A-Za-z0-9][A-Za-z0-9_-]{2,39}")


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    known = sorted({*screen.tokens.by_location, *read_tokens()})
    return screen.page("account.html.j2", draft=draft, step="account", known=known)


async def choose(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Aim a draft at the sandbox or at a location; of a location, say what was found out about it."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    version = taken(said, "version", int)
    if taken(said, "sandbox", bool):
        screen.drafts.change(draft.id, version=version, sandbox=True, location_id=None, location_name=None)
        return data({"findings": [], "good": True})
    location_id = location_in(taken(said, "location", str).strip())
    # What is no id may be a token that went into the wrong field: it would stand in the draft and on every page.
    if not _LOCATION.fullmatch(location_id):
        raise SettingsError(screen.words("account.no_location"))
    if token := taken(said, "token", str, "").strip():
        screen.tokens.keep(location_id, one_token(token, screen.words("account.the_field")))
    findings = await _examine(screen, location_id)
    good = all(each["grade"] != "fail" for each in findings)
    screen.drafts.change(
        draft.id,
        version=version,
        sandbox=False,
        location_id=location_id,
        location_name=_name(findings, location_id),
    )
    return data({"findings": findings, "good": good})


async def _examine(screen: Screen, location_id: str) -> list[dict[str, Any]]:
    """Ask `importer doctor`: its lines are the findings."""
    words = ["doctor", "--location", location_id, "--json", "--state", str(screen.state)]
    ended = await children.ask(words, secrets=secrets_of(screen, location_id), seconds=_EXAMINED_SECONDS)
    return [line for line in ended.lines if isinstance(line, dict)]


def _name(findings: list[dict[str, Any]], location_id: str) -> str | None:
    """Take the location's name from what doctor says of it."""
    for each in findings:
        text = str(each.get("text", ""))
        if each.get("subject") == "location" and text.startswith(f"{location_id} ("):
            return text.removeprefix(f"{location_id} (").partition(",")[0].removesuffix(")") or None
    return None


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


__all__ = ["choose", "page", "place_words", "reading_words", "secrets_of"]
