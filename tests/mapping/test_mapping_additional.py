"""What the vendor takes beside the one e-mail and the one phone that contacts are matched by."""

from __future__ import annotations

import pytest

from importer.mapping.values.fault import ValueFault
from importer.mapping.values.phones import read_phones


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("+14155550100", ["+14155550100"]),
        ("(415) 555-0100; 415-555-0101", ["+14155550100", "+14155550101"]),
        ("+14155550100, +14155550100", ["+14155550100"]),
    ],
)
def test_every_phone_of_a_cell_is_sent_as_an_object_of_its_own(text: str, numbers: list[str]) -> None:
    assert read_phones(text, ("US",)) == [{"phone": number} for number in numbers]


def test_a_text_among_phones_that_is_none_is_left_out_and_told() -> None:
    found = read_phones("+14155550100; +1 999 999 9999", ("US",))
    assert isinstance(found, ValueFault)
    assert (found.fails, found.value) == (False, [{"phone": "+14155550100"}])
    assert "the others are used" in found.sentence


def test_a_cell_without_any_phone_fails() -> None:
    found = read_phones("call me", ("US",))
    assert isinstance(found, ValueFault)
    assert found.fails
