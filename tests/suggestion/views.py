"""The views of a suggestion held against each other."""

from __future__ import annotations

import json
from collections.abc import Iterator

from importer.highlevel.fields import FIELDS
from importer.records import Json
from importer.suggestion.proposal import guessed_rules, proposed
from importer.suggestion.suggesting import Suggestion
from importer.yaml.document import read


def assert_views_agree(suggestion: Suggestion) -> None:
    mapping = proposed(suggestion)
    assert read(suggestion.to_yaml()).value == mapping
    described = suggestion.to_json()
    assert described["mapping"] == mapping
    assert json.loads(json.dumps(described)) == described
    assert {str(one["key"]): one["rule"] for one in entries(described, "rules")} == written_rules(suggestion)
    for guess in guessed_rules(suggestion).values():
        others = {one.field for one in guess.alternatives}
        assert others <= (FIELDS.keys() | {"tags"}) - {guess.field}


def written_rules(suggestion: Suggestion) -> dict[str, Json]:
    """Give each rule as the YAML has it, under the name that the JSON gives it."""
    there = json.loads(json.dumps(read(suggestion.to_yaml()).value))
    found: dict[str, Json] = {
        f"{section}.{quoted(name)}": rule
        for section in ("fields", "custom_fields")
        for name, rule in there.get(section, {}).items()
    }
    return found | ({"tags": there["tags"]} if "tags" in there else {})


def quoted(name: str) -> str:
    return f'"{name}"' if "." in name else name


def entries(described: dict[str, Json], key: str) -> Iterator[dict[str, Json]]:
    listed = described[key]
    assert isinstance(listed, list)
    for one in listed:
        assert isinstance(one, dict)
        yield one
