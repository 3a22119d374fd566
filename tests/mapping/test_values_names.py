"""Whole names in one column: turned round where the text itself shows the order, else left as they are."""

from __future__ import annotations

import pytest

from importer.mapping.values.fault import ValueFault
from importer.mapping.values.names import read_first_name, read_full_name, read_last_name


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Lee, Ann", "Ann", "Lee"),
        ("Lee,Ann", "Ann", "Lee"),
        ("de la Cruz, María José", "María José", "de la Cruz"),
        ("Lee Jr., Ann", "Ann", "Lee Jr."),
        ("Lee, Bob Jr.", "Bob", "Lee Jr."),
        ("Lee, Ann Marie MD", "Ann Marie", "Lee MD"),
        ("Lee, Ann V.", "Ann V.", "Lee"),
        ("Ann Lee", "Ann", "Lee"),
        ("Liz O'Hara", "Liz", "O'Hara"),
    ],
)
def test_a_comma_or_two_words_show_first_and_last_name(text: str, first: str, last: str) -> None:
    assert (read_first_name(text), read_last_name(text)) == (first, last)
    assert read_full_name(text) == f"{first} {last}"


@pytest.mark.parametrize(
    "text",
    [
        "Mary Ann Smith",
        "Ann",
        "Dr. Lee",
        "Familie Lee",
        "Lee Jr.",
        "Acme, Inc.",
        "Muster, GmbH",
        "Acme Inc, Boston",
        "Lee, Jr.",
        "Lee, Ph.D.",
        "Lee, Ann, MD",
        "Lee, Ann and Bob",
        "Lee, Ann & Bob",
        "Lee,",
        ", Ann",
        "Main St 4, Boston",
        "Lee, who came with the others from the fair",
    ],
)
def test_what_does_not_show_the_order_stays_whole_and_is_warned_of(text: str) -> None:
    read = read_first_name(text)
    assert isinstance(read, ValueFault)
    assert not read.fails
    assert read.value == text
    assert read.code == "name_order"
    assert read_last_name(text) == ""
    assert read_full_name(text) == text
