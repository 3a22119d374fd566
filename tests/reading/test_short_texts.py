from __future__ import annotations

from importer.reading.short_texts import remembered


def test_what_is_said_of_a_short_text_is_kept_and_of_a_long_one_asked_anew() -> None:
    asked: list[str] = []

    @remembered
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    name, notes = "First Name", "a note " * 40
    assert [length(text) for text in (name, notes, name, notes)] == [10, 280, 10, 280]
    assert asked == [name, notes, notes]
