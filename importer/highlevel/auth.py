"""OAuth: codes and refresh tokens into access tokens, and an agency's grant into tokens of its locations."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from importer.errors import CredentialsError
from importer.highlevel import calls
from importer.highlevel.calls import Call
from importer.highlevel.client import Door, LostReply, distrusted
from importer.highlevel.follow_ups import follow_up_scopes
from importer.highlevel.grants import Grant, GrantBook, StoredGrant
from importer.highlevel.reply import Reply, ReplyKind, read_reply
from importer.highlevel.tokens import NoTokenError, StaticTokens, TokenSource
from importer.runtime.clock import Clock, SystemClock
from importer.settings import Connection, Secret

_SCOPES: Final = (
    "contacts.write",
    "contacts.readonly",
    "locations.readonly",
    "locations/customFields.readonly",
    "locations/tags.readonly",
    "users.readonly",
)
SCOPES: Final = tuple(dict.fromkeys((*_SCOPES, *follow_up_scopes())))
AGENCY_SCOPES: Final = (*SCOPES, "oauth.write", "oauth.readonly")
CONSENT_PATH: Final = "/v2/oauth/chooselocation"
CONSENT_URL: Final = f"https://marketplace.gohighlevel.com{CONSENT_PATH}"

_TOKEN_PATH: Final = "/oauth/token"  # noqa: S105  (a path)
_LOCATION_TOKEN_PATH: Final = "/oauth/locationToken"  # noqa: S105  (a path)
_EARLY_SECONDS: Final = 60.0
_ATTEMPTS: Final = 4


def consent_url(
    address: str, *, client_id: str, redirect_uri: str, scopes: tuple[str, ...], state: str
) -> str:
    """Build the page where somebody chooses the location and agrees."""
    wanted = {
        "response_type": "code",
        "client_id": client_id,
        # private and draft apps need it: it is what stands before the dash
        "version_id": client_id.partition("-")[0],
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
    }
    return f"{address}?{urlencode(wanted)}"


async def redeem_code(
    door: Door,
    *,
    client_id: str,
    client_secret: Secret,
    code: str,
    redirect_uri: str,
    agency: bool,
    clock: Clock | None = None,
) -> Grant:
    """Exchange the code of a consent for a grant; a code works once."""
    form: dict[str, str | Secret] = {
        "client_id": client_id,
        "client_secret": client_secret,
        "grant_type": "authorization_code",
        "code": Secret(code),
        "user_type": "Company" if agency else "Location",
        "redirect_uri": redirect_uri,
    }
    raw = await door.request(calls.form(_TOKEN_PATH, form), None)
    if isinstance(raw, LostReply):
        if raw.certificate:
            raise distrusted(door.base_url, raw.reason)
        raise CredentialsError(f"HighLevel could not be asked for the grant: {raw.reason}. Log in again.")
    found = read_reply(raw.status, raw.headers, raw.body)
    if found.kind is not ReplyKind.DONE:
        raise CredentialsError(f"HighLevel gave no grant: “{found.words}” ({found.status}). Log in again.")
    now = (clock or SystemClock()).now()
    return _read_grant(found.body, client_id=client_id, client_secret=client_secret, now=now)


class GrantTokens:
    """Tokens of stored grants. Each is renewed once, however many workers and processes were refused with it."""

    def __init__(self, book: GrantBook, door: Door, *, clock: Clock | None = None) -> None:
        self._book = book
        self._door = door
        self._clock = clock or SystemClock()
        self._grants: dict[str, Grant] = {}
        self._minted: dict[str, Secret] = {}
        self._renewal = asyncio.Lock()

    async def token(self, location_id: str) -> Secret:
        async with self._renewal:
            vault = self._vault(location_id)
            grant = self._grant(vault)
            if grant.expires_at < self._clock.now() + _EARLY_SECONDS:
                grant = await self._refresh(vault, grant)
            if not grant.agency:
                return grant.access_token
            return self._minted.get(location_id) or await self._mint(vault, grant, location_id)

    async def renew(self, location_id: str, refused: Secret) -> bool:
        async with self._renewal:
            vault = self._vault(location_id)
            grant = self._grant(vault)
            if not grant.agency:
                if grant.access_token == refused:
                    await self._refresh(vault, grant)
            elif self._minted.get(location_id) == refused:
                await self._mint(vault, grant, location_id)
            return True

    async def ask_as_agency(self, company: StoredGrant, call: Call) -> Reply:
        """Ask with an agency's own token, renewed where it has to be. Raises CredentialsError."""
        async with self._renewal:
            grant = self._grant(company)
            if grant.expires_at < self._clock.now() + _EARLY_SECONDS:
                grant = await self._refresh(company, grant)
            found = await self._insist(call, grant.access_token)
            if found.kind is ReplyKind.TOKEN_REFUSED:
                grant = await self._refresh(company, grant)
                found = await self._insist(call, grant.access_token)
            return found

    def _vault(self, location_id: str) -> StoredGrant:
        vault = self._book.find(location_id)
        if vault is None:
            raise NoTokenError(
                f"There is no token and no grant for location {location_id}. Set HIGHLEVEL_TOKEN, or connect it: "
                f"importer connect {location_id}"
            )
        return vault

    def _grant(self, vault: StoredGrant) -> Grant:
        name = vault.name
        grant = self._grants.get(name)
        if grant is None:
            grant = self._grants[name] = vault.read()
        return grant

    async def _refresh(self, vault: StoredGrant, ours: Grant) -> Grant:
        """Trade the refresh token for new tokens, and store them before they are used.

        The vendor takes each refresh token once. So one process does it at a time, and whoever comes later finds
        the new tokens in the vault.
        """
        lock = vault.locked(since=self._clock.now())
        await asyncio.to_thread(lock.__enter__)
        try:
            kept = vault.read()
            if kept.access_token != ours.access_token:
                self._grants[vault.name] = kept
                return kept
            vault.write(replace(kept, refreshing=True))
            found = await self._ask_anew(kept)
            if found.kind is not ReplyKind.DONE:
                raise _refresh_refused(kept, found)
            renewed = _read_grant(
                found.body,
                client_id=kept.client_id,
                client_secret=kept.client_secret,
                now=self._clock.now(),
                before=kept,
            )
            vault.write(renewed)
            self._grants[vault.name] = renewed
            return renewed
        finally:
            lock.__exit__(None, None, None)

    async def _ask_anew(self, grant: Grant) -> Reply:
        form: dict[str, str | Secret] = {
            "client_id": grant.client_id,
            "client_secret": grant.client_secret,
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh_token,
            "user_type": "Company" if grant.agency else "Location",
        }
        return await self._ask(_TOKEN_PATH, form, None)

    async def _mint(self, vault: StoredGrant, grant: Grant, location_id: str) -> Secret:
        """Get a token of one location out of the agency's grant."""
        form = {"companyId": grant.company_id or "", "locationId": location_id}
        found = await self._ask(_LOCATION_TOKEN_PATH, form, grant.access_token)
        if found.kind is ReplyKind.TOKEN_REFUSED:
            grant = await self._refresh(vault, grant)
            found = await self._ask(_LOCATION_TOKEN_PATH, form, grant.access_token)
        token = _first(found.body, "access_token", "accessToken") if found.kind is ReplyKind.DONE else None
        if token is None:
            raise CredentialsError(
                f"The agency's grant gives no token for location {location_id}: “{found.words}” "
                f"({found.status}). Install the app in that location, or use a token of its own."
            )
        self._minted[location_id] = Secret(token)
        return self._minted[location_id]

    async def _ask(self, path: str, form: Mapping[str, str | Secret], token: Secret | None) -> Reply:
        return await self._insist(calls.form(path, form), token)

    async def _insist(self, call: Call, token: Secret | None) -> Reply:
        """Ask, and again where nothing was sent or the vendor was in trouble; raises when it stays so."""
        words = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await self._clock.sleep(0.5 * 2**attempt)
            raw = await self._door.request(call, token)
            if isinstance(raw, LostReply):
                if raw.certificate:
                    raise distrusted(self._door.base_url, raw.reason)
                words = raw.reason
                continue
            found = read_reply(raw.status, raw.headers, raw.body)
            if found.kind not in {ReplyKind.TROUBLE, ReplyKind.THROTTLED}:
                return found
            words = found.words
        what = "The token could not be renewed" if call.form else "The agency's grant could not be used"
        raise CredentialsError(f"{what}: {words}. Try again later.")


