"""What a person is shown to choose an encoding by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from importer.reading import open_source
from importer.reading.rival_readings import RivalReadings, rival_readings
from importer.settings import ReadingOptions

Write = Callable[..., Path]
POLISH = "Name,City\nAnn Lee,Łódź\nZażółć Gęślą Jaźń,Kraków\nJan,Rzym\n"


def told(path: Path, options: ReadingOptions = ReadingOptions()) -> RivalReadings:  # noqa: B008  (frozen)
    cell = rival_readings(open_source(path, options=options))
    assert cell is not None
    return cell


def test_the_cell_with_the_most_letters_in_doubt_is_shown_in_each_reading(write: Write) -> None:
    cell = told(write(POLISH, encoding="cp1250"))
    assert (cell.row, cell.column) == (3, "Name")
    assert cell.texts[0] == ("cp1250", "Zażółć Gęślą Jaźń")
    assert dict(cell.texts)["cp1252"] == "Za¿ó³æ Gêœl¹ JaŸñ"
    assert len(cell.texts) == len({text for _, text in cell.texts}) == 3


@pytest.mark.parametrize(
    ("content", "encoding"), [(POLISH, "utf-8"), (POLISH, "utf-16"), ("Name,City\nAnn,Rome\n", "cp1252")]
)
def test_a_sure_encoding_is_no_question(write: Write, content: str, encoding: str) -> None:
    assert rival_readings(open_source(write(content, encoding=encoding))) is None


def test_a_declared_encoding_is_no_question(write: Write) -> None:
    declared = ReadingOptions(encoding="cp1250")
    assert rival_readings(open_source(write(POLISH, encoding="cp1250"), options=declared)) is None


def test_a_cell_cannot_act_on_the_terminal(write: Write) -> None:
    cell = told(write('Name,City\n"\x1b[2JZażółć\x07\nGęśl",Kraków\n', encoding="cp1250"))
    assert cell.texts[0][1] == "\ufffd[2JZażółć\ufffd Gęśl"
    assert all(text.isprintable() for _, text in cell.texts)


def test_a_long_cell_is_cut(write: Write) -> None:
    cell = told(write(f"Name,Notes\nJan,{'ż' * 500}\n", encoding="cp1250"))
    assert all(len(text) < 80 for _, text in cell.texts)


def test_whose_cell_it_is_is_in_no_repr(write: Write) -> None:
    assert "Kraków" not in repr(told(write(POLISH, encoding="cp1250")))
