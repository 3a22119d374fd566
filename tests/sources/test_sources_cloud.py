from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.sources import stage
from importer.sources.cloud import list_objects
from importer.sources.sightings import look

pytest.importorskip("s3fs")
pytest.importorskip("moto")

CONTENT = b"Name,E-mail\n" + b"Ada,ada@example.com\n" * 20_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


SIGNED = "AWS4-HMAC-SHA256 Credential=invented/20261123/us-east-1/s3/aws4_request"


def put(url: str, content: bytes = b"") -> None:
    headers = {"Authorization": SIGNED, "Content-Type": "text/csv"}
    request = urllib.request.Request(url, data=content, method="PUT", headers=headers)  # noqa: S310  (loopback)
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310  (loopback)


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """moto's stand-in for S3, in a process of its own on loopback."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()  # noqa: S310  (loopback)
                    break
                except OSError:
                    time.sleep(0.1)  # a process of its own starts on the machine's clock
            put(f"{url}/exports")
            put(f"{url}/exports/daily/contacts-2026-11-22.csv", CONTENT)
            put(f"{url}/exports/daily/contacts-2026-11-23.csv", CONTENT + b"Bob,bob@example.com\n")
            put(f"{url}/exports/daily/empty.csv", b"")
            yield url
        finally:
            process.terminate()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL_S3": s3_server,
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
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
