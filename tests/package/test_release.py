"""What is published says what it is made of, under which licences, and is the same bytes whoever builds it."""

from __future__ import annotations

import hashlib
import json
import runpy
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from importer.version import __version__
from tests.package.conftest import ROOT
from tests.package.test_built_package import metadata

pytestmark = [pytest.mark.package, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def sbom(built: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(
        (built / f"highlevel-importer-{__version__}.cdx.json").read_text(encoding="utf-8")
    )
    return read


def test_the_hashes_are_those_of_the_files(built: Path) -> None:
    """The wheel was built twice by then, in two places: benchmarks/release.py ends where one byte differs."""
    noted = dict(line.split("  ")[::-1] for line in (built / "SHA256SUMS").read_text().splitlines())
    assert noted == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in built.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert len(noted) == 3


def test_one_byte_of_difference_is_a_failure(tmp_path: Path) -> None:
    program = runpy.run_path(str(ROOT / "benchmarks" / "release.py"), run_name="started")
    one, other = tmp_path / "one.whl", tmp_path / "other.whl"
    one.write_bytes(b"PK\x03\x04a")
    other.write_bytes(b"PK\x03\x04b")
    with pytest.raises(SystemExit, match="not reproducible"):
        program["compare"](one, other)


def test_the_sbom_is_one(sbom: dict[str, Any]) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(json.dumps(sbom)) is None


def test_the_sbom_lists_the_core_install_and_what_is_vendored(sbom: dict[str, Any], wheel: Path) -> None:
    required = [Requirement(each) for each in metadata(wheel).get_all("Requires-Dist") or []]
    core = {each.name for each in required if each.marker is None}
    listed = {str(each["purl"]).split("/", 1)[1].split("@")[0] for each in sbom["components"]}
    assert core <= listed
    assert {"preact", "htm"} <= listed
    assert not {"pytest", "pip", "build"} & listed
    product = sbom["metadata"]["component"]
    assert (product["name"], product["version"]) == ("highlevel-importer", __version__)
    (needs,) = [each for each in sbom["dependencies"] if each["ref"] == product["bom-ref"]]
    needed = {each.partition("@")[0] for each in needs["dependsOn"]}
    assert {"pkg:npm/preact", "pkg:npm/htm"} <= needed
    assert str(ROOT) not in json.dumps(sbom)


def test_every_component_is_under_some_licence(sbom: dict[str, Any]) -> None:
    assert [each["name"] for each in sbom["components"] if not each.get("licenses")] == []


def test_the_wheel_carries_the_notices_and_the_list_of_what_is_vendored(wheel: Path) -> None:
    assert metadata(wheel)["License-Expression"] == "MIT AND Apache-2.0"
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
        vendored = json.loads(archive.read(names["sboms/vendored.cdx.json"]))
        for each in vendored["components"]:
            notice = each["licenses"][0]["license"]["url"]
            folder = "importer/ui/pages/vendor"
            assert archive.read(names[f"licenses/{folder}/{notice}"])
            for file in each["components"]:
                served = archive.read(f"{folder}/{file['name']}")
                assert hashlib.sha256(served).hexdigest() == file["hashes"][0]["content"]
    assert "licenses/LICENSE" in names


def test_the_man_page_lies_where_man_looks_for_it(scripts: Path) -> None:
    page = (ROOT / "docs" / "importer.1").read_bytes()
    assert (scripts.parent / "share" / "man" / "man1" / "importer.1").read_bytes() == page
