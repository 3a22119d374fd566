"""A month of nights, with all that goes wrong in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from importer.jobs.job_state import Occasion, Result
from importer.sandbox import Fault, FaultKind
from tests.jobs.jobs_house import HOME, NEW_YORK, House, VirtualTime, moment

JOBS = f"""\
version: 1
timezone: America/New_York
jobs:
  crm:
    source: in/contacts-*.csv
    take: all
    mapping: mapping.yaml
    location: {HOME}
    schedule: 30 1 * * *          # in the hour that comes twice on the first of November
    changed_only: true
    full_every: 20
    minimum_age: 1m
    after_success: move:done/
    after_failure: move:failed/
    thresholds: {{failed_rows: 5%, shrink: 30%}}
    notify: [{{webhook: "https://example.com/hook", on: [failure, threshold, recovery]}}]
"""
FIRST, LAST = date(2026, 10, 12), date(2026, 11, 11)
BAD_FILE = date(2026, 10, 17)
OUTAGE = date(2026, 10, 21)
TWICE = date(2026, 10, 25)
NO_FILE = date(2026, 10, 28)
RESTART = date(2026, 11, 5)
"""Stopped in the middle of a run that changes everybody, and switched on again two nights later."""
DAY = timedelta(days=1)
AWAY = {RESTART + DAY, RESTART + 2 * DAY}
PEOPLE = 150


def nights() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += DAY


class Month:
    """The customer's side: who lives where, what is delivered, and how often each person's row changed."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.truth = {f"p{number:03d}@example.com": (f"P{number}", "Town 0") for number in range(PEOPLE)}
        self.rows_delivered = 0
        self.changes = PEOPLE
        self.resident = house.resident()

    def change(self, day: date) -> None:
        """Two people move, one more comes; on the night of the restart everybody moves."""
        number = (day - FIRST).days
        emails = sorted(self.truth)
        moving = emails if day == RESTART else [emails[number], emails[-1 - number]]
        for email in moving:
            self.truth[email] = (self.truth[email][0], f"Town {number + 1}")
        self.truth[f"q{number:03d}@example.com"] = (f"Q{number}", "Newtown")
        self.changes += len(moving) + 1

    def deliver(self, day: date) -> None:
        name = f"in/contacts-{day}.csv"
        if day == NO_FILE:
            return
        if day == BAD_FILE:
            self.house.put_text(name, "First Name,E-mail,City\n" + "Ada;ada@example.com;London,,\n" * 150)
            return
        self.house.put(name, self.truth)
        self.rows_delivered += len(self.truth)
        if day == TWICE:
            self.house.put(f"in/contacts-{day} (1).csv", self.truth)

    async def pass_by(self) -> None:
        for day in nights():
            if day not in AWAY:
                await self.night(day)
            if day not in {RESTART, RESTART + DAY}:
                await self.until(f"{day}T23:00")

    async def night(self, day: date) -> None:
        await self.until(f"{day}T00:50")
        self.change(day)
        self.deliver(day)
        if day == OUTAGE:
            self.house.sandbox.fates.down = Fault(kind=FaultKind.UNAVAILABLE)
            await self.until(f"{day}T09:00")
            self.house.sandbox.fates.down = None
        if day == RESTART:
            await self.restart(day)

    async def until(self, when: str) -> None:
        if self.house.clock.now() < moment(when):
            await self.house.live(self.resident, moment(when))

    async def restart(self, day: date) -> None:
        """Stop in the middle of the run; the files of the next nights come while nothing runs."""
        await self.until(f"{day}T01:10")
        before = self.house.sandbox.state()["requests"]
        self.house.clock.move_to(moment(f"{day}T01:30"))
        await self.resident.look_around()
        while self.house.sandbox.state()["requests"] < before + 30:
            await self.house.clock.sleep(1)
        self.resident.stop()
        await self.resident.quiet()
        for later in sorted(AWAY):
            self.house.clock.move_to(moment(f"{later}T00:50"))
            self.change(later)
            self.deliver(later)
        self.house.clock.move_to(moment(f"{max(AWAY)}T15:00"))
        self.resident = self.house.resident()


@pytest.fixture
def clock() -> VirtualTime:
    return VirtualTime("2026-10-11T12:00", speed=5000)


@pytest.fixture
async def month(house: House) -> Month:
    house.write_jobs(JOBS)
    house.clock.move_to(moment("2026-10-12T00:10"))
    month = Month(house)
    await month.pass_by()
    return month


async def test_a_month_of_nights_ends_right(
    month: Month, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = list(reversed(month.resident.context.jobs_state.occasions("crm")))
    finished = [each for each in ended if each.result is Result.FINISHED]

    _each_person_ends_right(month, house)
    _no_file_is_imported_twice(house, ended, finished)
    _the_night_with_two_half_past_ones_has_one_run(ended)
    requests = house.sandbox.state()["requests"]
    sent = sum(each.counts["created"] + each.counts["updated"] for each in finished)
    # What changed, the full night, what was in doubt at the restart, and what it takes to greet the location each time.
    everybody = len(month.truth)
    assert month.changes <= sent <= month.changes + 2 * everybody
    assert requests <= sent + 10 * len(ended)

    assert _told(house) == [
        f"{BAD_FILE:%m-%d} threshold",
        f"{BAD_FILE + DAY:%m-%d} recovery",
        f"{OUTAGE:%m-%d} failure",
        f"{OUTAGE:%m-%d} recovery",
        f"{NO_FILE:%m-%d} failure",
        f"{NO_FILE + DAY:%m-%d} recovery",
    ]
    assert not any("@" in str(each.to_json()) for each in house.told)
    with capsys.disabled():
        print(  # noqa: T201  (the figures of the month, for whoever asks for them with -v)
            f"\n{len(list(nights()))} nights: {month.rows_delivered:,} rows delivered, {month.changes:,} of them changed; "
            f"{sent:,} sent in {requests:,} calls; {len(finished)} files imported; told: {', '.join(_told(house))}"
        )


def _each_person_ends_right(month: Month, house: House) -> None:
    assert house.cities() == {email: city for email, (_, city) in month.truth.items()}
    assert house.sandbox.state()["contacts"] == len(month.truth)


def _no_file_is_imported_twice(house: House, ended: list[Occasion], finished: list[Occasion]) -> None:
    assert max(Counter(each.file for each in finished).values()) == 1
    assert len(finished) == len(list(nights())) - 2  # all but the bad file and the night without one
    (twice,) = [each for each in ended if each.result is Result.NOTHING_NEW]
    assert str(TWICE) in str(twice.file)
    assert _names(house.folder / "in") == ["done", "failed"]
    assert _names(house.folder / "in" / "failed") == [f"contacts-{BAD_FILE}.csv"]
    assert len(_names(house.folder / "in" / "done")) == len(finished) + 1


def _the_night_with_two_half_past_ones_has_one_run(ended: list[Occasion]) -> None:
    night = [
        each for each in ended if moment("2026-11-01T00:00") < each.began_at < moment("2026-11-02T00:00")
    ]
    assert [each.result for each in night] == [Result.FINISHED]


def _told(house: House) -> list[str]:
    return [f"{datetime.fromtimestamp(each.at, NEW_YORK):%m-%d} {each.event}" for each in house.told]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
