"""An archive of several files: each member a source of its own."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import openpyxl
import pytest

from importer.errors import SourceError
from importer.sources import stage, stage_each
from importer.sources.expanding import expand_sources


def packed(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "exports.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("june.csv", "Name\nAnn\n")
        writer.writestr("old/may[1].csv", "Name\nBob\n")
        writer.writestr("old/", "")
        writer.writestr("__MACOSX/._june.csv", "x")
        writer.writestr("old/.DS_Store", "x")
    return path


def test_each_member_is_a_source_that_is_named_with_its_archive(archive: Path, tmp_path: Path) -> None:
    first, second = stage_each(str(archive), tmp_path / "copies", 3)
    assert (first.index, second.index) == (3, 4)
    assert (first.name, second.name) == ("exports.zip/june.csv", "exports.zip/old/may[1].csv")
    assert (first.path.read_text(), second.path.read_text()) == ("Name\nAnn\n", "Name\nBob\n")
    assert first.fingerprint != second.fingerprint
    copies = sorted(path.name for path in (tmp_path / "copies").rglob("*") if path.is_file())
    assert copies == ["june.csv", "may[1].csv"]
    assert {path.stat().st_mode & 0o777 for path in (first.path, second.path)} == {0o600}


def test_the_reference_of_a_member_names_it_again(archive: Path, tmp_path: Path) -> None:
    staged = stage_each(str(archive), tmp_path / "copies", 0)[1]
    assert expand_sources([staged.reference]) == (staged.reference,)
    again = stage(staged.reference, tmp_path / "again", 0)
    assert (again.name, again.fingerprint) == (staged.name, staged.fingerprint)


def test_a_member_that_is_not_there_is_refused_with_those_that_are(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no exports.zip/july.csv. exports.zip holds june.csv, old/may"):
        stage(str(archive / "july.csv"), tmp_path, 0)
    with pytest.raises(SourceError, match="There is no file"):
        stage(str(tmp_path / "nowhere" / "july.csv"), tmp_path, 0)


def test_workbooks_and_archives_of_one_file_stay_one_source(tmp_path: Path) -> None:
    book = tmp_path / "a.xlsx"
    openpyxl.Workbook().save(book)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as writer:
        writer.writestr("june.csv", "Name\nAnn\n")
    for path in (book, tmp_path / "b.zip"):
        assert [one.name for one in stage_each(str(path), tmp_path / "copies", 0)] == [path.name]


@pytest.mark.parametrize(
    "member", ["../../escaped.csv", "/etc/escaped.csv", "a\x1b[2J.csv", "C:\\escaped.csv"]
)
def test_no_member_is_written_elsewhere_or_steers_a_terminal(tmp_path: Path, member: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as writer:
        writer.writestr(member, "Name\nAnn\n")
        writer.writestr("b.csv", "Name\nBob\n")
    staged = stage_each(str(tmp_path / "a.zip"), tmp_path / "deep" / "copies", 0)
    assert all(one.path.is_relative_to(tmp_path / "deep" / "copies") for one in staged)
    assert all(one.name.isprintable() for one in staged)
    assert len(list((tmp_path / "deep").rglob("*.csv"))) == 2


def test_archives_that_would_not_fit_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    many = {f"{n}.csv": "Name\nAnn\n" for n in range(501)}
    with pytest.raises(SourceError, match="holds 501 files"):
        stage_each(str(packed(tmp_path / "many.zip", **many)), tmp_path / "copies", 0)
    half = {f"{n}.csv": b" " * (40 << 20) for n in "ab"}
    with pytest.raises(SourceError, match=r"would unpack from 0\.1 MB to 84 MB"):
        stage_each(str(packed(tmp_path / "halves.zip", **half)), tmp_path / "copies", 0)
    beside = {"a.csv": b" " * (70 << 20), "b.csv": os.urandom(2 << 20)}
    bomb = packed(tmp_path / "bomb.zip", **beside)
    with pytest.raises(SourceError, match="would unpack"):
        stage_each(str(bomb), tmp_path / "copies", 0)
