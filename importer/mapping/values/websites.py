"""Websites."""

from __future__ import annotations

import re
from typing import Final

from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long
from importer.runtime.regex import regex

_SCHEME: Final = regex(r"^[A-Za-z][A-Za-z0-9+.-]*://")
_WEB: Final = regex(r"^https?://", re.IGNORECASE)
_HOST: Final = regex(
    r"(?:[^\s/?#@]+@)?([^\s/?#:]+\.[^\s/?#:.]{2,}|localhost|\d+(?:\.\d+){3})(?::\d+)?(?:[/?#]\S*)?"
)


def read_website(text: str) -> ReadValue:
    """Read a web address; one without a scheme gets ``https://``."""
    if refused := too_long(text, 2_000, "a web address", "invalid_website"):
        return refused
    plain = re.sub(r"^(https?):/*(?=[^/])", r"\1://", str(text).strip("<>"), flags=re.IGNORECASE)
    if _SCHEME.match(plain) and not _WEB.match(plain):
        return ValueFault("invalid_website", f"{quoted(text)} is no web address")
    bare = _WEB.sub("", plain).removeprefix("//")
    if "@" in bare.split("/")[0] or not _HOST.fullmatch(bare):
        return ValueFault("invalid_website", f"{quoted(text)} is no web address")
    return plain if _WEB.match(plain) else f"https://{bare}"
