"""A vendor that falls silent with rows in the air: a stop is over within ten seconds all the same; in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from importer.errors import InterruptedRunError
from importer.highlevel.catalog import CatalogNeeds
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PLACE, paper_sender, people
from tests.sending.virtual_time import run_virtually

HOUR = 3_600.0


def silent_from(moment: float) -> PaperVendor:
    return PaperVendor(latency=lambda _: (0.1, HOUR if asyncio.get_running_loop().time() > moment else 0.1))


@pytest.mark.parametrize("asked_again", [False, True], ids=["once", "twice"])
def test_a_stop_is_over_within_ten_seconds_however_often_it_is_asked_for(*, asked_again: bool) -> None:
    journal = MemoryJournal()

    async def stopped() -> float:
        loop = asyncio.get_running_loop()
        async with paper_sender(silent_from(0.5), journal) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            for each in people(300):
                await sender.submit(each)
            asked_at = loop.time() + 5.0
            loop.call_at(asked_at, sender.stop, InterruptedRunError("Ctrl-C"))
            if asked_again:
                loop.call_at(asked_at + 4.0, sender.stop, InterruptedRunError("Ctrl-C"))
            with pytest.raises(InterruptedRunError):
                await sender.drain()
        return loop.time() - asked_at

    assert 0 < run_virtually(stopped()) < 10
    assert 0 < len(journal.outcomes) < len(journal.intents), "some were answered, and some were in the air"
