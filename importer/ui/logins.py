"""`importer login` under way: a process that shows an address to agree at, and waits for what the browser brings back."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from typing import Final

from importer.records import Json, value_type
from importer.runtime.own_commands import PROGRAM
from importer.runtime.regex import regex
from importer.ui.children import environment, last_words

_ADDRESS: Final = regex(r"^\s+(https?://\S+)$", re.MULTILINE)
_CONNECTED: Final = regex(r"Connected (location|agency) (\S+?)\. The token")
_ASKS_FOR_CODE: Final = "The code:"
_MOST: Final = 20_000
_LONGEST_ANSWER: Final = 4_000
_BEGUN_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.1


@value_type(frozen=True, slots=True, kw_only=True)
class AppAccess:
    """A marketplace app as somebody registered it. ``redirect``: the address that it sends browsers back to."""

    client_id: str
    secret: str
    agency: bool
    redirect: str = ""

    @property
    def listens(self) -> bool:
        """Whether the command receives the browser by itself."""
        return self.redirect.startswith("http://")

    def words(self) -> list[str]:
        """Say to the command what is connected; the secret is no word of it."""
        return [
            *("--client-id", self.client_id),
            *(["--agency"] if self.agency else []),
            *(["--redirect-uri", self.redirect] if self.redirect else []),
            *([] if self.listens else ["--no-browser"]),
        ]


class Login:
    """One login, from its first word to its end."""

    def __init__(self, process: asyncio.subprocess.Process, *, listens: bool) -> None:
        self._process = process
        self._listens = listens
        self._said = ""
        self._answered: int | None = None
        """Where what it says of the last answer begins: before it stands what it asked, with no end of line."""
        self._hearing = asyncio.ensure_future(self._hear())

    @classmethod
    async def begin(cls, access: AppAccess, place: Sequence[str]) -> Login:
        """Start the command, and wait until it shows its address or has ended."""
        process = await asyncio.create_subprocess_exec(
            *(*PROGRAM, "login", *access.words(), *place),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=environment({"HIGHLEVEL_CLIENT_SECRET": access.secret}),
            start_new_session=True,
        )
        login = cls(process, listens=access.listens)
        await login._until(lambda: _ADDRESS.search(login._said) is not None, _BEGUN_SECONDS)
        return login

    async def answer(self, pasted: str) -> None:
        """Hand over the address that a browser ended at, or its code; what the command makes of it is waited for."""
        before = self._answered = len(self._said)
        if self._process.stdin is not None and not self.ended:
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(pasted[:_LONGEST_ANSWER].replace("\n", " ").encode() + b"\n")
                await self._process.stdin.drain()
        await self._until(lambda: self._said[before:].rstrip().endswith(_ASKS_FOR_CODE), _BEGUN_SECONDS)

    async def end(self) -> None:
        """End the command; that it has ended is no fault."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._hearing

    @property
    def ended(self) -> bool:
        return self._hearing.done()

    def progress(self) -> dict[str, Json]:
        """Say how it stands: waiting for the browser, connected with whom, or failed with a sentence."""
        address = _ADDRESS.search(self._said)
        found = _CONNECTED.search(self._said)
        said: dict[str, Json] = {
            "state": "waiting" if not self.ended else "connected" if found else "failed",
            "address": address[1] if address else None,
            "listens": self._listens,
            "says": "",
        }
        if found and self.ended:
            said |= {"agency": found[1] == "agency", "whose": found[2]}
        elif self.ended or self._answered is not None:
            said["says"] = last_words(self._said[self._answered or 0 :].rstrip().removesuffix(_ASKS_FOR_CODE))
        return said

    async def _hear(self) -> None:
        pipe = self._process.stderr
        while pipe is not None and (part := await pipe.read(4096)):
            if len(self._said) < _MOST:
                self._said += part.decode(errors="replace")
        await self._process.wait()

    async def _until(self, shown: Callable[[], bool], seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.ended and not shown():  # noqa: ASYNC110  (another process)
                    await asyncio.sleep(_LOOK_SECONDS)
