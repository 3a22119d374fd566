"""The key reference of the mapping language, written from the model itself: ``python -m importer.mapping.language.reference``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from importer.highlevel.fields import COMPANY_FIELDS, FIELDS, FieldFacts
from importer.mapping.language.beside import CompanyRule, FollowersRule, NoteRule, OpportunityRule, TaskRule
from importer.mapping.language.examples import RowExample
from importer.mapping.language.model import (
    After,
    Condition,
    Defaults,
    LocationRule,
    MappingModel,
    RowFilters,
    SourceOptions,
    TagsRule,
)
from importer.mapping.language.people import Match, MatchBy, Suppress
from importer.mapping.language.rule import Rule
from importer.mapping.language.schema import json_schema
from importer.mapping.transforms.steps import KINDS
from importer.records import RowObject
from importer.yaml.section import Section

_PARTS: Final = (
    ("The file", "", MappingModel),
    (
        "A rule",
        "under `fields` and `custom_fields`; a text alone is `column`, a list alone is `columns`",
        Rule,
    ),
    ("`location`", "a text alone is the location's id", LocationRule),
    ("`source`", "", SourceOptions),
    ("`defaults`", "", Defaults),
    ("`tags`", "a text or list alone is `columns`", TagsRule),
    ("`match`", "", Match),
    ("`by`", "under `match`", MatchBy),
    ("`suppress`", "", Suppress),
    ("`rows`", "`only_if` and `skip_if` hold one condition or a list of them", RowFilters),
    ("A condition", "under `rows`", Condition),
    ("A note", "under `notes`: a rule for its text, and beside the keys of a rule", NoteRule),
    ("A task", "under `tasks`", TaskRule),
    ("`opportunity`", "", OpportunityRule),
    ("`company`", "a rule for its name, and beside the keys of a rule", CompanyRule),
    ("`followers`", "a text or list alone is `columns`", FollowersRule),
    ("`after`", "", After),
    ("An example", "under `tests`", RowExample),
)

_INTRODUCTION: Final = """\
# Mappings

A mapping says which column of a file becomes which field of a contact. The files in this folder are ready-made, one
for each common export: `-m hubspot` names one wherever a mapping file is taken, `importer mappings` lists them.
`importer suggest FILE` writes one for a file of your own. With the first line of these files,
editors complete and check a mapping while you write: `# yaml-language-server: $schema=mapping.schema.json`.

Every value is read as text: `NO`, `01234` and `2024-01-02` stay as written, quotes or not. All faults of a mapping are
reported at once, as `file:line:column`. A header matches a column exactly, else ignoring case, white space and
punctuation; a header that matches two columns is a fault, and so is one that the file lacks (see `optional`). Of two
columns `Phone` the second is `Phone (2)`.

This page is written by `python -m importer.mapping.language.reference` from the code that checks mappings.
"""


def key_reference() -> str:
    """Write the page: every key, field and transform, with what it takes and means."""
    schema = json_schema()
    lines = [_INTRODUCTION]
    for title, note, model in _PARTS:
        shown = schema if model is MappingModel else schema["$defs"][model.__name__]
        lines += [f"## {title}{f' ({note})' if note else ''}", "", "| key | takes | means |", "|---|---|---|"]
        lines += [*_rows(_own(shown, model, schema["$defs"]), schema["$defs"]), ""]
    return "\n".join((*lines, *_fields(), "", *_transforms(), ""))


def _own(schema: dict[str, Any], model: type[Section], parts: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a rule that says more has of a plain one."""
    if model is Rule or not issubclass(model, Rule):
        return schema
    known = parts["Rule"]["properties"]
    own = {name: entry for name, entry in schema["properties"].items() if name not in known}
    return {**schema, "properties": own}


def _rows(schema: dict[str, Any], parts: dict[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, entry in schema["properties"].items():
        needed = " **Required.**" if name in required else ""
        default = entry.get("default")
        unless = f" Unless said: `{_plain(default)}`." if default not in (None, False) else ""
        part = parts.get(entry.get("$ref", "").rpartition("/")[2], {})
        means = entry.get("description") or part.get("description", "")
        yield f"| `{name}` | {_takes(entry)} | {means}{unless}{needed} |"


def _plain(value: object) -> str:
    return "true" if value is True else str(value)


def _takes(entry: dict[str, Any]) -> str:
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return " · ".join(f"`{choice}`" for choice in entry["enum"])
    if "$ref" in entry:
        return _named(entry["$ref"])
    if "anyOf" in entry:
        return " or ".join(dict.fromkeys(_takes(choice) for choice in entry["anyOf"]))
    return _kind(entry)


def _named(reference: str) -> str:
    name = reference.rpartition("/")[2]
    known = {"Rule": "a rule", "Condition": "a condition", "TagMode": "`add` · `replace` · `remove`"}
    known |= {"ImportMode": "`upsert` · `create_only` · `update_only`"}
    known |= {"RowObject": " · ".join(f"`{each}`" for each in RowObject)}
    known |= {"SharedKeyPolicy": "`leave_out` · `send` · `fail`"}
    known |= {"MatchKey": "`email` · `phone`"}
    known |= {"FollowUpFor": "`created` · `updated` · `all`"}
    return known.get(name, "keys, see below")


def _kind(entry: dict[str, Any]) -> str:
    match entry.get("type"):
        case "array":
            return "a list"
        case "boolean":
            return "`true` · `false`"
        case "integer":
            return "a whole number"
        case "object" if entry.get("maxProperties") == 1:
            return "a step with arguments"
        case "object":
            return "keys with values"
        case _:
            return "text"


def _fields() -> list[str]:
    return [*_table("Fields", FIELDS), "", *_table("Fields of a company (`object: company`)", COMPANY_FIELDS)]


def _table(title: str, known: Mapping[str, FieldFacts]) -> list[str]:
    rows = [f"| `{facts.name}` | {facts.kind} | {facts.says} |" for facts in known.values()]
    return [f"## {title}", "", "| field | is a | means |", "|---|---|---|", *rows]


def _transforms() -> list[str]:
    rows = [f"| `{name}` | {_arguments(name)} | {kind.says} |" for name, kind in KINDS.items()]
    own = (
        "A transform of your own is a Python function, named `package.module:function`: it is given the text and "
        "returns a text (or number), or raises ValueError with a reason. It runs only with `--allow-transforms`."
    )
    return ["## Transforms", "", "| name | arguments | does |", "|---|---|---|", *rows, "", own]


def _arguments(name: str) -> str:
    kind = KINDS[name]
    if kind.pairs:
        return "pairs `old: new`"
    shown = [f"`{key}`" if key in kind.required else f"[`{key}`]" for key in kind.known]
    return ", ".join(shown)


if __name__ == "__main__":
    import sys

    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(key_reference())
