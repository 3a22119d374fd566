from __future__ import annotations

import io
import os

import pytest

from importer.results.wrapping import fitted, wrapped


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_words_go_below_what_is_said_of_a_label() -> None:
    assert wrapped("  doubt        the encoding is a guess, look at the names", 40) == (
        "  doubt        the encoding is a guess,\n               look at the names"
    )


def test_a_line_that_fits_and_a_command_stay_as_they_are() -> None:
    command = "  importer run contacts.csv -m mapping.yaml --location ve9EPM428h8vShlRW1KT"
    assert wrapped(command, 40) == command
    assert wrapped(f"\x1b[1m{command}\x1b[0m", 40) == f"\x1b[1m{command}\x1b[0m"
    assert wrapped("short\n\n  lines", 40) == "short\n\n  lines"


def test_colours_take_no_room() -> None:
    line = "\x1b[1m" + "word " * 7 + "word\x1b[0m"
    assert wrapped(line, 40) == line


def test_no_word_is_broken_or_lost() -> None:
    text = "  report       /a/very/long/path/that/is/wider/than/the/whole/window/report.html and more words"
    assert wrapped(text, 40).split() == text.split()
    assert max(map(len, wrapped("several words " * 20, 50).split("\n"))) <= 50


def test_only_a_terminal_breaks_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    line = "word " * 30
    assert fitted(line, io.StringIO()) == line
    assert len(fitted(line, Terminal()).split("\n")) == 3
    monkeypatch.setenv("COLUMNS", "20")
    assert fitted(line, Terminal()) == line, os.environ["COLUMNS"]
