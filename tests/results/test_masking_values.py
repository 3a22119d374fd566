from __future__ import annotations

import pytest

from importer.results.masking import mask, mask_sentence


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("maria.lopez@example.com", "m••••.l••••@e••••••.c••"),
        ("+1 415 555 0123", "+• ••• ••• ••23"),
        ("Ōsaka 12", "Ō•••• ••"),
        ("", ""),
        ("x" * 100, "x" + "•" * 58 + "…"),
    ],
)
def test_a_masked_value_keeps_its_shape(value: str, shown: str) -> None:
    assert mask(value) == shown


def test_a_short_value_that_a_sentence_quotes_is_masked_and_its_column_is_not() -> None:
    assert mask_sentence("Column 'Phone': '123' is too short.", ("Bo", "123")) == (
        "Column 'Phone': '•23' is too short."
    )


def test_a_sentence_loses_the_rows_own_values_and_keeps_the_vendors_words() -> None:
    said = "HighLevel refused Maria Lopez: 'country must be a valid enum value', got 'Maria'; phone 14155550123, m@x.io"

    masked = mask_sentence(said, ("Maria Lopez", "Atlantis"))

    assert masked == (
        "HighLevel refused M•••• L••••: 'country must be a valid enum value', got 'M••••'; phone •••••••••23, m@x.i•"
    )
