"""Whoever lacks an extra is given the command that adds it to the installation at hand."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from importer.runtime.installation import command_for, install_command

ROOT = Path(__file__).parents[2]

BLOCKED = """\
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {library!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Missing())
"""
COMMAND = "from importer.cli import main\nmain(sys.argv[1:])\n"
JOBS = "version: 1\njobs:\n  one:\n    source: x.csv\n    mapping: m.yaml\n    schedule: 30 2 * * *\n"
# the extra, the library that is taken away, and the words that meet it
CASES = [
    ("s3", "s3fs", ["read", "s3://b/x.csv"]),
    ("gcs", "gcsfs", ["read", "gs://b/x.csv"]),
    ("azure", "adlfs", ["read", "az://c/x.csv"]),
    ("sftp", "paramiko", ["read", "sftp://h/x.csv"]),
    ("sheets", "gspread", ["read", "https://docs.google.com/spreadsheets/d/1abc/edit"]),
    ("html", "lxml", ["read", "page.xls"]),
    ("encrypted", "msoffcrypto", ["read", "protected.xlsx"]),
    (
        "metrics",
        "prometheus_client",
        ["run", "x.csv", "-m", "m.yaml", "--sandbox", "--metrics-file", "m.prom"],
    ),
    ("similar", "rapidfuzz", ["check", "x.csv", "-m", "m.yaml", "--similar"]),
    ("serve", "cronsim", ["serve", "jobs.yaml", "--check"]),
    ("serve", "watchfiles", ["watch", ".", "-m", "m.yaml", "--sandbox", "--pattern", "none"]),
    ("keyring", "keyring", ["login", "--client-id", "app", "--keyring"]),
    ("mcp", "mcp", ["mcp"]),
    ("postgres", "psycopg", ["runs", "--state", "postgresql://127.0.0.1:1/importer"]),
    ("postgres", "procrastinate", ["worker", "--state", "postgresql://127.0.0.1:1/importer"]),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which each of those libraries is needed."""
    msoffcrypto: Any = pytest.importorskip("msoffcrypto.format.ooxml")
    (tmp_path / "x.csv").write_text("Mail\nann@example.com\n")
    (tmp_path / "m.yaml").write_text("version: 1\nfields: {email: Mail}\n")
    (tmp_path / "jobs.yaml").write_text(JOBS)
    (tmp_path / "page.xls").write_text(
        "<html><table><tr><th>Name</th></tr><tr><td>Ann</td></tr></table></html>"
    )
    workbook = ROOT / "sample_data" / "crm-export.xlsx"
    with workbook.open("rb") as plain, (tmp_path / "protected.xlsx").open("wb") as target:
        msoffcrypto.OOXMLFile(plain).encrypt("sesame", target)
    return tmp_path


@pytest.mark.parametrize(("extra", "library", "words"), CASES, ids=[f"{each[0]}-{each[1]}" for each in CASES])
def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    extra: str, library: str, words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORTER_STATE", str(folder / "state"))
    monkeypatch.setenv("IMPORTER_PASSWORD", "sesame")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "key.json"))
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(library=library) + COMMAND, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert (done.returncode, f"the extra `{extra}`: {install_command(extra)}" in done.stderr) == (2, True), (
        done
    )
    assert "Traceback" not in done.stderr


def test_every_extra_of_the_package_that_a_message_can_name_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # `speed` is used where it is there and missed by nobody; the last two are for developers.
    assert set(project["optional-dependencies"]) - {"speed", "test", "dev"} == {case[0] for case in CASES}


def test_a_package_from_an_index_is_given_an_extra_by_its_name() -> None:
    assert shlex.split(command_for("s3", {})) == ["pip", "install", "highlevel-importer[s3]"]


def test_a_checkout_is_given_an_extra_by_its_path(tmp_path: Path) -> None:
    checkout = tmp_path / "my clone"
    checkout.mkdir()
    path = f"{checkout}[s3]"
    editable = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
    assert shlex.split(command_for("s3", editable)) == ["pip", "install", "-e", path]
    assert shlex.split(command_for("s3", {"url": checkout.as_uri(), "dir_info": {}})) == [
        "pip",
        "install",
        path,
    ]
    # run from a clone without any installation
    assert shlex.split(command_for("s3", {}, checkout)) == ["pip", "install", "-e", path]


def test_a_wheel_file_is_given_an_extra_by_its_path_as_long_as_it_is_there(tmp_path: Path) -> None:
    wheel = tmp_path / "highlevel_importer-1-py3-none-any.whl"
    origin = {"url": wheel.as_uri(), "archive_info": {}}
    assert shlex.split(command_for("s3", origin))[-1] == "highlevel-importer[s3]"
    wheel.touch()
    assert shlex.split(command_for("s3", origin))[-1] == f"{wheel}[s3]"


def test_a_repository_is_named_again_with_its_revision() -> None:
    noted = '{"url": "https://git.example/x.git", "vcs_info": {"vcs": "git", "requested_revision": "v1"}}'
    command = command_for("s3", json.loads(noted))
    assert shlex.split(command)[-1] == "highlevel-importer[s3] @ git+https://git.example/x.git@v1"


def test_an_environment_of_pipx_is_added_to_by_pipx(tmp_path: Path) -> None:
    place = tmp_path / "highlevel-importer"
    place.mkdir()
    (place / "pipx_metadata.json").write_text("{}", encoding="utf-8")
    said = command_for("serve", {}, environment=place)
    assert said == "pipx runpip highlevel-importer install 'highlevel-importer[serve]'"


@pytest.mark.parametrize(
    ("receipt", "extras"),
    [
        ('[tool]\nrequirements = [{ name = "highlevel-importer", extras = ["s3"] }]', "s3,serve"),
        ('[tool]\nrequirements = [{ name = "highlevel-importer" }, { name = "x", extras = ["y"] }]', "serve"),
        ("[tool]", "serve"),
        ("no toml", "serve"),
    ],
)
def test_an_environment_of_uv_is_made_anew_with_the_extras_that_it_had(
    receipt: str, extras: str, tmp_path: Path
) -> None:
    (tmp_path / "uv-receipt.toml").write_text(receipt, encoding="utf-8")
    said = command_for("serve", {}, environment=tmp_path)
    assert said == f"uv tool install --force 'highlevel-importer[{extras}]'"
