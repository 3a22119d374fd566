from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random

import pytest

from importer.errors import CredentialsError, InterruptedRunError, QuotaSpentError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.records import QuotaMark, Status
from importer.runtime.progress import SendingProgress, SilentProgress
from importer.sending import Sender, SendingPolicy
from importer.sending.pace.gate import Gate
from importer.sending.pace.shared_quota import Neighbourhood
from importer.settings import Connection, Secret
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PLACE, paper_sender, people
from tests.sending.virtual_time import EPOCH, VirtualClock, run_virtually, stand_still


async def send(
    vendor: PaperVendor,
    rows: int,
    *,
    mark: QuotaMark | None = None,
    policy: SendingPolicy | None = None,
    journal: MemoryJournal | None = None,
    neighbours: Neighbourhood | None = None,
    progress: SendingProgress | None = None,
) -> float:
    """Send rows and tell how long it took."""
    async with Sender(
        connection=Connection(base_url=vendor.base_url, token=Secret("pit-paper")),
        journal=journal or MemoryJournal(),
        clock=VirtualClock(),
        client=vendor,
        dice=Random(1),  # noqa: S311  (jitter)
        quota_marks={PLACE: mark} if mark else {},
        policy=policy,
        neighbours=neighbours,
        progress=progress,
    ) as sender:
        await sender.open_location(PLACE, CatalogNeeds())
        begun = asyncio.get_running_loop().time()
        for each in people(rows):
            await sender.submit(each)
        await sender.drain()
        return asyncio.get_running_loop().time() - begun


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_1000_rows_use_97_percent_of_the_quota_and_no_window_refuses_any(seed: int) -> None:
    vendor = PaperVendor(seed=seed)
    seconds = run_virtually(send(vendor, 1_000))
    assert 1_000 / seconds >= 0.97 * 10
    assert vendor.refusals == {"fixed": 0, "first hit": 0, "sliding": 0}


@pytest.mark.parametrize("slow_requests", [30, 100, 500])
@pytest.mark.parametrize("there", [True, False])
def test_a_way_that_was_slow_and_becomes_quick_has_nobody_refused(slow_requests: int, *, there: bool) -> None:
    left = iter(range(slow_requests))

    def latency(dice: Random) -> tuple[float, float]:
        seconds = dice.uniform(0.2, 0.4) if next(left, None) is not None else dice.uniform(0.001, 0.01)
        return (seconds, 0.0) if there else (0.0, seconds)

    vendor = PaperVendor(latency=latency)
    run_virtually(send(vendor, 1_000))
    assert vendor.refusals == {"fixed": 0, "first hit": 0, "sliding": 0}


