"""Whoever waits for an undo, or for its preview, sees how far it is and how long it goes on."""

from __future__ import annotations

from importer.runs.context import RunContext
from importer.runs.undo.beats import UndoBeats
from tests.watching import Listener, StandingClock


def gone_over(*, dry: bool, total: int, each_seconds: float) -> list[str]:
    heard, clock = Listener(), StandingClock()
    beats = UndoBeats(
        RunContext(progress=heard, clock=clock), total=total, noun=("contact", "contacts"), dry=dry
    )
    beats.begin()
    for _ in range(total):
        clock.ahead_seconds += each_seconds
        beats.add()
    return heard.messages


def test_a_preview_says_what_it_looks_at_and_then_of_how_many_and_for_how_long() -> None:
    said = gone_over(dry=True, total=1_200, each_seconds=0.01)
    assert said[0] == "Looking at 1,200 contacts, and at what lies beside each; nothing is written."
    assert said[1].endswith(" of 1,200 contacts looked at; about 7.0 s left.")
    assert len(said) == 3, "every five seconds, and not for each"


def test_an_undo_that_writes_says_so() -> None:
    (said,) = gone_over(dry=False, total=3, each_seconds=4.0)
    assert said == "2 of 3 contacts looked at or taken back; about 4.0 s left."


def test_what_is_soon_done_says_nothing_in_between() -> None:
    assert gone_over(dry=False, total=100, each_seconds=0.01) == []
