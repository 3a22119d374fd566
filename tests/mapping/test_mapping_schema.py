from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import importer.mapping
from importer.codes import BY_NAME
from importer.mapping import json_schema
from importer.mapping.language.reference import key_reference

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "mappings" / "mapping.schema.json"
MAPPINGS = sorted(path.name for path in (ROOT / "mappings").glob("*.yaml"))


def valid(text: str) -> bool:
    """Judge as an editor does: YAML with its types, against the schema."""
    document: Any = yaml.safe_load(text)
    return bool(judge().is_valid(document))


@cache
def judge() -> Any:
    """Give what validates documents; its library is dear to load, and every worker loads this module."""
    import jsonschema  # type: ignore[import-untyped]  # no stubs among our tools

    return jsonschema.Draft202012Validator(json_schema())


def test_the_shipped_schema_is_the_one_of_this_code() -> None:
    assert json.loads(SHIPPED.read_text(encoding="utf-8")) == json_schema()


def test_the_key_reference_is_the_one_of_this_code() -> None:
    assert (ROOT / "mappings" / "README.md").read_text(encoding="utf-8") == key_reference()


def test_the_schema_is_a_schema() -> None:
    judge().check_schema(json_schema())


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_shipped_mapping_fits_the_schema_and_names_it_for_editors(name: str) -> None:
    text = (ROOT / "mappings" / name).read_text(encoding="utf-8")
    assert valid(text)
    assert text.startswith("# yaml-language-server: $schema=mapping.schema.json")


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nfields: {email: E-mail, lastName: [A, B], city: {value: 5}}",
        "version: 1\nlocation: {column: A, map: {Acme: x}}\ntags: A\nrows: {skip_if: {column: A, in: [1, 2]}}",
        "version: 1\nfields: {phone: {column: A, transforms: [digits, {split: {by: '/', part: 2}}, 'a.b:c']}}",
        "version: 1\nfields: {email: {column: E, required: true}}\ntags: {always: [x], mode: remove}",
    ],
)
def test_an_editor_accepts_what_we_accept(text: str) -> None:
    assert valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "fields: {email: E}",
        "version: 2\nfields: {email: E}",
        "version: 1\nfeilds: {email: E}",
        "version: 1\nfields: {firstNam: E}",
        "version: 1\nfields: {email: {colum: E}}",
        "version: 1\nmode: upser",
        "version: 1\nfields: {city: {column: A, transforms: [lowr]}}",
        "version: 1\ntags: {mode: add, splt: ';'}",
    ],
)
def test_an_editor_underlines_what_we_refuse(text: str) -> None:
    assert not valid(text)


def test_every_code_that_mapping_can_give_is_in_the_catalogue() -> None:
    room = Path(importer.mapping.__file__).parent
    files = [path for path in room.rglob("*.py") if "suggest" not in path.parts]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    named = set(re.findall(r'(?:Finding|warn)\(\s*"(\w+)"', text))
    named |= set(re.findall(r'(?:code=|CODE: Final = )"(\w+)"', text))
    assert len(named) > 15
    assert named <= set(BY_NAME)
