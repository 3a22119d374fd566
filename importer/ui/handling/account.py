"""S2: where the contacts go: the sandbox, or a location and its token, looked into before anything depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from importer.errors import SettingsError
from importer.highlevel.connections import ConnectionBook, StoredConnection
from importer.highlevel.grants import GrantBook
from importer.records import Json
from importer.runtime.clock import SystemClock
from importer.runtime.environment import base_url, one_token, read_tokens, variable_token, variables
from importer.runtime.regex import regex
from importer.settings import USUAL_REDIRECT, location_in
from importer.state.secrets import secrets_in
from importer.ui import children
from importer.ui.drafts import Draft
from importer.ui.handling.mapping_text import edited_mapping, keep_mapping
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, taken

if TYPE_CHECKING:
    from importer.state.journal import Run

_EXAMINED_SECONDS = 120.0
_LOCATION = regex(r"(?!pit-)[A-Za-z0-9][A-Za-z0-9_-]{2,39}")


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    known = await asyncio.to_thread(connections, screen)
    agency = any(each.agency for each in GrantBook(secrets_in(screen.state)).listed())
    app = {
        "client_id": variables().get("HIGHLEVEL_CLIENT_ID", ""),
        "secret_known": bool(variables().get("HIGHLEVEL_CLIENT_SECRET", "").strip()),
        "usual": USUAL_REDIRECT,
    }
    return screen.page("account.html.j2", draft=draft, step="account", known=known, agency=agency, app=app)


def connections(screen: Screen) -> list[dict[str, Json]]:
    """List the locations of which a token is at hand, with who keeps it: a token itself is never told."""
    found: dict[str, dict[str, Json]] = {
        each: {"id": each, "name": "", "kept": "memory"}
        for each in (*read_tokens(), *screen.tokens.by_location)
    }
    for grant in GrantBook(secrets_in(screen.state)).listed():
        if grant.location_id is not None and not grant.agency:
            found[grant.location_id] = {"id": grant.location_id, "name": "", "kept": "grant"}
    for each in _book(screen).all():
        kept = "keyring" if each.in_keyring else "file"
        found[each.location_id] = {"id": each.location_id, "name": each.name, "kept": kept}
    return sorted(found.values(), key=lambda each: (not each["name"], each["name"], each["id"]))


def keeper_of(screen: Screen) -> Callable[[str], str | None]:
    """Give who says of a location who keeps a token for it; None where there is none."""
    kept = {str(each["id"]): str(each["kept"]) for each in connections(screen)}
    agency = any(grant.agency for grant in GrantBook(secrets_in(screen.state)).listed())
    other = "all" if variable_token("HIGHLEVEL_TOKEN") is not None else "grant" if agency else None
    return lambda location_id: kept.get(location_id, other)


def _book(screen: Screen) -> ConnectionBook:
    return ConnectionBook(secrets_in(screen.state))


async def choose(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Aim a draft at the sandbox or at a location; of a location, say what was found out about it."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    version = taken(said, "version", int)
    if version != draft.version:
        raise RefusedRequestError(409, screen.words("draft.changed_elsewhere"))
    nowhere = {"location_id": None, "location_name": None, "location_zone": None, "automations": ()}
    if taken(said, "sandbox", bool):
        screen.drafts.change(draft.id, version=version, sandbox=True, **nowhere)
        return data({"findings": [], "good": True})
    if column := taken(said, "column", str, ""):
        draft = await _let_rows_name_theirs(screen, draft, column, nowhere)
        return data({"version": draft.version, "findings": [], "good": True})
    known = await connected(screen, said)
    aim = {
        "sandbox": False,
        "location_id": known["location"],
        "location_name": known["name"],
        "location_zone": known.pop("zone"),
        "automations": tuple(map(str, known.pop("published"))),
    }
    if draft.location_column is None:
        draft = screen.drafts.change(draft.id, version=version, **aim)
    else:  # one for all rows was chosen, and the mapping would go ahead of it
        text = await edited_mapping(screen, draft, unset=[["location"]])
        draft, _ = await keep_mapping(screen, draft, text, **aim)
    return data({"version": draft.version, **known})


async def _let_rows_name_theirs(
    screen: Screen, draft: Draft, column: str, nowhere: Mapping[str, Any]
) -> Draft:
    """Let a column of the file say which location a row goes to; what the mapping says of it already stays."""
    if column == draft.location_column:
        return screen.drafts.change(draft.id, version=draft.version, sandbox=False, **nowhere)
    text = await edited_mapping(screen, draft, set_to=[[["location"], {"column": column}]])
    changed, _ = await keep_mapping(screen, draft, text, sandbox=False, **nowhere)
    return changed


async def connected(screen: Screen, said: Mapping[str, Json]) -> dict[str, Any]:
    """Look into the location that somebody named, with the token that they entered, if any; remember it if it is good."""
    location_id = location_in(taken(said, "location", str).strip())
    # What is no id may be a token that went into the wrong field: it would stand in the draft and on every page.
    if not is_location(location_id):
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
    return {
        "location": location_id,
        "findings": findings,
        "good": good,
        "name": name,
        "kept": kept,
        "zone": facts.get("timezone"),
        "published": facts.get("published", ()),
    }


def is_location(text: str) -> bool:
    """Tell whether a text may be a location's id."""
    return _LOCATION.fullmatch(text) is not None


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
    if not is_location(location_id):
        raise SettingsError(screen.words("account.no_location"))
    screen.tokens.by_location.pop(location_id, None)
    await asyncio.to_thread(_book(screen).forget, location_id)
    return data({"known": await asyncio.to_thread(connections, screen)})


