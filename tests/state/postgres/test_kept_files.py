"""A run's files are on any machine what they were where they were kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importer.errors import StateError
from importer.state.kept_files import _PIECE_BYTES, KeptFiles
from importer.state.postgres.address import Address
from importer.state.postgres.faces import Face, mark_face
from importer.state.postgres.schemas import drop_run

RUN = "20260101-120000-abcd"
LARGE = os.urandom(_PIECE_BYTES) + b"\x00\n" * 77


@pytest.fixture(params=["database", "folder"])
def kept_in(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        monkeypatch.setenv("IMPORTER_FILES", str(tmp_path / "shared"))
    return str(request.param)


def machine(folder: Path, address: str) -> KeptFiles:
    folder.mkdir(parents=True, exist_ok=True)
    mark_face(folder, Address.read(address))
    (folder / "runs" / RUN).mkdir(parents=True, exist_ok=True)
    return KeptFiles(folder / "runs" / RUN)


def a_file(folder: Path, content: bytes, name: str = "source.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.usefixtures("kept_in")
@pytest.mark.parametrize("content", [b"", b"one\n", LARGE], ids=["empty", "short", "several pieces"])
def test_another_machine_fetches_what_one_kept(tmp_path: Path, postgres: str, content: bytes) -> None:
    machine(tmp_path / "one", postgres).put("sources/0000/source.csv", a_file(tmp_path, content))
    fetched = machine(tmp_path / "two", postgres).fetch("sources/0000/source.csv", tmp_path / "deep" / "copy")
    assert fetched.read_bytes() == content
    assert fetched.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("kept_in")
def test_a_file_that_is_kept_again_takes_the_place_of_the_older_one(tmp_path: Path, postgres: str) -> None:
    files = machine(tmp_path / "one", postgres)
    for content in (b"first", b"second"):
        files.put("results.csv", a_file(tmp_path, content))
        files.fetch("results.csv", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"second"
    assert files.names() == ("results.csv",)


@pytest.mark.usefixtures("kept_in")
def test_what_is_not_kept_any_more_is_said(tmp_path: Path, postgres: str) -> None:
    files = machine(tmp_path / "one", postgres)
    files.put("a", a_file(tmp_path, b"same"))
    files.put("b", a_file(tmp_path, b"same"))
    files.delete("a", "never")
    with pytest.raises(StateError, match="keeps no a any more"):
        files.fetch("a", tmp_path / "copy")
    assert files.fetch("b", tmp_path / "copy").read_bytes() == b"same"


def test_bytes_that_somebody_changed_are_refused(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORTER_FILES", str(tmp_path / "shared"))
    files = machine(tmp_path / "one", postgres)
    files.put("a", a_file(tmp_path, b"ann@example.com"))
    (tmp_path / "shared" / RUN / "a").write_bytes(b"bob@example.com")
    with pytest.raises(StateError, match="not as it was kept"):
        files.fetch("a", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    assert list((tmp_path).glob(".copy*")) == []


def test_a_place_that_cannot_be_written_to_is_said(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORTER_FILES", str(a_file(tmp_path, b"no folder", "shared")))
    with pytest.raises(StateError, match="IMPORTER_FILES names a place"):
        machine(tmp_path / "one", postgres).put("a", a_file(tmp_path, b"x"))


def test_forgetting_a_run_leaves_no_piece_of_it(tmp_path: Path, postgres: str) -> None:
    files = machine(tmp_path / "one", postgres)
    files.put("a", a_file(tmp_path, b"ann@example.com"))
    drop_run(Face(folder=tmp_path / "one", address=Address.read(postgres)), RUN)
    assert files.names() == ()


def test_a_shared_folder_is_its_owners_alone_from_the_run_on(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORTER_FILES", str(tmp_path / "shared"))
    machine(tmp_path / "one", postgres).put("sources/0000/a.csv", a_file(tmp_path, b"x"))
    made = [path for path in (tmp_path / "shared").rglob("*") if path.is_dir()]
    assert tmp_path / "shared" / RUN in made
    assert {path.stat().st_mode & 0o777 for path in made} == {0o700}
