"""What may be meant by a value that has a fault. Proposed to a person, who accepts it or not; never applied by itself."""

from __future__ import annotations

import re
from typing import Final

from importer.mapping.values.emails import meant_domain, read_email
from importer.mapping.values.texts import repair, without_entities
from importer.runtime.regex import regex

_AT: Final = regex(r"\s*[(\[{<]\s*(?:at|@|ät)\s*[)\]}>]\s*|\s+at\s+|\s*@[@\s]*", re.IGNORECASE)
_DOT: Final = regex(r"\s*[(\[{<]\s*(?:dot|punkt|\.)\s*[)\]}>]\s*|\s+dot\s+|,|\.{2,}", re.IGNORECASE)
_LONGEST: Final = 320


def meant_by(text: str, code: str) -> str | None:
    """Guess what a value is meant to be that a row fails for, or is warned of, under a code; None where nobody can tell."""
    if len(text) > _LONGEST:
        return None
    match code:
        case "invalid_email":
            meant: str | None = _address(text)
        case "suspicious_email":
            local, _, domain = text.strip().rpartition("@")
            known = meant_domain(domain.lower())
            meant = None if known is None else f"{local}@{known}"
        case "html_entities":
            meant = without_entities(text)
        case "garbled_text":
            meant = repair(text)
        case _:
            return None
    return None if meant == text else meant


def _address(text: str) -> str | None:
    """Write an address as it would be one, if it then is."""
    written = re.sub(r"\s", "", _DOT.sub(".", _AT.sub("@", text.strip()))).strip(".,;:")
    local, _, domain = written.rpartition("@")
    if not local or "@" in local:
        return None
    found = read_email(f"{local}@{domain.strip('.')}")
    return found if isinstance(found, str) else None
