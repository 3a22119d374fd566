"""A guessed encoding is asked where somebody sits at the terminal: a wrong one costs names, and no row would fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flow.conftest import Desk
from tests.flow.test_aiming import Terminal

POLISH = "Imie,Email\nŁucja Ćwik,lucja@example.com\nZażółć Gęś,zazolc@example.com\n"
MAPPING = "version: 1\nlocation: loc1\nfields: {name: Imie, email: Email}\n"
CHECK = ("check", "people.csv", "-m", "own.yaml")


@pytest.fixture
def checking(desk: Desk, forked_importer: tuple[str, ...]) -> Iterator[Terminal]:
    desk.write("own.yaml", MAPPING)
    desk.write("people.csv", POLISH, encoding="cp1250")
    terminal = Terminal((*forked_importer, *CHECK), {})
    yield terminal
    terminal.process.kill()


def test_the_reading_that_was_chosen_is_in_the_command_that_goes_on(checking: Terminal) -> None:
    checking.until("Number [1]:")
    lines = dict(line.strip().split("  ", 1) for line in checking.shown.splitlines() if line.startswith("  "))
    assert "row 2" in checking.shown or "row 3" in checking.shown
    assert lines["1"].endswith("(cp1250)")
    other = lines["2"].rpartition("(")[2].rstrip(")\r")
    checking.type("9\n")
    checking.until("not in the range")
    checking.type("2\n")
    assert checking.end() == 0
    told = " ".join(checking.shown.split())
    assert f"--encoding {other}" in told
    assert "is a guess, by" not in told


def test_who_knows_none_of_the_readings_has_sent_nothing(checking: Terminal) -> None:
    checking.until("Number [1]:")
    checking.type("\x04")
    assert checking.end() == 2
    assert "Nothing was sent. Name the encoding with --encoding." in " ".join(checking.shown.split())
