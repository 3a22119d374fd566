"""What is counted of a column is true, and stays small however many values there are."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.bench.column_values import LONGEST, ColumnValues, ValueCounter


def counted(cells: list[str], *, kept: int = 50_000, prefix: str = "", most: int = 10) -> ColumnValues:
    counter = ValueCounter(kept=kept, prefix=prefix)
    for start in range(0, len(cells), 10):
        counter.see(cells[start : start + 10])
    return counter.values("Column", most=most)


def test_the_values_of_the_most_rows_come_first() -> None:
    found = counted(["DE", " DE ", "FR", "", "IT", "DE", "FR", "  "])
    assert found.most == (("DE", 3), ("FR", 2), ("IT", 1))
    assert (found.filled, found.blank, found.distinct, found.exact) == (6, 2, 3, True)


def test_values_of_as_many_rows_come_in_their_own_order() -> None:
    assert counted(["b", "c", "a"], most=2).most == (("a", 1), ("b", 1))


def test_a_prefix_narrows_the_values_whatever_their_case() -> None:
    found = counted(["Germany", "GEORGIA", "France", ""], prefix="ge")
    assert found.most == (("GEORGIA", 1), ("Germany", 1))
    assert (found.filled, found.blank, found.distinct) == (3, 1, 2)


def test_long_cells_are_counted_by_how_they_begin() -> None:
    found = counted(["x" * 32_000 + "a", "x" * 32_000 + "b"])
    assert found.most == (("x" * LONGEST + "...", 2),)


@given(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=400), st.integers(3, 8))
def test_no_count_is_too_high_and_none_too_low_by_more_than_is_said(cells: list[str], kept: int) -> None:
    found = counted(cells, kept=kept, most=100)
    true = Counter(cells)
    shown = dict(found.most)
    assert all(true[value] - found.missed <= rows <= true[value] for value, rows in shown.items())
    assert all(true[value] <= found.missed for value in true.keys() - shown.keys())
    assert found.exact == (not found.missed)
    assert found.distinct == len(true)


@pytest.mark.parametrize("form", ["p{}@example.com", "{}", "+1212{:07d}", "{:05d}0000", "note {} of many"])
def test_a_million_different_values_take_no_more_memory_than_some_and_are_told_about_right(form: str) -> None:
    counter = ValueCounter(kept=2000)
    for start in range(0, 60_000, 1000):
        counter.see([form.format(number) for number in range(start, start + 1000)])
        assert counter.size <= 3000
    found = counter.values("Column", most=3)
    assert not found.exact
    assert found.distinct == pytest.approx(60_000, rel=0.08)


def test_frequent_values_are_found_among_very_many_rare_ones() -> None:
    dice = random.Random(7)  # noqa: S311
    cells = [f"p{number}" for number in range(30_000)] + ["often"] * 900 + ["also"] * 700
    dice.shuffle(cells)
    found = counted(cells, kept=1000, most=2)
    assert [value for value, _ in found.most] == ["often", "also"]
    assert found.most[0][1] >= 900 - found.missed