async def _examine(screen: Screen, location_id: str) -> list[dict[str, Any]]:
    """Ask `importer doctor`: its lines are the findings."""
    words = ["doctor", "--location", location_id, "--json", "--state", str(screen.state)]
    ended = await children.ask(
        words, secrets=secrets_of(screen, location_id), seconds=_EXAMINED_SECONDS, program=screen.program
    )
    return [line for line in ended.lines if isinstance(line, dict)]


def secrets_of(screen: Screen, location_id: str | None) -> dict[str, str]:
    """Give a child the token of its location: one that was entered here, else what the environment has."""
    if entered := screen.tokens.for_child(location_id):
        return entered
    if (own := read_tokens().get(location_id or "")) is not None:
        return {f"HIGHLEVEL_TOKEN_{location_id}": own.reveal()}
    token = variable_token("HIGHLEVEL_TOKEN")
    return {} if token is None else {"HIGHLEVEL_TOKEN": token.reveal()}


def secrets_of_draft(screen: Screen, draft: Draft) -> dict[str, str]:
    """Give a child the tokens that a draft needs: of its location, of all where each row names its own."""
    if draft.sandbox:
        return {}
    return all_secrets(screen) if draft.by_column else secrets_of(screen, draft.location_id)


def secrets_of_run(screen: Screen, run: Run) -> dict[str, str]:
    """Give a child the tokens that go on with a run."""
    if run.sandbox:
        return {}
    return all_secrets(screen) if run.location_id is None else secrets_of(screen, run.location_id)


def all_secrets(screen: Screen) -> dict[str, str]:
    """Give a child every token that is known here; those that were entered go ahead."""
    own = {f"HIGHLEVEL_TOKEN_{each}": token.reveal() for each, token in read_tokens().items()}
    for location_id in screen.tokens.by_location:
        own |= screen.tokens.for_child(location_id)
    token = variable_token("HIGHLEVEL_TOKEN")
    return own if token is None else {"HIGHLEVEL_TOKEN": token.reveal(), **own}


def place_words(draft: Draft) -> list[str]:
    """Say to a command where a draft goes; where each row names its own location, the mapping says it."""
    if draft.sandbox:
        return ["--sandbox"]
    return [] if draft.by_column else ["--location", draft.location_id or ""]


def reading_words(draft: Draft) -> list[str]:
    """Say to a command how a draft's file is read."""
    flags: dict[str, Any] = {
        "--sheet": draft.reading.get("sheet"),
        "--header-row": draft.reading.get("header_row"),
        "--encoding": draft.reading.get("encoding"),
        "--delimiter": draft.reading.get("delimiter"),
    }
    return [f"{flag}={value}" for flag, value in flags.items() if value is not None]
