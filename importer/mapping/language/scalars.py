"""The scalars of the mapping language: what a key with one text, or several, takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from importer.highlevel.countries import NAMES, country_code
from importer.highlevel.fields import COMPANY_FIELDS, FIELDS, NOT_WRITABLE
from importer.mapping.values.dateformats import check_format
from importer.yaml.section import (
    TEXT_SCHEMA,
    TEXTS_SCHEMA,
    AfterValidator,
    BeforeValidator,
    NotEmpty,
    WithJsonSchema,
)
from importer.yaml.sentences import did_you_mean


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("A header cannot be blank.")
    return text


Header = Annotated[str, AfterValidator(_not_blank), WithJsonSchema(TEXT_SCHEMA)]


def one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def spelled_columns(value: Any) -> Any:
    """Spell out a section of columns that is written as its columns alone, or with one ``column``."""
    if isinstance(value, str | list):
        return {"columns": value}
    if isinstance(value, dict) and "column" in value and "columns" not in value:
        return {("columns" if key == "column" else key): entry for key, entry in value.items()}
    return value


def one_or_more(kind: Any) -> Any:
    return Annotated[
        tuple[kind, ...],
        BeforeValidator(one_or_many),
        NotEmpty(),
        WithJsonSchema({"anyOf": [TEXT_SCHEMA, TEXTS_SCHEMA]}),
    ]


def _region(text: str) -> str:
    code = text.strip().upper()
    if code not in NAMES:
        meant = country_code(text)
        hint = f" Did you mean {meant!r}?" if meant else did_you_mean(code, NAMES)
        raise ValueError(f"{text!r} is no country code; write two letters, such as US or GB.{hint}")
    return code


Region = Annotated[
    str, AfterValidator(_region), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z]{2}$"})
]
DateOrder = Literal["DMY", "MDY", "YMD"]
OnInvalid = Literal["fail", "drop"]
EmptyCells = Literal["leave", "clear"]
Formats = Annotated[
    tuple[Annotated[str, AfterValidator(check_format)], ...],
    BeforeValidator(one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def _field_name(name: str) -> str:
    if name in FIELDS or name in COMPANY_FIELDS:
        return name
    if name in NOT_WRITABLE:
        raise ValueError(f"{name!r} cannot be written: {NOT_WRITABLE[name]}.")
    hint = did_you_mean(name, FIELDS) or " A custom field goes under custom_fields."
    raise ValueError(f"{name!r} is no field of a contact.{hint}")


FieldName = Annotated[str, AfterValidator(_field_name)]
