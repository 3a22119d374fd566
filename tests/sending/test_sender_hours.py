"""A send window: rows go out in its hours alone, by the location's own clock, in virtual time."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from importer.errors import InterruptedRunError
from importer.highlevel.catalog import CatalogNeeds
from importer.records import Outcome, Status
from importer.runtime.progress import SilentProgress
from importer.sending.pace.open_hours import LocalHours, opens_at, zone_of
from importer.settings import OpenHours
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PLACE, paper_sender, people
from tests.sending.virtual_time import EPOCH, run_virtually

NEW_YORK = ZoneInfo("America/New_York")
HOURS = LocalHours(hours=OpenHours.parse("10:00-10:01"), zone=NEW_YORK)  # it is 9:33 there


class Holds(SilentProgress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def holding(self, location_id: str, seconds: float, reason: str) -> None:  # noqa: ARG002  (an agreed signature)
        assert location_id == PLACE
        self.said.append(reason)


def test_rows_and_tags_wait_outside_of_the_hours_and_go_on_in_the_next() -> None:
    vendor, journal, holds = PaperVendor(), MemoryJournal(), Holds()

    async def sending() -> dict[int, Outcome]:
        async with paper_sender(vendor, journal, progress=holds) as at_work:
            await at_work.open_location(PLACE, CatalogNeeds())
            at_work.keep_hours({PLACE: HOURS})
            for each in people(1_500, tags=("vip",)):
                await at_work.submit(each)
            await at_work.drain()
        return journal.outcomes

    outcomes = run_virtually(sending())
    assert [each.status for each in outcomes.values()] == [Status.CREATED] * 1_500
    _opening, *sent = [datetime.fromtimestamp(EPOCH + at, NEW_YORK) for at in vendor.arrivals]
    assert {f"{at:%H:%M}" for at in sent} <= {"10:00", "10:01"}
    # what left in the window may arrive a moment after it
    assert all(at.second < 1 for at in sent if at.minute == 1)
    assert len({at.date() for at in sent}) > 1
    assert holds.said[0] == "outside of its send window, 10:00-10:01 (America/New_York)"
    assert len(holds.said) < 10


def test_a_run_that_waits_for_its_hours_can_be_stopped() -> None:
    vendor, journal = PaperVendor(), MemoryJournal()

    async def sending() -> float:
        async with paper_sender(vendor, journal, progress=Holds()) as at_work:
            await at_work.open_location(PLACE, CatalogNeeds())
            at_work.keep_hours({PLACE: HOURS})
            for each in people(3):
                await at_work.submit(each)
            asyncio.get_running_loop().call_later(60, at_work.stop, InterruptedRunError("Enough."))
            with pytest.raises(InterruptedRunError):
                await at_work.drain()
        return asyncio.get_running_loop().time()

    assert run_virtually(sending()) < 75
    assert len(vendor.arrivals) == 1
    assert not journal.outcomes


@pytest.mark.parametrize("text", ["8-20", "08:00", "08:00-25:00", "08:61-09:00", "24:00-25:30", ""])
def test_what_is_no_span_of_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it as 08:00-20:00"):
        OpenHours.parse(text)


def test_the_whole_day_is_always_open() -> None:
    whole = LocalHours(hours=OpenHours.parse("00:00-24:00"), zone=NEW_YORK)
    assert all(opens_at(whole, NEW_YORK, EPOCH + hour * 3600) == EPOCH + hour * 3600 for hour in range(48))
    assert str(whole.hours) == "00:00-00:00"


def test_a_zone_that_nobody_knows_is_none() -> None:
    assert zone_of("Mars/Olympus") is None
    assert zone_of(None) is None
    assert zone_of("America/New_York") == NEW_YORK
