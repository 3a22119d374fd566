from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from importer.errors import SettingsError, SourceError
from importer.reading.formats import suffix_of
from importer.sources import masked, stage
from importer.sources.copying import PrivateFile
from importer.sources.local import copy_path

CONTENT = b"Name,E-mail\nAda,ada@example.com\n"
POSIX = os.name == "posix"


def test_a_file_is_copied_and_fingerprinted(tmp_path: Path) -> None:
    source = tmp_path / "contacts.csv"
    source.write_bytes(CONTENT)
    staged = stage(str(source), tmp_path / "run" / "sources", 3)
    assert staged.path.read_bytes() == CONTENT
    assert staged.fingerprint == hashlib.sha256(CONTENT).hexdigest()
    assert (staged.index, staged.name, staged.size) == (3, "contacts.csv", len(CONTENT))
    assert staged.reference == str(source)


@pytest.mark.skipif(not POSIX, reason="modes are POSIX")
def test_the_copy_is_for_its_owner_alone_even_over_an_older_one(tmp_path: Path) -> None:
    source = tmp_path / "contacts.csv"
    source.write_bytes(CONTENT)
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "0000.csv").write_text("left behind", encoding="utf-8")
    (folder / "0000.csv").chmod(0o644)
    staged = stage(str(source), folder, 0)
    assert staged.path.stat().st_mode & 0o777 == 0o600
    assert staged.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("contacts.csv", ".csv"),
        ("contacts.CSV.GZ", ".csv.gz"),
        ("export.2026.11.23.xlsx", ".xlsx"),
        ("no suffix", ""),
        ("v1.0 final (John Smith)", ""),
        (r"folder\contacts.tsv", ".tsv"),
        ("archive.zip", ".zip"),
    ],
)
def test_the_suffixes_that_tell_the_format_are_told_from_the_rest(name: str, suffix: str) -> None:
    assert suffix_of(name) == suffix


def test_the_copy_of_a_file_with_an_endless_name_keeps_its_suffixes(tmp_path: Path) -> None:
    with PrivateFile(tmp_path, 0, "contacts" * 30 + ".csv.gz") as copy:
        copy.write(CONTENT)
    assert copy.path.name == ("contacts" * 30)[:100] + ".csv.gz"


def test_standard_input_is_copied_to_its_end(tmp_path: Path) -> None:
    staged = stage("-", tmp_path, 0, stdin=io.BytesIO(CONTENT))
    assert staged.path.read_bytes() == CONTENT
    assert (staged.reference, staged.name) == ("-", "stdin")


def test_a_real_pipe_works_as_standard_input(tmp_path: Path) -> None:
    code = (
        "import pathlib, importer.sources as s;"
        f"print(s.stage('-', pathlib.Path({str(tmp_path)!r}), 0).fingerprint)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=CONTENT, capture_output=True, check=True)
    assert done.stdout.decode().strip() == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.skipif(not POSIX, reason="named pipes are POSIX")
def test_a_named_pipe_is_copied_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(CONTENT,))
    writer.start()
    staged = stage(str(pipe), tmp_path / "copies", 0)
    writer.join()
    assert staged.path.read_bytes() == CONTENT


def test_a_missing_file_names_the_nearest_ones(tmp_path: Path) -> None:
    (tmp_path / "Contacts-2026.csv").write_bytes(CONTENT)
    (tmp_path / "unrelated.txt").write_bytes(CONTENT)
    with pytest.raises(SourceError, match=r"There is no file .*contacts_2026\.csv.*: Contacts-2026\.csv\.$"):
        stage(str(tmp_path / "contacts_2026.csv"), tmp_path / "copies", 0)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"There is no folder .* either"):
        stage(str(tmp_path / "nowhere" / "contacts.csv"), tmp_path / "copies", 0)


def test_a_folder_is_refused_with_the_pattern_that_would_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=re.escape(f"{tmp_path} is a folder.")):
        stage(str(tmp_path), tmp_path / "copies", 0)


@pytest.mark.skipif(not POSIX or os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_said(tmp_path: Path) -> None:
    source = tmp_path / "contacts.csv"
    source.write_bytes(CONTENT)
    source.chmod(0)
    with pytest.raises(SourceError, match="permission denied"):
        stage(str(source), tmp_path / "copies", 0)


def test_an_empty_file_is_refused_and_leaves_no_copy(tmp_path: Path) -> None:
    source = tmp_path / "contacts.csv"
    source.touch()
    with pytest.raises(SourceError, match="is empty"):
        stage(str(source), tmp_path / "copies", 0)
    assert list((tmp_path / "copies").iterdir()) == []


def test_empty_standard_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Standard input is empty"):
        stage("-", tmp_path, 0, stdin=io.BytesIO())


def test_a_file_that_grows_while_it_is_copied_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "contacts.csv"
    source.write_bytes(CONTENT)

    def read_while_another_writes(stream: BinaryIO) -> Iterator[bytes]:
        yield stream.read()
        with source.open("ab") as writer:
            writer.write(b"Bob,bob@example.com\n")

    with pytest.raises(SourceError, match="changed while it was being copied"):
        copy_path(source, tmp_path / "copies", 0, read=read_while_another_writes)
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_state_folder_that_cannot_be_written_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    source = tmp_path / "contacts.csv"
    source.write_bytes(CONTENT)
    (tmp_path / "blocked").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(SettingsError, match="--state"):
        stage(str(source), tmp_path / "blocked" / "sources", 0)


def test_a_copy_that_fails_half_way_is_taken_away(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), PrivateFile(tmp_path, 0, "a.csv") as copy:  # noqa: PT012  (the block is the point)
        copy.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("exports/contacts.csv", "exports/contacts.csv"),
        (r"C:\exports\contacts.csv", r"C:\exports\contacts.csv"),
        ("sftp://joe:s3cret@host/x.csv", "sftp://joe:***@host/x.csv"),
        ("sftp://joe:a@b:c@host/x.csv", "sftp://joe:***@host/x.csv"),
        ("sftp://joe@host/x.csv", "sftp://joe@host/x.csv"),
        ("https://h/x.csv?X-Amz-Signature=abc&format=csv", "https://h/x.csv?X-Amz-Signature=***&format=csv"),
        ("https://h/x.csv?bareSecret", "https://h/x.csv?***"),
        ("https://h/x.csv#access_token=abc", "https://h/x.csv#***"),
        ("https://h?sig=abc", "https://h?sig=***"),
        ("s3://bucket/key.csv", "s3://bucket/key.csv"),
    ],
)
def test_credentials_in_a_url_are_masked(reference: str, shown: str) -> None:
    assert masked(reference) == shown
