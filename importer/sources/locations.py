"""A location as a source: ``highlevel:LOCATION`` stands for the contacts that it has."""

from __future__ import annotations

from typing import Final

SCHEME: Final = "highlevel:"


def location_named(reference: str) -> str | None:
    """Give the location that a source names; None for any other source."""
    return reference.removeprefix(SCHEME) if reference.startswith(SCHEME) else None
