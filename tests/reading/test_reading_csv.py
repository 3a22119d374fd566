from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.reading import open_source
from importer.records import Row


def rows_of(folder: Path, content: bytes | str) -> list[Row]:
    return list(open_source(written(folder, content)))


def written(folder: Path, content: bytes | str, name: str = "contacts.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_plain_file_gives_header_and_numbered_rows(tmp_path: Path) -> None:
    source = open_source(written(tmp_path, "Name,Email\r\nAnn,ann@example.com\r\n\r\nBob,bob@example.com\r\n"))
    assert source.header == ("Name", "Email")
    assert [(row.number, row.cells) for row in source] == [
        (2, ("Ann", "ann@example.com")),
        (4, ("Bob", "bob@example.com")),
    ]


def test_walking_twice_gives_the_same_rows(tmp_path: Path) -> None:
    source = open_source(written(tmp_path, "a,b\n" + '1,"x\ny"\n2,3\n' * 5000))
    assert list(source) == list(source)


def test_an_unclosed_quote_swallows_no_other_row(tmp_path: Path) -> None:
    lines = ["Name,Email,Phone"] + [f"Person {n},p{n}@example.com,555010{n:04}" for n in range(50)]
    lines[7] = '"Person 6,p6@example.com,5550100006'
    rows = rows_of(tmp_path, "\n".join(lines))
    assert [row.number for row in rows] == list(range(2, 52))
    assert [fault.code for row in rows for fault in row.faults] == ["stray_quote"]


def test_a_shifted_row_fails_and_its_neighbours_do_not(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "a,b,c\n1,2,3\n1,x,2,3\n4,5\n7,8,9\n")
    assert [[fault.code for fault in row.faults] for row in rows] == [[], ["column_count"], ["column_count"], []]


def test_a_file_without_a_header_is_refused_with_its_first_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no header.*ann@example\.com"):
        open_source(written(tmp_path, "Ann,ann@example.com\nBob,bob@example.com\n"))
