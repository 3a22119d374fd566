"""The queue: each part is taken once at a time, a dead worker's again, and nothing of anybody's rows is in it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, fields

import psycopg
import pytest

from importer.errors import StateError
from importer.parts.queue import SCHEMA, Queue, QueuedPart, QueueLoad, open_queue
from importer.state.postgres.address import Address
from tests.patience import PATIENCE

A, B = (QueuedPart(run_id="r1", location=each, place="https://one") for each in ("A", "B"))


@pytest.fixture
async def queue(postgres: str) -> AsyncIterator[Queue]:
    async with open_queue(Address.read(postgres)) as opened:
        yield opened


@dataclass
class Worked:
    """Works on parts by writing down what it was given."""

    parts: list[QueuedPart] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    first: asyncio.Event = field(default_factory=asyncio.Event)
    together: int = 1
    """None of them goes on before so many are under way."""

    def __post_init__(self) -> None:
        self._barrier = asyncio.Barrier(self.together)

    again: Callable[[QueuedPart], float | None] = lambda _part: None

    async def __call__(self, part: QueuedPart) -> float | None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self._barrier.wait()
        await asyncio.sleep(0)
        self.parts.append(part)
        self.first.set()
        self.under_way -= 1
        return self.again(part)


async def work(queue: Queue, worked: Worked, *, concurrency: int = 4) -> None:
    await queue.work(worked, concurrency=concurrency, stopping=asyncio.Event(), until_empty=True)


async def test_each_part_that_was_put_is_worked_on_once(queue: Queue) -> None:
    worked = Worked()
    assert await queue.put([A, B]) == 2
    assert await queue.load() == QueueLoad(waiting=2)
    await work(queue, worked)
    assert sorted(each.location for each in worked.parts) == ["A", "B"]
    assert await queue.load() == QueueLoad()


async def test_thousands_are_put_in_one_statement(queue: Queue, postgres: str) -> None:
    parts = [QueuedPart(run_id="r1", location=f"loc{number}") for number in range(3_000)]
    begun = time.monotonic()
    await queue.put(parts)
    assert await queue.load() == QueueLoad(waiting=3_000)
    # one by one they would take a quarter of a minute, however fast the machine
    assert time.monotonic() - begun < 15


async def test_a_part_that_waits_is_not_put_twice(queue: Queue) -> None:
    await queue.put([A])
    assert await queue.put([A, B]) == 1
    assert await queue.load() == QueueLoad(waiting=2)


async def test_two_who_put_parts_at_one_moment_lose_none_of_them(queue: Queue, postgres: str) -> None:
    many = [QueuedPart(run_id="r1", location=f"L{number}") for number in range(300)]
    async with open_queue(Address.read(postgres)) as other:
        added = await asyncio.gather(queue.put(many[:200]), other.put(many[100:]), queue.put(many[150:250]))
    assert (sum(added), await queue.load()) == (300, QueueLoad(waiting=300))


async def test_parts_of_one_location_go_one_after_the_other(queue: Queue) -> None:
    worked = Worked()
    await queue.put([QueuedPart(run_id=f"r{number}", location="A", place="p") for number in range(4)])
    await work(queue, worked)
    assert (worked.most, [each.run_id for each in worked.parts]) == (1, ["r0", "r1", "r2", "r3"])


async def test_the_same_location_at_another_vendor_is_another(queue: Queue) -> None:
    worked = Worked(together=2)
    await queue.put(
        [QueuedPart(run_id=f"r{number}", location="A", place=f"p{number}") for number in range(2)]
    )
    await work(queue, worked)
    assert worked.most == 2


async def test_no_more_are_taken_than_there_are_slots(queue: Queue) -> None:
    worked = Worked(together=3)
    await queue.put([QueuedPart(run_id="r1", location=f"loc{number}") for number in range(9)])
    await work(queue, worked, concurrency=3)
    assert (len(worked.parts), worked.most) == (9, 3)


async def test_a_part_that_wants_to_be_taken_again_is(queue: Queue) -> None:
    worked = Worked(again=lambda _part: 0.0 if len(worked.parts) < 3 else None)
    await queue.put([A])
    await work(queue, worked)
    assert worked.parts == [A, A, A]


async def test_what_is_asked_for_later_waits(queue: Queue) -> None:
    await queue.put([A], in_seconds=3_600)
    worked, stopping = Worked(), asyncio.Event()
    working = asyncio.create_task(queue.work(worked, concurrency=1, stopping=stopping))
    await queue.put([B])
    await worked.first.wait()
    stopping.set()
    await working
    assert worked.parts == [B]
    assert await queue.load() == QueueLoad(waiting=1)


async def test_a_stop_waits_for_what_is_under_way(queue: Queue) -> None:
    begun, stopping, ended = asyncio.Event(), asyncio.Event(), []

    async def slow(part: QueuedPart) -> float | None:
        begun.set()
        await stopping.wait()
        await asyncio.sleep(0.05)
        ended.append(part)
        return 0.0

    await queue.put([A, B])
    working = asyncio.create_task(queue.work(slow, concurrency=1, stopping=stopping))
    await begun.wait()
    stopping.set()
    await working
    assert ended == [A]
    # what was under way wants to go on elsewhere, and nobody lost the other
    assert await queue.load() == QueueLoad(waiting=2)


async def test_the_parts_of_a_dead_worker_are_taken_again(queue: Queue, postgres: str) -> None:
    await queue.put([A])
    die_with_what_waits(postgres)
    worked = Worked()
    await work(queue, worked)
    assert worked.parts == [A]


async def test_a_part_that_a_dead_worker_had_put_back_already_is_taken_once(
    queue: Queue, postgres: str
) -> None:
    await queue.put([A])
    die_with_what_waits(postgres)
    await queue.put([A])  # what it did last: the job itself could not be ended any more
    worked = Worked()
    await asyncio.wait_for(work(queue, worked), 20)
    assert worked.parts == [A]


def die_with_what_waits(postgres: str) -> None:
    """Let a worker have taken what waits, and be dead for six seconds."""
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(f"SET search_path = {SCHEMA}")
        database.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        database.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '6 seconds'")
        database.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)"
        )


async def test_a_worker_that_lives_keeps_its_parts(queue: Queue, postgres: str) -> None:
    await queue.put([A])
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(f"SET search_path = {SCHEMA}")
        database.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        database.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)"
        )
    await queue.rescue()
    assert await queue.load() == QueueLoad(under_way=1)


async def test_a_part_that_is_ours_in_the_queue_and_not_in_hand_is_taken_again(
    queue: Queue, postgres: str
) -> None:
    queue.stray_seconds = 0.0
    await queue.put([A])
    await queue.put([B], in_seconds=3_600)

    stopping = asyncio.Event()

    def lose_the_other(part: QueuedPart) -> None:
        if part == B:
            stopping.set()
        with psycopg.connect(postgres, autocommit=True) as database:
            database.execute(f"SET search_path = {SCHEMA}")
            database.execute(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = "
                "(SELECT max(worker_id) FROM procrastinate_jobs WHERE status = 'doing') WHERE status = 'todo'"
            )

    worked = Worked(again=lose_the_other)
    await asyncio.wait_for(queue.work(worked, concurrency=4, stopping=stopping), 20)
    assert set(worked.parts) == {A, B}


@dataclass
class AbsorbedQueue(Queue):
    """A queue whose answer from the database comes at the very moment at which it is to end, and hides that it is to."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def rescue(self) -> None:
        if not self.asked.is_set():
            self.asked.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()


