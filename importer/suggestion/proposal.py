"""The mapping that a suggestion proposes, as a plain value; its YAML and its JSON are views of this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from importer.suggestion.guesses import Guess

if TYPE_CHECKING:
    from importer.suggestion.suggesting import Suggestion
    from importer.yaml.document import Plain, YamlPath

_LOCATION: Final = "${HIGHLEVEL_LOCATION_ID}"


def proposed(suggestion: Suggestion) -> dict[str, Plain]:
    """Give the whole mapping, every scalar a text as in a mapping file; its sections in the order of a file."""
    rules: dict[str, dict[str, Plain]] = {"fields": {}, "custom_fields": {}}
    for path, guess in guessed_rules(suggestion).items():
        if len(path) == 2:
            rules[str(path[0])][guess.field] = guess.rule()
    sections: dict[str, Plain] = {
        "source": _source(suggestion),
        "defaults": {str(path[1]): finding.value for path, finding in suggestion.defaults.items()},
        "fields": rules["fields"],
        "tags": suggestion.tags.rule() if suggestion.tags else "",
        "custom_fields": rules["custom_fields"],
    }
    filled = {name: said for name, said in sections.items() if said or name == "fields"}
    return {"version": "1", "location": _LOCATION, **filled}


def guessed_rules(suggestion: Suggestion) -> Mapping[YamlPath, Guess]:
    """Give each guess by the place of its rule in the mapping, in the order of the file."""
    found: dict[YamlPath, Guess] = {("fields", one.field): one for one in suggestion.fields}
    if suggestion.tags:
        found["tags",] = suggestion.tags
    return found | {("custom_fields", one.field): one for one in suggestion.custom_fields}


def reasons(suggestion: Suggestion) -> Mapping[YamlPath, str]:
    """Say of every entry that was guessed why, and what is doubtful about it."""
    defaults = {path: finding.reason for path, finding in suggestion.defaults.items()}
    return {**defaults, **{path: _why(guess) for path, guess in guessed_rules(suggestion).items()}}


def _why(guess: Guess) -> str:
    return "; ".join((guess.reason, *(doubt.sentence for doubt in guess.doubts)))


def _source(suggestion: Suggestion) -> dict[str, Plain]:
    options = suggestion.options
    said = {
        "sheet": options.sheet,
        "header_row": str(options.header_row or ""),
        "encoding": options.encoding,
        "delimiter": options.delimiter,
    }
    return {key: value for key, value in said.items() if value}
