"""What doctor sees of the machine before it asks anybody."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from importer.cli.machine import examine_machine
from importer.highlevel.examination import ExaminationLine, Grade
from importer.settings import DEFAULT_BASE_URL


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def seen(
    tmp_path: Path, *, variables: Mapping[str, str] | None = None, search_path: str = ""
) -> dict[str, list[ExaminationLine]]:
    found: dict[str, list[ExaminationLine]] = {}
    for line in examine_machine(
        tmp_path / "state",
        DEFAULT_BASE_URL,
        folder=tmp_path,
        variables=variables or {},
        search_path=search_path,
    ):
        found.setdefault(line.subject, []).append(line)
    return found


def test_a_machine_in_order_has_nothing_but_good_lines(tmp_path: Path) -> None:
    found = seen(tmp_path)
    assert found.keys() == {"disk", "version"}
    assert {line.grade for lines in found.values() for line in lines} == {Grade.GOOD}


@pytest.mark.parametrize("name", [".env.txt", "env.txt", "env", ".env.env"])
def test_a_file_of_variables_under_a_name_that_is_not_read_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("HIGHLEVEL_TOKEN=pit-secret\n", encoding="utf-8")
    (line,) = seen(tmp_path)[".env"]
    assert (line.grade, name in line.text, "pit-secret" in line.text) == (Grade.WARNING, True, False)


def test_what_is_read_is_named_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HIGHLEVEL_TOKEN=pit-secret\nOTHER=1\nIMPORTER_YES=1\n", encoding="utf-8")
    (tmp_path / ".env.txt").write_text("HIGHLEVEL_TOKEN=pit-old\n", encoding="utf-8")
    (line,) = seen(tmp_path)[".env"]
    assert line.grade is Grade.GOOD
    assert line.text.endswith("sets HIGHLEVEL_TOKEN, IMPORTER_YES")


def test_a_folder_called_env_is_a_virtual_environment_and_no_file_of_variables(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    assert ".env" not in seen(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("HIGHLEVEL_TOKEN=pit-secret\n", encoding="utf-8")
    (tmp_path / "env").chmod(0)
    assert ".env" not in seen(tmp_path)


def test_certificates_that_are_not_there_keep_every_connection_from_being_trusted(tmp_path: Path) -> None:
    (line,) = seen(tmp_path, variables={"SSL_CERT_FILE": str(tmp_path / "gone.pem")})["certificates"]
    assert (line.grade, "gone.pem" in line.text) == (Grade.BAD, True)
    (tmp_path / "there.pem").write_text("")
    (line,) = seen(tmp_path, variables={"SSL_CERT_FILE": str(tmp_path / "there.pem")})["certificates"]
    assert line.grade is Grade.GOOD


def test_a_proxy_is_named_without_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ann:secret@proxy.example:3128")
    (line,) = seen(tmp_path)["proxy"]
    assert ("proxy.example:3128" in line.text, "secret" in line.text) == (True, False)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_state_folder_that_others_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    (tmp_path / "state").chmod(0o755)
    lines = seen(tmp_path)["disk"]
    assert [line.grade for line in lines] == [Grade.GOOD, Grade.WARNING]
    assert "755" in lines[1].text


@pytest.mark.skipif(os.name != "posix", reason="a script that may be run")
def test_another_installation_on_the_path_is_told(tmp_path: Path) -> None:
    other = tmp_path / "old"
    other.mkdir()
    (other / "importer").write_text("#!/bin/sh\n", encoding="utf-8")
    (other / "importer").chmod(0o755)
    (line,) = seen(tmp_path, search_path=str(other))["version"]
    assert (line.grade, str(other / "importer") in line.text) == (Grade.WARNING, True)
    (line,) = seen(tmp_path, search_path=str(Path(sys.executable).parent))["version"]
    assert line.grade is Grade.GOOD
