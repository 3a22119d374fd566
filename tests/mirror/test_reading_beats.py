"""Whoever waits for a location to be read sees how far that is, and for how long it goes on."""

from __future__ import annotations

from importer.mirror.beats import ReadingBeats
from tests.watching import Listener, StandingClock


def read(total: int | None, *, pages: int, page_seconds: float) -> list[str]:
    """Read pages of 500; the first alone says how many there are, as of a location that is read in parts."""
    heard, clock = Listener(), StandingClock()
    beats = ReadingBeats("loc1", clock, heard)
    for page in range(pages):
        clock.ahead_seconds += page_seconds
        beats.add((page + 1) * 500, total if page == 0 else None)
    return heard.messages


def test_it_is_said_of_how_many_and_how_long_it_goes_on_as_it_was_answered_so_far() -> None:
    said = read(100_000, pages=30, page_seconds=1.0)
    assert said[0] == "Location loc1: 5,000 of 100,000 contacts read; about 3 min 10 s left."
    assert len(said) == 3, "every ten seconds"


def test_where_the_vendor_does_not_count_no_end_is_foretold() -> None:
    assert read(None, pages=10, page_seconds=1.0) == ["Location loc1: 5,000 contacts read."]


def test_a_small_location_is_read_without_a_word() -> None:
    assert read(900, pages=2, page_seconds=0.5) == []