async def test_a_worker_ends_although_an_answer_came_with_the_word_to_end(queue: Queue) -> None:
    absorbed = AbsorbedQueue(**{each.name: getattr(queue, each.name) for each in fields(queue)})
    await asyncio.wait_for(absorbed.work(Worked(), concurrency=1, stopping=absorbed.asked), PATIENCE)


async def test_parts_of_a_forgotten_run_are_taken_out(queue: Queue) -> None:
    await queue.put([A, QueuedPart(run_id="r2", location="A")])
    await queue.drop("r1")
    assert await queue.load() == QueueLoad(waiting=1)


async def test_whatever_a_cell_may_hold_can_be_a_location(queue: Queue) -> None:
    odd = QueuedPart(run_id="r1", location="a\x00b\ud800'\"é", place="p")
    worked = Worked()
    await queue.put([odd])
    await work(queue, worked)
    assert worked.parts == [odd]


async def test_the_queue_is_made_once_however_many_come(postgres: str) -> None:
    async def come() -> None:
        async with open_queue(Address.read(postgres)):
            pass

    await asyncio.gather(*(come() for _ in range(4)))
    async with open_queue(Address.read(postgres)) as queue:
        assert await queue.load() == QueueLoad()


async def test_tables_of_an_older_library_are_brought_up_to_date(postgres: str) -> None:
    async with open_queue(Address.read(postgres)):
        pass
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(
            f"COMMENT ON SCHEMA {SCHEMA} IS '03.04.00_01_pre_add_retry_failed_job_procedure.sql'"
        )
    async with open_queue(Address.read(postgres)) as queue:
        await queue.put([A])
    with psycopg.connect(postgres, autocommit=True) as database:
        found = database.execute(f"SELECT obj_description('{SCHEMA}'::regnamespace)").fetchone()
    assert found is not None
    assert found[0] > "03.04.00_01"


async def test_a_database_that_is_not_there_is_said_and_no_password_is(postgres: str) -> None:
    address = Address.read(postgres.rpartition("/")[0].replace("://", "://somebody:geheim@", 1) + "/nowhere")
    with pytest.raises(StateError, match=r"database|role|refused") as refused:
        async with open_queue(address):
            pass
    assert "geheim" not in str(refused.value)


async def test_the_queue_goes_on_once_the_database_is_back(queue: Queue, postgres: str) -> None:
    stopping, worked = asyncio.Event(), Worked()
    working = asyncio.create_task(queue.work(worked, concurrency=1, stopping=stopping))
    await queue.put([A])
    await worked.first.wait()
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
    with contextlib.suppress(Exception):
        await queue.put([B])
    while len(worked.parts) < 2:
        with contextlib.suppress(Exception):
            await queue.put([B])
        await asyncio.sleep(0.05)
    stopping.set()
    await working
    assert B in worked.parts
