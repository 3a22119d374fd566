"""One append for what all locations come to in a turn: nothing is sent, and nobody told, before it is durable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from importer.errors import InterruptedRunError, StateError, StopError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.client import RawReply
from importer.records import Addition, Append, FollowUpMark, FollowUpState, Intent, Outcome, Status
from importer.sending import Sender, SendingPolicy
from importer.sending.journal_batches import LONGEST_APPEND, JournalBatcher
from importer.settings import Secret
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PLACE, paper_sender, people, send_on_paper
from tests.sending.virtual_time import VirtualClock, run_virtually


class SlowJournal(MemoryJournal):
    """Its appends take until somebody lets the disk go on."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: list[tuple[Append, Future[None]]] = []
        self.slow = True
        self.lengths: list[int] = []

    def write(self, append: Append) -> Future[None]:
        self.lengths.append(_lines(append))
        if not self.slow:
            return super().write(append)
        ended = _Ended(self)
        self.under_way.append((append, ended))
        return ended

    def go_on(self) -> None:
        """Let what is under way become durable, and be quick from now on."""
        self.slow = False
        for append, ended in self.under_way:
            self.keep(append)
            ended.set_result(None)

    def fail(self, error: Exception) -> None:
        self.slow = False
        for _, ended in self.under_way:
            ended.set_exception(error)


class _Ended(Future[None]):
    """Is done when the disk goes on, as it does at the latest for whoever cannot wait by the loop."""

    def __init__(self, journal: SlowJournal) -> None:
        super().__init__()
        self._journal = journal

    def result(self, timeout: float | None = None) -> None:
        if not self.done():
            self._journal.go_on()
        return super().result(timeout)


def _lines(append: Append) -> int:
    parts = (append.intents, append.images, append.landed, append.marks, append.outcomes, append.withdrawn)
    return sum(map(len, parts))


def _intent(row: int) -> Intent:
    return Intent(row=row, location_id=PLACE, first_attempt_at=1.0)


def _settled(row: int) -> Outcome:
    return Outcome(row=row, status=Status.CREATED, location_id=PLACE, contact_id=f"contact{row}")


