"""Work on a run ends when another process asks for it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from importer.errors import StopError
from importer.runs.remote import heeding_wishes
from importer.runtime.stopping import StopSignal
from importer.state.remote import EndWish, leave_wish, take_wish


@pytest.mark.parametrize(
    ("wish", "code", "words"),
    [
        (EndWish.STOP, "interrupted", "Stopped by ann@office."),
        (EndWish.PAUSE, "paused", "Paused by ann@office."),
    ],
)
async def test_a_wish_that_is_left_ends_the_work(
    tmp_path: Path, wish: EndWish, code: str, words: str
) -> None:
    stop, heard = StopSignal(), asyncio.Event()
    stop.listen(lambda _reason: heard.set())
    async with heeding_wishes(tmp_path, stop):
        leave_wish(tmp_path, wish, by="ann@office")
        await asyncio.wait_for(heard.wait(), 20)
    assert isinstance(stop.reason, StopError)
    assert (stop.reason.code, str(stop.reason)) == (code, words)


async def test_a_wish_for_work_that_is_over_ends_nothing(tmp_path: Path) -> None:
    stop = StopSignal()
    leave_wish(tmp_path, EndWish.STOP, by="ann@office")
    async with heeding_wishes(tmp_path, stop):
        assert take_wish(tmp_path) is None
    assert stop.reason is None


async def test_a_wish_for_a_process_that_does_not_listen_yet_is_heard_once_it_does(tmp_path: Path) -> None:
    stop, heard = StopSignal(), asyncio.Event()
    stop.listen(lambda _reason: heard.set())
    leave_wish(tmp_path, EndWish.STOP, by="ann@office", pid=os.getpid())
    async with heeding_wishes(tmp_path, stop):
        await asyncio.wait_for(heard.wait(), 20)
    assert "ann@office" in str(stop.reason)


async def test_a_wish_for_another_process_is_nobodys_any_more(tmp_path: Path) -> None:
    leave_wish(tmp_path, EndWish.STOP, by="ann@office", pid=os.getpid() + 1)
    async with heeding_wishes(tmp_path, StopSignal()):
        assert take_wish(tmp_path) is None