class AnyTokens:
    """Tokens that were given come first; locations without one are looked for among the grants."""

    def __init__(self, connection: Connection, door: Door, *, clock: Clock) -> None:
        self._given = StaticTokens(connection)
        self._connection = connection
        self._book = None if connection.grants is None else GrantBook(connection.grants)
        self._granted: TokenSource | None = (
            None if self._book is None else GrantTokens(self._book, door, clock=clock)
        )

    async def token(self, location_id: str) -> Secret:
        return await (await self._source(location_id)).token(location_id)

    async def renew(self, location_id: str, refused: Secret) -> bool:
        return await (await self._source(location_id)).renew(location_id, refused)

    async def _source(self, location_id: str) -> TokenSource:
        # in a thread: what is stored may lie in Postgres, and many locations are asked for at once
        if self._granted is None or await asyncio.to_thread(self._is_given, location_id):
            return self._given
        return self._granted

    def _is_given(self, location_id: str) -> bool:
        """Tell whether a location's token is one that was given, or that nobody granted any."""
        given = self._given.find(location_id)
        return given is not None or self._connection.sandbox or not self._book


def _read_grant(
    body: Mapping[str, Any],
    *,
    client_id: str,
    client_secret: Secret,
    now: float,
    before: Grant | None = None,
) -> Grant:
    access = _first(body, "access_token", "accessToken")
    refresh = _first(body, "refresh_token", "refreshToken")
    if access is None or refresh is None:
        raise CredentialsError("HighLevel's reply holds no tokens. Log in again.")
    kind = _first(body, "userType", "user_type")
    lifetime = body.get("expires_in", body.get("expiresIn", 0))
    return Grant(
        client_id=client_id,
        client_secret=client_secret,
        access_token=Secret(access),
        refresh_token=Secret(refresh),
        expires_at=now + float(lifetime if isinstance(lifetime, int | float) else 0),
        agency=kind == "Company" if kind else bool(before and before.agency),
        location_id=_first(body, "locationId") or (before.location_id if before else None),
        company_id=_first(body, "companyId") or (before.company_id if before else None),
        scope=_first(body, "scope") or (before.scope if before else ""),
    )


def _refresh_refused(grant: Grant, found: Reply) -> CredentialsError:
    words = f"“{found.words}” ({found.status})"
    if found.kind is ReplyKind.LOCATION_PAUSED:
        return CredentialsError(
            f"HighLevel renews no token: {words}. The account is paused or unpaid; the stored grant works again "
            "once it is active."
        )
    cut = " A renewal was cut off before its reply came." if grant.refreshing else ""
    return CredentialsError(f"HighLevel renews no token: {words}.{cut} Connect again with `importer login`.")


def _first(body: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = body.get(name)
        if isinstance(value, str) and value:
            return value
    return None
