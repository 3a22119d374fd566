"""JSON as it goes over the wire: orjson where it is installed (extra ``speed``), the standard library elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from importer.records import Json

_encode_fast: Callable[[Any], bytes] | None
_decode_fast: Callable[[bytes], Any] | None
try:
    import orjson
except ImportError:
    _encode_fast = _decode_fast = None
else:
    _encode_fast, _decode_fast = orjson.dumps, orjson.loads

# Made once: json.dumps makes a new encoder for each call that has options, a fifth of the call's time.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode(value: Json) -> bytes:
    if _encode_fast is not None:
        return _encode_fast(value)
    return _ENCODER.encode(value).encode()


def encode_to_keep(value: Json) -> bytes:
    """Encode what waits among many: orjson gives each of its texts four kilobytes, and a copy takes as much as it holds."""
    return bytes(memoryview(encode(value)))


def decode(body: bytes) -> Any:
    """Read JSON; raise ValueError where it is none.

    Some replies of the vendor carry raw control characters inside strings, which strict parsers refuse: those
    get a second, lenient reading.
    """
    if _decode_fast is not None:
        try:
            return _decode_fast(body)
        except ValueError:
            pass
    return json.loads(body.decode("utf-8", errors="replace"), strict=False)
