from __future__ import annotations

import os
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.sources.sightings import look


def put(path: Path, at: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("Name\n", encoding="utf-8")
    os.utime(path, (at, at))
    return path


def test_files_are_seen_oldest_first(tmp_path: Path) -> None:
    new = put(tmp_path / "contacts-a.csv", 300)
    old = put(tmp_path / "contacts-b.csv", 100)
    put(tmp_path / "orders.csv", 200)
    seen = look(str(tmp_path / "contacts-*.csv"))
    assert [each.reference for each in seen] == [str(old), str(new)]
    assert (seen[0].size, seen[0].modified_at) == (5, 100)


@pytest.mark.parametrize(
    "name", [".contacts.csv", "~$contacts.xlsx", "contacts.csv.part", "contacts.CSV.TMP", "c.crdownload"]
)
def test_half_written_and_hidden_files_are_passed_over(tmp_path: Path, name: str) -> None:
    put(tmp_path / name, 100)
    assert look(str(tmp_path / "*")) == ()
    assert look(str(tmp_path / ".*")) == ()


def test_folders_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "done" / "contacts.csv", 100)
    assert look(str(tmp_path / "*")) == ()
    assert len(look(str(tmp_path / "**" / "*.csv"))) == 1


def test_a_name_with_brackets_is_found_as_it_stands(tmp_path: Path) -> None:
    put(tmp_path / "contacts [final].csv", 100)
    assert len(look(str(tmp_path / "contacts [final].csv"))) == 1


def test_nothing_there_is_no_fault(tmp_path: Path) -> None:
    assert look(str(tmp_path / "none" / "*.csv")) == ()


def test_a_web_address_is_taken_at_its_word() -> None:
    (seen,) = look("https://example.com/contacts.csv?sig=x")
    assert (seen.name, seen.size, seen.modified_at) == ("contacts.csv", None, None)


def test_the_web_has_no_patterns() -> None:
    with pytest.raises(SourceError, match="no folders to list"):
        look("https://example.com/contacts-*.csv")
