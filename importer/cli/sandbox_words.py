"""The values of ``importer sandbox``'s options, read from words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

_CHOICE_TYPES = ("SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "CHECKBOX", "RADIO")
_FIELD_TYPES = (
    "TEXT",
    "LARGE_TEXT",
    "NUMERICAL",
    "MONETORY",
    "PHONE",
    "EMAIL",
    "DATE",
    "TIME",
    "URL",
    "FILE_UPLOAD",
    *_CHOICE_TYPES,
)


def read_with(read: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(_ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        return tuple(read(each) for each in value) if isinstance(value, tuple) else read(value.strip())

    return callback


def quota(text: str) -> tuple[int, float]:
    found = re.fullmatch(r"(\d+)(?:/(\d+(?:\.\d+)?))?", text)
    if not found or (found[2] and float(found[2]) == 0):
        raise click.BadParameter(
            f"{text!r} is not a number of requests and seconds like 100/10 (0 turns it off)."
        )
    return int(found[1]), float(found[2] or 10)


def milliseconds(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?(?: *ms)?", text)
    if not found or (found[2] and int(found[2]) < int(found[1])):
        raise click.BadParameter(f"{text!r} is not a range of milliseconds like 50-400.")
    return float(found[1]), float(found[2] or found[1])


def fault(text: str) -> tuple[str, float]:
    from importer.sandbox.faults import FAULT_NAMES, read_fault

    found = re.fullmatch(r"([\w-]+):(\d*\.?\d+)(%?)", text)
    try:
        name = read_fault(found[1]).name if found else ""
    except ValueError:
        name = ""
    if found is None or not name:
        raise click.BadParameter(
            f"{text!r} is not KIND:SHARE like reset:0.02; the kinds are {', '.join(FAULT_NAMES)}."
        )
    share = float(found[2]) / (100 if found[3] else 1)
    if share > 1:
        raise click.BadParameter(f"{text!r}: a share is at most 1 (or 100%).")
    return name, share


def pipeline(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, stages = text.partition(":")
    named = tuple(stage.strip() for stage in stages.split("|"))
    if not name.strip() or not all(named) or len(set(named)) != len(named):
        raise click.BadParameter(f"{text!r} is not NAME:stage|stage, with stages that differ.")
    return name.strip(), named


def custom_field(text: str) -> tuple[str, str, tuple[str, ...]]:
    name, _, rest = text.partition(":")
    data_type, _, options = rest.partition(":")
    known = data_type.upper() or "TEXT"
    if not name.strip() or known not in _FIELD_TYPES:
        raise click.BadParameter(
            f"{text!r} is not NAME, NAME:TYPE or NAME:TYPE:a|b; types: {', '.join(_FIELD_TYPES)}."
        )
    if bool(options) != (known in _CHOICE_TYPES):
        raise click.BadParameter(
            f"{text!r}: choices (a|b) belong to {', '.join(_CHOICE_TYPES)}, and to those always."
        )
    return name.strip(), known, tuple(options.split("|")) if options else ()


def match(text: str) -> tuple[str, ...]:
    order = tuple(part.strip() for part in text.split(","))
    if len(set(order)) != len(order) or not set(order) <= {"email", "phone"}:
        raise click.BadParameter(f"{text!r} is none of: email,phone  phone,email  email  phone.")
    return order