@pytest.mark.parametrize("burst", [100, 500])
@pytest.mark.parametrize("late_seconds", [0.5, 2.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_loop_that_is_late_has_nobody_refused(seed: int, late_seconds: float, burst: int) -> None:
    vendor = PaperVendor(
        latency=lambda dice: (dice.uniform(0, 0.005), dice.uniform(0, 0.005)), seed=seed, burst=burst
    )
    run_virtually(send_late(vendor, 4 * burst, late_seconds, Random(seed)))  # noqa: S311  (no secret)
    assert vendor.refusals == {"fixed": 0, "first hit": 0, "sliding": 0}


async def send_late(vendor: PaperVendor, rows: int, late_seconds: float, dice: Random) -> float:
    """Send rows while something else keeps the loop from its work for up to so long at a time."""

    async def keep_busy() -> None:
        while True:
            await asyncio.sleep(dice.uniform(0.01, 2 * late_seconds))
            stand_still(dice.uniform(0.0, late_seconds))

    busy = asyncio.ensure_future(keep_busy())
    try:
        return await send(vendor, rows)
    finally:
        busy.cancel()


def test_the_quota_is_learnt_from_the_replies() -> None:
    vendor = PaperVendor(burst=20, seconds=5.0)
    seconds = run_virtually(send(vendor, 400))
    assert 0.9 <= 400 / seconds / 4 <= 1.02
    assert vendor.refusals["sliding"] == 0


def test_a_larger_quota_is_made_use_of() -> None:
    vendor = PaperVendor(burst=1_000, seconds=1.0)
    assert run_virtually(send(vendor, 5_000)) < 13


class Street:
    """Runs that know of each other, as those of one state folder do."""

    def __init__(self) -> None:
        self.runs: list[House] = []


class House:
    def __init__(self, street: Street) -> None:
        self._street = street

    def enter(self, location_id: str) -> None:
        assert location_id == PLACE
        self._street.runs.append(self)

    def count(self, location_id: str) -> int:
        assert location_id == PLACE
        return len(self._street.runs) - 1

    def count_all(self) -> dict[str, int]:
        return {PLACE: self.count(PLACE)}

    def leave(self) -> None:
        self._street.runs.remove(self)


class Told(SilentProgress):
    """Keeps what is said to people."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_runs_that_know_of_each_other_share_the_quota_and_none_is_refused(seed: int) -> None:
    vendor = PaperVendor(seed=seed, strict=True)
    street = Street()
    first_journal, second_journal = MemoryJournal(), MemoryJournal()
    told = Told()

    async def later() -> float:
        await asyncio.sleep(25)
        mark = first_journal.marks[-1]  # what the state folder would have told
        return await send(
            vendor, 300, mark=mark, journal=second_journal, neighbours=House(street), progress=told
        )

    async def both() -> tuple[float, float]:
        first = send(vendor, 1_500, journal=first_journal, neighbours=House(street))
        one, two = await asyncio.gather(first, later())
        return one, two

    one, two = run_virtually(both())
    assert set(vendor.refusals.values()) == {0}
    assert 300 / two >= 0.9 * 5  # half of the quota each while both are there
    assert 1_800 / one >= 0.9 * 10  # and nothing of it is left unused for long
    assert not street.runs
    (sentence,) = told.messages
    assert "share its quota" in sentence


@pytest.mark.parametrize("seed", [1, 2])
def test_two_runs_share_what_is_left_of_the_day(seed: int) -> None:
    vendor = PaperVendor(allowance=lambda _: 100, seed=seed)
    street = Street()

    async def both() -> list[float | BaseException]:
        runs = (send(vendor, 400, neighbours=House(street)) for _ in range(2))
        return await asyncio.gather(*runs, return_exceptions=True)

    ends = run_virtually(both())
    assert [type(end) for end in ends] == [QuotaSpentError, QuotaSpentError]
    # each learns of the other's requests by its own replies alone; unshared, a dozen go out into the refusal
    assert vendor.refused <= 4
    assert len(vendor.arrivals) >= 100, "and nothing of it is left unused"


def test_in_an_outage_one_request_at_a_time_looks_whether_it_is_over() -> None:
    begins, ends = 5.0, 305.0

    def respond(_: Call) -> tuple[int, dict[str, str]] | None:
        down = begins < asyncio.get_running_loop().time() < ends
        return (503, {"message": "Service Unavailable"}) if down else None

    vendor = PaperVendor(respond=respond)
    journal = MemoryJournal()
    seconds = run_virtually(send(vendor, 300, journal=journal))
    assert {each.status for each in journal.outcomes.values()} == {Status.CREATED}
    failures = [at for at in vendor.arrivals if begins < at < ends]
    in_the_air = 25  # when the eighth of them came back
    probes = failures[in_the_air:]
    assert 4 <= len(probes) <= 15
    assert all(later - earlier > 1.0 for earlier, later in pairwise(probes)), (
        "a probe waits for the one before"
    )
    assert seconds < ends + 90


def test_another_program_on_the_same_token_slows_us_down() -> None:
    vendor = PaperVendor(strict=True)

    async def both() -> float:
        async def intrude() -> None:
            loop = asyncio.get_running_loop()
            while True:
                await asyncio.sleep(0.2)
                vendor.arrive(loop.time())

        intruder = asyncio.create_task(intrude())
        try:
            return await send(vendor, 600)
        finally:
            intruder.cancel()

    seconds = run_virtually(both())
    assert 600 / 5.5 < seconds < 600 / 3.5
    assert vendor.refusals["sliding"] < 0.08 * len(vendor.arrivals)  # ours and theirs


def test_a_restart_does_not_overdraw_the_window_of_the_run_before() -> None:
    vendor = PaperVendor()

    async def twice() -> tuple[float, float]:
        journal = MemoryJournal()
        await send(vendor, 90, journal=journal)
        mark = journal.marks[-1]
        cold = asyncio.get_running_loop().time()
        await send(vendor, 90, mark=mark)
        return cold, asyncio.get_running_loop().time()

    cold, end = run_virtually(twice())
    assert vendor.refusals == {"fixed": 0, "first hit": 0, "sliding": 0}
    assert end - cold < 12


def test_a_run_that_had_no_token_and_asked_nothing_leaves_the_whole_window_to_the_next() -> None:
    journal = MemoryJournal()
    vendor = PaperVendor(headers=False)
    connection = Connection(base_url=vendor.base_url, tokens={"elsewhere": Secret("pit-paper")})

    async def one_after_the_other() -> float:
        async with Sender(
            connection=connection, journal=journal, clock=VirtualClock(), client=vendor
        ) as sender:
            with pytest.raises(CredentialsError):
                await sender.open_location(PLACE, CatalogNeeds())
        assert not vendor.arrivals
        await send(vendor, 50, mark=journal.marks[-1])
        return asyncio.get_running_loop().time()

    assert run_virtually(one_after_the_other()) < 2


def test_the_mark_of_a_run_that_only_reads_so_far_counts_that() -> None:
    asked = (200, {"contact": {"id": "c1"}})
    vendor = PaperVendor(headers=False, respond=lambda call: asked if call.path == "/contacts/c1" else None)
    journal = MemoryJournal()

    async def reads() -> None:
        async with paper_sender(vendor, journal) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            for _ in range(20):
                await asyncio.gather(*(sender.read_contact(PLACE, "c1") for _ in range(50)))

    async def killed() -> None:
        run = asyncio.create_task(reads())
        await asyncio.sleep(33.3)
        left_behind = journal.marks[-1]
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await send(vendor, 200, mark=left_behind)

    run_virtually(killed())
    assert len(vendor.arrivals) > 300
    assert vendor.refusals == {"fixed": 0, "first hit": 0, "sliding": 0}


def test_the_mark_of_a_run_that_waited_for_the_window_counts_what_it_then_began() -> None:
    vendor = PaperVendor(headers=False)

    async def killed_after(seconds: float, mark: QuotaMark | None) -> QuotaMark:
        journal = MemoryJournal()
        run = asyncio.create_task(send(vendor, 1_000, mark=mark, journal=journal))
        await asyncio.sleep(seconds)
        left_behind = journal.marks[-1]
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        return left_behind

    async def thrice() -> None:
        mark = await killed_after(3.5, None)
        sent = len(vendor.arrivals)
        mark = await killed_after(mark.at - EPOCH + 10.3 - 3.5, mark)
        assert 0 < len(vendor.arrivals) - sent < 40
        await asyncio.sleep(5)
        await send(vendor, 200, mark=mark)

    run_virtually(thrice())
    assert vendor.refusals == {"fixed": 0, "first hit": 0, "sliding": 0}


@pytest.mark.parametrize("seconds", [0.9, 33.3])
def test_the_mark_of_a_killed_run_counts_what_it_may_have_sent(seconds: float) -> None:
    vendor = PaperVendor()

    async def killed() -> None:
        journal = MemoryJournal()
        run = asyncio.create_task(send(vendor, 1_000, journal=journal))
        await asyncio.sleep(seconds)
        left_behind = journal.marks[-1]  # all that a SIGKILL leaves
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await send(vendor, 200, mark=left_behind)

    run_virtually(killed())
    assert vendor.refusals == {"fixed": 0, "first hit": 0, "sliding": 0}


def test_what_a_run_before_used_of_the_day_is_counted_on() -> None:
    journal = MemoryJournal()
    mark = QuotaMark(location_id=PLACE, at=EPOCH - 60, in_window=0, used_today=1_000)
    run_virtually(send(PaperVendor(headers=False), 50, mark=mark, journal=journal))
    assert journal.marks[-1].used_today == 1_000 + 1 + 50


def test_an_old_mark_holds_nobody_up() -> None:
    vendor = PaperVendor()
    mark = QuotaMark(location_id=PLACE, at=EPOCH - 60, in_window=100, used_today=1_000)
    assert run_virtually(send(vendor, 50, mark=mark)) < 4


def test_a_larger_quota_is_not_waited_for_after_a_kill() -> None:
    vendor = PaperVendor(burst=10_000, seconds=10.0)
    mark = QuotaMark(location_id=PLACE, at=EPOCH, in_window=7_000, used_today=7_000)
    assert run_virtually(send(vendor, 50, mark=mark)) < 2


def test_held_tags_go_out_after_a_quarter_of_a_minute_at_most() -> None:
    vendor = PaperVendor(respond=None)
    journal = MemoryJournal()

    async def slow_file() -> None:
        async with Sender(
            connection=Connection(base_url=vendor.base_url, token=Secret("pit-paper")),
            journal=journal,
            clock=VirtualClock(),
            client=vendor,
        ) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            await sender.submit(people(1, tags=("spring",))[0])
            await asyncio.sleep(14)
            assert journal.outcomes == {}
            await asyncio.sleep(4)
            assert len(journal.outcomes) == 1
            await sender.drain()

    run_virtually(slow_file())


def test_a_journal_append_gathers_what_comes_together() -> None:
    vendor = PaperVendor(burst=100_000, seconds=1.0, latency=lambda _: (0.01, 0.01))
    journal = MemoryJournal()
    run_virtually(send(vendor, 2_000, journal=journal))
    assert sum(journal.appends) == 2_000
    assert sum(journal.appends) / len(journal.appends) > 20


def test_pulses_tell_the_course_of_the_run() -> None:
    vendor = PaperVendor()
    journal = MemoryJournal()
    run_virtually(send(vendor, 300, journal=journal))
    assert sum(pulse.settled for pulse in journal.pulses) == 300
    assert sum(pulse.requests for pulse in journal.pulses) == 301
    assert len(journal.pulses) >= 3
    assert all(50 <= pulse.latency_p50 <= 400 for pulse in journal.pulses)
    assert journal.pulses[-1].daily_remaining == 200_000 - 301


class HastyClock(VirtualClock):
    """A clock of its own, on which an hour passes within a turn of the loop."""

    async def sleep(self, seconds: float) -> None:
        assert seconds == 3_600
        await asyncio.sleep(0)


def test_a_worker_that_waits_goes_by_the_clock_that_it_was_handed() -> None:
    async def wait() -> float:
        await Gate(clock=HastyClock()).pause(3_600)
        return asyncio.get_running_loop().time()

    assert run_virtually(wait()) < 1


def test_a_worker_that_waits_leaves_at_once_when_the_gate_is_closed() -> None:
    async def wait() -> float:
        gate = Gate(clock=VirtualClock())
        asyncio.get_running_loop().call_later(5, gate.stop, InterruptedRunError("enough"))
        with pytest.raises(InterruptedRunError, match="enough"):
            await gate.pause(3_600)
        return asyncio.get_running_loop().time()

    assert 5 <= run_virtually(wait()) < 6
