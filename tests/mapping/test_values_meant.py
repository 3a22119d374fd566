"""What may be meant by a value that has a fault: proposed, never applied."""

from __future__ import annotations

import pytest

from importer.mapping.values.meant import meant_by


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ann(at)example.com", "ann@example.com"),
        ("ann [at] example [dot] com", "ann@example.com"),
        ("ann at example dot com", "ann@example.com"),
        ("ann@@example.com", "ann@example.com"),
        ("ann @ example.com", "ann@example.com"),
        ("ann@example,com", "ann@example.com"),
        ("ann@example..com", "ann@example.com"),
        ("ann@example.com.;", "ann@example.com"),
        # what would be a guess at somebody's address
        ("nobody", None),
        ("ann@example", None),
        ("ann@example.com, ben@example.com", None),
        ("@example.com", None),
        ("", None),
        ("a" * 400 + "(at)example.com", None),
    ],
)
def test_an_address_is_proposed_where_only_its_signs_are_wrong(text: str, meant: str | None) -> None:
    assert meant_by(text, "invalid_email") == meant


@pytest.mark.parametrize(
    ("text", "code", "meant"),
    [
        ("ann@gmial.com", "suspicious_email", "ann@gmail.com"),
        ("ann@firm.con", "suspicious_email", "ann@firm.com"),
        ("none@none.com", "suspicious_email", None),
        ("Tom &amp; Co", "html_entities", "Tom & Co"),
        ("MÃ¼ller", "garbled_text", "Müller"),
        ("12345", "invalid_phone", None),
    ],
)
def test_what_a_sentence_says_may_be_meant_is_what_is_proposed(
    text: str, code: str, meant: str | None
) -> None:
    assert meant_by(text, code) == meant
