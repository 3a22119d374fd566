"""A send window: rows go out in its hours alone, by the location's own clock, in virtual time."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from importer.errors import InterruptedRunError
from importer.highlevel.catalog import CatalogNeeds
from importer.records import Status
from importer.runtime.progress import SilentProgress
from importer.sending.pace.open_hours import LocalHours, opens_at, zone_of
from importer.settings import OpenHours
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PLACE, paper_sender, people
from tests.sending.virtual_time import EPOCH, run_virtually

NEW_YORK = ZoneInfo("America/New_York")
HOURS = LocalHours(hours=OpenHours.parse("10:15-10:16"), zone=NEW_YORK)  # it is 10:13:20 there


class Holds(SilentProgress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def holding(self, location_id: str, seconds: float, reason: str) -> None:  # noqa: ARG002  (an agreed signature)
        assert location_id == PLACE
        self.said.append(reason)


def send_within(hours: LocalHours, rows: int, holds: Holds) -> tuple[list[datetime], list[Status]]:
    """Send tagged rows and tell, by the location's clock, when each request arrived, and how the rows ended."""
    vendor, journal = PaperVendor(), MemoryJournal()

    async def sending() -> None:
        async with paper_sender(vendor, journal, progress=holds) as at_work:
            await at_work.open_location(PLACE, CatalogNeeds())
            at_work.keep_hours({PLACE: hours})
            for each in people(rows, tags=("vip",)):
                await at_work.submit(each)
            await at_work.drain()

    run_virtually(sending())
    _opening, *sent = [datetime.fromtimestamp(EPOCH + at, NEW_YORK) for at in vendor.arrivals]
    return sent, [each.status for each in journal.outcomes.values()]


def test_rows_and_tags_wait_until_the_hours_begin() -> None:
    holds = Holds()
    sent, ended = send_within(HOURS, 30, holds)
    assert ended == [Status.CREATED] * 30
    assert {f"{at:%H:%M}" for at in sent} == {"10:15"}
    assert holds.said == ["outside of its send window, 10:15-10:16 (America/New_York)"]


def test_rows_and_tags_stop_where_the_hours_end_and_go_on_in_the_next() -> None:
    holds = Holds()
    closed_for_a_minute = LocalHours(hours=OpenHours.parse("10:15-10:14"), zone=NEW_YORK)  # it is 10:13:20
    sent, ended = send_within(closed_for_a_minute, 900, holds)
    assert ended == [Status.CREATED] * 900
    minutes = {f"{at:%H:%M}" for at in sent}
    assert minutes >= {"10:13", "10:15"}
    # what left in the window may arrive a moment after it
    assert all(at.second < 1 for at in sent if at.minute == 14)
    assert holds.said[0] == "outside of its send window, 10:15-10:14 (America/New_York)"
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
