"""Rows that were cut once are kept for the walks after that, which give the same blocks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from importer.reading import Source, open_source
from importer.reading.kept_rows import KEPT_AT_ONCE
from importer.records import TypedText
from tests.disks import files_of_at_most
from tests.reading.workbook_makers import book

Write = Callable[..., Path]
HEADER = "Name,Email,Note\n"
ROWS = 2_300


def contacts() -> str:
    """Rows with all that a reader has to say of any: breaks in cells, blanks, one too short, a total below."""
    lines = [f'Zoë {n},z{n}@example.com,"one\ntwo, and {n}"\n' for n in range(ROWS)]
    lines[300] = "\n"
    lines[1_100] = "Ann,ann@example.com\n"
    lines[1_700] = 'Bob,bob@example.com,stray " quote\n'
    return HEADER + "".join(lines) + "Total,2300,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    made.mkdir()
    return made


def walked(source: Source) -> Source:
    for _ in source.blocks():
        pass
    return source


@pytest.mark.parametrize("size", [1_000, 250, 7])
def test_a_walk_after_the_first_gives_the_same_blocks(folder: Path, write: Write, size: int) -> None:
    path = write(contacts())
    expected = list(open_source(path).blocks(size))
    assert any(block.faults for block in expected)
    source = open_source(path)
    with closing(source.keep_rows(folder)):
        assert list(walked(source).blocks(size)) == expected
        assert list(source.blocks(size)) == expected


def test_the_first_walk_gives_what_it_keeps(folder: Path, write: Write) -> None:
    path = write(contacts())
    source = open_source(path)
    with closing(source.keep_rows(folder)):
        assert list(source.blocks()) == list(open_source(path).blocks())
        assert source.keeps_rows


def test_nobody_opens_the_file_again(folder: Path, write: Write) -> None:
    path = write(contacts())
    source = open_source(path)
    with closing(source.keep_rows(folder)):
        rows = sum(map(len, walked(source).blocks()))
        path.unlink()
        assert sum(map(len, source.blocks(250))) == rows == ROWS


def test_what_is_kept_has_no_name(folder: Path, write: Write) -> None:
    source = open_source(write(contacts()))
    with closing(source.keep_rows(folder)):
        assert walked(source).keeps_rows
        assert not list(folder.iterdir())


def test_two_walks_at_once_do_not_get_in_each_others_way(folder: Path, write: Write) -> None:
    source = open_source(write(contacts()))
    with closing(source.keep_rows(folder)):
        walked(source)
        pairs = list(zip(source.blocks(250), source.blocks(250), strict=True))
        assert [one for one, _ in pairs] == [other for _, other in pairs] == list(source.blocks(250))


def test_the_values_behind_the_cells_of_a_workbook_are_kept(folder: Path, tmp_path: Path) -> None:
    days = [date(1990, 1, 1 + number % 28) for number in range(KEPT_AT_ONCE + 5)]
    source = open_source(
        book(tmp_path / "contacts.xlsx", [["Name", "Born"], *(["Ann", day] for day in days)])
    )
    with closing(source.keep_rows(folder)):
        found = [cells[1] for block in walked(source).blocks(250) for cells in block.rows]
        assert source.keeps_rows
    assert {type(cell) for cell in found} == {TypedText}
    assert [getattr(cell, "value", None) for cell in found] == days


def test_a_walk_that_was_left_early_keeps_nothing(folder: Path, write: Write) -> None:
    path = write(contacts())
    source = open_source(path)
    with closing(source.keep_rows(folder)):
        next(source.blocks())
        assert not source.keeps_rows
        assert list(source.blocks()) == list(open_source(path).blocks())


def test_on_a_full_disk_rows_are_cut_anew(folder: Path, write: Write) -> None:
    path = write(contacts())
    expected = list(open_source(path).blocks())
    source = open_source(path)
    with closing(source.keep_rows(folder)), files_of_at_most(20_000):
        assert list(source.blocks()) == expected
        assert not source.keeps_rows
        assert list(source.blocks()) == expected


def test_a_folder_that_is_gone_is_no_harm(tmp_path: Path, write: Write) -> None:
    source = open_source(write(contacts()))
    with closing(source.keep_rows(tmp_path / "gone")):
        assert not walked(source).keeps_rows
        assert sum(map(len, source.blocks())) == ROWS


def test_what_is_closed_is_cut_anew(folder: Path, write: Write) -> None:
    source = open_source(write(contacts()))
    with closing(source.keep_rows(folder)):
        walked(source)
    assert not source.keeps_rows
    assert sum(map(len, source.blocks())) == ROWS
