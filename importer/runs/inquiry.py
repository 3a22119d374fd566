"""What a location knows of a file's people already: its duplicate search, asked for a sample of the rows or for all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final

from importer.errors import CredentialsError, SettingsError
from importer.highlevel.calls import Call, search_duplicate
from importer.highlevel.client import Client, Door, LostReply
from importer.highlevel.quota import BURST, INTERVAL_SECONDS
from importer.highlevel.reply import Reply, ReplyKind, read_reply
from importer.highlevel.tokens import StaticTokens, TokenSource
from importer.records import Outcome, Record
from importer.results.forecast import Expected
from importer.runtime.clock import Clock, SystemClock
from importer.settings import SANDBOX_LOCATION, Connection

SAMPLE_ROWS: Final = 200
_PACE_SECONDS: Final = INTERVAL_SECONDS / BURST * 1.04
"""One question at a time and none faster than this: below the quota in any window."""
_ATTEMPTS: Final = 5
_REFUSALS: Final = frozenset(
    {ReplyKind.TOKEN_REFUSED, ReplyKind.SCOPE_MISSING, ReplyKind.LOCATION_REFUSED, ReplyKind.LOCATION_PAUSED}
)
_TRANSIENT: Final = frozenset({ReplyKind.THROTTLED, ReplyKind.TROUBLE})


class Sample:
    """Keep up to ``size`` of the records that pass by, each with the same chance; all of them when it is ``None``."""

    def __init__(self, size: int | None = SAMPLE_ROWS) -> None:
        self.records: list[Record] = []
        self._size = size
        self._seen = 0
        self._dice = Random(0)  # noqa: S311  (the same sample each time, so that two checks can be compared)

    def offer(self, mapped: Sequence[Record | Outcome]) -> None:
        """Look at mapped rows; only those that would be sent and can be searched for count."""
        for item in mapped:
            if isinstance(item, Record) and (item.fields.get("email") or item.fields.get("phone")):
                self._take(item)

    def _take(self, record: Record) -> None:
        self._seen += 1
        if self._size is None or len(self.records) < self._size:
            self.records.append(record)
            return
        place = self._dice.randrange(self._seen)
        if place < self._size:
            self.records[place] = record


async def inquire(
    records: Sequence[Record], *, client: Door, tokens: TokenSource, clock: Clock | None = None
) -> Expected:
    """Ask for each record whether the location has its contact. When the day's allowance ends, so does the asking.

    Raises CredentialsError where the location refuses us, SettingsError where nobody answers.
    """
    clock = clock or SystemClock()
    asked = found = 0
    async with client:
        for record in records:
            began = clock.monotonic()
            reply = await _ask(_question(record), record.location_id, client, tokens, clock)
            if reply.kind is ReplyKind.DAY_SPENT:
                break
            asked += 1
            found += reply.kind is ReplyKind.DONE and reply.contact_id is not None
            await clock.sleep(max(0.0, _PACE_SECONDS - (clock.monotonic() - began)))
    return Expected(asked=asked, found=found)


def _question(record: Record) -> Call:
    email, phone = record.fields.get("email"), record.fields.get("phone")
    return search_duplicate(
        record.location_id,
        email=email if isinstance(email, str) else None,
        phone=phone if isinstance(phone, str) else None,
    )


async def _ask(call: Call, location_id: str, client: Door, tokens: TokenSource, clock: Clock) -> Reply:
    words = ""
    for _ in range(_ATTEMPTS):
        raw = await client.request(call, await tokens.token(location_id))
        if isinstance(raw, LostReply):
            words, wait = raw.reason, 1.0
        else:
            reply = read_reply(raw.status, raw.headers, raw.body)
            if reply.kind in _REFUSALS:
                raise CredentialsError(f"HighLevel refuses location {location_id}: {reply.words}")
            if reply.kind not in _TRANSIENT:
                return reply
            words, wait = reply.words, reply.retry_after_seconds or INTERVAL_SECONDS
        await clock.sleep(wait)
    raise SettingsError(
        f"HighLevel at {client.base_url} could not be asked ({words}). Try again, or check without --against-location."
    )


def ask(sample: Sample, connection: Connection) -> Expected:
    """Ask about a sample from code without an event loop. Raises as ``inquire`` does."""
    if connection.sandbox:
        raise SettingsError(
            "The embedded sandbox begins empty: every row would be created. Leave --sandbox out."
        )
    if any(record.location_id == SANDBOX_LOCATION for record in sample.records):
        raise SettingsError(
            "To ask a location it must be known: set HIGHLEVEL_LOCATION_ID, or give --location or the mapping's location."
        )
    client = Client(connection.base_url)
    return asyncio.run(inquire(sample.records, client=client, tokens=StaticTokens(connection)))
