"""What was said of a key is found again, be it in memory or in a file, as in a plain dict."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import StateError
from importer.mapping.said_by_key import SaidByKey

SAYINGS = ("no texts", "no calls", "nothing at all")
# Few ends and few beginnings, so that keys meet at places and at bits; any sign, as hashes have.
KEYS = st.builds(
    lambda last, middle, first: last | middle << 20 | first << 57,
    st.integers(0, 20),
    st.integers(0, 3),
    st.integers(-8, 7),
)
NOTES = st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=2, unique=True), st.sampled_from(SAYINGS)))


@given(NOTES, st.lists(KEYS, max_size=10), st.sampled_from([2, 16, 128]))
def test_of_each_key_everything_is_known_that_was_said_and_nothing_of_any_other(
    notes: list[tuple[list[int], str]], others: list[int], places: int
) -> None:
    kept = SaidByKey[str](most_places=places)
    plain: dict[int, list[tuple[int, str]]] = {}
    for row, (keys, said) in enumerate(notes, start=2):
        kept.add(keys, row, said)
        for key in keys:
            plain.setdefault(key, []).append((row, said))
        assert kept
        assert kept.of(keys) == [each for key in keys for each in plain[key]]
    for key in (*plain, *others):
        assert kept.of([key]) == plain.get(key, [])


def test_rows_of_any_source_are_told_apart() -> None:
    kept = SaidByKey[str](most_places=2)
    for source in range(4):
        kept.add([source - 2], source << 32 | 7, SAYINGS[0])
    assert [kept.of([source - 2]) for source in range(4)] == [
        [(source << 32 | 7, SAYINGS[0])] for source in range(4)
    ]


def test_very_many_keys_take_little_memory() -> None:
    people = 60_000
    tracemalloc.start()
    try:
        kept = SaidByKey[str](most_places=1 << 12)
        for number in range(people):
            kept.add([hash(("of", number))], number + 2, SAYINGS[number % 3])
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < (1 << 20) + 6 * people
    for number in range(0, people, 97):
        assert kept.of([hash(("of", number))]) == [(number + 2, SAYINGS[number % 3])]
        assert kept.of([hash(("of nobody", number))]) == []


def test_a_temporary_folder_that_cannot_be_used_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    kept = SaidByKey[str](most_places=2)
    kept.add([1], 2, SAYINGS[0])
    with pytest.raises(StateError, match="The temporary folder cannot be used: No such file"):
        kept.add([2, 3], 3, SAYINGS[0])
