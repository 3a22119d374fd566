"""Standard output or error closed, full or read by nobody: the work is done, and the exit code tells of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells"),
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full"),
]
IMPORTER = f"{sys.executable} -m importer"


def shell(desk: Desk, line: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(desk.folder)}
    words = ["bash", "-c", line.replace("importer", IMPORTER, 1)]
    return subprocess.run(
        words, cwd=desk.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "redirected",
    [
        "--json >/dev/full",
        "--json >&-",
        "2>/dev/full",
        "2>&-",
        "--json >&- 2>&- <&-",
        ">/dev/full 2>/dev/full",
    ],
)
def test_the_rows_are_imported_whatever_becomes_of_the_output(
    desk: Desk, vendor: Sandbox, redirected: str
) -> None:
    desk.write("people.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBad,broken,,\n")
    ended = shell(desk, f"importer run people.csv -m mapping.yaml {redirected}")
    assert ended.returncode == 1  # one row failed, and nothing else is wrong
    assert len(vendor.contacts()) == 1
    assert "Traceback" not in ended.stderr
    assert "mistake" not in ended.stderr
    assert not list(desk.folder.glob("importer-mistake-*"))
    (results,) = desk.folder.glob("import-results/*/report.html")
    assert results.stat().st_size


def test_a_reader_that_leaves_early_is_no_failed_row(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    line = "importer run people.csv -m mapping.yaml --json | true; exit ${PIPESTATUS[0]}"
    ended = shell(desk, line)
    assert (ended.returncode, len(vendor.contacts())) == (0, 1)
    assert "Broken" not in ended.stderr


def test_a_command_that_only_shows_something_fails_where_it_cannot(desk: Desk) -> None:
    ended = shell(desk, "importer schema >/dev/full")
    assert ended.returncode == 2
    assert "Standard output cannot be written: No space left on device" in ended.stderr
    assert shell(desk, "importer schema | head -c 10; exit ${PIPESTATUS[0]}").returncode == 0


@pytest.mark.parametrize(
    "line", ["read people.csv", "preview people.csv -m mapping.yaml", "suggest people.csv"]
)
def test_what_is_redirected_is_utf_8_whatever_the_system_s_page(desk: Desk, line: str) -> None:
    desk.write("people.csv", "First,Mail,Phone,Tags\nŁukasz 李,ann@example.com,,Łódź\n")
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    words = [sys.executable, "-m", "importer", *line.split()]
    ended = subprocess.run(
        words, cwd=desk.folder, env=environment, capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ("Łukasz 李" in ended.stdout.decode("utf-8")) is not line.startswith("suggest")


@pytest.mark.parametrize(
    ("line", "behind"),
    [
        ('importer run "" -m mapping.yaml', "importer run"),
        ('importer run people.csv -m ""', "people.csv -m"),
        ('importer run people.csv -m mapping.yaml --location ""', "mapping.yaml --location"),
        ("importer run people.csv -m mapping.yaml --state=", "--state"),
    ],
)
def test_an_empty_word_is_refused_and_stands_for_nothing(desk: Desk, line: str, behind: str) -> None:
    desk.write("people.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    ended = shell(desk, line)
    assert ended.returncode == 2
    assert f"An empty word stands behind `{behind}`" in ended.stderr


def test_a_module_beside_the_files_does_not_run_in_place_of_pythons(desk: Desk) -> None:
    desk.write("json.py", "raise SystemExit('the folder ran')")
    desk.write("click.py", "raise SystemExit('the folder ran')")
    ended = shell(desk, "importer --help")
    assert ended.returncode == 0
    assert "the folder ran" not in ended.stderr


def test_an_empty_text_forgets_nothing(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    assert desk.run("people.csv", "-m", "mapping.yaml").code == 0
    refused = desk.importer("forget", "")
    assert (refused.code, "An empty word stands behind `importer forget`" in refused.err) == (2, True)
    assert desk.importer("show").code == 0


def test_a_suggestion_prints_no_control_characters_of_a_files_name(desk: Desk) -> None:
    name = desk.write("a\x1b[2Jb\x9b1m.csv", "Email\nann@example.com\n")
    ended = desk.importer("suggest", name)
    assert ended.code == 0
    assert not {"\x1b", "\x9b"} & set(ended.out + ended.err)
