from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.sources import stage
from importer.sources.cloud import list_objects
from importer.sources.sightings import look
from tests.s3_server import ACCESS, free_port, put, s3_on_loopback

pytest.importorskip("s3fs")
pytest.importorskip("moto")

CONTENT = b"Name,E-mail\n" + b"Ada,ada@example.com\n" * 20_000


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    with s3_on_loopback() as url:
        put(f"{url}/exports")
        put(f"{url}/exports/daily/contacts-2026-11-22.csv", CONTENT)
        put(f"{url}/exports/daily/contacts-2026-11-23.csv", CONTENT + b"Bob,bob@example.com\n")
        put(f"{url}/exports/daily/empty.csv", b"")
        yield url


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ENDPOINT_URL_S3": s3_server, **ACCESS}.items():
        monkeypatch.setenv(name, value)


def test_an_s3_object_is_copied(s3: None, tmp_path: Path) -> None:
    staged = stage("s3://exports/daily/contacts-2026-11-22.csv", tmp_path, 0)
    assert staged.fingerprint == hashlib.sha256(CONTENT).hexdigest()
    assert (staged.name, staged.path.suffix) == ("contacts-2026-11-22.csv", ".csv")


def test_a_missing_s3_object_names_the_nearest(s3: None, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"There is no s3://.*Nearest there: contacts-2026-11-2"):
        stage("s3://exports/daily/contacts-2026-11-24.csv", tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_bucket_is_said(s3: None, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"There is no s3://nowhere/x\.csv"):
        stage("s3://nowhere/x.csv", tmp_path, 0)


def test_an_s3_folder_is_refused(s3: None, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        stage("s3://exports/daily", tmp_path, 0)


def test_an_empty_s3_object_is_refused(s3: None, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is empty"):
        stage("s3://exports/daily/empty.csv", tmp_path, 0)


def test_s3_objects_are_listed_by_pattern_with_size_and_time(s3: None) -> None:
    entries = list_objects("s3://exports/daily/contacts-*.csv")
    assert [entry.reference for entry in entries] == [
        "s3://exports/daily/contacts-2026-11-22.csv",
        "s3://exports/daily/contacts-2026-11-23.csv",
    ]
    assert entries[0].size == len(CONTENT)
    assert entries[0].modified_at == pytest.approx(time.time(), abs=600)


def test_a_pattern_of_s3_objects_is_seen_oldest_first(s3: None, tmp_path: Path) -> None:
    seen = look("s3://exports/daily/contacts-*.csv")
    assert [each.name for each in seen] == ["contacts-2026-11-22.csv", "contacts-2026-11-23.csv"]
    assert stage(seen[-1].reference, tmp_path, 0).size == seen[-1].size


def test_missing_s3_credentials_say_where_the_library_looks(
    s3: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(SourceError, match="Credentials: AWS_PROFILE"):
        stage("s3://exports/daily/contacts-2026-11-22.csv", tmp_path, 0)


def test_an_s3_endpoint_that_is_down_is_said(
    s3: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(SourceError, match="cannot be read"):
        stage("s3://exports/daily/contacts-2026-11-22.csv", tmp_path, 0)
