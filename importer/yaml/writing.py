"""Values as YAML text that is read back as it stands, also between brackets."""

from __future__ import annotations

import json
import re
from typing import Final

from importer.records import Json
from importer.yaml.document import Plain

# What YAML takes as it stands, also between brackets: letters first, and no sign that begins something else.
_PLAIN: Final = re.compile(r"[^\W\d_][\w ./()&+-]*")
# Texts here, whatever they look like; but people's editors may take them for something else.
_OTHER_TYPES: Final = frozenset({"yes", "no", "true", "false", "on", "off", "y", "n", "null", "nan"})
_NOT_PRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def quoted(text: str) -> str:
    """Write a scalar so that it is read back as it stands."""
    if _PLAIN.fullmatch(text) and not text.endswith(" ") and text.casefold() not in _OTHER_TYPES:
        return text
    escaped = json.dumps(text, ensure_ascii=False)
    return _NOT_PRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)


def inline(value: Plain) -> str:
    """Write a value on one line."""
    match value:
        case str():
            return quoted(value)
        case list():
            return "[" + ", ".join(map(inline, value)) + "]"
        case _:
            return "{" + ", ".join(f"{quoted(key)}: {inline(each)}" for key, each in value.items()) + "}"


def as_json(value: Plain) -> Json:
    """Give a value to whoever writes JSON."""
    match value:
        case str():
            return value
        case list():
            return [as_json(each) for each in value]
        case _:
            return {key: as_json(each) for key, each in value.items()}