class Told:
    """Whom a batcher told, and of what."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.rows: list[int] = []
        self.stopped: list[StopError] = []
        self.batcher = JournalBatcher(
            journal,
            clock=VirtualClock(),
            see=lambda _outcome: None,
            notify=lambda outcome: self.rows.append(outcome.row),
            stop=self.stopped.append,
        )


async def _turns(ended: Callable[[], bool] = lambda: False, *, most: int = 50) -> None:
    for _ in range(most):
        if ended():
            return
        await asyncio.sleep(0.01)


def test_nobody_is_told_of_an_outcome_before_it_is_durable() -> None:
    async def check() -> None:
        journal = SlowJournal()
        told = Told(journal)
        told.batcher.settle(_settled(2))
        await _turns(lambda: bool(journal.under_way))
        told.batcher.settle(_settled(3))  # gathers for the next one
        await _turns()
        assert (told.rows, len(journal.under_way)) == ([], 1)
        journal.go_on()
        await _turns()
        assert told.rows == [2, 3]
        assert journal.appends == [1, 1]

    run_virtually(check())


def test_what_is_written_at_once_waits_for_what_is_under_way() -> None:
    async def check() -> None:
        journal = SlowJournal()
        told = Told(journal)
        told.batcher.settle(_settled(2))
        await _turns(lambda: bool(journal.under_way))
        told.batcher.settle(_settled(3))
        journal.go_on()
        told.batcher.flush()
        assert told.rows == [2, 3]
        await _turns()
        assert told.rows == [2, 3], "and nothing is told twice"

    run_virtually(check())


def test_what_must_not_be_sent_twice_is_written_down_though_nothing_else_waits() -> None:
    async def check() -> None:
        journal = MemoryJournal()
        told = Told(journal)
        receipt = told.batcher.announce([FollowUpMark(row=2, name="workflow", state=FollowUpState.SENT)])
        assert not receipt.written
        await receipt.wait()
        assert journal.marked == {(2, "workflow"): FollowUpState.SENT}

    run_virtually(check())


def test_nothing_counts_as_written_of_an_append_that_failed() -> None:
    async def check() -> None:
        journal = SlowJournal()
        told = Told(journal)
        receipt = told.batcher.intend([_intent(2)])
        await _turns(lambda: bool(journal.under_way))
        journal.fail(StateError("The disk is full."))
        told.batcher.flush()
        assert not receipt.written
        with pytest.raises(StateError):
            await receipt.wait()

    run_virtually(check())


def test_no_append_is_longer_than_its_bound_however_much_comes_in_one_turn() -> None:
    async def check() -> None:
        journal = SlowJournal()
        journal.slow = False
        told = Told(journal)
        for row in range(2, 3_502):
            told.batcher.settle(_settled(row))
        await _turns()
        assert max(journal.lengths) == LONGEST_APPEND
        assert told.rows == list(range(2, 3_502))

    run_virtually(check())


def test_intents_of_one_turn_share_an_append_and_one_who_gives_up_leaves_the_others_waiting() -> None:
    async def check() -> None:
        journal = SlowJournal()
        told = Told(journal)
        waiting = [asyncio.ensure_future(told.batcher.intend([_intent(row)]).wait()) for row in (2, 3, 4)]
        await _turns(lambda: bool(journal.under_way))
        waiting[1].cancel()
        await _turns()
        assert [task.done() for task in waiting] == [False, True, False]
        journal.go_on()
        await _turns()
        assert [task.done() for task in waiting] == [True, True, True]
        assert journal.intended_at_once == [3]

    run_virtually(check())


def test_an_append_that_fails_tells_of_none_of_its_rows_and_lets_nothing_be_sent() -> None:
    async def check() -> None:
        journal = SlowJournal()
        told = Told(journal)
        told.batcher.settle(_settled(2))
        waiting = asyncio.ensure_future(told.batcher.intend([_intent(3)]).wait())
        await _turns(lambda: bool(journal.under_way))
        journal.fail(OSError(28, "No space left on device"))
        with pytest.raises(StateError, match="No space left"):
            await waiting
        with pytest.raises(StateError, match="No space left"):
            await told.batcher.intend([_intent(4)]).wait()
        told.batcher.flush()
        assert (told.rows, journal.history) == ([], [])
        assert [str(each) for each in told.stopped] == [
            "The journal cannot be written: [Errno 28] No space left on device."
        ]

    run_virtually(check())


def _upserts(vendor: PaperVendor) -> int:
    return sum(call.path == "/contacts/upsert" for call in vendor.calls)


def test_nothing_is_sent_before_its_intent_is_durable() -> None:
    async def check() -> None:
        vendor, journal = PaperVendor(), SlowJournal()
        async with paper_sender(vendor, journal) as sender:
            sending = await _begin(sender, journal, rows=3)
            await _turns()
            assert _upserts(vendor) == 0
            journal.go_on()
            await sending
        assert _upserts(vendor) == 3

    run_virtually(check())


def test_a_stop_while_an_intent_is_written_sends_nothing_and_takes_it_back() -> None:
    async def check() -> None:
        vendor, journal = PaperVendor(), SlowJournal()
        async with paper_sender(vendor, journal) as sender:
            sending = await _begin(sender, journal, rows=3)
            sender.stop(InterruptedRunError("Stopped by SIGINT."))
            journal.go_on()
            with pytest.raises(InterruptedRunError):
                await sending
        assert _upserts(vendor) == 0
        assert sorted(intent.row for intent in journal.withdrawn) == [2, 3, 4]

    run_virtually(check())


def test_a_journal_that_cannot_take_an_intent_ends_the_run_and_nothing_was_sent() -> None:
    async def check() -> None:
        vendor, journal = PaperVendor(), SlowJournal()
        async with paper_sender(vendor, journal) as sender:
            sending = await _begin(sender, journal, rows=3)
            journal.fail(StateError("The disk is gone."))
            with pytest.raises(StateError, match=r"The disk is gone\."):
                await sending
        assert _upserts(vendor) == 0

    run_virtually(check())


def _tags_calls(vendor: PaperVendor) -> int:
    return sum("/bulk/tags/" in call.path for call in vendor.calls)


def test_no_tags_are_sent_before_it_is_durable_who_gets_them() -> None:
    async def check() -> None:
        vendor, journal = PaperVendor(), SlowJournal()
        journal.slow = False
        async with paper_sender(vendor, journal) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            for each in people(3, tags=("Spring",)):
                await sender.submit(each)
            await _turns(lambda: _upserts(vendor) == 3)
            journal.slow = True
            sending = asyncio.ensure_future(sender.drain())
            await _turns()
            early = _tags_calls(vendor)
            journal.go_on()
            await sending
        assert (early, _tags_calls(vendor)) == (0, 1)

    run_virtually(check())


def _notes(vendor: PaperVendor) -> int:
    return sum(call.path.endswith("/notes") for call in vendor.calls)


def _taking_notes(call: Call) -> tuple[int, dict[str, Any]] | None:
    return (201, {"note": {"id": "n1"}}) if call.path.endswith("/notes") else None


async def _announce(sender: Sender, journal: SlowJournal, vendor: PaperVendor) -> asyncio.Task[None]:
    """Let three rows land, and have the disk slow as the notes of them are announced; gives what drains the sender."""
    journal.slow = False
    await sender.open_location(PLACE, CatalogNeeds())
    note = Addition(kind="note", content={"body": "Bakes"})
    for each in people(3):
        await sender.submit(replace(each, additions=(note,)))
    await _turns(lambda: bool(_upserts(vendor)))
    journal.slow = True
    sending = asyncio.ensure_future(sender.drain())
    await _turns(lambda: any(append.marks for append, _ in journal.under_way))
    return sending


def test_what_must_not_be_sent_twice_waits_until_it_is_announced_while_the_loop_goes_on() -> None:
    async def check() -> None:
        vendor, journal = PaperVendor(respond=_taking_notes), SlowJournal()
        async with paper_sender(vendor, journal) as sender:
            sending = await _announce(sender, journal, vendor)
            await _turns()
            early = _notes(vendor)
            journal.go_on()
            await sending
        assert (early, _notes(vendor)) == (0, 3)
        assert set(journal.marked.values()) == {FollowUpState.DONE}

    run_virtually(check())


def test_what_could_not_be_announced_is_not_sent() -> None:
    async def check() -> None:
        vendor, journal = PaperVendor(respond=_taking_notes), SlowJournal()
        async with paper_sender(vendor, journal) as sender:
            sending = await _announce(sender, journal, vendor)
            journal.fail(StateError("The disk is gone."))
            with pytest.raises(StateError, match=r"The disk is gone\."):
                await sending
        assert _notes(vendor) == 0

    run_virtually(check())


def test_what_was_announced_when_its_run_is_cut_off_and_not_yet_sent_is_taken_back() -> None:
    async def cut_off(vendor: PaperVendor, journal: SlowJournal) -> None:
        async with paper_sender(vendor, journal) as sender:
            (await _announce(sender, journal, vendor)).cancel()
            raise KeyboardInterrupt

    async def check() -> None:
        vendor, journal = PaperVendor(respond=_taking_notes), SlowJournal()
        with pytest.raises(KeyboardInterrupt):
            await cut_off(vendor, journal)
        assert _notes(vendor) == 0
        assert set(journal.marked.values()) == {FollowUpState.OPEN}

    run_virtually(check())


async def _begin(sender: Sender, journal: SlowJournal, *, rows: int) -> asyncio.Task[None]:
    """Hand rows over; gives what drains the sender, once the first append is under way."""
    await sender.open_location(PLACE, CatalogNeeds())
    for each in people(rows):
        await sender.submit(each)
    await _turns(lambda: bool(journal.under_way))
    return asyncio.ensure_future(sender.drain())


class DiskOfThreeSeconds(MemoryJournal):
    """Takes longer with a line than the line lasts."""

    def __init__(self) -> None:
        super().__init__()
        self.lasts_until: dict[int, float] = {}

    def write(self, append: Append) -> Future[None]:
        if not append.intents:
            return super().write(append)
        ended: Future[None] = Future()

        def end() -> None:
            self.keep(append)
            for intent in append.intents:
                assert intent.last_attempt_at is not None
                self.lasts_until[intent.row] = intent.last_attempt_at
            ended.set_result(None)

        asyncio.get_running_loop().call_later(3.0, end)
        return ended


class PunctualVendor(PaperVendor):
    """Notes the rows that leave later than the journal says that they can."""

    def __init__(self, journal: DiskOfThreeSeconds) -> None:
        super().__init__()
        self.late: list[int] = []
        self._journal = journal

    async def request(self, call: Call, token: Secret | None) -> RawReply:
        if call.path == "/contacts/upsert":
            assert call.body is not None
            row = int(json.loads(call.body)["firstName"].split()[1])
            if VirtualClock().now() > self._journal.lasts_until.get(row, 0.0):
                self.late.append(row)
        return await super().request(call, token)


def test_no_attempt_leaves_later_than_its_line_says_however_slow_the_disk_is() -> None:
    journal = DiskOfThreeSeconds()
    vendor = PunctualVendor(journal)
    send_on_paper(vendor, 130, journal=journal)
    assert (len(journal.outcomes), vendor.late) == (130, [])


def test_rows_that_stood_ready_while_the_window_was_full_are_written_down_anew_together() -> None:
    journal = MemoryJournal()
    send_on_paper(PaperVendor(), 520, journal=journal)
    assert len(journal.outcomes) == 520
    # six windows; 473 appends as long as each of these rows took one of its own
    assert len(journal.intended_at_once) < 100


def test_a_line_is_not_written_so_early_that_it_runs_out_where_rows_go_slower_than_the_quota_lets_them() -> (
    None
):
    journal = MemoryJournal()
    send_on_paper(
        PaperVendor(latency=lambda _dice: (1.0, 1.0)),
        60,
        journal=journal,
        policy=SendingPolicy(concurrency=4),
    )
    assert len(journal.outcomes) == 60
    # two rows go in a second, where fifty may: by what the quota lets go, each row stood in eight lines
    assert len(journal.intents) <= 60 * 2


def test_a_stop_while_a_line_is_renewed_at_the_gate_sends_nothing_more() -> None:
    async def check() -> None:
        vendor, journal = PaperVendor(), SlowJournal()
        journal.slow = False
        async with paper_sender(vendor, journal) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            for each in people(130):
                await sender.submit(each)
            sending = asyncio.ensure_future(sender.drain())
            # then the window is full: meeting the location took one
            await _turns(lambda: _upserts(vendor) == 99, most=1_000)
            await _turns(most=100)  # all of it is settled
            sent, journal.slow = _upserts(vendor), True
            await _turns(lambda: bool(journal.under_way), most=1_000)
            sender.stop(InterruptedRunError("Stopped by SIGINT."))
            journal.go_on()
            with pytest.raises(InterruptedRunError):
                await sending
        assert _upserts(vendor) == sent

    run_virtually(check())


def test_next_to_nothing_leaves_while_what_was_written_before_is_not_heard_of() -> None:
    async def check() -> None:
        vendor, journal = PaperVendor(latency=lambda _dice: (0.2, 0.2)), SlowJournal()
        journal.slow = False
        async with paper_sender(vendor, journal, policy=SendingPolicy(concurrency=20)) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            for each in people(95):
                await sender.submit(each)
            sending = asyncio.ensure_future(sender.drain())
            await _turns(lambda: _upserts(vendor) >= 40, most=1_000)
            journal.slow = True
            await _turns(lambda: bool(journal.under_way), most=100)
            await _turns(most=300)
            left = _upserts(vendor)
            journal.go_on()
            await sending
        # fifty go in a second, and have their line for one ahead: 77 by then, as long as nobody looked at the journal
        assert left <= 40 + 18
        assert (_upserts(vendor), len(journal.outcomes)) == (95, 95)

    run_virtually(check())


class SlowDisk(MemoryJournal):
    """Takes a third of a second for whatever it writes, and always does."""

    def write(self, append: Append) -> Future[None]:
        ended: Future[None] = Future()

        def end() -> None:
            self.keep(append)
            ended.set_result(None)

        asyncio.get_running_loop().call_later(0.33, end)
        return ended


def test_a_disk_that_is_slow_as_ever_keeps_nothing_from_leaving() -> None:
    quick, slow = MemoryJournal(), SlowDisk()
    policy = SendingPolicy(concurrency=4)
    took = [
        send_on_paper(PaperVendor(latency=lambda _dice: (0.5, 0.5)), 80, journal=each, policy=policy)
        for each in (quick, slow)
    ]
    assert len(slow.outcomes) == 80
    # the first line is waited for, and the last
    assert took[1] - took[0] < 1.5
