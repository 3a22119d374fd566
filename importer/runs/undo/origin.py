"""Who made a contact, as far as it shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from importer.runs.undo.deciding import WrittenContact

_OURS: Final = ("api", "integration")
"""What HighLevel calls the origin of a contact that came over its interface for programs."""
_SHOWN: Final = (
    ("createdBy", "source"),
    ("attributionSource", "medium"),
    ("attributionSource", "sessionSource"),
)


def other_origin(written: WrittenContact, contact: Mapping[str, Any]) -> str | None:
    """Quote the first mark of another origin than ours that a contact shows; None where it shows none."""
    return next(
        (f"{name}: {value}" for name, value in _origins(written, contact) if not _is_ours(value)), None
    )


def _origins(written: WrittenContact, contact: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    source = contact.get("source")
    if "source" not in written.fields and isinstance(source, str) and source:
        yield "source", source
    for name, part in _SHOWN:
        holder = contact.get(name)
        value = holder.get(part) if isinstance(holder, Mapping) else None
        if isinstance(value, str) and value:
            yield f"{name}.{part}", value


def _is_ours(value: str) -> bool:
    return any(word in value.lower() for word in _OURS)
