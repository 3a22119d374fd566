"""Receives the code of an OAuth consent: a page on loopback that the browser is sent back to."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from typing import Self
from urllib.parse import parse_qs, urlsplit

from importer.errors import CredentialsError, SettingsError
from importer.highlevel.client import is_loopback

_PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n"
    b"<!DOCTYPE html><title>importer</title><p>%s You can close this page.</p>"
)


class UnprovenConsentError(CredentialsError):
    """An address that may be of any consent."""


def read_code(pasted: str, *, state: str) -> str:
    """Take the code out of what a person pasted: the address the browser ended at, on any host, or the bare code.

    An address that shows another state is of another consent; one that shows none raises UnprovenConsentError: the
    vendor is not sure to send it back, and an address is easily somebody else's. Who pastes a bare code vouches for it.
    """
    query = parse_qs(urlsplit(pasted).query)
    if not query and "/" not in pasted and pasted.strip():
        return pasted.strip()
    if "code" in query and "state" not in query:
        raise UnprovenConsentError(
            "This address does not show which consent it is of. If it is the page that you have just agreed on, paste its "
            "code alone: what stands in it between code= and the next &, or its end."
        )
    if not is_ours(query, state) and "error" not in query:
        raise CredentialsError("The consent that came back is not the one that was asked for. Log in again.")
    return take_code(query)


def is_ours(query: Mapping[str, list[str]], state: str) -> bool:
    """Tell whether an address answers the consent that was asked for."""
    return hmac.compare_digest(query.get("state", [""])[0].encode(), state.encode())


def take_code(query: Mapping[str, list[str]]) -> str:
    """Take the code, or raise CredentialsError with the reason for which there is none."""
    if refusal := query.get("error"):
        raise CredentialsError(f"The consent was not given: {refusal[0][:100]}.")
    codes = query.get("code")
    if not codes:
        raise CredentialsError("The address holds no code. Paste it whole, from the browser's address bar.")
    return codes[0]


def can_listen(redirect_uri: str) -> bool:
    """Tell whether the browser's return can be received here."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and parts.port is not None and is_loopback(parts.hostname or "")


class ConsentPage:
    """Listens on the redirect address until one consent came back."""

    def __init__(self, redirect_uri: str, *, state: str) -> None:
        self._parts = urlsplit(redirect_uri)
        self._state = state
        self._code: asyncio.Future[str] | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._code = asyncio.get_running_loop().create_future()
        try:
            self._server = await asyncio.start_server(
                self._serve, self._parts.hostname, self._parts.port, limit=16_384
            )
        except OSError as cause:
            raise SettingsError(
                f"Port {self._parts.port} cannot be listened on ({cause.strerror}). Free it, or use --no-browser."
            ) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def code(self, *, within_seconds: float) -> str:
        """Wait for the consent; raises CredentialsError when none comes or it was refused."""
        if self._code is None:
            raise RuntimeError("The page is used outside its context.")
        try:
            return await asyncio.wait_for(asyncio.shield(self._code), within_seconds)
        except TimeoutError:
            raise CredentialsError(
                "No consent came back in time. Run `importer login` again; with --no-browser, the address that the "
                "browser ends at can be pasted."
            ) from None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = (await reader.readline()).decode("latin-1").split()
            target = line[1] if len(line) >= 2 else ""
            writer.write(_PAGE % self._take(target))
            await writer.drain()
        except (ValueError, ConnectionError):
            pass  # a line too long, or a browser that left
        finally:
            writer.close()

    def _take(self, target: str) -> bytes:
        code = self._code
        parts = urlsplit(target)
        if parts.path != (self._parts.path or "/") or code is None or code.done():
            return b"Nothing to do here."
        query = parse_qs(parts.query)
        if not is_ours(query, self._state):
            return b"This is not the consent that was asked for, and it changes nothing."
        try:
            code.set_result(take_code(query))
        except CredentialsError as refusal:
            code.set_exception(refusal)
            return b"The consent was not given."
        return b"Connected."
