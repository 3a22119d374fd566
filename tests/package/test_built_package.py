"""The package as an index would have it: built, installed into an empty environment, used where there is no clone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

pytestmark = [pytest.mark.package, pytest.mark.timeout(600)]
pytest.importorskip("build", reason="the package is built with it; it is in the extra test")

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/highlevel-importer/highlevel-importer"
Type = Callable[..., "subprocess.CompletedProcess[str]"]


def done(words: list[str | Path], **options: object) -> None:
    finished = subprocess.run(words, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert finished.returncode == 0, f"{words}\n{finished.stdout}\n{finished.stderr}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the sources, and the wheel that is built from that archive alone."""
    folder = tmp_path_factory.mktemp("dist")
    done([sys.executable, "-m", "build", "--outdir", folder, ROOT])
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """An environment that has the wheel, what it requires, and nothing else."""
    place = tmp_path_factory.mktemp("environment")
    done([sys.executable, "-m", "venv", place])
    scripts = place / ("Scripts" if sys.platform == "win32" else "bin")
    done([scripts / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel])
    return scripts


@pytest.fixture
def type_in(scripts: Path, tmp_path: Path) -> Type:
    """Type a command of the installed package in an empty folder."""
    folder = tmp_path / "empty"
    folder.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HIGHLEVEL_", "IMPORTER_", "PYTHON", "VIRTUAL_ENV"))
    }
    shell = {**kept, "IMPORTER_STATE": str(tmp_path / "state"), "NO_COLOR": "1"}

    def type_in(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [scripts / words[0], *words[1:]],
            cwd=folder,
            env=shell,
            capture_output=True,
            text=True,
            check=False,
        )

    return type_in


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


def test_the_first_five_minutes_need_no_clone(type_in: Type) -> None:
    version = type_in("importer", "--version")
    assert (version.returncode, version.stdout.split()[0]) == (0, "importer,")
    assert "hubspot" in type_in("importer", "mappings").stdout
    sample = type_in("importer", "sample")
    assert sample.returncode == 0, sample.stderr
    check = type_in("importer", "check", "importer-sample/contacts.csv", "-m", "sample", "--json")
    assert (check.returncode, json.loads(check.stdout)["failed"]) == (0, 0), check.stderr
    proposed = sample.stderr.strip().splitlines()[-1].split()
    run = type_in(*proposed, "--json")
    assert (run.returncode, json.loads(run.stdout)["created"]) == (0, 23), run.stderr
    assert Path(json.loads(run.stdout)["report"]).name == "report.html"
    resume = type_in("importer", "resume")
    assert resume.returncode == 0, resume.stderr
    schema = type_in("importer", "schema")
    assert json.loads(schema.stdout)["title"]


def test_the_installed_library_is_typed_and_whole(type_in: Type) -> None:
    program = (
        "import importer, pathlib; [getattr(importer, name) for name in importer.__all__];"
        "print(pathlib.Path(importer.__file__).with_name('py.typed').exists(), importer.load_mapping('hubspot').headers[0])"
    )
    assert type_in("python", "-c", program).stdout.split(" ", 1) == ["True", "First Name\n"]


def test_a_missing_extra_is_named_by_the_wheel_that_was_installed(type_in: Type, wheel: Path) -> None:
    told = type_in("importer", "read", "s3://bucket/contacts.csv").stderr
    assert f"{wheel}[s3]" in told


def test_the_description_names_nothing_relative(wheel: Path) -> None:
    described = metadata(wheel).get_payload()
    assert isinstance(described, str)
    assert len(described) > 1000
    targets = re.findall(r"\]\(([^)\s]+)", described) + re.findall(r"src(?:set)?=\"([^\"]+)", described)
    relative = [
        target for target in targets if not target.startswith(("https://", "http://", "mailto:", "#"))
    ]
    assert relative == []


def test_the_project_says_where_it_lives(wheel: Path) -> None:
    named = dict(line.split(", ", 1) for line in metadata(wheel).get_all("Project-URL") or [])
    assert {"Homepage", "Documentation", "Changelog", "Issues"} <= set(named)
    assert all(url.startswith(ADDRESS) for url in named.values())


def test_the_archive_of_the_sources_has_the_tests_and_what_they_need(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    for needed in (
        "pyproject.toml",
        "tests/flow/test_main_job.py",
        "benchmarks/make_samples.py",
        "sample_data/contacts.csv",
    ):
        assert needed in names


def test_the_wheel_has_nothing_but_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {name.partition("/")[0].partition("-")[0] for name in archive.namelist()} == {
            "importer",
            "highlevel_importer",
        }
