"""What pydantic found wrong, in sentences for the person who wrote the file."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_EXPECTED: Final = {
    "string_type": "a text is expected here",
    "dict_type": "keys with values are expected here (key: value)",
    "model_type": "keys with values are expected here (key: value)",
    "model_attributes_type": "keys with values are expected here (key: value)",
    "list_type": "a list is expected here ([one, two])",
    "tuple_type": "a list is expected here ([one, two])",
    "bool_parsing": "true or false is expected here",
    "bool_type": "true or false is expected here",
    "int_parsing": "a whole number is expected here",
    "int_type": "a whole number is expected here",
    "float_parsing": "a number is expected here",
    "float_type": "a number is expected here",
}


def nearest(word: str, words: Iterable[str], *, count: int = 1) -> tuple[str, ...]:
    """Find the right words that look most like a wrong one; none when nothing comes near."""
    by_fold = {right.casefold(): right for right in words}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=count, cutoff=0.6)
    return tuple(by_fold[found] for found in close)


def did_you_mean(word: str, words: Iterable[str], *, count: int = 1) -> str:
    """Write " Did you mean 'x'?", or nothing when no word comes near."""
    found = nearest(word, words, count=count)
    return f" Did you mean {' or '.join(repr(right) for right in found)}?" if found else ""


def describe(
    refused: ValidationError, model: type[BaseModel]
) -> Iterator[tuple[tuple[str | int, ...], bool, str]]:
    """Yield path, whether its key is meant, and the sentence, for each fault."""
    for error in refused.errors(include_url=False):
        path = tuple(error["loc"])
        on_key = path[-1:] == ("[key]",) or error["type"] == "extra_forbidden"
        path = tuple(step for step in path if step != "[key]")
        yield path, on_key, _sentence(error, path, model)


def _sentence(error: ErrorDetails, path: tuple[str | int, ...], model: type[BaseModel]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    last = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return _unknown_key(last, _keys(_model_at(model, path[:-1])))
    if kind == "missing":
        return f"{last!r} is missing here."
    if kind in {"literal_error", "enum"}:
        return _none_of(str(error["input"]), str(context.get("expected", "")))
    if kind == "value_error":
        return str(context["error"])
    said = error["msg"]
    if kind in _EXPECTED:
        said = f"{_EXPECTED[kind]}, not {_shown(error['input'])}"
    elif kind in {"too_short", "string_too_short"}:
        said = "nothing is in it; write at least one"
    return f"{last!r}: {said}." if last else f"{said[:1].upper()}{said[1:]}."


def _unknown_key(key: str, known: tuple[str, ...]) -> str:
    hint = did_you_mean(key, known)
    return f"{key!r} is no key here.{hint or ' Known: ' + ', '.join(known) + '.'}"


def _none_of(given: str, expected: str) -> str:
    words = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
    return f"{given!r} is none of {', '.join(words)}.{did_you_mean(given, words)}"


def _shown(value: object) -> str:
    match value:
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case dict():
            return "keys with values"
        case list():
            return "a list"
        case _:
            return repr(value)


def _keys(model: type[BaseModel] | None) -> tuple[str, ...]:
    if model is None:
        return ()
    return tuple(entry.alias or name for name, entry in model.model_fields.items())


def _model_at(model: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Follow a path through the annotations to the model that governs it."""
    kind: Any = model
    for step in path:
        found = _only_model(kind)
        if found is not None and isinstance(step, str):
            entry = next((e for n, e in found.model_fields.items() if step in (n, e.alias)), None)
            kind = entry.annotation if entry else None
        else:
            kind = _items_of(kind)
    return _only_model(kind)


def _parts(kind: Any) -> tuple[Any, ...]:
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return _parts(typing.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return tuple(part for option in typing.get_args(kind) for part in _parts(option))
    return (kind,)


def _only_model(kind: Any) -> type[BaseModel] | None:
    models = [part for part in _parts(kind) if isinstance(part, type) and issubclass(part, BaseModel)]
    return models[0] if models else None


def _items_of(kind: Any) -> Any:
    for part in _parts(kind):
        arguments = [item for item in typing.get_args(part) if item is not Ellipsis]
        if arguments:
            return arguments[-1]
    return None
