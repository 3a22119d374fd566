"""The package as an index would have it: built, installed into an empty environment, used where there is no clone."""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.package.conftest import Type

pytestmark = [pytest.mark.package, pytest.mark.timeout(600)]
ADDRESS = "https://github.com/highlevel-importer/highlevel-importer"


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
