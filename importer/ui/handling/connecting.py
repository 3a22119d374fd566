"""S2: *Connect with HighLevel*: the OAuth login as a process of its own, and the sub-accounts of an agency that it gave."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from importer.errors import SettingsError
from importer.runtime.environment import variables
from importer.runtime.logs import hide
from importer.runtime.regex import regex
from importer.ui import children
from importer.ui.handling.account import connections
from importer.ui.logins import AppAccess, Login
from importer.ui.screen import Screen
from importer.ui.surface import ScreenReply, ScreenRequest, data, taken

_LISTED_SECONDS: Final = 120.0
_LONGEST_SEARCH: Final = 100
_CLIENT_ID: Final = regex(r"[A-Za-z0-9][A-Za-z0-9_-]{2,99}")
_REDIRECT: Final = regex(r"https?://[^\s\"<>]{1,300}")


async def begin(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Start a login; one that was begun before is ended."""
    access = _access(screen, asked)
    async with screen.starting.setdefault("login", asyncio.Lock()):
        if screen.login is not None:
            await screen.login.end()
        screen.login = await Login.begin(access, ["--state", str(screen.state)])
    return data(await _login_state(screen))


def _access(screen: Screen, asked: ScreenRequest) -> AppAccess:
    """Take the app that somebody described. Raises SettingsError; nothing of it may be taken for an option."""
    said = asked.said()
    client_id = taken(said, "client_id", str).strip()
    secret = taken(said, "secret", str, "").strip() or variables().get("HIGHLEVEL_CLIENT_SECRET", "").strip()
    redirect = taken(said, "redirect", str, "").strip()
    if not _CLIENT_ID.fullmatch(client_id):
        raise SettingsError(screen.words("login.no_client"))
    if not secret:
        raise SettingsError(screen.words("login.no_secret"))
    if redirect and not _REDIRECT.fullmatch(redirect):
        raise SettingsError(screen.words("login.no_redirect"))
    hide(secret)
    return AppAccess(
        client_id=client_id,
        secret=secret,
        redirect=redirect,
        agency=taken(said, "agency", bool, default=False),
    )


async def login_state(screen: Screen, _: ScreenRequest) -> ScreenReply:
    """Say how the login stands."""
    return data(await _login_state(screen))


async def answer(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Hand to the login what the browser ended at."""
    if screen.login is None or screen.login.ended:
        raise SettingsError(screen.words("login.none"))
    pasted = taken(asked.said(), "pasted", str).strip()
    if not pasted:
        raise SettingsError(screen.words("login.nothing_pasted"))
    hide(pasted)
    await screen.login.answer(pasted)
    return data(await _login_state(screen))


async def end(screen: Screen, _: ScreenRequest) -> ScreenReply:
    """Give a login up."""
    if screen.login is not None:
        await screen.login.end()
        screen.login = None
    return data(await _login_state(screen))


async def _login_state(screen: Screen) -> dict[str, Any]:
    if screen.login is None:
        return {"state": "none"}
    found: dict[str, Any] = screen.login.progress()
    if found["state"] == "connected":
        found["known"] = await asyncio.to_thread(connections, screen)
    return found


async def of_agency(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """List the sub-accounts of the agency that was connected, or those alone whose name holds a text."""
    search = asked.query.get("search", "").strip()[:_LONGEST_SEARCH]
    words = ["agency", "--json", "--state", str(screen.state), *(["--", search] if search else [])]
    ended = await children.ask(words, secrets={}, seconds=_LISTED_SECONDS, program=screen.program)
    if not isinstance(ended.answer, list):
        raise SettingsError(ended.sentence)
    return data({"locations": ended.answer})
