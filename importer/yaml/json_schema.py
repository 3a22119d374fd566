"""A section as JSON Schema (draft 2020-12), for editors that complete and check a file; no command that reads one needs it."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable
from enum import Enum
from typing import Any, Final

from importer.yaml.kinds import annotated_keys
from importer.yaml.section import MISSING, Key, NotEmpty, Section, Within, WithJsonSchema

Schema: typing.TypeAlias = dict[str, Any]

_SCALARS: Final[dict[Any, str]] = {str: "string", int: "integer", bool: "boolean"}
_LEAST: Final = {"string": "minLength", "array": "minItems", "object": "minProperties"}


def schema_of(model: type[Section]) -> Schema:
    """Write the schema of a file; the sections and enums in it stand under ``$defs``, each by its class."""
    parts: dict[str, Schema] = {}
    schema = _section(model, parts)
    return {"$defs": dict(sorted(parts.items())), **schema}


def _section(model: type[Section], parts: dict[str, Schema]) -> Schema:
    keys = list(annotated_keys(model))
    required = [each.alias or name for name, each, _ in keys if each.default is MISSING]
    return {
        "additionalProperties": False,
        "description": inspect.cleandoc(model.__doc__ or ""),
        "properties": {each.alias or name: _entry(each, kind, parts) for name, each, kind in keys},
        **({"required": required} if required else {}),
        "type": "object",
    }


def _entry(each: Key, kind: Any, parts: dict[str, Schema]) -> Schema:
    """Write what a key takes and means. What it is unless said is told of words, numbers and flags: None says nothing."""
    beside: Schema = {"description": each.description} if each.description else {}
    if isinstance(each.default, str | int):
        beside["default"] = each.default.value if isinstance(each.default, Enum) else each.default
    return dict(sorted({**_kind(kind, parts), **beside}.items()))


def _kind(kind: Any, parts: dict[str, Schema]) -> Schema:
    arguments = typing.get_args(kind)
    match typing.get_origin(kind):
        case typing.Annotated:
            return _marked(arguments[0], arguments[1:], parts)
        case typing.Union | types.UnionType:
            return _any_of(arguments, parts)
        case typing.Literal:
            named: Schema = {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
            return {**named, "type": "string"}
        case origin if origin is tuple:
            return {"items": _kind(arguments[0], parts), "type": "array"}
        case origin if origin is dict:
            return _table(arguments, parts)
        case _:
            return {"type": _SCALARS[kind]} if kind in _SCALARS else _reference(kind, parts)


def _marked(kind: Any, marks: Iterable[Any], parts: dict[str, Schema]) -> Schema:
    said = next((mark.schema for mark in marks if isinstance(mark, WithJsonSchema)), None)
    schema = dict(_kind(kind, parts) if said is None else said)
    for mark in marks if said is None else ():
        match mark:
            case NotEmpty():
                schema[_LEAST[schema["type"]]] = 1
            case Within(least, most):
                schema |= {"minimum": least} if most is None else {"minimum": least, "maximum": most}
            case _:
                pass
    return schema


def _any_of(kinds: Iterable[Any], parts: dict[str, Schema]) -> Schema:
    """Leave None out: it is what a key holds that nobody wrote."""
    choices = [_kind(kind, parts) for kind in kinds if kind is not types.NoneType]
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _table(kinds: tuple[Any, ...], parts: dict[str, Schema]) -> Schema:
    names, values = (_kind(kind, parts) for kind in kinds)
    limits = "pattern" in names or "$ref" in names  # that a name is a text goes without saying
    return {
        "additionalProperties": values,
        **({"propertyNames": names} if limits else {}),
        "type": "object",
    }


def _words(kind: type[Enum]) -> Schema:
    beside = {"description": inspect.cleandoc(kind.__doc__)} if kind.__doc__ else {}
    return {**beside, "enum": [each.value for each in kind], "type": "string"}


def _reference(kind: type[Any], parts: dict[str, Schema]) -> Schema:
    if kind.__name__ not in parts:
        parts[kind.__name__] = {}  # there before its own keys are written, should one of them name it again
        parts[kind.__name__] = _section(kind, parts) if issubclass(kind, Section) else _words(kind)
    return {"$ref": f"#/$defs/{kind.__name__}"}
