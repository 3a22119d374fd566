"""Files for their owner alone: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.runtime.private_files import write_private, write_private_in_own_folder


def test_a_file_is_its_owners_alone_and_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(b"open to all")
    path.chmod(0o644)
    write_private(path, b"secret")
    assert path.read_bytes() == b"secret"
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.json"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_only_who_says_so_makes_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "grants" / "kept.json"
    with pytest.raises(SettingsError, match=r"kept\.json cannot be written"):
        write_private(path, b"secret")
    write_private_in_own_folder(path, b"secret")
    assert path.read_bytes() == b"secret"
    if os.name == "posix":
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_put_in_place_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept.json").mkdir()
    with pytest.raises(SettingsError, match=r"kept\.json cannot be written"):
        write_private(tmp_path / "kept.json", b"secret")
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.json"]
