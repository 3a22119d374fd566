"""Windows that are small, or that do not empty: a developer's quota, and 429 without end; in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from importer.errors import InterruptedRunError, ServiceDownError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.records import FollowUps, Status, TagMode
from importer.runtime.progress import SilentProgress
from importer.sending import SendingPolicy
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PLACE, paper_sender, people, send_on_paper
from tests.sending.virtual_time import run_virtually

MINUTE = 60.0


class Told(SilentProgress):
    """Keeps what is said aloud, and when."""

    def __init__(self) -> None:
        self.messages: list[tuple[float, str]] = []

    def message(self, text: str) -> None:
        self.messages.append((asyncio.get_running_loop().time(), text))


def send(vendor: PaperVendor, rows: int, *, told: Told, journal: MemoryJournal) -> float:
    return send_on_paper(vendor, rows, journal=journal, progress=told)


def throttling(full: Callable[[float], bool]) -> PaperVendor:
    """Make a vendor whose window another program keeps full, as long as ``full`` says so of the time."""

    def respond(_: Call) -> tuple[int, dict[str, Any]] | None:
        loop = asyncio.get_running_loop()
        return (429, {"message": "Too Many Requests"}) if full(loop.time()) else None

    return PaperVendor(respond=respond, headers=False)


def test_a_developers_quota_is_kept_and_used() -> None:
    vendor, journal = PaperVendor(burst=25, strict=True), MemoryJournal()
    seconds = send(vendor, 250, told=Told(), journal=journal)
    assert [each.status for each in journal.outcomes.values()] == [Status.CREATED] * 250
    assert vendor.refused <= 25, "only before the first reply told how small the quota is"
    assert 90 <= seconds <= 115


def test_the_first_burst_leaves_room_for_the_tags_of_what_it_stored() -> None:
    vendor, journal = PaperVendor(), MemoryJournal()

    async def stopped_after_the_burst() -> None:
        policy = SendingPolicy(follow_ups=FollowUps(tag_mode=TagMode.ADD))
        async with paper_sender(vendor, journal, policy=policy) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            for each in people(300, tags=("vip",)):
                await sender.submit(each)
            asyncio.get_running_loop().call_later(5.0, sender.stop, InterruptedRunError("Ctrl-C"))
            await sender.drain()

    with pytest.raises(InterruptedRunError):
        run_virtually(stopped_after_the_burst())
    stored = [call for call in vendor.calls if call.path == "/contacts/upsert"]
    assert 90 <= len(stored) < 100, "the whole burst but what its tags take"
    assert len(journal.outcomes) == len(stored), "each has its tags"
    assert vendor.arrivals[-1] < 10.0


def test_a_window_that_stays_full_is_said_aloud_and_ends_the_run_so_that_it_can_go_on() -> None:
    told, journal = Told(), MemoryJournal()
    vendor = throttling(lambda now: now > 10)
    with pytest.raises(ServiceDownError, match=r"429 .*for 15 minutes.*importer resume") as caught:
        send(vendor, 300, told=told, journal=journal)
    assert caught.value.exit_code == 3
    (moment, words), *more = told.messages
    assert not more
    assert 40 <= moment <= 60
    assert "since" in words
    assert "429" in words
    assert {each.status for each in journal.outcomes.values()} == {Status.CREATED}, "no row is burnt"
    assert 15 * MINUTE <= vendor.arrivals[-1] <= 17 * MINUTE


def test_a_window_that_empties_in_time_ends_nothing_and_is_said_each_time() -> None:
    told, journal = Told(), MemoryJournal()
    vendor = throttling(lambda now: 10 < now < 10 * MINUTE or 11 * MINUTE < now < 20 * MINUTE)
    send(vendor, 1_000, told=told, journal=journal)
    assert [each.status for each in journal.outcomes.values()] == [Status.CREATED] * 1_000
    assert len(told.messages) == 2


def test_a_window_that_is_full_for_a_moment_is_not_worth_a_word() -> None:
    told = Told()
    send(throttling(lambda now: 10 < now < 25), 300, told=told, journal=MemoryJournal())
    assert told.messages == []
