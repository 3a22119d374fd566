"""What a location knows of a file's people already: its duplicate search, asked for a sample of the rows or for all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from importer.errors import (
    BudgetSpentError,
    CredentialsError,
    CredentialsLostError,
    QuotaSpentError,
    ServiceDownError,
    SettingsError,
)
from importer.highlevel.client import distrusted
from importer.highlevel.reply import Reply
from importer.records import Outcome, Record
from importer.results.forecast import Expected
from importer.runs.looking import open_looker
from importer.runtime.clock import Clock
from importer.sending import Sender
from importer.sending.call_state import Unanswered
from importer.settings import SANDBOX_LOCATION, RunSettings

SAMPLE_ROWS: Final = 200
_AT_ONCE: Final = 10
"""Questions in the air: as many as keep up with the quota where a reply takes a second."""


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


async def inquire(records: Sequence[Record], *, sender: Sender, base_url: str) -> Expected:
    """Ask for each record whether the location has its contact. When the day's allowance ends, so does the asking.

    Raises CredentialsError where the location refuses us, CertificateError where somebody else answers, and
    SettingsError where nobody does.
    """
    inquiry = _Inquiry(iter(records), sender, base_url)
    workers = [asyncio.ensure_future(inquiry.ask_on()) for _ in range(_AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    except (QuotaSpentError, BudgetSpentError):
        pass  # those that were asked by then are a sample as well
    except CredentialsLostError as error:
        raise CredentialsError(str(error)) from None
    except ServiceDownError:
        raise _unasked(base_url, "it does not answer any more") from None
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
    return Expected(asked=inquiry.asked, found=inquiry.found)


class _Inquiry:
    """Records that several workers ask about, and what came of it."""

    def __init__(self, records: Iterator[Record], sender: Sender, base_url: str) -> None:
        self.asked = self.found = 0
        self._records = records
        self._sender = sender
        self._base_url = base_url

    async def ask_on(self) -> None:
        """Ask about one record after the other until there are no more."""
        for record in self._records:
            match = await self._sender.find(record)
            if isinstance(match, Unanswered):
                raise self._unanswered(match)
            self.asked += 1
            if match is not None and not isinstance(match, Reply):
                self.found += 1

    def _unanswered(self, silence: Unanswered) -> Exception:
        if silence.certificate:
            return distrusted(self._base_url, silence.words)
        return _unasked(self._base_url, silence.words)


def _unasked(base_url: str, words: str) -> SettingsError:
    return SettingsError(
        f"HighLevel at {base_url} could not be asked ({words}). Try again, or check without --against-location."
    )


def ask(sample: Sample, settings: RunSettings, *, clock: Clock | None = None) -> Expected:
    """Ask about a sample from code without an event loop. Raises as ``inquire`` does."""
    if settings.connection.sandbox:
        raise SettingsError(
            "The embedded sandbox begins empty: every row would be created. Leave --sandbox out."
        )
    if any(record.location_id == SANDBOX_LOCATION for record in sample.records):
        raise SettingsError(
            "To ask a location it must be known: set HIGHLEVEL_LOCATION_ID, or give --location or the mapping's location."
        )
    return asyncio.run(_ask(sample.records, settings, clock))


async def _ask(records: Sequence[Record], settings: RunSettings, clock: Clock | None) -> Expected:
    async with open_looker(settings.connection, settings.state, clock=clock) as sender:
        return await inquire(records, sender=sender, base_url=settings.connection.base_url)
