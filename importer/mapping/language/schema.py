"""The mapping's JSON Schema, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from importer.highlevel.fields import COMPANY_FIELDS, FIELDS
from importer.mapping.language.model import MappingModel
from importer.yaml.section import TEXT_SCHEMA, TEXTS_SCHEMA


def json_schema() -> dict[str, Any]:
    """Give the language as JSON Schema (draft 2020-12), shorthands included."""
    from importer.yaml.json_schema import schema_of

    schema = schema_of(MappingModel)
    parts = schema["$defs"]
    rule = {"anyOf": [TEXT_SCHEMA, TEXTS_SCHEMA, {"$ref": "#/$defs/Rule"}]}
    fields = schema["properties"]["fields"]
    fields.pop("propertyNames", None)
    fields["properties"] = {
        name: {**rule, "description": facts.says} for name, facts in {**COMPANY_FIELDS, **FIELDS}.items()
    }
    fields["additionalProperties"] = False
    schema["properties"]["custom_fields"]["additionalProperties"] = rule
    _widen(schema, "location", {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/LocationRule"}]})
    _widen(schema, "tags", {"anyOf": [TEXT_SCHEMA, TEXTS_SCHEMA, {"$ref": "#/$defs/TagsRule"}]})
    note = {"anyOf": [TEXT_SCHEMA, {"$ref": "#/$defs/NoteRule"}]}
    _widen(schema, "followers", {"anyOf": [TEXT_SCHEMA, TEXTS_SCHEMA, {"$ref": "#/$defs/FollowersRule"}]})
    parts["FollowersRule"]["properties"]["column"] = {**TEXT_SCHEMA, "description": "One column with users."}
    _widen(schema, "company", {"anyOf": [TEXT_SCHEMA, TEXTS_SCHEMA, {"$ref": "#/$defs/CompanyRule"}]})
    task = {"$ref": "#/$defs/TaskRule"}
    _widen(schema, "notes", {"anyOf": [*note["anyOf"], {"type": "array", "items": note}]})
    _widen(schema, "tasks", {"anyOf": [task, {"type": "array", "items": task}]})
    for name, own in (
        ("NoteRule", ("title",)),
        ("TaskRule", ("title", "due", "body", "assigned_to", "done")),
        ("OpportunityRule", ("name", "stage", "value", "status", "assigned_to", "source")),
    ):
        for key in own:
            said = parts[name]["properties"][key]["description"]
            parts[name]["properties"][key] = {**rule, "description": said}
    parts["OpportunityRule"]["properties"]["custom_fields"]["additionalProperties"] = rule
    pipeline = parts["OpportunityRule"]["properties"]["pipeline"]
    pipeline["anyOf"] = [TEXT_SCHEMA, {"$ref": "#/$defs/Rule"}]
    condition = {"$ref": "#/$defs/Condition"}
    for name in ("only_if", "skip_if"):
        entry = parts["RowFilters"]["properties"][name]
        said = {key: entry[key] for key in ("description", "title") if key in entry}
        parts["RowFilters"]["properties"][name] = {
            **said,
            "anyOf": [condition, {"type": "array", "items": condition}],
        }
    parts["TagsRule"]["properties"]["column"] = {**TEXT_SCHEMA, "description": "One column with tags."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "highlevel-importer mapping",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def _widen(schema: dict[str, Any], name: str, kinds: dict[str, Any]) -> None:
    entry = schema["properties"][name]
    schema["properties"][name] = {"description": entry.get("description", ""), **kinds}
