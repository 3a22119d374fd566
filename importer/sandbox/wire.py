"""JSON and times as they travel: orjson when it is installed, the standard library otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, TypeAlias

try:
    import orjson
except ImportError:  # the extra `speed` is not installed
    _fast = False
else:
    _fast = True

JsonObject: TypeAlias = dict[str, Any]


def dumps(value: Any) -> bytes:
    if _fast:
        return orjson.dumps(value)
    return json.dumps(value, separators=(",", ":")).encode()


def loads(text: bytes | str) -> Any:
    """Read JSON; raises ValueError, whichever library is at work."""
    if _fast:
        return orjson.loads(text)
    return json.loads(text)


def iso_milliseconds(seconds: float) -> str:
    """Write seconds since the epoch as the vendor does: ``2021-07-02T05:18:26.704Z``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
