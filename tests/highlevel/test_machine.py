"""What doctor sees of the machine before it asks anybody."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import importer
from importer.cli.machine import examine_machine, judge_disk
from importer.highlevel.examination import ExaminationLine, Grade
from importer.settings import DEFAULT_BASE_URL
from tests.highlevel.tls import make_certificate


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


def test_a_disk_with_little_room_is_told_with_what_to_do() -> None:
    line = judge_disk(Path("/srv/state"), 100 << 20)
    assert (line.grade, line.text.startswith("0.1 GB free in")) == (Grade.WARNING, True)
    assert line.text.endswith("Free some, or set --state")
    assert judge_disk(Path("/srv/state"), 1 << 30).grade is Grade.GOOD


def test_a_state_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("", encoding="utf-8")
    (line,) = seen(tmp_path)["disk"]
    assert (line.grade, "cannot be written" in line.text) == (Grade.BAD, True)


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
    (line,) = seen(tmp_path, variables={"SSL_CERT_DIR": str(tmp_path / "gone")})["certificates"]
    assert (line.grade, "is not there" in line.text) == (Grade.BAD, True)


@pytest.mark.parametrize("content", ["", "junk\n", "-----BEGIN CERTIFICATE-----\nMIIB\n"])
def test_a_list_of_authorities_that_lists_none_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "list.pem").write_text(content)
    (line,) = seen(tmp_path, variables={"SSL_CERT_FILE": str(tmp_path / "list.pem")})["certificates"]
    assert (line.grade, "holds no certificate" in line.text) == (Grade.BAD, True)


def test_authorities_that_can_be_read_are_good(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    (line,) = seen(tmp_path, variables={"SSL_CERT_FILE": str(made)})["certificates"]
    assert line.grade is Grade.GOOD
    folder = tmp_path / "authorities"
    folder.mkdir()
    (line,) = seen(tmp_path, variables={"SSL_CERT_DIR": str(folder)})["certificates"]
    assert (line.grade, "openssl rehash" in line.text) == (Grade.BAD, True)
    (folder / "0a1b2c3d.0").write_bytes(made.read_bytes())
    (line,) = seen(tmp_path, variables={"SSL_CERT_DIR": str(folder)})["certificates"]
    assert line.grade is Grade.GOOD


def test_a_proxy_is_named_without_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://ann:secret@proxy.example:3128")
    (line,) = seen(tmp_path)["proxy"]
    assert ("proxy.example:3128" in line.text, "secret" in line.text) == (True, False)


def test_a_proxy_of_another_kind_than_http_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://ann:secret@proxy.example:1080")
    (line,) = seen(tmp_path)["proxy"]
    assert (line.grade, "one of socks5" in line.text, "secret" in line.text) == (Grade.BAD, True, False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_variables_is_read_as_each_editor_writes_it(tmp_path: Path, encoding: str) -> None:
    (tmp_path / ".env").write_text("HIGHLEVEL_TOKEN=pit-secret\r\n", encoding=encoding)
    (line,) = seen(tmp_path)[".env"]
    assert (line.grade, line.text.endswith("sets HIGHLEVEL_TOKEN")) == (Grade.GOOD, True)
    (tmp_path / ".env").rename(tmp_path / ".env.txt")
    (line,) = seen(tmp_path)[".env"]
    assert line.grade is Grade.WARNING


def test_a_file_of_variables_that_is_no_text_is_a_finding_and_no_end(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfeH")
    (line,) = seen(tmp_path)[".env"]
    assert (line.grade, "Save it as UTF-8" in line.text) == (Grade.BAD, True)


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


@pytest.mark.parametrize(("ahead", "told"), [(1000, [(Grade.WARNING, True)]), (0, [])])
def test_runs_of_a_newer_version_are_told(
    tmp_path: Path, ahead: int, told: list[tuple[Grade, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("Mail\nann@example.com\n", encoding="utf-8")
    mapping = tmp_path / "m.yaml"
    mapping.write_text("version: 1\nfields: {email: Mail}\n", encoding="utf-8")
    importer.run("x.csv", importer.load_mapping(mapping), sandbox=True, state=tmp_path / "state")
    (journal,) = (tmp_path / "state" / "runs").glob("*/journal.db")
    with contextlib.closing(sqlite3.connect(journal)) as db:
        db.execute("UPDATE migrations SET version = version + ? WHERE version = 1", (ahead,))
        db.commit()
    lines = seen(tmp_path).get("runs", [])
    assert [(line.grade, "Upgrade highlevel-importer" in line.text) for line in lines] == told


@pytest.mark.skipif(os.name != "posix", reason="a link, as pipx and uv make it")
def test_a_link_to_this_very_installation_is_no_other_one(tmp_path: Path) -> None:
    (tmp_path / "importer").symlink_to(Path(sys.executable).parent / "importer")
    (line,) = seen(tmp_path, search_path=str(tmp_path))["version"]
    assert line.grade is Grade.GOOD


@pytest.mark.skipif(os.name != "posix", reason="a script that may be run")
def test_the_version_of_another_installation_is_told_without_starting_it(tmp_path: Path) -> None:
    scripts = tmp_path / "old" / "bin"
    (tmp_path / "old/lib/python3.12/site-packages/highlevel_importer-0.1.0.dist-info").mkdir(parents=True)
    scripts.mkdir()
    (scripts / "importer").write_text(f"#!/bin/sh\ntouch {tmp_path / 'started'}\n", encoding="utf-8")
    (scripts / "importer").chmod(0o755)
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "importer").symlink_to(scripts / "importer")  # as pipx and uv do
    (line,) = seen(tmp_path, search_path=str(tmp_path / "path"))["version"]
    assert "0.1.0. Upgrade or remove one of the two" in line.text
    assert not (tmp_path / "started").exists()
