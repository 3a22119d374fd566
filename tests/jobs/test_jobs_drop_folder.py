"""Whoever may write to a watched folder reaches none of our user's other files through it."""

from __future__ import annotations

import gzip
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.jobs.settling import parse_afterwards, put_away
from importer.sources import stage
from importer.sources.sightings import look

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    secret = tmp_path / "home" / "secret.csv"
    secret.parent.mkdir()
    secret.write_text("Email\nboss@example.com\n")
    return secret


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "x.csv").write_text("Email\nann@example.com\n")
    return drop


def test_a_link_in_a_watched_folder_is_no_file_to_import(drop: Path, secret: Path) -> None:
    (drop / "linked.csv").symlink_to(secret)
    (drop / "sub").symlink_to(secret.parent)
    assert [each.name for each in look(f"{drop}/*.csv")] == ["x.csv"]
    assert look(f"{drop}/*/*.csv") == ()
    assert [each.name for each in look(f"{drop}/**/*.csv")] == ["x.csv"]


def test_a_folder_that_the_job_names_may_be_a_link(drop: Path, tmp_path: Path) -> None:
    (tmp_path / "inbox").symlink_to(drop)
    assert [each.name for each in look(f"{tmp_path}/inbox/*.csv")] == ["x.csv"]


def test_a_link_that_is_named_itself_is_refused_with_a_sentence(drop: Path, secret: Path) -> None:
    (drop / "latest.csv").symlink_to(secret)
    with pytest.raises(SourceError, match="is a symbolic link"):
        look(f"{drop}/latest.csv")


def test_a_link_or_a_pipe_that_takes_the_place_of_a_file_is_not_read(
    drop: Path, secret: Path, tmp_path: Path
) -> None:
    for put in (lambda place: place.symlink_to(secret), os.mkfifo):
        (drop / "x.csv").unlink()
        put(drop / "x.csv")
        with pytest.raises(SourceError):
            stage(str(drop / "x.csv"), tmp_path / "copies", 0, follow=False)
    assert not list((tmp_path / "copies").rglob("*.csv"))


@pytest.mark.parametrize("words", ["archive:done", "move:done"])
def test_a_planted_name_is_neither_written_through_nor_over(drop: Path, secret: Path, words: str) -> None:
    before = secret.read_bytes()
    done = drop / "done"
    done.mkdir()
    for name in ("x.csv", "x.csv.gz", "x.csv.gz.part", "x.20260301-120000.csv", "x.20260301-120000.csv.gz"):
        (done / name).symlink_to(secret if "part" in name else secret.with_name("new.csv"))
    placed = put_away(drop / "x.csv", parse_afterwards(words), at=AT)
    assert secret.read_bytes() == before
    assert [each.name for each in secret.parent.iterdir()] == ["secret.csv"]
    assert placed is not None
    assert not placed.is_symlink()
    content = placed.read_bytes()
    assert b"ann@example.com" in (gzip.decompress(content) if placed.suffix == ".gz" else content)
    assert not (drop / "x.csv").exists()


@pytest.mark.parametrize("words", ["archive:done", "move:done", "move:done/2026"])
def test_a_folder_for_what_is_done_that_is_a_link_is_refused(drop: Path, secret: Path, words: str) -> None:
    (drop / "done").symlink_to(secret.parent)
    with pytest.raises(SourceError, match="cannot be put away"):
        put_away(drop / "x.csv", parse_afterwards(words), at=AT)
    assert [each.name for each in secret.parent.iterdir()] == ["secret.csv"]
    assert (drop / "x.csv").exists()


def test_a_source_that_became_a_link_is_not_archived(drop: Path, secret: Path) -> None:
    (drop / "x.csv").unlink()
    (drop / "x.csv").symlink_to(secret)
    with pytest.raises(SourceError, match="cannot be put away"):
        put_away(drop / "x.csv", parse_afterwards("archive:done"), at=AT)
    assert [*(drop / "done").iterdir()] == []
