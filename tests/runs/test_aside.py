from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from importer.runs.aside import aside


class Held:
    """A lock of a location, that is taken as soon as ``free`` is set."""

    def __init__(self) -> None:
        self.free, self.asked = threading.Event(), threading.Event()
        self.taken, self.left = threading.Event(), threading.Event()
        self.holds = False

    @contextmanager
    def take(self) -> Iterator[str]:
        self.asked.set()
        assert self.free.wait(10)
        self.holds = True
        self.taken.set()
        try:
            yield "taken"
        finally:
            self.holds = False
            self.left.set()


async def _entered(lock: Held) -> None:
    async with aside(lock.take()) as taken:
        assert (taken, lock.holds) == ("taken", True)
        await asyncio.Event().wait()


@pytest.mark.parametrize("taken_before", [True, False])
def test_who_is_cancelled_while_a_lock_is_taken_holds_it_no_longer(*, taken_before: bool) -> None:
    async def check() -> None:
        lock = Held()
        task = asyncio.ensure_future(_entered(lock))
        assert await asyncio.to_thread(lock.asked.wait, 10)
        if taken_before:
            lock.free.set()
            assert await asyncio.to_thread(lock.taken.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        lock.free.set()
        assert await asyncio.to_thread(lock.left.wait, 10)
        assert not lock.holds

    asyncio.run(check())


def test_a_block_that_ends_well_or_by_an_error_leaves_its_context() -> None:
    async def check(error: Exception | None) -> None:
        lock = Held()
        lock.free.set()
        async with aside(lock.take()):
            assert lock.holds
            if error is not None:
                raise error

    asyncio.run(check(None))
    with pytest.raises(ValueError, match="of the block"):
        asyncio.run(check(ValueError("of the block")))
