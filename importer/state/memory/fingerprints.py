"""Hashes that stand for a payload or a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from typing import Final

from importer.records import Json

DIGEST_BYTES: Final = 16


def fingerprint(*parts: Mapping[str, Json] | str) -> bytes:
    """Hash all that sending a row would say: payload, follow-ups, mode; the order of keys in a mapping is no change."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def key_hasher(salt: bytes) -> Callable[[str], bytes]:
    """Hash match keys under a salt of this machine's own, so that a stolen copy cannot be compared with another."""
    start = partial(blake2b, digest_size=DIGEST_BYTES, key=salt)
    return lambda key: start(key.encode("utf-8", "surrogatepass")).digest()
