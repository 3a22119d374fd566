"""What others wrote and the screen serves: unchanged since it was taken, its version and licence said beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import importer.ui

VENDOR = Path(importer.ui.__file__).parent / "pages" / "vendor"
COMPONENTS = json.loads((VENDOR / "vendored.cdx.json").read_text(encoding="utf-8"))["components"]


def test_each_file_is_listed_with_the_hash_that_it_has() -> None:
    noted = {file["name"]: file["hashes"][0]["content"] for each in COMPONENTS for file in each["components"]}
    assert noted == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.glob("*.js")}


def test_each_has_its_licence_beside_it() -> None:
    for each in COMPONENTS:
        (said,) = each["licenses"]
        words = " ".join((VENDOR / said["license"]["url"]).read_text(encoding="utf-8").split())
        assert {"MIT": "MIT License", "Apache-2.0": "Apache License Version 2.0"}[
            said["license"]["id"]
        ] in words
    named = {each["licenses"][0]["license"]["url"] for each in COMPONENTS}
    assert named == {path.name for path in VENDOR.glob("*.LICENSE")}


def test_the_page_for_people_says_the_same() -> None:
    page = (VENDOR / "README.md").read_text(encoding="utf-8")
    for each in COMPONENTS:
        whole = "/".join(filter(None, (each.get("group"), each["name"])))
        files = ", ".join(f"`{file['name']}`" for file in each["components"])
        assert f"| {files} | {whole} | {each['version']} | {each['licenses'][0]['license']['id']} (" in page
